"""Freight of a coalition: where each order's goods may start and end, by when, and with whose permissions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from landbridge.model.case import Good, Order
from landbridge.verify.book import Book
from landbridge.verify.layout import ANY
from landbridge.verify.times import Instance, Terms, terms_of
from landbridge.verify.ways import parties_of

Key = tuple[str, int]
"""An instance of an order."""


@dataclass(frozen=True, slots=True)
class Column:
    """Freight that is alike on its way: start, permissions, good, countries, and the order that pays tolls."""

    hub: str
    ready: int
    parties: frozenset[str]
    good: str
    countries: frozenset[str]
    payer: Key | None


@dataclass(frozen=True, slots=True)
class Sink:
    """Where freight of a column may end, of a shipment or of an offer that a bid takes."""

    column: int
    hub: str
    terms: Terms
    first: Key
    bid: Key | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Freight:
    """All columns with their sinks."""

    columns: tuple[Column, ...]
    sinks: tuple[Sink, ...]


def list_freight(book: Book, payers: frozenset[Key], *, timed: bool) -> Freight:
    """
    List the freight of a coalition.

    Parameters
    ----------
    payers
        Instances of orders that pay tolls; of others, those that are alike are one.
    timed
        False: whenever it is ready and due.
    """
    columns: dict[Column, int] = {}
    sinks: list[Sink] = []

    def add(first: Instance, bid: Instance | None) -> None:
        order, good = first.order, book.goods[first.order.good]
        terms = terms_of(first, bid, good, book.clock)
        if terms.ready > terms.deadline:
            return
        last = order if bid is None else bid.order
        key = (order.order, first.repeat)
        column = Column(
            order.from_hub,
            terms.ready if timed else ANY,
            parties_of(order, None if bid is None else bid.order),
            order.good,
            _countries(book, order, last, good),
            key if key in payers else None,
        )
        number = columns.setdefault(column, len(columns))
        end = None if bid is None else (bid.order.order, bid.repeat)
        sinks.append(Sink(number, last.to_hub, terms, key, end))

    bids: dict[str, list[Instance]] = defaultdict(list)
    for item in book.instances.values():
        if not item.order.from_hub:
            bids[item.order.good].append(item)
    for item in book.instances.values():
        order = item.order
        if order.from_hub and order.to_hub:
            add(item, None)
        elif order.from_hub:
            for bid in bids[order.good]:
                if (order.party or bid.order.party) and book.rights.may_trade(order.party, bid.order.party, order.good):
                    add(item, bid)
    return Freight(columns=tuple(columns), sinks=tuple(sinks))


def _countries(book: Book, first: Order, last: Order, good: Good) -> frozenset[str]:
    """Countries the freight may touch (§3.9): those of its ends, and those that both sides list."""
    everywhere = frozenset(book.country_by_hub.values())
    found = everywhere
    for order in (first, last):
        listed = order.transit or good.transit
        found &= everywhere if "*" in listed else frozenset(listed)
    return found | {book.country_by_hub[first.from_hub], book.country_by_hub[last.to_hub]}
