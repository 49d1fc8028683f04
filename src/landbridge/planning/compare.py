"""What differs between plans: figures, regions, crossings, departures, orders (changes.md §3)."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from landbridge.model.case import Case
from landbridge.model.clock import Clock
from landbridge.model.comparison import (
    Comparison,
    CrossingChange,
    DepartureChange,
    OrderChange,
    RegionChange,
    Total,
)
from landbridge.model.plan import Flow, OrderResult, Plan
from landbridge.network.instances import list_instances
from landbridge.network.places import look_up
from landbridge.planning.by_region import leg_value, value_by_region
from landbridge.units import FLOW_TOL, MINUTES_PER_HOUR, exceeds, is_close


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A run with the name it has in a comparison."""

    name: str
    plan: Plan
    case: Case


def compare(runs: Sequence[Named]) -> Comparison:
    """
    Compare runs with the first of them.

    Parameters
    ----------
    runs
        Two or more, of cases in one currency; their names differ.
    """
    first, others = runs[0], runs[1:]
    before = _Facts.of(first)
    found = [(run, _Facts.of(run)) for run in others]
    return Comparison(
        runs=tuple(run.name for run in runs),
        currency=first.case.settings.currency,
        totals=tuple(row for run, after in found for row in _totals(run, before, after)),
        regions=tuple(row for run, after in found for row in _regions(run, before, after)),
        crossings=tuple(row for run, after in found for row in _crossings(run, before, after)),
        departures=tuple(row for run, after in found for row in _departures(run, before, after)),
        orders=tuple(row for run, _ in found for row in _orders(run, first)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """Figures of one plan: totals by (measure, unit), money by region, border flows and departures."""

    totals: Mapping[tuple[str, str], float]
    regions: Mapping[str, float]
    crossings: Mapping[tuple[str, str, str], tuple[float, int]]
    departures: Mapping[tuple[str, str, str], int]

    @classmethod
    def of(cls, run: Named) -> _Facts:
        plan = run.plan
        departures: Counter[tuple[str, str, str]] = Counter()
        for row in plan.departures:
            departures[row.service, row.leaves, row.owner] += row.runs + row.empty_runs
        return cls(
            totals=_figures(run),
            regions=value_by_region(run.case, plan),
            crossings=_border_flows(run),
            departures=departures,
        )


def _figures(run: Named) -> dict[tuple[str, str], float]:
    plan, currency = run.plan, run.case.settings.currency
    summary = plan.summary
    found = {("value", currency): summary.value or 0.0, ("spend", currency): summary.spend}
    for item in dataclasses.fields(summary.money):
        found[item.name, currency] = getattr(summary.money, item.name)
    kind = {row.order: bool(row.to_hub) for row in run.case.orders}
    wanted = [row for row in plan.orders if kind[row.order]]
    full = [row for row in wanted if row.filled > FLOW_TOL and not exceeds(row.qty, row.filled)]
    t_km_h = _transport(run)
    return found | {
        ("orders served in full", "orders"): len(full),
        ("orders served in part", "orders"): sum(row.filled > FLOW_TOL for row in wanted) - len(full),
        ("orders not served", "orders"): sum(row.filled <= FLOW_TOL for row in wanted),
        ("orders late", "orders"): sum(row.late_h > 0 for row in wanted),
        ("departures", "departures"): len(plan.departures),
        ("vehicles", "runs"): sum(row.runs + row.empty_runs for row in plan.departures),
        **t_km_h,
    }


def _transport(run: Named) -> dict[tuple[str, str], float]:
    """Tonnes delivered, their hours from ready to there, and what they emit."""
    case, plan = run.case, run.plan
    services = {row.service: row for row in case.services}
    weight = {row.good: row.per_unit.get("t", 0.0) for row in case.goods}
    good = {row.order: row.good for row in case.orders}
    places, clock = look_up(case), Clock.of(case.settings)
    ids = [row.order for row in case.orders]
    ready = {(ids[item.order], item.repeat): item.ready_min for item in list_instances(places)}
    tonnes = tonne_min = kg = 0.0
    last: dict[tuple[str, int, int], tuple[float, int]] = {}
    for row in plan.flows:
        t = row.qty * weight[good[row.order]]
        key = (row.order, row.repeat, row.path)
        last[key] = (t, max(last.get(key, (t, 0))[1], clock.minute(row.arrives)))
        if row.kind == "leg":
            kg += t * leg_value(services[row.service].kgco2e_per_t, row.leg)
    for (order, repeat, _), (t, arrives) in last.items():
        tonnes += t
        tonne_min += t * (arrives - ready[order, repeat])
    return {
        ("freight delivered", "t"): tonnes,
        ("hours on the way, mean of a tonne", "h"): tonne_min / tonnes / MINUTES_PER_HOUR if tonnes else 0.0,
        ("CO2e", "kg"): kg,
    }


def _border_flows(run: Named) -> dict[tuple[str, str, str], tuple[float, int]]:
    """Tonnes and vehicles from hub to hub across a border, by mode."""
    case, plan = run.case, run.plan
    country_of = {row.region: row.country for row in case.regions}
    country = {row.hub: country_of[row.region] for row in case.hubs}
    services = {row.service: row for row in case.services}
    weight = {row.good: row.per_unit.get("t", 0.0) for row in case.goods}
    good = {row.order: row.good for row in case.orders}
    tonnes: dict[tuple[str, str, str], float] = defaultdict(float)
    runs: Counter[tuple[str, str, str]] = Counter()
    for row in plan.flows:
        if row.kind == "leg" and country[row.from_hub] != country[row.to_hub]:
            mode = services[row.service].mode
            tonnes[row.from_hub, row.to_hub, mode] += row.qty * weight[good[row.order]]
    for departure in plan.departures:
        service = services[departure.service]
        for a, b in zip(service.route, service.route[1:], strict=False):
            if country[a] != country[b]:
                runs[a, b, service.mode] += departure.runs + departure.empty_runs
    return {key: (tonnes[key], runs[key]) for key in sorted({*tonnes, *runs})}


def _totals(run: Named, before: _Facts, after: _Facts) -> Iterator[Total]:
    for key in dict.fromkeys((*before.totals, *after.totals)):
        old, new = before.totals.get(key, 0.0), after.totals.get(key, 0.0)
        yield Total(run=run.name, measure=key[0], unit=key[1], before=old, after=new, change=new - old)


def _regions(run: Named, before: _Facts, after: _Facts) -> Iterator[RegionChange]:
    rows = [
        RegionChange(
            run=run.name,
            region=region,
            before=before.regions.get(region, 0.0),
            after=after.regions.get(region, 0.0),
            change=after.regions.get(region, 0.0) - before.regions.get(region, 0.0),
        )
        for region in dict.fromkeys((*before.regions, *after.regions))
    ]
    yield from sorted(rows, key=lambda row: (row.change, row.region))


def _crossings(run: Named, before: _Facts, after: _Facts) -> Iterator[CrossingChange]:
    for key in sorted({*before.crossings, *after.crossings}):
        old, new = before.crossings.get(key, (0.0, 0)), after.crossings.get(key, (0.0, 0))
        yield CrossingChange(
            run=run.name,
            from_hub=key[0],
            to_hub=key[1],
            mode=key[2],
            t_before=old[0],
            t_after=new[0],
            runs_before=old[1],
            runs_after=new[1],
        )


def _departures(run: Named, before: _Facts, after: _Facts) -> Iterator[DepartureChange]:
    for key in sorted({*before.departures, *after.departures}, key=lambda key: (key[1], key[0], key[2])):
        old, new = before.departures.get(key, 0), after.departures.get(key, 0)
        if old != new:
            change = "added" if not old else "dropped" if not new else "more" if new > old else "fewer"
            yield DepartureChange(
                run=run.name,
                change=change,
                service=key[0],
                leaves=key[1],
                owner=key[2],
                runs_before=old,
                runs_after=new,
            )


def _orders(run: Named, first: Named) -> Iterator[OrderChange]:
    before, after = _by_instance(first.plan), _by_instance(run.plan)
    way_before, way_after = _ways(first.plan), _ways(run.plan)
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        change = _change(old, new, way_before.get(key), way_after.get(key))
        row = new or old
        if change and row is not None:
            yield OrderChange(
                run=run.name,
                change=change,
                order=row.order,
                repeat=row.repeat,
                party=row.party,
                good=row.good,
                filled_before=old.filled if old else 0.0,
                filled_after=new.filled if new else 0.0,
                arrives_before=old.arrives if old else "",
                arrives_after=new.arrives if new else "",
            )


def _change(old: OrderResult | None, new: OrderResult | None, way_old: object, way_new: object) -> str:
    had, has = (row.filled if row is not None else 0.0 for row in (old, new))
    if not is_close(had, has):
        return "served" if has > had else "lost"
    if old is None or new is None or way_old == way_new:
        return ""
    if old.arrives == new.arrives:
        return "rerouted"
    return "later" if new.arrives > old.arrives else "earlier"


def _by_instance(plan: Plan) -> dict[tuple[str, int], OrderResult]:
    return {(row.order, row.repeat): row for row in plan.orders}


def _ways(plan: Plan) -> dict[tuple[str, int], frozenset[tuple[object, ...]]]:
    """Steps by instance of an order; of a trade both the offer's and the bid's."""
    trades = {row.trade: row for row in plan.trades}
    found: dict[tuple[str, int], set[tuple[object, ...]]] = defaultdict(set)
    for row in plan.flows:
        found[row.order, row.repeat].add(_step(row))
        if row.trade:
            trade = trades[row.trade]
            found[trade.bid, trade.bid_repeat].add(_step(row))
    return {key: frozenset(steps) for key, steps in found.items()}


def _step(row: Flow) -> tuple[object, ...]:
    return row.kind, row.service or row.handling, row.from_hub, row.to_hub, row.leaves, round(row.qty, 6)
