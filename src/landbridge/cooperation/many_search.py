"""What is asked about a game of many players, and what is known of it: coalitions valued, lists of prices."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from landbridge.cooperation.coalitions import everyone, indicator, members
from landbridge.cooperation.endow import base_values, measure
from landbridge.cooperation.fair import fairest, part_without
from landbridge.cooperation.frame import Frame
from landbridge.cooperation.many import AdditiveBound, OpenGame
from landbridge.cooperation.price_bound import PriceBound, read_price_bound
from landbridge.cooperation.restrict import Endowment
from landbridge.cooperation.shapley import SampledShapley, sample_shapley
from landbridge.cooperation.values import KEPT, Asked, Effort, Look, outward, value_coalitions
from landbridge.engine import Limits, price_without_time
from landbridge.engine.problem import FloatArray
from landbridge.errors import NoShare
from landbridge.network import build_network
from landbridge.runtime import Cache, Workers

MOST_RELAXED = 3000
"""Orders up to which one coalition after another can be relaxed."""

SINGLES_S = 60.0
"""Seconds for the plans of all single players together, on one worker."""

PROOF_S = 30.0
"""Seconds for a list of prices that is there for the second opinion alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyWishes:
    """
    What is asked for; see ``ShareWishes``.

    ``time_s``: seconds for row generation; ``samples``: of ``shapley``; ``threads``: for everybody's relaxation.
    """

    method: str
    agreements: str
    quotas: str
    base: str
    effort: Effort
    tighten: int
    time_s: float
    samples: int = 0
    threads: int = 1


def check_many(method: str, samples: int, num_orders: int) -> None:
    """
    Refuse, before any work is done, what cannot be had of many orders.

    Raises
    ------
    NoShare
        ``no-fair-prices``, ``no-samples``.
    """
    if num_orders <= MOST_RELAXED:
        return
    if method == "fair_owen":
        raise NoShare(
            f"of more than {MOST_RELAXED:,} orders one list of prices is known: there is none fairer. Use owen.",
            code="no-fair-prices",
        )
    if samples:
        raise NoShare(
            f"of more than {MOST_RELAXED:,} orders coalitions are not relaxed one after another, so no orders of "
            "arrival can be drawn. Leave --samples out, or choose up to 12 larger players.",
            code="no-samples",
        )


@dataclass(slots=True)
class ManySearch:
    """What is known of a game of many players, in minor units; ``nothing``: what each has when nothing is served."""

    endowment: Endowment
    wishes: ManyWishes
    workers: Workers
    cache: Cache
    cancelled: Callable[[], bool]
    report: Callable[[str, int, int], None]
    game: OpenGame
    digits: int
    case_hash: str
    planned: set[int] = field(default_factory=set)
    relaxed: set[int] = field(default_factory=set)
    owen: FloatArray | None = None
    frame: Frame | None = None
    is_framed: bool = False
    nothing: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.nothing = tuple(self.units(value, up=False) for value in base_values(self.endowment))

    @property
    def everyone(self) -> int:
        """Mask of all players."""
        return everyone(self.game.num_players)

    def value(self, masks: list[int], look: Look, effort: Effort | None = None) -> None:
        """Value coalitions, with another effort than is wished for others, and keep their prices."""
        effort = effort or self.wishes.effort
        threads = self.wishes.threads if len(self.endowment.case.orders) > MOST_RELAXED else 1
        asked = Asked(self.endowment, self.wishes.agreements, effort, look, self.case_hash, threads)
        for valued in value_coalitions(
            asked, masks, self.workers, self.cache, self.cancelled, lambda done, of: self.report(look.words, done, of)
        ):
            if math.isfinite(valued.high):  # a plan that is cut short may have no bound
                high = self.units(valued.high, up=True)
                if valued.mask not in self.game.high or high < self.game.high[valued.mask]:
                    self.game.high[valued.mask] = high
                    (self.planned if look is Look.PLAN else self.relaxed).add(valued.mask)
            if math.isfinite(valued.low):
                low = self.units(valued.low, up=False)
                self.game.low[valued.mask] = max(low, self.game.low.get(valued.mask, low))
            if valued.prices is not None:
                self.learn(valued.mask, valued.prices)

    def plan_singles(self) -> None:
        """Plan each single player that could have more than when nothing is served: gains are told from there."""
        some = [1 << player for player, least in enumerate(self.nothing) if self.game.bound(1 << player) > least]
        if some:
            effort = self.wishes.effort
            self.value(some, Look.PLAN, replace(effort, time_s=min(effort.time_s, SINGLES_S / len(some))))

    def reached(self, mask: int) -> int:
        """What a coalition has by a plan, or when nothing is served, whichever is more."""
        least = sum(self.nothing[player] for player in members(mask))
        return max(least, self.game.low.get(mask, least))

    def price(self, z: FloatArray) -> None:
        """Price everybody's relaxation at parts of the players."""
        if not self.is_framed:
            self.is_framed = True
            self.game.learn_prices(self._list_at(np.ones(self.game.num_players)), self.digits)
        self.game.learn_prices(self._list_at(z), self.digits)
        self.report("pricing parts", len(self.game.lists), len(self.game.lists))

    def sample(self) -> SampledShapley | None:
        """
        Estimate the Shapley value of the game of relaxations, what all share being the plan in hand.

        None: no samples are wished for, or the work was cancelled before two pairs of them.
        """
        if not self.wishes.samples or self.cancelled():
            return None

        def worth(mask: int) -> float:
            if mask == self.everyone:
                return float(self.game.total)
            inside = indicator(mask, self.game.num_players)
            relaxed = self.units(float(self._list_at(inside).owen() @ inside), up=True)
            return float(max(self.reached(mask), min(relaxed, self.game.bound(mask))))

        def tell(done: int) -> None:
            self.report("drawing orders of arrival", done, self.wishes.samples)

        return sample_shapley(
            worth,
            self.game.num_players,
            samples=self.wishes.samples,
            seed=self.wishes.effort.seed,
            cancelled=self.cancelled,
            report=tell,
        )

    def _list_at(self, z: FloatArray) -> PriceBound:
        """A list of prices at parts of the players, kept as the values of coalitions are."""
        from landbridge import __version__

        quota = ",".join(map(repr, self.endowment.quota))
        asked = f"{self.endowment.players.kind} {quota} {self.wishes.agreements} {self.wishes.effort.relax_s!r}"
        key = self.cache.key(__version__, KEPT, self.case_hash, "part", asked, repr(z.tolist()))
        kept = self.cache.get(key)
        if isinstance(kept, PriceBound):
            return kept
        if self.frame is None:
            self.frame = Frame(self.endowment, self.wishes.agreements)
        found = self.frame.price(z, self._relax_limits())
        if not self.cancelled():
            self.cache.put(key, found)
        return found

    def learn(self, mask: int, prices: PriceBound) -> None:
        """Keep a list of prices; everybody's also says what each player's own is worth."""
        self.game.learn_prices(prices, self.digits)
        if mask == self.everyone:
            self.owen = prices.owen()

    def find_fair(self) -> None:
        """Price everybody's relaxation as each player would like it, and mix the lists; the mixture is a list too."""
        n = self.game.num_players
        for player in range(n):
            if not self.cancelled():
                self.price(part_without(player, n))
        lists = [item for item in self.game.lists if item.mask == self.everyone]
        worths = np.array([item.worth for item in lists], dtype=np.float64)
        size = np.array(measure(self.endowment.case, self.endowment.players, self.wishes.base))
        mixed = fairest(worths, size) @ worths
        self.game.lists.append(AdditiveBound(mask=self.everyone, worth=tuple(math.ceil(worth) for worth in mixed)))
        self.owen = mixed / 10**self.digits

    def prove(self) -> None:
        """Add a list that ``verify`` can prove again, where the case has one and the engine's sharper ones are none."""
        if any(item.proof is not None for item in self.game.lists) or self.cancelled():
            return
        self.report("pricing for the second opinion", 0, 1)
        network = build_network(self.endowment.restrict(self.everyone), self.wishes.agreements)
        effort = self.wishes.effort
        limits = Limits(
            time_s=min(effort.relax_s, PROOF_S), work=effort.work, seed=effort.seed, cancelled=self.cancelled
        )
        found = price_without_time(network.problem, limits)
        if found is not None:
            self.game.learn_prices(read_price_bound(self.endowment, self.everyone, network, found), self.digits)

    def basis(self, mask: int) -> str:
        """What the bound on a coalition rests on."""
        if mask in self.planned or mask == self.everyone:
            return "branching"
        return "relaxation" if mask in self.relaxed else "prices"

    def _relax_limits(self) -> Limits:
        return Limits(time_s=self.wishes.effort.relax_s, cancelled=self.cancelled)

    def units(self, value: float, *, up: bool) -> int:
        """Money in minor units, rounded outward."""
        scaled: float = outward([value], self.digits, up=up)[0] * 10**self.digits
        return round(scaled)
