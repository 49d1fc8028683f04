"""Paths: rows of flows, connected in place and time, with changes, transit and deadlines (semantics §3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from landbridge.errors import Finding
from landbridge.model.case import Good, Handling, Order
from landbridge.model.plan import Flow, Trade
from landbridge.units import exceeds, is_close
from landbridge.verify.book import Book
from landbridge.verify.report import row_finding
from landbridge.verify.steps import Step, names_of, read_step
from landbridge.verify.times import Instance, Terms, terms_of

START, END = "start", "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Freight that waits at a hub from a minute until another."""

    hub: str
    since: int
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One path of an order or trade: its steps, its waits, and when it ends."""

    first: Instance
    bid: Instance | None
    trade: str
    row: int
    good: Good
    parties: frozenset[str]
    terms: Terms
    qty: float
    tonnes: float
    steps: tuple[Step, ...]
    waits: tuple[Wait, ...]
    arrives: int

    @property
    def late_min(self) -> int:
        """Minutes after due at which it ends."""
        return max(0, self.arrives - self.terms.due)


def read_ways(book: Book) -> tuple[tuple[Way, ...], list[Finding]]:
    """Put the rows of flows together to paths, check each, and add what changes hands in place."""
    groups: dict[tuple[str, int, int], list[tuple[int, Flow]]] = defaultdict(list)
    for row, flow in enumerate(book.plan.flows):
        groups[flow.order, flow.repeat, flow.path].append((row, flow))
    ways: list[Way] = []
    findings: list[Finding] = []
    for rows in groups.values():
        way, found = _read_way(book, rows)
        findings.extend(found)
        if way is not None:
            ways.append(way)
    return (*ways, *_in_place(book, ways)), findings


def _read_way(book: Book, rows: list[tuple[int, Flow]]) -> tuple[Way | None, list[Finding]]:
    rows = sorted(rows, key=lambda item: item[1].seq)
    row, flow = rows[0]
    first = book.instances.get((flow.order, flow.repeat))
    if first is None or not first.order.from_hub:
        return None, [
            row_finding(
                "unknown-instance",
                "flows",
                row,
                f"found order {flow.order!r}, repeat {flow.repeat}; expected an instance of a shipment or offer",
                "repeat",
            )
        ]
    findings = list(_same_path(rows))
    trade, bid, problem = _trade_of(book, row, flow, first)
    if problem is not None:
        return None, [*findings, problem]
    good = book.goods[first.order.good]
    parties = parties_of(first.order, None if bid is None else bid.order)
    steps = []
    for number, item in rows:
        step, found = read_step(book, number, item, good, parties)
        findings.extend(found)
        if step is not None:
            steps.append(step)
    terms = terms_of(first, bid, good, book.clock)
    trace = _Trace(book, good, parties, first.order.from_hub, terms.ready, row)
    arrives = trace.follow(steps, (bid.order if bid is not None else first.order).to_hub)
    way = Way(
        first=first,
        bid=bid,
        trade="" if trade is None else trade.trade,
        row=row,
        good=good,
        parties=parties,
        terms=terms,
        qty=flow.qty,
        tonnes=flow.qty * book.tonnes_per_unit(good.good),
        steps=tuple(steps),
        waits=tuple(trace.waits),
        arrives=arrives,
    )
    return way, [*findings, *trace.findings, *_transit(book, way), *_deadline(book, way)]


def parties_of(first: Order, bid: Order | None) -> frozenset[str]:
    """Parties whose permissions freight has; nobody's for a shipment of the market outside (§4.4)."""
    orders = (first,) if bid is None else (first, bid)
    return frozenset(order.party for order in orders if order.party)


def _same_path(rows: list[tuple[int, Flow]]) -> Iterator[Finding]:
    head = rows[0][1]
    if head.seq != 1:
        yield row_finding("path-sequence", "flows", rows[0][0], f"found {head.seq}, expected 1 at the start", "seq")
    for (_, before), (row, flow) in pairwise(rows):
        if flow.seq == before.seq:
            yield row_finding(
                "duplicate-step",
                "flows",
                row,
                f"order {flow.order!r} repeat {flow.repeat} path {flow.path} has step {flow.seq} twice",
                "seq",
            )
        elif flow.seq != before.seq + 1:
            yield row_finding("path-sequence", "flows", row, f"found {flow.seq}, expected {before.seq + 1}", "seq")
        if not is_close(flow.qty, head.qty) or flow.trade != head.trade:
            yield row_finding(
                "path-not-conserved",
                "flows",
                row,
                f"found {flow.qty!r} of trade {flow.trade!r}, the path starts with {head.qty!r} of {head.trade!r}",
                "qty",
            )
    if not head.qty > 0:
        yield row_finding("qty-not-positive", "flows", rows[0][0], f"found {head.qty!r}, expected > 0", "qty")


def _trade_of(
    book: Book, row: int, flow: Flow, first: Instance
) -> tuple[Trade | None, Instance | None, Finding | None]:
    is_offer = not first.order.to_hub
    if not is_offer and not flow.trade:
        return None, None, None
    trade = book.trades[flow.trade][1] if flow.trade in book.trades else None
    if not is_offer or trade is None or (trade.offer, trade.offer_repeat) != (flow.order, flow.repeat):
        expected = f"a trade of offer {flow.order!r}, repeat {flow.repeat}" if is_offer else "blank: it is a shipment"
        return (
            None,
            None,
            row_finding("unknown-trade", "flows", row, f"found {flow.trade!r}, expected {expected}", "trade"),
        )
    bid = book.instances.get((trade.bid, trade.bid_repeat))
    if bid is None or bid.order.from_hub:
        finding = row_finding(
            "unknown-trade",
            "flows",
            row,
            f"trade {flow.trade!r} names no bid: {trade.bid!r} repeat {trade.bid_repeat}",
            "trade",
        )
        return None, None, finding
    return trade, bid, None


def find_rows(book: Book, hub: str, before: str, after: str) -> tuple[Handling, ...]:
    """Handling rows of a hub that match a pair of modes (§3.3)."""
    return tuple(row for row in book.handlings_at_hub.get(hub, ()) if _matches(row, before, after))


def _matches(row: Handling, before: str, after: str) -> bool:
    if not row.from_mode and not row.to_mode and row.cap_runs_per_day is not None:
        return False
    return _fits(row.from_mode, before, START) and _fits(row.to_mode, after, END)


def _fits(cell: str, mode: str, edge: str) -> bool:
    return cell == mode or (not cell and mode != edge)


class _Trace:
    """Follows freight from step to step; collects waits and findings."""

    def __init__(self, book: Book, good: Good, parties: frozenset[str], hub: str, ready: int, row: int) -> None:
        self.book, self.good, self.parties = book, good, parties
        self.hub, self.now, self.mode, self.row = hub, ready, START, row
        self.last: Step | None = None
        self.pending: Step | None = None
        self.waits: list[Wait] = []
        self.findings: list[Finding] = []

    def follow(self, steps: Iterable[Step], end_hub: str) -> int:
        """Follow the steps to the end hub; return the minute at which the freight has left the network."""
        for step in steps:
            self.row = step.row
            if step.flow.from_hub != self.hub:
                self._add(
                    "path-not-connected",
                    f"leaves from {step.flow.from_hub!r}, the freight is at {self.hub!r}",
                    "from_hub",
                )
            if step.leaves < self.now:
                there = self.book.text(self.now, self.hub)
                code = "before-ready" if self.last is None and self.pending is None else "leaves-before-arrival"
                self._add(code, f"leaves at {step.flow.leaves!r}, the freight is ready at {there!r}", "leaves")
            if step.run is None:
                self._handle(step)
            else:
                self._ride(step)
        self._change(END)
        if self.hub != end_hub:
            self._add("path-not-connected", f"the path ends at {self.hub!r}, expected {end_hub!r}", "to_hub")
        return self.now

    def _add(self, code: str, message: str, column: str) -> None:
        self.findings.append(row_finding(code, "flows", self.row, message, column))

    def _wait(self, until: int) -> None:
        if until > self.now:
            self.waits.append(Wait(hub=self.hub, since=self.now, until=until))

    def _handle(self, step: Step) -> None:
        if self.pending is not None:
            self._add("handling-twice", f"one handling a change, found also {step.flow.handling!r}", "handling")
        self._wait(step.leaves)
        self.pending = step
        self.hub, self.now = step.flow.to_hub, step.arrives

    def _ride(self, step: Step) -> None:
        assert step.run is not None
        if self._stays_aboard(step):
            if self.pending is not None:
                self._add("handling-aboard", f"freight that stays aboard {step.flow.departure!r} is not handled", "seq")
        else:
            self._change(step.run.service.mode)
            self._wait(step.leaves)
        self.pending, self.last = None, step
        self.mode, self.hub, self.now = step.run.service.mode, step.flow.to_hub, step.arrives

    def _stays_aboard(self, step: Step) -> bool:
        last = self.last
        return (
            last is not None
            and last.flow.departure == step.flow.departure
            and last.leg + 1 == step.leg
            and last.arrives == step.leaves
        )

    def _change(self, mode: str) -> None:
        """Check the change from the mode the freight came by to ``mode`` (§3.3, §4.6)."""
        pair = f"{self.mode} to {mode} at {self.hub!r}"
        rows = find_rows(self.book, self.hub, self.mode, mode)
        serving = [row for row in rows if row.handling_class in ("", self.good.handling_class)]
        if self.pending is None:
            if rows:
                which = ", ".join(repr(row.handling) for row in serving) or f"none serves {self.good.handling_class!r}"
                self._add("handling-missing", f"{pair} takes a handling ({which})", "handling")
        elif self.pending.handling not in serving:
            self._add(
                "handling-not-matching",
                f"{self.pending.flow.handling!r} does not serve {pair} for class {self.good.handling_class!r}",
                "handling",
            )
        if self.mode != START and mode != END:
            owner = self.book.hubs[self.hub].owner
            if self.book.rights.change(self.parties, owner, self.hub) is None:
                self._add(
                    "change-not-permitted",
                    f"freight of {names_of(self.parties)} may not change at {self.hub!r} of {owner!r} (§4.6)",
                    "from_hub",
                )


def _transit(book: Book, way: Way) -> Iterator[Finding]:
    legs = [step for step in way.steps if step.run is not None]
    if not legs:
        return
    end = way.bid.order.to_hub if way.bid is not None else way.first.order.to_hub
    home = {book.country_by_hub[way.first.order.from_hub], book.country_by_hub[end]}
    orders = (way.first.order,) if way.bid is None else (way.first.order, way.bid.order)
    for step in legs:
        for hub in (step.flow.from_hub, step.flow.to_hub):
            country = book.country_by_hub[hub]
            if country in home:
                continue
            for order in orders:
                listed = order.transit or way.good.transit
                if country not in listed and "*" not in listed:
                    yield row_finding(
                        "transit-not-permitted",
                        "flows",
                        step.row,
                        f"{way.good.good!r} of {order.order!r} may not cross {country!r} at {hub!r} (§3.9)",
                        "to_hub",
                    )


def _deadline(book: Book, way: Way) -> Iterator[Finding]:
    if way.arrives > way.terms.deadline:
        row = way.steps[-1].row if way.steps else way.row
        yield row_finding(
            "after-deadline",
            "flows",
            row,
            f"order {way.first.order.order!r} arrives {way.arrives - way.terms.deadline} min after its deadline (§2.3)",
            "arrives",
        )


def _in_place(book: Book, ways: list[Way]) -> Iterator[Way]:
    """Find what needs no step because it ends where it starts: it has no rows in flows."""
    moved: dict[tuple[str, int, str], float] = defaultdict(float)
    for way in ways:
        moved[way.first.order.order, way.first.repeat, way.trade] += way.qty
    for trade in book.plan.trades:
        offer = book.instances.get((trade.offer, trade.offer_repeat))
        bid = book.instances.get((trade.bid, trade.bid_repeat))
        if offer is not None and bid is not None and offer.order.from_hub == bid.order.to_hub:
            rest = trade.qty - moved[trade.offer, trade.offer_repeat, trade.trade]
            yield from _stay(book, offer, bid, trade.trade, rest)
    for result in book.plan.orders:
        item = book.instances.get((result.order, result.repeat))
        if item is not None and item.order.from_hub == item.order.to_hub:
            yield from _stay(book, item, None, "", result.filled - moved[result.order, result.repeat, ""])


def _stay(book: Book, first: Instance, bid: Instance | None, trade: str, qty: float) -> Iterator[Way]:
    good = book.goods[first.order.good]
    terms = terms_of(first, bid, good, book.clock)
    if not exceeds(qty, 0.0) or terms.ready > terms.deadline or find_rows(book, first.order.from_hub, START, END):
        return
    yield Way(
        first=first,
        bid=bid,
        trade=trade,
        row=0,
        good=good,
        parties=parties_of(first.order, None if bid is None else bid.order),
        terms=terms,
        qty=qty,
        tonnes=qty * book.tonnes_per_unit(good.good),
        steps=(),
        waits=(),
        arrives=terms.ready,
    )
