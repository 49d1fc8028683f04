"""Events: what happens to a hub, handling or service for a time, written as limits of a case (changes.md §2)."""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from landbridge.errors import Finding, InvalidCase
from landbridge.model.case import Case, Event, Handling, Hub, Pin, Service
from landbridge.model.clock import BadTime
from landbridge.model.faults import did_you_mean
from landbridge.network.places import Places, look_up
from landbridge.network.services import Slot, read_timetable
from landbridge.planning.events_in_time import add_twin
from landbridge.units import to_minutes

_INLINE = re.compile(
    r"^(?P<what>close|limit|delay|surcharge):(?P<resource>[^=]+?)(?:=(?P<amount>[0-9.]+))?"
    r"(?: from (?P<starts>.+?))?(?: to (?P<ends>.+))?$"
)

_DEARER = re.compile(r"^(?P<what>.+?)(?P<extra> [^ ]+ a tonne dearer)(?= from | to |$)")
"""What ``_words`` says of an event that makes its resource dearer."""

_BESIDE = (re.compile(r" [^ ]+ h slower$"), re.compile(r"(?: closed| at [^ ]+)$"))
"""What may stand between the resource and that; or be the end of its name."""

INLINE_HELP = (
    "close:RESOURCE, limit:RESOURCE=PART, delay:RESOURCE=HOURS or surcharge:RESOURCE=COST_PER_T, "
    "each with [from TIME] [to TIME]; or the id of an event of the case"
)


def read_event(case: Case, text: str) -> Event:
    """
    Read an event as it is written on the command line, or look it up in the case.

    Raises
    ------
    InvalidCase
        When it is neither; the finding says how events are written.
    """
    for event in case.events:
        if event.event == text:
            return event
    match = _INLINE.match(text)
    if match is None:
        raise _refuse(text, "bad-event", f"found {text!r}, expected {INLINE_HELP}")
    what, amount = match["what"], match["amount"]
    if (amount is None) != (what == "close"):
        raise _refuse(text, "bad-event", f"found {text!r}, expected {INLINE_HELP}")
    try:
        number = float(amount or 0)
    except ValueError:
        raise _refuse(text, "bad-event", f"found {amount!r}, expected a number") from None
    if what == "limit" and number > 1:
        raise _refuse(text, "bad-event", f"found {amount}, expected the part of the capacity that is left, 0..1")
    return Event(
        event=text,
        kind={"close": "closure"}.get(what, what),
        resource=match["resource"],
        starts=match["starts"] or "",
        ends=match["ends"] or "",
        cap_frac=number if what == "limit" else 0.0 if what == "close" else 1.0,
        extra_h=number if what == "delay" else 0.0,
        extra_cost_per_t=number if what == "surcharge" else 0.0,
    )


def apply_events(case: Case, events: Iterable[Event], from_min: int = 0) -> Case:
    """
    Let events happen: pins that bound departures, longer and dearer legs and handlings; for a time, twins of services.

    A departure is met by an event of a hub when one of its calls there is in [starts, ends); by one of a service
    when it leaves then; by one of a handling row when the row counts the call. Departures before ``from_min``
    have left and are not met.

    Raises
    ------
    InvalidCase
        With every event that names nothing, or that cannot be told as limits of the case.
    """
    findings: list[Finding] = []
    for event in events:
        try:
            case = _apply(case, event, from_min)
        except _BadEvent as error:
            findings.append(Finding(where=f"event {event.event}", message=str(error), code="bad-event"))
        except BadTime as error:
            findings.append(Finding(where=f"event {event.event}", message=str(error), code="bad-time"))
    if findings:
        raise InvalidCase(findings)
    return case


def describe(events: Iterable[Event]) -> str:
    """Events in words, as run.json has them."""
    return "; ".join(_words(event) for event in events)


def _words(event: Event) -> str:
    what = f"{event.resource} closed" if event.cap_frac == 0 else f"{event.resource} at {event.cap_frac:g}"
    if event.cap_frac == 1:
        what = event.resource
    extra = (f" {event.extra_h:g} h slower" if event.extra_h else "") + (
        f" {event.extra_cost_per_t:g} a tonne dearer" if event.extra_cost_per_t else ""
    )
    return (
        what + extra + (f" from {event.starts}" if event.starts else "") + (f" to {event.ends}" if event.ends else "")
    )


def withhold_surcharges(words: str, told: Container[str], private: Iterable[str]) -> str:
    """
    Leave out of the words of ``describe`` how much dearer a tonne becomes, except at the resources of ``told``.

    A run keeps its events as words alone. A part that cannot be read as an event of one of ``told``, or can be read as
    one of ``private``, loses its figure: it is better to say too little.
    """
    hidden = frozenset(end for name in private for end in _ends_of_list(name))

    def shorten(match: re.Match[str]) -> str:
        names = [match["what"]]
        for beside in _BESIDE:
            names += [beside.sub("", name) for name in names]
        if any(name in told for name in names) and hidden.isdisjoint(names):
            return match[0]
        return match[0].replace(match["extra"], "", 1)

    return "; ".join(_DEARER.sub(shorten, part) for part in words.split("; "))


def _ends_of_list(name: str) -> list[str]:
    """Give what is left of a name where it is taken for the end of a list."""
    parts = name.split("; ")
    return ["; ".join(parts[at:]) for at in range(len(parts))]


class _BadEvent(ValueError):
    """An event that cannot be applied."""


def _refuse(where: str, code: str, message: str) -> InvalidCase:
    return InvalidCase([Finding(where=f"event {where}", message=message, code=code)])


@dataclass(frozen=True, slots=True)
class _Window:
    """Minutes [first, last) in which an event holds; in a cyclic case they may pass the end of the week."""

    first: int
    last: int
    cycle: int

    def has(self, minute: int) -> bool:
        if self.cycle:
            return (minute - self.first) % self.cycle < self.last - self.first
        return self.first <= minute < self.last


def _apply(case: Case, event: Event, from_min: int) -> Case:
    places = look_up(case)
    hub = next((row for row in case.hubs if row.hub == event.resource), None)
    handling = next((row for row in case.handling if row.handling == event.resource), None)
    service = next((row for row in case.services if row.service == event.resource), None)
    if hub is None and handling is None and service is None:
        known = [row.hub for row in case.hubs] + [row.handling for row in case.handling]
        known += [row.service for row in case.services]
        raise _BadEvent(f"{event.resource!r} is not in hubs, handling or services{did_you_mean(event.resource, known)}")
    is_whole = not event.starts and not event.ends and not from_min
    is_slow = bool(event.extra_h or event.extra_cost_per_t)
    if is_slow and not is_whole:
        return _slow_in_time(case, places, event, from_min, (hub, handling, service))
    if event.cap_frac < 1:
        window = _window(places, event, from_min)
        pins = tuple(_pins(places, event, window, from_min, (hub, handling, service)))
        case = replace(case, pins=(*case.pins, *pins))
    return _slow(case, event) if is_slow else case


def _window(places: Places, event: Event, from_min: int) -> _Window:
    clock = places.clock
    first = clock.minute(event.starts) if event.starts else from_min
    last = clock.minute(event.ends) if event.ends else max(first, clock.horizon_min) + 1
    if last < first and clock.cyclic:
        last += clock.horizon_min
    if last < first:
        raise _BadEvent(f"ends {event.ends!r}, before it starts, {event.starts!r}")
    cycle = clock.horizon_min if clock.cyclic else 0
    return _Window(first, min(last, first + cycle) if cycle else last, cycle)


def _pins(
    places: Places,
    event: Event,
    window: _Window,
    from_min: int,
    resource: tuple[Hub | None, Handling | None, Service | None],
) -> Iterator[Pin]:
    """Bound the departures that an event meets: cap_frac of what they may be, rounded down."""
    hub, handling, only = resource
    if handling is not None and handling.cap_runs_per_day is None:
        raise _BadEvent(f"handling {event.resource!r} counts no runs; name its hub {handling.hub!r} instead")
    for service in places.case.services:
        offsets = list(_met_at(places, service, hub, handling, only))
        if not offsets:
            continue
        rows = places.timetable_by_service.get(service.service, ())
        if not rows:
            if event.starts or event.ends or from_min:
                raise _BadEvent(
                    f"service {service.service!r} has no timetable: it can be met for the whole plan only; "
                    "leave starts and ends blank, or give it a timetable"
                )
            most = math.inf if service.max_runs is None else service.max_runs
            if event.cap_frac == 0 or math.isfinite(most):
                yield Pin(table="services", key=service.service, max=_part(event, most))
            continue
        zone = places.zone_by_hub[service.route[0]]
        for minute, slot in read_timetable(places, service, rows).items():
            if minute < from_min or not any(window.has(minute + offset) for offset in offsets):
                continue
            if event.cap_frac == 0 or math.isfinite(slot.cap):
                when = places.clock.text(minute, zone)[:16]
                yield Pin(table="departures", key=f"{service.service}@{when}", max=_part(event, slot.cap))


def _part(event: Event, most: float) -> float:
    return 0.0 if event.cap_frac == 0 else float(math.floor(event.cap_frac * most + 1e-9))


def _met_at(
    places: Places, service: Service, hub: Hub | None, handling: Handling | None, only: Service | None
) -> Iterator[int]:
    """Minutes after leaving at which a service is where the event is."""
    if only is not None:
        if service.service == only.service:
            yield 0
        return
    name = hub.hub if hub is not None else handling.hub if handling is not None else ""
    country = [places.country_by_hub[stop] for stop in service.route]
    offset, last = 0, len(service.route) - 1
    for stop, at in enumerate(service.route):
        if at == name:
            comes = stop > 0 and country[stop - 1] != country[stop]
            goes = stop < last and country[stop + 1] != country[stop]
            direction = "" if handling is None else handling.direction
            counts = handling is None or handling.from_mode in ("", service.mode)
            if counts and {"": True, "in": comes, "out": goes}[direction]:
                yield offset
        if stop < last:
            offset += to_minutes(service.travel_h[stop])


def _slow_in_time(
    case: Case,
    places: Places,
    event: Event,
    from_min: int,
    resource: tuple[Hub | None, Handling | None, Service | None],
) -> Case:
    """Let the departures that an event meets leave as those of a slower, dearer twin of their service."""
    hub, handling, only = resource
    if handling is not None:
        raise _BadEvent(
            f"a row of handling has no dates, so {event.resource!r} cannot be slower or dearer for a time; "
            f"name its hub {handling.hub!r}, or leave starts and ends blank"
        )
    window = _window(places, event, from_min)
    for service in places.case.services:
        arrivals = list(_arrivals(service, hub, only))
        rows = places.timetable_by_service.get(service.service, ())
        if arrivals and not rows:
            raise _BadEvent(
                f"service {service.service!r} has no timetable: it can be met for the whole plan only; "
                "leave starts and ends blank, or give it a timetable"
            )
        groups: dict[tuple[int, ...], list[tuple[int, Slot]]] = {}
        for minute, slot in read_timetable(places, service, rows).items():
            legs = tuple(leg for leg, offset in arrivals if window.has(minute + offset))
            if legs and minute >= from_min:
                groups.setdefault(legs, []).append((minute, slot))
        if any(slot.must_run for met in groups.values() for _, slot in met):
            raise _BadEvent(f"departures of {service.service!r} that must run are met; change them in its timetable")
        for legs, met in groups.items():
            case = add_twin(case, places, service, met, event, legs)
    return case


def _arrivals(service: Service, hub: Hub | None, only: Service | None) -> Iterator[tuple[int, int]]:
    """Legs an event makes slower or dearer, with the minutes after leaving at which each is met."""
    offset = 0
    for leg, hours in enumerate(service.travel_h):
        offset += to_minutes(hours)
        if only is not None and only.service == service.service:
            yield leg, 0
        elif hub is not None and service.route[leg + 1] == hub.hub:
            yield leg, offset


def _slow(case: Case, event: Event) -> Case:
    """Make legs of a service, legs that end at a hub, or a handling longer and dearer."""
    handling = tuple(
        replace(row, dwell_h=row.dwell_h + event.extra_h, cost_per_t=row.cost_per_t + event.extra_cost_per_t)
        if row.handling == event.resource
        else row
        for row in case.handling
    )
    services = tuple(_slow_service(row, event) for row in case.services)
    return replace(case, handling=handling, services=services)


def _slow_service(service: Service, event: Event) -> Service:
    num_legs = len(service.route) - 1
    met = [service.service == event.resource or service.route[leg + 1] == event.resource for leg in range(num_legs)]
    if not any(met):
        return service
    return replace(
        service,
        travel_h=_add(_each(service.travel_h, num_legs), met, event.extra_h),
        cost_per_t=_add(_each(service.cost_per_t, num_legs), met, event.extra_cost_per_t),
    )


def _each(values: Sequence[float], count: int) -> tuple[float, ...]:
    if len(values) == count:
        return tuple(values)
    return (values[0] if values else 0.0,) * count


def _add(values: tuple[float, ...], met: list[bool], extra: float) -> tuple[float, ...]:
    return tuple(value + extra if hit else value for value, hit in zip(values, met, strict=True))
