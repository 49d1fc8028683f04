"""Loads against capacity, shares of grants, tonnes in handling and in store (semantics §3.4, §3.5, §4.4, §5.1)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from landbridge.errors import Finding
from landbridge.units import exceeds, is_close
from landbridge.verify.book import Book, Run
from landbridge.verify.quotas import User, find_excess
from landbridge.verify.report import row_finding, run_finding
from landbridge.verify.ways import Way

Loads = Mapping[tuple[str, int], Mapping[str, float]]
"""Load by dimension of each leg of each departure."""


def sum_loads(ways: Sequence[Way]) -> Loads:
    """Add the loads of all paths up, by departure and leg."""
    loads: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for way in ways:
        for step in way.steps:
            if step.run is not None:
                leg = loads[step.flow.departure, step.leg]
                for dim, amount in way.good.per_unit.items():
                    leg[dim] += amount * way.qty  # type: ignore[assignment]
    return loads


def check_loads(book: Book, ways: Sequence[Way]) -> list[Finding]:
    """Check loads against capacity, and the columns load, fill_frac and run_cost of departures (§5.1, §7)."""
    loads = sum_loads(ways)
    findings: list[Finding] = []
    for run in book.runs:
        findings.extend(
            _run_loads(run, [loads.get((run.departure.departure, leg), {}) for leg in range(len(run.legs))])
        )
    return findings


def _run_loads(run: Run, legs: list[Mapping[str, float]]) -> Iterator[Finding]:
    departure, service = run.departure, run.service
    for dim, capacity in service.capacity.items():
        for leg, load in enumerate(legs):
            if exceeds(load.get(dim, 0.0), capacity * departure.runs):
                yield row_finding(
                    "over-capacity",
                    "departures",
                    run.row,
                    f"leg {leg + 1} of {departure.departure!r} carries {load.get(dim, 0.0):g} {dim}, the runs hold "
                    f"{capacity * departure.runs:g}",
                    f"load_{dim}",
                )
    peaks = {dim: max((leg.get(dim, 0.0) for leg in legs), default=0.0) for dim in {*departure.load, *service.capacity}}
    for dim, peak in sorted(peaks.items()):
        found = departure.load.get(dim, 0.0)
        if not is_close(found, peak):
            yield row_finding(
                "load-mismatch", "departures", run.row, f"found {found!r}, the flows add up to {peak!r}", f"load_{dim}"
            )
    fill = max(
        (peaks[dim] / (held * departure.runs) for dim, held in service.capacity.items() if held * departure.runs > 0),
        default=0.0,
    )
    if not is_close(departure.fill_frac, fill):
        yield row_finding(
            "fill-mismatch", "departures", run.row, f"found {departure.fill_frac!r}, expected {fill!r}", "fill_frac"
        )
    cost = service.run_cost * departure.runs
    if not is_close(departure.run_cost, cost):
        yield row_finding(
            "run-cost-mismatch",
            "departures",
            run.row,
            f"found {departure.run_cost!r}, {departure.runs} runs at {service.run_cost:g} cost {cost!r}",
            "run_cost",
        )


def check_shares(book: Book, ways: Sequence[Way]) -> list[Finding]:
    """Check that freight that rides by a grant keeps within its share of the runs (§4.4)."""
    use: dict[tuple[str, int, str, str, str, float], float] = defaultdict(float)
    for way in ways:
        for step in way.steps:
            if step.run is None:
                continue
            for need in step.needs:
                if need.share < 1.0:
                    agreement = step.flow.grant if step.flow.grant in need.agreements else need.agreements[0]
                    for dim in step.run.service.capacity:
                        amount = way.good.per_unit.get(dim, 0.0) * way.qty
                        use[step.flow.departure, step.leg, need.giver, agreement, dim, need.share] += amount
    findings = []
    for (departure, leg, giver, agreement, dim, share), amount in use.items():
        run = book.run_by_id[departure]
        most = share * run.service.capacity[dim] * run.departure.runs
        if exceeds(amount, most):
            findings.append(
                row_finding(
                    "over-share",
                    "departures",
                    run.row,
                    f"leg {leg + 1} of {departure!r}: {amount:g} {dim} by {agreement!r} of {giver!r}, open: {most:g}",
                    f"load_{dim}",
                )
            )
    return findings


def check_handling_tonnes(book: Book, ways: Sequence[Way]) -> list[Finding]:
    """Check the tonnes whose handling starts on each local day (§3.4, §4.7)."""
    use: dict[tuple[str, int], Counter[User]] = defaultdict(Counter)
    first_row: dict[tuple[str, int], int] = {}
    for way in ways:
        for step in way.steps:
            if step.handling is not None and step.handling.cap_t_per_day is not None:
                key = step.handling.handling, book.day(step.leaves, step.handling.hub)
                use[key][way.parties] += way.tonnes  # type: ignore[assignment]
                first_row.setdefault(key, step.row)
    findings = []
    for (name, day), users in use.items():
        handling = book.handlings[name]
        assert handling.cap_t_per_day is not None
        excess = find_excess(book.rights, handling.owner, "hub", name, handling.cap_t_per_day, users, whole=False)
        if excess is not None:
            findings.append(
                row_finding(
                    "handling-tonnes",
                    "flows",
                    first_row[name, day],
                    f"handling {name!r} on local day {day}: {excess} t (cap_t_per_day)",
                    "handling",
                )
            )
    return findings


def check_storage(book: Book, ways: Sequence[Way]) -> list[Finding]:
    """Check that no more tonnes wait at a hub than it may store, at every moment (§3.5)."""
    changes: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for way in ways:
        for wait in way.waits:
            if book.hubs[wait.hub].store_cap_t is not None and way.tonnes:
                _add_wait(changes[wait.hub], book, wait.since, wait.until, way.tonnes)
    findings = []
    for hub, moments in changes.items():
        limit = book.hubs[hub].store_cap_t
        assert limit is not None
        stored = 0.0
        for minute in sorted(moments):
            stored += moments[minute]
            if exceeds(stored, limit):
                findings.append(
                    run_finding(
                        "over-storage",
                        f"at {book.text(minute, hub)} {stored:g} t wait at hub {hub!r}, it stores {limit:g}",
                    )
                )
                break
    return findings


def _add_wait(moments: dict[int, float], book: Book, since: int, until: int, tonnes: float) -> None:
    """Add freight that waits in [since, until); in a cyclic case folded, with all cycles' freight at once."""
    if not book.cyclic:
        moments[since] += tonnes
        moments[until] -= tonnes
        return
    cycles, rest = divmod(until - since, book.horizon_min)
    moments[0] += cycles * tonnes
    first = since % book.horizon_min
    if rest:
        moments[first] += tonnes
        if first + rest < book.horizon_min:
            moments[first + rest] -= tonnes
        elif first + rest > book.horizon_min:
            moments[0] += tonnes
            moments[first + rest - book.horizon_min] -= tonnes
