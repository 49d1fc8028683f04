"""A plan of a repeating week as dated weeks (changes.md §4)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from landbridge.model.case import Case, Order, Pin, Service, TimetableRow
from landbridge.model.clock import WEEKDAYS, Clock
from landbridge.model.plan import Departure, Flow, OrderResult, Plan, Trade
from landbridge.network.instances import OrderInstance, list_instances, terms_of, trade_terms
from landbridge.network.places import Places, look_up
from landbridge.network.services import read_timetable
from landbridge.units import FLOW_TOL, to_minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A case and a plan on a calendar; ``weeks`` is how many times each order is there (0: it was dated before)."""

    case: Case
    plan: Plan
    weeks: int


def unroll(case: Case, plan: Plan, weeks: int) -> Dated:
    """
    Write a plan of a repeating horizon as dated weeks: each order once a week, with its own id ``order@w1``.

    The calendar is longer than the weeks by as long as the last freight is on its way. The first week has no
    freight of a week before, the last departures carry no freight of a week after: runs that carry nothing are left
    out, unless they belong to a fleet.
    """
    if not case.settings.cyclic:
        return Dated(case=case, plan=plan, weeks=0)
    return _Unroller(case, plan, weeks).unrolled()


class _Unroller:
    def __init__(self, case: Case, plan: Plan, weeks: int) -> None:
        self.case, self.plan, self.weeks = case, plan, weeks
        self.places: Places = look_up(case)
        self.clock = Clock.of(case.settings)
        self.cycle = self.clock.horizon_min
        self.orders = {row.order: row for row in case.orders}
        self.instances = {(case.orders[item.order].order, item.repeat): item for item in list_instances(self.places)}
        self.bid_week = {row.trade: self._weeks_to_bid(row) for row in plan.trades}
        self._left = {row.departure: self.clock.minute(row.leaves) for row in plan.departures}
        self._travel = {row.service: row.travel_h for row in case.services}
        self._paths: dict[tuple[str, int, int], list[Flow]] = defaultdict(list)
        for flow in plan.flows:
            self._paths[flow.order, flow.repeat, flow.path].append(flow)
        last = max((self.clock.minute(row.arrives) for row in plan.flows), default=0)
        self.cycles = weeks + max(1, math.ceil(last / self.cycle) - 1)

    def unrolled(self) -> Dated:
        flows = tuple(self._flows())
        trades = tuple(self._trades(flows))
        return Dated(
            case=self._case(),
            plan=replace(
                self.plan,
                departures=tuple(self._departures(flows)),
                flows=flows,
                orders=tuple(self._orders(flows, trades)),
                trades=trades,
                prices=(),
            ),
            weeks=self.weeks,
        )

    # Names and times.

    def _name(self, order: str, repeat: int, week: int) -> str:
        number = f".{repeat + 1}" if self.orders[order].days else ""
        return f"{order}{number}@w{week + 1}"

    def _later(self, text: str, hub: str, week: int) -> str:
        minute = self.clock.minute(text) + week * self.cycle
        return self.clock.text(minute, self.places.zone_by_hub[hub])

    def _iso(self, minute: int, hub: str) -> str:
        return self.clock.text(minute, self.places.zone_by_hub[hub])[:16]

    def _weeks_to_bid(self, trade: Trade) -> int:
        """How many weeks after the offer's the bid of a trade is due."""
        offer = self.instances[trade.offer, trade.offer_repeat]
        bid = self.instances[trade.bid, trade.bid_repeat]
        if bid.due_min is None:
            return 0
        row = self.orders[trade.bid]
        free = replace(offer, due_min=bid.due_min, is_kept=False, extra_min=bid.extra_min)
        due = trade_terms(free, bid, row, self.places.good_by_id[row.good], self.clock).due_min
        return (due - bid.extra_min - bid.due_min) // self.cycle

    # The case.

    def _case(self) -> Case:
        settings = replace(self.case.settings, cyclic=False, horizon_h=self.case.settings.horizon_h * self.cycles)
        return replace(
            self.case,
            settings=settings,
            services=tuple(self._service_rows()),
            orders=tuple(self._order_rows()),
            timetable=tuple(self._timetable()),
            fleets=tuple(replace(row, hub="", round_the_week=False) for row in self.case.fleets),
            pins=tuple(self._pins()),
            scenarios=(),
        )

    def _service_rows(self) -> Iterator[Service]:
        """Services; what may run so often in a week without a timetable may run so often a week in all of them."""
        for row in self.case.services:
            is_untimed = row.service not in self.places.timetable_by_service
            if is_untimed and row.max_runs is not None:
                yield replace(row, max_runs=row.max_runs * self.cycles)
            else:
                yield row

    def _order_rows(self) -> Iterator[Order]:
        for week in range(self.weeks):
            for (name, repeat), item in self.instances.items():
                yield self._order_row(self.orders[name], item, repeat, week)

    def _order_row(self, row: Order, item: OrderInstance, repeat: int, week: int) -> Order:
        ready, due = item.ready_min, self._due(row, item)
        shift = week * self.cycle
        end_hub = row.to_hub or row.from_hub
        return replace(
            row,
            order=self._name(row.order, repeat, week),
            ready=self._iso(ready + shift, row.from_hub) if row.from_hub else "",
            due=self._iso(min(due + shift, self.cycles * self.cycle), end_hub),
            days="",
        )

    def _due(self, row: Order, item: OrderInstance) -> int:
        if row.from_hub:
            good = self.places.good_by_id[row.good]
            return terms_of(replace(row, late_max_h=0.0), item, replace(good, life_h=None), self.clock).due_min
        return 2 * self.cycle if item.due_min is None else item.due_min + item.extra_min

    def _timetable(self) -> Iterator[TimetableRow]:
        """Rows of the week; what has dates of its own, or does not divide the week, becomes a row for each minute."""
        for row in self.case.timetable:
            if not (row.starts or row.ends) and (row.every_h is None or self.cycle % round(row.every_h * 60) == 0):
                yield row
                continue
            service = self.case.services[self.places.service_idx[row.service]]
            zone = self.places.zone_by_hub[service.route[0]]
            for minute in read_timetable(self.places, service, (row,)):
                day = WEEKDAYS[self.clock.weekday(minute, zone)]
                clock = self._iso(minute, service.route[0])[11:]
                yield replace(row, days=day, depart=clock, every_h=None, starts="", ends="")

    def _pins(self) -> Iterator[Pin]:
        for pin in self.case.pins:
            if pin.table == "services":
                most = None if pin.max is None else pin.max * self.cycles
                yield replace(pin, min=pin.min * self.weeks, max=most)
            elif pin.table == "orders":
                for name, repeat in self.instances:
                    if name == pin.key:
                        for week in range(self.weeks):
                            yield replace(pin, key=self._name(name, repeat, week), min=0.0)
            else:
                service, _, time = pin.key.rpartition("@")
                hub = self.case.services[self.places.service_idx[service]].route[0]
                minute = self.clock.minute(time, self.places.zone_by_hub[hub]) % self.cycle
                for week in range(self.cycles):
                    when = self._iso(minute + week * self.cycle, hub)
                    yield replace(pin, key=f"{service}@{when}", min=pin.min if week < self.weeks else 0.0)

    # The plan.

    def _flows(self) -> Iterator[Flow]:
        for week in range(self.weeks):
            for rows in self._paths.values():
                trade = rows[0].trade
                left = [self._week_left(row) + week if row.kind == "leg" else 0 for row in rows]
                if min(left) < 0 or (trade and week + self.bid_week[trade] >= self.weeks):
                    continue
                for row, cycle in zip(rows, left, strict=True):
                    yield replace(
                        row,
                        order=self._name(row.order, row.repeat, week),
                        repeat=0,
                        trade=f"{trade}@w{week + 1}" if trade else "",
                        departure=f"{row.departure}@w{cycle + 1}" if row.kind == "leg" else "",
                        leaves=self._later(row.leaves, row.from_hub, week),
                        arrives=self._later(row.arrives, row.to_hub, week),
                    )

    def _week_left(self, row: Flow) -> int:
        """Cycle in which the departure of a leg leaves, the freight being ready in the first."""
        offset = sum(to_minutes(hours) for hours in self._travel[row.service][: row.leg - 1])
        return (self.clock.minute(row.leaves) - offset - self._left[row.departure]) // self.cycle

    def _departures(self, flows: tuple[Flow, ...]) -> Iterator[Departure]:
        needed = self._needed(flows)
        services = {row.service: row for row in self.case.services}
        must = {
            (row.service, minute): slot.must_run
            for row in self.case.services
            for minute, slot in read_timetable(
                self.places, row, self.places.timetable_by_service.get(row.service, ())
            ).items()
        }
        for week in range(self.cycles):
            for row in self.plan.departures:
                service = services[row.service]
                runs = row.runs
                if not service.fleet:
                    minute = self.clock.minute(row.leaves)
                    least = must.get((row.service, minute), 0)
                    runs = min(row.runs, max(least, needed.get(f"{row.departure}@w{week + 1}", 0)))
                if runs + row.empty_runs:
                    yield replace(
                        row,
                        departure=f"{row.departure}@w{week + 1}",
                        leaves=self._later(row.leaves, service.route[0], week),
                        arrives=self._later(row.arrives, service.route[-1], week),
                        runs=runs,
                    )

    def _needed(self, flows: tuple[Flow, ...]) -> dict[str, int]:
        """Vehicles that what rides a departure takes."""
        load: dict[tuple[str, int, str], float] = defaultdict(float)
        service_of: dict[str, str] = {}
        names = {self._name(name, repeat, week): name for name, repeat in self.instances for week in range(self.weeks)}
        for row in flows:
            if row.kind == "leg":
                good = self.places.good_by_id[self.orders[names[row.order]].good]
                service_of[row.departure] = row.service
                for dim, amount in good.per_unit.items():
                    load[row.departure, row.leg, dim] += amount * row.qty
        services = {row.service: row for row in self.case.services}
        found = dict.fromkeys(service_of, 1)
        for (departure, _, dim), amount in load.items():
            held = services[service_of[departure]].capacity.get(dim, math.inf)
            if held > 0:
                found[departure] = max(found[departure], math.ceil(amount / held - 1e-7))
        return found

    def _trades(self, flows: tuple[Flow, ...]) -> Iterator[Trade]:
        carried: dict[str, float] = defaultdict(float)
        whole: dict[str, float] = defaultdict(float)
        for flow in flows:
            if flow.trade and flow.seq == 1:
                carried[flow.trade] += flow.qty
        for flow in self.plan.flows:
            if flow.trade and flow.seq == 1:
                whole[flow.trade] += flow.qty
        for week in range(self.weeks):
            for row in self.plan.trades:
                bid_week, name = week + self.bid_week[row.trade], f"{row.trade}@w{week + 1}"
                qty = carried[name] + max(0.0, row.qty - whole[row.trade])  # what changes hands in place takes no step
                if bid_week < self.weeks and qty > FLOW_TOL:
                    yield replace(
                        row,
                        trade=name,
                        offer=self._name(row.offer, row.offer_repeat, week),
                        offer_repeat=0,
                        bid=self._name(row.bid, row.bid_repeat, bid_week),
                        bid_repeat=0,
                        qty=qty,
                    )

    def _orders(self, flows: tuple[Flow, ...], trades: tuple[Trade, ...]) -> Iterator[OrderResult]:
        filled: dict[str, float] = defaultdict(float)
        for row in flows:
            if row.seq == 1 and not row.trade:
                filled[row.order] += row.qty
        for trade in trades:
            filled[trade.offer] += trade.qty
            filled[trade.bid] += trade.qty
        for week in range(self.weeks):
            for result in self.plan.orders:
                name = self._name(result.order, result.repeat, week)
                amount = min(result.qty, filled[name]) if filled[name] > FLOW_TOL else 0.0
                yield replace(result, order=name, repeat=0, filled=amount)
