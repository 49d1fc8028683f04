"""The rows of flows, one by one: what each says, and whether its departure or handling is really so (semantics §3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from landbridge.errors import Finding
from landbridge.model.case import Good, Handling
from landbridge.model.plan import Flow
from landbridge.units import to_minutes
from landbridge.verify.book import Book, Run
from landbridge.verify.permissions import Need
from landbridge.verify.report import row_finding
from landbridge.verify.times import is_open

LEG, HANDLING = "leg", "handling"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A row of flows that can be read: a leg of a departure (``run``) or a handling."""

    row: int
    flow: Flow
    leaves: int
    arrives: int
    run: Run | None = None
    handling: Handling | None = None
    needs: tuple[Need, ...] = ()
    """Grants the freight rides by."""

    @property
    def leg(self) -> int:
        """Index of the leg ridden, from 0; rows count from 1."""
        return self.flow.leg - 1


def read_step(
    book: Book, row: int, flow: Flow, good: Good, parties: frozenset[str]
) -> tuple[Step | None, list[Finding]]:
    """Read a row of flows; without a step when it names nothing that exists."""
    findings: list[Finding] = []
    leaves, arrives = book.minute(flow.leaves), book.minute(flow.arrives)
    for column, minute in (("leaves", leaves), ("arrives", arrives)):
        if minute is None:
            findings.append(
                row_finding(
                    "bad-time",
                    "flows",
                    row,
                    f"found {getattr(flow, column)!r}, expected a local time with offset",
                    column,
                )
            )
    findings.extend(
        row_finding("unknown-hub", "flows", row, f"found {getattr(flow, column)!r}", column)
        for column in ("from_hub", "to_hub")
        if getattr(flow, column) not in book.hubs
    )
    if findings or leaves is None or arrives is None:
        return None, findings
    for column, minute, hub in (("leaves", leaves, flow.from_hub), ("arrives", arrives, flow.to_hub)):
        if getattr(flow, column) != (text := book.text(minute, hub)):
            findings.append(
                row_finding(
                    "time-not-local", "flows", row, f"found {getattr(flow, column)!r}, expected {text!r}", column
                )
            )
    if flow.kind == LEG:
        step, more = _read_leg(book, row, flow, leaves, arrives, good, parties)
    elif flow.kind == HANDLING:
        step, more = _read_handling(book, row, flow, leaves, arrives, parties)
    else:
        step, more = (
            None,
            [row_finding("unknown-kind", "flows", row, f"found {flow.kind!r}, expected leg or handling", "kind")],
        )
    return step, [*findings, *more]


def _read_leg(
    book: Book, row: int, flow: Flow, leaves: int, arrives: int, good: Good, parties: frozenset[str]
) -> tuple[Step | None, list[Finding]]:
    run = book.run_by_id.get(flow.departure)
    if run is None:
        return None, [
            row_finding(
                "unknown-departure",
                "flows",
                row,
                f"found {flow.departure!r}, expected a row of departures",
                "departure",
            )
        ]
    if not 1 <= flow.leg <= len(run.legs):
        return None, [
            row_finding(
                "leg-unknown",
                "flows",
                row,
                f"found {flow.leg}, expected 1..{len(run.legs)} of service {run.service.service!r}",
                "leg",
            )
        ]
    findings = [*_leg_findings(book, row, flow, run, leaves, arrives)]
    if run.service.accepts and good.handling_class not in run.service.accepts:
        findings.append(
            row_finding(
                "not-accepted",
                "flows",
                row,
                f"service {run.service.service!r} does not take {good.good!r} of class {good.handling_class!r}",
                "service",
            )
        )
    needs, more = _ride(book, row, flow, run, parties)
    return Step(row=row, flow=flow, leaves=leaves, arrives=arrives, run=run, needs=needs), [*findings, *more]


def _leg_findings(book: Book, row: int, flow: Flow, run: Run, leaves: int, arrives: int) -> Iterator[Finding]:
    service = run.service
    if flow.service != service.service or flow.handling:
        yield row_finding(
            "step-mismatch",
            "flows",
            row,
            f"departure {flow.departure!r} is of service {service.service!r}; found service {flow.service!r}, "
            f"handling {flow.handling!r}",
            "service",
        )
    ends = service.route[flow.leg - 1], service.route[flow.leg]
    if (flow.from_hub, flow.to_hub) != ends:
        yield row_finding(
            "leg-hubs",
            "flows",
            row,
            f"found {flow.from_hub!r} > {flow.to_hub!r}, leg {flow.leg} is {ends[0]!r} > {ends[1]!r}",
            "from_hub",
        )
    planned, arrival = run.legs[flow.leg - 1]
    if book.wrap(leaves) != book.wrap(planned):
        yield row_finding(
            "leg-leaves",
            "flows",
            row,
            f"found {flow.leaves!r}, leg {flow.leg} of departure {flow.departure!r} leaves at "
            f"{book.text(planned, flow.from_hub)!r}",
            "leaves",
        )
    if arrives - leaves != arrival - planned:
        yield row_finding(
            "leg-arrives",
            "flows",
            row,
            f"found {arrives - leaves} min on the way, leg {flow.leg} of {service.service!r} takes {arrival - planned}",
            "arrives",
        )
    if not book.cyclic and (leaves < 0 or arrives > book.horizon_min):
        yield row_finding(
            "outside-horizon",
            "flows",
            row,
            f"a leg with load lasts from minute {leaves} to {arrives}, expected within 0..{book.horizon_min}",
            "arrives",
        )
    if run.departure.runs <= 0:
        yield row_finding("rides-no-run", "flows", row, f"departure {flow.departure!r} has no loaded runs", "departure")


def _ride(
    book: Book, row: int, flow: Flow, run: Run, parties: frozenset[str]
) -> tuple[tuple[Need, ...], list[Finding]]:
    owner = run.departure.owner
    ways = book.rights.ride(parties, owner, run.service)
    if not ways:
        return (), [
            row_finding(
                "ride-not-permitted",
                "flows",
                row,
                f"freight of {names_of(parties)} may not ride {run.service.service!r} of {owner!r} (§4.4)",
                "departure",
            )
        ]
    for needs in ways:
        if _names_grants(flow.grant, needs):
            return needs, []
    wanted = " or ".join("+".join(need.agreements[0] for need in needs) or "blank" for needs in ways)
    return ways[0], [
        row_finding(
            "grant-mismatch",
            "flows",
            row,
            f"found {flow.grant!r}; freight of {names_of(parties)} rides runs of {owner!r} by {wanted}",
            "grant",
        )
    ]


def _names_grants(text: str, needs: tuple[Need, ...]) -> bool:
    """Tell whether the text names an agreement of each need and none besides."""
    if not needs or len(needs) == 1:
        return text in needs[0].agreements if needs else not text
    if any(text == " ".join(dict.fromkeys(names)) for names in product(*(need.agreements for need in needs))):
        return True
    words = set(text.replace("+", " ").split())
    known = {agreement for need in needs for agreement in need.agreements}
    return words <= known and all(words & set(need.agreements) for need in needs)


def _read_handling(
    book: Book, row: int, flow: Flow, leaves: int, arrives: int, parties: frozenset[str]
) -> tuple[Step | None, list[Finding]]:
    handling = book.handlings.get(flow.handling)
    if handling is None:
        return None, [row_finding("unknown-handling", "flows", row, f"found {flow.handling!r}", "handling")]
    findings = []
    if flow.from_hub != handling.hub or flow.to_hub != handling.hub:
        findings.append(
            row_finding(
                "handling-hub",
                "flows",
                row,
                f"handling {handling.handling!r} is at {handling.hub!r}, found {flow.from_hub!r} > {flow.to_hub!r}",
                "from_hub",
            )
        )
    if flow.departure or flow.service:
        findings.append(
            row_finding(
                "step-mismatch",
                "flows",
                row,
                f"a handling rides nothing; found departure {flow.departure!r}, service {flow.service!r}",
                "departure",
            )
        )
    dwell = to_minutes(handling.dwell_h)
    if arrives - leaves != dwell:
        findings.append(
            row_finding(
                "handling-dwell",
                "flows",
                row,
                f"found {arrives - leaves} min, handling {handling.handling!r} takes {dwell}",
                "arrives",
            )
        )
    if not is_open(
        handling.opens, handling.closes, handling.days, leaves, book.clock, book.zones.get(handling.hub, "")
    ):
        findings.append(
            row_finding(
                "handling-closed",
                "flows",
                row,
                f"{flow.leaves!r} is outside the opening hours of {handling.handling!r} "
                f"({handling.opens or '00:00'}-{handling.closes or '24:00'} {handling.days or 'daily'})",
                "leaves",
            )
        )
    findings.extend(_change_permission(book, row, flow, handling, parties))
    return Step(row=row, flow=flow, leaves=leaves, arrives=arrives, handling=handling), findings


def _change_permission(
    book: Book, row: int, flow: Flow, handling: Handling, parties: frozenset[str]
) -> Iterator[Finding]:
    by_row = book.rights.change(parties, handling.owner, handling.handling)
    if by_row is None:
        yield row_finding(
            "handling-not-permitted",
            "flows",
            row,
            f"freight of {names_of(parties)} may not use {handling.handling!r} of {handling.owner!r} (§4.6)",
            "handling",
        )
        return
    by_hub = book.rights.change(parties, book.hubs[handling.hub].owner, handling.hub) or frozenset()
    known = by_row | by_hub
    if flow.grant not in known and not set(flow.grant.replace("+", " ").split()) <= known:
        yield row_finding(
            "grant-mismatch",
            "flows",
            row,
            f"found {flow.grant!r}, expected {' '.join(sorted(by_row)) or 'blank'}",
            "grant",
        )


def names_of(parties: frozenset[str]) -> str:
    """Parties of freight in words."""
    return " and ".join(repr(party) for party in sorted(parties)) or "the market outside"
