"""Who may charter, ride, trade, change vehicles and draw on a quota: semantics §4, from the rows of a case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from landbridge.model.case import Case, Service

STATUSES = {
    "none": frozenset[str](),
    "in_force": frozenset({"in_force"}),
    "all": frozenset({"in_force", "proposed", "signed"}),
}

Group = tuple[str, str, float]
"""Giver, agreement and share of a grant that opens only a part of a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """An owner cell: nobody (public), one, several with shares, or several jointly."""

    names: tuple[str, ...]
    shares: tuple[float, ...]
    joint: bool

    @property
    def has_quotas(self) -> bool:
        """Tell whether a limit is split among the owners (§4.7)."""
        return len(self.names) > 1 and not self.joint


def owners_of(text: str) -> Owners:
    """Read an owner cell."""
    if "+" in text:
        names = tuple(text.replace(" ", "").split("+"))
        return Owners(names=names, shares=(1.0,) * len(names), joint=True)
    parts = [word.partition(":") for word in text.split()]
    return Owners(
        names=tuple(name for name, _, _ in parts),
        shares=tuple(float(share) if share else 1.0 for _, _, share in parts),
        joint=False,
    )


@dataclass(frozen=True, slots=True)
class _Grant:
    giver: str
    taker: str
    kind: str
    resource: str
    share: float
    agreement: str


class Permissions:
    """The grants that count for one plan of a case (§4.2)."""

    def __init__(self, case: Case, agreements: str) -> None:
        self._region = {party.party: party.region for party in case.parties}
        if not self._region:
            self._region = {region.region: region.region for region in case.regions}
        self._ordering = [party for party in self._region if any(order.party == party for order in case.orders)]
        self._grants = list(_grants_of(case, agreements))

    def are_one_region(self, a: str, b: str) -> bool:
        """§4.1."""
        return a == b or self._region[a] == self._region[b]

    def share(self, kind: str, giver: str, taker: str, resource: str) -> tuple[float, str] | None:
        """G of §4.2: the largest share granted and its agreement ('' within a region), or None."""
        if self.are_one_region(giver, taker):
            return 1.0, ""
        found = [
            (-grant.share, grant.agreement)
            for grant in self._grants
            if grant.kind == kind
            and grant.resource in (resource, "*")
            and grant.giver in (giver, self._region[giver], "*")
            and grant.taker in (taker, self._region[taker], "*")
        ]
        if not found:
            return None
        share, agreement = min(found)
        return -share, agreement

    def charterers(self, service: Service) -> list[str]:
        """§4.3."""
        owners = owners_of(service.owner)
        if not owners.names:
            return self._ordering or list(self._region)
        if owners.joint:
            return [service.owner]
        return [
            party
            for party in self._region
            if any(self.share("charter", owner, party, service.service) is not None for owner in owners.names)
        ]

    def ride(self, charterer: str, service: Service, riders: Sequence[str]) -> tuple[Group, ...] | None:
        """§4.4: None = not allowed; else the part-run grants the freight rides by (none: without limit)."""
        if not riders:
            return ()
        found = [groups for rider in riders if (groups := self._ride_of(charterer, service, rider)) is not None]
        if not found:
            return None
        return min(found, key=lambda groups: (-min((group[2] for group in groups), default=1.0), len(groups), groups))

    def _ride_of(self, charterer: str, service: Service, rider: str) -> tuple[Group, ...] | None:
        groups = []
        for giver in owners_of(charterer).names:
            found = [
                (-grant[0], grant[1])
                for kind, resource in (("service", service.service), ("mode", service.mode))
                if (grant := self.share(kind, giver, rider, resource)) is not None
            ]
            if not found:
                return None
            share, agreement = min(found)
            if -share < 1.0:
                groups.append((giver, agreement, -share))
        return tuple(groups)

    def may_trade(self, seller: str, buyer: str, good: str) -> bool:
        """§4.5; '' is the market outside, and two outsiders make no trade (§2.7)."""
        if not seller or not buyer:
            return bool(seller or buyer)
        return self.share("trade", seller, buyer, good) is not None

    def may_use(self, owner: str, resource: str, riders: Sequence[str]) -> bool:
        """§4.6: may the freight change at this hub or by this handling row?"""
        owners = owners_of(owner)
        if not owners.names or not riders:
            return True
        test = all if owners.joint else any
        return any(
            test(self.share("hub", name, rider, resource) is not None for name in owners.names) for rider in riders
        )

    def draws(self, kind: str, owner: str, resource: str, users: Iterable[str]) -> tuple[float, ...]:
        """§4.7: what part of the limit the users together may draw, owner by owner. No user (outside): all of it."""
        owners = owners_of(owner)
        members = list(users)
        if not members:
            return owners.shares
        return tuple(
            part * max((grant[0] for user in members if (grant := self.share(kind, name, user, resource))), default=0.0)
            for name, part in zip(owners.names, owners.shares, strict=True)
        )


def _grants_of(case: Case, agreements: str) -> Iterable[_Grant]:
    today = case.settings.start[:10]
    counting = {
        row.agreement
        for row in case.agreements
        if row.status in STATUSES[agreements] and (row.starts or today) <= today <= (row.ends or today)
    }
    for row in case.grants:
        if row.agreement in counting:
            yield _Grant(row.giver, row.taker, row.kind, row.resource, row.share_frac, row.agreement)
            if row.both_ways:
                yield _Grant(row.taker, row.giver, row.kind, row.resource, row.share_frac, row.agreement)
