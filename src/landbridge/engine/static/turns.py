"""Whether to prove or to search next, in a thread that does both by turns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.watch import Watch

QUIET_SHARE = 0.5
"""Time for the search in that for the proof while the search finds nothing; else as much."""

SEARCH_SHARE = 4.0
"""The same where the proof will not close."""

SOON, IN_TIME = 0.25, 0.5
"""A proof is thought to close if at its pace it would in this part of the time left: branching slows down. The second
where the search stands still."""

FIRST_PARTS, NEAR = 50, 0.01
"""Parts of the tree before its pace is known; until then a proof is thought to close from this distance."""

STANDSTILL = 2 / 3
"""A search stands still if it has found nothing since this part of the time so far."""


@dataclass(slots=True)
class Turns:
    """
    What proof and search have had so far, in seconds or, where work is counted, in work; and what came of it.

    ``since`` and ``mark``: what the proof had had, and its bound, at two moments of the past. ``even``: what both had
    had when it was last decided whether the proof will close: shares are of the time since.
    """

    watch: Watch
    proving: float = 0.0
    searching: float = 0.0
    upper: float = np.inf
    upper_at: float = 0.0
    tree_at: float = 0.0
    since: tuple[float, float] = (0.0, -np.inf)
    mark: tuple[float, float] = (0.0, -np.inf)
    closes: bool = True
    even: tuple[float, float] = (0.0, 0.0)

    def now(self) -> float:
        """Seconds or, where it is counted, work so far."""
        return self.watch.work if self.watch.counts_work else self.watch.seconds

    def left(self) -> float:
        """Seconds or work left."""
        return self.watch.limits.work - self.watch.work if self.watch.counts_work else self.watch.seconds_left

    def may_search(self, parts: int, *, quiet: bool) -> bool:
        """
        Whether the search is next.

        Parameters
        ----------
        parts
            Parts of the tree so far; 0: branching has not begun.
        quiet
            Whether the search found nothing in its last step.
        """
        watch = self.watch
        if watch.upper < self.upper:
            self.upper, self.upper_at = watch.upper, self.now()
        self._follow_pace(parts)
        closes = self._will_close(parts)
        if closes is not self.closes:
            self.closes, self.even = closes, (self.proving, self.searching)
        share = (QUIET_SHARE if quiet else 1.0) if closes else SEARCH_SHARE
        return self.searching - self.even[1] <= share * (self.proving - self.even[0])

    def _follow_pace(self, parts: int) -> None:
        """Keep the bound of a moment after a quarter to half of the time of branching: its pace is that since then."""
        now = (self.proving, self.watch.lower)
        if not parts:
            self.tree_at, self.since, self.mark = self.proving, now, now
        elif self.proving - self.tree_at >= 2.0 * (self.mark[0] - self.tree_at):
            self.since, self.mark = self.mark, now

    def _will_close(self, parts: int) -> bool:
        """Whether plan and bound will meet, as far as one can tell; where the search stands still, whether they may."""
        if parts < FIRST_PARTS:
            return self.watch.upper - self.watch.lower <= NEAR * abs(self.watch.upper)
        begun, lower = self.since
        pace = (self.watch.lower - lower) / max(self.proving - begun, 1e-9)
        time = self.left() * (IN_TIME if self.upper_at < STANDSTILL * self.now() else SOON)
        return pace > 0 and self.watch.upper - self.watch.lower <= time * pace
