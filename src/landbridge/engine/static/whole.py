"""All links free in one MIP over columns that are cheap at the prices of the relaxation."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from landbridge.engine.lp import MipLimits
from landbridge.engine.problem import IntArray
from landbridge.engine.static.neighbourhood import Outcome, solve_neighbourhood
from landbridge.engine.static.plan import Frame, StaticPlan
from landbridge.engine.watch import Watch

FIRST_HOPE, GROWTH = 0.045, 1.6
"""Part of the distance to the relaxation that reduced costs may take up at first, and its growth once a MIP closed."""

PART_OF_TIME, MOST_S = 1 / 3, 25.0
"""Time of one MIP in all there is, and at most."""

QUIET = 5.0
"""Effort without a gain, in slow neighbourhoods, before it is tried, and tried again."""

EFFORT = 0.3
"""Part of its work that goes into the solver's own heuristics: plans are wanted, not the proof."""

LOOK_AT, PROMISE = 0.2, 0.2
"""After this part of its time a MIP must have closed that part of the distance, or it ends."""

OVERTAKEN = 1e-5
"""By how much, as a part, another search must be better for a MIP to end."""


class Whole:
    """
    Tries the whole problem where that is small enough to be promising.

    Where capacity is tight and openings are dear, good plans lie too far apart for neighbourhoods, yet few columns
    have small reduced costs: the MIP over these closes soon. Elsewhere its bound hardly moves; it is then not tried
    again. By the clock alone, since a promise is a matter of time.
    """

    def __init__(self, frame: Frame, watch: Watch) -> None:
        self.frame, self.watch = frame, watch
        self.hope = FIRST_HOPE
        self.is_promising = not watch.counts_work
        self.next = QUIET

    def begin(self) -> None:
        """A better plan, or another place to search from."""
        self.next = QUIET

    def wait(self, idle: float) -> None:
        """Not to be tried again before so much more effort than ``idle`` has found nothing."""
        self.next = idle + QUIET

    def is_due(self, idle: float) -> bool:
        """Whether it is next, after so much effort without a gain."""
        return self.is_promising and idle >= self.next

    def solve(
        self, plan: StaticPlan, paths: IntArray, seed: int, stop: Callable[[], bool], best: Callable[[], float]
    ) -> Outcome:
        """A better plan, if there is one; it ends where ``best``, what others have found, is better than its own."""
        watch = self.watch
        begun = time.monotonic()
        limits = MipLimits(
            time_s=min(MOST_S, PART_OF_TIME * watch.limits.time_s, watch.seconds_left),
            gap=1e-5,
            seed=seed,
            effort=EFFORT,
            cancelled=stop,
        )
        free = np.ones(self.frame.net.num_links, dtype=np.bool_)
        outcome = solve_neighbourhood(
            self.frame,
            plan,
            free,
            paths,
            self.hope,
            limits,
            watch.until,
            stop,
            lambda given, lower, upper: while_promising(given, lower, upper, lambda: best() - self.frame.net.constant),
        )
        if not outcome.closed and best() < outcome.plan.cost - 1e-9:
            return outcome  # overtaken, which says nothing of its promise
        had_its_time = time.monotonic() - begun > 0.9 * limits.time_s
        self.is_promising = outcome.closed or outcome.plan.cost < plan.cost - 1e-9 or had_its_time
        self.hope = min(1.0, self.hope * (GROWTH if outcome.closed else 1.0 / GROWTH))
        return outcome


def while_promising(limits: MipLimits, lower: float, upper: float, best: Callable[[], float]) -> MipLimits:
    """
    Limits that end a MIP whose bound has not come far enough from ``lower`` to ``upper`` when it is looked at.

    It also ends where ``best`` is better than all it has found.
    """
    look_at = time.monotonic() + LOOK_AT * limits.time_s
    reached, value = lower, upper

    def listen(bound: float, found: float) -> None:
        nonlocal reached, value
        reached, value = max(reached, bound), min(value, found)

    def ends() -> bool:
        if limits.cancelled() or best() < value - OVERTAKEN * abs(value):
            return True
        return time.monotonic() > look_at and reached < lower + PROMISE * (upper - lower)

    return replace(limits, on_progress=listen, cancelled=ends)
