"""What of a case is open to a coalition, and whose each part of it is (docs/design/cooperation.md, §7.1-7.3)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from landbridge.model.case import Case, Order
from landbridge.units import INTEGER_TOL
from landbridge.verify.book import Book
from landbridge.verify.cash import player_by_party
from landbridge.verify.permissions import Rights, read_owners

NEARLY_WHOLE = Fraction(99, 100)
"""Shares of an outside order that add up to more than this are all of it."""

Parts = tuple[Fraction, ...]
"""Part of something that is each player's, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Players:
    """Players of a division, the player of each party, and their parts of what is limited and public."""

    names: tuple[str, ...]
    index_by_party: Mapping[str, int]
    quota: Parts

    @classmethod
    def of(cls, case: Case, names: tuple[str, ...], kind: str, quota: Mapping[str, float]) -> Players:
        """Players of a division as ``share.json`` names them."""
        player_of = player_by_party(case, kind)
        return cls(
            names=names,
            index_by_party={party: names.index(player) for party, player in player_of.items() if player in names},
            quota=tuple(exact(quota.get(name, 0.0)) for name in names),
        )

    def parts(self, owner: str) -> Parts:
        """Part of each player in what an owner cell names; all that is joint is the first's: without it, it is not."""
        owners = read_owners(owner)
        if not owners.shares:
            return self.quota
        found = [Fraction(0)] * len(self.names)
        parties = list(owners.shares)[:1] if owners.is_joint else list(owners.shares)
        for party in parties:
            found[self.index_by_party[party]] += exact(owners.shares[party])
        return tuple(found)

    def parts_of_order(self, order: Order) -> Parts:
        """Part of each player in what an order may fill."""
        if order.party:
            return tuple(Fraction(index == self.index_by_party[order.party]) for index in range(len(self.names)))
        if not order.quota:
            return self.quota
        parts = self.parts(order.quota)
        total = sum(parts, Fraction(0))
        return tuple(part / total for part in parts) if total > NEARLY_WHOLE else parts

    def drawn(self, rights: Rights, owner: str, kind: str, resource: str, users: Iterable[str]) -> Parts:
        """Part of a limit that a set of charterers draws on together (§4.7), by the player whose share it is."""
        owners = read_owners(owner)
        if not owners.is_split:
            return self.parts(owner)
        found = [Fraction(0)] * len(self.names)
        for party, share in owners.shares.items():
            most = max(rights.draw(user.split("+"), party, kind, resource) for user in users)
            found[self.index_by_party[party]] += exact(share) * exact(most)
        return tuple(found)

    def has(self, members: frozenset[int], owner: str) -> bool:
        """Whether members may run what an owner cell names: one of those who share it, all who own it jointly."""
        owners = read_owners(owner)
        inside = [self.index_by_party[party] in members for party in owners.shares]
        return any(inside) if owners.is_split else all(inside)


def open_to(book: Book, players: Players, members: frozenset[int]) -> Book:
    """
    The case as a coalition has it: without what others own and the grants of agreements that somebody else signs.

    Limits and quantities stay those of all; whose they are is for who counts them.
    """
    case = book.case
    signers = _signers(case, players)
    services = tuple(row for row in case.services if players.has(members, row.owner))
    kept = {row.service for row in services}
    narrowed = replace(
        case,
        services=services,
        orders=tuple(row for row in case.orders if not row.party or players.index_by_party[row.party] in members),
        grants=tuple(row for row in case.grants if signers[row.agreement] <= members),
        timetable=tuple(row for row in case.timetable if row.service in kept),
    )
    orders = {row.order for row in narrowed.orders}
    return replace(
        book,
        case=narrowed,
        rights=Rights.of(narrowed, book.plan.summary.agreements, book.clock),
        services={name: row for name, row in book.services.items() if name in kept},
        orders={name: row for name, row in book.orders.items() if name in orders},
        instances={key: item for key, item in book.instances.items() if key[0] in orders},
    )


def whole_runs(cap: float, part: Fraction) -> int:
    """A quota of whole runs, rounded down."""
    return math.floor(exact(cap) * min(part, Fraction(1)) + exact(INTEGER_TOL))


def exact(number: float) -> Fraction:
    """The decimal that is written for a number."""
    return Fraction(repr(float(number)))


def _signers(case: Case, players: Players) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {row.agreement: set() for row in case.agreements}
    for grant in case.grants:
        for name in (grant.giver, grant.taker):
            if name in players.index_by_party:
                found[grant.agreement].add(players.index_by_party[name])
            else:  # a region, or * for nobody in particular
                found[grant.agreement] |= {
                    players.index_by_party[party.party] for party in case.parties if party.region == name
                }
    return {agreement: frozenset(signed) for agreement, signed in found.items()}
