"""Compiled kernels of the cut-set separation; arrays in, arrays out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

LEAST_SHARE = 0.02
"""Rows whose right side is less than this above a whole number are not rounded: the cut would be steep."""

DEAREST = 0.3
"""Paths whose reduced cost is a larger part of what their freight is worth are no way for it to escape."""


class Flow(NamedTuple):
    """
    Paths of a master, and what rides which slots at a point; groups are supplies and bids.

    Parameters
    ----------
    supply, bid, amount, dear
        Of each path: where it starts and ends (the same group where freight has an end of its own), its units, and
        its reduced cost as a part of what its freight is worth.
    slots_ptr, slots
        Slots each path rides.
    slot_ptr, slot_path
        Paths with flow on each slot.
    group_ptr, group_path
        Paths of each group: first those with flow, ``group_used`` of them.
    """

    supply: Any
    bid: Any
    amount: Any
    dear: Any
    slots_ptr: Any
    slots: Any
    slot_ptr: Any
    slot_path: Any
    group_ptr: Any
    group_path: Any
    group_used: Any


class Sizes(NamedTuple):
    """
    Of each slot: room of a run, runs at the point, its run, and whether sets may grow or be lifted by it.

    Of each group: what it has, the load of a unit, and whether it can ride each slot.
    """

    unit: Any
    runs: Any
    run_of: Any
    usable: Any
    idle: Any
    quantity: Any
    load: Any
    can: Any


class Scratch(NamedTuple):
    """Room to add up in, empty between two sets."""

    counted: Any
    paths: Any
    group_amount: Any
    groups: Any
    inside: Any
    ordered: Any
    shared: Any
    met: Any
    all_load: Any
    ratio: Any


@njit(cache=True, nogil=True)
def count_rides(slots: Any, count: int, flow: Any, scratch: Any) -> Any:
    """Add up what rides any of some slots, by group, each path once; returns the numbers of paths and groups met."""
    num_paths, num_groups = 0, 0
    for j in range(count):
        for k in range(flow.slot_ptr[slots[j]], flow.slot_ptr[slots[j] + 1]):
            i = flow.slot_path[k]
            if scratch.counted[i]:
                continue
            scratch.counted[i] = True
            scratch.paths[num_paths] = i
            num_paths += 1
            for g in (flow.supply[i], flow.bid[i]):
                if scratch.group_amount[g] == 0.0:
                    scratch.groups[num_groups] = g
                    num_groups += 1
                scratch.group_amount[g] += flow.amount[i]
                if flow.bid[i] == flow.supply[i]:
                    break
    return num_paths, num_groups


@njit(cache=True, nogil=True)
def clear(num_paths: int, num_groups: int, scratch: Any) -> None:
    """Empty the scratch."""
    for k in range(num_paths):
        scratch.counted[scratch.paths[k]] = False
    for k in range(num_groups):
        scratch.group_amount[scratch.groups[k]] = 0.0


@njit(cache=True, nogil=True)
def round_set(slots: Any, count: int, num_paths: int, num_groups: int, flow: Any, sizes: Any, scratch: Any) -> Any:
    """
    Find the divisor and the nested set of groups whose rounded row is violated most.

    Groups come in the order of the part of what they have that rides the slots. Returns the violation, how many
    of the ``ordered`` groups are in, the load they have, the divisor, and the fraction of the right side.
    """
    _order_groups(num_groups, sizes, scratch)
    answer = (-np.inf, 0, 0.0, 0.0, 0.0)
    size, total, rode = 0, 0.0, 0.0
    for k in range(count):
        scratch.all_load[k] = 0.0
    for n in range(num_groups):
        g = scratch.groups[n]
        if scratch.ratio[n] == 0.0:
            break
        fresh = 0.0
        for k in range(num_paths):
            s, b = flow.supply[scratch.paths[k]], flow.bid[scratch.paths[k]]
            if (s == g and not scratch.inside[b]) or (b == g and not scratch.inside[s]):
                fresh += flow.amount[scratch.paths[k]] * sizes.load[s]
        if fresh < 0.5 * scratch.group_amount[g] * sizes.load[g]:
            continue
        scratch.inside[g] = True
        scratch.ordered[size] = g
        size += 1
        total += sizes.load[g] * sizes.quantity[g]
        rode += fresh
        for k in range(count):
            if sizes.can[g, slots[k]]:
                scratch.all_load[k] += sizes.load[g] * sizes.quantity[g]
        violation, by, share = _best_divisor(slots, count, total, total - rode, sizes, scratch)
        if violation > answer[0]:
            answer = (violation, size, total, by, share)
    for i in range(size):
        scratch.inside[scratch.ordered[i]] = False
    return answer


@njit(cache=True, nogil=True)
def _order_groups(num_groups: int, sizes: Any, scratch: Any) -> None:
    """Sort the groups met by the part of what they have that rides, most first (``ratio`` is minus that part)."""
    for n in range(num_groups):
        g = scratch.groups[n]
        ratio = 0.0
        if sizes.quantity[g] > 0.0 and sizes.load[g] > 0.0:
            ratio = -scratch.group_amount[g] / sizes.quantity[g]
        k = n
        while k > 0 and scratch.ratio[k - 1] > ratio:
            scratch.ratio[k] = scratch.ratio[k - 1]
            scratch.groups[k] = scratch.groups[k - 1]
            k -= 1
        scratch.ratio[k] = ratio
        scratch.groups[k] = g


@njit(cache=True, nogil=True)
def _best_divisor(slots: Any, count: int, total: float, short: float, sizes: Any, scratch: Any) -> Any:
    """Violation, divisor and fraction of the right side at the divisor that gives most violation."""
    answer = (-np.inf, 0.0, 0.0)
    for j in range(-1, count):
        by = total if j < 0 else min(sizes.unit[slots[j]], scratch.all_load[j])
        seen = by <= 0.0
        for k in range(j):
            seen = seen or by == min(sizes.unit[slots[k]], scratch.all_load[k])
        if seen:
            continue
        need = np.ceil(total / by - 1e-9)
        share = total / by - (need - 1.0)
        if share < LEAST_SHARE:
            continue
        violation = need - short / (by * share)
        for k in range(count):
            part = min(sizes.unit[slots[k]], scratch.all_load[k]) / by
            whole = np.floor(part + 1e-9)
            violation -= (whole + min(1.0, max(part - whole, 0.0) / share)) * sizes.runs[slots[k]]
        if violation > answer[0]:
            answer = (violation, by, share)
    return answer


@njit(cache=True, nogil=True)
def _is_taken(slots: Any, count: int, other: int, run_of: Any) -> bool:
    """Whether the run of a slot is among those of some."""
    taken = False
    for k in range(count):
        taken = taken or run_of[slots[k]] == run_of[other]
    return taken


@njit(cache=True, nogil=True)
def partners(slots: Any, count: int, num_groups: int, most: int, flow: Any, sizes: Any, scratch: Any) -> int:
    """List the slots of other runs that carry most of what else the groups met have, first in ``met``; how many."""
    num_met = 0
    for n in range(num_groups):
        g = scratch.groups[n]
        for k in range(flow.group_ptr[g], flow.group_ptr[g] + flow.group_used[g]):
            i = flow.group_path[k]
            if scratch.counted[i]:
                continue
            part = sizes.load[g] * min(flow.amount[i], scratch.group_amount[g]) + 1e-12
            for m in range(flow.slots_ptr[i], flow.slots_ptr[i + 1]):
                other = flow.slots[m]
                if not sizes.usable[other] or _is_taken(slots, count, other, sizes.run_of):
                    continue
                if scratch.shared[other] == 0.0:
                    scratch.met[num_met] = other
                    num_met += 1
                scratch.shared[other] += part
    listed = min(most, num_met)
    for k in range(listed):
        top = k
        for n in range(k + 1, num_met):
            if _is_more(scratch.met[n], scratch.met[top], scratch.shared):
                top = n
        scratch.met[k], scratch.met[top] = scratch.met[top], scratch.met[k]
    for k in range(num_met):
        scratch.shared[scratch.met[k]] = 0.0
    return listed


@njit(cache=True, nogil=True)
def _is_more(a: int, b: int, score: Any) -> bool:
    """Whether a slot comes before another: it has more, or as much and the lower number."""
    return score[a] > score[b] or (score[a] == score[b] and a < b)


@njit(cache=True, nogil=True)
def lift(slots: Any, count: int, most: int, size: int, flow: Any, sizes: Any, scratch: Any) -> int:
    """
    Append slots without runs at the point that catch most of the cheap paths by which the groups escape.

    The first ``size`` of ``ordered`` are the groups. Violation stays as it is; the next point cannot move over to
    these slots. Returns how many slots there are now.
    """
    left = _list_escapes(slots, count, size, flow, scratch)
    while count < most and left > 0:
        slot = _best_catch(slots, count, left, flow, sizes, scratch)
        if slot < 0:
            break
        slots[count] = slot
        count += 1
        kept = 0
        for n in range(left):
            i = scratch.paths[n]
            if not _rides_any(i, slots[count - 1 : count], 1, flow):
                scratch.paths[kept] = i
                kept += 1
        left = kept
    return count


@njit(cache=True, nogil=True)
def _list_escapes(slots: Any, count: int, size: int, flow: Any, scratch: Any) -> int:
    """List in ``paths``, once each, the cheap paths of the groups that ride none of some slots; returns how many."""
    met = 0
    for n in range(size):
        g = scratch.ordered[n]
        for k in range(flow.group_ptr[g], flow.group_ptr[g + 1]):
            i = flow.group_path[k]
            if not scratch.counted[i] and flow.dear[i] <= DEAREST:
                scratch.counted[i] = True
                scratch.paths[met] = i
                met += 1
    kept = 0
    for n in range(met):
        i = scratch.paths[n]
        scratch.counted[i] = False
        if not _rides_any(i, slots, count, flow):
            scratch.paths[kept] = i
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def _best_catch(slots: Any, count: int, num_paths: int, flow: Any, sizes: Any, scratch: Any) -> int:
    """Find the idle slot of another run that most of the listed paths ride, cheap ones counting for more; -1: none."""
    num_met = 0
    for n in range(num_paths):
        i = scratch.paths[n]
        for m in range(flow.slots_ptr[i], flow.slots_ptr[i + 1]):
            other = flow.slots[m]
            if sizes.idle[other] and not _is_taken(slots, count, other, sizes.run_of):
                if scratch.shared[other] == 0.0:
                    scratch.met[num_met] = other
                    num_met += 1
                scratch.shared[other] += 1.0 / (0.01 + flow.dear[i])
    top = -1
    for n in range(num_met):
        if top < 0 or _is_more(scratch.met[n], top, scratch.shared):
            top = scratch.met[n]
    for n in range(num_met):
        scratch.shared[scratch.met[n]] = 0.0
    return top


@njit(cache=True, nogil=True)
def _rides_any(i: int, slots: Any, count: int, flow: Any) -> bool:
    """Whether a path rides any of some slots."""
    for m in range(flow.slots_ptr[i], flow.slots_ptr[i + 1]):
        for k in range(count):
            if flow.slots[m] == slots[k]:
                return True
    return False


@njit(cache=True, nogil=True)
def grow_sets(
    starts: Any,
    flow: Any,
    sizes: Any,
    most_grown: int,
    most_slots: int,
    most_partners: int,
    tolerance: float,
    out_row: Any,
    out_ptr: Any,
    out: Any,
) -> int:
    """
    Grow sets of slots from each start by the slot that adds most violation, lift them, and write the violated cuts.

    Returns how many. Cut n has ``out_row[n]`` = (violation, load its groups have, divisor, fraction), and in
    ``out`` its slots and its groups: ``out_ptr[2 n]`` and on.
    """
    num_groups = sizes.quantity.shape[0]
    scratch = Scratch(
        np.zeros(flow.supply.shape[0], dtype=np.bool_),
        np.empty(flow.supply.shape[0], dtype=np.int64),
        np.zeros(num_groups),
        np.empty(num_groups, dtype=np.int64),
        np.zeros(num_groups, dtype=np.bool_),
        np.empty(num_groups, dtype=np.int64),
        np.zeros(sizes.unit.shape[0]),
        np.empty(sizes.unit.shape[0], dtype=np.int64),
        np.zeros(max(most_slots, most_grown) + 1),
        np.zeros(num_groups),
    )
    chosen = np.empty(max(most_slots, most_grown) + 1, dtype=np.int64)
    listed = np.empty(most_partners, dtype=np.int64)
    found = 0
    out_ptr[0] = 0
    for start in starts:
        chosen[0] = start
        count = 1
        num_paths, num_met = count_rides(chosen, count, flow, scratch)
        answer = round_set(chosen, count, num_paths, num_met, flow, sizes, scratch)
        best = answer[0]
        num_listed = partners(chosen, count, num_met, most_partners, flow, sizes, scratch)
        _copy(scratch.met, num_listed, listed, 0)
        clear(num_paths, num_met, scratch)
        if best > tolerance:
            found = _write(found, chosen, count, most_slots, answer, flow, sizes, scratch, out_row, out_ptr, out)
        while count < most_grown:
            better, slot = best + 1e-6, -1
            for k in range(num_listed):
                chosen[count] = listed[k]
                num_paths, num_met = count_rides(chosen, count + 1, flow, scratch)
                trial = round_set(chosen, count + 1, num_paths, num_met, flow, sizes, scratch)
                clear(num_paths, num_met, scratch)
                if trial[0] > better:
                    better, slot = trial[0], listed[k]
            if slot < 0:
                break
            chosen[count] = slot
            count += 1
            best = better
            num_paths, num_met = count_rides(chosen, count, flow, scratch)
            num_listed = partners(chosen, count, num_met, most_partners, flow, sizes, scratch)
            _copy(scratch.met, num_listed, listed, 0)
            clear(num_paths, num_met, scratch)
        if count > 1 and best > tolerance:
            num_paths, num_met = count_rides(chosen, count, flow, scratch)
            answer = round_set(chosen, count, num_paths, num_met, flow, sizes, scratch)
            clear(num_paths, num_met, scratch)
            found = _write(found, chosen, count, most_slots, answer, flow, sizes, scratch, out_row, out_ptr, out)
    return found


@njit(cache=True, nogil=True)
def _copy(source: Any, count: int, target: Any, at: int) -> None:
    """Copy the first so many numbers to a place."""
    for k in range(count):
        target[at + k] = source[k]


@njit(cache=True, nogil=True)
def _write(
    found: int,
    grown: Any,
    count: int,
    most_slots: int,
    answer: Any,
    flow: Any,
    sizes: Any,
    scratch: Any,
    out_row: Any,
    out_ptr: Any,
    out: Any,
) -> int:
    """Lift a cut and write it, if there is room for it; returns the number of cuts written."""
    slots = np.empty(max(most_slots, count), dtype=np.int64)
    _copy(grown, count, slots, 0)
    size = answer[1]
    count = lift(slots, count, most_slots, size, flow, sizes, scratch)
    at = out_ptr[2 * found]
    if found >= out_row.shape[0] or at + count + size > out.shape[0]:
        return found
    out_row[found, 0], out_row[found, 1], out_row[found, 2], out_row[found, 3] = (
        answer[0],
        answer[2],
        answer[3],
        answer[4],
    )
    _copy(slots, count, out, at)
    out_ptr[2 * found + 1] = at + count
    _copy(scratch.ordered, size, out, at + count)
    out_ptr[2 * found + 2] = at + count + size
    return found + 1
