"""A plan opened in places: the freight of some terminals is planned anew, all else stays as it is."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from landbridge.engine.improve.submodel import Frame, add_choices, part_model
from landbridge.engine.lp import LpResult, MipLimits
from landbridge.engine.master.master import Master
from landbridge.engine.master.plan import plan_from_point
from landbridge.engine.point import KnownPaths, read_point, with_minutes
from landbridge.engine.problem import (
    BoolArray,
    DesignProblem,
    DesignSolution,
    FloatArray,
    IntArray,
    Limits,
    SolveStatus,
)
from landbridge.engine.relax.pricing import price_columns, read_duals
from landbridge.engine.relax.scans import Duals
from landbridge.engine.solution import to_solution
from landbridge.engine.space.steps import StepIndex
from landbridge.engine.watch import Watch
from landbridge.units import FLOW_TOL

ROUNDS = 8
"""Most rounds of pricing at the duals of the opened part."""

FEW = 1e-3
"""Part of what a run costs that riding a run with room costs, when paths are looked for there first."""


class Repair:
    """
    A plan as a point of a master, improved over the freight that is opened.

    Everything that is not opened stays: flows, and runs except those that the
    opened freight rides or may ride, which still hold what stays aboard.

    Parameters
    ----------
    problem
        What the plan is of; it may differ from what it was made for in limits, values and demands.
    base
        The plan: runs, and paths by steps. Paths and runs that the problem does not have are left out.
    now_min
        Runs that leave before it do not change, and opened freight finds no new place on them and does nothing
        before it.
    known
        The paths of ``base`` as arcs, from another repair of it; used where the expanded network is the same.
    """

    def __init__(
        self, problem: DesignProblem, base: DesignSolution, now_min: int = 0, known: KnownPaths | None = None
    ) -> None:
        pairs = zip(base.run_vehicle.tolist(), base.run_min.tolist(), strict=True)
        self.problem = with_minutes(problem, pairs)
        self.master = Master(self.problem)
        self.steps = StepIndex(self.problem, self.master.net)
        self.now_min = now_min
        self.fixed: BoolArray = self.master.net.run_min < now_min
        self.shut: BoolArray = self.fixed.copy()
        self.most: dict[int, float] = {}
        self.held: set[int] = set()
        self.change_cost: dict[int, float] = {}
        point = read_point(self.master, self.steps, base, known)
        self.known, self.path_of, self.lost = point.known, point.path_of, point.lost
        self.fits = point.x is not None
        self.x = np.zeros(0) if point.x is None else point.x
        self.num_own = len(self.master.paths.sink)

    def _lp(self, x: FloatArray, free: IntArray) -> LpResult:
        """Linear programme over free columns; the rows leave the room that the point uses."""
        model, _ = part_model(self._frame(), x, free)
        return model.solve()

    def _frame(self) -> Frame:
        """Columns and rows, with the price on change in the costs and the bounds of limited runs."""
        master, frame = self.master, Frame.of(self.master)
        if self.change_cost:
            cost = frame.cost.copy()
            for i in range(self.num_own, len(master.paths.sink)):
                terminal = int(self.problem.commodity_supply[self.problem.sink_commodity[master.paths.sink[i]]])
                cost[master.paths.col[i]] += self.change_cost.get(terminal, 0.0)
            frame = replace(frame, cost=cost)
        if self.most:
            upper = frame.upper.copy()
            for run, most in self.most.items():
                for col in (master.run_col[run], master.empty_col[run]):
                    if col >= 0:
                        upper[col] = min(upper[col], most)
            frame = replace(frame, upper=upper)
        return frame

    # Opening.

    def limit_runs(self, most: Mapping[tuple[int, int], float]) -> None:
        """Bound runs, loaded and empty apart, by vehicle and minute; opened freight finds no new place on them."""
        for key, cap in most.items():
            if key in self.steps.run_at:
                run = self.steps.run_at[key]
                self.most[run], self.shut[run] = cap, True

    def hold(self, base_paths: Iterable[int]) -> None:
        """Keep paths of the plan, by their number in it, as they are even where their terminals are opened."""
        self.held.update(self.path_of[path] for path in base_paths if path in self.path_of)

    def trim(self, time_s: float) -> bool:
        """Leave out runs that the flows do not need; returns whether there were any."""
        return self._improve(np.zeros(len(self.problem.terminal_single), dtype=np.bool_), time_s, self._all_runs())

    def open(
        self, terminals: Sequence[int], time_s: float, *, runs: IntArray | None = None, price: bool = True
    ) -> bool:
        """
        Plan the freight of some terminals anew; returns whether the plan has become better, or possible at all.

        Paths come from column generation at the duals of the opened part, and
        from a search where there is room; a MIP over them decides. ``runs`` are opened too.
        """
        until = time.monotonic() + time_s
        wanted = np.zeros(len(self.problem.terminal_single), dtype=np.bool_)
        wanted[list(terminals)] = True
        if price:
            self._price(wanted, until - time_s / 2)
        return self._improve(wanted, until - time.monotonic(), runs)

    def runs_of_fleets(self, vehicles: IntArray, from_min: int, to_min: int) -> IntArray:
        """Runs between two minutes of the fleets of some vehicles."""
        p, net = self.problem, self.master.net
        fleets = np.unique(p.vehicle_fleet[vehicles])
        met = np.isin(p.vehicle_fleet[net.run_vehicle], fleets[fleets >= 0])
        met &= (net.run_min >= from_min) & (net.run_min <= to_min)
        return np.where(met)[0]

    def _all_runs(self) -> IntArray:
        return np.where((self.master.run_col >= 0) & ~self.fixed)[0]

    def _improve(self, wanted: BoolArray, time_s: float, runs: IntArray | None) -> bool:
        master = self.master
        self._grow()
        frame = self._frame()
        free = self._free(wanted, runs)
        model, _ = part_model(frame, self.x, free)
        integer = master.integer_mask()[free]
        extra, start = add_choices(master, model, self.x, free)
        whole = np.where(integer)[0]
        fits = bool((self.x[free] <= frame.upper[free] + 1e-9).all())
        before = float((frame.cost[free] * self.x[free]).sum()) if fits else np.inf
        first = (
            (np.concatenate([whole, extra]), np.concatenate([np.round(self.x[free[whole]]), start])) if fits else None
        )
        result = model.solve_mip(np.concatenate([whole, extra]), MipLimits(time_s=max(0.1, time_s)), first)
        master.work += result.iterations
        if not result.has_point or result.objective > before - 1e-9 * max(1.0, abs(before)):
            return False
        better = self.x.copy()
        better[free] = result.x[: len(free)]
        better[free[whole]] = np.round(better[free[whole]])
        loose = free[~integer]
        has_choices = len(extra) > 0
        exact = self._lp(better, loose)  # flows that fit whole runs exactly
        if exact.is_optimal and not has_choices:
            better[loose] = exact.x[: len(loose)]
        self.x = better
        return True

    def unmet(self) -> float:
        """Units that must be served, or runs that must go, and do not."""
        return self.master.unmet(self.x)

    def unmet_by_terminal(self) -> dict[int, float]:
        """Units by terminal that must be served and are not."""
        first = self.master.artificial_col
        terminals = self.master.artificial_terminals.tolist()
        return {
            int(t): float(u) for t, u in zip(terminals, self.x[first : first + len(terminals)], strict=True) if u > 0
        }

    def _grow(self) -> None:
        self.x = np.concatenate([self.x, np.zeros(self.master.model.num_cols - len(self.x))])

    def _commodities(self, wanted: BoolArray) -> IntArray:
        p = self.problem
        of_sinks = p.sink_commodity[wanted[p.sink_terminal] & wanted[p.commodity_supply[p.sink_commodity]]]
        return np.unique(of_sinks).astype(np.int64)

    def _price(self, wanted: BoolArray, until: float) -> None:
        """Add paths of the opened terminals: where there is room, at usual prices, and at the duals of the part."""
        master = self.master
        commodities = self._commodities(wanted)
        if not len(commodities):
            return
        room = self._has_room()
        for factor in (np.where(room, FEW, 1.0), np.ones(len(room))):
            self._price_at(master.default_price * factor[:, None], None, commodities)
        for _ in range(ROUNDS):
            self._grow()
            free = self._free(wanted, None)
            model, rows = part_model(self._frame(), self.x, free)
            result = model.solve(max(0.1, until - time.monotonic()))
            if not result.is_optimal or time.monotonic() > until:
                return
            dual = master.extend_dual(np.zeros(0))
            dual[rows] = result.row_dual
            if not self._price_at(read_duals(master, dual).slot, dual, commodities):
                return

    def _price_at(self, slot: FloatArray, dual: FloatArray | None, commodities: IntArray) -> int:
        master, net = self.master, self.master.net
        slot = np.where(self.shut[net.slot_run][:, None], 1e9, slot)
        duals = Duals(
            terminal=master.terminal_worth(),
            slot=slot,
            tonnage=np.zeros(len(net.row_cap_t)),
            row=np.zeros(master.model.num_rows),
        )
        if dual is not None:
            exact = read_duals(master, dual)
            duals = replace(exact, slot=slot)
        return price_columns(master, duals, commodities=commodities)[0]

    def _has_room(self) -> BoolArray:
        """Slots of runs that go and are not full."""
        master, p, net = self.master, self.problem, self.master.net
        load = np.zeros_like(master.slot_cap)
        for i, col in enumerate(master.paths.col):
            if col < len(self.x) and self.x[col] > 1e-9:
                k = int(p.sink_commodity[master.paths.sink[i]])
                np.add.at(load, master.paths.slots[i], p.commodity_load[k] * self.x[col])
        runs = master.loaded_runs(self.x)[net.slot_run]
        with np.errstate(invalid="ignore", divide="ignore"):
            used = np.nan_to_num(load / (master.slot_cap * np.maximum(runs, 1e-9)[:, None]), nan=0.0)
        found: BoolArray = (runs > 0.5) & (used.max(axis=1, initial=0.0) < 1.0 - 1e-6)
        return found

    def _free(self, wanted: BoolArray, extra_runs: IntArray | None) -> IntArray:
        """Columns that may change: paths between opened terminals, what these ride, their blocks, artificials."""
        master, p, net = self.master, self.problem, self.master.net
        sinks = np.array(master.paths.sink, dtype=np.int64)
        both = wanted[p.sink_terminal[sinks]] & wanted[p.commodity_supply[p.sink_commodity[sinks]]]
        paths = [i for i in np.where(both)[0].tolist() if not self._is_shut(i)]
        slots = [master.paths.slots[i] for i in paths]
        runs = np.unique(net.slot_run[np.concatenate([*slots, np.zeros(0, dtype=np.int64)])])
        if extra_runs is not None:
            runs = np.union1d(runs, extra_runs)
        runs = runs[~self.fixed[runs]]
        fleets = np.unique(p.vehicle_fleet[net.run_vehicle[runs]])
        fleets = fleets[fleets >= 0]
        cols = [
            np.array([master.paths.col[i] for i in paths], dtype=np.int64),
            master.run_col[runs],
            master.empty_col[runs],
            master.load_col[runs],
            master.block_col + np.where(wanted[p.block_terminal])[0],
            master.artificial_col + np.arange(master.num_artificials),
        ]
        if len(fleets):
            of_fleet = np.isin(p.vehicle_fleet[net.run_vehicle], fleets) & ~self.fixed
            cols.append(master.empty_col[of_fleet])
            cols.extend(master.fleet.standing[int(f)] for f in fleets)
        free = np.unique(np.concatenate(cols))
        return free[free >= 0]

    def _is_shut(self, path: int) -> bool:
        """Whether a path may not change: it is held, or new to the plan and rides a closed run, or begins too early."""
        if path in self.held:
            return True
        if path < self.num_own:
            return False
        master, net = self.master, self.master.net
        if self.shut[net.slot_run[master.paths.slots[path]]].any():
            return True
        arcs, cycles = master.paths.arcs[path], master.paths.cycles[path]
        moves = np.where((net.arc_slot[arcs] >= 0) | (net.arc_link[arcs] >= 0))[0]
        if not len(moves):
            return False
        first = moves[0]
        return bool(net.node_min[net.arc_tail[arcs[first]]] + cycles[first] * net.horizon_min < self.now_min)

    def companions(self, terminal: int) -> list[int]:
        """Terminals whose freight rides a run that a terminal's freight rides, those of most such runs first."""
        master, p, net = self.master, self.problem, self.master.net
        cols = np.array(master.paths.col, dtype=np.int64)
        sinks = np.array(master.paths.sink, dtype=np.int64)
        supply, demand = p.commodity_supply[p.sink_commodity[sinks]], p.sink_terminal[sinks]
        flows = (cols < len(self.x)) & (self.x[np.minimum(cols, len(self.x) - 1)] > FLOW_TOL)
        own = np.where(flows & ((supply == terminal) | (demand == terminal)))[0].tolist()
        ridden = {int(run) for i in own for run in net.slot_run[master.paths.slots[i]].tolist()}
        runs_of: dict[int, set[int]] = {}
        for i in np.where(flows)[0].tolist():
            both = ridden.intersection(net.slot_run[master.paths.slots[i]].tolist())
            for other in {int(supply[i]), int(demand[i])} - {terminal} if both else ():
                runs_of.setdefault(other, set()).update(both)
        return sorted(runs_of, key=lambda t: (-len(runs_of[t]), t))

    # The plan again.

    def solution(self) -> DesignSolution | None:
        """The plan of the point; None where it leaves undone what must be done."""
        plan = plan_from_point(self.master, self.x)
        if plan is None:
            return None
        watch = Watch(Limits())
        watch.improve_upper(plan.cost)
        return to_solution(self.master, plan, watch, SolveStatus.FEASIBLE, None)
