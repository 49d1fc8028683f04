"""What a plan comes to, counted from its tables: served by good, crossings by load, unserved by reason."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate

from landbridge.model.case import Case, Hub, Service
from landbridge.model.clock import Clock
from landbridge.model.plan import Departure, Plan
from landbridge.units import FLOW_TOL, MINUTES_PER_DAY, exceeds, to_minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodServed:
    """What a plan does with one good: shipments and bids wanted and filled, offers sold; in units."""

    good: str
    name: str
    orders: int
    orders_served: int
    qty: float
    filled: float
    filled_t: float
    offered: float
    sold: float

    @property
    def frac(self) -> float | None:
        """Part of what was wanted that is filled; None when nothing was wanted."""
        return self.filled / self.qty if self.qty > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitUse:
    """How full a limit of runs a day is: the runs on its busiest day, and on how many days no run is left."""

    resource: str
    busiest_day: int
    weekday: int
    runs: int
    cap: float
    days_full: int

    @property
    def frac(self) -> float:
        """Part of the cap used on the busiest day."""
        return self.runs / self.cap if self.cap > 0 else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitDays:
    """
    Runs a day against a limit of runs a day, whichever hub or handling sets it.

    ``mode`` and ``direction`` say which runs count, blank = all; ``runs_by_day``
    counts them by local day, day 0 being the one on which the case starts.
    """

    resource: str
    hub: Hub
    mode: str
    direction: str
    cap: float
    runs_by_day: Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossingLoad:
    """What a plan moves over the border between two hubs by one mode, there (from a to b) and back."""

    hub_a: str
    hub_b: str
    mode: str
    t_there: float
    t_back: float
    runs_there: int
    runs_back: int
    runs_per_day: float
    limit: LimitUse | None

    @property
    def t(self) -> float:
        """Tonnes both ways."""
        return self.t_there + self.t_back


@dataclass(frozen=True, slots=True, kw_only=True)
class Unserved:
    """Orders that got less than they asked for one kind of reason."""

    reason: str
    orders: int
    qty: float
    unserved_cost: float
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    hub: str
    minute: int
    mode: str
    runs: int
    came_from: str
    goes_to: str


def served_by_good(case: Case, plan: Plan) -> tuple[GoodServed, ...]:
    """Count what each good's orders asked for and got, the largest first."""
    kinds = {order.order: order for order in case.orders}
    rows = []
    for good in case.goods:
        results = [row for row in plan.orders if row.good == good.good]
        if not results:
            continue
        wanted = [row for row in results if kinds[row.order].to_hub]
        offers = [row for row in results if not kinds[row.order].to_hub]
        filled = sum(row.filled for row in wanted)
        rows.append(
            GoodServed(
                good=good.good,
                name=good.name or good.good,
                orders=len(wanted),
                orders_served=sum(row.filled > FLOW_TOL for row in wanted),
                qty=sum(row.qty for row in wanted),
                filled=filled,
                filled_t=filled * good.per_unit.get("t", 0.0),
                offered=sum(row.qty for row in offers),
                sold=sum(row.filled for row in offers),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.filled_t, -row.filled, row.good)))


def load_by_crossing(case: Case, plan: Plan) -> tuple[CrossingLoad, ...]:
    """Tonnes and runs over each pair of hubs in two countries, by mode, the largest load first."""
    services = {service.service: service for service in case.services}
    country = _country_by_hub(case)
    tonnes: defaultdict[tuple[str, str, str], float] = defaultdict(float)
    runs: Counter[tuple[str, str, str]] = Counter()
    for hubs, mode, vehicles in _border_runs(plan.departures, services, country):
        runs[*hubs, mode] += vehicles
    weight = {good.good: good.per_unit.get("t", 0.0) for good in case.goods}
    good_by_order = {order.order: order.good for order in case.orders}
    for flow in plan.flows:
        if flow.kind == "leg" and country[flow.from_hub] != country[flow.to_hub]:
            mode = services[flow.service].mode
            tonnes[flow.from_hub, flow.to_hub, mode] += flow.qty * weight[good_by_order[flow.order]]
    days = case.settings.horizon_h / 24
    clock = Clock.of(case.settings)
    uses = [(item.hub.hub, item.mode, _limit_use(item, clock)) for item in limit_days(case, plan)]
    rows = []
    for a, b, mode in sorted({(*sorted((a, b)), mode) for a, b, mode in [*runs, *tonnes]}):
        if (tonnes[b, a, mode], runs[b, a, mode]) > (tonnes[a, b, mode], runs[a, b, mode]):
            a, b = b, a
        limits = [use for hub, of_mode, use in uses if hub in (a, b) and of_mode in ("", mode)]
        rows.append(
            CrossingLoad(
                hub_a=a,
                hub_b=b,
                mode=mode,
                t_there=tonnes[a, b, mode],
                t_back=tonnes[b, a, mode],
                runs_there=runs[a, b, mode],
                runs_back=runs[b, a, mode],
                runs_per_day=(runs[a, b, mode] + runs[b, a, mode]) / days,
                limit=max(limits, key=lambda use: (use.frac, use.days_full), default=None),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.t, -row.runs_per_day, row.hub_a, row.hub_b)))


def unserved_by_reason(plan: Plan, examples: int = 2) -> tuple[Unserved, ...]:
    """
    Orders not filled in full, by the kind of reason, the dearest first.

    The kind is what the plan says up to the first colon; the rest names what it is about.
    """
    groups: defaultdict[str, list[tuple[str, float, float, str]]] = defaultdict(list)
    for row in plan.orders:
        if exceeds(row.qty, row.filled):
            reason, _, rest = row.why.partition(":")
            short = row.order if row.repeat == 0 else f"{row.order} #{row.repeat}"
            groups[reason.strip() or "no reason given"].append(
                (short, row.qty - row.filled, row.unserved_cost, rest.strip())
            )
    found = [
        Unserved(
            reason=reason,
            orders=len(rows),
            qty=sum(row[1] for row in rows),
            unserved_cost=sum(row[2] for row in rows),
            examples=tuple((row[0], row[3]) for row in sorted(rows, key=lambda row: (-row[2], row[0]))[:examples]),
        )
        for reason, rows in groups.items()
    ]
    return tuple(sorted(found, key=lambda item: (-item.unserved_cost, -item.orders, item.reason)))


def _country_by_hub(case: Case) -> dict[str, str]:
    country = {region.region: region.country for region in case.regions}
    return {hub.hub: country[hub.region] for hub in case.hubs}


def _border_runs(
    departures: Iterable[Departure], services: Mapping[str, Service], country: Mapping[str, str]
) -> Iterable[tuple[tuple[str, str], str, int]]:
    for departure in departures:
        service = services[departure.service]
        for a, b in zip(service.route, service.route[1:], strict=False):
            if country[a] != country[b]:
                yield (a, b), service.mode, departure.runs + departure.empty_runs


def _calls(case: Case, plan: Plan) -> list[_Call]:
    """Every stop of every departure with the minute at which it counts (semantics §5.5)."""
    clock = Clock.of(case.settings)
    services = {service.service: service for service in case.services}
    calls = []
    for departure in plan.departures:
        service = services[departure.service]
        left = clock.minute(departure.leaves)
        minutes = accumulate((to_minutes(hours) for hours in service.travel_h), initial=left)
        route = service.route
        calls += [
            _Call(
                hub=hub,
                minute=minute,
                mode=service.mode,
                runs=departure.runs + departure.empty_runs,
                came_from=route[at - 1] if at else "",
                goes_to=route[at + 1] if at + 1 < len(route) else "",
            )
            for at, (hub, minute) in enumerate(zip(route, minutes, strict=True))
        ]
    return calls


def limit_days(case: Case, plan: Plan) -> tuple[LimitDays, ...]:
    """Count the runs of each local day against each limit of runs a day, hubs first."""
    clock = Clock.of(case.settings)
    country = _country_by_hub(case)
    hubs = {hub.hub: hub for hub in case.hubs}
    calls_by_hub: defaultdict[str, list[_Call]] = defaultdict(list)
    for call in _calls(case, plan):
        calls_by_hub[call.hub].append(call)

    def days_of(resource: str, hub: Hub, cap: float, mode: str, direction: str) -> LimitDays:
        by_day: Counter[int] = Counter()
        for call in calls_by_hub[hub.hub]:
            other = {"in": call.came_from, "out": call.goes_to}.get(direction, hub.hub)
            crosses = other != "" and country[other] != country[hub.hub]
            if mode in ("", call.mode) and (crosses or not direction):
                by_day[clock.day(call.minute, hub.timezone)] += call.runs
        return LimitDays(resource=resource, hub=hub, mode=mode, direction=direction, cap=cap, runs_by_day=by_day)

    found = [
        days_of(hub.hub, hub, hub.cap_runs_per_day, "", "") for hub in case.hubs if hub.cap_runs_per_day is not None
    ]
    found += [
        days_of(row.handling, hubs[row.hub], row.cap_runs_per_day, row.from_mode, row.direction)
        for row in case.handling
        if row.cap_runs_per_day is not None
    ]
    return tuple(found)


def _limit_use(days: LimitDays, clock: Clock) -> LimitUse:
    """How full a limit is on its busiest day."""
    day, runs = max(days.runs_by_day.items(), key=lambda item: (item[1], -item[0]), default=(0, 0))
    return LimitUse(
        resource=days.resource,
        busiest_day=day,
        weekday=clock.weekday(day * MINUTES_PER_DAY, days.hub.timezone),
        runs=runs,
        cap=days.cap,
        days_full=sum(count + 1 > days.cap for count in days.runs_by_day.values()),
    )
