"""Who may charter, ride, change vehicles, trade and draw on whose share of a limit (semantics §4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import chain

from landbridge.errors import UnknownName
from landbridge.model.case import Agreement, Case, Service
from landbridge.model.clock import Clock, zone
from landbridge.network.owners import Ownership
from landbridge.network.places import Places

AGREEMENT_SETS: dict[str, frozenset[str]] = {
    "in_force": frozenset({"in_force"}),
    "all": frozenset({"in_force", "signed", "proposed"}),
    "none": frozenset(),
}
"""Statuses that count, by the name of the set (§4.2)."""


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """A grant that is used: who gives, by which agreement, and the part that is open."""

    giver: str
    agreement: str
    share: float


@dataclass(frozen=True, slots=True)
class Ride:
    """Leave to ride a run: free of grants, or by one grant of each charterer."""

    uses: tuple[Use, ...] = ()

    @property
    def share(self) -> float:
        """Smallest part that is open."""
        return min((use.share for use in self.uses), default=1.0)

    @property
    def agreements(self) -> str:
        """Ids of the agreements used, blank-separated."""
        return " ".join(dict.fromkeys(use.agreement for use in self.uses))


@dataclass(frozen=True, slots=True)
class _Row:
    """A grant in one direction."""

    giver: str
    taker: str
    resource: str
    agreement: str
    share: float


@dataclass(frozen=True, slots=True)
class Permissions:
    """
    Answers of a case under a set of agreements.

    Parameters
    ----------
    region_by_party
        Region of each party.
    order_parties
        Parties that may charter public services, in file order (§4.3).
    """

    region_by_party: dict[str, str]
    order_parties: tuple[str, ...]
    parties: tuple[str, ...]
    rows: dict[tuple[str, str], tuple[_Row, ...]]
    cache: dict[tuple[str, str, str], tuple[_Row, ...]] = field(default_factory=dict)
    rides: dict[tuple[str, tuple[str, ...], str, str], Ride | None] = field(default_factory=dict)

    def is_same(self, a: str, b: str) -> bool:
        """Tell whether two parties grant each other everything without an agreement (§4.1)."""
        return a == b or self.region_by_party[a] == self.region_by_party[b]

    def grant(self, kind: str, giver: str, taker: str, resource: str) -> Use | None:
        """Return the grant that counts: largest share, then first agreement (§4.2)."""
        for row in self._rows_between(kind, giver, taker):
            if row.resource in (resource, "*"):
                return Use(giver, row.agreement, row.share)
        return None

    def charterers(self, service: Service, owner: Ownership) -> tuple[str, ...]:
        """Who may charter the service, in file order of the parties; ``a+b`` is one charterer (§4.3)."""
        if owner.is_public:
            return self.order_parties
        if owner.is_joint:
            return ("+".join(owner.parties),)
        granted = (
            party
            for party in self.parties
            if party not in owner.parties
            and any(self.is_same(a, party) or self.grant("charter", a, party, service.service) for a in owner.parties)
        )
        return (*owner.parties, *granted)

    def ride(self, charterer: str, riders: Iterable[str], service: Service) -> Ride | None:
        """
        Return the best leave freight of any of the riders has on a run; no riders: outside freight, which rides all.

        Best is a leave without grant, then the larger share, then the first agreements in text order (§4.4).
        """
        key = (charterer, tuple(riders), service.service, service.mode)
        if key not in self.rides:
            self.rides[key] = self._best_ride(charterer, key[1], service)
        return self.rides[key]

    def _best_ride(self, charterer: str, riders: tuple[str, ...], service: Service) -> Ride | None:
        if not riders:
            return Ride()
        found = [ride for rider in riders if (ride := self._ride_of(charterer, rider, service)) is not None]
        if not found:
            return None
        return min(found, key=lambda ride: (len(ride.uses) > 0, -ride.share, ride.agreements))

    def may_change(self, riders: Iterable[str], owner: Ownership, resources: tuple[str, ...]) -> bool:
        """Tell whether freight of any of the riders may change at a hub or by a handling row (§4.6)."""
        riders = tuple(riders)
        if owner.is_public or not riders:
            return True
        needed = all if owner.is_joint else any
        return any(needed(self._opens(a, rider, resources) for a in owner.parties) for rider in riders)

    def may_trade(self, seller: str, buyer: str, good: str) -> bool:
        """Tell whether a seller and a buyer may trade a good; blank = outside, at most one of them (§2.7, §4.5)."""
        if not seller or not buyer:
            return bool(seller or buyer)
        return self.is_same(seller, buyer) or self.grant("trade", seller, buyer, good) is not None

    def draws(self, kind: str, owner: Ownership, users: Iterable[str], resource: str) -> tuple[float, ...]:
        """
        Part of each owner's share that any of the users may draw on (§4.7).

        No users are outside freight, which draws on all.
        """
        users = tuple(users)
        if not users:
            return (1.0,) * len(owner.parties)
        return tuple(max(self._drawn(kind, a, user, resource) for user in users) for a in owner.parties)

    def _drawn(self, kind: str, owner: str, user: str, resource: str) -> float:
        if self.is_same(owner, user):
            return 1.0
        use = self.grant(kind, owner, user, resource)
        return 0.0 if use is None else use.share

    def _opens(self, owner: str, rider: str, resources: tuple[str, ...]) -> bool:
        return self.is_same(owner, rider) or any(
            self.grant("hub", owner, rider, resource) is not None for resource in resources
        )

    def _ride_of(self, charterer: str, rider: str, service: Service) -> Ride | None:
        uses = []
        for giver in charterer.split("+"):
            if self.is_same(giver, rider):
                continue
            by_service = self.grant("service", giver, rider, service.service)
            by_mode = self.grant("mode", giver, rider, service.mode)
            best = min(
                (use for use in (by_service, by_mode) if use is not None and use.share > 0),
                key=lambda use: (-use.share, use.agreement),
                default=None,
            )
            if best is None:
                return None
            uses.append(best)
        return Ride(tuple(uses))

    def _rows_between(self, kind: str, giver: str, taker: str) -> tuple[_Row, ...]:
        key = (kind, giver, taker)
        found = self.cache.get(key)
        if found is None:
            takers = (taker, self.region_by_party[taker], "*")
            givers = dict.fromkeys((giver, self.region_by_party[giver], "*"))
            rows = chain.from_iterable(self.rows.get((kind, name), ()) for name in givers)
            found = tuple(
                sorted((row for row in rows if row.taker in takers), key=lambda row: (-row.share, row.agreement))
            )
            self.cache[key] = found
        return found


def read_permissions(places: Places, agreements: str = "in_force") -> Permissions:
    """Collect the grants that count under a set of agreements (§4.2)."""
    if agreements not in AGREEMENT_SETS:
        raise UnknownName(
            f"agreements {agreements!r} is no set of agreements; expected one of {', '.join(AGREEMENT_SETS)}",
            code="unknown-agreement-set",
        )
    case = places.case
    counted = counted_agreements(case, agreements)
    rows: dict[tuple[str, str], list[_Row]] = {}
    for grant in case.grants:
        if grant.agreement not in counted:
            continue
        pairs = [(grant.giver, grant.taker)]
        if grant.both_ways:
            pairs.append((grant.taker, grant.giver))
        for giver, taker in pairs:
            row = _Row(giver, taker, grant.resource, grant.agreement, grant.share_frac)
            rows.setdefault((grant.kind, giver), []).append(row)
    ordering = {order.party for order in case.orders}
    parties = tuple(party.party for party in places.parties)
    return Permissions(
        region_by_party=places.region_by_party,
        order_parties=tuple(party for party in parties if party in ordering) or parties,
        parties=parties,
        rows={key: tuple(found) for key, found in rows.items()},
    )


def counted_agreements(case: Case, agreements: str = "in_force") -> frozenset[str]:
    """Agreements of a set that count: those whose days cover the first day of the case (§4.2)."""
    today, statuses = _first_day(case), AGREEMENT_SETS[agreements]
    return frozenset(row.agreement for row in case.agreements if row.status in statuses and _covers(row, today))


def ended_agreements(case: Case) -> frozenset[str]:
    """Agreements whose last day is before the first day of the case: signed today, they would still be over."""
    today = _first_day(case)
    return frozenset(row.agreement for row in case.agreements if row.ends and date.fromisoformat(row.ends) < today)


def _first_day(case: Case) -> date:
    return Clock.of(case.settings).start.astimezone(zone(case.settings.timezone)).date()


def _covers(row: Agreement, day: date) -> bool:
    starts = date.fromisoformat(row.starts) if row.starts else date.min
    ends = date.fromisoformat(row.ends) if row.ends else date.max
    return starts <= day <= ends
