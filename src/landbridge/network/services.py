"""Vehicles: services with their charterers, their legs and their departures (semantics §4.3, §5)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from landbridge.errors import Finding, InvalidCase
from landbridge.model.case import Service, TimetableRow
from landbridge.model.clock import parse_clock, parse_days
from landbridge.network.access import Riders
from landbridge.network.permissions import Permissions, Ride
from landbridge.network.pins import UNBOUNDED, Bounds, PinSet
from landbridge.network.places import Places
from landbridge.units import to_minutes


@dataclass(frozen=True, slots=True)
class Call:
    """A stop of a vehicle: the hub, minutes after leaving the first, and whether a border lies before or behind."""

    hub: str
    offset_min: int
    comes_from_abroad: bool
    goes_abroad: bool


@dataclass(frozen=True, slots=True)
class Slot:
    """A departure that may run: most runs, must_run, and what pins add."""

    cap: float = math.inf
    must_run: int = 0
    pin: Bounds = UNBOUNDED


@dataclass(frozen=True, slots=True)
class Charter:
    """
    A charterer of some services.

    Parameters
    ----------
    name
        The party, or ``a+b``.
    alternatives
        Charterers that were left out because this one can do all they could.
    rides
        Leave to ride of each group of riders, None = it may not.
    """

    name: str
    alternatives: tuple[str, ...]
    rides: tuple[Ride | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePlan:
    """
    What a service contributes to the problem.

    Parameters
    ----------
    slots
        By minute of leaving; None = may leave at any time.
    has_timetable
        True when ``max_runs`` bounds each departure; otherwise it bounds the horizon.
    pin
        Bounds on all runs of the horizon, None = not pinned.
    """

    index: int
    service: Service
    charters: tuple[Charter, ...]
    calls: tuple[Call, ...]
    slots: dict[int, Slot] | None
    has_timetable: bool
    pin: Bounds | None = None
    travel_min: tuple[int, ...] = ()


@dataclass(slots=True)
class _Charterers:
    """Finds the charterers of services; services that differ in nothing that matters share the answer."""

    places: Places
    permissions: Permissions
    groups: tuple[Riders, ...]
    terms: dict[str, frozenset[tuple[object, ...]]]
    cache: dict[tuple[object, ...], tuple[Charter, ...]] = field(default_factory=dict)

    def of(self, service: Service, quotas: tuple[tuple[str, str, str], ...]) -> tuple[Charter, ...]:
        """Charterers worth having; ``quotas`` are (kind, resource, owner) of the split limits its runs draw on."""
        key = (service.owner, service.mode, self.terms.get(service.service), quotas)
        if key not in self.cache:
            self.cache[key] = self._find(service, quotas)
        return self.cache[key]

    def _find(self, service: Service, quotas: tuple[tuple[str, str, str], ...]) -> tuple[Charter, ...]:
        names = self.permissions.charterers(service, self.places.owner(service.owner))
        rides = [tuple(self.permissions.ride(name, riders, service) for riders in self.groups) for name in names]
        draws = [
            tuple(
                self.permissions.draws(kind, self.places.owner(owner), name.split("+"), resource)
                for kind, resource, owner in quotas
            )
            for name in names
        ]
        better = _betters(rides, draws)
        return tuple(
            Charter(name, tuple(other for o, other in enumerate(names) if better[o] == index), rides[index])
            for index, name in enumerate(names)
            if better[index] is None
        )


def _betters(rides: Sequence[tuple[Ride | None, ...]], draws: Sequence[tuple[object, ...]]) -> list[int | None]:
    """
    Find for each charterer another that can replace it.

    Exact: when all who ride with one ride the other without grants that bound
    them, and both draw on the same quotas, every run can change hands; of equals the
    first stays.
    """
    may = np.array([[ride is not None for ride in row] for row in rides], dtype=bool).reshape(len(rides), -1)
    full = np.array([[ride is not None and ride.share >= 1.0 for ride in row] for row in rides], dtype=bool)
    full = full.reshape(len(rides), -1)
    # below[i, j]: whoever rides with i rides freely with j
    below = (may.astype(np.float32) @ (~full).astype(np.float32).T) == 0.0
    code = {draw: index for index, draw in enumerate(dict.fromkeys(draws))}
    codes = np.array([code[draw] for draw in draws], dtype=np.int64)
    below &= codes[:, None] == codes[None, :]
    np.fill_diagonal(below, False)
    earlier = np.tri(len(rides), k=-1, dtype=bool)
    replaced = below & (~below.T | earlier)
    stays = ~replaced.any(axis=1)
    return [None if stays[index] else int(np.flatnonzero(replaced[index] & stays)[0]) for index in range(len(rides))]


def plan_services(
    places: Places, permissions: Permissions, groups: tuple[Riders, ...], pins: PinSet
) -> tuple[ServicePlan, ...]:
    """
    Decide who may run what when.

    Raises
    ------
    InvalidCase
        When a pin names a departure that is not in the timetable.
    """
    charterers = _Charterers(places, permissions, groups, _own_terms(places))
    quota_hubs = _quota_hubs(places)
    plans: list[ServicePlan] = []
    findings: list[Finding] = []
    for index, service in enumerate(places.case.services):
        rows = places.timetable_by_service.get(service.service, ())
        slots = read_timetable(places, service, rows) if rows else None
        pinned = pins.departures.get(service.service, {})
        findings.extend(_unknown_departures(places, service, slots, pinned, pins))
        slots = _pin_slots(service, slots, pinned, pins)
        pin = pins.services.get(service.service)
        if slots == {} or (slots is None and pins.is_only and pin is None):
            continue
        travel_min = tuple(to_minutes(hours) for hours in service.travel_h)
        quotas = [quota for hub in dict.fromkeys(service.route) for quota in quota_hubs.get(hub, ())]
        if places.owner(service.owner).is_split:
            quotas.append(("charter", service.service, service.owner))
        plans.append(
            ServicePlan(
                index=index,
                service=service,
                charters=charterers.of(service, tuple(quotas)),
                calls=_calls(places, service, travel_min),
                slots=slots,
                has_timetable=bool(rows),
                pin=pin,
                travel_min=travel_min,
            )
        )
    if findings:
        raise InvalidCase(sorted(findings))
    return tuple(plans)


def _own_terms(places: Places) -> dict[str, frozenset[tuple[object, ...]]]:
    """Grants that name a service, but for its name: services with the same are alike to all."""
    found: dict[str, set[tuple[object, ...]]] = {}
    for row in places.case.grants:
        if row.kind in ("service", "charter") and row.resource != "*":
            terms = (row.kind, row.agreement, row.giver, row.taker, row.share_frac, row.both_ways)
            found.setdefault(row.resource, set()).add(terms)
    return {service: frozenset(terms) for service, terms in found.items()}


def read_timetable(places: Places, service: Service, rows: tuple[TimetableRow, ...]) -> dict[int, Slot]:
    """Departures of a service, by minute; rows of the same minute add up (§5.2)."""
    found: dict[int, Slot] = {}
    for row in rows:
        most = service.max_runs if row.max_runs is None else row.max_runs
        cap = math.inf if most is None else float(most)
        for minute in _row_minutes(places, service, row):
            old = found.get(minute)
            if old is not None:
                found[minute] = Slot(old.cap + cap, old.must_run + row.must_run)
            else:
                found[minute] = Slot(cap, row.must_run)
    return dict(sorted(found.items()))


def _row_minutes(places: Places, service: Service, row: TimetableRow) -> list[int]:
    clock = places.clock
    zone = places.zone_by_hub[service.route[0]]
    first = clock.minute(row.starts, zone) if row.starts else 0
    last = clock.horizon_min - 1  # §5.2
    if row.ends:
        last = min(last, clock.minute(row.ends, zone))
    if row.every_h is None:
        return clock.clock_times(parse_clock(row.depart), parse_days(row.days), zone, max(first, 0), last)
    step = max(1, to_minutes(row.every_h))
    return [minute for minute in range(first, last + 1, step) if minute >= 0]


def _unknown_departures(
    places: Places, service: Service, slots: dict[int, Slot] | None, pinned: dict[int, Bounds], pins: PinSet
) -> list[Finding]:
    zone = places.zone_by_hub[service.route[0]]
    found = []
    for minute in pinned:
        if slots is None and pins.is_only and 0 <= minute <= places.clock.horizon_min:
            continue
        if slots is not None and minute in slots:
            continue
        moment = places.clock.text(minute, zone)
        reason = "the service has no timetable; pin the service instead, or price a whole plan of pins with evaluate"
        if slots is not None:
            near = sorted(slots, key=lambda other, minute=minute: (abs(other - minute), other))[:1]  # type: ignore[misc]
            reason = "its timetable has no departure" + "".join(
                f"; the nearest is {places.clock.text(n, zone)}" for n in near
            )
        elif pins.is_only:
            reason = "that is outside the horizon"
        found.append(
            Finding(
                code="unknown-pin",
                where=f"pins departures {service.service}",
                column="key",
                message=f"service {service.service!r} is pinned at {moment}, but {reason}",
            )
        )
    return found


def _pin_slots(
    service: Service, slots: dict[int, Slot] | None, pinned: dict[int, Bounds], pins: PinSet
) -> dict[int, Slot] | None:
    if slots is None:
        if not (pins.is_only and pinned):
            return None
        return {minute: Slot(pin=pinned[minute]) for minute in sorted(pinned)}
    stay = not pins.is_only or (service.service in pins.services and not pinned)
    found = {}
    for minute, slot in slots.items():
        if minute in pinned:
            found[minute] = Slot(slot.cap, slot.must_run, pinned[minute])
        elif stay:
            found[minute] = slot
        elif slot.must_run > 0:
            found[minute] = Slot(slot.cap, slot.must_run, Bounds(0.0, float(slot.must_run)))
    return found


def _calls(places: Places, service: Service, travel_min: tuple[int, ...]) -> tuple[Call, ...]:
    country = [places.country_by_hub[hub] for hub in service.route]
    offsets = [0]
    for minutes in travel_min:
        offsets.append(offsets[-1] + minutes)
    last = len(service.route) - 1
    return tuple(
        Call(
            hub,
            offsets[stop],
            stop > 0 and country[stop - 1] != country[stop],
            stop < last and country[stop + 1] != country[stop],
        )
        for stop, hub in enumerate(service.route)
    )


def _quota_hubs(places: Places) -> dict[str, tuple[tuple[str, str, str], ...]]:
    """Split limits on runs that calls at a hub draw on: (kind of grant, resource, owner)."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for hub in places.case.hubs:
        if hub.cap_runs_per_day is not None and places.owner(hub.owner).is_split:
            found.setdefault(hub.hub, []).append(("hub", hub.hub, hub.owner))
    for row in places.case.handling:
        if row.cap_runs_per_day is not None and places.owner(row.owner).is_split:
            found.setdefault(row.hub, []).append(("hub", row.handling, row.owner))
    return {hub: tuple(quotas) for hub, quotas in found.items()}
