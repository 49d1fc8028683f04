"""When to stop, and what is known so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from landbridge.engine.problem import Limits, Progress, SolveStatus

REPORT_EVERY_S = 1.0
"""Seconds between two reports when nothing improves."""


@dataclass(slots=True)
class Watch:
    """Clock, counted work, best plan and bound of one solve; says when to stop and why."""

    limits: Limits
    begun: float = field(default_factory=time.monotonic)
    work: float = 0.0
    upper: float = np.inf
    lower: float = -np.inf
    gap_base: Callable[[], float] = lambda: 0.0
    phase: str = "reading"
    exact_infeasible: bool = False
    keep_s: float = 0.0
    """Seconds of the limit that are kept back for writing the plan."""
    trace: list[Progress] = field(default_factory=list)
    _reported: float = 0.0

    @property
    def seconds(self) -> float:
        """Seconds since the solve began."""
        return time.monotonic() - self.begun

    @property
    def seconds_left(self) -> float:
        """Seconds until the search has to end."""
        return self.limits.time_s - self.keep_s - self.seconds

    @property
    def used(self) -> float:
        """Part of the time, or of the work where it is counted, that is used; 0 where there is no limit."""
        spent, most = (self.work, self.limits.work) if self.counts_work else (self.seconds, self.limits.time_s)
        return spent / most if most > 0 else 1.0

    @property
    def until(self) -> float:
        """Time limit on the monotonic clock."""
        return self.begun + self.limits.time_s

    @property
    def counts_work(self) -> bool:
        """Whether the search is steered by counted work alone, for repeatable plans."""
        return bool(np.isfinite(self.limits.work))

    def improve_lower(self, lower: float) -> None:
        """Take a proved bound, if it is better."""
        if lower > self.lower:
            self.lower = min(lower, self.upper)
            self._note()

    def improve_upper(self, upper: float) -> None:
        """Take the cost of a plan, if it is better."""
        if upper < self.upper:
            self.upper = upper
            self.lower = min(self.lower, upper)
            self._note()

    def tick(self) -> None:
        """Report, if the last report is a while ago."""
        if self.seconds - self._reported > REPORT_EVERY_S:
            self._report()

    def announce(self, phase: str) -> None:
        """Go over to a phase and report it at once."""
        self.phase = phase
        self._report()

    def stop(self) -> SolveStatus | None:
        """The reason to stop now, or None."""
        self.tick()
        if self.limits.cancelled():
            return SolveStatus.CANCELLED
        if self.is_closed():
            return SolveStatus.OPTIMAL
        if self.has_reached_gap():
            return SolveStatus.GAP_REACHED
        if self.seconds_left <= 0:
            return SolveStatus.TIME_LIMIT
        if self.work >= self.limits.work:
            return SolveStatus.WORK_LIMIT
        return None

    def is_closed(self) -> bool:
        """Whether plan and bound meet, to a tolerance of 1e-7."""
        return np.isfinite(self.upper) and self.upper - self.lower <= 1e-7 * max(1.0, abs(self.upper))

    def has_reached_gap(self) -> bool:
        """Whether the asked gap is proved."""
        if self.limits.gap <= 0 or not np.isfinite(self.upper) or not np.isfinite(self.lower):
            return False
        return self.upper - self.lower <= self.limits.gap * self.gap_base()

    def _note(self) -> None:
        self.trace.append(self._progress())
        self._report()

    def _report(self) -> None:
        self._reported = self.seconds
        self.limits.report(self._progress())

    def _progress(self) -> Progress:
        return Progress(seconds=self.seconds, upper=self.upper, lower=self.lower, phase=self.phase)
