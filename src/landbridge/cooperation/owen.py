"""Owen's prices: a division of what a linear programme is worth among the owners of its resources."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.lp import INF, LinearModel
from landbridge.engine.problem import FloatArray
from landbridge.errors import SolverError


@dataclass(frozen=True, slots=True, kw_only=True)
class OwenShares:
    """
    Prices of resources and what they make each player's own worth.

    Parameters
    ----------
    prices
        Shape ``(R,)``, money a unit; an optimal dual, one of possibly many.
    shares
        Shape ``(P,)``, money: endowment times price.
    value
        Value of the programme with everybody's resources.
    """

    prices: FloatArray
    shares: FloatArray
    value: float


def owen_shares(profit: FloatArray, matrix: FloatArray, endowments: FloatArray) -> OwenShares:
    """
    Divide ``max profit @ f : matrix @ f <= sum of endowments, f >= 0`` by its dual prices.

    No coalition can earn more with its own resources than these are worth at
    the prices, so the division is in the core of the linear game [1]_.

    Parameters
    ----------
    profit
        Shape ``(C,)``, money a unit of each activity.
    matrix
        Shape ``(R, C)``. Units of each resource a unit of each activity takes.
    endowments
        Shape ``(P, R)``. Units of each resource each player owns, not negative.

    References
    ----------
    .. [1] Owen, G. (1975). On the core of linear production games. *Mathematical Programming* 9: 358-370.
           https://doi.org/10.1007/BF01681356.
    """
    model = LinearModel()
    width = len(profit)
    none = np.zeros(0, dtype=np.int64)
    model.add_cols(
        -profit, np.zeros(width), np.full(width, INF), np.zeros(width + 1, dtype=np.int64), none, np.zeros(0)
    )
    have = endowments.sum(axis=0)
    row, column = np.nonzero(matrix)
    ptr = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=len(have))))).astype(np.int64)
    model.add_rows(np.full(len(have), -INF), have, ptr, column, matrix[row, column])
    result = model.solve()
    if not result.is_optimal:
        raise SolverError("the linear programme of an Owen division has no optimum")
    prices = np.maximum(0.0, -result.row_dual)
    return OwenShares(prices=prices, shares=endowments @ prices, value=-result.objective)
