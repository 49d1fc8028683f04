"""Who shares: regions, groups of them, parties or countries, and what of a case belongs to each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from landbridge.cooperation.coalitions import mask_of
from landbridge.model.case import Case


class PlayerKind(StrEnum):
    """What a player is."""

    REGIONS = "regions"
    GROUPS = "groups"
    PARTIES = "parties"
    COUNTRIES = "countries"


@dataclass(frozen=True, slots=True, kw_only=True)
class Players:
    """
    The players of a case, in the order of their bits.

    Parameters
    ----------
    kind, names
        What they are, and their ids.
    player_by_party
        Index of the player each party belongs to.
    idle
        Players that own neither an order nor a service, a hub or a share of anything: they bring nothing.
    """

    kind: PlayerKind
    names: tuple[str, ...]
    player_by_party: Mapping[str, int]
    idle: tuple[str, ...]

    def mask_of_parties(self, parties: Iterable[str]) -> int:
        """Coalition of the players of some parties."""
        return mask_of(self.player_by_party[party] for party in parties)

    def signers(self, name: str, regions: Mapping[str, str]) -> int:
        """Players that a party or a region of a grant stands for; ``*`` stands for nobody in particular."""
        if name in self.player_by_party:
            return 1 << self.player_by_party[name]
        return self.mask_of_parties(party for party, region in regions.items() if region == name)


def find_players(case: Case, kind: PlayerKind = PlayerKind.REGIONS) -> Players:
    """List the players of a case: those that have a party, in the order of the case's tables."""
    country = {region.region: region.country for region in case.regions}
    group = {region.region: region.group or region.region for region in case.regions}
    named = {
        PlayerKind.REGIONS: {party.party: party.region for party in case.parties},
        PlayerKind.GROUPS: {party.party: group[party.region] for party in case.parties},
        PlayerKind.PARTIES: {party.party: party.party for party in case.parties},
        PlayerKind.COUNTRIES: {party.party: country[party.region] for party in case.parties},
    }[kind]
    names = tuple(dict.fromkeys(named.values()))
    owning = {named[party] for party in _owning_parties(case)}
    return Players(
        kind=kind,
        names=names,
        player_by_party={party: names.index(name) for party, name in named.items()},
        idle=tuple(name for name in names if name not in owning),
    )


def owners_in(text: str) -> tuple[str, ...]:
    """Parties named in an owner cell."""
    return tuple(word.rpartition(":")[0] if ":" in word else word for word in text.replace("+", " ").split())


def shares_in(text: str) -> dict[str, float]:
    """Share of each party in a cell ``a:0.5 b:0.5``; empty without shares."""
    pairs = [word.rpartition(":") for word in text.split() if ":" in word]
    return {name: float(share) for name, _, share in pairs}


def _owning_parties(case: Case) -> set[str]:
    found = {order.party for order in case.orders if order.party}
    for order in case.orders:
        found.update(shares_in(order.quota))
    for table in (case.services, case.hubs, case.handling, case.fleets):
        for row in table:
            found.update(owners_in(row.owner))
    return found
