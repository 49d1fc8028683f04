"""The nucleolus, with Kohlberg's test of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from landbridge.cooperation.coalitions import incidence, integer_sums
from landbridge.cooperation.lexicographic import Level, minimise_excesses
from landbridge.cooperation.rationals import common_denominator, exact, null_space
from landbridge.engine.lp import INF, LinearModel
from landbridge.engine.problem import FloatArray

MAGNITUDES = (1e4, 1e6, 1e2)
"""Scales of the LPs that are tried until the point passes the test."""

ZERO = 1e-7
"""Largest optimum of Kohlberg's LP, whose data are small whole numbers, that counts as 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nucleolus:
    """
    The nucleolus of a game of exact values.

    Parameters
    ----------
    shares
        Fractions, money, one a player.
    levels
        The excesses that were settled, from the largest down.
    is_proved
        The point is exact and passed Kohlberg's test. False, which games of many nearly equal excesses may cause: it is
        the solver's point, near the nucleolus; what is certified of a division does not rest on this.
    is_individually_rational
        False when the values of single players add up to more than there is; then it is the prenucleolus.
    """

    shares: tuple[Fraction, ...]
    levels: tuple[Level, ...]
    is_individually_rational: bool
    is_proved: bool


def nucleolus(worth: FloatArray, *, weight: FloatArray | None = None) -> Nucleolus:
    """
    Division of ``w(N)`` whose worst-off coalition is as well off as can be, then the next, to the end.

    It is unique, and in the core when there is one [1]_. The point is solved
    in fractions from the settled equations and is put to Kohlberg's test [2]_.
    A larger gain may lower somebody's share: the nucleolus is not monotone.

    Parameters
    ----------
    worth
        Shape ``(2**P,)``, money, by bit mask.
    weight
        Shape ``(2**P,)``, above 0. Each excess is divided by it: by the number of members for the per-capita, by values
        for the proportional nucleolus. Default 1.

    References
    ----------
    .. [1] Schmeidler, D. (1969). The nucleolus of a characteristic function game. *SIAM Journal on Applied
           Mathematics* 17(6): 1163-1170. https://doi.org/10.1137/0117107.
    .. [2] Kohlberg, E. (1971). On the nucleolus of a characteristic function game. *SIAM Journal on Applied
           Mathematics* 20(1): 62-66. https://doi.org/10.1137/0120009.
    """
    num_players = len(worth).bit_length() - 1
    alone = worth[[1 << player for player in range(num_players)]]
    has_imputation = sum(exact(value) for value in alone) <= exact(worth[-1])
    floor = alone if has_imputation else None
    for magnitude in MAGNITUDES:
        found = minimise_excesses(worth, floor=floor, weight=weight, magnitude=magnitude)
        shares = found.exact_shares
        if shares is not None and passes_kohlberg(worth, shares, is_floored=has_imputation, weight=weight):
            return Nucleolus(
                shares=shares, levels=found.levels, is_individually_rational=has_imputation, is_proved=True
            )
    near = [exact(value) for value in found.shares.tolist()]
    lacking = (exact(worth[-1]) - sum(near, Fraction(0))) / num_players
    return Nucleolus(
        shares=tuple(value + lacking for value in near),
        levels=found.levels,
        is_individually_rational=has_imputation,
        is_proved=False,
    )


def passes_kohlberg(
    worth: FloatArray, shares: Sequence[Fraction], *, is_floored: bool = True, weight: FloatArray | None = None
) -> bool:
    """
    Test whether a division is the nucleolus: at each excess, the coalitions that have it or more are balanced.

    Excesses are compared as whole numbers. A level passes when no change ``y`` with ``y(N) = 0`` that lowers no such
    coalition (nor, with ``is_floored``, a player at his floor) raises one of them; see Theorem 5 of [1]_.

    References
    ----------
    .. [1] Kohlberg, E. (1971). On the nucleolus of a characteristic function game. *SIAM Journal on Applied
           Mathematics* 20(1): 62-66. https://doi.org/10.1137/0120009.
    """
    num_players = len(shares)
    levels = _levels(worth, shares, weight=weight)
    if levels is None:
        return False
    at_floor = [i for i in range(num_players) if is_floored and shares[i] <= exact(worth[1 << i])]
    if any(is_floored and shares[i] < exact(worth[1 << i]) for i in at_floor):
        return False
    spanned: list[list[int]] = [[1] * num_players]
    basis = null_space(spanned, num_players)
    for level in levels:
        if not basis.shape[1]:
            return True
        rows = np.unique(incidence(level, num_players), axis=0)
        new = rows[np.abs(rows @ basis).max(axis=1) > 0.5]
        if not len(new):
            continue
        if _can_raise(new, np.eye(num_players)[at_floor], basis):
            return False
        spanned += new.astype(np.int64).tolist()
        spanned = _independent(spanned, num_players)
        basis = null_space(spanned, num_players)
    return True


def _levels(worth: FloatArray, shares: Sequence[Fraction], *, weight: FloatArray | None) -> list[list[int]] | None:
    """Coalitions by excess, largest first; None when the shares do not add up to ``w(N)``."""
    values = [exact(value) for value in worth]
    scale = common_denominator((*values, *shares))
    sums = integer_sums([int(share * scale) for share in shares])
    if sums[-1] != values[-1] * scale:
        return None
    divisor = [Fraction(1)] * len(worth) if weight is None else [exact(value) for value in weight]
    by_excess: dict[Fraction, list[int]] = {}
    for mask in range(1, len(worth) - 1):
        excess = (int(values[mask] * scale) - sums[mask]) / divisor[mask]
        by_excess.setdefault(excess, []).append(mask)
    return [by_excess[excess] for excess in sorted(by_excess, reverse=True)]


def _can_raise(new: FloatArray, floors: FloatArray, basis: FloatArray) -> bool:
    """Whether a change within the span of the basis raises one of the new coalitions and lowers none."""
    gains = np.unique(new @ basis, axis=0)
    rows = np.concatenate((gains, floors @ basis))
    model = LinearModel()
    width = basis.shape[1]
    none = np.zeros(0, dtype=np.int64)
    one = np.ones(width)
    model.add_cols(-gains.sum(axis=0), -one, one, np.zeros(width + 1, dtype=np.int64), none, np.zeros(0))
    row, column = np.nonzero(rows)
    ptr = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=len(rows))))).astype(np.int64)
    model.add_rows(np.zeros(len(rows)), np.full(len(rows), INF), ptr, column, rows[row, column])
    return model.solve().objective < -ZERO


def _independent(rows: list[list[int]], width: int) -> list[list[int]]:
    """Rows of the same span, as few as its rank."""
    kept: list[list[int]] = []
    basis = null_space(kept, width)
    for row in rows:
        if not basis.shape[1]:
            break
        if np.abs(np.array(row) @ basis).max() > 0.5:
            kept.append(row)
            basis = null_space(kept, width)
    return kept
