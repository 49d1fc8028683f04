"""What each part of a coalition can reach at most at the prices of a list (docs/design/cooperation.md, §6.4)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from landbridge.model.case import Service
from landbridge.units import INTEGER_TOL
from landbridge.verify.book import Book
from landbridge.verify.cheapest import cheapest_ways
from landbridge.verify.fleet_prices import fleet_worths
from landbridge.verify.fleets import fleet_owner
from landbridge.verify.freight import Freight, Key, Sink, list_freight
from landbridge.verify.layout import Layout, lay_out, lay_out_without_time
from landbridge.verify.members import Parts, Players, exact, open_to
from landbridge.verify.proof_prices import NANO, Prices
from landbridge.verify.run_prices import RunPrices


@dataclass(slots=True)
class ListBound:
    """
    A bound on every part of a coalition: worths of its members, and of whole runs that they pool.

    Money is in parts, of which a unit has ``unit``.

    ``pooled`` is by what players have of the limit and its size: money for each whole run, of
    ``floor(size * part of the members)``.
    """

    members: frozenset[int]
    unit: int
    worth: list[Fraction]
    pooled: dict[tuple[Parts, Fraction], Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    is_endless: bool = False

    def values(self) -> list[int | None]:
        """Bound of each coalition by mask, nano-units rounded up; None for one with somebody else, or no bound."""
        found = subset_sums([math.ceil(worth) for worth in self.worth])
        for (parts, size), price in self.pooled.items():
            scale = math.lcm(*(part.denominator for part in parts), exact(INTEGER_TOL).denominator)
            room, money = int(exact(INTEGER_TOL) * scale) * size.denominator, math.ceil(price)
            for mask, part in enumerate(subset_sums([int(part * scale) for part in parts])):
                found[mask] += money * ((min(part, scale) * size.numerator + room) // (scale * size.denominator))
        inside = sum(1 << member for member in self.members)
        return [
            None if self.is_endless or mask & ~inside else -(-value * NANO // self.unit)
            for mask, value in enumerate(found)
        ]


def subset_sums(values: Sequence[int]) -> list[int]:
    """Sums over all coalitions by mask, the empty one first."""
    sums = [0]
    for value in values:
        sums += [total + value for total in sums]
    return sums


class Prover:
    """Proves lists of one case; where all services of a coalition have a timetable, in space and time."""

    def __init__(self, book: Book, players: Players) -> None:
        self.book, self.players = book, players

    def bound(self, members: frozenset[int], prices: Prices) -> ListBound:
        """
        Bound every part of a coalition at some prices.

        Freight of an order pays for room, shares, tolls and handled tonnes, runs earn them and pay for calls and
        vehicles: so no plan is worth more than what orders bring above their cheapest ways, runs earn above their
        cost, and limits are worth. Each of these is somebody's, and none is more where there is less.
        """
        book = open_to(self.book, self.players, members)
        timed = all(service in book.timetables for service in book.services)
        freight = list_freight(book, prices.payers, timed=timed)
        found = ListBound(members=members, unit=prices.unit, worth=[Fraction(0)] * len(self.players.names))
        fleets = fleet_worths(book, prices) if timed else {}
        runs = RunPrices(
            book,
            self.players,
            members,
            prices,
            freight.columns,
            self._paying(book, freight, members),
            fleets,
            timed=timed,
        )
        least = cheapest_ways(
            book,
            _laid_out(book, freight) if timed else lay_out_without_time(book),
            freight,
            runs.leg_costs,
            lambda row, day: prices.tonnes.get((row, day), 0),
            prices.unit,
        )
        self._add_orders(found, book, freight, prices, least)
        for service, minute in runs.runs:
            self._add_runs(found, runs, book.services[service], minute)
        if timed:
            self._add_limits(found, book, prices)
            for name, worth in fleets.items():
                gain = worth.in_use - exact(book.fleets[name].fixed_cost) * prices.unit
                count = book.fleets[name].count
                if gain > 0 and count is not None:
                    found.pooled[self.players.parts(fleet_owner(self.book.case, name)), exact(count)] += gain
        return found

    def _paying(self, book: Book, freight: Freight, members: frozenset[int]) -> dict[Key, tuple[Fraction, int]]:
        """Units of each order instance that all members have, and the minutes they may be on their way."""
        window: dict[Key, int] = {}
        for sink in freight.sinks:
            window[sink.first] = max(window.get(sink.first, 0), sink.terms.deadline - sink.terms.ready)
        return {key: (self._units(book, key, members), minutes) for key, minutes in window.items()}

    def _units(self, book: Book, key: Key, members: frozenset[int]) -> Fraction:
        order = book.orders[key[0]]
        parts = self.players.parts_of_order(order)
        return exact(order.qty) * min(sum((parts[member] for member in members), Fraction(0)), Fraction(1))

    def _add_orders(
        self, found: ListBound, book: Book, freight: Freight, prices: Prices, least: Mapping[Sink, int | None]
    ) -> None:
        """What each order brings above its cheapest way; an offer sells at its price, a bid buys the cheapest."""
        paid: dict[Key, int] = {}
        for sink in freight.sinks:
            cost, key = least[sink], sink.first if sink.bid is None else sink.bid
            if cost is None:
                continue
            if sink.bid is not None:
                cost += self._sold_for(book, prices, sink.first)
            paid[key] = min(paid.get(key, cost), cost)
        for key in book.instances:
            order = book.orders[key[0]]
            penalty = exact(order.unserved_cost_per_unit) * prices.unit
            price = exact(order.price_per_unit) * prices.unit
            gain = Fraction(0)
            if not order.to_hub:
                gain = self._sold_for(book, prices, key) - price + penalty
            elif key in paid:
                gain = price + penalty - paid[key]
            money = exact(order.qty) * (max(gain, Fraction(0)) - penalty)
            for player, part in enumerate(self.players.parts_of_order(order)):
                found.worth[player] += money * part

    def _sold_for(self, book: Book, prices: Prices, key: Key) -> int:
        """What a unit of an offer is sold for; where no price is told, so little that it brings nothing."""
        order = book.orders[key[0]]
        if key in prices.offer:
            return prices.offer[key]
        return math.floor((exact(order.price_per_unit) - exact(order.unserved_cost_per_unit)) * prices.unit)

    def _add_runs(self, found: ListBound, runs: RunPrices, service: Service, minute: int) -> None:
        """What runs of a departure earn: all there may be if they earn, those that must leave if they do not."""
        gains = {who: run.gain for run in runs.runs[service.service, minute] for who in run.charterers}
        if service.fleet and service.empty_cost is not None:
            cost = exact(service.empty_cost) * found.unit
            gains = {who: max(gain, runs.fixed_gain(service, minute, who) - cost) for who, gain in gains.items()}
        gain, must = max(gains.values(), default=Fraction(0)), runs.must(service, minute)
        if gain < 0 and must:
            found.pooled[self.players.parts(service.owner), Fraction(must)] += gain
        elif gain > 0:
            limit = runs.limit(service, minute, [who for who, earned in gains.items() if earned > 0])
            if limit is None:
                found.is_endless = True
            else:
                found.pooled[limit[0], exact(limit[1])] += gain

    def _add_limits(self, found: ListBound, book: Book, prices: Prices) -> None:
        """What calls and handled tonnes of a day are worth, to those whose limit it is (§4.7)."""
        for (table, resource, _), told in prices.calls.items():
            row = book.hubs[resource] if table == "hubs" else book.handlings[resource]
            for users, price in told:
                assert row.cap_runs_per_day is not None
                who = self.players
                parts = who.drawn(book.rights, row.owner, "hub", resource, users) if users else who.parts(row.owner)
                found.pooled[parts, exact(row.cap_runs_per_day)] += price
        for (resource, _), price in prices.tonnes.items():
            handling = book.handlings[resource]
            assert handling.cap_t_per_day is not None
            for player, part in enumerate(self.players.parts(handling.owner)):
                found.worth[player] += price * exact(handling.cap_t_per_day) * part


def _laid_out(book: Book, freight: Freight) -> Layout:
    ready = {(column.hub, column.ready) for column in freight.columns}
    return lay_out(book, ready, max((sink.terms.deadline for sink in freight.sinks), default=0))


def least_values(bounds: Sequence[ListBound], num_players: int) -> list[int | None]:
    """Least bound of each coalition over some lists, nano-units; None where no list holds for it."""
    found: list[int | None] = [None] * (1 << num_players)
    for bound in bounds:
        for mask, value in enumerate(bound.values()):
            known = found[mask]
            if value is not None and (known is None or value < known):
                found[mask] = value
    return found
