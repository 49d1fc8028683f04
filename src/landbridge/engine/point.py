"""A plan as a point of a master: its runs and flows fixed, what follows from them solved for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from landbridge.engine.master.master import Master
from landbridge.engine.problem import DesignProblem, DesignSolution, FloatArray, IntArray
from landbridge.engine.space.candidates import candidate_minutes
from landbridge.engine.space.expansion import Expansion
from landbridge.engine.space.steps import StepIndex
from landbridge.units import QTY_TOL


def with_minutes(problem: DesignProblem, runs: Iterable[tuple[int, int]]) -> DesignProblem:
    """
    Give vehicles without a timetable the minutes at which they may leave: their candidates, and those of given runs.

    Candidates follow from the freight; a plan made for other freight leaves at other minutes.
    """
    p = problem
    untimed = np.where(~p.vehicle_timed)[0]
    if not len(untimed):
        return problem
    found = candidate_minutes(p)
    minutes = {int(v): set(found[int(p.vehicle_service[v])].tolist()) for v in untimed}
    by_service: dict[int, set[int]] = {}
    for vehicle, minute in runs:
        by_service.setdefault(int(p.vehicle_service[vehicle]), set()).add(minute)
    vehicles, at = [p.departure_vehicle], [p.departure_min]
    for v, own in minutes.items():
        all_of = sorted(own | by_service.get(int(p.vehicle_service[v]), set()))
        vehicles.append(np.full(len(all_of), v, dtype=np.int64))
        at.append(np.array(all_of, dtype=np.int64))
    return replace(
        p,
        vehicle_timed=np.ones_like(p.vehicle_timed),
        departure_vehicle=np.concatenate(vehicles),
        departure_min=np.concatenate(at),
    )


Way = tuple[IntArray, IntArray]
"""Arcs of a path, and the cycle of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPaths:
    """Paths of a plan, by their number in it, as arcs of an expanded network."""

    net: Expansion
    ways: dict[int, Way]

    def fits(self, net: Expansion) -> bool:
        """Whether arcs mean the same in another network."""
        return all(np.array_equal(getattr(self.net, name), getattr(net, name)) for name in _ARCS)

    def only(self, paths: Sequence[int]) -> KnownPaths:
        """Some of the paths, numbered anew in the order given."""
        ways = {at: self.ways[path] for at, path in enumerate(paths) if path in self.ways}
        return KnownPaths(net=self.net, ways=ways)


_ARCS = (
    "arc_ptr", "arc_tail", "arc_head", "arc_slot", "arc_link", "arc_duration", "arc_wrap",
    "node_min", "node_place", "origin_node", "slot_leg", "slot_run", "run_vehicle", "run_min",
)  # fmt: skip
"""Arrays that say what an arc is and where paths start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """
    A plan read as a point.

    Parameters
    ----------
    x
        Value of each column of the master; None where the plan does not fit it.
    known
        Its paths as arcs.
    path_of
        Path of the master of each path of the plan, by their numbers.
    lost
        Paths of the plan that ride or use what the network does not have.
    """

    x: FloatArray | None
    known: KnownPaths
    path_of: dict[int, int]
    lost: list[int]


def read_point(master: Master, steps: StepIndex, base: DesignSolution, known: KnownPaths | None) -> Point:
    """Read a plan as a point: its runs and flows fixed, the rest (fleets that stand, loads, blocks) solved for."""
    ways = known.ways if known is not None and known.fits(master.net) else _find_ways(steps, base)
    runs, empties = _runs(master, steps, base)
    master.open_runs(np.where(runs + empties > 0)[0])
    path_of = _add_paths(master, base, ways)
    x = np.zeros(master.model.num_cols)
    for path, i in path_of.items():
        x[master.paths.col[i]] += float(base.path_qty[path])
    for cols, counts in ((master.run_col, runs), (master.empty_col, empties)):
        x[cols[cols >= 0]] = counts[cols >= 0]
    x[master.switch_cols()] = master.problem.switch_low
    lost = [path for path in range(len(base.path_qty)) if path not in ways]
    return Point(x=_complete(master, x), known=KnownPaths(net=master.net, ways=ways), path_of=path_of, lost=lost)


def _find_ways(steps: StepIndex, base: DesignSolution) -> dict[int, Way]:
    """Paths of the plan as arcs; those that ride or use what the network does not have are left out."""
    columns = [column.tolist() for column in (base.step_is_link, base.step_index, base.step_start_min)]
    rows = list(zip(*columns, strict=True))
    found = {}
    for path, commodity in enumerate(base.path_commodity.tolist()):
        way = steps.path(commodity, rows[int(base.path_ptr[path]) : int(base.path_ptr[path + 1])])
        if way is not None:
            found[path] = way
    return found


def _runs(master: Master, steps: StepIndex, base: DesignSolution) -> tuple[FloatArray, FloatArray]:
    """Loaded and empty runs of the plan, by candidate run."""
    runs = np.zeros(len(master.net.run_vehicle))
    empties = np.zeros_like(runs)
    columns = (base.run_vehicle, base.run_min, base.run_count, base.run_empty)
    for vehicle, minute, loaded, empty in zip(*(column.tolist() for column in columns), strict=True):
        run = steps.run_at.get((vehicle, steps.wrap(minute)))
        if run is not None:
            runs[run] += loaded
            empties[run] += empty
    return runs, empties


def _add_paths(master: Master, base: DesignSolution, ways: dict[int, Way]) -> dict[int, int]:
    """Add the paths of a plan at once, which is much quicker than one by one; their numbers in the master."""
    none = [np.zeros(0, dtype=np.int64)]
    sinks = [int(base.path_sink[path]) for path in ways]
    master.add_paths(
        np.array(sinks, dtype=np.int64),
        np.cumsum([0, *(len(arcs) for arcs, _ in ways.values())], dtype=np.int64),
        np.concatenate([*none, *(arcs for arcs, _ in ways.values())]),
        np.concatenate([*none, *(cycles for _, cycles in ways.values())]),
    )
    return {path: master.path_index(sink, *way) for (path, way), sink in zip(ways.items(), sinks, strict=True)}


def _complete(master: Master, x: FloatArray) -> FloatArray | None:
    """Solve for what follows from runs, flows and switches; if need be rows give way by what a plan may be off."""
    fixed = np.zeros(len(x), dtype=np.bool_)
    fixed[np.array(master.paths.col, dtype=np.int64)] = True
    for cols in (master.run_col, master.empty_col):
        fixed[cols[cols >= 0]] = True
    fixed[master.switch_cols()] = True
    model = master.model.copy()
    shut = np.where(fixed)[0]
    model.set_col_bounds(shut, x[shut], x[shut])
    result = model.solve()
    if not result.is_optimal:
        ptr, index, value, *_, low, high = model.matrix()
        moved = np.abs(value * np.repeat(np.where(fixed, x, 0.0), np.diff(ptr)))
        size = np.bincount(index, weights=moved, minlength=len(low)) / 2  # what rides, and the room it rides in
        room = QTY_TOL * np.maximum(1.0, size)
        model.set_row_bounds(np.arange(len(low)), low - room, high + room)
        result = model.solve()
    if not result.is_optimal:
        return None
    return np.where(fixed, x, result.x)
