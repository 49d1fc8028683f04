"""The equal-profit method: relative gains as equal as stability allows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.cooperation.core import least_core, minimise_over_core
from landbridge.cooperation.lexicographic import HardRows, minimise_excesses
from landbridge.engine.problem import FloatArray
from landbridge.errors import NoShare


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualProfit:
    """
    The division, its spread, and what stability had to give way by.

    Parameters
    ----------
    shares
        Shape ``(P,)``, money.
    spread
        Largest difference between two players' gains over their bases.
    epsilon
        Least-core epsilon that replaces the core's 0 where the core is empty, money.
    """

    shares: FloatArray
    spread: float
    epsilon: float


def equal_profit(worth: FloatArray, base: FloatArray) -> EqualProfit:
    """
    Minimise the largest difference of relative gains ``(x_i - w(i)) / base_i`` over the core [1]_.

    Many divisions may have that spread. Of these the one is taken whose least
    satisfied coalition is as well off as can be, then the next: it is unique,
    and twins get the same. Where the core is empty, the least core takes its place.

    Parameters
    ----------
    worth
        Shape ``(2**P,)``, money, by bit mask. A cost game has ``worth = -cost``.
    base
        Shape ``(P,)``, above 0: stand-alone cost, turnover, volume.

    Raises
    ------
    NoShare
        ``no-base``, when a base is not above 0.

    References
    ----------
    .. [1] Frisk, M., M. Göthe-Lundgren, K. Jörnsten, and M. Rönnqvist (2010). Cost allocation in collaborative
           forest transportation. *European Journal of Operational Research* 205(2): 448-458.
           https://doi.org/10.1016/j.ejor.2010.01.015.
    """
    if not (base > 0).all():
        raise NoShare(
            f"the bases are {base.tolist()}; the equal-profit method needs each above 0. Choose another base "
            "(population, volume), or the nucleolus.",
            code="no-base",
        )
    num_players = len(base)
    alone = worth[[1 << player for player in range(num_players)]]
    epsilon = max(0.0, least_core(worth).epsilon)
    rows = np.zeros((2 * num_players, num_players + 2))
    least = np.zeros(2 * num_players)
    for player in range(num_players):  # lo * base <= x - w(i) <= hi * base
        rows[2 * player, [player, num_players + 1]] = 1.0, -base[player]
        rows[2 * player + 1, [player, num_players]] = -1.0, base[player]
        least[2 * player : 2 * player + 2] = alone[player], -alone[player]
    cost = np.zeros(num_players + 2)
    cost[num_players:] = 1.0, -1.0
    # columns in units of money: spread times the mean base
    mean = float(base.mean())
    rows[:, num_players:] /= mean
    found, _ = minimise_over_core(worth, cost, slack=epsilon, rows=(rows, least))
    spread = max(0.0, float(found[num_players] - found[num_players + 1])) / mean
    return EqualProfit(shares=_most_stable(worth, alone, base, spread), spread=spread, epsilon=epsilon)


def _most_stable(worth: FloatArray, alone: FloatArray, base: FloatArray, spread: float) -> FloatArray:
    """Of all divisions of a spread the one whose excesses are lexicographically least."""
    num_players = len(base)
    pairs = [(i, j) for i in range(num_players) for j in range(num_players) if i != j]
    rows = np.zeros((len(pairs), num_players))
    least = np.zeros(len(pairs))
    mean = float(base.mean())
    for row, (i, j) in enumerate(pairs):  # gain_j / base_j - gain_i / base_i <= spread
        rows[row, i], rows[row, j] = mean / base[i], -mean / base[j]
        least[row] = mean * (alone[i] / base[i] - alone[j] / base[j] - spread)
    return minimise_excesses(worth, hard=HardRows(rows=rows, least=least)).shares
