"""
A good run is accepted; each corruption of it is refused, by the name of the rule it breaks.

A mutation is a function of a plan alone, so that it works on the run of any
case; it returns None where a plan has nothing of the kind.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.hand_runs import HAND_RUNS

from landbridge.errors import InvalidRun
from landbridge.model.plan import RUN_TABLES, Plan, PlanStatus, TracePoint
from landbridge.tables import write_run
from landbridge.verify import verify, verify_run

Change = Callable[[Plan], Plan | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """A corruption of a run, and the codes of the rules of which it breaks at least one."""

    name: str
    codes: tuple[str, ...]
    change: Change


MUTATIONS: list[Mutation] = []
"""All mutations; ``apply_mutations`` runs them on any plan."""


def mutation(*codes: str) -> Callable[[Change], Change]:
    """Register a mutation under the name of its function."""

    def register(change: Change) -> Change:
        MUTATIONS.append(Mutation(name=change.__name__, codes=codes, change=change))
        return change

    return register


def apply_mutations(plan: Plan) -> Iterable[tuple[Mutation, Plan]]:
    """List the mutations that apply to a plan, with what they make of it."""
    for item in MUTATIONS:
        mutated = item.change(plan)
        if mutated is not None:
            yield item, mutated


def _edit(plan: Plan, table: str, row: int | None, **changes: Any) -> Plan | None:
    """Change cells of a row."""
    if row is None:
        return None
    rows = list(getattr(plan, table))
    rows[row] = replace(rows[row], **changes)
    return replace(plan, **{table: tuple(rows)})


def _drop(plan: Plan, table: str, row: int | None) -> Plan | None:
    if row is None:
        return None
    rows = getattr(plan, table)
    return replace(plan, **{table: rows[:row] + rows[row + 1 :]})


def _repeat(plan: Plan, table: str, row: int | None, **changes: Any) -> Plan | None:
    if row is None:
        return None
    rows = getattr(plan, table)
    return replace(plan, **{table: (*rows, replace(rows[row], **changes))})


def _find(rows: Iterable[Any], is_wanted: Callable[[Any], bool] = lambda _: True) -> int | None:
    return next((row for row, item in enumerate(rows) if is_wanted(item)), None)


def _leg(plan: Plan, is_wanted: Callable[[Any], bool] = lambda _: True) -> int | None:
    return _find(plan.flows, lambda flow: flow.kind == "leg" and is_wanted(flow))


def _handling(plan: Plan) -> int | None:
    return _find(plan.flows, lambda flow: flow.kind == "handling")


def _later(text: str, minutes: int) -> str:
    return (datetime.fromisoformat(text) + timedelta(minutes=minutes)).isoformat(timespec="minutes")


def _summary(plan: Plan, **changes: Any) -> Plan:
    return replace(plan, summary=replace(plan.summary, **changes))


def _money(plan: Plan, **changes: Any) -> Plan:
    return _summary(plan, money=replace(plan.summary.money, **changes))


# Departures


@mutation("leg-leaves")
def departure_shifted(plan: Plan) -> Plan | None:
    ridden = {flow.departure for flow in plan.flows}
    row = _find(plan.departures, lambda item: item.departure in ridden)
    if row is None:
        return None
    item = plan.departures[row]
    return _edit(plan, "departures", row, leaves=_later(item.leaves, 7), arrives=_later(item.arrives, 7))


@mutation("departure-arrives")
def departure_arrives_earlier(plan: Plan) -> Plan | None:
    row = _find(plan.departures)
    return None if row is None else _edit(plan, "departures", row, arrives=_later(plan.departures[row].arrives, -30))


@mutation("unknown-departure")
def departure_dropped(plan: Plan) -> Plan | None:
    return _drop(
        plan, "departures", _find(plan.departures, lambda item: item.departure in {f.departure for f in plan.flows})
    )


@mutation("duplicate-departure")
def departure_duplicated(plan: Plan) -> Plan | None:
    return _repeat(plan, "departures", _find(plan.departures))


@mutation("duplicate-departure")
def departure_split_in_two_rows(plan: Plan) -> Plan | None:
    return _repeat(plan, "departures", _find(plan.departures), departure="another name")


@mutation("runs-not-whole")
def runs_fractional(plan: Plan) -> Plan | None:
    return _edit(plan, "departures", _find(plan.departures), runs=1.5)


@mutation("runs-not-whole")
def runs_negative(plan: Plan) -> Plan | None:
    return _edit(plan, "departures", _find(plan.departures), runs=-1)


@mutation("departure-without-runs", "rides-no-run")
def runs_cancelled(plan: Plan) -> Plan | None:
    return _edit(plan, "departures", _find(plan.departures), runs=0, empty_runs=0)


@mutation("run-cost-mismatch", "money-mismatch", "fleet-not-conserved", "must-run")
def runs_added(plan: Plan) -> Plan | None:
    row = _find(plan.departures, lambda item: item.run_cost > 0)
    return None if row is None else _edit(plan, "departures", row, runs=plan.departures[row].runs + 1)


@mutation("over-capacity")
def runs_halved(plan: Plan) -> Plan | None:
    row = _find(plan.departures, lambda item: item.runs >= 2 and item.fill_frac > 0.99)
    if row is None:
        return None
    item = plan.departures[row]
    return _edit(plan, "departures", row, runs=item.runs // 2, run_cost=item.run_cost * (item.runs // 2) / item.runs)


@mutation("empty-run-not-possible", "fleet-not-conserved", "fleet-used", "money-mismatch")
def empty_run_added(plan: Plan) -> Plan | None:
    row = _find(plan.departures)
    return None if row is None else _edit(plan, "departures", row, empty_runs=plan.departures[row].empty_runs + 1)


@mutation("fleet-not-conserved")
def empty_run_removed(plan: Plan) -> Plan | None:
    return _edit(
        plan, "departures", _find(plan.departures, lambda item: item.empty_runs > 0 and item.runs > 0), empty_runs=0
    )


@mutation("load-mismatch")
def load_raised(plan: Plan) -> Plan | None:
    row = _find(plan.departures, lambda item: bool(item.load))
    if row is None:
        return None
    load = {dim: amount + 1.0 for dim, amount in plan.departures[row].load.items()}
    return _edit(plan, "departures", row, load=load)


@mutation("fill-mismatch")
def fill_changed(plan: Plan) -> Plan | None:
    row = _find(plan.departures)
    return None if row is None else _edit(plan, "departures", row, fill_frac=plan.departures[row].fill_frac + 0.1)


@mutation("run-cost-mismatch")
def run_cost_changed(plan: Plan) -> Plan | None:
    row = _find(plan.departures)
    return None if row is None else _edit(plan, "departures", row, run_cost=plan.departures[row].run_cost + 3.0)


@mutation("charter-not-permitted")
def charterer_unknown(plan: Plan) -> Plan | None:
    return _edit(plan, "departures", _find(plan.departures), owner="nobody in particular")


@mutation("unknown-service")
def service_unknown(plan: Plan) -> Plan | None:
    return _edit(plan, "departures", _find(plan.departures), service="no such service")


@mutation("bad-time")
def departure_time_unreadable(plan: Plan) -> Plan | None:
    return _edit(plan, "departures", _find(plan.departures), leaves="Monday at noon")


@mutation("outside-horizon")
def departure_in_another_year(plan: Plan) -> Plan | None:
    row = _find(plan.departures)
    return None if row is None else _edit(plan, "departures", row, leaves=_later(plan.departures[row].leaves, 525_600))


# Flows


@mutation("path-not-conserved", "filled-mismatch")
def flow_raised(plan: Plan) -> Plan | None:
    row = _leg(plan)
    return None if row is None else _edit(plan, "flows", row, qty=plan.flows[row].qty * 1.01)


@mutation("qty-not-positive")
def flow_negative(plan: Plan) -> Plan | None:
    row = _leg(plan, lambda flow: flow.seq == 1)
    return None if row is None else _edit(plan, "flows", row, qty=-plan.flows[row].qty)


@mutation("not-finite")
def flow_not_a_number(plan: Plan) -> Plan | None:
    return _edit(plan, "flows", _find(plan.flows), qty=float("nan"))


@mutation("path-not-connected", "filled-mismatch", "trade-qty", "path-sequence")
def first_flow_dropped(plan: Plan) -> Plan | None:
    return _drop(plan, "flows", _leg(plan))


@mutation("path-not-connected", "filled-mismatch", "trade-qty", "handling-missing")
def last_flow_dropped(plan: Plan) -> Plan | None:
    return _drop(plan, "flows", len(plan.flows) - 1 if plan.flows else None)


@mutation("duplicate-step")
def flow_duplicated(plan: Plan) -> Plan | None:
    return _repeat(plan, "flows", _find(plan.flows))


@mutation("filled-mismatch", "over-capacity", "load-mismatch")
def path_duplicated(plan: Plan) -> Plan | None:
    rows = [flow for flow in plan.flows if (flow.order, flow.repeat, flow.path) == _key(plan)]
    return replace(plan, flows=(*plan.flows, *(replace(flow, path=999) for flow in rows))) if rows else None


def _key(plan: Plan) -> tuple[str, int, int] | None:
    return (plan.flows[0].order, plan.flows[0].repeat, plan.flows[0].path) if plan.flows else None


@mutation("leg-hubs", "path-not-connected")
def flow_through_another_hub(plan: Plan) -> Plan | None:
    row = _leg(plan)
    if row is None:
        return None
    return _edit(plan, "flows", row, from_hub=plan.flows[row].to_hub, to_hub=plan.flows[row].from_hub)


@mutation("unknown-hub")
def flow_through_no_hub(plan: Plan) -> Plan | None:
    return _edit(plan, "flows", _leg(plan), to_hub="no such hub")


@mutation("leg-unknown")
def leg_beyond_route(plan: Plan) -> Plan | None:
    return _edit(plan, "flows", _leg(plan), leg=99)


@mutation("leg-unknown")
def leg_counted_from_zero(plan: Plan) -> Plan | None:
    return _edit(plan, "flows", _leg(plan, lambda flow: flow.leg == 1), leg=0)


@mutation("step-mismatch")
def flow_names_another_service(plan: Plan) -> Plan | None:
    return _edit(plan, "flows", _leg(plan), service="no such service")


@mutation("leg-leaves")
def flow_leaves_later(plan: Plan) -> Plan | None:
    row = _leg(plan)
    if row is None:
        return None
    flow = plan.flows[row]
    return _edit(plan, "flows", row, leaves=_later(flow.leaves, 5), arrives=_later(flow.arrives, 5))


@mutation("leg-arrives")
def flow_arrives_earlier(plan: Plan) -> Plan | None:
    row = _leg(plan)
    return None if row is None else _edit(plan, "flows", row, arrives=_later(plan.flows[row].arrives, -1))


@mutation("bad-time")
def flow_time_without_offset(plan: Plan) -> Plan | None:
    row = _leg(plan)
    return None if row is None else _edit(plan, "flows", row, arrives=plan.flows[row].arrives[:16])


@mutation("time-not-local")
def flow_time_in_another_zone(plan: Plan) -> Plan | None:
    row = _leg(plan)
    if row is None:
        return None
    moment = datetime.fromisoformat(plan.flows[row].leaves)
    offset = moment.utcoffset()
    assert offset is not None
    moved = (moment - timedelta(hours=2)).replace(tzinfo=None).isoformat(timespec="minutes")
    hours = int(offset.total_seconds() // 3600) - 2
    return _edit(plan, "flows", row, leaves=f"{moved}{'-' if hours < 0 else '+'}{abs(hours):02d}:00")


@mutation("before-ready", "outside-horizon", "leg-leaves")
def path_leaves_a_month_early(plan: Plan) -> Plan | None:
    row = _leg(plan, lambda flow: flow.seq == 1)
    if row is None:
        return None
    early = {name: _later(getattr(plan.flows[row], name), -40_320) for name in ("leaves", "arrives")}
    return _edit(plan, "flows", row, **early)


@mutation("after-deadline", "outside-horizon", "order-arrives", "leg-leaves")
def path_a_month_late(plan: Plan) -> Plan | None:
    flows = tuple(
        replace(flow, leaves=_later(flow.leaves, 40_320), arrives=_later(flow.arrives, 40_320))
        if (flow.order, flow.repeat, flow.path) == _key(plan)
        else flow
        for flow in plan.flows
    )
    return replace(plan, flows=flows) if flows else None


@mutation("unknown-instance")
def repeat_wrong(plan: Plan) -> Plan | None:
    return _edit(plan, "flows", _find(plan.flows), repeat=77)


@mutation("unknown-instance")
def flow_of_unknown_order(plan: Plan) -> Plan | None:
    return _edit(plan, "flows", _find(plan.flows), order="no such order")


@mutation("grant-mismatch")
def grant_erased(plan: Plan) -> Plan | None:
    return _edit(plan, "flows", _leg(plan, lambda flow: flow.grant != ""), grant="")


@mutation("grant-mismatch")
def grant_invented(plan: Plan) -> Plan | None:
    return _edit(plan, "flows", _leg(plan, lambda flow: flow.grant == ""), grant="no such agreement")


@mutation("path-sequence")
def sequence_broken(plan: Plan) -> Plan | None:
    row = _find(plan.flows, lambda flow: flow.seq == 2)
    return _edit(plan, "flows", row, seq=5)


@mutation("unknown-kind")
def kind_unknown(plan: Plan) -> Plan | None:
    return _edit(plan, "flows", _find(plan.flows), kind="flight of fancy")


@mutation("unknown-trade")
def trade_of_flow_erased(plan: Plan) -> Plan | None:
    return _edit(plan, "flows", _find(plan.flows, lambda flow: flow.trade != "" and flow.seq == 1), trade="")


# Handling


@mutation("handling-missing", "path-not-connected")
def handling_removed(plan: Plan) -> Plan | None:
    row = _handling(plan)
    if row is None:
        return None
    gone = plan.flows[row]
    path = (gone.order, gone.repeat, gone.path)
    return _drop(
        replace(
            plan,
            flows=tuple(
                replace(flow, seq=flow.seq - 1)
                if (flow.order, flow.repeat, flow.path) == path and flow.seq > gone.seq
                else flow
                for flow in plan.flows
            ),
        ),
        "flows",
        row,
    )


@mutation("handling-dwell")
def handling_shortened(plan: Plan) -> Plan | None:
    row = _handling(plan)
    return None if row is None else _edit(plan, "flows", row, arrives=_later(plan.flows[row].arrives, -15))


@mutation("leaves-before-arrival", "before-ready")
def handling_before_arrival(plan: Plan) -> Plan | None:
    row = _handling(plan)
    if row is None:
        return None
    moved = {name: _later(getattr(plan.flows[row], name), -10_080) for name in ("leaves", "arrives")}
    return _edit(plan, "flows", row, **moved)


@mutation("unknown-handling")
def handling_unknown(plan: Plan) -> Plan | None:
    return _edit(plan, "flows", _handling(plan), handling="no such handling")


@mutation("handling-hub", "path-not-connected")
def handling_elsewhere(plan: Plan) -> Plan | None:
    row = _handling(plan)
    elsewhere = _find(plan.flows, lambda flow: row is not None and flow.from_hub != plan.flows[row].from_hub)
    if row is None or elsewhere is None:
        return None
    hub = plan.flows[elsewhere].from_hub
    return _edit(plan, "flows", row, from_hub=hub, to_hub=hub)


@mutation("handling-twice")
def handling_doubled(plan: Plan) -> Plan | None:
    row = _handling(plan)
    return None if row is None else _insert(plan, plan.flows[row], plan.flows[row].seq)


@mutation("handling-aboard")
def handling_aboard(plan: Plan) -> Plan | None:
    """Handle freight between two legs of one departure."""
    row = _handling(plan)
    pair = next(
        (
            (before, after)
            for before, after in pairwise(plan.flows)
            if before.departure and before.departure == after.departure and after.seq == before.seq + 1
        ),
        None,
    )
    if row is None or pair is None:
        return None
    before = pair[0]
    handled = replace(
        before,
        kind="handling",
        departure="",
        service="",
        leg=0,
        handling=plan.flows[row].handling,
        from_hub=before.to_hub,
        leaves=before.arrives,
        arrives=before.arrives,
        grant="",
    )
    return _insert(plan, handled, before.seq)


def _insert(plan: Plan, step: Any, seq: int) -> Plan:
    """Put a step behind step ``seq`` of its path."""
    path = (step.order, step.repeat, step.path)
    flows = [
        replace(flow, seq=flow.seq + 1) if (flow.order, flow.repeat, flow.path) == path and flow.seq > seq else flow
        for flow in plan.flows
    ]
    return replace(plan, flows=(*flows, replace(step, seq=seq + 1)))


# Orders, trades, fleets, prices


@mutation("filled-mismatch")
def filled_changed(plan: Plan) -> Plan | None:
    row = _find(plan.orders, lambda item: item.filled > 0)
    return None if row is None else _edit(plan, "orders", row, filled=plan.orders[row].filled * 0.9)


@mutation("order-arrives")
def order_arrival_edited(plan: Plan) -> Plan | None:
    row = _find(plan.orders, lambda item: item.arrives != "")
    return None if row is None else _edit(plan, "orders", row, arrives=_later(plan.orders[row].arrives, -60))


@mutation("order-late")
def lateness_edited(plan: Plan) -> Plan | None:
    row = _find(plan.orders)
    return None if row is None else _edit(plan, "orders", row, late_h=plan.orders[row].late_h + 1.0)


@mutation("order-value")
def order_value_edited(plan: Plan) -> Plan | None:
    row = _find(plan.orders)
    return None if row is None else _edit(plan, "orders", row, value=plan.orders[row].value + 5.0)


@mutation("order-unserved-cost")
def unserved_cost_edited(plan: Plan) -> Plan | None:
    row = _find(plan.orders)
    return None if row is None else _edit(plan, "orders", row, unserved_cost=plan.orders[row].unserved_cost + 5.0)


@mutation("why-missing")
def why_erased(plan: Plan) -> Plan | None:
    return _edit(plan, "orders", _find(plan.orders, lambda item: item.why != ""), why="")


@mutation("order-missing")
def order_dropped(plan: Plan) -> Plan | None:
    return _drop(plan, "orders", _find(plan.orders))


@mutation("unknown-instance")
def order_duplicated(plan: Plan) -> Plan | None:
    return _repeat(plan, "orders", _find(plan.orders))


@mutation("order-mismatch")
def order_party_changed(plan: Plan) -> Plan | None:
    return _edit(plan, "orders", _find(plan.orders), party="no such party")


@mutation("order-mismatch")
def order_qty_changed(plan: Plan) -> Plan | None:
    row = _find(plan.orders)
    return None if row is None else _edit(plan, "orders", row, qty=plan.orders[row].qty + 1.0)


@mutation("trade-qty")
def trade_qty_changed(plan: Plan) -> Plan | None:
    moved = {flow.trade for flow in plan.flows}
    row = _find(plan.trades, lambda trade: trade.trade in moved)
    return None if row is None else _edit(plan, "trades", row, qty=plan.trades[row].qty * 1.1)


@mutation("price-out-of-range")
def trade_price_out_of_range(plan: Plan) -> Plan | None:
    return _edit(plan, "trades", _find(plan.trades), price_per_unit=1e9)


@mutation("trade-mismatch")
def trade_sides_swapped(plan: Plan) -> Plan | None:
    row = _find(plan.trades, lambda trade: trade.seller != trade.buyer)
    if row is None:
        return None
    return _edit(plan, "trades", row, seller=plan.trades[row].buyer, buyer=plan.trades[row].seller)


@mutation("unknown-trade")
def trade_dropped(plan: Plan) -> Plan | None:
    moved = {flow.trade for flow in plan.flows}
    return _drop(plan, "trades", _find(plan.trades, lambda trade: trade.trade in moved))


@mutation("duplicate-trade")
def trade_duplicated(plan: Plan) -> Plan | None:
    return _repeat(plan, "trades", _find(plan.trades), trade="another name")


@mutation("fleet-used")
def fleet_count_changed(plan: Plan) -> Plan | None:
    row = _find(plan.fleets)
    return None if row is None else _edit(plan, "fleets", row, used=plan.fleets[row].used - 1)


@mutation("fleet-cost")
def fleet_cost_changed(plan: Plan) -> Plan | None:
    row = _find(plan.fleets)
    return None if row is None else _edit(plan, "fleets", row, fixed_cost=plan.fleets[row].fixed_cost + 1.0)


@mutation("fleet-missing")
def fleet_dropped(plan: Plan) -> Plan | None:
    return _drop(plan, "fleets", _find(plan.fleets, lambda use: use.used > 0))


@mutation("unknown-fleet")
def fleet_unknown(plan: Plan) -> Plan | None:
    return _edit(plan, "fleets", _find(plan.fleets), fleet="no such fleet")


@mutation("unknown-good")
def price_of_unknown_good(plan: Plan) -> Plan | None:
    return _edit(plan, "prices", _find(plan.prices), good="no such good")


@mutation("not-finite")
def price_infinite(plan: Plan) -> Plan | None:
    return _edit(plan, "prices", _find(plan.prices), price=float("inf"))


@mutation("unknown-resource")
def price_of_nothing(plan: Plan) -> Plan | None:
    return _edit(plan, "prices", _find(plan.prices), resource="no such resource")


# run.json


@mutation("value-mismatch")
def value_raised(plan: Plan) -> Plan | None:
    value, bound = plan.summary.value, plan.summary.bound
    return None if value is None or bound is None else _summary(plan, value=value + 1.0, bound=bound + 1.0)


@mutation("bound-below-value")
def bound_lowered(plan: Plan) -> Plan | None:
    value = plan.summary.value
    return None if value is None else _summary(plan, bound=value - 1.0 - abs(value) * 0.01)


@mutation("bound-missing")
def bound_erased(plan: Plan) -> Plan | None:
    return None if plan.summary.value is None else _summary(plan, bound=None)


@mutation("gap-mismatch")
def gap_edited(plan: Plan) -> Plan | None:
    return None if plan.summary.gap is None else _summary(plan, gap=plan.summary.gap + 0.001)


@mutation("gap-mismatch")
def gap_erased(plan: Plan) -> Plan | None:
    return None if plan.summary.gap is None else _summary(plan, gap=None)


@mutation("spend-mismatch", "no-plan-with-rows")
def spend_edited(plan: Plan) -> Plan | None:
    return _summary(plan, spend=plan.summary.spend * 1.1 + 1.0)


@mutation("money-mismatch", "no-plan-with-rows")
def run_cost_of_the_plan_changed(plan: Plan) -> Plan | None:
    return _money(plan, run_cost=plan.summary.money.run_cost + 1.0)


@mutation("money-mismatch", "no-plan-with-rows")
def costs_moved_between_terms(plan: Plan) -> Plan | None:
    money = plan.summary.money
    return _money(plan, flow_cost=money.flow_cost + 2.0, storage_cost=money.storage_cost - 2.0)


@mutation("money-mismatch")
def late_cost_forgotten(plan: Plan) -> Plan | None:
    return _money(plan, late_cost=0.0) if plan.summary.money.late_cost else None


@mutation("status-not-proved")
def optimal_with_a_gap(plan: Plan) -> Plan | None:
    value, bound = plan.summary.value, plan.summary.bound
    if value is None or bound is None:
        return None
    return _summary(plan, status=PlanStatus.OPTIMAL, bound=max(bound, value + 1.0 + abs(value) * 0.01))


@mutation("status-not-proved")
def asked_gap_not_reached(plan: Plan) -> Plan | None:
    if plan.summary.gap is None or plan.summary.gap < 1e-4:
        return None
    return _summary(plan, status=PlanStatus.GAP_REACHED, limits={"gap": plan.summary.gap / 2})


@mutation("no-plan-with-rows")
def declared_infeasible(plan: Plan) -> Plan | None:
    return None if plan.summary.value is None else _summary(plan, status=PlanStatus.INFEASIBLE)


@mutation("trace-not-monotone")
def trace_goes_back(plan: Plan) -> Plan | None:
    value, bound = plan.summary.value, plan.summary.bound
    if value is None or bound is None:
        return None
    extra = TracePoint(seconds=1e6, value=value - 10.0 - abs(value) * 0.01, bound=bound)
    first = TracePoint(seconds=0.0, value=value, bound=None)
    return _summary(plan, trace=(first, extra))


@mutation("settings-mismatch")
def currency_changed(plan: Plan) -> Plan | None:
    return _summary(plan, currency="XXX")


@mutation("input-hash")
def hash_edited(plan: Plan) -> Plan | None:
    return _summary(plan, input_sha256=plan.summary.input_sha256[::-1])


@mutation("unknown-agreements")
def agreements_unknown(plan: Plan) -> Plan | None:
    return _summary(plan, agreements="whatever")


HAND_MUTATIONS = [
    pytest.param(name, item, mutated, id=f"{name}-{item.name}")
    for name, make in HAND_RUNS.items()
    for item, mutated in apply_mutations(make()[0])
]


@pytest.mark.parametrize("name", HAND_RUNS)
def test_verify_accepts_a_run_made_by_hand(name: str) -> None:
    plan, case = HAND_RUNS[name]()
    assert verify(plan, case) == []


@pytest.mark.parametrize(("name", "item", "mutated"), HAND_MUTATIONS)
def test_verify_refuses_each_mutation_by_its_rule(name: str, item: Mutation, mutated: Plan) -> None:
    found = {finding.code for finding in verify(mutated, HAND_RUNS[name]()[1])}
    assert found & set(item.codes), f"expected one of {item.codes}, found {sorted(found)}"


def test_each_mutation_applies_to_some_run_made_by_hand() -> None:
    applied = {item.name for make in HAND_RUNS.values() for item, _ in apply_mutations(make()[0])}
    assert {item.name for item in MUTATIONS} - applied == set()


@pytest.mark.parametrize("table", RUN_TABLES)
def test_verify_refuses_a_run_that_lost_a_table_with_rows_that_count(table: str) -> None:
    """Prices are advice and may be absent; every other table is part of the plan."""
    plan, case = HAND_RUNS["week"]()
    found = verify(replace(plan, **{table: ()}), case)
    assert bool(found) == (table != "prices")


# Files


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMutation:
    """A corruption of the files of a run; ``change`` edits a table's rows, ``edit`` the content of run.json."""

    name: str
    table: str = ""
    change: Callable[[list[dict[str, str]]], bool] | None = None
    edit: Callable[[dict[str, Any]], None] | None = None


def _set(column: str, value: str, *, unless: str | None = None) -> Callable[[list[dict[str, str]]], bool]:
    """Set a cell of the first row where it is another one; False where there is none."""

    def change(rows: list[dict[str, str]]) -> bool:
        for row in rows:
            if row[column] not in (value, unless):
                row[column] = value
                return True
        return False

    return change


def _delete_last(rows: list[dict[str, str]]) -> bool:
    return bool(rows and rows.pop())


def _copy_first(rows: list[dict[str, str]]) -> bool:
    rows.extend(rows[:1])
    return bool(rows)


FILE_MUTATIONS = [
    FileMutation(name="departure time", table="departures", change=_set("leaves", "2026-01-05T00:01+00:00")),
    FileMutation(name="runs fractional", table="departures", change=_set("runs", "1.5")),
    FileMutation(name="runs a word", table="departures", change=_set("runs", "two")),
    FileMutation(name="departure row gone", table="departures", change=_delete_last),
    FileMutation(name="departure row twice", table="departures", change=_copy_first),
    FileMutation(name="load", table="departures", change=_set("load_t", "0.5")),
    FileMutation(name="flow quantity", table="flows", change=_set("qty", "0.25")),
    FileMutation(name="flow not a number", table="flows", change=_set("qty", "nan")),
    FileMutation(name="flow row gone", table="flows", change=_delete_last),
    FileMutation(name="flow row twice", table="flows", change=_copy_first),
    FileMutation(name="grant gone", table="flows", change=_set("grant", "")),
    FileMutation(name="arrival", table="orders", change=_set("arrives", "2026-01-05T00:01+00:00", unless="")),
    FileMutation(name="reason gone", table="orders", change=_set("why", "")),
    FileMutation(name="order row gone", table="orders", change=_delete_last),
    FileMutation(name="price", table="trades", change=_set("price_per_unit", "1000000")),
    FileMutation(name="trade row gone", table="trades", change=_delete_last),
    FileMutation(name="fleet", table="fleets", change=_set("used", "7")),
    FileMutation(name="order of the case", table="case/orders", change=_set("qty", "0.125")),
    FileMutation(name="service of the case", table="case/services", change=_set("run_cost", "0.125")),
    FileMutation(name="value", edit=lambda run: run.update(value=run["value"] + 1.0)),
    FileMutation(name="value gone", edit=lambda run: run.update(value=None)),
    FileMutation(name="bound", edit=lambda run: run.update(bound=run["value"] - 10.0)),
    FileMutation(name="bound gone", edit=lambda run: run.update(bound=None)),
    FileMutation(name="gap", edit=lambda run: run.update(gap=0.5)),
    FileMutation(name="status", edit=lambda run: run.update(status="splendid")),
    FileMutation(name="money", edit=lambda run: run["money"].update(run_cost=run["money"]["run_cost"] - 1.0)),
    FileMutation(name="hash", edit=lambda run: run.update(input_sha256="0" * 64)),
]
"""Corruptions of a run folder's text, for any run."""


def corrupt_files(item: FileMutation, folder: Path) -> bool:
    """Apply a corruption to a run folder; False where it has nothing of the kind."""
    if item.edit is not None:
        content = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        item.edit(content)
        (folder / "run.json").write_text(json.dumps(content), encoding="utf-8")
        return True
    file = folder / f"{item.table}.csv"
    if item.change is None or not file.exists():
        return False
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    names = list(rows[0]) if rows else []
    if not item.change(rows):
        return False
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return True


def is_refused(folder: Path) -> bool:
    """Tell whether a run folder cannot be read or breaks a rule; each finding says where, what and which rule."""
    try:
        findings = verify_run(folder).findings
    except InvalidRun as error:
        findings = error.findings
    assert all(finding.where and finding.message and finding.code for finding in findings)
    return bool(findings)


@pytest.mark.parametrize("name", HAND_RUNS)
def test_verify_accepts_the_files_of_a_run_made_by_hand(name: str, tmp_path: Path) -> None:
    plan, case = HAND_RUNS[name]()
    write_run(plan, case, tmp_path / "run")
    found = verify_run(tmp_path / "run")
    assert found.findings == ()
    assert found.value == pytest.approx(plan.summary.value)
    assert found.counts["flows"] == len(plan.flows)


@pytest.mark.parametrize("item", FILE_MUTATIONS, ids=lambda item: item.name)
def test_verify_refuses_edited_files(item: FileMutation, tmp_path: Path) -> None:
    plan, case = HAND_RUNS["week"]()
    write_run(plan, case, tmp_path / "run")
    assert corrupt_files(item, tmp_path / "run")
    assert is_refused(tmp_path / "run")
