"""Who may run, ride, change vehicles and trade (semantics §4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from landbridge.model.case import Case, Grant, Service
from landbridge.model.clock import Clock, zone

AGREEMENT_SETS: dict[str, tuple[str, ...]] = {
    "in_force": ("in_force",),
    "all": ("in_force", "signed", "proposed"),
    "none": (),
}
"""Statuses of agreements that count, by the name of the set in ``run.json`` (§4.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """Who owns something: nobody, one, several with shares (``a:0.5 b:0.5``) or several jointly (``a+b``)."""

    shares: Mapping[str, float]
    is_joint: bool = False

    @property
    def is_split(self) -> bool:
        """Several owners who share the limit out."""
        return not self.is_joint and len(self.shares) > 1


@lru_cache(maxsize=4096)
def read_owners(text: str) -> Owners:
    """Read an owner cell."""
    if ":" in text:
        pairs = (word.rpartition(":") for word in text.split())
        return Owners(shares={name: float(share) for name, _, share in pairs})
    names = [name for name in text.replace(" ", "").split("+") if name]
    return Owners(shares=dict.fromkeys(names, 1.0), is_joint=len(names) > 1)


@dataclass(frozen=True, slots=True)
class Held:
    """A grant that counts: the open part, and the agreement it stands in (blank: none is needed)."""

    share: float
    agreement: str


@dataclass(frozen=True, slots=True)
class Need:
    """A grant that freight rides or changes by: its giver, the agreements that serve alike, and the open part."""

    giver: str
    agreements: tuple[str, ...]
    share: float


FREE = Held(1.0, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """The grants that count in a plan, indexed; permissions are remembered once they were worked out."""

    region_by_party: Mapping[str, str]
    best: Mapping[tuple[str, str, str, str], Held]
    shippers: tuple[str, ...]
    rides: dict[tuple[frozenset[str], str, str, str], tuple[tuple[Need, ...], ...]] = field(default_factory=dict)
    changes: dict[tuple[frozenset[str], str, str], frozenset[str] | None] = field(default_factory=dict)

    @classmethod
    def of(cls, case: Case, agreements: str, clock: Clock) -> Rights:
        """Rights under the set of agreements named in ``run.json``; an unknown name counts as ``in_force``."""
        counted = set(_agreements_in_force(case, AGREEMENT_SETS.get(agreements, ("in_force",)), clock))
        best: dict[tuple[str, str, str, str], Held] = {}
        for grant in case.grants:
            if grant.agreement in counted:
                for giver, taker in _directions(grant):
                    key = (grant.kind, giver, taker, grant.resource)
                    best[key] = _better(best.get(key), Held(grant.share_frac, grant.agreement))
        with_orders = {order.party for order in case.orders if order.party}
        parties = tuple(party.party for party in case.parties)
        return cls(
            region_by_party={party.party: party.region for party in case.parties},
            best=best,
            shippers=tuple(party for party in parties if party in with_orders) or parties,
        )

    def are_kin(self, a: str, b: str) -> bool:
        """Tell whether two parties are one or of one region (§4.1)."""
        region = self.region_by_party.get(a)
        return a == b or (region is not None and region == self.region_by_party.get(b))

    def grant(self, kind: str, giver: str, taker: str, resource: str) -> Held | None:
        """Find ``G(kind, giver, taker, resource)`` (§4.2), with §4.1 included."""
        if self.are_kin(giver, taker):
            return FREE
        found: Held | None = None
        for giver_word in (giver, self.region_by_party.get(giver, giver), "*"):
            for taker_word in (taker, self.region_by_party.get(taker, taker), "*"):
                for resource_word in (resource, "*"):
                    held = self.best.get((kind, giver_word, taker_word, resource_word))
                    if held is not None:
                        found = _better(found, held)
        return found

    def may_charter(self, party: str, service: Service) -> bool:
        """Tell whether the text in ``departures.owner`` may run a service (§4.3)."""
        owners = read_owners(service.owner)
        if not owners.shares:
            return party in self.shippers
        if owners.is_joint:
            return party == "+".join(owners.shares)
        if party not in self.region_by_party:
            return False
        return any(self.grant("charter", owner, party, service.service) is not None for owner in owners.shares)

    def ride(self, parties: frozenset[str], charterer: str, service: Service) -> tuple[tuple[Need, ...], ...]:
        """
        List the ways freight of any of ``parties`` may ride a run (§4.4): each a tuple of grants needed.

        Empty: it may not. ``((),)``: no grant is needed. Freight of nobody
        (an outside shipment) rides everything. Several ways are listed only
        when their shares are equal and the largest.
        """
        key = (parties, charterer, service.service, service.mode)
        if key not in self.rides:
            self.rides[key] = self._ride(parties, charterer, service)
        return self.rides[key]

    def _ride(self, parties: frozenset[str], charterer: str, service: Service) -> tuple[tuple[Need, ...], ...]:
        if not parties:
            return ((),)
        options = [way for party in sorted(parties) if (way := self._needs(party, charterer, service)) is not None]
        if () in options:
            return ((),)
        top = max((min(need.share for need in way) for way in options), default=0.0)
        return tuple(way for way in options if min(need.share for need in way) == top)

    def _needs(self, party: str, charterer: str, service: Service) -> tuple[Need, ...] | None:
        needs = []
        for giver in charterer.split("+"):
            if self.are_kin(giver, party):
                continue
            by_service = self.grant("service", giver, party, service.service)
            by_mode = self.grant("mode", giver, party, service.mode)
            held = [item for item in (by_service, by_mode) if item is not None]
            if not held:
                return None
            share = max(item.share for item in held)
            needs.append(Need(giver, tuple(item.agreement for item in held if item.share == share), share))
        return tuple(needs)

    def change(self, parties: frozenset[str], owner: str, resource: str) -> frozenset[str] | None:
        """
        Tell whether freight may change at a hub or by a handling row (§4.6).

        None: it may not. Otherwise the agreements it may do so by; empty when no grant is needed.
        """
        key = (parties, owner, resource)
        if key not in self.changes:
            self.changes[key] = self._change(parties, owner, resource)
        return self.changes[key]

    def _change(self, parties: frozenset[str], owner: str, resource: str) -> frozenset[str] | None:
        owners = read_owners(owner)
        if not owners.shares or not parties:
            return frozenset()
        used: set[str] = set()
        allowed = False
        for party in parties:
            held = [self.grant("hub", giver, party, resource) for giver in owners.shares]
            granted = [item for item in held if item is not None]
            if not granted or (owners.is_joint and len(granted) < len(held)):
                continue
            if (all if owners.is_joint else any)(item == FREE for item in granted):
                return frozenset()
            used.update(item.agreement for item in granted if item != FREE)
            allowed = True
        return frozenset(used) if allowed else None

    def may_trade(self, seller: str, buyer: str, good: str) -> bool:
        """Tell whether a seller may sell a good to a buyer (§4.5)."""
        return not seller or not buyer or self.grant("trade", seller, buyer, good) is not None

    def draw(self, users: Iterable[str], owner: str, kind: str, resource: str) -> float:
        """Part of an owner's share that a user (any of ``users``; nobody: the outside) draws on (§4.7)."""
        members = tuple(users)
        if not members:
            return 1.0
        held = (self.grant(kind, owner, user, resource) for user in members)
        return max((item.share for item in held if item is not None), default=0.0)


def _agreements_in_force(case: Case, statuses: tuple[str, ...], clock: Clock) -> Iterator[str]:
    today = clock.start.astimezone(zone(clock.timezone)).date()
    for row in case.agreements:
        has_started = not row.starts or date.fromisoformat(row.starts[:10]) <= today
        has_ended = bool(row.ends) and date.fromisoformat(row.ends[:10]) < today
        if row.status in statuses and has_started and not has_ended:
            yield row.agreement


def _directions(grant: Grant) -> tuple[tuple[str, str], ...]:
    there = (grant.giver, grant.taker)
    return (there, there[::-1]) if grant.both_ways else (there,)


def _better(a: Held | None, b: Held) -> Held:
    if a is None:
        return b
    return min(a, b, key=lambda held: (-held.share, held.agreement))
