"""A first plan: orders inserted one by one on the cheapest way, runs opened as needed, poor ones closed again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from landbridge.engine.improve.submodel import Frame, idle_point, point_of, solve_part
from landbridge.engine.lp import MipLimits
from landbridge.engine.master.master import Master
from landbridge.engine.master.plan import add_up_rooms, fill_blocks
from landbridge.engine.master.rooms import largest_loads
from landbridge.engine.master.switches import blocks_at, raised
from landbridge.engine.problem import FloatArray, IntArray
from landbridge.engine.relax.pricing import cheapest_path
from landbridge.engine.relax.scans import Duals

FILLS = (0.85, 0.6, 1.0)
"""How full a newly opened run is expected to become, by pass: its cost is spread over that much load."""

ROOM_PRICE = 0.02
"""Price of room on a run that goes anyway, as a part of its usual price: breaks ties towards the fuller way."""

RETURN_LIMITS = MipLimits(time_s=3.0, gap=1e-3)
"""Limits for choosing the runs whose vehicles can return."""

COUNTED_RETURN_LIMITS = MipLimits(time_s=np.inf, nodes=50, gap=1e-3)
"""The same where work is counted instead of timed."""

RETURN_PART = 0.5
"""Part of the cost of an empty run that a run of a fleet is expected to cause."""

MOST_PARTS = 3
"""Most paths one order is split over when it is inserted."""


def construct(
    master: Master, setting: FloatArray, done: Callable[[], bool], limits: MipLimits = RETURN_LIMITS
) -> FloatArray | None:
    """
    Build a point of the master by insertion, in the manner of slope scaling [1]_.

    Dear freight is inserted first. A path pays next to nothing where a run has
    room and its expected share of the run's cost where one must be opened. After each pass the runs that
    cost more than all they carry is worth are closed and their freight is inserted anew.

    Parameters
    ----------
    setting
        Of the switches; it stays as it is.
    done
        Polled now and then; True ends the passes early.
    limits
        Of the MIP that chooses the runs whose vehicles can return.

    Returns
    -------
    FloatArray
        A point with whole runs; None where something must run or be served, or vehicles cannot return.

    References
    ----------
    .. [1] Crainic, T. G., B. Gendron, and G. Hernu (2004). A slope scaling/Lagrangean perturbation heuristic with
           long-term memory for multicommodity capacitated fixed-charge network design. *Journal of Heuristics*
           10(5): 525-545. https://doi.org/10.1023/B:HEUR.0000045323.83583.bd.
    """
    p = master.problem
    if (p.block_low > 0).any() or master.low_index.size:
        return None
    insertion = _Insertion(master, setting)
    order = insertion.by_worth()
    for fill in FILLS:
        insertion.insert(order, fill, done)
        insertion.close_poor()
        if done():
            break
    insertion.insert(order, 0.0, done)
    x = insertion.point()
    return x if not len(p.fleet_count) else bring_home(master, setting, x, limits)


def bring_home(master: Master, setting: FloatArray, x: FloatArray, limits: MipLimits) -> FloatArray | None:
    """The best part of a point whose vehicles can all return: a MIP over its runs, paths, empty runs and standing."""
    moves = [master.empty_col[master.empty_col >= 0], *master.fleet.standing]
    blocks = master.block_col + np.arange(len(master.problem.block_qty))
    free = np.unique(np.concatenate([np.where(x > 1e-9)[0], blocks, *moves]))
    free = np.setdiff1d(free, master.switch_cols())
    idle = idle_point(master, setting)
    better, iterations = solve_part(master, Frame.of(master), idle, free, master.integer_mask(), limits)
    master.work += iterations
    return better


class _Insertion:
    """A plan being built: runs, room on slots and rows, and the flow of each path."""

    def __init__(self, master: Master, setting: FloatArray) -> None:
        self.master, self.setting = master, setting
        p, net = master.problem, master.net
        self.runs = np.zeros(len(net.run_vehicle))
        self.load = np.zeros((len(net.slot_run), p.vehicle_capacity.shape[1]))
        self.limit_left = raised(master.run_rows.cap, master.runs_added, setting)
        self.tonnage_left = raised(net.row_cap_t, master.tonnes_added, setting)
        self.left = np.zeros_like(master.supply)
        np.add.at(self.left, p.block_terminal, p.block_qty * blocks_at(p, setting))
        self.supply = self.left.copy()
        self.flow: dict[int, float] = {}
        self.worth = master.terminal_worth()
        self.vehicle = net.run_vehicle[net.slot_run]
        self.capacity = np.where(np.isfinite(master.slot_cap), master.slot_cap, 1e12)
        self.shared = np.isin(self.vehicle, p.share_vehicle)
        self.price = master.default_price.copy()
        returns = np.nan_to_num(p.vehicle_empty_cost)[self.vehicle] * (p.vehicle_fleet[self.vehicle] >= 0)
        run_cost = np.maximum(p.vehicle_run_cost[self.vehicle], 1e-9)
        self.price *= (1.0 + RETURN_PART * returns / run_cost)[:, None]
        few = np.zeros(len(p.terminal_single), dtype=np.bool_)
        few[p.block_terminal[p.block_min_fill > 0]] = True
        self.left[few] = 0.0
        self.fill = FILLS[0]
        self.slot_price = self._slot_prices()

    def by_worth(self) -> IntArray:
        """Commodities, those with the most money at stake first."""
        p = self.master.problem
        stake = np.full(len(p.commodity_supply), -np.inf)
        end = p.sink_terminal
        worth = self.worth[p.commodity_supply[p.sink_commodity]] + np.where(
            end != p.commodity_supply[p.sink_commodity], self.worth[end], 0.0
        )
        np.maximum.at(stake, p.sink_commodity, worth)
        return np.argsort(-stake * self.supply[p.commodity_supply], kind="stable")

    def insert(self, order: IntArray, fill: float, done: Callable[[], bool]) -> None:
        """Insert what is left of each commodity; with ``fill`` 0 only where there is room already."""
        if fill != self.fill:
            self.fill = fill
            self.slot_price = self._slot_prices()
        for n, k in enumerate(order.tolist()):
            if n % 50 == 0 and done():
                return
            for _ in range(MOST_PARTS):
                if self.left[self.master.problem.commodity_supply[k]] <= 1e-9 or not self._insert_part(k):
                    break

    def _slot_prices(self) -> FloatArray:
        """Price of a unit of room: next to nothing where a run has it, else its part of the cost of one more run."""
        master, net = self.master, self.master.net
        room = (
            self.capacity * self.runs[net.slot_run][:, None] - add_up_rooms(master, self.load) > 1e-7 * self.capacity
        ).all(axis=1)
        free = master.run_is_free[net.slot_run]
        opened = self.price / max(self.fill, 1e-6) if self.fill else np.full_like(self.price, 1e9)
        price = np.where((room | free)[:, None], self.price * ROOM_PRICE, opened)
        full = self.runs >= master.run_most - 1e-9
        entries = np.repeat(np.arange(len(self.runs)), np.diff(master.run_rows.ptr))
        blocked = self.limit_left[master.run_rows.row] < master.run_rows.count - 1e-9
        full[entries[blocked]] = True
        shut = full[net.slot_run] & ~room & ~free
        return np.where((shut | self.shared)[:, None], 1e9, price)

    def _insert_part(self, k: int) -> bool:
        master, p = self.master, self.master.problem
        tonnage = np.where(self.tonnage_left <= 1e-9, 1e9, 0.0)
        terminal = np.where(self.left > 1e-9, self.worth, -1e12)
        duals = Duals(terminal=terminal, slot=self.slot_price, tonnage=tonnage, row=np.zeros(master.model.num_rows))
        found = cheapest_path(master, duals, k)
        if found is None:
            return False
        sink, arcs, cycles = found
        path = master.path_index(sink, arcs, cycles)
        slots = master.paths.slots[path]
        loads = p.commodity_load[k]
        end = int(p.sink_terminal[sink])
        amount = min(self.left[p.commodity_supply[k]], self.left[end])
        amount = min(amount, self._open_for(slots, loads, amount))
        rows = self._rows_of(path)
        weight = float(p.commodity_weight_t[k])
        if weight > 0 and len(rows):
            amount = min(amount, float(self.tonnage_left[rows].min()) / weight)
        if amount <= 1e-9:
            return False
        self._add(path, k, end, slots, rows, amount)
        return True

    def _room_load(self, z: slice) -> FloatArray:
        """Load of the rooms of some slots that follow each other in one run."""
        master, net = self.master, self.master.net
        if not len(master.problem.leg_room):
            return self.load[z]
        r = int(net.slot_run[z.start])
        span = slice(int(net.run_slot_ptr[r]), int(net.run_slot_ptr[r + 1]))
        room = master.slot_room[span] - span.start
        total = np.zeros_like(self.load[span])
        np.add.at(total, room, self.load[span])
        return total[room][z.start - span.start : z.stop - span.start]

    def _rows_of(self, path: int) -> IntArray:
        master = self.master
        k = int(master.problem.sink_commodity[master.paths.sink[path]])
        found = [row for a in master.paths.arcs[path].tolist() for row in master.tonnage_rows_of(k, a)]
        return np.array(found, dtype=np.int64)

    def _open_for(self, slots: IntArray, load: FloatArray, amount: float) -> float:
        """Open runs so that the amount fits where limits allow; returns how much fits."""
        master, net = self.master, self.master.net
        fits = amount
        rides = Counter(master.slot_room[slots].tolist())
        for z, times in rides.items():
            r = int(net.slot_run[z])
            held = self._room_load(slice(z, z + 1))[0]
            if master.run_is_free[r]:
                continue
            need = 0.0
            for d in np.where(load > 0)[0].tolist():
                cap = self.capacity[z, d]
                if cap <= 0:
                    return 0.0
                need = max(need, (held[d] + times * load[d] * amount) / cap)
            need = max(need, 1.0)
            extra = float(np.ceil(need - 1e-9) - self.runs[r])
            if extra > 0:
                span = slice(int(master.run_rows.ptr[r]), int(master.run_rows.ptr[r + 1]))
                rows, count = master.run_rows.row[span], master.run_rows.count[span]
                allowed = float(np.floor((self.limit_left[rows] / count).min(initial=np.inf) + 1e-9))
                extra = min(extra, allowed, float(master.run_most[r] - self.runs[r]))
                if extra > 0:
                    self.runs[r] += extra
                    self.limit_left[rows] -= extra * count
            for d in np.where(load > 0)[0].tolist():
                fits = min(fits, (self.capacity[z, d] * self.runs[r] - held[d]) / (times * load[d]))
            if self.runs[r] <= 0:
                fits = 0.0
        return max(fits, 0.0)

    def _add(self, path: int, k: int, end: int, slots: IntArray, rows: IntArray, amount: float) -> None:
        master, p = self.master, self.master.problem
        supply = int(p.commodity_supply[k])
        self.flow[path] = self.flow.get(path, 0.0) + amount
        np.add.at(self.load, slots, p.commodity_load[k] * amount)
        np.add.at(self.tonnage_left, rows, -float(p.commodity_weight_t[k]) * amount)
        for t in {supply, end}:
            self.left[t] = 0.0 if p.terminal_single[t] else self.left[t] - amount
        runs = master.net.slot_run[slots]
        self._refresh(np.unique(runs))

    def _refresh(self, runs: IntArray) -> None:
        """Bring the prices of the slots of some runs up to date."""
        master, net = self.master, self.master.net
        for r in runs.tolist():
            z = slice(int(net.run_slot_ptr[r]), int(net.run_slot_ptr[r + 1]))
            room = (self.capacity[z] * self.runs[r] - self._room_load(z) > 1e-7 * self.capacity[z]).all(axis=1)
            if master.run_is_free[r]:
                continue
            span = slice(int(master.run_rows.ptr[r]), int(master.run_rows.ptr[r + 1]))
            more = self.runs[r] < master.run_most[r] - 1e-9 and bool(
                (self.limit_left[master.run_rows.row[span]] >= master.run_rows.count[span] - 1e-9).all()
            )
            usual = self.price[z]
            opened = usual / max(self.fill, 1e-6) if more and self.fill else np.full_like(usual, 1e9)
            price = np.where(room[:, None], usual * ROOM_PRICE, opened)
            self.slot_price[z] = np.where(self.shared[z][:, None], 1e9, price)

    def close_poor(self) -> None:
        """Close runs, emptiest first, that cost more than what they carry is worth beyond its other costs."""
        master, p, net = self.master, self.master.problem, self.master.net
        self._trim()
        riders: dict[int, list[int]] = {}
        for path in self.flow:
            for r in set(net.slot_run[master.paths.slots[path]].tolist()):
                riders.setdefault(r, []).append(path)
        used = np.where(self.runs > 0)[0]
        full = np.zeros(len(self.runs))
        load = add_up_rooms(master, self.load)
        np.maximum.at(full, net.slot_run, (load / np.maximum(self.capacity, 1e-12)).max(axis=1))
        for r in used[np.argsort(full[used] / self.runs[used], kind="stable")].tolist():
            cost = self.runs[r] * float(p.vehicle_run_cost[net.run_vehicle[r]])
            paths = [path for path in riders.get(r, ()) if path in self.flow]
            if sum(self._surplus(path) for path in paths) < cost:
                for path in paths:
                    self._remove(path)
        self._trim()
        self.slot_price = self._slot_prices()

    def _surplus(self, path: int) -> float:
        """What a path's freight is worth less its flow cost and its share of the other runs it rides."""
        master, p = self.master, self.master.problem
        s = master.paths.sink[path]
        k = int(p.sink_commodity[s])
        supply, end = int(p.commodity_supply[k]), int(p.sink_terminal[s])
        worth = self.worth[supply] + (self.worth[end] if end != supply else 0.0)
        slots = master.paths.slots[path]
        ride = float((self.price[slots] * p.commodity_load[k]).sum())
        return (float(worth) - master.paths.cost[path] - 0.5 * ride) * self.flow[path]

    def _remove(self, path: int) -> None:
        master, p = self.master, self.master.problem
        amount = self.flow.pop(path)
        s = master.paths.sink[path]
        k = int(p.sink_commodity[s])
        supply, end = int(p.commodity_supply[k]), int(p.sink_terminal[s])
        np.subtract.at(self.load, master.paths.slots[path], p.commodity_load[k] * amount)
        np.add.at(self.tonnage_left, self._rows_of(path), float(p.commodity_weight_t[k]) * amount)
        for t in {supply, end}:
            self.left[t] = self.supply[t] if p.terminal_single[t] else self.left[t] + amount

    def _trim(self) -> None:
        """Close runs that are not needed for the load they have."""
        master, net = self.master, self.master.net
        self.load = np.where(self.load < 1e-9, 0.0, self.load)
        load = add_up_rooms(master, self.load)
        need = np.zeros(len(self.runs))
        np.maximum.at(need, net.slot_run, np.ceil((load / np.maximum(self.capacity, 1e-12)).max(axis=1) - 1e-9))
        ridden = np.zeros(len(self.runs), dtype=np.bool_)
        for path in self.flow:
            ridden[net.slot_run[master.paths.slots[path]]] = True
        need = np.where(ridden, np.maximum(need, 1.0), 0.0)
        need = np.where(master.run_is_free, 0.0, need)
        spare = np.maximum(self.runs - need, 0.0)
        entries = np.repeat(np.arange(len(self.runs)), np.diff(master.run_rows.ptr))
        np.add.at(self.limit_left, master.run_rows.row, spare[entries] * master.run_rows.count)
        self.runs = np.minimum(self.runs, need)

    def point(self) -> FloatArray:
        """The plan as a point of the master; blocks are filled by worth."""
        self._trim()
        master, p = self.master, self.master.problem
        through = np.zeros(len(master.supply))
        for path, amount in self.flow.items():
            s = master.paths.sink[path]
            supply, end = int(p.commodity_supply[p.sink_commodity[s]]), int(p.sink_terminal[s])
            through[supply] += amount
            if end != supply:
                through[end] += amount
        served = fill_blocks(master, through, self.setting)
        x = point_of(master, self.setting, self.runs, self.flow, served)
        pays = master.load_col >= 0
        if pays.any():
            x[master.load_col[pays]] = largest_loads(p, master.net, self.load[:, 0])[pays]
        return x
