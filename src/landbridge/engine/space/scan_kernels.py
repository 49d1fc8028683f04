"""Compiled parts of searches that scan rides in the order in which they leave: what is scanned, and ways so found."""

from __future__ import annotations

from typing import Any, NamedTuple

from numba import njit


class Space(NamedTuple):
    """
    Rides (slots) in the order in which they leave within a cycle, the links between them, and runs.

    ``ride_*`` are in that order; ``leg_ptr`` and ``leg_ride`` list the rides of each leg. ``arc`` rides the slot;
    ``board``, ``stay`` and ``alight`` are the arcs before and after it inside a vehicle that stops (-1: none). Times
    are minutes; ``cycle`` is 0 where the problem does not repeat. ``leg_cost`` is a run's cost by slot.
    """

    num_places: Any
    num_legs: Any
    cycle: Any
    num_cycles: Any
    most_shift: Any
    ride_slot: Any
    ride_min: Any
    ride_shift: Any
    slot_minutes: Any
    slot_leg: Any
    leg_ptr: Any
    leg_ride: Any
    leg_tail: Any
    leg_head: Any
    leg_cost_per_t: Any
    arc: Any
    board: Any
    stay: Any
    alight: Any
    hold_cost: Any
    out_ptr: Any
    out_link: Any
    link_head: Any
    link_min: Any
    link_cost_per_t: Any
    window_ptr: Any
    window_start: Any
    window_end: Any
    place_ptr: Any
    place_node: Any
    node_min: Any
    arc_ptr: Any
    arc_link: Any
    arc_slot: Any
    slot_run: Any
    run_slot_ptr: Any
    run_vehicle: Any
    capacity: Any
    leg_cost: Any
    run_cost: Any
    most: Any
    limit_ptr: Any
    limit: Any
    limit_count: Any


class Freight(NamedTuple):
    """Orders, each whole or not at all. ``value`` is for all of it; ``guide`` the row of its kind and destination."""

    origin: Any
    ready: Any
    weight_t: Any
    load: Any
    deadline: Any
    due: Any
    late_cost: Any
    target: Any
    quantity: Any
    value: Any
    guide: Any


class Labels(NamedTuple):
    """
    Ways found from the origin so far: where each arrives, at which minute and cost, and what it did last.

    ``did`` is a slot (0 or more), a link (-2 or less: ``-2 - link``) or -1 at the origin; ``at`` is the minute at which
    that began. Ways at one place are in a list by minute, each cheaper than the one before (``after``), of which
    ``best`` is the cheapest there now. ``aboard`` is the way that rides a slot, by slot and cycle.
    """

    place: Any
    minute: Any
    cost: Any
    flow: Any
    before: Any
    did: Any
    at: Any
    after: Any
    best: Any
    aboard: Any
    ridden: Any


class Scratch(NamedTuple):
    """Arrays the searches use again and again; clean between calls."""

    labels: Any
    reach: Any
    reached: Any
    mark: Any
    stamp: Any
    keys: Any
    nodes: Any
    rides: Any
    arcs: Any
    cycles: Any
    noise: Any


@njit(cache=True, nogil=True)
def opens(window_ptr: Any, window_start: Any, window_end: Any, repeats: int, link: int, minute: int) -> int:
    """First minute from one on at which a link may be entered; -1: never."""
    first, last = window_ptr[link], window_ptr[link + 1]
    if first == last:
        return minute
    base = minute % repeats if repeats > 0 else minute
    for w in range(first, last):
        if base < window_end[w]:
            return int(minute - base + max(base, window_start[w]))
    return int(minute - base + repeats + window_start[first]) if repeats > 0 else -1


@njit(cache=True, nogil=True)
def arrive(
    best: Any, after: Any, minutes: Any, costs: Any, count: int, hold: float, place: int, minute: int, cost: float
) -> int:
    """
    Put a way that arrives at a place into its list, as number ``count``, unless one there is as early and as cheap.

    ``hold`` is the cost of waiting there a minute. Returns whether it went in (1 or 0).
    """
    e = best[place]
    last = -1
    while e >= 0 and minutes[e] <= minute:
        last = e
        e = after[e]
    if last >= 0 and costs[last] + hold * (minute - minutes[last]) <= cost:
        return 0
    while e >= 0 and cost + hold * (minutes[e] - minute) <= costs[e]:
        e = after[e]
    after[count] = e
    if last >= 0:
        after[last] = count
    else:
        best[place] = count
    minutes[count], costs[count] = minute, cost
    return 1


@njit(cache=True, nogil=True)
def write_path(space: Space, scratch: Scratch, e: int) -> int:
    """Write the arcs of a way and the cycles they begin in; returns their number, -1 if there is no room for them."""
    labels, arcs, cycles = scratch.labels, scratch.arcs, scratch.cycles
    length, rides_on = 0, False
    while labels.did[e] != -1:
        if length + 3 > arcs.shape[0]:
            return -1
        did, begins = labels.did[e], labels.at[e]
        before = labels.before[e]
        if did <= -2:
            a = _link_arc(space, labels.place[before], -2 - did, begins)
            length = _write_arc(space, scratch, length, a, begins)
            rides_on = False
        else:
            if not rides_on and space.alight[did] >= 0:
                length = _write_arc(space, scratch, length, space.alight[did], begins + space.slot_minutes[did])
            length = _write_arc(space, scratch, length, space.arc[did], begins)
            rides_on = labels.place[before] < 0
            inside = space.stay[did] if rides_on else space.board[did]
            if inside >= 0:
                length = _write_arc(space, scratch, length, inside, begins)
        e = before
    arcs[:length] = arcs[:length][::-1].copy()
    cycles[:length] = cycles[:length][::-1].copy()
    return length


@njit(cache=True, nogil=True)
def _write_arc(space: Space, scratch: Scratch, length: int, a: int, minute: int) -> int:
    """Write an arc that begins at a minute; returns how many there are."""
    scratch.arcs[length] = a
    scratch.cycles[length] = minute // space.cycle if space.cycle > 0 else 0
    return length + 1


@njit(cache=True, nogil=True)
def _link_arc(space: Space, place: int, link: int, minute: int) -> int:
    """The arc of a link that leaves its place at a minute."""
    base = minute % space.cycle if space.cycle > 0 else minute
    low, high = space.place_ptr[place], space.place_ptr[place + 1]
    while low < high:
        middle = (low + high) // 2
        if space.node_min[space.place_node[middle]] < base:
            low = middle + 1
        else:
            high = middle
    n = space.place_node[low]
    for a in range(space.arc_ptr[n], space.arc_ptr[n + 1]):
        if space.arc_link[a] == link:
            return a
    return -1
