"""Delays and surcharges that hold for a time: departures met go as a slower or dearer twin (changes.md §2)."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from landbridge.model.case import Case, Event, Grant, Pin, Service, TimetableRow
from landbridge.model.clock import WEEKDAYS
from landbridge.network.places import Places
from landbridge.network.services import Slot
from landbridge.units import MINUTES_PER_DAY

SIGN = "~"
"""Stands between the id of a service and the number of its twin."""


def add_twin(
    case: Case, places: Places, service: Service, met: Sequence[tuple[int, Slot]], event: Event, legs: Collection[int]
) -> Case:
    """
    Let departures of a service leave as those of a twin whose legs take longer or cost more.

    The twin is a service of its own in the case, with the owner, the fleet and the grants of the first; the
    departures met are pinned to no runs. So a plan of the case is verified like any other.

    Parameters
    ----------
    met
        Departures met: minute of leaving, and what the timetable allows.
    legs
        Indices of the legs that are slower and dearer.
    """
    name = _free_name(case, service.service)
    twin = replace(
        service,
        service=name,
        travel_h=_add(service.travel_h, legs, event.extra_h, len(service.route) - 1),
        cost_per_t=_add(service.cost_per_t, legs, event.extra_cost_per_t, len(service.route) - 1),
        max_runs=None,
    )
    zone = places.zone_by_hub[service.route[0]]
    texts = [places.clock.text(minute, zone)[:16] for minute, _ in met]
    shift = places.clock.shift_min(zone)
    rows = tuple(
        TimetableRow(
            service=name,
            days=WEEKDAYS[places.clock.weekday(minute, zone)],
            depart="{:02}:{:02}".format(*divmod((minute + shift) % MINUTES_PER_DAY, 60)),
            starts=text,
            ends=text,
            max_runs=_most(event, slot),
        )
        for text, (minute, slot) in zip(texts, met, strict=True)
    )
    pins = tuple(Pin(table="departures", key=f"{service.service}@{text}", max=0.0) for text in texts)
    return replace(
        case,
        services=(*case.services, twin),
        timetable=(*case.timetable, *rows),
        pins=(*case.pins, *pins),
        grants=(*case.grants, *_grants(case.grants, service.service, name)),
    )


def _free_name(case: Case, service: str) -> str:
    taken = {row.service for row in case.services}
    return next(name for number in range(1, len(taken) + 2) if (name := f"{service}{SIGN}{number}") not in taken)


def _add(values: Sequence[float], legs: Collection[int], extra: float, num_legs: int) -> tuple[float, ...]:
    each = values if len(values) == num_legs else (values[0] if values else 0.0,) * num_legs
    return tuple(value + extra * (leg in legs) for leg, value in enumerate(each))


def _most(event: Event, slot: Slot) -> int | None:
    cap = min(slot.cap, slot.pin.cap)
    return None if math.isinf(cap) else math.floor(min(event.cap_frac, 1.0) * cap + 1e-9)


def _grants(grants: Iterable[Grant], service: str, twin: str) -> Iterable[Grant]:
    """Grants of a service, for its twin."""
    return (replace(row, resource=twin) for row in grants if row.resource == service and row.kind != "trade")
