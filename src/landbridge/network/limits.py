"""Limits on runs: departures, horizons, hubs, handling rows, quotas and pins (semantics §4.7, §5.4-5.5)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from landbridge.network.owners import Ownership
from landbridge.network.permissions import Permissions
from landbridge.network.pins import Bounds
from landbridge.network.places import Places
from landbridge.network.quotas import hall_sets
from landbridge.network.services import Call, ServicePlan
from landbridge.network.vehicles import Vehicles
from landbridge.units import INTEGER_TOL, MINUTES_PER_DAY


@dataclass(frozen=True, slots=True)
class LimitNote:
    """
    What a limit is, for messages and prices.

    Parameters
    ----------
    kind
        departure, service, hub or handling; pin for what a planner locked.
    resource
        Id of the service, hub or handling row.
    users
        The users whose quota it is; empty = everyone.
    minute
        Minute of the departure; -1 where there is none.
    """

    kind: str
    resource: str
    users: tuple[str, ...] = ()
    minute: int = -1


Use = tuple[int, int, int]
"""Vehicle, departure (-1 = any), minutes after leaving."""


@dataclass(frozen=True, slots=True)
class RunLimit:
    """Least and most runs in each period, with the runs that count."""

    note: LimitNote
    cap: float
    low: float
    period_min: int
    shift_min: int
    uses: tuple[Use, ...] = field(repr=False)


def build_run_limits(places: Places, permissions: Permissions, vehicles: Vehicles) -> tuple[RunLimit, ...]:
    """All limits on runs that bind anything."""
    limits: list[RunLimit] = []
    for plan, members in zip(vehicles.plans, vehicles.vehicles_by_plan, strict=True):
        limits.extend(_service_limits(places, permissions, vehicles, plan, members))
    calls = _calls_by_hub(vehicles)
    for hub in places.case.hubs:
        if hub.cap_runs_per_day is not None:
            uses = [use for _, use in calls.get(hub.hub, ())]
            limits.extend(
                _day_limits(
                    places,
                    permissions,
                    vehicles,
                    LimitNote("hub", hub.hub),
                    hub.owner,
                    hub.cap_runs_per_day,
                    uses,
                    hub.hub,
                )
            )
    for row in places.case.handling:
        if row.cap_runs_per_day is not None:
            uses = [
                use
                for (plan, call), use in calls.get(row.hub, ())
                if row.from_mode in ("", plan.service.mode)
                and {"": True, "in": call.comes_from_abroad, "out": call.goes_abroad}[row.direction]
            ]
            note = LimitNote("handling", row.handling)
            limits.extend(
                _day_limits(places, permissions, vehicles, note, row.owner, row.cap_runs_per_day, uses, row.hub)
            )
    return tuple(limits)


def _calls_by_hub(vehicles: Vehicles) -> dict[str, list[tuple[tuple[ServicePlan, Call], Use]]]:
    found: dict[str, list[tuple[tuple[ServicePlan, Call], Use]]] = {}
    for plan, members in zip(vehicles.plans, vehicles.vehicles_by_plan, strict=True):
        for call in plan.calls:
            found.setdefault(call.hub, []).extend(((plan, call), (vehicle, -1, call.offset_min)) for vehicle in members)
    return found


def _day_limits(
    places: Places,
    permissions: Permissions,
    vehicles: Vehicles,
    note: LimitNote,
    owner: str,
    cap: float,
    uses: list[Use],
    hub: str,
) -> list[RunLimit]:
    if not uses:
        return []
    shift = places.shift_min(hub)
    parts = _split(permissions, vehicles, places.owner(owner), "hub", note, cap, uses)
    return [RunLimit(part, most, 0.0, MINUTES_PER_DAY, shift, tuple(used)) for part, most, used in parts]


def _service_limits(
    places: Places, permissions: Permissions, vehicles: Vehicles, plan: ServicePlan, members: tuple[int, ...]
) -> list[RunLimit]:
    service = plan.service
    owner = places.owner(service.owner)
    found: list[RunLimit] = []
    everything: list[Use] = [(vehicle, -1, 0) for vehicle in members]
    if not plan.has_timetable and service.max_runs is not None:
        note = LimitNote("service", service.service)
        for part, cap, uses in _split(permissions, vehicles, owner, "charter", note, service.max_runs, everything):
            found.append(RunLimit(part, cap, 0.0, 0, 0, tuple(uses)))
    if plan.pin is not None and plan.pin != Bounds():
        note = LimitNote("pin", service.service)
        found.append(RunLimit(note, plan.pin.cap, plan.pin.low, 0, 0, tuple(everything)))
    for position, (minute, slot) in enumerate((plan.slots or {}).items()):
        uses = [(vehicle, vehicles.first_departure[vehicle] + position, 0) for vehicle in members]
        note = LimitNote("departure", service.service, minute=minute)
        if owner.is_split and math.isfinite(slot.cap):
            for part, cap, used in _split(permissions, vehicles, owner, "charter", note, slot.cap, uses):
                found.append(RunLimit(part, cap, 0.0, 0, 0, tuple(used)))
            cap = slot.pin.cap
        else:
            cap = min(slot.cap, slot.pin.cap)
        low = max(float(slot.must_run), slot.pin.low)
        if math.isfinite(cap) or low > 0:
            pinned = slot.pin.cap < slot.cap or slot.pin.low > slot.must_run
            kind = "pin" if pinned else "departure"
            found.append(RunLimit(LimitNote(kind, service.service, (), minute), cap, low, 0, 0, tuple(uses)))
    return found


def _split(
    permissions: Permissions,
    vehicles: Vehicles,
    owner: Ownership,
    kind: str,
    note: LimitNote,
    cap: float,
    uses: list[Use],
) -> list[tuple[LimitNote, float, list[Use]]]:
    """Plain limit or, where owners have shares, one limit for each set of charterers, rounded down (§4.7)."""
    if not owner.is_split:
        return [(note, math.floor(cap + INTEGER_TOL), uses)]
    users = list(dict.fromkeys(vehicles.charter_by_vehicle[vehicle].name for vehicle, _, _ in uses))
    draws = [permissions.draws(kind, owner, user.split("+"), note.resource) for user in users]
    found: list[tuple[LimitNote, float, list[Use]]] = []
    for part in hall_sets(draws, owner.shares, f"{note.kind} {note.resource!r}"):
        names = {users[user] for user in part.users}
        used = [use for use in uses if vehicles.charter_by_vehicle[use[0]].name in names]
        most = math.floor(part.frac * cap + INTEGER_TOL)
        found.append((LimitNote(note.kind, note.resource, tuple(sorted(names)), note.minute), most, used))
    return found
