"""Whether to prove or to search next, in a thread that does both by turns."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from landbridge.engine.watch import Watch

QUIET_SHARE = 0.5
"""Time for the search in that for the proof where this will close and the search finds nothing; else as much."""

SEARCH_SHARE = 4.0
"""The same where the proof will not close, but the search goes on finding."""

SOON = 0.25
"""A proof is thought to close if at the pace so far it would in this part of the time left: branching slows down."""

FIRST_PARTS, NEAR = 50, 0.01
"""Parts of the tree before its pace is known; until then a proof is thought to close from this distance."""

READY = 0.45
"""Part of the way from the root to the best plan that the bound must have come before parts of the tree are worth a
search whenever neighbourhoods stand still: until then branching has settled too little."""

IN_TIME = 0.5
"""Part of the time left in which it must have come there, for the rest to be worth it."""

STANDSTILL = 2 / 3
"""A search stands still if it has found nothing since this part of the time so far."""


@dataclass(slots=True)
class Turns:
    """
    What proof and search have had so far, in seconds or, where work is counted, in work; and what came of it.

    ``even``: what both had had when it was last decided otherwise who has more: shares are of the time since.
    """

    watch: Watch
    proving: float = 0.0
    searching: float = 0.0
    upper: float = np.inf
    upper_at: float = 0.0
    tree_at: float = 0.0
    tree_lower: float = -np.inf
    proof_first: bool = True
    even: tuple[float, float] = (0.0, 0.0)

    def now(self) -> float:
        """Seconds or, where it is counted, work so far."""
        return self.watch.work if self.watch.counts_work else self.watch.seconds

    def left(self) -> float:
        """Seconds or work left."""
        return self.watch.limits.work - self.watch.work if self.watch.counts_work else self.watch.seconds_left

    def may_search(self, parts: int, *, quiet: bool, stands: bool = False) -> bool:
        """
        Whether the search is next.

        Parameters
        ----------
        parts
            Parts of the tree so far; 0: branching has not begun.
        quiet
            Whether the search found nothing in its last step.
        stands
            Whether it has found nothing for so long that it waits for parts of the tree, if these will come.
        """
        watch = self.watch
        if watch.upper < self.upper:
            self.upper, self.upper_at = watch.upper, self.now()
        if not parts:
            self.tree_at, self.tree_lower = self.proving, watch.lower
        if stands and parts and self._will_reach(READY):
            return False
        closes = self._will_close(parts)
        proof_first = closes or self.upper_at < STANDSTILL * self.now()
        if proof_first is not self.proof_first:
            self.proof_first, self.even = proof_first, (self.proving, self.searching)
        share = (QUIET_SHARE if quiet and closes else 1.0) if proof_first else SEARCH_SHARE
        return self.searching - self.even[1] <= share * (self.proving - self.even[0])

    def _will_close(self, parts: int) -> bool:
        """Whether plan and bound will meet, as far as one can tell."""
        if parts < FIRST_PARTS:
            return self.watch.upper - self.watch.lower <= NEAR * abs(self.watch.upper)
        pace = (self.watch.lower - self.tree_lower) / max(self.proving - self.tree_at, 1e-9)
        return pace > 0 and self.watch.upper - self.watch.lower <= SOON * self.left() * pace

    def _will_reach(self, part: float) -> bool:
        """
        Whether the bound will soon have come this part of the way from the root to the best plan.

        A bound rises with the square root of the time that branching has had, roughly: so it did on all that was tried.
        """
        had = self.proving - self.tree_at
        risen = (self.watch.lower - self.tree_lower) * math.sqrt(1.0 + IN_TIME * self.left() / max(had, 1e-9))
        return risen >= part * (self.watch.upper - self.tree_lower)
