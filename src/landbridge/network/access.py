"""Kinds of freight: who rides for it, what handling it needs, which countries it may cross (semantics §3.8-9, §4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from landbridge.model.case import Good, Order
from landbridge.network.places import Places

Riders = tuple[str, ...]
"""Parties that may ride for freight, sorted: one, two in a trade, none for freight of the market outside."""


@dataclass(frozen=True, slots=True)
class FreightKind:
    """What decides which legs and links freight may use."""

    riders: Riders
    handling_class: str
    countries: frozenset[str]


def riders_of(parties: Iterable[str]) -> Riders:
    """Parties that ride for freight of these; blanks are the outside."""
    return tuple(sorted({party for party in parties if party}))


def kind_of(places: Places, riders: Riders, good: Good, transit: frozenset[str], ends: tuple[str, str]) -> FreightKind:
    """Kind of freight of a good between two hubs."""
    own = {places.country_by_hub[hub] for hub in ends}
    return FreightKind(riders, good.handling_class, transit | own)


def transit_of(places: Places, order: Order) -> frozenset[str]:
    """Countries of the case an order may cross: its own list or, where blank, the good's (§3.9)."""
    words = order.transit or places.good_by_id[order.good].transit
    countries = frozenset(places.country_by_hub.values())
    if "*" in words:
        return countries
    return countries.intersection(words)
