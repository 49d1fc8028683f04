"""Freight on its way when a plan changes: what has been done of each path, and how it may go on (changes.md §5)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from landbridge.engine import DesignProblem, DesignSolution
from landbridge.engine.problem import FloatArray, IntArray
from landbridge.model.case import Order
from landbridge.network import Network
from landbridge.planning.departures import leg_offsets, run_of_leg


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """
    What a moment leaves of the paths of a plan.

    Parameters
    ----------
    started
        Paths of which something has begun: they are on their way.
    done
        By path: how many of its first steps have begun or ride a departure that has left.
    """

    now_min: int
    started: frozenset[int]
    done: tuple[int, ...]


def look_at(network: Network, solution: DesignSolution, now_min: int) -> Begun:
    """
    Tell what has begun at a minute: steps that started before it, and rides on departures that left before it.

    A change that no row of ``handling`` asks for takes no time and no hands: it has begun when what follows has.
    """
    offsets = leg_offsets(network)
    started, done = set(), []
    for path in range(len(solution.path_qty)):
        count, first = 0, int(solution.path_ptr[path])
        for step in range(first, int(solution.path_ptr[path + 1])):
            begun = int(solution.step_start_min[step]) < now_min
            if solution.step_is_link[step]:
                if not begun and network.nodes.links[int(solution.step_index[step])].row is None:
                    continue
            else:
                key = run_of_leg(network, offsets, int(solution.step_index[step]), int(solution.step_start_min[step]))
                begun = begun or key[1] < now_min
            if not begun:
                break
            count = step - first + 1
        done.append(count)
        if count:
            started.add(path)
    return Begun(now_min=now_min, started=frozenset(started), done=tuple(done))


@dataclass(frozen=True, slots=True, kw_only=True)
class Onward:
    """
    A problem with a commodity of its own for each path that must go on another way.

    Parameters
    ----------
    paths
        Paths of the plan, in the order of the commodities added.
    first_commodity, first_terminal
        Numbers of the first ones added.
    """

    problem: DesignProblem
    paths: tuple[int, ...]
    first_commodity: int
    first_terminal: int


def add_onward(network: Network, solution: DesignSolution, begun: Begun, paths: tuple[int, ...]) -> Onward:
    """
    Let paths go on from where their begun part ends: each becomes freight that must arrive, worth what it was.

    Freight on its way is not given up: it may arrive late, to the end of the horizon or of its life.
    """
    p = network.problem
    first_commodity, first_terminal = len(p.commodity_origin), len(p.terminal_single)
    block_of = {int(t): b for b, t in enumerate(p.block_terminal)}
    qty, low = p.block_qty.copy(), p.block_low.copy()
    rows = []
    for number, path in enumerate(paths):
        commodity, sink = int(solution.path_commodity[path]), int(solution.path_sink[path])
        last = int(solution.path_ptr[path]) + begun.done[path] - 1
        heads = p.link_head if solution.step_is_link[last] else p.leg_head
        amount = float(solution.path_qty[path])
        ends = {int(p.commodity_supply[commodity]), int(p.sink_terminal[sink])}
        blocks = [block_of[t] for t in sorted(ends)]
        for block in blocks:
            qty[block] = max(0.0, qty[block] - amount)
            low[block] = max(0.0, low[block] - amount)
        rows.append(
            (
                int(heads[solution.step_index[last]]),
                max(int(solution.step_end_min[last]), begun.now_min),
                commodity,
                sink,
                first_terminal + number,
                _latest(network, commodity),
                amount,
                sum(float(p.block_value[b]) for b in blocks),
                sum(float(p.block_penalty[b]) for b in blocks),
            )
        )
    return Onward(
        problem=_extended(p, rows, qty, low, first_commodity),
        paths=paths,
        first_commodity=first_commodity,
        first_terminal=first_terminal,
    )


def _latest(network: Network, commodity: int) -> int:
    """Latest minute at which freight on its way is worth anything: end of the horizon or of its life."""
    p = network.problem
    life_h = network.places.good_by_id[order_of_commodity(network, commodity).good].life_h
    ready = int(p.commodity_ready_min[commodity])
    return p.horizon_min if life_h is None else min(p.horizon_min, ready + round(life_h * 60))


def order_of_commodity(network: Network, commodity: int) -> Order:
    """The order that a commodity of the network is freight of."""
    p = network.problem
    block = int(np.where(p.block_terminal == p.commodity_supply[commodity])[0][0])
    return network.case.orders[network.instances[int(network.block_instance[block])].order]


def _extended(
    p: DesignProblem,
    rows: list[tuple[int, int, int, int, int, int, float, float, float]],
    qty: FloatArray,
    low: FloatArray,
    first_commodity: int,
) -> DesignProblem:
    count = len(rows)
    if not count:
        return p

    def ints(at: int) -> IntArray:
        return np.array([row[at] for row in rows], dtype=np.int64)

    def floats(at: int) -> FloatArray:
        return np.array([row[at] for row in rows], dtype=np.float64)

    like, sink, terminal = ints(2), ints(3), ints(4)
    amounts = floats(6)
    zero = np.zeros(count)
    return replace(
        p,
        commodity_origin=np.concatenate([p.commodity_origin, ints(0)]),
        commodity_ready_min=np.concatenate([p.commodity_ready_min, ints(1)]),
        commodity_class=np.concatenate([p.commodity_class, p.commodity_class[like]]),
        commodity_weight_t=np.concatenate([p.commodity_weight_t, p.commodity_weight_t[like]]),
        commodity_load=np.concatenate([p.commodity_load, p.commodity_load[like]]),
        commodity_supply=np.concatenate([p.commodity_supply, terminal]),
        sink_commodity=np.concatenate([p.sink_commodity, first_commodity + np.arange(count)]),
        sink_node=np.concatenate([p.sink_node, p.sink_node[sink]]),
        sink_due_min=np.concatenate([p.sink_due_min, p.sink_due_min[sink]]),
        sink_deadline_min=np.concatenate([p.sink_deadline_min, ints(5)]),
        sink_late_cost=np.concatenate([p.sink_late_cost, p.sink_late_cost[sink]]),
        sink_terminal=np.concatenate([p.sink_terminal, terminal]),
        terminal_single=np.concatenate([p.terminal_single, np.zeros(count, dtype=np.bool_)]),
        block_terminal=np.concatenate([p.block_terminal, terminal]),
        block_qty=np.concatenate([qty, amounts]),
        block_value=np.concatenate([p.block_value, floats(7)]),
        block_penalty=np.concatenate([p.block_penalty, floats(8)]),
        block_low=np.concatenate([low, amounts]),
        block_min_fill=np.concatenate([np.minimum(p.block_min_fill, qty), zero]),
    )


def join(network: Network, base: DesignSolution, begun: Begun, onward: Onward, found: DesignSolution) -> DesignSolution:
    """Put what is done of each path before the way it goes on: a solution of the network as it was."""
    p = network.problem
    commodity, sink, ptr = [], [], [0]
    steps: list[IntArray] = []
    for path in range(len(found.path_qty)):
        k, s = int(found.path_commodity[path]), int(found.path_sink[path])
        own = np.arange(found.path_ptr[path], found.path_ptr[path + 1])
        parts = [_steps(found, own)]
        if k >= onward.first_commodity:
            old = onward.paths[k - onward.first_commodity]
            k, s = int(base.path_commodity[old]), int(base.path_sink[old])
            first = int(base.path_ptr[old])
            parts.insert(0, _steps(base, np.arange(first, first + begun.done[old])))
        commodity.append(k)
        sink.append(s)
        steps += parts
        ptr.append(ptr[-1] + sum(len(part) for part in parts))
    table = np.concatenate([*steps, np.zeros((0, 4), dtype=np.int64)])
    commodities, sinks = np.array(commodity, dtype=np.int64), np.array(sink, dtype=np.int64)
    through = np.zeros(len(p.terminal_single))
    supply, end = p.commodity_supply[commodities], p.sink_terminal[sinks]
    np.add.at(through, supply, found.path_qty)
    np.add.at(through, end[end != supply], found.path_qty[end != supply])
    return replace(
        _as_it_left(base, found, begun.now_min),
        path_commodity=commodities,
        path_sink=sinks,
        path_ptr=np.array(ptr, dtype=np.int64),
        step_is_link=table[:, 0].astype(np.bool_),
        step_index=table[:, 1],
        step_start_min=table[:, 2],
        step_end_min=table[:, 3],
        block_served=np.minimum(through[p.block_terminal], p.block_qty),
        terminal_dual=base.terminal_dual,
        limit_dual=np.zeros((0, 3)),
        flow_limit_dual=np.zeros((0, 3)),
    )


def _as_it_left(base: DesignSolution, found: DesignSolution, now_min: int) -> DesignSolution:
    """
    The plan found, with the runs that have left as they were.

    A run that costs nothing goes as often as its freight needs, and what goes on from a hub is no freight of the run
    that brought it there.
    """
    left, stays = np.where(base.run_min < now_min)[0], np.where(found.run_min >= now_min)[0]
    vehicle = np.concatenate([base.run_vehicle[left], found.run_vehicle[stays]])
    minute = np.concatenate([base.run_min[left], found.run_min[stays]])
    order = np.lexsort((minute, vehicle))
    return replace(
        found,
        run_vehicle=vehicle[order],
        run_min=minute[order],
        run_count=np.concatenate([base.run_count[left], found.run_count[stays]])[order],
        run_empty=np.concatenate([base.run_empty[left], found.run_empty[stays]])[order],
    )


def _steps(solution: DesignSolution, index: IntArray) -> IntArray:
    columns = (
        solution.step_is_link[index].astype(np.int64),
        solution.step_index[index],
        solution.step_start_min[index],
        solution.step_end_min[index],
    )
    return np.stack(columns, axis=1).reshape(-1, 4)
