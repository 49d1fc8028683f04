"""Rows that conserve the vehicles of fleets at hub and time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.lp import INF, LinearModel
from landbridge.engine.problem import DesignProblem, FloatArray, IntArray
from landbridge.engine.space.expansion import Expansion


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetRows:
    """
    Rows and columns of fleets in a model.

    Parameters
    ----------
    entries
        By run: rows its vehicles (loaded or empty) count in, with their coefficients.
    use_col
        Column of the number of vehicles in use, by fleet.
    most
        More vehicles of a fleet than this are never of use.
    standing
        Columns of vehicles in use and standing, by fleet.
    events
        Fleet, hub, minute and row of each balance.
    count_row
        Row that counts the vehicles in use, by fleet.
    """

    entries: dict[int, list[tuple[int, float]]]
    use_col: list[int]
    most: FloatArray
    standing: list[IntArray]
    events: list[tuple[int, int, int, int]]
    count_row: list[int]


def build_fleet_rows(problem: DesignProblem, net: Expansion, model: LinearModel) -> FleetRows:
    """
    Add ``fleet_balance`` rows (standing + arriving = leaving + standing) and ``fleet_count`` rows to a model.

    Standing vehicles between two events of a hub are columns; in a cyclic
    problem the last stands over into the first. Those in use are the vehicles
    that stand or are on their way at minute 0.
    """
    p = problem
    num_fleets = len(p.fleet_count)
    entries: dict[int, list[tuple[int, float]]] = {}
    use_col: list[int] = []
    events_of: list[tuple[int, int, int, int]] = []
    count_rows: list[int] = []
    most = np.zeros(num_fleets)
    for f in range(num_fleets):
        runs = [r for r in range(len(net.run_vehicle)) if p.vehicle_fleet[net.run_vehicle[r]] == f]
        cap = p.fleet_count[f] if np.isfinite(p.fleet_count[f]) else INF
        most[f] = min(p.fleet_count[f], 2.0 * len(runs) * 50 + 10)
        leaves: dict[tuple[int, int], list[int]] = {}
        arrives: dict[tuple[int, int], list[int]] = {}
        crossings: dict[int, int] = {}
        for r in runs:
            v = int(net.run_vehicle[r])
            end = int(net.slot_end[net.run_slot_ptr[r + 1] - 1])
            start = int(net.run_min[r])
            leaves.setdefault((int(p.vehicle_from_hub[v]), start), []).append(r)
            if p.cyclic and p.horizon_min:
                crossings[r] = end // p.horizon_min
                end %= p.horizon_min
            if p.cyclic or end <= p.horizon_min:
                arrives.setdefault((int(p.vehicle_to_hub[v]), end), []).append(r)
        count_row = model.add_rows(np.zeros(1), np.zeros(1))
        count_rows.append(count_row)
        use_col.append(
            model.add_cols(
                np.array([p.fleet_fixed_cost[f]]),
                np.zeros(1),
                np.array([cap]),
                np.array([0, 1]),
                np.array([count_row]),
                np.array([-1.0]),
            )
        )
        for r in runs:
            entries[r] = [(count_row, float(crossings[r]))] if crossings.get(r) else []
        start_hub = int(p.fleet_start_hub[f])
        for hub in sorted(
            {h for h, _ in leaves} | {h for h, _ in arrives} | ({start_hub} if start_hub >= 0 else set())
        ):
            events = sorted({t for h, t in leaves if h == hub} | {t for h, t in arrives if h == hub})
            rows = model.add_rows(np.zeros(len(events)), np.zeros(len(events)))
            events_of += [(f, hub, t, rows + j) for j, t in enumerate(events)]
            for j, t in enumerate(events):
                for r in arrives.get((hub, t), ()):
                    entries[r].append((rows + j, 1.0))
                for r in leaves.get((hub, t), ()):
                    entries[r].append((rows + j, -1.0))
            _add_standing(p, f, hub, start_hub, rows, len(events), count_row, model)
    ends = [*use_col[1:], model.num_cols][: len(use_col)]
    standing = [np.arange(first, last) for first, last in zip(use_col, ends, strict=True)]
    merged = {r: _merge(found) for r, found in entries.items()}
    return FleetRows(
        entries=merged, use_col=use_col, most=most, standing=standing, events=events_of, count_row=count_rows
    )


def _add_standing(
    p: DesignProblem, f: int, hub: int, start_hub: int, rows: int, num_events: int, count_row: int, model: LinearModel
) -> None:
    """Columns of standing vehicles: the first also counts as in use; the last goes round, returns, or is free."""
    goes_round = p.cyclic or bool(p.fleet_returns[f])
    may_start = p.cyclic or start_hub < 0 or hub == start_hub
    index, value = [count_row], [1.0]
    if num_events:
        index.append(rows)
        value.append(1.0)
        if goes_round:
            last = rows + num_events - 1
            if last == rows:
                index.pop()
                value.pop()
            else:
                index.append(last)
                value.append(-1.0)
    model.add_cols(
        np.zeros(1),
        np.zeros(1),
        np.array([INF if may_start else 0.0]),
        np.array([0, len(index)]),
        np.array(index),
        np.array(value),
    )
    for j in range(num_events - 1):
        model.add_cols(
            np.zeros(1),
            np.zeros(1),
            np.array([INF]),
            np.array([0, 2]),
            np.array([rows + j, rows + j + 1]),
            np.array([-1.0, 1.0]),
        )
    if num_events and not goes_round:
        model.add_cols(
            np.zeros(1),
            np.zeros(1),
            np.array([INF]),
            np.array([0, 1]),
            np.array([rows + num_events - 1]),
            np.array([-1.0]),
        )


def _merge(entries: list[tuple[int, float]]) -> list[tuple[int, float]]:
    summed: dict[int, float] = {}
    for row, value in entries:
        summed[row] = summed.get(row, 0.0) + value
    return [(row, value) for row, value in summed.items() if value != 0.0]
