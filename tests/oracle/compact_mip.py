"""
The optimum of a small case, straight from ``docs/design/semantics.md``.

Every order instance, and every pair of an offer and a bid, flows apart through
a graph of its own; each departure and charterer has an integer; each sentence
that limits them is a family of rows. It shares no code with the rooms it is
compared with.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.oracle.permissions import owners_of
from tests.oracle.rows import Programme, covers, subset_sums
from tests.oracle.ways import SINK, Node, Ride, RunKey, Step, Ways, find_ways
from tests.oracle.world import Commodity, World, build_world

from landbridge.model.case import Case, Handling

_NOISE = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleRun:
    """A departure that runs."""

    service: str
    charterer: str
    minute: int
    runs: int
    empty_runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleFlow:
    """What rides one leg; ``orders`` are (order, repeat) of a shipment, or of an offer and a bid."""

    orders: tuple[tuple[str, int], ...]
    qty: float
    ride: Ride


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleResult:
    """An optimal plan; ``feasible`` False (what must run cannot) has value minus infinity."""

    feasible: bool
    value: float
    departures: tuple[OracleRun, ...] = ()
    flows: tuple[OracleFlow, ...] = ()
    filled: Mapping[tuple[str, int], float] = field(default_factory=dict)
    num_arcs: int = 0


def solve_case(case: Case, candidates: Mapping[str, Sequence[int]], agreements: str = "in_force") -> OracleResult:
    """
    Find the value of the best plan of a case.

    Parameters
    ----------
    case
        A valid, small case. Pins, events and projects are not part of the meaning
        of a case and must be absent.
    candidates
        Minutes (0 <= t < H) at which each service without a timetable may leave.
    agreements
        ``in_force``, ``all`` or ``none``.
    """
    if case.pins or case.events or case.projects:
        raise ValueError("the oracle takes no pins, events or projects")
    return _Model(build_world(case, candidates, agreements)).solve()


class _Model:
    """The programme of one case; each ``_limit_*`` adds one family of rows."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.programme = Programme()
        self.runs: dict[RunKey, int] = {}
        self.empty: dict[RunKey, int] = {}
        self.ways = [find_ways(world, commodity) for commodity in world.commodities]
        self.arcs: list[tuple[int, Commodity, Step]] = []
        self.sent: list[int] = []
        self.used: list[int] = []

    def solve(self) -> OracleResult:
        self._add_runs()
        self._add_flows()
        self._limit_fill()
        self._limit_load()
        self._limit_runs()
        self._limit_calls()
        self._limit_handling_tonnes()
        self._limit_storage()
        self._limit_fleets()
        best = self.programme.maximise()
        if best is None:
            return OracleResult(feasible=False, value=-math.inf, num_arcs=len(self.arcs))
        return self._result(*best)

    # variables

    def _add_runs(self) -> None:
        for name, slots in self.world.slots.items():
            service = self.world.services[name]
            for slot in slots:
                for charterer in self.world.charterers[name]:
                    key = (name, charterer, slot.minute)
                    self.runs[key] = self.programme.add_variable(-service.run_cost, integer=True)
                    if service.fleet and service.empty_cost is not None:
                        self.empty[key] = self.programme.add_variable(-service.empty_cost, integer=True)

    def _add_flows(self) -> None:
        for instance in self.world.instances:
            self.programme.constant -= instance.order.qty * instance.order.unserved_cost_per_unit
        for ways in self.ways:
            commodity = ways.commodity
            served = sum(instance.order.unserved_cost_per_unit for instance in commodity.instances)
            most = commodity.most if ways.steps else 0.0
            sent = self.programme.add_variable(commodity.unit_value + served, high=most)
            arcs = [
                (self.programme.add_variable(-self._unit_cost(commodity, step), high=commodity.most), commodity, step)
                for step in ways.steps
            ]
            self.sent.append(sent)
            self._conserve(ways, sent, arcs)
            one_path = not all(instance.order.split for instance in commodity.instances)
            self.used.append(self._keep_together(ways, sent, arcs) if one_path else -1)
            self.arcs.extend(arcs)

    def _unit_cost(self, commodity: Commodity, step: Step) -> float:
        """§2.4, §3.4, §3.5, §3.6."""
        per_t = 0.0
        if step.ride is not None:
            per_t += self.world.legs[step.ride.run[0]][step.ride.leg].cost_per_t
        if step.handled is not None:
            per_t += step.handled.row.cost_per_t
        for wait in step.waits:
            per_t += self.world.hubs[wait.hub].store_cost_per_t_h * (wait.until - wait.since) / 60
        late = 0 if step.arrives is None else max(0, step.arrives - commodity.due)
        return per_t * _tonnes(commodity) + late / 60 * commodity.late_cost_per_unit_h

    # §3.1: a path is connected in place and time

    def _conserve(self, ways: Ways, sent: int, arcs: Sequence[tuple[int, Commodity, Step]]) -> None:
        balance: dict[Node, dict[int, float]] = defaultdict(dict)
        for number, _, step in arcs:
            balance[step.tail][number] = -1.0
            balance[step.head][number] = 1.0
        if arcs:
            balance[ways.source][sent] = 1.0
            balance[SINK][sent] = -1.0
        for terms in balance.values():
            self.programme.add_row(terms, low=0.0, high=0.0)

    def _keep_together(self, ways: Ways, sent: int, arcs: Sequence[tuple[int, Commodity, Step]]) -> int:
        """§2.6, split = 0: at each node at most one way on; the number of the variable that says 'used'."""
        used = self.programme.add_variable(high=1.0, integer=True)
        self.programme.add_row({sent: 1.0, used: -ways.commodity.most}, high=0.0)
        onward: dict[Node, list[int]] = defaultdict(list)
        for number, _, step in arcs:
            onward[step.tail].append(number)
        for numbers in onward.values():
            if len(numbers) > 1:
                chosen = {self.programme.add_variable(high=1.0, integer=True): number for number in numbers}
                self.programme.add_row(dict.fromkeys(chosen, 1.0) | {used: -1.0}, high=0.0)
                for choice, number in chosen.items():
                    self.programme.add_row({number: 1.0, choice: -ways.commodity.most}, high=0.0)
        return used

    # §2: orders

    def _limit_fill(self) -> None:
        terms: dict[tuple[str, int], list[int]] = defaultdict(list)
        uses: dict[tuple[str, int], list[int]] = defaultdict(list)
        for ways, sent, used in zip(self.ways, self.sent, self.used, strict=True):
            for instance in ways.commodity.instances:
                terms[instance.key].append(sent)
                if not instance.order.split:
                    uses[instance.key].append(used)
        for instance in self.world.instances:
            order = instance.order
            filled = dict.fromkeys(terms[instance.key], 1.0)
            self.programme.add_row(filled, high=order.qty)
            self.programme.add_row(dict.fromkeys(uses[instance.key], 1.0), high=1.0)
            if order.min_fill_frac > 0:
                some = self.programme.add_variable(high=1.0, integer=True)
                self.programme.add_row({**filled, some: -order.qty}, high=0.0)
                self.programme.add_row({**filled, some: -order.min_fill_frac * order.qty}, low=0.0)

    # §4.4, §5.1: what a run holds

    def _limit_load(self) -> None:
        loads: dict[tuple[RunKey, int, str], dict[int, float]] = defaultdict(lambda: defaultdict(float))
        partial: dict[tuple[RunKey, int, str, tuple[str, str, float]], dict[int, float]] = defaultdict(
            lambda: defaultdict(float)
        )
        for number, commodity, step in self.arcs:
            if step.ride is None:
                continue
            run, leg = step.ride.run, step.ride.leg
            # nothing rides what does not run, even without weight
            self.programme.add_row({number: 1.0, self.runs[run]: -commodity.most}, high=0.0)
            for dimension in self.world.services[run[0]].capacity:
                takes = commodity.good.per_unit.get(dimension, 0.0)
                loads[run, leg, dimension][number] += takes
                for group in step.ride.groups:
                    partial[run, leg, dimension, group][number] += takes
        for (run, _, dimension), terms in loads.items():
            holds = self.world.services[run[0]].capacity[dimension]
            self.programme.add_row({**terms, self.runs[run]: -holds}, high=0.0)
        for (run, _, dimension, group), terms in partial.items():
            holds = group[2] * self.world.services[run[0]].capacity[dimension]
            self.programme.add_row({**terms, self.runs[run]: -holds}, high=0.0)

    # §5.4: how many run

    def _limit_runs(self) -> None:
        timetabled = {row.service for row in self.world.case.timetable}
        for name, slots in self.world.slots.items():
            service = self.world.services[name]
            charterers = self.world.charterers[name]
            for slot in slots:
                loaded = {self.runs[name, charterer, slot.minute]: 1.0 for charterer in charterers}
                if slot.must_run:
                    self.programme.add_row(loaded, low=float(slot.must_run))
            groups = [[slot] for slot in slots] if name in timetabled else [list(slots)]
            for group in groups:
                limit = group[0].max_runs if name in timetabled and group else service.max_runs
                if limit is not None:
                    by_user = {
                        charterer: self._vehicles({(name, charterer, slot.minute): 1 for slot in group})
                        for charterer in charterers
                    }
                    self._limit_users("charter", service.owner, name, float(limit), by_user)

    def _vehicles(self, counts: Mapping[RunKey, int]) -> dict[int, float]:
        """Loaded and empty runs, each as often as ``counts`` says."""
        terms = {self.runs[key]: float(count) for key, count in counts.items()}
        terms.update({self.empty[key]: float(count) for key, count in counts.items() if key in self.empty})
        return terms

    def _limit_users(
        self, kind: str, owner: str, resource: str, limit: float, by_user: Mapping[str, Mapping[int, float]]
    ) -> None:
        """§4.7, for runs."""
        if not owners_of(owner).has_quotas:
            terms: dict[int, float] = defaultdict(float)
            for part in by_user.values():
                for number, count in part.items():
                    terms[number] += count
            self.programme.add_row(terms, high=limit)
            return
        draws: dict[tuple[float, ...], dict[int, float]] = defaultdict(lambda: defaultdict(float))
        for user, part in by_user.items():
            vector = self.world.permissions.draws(kind, owner, resource, owners_of(user).names)
            for number, count in part.items():
                draws[vector][number] += count
        for total, share in subset_sums(draws):
            self.programme.add_row(total, high=math.floor(share * limit + _NOISE))

    # §5.5: calls

    def _limit_calls(self) -> None:
        for hub in self.world.case.hubs:
            if hub.cap_runs_per_day is not None:
                self._limit_calls_at(hub.hub, hub.owner, hub.hub, hub.cap_runs_per_day, None)
        for row in self.world.case.handling:
            if row.cap_runs_per_day is not None:
                self._limit_calls_at(row.hub, row.owner, row.handling, row.cap_runs_per_day, row)

    def _limit_calls_at(self, hub: str, owner: str, resource: str, limit: float, row: Handling | None) -> None:
        zone = self.world.zone(hub)
        counts: dict[int, dict[str, dict[RunKey, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
        for name, slots in self.world.slots.items():
            if row is not None and row.from_mode not in ("", self.world.services[name].mode):
                continue
            for slot in slots:
                for offset in self._calls(name, hub, row.direction if row is not None else ""):
                    day = self.world.clock.day(slot.minute + offset, zone)
                    for charterer in self.world.charterers[name]:
                        counts[day][charterer][name, charterer, slot.minute] += 1
        for by_charterer in counts.values():
            by_user = {charterer: self._vehicles(part) for charterer, part in by_charterer.items()}
            self._limit_users("hub", owner, resource, limit, by_user)

    def _calls(self, name: str, hub: str, direction: str) -> list[int]:
        legs, country = self.world.legs[name], self.world.country
        abroad = [leg for leg in legs if country[leg.from_hub] != country[leg.to_hub]]
        if direction == "in":
            return [leg.arrives for leg in abroad if leg.to_hub == hub]
        if direction == "out":
            return [leg.leaves for leg in abroad if leg.from_hub == hub]
        first = [0] if legs[0].from_hub == hub else []
        return first + [leg.arrives for leg in legs if leg.to_hub == hub]

    # §3.4: tonnes handled a day

    def _limit_handling_tonnes(self) -> None:
        limits = {row.handling: row for row in self.world.case.handling if row.cap_t_per_day is not None}
        tonnes: dict[tuple[str, int], dict[tuple[float, ...], dict[int, float]]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(float))
        )
        for number, commodity, step in self.arcs:
            if step.handled is not None and step.handled.row.handling in limits:
                row = step.handled.row
                day = self.world.clock.day(step.handled.starts, self.world.zone(row.hub))
                tonnes[row.handling, day][self._draws_on(row, commodity)][number] += _tonnes(commodity)
        for (handling, _), draws in tonnes.items():
            limit = limits[handling].cap_t_per_day
            if limit is not None:
                for terms, share in subset_sums(draws):
                    self.programme.add_row(terms, high=share * limit)

    def _draws_on(self, row: Handling, commodity: Commodity) -> tuple[float, ...]:
        if not owners_of(row.owner).has_quotas:
            return (1.0,)
        return self.world.permissions.draws("hub", row.owner, row.handling, commodity.riders)

    # §3.5: tonnes that wait

    def _limit_storage(self) -> None:
        clock = self.world.clock
        cycle = clock.horizon_min if clock.cyclic else None
        for hub in self.world.case.hubs:
            if hub.store_cap_t is None:
                continue
            waiting = [
                (number, _tonnes(commodity), wait)
                for number, commodity, step in self.arcs
                for wait in step.waits
                if wait.hub == hub.hub
            ]
            for moment in {wait.since if cycle is None else wait.since % cycle for _, _, wait in waiting}:
                terms: dict[int, float] = defaultdict(float)
                for number, weight, wait in waiting:
                    terms[number] += weight * covers(wait.since, wait.until, moment, cycle)
                self.programme.add_row(terms, high=hub.store_cap_t)

    # §5.6: fleets

    def _limit_fleets(self) -> None:
        for fleet in self.world.case.fleets:
            members = [key for key in self.runs if self.world.services[key[0]].fleet == fleet.fleet]
            if members:
                self._limit_fleet(fleet.fleet, members)

    def _limit_fleet(self, name: str, members: list[RunKey]) -> None:
        """Stock just before minute 0, plus arrivals, less departures, is never negative (arrivals first)."""
        fleet, clock = self.world.fleets[name], self.world.clock
        horizon, cyclic = clock.horizon_min, clock.cyclic
        moves: dict[str, list[tuple[int, float, dict[int, float]]]] = defaultdict(list)
        in_use: dict[int, float] = defaultdict(float)
        for key in members:
            legs = self.world.legs[key[0]]
            vehicles = self._vehicles({key: 1})
            back = key[2] + legs[-1].arrives
            moves[legs[0].from_hub].append((key[2], -1.0, vehicles))
            moves[legs[-1].to_hub].append((back % horizon if cyclic else back, 1.0, vehicles))
            for number in vehicles if cyclic else ():
                in_use[number] += back // horizon
        for hub, events in moves.items():
            is_home = cyclic or not fleet.hub or hub == fleet.hub
            standing = self.programme.add_variable(high=math.inf if is_home else 0.0, integer=True)
            in_use[standing] += 1.0
            for moment in sorted({time for time, sign, _ in events if sign < 0}):
                self.programme.add_row(_sum(events, moment) | {standing: 1.0}, low=0.0)
            if cyclic or fleet.round_the_week:
                self.programme.add_row(_sum(events, horizon), low=0.0, high=0.0)
        for number, times in in_use.items():
            self.programme.add_gain(number, -fleet.fixed_cost * times)
        if fleet.count is not None:
            self.programme.add_row(in_use, high=float(fleet.count))

    # the answer

    def _result(self, value: float, point: Sequence[float]) -> OracleResult:
        departures = []
        for key, number in self.runs.items():
            runs = round(point[number])
            empty_runs = round(point[self.empty[key]]) if key in self.empty else 0
            if runs or empty_runs:
                departures.append(
                    OracleRun(service=key[0], charterer=key[1], minute=key[2], runs=runs, empty_runs=empty_runs)
                )
        filled = {instance.key: 0.0 for instance in self.world.instances}
        for ways, sent in zip(self.ways, self.sent, strict=True):
            for instance in ways.commodity.instances:
                filled[instance.key] += point[sent]
        flows = [
            OracleFlow(
                orders=tuple(instance.key for instance in commodity.instances), qty=point[number], ride=step.ride
            )
            for number, commodity, step in self.arcs
            if step.ride is not None and point[number] > _NOISE
        ]
        return OracleResult(
            feasible=True, value=value, departures=tuple(departures), flows=tuple(flows), filled=filled,
            num_arcs=len(self.arcs),
        )  # fmt: skip


def _tonnes(commodity: Commodity) -> float:
    return commodity.good.per_unit.get("t", 0.0)


def _sum(events: list[tuple[int, float, dict[int, float]]], until: int) -> dict[int, float]:
    terms: dict[int, float] = defaultdict(float)
    for time, sign, vehicles in events:
        if time <= until:
            for number in vehicles:
                terms[number] += sign
    return dict(terms)
