"""The one seam to the LP and MIP solver: HiGHS behind arrays."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import highspy
import numpy as np

from landbridge.engine.problem import BoolArray, FloatArray, IntArray
from landbridge.errors import SolverError
from landbridge.units import is_close

INF = highspy.kHighsInf

SHORTEST_S = 0.05
"""Least seconds any solve gets."""

SHORT_S = 1.6
"""A MIP with less time than this is not watched for cancellation while it runs."""

_STDOUT = threading.Lock()

_ERRORS = (
    highspy.HighsModelStatus.kNotset,
    highspy.HighsModelStatus.kSolveError,
    highspy.HighsModelStatus.kModelError,
)

_SETTLED = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kTimeLimit)
"""What the primal simplex may end with; after anything else the dual one tries."""

_DUAL, _PRIMAL = 1, 4
"""The solver's numbers of the dual and the primal simplex."""

POLL_S = 0.1
"""Seconds between two looks at the cancel flag while a MIP runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LpResult:
    """
    Result of a solve; a solver that is stopped or gives up is a result too, without a point.

    Parameters
    ----------
    has_point
        ``x`` holds a feasible point (LP: optimal, MIP: the best found).
    is_optimal
        The solver proved it.
    is_infeasible
        The solver proved there is none.
    objective, bound
        Value of the point (inf: none) and proved bound (MIP; LP: the objective when optimal, else -inf).
    x, row_dual
        Point and, for an LP, row duals.
    iterations
        Simplex iterations, the unit of counted work.
    """

    has_point: bool
    is_optimal: bool
    is_infeasible: bool
    objective: float
    bound: float
    x: FloatArray
    row_dual: FloatArray
    iterations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MipLimits:
    """
    When a MIP solve stops: seconds, nodes (-1: none), relative gap, a cancel flag; who hears of its bounds and values.

    ``effort``: part of the work that goes into heuristics, about. ``presolve``: whether the model is made smaller
    first; that of HiGHS 1.16 can go on for ever (strengthening of inequalities), which no limit stops.
    """

    time_s: float
    nodes: int = -1
    gap: float = 0.0
    seed: int = 0
    cancelled: Callable[[], bool] = lambda: False
    on_progress: Callable[[float, float], None] | None = None
    effort: float = 0.05
    presolve: bool = True


@dataclass(slots=True)
class Entries:
    """Rows or columns being written: their (index, value) entries, one after another."""

    ptr: list[int] = field(default_factory=lambda: [0])
    index: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)

    def add(self, entries: Iterable[tuple[int, float]]) -> None:
        """Append one row or column."""
        for index, value in entries:
            self.index.append(index)
            self.value.append(value)
        self.ptr.append(len(self.index))

    def arrays(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Pointers, indices and values as :meth:`LinearModel.add_rows` and ``add_cols`` take them."""
        return (
            np.array(self.ptr, dtype=np.int64),
            np.array(self.index, dtype=np.int64),
            np.array(self.value, dtype=np.float64),
        )


def _quiet_highs() -> highspy.Highs:
    """A solver whose constructor does not write its banner to the process's standard output."""
    with _STDOUT:  # of two threads at once, one would keep the other's sink as the standard output
        kept = os.dup(1)
        sink = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(sink, 1)
            return highspy.Highs()  # type: ignore[no-untyped-call]
        finally:
            os.dup2(kept, 1)
            os.close(kept)
            os.close(sink)


def _is_taken() -> bool:
    """Whether the solver's threads in this process are already more than the one we ask for."""
    probe = _quiet_highs()
    for option, value in (("output_flag", False), ("threads", 1)):
        probe.setOptionValue(option, value)
    probe.addVar(0.0, 1.0)
    return bool(probe.run() == highspy.HighsStatus.kError)


class LinearModel:
    """A minimisation LP or MIP that grows by rows and columns."""

    def __init__(self) -> None:
        self._highs = _quiet_highs()
        self._set("output_flag", False)
        self._set("threads", 1)
        self._solved_cols = 0
        self._is_cut = False
        self._iterations = 0

    def _set(self, option: str, value: bool | float | str) -> None:
        if self._highs.setOptionValue(option, value) != highspy.HighsStatus.kOk:
            raise SolverError(f"HiGHS refused option {option}={value!r}")

    @property
    def num_cols(self) -> int:
        """Number of columns."""
        return int(self._highs.getNumCol())

    @property
    def num_rows(self) -> int:
        """Number of rows."""
        return int(self._highs.getNumRow())

    def add_rows(
        self,
        lower: FloatArray,
        upper: FloatArray,
        ptr: IntArray | None = None,
        index: IntArray | None = None,
        value: FloatArray | None = None,
    ) -> int:
        """Append rows, empty or with entries by row; returns the index of the first."""
        first = self.num_rows
        count = len(lower)
        if count == 0:
            return first
        self._is_cut = True
        starts = np.zeros(count, dtype=np.int32) if ptr is None else ptr[:-1].astype(np.int32)
        idx = np.zeros(0, dtype=np.int32) if index is None else index.astype(np.int32)
        val = np.zeros(0) if value is None else value.astype(np.float64)
        status = self._highs.addRows(count, lower, upper, len(idx), starts, idx, val)
        if status == highspy.HighsStatus.kError:
            raise SolverError(f"HiGHS refused {count} rows")
        return first

    def add_cols(
        self, cost: FloatArray, lower: FloatArray, upper: FloatArray, ptr: IntArray, index: IntArray, value: FloatArray
    ) -> int:
        """Append columns with entries by column; returns the index of the first."""
        first = self.num_cols
        if len(cost) == 0:
            return first
        status = self._highs.addCols(
            len(cost),
            cost.astype(np.float64),
            lower.astype(np.float64),
            upper.astype(np.float64),
            len(index),
            ptr[:-1].astype(np.int32),
            index.astype(np.int32),
            value.astype(np.float64),
        )
        if status == highspy.HighsStatus.kError:
            raise SolverError(f"HiGHS refused {len(cost)} columns")
        return first

    def costs(self) -> FloatArray:
        """Costs of all columns."""
        return np.array(self._highs.getLp().col_cost_)

    def set_costs(self, index: IntArray, cost: FloatArray) -> None:
        """Change costs of columns."""
        self._highs.changeColsCost(len(index), index.astype(np.int32), cost.astype(np.float64))

    def set_col_bounds(self, index: IntArray, lower: FloatArray, upper: FloatArray) -> None:
        """Change bounds of columns."""
        self._is_cut = True
        self._highs.changeColsBounds(
            len(index), index.astype(np.int32), lower.astype(np.float64), upper.astype(np.float64)
        )

    def drop_rows(self, gone: BoolArray) -> None:
        """Delete the marked rows, and go on from what is left of the basis; others move up."""
        basis = self._highs.getBasis()
        status = list(basis.row_status)
        index = np.where(gone)[0].astype(np.int32)
        if self._highs.deleteRows(len(index), index) == highspy.HighsStatus.kError:
            raise SolverError(f"HiGHS refused to delete {len(index)} rows")
        if basis.valid and len(status) == len(gone):
            basis.row_status = [status[i] for i in np.where(~gone)[0].tolist()]
            if self._highs.setBasis(basis) == highspy.HighsStatus.kOk:
                return
        self._solved_cols = 0

    def free_rows(self, index: IntArray) -> None:
        """Take the bounds off rows, which then say nothing."""
        none = np.full(len(index), INF)
        self._highs.changeRowsBounds(  # type: ignore[attr-defined]
            len(index), index.astype(np.int32), -none, none
        )

    def set_row_bounds(self, index: IntArray, lower: FloatArray, upper: FloatArray) -> None:
        """Change bounds of rows."""
        self._is_cut = True
        self._highs.changeRowsBounds(  # type: ignore[attr-defined]
            len(index), index.astype(np.int32), lower.astype(np.float64), upper.astype(np.float64)
        )

    def matrix(
        self,
    ) -> tuple[IntArray, IntArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
        """Columns as (ptr, row index, value), cost, col lower, col upper, row lower, row upper."""
        self._highs.ensureColwise()  # type: ignore[attr-defined]
        lp = self._highs.getLp()
        return (
            np.asarray(lp.a_matrix_.start_, dtype=np.int64),
            np.asarray(lp.a_matrix_.index_, dtype=np.int64),
            np.asarray(lp.a_matrix_.value_),
            np.asarray(lp.col_cost_),
            np.asarray(lp.col_lower_),
            np.asarray(lp.col_upper_),
            np.asarray(lp.row_lower_),
            np.asarray(lp.row_upper_),
        )

    def solve(self, time_s: float = np.inf) -> LpResult:
        """
        Solve the LP from the last basis.

        After new rows and bounds that basis is still dual feasible, after new columns primal feasible, so each has its
        simplex. After both, the dual one runs with the new columns held where they are, then the primal one with all.
        """
        until = time.monotonic() + time_s
        self._iterations = 0
        new = np.arange(self._solved_cols, self.num_cols)
        is_settled = False
        if self._solved_cols and len(new) and (not self._is_cut or self._solve_held(new, until)):
            self._set("simplex_strategy", _PRIMAL)
            try:
                is_settled = self._run_until(until) in _SETTLED
            finally:
                self._set("simplex_strategy", _DUAL)
        if not is_settled and self._run_until(until) in _ERRORS:
            self._highs.clearSolver()
            self._run_until(until)
        result = replace(self._result(is_mip=False), iterations=self._iterations)
        self._solved_cols, self._is_cut = (self.num_cols if result.is_optimal else 0), False
        return result

    def _solve_held(self, new: IntArray, until: float) -> bool:
        """Solve with new columns fixed at their lower bounds; whether that has an optimum to go on from."""
        lp = self._highs.getLp()
        lower, upper = np.array(lp.col_lower_[new[0] :]), np.array(lp.col_upper_[new[0] :])
        if not np.isfinite(lower).all():
            return False
        self.set_col_bounds(new, lower, lower)
        try:
            status = self._run_until(until)
        finally:
            self.set_col_bounds(new, lower, upper)
        return status == highspy.HighsModelStatus.kOptimal

    def _run_until(self, until: float) -> highspy.HighsModelStatus:
        """Run for the seconds that are left; the solver's clock counts all runs of a model."""
        left = max(until - time.monotonic(), 0.01)
        self._set("time_limit", min(self._highs.getRunTime() + left, 1e9))
        self._run()
        self._iterations += max(int(self._highs.getInfo().simplex_iteration_count), 0)
        return self._highs.getModelStatus()

    def write_mps(self, path: str, integer: IntArray, col_names: list[str], row_names: list[str]) -> None:
        """Write the model, with the listed columns integer, as a free MPS file; names have no blanks."""
        highs = self._highs
        for i, name in enumerate(col_names):
            highs.passColName(i, name)
        for i, name in enumerate(row_names):
            highs.passRowName(i, name)
        index = integer.astype(np.int32)
        kinds = np.full(len(index), int(highspy.HighsVarType.kInteger), dtype=np.uint8)
        highs.changeColsIntegrality(len(index), index, kinds)
        if highs.writeModel(path) == highspy.HighsStatus.kError:
            raise SolverError(f"HiGHS could not write {path}")

    def reduced_costs(self) -> FloatArray:
        """Reduced costs of all columns at the last optimal point of an LP."""
        return np.asarray(self._highs.getSolution().col_dual)

    def basis(self) -> highspy.HighsBasis:
        """The present basis, for :meth:`go_back`."""
        return self._highs.getBasis()

    def go_back(self, basis: highspy.HighsBasis) -> None:
        """Take up an earlier basis; rows and columns must be as many as they were."""
        self._highs.setBasis(basis)

    def probe(self, col: int, lower: float, upper: float, iterations: int) -> tuple[float, int]:
        """
        Objective after at most so many dual simplex iterations with other bounds on a column (inf: infeasible).

        The bounds stay; the caller puts them back. Also returns the iterations made. A guess, never a bound.
        """
        one = np.array([col], dtype=np.int32)
        self._highs.changeColsBounds(1, one, np.array([lower]), np.array([upper]))
        self._set("simplex_iteration_limit", iterations)
        self._run()
        self._set("simplex_iteration_limit", 2147483647)
        info = self._highs.getInfo()
        if self._highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            return np.inf, int(info.simplex_iteration_count)
        return float(info.objective_function_value), int(info.simplex_iteration_count)

    def copy(self) -> LinearModel:
        """A model of its own with the same rows and columns."""
        twin = LinearModel()
        twin._highs.passModel(self._highs.getLp())
        return twin

    def solve_mip(
        self, integer: IntArray, limits: MipLimits, start: tuple[IntArray, FloatArray] | None = None
    ) -> LpResult:
        """
        Solve with the listed columns integer; the model stays a MIP.

        Parameters
        ----------
        integer
            Columns that are integer.
        limits
            When to stop.
        start
            Columns and values of a point to start from; the solver completes it.
        """
        mip = self._highs
        index = integer.astype(np.int32)
        mip.changeColsIntegrality(
            len(index), index, np.full(len(index), int(highspy.HighsVarType.kInteger), dtype=np.uint8)
        )
        for option, value in (
            ("mip_rel_gap", float(limits.gap)),
            ("mip_abs_gap", 1e-9),
            ("mip_feasibility_tolerance", 1e-7),
            ("random_seed", limits.seed % 2147483647),
            ("presolve", "choose" if limits.presolve else "off"),
            ("mip_heuristic_run_feasibility_jump", False),
            ("mip_heuristic_run_rens", False),
            ("mip_heuristic_effort", float(limits.effort)),
            ("mip_heuristic_run_root_reduced_cost", False),
            ("time_limit", min(max(limits.time_s, SHORTEST_S), 1e9)),
        ):
            self._set(option, value)
        if limits.nodes >= 0:
            self._set("mip_max_nodes", limits.nodes)
        if start is not None:
            mip.setSolution(len(start[0]), start[0].astype(np.int32), start[1].astype(np.float64))
        if limits.on_progress is not None:
            listener = limits.on_progress
            mip.cbMipInterrupt.subscribe(
                lambda event: listener(event.data_out.mip_dual_bound, event.data_out.mip_primal_bound)
            )
        until = time.monotonic() + limits.time_s
        self._run_watched(limits)
        result = self._result(is_mip=True)
        if start is not None and result.has_point and not is_close(result.objective, float(self.costs() @ result.x)):
            # HiGHS 1.16 can give a start a wrong objective after presolve, and then cuts off what is better.
            mip.clearSolver()
            left = replace(limits, time_s=max(until - time.monotonic(), SHORTEST_S))
            self._set("time_limit", min(left.time_s, 1e9))  # a MIP's clock begins anew with each run
            self._run_watched(left)
            first, result = result, self._result(is_mip=True)
            if not result.has_point and not result.is_infeasible:
                # no time was left for one: that of before still holds
                worth = float(self.costs() @ first.x)
                result = replace(result, has_point=True, objective=worth, x=first.x)
            result = replace(result, iterations=first.iterations + result.iterations)
        return result

    def _run(self) -> None:
        """Run; where another user of the solver in this process has fixed its threads, on as many as these."""
        if self._highs.run() == highspy.HighsStatus.kError and _is_taken():
            self._set("threads", 0)
            self._highs.run()

    def _run_watched(self, limits: MipLimits) -> None:
        """Run; unless it is short, in a thread that is told when to stop."""
        mip = self._highs
        if limits.time_s <= SHORT_S:
            self._run()
            return
        if self._highs.getOptionValue("threads")[1] != 0 and _is_taken():
            self._set("threads", 0)
        # highspy's own startSolve holds locks that all solvers of a process share: two threads could not use it.
        mip.HandleUserInterrupt = True
        runner = threading.Thread(target=self._run, daemon=True)
        runner.start()
        until = time.monotonic() + limits.time_s + 1.0
        while runner.is_alive():
            runner.join(POLL_S)
            if limits.cancelled() or time.monotonic() > until:
                mip.cancelSolve()  # type: ignore[no-untyped-call]

    def _result(self, *, is_mip: bool) -> LpResult:
        highs = self._highs
        status = highs.getModelStatus()
        info = highs.getInfo()
        solution = highs.getSolution()
        optimal = status == highspy.HighsModelStatus.kOptimal
        infeasible = status == highspy.HighsModelStatus.kInfeasible
        # A solver that gives up has no point and no bound; what was found before stands.
        failed = status in _ERRORS
        point = optimal or (is_mip and not failed and info.primal_solution_status == 2)
        x = np.asarray(solution.col_value) if point else np.zeros(0)
        dual = np.asarray(solution.row_dual) if optimal and not is_mip else np.zeros(0)
        objective = float(info.objective_function_value) if point else np.inf
        bound = objective if optimal else (float(info.mip_dual_bound) if is_mip and not failed else -np.inf)
        return LpResult(
            has_point=point,
            is_optimal=optimal,
            is_infeasible=infeasible,
            objective=objective,
            bound=bound,
            x=x,
            row_dual=dual,
            iterations=max(int(info.simplex_iteration_count), 0),
        )
