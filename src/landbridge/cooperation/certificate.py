"""What may be said for certain about a division, from intervals alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from landbridge.cooperation.coalitions import integer_sums, members
from landbridge.cooperation.core import least_subsidy
from landbridge.cooperation.game import Game
from landbridge.cooperation.rationals import common_denominator, exact
from landbridge.engine.problem import FloatArray
from landbridge.errors import InvalidGame
from landbridge.model.shares import Verdict

SOLVER_UNITS = 1e-3
"""Minor units by which a solver's share may be above a whole one and is taken for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """
    Statements about a division that hold whatever the exact values within the intervals are.

    Parameters
    ----------
    verdict
        ``CERTIFIED_STABLE``: no coalition can do better on its own. ``CERTIFIED_EPSILON``: none by more than
        ``epsilon_high``, which is known exactly or within the tolerance. ``CERTIFIED_EMPTY``: no division at all is
        stable. ``UNDECIDED``: the intervals are too wide to tell.
    epsilon_low, epsilon_high
        The most any proper coalition would gain by leaving lies between these, money; negative: it would lose that.
    closest
        Mask of the coalition that may gain most.
    is_individually_rational
        Each player gets at least the bound on its stand-alone value.
    subsidy_low, subsidy_high
        Money to be added for a stable division to exist; both 0 unless the core is certainly empty.
    weights
        Balanced weights by mask that prove the core empty.
    subsidised
        Shares of ``L(N) + subsidy_high`` that no coalition would leave, money; none unless the core is empty.
    """

    verdict: Verdict
    epsilon_low: Fraction
    epsilon_high: Fraction
    closest: int
    is_individually_rational: bool
    subsidy_low: Fraction = Fraction(0)
    subsidy_high: Fraction = Fraction(0)
    weights: Mapping[int, Fraction] = field(default_factory=dict)
    subsidised: tuple[float, ...] = ()


def certify(game: Game, shares: Sequence[Fraction], *, tolerance: Fraction = Fraction(0)) -> Certificate:
    """
    Judge a division of ``L(N)``, the value of the plan in hand.

    In exact arithmetic: ``x(S) >= U(S)`` for all proper coalitions makes it
    stable; balanced weights whose sum of ``L(S)`` exceeds ``U(N)`` prove that no division is [1]_.

    Parameters
    ----------
    shares
        One a player, money.
    tolerance
        Largest epsilon that is called certified while it is open whether the division is stable.

    Raises
    ------
    InvalidGame
        ``shares-do-not-add-up``, when they are not a division of ``L(N)``.

    References
    ----------
    .. [1] Bondareva, O. N. (1963). Some applications of linear programming methods to the theory of cooperative games.
           *Problemy Kibernetiki* 10: 119-139.
    """
    total = sum(shares, Fraction(0))
    if total != exact(game.low[-1]):
        raise InvalidGame(
            f"the shares add up to {float(total)!r}; expected the value of the plan in hand, {game.low[-1]!r}",
            code="shares-do-not-add-up",
        )
    low = excesses(game.low, shares)
    high = excesses(game.high, shares)
    epsilon_low, epsilon_high = max(low[1:-1]), max(high[1:-1])
    empty = prove_empty(game) if epsilon_high > 0 else None
    return Certificate(
        verdict=_verdict(epsilon_low, epsilon_high, tolerance, is_empty=empty is not None),
        epsilon_low=epsilon_low,
        epsilon_high=epsilon_high,
        closest=high.index(epsilon_high, 1),
        is_individually_rational=all(high[1 << player] <= 0 for player in range(game.num_players)),
        subsidy_low=empty.subsidy_low if empty else Fraction(0),
        subsidy_high=empty.subsidy_high if empty else Fraction(0),
        weights=empty.weights if empty else {},
        subsidised=empty.subsidised if empty else (),
    )


def _verdict(low: Fraction, high: Fraction, tolerance: Fraction, *, is_empty: bool) -> Verdict:
    if high <= 0:
        return Verdict.STABLE
    if is_empty:
        return Verdict.EMPTY
    return Verdict.EPSILON if low > 0 or high <= tolerance else Verdict.UNDECIDED


def excesses(worth: FloatArray, shares: Sequence[Fraction]) -> list[Fraction]:
    """Exact ``w(S) - x(S)`` of every coalition, by mask."""
    values = [exact(value) for value in worth]
    scale = common_denominator((*values, *shares))
    sums = integer_sums([int(share * scale) for share in shares])
    return [Fraction(int(value * scale) - total, scale) for value, total in zip(values, sums, strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyCore:
    """
    Balanced weights by mask that prove the core empty, and the least subsidy as an interval, money.

    ``subsidised`` are shares that are stable with the upper end of it.
    """

    weights: Mapping[int, Fraction]
    subsidy_low: Fraction
    subsidy_high: Fraction
    subsidised: tuple[float, ...]


def prove_empty(game: Game) -> EmptyCore | None:
    """Prove the core empty from values reached and the bound on everybody's; None when they do not."""
    lowest = game.low.copy()
    lowest[-1] = game.high[-1]
    proof = least_subsidy(lowest)
    if proof.amount <= 0:
        return None
    plan = exact(game.low[-1])
    enough = least_subsidy(game.defended())
    return EmptyCore(
        weights=proof.weights,
        subsidy_low=proof.amount + exact(game.high[-1]) - plan,
        subsidy_high=enough.amount,
        subsidised=tuple(enough.shares.tolist()),
    )


def keep_all(game: Game, near: Sequence[float], digits: int) -> tuple[Fraction, ...]:
    """
    Stable shares in minor units near shares that are stable but for a solver's accuracy; rounded up where need be.

    Parameters
    ----------
    near
        One a player, money; of any sum.
    digits
        Decimals that are paid.
    """
    unit = 10**digits
    shares = [Fraction(math.ceil(value * unit - SOLVER_UNITS), unit) for value in near]
    while True:
        over = excesses(game.high, shares)[:-1]
        worst = max(range(len(over)), key=over.__getitem__)
        if over[worst] <= 0:
            return tuple(shares)
        player = members(worst)[0]
        shares[player] += Fraction(math.ceil(over[worst] * unit), unit)
