"""Design problems small enough to solve by hand: lorries between two hubs."""

from __future__ import annotations

from typing import Any

import numpy as np

from landbridge.engine import DesignProblem


def ints(*values: int) -> Any:
    return np.array(values, dtype=np.int64)


def lorry(**changes: Any) -> DesignProblem:
    """Ten units worth 9 each, hub 0 (ready at 30) to hub 1 (due at 600); a lorry of 10 t costs 50, an hour."""
    fields: dict[str, Any] = {
        "horizon_min": 1000,
        "node_rank": ints(2, 3),
        "node_hold_cost": np.zeros(2),
        "node_store": ints(-1, -1),
        "leg_vehicle": ints(0),
        "leg_tail": ints(0),
        "leg_head": ints(1),
        "leg_travel_min": ints(60),
        "leg_cost_per_t": np.zeros(1),
        "vehicle_service": ints(0),
        "vehicle_capacity": np.array([[10.0]]),
        "vehicle_run_cost": np.array([50.0]),
        "vehicle_empty_cost": np.array([np.nan]),
        "vehicle_timed": np.array([False]),
        "vehicle_fleet": ints(-1),
        "vehicle_from_hub": ints(0),
        "vehicle_to_hub": ints(1),
        "leg_access": np.array([[True]]),
        "link_access": np.zeros((1, 0), dtype=np.bool_),
        "commodity_origin": ints(0),
        "commodity_ready_min": ints(30),
        "commodity_class": ints(0),
        "commodity_weight_t": np.ones(1),
        "commodity_load": np.ones((1, 1)),
        "commodity_supply": ints(0),
        "sink_commodity": ints(0),
        "sink_node": ints(1),
        "sink_due_min": ints(600),
        "sink_deadline_min": ints(600),
        "sink_late_cost": np.zeros(1),
        "sink_terminal": ints(0),
        "terminal_single": np.array([False]),
        "block_terminal": ints(0),
        "block_qty": np.array([10.0]),
        "block_value": np.array([9.0]),
        "block_penalty": np.zeros(1),
        "block_low": np.zeros(1),
        "block_min_fill": np.zeros(1),
    }
    return DesignProblem(**(fields | changes))


def shuttle(**changes: Any) -> DesignProblem:
    """The lorry of a fleet, with a second service that brings it back (empty: 20)."""
    fields: dict[str, Any] = {
        "node_rank": ints(2, 3, 2, 3),
        "node_hold_cost": np.zeros(4),
        "node_store": ints(-1, -1, -1, -1),
        "leg_vehicle": ints(0, 1),
        "leg_tail": ints(0, 2),
        "leg_head": ints(1, 3),
        "leg_travel_min": ints(60, 60),
        "leg_cost_per_t": np.zeros(2),
        "vehicle_service": ints(0, 1),
        "vehicle_capacity": np.array([[10.0], [10.0]]),
        "vehicle_run_cost": np.array([50.0, 50.0]),
        "vehicle_empty_cost": np.array([20.0, 20.0]),
        "vehicle_timed": np.array([False, False]),
        "vehicle_fleet": ints(0, 0),
        "vehicle_from_hub": ints(0, 1),
        "vehicle_to_hub": ints(1, 0),
        "leg_access": np.array([[True, True]]),
        "fleet_count": np.array([3.0]),
        "fleet_fixed_cost": np.array([7.0]),
        "fleet_start_hub": ints(-1),
        "fleet_returns": np.array([True]),
    }
    return lorry(**(fields | changes))
