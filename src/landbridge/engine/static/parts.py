"""Plans inside parts of the tree: where branching has gone far, a small MIP finds what neighbourhoods do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from landbridge.engine.lp import MipLimits
from landbridge.engine.problem import IntArray
from landbridge.engine.static.neighbourhood import Outcome, solve_between
from landbridge.engine.static.plan import Frame, StaticPlan
from landbridge.engine.static.record import PartHint
from landbridge.engine.watch import Watch

HOPE = 0.3
"""Part of the distance of the best plan from a part's bound that reduced costs may take up in its MIP."""

PART_OF_TIME, MOST_S = 1 / 12, 10.0
"""Time of one MIP in all there is, and at most."""

QUIET = 5.0
"""Effort without a gain, in slow neighbourhoods, before a part is tried."""

LONGER, MOST_QUIET = 1.3, 15.0
"""How much longer it waits each time that finds nothing, and at most."""

EFFORT = 0.1
"""Part of its work that goes into the solver's own heuristics."""

NEAR = 0.01
"""A plan that costs at most this more than the best is worth improving."""


class Parts:
    """
    Looks for plans in parts of the tree, those first that are thought to hold the best.

    A part has some copies fixed as branching chose, which is what good plans share and the relaxation does not say.
    Its MIP has nothing to start from and often ends in plans far from all that are known.
    """

    def __init__(self, frame: Frame, watch: Watch) -> None:
        self.frame, self.watch = frame, watch
        self.quiet = self.next = QUIET

    def begin(self) -> None:
        """A better plan, or another place to search from."""
        self.next = self.quiet

    def is_due(self, idle: float) -> bool:
        """Whether it is next, after so much effort without a gain."""
        return idle >= self.next

    def solve(self, plan: StaticPlan, part: PartHint, paths: IntArray, seed: int, stop: Callable[[], bool]) -> Outcome:
        """A plan of a part, if one is found in time."""
        watch = self.watch
        limits = MipLimits(
            time_s=min(MOST_S, PART_OF_TIME * watch.limits.time_s, watch.seconds_left),
            gap=1e-4,
            seed=seed,
            effort=EFFORT,
            cancelled=stop,
        )
        return solve_between(
            self.frame, plan, part.low, part.high, paths, HOPE, limits, watch.until, stop, while_better
        )

    def learn(self, idle: float, *, found: bool) -> None:
        """Whether that was worth it: to be tried again after ``idle`` and some more."""
        self.quiet = QUIET if found else min(MOST_QUIET, LONGER * self.quiet)
        self.next = idle + self.quiet


def while_better(limits: MipLimits, lower: float, upper: float) -> MipLimits:
    """Limits that end a MIP once its bound has come to what is known."""
    reached = lower

    def listen(bound: float, found: float) -> None:
        nonlocal reached
        reached = max(reached, bound)

    return replace(limits, on_progress=listen, cancelled=lambda: limits.cancelled() or reached >= upper)
