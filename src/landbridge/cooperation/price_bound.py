"""From the prices of one coalition's resources to a bound on what any part of it can do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.cooperation.coalitions import coalition_sums
from landbridge.cooperation.players import owners_in, shares_in
from landbridge.cooperation.price_proof import PriceProof, read_proof
from landbridge.cooperation.restrict import Endowment, fleet_owners
from landbridge.engine import PriceList
from landbridge.engine.problem import FloatArray
from landbridge.model.case import Case
from landbridge.model.shares import ProofPriceRow
from landbridge.network import Network
from landbridge.network.limits import LimitNote
from landbridge.units import INTEGER_TOL


@dataclass(frozen=True, slots=True)
class QuotaTerm:
    """``price * floor(cap * pooled share)``: a limit of whole runs that players pool."""

    price: float
    cap: float
    share: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBound:
    """
    Bound on the value of every sub-coalition of ``mask`` at one coalition's prices.

    Prices that no plan of a coalition can beat cannot be beaten by a part of it
    either: what it has is worth at most the sum over its resources [1]_.

    Parameters
    ----------
    mask
        The coalition whose relaxation was solved.
    by_player
        Shape ``(P,)``, money: worth of what each player owns. Added up with whole quotas, an upper bound of its own.
    quotas
        Limits of whole runs that are pooled.
    constant
        Money that belongs to nobody, mostly 0.
    bounds_parts
        False where departures are chosen by the engine and the prices are of these: a smaller coalition might choose
        others.
    proof
        The prices themselves, where ``verify`` can check the list by them.
    told
        The same of a list from the strong relaxation.

    References
    ----------
    .. [1] Owen, G. (1975). On the core of linear production games. *Mathematical Programming* 9: 358-370.
           https://doi.org/10.1007/BF01681356.
    """

    mask: int
    by_player: FloatArray
    quotas: tuple[QuotaTerm, ...]
    constant: float
    bounds_parts: bool
    proof: PriceProof | None = None
    told: tuple[ProofPriceRow, ...] = ()

    def values(self) -> FloatArray:
        """Bound of each sub-coalition, inf elsewhere. Shape ``(2**P,)``."""
        found = coalition_sums(self.by_player) + self.constant
        merged: dict[bytes, dict[float, float]] = {}
        for term in self.quotas:
            by_cap = merged.setdefault(term.share.tobytes(), {})
            by_cap[term.cap] = by_cap.get(term.cap, 0.0) + term.price
        for share, by_cap in merged.items():
            pooled = coalition_sums(np.frombuffer(share))
            for cap, price in by_cap.items():
                found += price * np.floor(np.minimum(pooled, 1.0) * cap + INTEGER_TOL)
        found[(np.arange(len(found)) & ~self.mask) != 0] = np.inf
        return found

    def owen(self) -> FloatArray:
        """Worth of what each player owns, its part of pooled limits included. Shape ``(P,)``, money."""
        found = self.by_player + self.constant / len(self.by_player)
        for term in self.quotas:
            found = found + term.price * term.cap * term.share
        return found


def read_price_bound(endowment: Endowment, mask: int, network: Network, prices: PriceList) -> PriceBound:
    """Give each term of a price list to those who own the resource."""
    reader = _Reader(endowment, mask, network)
    reader.add_blocks(prices)
    reader.add_vehicles(prices)
    reader.add_limits(prices)
    reader.add_flows(prices)
    reader.add_fleets(prices)
    return PriceBound(
        mask=mask,
        by_player=reader.by_player,
        quotas=tuple(reader.quotas),
        constant=prices.other,
        bounds_parts=prices.holds_any_time,
        proof=read_proof(endowment, mask, network, prices),
    )


class QuotaReader:
    """Whose a limit is, and which part of it is each player's."""

    def __init__(self, endowment: Endowment, mask: int, network: Network) -> None:
        self.endowment, self.mask, self.network = endowment, mask, network
        self.num_players = len(endowment.players.names)

    @property
    def case(self) -> Case:
        """The whole case: its caps are those that quotas are parts of."""
        return self.endowment.case

    def player(self, party: str) -> int:
        """Player of a party."""
        return self.endowment.players.player_by_party[party]

    def public(self) -> FloatArray:
        """Part of each player in what is public and limited."""
        return np.array(self.endowment.quota or [0.0] * self.num_players)

    def shares(self, owner: str) -> FloatArray:
        """
        Part of a thing that is each player's by its owner cell.

        What several own jointly is there only with all of them; giving all of it to one of them bounds
        every coalition.
        """
        if not owner:
            return self.public()
        found = np.zeros(self.num_players)
        parts = shares_in(owner)
        for party, share in (parts or {owners_in(owner)[0]: 1.0}).items():
            found[self.player(party)] += share
        return found

    def drawn(self, note: LimitNote, owner: str, kind: str) -> FloatArray:
        """Part of a split limit that a set of users draws on, by the player whose share it is."""
        parts, permissions, places = shares_in(owner), self.network.permissions, self.network.places
        found = np.zeros(self.num_players)
        kept = {party: share for party, share in parts.items() if self.mask >> self.player(party) & 1}
        cell = " ".join(f"{party}:{share!r}" for party, share in kept.items())
        if not cell:
            return found
        ownership = places.owner(cell)
        draws = [
            permissions.draws(kind, ownership, [u for u in user.replace("/", "+").split("+") if u], note.resource)
            for user in note.users
        ]
        for index, (party, share) in enumerate(kept.items()):
            found[self.player(party)] += share * max((draw[index] for draw in draws), default=0.0)
        return found

    def owner_of(self, note: LimitNote) -> tuple[str, str]:
        """Owner cell of what is limited, in the whole case, and the kind of grant that opens a share of it."""
        if note.kind in ("departure", "service", "pin"):
            return next(row.owner for row in self.case.services if row.service == note.resource), "charter"
        if note.kind == "hub":
            return next(row.owner for row in self.case.hubs if row.hub == note.resource), "hub"
        return next(row.owner for row in self.case.handling if row.handling == note.resource), "hub"

    def whole_cap(self, note: LimitNote) -> float | None:
        """Cap in the whole case; None where a timetable adds up several rows."""
        if note.kind == "hub":
            return next(row.cap_runs_per_day for row in self.case.hubs if row.hub == note.resource)
        if note.kind == "handling":
            return next(row.cap_runs_per_day for row in self.case.handling if row.handling == note.resource)
        if note.kind == "service":
            return next(row.max_runs for row in self.case.services if row.service == note.resource)
        rows = [row for row in self.case.timetable if row.service == note.resource]
        if len(rows) != 1:
            return None
        service = next(row for row in self.case.services if row.service == note.resource)
        return service.max_runs if rows[0].max_runs is None else rows[0].max_runs


class _Reader(QuotaReader):
    """Adds up what each player's resources are worth."""

    def __init__(self, endowment: Endowment, mask: int, network: Network) -> None:
        super().__init__(endowment, mask, network)
        self.by_player = np.zeros(self.num_players)
        self.quotas: list[QuotaTerm] = []
        self._limits: dict[str, list[int]] | None = None

    def add_blocks(self, prices: PriceList) -> None:
        orders = {order.order: order for order in self.case.orders}
        qty = self.network.problem.block_qty
        for block, instance in enumerate(self.network.block_instance.tolist()):
            row = self.network.case.orders[self.network.instances[instance].order]
            worth = float(prices.block[block])
            if row.party:
                self.by_player[self.player(row.party)] += worth * float(qty[block])
                continue
            whole = orders[row.order]
            shares = self.shares(whole.quota)
            part = float(shares[[bool(self.mask >> i & 1) for i in range(len(shares))]].sum())
            if part > 0:
                self.by_player += worth * float(qty[block]) / min(part, 1.0) * shares

    def add_vehicles(self, prices: PriceList) -> None:
        """What vehicles earn, to those without whom they do not run."""
        owner_of = {row.service: row.owner for row in self.case.services}
        public: set[str] = set()
        for vehicle in np.flatnonzero(prices.vehicle).tolist():
            service = self.network.vehicles.plans[self.network.vehicles.plan_by_vehicle[vehicle]].service.service
            owner, money = owner_of[service], float(prices.vehicle[vehicle])
            if owner and not shares_in(owner):
                self.by_player += money * self.shares(owner)
            elif not owner and len(prices.run) and self.limits_of(service):
                public.add(service)
            else:
                charter = self.network.vehicles.charter_by_vehicle[vehicle]
                parties = {name.split("+")[0] for name in (charter.name, *charter.alternatives)}
                for player in {self.player(party) for party in parties}:
                    self.by_player[player] += money
        for service in sorted(public):
            for limit in self.limits_of(service):
                cap = float(self.network.problem.limit_cap[limit])
                self.add_limit(self.network.limit_notes[limit], "", "charter", float(prices.run[limit]), cap)

    def limits_of(self, service: str) -> list[int]:
        """Limits that all runs of a service are under: one of the service, or one for each departure; else none."""
        if self._limits is None:
            caps, found = self.network.problem.limit_cap, dict[str, list[int]]()
            for index, note in enumerate(self.network.limit_notes):
                if note.kind in ("departure", "service") and np.isfinite(caps[index]):
                    found.setdefault(note.resource, []).append(index)
            self._limits = {
                plan.service.service: found[plan.service.service]
                for plan in self.network.vehicles.plans
                if len(found.get(plan.service.service, ())) == (len(plan.slots or ()) or 1)
            }
        return self._limits.get(service, [])

    def add_limits(self, prices: PriceList) -> None:
        rows = zip(
            prices.limit.tolist(),
            prices.limit_price.tolist(),
            prices.limit_cap.tolist(),
            prices.limit_low.tolist(),
            prices.low_price.tolist(),
            strict=True,
        )
        for limit, price, cap, low, low_price in rows:
            note = self.network.limit_notes[limit]
            owner, kind = self.owner_of(note)
            if low_price and owner:
                self.by_player -= low_price * low * self.shares(owner)
            if price:
                self.add_limit(note, owner, kind, price, cap)

    def add_limit(self, note: LimitNote, owner: str, kind: str, price: float, cap: float) -> None:
        """One more run of a limit, to those whose quota it is."""
        split = shares_in(owner)
        if owner and not split:
            self.by_player += price * cap * self.shares(owner)
            return
        if not split:
            share, part = self.public(), self.endowment.part(self.mask)
        else:
            share, part = self.drawn(note, owner, kind), 1.0
        whole = self.whole_cap(note)
        if whole is None:  # known only rounded down: the largest cap that gives this quota
            whole = cap if part >= 1 else (cap + 1 - 2 * INTEGER_TOL) / part
        self.quotas.append(QuotaTerm(price, whole, share))

    def add_flows(self, prices: PriceList) -> None:
        for key, price, cap in zip(
            prices.flow.tolist(), prices.flow_price.tolist(), prices.flow_cap.tolist(), strict=True
        ):
            if key < 0:
                hub = [row for row in self.network.case.hubs if row.store_cap_t is not None][-1 - key]
                whole = next(row for row in self.case.hubs if row.hub == hub.hub)
                self.by_player += price * float(whole.store_cap_t or 0.0) * self.shares(whole.owner)
                continue
            note = self.network.flow_limit_notes[key]
            row = next(row for row in self.case.handling if row.handling == note.resource)
            if row.owner and not shares_in(row.owner):
                self.by_player += price * cap * self.shares(row.owner)
            elif row.owner:
                self.by_player += price * float(row.cap_t_per_day or 0.0) * self.drawn(note, row.owner, "hub")
            else:
                self.by_player += price * float(row.cap_t_per_day or 0.0) * self.public()

    def add_fleets(self, prices: PriceList) -> None:
        owners = fleet_owners(self.case)
        for index in np.flatnonzero(prices.fleet).tolist():
            fleet = self.network.case.fleets[index]
            whole = next(row for row in self.case.fleets if row.fleet == fleet.fleet)
            ratio = float(whole.count or 0) / max(1.0, float(fleet.count or 1))
            self.by_player += float(prices.fleet[index]) * ratio * self.shares(owners[fleet.fleet])
