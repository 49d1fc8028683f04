"""Sequential LPs that make the largest excess smallest, then the next, until one point is left."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from landbridge.cooperation.coalitions import coalition_sums, incidence, members
from landbridge.cooperation.rationals import exact, null_space, solve_exactly
from landbridge.engine.lp import INF, LinearModel
from landbridge.engine.problem import BoolArray, FloatArray, IntArray
from landbridge.errors import SolverError

MAGNITUDE = 1e4
"""Largest value of a game as the LP sees it: the solver's absolute tolerance of 1e-7 is then 1e-11 of it."""

TIGHT = 1e-6
"""Excess, in the LP's units, by which a coalition must be ahead of the LP to enter it."""

POSITIVE = 1e-6
"""Dual above which a coalition is settled; of the duals of a level, which add up to 1, one is at least 1/(P + 1)."""

ROWS_A_ROUND = 40
"""Most coalitions that enter the LP at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HardRows:
    """Inequalities ``rows @ x >= least`` every division must keep. Shape ``(R, P)`` and ``(R,)``."""

    rows: FloatArray
    least: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """An excess that is settled, money (a unit of weight), and the coalitions that have it at every optimum."""

    epsilon: float
    coalitions: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LexicographicResult:
    """
    The one point that is left, the levels that led to it, and its exact form where the settled system has one.

    Parameters
    ----------
    shares
        Shape ``(P,)``, money.
    exact_shares
        The same as fractions, solved from the settled equations; None where other inequalities bind.
    """

    shares: FloatArray
    exact_shares: tuple[Fraction, ...] | None
    levels: tuple[Level, ...]


def minimise_excesses(
    worth: FloatArray,
    *,
    floor: FloatArray | None = None,
    weight: FloatArray | None = None,
    hard: HardRows | None = None,
    most_levels: int | None = None,
    magnitude: float = MAGNITUDE,
) -> LexicographicResult:
    """
    Minimise the sorted excesses ``w(S) - x(S)`` lexicographically over divisions of ``w(N)``.

    Each level is one LP, in which coalitions enter as they are violated. After
    it only coalitions with a positive dual are settled: complementary slackness
    makes those tight at every optimum, whereas others may be tight at this one
    alone. What their span implies is settled with them, so each level raises the
    rank and there are fewer than P of them [1]_.

    Parameters
    ----------
    worth
        Shape ``(2**P,)``, money.
    floor
        Shape ``(P,)``. Least share of each player, money; default none.
    weight
        Shape ``(2**P,)``, above 0. Each excess is divided by it, e.g. by the number of members; default 1.
    hard
        Inequalities to keep besides.
    most_levels
        Stop after so many; 1 gives a point of the least core.
    magnitude
        Largest value as the LP sees it.

    References
    ----------
    .. [1] Kopelowitz, A. (1967). Computation of the kernels of simple games and the nucleolus of n-person games.
           Hebrew University of Jerusalem; Benedek, M., J. Fliege, and T.-D. Nguyen (2021). Finding and verifying the
           nucleolus of cooperative games. *Mathematical Programming* 190: 135-170.
           https://doi.org/10.1007/s10107-020-01527-9.
    """
    search = _Search(worth, floor, weight, hard, magnitude)
    while search.free_dimensions and len(search.levels) < (most_levels or len(worth)):
        search.next_level()
    return search.result()


@dataclass(slots=True)
class _Equation:
    """``x(S) + weight * epsilon of the level = right``; level -1: no epsilon."""

    mask: int
    level: int
    right: Fraction


@dataclass(slots=True, init=False)
class _Search:
    """The LP of the present level, and what earlier levels settled."""

    worth: FloatArray
    scale: float
    unit: float
    weight: FloatArray
    floor: FloatArray | None
    hard: HardRows | None
    model: LinearModel
    row_of: dict[int, int]
    floor_row: int
    x: FloatArray
    levels: list[Level]
    equations: list[_Equation]
    is_settled: BoolArray

    def __init__(
        self,
        worth: FloatArray,
        floor: FloatArray | None,
        weight: FloatArray | None,
        hard: HardRows | None,
        magnitude: float,
    ) -> None:
        num_players = len(worth).bit_length() - 1
        self.worth, self.floor, self.hard = worth, floor, hard
        self.scale = max(float(np.abs(worth).max()), 1e-12) / magnitude
        self.weight = np.ones(len(worth)) if weight is None else weight
        self.unit = float(self.weight[1:].max())
        self.x = np.zeros(num_players)
        self.levels, self.equations, self.row_of = [], [], {}
        self.model = _empty_model(num_players)
        self.is_settled = np.zeros(len(worth), dtype=np.bool_)
        self.settle(len(worth) - 1, -1, exact(worth[-1]))
        self.floor_row = self.model.num_rows
        if floor is not None:
            self.add_rows(np.eye(num_players), floor / self.scale, np.full(num_players, INF))
        if hard is not None:
            self.add_rows(hard.rows, hard.least / self.scale, np.full(len(hard.least), INF))
        singles = 1 << np.arange(num_players)
        self.add_coalitions(np.unique(np.concatenate((singles, len(worth) - 1 - singles))))

    @property
    def num_players(self) -> int:
        return len(self.x)

    @property
    def free_dimensions(self) -> int:
        """Dimensions in which settled equations leave the point free."""
        return int(self.basis().shape[1])

    def basis(self) -> FloatArray:
        return null_space([_row(equation.mask, self.num_players) for equation in self.equations], self.num_players)

    def settle(self, mask: int, level: int, right: Fraction) -> None:
        """Keep an equation, and note which coalitions the span now implies."""
        self.equations.append(_Equation(mask, level, right))
        if self.is_settled[mask]:
            return  # earlier ones imply it, but it still says what the epsilon of its level is
        basis = self.basis()
        implied = np.ones(len(self.worth), dtype=np.bool_)
        for column in basis.T:
            implied &= np.abs(coalition_sums(column)) < 0.5  # whole numbers
        self.is_settled = implied
        value = float(right) / self.scale
        if level >= 0:
            value -= self.levels[level].epsilon / self.scale * self.weight[mask]
        one = np.array([value])
        self.add_rows(incidence([mask], self.num_players), one, one)
        gone = [row for other, row in self.row_of.items() if implied[other]]
        self.row_of = {other: row for other, row in self.row_of.items() if not implied[other]}
        self.model.free_rows(np.array(gone, dtype=np.int64))

    def next_level(self) -> None:
        """Solve a level and settle what has a positive dual."""
        dual, epsilon = self.solve()
        level = len(self.levels)
        tight = [mask for mask, row in self.row_of.items() if dual[row] > POSITIVE]
        self.levels.append(Level(epsilon=epsilon * self.scale / self.unit, coalitions=tuple(sorted(tight))))
        if not tight:
            raise SolverError(f"no coalition is tight at level {level} of {self.num_players} players")
        for mask in tight:
            self.settle(mask, level, exact(self.worth[mask]))
        if self.floor is not None:
            for player in np.flatnonzero(dual[self.floor_row : self.floor_row + self.num_players] > POSITIVE).tolist():
                self.settle(1 << player, -1, exact(self.floor[player]))

    def solve(self) -> tuple[FloatArray, float]:
        """Solve the LP of the level over all coalitions; returns duals of the rows and the epsilon, scaled."""
        while True:
            result = self.model.solve()
            if not result.is_optimal:
                raise SolverError(
                    "the LP of a level has no optimum; floors or hard inequalities exclude every division"
                )
            self.x, epsilon = result.x[:-1] * self.scale, float(result.x[-1])
            excess = (self.worth - coalition_sums(self.x)) / (
                self.scale * np.where(self.weight > 0, self.weight, 1.0) / self.unit
            )
            excess[self.is_settled] = -INF
            excess[list(self.row_of)] = -INF
            worst = np.argsort(-excess)[:ROWS_A_ROUND]
            worst = worst[excess[worst] > epsilon + TIGHT]
            if not len(worst):
                return result.row_dual, epsilon
            self.add_coalitions(worst)

    def add_coalitions(self, found: IntArray) -> None:
        masks = np.array([m for m in found.tolist() if not self.is_settled[m] and m not in self.row_of], dtype=np.int64)
        first = self.add_rows(
            incidence(masks, self.num_players),
            self.worth[masks] / self.scale,
            np.full(len(masks), INF),
            self.weight[masks] / self.unit,
        )
        self.row_of.update({int(mask): first + i for i, mask in enumerate(masks)})

    def add_rows(
        self, rows: FloatArray, lower: FloatArray, upper: FloatArray, epsilon: FloatArray | None = None
    ) -> int:
        if epsilon is None:
            epsilon = np.zeros(len(lower))
        dense = np.column_stack((rows, epsilon))
        row, column = np.nonzero(dense)
        ptr = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=len(lower))))).astype(np.int64)
        return self.model.add_rows(lower, upper, ptr, column, dense[row, column])

    def result(self) -> LexicographicResult:
        shares = self.recover()
        if shares is not None:
            self.x = np.array([float(share) for share in shares])
        return LexicographicResult(shares=self.x.copy(), exact_shares=shares, levels=tuple(self.levels))

    def recover(self) -> tuple[Fraction, ...] | None:
        """Solve the settled equations for shares and epsilons in fractions."""
        if self.free_dimensions:
            return None
        num_levels = len(self.levels)
        rows = []
        for equation in self.equations:
            epsilons = [Fraction(0)] * num_levels
            if equation.level >= 0:
                epsilons[equation.level] = exact(self.weight[equation.mask])
            rows.append([Fraction(value) for value in _row(equation.mask, self.num_players)] + epsilons)
        found = solve_exactly(rows, [equation.right for equation in self.equations])
        if found is None:
            return None
        shares = found[: self.num_players]
        drift = max(abs(float(share) - x) for share, x in zip(shares, self.x, strict=True))
        return tuple(shares) if drift <= 1e-6 * float(np.abs(self.worth).max()) else None


def _row(mask: int, num_players: int) -> list[int]:
    inside = set(members(mask))
    return [int(player in inside) for player in range(num_players)]


def _empty_model(num_players: int) -> LinearModel:
    """Columns: shares, free, and the epsilon to be minimised."""
    model = LinearModel()
    width = num_players + 1
    cost = np.zeros(width)
    cost[-1] = 1.0
    none = np.zeros(0, dtype=np.int64)
    free = np.full(width, INF)
    model.add_cols(cost, -free, free, np.zeros(width + 1, dtype=np.int64), none, np.zeros(0))
    return model
