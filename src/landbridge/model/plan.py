"""What a plan is: the tables of a run, each row frozen and typed, and the summary in run.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class PlanStatus(StrEnum):
    """How the search for a plan ended."""

    OPTIMAL = "optimal"
    GAP_REACHED = "gap_reached"
    TIME_LIMIT = "time_limit"
    WORK_LIMIT = "work_limit"
    CANCELLED = "cancelled"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """One departure that runs (semantics §5.1); ``load`` is the peak over its legs, by dimension."""

    departure: str
    service: str
    owner: str
    leaves: str
    arrives: str
    runs: int
    empty_runs: int
    load: Mapping[str, float]
    fill_frac: float
    run_cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """
    One step of one path: a leg ridden or a handling (semantics §3).

    ``kind`` is ``leg`` or ``handling``. ``path`` and ``seq`` count from 1, paths
    within ``(order, repeat)``, and ``leg`` counts from 1 along the route. A
    handling has ``leg`` 0, blank ``departure`` and ``service`` and its hub at both
    ends; a free change has no row. ``grant`` is the agreement by which the leg is
    ridden, blank when none is needed (of ``a+b`` runs: the agreements, blank-separated).
    """

    order: str
    repeat: int
    path: int
    trade: str
    seq: int
    kind: str
    departure: str
    service: str
    leg: int
    handling: str
    from_hub: str
    to_hub: str
    leaves: str
    arrives: str
    qty: float
    grant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderResult:
    """
    What one instance of an order got, and in words why not all of it.

    ``arrives`` is when the last of it arrives and ``late_h`` the largest lateness.
    ``value`` is ``price_per_unit * filled``, of an offer less than zero: the sum is
    the plan's ``orders_value``. A trade at one hub takes no step: it has a row in
    ``trades`` and none in ``flows``.
    """

    order: str
    repeat: int
    party: str
    good: str
    qty: float
    filled: float
    arrives: str
    late_h: float
    value: float
    unserved_cost: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """Goods of an offer that go to a bid, and the price: the dual at the bid, clipped between the two."""

    trade: str
    offer: str
    offer_repeat: int
    bid: str
    bid_repeat: int
    seller: str
    buyer: str
    good: str
    qty: float
    price_per_unit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A dual of the strong relaxation: worth of one more unit of a good at an order, or of a limit on a day."""

    kind: str
    resource: str
    good: str
    day: str
    price: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetUse:
    """Vehicles of a fleet in use (semantics §5.6)."""

    fleet: str
    used: int
    fixed_cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """Terms of a plan's value (semantics §6.1); costs are positive."""

    orders_value: float = 0.0
    run_cost: float = 0.0
    empty_cost: float = 0.0
    fleet_cost: float = 0.0
    flow_cost: float = 0.0
    handling_cost: float = 0.0
    storage_cost: float = 0.0
    late_cost: float = 0.0
    unserved_cost: float = 0.0

    @property
    def value(self) -> float:
        """Value of the plan, semantics §6.1."""
        return (
            self.orders_value
            - self.run_cost
            - self.empty_cost
            - self.fleet_cost
            - self.flow_cost
            - self.handling_cost
            - self.storage_cost
            - self.late_cost
            - self.unserved_cost
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TracePoint:
    """Value and bound known after some seconds of search; NaN-free: unknown is None."""

    seconds: float
    value: float | None
    bound: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """
    The content of ``run.json``.

    ``value``, ``bound`` and ``gap`` are None when there is no plan (``infeasible``: proved
    that none exists; otherwise none was found in time); then all tables are
    empty. ``gap`` is also None when nothing was spent. ``pins_only`` marks the price of a
    planner's own plan. ``candidates`` tells how many departures without a
    timetable the bound rests on (0: the bound holds without restriction).
    ``assumed_frac`` is the part of the money of the plan (sum of the absolute
    terms) whose inputs are marked as assumed; ``origins`` has all three parts.
    ``scenario`` names the patch that was laid on the case, ``events`` what happens in it, in words.
    """

    case: str
    status: PlanStatus
    value: float | None
    bound: float | None
    spend: float
    gap: float | None
    money: Money
    currency: str
    start: str
    horizon_h: float
    cyclic: bool
    agreements: str
    seconds: float
    seed: int
    threads: int
    work: float
    limits: Mapping[str, float | None]
    versions: Mapping[str, str]
    input_sha256: str
    candidates: int = 0
    pins_only: bool = False
    origins: Mapping[str, float] = field(default_factory=dict)
    trace: tuple[TracePoint, ...] = ()
    scenario: str = ""
    events: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan: the summary and the tables of a run."""

    summary: Summary
    departures: tuple[Departure, ...]
    flows: tuple[Flow, ...]
    orders: tuple[OrderResult, ...]
    trades: tuple[Trade, ...]
    prices: tuple[Price, ...]
    fleets: tuple[FleetUse, ...]


RUN_TABLES: dict[str, type] = {
    "departures": Departure,
    "flows": Flow,
    "orders": OrderResult,
    "trades": Trade,
    "prices": Price,
    "fleets": FleetUse,
}
"""Row type of each table of a run; ``Departure.load`` becomes one column ``load_<dim>`` a dimension."""
