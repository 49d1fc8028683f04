"""The sides that are compared: ours through its Python door, and peers on the MIP of ``bench.model``."""

from __future__ import annotations

import importlib.util
import math
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np
from bench.check import check_flows, check_solution
from bench.instances import FloatArray, Instance, read_static
from bench.model import Mip, build_mip

Trace = list[tuple[float, float, float]]
"""Seconds, best value (inf: none) and bound (-inf: none), as they became known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """
    One run: a file, a method, and what it is given.

    With ``until_compiled`` nothing is measured: ours runs until no kernel is left to compile.
    """

    path: Path
    method: str
    seed: int
    time_s: float
    threads: int
    until_compiled: bool = False


@dataclass(slots=True, kw_only=True)
class Outcome:
    """
    What a run gave.

    ``seconds`` are the solver's own; ``wall_s`` the clock around its call, reading and building of the model left
    out; ``wrong`` what the independent check found, None = there is no solution to check.
    """

    status: str
    upper: float = math.inf
    lower: float = -math.inf
    seconds: float = 0.0
    wall_s: float = 0.0
    trace: Trace = field(default_factory=list)
    wrong: list[str] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A side: how it runs, the distributions whose versions matter, and whether a seed changes what it does."""

    run: Callable[[Job], Outcome]
    needs: tuple[str, ...]
    about: str
    seeded: bool = False

    @property
    def is_here(self) -> bool:
        """Whether what it needs is installed."""
        return all(importlib.util.find_spec(name) is not None for name in self.needs)

    @property
    def versions(self) -> str:
        """Names and versions of what it needs."""
        return " ".join(f"{name} {version(name)}" for name in self.needs)


def run_landbridge(job: Job) -> Outcome:
    """Ours: file to problem to ``engine.solve``, nothing between."""
    from landbridge.engine import Limits, solve

    instance = read_static(job.path)
    problem = problem_reader(job.path)(job.path)
    limits = Limits(time_s=job.time_s, threads=job.threads, seed=job.seed)
    if job.until_compiled:
        wait_for_kernels(lambda: solve(problem, limits))
    begun = time.perf_counter()
    found = solve(problem, limits)
    wall_s = time.perf_counter() - begun
    return Outcome(
        status=str(found.status),
        upper=float(found.upper),
        lower=float(found.lower),
        seconds=found.seconds,
        wall_s=wall_s,
        trace=[(point.seconds, point.upper, point.lower) for point in found.trace],
        wrong=check_solution(instance, problem, found)[1] if math.isfinite(found.upper) else None,
    )


MOST_WAITS = 8
"""A compiler that fails again and again is not waited for longer than so many solves."""


def wait_for_kernels(solve: Callable[[], object]) -> None:
    """
    Solve until nothing is left to compile.

    A solve gives the compiler up at its time limit, and the process that ends kills it: what it was at is not in the
    cache then. The kernels of a solve are compiled in several steps, so that one wait is not enough.
    """
    from landbridge.engine.warm import COMPILER

    for _ in range(MOST_WAITS):
        solve()
        compilers = [thread for thread in threading.enumerate() if thread.name == COMPILER]
        if not compilers:
            return
        for thread in compilers:
            thread.join()


def problem_reader(path: Path) -> Callable[[Path], object]:
    """Reader of the product for the file; LookupError where this version has none."""
    from landbridge.network import benchmarks

    name = "read_canad" if path.suffix == ".dow" else "read_gins"
    reader: Callable[[Path], object] | None = getattr(benchmarks, name, None)
    if reader is None:
        raise LookupError(f"landbridge.network.benchmarks has no {name}: this version cannot read {path.name}")
    return reader


LEAN = {
    "mip_heuristic_run_feasibility_jump": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
}
"""Heuristics of HiGHS that cost the small models inside the engine more than they bring; for a whole instance they do
not, see bench/README.md."""


def run_highs_merged(job: Job) -> Outcome:
    return _run_highs(job, merged=True, options={})


def run_highs_merged_lean(job: Job) -> Outcome:
    return _run_highs(job, merged=True, options=LEAN)


def run_highs_strong(job: Job) -> Outcome:
    return _run_highs(job, merged=False, options={})


def _run_highs(job: Job, *, merged: bool, options: dict[str, bool]) -> Outcome:
    import highspy

    instance = read_static(job.path)
    mip = build_mip(instance, merged=merged)
    highs = highspy.Highs()
    settings = {"output_flag": False, "time_limit": job.time_s, "threads": job.threads, "random_seed": job.seed}
    for name, value in {**settings, "mip_rel_gap": 0.0, **options}.items():
        if highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise ValueError(f"HiGHS refused option {name}={value!r}")
    highs.passModel(highs_model(mip))
    trace: Trace = []

    def listen(event: highspy.HighsCallbackEvent) -> None:
        data = event.data_out
        trace.append((data.running_time, _finite(data.mip_primal_bound, math.inf), _finite(data.mip_dual_bound)))

    highs.cbMipLogging.subscribe(listen)
    highs.cbMipImprovingSolution.subscribe(listen)
    begun = time.perf_counter()
    highs.run()
    wall_s = time.perf_counter() - begun
    info, status = highs.getInfo(), highs.getModelStatus()
    has_point = info.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible)
    words = {
        highspy.HighsModelStatus.kOptimal: "optimal",
        highspy.HighsModelStatus.kInfeasible: "infeasible",
        highspy.HighsModelStatus.kTimeLimit: "time_limit",
    }
    return _outcome(
        instance,
        mip,
        np.asarray(highs.getSolution().col_value) if has_point else None,
        status=words.get(status, highs.modelStatusToString(status)),
        upper=info.objective_function_value,
        lower=_finite(info.mip_dual_bound),
        seconds=highs.getRunTime(),
        wall_s=wall_s,
        trace=trace,
        note=" ".join(f"{name}={str(value).lower()}" for name, value in options.items()),
    )


def highs_model(mip: Mip) -> object:
    """The model as HiGHS takes it."""
    import highspy

    num_cols = len(mip.cost)
    order = np.lexsort((mip.row, mip.col))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = num_cols, len(mip.row_low)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = mip.cost, np.zeros(num_cols), mip.high
    lp.row_lower_, lp.row_upper_ = mip.row_low, mip.row_high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.searchsorted(mip.col[order], np.arange(num_cols + 1))
    lp.a_matrix_.index_, lp.a_matrix_.value_ = mip.row[order], mip.value[order]
    kinds = [highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous]
    lp.integrality_ = [kinds[0]] * mip.num_integer + [kinds[1]] * (num_cols - mip.num_integer)
    return lp


def run_scip(job: Job) -> Outcome:
    """SCIP on the strong model, handed over as an MPS file; it uses one thread whatever it is given."""
    import highspy
    import pyscipopt

    instance = read_static(job.path)
    mip = build_mip(instance, merged=False)
    model = pyscipopt.Model()
    model.hideOutput()
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "model.mps")
        highs = highspy.Highs()
        highs.setOptionValue("output_flag", False)
        highs.passModel(highs_model(mip))
        highs.writeModel(file)
        model.readProblem(file)
    columns = sorted(model.getVars(), key=lambda column: int(column.name.lstrip("c")))
    model.setParam("limits/time", job.time_s)
    model.setParam("limits/gap", 0.0)
    model.setParam("randomization/randomseedshift", job.seed)
    trace: Trace = []

    class Listener(pyscipopt.Eventhdlr):  # type: ignore[misc]
        events = (pyscipopt.SCIP_EVENTTYPE.BESTSOLFOUND, pyscipopt.SCIP_EVENTTYPE.DUALBOUNDIMPROVED)

        def eventinit(self) -> None:
            for event in self.events:
                self.model.catchEvent(event, self)

        def eventexit(self) -> None:
            for event in self.events:
                self.model.dropEvent(event, self)

        def eventexec(self, event: object) -> None:
            del event
            upper, lower = self.model.getPrimalbound(), self.model.getDualbound()
            trace.append((self.model.getSolvingTime(), _finite(upper, math.inf), _finite(lower)))

    model.includeEventhdlr(Listener(), "trace", "value and bound over time")
    begun = time.perf_counter()
    model.optimize()
    wall_s = time.perf_counter() - begun
    x = None
    if model.getNSols():
        best = model.getBestSol()
        x = np.array([best[column] for column in columns])
    return _outcome(
        instance,
        mip,
        x,
        status={"timelimit": "time_limit"}.get(model.getStatus(), model.getStatus()),
        upper=model.getPrimalbound(),
        lower=_finite(model.getDualbound()),
        seconds=model.getSolvingTime(),
        wall_s=wall_s,
        trace=trace,
        note="one thread",
    )


CPSAT_FLOW_PARTS = 10
"""CP-SAT knows whole numbers only: flow is in tenths of a unit."""


def run_cpsat(job: Job) -> Outcome:
    """CP-SAT on the strong model with flow in tenths: its plans hold, its bound is of the problem in tenths."""
    from ortools.sat.python import cp_model

    instance = read_static(job.path)
    mip = build_mip(instance, merged=False)
    parts, price = CPSAT_FLOW_PARTS, _whole_prices(mip.cost)
    model = cp_model.CpModel()
    is_flow = np.arange(len(mip.cost)) >= mip.num_integer
    high = np.floor(np.where(is_flow, mip.high * parts, mip.high) + 1e-9).astype(np.int64)
    columns = [model.new_int_var(0, most, "") for most in high.tolist()]
    factor = np.where(is_flow[mip.col], 1, parts)
    weight = np.rint(mip.value * factor).astype(np.int64)
    if not np.allclose(weight, mip.value * factor, atol=1e-9):
        raise ValueError(f"{instance.name}: capacities are not whole numbers of tenths; CP-SAT needs that")
    order = np.argsort(mip.row, kind="stable")
    ptr = np.searchsorted(mip.row[order], np.arange(len(mip.row_low) + 1)).tolist()
    cols, weights = mip.col[order].tolist(), weight[order].tolist()
    low, upper_side = mip.row_low * parts, mip.row_high * parts
    for row in range(len(low)):
        part = slice(ptr[row], ptr[row + 1])
        total = cp_model.LinearExpr.weighted_sum([columns[col] for col in cols[part]], weights[part])
        if low[row] == upper_side[row]:
            model.add(total == round(low[row]))
        else:
            model.add(total <= round(upper_side[row]))
    money = np.rint(mip.cost * price * np.where(is_flow, 1, parts)).astype(np.int64)
    model.minimize(cp_model.LinearExpr.weighted_sum(columns, money.tolist()))
    scale = parts * price
    trace: Trace = []

    class Listener(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]
        def on_solution_callback(self) -> None:
            trace.append((self.wall_time, self.objective_value / scale, self.best_objective_bound / scale))

    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = job.time_s
    solver.parameters.num_workers = job.threads
    solver.parameters.random_seed = job.seed
    begun = time.perf_counter()

    def bound_heard(bound: float) -> None:
        trace.append((time.perf_counter() - begun, trace[-1][1] if trace else math.inf, bound / scale))

    solver.best_bound_callback = bound_heard
    status = solver.solve(model, Listener())
    wall_s = time.perf_counter() - begun
    x = None
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        x = np.array(solver.values(columns), dtype=np.float64) / np.where(is_flow, parts, 1)
    words = {cp_model.OPTIMAL: "optimal", cp_model.INFEASIBLE: "infeasible"}
    return _outcome(
        instance,
        mip,
        x,
        status=words.get(status, "time_limit"),
        upper=solver.objective_value / scale,
        lower=solver.best_objective_bound / scale,
        seconds=solver.wall_time,
        wall_s=wall_s,
        trace=trace,
        note=f"flow in parts of 1/{parts}",
    )


def _whole_prices(cost: FloatArray) -> int:
    """Least power of ten that makes all costs whole."""
    for digits in range(5):
        if np.allclose(cost * 10**digits, np.rint(cost * 10**digits), rtol=0, atol=1e-6):
            return int(10**digits)
    raise ValueError("costs have more than four decimals; CP-SAT needs whole numbers")


def _finite(number: float, otherwise: float = -math.inf) -> float:
    """A bound of a solver that writes infinity as a large number."""
    return float(number) if abs(number) < 1e19 else otherwise


def _outcome(
    instance: Instance,
    mip: Mip,
    x: FloatArray | None,
    *,
    status: str,
    upper: float,
    lower: float,
    seconds: float,
    wall_s: float,
    trace: Trace,
    note: str,
) -> Outcome:
    """What a peer gave, its solution checked like ours."""
    wrong = None
    if x is None:
        upper = math.inf
    else:
        wrong = check_flows(instance, mip.copies(x, instance), mip.flow(x, instance), mip.balance, upper)[1]
    return Outcome(
        status=status,
        upper=float(upper),
        lower=float(lower),
        seconds=float(seconds),
        wall_s=wall_s,
        trace=[*trace, (float(seconds), float(upper), float(lower))],
        wrong=wrong,
        note=note,
    )


METHODS = {
    "landbridge": Method(
        run=run_landbridge, needs=("landbridge", "highspy", "numba", "numpy"), about="the engine", seeded=True
    ),
    "highs-aggregated": Method(
        run=run_highs_merged,
        needs=("highspy",),
        about="HiGHS on the model merged by origin or end, whichever has fewer, with its own settings",
    ),
    "highs-aggregated-lean": Method(
        run=run_highs_merged_lean,
        needs=("highspy",),
        about="the same with feasibility jump, RENS and root-reduced-cost off",
    ),
    "highs-strong": Method(
        run=run_highs_strong, needs=("highspy",), about="HiGHS on the strong model with a layer for each demand"
    ),
    "scip": Method(run=run_scip, needs=("pyscipopt",), about="SCIP on the strong model, one thread"),
    "cpsat": Method(run=run_cpsat, needs=("ortools",), about="CP-SAT on the strong model, flow in tenths"),
}
