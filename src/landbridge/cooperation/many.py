"""Many players: a division that no coalition can improve on, found without listing the coalitions."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from landbridge.cooperation.coalitions import everyone, indicator, mask_of, members
from landbridge.cooperation.price_bound import PriceBound
from landbridge.cooperation.price_proof import PriceProof
from landbridge.cooperation.values import Look, outward
from landbridge.engine.lp import INF, LinearModel, MipLimits
from landbridge.engine.problem import FloatArray
from landbridge.errors import SolverError

EVERYBODY_PART = 0.03
"""Part of everybody's resources that is mixed into a coalition's for prices that bound its neighbours too."""

PROOF_ROOM, PROOF_UNITS = 1e-9, 0.02
"""Part of a worth, and of the least unit, by which it is told higher: exact sums may be above sums of floats."""

STEP_S = 20.0
"""Seconds of one search for a coalition that objects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdditiveBound:
    """
    Worth of what each player owns, money: every part of ``mask`` is worth at most the sum over its members.

    In whole units that are paid, rounded up; ``worth`` has one for each player.
    """

    mask: int
    worth: tuple[int, ...]
    proof: PriceProof | None = None


@dataclass(slots=True)
class OpenGame:
    """
    A game of which a few coalitions and some lists of prices are known; money in minor units.

    Parameters
    ----------
    num_players, total
        Players, and the value of the plan in hand, which is divided.
    high, low
        Bound and value reached of coalitions that were valued, by mask.
    lists
        Additive bounds. One of everybody bounds all coalitions, one of all but ``i`` all that are without ``i``.
    """

    num_players: int
    total: int
    high: dict[int, int] = field(default_factory=dict)
    low: dict[int, int] = field(default_factory=dict)
    lists: list[AdditiveBound] = field(default_factory=list)

    def learn_prices(self, bound: PriceBound, digits: int) -> None:
        """Keep a list of prices, rounded up; what belongs to nobody is given to each."""
        if bound.bounds_parts:
            owen = bound.owen()
            room = PROOF_ROOM * abs(owen) + PROOF_UNITS * 10.0**-digits if bound.proof else 1e-12 * abs(owen)
            each = outward(owen + room + max(bound.constant, 0.0), digits, up=True)
            worth = tuple(round(value * 10**digits) for value in each.tolist())
            self.lists.append(AdditiveBound(mask=bound.mask, worth=worth, proof=bound.proof))

    def bound(self, mask: int) -> int:
        """Least bound on a coalition that is known."""
        found = self.high.get(mask)
        sums = [sum(item.worth[player] for player in members(mask)) for item in self.lists if mask & ~item.mask == 0]
        return min([*sums, *([found] if found is not None else [])])


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """The coalition with the largest bound above its shares, and what no coalition's is above: proved, minor units."""

    mask: int
    proved: float


def find_objection(game: OpenGame, shares: FloatArray, time_s: float, cancelled: Callable[[], bool]) -> Objection:
    """
    Search all proper coalitions for the one whose bound is furthest above its shares: one MIP with a binary a player.

    ``theta <= worth @ z`` holds for each list of prices of a coalition T where z is within T; a member from outside
    lifts it to what everybody's prices say. Row generation with such a search is how games of many players
    are solved [1]_.

    References
    ----------
    .. [1] Göthe-Lundgren, M., K. Jörnsten, and P. Värbrand (1996). On the nucleolus of the basic vehicle routing game.
           *Mathematical Programming* 72: 83-100. https://doi.org/10.1007/BF02592333; Drechsel, J., and A. Kimms
           (2010). Computing core allocations in cooperative games with an application to cooperative procurement.
           *International Journal of Production Economics* 128(1): 310-321. https://doi.org/10.1016/j.ijpe.2010.07.027.
    """
    n = game.num_players
    scale = max(abs(game.total), 1) / 1e4
    model = LinearModel()
    cost = np.append(shares / scale, -1.0)
    upper = np.append(np.ones(n), INF)
    none = np.zeros(0, dtype=np.int64)
    model.add_cols(cost, np.append(np.zeros(n), -INF), upper, np.zeros(n + 2, dtype=np.int64), none, np.zeros(0))
    model.add_rows(np.array([1.0]), np.array([n - 1.0]), np.array([0, n]), np.arange(n, dtype=np.int64), np.ones(n))
    whole = _whole_list(game)
    for item in game.lists:
        _add_list(model, item, whole, scale)
    for mask, high in game.high.items():
        if 0 < mask < (1 << n) - 1:
            _add_coalition(model, mask, high, whole, scale)
    result = model.solve_mip(np.arange(n, dtype=np.int64), MipLimits(time_s=time_s, cancelled=cancelled))
    if not (result.has_point and math.isfinite(result.bound)):  # cancelled before it knew anything
        return bound_objections(game, [round(share) for share in shares.tolist()])
    z = np.round(result.x[:n]).astype(np.int64)
    mask = sum(1 << player for player in np.flatnonzero(z).tolist())
    return Objection(mask=mask, proved=-result.bound * scale)


def bound_objections(game: OpenGame, shares: Sequence[int]) -> Objection:
    """
    Bound every coalition's objection by who would gain: no search, for any number of players.

    A proper coalition lacks a player; at each list of the others' prices it gains no more than the sum over those whose
    worth is above their share. This is what ``verify`` recomputes where coalitions are too many to go through.
    """
    n = game.num_players
    worst: Objection | None = None
    for missing in range(n):
        others = everyone(n) ^ (1 << missing)
        best: Objection | None = None
        for item in game.lists:
            if others & ~item.mask == 0:
                gains = [item.worth[player] - shares[player] for player in range(n)]
                happy = [player for player in range(n) if player != missing and gains[player] > 0]
                proved = sum(gains[player] for player in happy)
                if best is None or proved < best.proved:
                    best = Objection(mask=mask_of(happy) or others, proved=proved)
        if best is not None and (worst is None or best.proved > worst.proved):
            worst = best
    assert worst is not None
    return worst


def _whole_list(game: OpenGame) -> AdditiveBound:
    full = (1 << game.num_players) - 1
    return min((item for item in game.lists if item.mask == full), key=lambda item: sum(item.worth))


def _add_list(model: LinearModel, item: AdditiveBound, whole: AdditiveBound, scale: float) -> None:
    """``theta <= sum of worths``; with an outsider, no tighter than everybody's prices."""
    n = len(item.worth)
    inside = [bool(item.mask >> player & 1) for player in range(n)]
    lift = sum(max(0, whole.worth[i] - item.worth[i]) for i in range(n) if inside[i])
    worth = [item.worth[i] if inside[i] else whole.worth[i] + lift for i in range(n)]
    _add_theta(model, np.array(worth, dtype=np.float64) / scale, 0.0)


def _add_coalition(model: LinearModel, mask: int, high: int, whole: AdditiveBound, scale: float) -> None:
    """``theta <= high`` at one coalition; at any other, no tighter than everybody's prices."""
    n = len(whole.worth)
    worth = np.array(whole.worth, dtype=np.float64)
    inside = indicator(mask, n)
    lift = max(0.0, float(worth @ inside) - high)
    # at z = S: high; each difference from S lifts by what closes the gap
    coefficient = worth + lift * (1 - 2 * inside)
    _add_theta(model, coefficient / scale, (high - float(worth @ inside) + lift * float(inside.sum())) / scale)


def _add_theta(model: LinearModel, coefficient: FloatArray, constant: float) -> None:
    n = len(coefficient)
    index = np.arange(n + 1, dtype=np.int64)
    value = np.append(-coefficient, 1.0)
    model.add_rows(np.array([-INF]), np.array([constant]), np.array([0, n + 1]), index, value)


def divide_rows(game: OpenGame, wish: FloatArray) -> FloatArray:
    """
    Shares that answer the coalitions known as well as can be and, of such, are nearest to a wish.

    The first LP makes the largest ``bound - share`` least; the second keeps it
    and minimises the sum of distances from the wish, which has the same sum.
    """
    n = game.num_players
    masks = [mask for mask in game.high if 0 < mask < (1 << n) - 1]
    high = np.array([game.high[mask] for mask in masks], dtype=np.float64)
    scale = max(abs(game.total), 1) / 1e4
    width = 2 * n + 1  # shares, epsilon, distances
    model = LinearModel()
    none = np.zeros(0, dtype=np.int64)
    cost = np.zeros(width)
    cost[n] = 1.0
    lower = np.concatenate((np.full(n + 1, -INF), np.zeros(n)))
    model.add_cols(cost, lower, np.full(width, INF), np.zeros(width + 1, dtype=np.int64), none, np.zeros(0))
    players = np.arange(n, dtype=np.int64)
    model.add_rows(
        np.array([game.total / scale]), np.array([game.total / scale]), np.array([0, n]), players, np.ones(n)
    )
    for mask, value in zip(masks, (high / scale).tolist(), strict=True):
        inside = np.array(members(mask), dtype=np.int64)
        index = np.append(inside, n)
        model.add_rows(np.array([value]), np.array([INF]), np.array([0, len(index)]), index, np.ones(len(index)))
    first = model.solve()
    if not first.is_optimal:
        raise SolverError("the LP of shares has no optimum")
    epsilon = float(first.x[n])
    room = epsilon + 1e-7 if epsilon > 0 else 0.5 * epsilon  # leave half of what all are ahead by to the wish
    model.set_col_bounds(np.array([n]), np.array([-INF]), np.array([room]))
    for player in range(n):
        target = float(wish[player]) / scale
        index = np.array([player, n + 1 + player])
        model.add_rows(np.array([target]), np.array([INF]), np.array([0, 2]), index, np.array([1.0, 1.0]))
        model.add_rows(np.array([-INF]), np.array([target]), np.array([0, 2]), index, np.array([1.0, -1.0]))
    model.set_costs(np.arange(width), np.concatenate((np.zeros(n + 1), np.ones(n))))
    second = model.solve()
    found = second if second.is_optimal else first
    shares: FloatArray = found.x[:n] * scale
    return shares


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyDivision:
    """Shares in minor units, what no coalition gains more than by leaving (proved), and how many rounds it took."""

    shares: tuple[int, ...]
    proved: int
    closest: int
    rounds: int


def divide_many(
    game: OpenGame,
    wish: FloatArray,
    price: Callable[[FloatArray], None],
    value: Callable[[list[int], Look], None],
    *,
    time_s: float,
    most_plans: int,
    cancelled: Callable[[], bool],
) -> ManyDivision:
    """
    Divide, look for the coalition that objects most, value it, and so on until none can object.

    Parameters
    ----------
    wish
        Shape ``(P,)``, minor units. Shares that are aimed for among those that answer everybody.
    price
        Prices everybody's relaxation where each player has such a part of what it owns; ``game`` learns the list.
    value
        Values coalitions in some way and lets ``game`` learn it.
    time_s, most_plans
        Seconds for all, and coalitions that may be planned.
    """
    until = time.monotonic() + time_s
    planned: set[int] = set()
    relaxed: set[int] = set()
    best: ManyDivision | None = None
    rounds = 0
    while True:
        rounds += 1
        shares = _whole(divide_rows(game, wish), game.total)
        left = until - time.monotonic()
        found = find_objection(game, np.array(shares, dtype=np.float64), min(STEP_S, max(left, 1.0)), cancelled)
        proved = math.ceil(found.proved + 1e-6 * max(1.0, abs(game.total) * 1e-6))
        if best is None or proved < best.proved:
            best = ManyDivision(shares=shares, proved=proved, closest=found.mask, rounds=rounds)
        if proved <= 0 or left <= 0 or cancelled():
            break
        mask, promised = found.mask, sum(shares[player] for player in members(found.mask))
        inside = indicator(mask, game.num_players)
        before, was_known = game.bound(mask), mask in game.high
        for everybody in (EVERYBODY_PART, 0.0):  # prices found near everybody's resources bound more coalitions well
            if game.bound(mask) > promised:
                price((1 - everybody) * inside + everybody)
        if game.bound(mask) < before:
            game.high[mask] = min(game.bound(mask), game.high.get(mask, before))
            continue
        if mask not in game.high or mask not in relaxed:
            relaxed.add(mask)
            value([mask], Look.RELAX)
        if game.bound(mask) > promised and mask not in planned and len(planned) < most_plans:
            planned.add(mask)
            value([mask], Look.PLAN)
        if (
            was_known and game.bound(mask) >= before
        ):  # all that can be done about this coalition is done: take it as it is
            break
    assert best is not None
    return ManyDivision(shares=best.shares, proved=best.proved, closest=best.closest, rounds=rounds)


def _whole(shares: FloatArray, total: int) -> tuple[int, ...]:
    """Shares in whole units of the same sum."""
    from landbridge.cooperation.settlement import round_shares

    return tuple(int(share) for share in round_shares(_same_sum(shares, total), 0))


def _same_sum(shares: FloatArray, total: int) -> list[Fraction]:
    found = [Fraction(value) for value in shares.tolist()]
    lacking = (total - sum(found, Fraction(0))) / len(found)
    return [value + lacking for value in found]
