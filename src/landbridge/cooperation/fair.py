"""The fairest of the Owen prices: of lists that are as good, the mixture that treats players most alike."""

from __future__ import annotations

import numpy as np

from landbridge.engine.lp import INF, LinearModel
from landbridge.engine.problem import FloatArray
from landbridge.errors import NoShare, SolverError

NEARLY_BEST = 1e-3
"""Part of the least worth in all by which a list may be above it and still be mixed in."""

LESS = 0.01
"""Part of one player's resources that is taken away to find the prices at which they are dearest."""


def part_without(player: int, num_players: int) -> FloatArray:
    """
    Parts of all resources at which the prices are those that are best for one player.

    Prices that are optimal when a little less is there of what one player owns are, if it is little enough,
    optimal with all of it too: of those, the ones at which its own is worth most.
    """
    part = np.ones(num_players)
    part[player] -= LESS
    return part


def fairest(worths: FloatArray, base: FloatArray) -> FloatArray:
    """
    Weights of lists of prices at which worths over bases differ least.

    No plan can beat a mixture of prices that none can beat, so the mixture is an Owen point of its own. Only lists are
    mixed whose worths add up to nearly the least; of mixtures that are as fair, one of least sum is taken.

    Parameters
    ----------
    worths
        Shape ``(R, P)``, money: worth of what each player owns, by list.
    base
        Shape ``(P,)``, 0 or more: size of each player; those of size 0 are not compared.

    Returns
    -------
    FloatArray
        Shape ``(R,)``, 0 or more, summing to 1.

    Raises
    ------
    NoShare
        ``no-base``, when no player has a size.
    """
    compared = np.flatnonzero(base > 0)
    if not len(compared):
        raise NoShare("no player has a size to compare worths by; choose another --base", code="no-base")
    total = worths.sum(axis=1)
    good = np.flatnonzero(total <= total.min() + NEARLY_BEST * abs(total.min()))
    scale = max(abs(float(total.min())), 1e-9)
    relative = worths[np.ix_(good, compared)] / scale / (base[compared] / base[compared].sum())
    width = len(good) + 2
    model = LinearModel()
    none = np.zeros(0, dtype=np.int64)
    cost = np.concatenate((1e-6 * total[good] / scale, [-1.0, 1.0]))  # at most minus at least, then the sum
    lower = np.concatenate((np.zeros(len(good)), [-INF, -INF]))
    model.add_cols(cost, lower, np.full(width, INF), np.zeros(width + 1, dtype=np.int64), none, np.zeros(0))
    mixed = np.arange(len(good), dtype=np.int64)
    model.add_rows(np.ones(1), np.ones(1), np.array([0, len(good)]), mixed, np.ones(len(good)))
    for player in range(len(compared)):
        for limit, low, high in ((len(good), 0.0, INF), (len(good) + 1, -INF, 0.0)):
            index, value = np.append(mixed, limit), np.append(relative[:, player], -1.0)
            model.add_rows(np.array([low]), np.array([high]), np.array([0, len(index)]), index, value)
    found = model.solve()
    if not found.is_optimal:
        raise SolverError("the mixture of prices has no optimum")
    weights = np.zeros(len(worths))
    weights[good] = np.maximum(found.x[: len(good)], 0.0)
    fair: FloatArray = weights / weights.sum()
    return fair
