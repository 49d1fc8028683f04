"""What one more of a limit is worth (docs/design/changes.md §7)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bottleneck:
    """
    A limit that has a price or is full, and what ``step`` more of it, on each day, departure or vehicle, is worth.

    ``price`` is the sum of its duals, from the run's price list; duals of one optimum may miss what is full, and
    fleets, rooms and hours have none. ``relaxed`` is what the relaxation gains by the step (``basis`` is
    ``relaxation``), else the price, or 0 where there is none (``prices``, ``none``). ``found`` is what a plan with all
    but a neighbourhood pinned gains against the same with nothing raised, verified. The worth to the best plans lies
    in ``low..high`` (None: not bounded in time); ``verdict`` is ``worth`` (low > 0), ``nothing`` (high = 0) or
    ``undecided``.
    """

    kind: str
    resource: str
    owner: str
    unit: str
    busiest: str
    price: float
    step: float
    relaxed: float
    basis: str
    found: float
    is_verified: bool
    low: float
    high: float | None
    verdict: str
