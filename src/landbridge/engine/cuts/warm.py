"""Compiles the kernels of cut sets on a problem of two lorries."""

from __future__ import annotations

import numpy as np

from landbridge.engine.cuts.finder import CutSetFinder
from landbridge.engine.cuts.kernels import grow_sets
from landbridge.engine.master.master import Master
from landbridge.engine.problem import DesignProblem
from landbridge.engine.relax.pricing import price_columns, read_duals
from landbridge.engine.space.kernels import mark_rides, sweep
from landbridge.engine.space.kernels_once import price_paths_once

CUT_KERNELS = (grow_sets, sweep, mark_rides, price_paths_once)
"""What :func:`find_a_cut` calls."""


def find_a_cut() -> None:
    """Find a cut set of two departures that freight may ride one after the other, and price paths with it."""
    master = Master(two_lorries())
    master.open_runs(np.arange(len(master.run_col)))
    _price(master)
    finder = CutSetFinder(master)
    x = np.zeros(master.model.num_cols)
    x[np.array(master.paths.col, dtype=np.int64)] = 6.0
    x[master.run_col] = 0.4
    finder.separate(x)
    master.reach.least_span(np.arange(len(master.net.slot_run)))
    row = master.model.num_rows - 1
    master.own.add(0, np.arange(len(master.net.slot_run)), row, 1.0, once=True)
    _price(master, row)


def _price(master: Master, row: int = 0) -> None:
    """Price paths at duals at which all pay that can be in time."""
    dual = np.zeros(master.model.num_rows)
    dual[row] = -1.0
    dual[master.terminal_row] = 100.0
    price_columns(master, read_duals(master, dual))


def two_lorries() -> DesignProblem:
    """Ten units, hub 0 to hub 1; two lorries with a timetable, one there and one back and there again."""
    zero, one = np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64)
    return DesignProblem(
        horizon_min=1000,
        node_rank=np.array([2, 3]),
        node_hold_cost=np.zeros(2),
        node_store=np.array([-1, -1]),
        leg_vehicle=np.array([0, 1]),
        leg_tail=np.array([0, 1]),
        leg_head=np.array([1, 0]),
        leg_travel_min=np.array([60, 60]),
        leg_cost_per_t=np.zeros(2),
        vehicle_service=np.array([0, 1]),
        vehicle_capacity=np.full((2, 1), 8.0),
        vehicle_run_cost=np.full(2, 50.0),
        vehicle_empty_cost=np.full(2, np.nan),
        vehicle_timed=np.ones(2, dtype=np.bool_),
        vehicle_fleet=np.array([-1, -1]),
        vehicle_from_hub=np.array([0, 1]),
        vehicle_to_hub=np.array([1, 0]),
        departure_vehicle=np.array([0, 0, 1]),
        departure_min=np.array([100, 400, 200]),
        leg_access=np.ones((1, 2), dtype=np.bool_),
        link_access=np.zeros((1, 0), dtype=np.bool_),
        commodity_origin=zero,
        commodity_ready_min=zero + 30,
        commodity_class=zero,
        commodity_weight_t=np.ones(1),
        commodity_load=np.ones((1, 1)),
        commodity_supply=zero,
        sink_commodity=zero,
        sink_node=one,
        sink_due_min=zero + 600,
        sink_deadline_min=zero + 600,
        sink_late_cost=np.zeros(1),
        sink_terminal=zero,
        terminal_single=np.zeros(1, dtype=np.bool_),
        block_terminal=zero,
        block_qty=np.full(1, 10.0),
        block_value=np.full(1, 9.0),
        block_penalty=np.zeros(1),
        block_low=np.zeros(1),
        block_min_fill=np.zeros(1),
    )
