"""Compiled kernels of the cut-set separation; arrays in, arrays out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

LEAST_SHARE = 0.02
"""Rows whose right side is less than this above a whole number are not rounded: the cut would be steep."""


@njit(cache=True, nogil=True)
def sweep(
    num_nodes: int,
    num_cycles: int,
    horizon: int,
    node_min: Any,
    arc_ptr: Any,
    arc_head: Any,
    arc_wrap: Any,
    arc_slot: Any,
    arc_access: Any,
    access: Any,
    travel: Any,
    start: int,
    before: int,
    found: Any,
) -> None:
    """Write the least minutes until the end of each slot that can be ridden from a node on, plus those before."""
    reached = np.zeros(num_nodes * num_cycles, dtype=np.bool_)
    reached[start] = True
    for x in range(start, num_nodes * num_cycles):
        if not reached[x]:
            continue
        c = x // num_nodes
        n = x - c * num_nodes
        for a in range(arc_ptr[n], arc_ptr[n + 1]):
            if arc_access[a] >= 0 and not access[arc_access[a]]:
                continue
            z = arc_slot[a]
            if z >= 0:
                minutes = before + node_min[n] + c * horizon - node_min[start] + travel[z]
                if minutes < found[z]:
                    found[z] = minutes
            to = c + arc_wrap[a]
            if to < num_cycles:
                reached[to * num_nodes + arc_head[a]] = True


class Flow(NamedTuple):
    """
    What rides which slots at a point; groups are supplies and bids, pairs what flows from one to the other.

    Parameters
    ----------
    pair_supply, pair_bid
        Of each pair; the same group where freight has an end of its own.
    slot_ptr, slot_pair, slot_place, slot_amount
        Pairs on each slot, by supply: which, the place of the slot among those of its supply, and units.
    group_ptr, group_slot, group_amount
        Slots of each group, with units.
    both_ptr, both
        Of each supply, a matrix over its slots: may a unit ride both?
    """

    pair_supply: Any
    pair_bid: Any
    slot_ptr: Any
    slot_pair: Any
    slot_place: Any
    slot_amount: Any
    group_ptr: Any
    group_slot: Any
    group_amount: Any
    both_ptr: Any
    both: Any


class Sizes(NamedTuple):
    """Room of a run on each slot, runs at the point, the run of each slot, where sets may grow; what groups have."""

    unit: Any
    runs: Any
    run_of: Any
    usable: Any
    quantity: Any
    load: Any


class Scratch(NamedTuple):
    """Room to add up in, empty between two sets."""

    mask: Any
    amount: Any
    group_amount: Any
    pairs: Any
    groups: Any
    inside: Any
    ordered: Any
    shared: Any
    met: Any


@njit(cache=True, nogil=True)
def count_rides(slots: Any, count: int, flow: Any, scratch: Any) -> Any:
    """
    Add up what rides some slots, of each pair and each group; returns the numbers of pairs and groups met.

    Of each supply only slots count of which its freight can ride one at most: ``mask`` has a bit for each.
    """
    num_pairs, num_groups = 0, 0
    for j in range(count):
        z = slots[j]
        for i in range(flow.slot_ptr[z], flow.slot_ptr[z + 1]):
            q = flow.slot_pair[i]
            s = flow.pair_supply[q]
            if scratch.mask[s] & (1 << j) == 0:
                if count > 1 and not _fits(slots, j, s, flow.slot_place[i], flow, scratch):
                    continue
                scratch.mask[s] |= 1 << j
            if scratch.amount[q] == 0.0:
                scratch.pairs[num_pairs] = q
                num_pairs += 1
            scratch.amount[q] += flow.slot_amount[i]
            for g in (s, flow.pair_bid[q]):
                if scratch.group_amount[g] == 0.0:
                    scratch.groups[num_groups] = g
                    num_groups += 1
                scratch.group_amount[g] += flow.slot_amount[i]
                if flow.pair_bid[q] == s:
                    break
    return num_pairs, num_groups


@njit(cache=True, nogil=True)
def _fits(slots: Any, j: int, s: int, place: int, flow: Any, scratch: Any) -> bool:
    """Whether freight of a supply rides a slot once at most, and none of those that count already besides."""
    width = flow.group_ptr[s + 1] - flow.group_ptr[s]
    if flow.both[flow.both_ptr[s] + place * width + place]:
        return False
    for k in range(j):
        if scratch.mask[s] & (1 << k):
            for i in range(flow.slot_ptr[slots[k]], flow.slot_ptr[slots[k] + 1]):
                if flow.pair_supply[flow.slot_pair[i]] == s:
                    if flow.both[flow.both_ptr[s] + place * width + flow.slot_place[i]]:
                        return False
                    break
    return True


@njit(cache=True, nogil=True)
def clear(num_pairs: int, num_groups: int, flow: Any, scratch: Any) -> None:
    """Empty the scratch."""
    for k in range(num_pairs):
        scratch.amount[scratch.pairs[k]] = 0.0
        scratch.mask[flow.pair_supply[scratch.pairs[k]]] = 0
    for k in range(num_groups):
        scratch.group_amount[scratch.groups[k]] = 0.0


@njit(cache=True, nogil=True)
def round_set(
    slots: Any, count: int, num_pairs: int, num_groups: int, rides: float, flow: Any, sizes: Any, scratch: Any
) -> Any:
    """
    Find the divisor and the nested set of groups whose rounded row is violated most.

    Groups come in the order of the part of what they have that rides the slots. Returns the violation, how many
    of the ``ordered`` groups are in, the load they have, the divisor, and the fraction of the right side.
    """
    ratio = np.zeros(num_groups)
    for i in range(num_groups):
        g = scratch.groups[i]
        if sizes.quantity[g] > 0.0 and sizes.load[g] > 0.0:
            ratio[i] = -scratch.group_amount[g] / sizes.quantity[g]
    answer = (-np.inf, 0, 0.0, 0.0, 0.0)
    size, total, rode = 0, 0.0, 0.0
    for i in np.argsort(ratio, kind="mergesort"):
        g = scratch.groups[i]
        if ratio[i] == 0.0:
            break
        fresh = 0.0
        for k in range(num_pairs):
            s, b = flow.pair_supply[scratch.pairs[k]], flow.pair_bid[scratch.pairs[k]]
            if (s == g and not scratch.inside[b]) or (b == g and not scratch.inside[s]):
                fresh += scratch.amount[scratch.pairs[k]] * sizes.load[s]
        if fresh < 0.5 * scratch.group_amount[g] * sizes.load[g]:
            continue
        scratch.inside[g] = True
        scratch.ordered[size] = g
        size += 1
        total += sizes.load[g] * sizes.quantity[g] * rides
        rode += fresh
        for j in range(-1, count):
            if j > 0 and _is_seen(slots, j, sizes.unit):
                continue
            by = total if j < 0 else min(sizes.unit[slots[j]], total)
            need = np.ceil(total / by - 1e-9)
            share = total / by - (need - 1.0)
            if share < LEAST_SHARE:
                continue
            violation = need - (total - rode) / (by * share)
            for k in range(count):
                part = min(sizes.unit[slots[k]], total) / by
                whole = np.floor(part + 1e-9)
                rounded = whole + min(1.0, max(part - whole, 0.0) / share)
                violation -= rounded * sizes.runs[slots[k]]
            if violation > answer[0]:
                answer = (violation, size, total, by, share)
    for i in range(size):
        scratch.inside[scratch.ordered[i]] = False
    return answer


@njit(cache=True, nogil=True)
def _is_seen(slots: Any, j: int, unit: Any) -> bool:
    """Whether a slot before has the same room."""
    for k in range(j):
        if unit[slots[k]] == unit[slots[j]]:
            return True
    return False


@njit(cache=True, nogil=True)
def partners(slots: Any, count: int, most: int, flow: Any, sizes: Any, scratch: Any) -> int:
    """List the slots of other runs that share most freight with some, first in ``met``; returns how many."""
    num_met = 0
    for j in range(count):
        z = slots[j]
        for i in range(flow.slot_ptr[z], flow.slot_ptr[z + 1]):
            s, b = flow.pair_supply[flow.slot_pair[i]], flow.pair_bid[flow.slot_pair[i]]
            width = flow.group_ptr[s + 1] - flow.group_ptr[s]
            row = flow.both_ptr[s] + flow.slot_place[i] * width
            for g in (s, b):
                for k in range(flow.group_ptr[g], flow.group_ptr[g + 1]):
                    other = flow.group_slot[k]
                    if not sizes.usable[other] or (g == s and flow.both[row + k - flow.group_ptr[g]]):
                        continue
                    taken = False
                    for n in range(count):
                        taken = taken or sizes.run_of[slots[n]] == sizes.run_of[other]
                    if taken:
                        continue
                    if scratch.shared[other] == 0.0:
                        scratch.met[num_met] = other
                        num_met += 1
                    scratch.shared[other] += sizes.load[s] * min(flow.slot_amount[i], flow.group_amount[k]) + 1e-12
                if b == s:
                    break
    listed = min(most, num_met)
    for k in range(listed):
        top = k
        for n in range(k + 1, num_met):
            a, c = scratch.shared[scratch.met[n]], scratch.shared[scratch.met[top]]
            if a > c or (a == c and scratch.met[n] < scratch.met[top]):
                top = n
        scratch.met[k], scratch.met[top] = scratch.met[top], scratch.met[k]
    for k in range(num_met):
        scratch.shared[scratch.met[k]] = 0.0
    return listed


@njit(cache=True, nogil=True)
def grow_sets(
    starts: Any, start_rides: Any, flow: Any, sizes: Any, most_slots: int, most_partners: int, tolerance: float,
    out_row: Any, out_ptr: Any, out: Any,
) -> int:
    """
    Grow sets of slots from each start by the slot that adds most violation; write the violated cuts.

    Returns how many. Cut n has ``out_row[n]`` = (violation, load its groups have, divisor, fraction, most rides of a
    unit), and in ``out`` its slots, its groups, and the supplies met with their masks: ``out_ptr[3 n]`` and on.
    """
    num_groups = sizes.quantity.shape[0]
    scratch = Scratch(
        np.zeros(num_groups, dtype=np.int64),
        np.zeros(flow.pair_supply.shape[0]),
        np.zeros(num_groups),
        np.empty(flow.pair_supply.shape[0], dtype=np.int64),
        np.empty(num_groups, dtype=np.int64),
        np.zeros(num_groups, dtype=np.bool_),
        np.empty(num_groups, dtype=np.int64),
        np.zeros(sizes.unit.shape[0]),
        np.empty(sizes.unit.shape[0], dtype=np.int64),
    )
    chosen = np.empty(most_slots + 1, dtype=np.int64)
    listed = np.empty(most_partners, dtype=np.int64)
    found = 0
    out_ptr[0] = 0
    for i in range(starts.shape[0]):
        chosen[0] = starts[i]
        count = 1
        num_pairs, num_met = count_rides(chosen, count, flow, scratch)
        alone = round_set(chosen, count, num_pairs, num_met, start_rides[i], flow, sizes, scratch)
        best = alone[0]
        if best > tolerance:
            found = _write(found, chosen, count, num_pairs, alone, start_rides[i], flow, scratch, out_row, out_ptr, out)
        clear(num_pairs, num_met, flow, scratch)
        while count < most_slots:
            num_listed = partners(chosen, count, most_partners, flow, sizes, scratch)
            listed[:num_listed] = scratch.met[:num_listed]
            better, slot = best + 1e-6, -1
            for k in range(num_listed):
                chosen[count] = listed[k]
                num_pairs, num_met = count_rides(chosen, count + 1, flow, scratch)
                trial = round_set(chosen, count + 1, num_pairs, num_met, 1.0, flow, sizes, scratch)
                clear(num_pairs, num_met, flow, scratch)
                if trial[0] > better:
                    better, slot = trial[0], listed[k]
            if slot < 0:
                break
            chosen[count] = slot
            count += 1
            best = better
        if count > 1 and best > tolerance:
            num_pairs, num_met = count_rides(chosen, count, flow, scratch)
            answer = round_set(chosen, count, num_pairs, num_met, 1.0, flow, sizes, scratch)
            found = _write(found, chosen, count, num_pairs, answer, 1.0, flow, scratch, out_row, out_ptr, out)
            clear(num_pairs, num_met, flow, scratch)
    return found


@njit(cache=True, nogil=True)
def _write(
    found: int, slots: Any, count: int, num_pairs: int, answer: Any, rides: float, flow: Any, scratch: Any,
    out_row: Any, out_ptr: Any, out: Any,
) -> int:
    """Write a cut, if there is room for it; returns the number of cuts written."""
    size = answer[1]
    at = out_ptr[3 * found]
    if found >= out_row.shape[0] or at + count + size + 2 * num_pairs > out.shape[0]:
        return found
    out_row[found] = (answer[0], answer[2], answer[3], answer[4], rides)
    out[at : at + count] = slots[:count]
    at += count
    out_ptr[3 * found + 1] = at
    out[at : at + size] = scratch.ordered[:size]
    at += size
    out_ptr[3 * found + 2] = at
    for k in range(num_pairs):
        s = flow.pair_supply[scratch.pairs[k]]
        if scratch.mask[s] != 0:
            out[at], out[at + 1] = s, scratch.mask[s]
            at += 2
    out_ptr[3 * found + 3] = at
    return found + 1
