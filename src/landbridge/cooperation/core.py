"""LPs over the core: the least core, the least subsidy with balanced weights, and any other linear aim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from landbridge.cooperation.coalitions import coalition_sums, incidence, members
from landbridge.cooperation.lexicographic import MAGNITUDE, POSITIVE, ROWS_A_ROUND, TIGHT, minimise_excesses
from landbridge.cooperation.rationals import exact, solve_exactly
from landbridge.engine.lp import INF, LinearModel
from landbridge.engine.problem import FloatArray
from landbridge.errors import SolverError


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastCore:
    """The least epsilon for which no coalition gains more than that by leaving, money, and a division that shows it."""

    epsilon: float
    shares: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Subsidy:
    """
    What has to be added to ``w(N)`` for a division that no coalition would leave.

    Parameters
    ----------
    amount
        Money, 0 when the core is not empty.
    shares
        A division of ``w(N) + amount`` that is stable. Shape ``(P,)``.
    weights
        Balanced weights by coalition: those of the coalitions a player is in add up to 1, for each player.
        Their weighted sum of values is ``w(N) + amount``: no less would do.
    """

    amount: Fraction
    shares: FloatArray
    weights: Mapping[int, Fraction]


def least_core(worth: FloatArray) -> LeastCore:
    """
    Make the largest excess ``w(S) - x(S)`` over proper coalitions as small as can be; negative: how far all are ahead.

    Parameters
    ----------
    worth
        Shape ``(2**P,)``, money, by bit mask.

    References
    ----------
    .. [1] Maschler, M., B. Peleg, and L. S. Shapley (1979). Geometric properties of the kernel, nucleolus, and
           related solution concepts. *Mathematics of Operations Research* 4(4): 303-338.
           https://doi.org/10.1287/moor.4.4.303.
    """
    found = minimise_excesses(worth, most_levels=1)
    return LeastCore(epsilon=found.levels[0].epsilon, shares=found.shares)


def least_subsidy(worth: FloatArray) -> Subsidy:
    """
    Find the least money that makes a stable division possible, with the balanced weights that prove it [1]_, [2]_.

    Parameters
    ----------
    worth
        Shape ``(2**P,)``, money, by bit mask.

    References
    ----------
    .. [1] Shapley, L. S. (1967). On balanced sets and cores. *Naval Research Logistics Quarterly* 14(4): 453-460.
           https://doi.org/10.1002/nav.3800140404.
    .. [2] Bachrach, Y., E. Elkind, R. Meir, D. Pasechnik, M. Zuckerman, J. Rothe, and J. S. Rosenschein (2009). The
           cost of stability in coalitional games. *Algorithmic Game Theory*, LNCS 5814: 122-134.
           https://doi.org/10.1007/978-3-642-04645-2_12.
    """
    num_players = len(worth).bit_length() - 1
    x, dual = minimise_over_core(worth, np.ones(num_players), includes_everyone=True)
    weights = _exact_weights([mask for mask, price in dual.items() if price > POSITIVE], num_players)
    total = sum((weight * exact(worth[mask]) for mask, weight in weights.items()), Fraction(0))
    return Subsidy(amount=total - exact(worth[-1]), shares=x, weights=weights)


def _exact_weights(support: list[int], num_players: int) -> dict[int, Fraction]:
    """The one balanced vector on a support of independent coalitions."""
    inside = [set(members(mask)) for mask in support]
    rows = [[Fraction(int(player in group)) for group in inside] for player in range(num_players)]
    found = solve_exactly(rows, [Fraction(1)] * num_players)
    if found is None or any(weight <= 0 for weight in found):
        raise SolverError(f"no balanced weights on the coalitions {support}")
    return dict(sorted(zip(support, found, strict=True)))


def minimise_over_core(
    worth: FloatArray,
    cost: FloatArray,
    *,
    slack: float = 0.0,
    rows: tuple[FloatArray, FloatArray] | None = None,
    includes_everyone: bool = False,
) -> tuple[FloatArray, dict[int, float]]:
    """
    Minimise a linear cost over ``x(S) >= w(S) - slack`` for all proper coalitions; these enter as they are violated.

    Parameters
    ----------
    worth
        Shape ``(2**P,)``, money.
    cost
        Shape ``(P + E,)``: of each share, then of each further column, all free.
    rows
        Further inequalities ``rows @ columns >= least``, of shape ``(R, P + E)`` and ``(R,)``.
    includes_everyone
        True: ``x(N) >= w(N)``, as of any coalition; False: ``x(N) = w(N)``.

    Returns
    -------
    tuple
        The columns at the optimum, and the duals of coalitions by mask.
    """
    num_players = len(worth).bit_length() - 1
    scale = max(float(np.abs(worth).max()), 1e-12) / MAGNITUDE
    model, width = LinearModel(), len(cost)
    free, none = np.full(width, INF), np.zeros(0, dtype=np.int64)
    model.add_cols(cost, -free, free, np.zeros(width + 1, dtype=np.int64), none, np.zeros(0))
    if rows is not None:
        _add_dense(model, rows[0], rows[1] / scale, np.full(len(rows[1]), INF))
    full = len(worth) - 1
    row_of: dict[int, int] = {}

    def add(masks: list[int]) -> None:
        dense = np.zeros((len(masks), width))
        dense[:, :num_players] = incidence(masks, num_players)
        least = np.array([worth[m] - (slack if m != full else 0.0) for m in masks]) / scale
        most = [least[i] if m == full and not includes_everyone else INF for i, m in enumerate(masks)]
        first = _add_dense(model, dense, least, np.array(most))
        row_of.update({mask: first + i for i, mask in enumerate(masks)})

    add([full, *(1 << player for player in range(num_players))])
    while True:
        result = model.solve()
        if not result.is_optimal:
            raise SolverError("a linear aim over the core has no optimum")
        violation = worth / scale - slack / scale - coalition_sums(result.x[:num_players])
        violation[[0, *row_of]] = -INF
        worst = np.argsort(-violation)[:ROWS_A_ROUND]
        worst = worst[violation[worst] > TIGHT]
        if not len(worst):
            return result.x * scale, {mask: float(result.row_dual[row]) for mask, row in row_of.items()}
        add(worst.tolist())


def _add_dense(model: LinearModel, dense: FloatArray, lower: FloatArray, upper: FloatArray) -> int:
    row, column = np.nonzero(dense)
    ptr = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=len(dense))))).astype(np.int64)
    return model.add_rows(lower, upper, ptr, column, dense[row, column])
