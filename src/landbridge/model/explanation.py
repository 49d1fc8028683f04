"""What is told about one order of a run: why, and what single changes would serve it (docs/design/changes.md §6)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    A single change, applied with all else pinned.

    ``kind`` is ``none`` (nothing is changed, the order is served all the same), ``price``,
    ``deadline``, ``capacity``, ``agreement`` or ``transit``; ``what`` says it in words, and
    ``table``, ``key``, ``column``, ``value`` as a patch where it is one. ``owner`` could grant it. ``worth`` is
    ``value_after - value_before``, both values recomputed from tables by ``verify``. ``is_verified``: it accepted both
    plans. ``free_value`` is the value of the best plan known of the changed case with nothing pinned (0: not asked).
    """

    kind: str
    what: str
    table: str
    key: str
    column: str
    value: str
    owner: str
    worth: float
    value_before: float
    value_after: float
    filled: float
    arrives: str
    is_verified: bool
    free_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """An instance of an order, how it fares, why in words, and changes that would serve it, cheapest first."""

    order: str
    repeat: int
    party: str
    good: str
    qty: float
    filled: float
    arrives: str
    late_h: float
    state: str
    why: str
    brings: float
    costs: float
    way: tuple[str, ...]
    changes: tuple[Change, ...]
