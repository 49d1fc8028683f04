"""Where freight may go, whenever it may: hubs, changes and legs without time, and cheapest ways over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import product

from landbridge.model.case import Good, Handling, Order, Service
from landbridge.verify.book import Book
from landbridge.verify.permissions import read_owners
from landbridge.verify.ways import find_rows

Leg = tuple[str, int]
"""A service and the index of a leg of its route, from 0."""

Arc = tuple[int, int, Leg | None]
"""Node it leads to, cost of a unit, and the leg where it is one."""


@dataclass(frozen=True, slots=True)
class _Link:
    """An arc of everybody: a leg, a handling row, or free (neither); the hub whose owner must permit a change."""

    tail: int
    head: int
    leg: Leg | None = None
    row: Handling | None = None
    change_at: str = ""


class FlatGraph:
    """
    Hubs by mode, and vehicles between their stops.

    Freight starts at a hub, boards, rides legs, stays aboard or alights, changes by the handling rows that match both
    modes (freely where none does), and ends (semantics §3.2-3.4). Each path of a plan is a way here that costs no
    more.
    """

    def __init__(self, book: Book) -> None:
        self.book = book
        self.number: dict[tuple[str, ...], int] = {}
        self.links: list[_Link] = []
        modes: dict[str, tuple[set[str], set[str]]] = {hub: (set(), set()) for hub in book.hubs}
        for service in book.services.values():
            self._add_service(service)
            for tail, head in zip(service.route, service.route[1:], strict=False):
                modes[tail][1].add(service.mode)
                modes[head][0].add(service.mode)
        for hub, (arriving, leaving) in modes.items():
            for before, after in product(sorted(arriving | {"start"}), sorted(leaving | {"end"})):
                self._add_changes(hub, before, after)
        self._usable: dict[tuple[frozenset[str], str, frozenset[str]], tuple[bool, ...]] = {}

    def node(self, *key: str) -> int:
        """Number of a node: ``in`` or ``out`` with hub and mode, or ``off`` and ``on`` with service and leg."""
        return self.number.setdefault(key, len(self.number))

    def _add_service(self, service: Service) -> None:
        for leg in range(len(service.route) - 1):
            on, off = self.node("on", service.service, str(leg)), self.node("off", service.service, str(leg))
            self.links.append(_Link(self.node("out", service.route[leg], service.mode), on))
            self.links.append(_Link(on, off, leg=(service.service, leg)))
            self.links.append(_Link(off, self.node("in", service.route[leg + 1], service.mode)))
            if leg > 0:
                self.links.append(_Link(self.node("off", service.service, str(leg - 1)), on))

    def _add_changes(self, hub: str, before: str, after: str) -> None:
        tail, head = self.node("in", hub, before), self.node("out", hub, after)
        rows = find_rows(self.book, hub, before, after)
        change = hub if before != "start" and after != "end" else ""
        for row in rows or (None,):
            self.links.append(_Link(tail, head, row=row, change_at=change))

    def usable(self, order: Order) -> tuple[bool, ...]:
        """Which links the freight of a shipment may use."""
        good = self.book.goods[order.good]
        country = self.book.country_by_hub
        words = order.transit or good.transit
        allowed = frozenset(country.values()) if "*" in words else frozenset(words)
        countries = allowed | {country[order.from_hub], country[order.to_hub]}
        key = (frozenset({order.party} - {""}), order.good, countries)
        if key not in self._usable:
            legs: dict[str, bool] = {}
            self._usable[key] = tuple(self._may_use(link, key[0], good, countries, legs) for link in self.links)
        return self._usable[key]

    def _may_use(
        self, link: _Link, parties: frozenset[str], good: Good, countries: frozenset[str], rides: dict[str, bool]
    ) -> bool:
        book = self.book
        if link.leg is not None:
            service = book.services[link.leg[0]]
            ends = service.route[link.leg[1] : link.leg[1] + 2]
            if service.service not in rides:
                takes = not service.accepts or good.handling_class in service.accepts
                rides[service.service] = takes and _may_ride(book, parties, service)
            return rides[service.service] and all(book.country_by_hub[hub] in countries for hub in ends)
        owner = book.hubs[link.change_at].owner if link.change_at else ""
        if owner and book.rights.change(parties, owner, link.change_at) is None:
            return False
        if link.row is None:
            return True
        serves = link.row.handling_class in ("", good.handling_class)
        return serves and book.rights.change(parties, link.row.owner, link.row.handling) is not None

    def arcs(
        self, usable: tuple[bool, ...], cost: Callable[[Leg | None, Handling | None], int]
    ) -> tuple[list[list[Arc]], list[list[Arc]]]:
        """Arcs out of each node, and into each, with what a unit pays on them."""
        out: list[list[Arc]] = [[] for _ in self.number]
        into: list[list[Arc]] = [[] for _ in self.number]
        for link, may in zip(self.links, usable, strict=True):
            if may:
                price = cost(link.leg, link.row)
                out[link.tail].append((link.head, price, link.leg))
                into[link.head].append((link.tail, price, link.leg))
        return out, into


def costs_to(into: list[list[Arc]], target: int) -> dict[int, int]:
    """Least cost of a unit from each node that reaches the target, tolls aside."""
    left: dict[int, int] = {}
    heap = [(0, target)]
    while heap:
        cost, node = heappop(heap)
        if node not in left:
            left[node] = cost
            for tail, price, _ in into[node]:
                if tail not in left:
                    heappush(heap, (cost + price, tail))
    return left


def cheapest(
    out: list[list[Arc]], left: Mapping[int, int], ends: tuple[int, int], tolls: Mapping[Leg, int], worth: int
) -> int | None:
    """Least cost of a unit from end to end with its tolls, if less than its worth; a search led by what is left."""
    origin, target = ends
    if left.get(origin, worth) >= worth:
        return None
    if not tolls:
        return left[origin]
    done: set[int] = set()
    heap = [(left[origin], 0, origin)]
    while heap:
        least, cost, node = heappop(heap)
        if least >= worth:
            return None
        if node == target:
            return cost
        if node in done:
            continue
        done.add(node)
        for head, price, leg in out[node]:
            if head in left and head not in done:
                paid = cost + price + (tolls.get(leg, 0) if leg is not None else 0)
                heappush(heap, (paid + left[head], paid, head))
    return None


def _may_ride(book: Book, parties: frozenset[str], service: Service) -> bool:
    """Whether freight rides some run of a service: one of its owners', one's own charter, or that of somebody else."""
    owners = read_owners(service.owner)
    if not owners.shares or not parties:
        return True
    named = ["+".join(owners.shares)] if owners.is_joint else list(owners.shares)
    if any(book.rights.ride(parties, charterer, service) for charterer in named):
        return True
    others = (party.party for party in book.case.parties if book.rights.may_charter(party.party, service))
    return any(book.rights.ride(parties, charterer, service) for charterer in others)
