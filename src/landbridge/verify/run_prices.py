"""Runs at the prices of a list: what each earns above its cost, and what freight pays for room, shares and tolls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from landbridge.model.case import Handling, Hub, Service
from landbridge.verify.book import Book, leg_value
from landbridge.verify.cheapest import MOST_PER_STEP, NEVER, Costs, Weigher
from landbridge.verify.fleet_prices import FleetWorth, arrival
from landbridge.verify.fleets import fleet_owner
from landbridge.verify.freight import Column, Key
from landbridge.verify.layout import ANY, Slot
from landbridge.verify.members import Parts, Players, exact, whole_runs
from landbridge.verify.permissions import read_owners
from landbridge.verify.proof_prices import OfRun, Prices


@dataclass(frozen=True, slots=True)
class Run:
    """Runs of a departure by some charterers: their prices, and what one earns above its cost (below 0: lacks)."""

    charterers: tuple[str, ...]
    prices: OfRun
    gain: Fraction


class RunPrices:
    """
    All runs at a list's prices.

    Prices on a run that do not make up for its cost are raised until they do: what is left is spread over its legs and
    dimensions. Where nothing limits a run that earns, its prices are lowered until it does not.

    Parameters
    ----------
    quantity
        Most units of each order instance that all members together have, and the minutes from ready to deadline.
    """

    def __init__(
        self,
        book: Book,
        players: Players,
        members: frozenset[int],
        prices: Prices,
        columns: Sequence[Column],
        quantity: Mapping[Key, tuple[Fraction, int]],
        fleets: Mapping[str, FleetWorth],
        *,
        timed: bool,
    ) -> None:
        self.book, self.players, self.members = book, players, members
        self.prices, self.columns, self.quantity = prices, columns, quantity
        self.fleets, self.timed = fleets, timed
        self.goods = sorted({column.good for column in columns})
        self.good = np.array([self.goods.index(column.good) for column in columns], dtype=np.int64)
        self.weigh = Weigher([book.goods[column.good].per_unit.get("t", 0.0) for column in columns])
        self.groups = sorted({column.parties for column in columns}, key=sorted)
        self.group = np.array([self.groups.index(column.parties) for column in columns], dtype=np.int64)
        self.payer: dict[Key, list[int]] = defaultdict(list)
        for number, column in enumerate(columns):
            if column.payer is not None:
                self.payer[column.payer].append(number)
        self._base: dict[tuple[str, int], Costs] = {}
        self._slot: dict[Slot, list[Costs]] = {}
        self._drawn: dict[tuple[str, str, str, tuple[str, ...]], Parts] = {}
        self._calls_of: dict[tuple[str, int], list[tuple[str, Hub | Handling, int]]] = {}
        self._may: dict[tuple[str, tuple[str, ...]], np.ndarray] = {}
        self.runs = {
            (service.service, minute): self._runs(service, minute)
            for service in book.services.values()
            for minute in self.minutes(service)
        }

    def minutes(self, service: Service) -> Iterable[int]:
        """Departures of a service; one for all without time."""
        return self.book.timetables.get(service.service, {}) if self.timed else (ANY,)

    def charterers(self, service: Service) -> tuple[str, ...]:
        """Who may run a service (§4.3)."""
        owners, rights = read_owners(service.owner), self.book.rights
        if not owners.shares:
            return rights.shippers
        if owners.is_joint:
            return ("+".join(owners.shares),)
        others = (party.party for party in self.book.case.parties if rights.may_charter(party.party, service))
        return tuple(dict.fromkeys((*owners.shares, *others)))

    def most(self, service: Service, minute: int) -> float | None:
        """Most runs of a departure, of all without time; None: nothing limits them."""
        slots = self.book.timetables.get(service.service)
        if slots is None:
            return service.max_runs
        caps = [slots[minute].max_runs] if self.timed else [slot.max_runs for slot in slots.values()]
        return None if any(cap is None for cap in caps) else float(sum(cap for cap in caps if cap is not None))

    def must(self, service: Service, minute: int) -> int:
        """Runs that must leave."""
        slots = self.book.timetables.get(service.service, {})
        chosen = [slots[minute]] if self.timed and slots else list(slots.values())
        return sum(slot.must_run for slot in chosen)

    def limit(self, service: Service, minute: int, charterers: Sequence[str]) -> tuple[Parts, float] | None:
        """
        The limit that leaves all members together fewest runs of some charterers (§4.7); None: nothing limits them.

        Returns
        -------
        The part of each player in it, and its size.
        """
        known = self._limits(service, minute)
        found: list[tuple[int, Parts, float]] = []
        for cap, owner, kind, resource in known:
            key = (owner, kind, resource, tuple(charterers))
            if key not in self._drawn:
                drawn = self.players.drawn(self.book.rights, owner, kind, resource, charterers) if kind else None
                self._drawn[key] = drawn or self.players.parts(owner)
            parts = self._drawn[key]
            found.append((whole_runs(cap, sum((parts[member] for member in self.members), Fraction(0))), parts, cap))
        least = min(found, key=lambda item: item[0], default=None)
        return None if least is None else (least[1], least[2])

    def can_run(self, service: Service, minute: int, charterer: str) -> bool:
        """Whether members have a whole run for a charterer of each limit that its runs are under."""
        found = self.limit(service, minute, (charterer,))
        return found is None or whole_runs(found[1], sum((found[0][m] for m in self.members), Fraction(0))) > 0

    def _limits(self, service: Service, minute: int) -> list[tuple[float, str, str, str]]:
        """Size, owner, kind of grant and resource of the limits that runs of a departure are under."""
        most, fleet = self.most(service, minute), self.book.fleets.get(service.fleet)
        found = [] if most is None else [(most, service.owner, "charter", service.service)]
        if self.timed:
            for _, row, _ in self._calls(service, minute):
                name = row.hub if isinstance(row, Hub) else row.handling
                found.append((row.cap_runs_per_day or 0.0, row.owner, "hub", name))
            if fleet is not None and fleet.count is not None:
                found.append((float(fleet.count), fleet_owner(self.book.case, fleet.fleet), "", ""))
        return found

    def fixed_gain(self, service: Service, minute: int, charterer: str) -> Fraction:
        """What a run brings without freight, less than 0: calls, and where its vehicle goes; its own cost left out."""
        if not self.timed:
            return Fraction(0)
        found = Fraction(0)
        for table, row, day in self._calls(service, minute):
            resource = row.hub if isinstance(row, Hub) else row.handling
            for users, price in self.prices.calls.get((table, resource, day), ()):
                if not users or charterer in users:
                    found -= price
        worth = self.fleets.get(service.fleet)
        if worth is not None:
            end = arrival(self.book, service, minute)
            found -= worth.at[service.route[0], minute]
            if self.book.cyclic:
                found -= worth.in_use * (end // self.book.horizon_min)
            if self.book.cyclic or end <= self.book.horizon_min:
                found += worth.at[service.route[-1], self.book.wrap(end)]
        return found

    def _calls(self, service: Service, minute: int) -> list[tuple[str, Hub | Handling, int]]:
        """Limits on calls that a run counts against, each with the local day (§5.5)."""
        if (service.service, minute) in self._calls_of:
            return self._calls_of[service.service, minute]
        book, route = self.book, service.route
        at, found = minute, list[tuple[str, Hub | Handling, int]]()
        for stop, hub in enumerate(route):
            if book.hubs[hub].cap_runs_per_day is not None:
                found.append(("hubs", book.hubs[hub], book.day(at, hub)))
            for row in book.handlings_at_hub.get(hub, ()):
                if row.cap_runs_per_day is None or row.from_mode not in ("", service.mode):
                    continue
                comes = stop > 0 and book.country_by_hub[route[stop - 1]] != book.country_by_hub[hub]
                goes = stop + 1 < len(route) and book.country_by_hub[route[stop + 1]] != book.country_by_hub[hub]
                if {"": True, "in": comes, "out": goes}[row.direction]:
                    found.append(("handling", row, book.day(at, hub)))
            if stop + 1 < len(route):
                at += book.leg_min[service.service][stop]
        self._calls_of[service.service, minute] = found
        return found

    def _runs(self, service: Service, minute: int) -> tuple[Run, ...]:
        """Charterers with prices of their own, and the others by what a run of theirs brings."""
        alike: dict[Fraction, list[str]] = defaultdict(list)
        found = []
        for charterer in self.charterers(service):
            if not self.can_run(service, minute, charterer):
                continue
            told = self.prices.run.get((service.service, minute, charterer))
            fixed = self.fixed_gain(service, minute, charterer)
            if told is None:
                alike[fixed].append(charterer)
            else:
                found.append(self._settle(service, minute, (charterer,), told, fixed))
        found += [self._settle(service, minute, tuple(who), OfRun(), fixed) for fixed, who in alike.items()]
        return _merged(found)

    def _settle(self, service: Service, minute: int, charterers: tuple[str, ...], told: OfRun, fixed: Fraction) -> Run:
        cost = exact(service.run_cost) * self.prices.unit - fixed
        earned = self._earned(service, told)
        if earned < cost and not self.must(service, minute):
            told = self._spread(service, told, cost - earned)
            earned = self._earned(service, told)
        elif earned > cost >= 0 and not self._limits(service, minute):
            told = _lowered(told, cost / earned)
            earned = self._earned(service, told)
        return Run(charterers, told, earned - cost)

    def _earned(self, service: Service, told: OfRun) -> Fraction:
        """Room, shares of it, and tolls of all that may pay them."""
        found = Fraction(0)
        for (_, dim), price in told.room.items():
            found += price * exact(service.capacity[dim])
        for (_, dim, grant), price in told.share.items():
            found += price * exact(service.capacity[dim]) * exact(float(grant.rpartition(" ")[2]))
        for (leg, key), price in told.toll.items():
            units, minutes = self.quantity.get(key, (Fraction(0), 0))
            found += price * units * self._rides(service, leg, minutes)
        return found

    def _rides(self, service: Service, leg: int, minutes: int) -> int:
        """How often a unit may ride one leg of a run: again in each cycle that its time is longer than the leg."""
        if not (self.timed and self.book.cyclic):
            return 1
        return 1 + max(0, (minutes - self.book.leg_min[service.service][leg]) // self.book.horizon_min)

    def _spread(self, service: Service, told: OfRun, rest: Fraction) -> OfRun:
        caps = {dim: exact(cap) for dim, cap in service.capacity.items() if 0 < cap < float("inf")}
        legs = len(service.route) - 1
        room = dict(told.room)
        for dim, cap in caps.items():
            more = int(rest / (legs * len(caps) * cap))
            for leg in range(legs):
                room[leg, dim] = room.get((leg, dim), 0) + more
        return OfRun(room=room, share=told.share, toll=told.toll)

    def leg_costs(self, slot: Slot) -> list[Costs]:
        """What a unit of each column pays on a leg of each of the ``runs`` of a departure."""
        if slot not in self._slot:
            service, leg = self.book.services[slot[0]], slot[2]
            carried = self._carried(service, leg)
            self._slot[slot] = [
                np.where(
                    self._may_ride(service, run.charterers),
                    np.minimum(self._paid(service, run, leg) + carried, NEVER),
                    NEVER,
                )
                for run in self.runs[slot[0], slot[1]]
            ]
        return self._slot[slot]

    def _paid(self, service: Service, run: Run, leg: int) -> Costs:
        room = {dim: price for (at, dim), price in run.prices.room.items() if at == leg}
        table = []
        for good in self.goods:
            per_unit = self.book.goods[good].per_unit
            paid = sum((price * exact(per_unit.get(dim, 0.0)) for dim, price in room.items()), Fraction(0))
            table.append(min(int(paid), MOST_PER_STEP))
        found = np.array(table, dtype=np.int64)[self.good]
        share = {(dim, grant): price for (at, dim, grant), price in run.prices.share.items() if at == leg and price}
        if share:
            found = found + self._shares_paid(service, run.charterers[0], share)
        for (at, key), price in run.prices.toll.items():
            if at == leg and key in self.payer:
                found[self.payer[key]] += min(price, MOST_PER_STEP)
        return np.minimum(found, MOST_PER_STEP)

    def _shares_paid(self, service: Service, charterer: str, price: Mapping[tuple[str, str], int]) -> Costs:
        """What freight that rides by a grant with a share pays for it (§4.4)."""
        table = np.zeros((len(self.groups), len(self.goods)), dtype=np.int64)
        for i, parties in enumerate(self.groups):
            ways = self.book.rights.ride(parties, charterer, service)
            for j, good in enumerate(self.goods):
                per_unit = self.book.goods[good].per_unit
                paid = [
                    sum(
                        min(
                            int(
                                sum(
                                    (
                                        exact(size) * price.get((dim, f"{need.giver} {agreement} {need.share!r}"), 0)
                                        for dim, size in per_unit.items()
                                    ),
                                    Fraction(0),
                                )
                            )
                            for agreement in need.agreements
                        )
                        for need in way
                        if need.share < 1.0
                    )
                    for way in ways
                ]
                table[i, j] = min(min(paid, default=0), MOST_PER_STEP)
        return table[self.group, self.good]

    def _may_ride(self, service: Service, charterers: tuple[str, ...]) -> np.ndarray:
        key = (service.service, charterers)
        if key not in self._may:
            may = np.array([any(self.book.rights.ride(g, who, service) for who in charterers) for g in self.groups])
            self._may[key] = may[self.group]
        return self._may[key]

    def _carried(self, service: Service, leg: int) -> Costs:
        """Cost by the tonne; ``NEVER`` where the service does not take the good, or the freight may not go there."""
        if (service.service, leg) not in self._base:
            co2 = exact(self.book.case.settings.co2_cost_per_t) / 1000
            per_t = exact(leg_value(service.cost_per_t, leg)) + co2 * exact(leg_value(service.kgco2e_per_t, leg))
            ends = {self.book.country_by_hub[hub] for hub in service.route[leg : leg + 2]}
            takes = {
                good: not service.accepts or self.book.goods[good].handling_class in service.accepts
                for good in self.goods
            }
            may = np.array([takes[column.good] and ends <= column.countries for column in self.columns])
            self._base[service.service, leg] = np.where(may, self.weigh.cost(per_t * self.prices.unit), NEVER)
        return self._base[service.service, leg]


def _merged(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Runs at the same prices as one, of all their charterers; shares depend on who gives them."""
    groups: dict[object, Run] = {}
    for run in runs:
        told = run.prices
        key = (frozenset(told.room.items()), frozenset(told.toll.items()), run.charterers if told.share else ())
        known = groups.get(key)
        who = run.charterers if known is None else (*known.charterers, *run.charterers)
        groups[key] = Run(who, told, run.gain if known is None else max(run.gain, known.gain))
    return tuple(groups.values())


def _lowered(told: OfRun, factor: Fraction) -> OfRun:
    return OfRun(
        room={key: int(price * factor) for key, price in told.room.items()},
        share={key: int(price * factor) for key, price in told.share.items()},
        toll={key: int(price * factor) for key, price in told.toll.items()},
    )
