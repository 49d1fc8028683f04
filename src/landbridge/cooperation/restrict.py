"""What a coalition has: its orders, its assets, its part of what is limited and public, and its own agreements."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from landbridge.cooperation.coalitions import everyone
from landbridge.cooperation.players import Players, owners_in, shares_in
from landbridge.model.case import Case, Fleet, Handling, Hub, Order, Service
from landbridge.units import INTEGER_TOL

NEARLY_WHOLE = 0.99
"""Shares of an outside order that add up to more than this are meant to be all of it: 0.333 three times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endowment:
    """
    What belongs to whom, for any coalition.

    Parameters
    ----------
    case, players
        The whole case and who shares.
    quota
        Part of every limited public resource that is each player's; empty where there is none to split.
    """

    case: Case
    players: Players
    quota: tuple[float, ...] = ()

    def restrict(self, mask: int) -> Case:
        """
        Case of a coalition: what all others own is not there (design page, section 4).

        Grants count when all who sign their agreement are members. Public
        limits shrink to the members' quotas, which they pool; runs are rounded down.
        """
        if mask == everyone(len(self.players.names)) and not self._has_foreign_quota():
            return self.case
        case = self.case
        services = tuple(row for row in map(self._service(mask), case.services) if row is not None)
        kept = {row.service for row in services}
        quota = self.part(mask)
        public = {row.service for row in services if not row.owner}
        timetable = tuple(
            replace(row, max_runs=_whole(row.max_runs, quota)) if row.service in public else row
            for row in case.timetable
            if row.service in kept
        )
        agreements = self.agreements(mask)
        return replace(
            case,
            services=services,
            timetable=timetable,
            fleets=tuple(map(self._fleet(mask), case.fleets)),
            hubs=tuple(map(self._hub(mask), case.hubs)),
            handling=tuple(map(self._handling(mask), case.handling)),
            orders=tuple(row for row in map(self._order(mask), case.orders) if row is not None),
            grants=tuple(row for row in case.grants if row.agreement in agreements),
        )

    def part(self, mask: int) -> float:
        """Pooled quota of a coalition in limited public resources."""
        return min(1.0, sum(share for player, share in enumerate(self.quota) if mask >> player & 1))

    def agreements(self, mask: int) -> frozenset[str]:
        """Agreements whose signers are all members."""
        signers = signers_by_agreement(self.case, self.players)
        return frozenset(name for name, signed in signers.items() if not signed & ~mask)

    def _has(self, mask: int, party: str) -> bool:
        return bool(mask >> self.players.player_by_party[party] & 1)

    def _owned(self, mask: int, owner: str) -> float:
        """Part of something that is a coalition's by its owner cell; public: its quota."""
        if not owner:
            return self.part(mask)
        shares = shares_in(owner)
        if shares:
            return sum(share for party, share in shares.items() if self._has(mask, party))
        return float(all(self._has(mask, party) for party in owners_in(owner)))

    def _owner(self, mask: int, owner: str) -> str:
        """Owner cell without the shares of outsiders."""
        shares = shares_in(owner)
        kept = [f"{party}:{share!r}" for party, share in shares.items() if self._has(mask, party)]
        return " ".join(kept) if kept else owner

    def _service(self, mask: int) -> Callable[[Service], Service | None]:
        def restrict(row: Service) -> Service | None:
            if not row.owner:
                return replace(row, max_runs=_whole(row.max_runs, self.part(mask)))
            return replace(row, owner=self._owner(mask, row.owner)) if self._owned(mask, row.owner) > 0 else None

        return restrict

    def _fleet(self, mask: int) -> Callable[[Fleet], Fleet]:
        owners = fleet_owners(self.case)

        def restrict(row: Fleet) -> Fleet:
            if row.count is None:
                return row
            return replace(row, count=_whole(row.count, self._owned(mask, owners[row.fleet])))

        return restrict

    def _hub(self, mask: int) -> Callable[[Hub], Hub]:
        def restrict(row: Hub) -> Hub:
            part = self._owned(mask, row.owner)
            calls = row.cap_runs_per_day
            if not shares_in(row.owner):  # split owners' caps are divided among users by their shares
                calls = _whole(calls, part)
            elif not part:
                calls = 0.0 if calls is not None else None
            store = None if row.store_cap_t is None else row.store_cap_t * part
            return replace(row, owner=self._owner(mask, row.owner), cap_runs_per_day=calls, store_cap_t=store)

        return restrict

    def _handling(self, mask: int) -> Callable[[Handling], Handling]:
        def restrict(row: Handling) -> Handling:
            part = self._owned(mask, row.owner)
            calls, tonnes = row.cap_runs_per_day, row.cap_t_per_day
            if not shares_in(row.owner):
                calls = _whole(calls, part)
                tonnes = None if tonnes is None else tonnes * part
            elif not part:
                calls, tonnes = (0.0 if cap is not None else None for cap in (calls, tonnes))
            return replace(row, owner=self._owner(mask, row.owner), cap_runs_per_day=calls, cap_t_per_day=tonnes)

        return restrict

    def _order(self, mask: int) -> Callable[[Order], Order | None]:
        def restrict(row: Order) -> Order | None:
            if row.party:
                return row if self._has(mask, row.party) else None
            part = order_quota(self, mask, row)
            return replace(row, qty=row.qty * part, quota="") if part > 0 else None

        return restrict

    def _has_foreign_quota(self) -> bool:
        full = everyone(len(self.players.names))
        return any(not order.party and order_quota(self, full, order) < 1 - INTEGER_TOL for order in self.case.orders)


def order_quota(endowment: Endowment, mask: int, order: Order) -> float:
    """Part of an outside order's quantity that a coalition may take."""
    shares = shares_in(order.quota)
    if not shares:
        return endowment.part(mask)
    players, total = endowment.players.player_by_party, sum(shares.values())
    part = sum(share for party, share in shares.items() if mask >> players[party] & 1)
    return min(1.0, part / total if total > NEARLY_WHOLE else part)


def fleet_owners(case: Case) -> Mapping[str, str]:
    """Owner cell of each fleet: its own or, where blank, that of all its services if they have one; else public."""
    cells: dict[str, set[str]] = {}
    for service in case.services:
        if service.fleet:
            cells.setdefault(service.fleet, set()).add(service.owner)
    found = {}
    for fleet in case.fleets:
        users = cells.get(fleet.fleet, set())
        found[fleet.fleet] = fleet.owner or (next(iter(users)) if len(users) == 1 else "")
    return found


def signers_by_agreement(case: Case, players: Players) -> dict[str, int]:
    """Coalition of all who sign each agreement: the givers and takers of its grants."""
    regions = {party.party: party.region for party in case.parties}
    found = {row.agreement: 0 for row in case.agreements}
    for grant in case.grants:
        for name in (grant.giver, grant.taker):
            if name != "*":
                found[grant.agreement] |= players.signers(name, regions)
    return found


def _whole(cap: float | None, part: float) -> int | None:
    """A quota of whole runs, rounded down."""
    return None if cap is None else math.floor(cap * part + INTEGER_TOL)
