"""Branch and bound on copies of modules: the relaxation solved again in parts of the problem."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np

from landbridge.engine.problem import FloatArray, IntArray
from landbridge.engine.static.master import PathMaster

WHOLE = 1e-5
"""Copies nearer to a whole number than this count as whole."""

MOST_PROBED = 8
"""Candidates whose two sides are tried before one is chosen."""

PROBE_ITERATIONS = 60
"""Simplex iterations of one such try."""

RELIABLE = 3
"""Tries after which a module's average effect is trusted."""


Changes = tuple[tuple[int, float, float], ...]
"""Bounds on copies as (module, low, high)."""


@dataclass(order=True, slots=True)
class Part:
    """A part of the problem: a proved bound, the bounds on copies that make it, and the branching it came from."""

    bound: float
    number: int
    changes: Changes = field(compare=False)
    side: int = field(compare=False, default=-1)
    distance: float = field(compare=False, default=0.0)


class Tree:
    """
    The parts still open, best bound first, and what branching has taught.

    Branching is by pseudo-costs that are made reliable by trying both sides [1]_.

    References
    ----------
    .. [1] Achterberg, T., T. Koch, and A. Martin (2005). Branching rules revisited. *Operations Research Letters*
           33(1): 42-54. https://doi.org/10.1016/j.orl.2004.04.002.
    """

    def __init__(self, master: PathMaster, bound: float) -> None:
        self.master = master
        self.low, self.high = master.low.copy(), master.high.copy()
        self.count = 0
        self.estimate = bound
        self.open: list[Part] = []
        self.gain = np.zeros((2, len(master.low)))
        self.tries = np.zeros((2, len(master.low)))
        self.push(bound, ())

    def push(self, bound: float, changes: Changes, side: int = -1, distance: float = 0.0) -> None:
        """Add a part."""
        self.count += 1
        heapq.heappush(self.open, Part(bound, -self.count, changes, side, distance))

    def pop(self) -> Part:
        """Take the part with the lowest bound, the youngest of those."""
        return heapq.heappop(self.open)

    def bounds_of(self, part: Part) -> tuple[FloatArray, FloatArray]:
        """Bounds on copies in a part."""
        low, high = self.low.copy(), self.high.copy()
        for module, least, most in part.changes:
            low[module] = max(low[module], least)
            high[module] = min(high[module], most)
        return np.minimum(low, high), high

    def split(self, part: Part, bound: float, module: int, copies: float) -> None:
        """Put the two sides of a module's copies in the place of a part."""
        floor = float(np.floor(copies + WHOLE))
        rest = tuple(change for change in part.changes if change[0] != module)
        low, high = float(self.master.low[module]), float(self.master.high[module])
        down, up = (*rest, (module, low, floor)), (*rest, (module, floor + 1.0, high))
        self.push(bound, down, 0, copies - floor)
        self.push(bound, up, 1, floor + 1.0 - copies)

    @property
    def bound(self) -> float:
        """Lowest bound of the open parts; inf: none is open."""
        return self.open[0].bound if self.open else np.inf

    def learn(self, part: Part, bound: float) -> None:
        """Note how much the bound of a part moved when it was solved."""
        if part.side >= 0 and np.isfinite(bound):
            self._note(part.side, part.changes[-1][0], part.distance, bound - part.bound)

    def _note(self, side: int, module: int, distance: float, gain: float) -> None:
        self.gain[side, module] += max(gain, 0.0) / max(distance, 1e-6)
        self.tries[side, module] += 1

    def choose(self, x: FloatArray, objective: float) -> int:
        """Module to branch on: the one whose two sides are expected to move the bound most; -1: all are whole."""
        self.estimate = objective
        master = self.master
        copies = master.copies(x)
        part = copies - np.floor(copies + WHOLE)
        candidates = np.where((part > WHOLE) & (master.high > master.low + 0.5))[0]
        if not len(candidates):
            return -1
        score = self._score(candidates, part[candidates])
        order = candidates[np.argsort(-score, kind="stable")]
        fresh = [int(m) for m in order if self.tries[:, m].min() < RELIABLE][:MOST_PROBED]
        if fresh:
            self._probe(fresh, copies, objective)
            score = self._score(candidates, part[candidates])
        self.estimate += float(np.minimum(*self._moves(candidates, part[candidates])).sum())
        return int(candidates[int(np.argmax(score))])

    def _score(self, modules: IntArray, part: FloatArray) -> FloatArray:
        """Product of the expected moves of both sides."""
        down, up = self._moves(modules, part)
        score: FloatArray = np.maximum(down, 1e-6) * np.maximum(up, 1e-6)
        return score

    def _moves(self, modules: IntArray, part: FloatArray) -> tuple[FloatArray, FloatArray]:
        """How much the bound is expected to move on either side of some modules."""
        known = self.tries > 0
        mean = self.gain.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        rate = np.where(known, self.gain / np.maximum(self.tries, 1), 0.0)
        guess = np.maximum(mean, 1e-6)[:, None] * np.ones(self.tries.shape[1])
        rate = np.where(known, rate, guess)
        return rate[0, modules] * part, rate[1, modules] * (1.0 - part)

    def _probe(self, modules: list[int], copies: FloatArray, objective: float) -> None:
        """Try both sides of some modules by a few iterations each."""
        master = self.master
        basis = master.model.basis()
        for m in modules:
            floor = float(np.floor(copies[m]))
            part = float(copies[m]) - floor
            for side, low, high, distance in (
                (0, float(master.low[m]), floor, part),
                (1, floor + 1.0, float(master.high[m]), 1.0 - part),
            ):
                reached, iterations = master.model.probe(m, low, high, PROBE_ITERATIONS)
                master.work += iterations
                gain = reached - objective if np.isfinite(reached) else abs(objective) * 0.05
                self._note(side, m, distance, gain)
                master.model.set_col_bounds(np.array([m]), master.low[m : m + 1], master.high[m : m + 1])
                master.model.go_back(basis)
