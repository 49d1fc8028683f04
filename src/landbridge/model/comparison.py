"""Tables of a comparison of runs: each row compares one run with the first (docs/design/changes.md §3)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A figure of the whole plan; ``change`` is ``after - before``."""

    run: str
    measure: str
    unit: str
    before: float
    after: float
    change: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionChange:
    """Money of a region before anything is settled: its orders, less what its runs and freight cost."""

    run: str
    region: str
    before: float
    after: float
    change: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossingChange:
    """Freight and vehicles over the border from one hub to another, by mode."""

    run: str
    from_hub: str
    to_hub: str
    mode: str
    t_before: float
    t_after: float
    runs_before: int
    runs_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartureChange:
    """A departure that differs: ``added``, ``dropped``, ``more`` or ``fewer`` vehicles, loaded and empty together."""

    run: str
    change: str
    service: str
    leaves: str
    owner: str
    runs_before: int
    runs_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChange:
    """
    An instance of an order that differs.

    ``change`` is ``served`` (more of it), ``lost`` (less of it), ``later``, ``earlier``
    or ``rerouted`` (other departures, same arrival).
    """

    run: str
    change: str
    order: str
    repeat: int
    party: str
    good: str
    filled_before: float
    filled_after: float
    arrives_before: str
    arrives_after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Tables of a comparison; ``runs`` are the names, the first is what the others are compared with."""

    runs: tuple[str, ...]
    currency: str
    totals: tuple[Total, ...]
    regions: tuple[RegionChange, ...]
    crossings: tuple[CrossingChange, ...]
    departures: tuple[DepartureChange, ...]
    orders: tuple[OrderChange, ...]


COMPARISON_TABLES: dict[str, type] = {
    "totals": Total,
    "regions": RegionChange,
    "crossings": CrossingChange,
    "departures": DepartureChange,
    "orders": OrderChange,
}
"""Row type of each table of a comparison."""
