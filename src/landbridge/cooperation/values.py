"""What coalitions are worth: plans and relaxations of what they have, as intervals."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial

import numpy as np

from landbridge.cooperation.coalitions import coalition_sums, everyone, submasks
from landbridge.cooperation.endow import base_values
from landbridge.cooperation.game import Game, tighten, warn_superadditivity
from landbridge.cooperation.price_bound import PriceBound, read_price_bound
from landbridge.cooperation.restrict import Endowment
from landbridge.cooperation.slot_proof import tell_prices
from landbridge.engine import Limits, SlotPoint, price_any_time, price_resources, prove_bound, solve
from landbridge.engine.problem import BoolArray, FloatArray
from landbridge.network import build_network
from landbridge.runtime import Cache, Workers, is_stopped
from landbridge.tables import input_hash
from landbridge.units import SUM_TOL

KEPT = "4"
"""Version of what is kept in the cache; raised when a value or a list of prices is found in another way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """
    When the work on one coalition stops: seconds of a plan and of a relaxation, counted work (inf: none), seed.

    ``threads`` work on its relaxation where orders are many.
    """

    time_s: float = 10.0
    relax_s: float = 225.0
    work: float = math.inf
    seed: int = 0
    threads: int = 1


class Look(Enum):
    """How a coalition is looked at: a plan and a bound; a relaxation's bound and prices; its bound with cut sets."""

    PLAN = "plan"
    RELAX = "relax"
    TIGHTEN = "tighten"

    @property
    def words(self) -> str:
        """What is being done, for who waits."""
        return {Look.PLAN: "planning", Look.RELAX: "relaxing", Look.TIGHTEN: "bounding"}[self] + " coalitions"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueTask:
    """A coalition to be valued, and how."""

    endowment: Endowment
    mask: int
    agreements: str
    effort: Effort
    look: Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Valued:
    """What is known of a coalition afterwards, money; ``low`` is -inf when it was not planned."""

    mask: int
    low: float
    high: float
    prices: PriceBound | None
    seconds: float


def value_coalition(task: ValueTask, cancelled: Callable[[], bool] = is_stopped) -> Valued:
    """
    Value one coalition; a function of the module, so that other processes can run it.

    Where departures are chosen by the engine, its prices hold for that choice and bound no smaller coalition; then
    those of a second relaxation do, which knows no minutes.
    """
    begun = time.monotonic()
    case = task.endowment.restrict(task.mask)
    if not case.orders:
        nothing = sum(value for player, value in enumerate(base_values(task.endowment)) if task.mask >> player & 1)
        return Valued(mask=task.mask, low=nothing, high=nothing, prices=None, seconds=0.0)
    network = build_network(case, task.agreements)
    time_s = task.effort.time_s if task.look is Look.PLAN else task.effort.relax_s
    limits = Limits(time_s=time_s, work=task.effort.work, seed=task.effort.seed, cancelled=cancelled)
    constant = network.constant_cost
    if task.look is Look.PLAN:
        found = solve(network.problem, limits)
        low, high = -found.upper - constant, -found.lower - constant
        return Valued(mask=task.mask, low=low, high=high, prices=None, seconds=time.monotonic() - begun)
    if task.look is Look.TIGHTEN:
        high = -prove_bound(network.problem, limits, tighten=True) - constant
        return Valued(mask=task.mask, low=-np.inf, high=high, prices=None, seconds=time.monotonic() - begun)
    prices = price_resources(network.problem, replace(limits, threads=task.effort.threads))
    high = prices.value - constant
    if not prices.holds_any_time:
        prices = price_any_time(network.problem, limits)
        high = min(high, prices.value - constant)
    told = tell_prices(network, prices.point) if isinstance(prices.point, SlotPoint) else ()
    return Valued(
        mask=task.mask,
        low=-np.inf,
        high=high,
        prices=replace(read_price_bound(task.endowment, task.mask, network, prices), told=told),
        seconds=time.monotonic() - begun,
    )


def value_tasks(tasks: Sequence[ValueTask], workers: Workers, cancelled: Callable[[], bool]) -> Iterator[Valued]:
    """Value coalitions in order, as far as not cancelled; a search under way hears it too, here and elsewhere."""
    function = partial(value_coalition, cancelled=cancelled) if workers.executor is None else value_coalition
    return workers.map(function, tasks, cancelled)


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What is asked about coalitions: everything a value depends on but the coalition.

    So many ``threads`` work on everybody's relaxation, where orders are many; one on that of others.
    """

    endowment: Endowment
    agreements: str
    effort: Effort
    look: Look
    case_hash: str
    threads: int = 1

    def task(self, mask: int) -> ValueTask:
        """Task of one coalition."""
        return ValueTask(
            endowment=self.endowment,
            mask=mask,
            agreements=self.agreements,
            effort=self._effort(mask),
            look=self.look,
        )

    def key(self, cache: Cache, mask: int) -> str:
        """Hash under which the value of one coalition is kept."""
        from landbridge import __version__

        quota = ",".join(repr(share) for share in self.endowment.quota)
        members = f"{self.endowment.players.kind} {mask}"
        return cache.key(
            __version__,
            KEPT,
            self.case_hash,
            members,
            quota,
            self.agreements,
            self.look.value,
            repr(self._effort(mask)),
        )

    def _effort(self, mask: int) -> Effort:
        is_all = mask == everyone(len(self.endowment.players.names))
        return replace(self.effort, threads=self.threads) if is_all else self.effort


def value_coalitions(
    asked: Asked,
    masks: Sequence[int],
    workers: Workers,
    cache: Cache,
    cancelled: Callable[[], bool],
    report: Callable[[int, int], None] = lambda done, of: None,
) -> list[Valued]:
    """Value coalitions, in their order; those that are missing when cancelled are left out."""
    keys = {mask: asked.key(cache, mask) for mask in masks}
    known = {mask: kept for mask in masks if isinstance(kept := cache.get(keys[mask]), Valued)}
    largest_first = sorted((mask for mask in masks if mask not in known), key=lambda mask: -mask.bit_count())
    tasks = [asked.task(mask) for mask in largest_first]  # they take longest: no worker waits for one at the end
    if tasks:
        report(0, len(tasks))
    for count, valued in enumerate(value_tasks(tasks, workers, cancelled)):
        known[valued.mask] = valued
        if not cancelled():  # what was cut short is not what the key stands for
            cache.put(keys[valued.mask], valued)
        report(count + 1, len(tasks))
    return [known[mask] for mask in masks if mask in known]


@dataclass(slots=True)
class Valuation:
    """
    The game as far as it is known, above what each player is worth when nothing is served.

    Values of a coalition start at ``[0, inf]``: doing nothing is a plan. Each
    relaxation bounds all parts of its coalition too; joining plans and leaving
    members out narrows the rest (``tighten``).
    """

    endowment: Endowment
    agreements: str
    workers: Workers
    cache: Cache
    base: FloatArray
    low: FloatArray
    high: FloatArray
    seconds: FloatArray
    relaxed: dict[int, PriceBound | None] = field(default_factory=dict)
    tightened: set[int] = field(default_factory=set)
    planned: dict[int, int] = field(default_factory=dict)
    is_low_found: set[int] = field(default_factory=set)
    is_high_found: dict[int, str] = field(default_factory=dict)
    case_hash: str = ""
    warning: str = ""

    @property
    def players(self) -> tuple[str, ...]:
        """Names of the players."""
        return self.endowment.players.names

    @property
    def everyone(self) -> int:
        """Mask of all players."""
        return everyone(len(self.players))

    def value(
        self,
        masks: Iterable[int],
        effort: Effort,
        look: Look,
        *,
        times: int = 1,
        cancelled: Callable[[], bool],
        report: Callable[[int, int], None] = lambda done, of: None,
    ) -> None:
        """Value coalitions that were not looked at so before, in order; plans with so many times the effort."""
        if look is Look.PLAN:
            wanted = [mask for mask in masks if self.planned.get(mask, 0) < times]
            effort = replace(effort, time_s=effort.time_s * times, work=effort.work * times)
        else:
            wanted = [mask for mask in masks if mask not in (self.relaxed if look is Look.RELAX else self.tightened)]
        asked = Asked(self.endowment, self.agreements, effort, look, self.case_hash)
        for valued in value_coalitions(asked, wanted, self.workers, self.cache, cancelled, report):
            self.learn(valued, look)
            if look is Look.PLAN:
                self.planned[valued.mask] = times

    def learn(self, valued: Valued, look: Look) -> None:
        """Take what was found of a coalition, and what its prices say of its parts."""
        mask = valued.mask
        base = float(coalition_sums(self.base)[mask])
        self.seconds[mask] += valued.seconds
        if valued.low - base > self.low[mask] or (look is Look.PLAN and mask not in self.is_low_found):
            self.low[mask] = max(self.low[mask], valued.low - base)
            self.is_low_found.add(mask)
        if valued.high - base < self.high[mask]:
            self.high[mask] = max(valued.high - base, self.low[mask])
            self.is_high_found[mask] = "branching" if look is Look.PLAN else "relaxation"
        if look is Look.TIGHTEN:
            self.tightened.add(mask)
        if look is not Look.RELAX:
            return
        self.relaxed[mask] = valued.prices
        if valued.prices is not None and valued.prices.bounds_parts:
            bound = valued.prices.values() - coalition_sums(self.base)
            for part in np.flatnonzero(_is_less(bound, self.high)).tolist():
                if part != mask:
                    self.is_high_found[part] = "prices"
            self.high = np.maximum(np.minimum(self.high, bound), self.low)

    def game(self, digits: int) -> Game:
        """
        The game of values, ends rounded outward to the smallest unit that is paid.

        What is a solver's accuracy off a unit is taken for it. Where two coalitions are worth less together than
        apart, which quotas should rule out, nothing is narrowed, and ``warning`` names them.
        """
        finite = np.where(np.isfinite(self.high), self.high, self.high[-1])
        game = Game(players=self.players, low=self.low.copy(), high=np.maximum(finite, self.low))
        self.warning = warn_superadditivity(game)
        if not self.warning:
            wide, game = game, tighten(game)
            self._label(wide, game)
            self.low, self.high = game.low.copy(), game.high.copy()
        base = coalition_sums(self.base)
        low, high = outward(game.low + base, digits, up=False), outward(game.high + base, digits, up=True)
        return Game(players=self.players, low=low, high=np.maximum(low, high))

    def _label(self, wide: Game, game: Game) -> None:
        """Say of each bound that was narrowed by a larger coalition's what that one's rests on; the largest first."""
        narrowed = _is_less(game.high, wide.high) | ~np.isfinite(self.high)
        for mask in np.flatnonzero(narrowed[: game.everyone]).tolist()[::-1]:
            others = submasks(game.everyone ^ mask)[1:]
            left = game.high[mask | others] - np.maximum(game.low[others], 0.0)
            source = int(mask | others[np.argmin(left)])
            self.is_high_found[mask] = self.is_high_found.get(source, "prices")


def start_valuation(endowment: Endowment, agreements: str, workers: Workers, cache: Cache) -> Valuation:
    """Game of which nothing is known but that doing nothing is a plan."""
    size = 1 << len(endowment.players.names)
    high = np.full(size, np.inf)
    high[0] = 0.0
    return Valuation(
        endowment=endowment,
        agreements=agreements,
        workers=workers,
        cache=cache,
        base=np.array(base_values(endowment)),
        low=np.zeros(size),
        high=high,
        seconds=np.zeros(size),
        case_hash=input_hash(endowment.case),
    )


def _is_less(bounds: FloatArray, others: FloatArray) -> BoolArray:
    """Where bounds are lower by more than sums of floats are."""
    found: BoolArray = bounds + SUM_TOL * np.maximum(1.0, np.abs(bounds)) < others
    return found


def outward(values: Sequence[float] | FloatArray, digits: int, *, up: bool) -> FloatArray:
    """Round to decimals up or down; a solver's accuracy off one, at most a hundredth, is taken for it."""
    scaled = np.asarray(values, dtype=np.float64) * 10.0**digits
    near = np.round(scaled)
    is_near = np.abs(scaled - near) <= np.minimum(1e-9 * np.maximum(10.0**digits, np.abs(scaled)), 1e-2)
    rounded = np.where(is_near, near, np.ceil(scaled) if up else np.floor(scaled))
    return np.array([round(value / 10.0**digits, digits) + 0.0 for value in rounded.tolist()])
