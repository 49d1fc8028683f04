"""Design solutions made by hand."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from landbridge.engine import DesignSolution, SolveStatus
from landbridge.network import Network

Step = tuple[str, int, int, int]
"""``leg`` or ``link``, index, minutes of start and end."""


def hand_made(
    network: Network,
    *,
    runs: Sequence[tuple[int, int, int, int]] = (),
    paths: Sequence[tuple[int, int, float, Sequence[Step]]] = (),
    served: Sequence[float] = (),
    upper: float = 0.0,
    **changes: Any,
) -> DesignSolution:
    """
    Write a solution down: runs as (vehicle, minute, loaded, empty), paths as (commodity, sink, qty, steps).

    ``served`` is by block; nothing served when it is not given.
    """
    problem = network.problem
    steps = [step for *_, found in paths for step in found]
    fields: dict[str, Any] = {
        "status": SolveStatus.OPTIMAL,
        "upper": upper,
        "lower": upper,
        "seconds": 1.0,
        "work": 2.0,
        "trace": (),
        "run_vehicle": _ints(run[0] for run in runs),
        "run_min": _ints(run[1] for run in runs),
        "run_count": _ints(run[2] for run in runs),
        "run_empty": _ints(run[3] for run in runs),
        "path_commodity": _ints(path[0] for path in paths),
        "path_sink": _ints(path[1] for path in paths),
        "path_qty": np.array([path[2] for path in paths], dtype=np.float64),
        "path_ptr": _ints([0, *itertools.accumulate(len(path[3]) for path in paths)]),
        "step_is_link": np.array([step[0] == "link" for step in steps], dtype=np.bool_),
        "step_index": _ints(step[1] for step in steps),
        "step_start_min": _ints(step[2] for step in steps),
        "step_end_min": _ints(step[3] for step in steps),
        "block_served": np.array(served or np.zeros(len(problem.block_qty)), dtype=np.float64),
        "fleet_used": np.zeros(len(problem.fleet_count), dtype=np.int64),
        "switch_on": np.zeros(len(problem.switch_cost), dtype=np.int64),
        "terminal_dual": np.zeros(len(problem.terminal_single)),
        "limit_dual": np.zeros((0, 3)),
        "flow_limit_dual": np.zeros((0, 3)),
    }
    return DesignSolution(**(fields | changes))


def _ints(values: Any) -> Any:
    return np.array(list(values), dtype=np.int64)
