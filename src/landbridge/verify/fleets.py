"""Vehicles of fleets: conserved at hub and time, and the least number in use (semantics §5.6)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from landbridge.errors import Finding
from landbridge.model.case import Case, Fleet
from landbridge.units import is_close
from landbridge.verify.book import Book, Run
from landbridge.verify.report import row_finding, run_finding


def list_fleet_runs(book: Book) -> dict[str, list[Run]]:
    """Departures of each fleet."""
    found: dict[str, list[Run]] = defaultdict(list)
    for run in book.runs:
        if run.service.fleet in book.fleets and run.legs:
            found[run.service.fleet].append(run)
    return found


def count_vehicles(book: Book, runs: list[Run]) -> tuple[dict[str, int], int, dict[str, int]]:
    """
    Count the vehicles a fleet needs.

    Hubs are independent of each other: a hub needs as many vehicles at the
    start as leave it at most ahead of those that arrive. A cyclic fleet has
    besides, at minute 0, each vehicle on the way once for every end of a cycle
    it passes (an arrival at minute 0 is on the way until then).

    Returns
    -------
    Vehicles needed at each hub at minute 0, those on the way then, and what each hub gains until the end.
    """
    moves: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    on_the_way = 0
    for run in runs:
        vehicles = int(run.departure.runs + run.departure.empty_runs)
        leaves, arrives = run.leaves, run.legs[-1][1]
        moves[run.service.route[0]].append((book.wrap(leaves), 1, -vehicles))
        if book.cyclic:
            on_the_way += vehicles * (arrives // book.horizon_min - leaves // book.horizon_min)
        if book.cyclic or arrives <= book.horizon_min:
            moves[run.service.route[-1]].append((book.wrap(arrives), 0, vehicles))
    needed: dict[str, int] = {}
    gained: dict[str, int] = {}
    for hub, changes in moves.items():
        there = lowest = 0
        for _, _, change in sorted(changes):  # arrivals (0) before departures (1) of the same minute
            there += change
            lowest = min(lowest, there)
        needed[hub], gained[hub] = -lowest, there
    return needed, on_the_way, gained


def count_used(book: Book) -> dict[str, int]:
    """Least number of vehicles in use, by fleet."""
    used = {}
    for fleet, runs in list_fleet_runs(book).items():
        needed, on_the_way, _ = count_vehicles(book, runs)
        used[fleet] = sum(needed.values()) + on_the_way
    return used


def fleet_owner(case: Case, fleet: str) -> str:
    """Owner cell of a fleet: its own or, where blank, that of its services if all have the same; else public."""
    own = next(row.owner for row in case.fleets if row.fleet == fleet)
    cells = {row.owner for row in case.services if row.fleet == fleet}
    return own or (next(iter(cells)) if len(cells) == 1 else "")


def check_fleets(book: Book) -> list[Finding]:
    """Check conservation and count of each fleet, and the table fleets."""
    findings: list[Finding] = []
    for name, runs in list_fleet_runs(book).items():
        needed, on_the_way, gained = count_vehicles(book, runs)
        findings.extend(_fleet(book, book.fleets[name], runs[0].row, needed, on_the_way, gained))
    return [*findings, *_table(book, count_used(book))]


def _fleet(
    book: Book, fleet: Fleet, row: int, needed: Mapping[str, int], on_the_way: int, gained: Mapping[str, int]
) -> Iterator[Finding]:
    if book.cyclic or fleet.round_the_week:
        for hub, vehicles in gained.items():
            if vehicles:
                yield row_finding(
                    "fleet-not-conserved",
                    "departures",
                    row,
                    f"fleet {fleet.fleet!r} has {vehicles:+d} vehicles at hub {hub!r} from start to end",
                    "runs",
                )
    if fleet.hub and not book.cyclic:
        for hub, vehicles in needed.items():
            if vehicles and hub != fleet.hub:
                yield row_finding(
                    "fleet-not-there",
                    "departures",
                    row,
                    f"fleet {fleet.fleet!r} starts at {fleet.hub!r}; {vehicles} vehicles leave {hub!r} before any came",
                    "runs",
                )
    used = sum(needed.values()) + on_the_way
    if fleet.count is not None and used > fleet.count:
        yield row_finding(
            "fleet-count",
            "departures",
            row,
            f"fleet {fleet.fleet!r} takes {used} vehicles, it has {fleet.count}",
            "runs",
        )


def _table(book: Book, used: Mapping[str, int]) -> Iterator[Finding]:
    rows = Counter(use.fleet for use in book.plan.fleets)
    for row, use in enumerate(book.plan.fleets):
        fleet = book.fleets.get(use.fleet)
        if fleet is None or rows[use.fleet] > 1:
            yield row_finding(
                "unknown-fleet", "fleets", row, f"found {use.fleet!r}, expected each fleet of the case once", "fleet"
            )
            continue
        if use.used != used.get(use.fleet, 0):
            yield row_finding(
                "fleet-used",
                "fleets",
                row,
                f"found {use.used!r}, the departures take {used.get(use.fleet, 0)} vehicles",
                "used",
            )
        if not is_close(use.fixed_cost, use.used * fleet.fixed_cost):
            yield row_finding(
                "fleet-cost",
                "fleets",
                row,
                f"found {use.fixed_cost!r}, expected {use.used} x {fleet.fixed_cost!r}",
                "fixed_cost",
            )
    for name, vehicles in used.items():
        if vehicles and name not in rows:
            yield run_finding(
                "fleet-missing", f"fleets.csv has no row of fleet {name!r}, which uses {vehicles} vehicles"
            )
