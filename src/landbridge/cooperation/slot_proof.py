"""The prices behind a relaxation, in the words of the case: what ``verify`` proves a coalition's bound from."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from landbridge.engine import ANY_MINUTE, SlotPoint
from landbridge.model.shares import ProofPriceRow, ProvedBy
from landbridge.network import Network

DIGITS = 9
"""Decimals of a price: any prices prove something, so what is cut off is not missed."""

MOST_UNITS, SAME = 720, 1e-9
"""A price that is so near to a fraction with so small a denominator is meant to be that fraction."""

DECIMAL = 10**DIGITS
"""Fractions whose denominator divides this are decimals."""


def tell_prices(network: Network, point: SlotPoint) -> tuple[ProofPriceRow, ...]:
    """
    Name each price by what it is paid for.

    Left out are quotas of departures and of handled tonnes, and room in stores: without them a bound is weaker, not
    wrong.
    """
    teller = _Teller(network, point)
    return (*teller.room(), *teller.tolls(), *teller.limits(), *teller.offers(), *teller.fleets())


class _Teller:
    def __init__(self, network: Network, point: SlotPoint) -> None:
        self.network, self.point = network, point
        self.places, self.vehicles = network.places, network.vehicles

    def room(self) -> Iterator[ProofPriceRow]:
        """Room and shares of runs."""
        names = self.places.dimensions
        for v, minute, leg, d, price in self.point.room:
            yield self._on_leg(ProvedBy.ROOM, v, minute, leg, price, item=names[d])
        for v, minute, leg, d, i, price in self.point.share:
            giver, agreement = self.network.share_notes[i]
            grant = f"{giver} {agreement} {float(self.network.problem.share_frac[i])!r}"
            yield self._on_leg(ProvedBy.SHARE, v, minute, leg, price, item=names[d], grant=grant)

    def tolls(self) -> Iterator[ProofPriceRow]:
        """Tolls of each order of a terminal."""
        members: dict[int, list[tuple[str, int]]] = {}
        for terminal, instance in zip(
            self.network.problem.block_terminal.tolist(), self.network.block_instance.tolist(), strict=True
        ):
            found = self.network.instances[instance]
            members.setdefault(terminal, []).append((self.network.case.orders[found.order].order, found.repeat))
        for t, v, minute, leg, price in self.point.toll:
            for order, repeat in members.get(t, ()):
                yield self._on_leg(ProvedBy.TOLL, v, minute, leg, price, item=order, repeat=repeat)

    def limits(self) -> Iterator[ProofPriceRow]:
        """Calls at hubs and in handling rows, and handled tonnes, by local day."""
        for limit, period, price in self.point.call:
            note = self.network.limit_notes[limit]
            if note.kind in ("hub", "handling"):
                kind = ProvedBy.HUB_CALLS if note.kind == "hub" else ProvedBy.HANDLING_CALLS
                yield self._row(kind, note.resource, price, user=self._users(limit, note.users), at=str(period))
        for limit, period, price in self.point.tonnage:
            if limit >= 0 and not self.network.flow_limit_notes[limit].users:
                resource = self.network.flow_limit_notes[limit].resource
                yield self._row(ProvedBy.TONNES, resource, price, at=str(period))

    def offers(self) -> Iterator[ProofPriceRow]:
        """What a unit of each offer is sold for at its hub."""
        problem = self.network.problem
        for terminal, instance in zip(
            problem.block_terminal.tolist(), self.network.block_instance.tolist(), strict=True
        ):
            found = self.network.instances[instance]
            order = self.network.case.orders[found.order]
            if order.from_hub and not order.to_hub:
                price = -float(self.point.terminal[terminal])
                yield self._row(ProvedBy.OFFER, order.order, price, repeat=found.repeat)

    def fleets(self) -> Iterator[ProofPriceRow]:
        """Vehicles at hubs, by time, and in use."""
        case, clock = self.network.case, self.places.clock
        for fleet, hub, minute, price in self.point.stand:
            row = case.hubs[hub]
            at = clock.text(minute, row.timezone)
            yield self._row(ProvedBy.VEHICLE, case.fleets[fleet].fleet, price, user=row.hub, at=at)
        for fleet, price in enumerate(self.point.use.tolist()):
            yield self._row(ProvedBy.FLEET, case.fleets[fleet].fleet, price)

    def _on_leg(
        self,
        kind: ProvedBy,
        v: int,
        minute: int,
        leg: int,
        price: float,
        *,
        item: str,
        repeat: int = 0,
        grant: str = "",
    ) -> ProofPriceRow:
        vehicles = self.vehicles
        service, charter = vehicles.plans[vehicles.plan_by_vehicle[v]].service, vehicles.charter_by_vehicle[v]
        at = "" if minute == ANY_MINUTE else self.places.clock.text(minute, self.places.zone_by_hub[service.route[0]])
        user = " ".join((charter.name, *charter.alternatives))
        stop = int(vehicles.leg_stop[leg]) + 1
        return self._row(
            kind, service.service, price, user=user, at=at, leg=stop, item=item, repeat=repeat, grant=grant
        )

    def _row(
        self,
        kind: ProvedBy,
        resource: str,
        price: float,
        *,
        user: str = "",
        at: str = "",
        leg: int = 0,
        item: str = "",
        repeat: int = 0,
        grant: str = "",
    ) -> ProofPriceRow:
        told = Fraction(price).limit_denominator(MOST_UNITS)
        is_short = abs(told - Fraction(price)) <= SAME * max(1.0, abs(price)) and DECIMAL % told.denominator > 0
        return ProofPriceRow(
            list=0,
            kind=kind.value,
            resource=resource,
            user=user,
            at=at,
            leg=leg,
            item=item,
            repeat=repeat,
            grant=grant,
            price=float(told.numerator) if is_short else round(price, DIGITS) + 0.0,
            units=told.denominator if is_short else 1,
        )

    def _users(self, limit: int, names: tuple[str, ...]) -> str:
        """Charterers whose quota it is, with those that others stand for."""
        problem, charters = self.network.problem, self.vehicles.charter_by_vehicle
        found = dict.fromkeys(names)
        for v in problem.use_vehicle[problem.use_limit == limit].tolist():
            if charters[v].name in names:
                found.update(dict.fromkeys(charters[v].alternatives))
        return " ".join(found)
