"""When a search for a plan stops, and what it reports on the way."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from landbridge.engine import DesignSolution, Limits, Progress
from landbridge.network import Network
from landbridge.planning.costs import sum_spend

EXPLAIN_S_PER_ORDER = 0.002
EXPLAIN_FRAC = 0.05
"""Time kept back for decoding and reasons: so much for each order, and at most this part of the time limit."""

LEAST_REASONS_S = 2.0
"""Reasons may take so long, even where less was kept back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanProgress:
    """What is known after some seconds; None = not yet. The gap is on the spend of the best plan (semantics §6.3)."""

    seconds: float
    value: float | None
    bound: float | None
    gap: float | None
    phase: str


def _never() -> bool:
    return False


def _ignore(progress: PlanProgress) -> None:
    del progress


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLimits:
    """
    When to stop; see ``landbridge.engine.Limits``.

    Parameters
    ----------
    time_s
        Wall-clock seconds of search and reasons together; inf = none.
    gap
        Stop when bound - value <= gap * spend.
    work
        Work units, counted, not timed; inf = none.
    seed, threads
        Seed of all random choices; number of threads.
    cancelled
        Polled often; True stops the search, which returns the best plan so far.
    report
        Called with what is known, at least every few seconds.
    """

    time_s: float = 60.0
    gap: float = 0.0
    work: float = math.inf
    seed: int = 0
    threads: int = 1
    cancelled: Callable[[], bool] = _never
    report: Callable[[PlanProgress], None] = _ignore


def explaining_s(time_s: float, num_orders: int) -> float:
    """Seconds of a time limit kept back for writing the plan and saying why orders are not served."""
    if not math.isfinite(time_s):
        return 0.0
    return min(EXPLAIN_S_PER_ORDER * num_orders, EXPLAIN_FRAC * time_s)


def reasons_s(limits: PlanLimits, num_orders: int) -> float:
    """Seconds that reasons may take: no more than a time limit allows, any number where work is counted."""
    if not math.isfinite(limits.time_s) or math.isfinite(limits.work):
        return math.inf
    return max(LEAST_REASONS_S, explaining_s(limits.time_s, num_orders))


def engine_limits(limits: PlanLimits, network: Network) -> Limits:
    """Translate limits for the engine: costs for values, the spend of a plan as the base of the gap."""
    latest: list[float] = []

    def gap_base(solution: DesignSolution) -> float:
        spend = sum_spend(network, solution)
        latest[:] = [spend]
        return spend

    def report(progress: Progress) -> None:
        value = -progress.upper - network.constant_cost if math.isfinite(progress.upper) else None
        bound = -progress.lower - network.constant_cost if math.isfinite(progress.lower) else None
        gap = None
        if value is not None and bound is not None and latest and latest[0] > 0:
            gap = max(0.0, bound - value) / latest[0]
        limits.report(PlanProgress(seconds=progress.seconds, value=value, bound=bound, gap=gap, phase=progress.phase))

    return Limits(
        time_s=limits.time_s - explaining_s(limits.time_s, len(network.instances)),
        gap=limits.gap,
        gap_base=gap_base,
        work=limits.work,
        seed=limits.seed,
        threads=limits.threads,
        cancelled=limits.cancelled,
        report=report,
    )
