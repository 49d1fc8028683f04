"""What classes of freight may use: legs, links, shares of runs, handled tonnes (semantics §3.8-9, §4.4-4.7)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.problem import BoolArray, FloatArray, IntArray
from landbridge.network.access import FreightKind, Riders
from landbridge.network.hubs import HubNodes, Link
from landbridge.network.limits import LimitNote
from landbridge.network.permissions import Permissions
from landbridge.network.places import Places
from landbridge.network.quotas import hall_sets
from landbridge.network.vehicles import Vehicles


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """
    Distinct classes of freight.

    Parameters
    ----------
    class_by_kind
        Class of each kind of freight; kinds that may use the same are one class.
    share_vehicle, share_frac, share_class_ptr, share_class
        See ``DesignProblem``.
    share_notes
        Giver and agreement of each share.
    flow_limits, flow_uses
        Limits on tonnes with their notes, caps and shifts; uses ``(limit, link, class)``.
    """

    class_by_kind: dict[FreightKind, int]
    leg_access: BoolArray
    link_access: BoolArray
    share_vehicle: IntArray
    share_frac: FloatArray
    share_class_ptr: IntArray
    share_class: IntArray
    share_notes: tuple[tuple[str, str], ...]
    flow_notes: tuple[LimitNote, ...]
    flow_cap_t: FloatArray
    flow_shift_min: IntArray
    flow_uses: IntArray


def build_classes(
    places: Places,
    permissions: Permissions,
    nodes: HubNodes,
    vehicles: Vehicles,
    groups: tuple[Riders, ...],
    kinds: tuple[FreightKind, ...],
) -> Classes:
    """Work out what each kind of freight may use, and merge kinds that may use the same."""
    group_idx = {riders: index for index, riders in enumerate(groups)}
    ride_ok = ride_access(vehicles, len(groups))
    share_groups = _share_groups(vehicles)
    shares_by_group = _members_by_group(share_groups, len(groups))
    split_rows = _split_draws(places, permissions, nodes, groups)
    quota_by_group = [tuple(draws[riders] for draws in split_rows) for riders in groups]
    leg_ok = LegAccess(places, vehicles)
    link_ok = LinkAccess(places, permissions, nodes.links)
    class_by_key: dict[tuple[object, ...], int] = {}
    class_by_kind: dict[FreightKind, int] = {}
    legs: list[BoolArray] = []
    links: list[BoolArray] = []
    group_by_class: list[int] = []
    for kind in kinds:
        group = group_idx[kind.riders]
        leg_row = ride_ok[:, group][vehicles.leg_vehicle]
        leg_row &= leg_ok.accepts(kind.handling_class) & leg_ok.within(kind.countries)
        link_row = link_ok.opens(kind.riders) & link_ok.serves(kind.handling_class)
        key = (
            np.packbits(leg_row).tobytes(),
            np.packbits(link_row).tobytes(),
            shares_by_group[group],
            quota_by_group[group],
        )
        if key not in class_by_key:
            class_by_key[key] = len(legs)
            legs.append(leg_row)
            links.append(link_row)
            group_by_class.append(group)
        class_by_kind[kind] = class_by_key[key]
    ptr: list[int] = [0]
    members: list[int] = []
    kept: list[_ShareKey] = []
    classes_by_groups: dict[frozenset[int], list[int]] = {}
    for key_of_share, in_share in share_groups:
        if in_share not in classes_by_groups:
            classes_by_groups[in_share] = [number for number, group in enumerate(group_by_class) if group in in_share]
        found = classes_by_groups[in_share]
        if found:
            kept.append(key_of_share)
            members.extend(found)
            ptr.append(len(members))
    flow = _flow_limits(places, permissions, nodes, [groups[group] for group in group_by_class])
    return Classes(
        class_by_kind=class_by_kind,
        leg_access=np.array(legs, dtype=np.bool_).reshape(len(legs), len(vehicles.leg_vehicle)),
        link_access=np.array(links, dtype=np.bool_).reshape(len(links), len(nodes.links)),
        share_vehicle=np.array([vehicle for vehicle, *_ in kept], dtype=np.int64),
        share_frac=np.array([frac for *_, frac in kept], dtype=np.float64),
        share_class_ptr=np.array(ptr, dtype=np.int64),
        share_class=np.array(members, dtype=np.int64),
        share_notes=tuple((giver, agreement) for _, giver, agreement, _ in kept),
        flow_notes=flow[0],
        flow_cap_t=flow[1],
        flow_shift_min=flow[2],
        flow_uses=flow[3],
    )


def ride_access(vehicles: Vehicles, num_groups: int) -> BoolArray:
    """Shape ``(V, G)``: may freight of the riders ride the vehicle."""
    row_by_charter: dict[int, int] = {}
    rows: list[list[bool]] = []
    index = []
    for charter in vehicles.charter_by_vehicle:
        if id(charter) not in row_by_charter:
            row_by_charter[id(charter)] = len(rows)
            rows.append([ride is not None for ride in charter.rides])
        index.append(row_by_charter[id(charter)])
    table = np.array(rows, dtype=np.bool_).reshape(len(rows), num_groups)
    return table[np.array(index, dtype=np.int64)]


_ShareKey = tuple[int, str, str, float]
"""Vehicle, giver, agreement and open part."""


def _share_groups(vehicles: Vehicles) -> list[tuple[_ShareKey, frozenset[int]]]:
    """Vehicles and shares with the groups that ride by one grant: one entry for each giver and agreement (§4.4)."""
    by_charter: dict[int, list[tuple[tuple[str, str, float], frozenset[int]]]] = {}
    found: list[tuple[_ShareKey, frozenset[int]]] = []
    for vehicle, charter in enumerate(vehicles.charter_by_vehicle):
        if id(charter) not in by_charter:
            parts: dict[tuple[str, str, float], set[int]] = {}
            for group, ride in enumerate(charter.rides):
                for use in () if ride is None else ride.uses:
                    if use.share < 1.0:
                        parts.setdefault((use.giver, use.agreement, use.share), set()).add(group)
            by_charter[id(charter)] = [(key, frozenset(members)) for key, members in parts.items()]
        found.extend(((vehicle, *key), members) for key, members in by_charter[id(charter)])
    return found


def _members_by_group(share_groups: list[tuple[_ShareKey, frozenset[int]]], num_groups: int) -> list[tuple[int, ...]]:
    found: list[list[int]] = [[] for _ in range(num_groups)]
    for number, (_, members) in enumerate(share_groups):
        for group in members:
            found[group].append(number)
    return [tuple(numbers) for numbers in found]


class LegAccess:
    """Legs open to a handling class, or between allowed countries."""

    def __init__(self, places: Places, vehicles: Vehicles) -> None:
        self.vehicles = vehicles
        self.countries = sorted(set(places.country_by_hub.values()))
        country_idx = {country: index for index, country in enumerate(self.countries)}
        ends: list[tuple[int, int]] = []
        for vehicle, stop in zip(vehicles.leg_vehicle.tolist(), vehicles.leg_stop.tolist(), strict=True):
            route = vehicles.plans[vehicles.plan_by_vehicle[vehicle]].service.route
            tail, head = places.country_by_hub[route[stop]], places.country_by_hub[route[stop + 1]]
            ends.append((country_idx[tail], country_idx[head]))
        self.ends = np.array(ends, dtype=np.int64).reshape(len(ends), 2)
        self._by_class: dict[str, BoolArray] = {}
        self._by_countries: dict[frozenset[str], BoolArray] = {}

    def accepts(self, handling_class: str) -> BoolArray:
        """Shape ``(L,)``: does the service take the class (§3.8)."""
        if handling_class not in self._by_class:
            accepted = [
                not plan.service.accepts or handling_class in plan.service.accepts for plan in self.vehicles.plans
            ]
            by_vehicle = np.array([accepted[plan] for plan in self.vehicles.plan_by_vehicle], dtype=np.bool_)
            self._by_class[handling_class] = by_vehicle[self.vehicles.leg_vehicle]
        return self._by_class[handling_class]

    def within(self, countries: frozenset[str]) -> BoolArray:
        """Shape ``(L,)``: do both ends lie in the countries (§3.9)."""
        if countries not in self._by_countries:
            allowed = np.array([country in countries for country in self.countries], dtype=np.bool_)
            self._by_countries[countries] = allowed[self.ends[:, 0]] & allowed[self.ends[:, 1]]
        return self._by_countries[countries]


class LinkAccess:
    """Links open to riders, or to a handling class."""

    def __init__(self, places: Places, permissions: Permissions, links: list[Link]) -> None:
        self.places = places
        self.permissions = permissions
        self.links = links
        self._by_riders: dict[Riders, BoolArray] = {}
        self._by_class: dict[str, BoolArray] = {}

    def opens(self, riders: Riders) -> BoolArray:
        """Shape ``(M,)``: may freight of the riders change so (§4.6)."""
        if riders not in self._by_riders:
            opened = [self._opens(link, riders) for link in self.links]
            self._by_riders[riders] = np.array(opened, dtype=np.bool_)
        return self._by_riders[riders]

    def serves(self, handling_class: str) -> BoolArray:
        """Shape ``(M,)``: does the row serve the class (§3.3)."""
        if handling_class not in self._by_class:
            served = [link.row is None or link.row.handling_class in ("", handling_class) for link in self.links]
            self._by_class[handling_class] = np.array(served, dtype=np.bool_)
        return self._by_class[handling_class]

    def _opens(self, link: Link, riders: Riders) -> bool:
        hub = self.places.case.hubs[link.hub]
        may_change = self.permissions.may_change
        if link.is_change and hub.owner and not may_change(riders, self.places.owner(hub.owner), (hub.hub,)):
            return False
        return link.row is None or may_change(riders, self.places.owner(link.row.owner), (link.row.handling,))


def _split_draws(
    places: Places, permissions: Permissions, nodes: HubNodes, groups: tuple[Riders, ...]
) -> list[dict[Riders, tuple[float, ...]]]:
    """What each group of riders draws on, for each handling row whose tonnes are split among owners."""
    rows = {link.row.handling: link.row for link in nodes.links if link.row is not None}
    return [
        {riders: permissions.draws("hub", places.owner(row.owner), riders, row.handling) for riders in groups}
        for row in rows.values()
        if row.cap_t_per_day is not None and places.owner(row.owner).is_split
    ]


def _flow_limits(
    places: Places, permissions: Permissions, nodes: HubNodes, riders_by_class: list[Riders]
) -> tuple[tuple[LimitNote, ...], FloatArray, IntArray, IntArray]:
    links_by_row: dict[str, list[int]] = {}
    for index, link in enumerate(nodes.links):
        if link.row is not None and link.row.cap_t_per_day is not None:
            links_by_row.setdefault(link.row.handling, []).append(index)
    notes: list[LimitNote] = []
    caps: list[float] = []
    shifts: list[int] = []
    uses: list[tuple[int, int, int]] = []
    for row in places.case.handling:
        if row.handling not in links_by_row or row.cap_t_per_day is None:
            continue
        owner = places.owner(row.owner)
        parts: list[tuple[float, tuple[int, ...], tuple[str, ...]]] = [(row.cap_t_per_day, (-1,), ())]
        if owner.is_split:
            draws = [permissions.draws("hub", owner, riders, row.handling) for riders in riders_by_class]
            sets = hall_sets(draws, owner.shares, f"handling {row.handling!r}")
            parts = [(part.frac * row.cap_t_per_day, part.users, _names(riders_by_class, part.users)) for part in sets]
        for cap, members, names in parts:
            uses.extend((len(notes), link, member) for link in links_by_row[row.handling] for member in members)
            notes.append(LimitNote("handling", row.handling, names))
            caps.append(cap)
            shifts.append(places.shift_min(row.hub))
    return (
        tuple(notes),
        np.array(caps, dtype=np.float64),
        np.array(shifts, dtype=np.int64),
        np.array(uses, dtype=np.int64).reshape(len(uses), 3),
    )


def _names(riders_by_class: list[Riders], members: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(sorted({"/".join(riders_by_class[member]) for member in members}))
