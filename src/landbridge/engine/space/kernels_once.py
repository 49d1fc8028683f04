"""The compiled shortest-path kernel where some prices are paid once, whatever a path rides."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from landbridge.engine.space.kernels import arc_price

INF = np.inf

MOST_LABELS = 12
"""Labels of a node; beyond them two are merged into one that is as good as both, which keeps costs lower bounds."""


@njit(cache=True, nogil=True)
def _once(mask: int, once_price: Any, base: int, enough: float) -> float:
    """Sum of the prices whose bits are set; no more are added once it is more than enough."""
    total = 0.0
    bit = base
    while mask != 0 and total <= enough:
        if mask & 1:
            total += once_price[bit]
        mask >>= 1
        bit += 1
    return total


@njit(cache=True, nogil=True)
def price_paths_once(  # noqa: C901 - one compiled loop over labels
    num_nodes: int,
    num_cycles: int,
    horizon: int,
    node_min: Any,
    arc_ptr: Any,
    arc_head: Any,
    arc_wrap: Any,
    arc_slot: Any,
    arc_access: Any,
    arc_cost_per_t: Any,
    arc_row_ptr: Any,
    arc_row: Any,
    arc_row_class: Any,
    access: Any,
    place_ptr: Any,
    place_node: Any,
    slot_price: Any,
    row_price: Any,
    scan_origin: Any,
    scan_class: Any,
    scan_weight: Any,
    scan_load: Any,
    scan_deadline: Any,
    extra_ptr: Any,
    extra_slot: Any,
    extra_price: Any,
    once_ptr: Any,
    once_price: Any,
    bits_ptr: Any,
    bits_slot: Any,
    bits: Any,
    scan_sink_ptr: Any,
    sink_place: Any,
    sink_due: Any,
    sink_deadline: Any,
    sink_late: Any,
    sink_worth: Any,
    path_arcs: Any,
    path_cycles: Any,
) -> Any:
    """
    Find the cheapest path to each sink of each scan, as ``price_paths`` does, in a network with time.

    Scan g has besides its extra prices up to 62 that are paid once: ``once_price[once_ptr[g] + n]`` on the first
    ride of a slot whose ``bits`` have bit n. A label is a cost with the set of those paid; it dominates another one
    at its node if it costs no more though it might have to pay what only the other one has paid [1]_. The cost found
    is exact, or (where labels were merged) below that of any path.

    References
    ----------
    .. [1] Jepsen, M., B. Petersen, S. Spoorendonk, and D. Pisinger (2008). Subset-row inequalities applied to the
           vehicle-routing problem with time windows. *Operations Research* 56(2): 497-511.
           https://doi.org/10.1287/opre.1070.0449.
    """
    num_sinks = sink_place.shape[0]
    num_arcs = arc_head.shape[0]
    cost = np.full(num_sinks, INF)
    found = np.empty(num_sinks, dtype=np.int64)
    ptr = np.zeros(num_sinks + 1, dtype=np.int64)
    num_found = 0
    used = 0
    size = num_nodes * num_cycles
    first_label = np.full(size, -1, dtype=np.int64)
    room = size + 1024
    label_cost = np.empty(room)
    label_mask = np.empty(room, dtype=np.int64)
    label_pred = np.empty(room, dtype=np.int64)
    label_arc = np.empty(room, dtype=np.int64)
    label_next = np.empty(room, dtype=np.int64)
    extra = np.zeros(slot_price.shape[0])
    mask_of = np.zeros(slot_price.shape[0], dtype=np.int64)
    for g in range(scan_origin.shape[0]):
        for i in range(extra_ptr[g], extra_ptr[g + 1]):
            extra[extra_slot[i]] += extra_price[i]
        for i in range(bits_ptr[g], bits_ptr[g + 1]):
            mask_of[bits_slot[i]] |= bits[i]
        base = once_ptr[g]
        klass = scan_class[g]
        weight = scan_weight[g]
        load = scan_load[g]
        deadline = scan_deadline[g]
        cut = -INF
        for s in range(scan_sink_ptr[g], scan_sink_ptr[g + 1]):
            cut = max(cut, sink_worth[s])
        first = scan_origin[g]
        last = first
        first_label[first] = 0
        label_cost[0], label_mask[0], label_pred[0], label_arc[0], label_next[0] = 0.0, 0, -1, -1, -1
        num_labels = 1
        spare = -1
        for x in range(first, size):
            c = x // num_nodes
            n = x - c * num_nodes
            if node_min[n] + c * horizon > deadline:
                break
            last = x
            if first_label[x] < 0:
                continue
            for a in range(arc_ptr[n], arc_ptr[n + 1]):
                if arc_access[a] >= 0 and not access[klass, arc_access[a]]:
                    continue
                to_cycle = c + arc_wrap[a]
                h = arc_head[a]
                if to_cycle >= num_cycles or node_min[h] + to_cycle * horizon > deadline:
                    continue
                price = arc_price(
                    a,
                    klass,
                    weight,
                    load,
                    arc_cost_per_t,
                    arc_row_ptr,
                    arc_row,
                    arc_row_class,
                    row_price,
                    arc_slot,
                    slot_price,
                    extra,
                )
                mine = mask_of[arc_slot[a]] if arc_slot[a] >= 0 else 0
                to = to_cycle * num_nodes + h
                here = first_label[x]
                while here >= 0:
                    new = label_cost[here] + price + _once(mine & ~label_mask[here], once_price, base, INF)
                    mask = label_mask[here] | mine
                    if new < cut:
                        # dominance, both ways, along the labels of the head
                        dominated = False
                        count = 0
                        before = -1
                        other = first_label[to]
                        while other >= 0:
                            count += 1
                            after = label_next[other]
                            ahead = new - label_cost[other]
                            if ahead >= 0.0:
                                if _once(mask & ~label_mask[other], once_price, base, ahead) <= ahead:
                                    dominated = True
                                    break
                            elif _once(label_mask[other] & ~mask, once_price, base, -ahead) <= -ahead:
                                if before < 0:
                                    first_label[to] = after
                                else:
                                    label_next[before] = after
                                label_next[other] = spare
                                spare = other
                                count -= 1
                                other = after
                                continue
                            before = other
                            other = after
                        if not dominated:
                            if count >= MOST_LABELS:
                                best = first_label[to]
                                other = best
                                while other >= 0:
                                    if label_cost[other] < label_cost[best]:
                                        best = other
                                    other = label_next[other]
                                label_mask[best] |= mask
                                if new < label_cost[best]:
                                    label_cost[best] = new
                                    label_pred[best] = here
                                    label_arc[best] = a + c * num_arcs
                            else:
                                at = spare
                                if at >= 0:
                                    spare = label_next[at]
                                else:
                                    at = num_labels
                                    num_labels += 1
                                    if at >= label_cost.shape[0]:
                                        label_cost = np.concatenate((label_cost, np.empty_like(label_cost)))
                                        label_mask = np.concatenate((label_mask, np.empty_like(label_mask)))
                                        label_pred = np.concatenate((label_pred, np.empty_like(label_pred)))
                                        label_arc = np.concatenate((label_arc, np.empty_like(label_arc)))
                                        label_next = np.concatenate((label_next, np.empty_like(label_next)))
                                label_cost[at] = new
                                label_mask[at] = mask
                                label_pred[at] = here
                                label_arc[at] = a + c * num_arcs
                                label_next[at] = first_label[to]
                                first_label[to] = at
                    here = label_next[here]
        for s in range(scan_sink_ptr[g], scan_sink_ptr[g + 1]):
            best_total = INF
            best_at = -1
            for c in range(num_cycles):
                for i in range(place_ptr[sink_place[s]], place_ptr[sink_place[s] + 1]):
                    n = place_node[i]
                    minute = node_min[n] + c * horizon
                    if minute > sink_deadline[s]:
                        break
                    x = c * num_nodes + n
                    if x < first or x > last:
                        continue
                    late = minute - sink_due[s]
                    here = first_label[x]
                    while here >= 0:
                        total = label_cost[here] + (late * sink_late[s] if late > 0 else 0.0)
                        if total < best_total:
                            best_total = total
                            best_at = here
                        here = label_next[here]
            cost[s] = best_total
            if best_at < 0 or best_total >= sink_worth[s]:
                continue
            length = 0
            here = best_at
            while label_pred[here] >= 0:
                here = label_pred[here]
                length += 1
            if used + length > path_arcs.shape[0]:
                continue
            here = best_at
            at = used + length
            while label_pred[here] >= 0:
                at -= 1
                path_arcs[at] = label_arc[here] % num_arcs
                path_cycles[at] = label_arc[here] // num_arcs
                here = label_pred[here]
            used += length
            found[num_found] = s
            num_found += 1
            ptr[num_found] = used
        for x in range(first, last + 1):
            first_label[x] = -1
        for i in range(extra_ptr[g], extra_ptr[g + 1]):
            extra[extra_slot[i]] = 0.0
        for i in range(bits_ptr[g], bits_ptr[g + 1]):
            mask_of[bits_slot[i]] = 0
    return cost, found[:num_found], ptr[: num_found + 1]
