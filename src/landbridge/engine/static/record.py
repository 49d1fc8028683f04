"""What the searches of one solve share: the best plan, some good ones, and what the relaxation says of links."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np

from landbridge.engine.problem import FloatArray, IntArray
from landbridge.engine.static.plan import Frame, StaticPlan
from landbridge.engine.watch import Watch

MOST_ELITE = 8
"""Plans kept for recombination."""

MOST_PARTS = 12
"""Parts of the tree kept for searches."""

APART = 0.02
"""Part of the open links in which two plans must differ to be kept both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """
    What a relaxation says of links, and the paths it found.

    ``use``: copies of their modules at its point; ``reduced``: least reduced cost of a copy. Shapes ``(E,)``.
    """

    use: FloatArray
    reduced: FloatArray
    paths: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PartHint:
    """
    A part of the tree.

    ``estimate`` of what its best plan costs; ``depth``: copies that are branched on; bounds on copies, shape ``(M,)``.
    """

    estimate: float
    depth: int
    low: FloatArray
    high: FloatArray


@dataclass(slots=True)
class Record:
    """Best and good plans; taken from any thread."""

    frame: Frame
    watch: Watch
    best: StaticPlan | None = None
    elite: list[StaticPlan] = field(default_factory=list)
    hints: Hints | None = None
    parts: list[PartHint] = field(default_factory=list)
    is_far: bool = False
    """Whether the bound has come so far that parts are worth a search as soon as neighbourhoods stand still."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, plan: StaticPlan) -> bool:
        """Keep a plan where it holds and is good; True where it is the best so far."""
        if not self.frame.is_complete(plan) or not self.frame.fits(plan):
            return False
        with self.lock:
            self._keep(plan)
            if self.best is not None and plan.cost >= self.best.cost - 1e-9:
                return False
            self.best = plan
            self.watch.improve_upper(plan.cost)
            return True

    def best_cost(self) -> float:
        """Cost of the best plan; infinite while there is none."""
        return np.inf if self.best is None else self.best.cost

    def offer(self, part: PartHint) -> None:
        """Keep a part of the tree that is worth a search."""
        with self.lock:
            self.parts = sorted([*self.parts, part], key=lambda p: (-p.depth, p.estimate))[:MOST_PARTS]

    @property
    def has_part(self) -> bool:
        """Whether a part is worth a search as soon as neighbourhoods stand still."""
        return self.is_far and bool(self.parts)

    def take_part(self) -> PartHint | None:
        """The deepest part that is thought to hold a better plan than the best, each once; None: there is none."""
        with self.lock:
            while self.parts:
                part = self.parts.pop(0)
                if part.estimate < self.best_cost():
                    return part
            return None

    def bound(self, lower: float) -> None:
        """Take a proved bound."""
        with self.lock:
            self.watch.improve_lower(lower)

    def _keep(self, plan: StaticPlan) -> None:
        near = [p for p in self.elite if _distance(p, plan) <= APART]
        if any(p.cost <= plan.cost for p in near):
            return
        far = [p for p in self.elite if all(p is not q for q in near)]
        self.elite = sorted([*far, plan], key=lambda p: p.cost)[:MOST_ELITE]


def _distance(a: StaticPlan, b: StaticPlan) -> float:
    """Part of the modules used in either plan whose copies differ."""
    return float(np.sum(a.copies != b.copies)) / max(1.0, float(np.sum(a.copies + b.copies > 0)))
