"""A neighbourhood as an arc-flow MIP: freight of one origin (or destination) is one flow, and no path is left out."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from landbridge.engine.lp import INF, LinearModel, MipLimits
from landbridge.engine.problem import BoolArray, FloatArray, IntArray
from landbridge.engine.static.flows import FlowProgram
from landbridge.engine.static.neighbourhood import Outcome
from landbridge.engine.static.plan import Frame, StaticPlan
from landbridge.engine.static.pool import total_by

MOST_FLOWS = 60_000
"""Most flow columns; with more the MIP is not tried."""

MOST_LP_S = 1.5
"""Most seconds of the relaxation, which is not watched for cancellation; not where work is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """
    Commodities in layers of one root: their common origin or destination, whichever makes fewer layers.

    ``layer`` of each commodity; ``total`` quantity of each layer; ``balance[l, n]`` what enters layer l at node n.
    """

    layer: IntArray
    total: FloatArray
    balance: FloatArray


def layers_of(frame: Frame) -> Layers:
    """Layers of a network; flow costs by the arc alone, so merging is exact."""
    net = frame.net
    roots = net.origin if len(np.unique(net.origin)) <= len(np.unique(net.dest)) else net.dest
    layer = np.unique(roots, return_inverse=True)[1].ravel()
    balance = np.zeros((int(layer.max(initial=-1)) + 1, net.num_nodes))
    np.add.at(balance, (layer, net.origin), net.qty)
    np.add.at(balance, (layer, net.dest), -net.qty)
    return Layers(layer=layer, total=total_by(layer, net.qty, len(balance)), balance=balance)


def solve_by_origin(
    frame: Frame,
    plan: StaticPlan,
    free: BoolArray,
    layers: Layers,
    flows: FlowProgram,
    hope: float,
    limits: MipLimits,
) -> Outcome:
    """
    Best plan in which links not ``free`` keep their copies; flows are then found anew for its design.

    Weaker than the form over paths, whose strong inequalities hold for single commodities, but without its columns'
    limits: better where capacity is tight and freight must split. Copies that reduced costs make dear beside ``hope``,
    a part of the distance between plan and relaxation, are closed before the MIP.
    """
    net = frame.net
    is_free = free[net.module_link]
    low = np.where(is_free, 0.0, plan.copies)
    high = np.where(is_free, net.module_most, plan.copies)
    has = np.zeros(net.num_links, dtype=np.bool_)
    has[net.module_link[high > 0]] = True
    arcs = np.where(has[net.arc_link])[0]
    if len(arcs) * len(layers.total) > MOST_FLOWS:
        return Outcome(plan=plan, closed=False, iterations=0)
    model = _model(frame, layers, arcs, low, high, is_free)
    begun = time.monotonic()
    relaxed = model.solve(limits.time_s if limits.nodes >= 0 else min(limits.time_s, MOST_LP_S))
    slack = plan.cost - net.constant - relaxed.objective
    if not relaxed.has_point or slack < 1e-6:
        return Outcome(plan=plan, closed=relaxed.has_point, iterations=relaxed.iterations)
    low, high = _close(frame, plan, model, layers, arcs, low, high, hope * slack)
    integer = np.where(high > low)[0]
    left = replace(limits, time_s=limits.time_s - (time.monotonic() - begun))
    found = model.solve_mip(integer, left, (integer, plan.copies[integer]))
    work = relaxed.iterations + found.iterations
    if not found.has_point or found.objective > plan.cost - net.constant - 1e-6:
        return Outcome(plan=plan, closed=found.is_optimal, iterations=work)
    better = flows.solve(plan, np.round(found.x[: len(low)]))
    return Outcome(plan=better, closed=found.is_optimal, iterations=work)


def _close(
    frame: Frame,
    plan: StaticPlan,
    model: LinearModel,
    layers: Layers,
    arcs: IntArray,
    low: FloatArray,
    high: FloatArray,
    slack: float,
) -> tuple[FloatArray, FloatArray]:
    """Close copies, and flows of whole layers, that cost more than ``slack``, but for those of the plan; new bounds."""
    net = frame.net
    reduced = model.reduced_costs()
    of_copies, of_flows = reduced[: len(low)], reduced[len(reduced) - len(layers.total) * len(arcs) :]
    position, used = frame.pool.entries(plan.paths)
    rides = np.zeros((len(layers.total), net.num_arcs), dtype=np.bool_)
    rides[layers.layer[frame.pool.commodity[plan.paths]][position], used] = True
    shut = (of_flows * np.repeat(layers.total, len(arcs)) > slack) & ~rides[:, arcs].ravel()
    columns = np.where(shut)[0] + len(reduced) - len(of_flows)
    model.set_col_bounds(columns, np.zeros(len(columns)), np.zeros(len(columns)))
    least = np.minimum(np.where(-of_copies > slack, high, low), plan.copies)
    most = np.maximum(np.where(of_copies > slack, low, high), plan.copies)
    model.set_col_bounds(np.arange(len(low)), least, most)
    return least, most


def _model(
    frame: Frame, layers: Layers, arcs: IntArray, low: FloatArray, high: FloatArray, is_free: BoolArray
) -> LinearModel:
    """Columns: copies, units unserved, larger loads, flows by layer and arc. Rows: capacity, conservation, strong."""
    net, model = frame.net, LinearModel()
    num_m, num_k, num_l, num_a = len(low), len(net.qty), len(layers.total), len(arcs)
    loaded = np.where(net.link_cost > 0)[0]
    place = np.full(net.num_links, -1, dtype=np.int64)
    place[loaded] = np.arange(len(loaded))
    none = np.zeros(0, dtype=np.int64)

    def cols(cost: FloatArray, least: FloatArray, most: FloatArray) -> int:
        return model.add_cols(cost, least, most, np.zeros(len(cost) + 1, dtype=np.int64), none, np.zeros(0))

    first_y = cols(net.module_cost, low, high)
    first_u = cols(frame.unserved_cost, np.zeros(num_k), np.where(np.isinf(net.penalty), 0.0, net.qty))
    first_z = cols(net.link_cost[loaded], np.zeros(len(loaded)), np.full(len(loaded), INF))
    of_layer, of_arc = np.repeat(np.arange(num_l), num_a), np.tile(arcs, num_l)
    first_f = cols(net.arc_cost[of_arc], np.zeros(len(of_arc)), layers.total[of_layer])
    flow = first_f + np.arange(len(of_arc))
    # conservation: what leaves a node less what enters is its balance; what stays unserved never sets out
    node = of_layer * net.num_nodes
    k = np.arange(num_k)
    root = layers.layer * net.num_nodes
    _add(
        model,
        num_l * net.num_nodes,
        layers.balance.ravel(),
        layers.balance.ravel(),
        (node + net.arc_tail[of_arc], flow, np.ones(len(flow))),
        (node + net.arc_head[of_arc], flow, -np.ones(len(flow))),
        (root + net.origin, first_u + k, np.ones(num_k)),
        (root + net.dest, first_u + k, -np.ones(num_k)),
    )
    # capacity: by arc; arcs that share a link's capacity share the row; larger loads stand for capacity where they cost
    link = net.arc_link
    row_of = np.where(net.link_shared[link], net.link_ptr[link], np.arange(net.num_arcs))
    shared_or_only = place[link] < 0
    rows, at = np.unique(row_of[arcs], return_inverse=True)
    position = np.full(net.num_arcs, -1, dtype=np.int64)
    position[arcs] = at.ravel()
    module = np.arange(num_m)
    sides = [
        (position[a], module[ok], -net.module_cap[ok])
        for a, ok in _arcs_of_modules(net.link_ptr, net.module_link, position, place)
    ]
    by_load = np.where(~shared_or_only[rows])[0]
    _add(
        model,
        len(rows),
        np.full(len(rows), -INF),
        np.zeros(len(rows)),
        (position[of_arc], flow, np.ones(len(flow))),
        (by_load, first_z + place[link[rows[by_load]]], -np.ones(len(by_load))),
        *((p, first_y + m, v) for p, m, v in sides),
    )
    costs_by_load = place[net.module_link] >= 0
    _add(
        model,
        len(loaded),
        np.full(len(loaded), -INF),
        np.zeros(len(loaded)),
        (np.arange(len(loaded)), first_z + np.arange(len(loaded)), np.ones(len(loaded))),
        (
            place[net.module_link[costs_by_load]],
            first_y + module[costs_by_load],
            -net.module_cap[costs_by_load],
        ),
    )
    # strong, on free links alone
    free_link = np.zeros(net.num_links, dtype=np.bool_)
    free_link[net.module_link[is_free & (high > low)]] = True
    chosen = np.where(free_link[net.arc_link[of_arc]])[0]
    start = np.searchsorted(net.module_link, net.arc_link[of_arc[chosen]], side="left")
    sizes = np.searchsorted(net.module_link, net.arc_link[of_arc[chosen]], side="right") - start
    owner = np.repeat(np.arange(len(chosen)), sizes)
    m = np.arange(len(owner)) - (np.cumsum(sizes) - sizes)[owner] + start[owner]
    _add(
        model,
        len(chosen),
        np.full(len(chosen), -INF),
        np.zeros(len(chosen)),
        (np.arange(len(chosen)), flow[chosen], np.ones(len(chosen))),
        (owner, first_y + m, -np.minimum(net.module_cap[m], layers.total[of_layer[chosen]][owner])),
    )
    return model


def _arcs_of_modules(
    link_ptr: IntArray, module_link: IntArray, position: IntArray, place: IntArray
) -> list[tuple[IntArray, BoolArray]]:
    """For each side of a link: arcs of modules whose capacity counts in that arc's row, and which modules these are."""
    found = []
    for side in (0, 1):
        arc = link_ptr[module_link] + side
        there = (arc < link_ptr[module_link + 1]) & (place[module_link] < 0)
        there &= position[np.minimum(arc, len(position) - 1)] >= 0
        if side == 1:
            first = position[link_ptr[module_link]]
            there &= position[np.minimum(arc, len(position) - 1)] != first
        found.append((arc[there], there))
    return found


def _add(
    model: LinearModel, count: int, lower: FloatArray, upper: FloatArray, *parts: tuple[IntArray, IntArray, FloatArray]
) -> None:
    """Add rows from (row, column, value) parts."""
    if not count:
        return
    row, col, value = (np.concatenate([part[i] for part in parts]) for i in range(3))
    order = np.lexsort((col, row))
    ptr = np.searchsorted(row[order], np.arange(count + 1))
    model.add_rows(lower, upper, ptr, col[order], value[order])
