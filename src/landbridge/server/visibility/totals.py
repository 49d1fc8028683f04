"""
Totals of the corridor that every organisation on a case may see (docs/design/server.md §2.4).

A total is made of contributions; a contribution is known to the organisations
whose freight it is and to those whose vehicle carries it. A total is published when,
whoever looks and subtracts all contributions it knows, what is left has no organisation
in common, neither as freight's owner nor as carrier: then it takes at least three
contributors, and no difference is the figure of one of them. Published totals of one
measure never overlap: each crossing and direction is one cell, given by day only when
every day passes; cells that fail are pooled, and the pool is a cell like any other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from landbridge.model.case import Case
from landbridge.model.clock import Clock
from landbridge.model.plan import Money, Plan
from landbridge.server.visibility.holdings import Holdings, Organisations

LEAST_CONTRIBUTORS = 3
"""Fewest organisations behind a total that is published."""

NOBODY = ""
"""Somebody who contributes nothing and looks all the same."""

Cell = TypeVar("Cell")


@dataclass(slots=True)
class Tally:
    """
    A total and who stands behind it.

    ``contributions`` are the different combinations of organisations it is made of: for each part played (freight,
    carrier) a set of those who play it together.
    """

    amount: float = 0.0
    contributions: set[tuple[Organisations, ...]] = field(default_factory=set)

    def add(self, amount: float, *parts: Organisations) -> None:
        """Count an amount by who plays each part in it; nothing is no contribution."""
        if amount:
            self.amount += amount
            self.contributions.add(parts)

    def join(self, other: Tally) -> None:
        """Add another total to this one."""
        self.amount += other.amount
        self.contributions |= other.contributions

    def is_public(self) -> bool:
        """Whether no organisation can take what it knows away and be left with what one other contributed."""
        known = [frozenset[str]().union(*parts) for parts in self.contributions]
        for viewer in frozenset[str]().union(*known) | {NOBODY}:
            unknown = [parts for parts, who in zip(self.contributions, known, strict=True) if viewer not in who]
            if any(_has_common(part) for part in zip(*unknown, strict=True)):
                return False
        return any(known)


def _has_common(part: Iterable[Organisations]) -> bool:
    """Whether one organisation plays this part in every contribution; the market outside is nobody's figure."""
    named = [names for names in part if names]
    return bool(named) and bool(frozenset.intersection(*named))


@dataclass(frozen=True, slots=True, kw_only=True)
class Published(Generic[Cell]):
    """Totals by cell that may be seen, the pool of all others (None: withheld too), and how many cells are in it."""

    cells: Mapping[Cell, float]
    rest: float | None
    num_withheld: int

    @property
    def total(self) -> float | None:
        """Sum of everything; None where the pool is withheld."""
        return None if self.rest is None else sum(self.cells.values()) + self.rest


def publish(tallies: Mapping[Cell, Tally]) -> Published[Cell]:
    """Say which of some totals that do not overlap may be seen."""
    public = {cell: tally.amount for cell, tally in tallies.items() if tally.is_public()}
    pool = Tally()
    withheld = [tally for cell, tally in tallies.items() if cell not in public and tally.amount]
    for tally in withheld:
        pool.join(tally)
    rest = 0.0 if not withheld else pool.amount if pool.is_public() else None
    return Published(cells=public, rest=rest, num_withheld=len(withheld))


Crossing = tuple[str, str, str]
"""Hub that is left and hub that is reached in another country, and mode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corridor:
    """
    What everybody may know of a run.

    Parameters
    ----------
    num_organisations
        Organisations whose money the plan moves; None when they are fewer than ``LEAST_CONTRIBUTORS``.
    status, gap
        How the search ended, and how far the plan is from the best possible at most: never withheld.
    value, bound, spend
        Of the whole plan; None: withheld.
    tonnes, runs
        By crossing and direction over the horizon.
    tonnes_by_day
        Of crossings of which every day may be seen: tonnes by day of leaving in the case's time zone. They add up to
        the crossing's tonnes.
    """

    num_organisations: int | None
    status: str
    gap: float | None
    value: float | None
    bound: float | None
    spend: float | None
    tonnes: Published[Crossing]
    runs: Published[Crossing]
    tonnes_by_day: Mapping[Crossing, tuple[float, ...]]


def find_corridor(case: Case, plan: Plan, holdings: Holdings, money: Mapping[str, Money]) -> Corridor:
    """
    Add up what may be seen of a plan by everybody.

    Parameters
    ----------
    case, plan, holdings
        The whole of them.
    money
        Terms of the plan's value by organisation, see ``money_by_organisation``.
    """
    movers = {name for name, terms in money.items() if terms != Money()}
    is_public = len(movers) >= LEAST_CONTRIBUTORS
    summary = plan.summary
    by_day = _tonnes(case, plan, holdings)
    days = _num_days(case)
    tonnes = publish({crossing: _sum(tallies.values()) for crossing, tallies in by_day.items()})
    return Corridor(
        num_organisations=len(movers) if is_public else None,
        status=summary.status.value,
        gap=summary.gap,
        value=summary.value if is_public else None,
        bound=summary.bound if is_public else None,
        spend=summary.spend if is_public else None,
        tonnes=tonnes,
        runs=publish(_runs(case, plan, holdings)),
        tonnes_by_day={
            crossing: tuple(tallies[day].amount for day in range(days))
            for crossing, tallies in by_day.items()
            if crossing in tonnes.cells
            and set(tallies) == set(range(days))
            and all(tally.is_public() for tally in tallies.values())
        },
    )


def corridor_to_json(corridor: Corridor, case: Case) -> dict[str, Any]:
    """
    Give the totals as plain data; ``null`` is withheld.

    Every crossing that a service of the case could use is listed, whether the plan uses it or not: a missing row
    would say that a partner sends nothing.
    """
    return {
        "least_contributors": LEAST_CONTRIBUTORS,
        "organisations": corridor.num_organisations,
        "status": corridor.status,
        "gap": corridor.gap,
        "value": corridor.value,
        "bound": corridor.bound,
        "spend": corridor.spend,
        "tonnes": corridor.tonnes.total,
        "runs": corridor.runs.total,
        "crossings": [
            {
                "from_hub": crossing[0],
                "to_hub": crossing[1],
                "mode": crossing[2],
                "tonnes": corridor.tonnes.cells.get(crossing),
                "runs": corridor.runs.cells.get(crossing),
                "tonnes_by_day": (
                    list(corridor.tonnes_by_day[crossing]) if crossing in corridor.tonnes_by_day else None
                ),
            }
            for crossing in list_crossings(case)
        ],
    }


def list_crossings(case: Case) -> list[Crossing]:
    """Pairs of hubs in two countries that a leg of a service joins, by direction and mode."""
    is_border = _border_test(case)
    found = {
        (a, b, row.mode)
        for row in case.services
        for a, b in zip(row.route, row.route[1:], strict=False)
        if is_border(a, b)
    }
    return sorted(found)


def _tonnes(case: Case, plan: Plan, holdings: Holdings) -> dict[Crossing, defaultdict[int, Tally]]:
    """Tonnes by crossing and day of leaving, with whose freight they are and whose vehicles carry them."""
    is_border, clock = _border_test(case), Clock.of(case.settings)
    orders = {row.order: row for row in case.orders}
    bids = {row.trade: orders[row.bid].party for row in plan.trades}
    weight = {row.good: row.per_unit.get("t", 0.0) for row in case.goods}
    carriers = _carriers(case, plan, holdings)
    modes = {row.service: row.mode for row in case.services}
    found: dict[Crossing, defaultdict[int, Tally]] = defaultdict(lambda: defaultdict(Tally))
    for flow in plan.flows:
        if flow.kind != "leg" or not is_border(flow.from_hub, flow.to_hub):
            continue
        order = orders[flow.order]
        parties = {order.party, bids.get(flow.trade, "")} - {""}
        day = clock.day(clock.minute(flow.leaves))
        found[flow.from_hub, flow.to_hub, modes[flow.service]][day].add(
            flow.qty * weight[order.good],
            frozenset(holdings.of_party(party) for party in parties),
            carriers[flow.departure],
        )
    return found


def _runs(case: Case, plan: Plan, holdings: Holdings) -> dict[Crossing, Tally]:
    """Vehicles over each crossing, loaded and empty, with whose they are."""
    is_border, services = _border_test(case), {row.service: row for row in case.services}
    carriers = _carriers(case, plan, holdings)
    found: dict[Crossing, Tally] = defaultdict(Tally)
    for row in plan.departures:
        service = services[row.service]
        for a, b in zip(service.route, service.route[1:], strict=False):
            if is_border(a, b):
                found[a, b, service.mode].add(row.runs + row.empty_runs, carriers[row.departure])
    return found


def _carriers(case: Case, plan: Plan, holdings: Holdings) -> dict[str, Organisations]:
    """Organisations of each departure: who owns the service, and who runs it."""
    owners = {row.service: row.owner for row in case.services}
    return {
        row.departure: holdings.of_cell(owners[row.service]) | holdings.of_cell(row.owner) for row in plan.departures
    }


def _sum(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        total.join(tally)
    return total


def _num_days(case: Case) -> int:
    return max(1, int(-(-case.settings.horizon_h // 24)))


def _border_test(case: Case) -> Callable[[str, str], bool]:
    countries = {row.region: row.country for row in case.regions}
    country = {row.hub: countries.get(row.region, "") for row in case.hubs}
    return lambda a, b: country[a] != country[b]
