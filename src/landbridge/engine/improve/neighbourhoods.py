"""Plans improved in neighbourhoods of related orders, each a small path-form MIP with the rest fixed."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

import numpy as np

from landbridge.engine.cuts.cutset import add_cut_sets
from landbridge.engine.cuts.strong import add_strong
from landbridge.engine.improve.rounding import flows_of_runs, round_relaxation, whole_ends
from landbridge.engine.improve.submodel import Frame, idle_point, solve_part
from landbridge.engine.lp import MipLimits
from landbridge.engine.master.master import Master
from landbridge.engine.master.plan import InnerPlan, add_up_rooms, plan_from_point
from landbridge.engine.master.switches import free_switches
from landbridge.engine.problem import FloatArray, IntArray
from landbridge.engine.relax.hints import Hints, PathBatch, Prices
from landbridge.engine.relax.pricing import price_columns
from landbridge.engine.relax.relaxation import Relaxation
from landbridge.engine.relax.scans import Duals
from landbridge.engine.watch import Watch

SUB_MIP_S = 2.0
"""Most seconds of one neighbourhood."""

SLOW_S = 0.7
SLOW_ITERATIONS = 3000
"""A neighbourhood that takes more (seconds, or simplex iterations where work is counted) makes the next smaller."""

MOST_PATIENCE = 3.0
"""By how much limits of neighbourhoods grow, while nothing is found."""

SMALLER, LARGER = 0.8, 1.15
"""By how much neighbourhoods change."""

FIRST_HOPE, LEAST_HOPE = 0.3, 0.03
"""Part of the distance between plan and relaxation that reduced costs in a neighbourhood may take up."""

ROUND_S, ROUND_NODES = 12.0, 20
"""Most seconds, or nodes where work is counted, of the rounding of a relaxation."""

FEW_OPEN, MOST_OPEN = 150, 0.5
"""Runs, and part of all, up to which a relaxation is rounded if they may go either way; with more it is vain."""

ROUND_WORK = 50_000
"""With less work left than this a relaxation is not rounded."""

SUB_MIP_NODES = 200
"""Most nodes of one neighbourhood when work is counted instead of timed."""

FIRST_TERMINALS = 60
"""Terminals in the first neighbourhood; the number follows how quickly neighbourhoods close."""

PATHS_OF_TERMINAL = 24
"""Most paths of one terminal in a neighbourhood, cheapest at the reference duals first."""


class Improver:
    """
    A large neighbourhood search over the paths of a master [1]_.

    A neighbourhood frees the paths of some terminals that share runs, the runs these
    paths ride, the vehicles of their fleets and the switches. Before it is solved, paths are priced
    as the plan makes them cheap: riding where there is room costs next to nothing.

    References
    ----------
    .. [1] Hewitt, M., G. L. Nemhauser, and M. W. P. Savelsbergh (2010). Combining exact and heuristic approaches for
           the capacitated fixed-charge network flow problem. *INFORMS Journal on Computing* 22(2): 314-325.
           https://doi.org/10.1287/ijoc.1090.0348.
    """

    def __init__(
        self,
        master: Master,
        watch: Watch,
        take: Callable[[InnerPlan], None],
        rng: np.random.Generator,
        setting: FloatArray,
    ) -> None:
        self.master, self.watch, self.take, self.rng, self.setting = master, watch, take, rng, setting
        self._lock = threading.Lock()
        self.x = idle_point(master, setting)
        self.frame = Frame.of(master)
        self._hints: Hints | None = None
        self._offered: Hints | None = None
        self._to_round = False
        self._whole: deque[tuple[PathBatch, FloatArray]] = deque()
        self._adopted: set[tuple[object, ...]] = set()
        self.kinds = (self._near, self._apart)
        self.size = np.full(len(self.kinds), float(FIRST_TERMINALS))
        self.hope = np.full(len(self.kinds), FIRST_HOPE)
        self.credit = np.ones(len(self.kinds))
        self.quiet = 0
        self._prices: Prices | None = None
        self._heard: deque[tuple[PathBatch, Prices | None]] = deque(maxlen=3)
        self._wanted: dict[int, set[int]] = {}
        self._related: dict[int, set[int]] = {}
        self._riders: dict[int, set[int]] = {}
        self._sinks_of = self._commodities_by_terminal()
        self._order: list[int] = []

    def hear(self, batch: PathBatch, prices: Prices | None) -> None:
        """Take paths and prices of a relaxation, from any thread; they are used in the next step."""
        self._heard.append((batch, prices))

    def start_near(self, relaxation: Relaxation, *, same: bool) -> None:
        """
        Take what a finished relaxation says: paths, prices, runs, and inequalities that make small MIPs quicker.

        Parameters
        ----------
        same
            Whether it is of the same master, which then has its inequalities.
        """
        hints = relaxation.hints
        if hints is None:
            return
        with self._lock:
            self.hear(hints.paths, hints.prices)
            self._listen()
            self._hints, self._offered, self._to_round = hints, None, True
            if not same:
                self._adopt(hints)

    def take_hints(self, hints: Hints) -> None:
        """Take what a relaxation of another master says before it is finished, from any thread; used in a next step."""
        self._offered = hints

    def take_runs(self, batch: PathBatch, runs: FloatArray) -> None:
        """Take whole runs, and paths on them, from any thread; their plan is worked out in a next step."""
        self._whole.append((batch, runs))

    def _adopt(self, hints: Hints) -> None:
        """Add the inequalities of another master to this one; every plan keeps them."""
        master, net = self.master, self.master.net
        slots = [z for _, z in hints.strong] + [z for cut in hints.cuts for z in cut.slots]
        master.open_runs(np.unique(net.slot_run[np.array(slots, dtype=np.int64)]))
        add_strong(master, [key for key in hints.strong if key not in master.strong_row])
        add_cut_sets(master, [cut for cut in hints.cuts if cut.key not in self._adopted])
        self._adopted.update(cut.key for cut in hints.cuts)
        self._grow()

    def start_from(self, x: FloatArray) -> None:
        """Go on from a point of the master."""
        self.x = x
        self._grow()
        self.frame = Frame.of(self.master)
        self._order = []

    def is_plan(self) -> bool:
        """Whether the point serves all that must be served."""
        return self.master.unmet(self.x) <= 1e-9

    def plan(self) -> InnerPlan | None:
        """The plan of the point."""
        return plan_from_point(self.master, self.x)

    def _listen(self) -> None:
        while self._heard:
            batch, prices = self._heard.popleft()
            master, p = self.master, self.master.problem
            master.add_paths(batch.sinks, batch.ptr, batch.arcs, batch.cycles)
            self._prices = prices or self._prices
            wanted: dict[int, set[int]] = {}
            for i, s in enumerate(batch.sinks.tolist()):
                ends = {int(p.commodity_supply[p.sink_commodity[s]]), int(p.sink_terminal[s])}
                slots = master.net.arc_slot[batch.arcs[batch.ptr[i] : batch.ptr[i + 1]]]
                for r in master.net.slot_run[slots[slots >= 0]].tolist():
                    wanted.setdefault(r, set()).update(ends)
            self._wanted = wanted
            self._order = []

    def step(self) -> None:
        """
        Solve one neighbourhood.

        Several threads may step at once: they take turns at the master, solve side
        by side, and a change found on an older point is merged where it still fits.
        """
        if self._fill() or self._round():
            return
        master, watch = self.master, self.watch
        with self._lock:
            self._listen()
            self._grow()
            kind = int(self.rng.choice(len(self.kinds), p=self.credit / self.credit.sum()))
            terminals = self.kinds[kind](float(self.size[kind]))
            hope = float(self.hope[kind])
            patience = min(MOST_PATIENCE, 1.0 + self.quiet / 10)
            self._price(terminals)
            self._grow()
            frame = self.frame = Frame.of(master)
            free = self._free_columns(terminals)
            seen = self.x
            seed = int(self.rng.integers(2**31 - 1))
            integer = master.integer_mask()
        begun = watch.seconds
        limits = MipLimits(
            time_s=max(
                0.05, watch.seconds_left if watch.counts_work else min(patience * SUB_MIP_S, watch.seconds_left)
            ),
            nodes=round(patience * SUB_MIP_NODES) if watch.counts_work else -1,
            gap=1e-4,
            seed=seed,
            cancelled=watch.limits.cancelled,
        )
        better, iterations = solve_part(master, frame, seen, free, integer, limits, hope)
        took = watch.seconds - begun
        slow = iterations > patience * SLOW_ITERATIONS if watch.counts_work else took > patience * SLOW_S
        with self._lock:
            master.work += 1 + iterations
            watch.work = max(watch.work, master.work)
            found = better is not None and self._accept(frame, seen, better)
            self.quiet = 0 if found else self.quiet + 1
            self.credit[kind] = max(0.2, 0.9 * self.credit[kind] + (0.3 if found else 0.0))
            self._resize(kind, slow)

    def _fill(self) -> bool:
        """Work out the plan of whole runs that were heard of; returns whether there were any."""
        master, watch = self.master, self.watch
        with self._lock:
            if not self._whole:
                return False
            batch, runs = self._whole.popleft()
            master.add_paths(batch.sinks, batch.ptr, batch.arcs, batch.cycles)
            self._grow()
            frame = Frame.of(master)
        point, iterations = flows_of_runs(master, frame, self.setting, runs, max(watch.seconds_left, 0.1))
        with self._lock:
            master.work += 1 + iterations
            watch.work = max(watch.work, master.work)
            if point is not None:
                self._replace(point)
        return True

    def _round(self) -> bool:
        """Round the last relaxation that was heard of, if it has not been; returns whether it was."""
        master, watch = self.master, self.watch
        with self._lock:
            if self._offered is not None:
                hints, self._offered = self._offered, None
                self.hear(hints.paths, hints.prices)
                self._listen()
                self._hints, self._to_round = hints, True
                self._adopt(hints)
            if self._hints is None or not self._to_round:
                return False
            if watch.counts_work and watch.limits.work - watch.work < ROUND_WORK:
                return False
            self._to_round = False
            self._grow()
            frame = Frame.of(master)
            ends = whole_ends(master, self._hints.runs, self._hints.empties)
            integer, seed = master.integer_mask(), int(self.rng.integers(2**31 - 1))
            if (integer & (ends[1] - ends[0] > 0.5)).sum() > max(FEW_OPEN, MOST_OPEN * integer.sum()):
                return False
        limits = MipLimits(
            time_s=max(0.05, watch.seconds_left if watch.counts_work else min(ROUND_S, watch.seconds_left / 3)),
            nodes=ROUND_NODES if watch.counts_work else -1,
            gap=1e-4,
            seed=seed,
            cancelled=watch.limits.cancelled,
        )
        better, iterations = round_relaxation(master, frame, ends, integer, limits)
        with self._lock:
            master.work += 1 + iterations
            watch.work = max(watch.work, master.work)
            if better is not None:
                self._replace(better)
        return True

    def _replace(self, other: FloatArray) -> None:
        """Take another point, found without regard to the present one, if it is better."""
        self._grow()
        frame = Frame.of(self.master)
        other = np.concatenate([other, np.zeros(len(frame.cost) - len(other))])
        if float(frame.cost @ other) < float(frame.cost @ self.x) - 1e-9 and self._fits(frame, other):
            self.x, self.quiet = other, 0
            plan = plan_from_point(self.master, other)
            if plan is not None:
                self.take(plan)

    def _resize(self, kind: int, slow: bool) -> None:
        """Make the next neighbourhood of a kind smaller or larger, by its terminals or by what reduced costs may be."""
        factor = SMALLER if slow else LARGER
        if self.rng.random() < 0.5:
            self.size[kind] = np.clip(self.size[kind] * factor, 4.0, max(4.0, len(self.master.supply)))
        else:
            self.hope[kind] = np.clip(self.hope[kind] * factor, LEAST_HOPE, 1.0)

    def _grow(self) -> None:
        """Give columns that came since their place in the point."""
        self.x = np.concatenate([self.x, np.zeros(self.master.model.num_cols - len(self.x))])

    def _accept(self, frame: Frame, seen: FloatArray, better: FloatArray) -> bool:
        """Take a better point; where the point has moved on meanwhile, take the change if it still fits and helps."""
        if seen is not self.x:
            change = np.concatenate([better - seen, np.zeros(len(self.x) - len(seen))])
            better = self.x + change
            frame = Frame.of(self.master)
            better = np.concatenate([better, np.zeros(len(frame.cost) - len(better))])
            if not self._fits(frame, better):
                return False
        cost = float((frame.cost * better).sum())
        self._grow()
        if cost < float((frame.cost * self.x[: len(frame.cost)]).sum()) - 1e-9:
            self.x = better
            plan = plan_from_point(self.master, better)
            if plan is not None:
                self.take(plan)
            return True
        return False

    def _fits(self, frame: Frame, x: FloatArray) -> bool:
        """Whether a point satisfies all rows, bounds and choices."""
        p, master = self.master.problem, self.master
        if (x < frame.lower - 1e-7).any() or (x > frame.upper + 1e-7 * np.maximum(1.0, np.abs(frame.upper))).any():
            return False
        activity = frame.activity(x)
        scale = 1e-7 * np.maximum(1.0, np.abs(activity))
        if (activity < frame.row_lower - scale).any() or (activity > frame.row_upper + scale).any():
            return False
        for t in np.where(p.terminal_single)[0].tolist():
            cols = [master.paths.col[i] for i in master.paths_of_single(t)]
            if sum(1 for c in cols if c < len(x) and x[c] > 1e-9) > 1:
                return False
        served = x[master.block_col + np.arange(len(p.block_qty))]
        return not ((served > 1e-9) & (served < p.block_min_fill - 1e-7 * p.block_qty)).any()

    def _commodities_by_terminal(self) -> list[list[int]]:
        p = self.master.problem
        found: list[list[int]] = [[] for _ in range(len(p.terminal_single))]
        for k, t in enumerate(p.commodity_supply.tolist()):
            found[t].append(k)
        for s, t in enumerate(p.sink_terminal.tolist()):
            k = int(p.sink_commodity[s])
            if k not in found[t]:
                found[t].append(k)
        return found

    def _near(self, size: float) -> set[int]:
        """Terminals met from a seed by shared runs, nearest first; seeds go round, so that each has its turn."""
        master, rng = self.master, self.rng
        if not self._order:
            self._order = rng.permutation(len(master.supply)).tolist()
            self._relate()
        chosen: set[int] = set()
        todo: list[int] = []
        while len(chosen) < size:
            if not todo:
                if not self._order:
                    break
                todo.append(self._order.pop())
            t = todo.pop(int(rng.integers(min(len(todo), 6))))
            if t in chosen:
                continue
            chosen.add(t)
            near = list(self._related.get(t, ()))
            rng.shuffle(near)
            todo.extend(near[:12])
        return chosen

    def _apart(self, size: float) -> set[int]:
        """Terminals of some runs of which the plan has more, or fewer, than the relaxation."""
        hints, rng = self._hints, self.rng
        if hints is None:
            return self._near(size)
        self._relate()
        apart = np.abs(self.master.loaded_runs(self.x) - hints.runs)
        runs = np.where(apart > 0.05)[0]
        chosen: set[int] = set()
        order = np.argsort(-apart[runs] * rng.random(len(runs)), kind="stable")
        for r in runs[order].tolist():
            if len(chosen) >= size:
                break
            chosen |= self._riders.get(r, set())
        return chosen or self._near(size)

    def _relate(self) -> None:
        """Relate terminals that share a run in the plan, in the relaxation, or as the ends of a trade."""
        master, p = self.master, self.master.problem
        riders: dict[int, set[int]] = {r: set(ends) for r, ends in self._wanted.items()}
        for i, col in enumerate(master.paths.col):
            if col >= len(self.x) or self.x[col] <= 1e-9:
                continue
            s = master.paths.sink[i]
            ends = {int(p.commodity_supply[p.sink_commodity[s]]), int(p.sink_terminal[s])}
            for r in master.net.slot_run[master.paths.slots[i]].tolist():
                riders.setdefault(r, set()).update(ends)
        self._riders = riders
        self._related = {}
        for group in riders.values():
            if len(group) <= 60:
                for t in group:
                    self._related.setdefault(t, set()).update(group)

    def _price(self, terminals: set[int]) -> None:
        """Add paths of the terminals that are cheap where the plan has room, with prices shaken for variety."""
        master, p, net = self.master, self.master.problem, self.master.net
        commodities = sorted({k for t in terminals for k in self._sinks_of[t]})
        load = np.zeros_like(master.slot_cap)
        for i, col in enumerate(master.paths.col):
            if col < len(self.x) and self.x[col] > 1e-9:
                k = int(p.sink_commodity[master.paths.sink[i]])
                np.add.at(load, master.paths.slots[i], p.commodity_load[k] * self.x[col])
        load = add_up_rooms(master, load)
        runs = master.loaded_runs(self.x)[net.slot_run]
        with np.errstate(invalid="ignore", divide="ignore"):
            room = np.nan_to_num(1.0 - load / (master.slot_cap * np.maximum(runs, 1e-9)[:, None]), nan=1.0).min(axis=1)
        cheap = (runs > 0.5) & (room > 0.05)
        shake = self.rng.uniform(0.3, 1.6, size=len(runs)) if self.rng.random() < 0.7 else 1.0
        factor = np.where(cheap, 0.03, shake)
        duals = Duals(
            terminal=master.terminal_worth(),
            slot=master.default_price * factor[:, None],
            tonnage=np.zeros(len(net.row_cap_t)),
            row=np.zeros(master.model.num_rows),
        )
        price_columns(master, duals, commodities=np.array(commodities, dtype=np.int64))

    def _reference(self) -> FloatArray:
        """Row duals by which paths are ranked."""
        master = self.master
        dual = np.zeros(len(self.frame.row_lower))
        rows = master.capacity_row
        has = rows >= 0
        if self._prices is not None:
            dual[: len(self._prices.first)] = self._prices.first
        dual[rows[has]] = -(self._prices.slot if self._prices is not None else master.default_price)[has]
        return dual

    def _runs_that_must(self) -> IntArray:
        """Runs of which the point has fewer than there must be; freight may not ride them at all."""
        master, rows = self.master, self.master.run_rows
        lacking = self.x[master.low_artificial_col + np.arange(len(master.low_index))] > 1e-9
        run_of_entry = np.repeat(np.arange(len(master.run_col)), np.diff(rows.ptr))
        found: IntArray = run_of_entry[np.isin(rows.row, master.low_index[lacking])]
        return found

    def _free_columns(self, terminals: set[int]) -> IntArray:
        """Columns of a neighbourhood: paths between its terminals, what these ride, blocks; switches, artificials."""
        master, p, net = self.master, self.master.problem, self.master.net
        paths: list[int] = []
        reduced = self.frame.reduced_costs(self._reference())
        for t in terminals:
            mine = [i for i in master.paths_of_terminal[t] if int(p.sink_terminal[master.paths.sink[i]]) in terminals]
            if len(mine) > PATHS_OF_TERMINAL:
                of_paths = np.array([master.paths.col[i] for i in mine])
                used = self.x[of_paths] > 1e-9
                rank = np.where(used, -np.inf, reduced[of_paths])
                fresh = np.arange(len(mine)) >= len(mine) - 4
                rank = np.where(fresh & ~used, -1e300, rank)
                mine = [mine[j] for j in np.argsort(rank, kind="stable")[:PATHS_OF_TERMINAL]]
            paths.extend(mine)
        slots, no_slots = [master.paths.slots[i] for i in paths], np.zeros(0, dtype=np.int64)
        runs = np.unique(np.concatenate([net.slot_run[np.concatenate([*slots, no_slots])], self._runs_that_must()]))
        fleets = np.unique(p.vehicle_fleet[net.run_vehicle[runs]])
        fleets = fleets[fleets >= 0]
        cols = [
            np.array([master.paths.col[i] for i in paths], dtype=np.int64),
            master.run_col[runs],
            master.load_col[runs],
        ]
        if len(fleets):
            of_fleet = np.isin(p.vehicle_fleet[net.run_vehicle], fleets)
            cols.append(master.empty_col[of_fleet])
            cols.extend(master.fleet.standing[int(f)] for f in fleets)
        blocks = np.where(np.isin(p.block_terminal, np.array(sorted(terminals))))[0]
        cols.append(master.block_col + blocks)
        cols.append(master.switch_cols()[free_switches(p)])
        cols.append(master.artificial_col + np.arange(master.num_artificials))
        free = np.unique(np.concatenate(cols))
        return free[free >= 0]
