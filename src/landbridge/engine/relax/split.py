"""Bounds for many orders by splitting freight from runs: first-order steps, runs decided by inspection."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from landbridge.engine.beside import side_by_side
from landbridge.engine.master.master import Master
from landbridge.engine.problem import BoolArray, FloatArray, IntArray
from landbridge.engine.relax.split_kernels import (
    Ahead,
    Carriers,
    Demands,
    Lengths,
    Point,
    Ways,
    ahead_of,
    fill_shares,
    inspect_runs,
    leg_loads,
    move_demands,
    move_runs,
    primal_dual_steps,
    step_lengths,
)

MOST_ENTRIES = 192
MOST_WAYS = 40
MOST_LEGS = 48
"""Legs a demand may know, ways it may know, and legs on one way; what does not fit is priced but not written down."""

FIRST_ENTRIES, FIRST_WAYS, SPARE = 32, 12, 4
"""Legs and ways there is room for at first, and what must be free before more are sought: wide arrays are slow."""

STEPS = 100
"""Steps between two looks for new ways, each of which also gives a bound."""

WEIGHT_FIRST, WEIGHT_LAST, WEIGHT_FALLS = 0.5, 0.1, 0.93
"""How long the steps of prices are beside those of parts and runs, at first and later, and how it falls each round."""

SETTLED_ROUNDS, SETTLED = 8, 4e-4
"""Rounds after which the bound has settled if they improved it by no more than this part."""

LEAST_LOAD = 0.02
"""Part of a run below which the load of a leg says nothing."""

WORK_OF_ROUND, WORK_OF_STEPS = 1.5, 0.5
"""Counted work, on a thousand demands, of a search for ways and of the steps before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """
    What is asked for, block by block.

    Parameters
    ----------
    demand, terminal, worth, qty
        Shape ``(B,)``. Its demand and terminal; money a unit is worth, spared penalty included; units.
    """

    demand: IntArray
    terminal: IntArray
    worth: FloatArray
    qty: FloatArray


@dataclass(frozen=True, slots=True)
class SplitPrices:
    """Prices of a bound, none negative: money for room of a run by leg and dimension, tolls by entry, limits."""

    room: FloatArray
    toll: FloatArray
    limit: FloatArray


class SplitBound(ABC):
    """
    A bound by Lagrangian relaxation of what ties freight to runs.

    Room on legs is priced, and what a demand has on a leg pays a toll besides. At any such prices
    a bound is proved by the cheapest ways of all demands and, carrier by carrier, by the whole number of runs that
    earns most: a knapsack by inspection, in which no demand fills more than it has [1]_. So the bound counts the
    strong and the residual capacity inequalities, and none is written down. Prices come from
    primal-dual hybrid gradient steps [2]_ on the relaxation over the ways known, restarted from averages [3]_.

    What a leg and a carrier are, and how ways are found, is up to those that inherit.

    Attributes
    ----------
    most_entries
        Legs a demand may know.

    References
    ----------
    .. [1] Crainic, T. G., A. Frangioni, and B. Gendron (2001). Bundle-based relaxation methods for multicommodity
           capacitated fixed charge network design. *Discrete Applied Mathematics* 112: 73-99.
           https://doi.org/10.1016/S0166-218X(00)00310-3.
    .. [2] Pock, T., and A. Chambolle (2011). Diagonal preconditioning for first order primal-dual algorithms in
           convex optimization. *ICCV 2011*: 1762-1769. https://doi.org/10.1109/ICCV.2011.6126441.
    .. [3] Applegate, D., M. Diaz, O. Hinder, H. Lu, M. Lubin, B. O'Donoghue, and W. Schudy (2021). Practical
           large-scale linear programming using primal-dual hybrid gradient. *NeurIPS 2021*.
           https://doi.org/10.48550/arXiv.2106.04756.
    """

    most_entries = MOST_ENTRIES

    def __init__(
        self, master: Master, carriers: Carriers, capacity: FloatArray, demands: Demands, blocks: Blocks
    ) -> None:
        """
        Start with no ways, and with room at what full runs cost.

        Parameters
        ----------
        capacity
            Shape ``(L, D)``. Of each leg; inf where it cannot bind.

        Attributes
        ----------
        done
            Whether to stop in the middle of a search for ways; default: never.
        threads
            Threads that take steps; default: 1.
        """
        self.master, self.carriers, self.capacity = master, carriers, capacity
        self.demands, self.blocks = demands, blocks
        self.binds: BoolArray = np.isfinite(capacity)
        self.leg_cost = (carriers.run_cost / np.maximum(np.diff(carriers.leg_ptr), 1))[carriers.leg_carrier]
        count, dims = len(demands.kind), capacity.shape[1]
        self.ways = Ways(
            np.zeros(count, dtype=np.int64),
            np.zeros((count, FIRST_ENTRIES), dtype=np.int64),
            np.zeros((count, FIRST_ENTRIES, dims)),
            np.zeros(count, dtype=np.int64),
            np.zeros((count, FIRST_WAYS), dtype=np.int64),
            np.zeros((count, FIRST_WAYS, MOST_LEGS), dtype=np.int16),
            np.zeros((count, FIRST_WAYS)),
        )
        self.part = np.zeros((count, FIRST_WAYS + 1))
        self.part[:, 0] = 1.0
        spread = np.maximum(self.binds.sum(axis=1), 1)
        self.room: FloatArray = np.where(self.binds, (self.leg_cost / spread)[:, None], 0.0)
        self.runs, self.limit = np.zeros(len(carriers.run_cost)), np.zeros(len(carriers.cap))
        self.toll = np.zeros((count, FIRST_ENTRIES))
        self.worth_of_all = np.bincount(blocks.demand, weights=blocks.qty * blocks.worth, minlength=count)
        self.cost = np.full(count, np.inf)
        self.best, self.best_prices = -np.inf, SplitPrices(self.room, self.toll, self.limit)
        self.done: Callable[[], bool] = lambda: False
        self.threads, self.has_ways = 1, False
        self.weight = WEIGHT_FIRST
        self._course: list[float] = []

    def fork(self) -> Self:
        """Make a bound that goes on from here by itself."""
        twin = copy(self)
        twin.ways = Ways(*(x.copy() for x in self.ways))
        twin.part, twin.runs, twin.cost = self.part.copy(), self.runs.copy(), self.cost.copy()
        twin.room, twin.toll, twin.limit = self.room.copy(), self.toll.copy(), self.limit.copy()
        return twin

    @abstractmethod
    def find_ways(self, room: FloatArray, toll: FloatArray) -> bool:
        """
        Write the cost of a unit of each demand on its cheapest way to ``cost``; ways that are new join the known.

        Returns whether all demands were looked at: not if it was time to stop.
        """

    def bound(self, prices: SplitPrices) -> float:
        """Proved bound at any prices, none negative; tolls of entries that come are 0 there. -inf: stopped before."""
        if not self.find_ways(prices.room, prices.toll):
            return -np.inf
        gain = np.minimum(0.0, self.cost[self.blocks.demand] - self.blocks.worth)
        fill_shares(self.demands, self.ways, self.kind_load, self.capacity)
        return float((gain * self.blocks.qty).sum()) + self.rest(prices)

    @property
    @abstractmethod
    def kind_load(self) -> FloatArray:
        """Load of a unit of each kind of freight, by dimension."""

    def rest(self, prices: SplitPrices) -> float:
        """What the bound at some prices has besides the gain of demands: runs less what their room earns."""
        carriers, heaviest = self.carriers, self.binds.argmax(axis=1)
        cost = carriers.run_cost + self.limits_of_runs(prices.limit)
        paid = prices.limit > 0
        earned = inspect_runs(
            self.ways,
            carriers.leg_ptr,
            cost,
            carriers.least,
            carriers.most,
            heaviest,
            prices.room.sum(axis=1),
            prices.toll,
        )
        return float(self.master.penalty_constant + earned - (prices.limit[paid] * carriers.cap[paid]).sum())

    def limits_of_runs(self, limit: FloatArray) -> FloatArray:
        """What a run of each carrier pays for limits."""
        carriers = self.carriers
        owner = np.repeat(np.arange(len(carriers.run_cost)), np.diff(carriers.limit_ptr))
        paid = carriers.limit_count * limit[carriers.limit]
        total: FloatArray = np.bincount(owner, weights=paid, minlength=len(carriers.run_cost)).astype(np.float64)
        return total

    def round(self, steps: int = STEPS, weight: float | None = None) -> float:
        """
        Take some steps; returns the bound at the average of their points, from which the next steps start.

        Parameters
        ----------
        steps
            Number of steps.
        weight
            How long the steps of prices are beside those of parts and runs; default: a little shorter each round.
        """
        if not self.has_ways:
            self.best = self.bound(SplitPrices(self.room, self.toll, self.limit))
            self.has_ways = bool(np.isfinite(self.best))
        self.step(steps, self.weight if weight is None else weight)
        room = self.room_within_cost()
        bound = self.bound(SplitPrices(room, self.toll, self.limit))
        if bound > self.best:
            self.best, self.best_prices = bound, SplitPrices(room, self.toll.copy(), self.limit)
        if weight is None:
            self.weight = max(self.weight * WEIGHT_FALLS, WEIGHT_LAST)
            self._course.append(self.best)
        self.master.work += WORK_OF_ROUND * len(self.cost) / 1000.0
        return bound

    def step(self, steps: int, weight: float) -> None:
        """Take steps over the ways known, and go on from the average of their points."""
        self._widen()
        start = self.part, self.runs, self.room, self.toll, self.limit
        point = Point(*start, *(np.zeros_like(x) for x in start))
        lengths = step_lengths(self.ways, self.carriers, weight)
        ahead = ahead_of(self.ways, self.carriers, self.threads)
        if self.threads == 1:
            primal_dual_steps(steps, self.ways, point, self.carriers, self.worth_of_all, lengths, ahead)
        else:
            self._step_together(steps, point, lengths, ahead)
        known = self.ways.num_ways > 0
        self.part[known] = point.part_sum[known] / steps
        self.runs, self.room, self.toll = point.runs_sum / steps, point.room_sum / steps, point.toll_sum / steps
        self.limit = point.limit_sum / steps
        self.master.work += 1e-2 + WORK_OF_STEPS * len(self.cost) / 1000.0

    def _step_together(self, steps: int, point: Point, lengths: Lengths, ahead: Ahead) -> None:
        """Take steps, each thread those of its slice of demands; the first moves the runs when all have."""
        share = np.cumsum(self.ways.num_entries + 1.0)
        cuts = np.searchsorted(share, share[-1] * np.arange(1, self.threads) / self.threads)
        ends = [0, *cuts.tolist(), len(share)]
        barrier = threading.Barrier(self.threads)

        def move(row: int) -> None:
            for step in range(steps + 1):
                move_demands(
                    self.ways, point, self.carriers, self.worth_of_all, lengths, ahead, ends[row], ends[row + 1], row,
                    step > 0, step < steps,
                )  # fmt: skip
                barrier.wait()
                if row == 0 and step < steps:
                    move_runs(point, self.carriers, lengths, ahead)
                barrier.wait()

        side_by_side(move, self.threads, barrier.abort)

    def _widen(self) -> None:
        """Make room for more legs and ways where it is nearly used up."""
        ways = self.ways
        if ways.num_entries.max(initial=0) + SPARE * 4 > ways.leg.shape[1] < self.most_entries:
            more = min(ways.leg.shape[1] * 3 // 2, self.most_entries)
            self.ways = ways = ways._replace(leg=_wider(ways.leg, more), share=_wider(ways.share, more))
            self.toll = _wider(self.toll, more)
            self.best_prices = replace(self.best_prices, toll=_wider(self.best_prices.toll, more))
        if ways.num_ways.max(initial=0) + SPARE > ways.length.shape[1] < MOST_WAYS:
            more = min(ways.length.shape[1] * 3 // 2, MOST_WAYS)
            self.ways = ways._replace(
                length=_wider(ways.length, more), entry=_wider(ways.entry, more), cost=_wider(ways.cost, more)
            )
            self.part = _wider(self.part, more + 1)

    def has_settled(self, part: float = SETTLED) -> bool:
        """Whether the last rounds improved the bound by no more than a part of it."""
        if len(self._course) <= SETTLED_ROUNDS:
            return False
        return self.best - self._course[-1 - SETTLED_ROUNDS] <= part * abs(self.best)

    def room_within_cost(self) -> FloatArray:
        """Room at no more than runs cost, except of carriers that all run: else each of their runs would pay."""
        carriers = self.carriers
        cost = carriers.run_cost + self.limits_of_runs(self.limit)
        paid = np.bincount(carriers.leg_carrier, weights=self.room.sum(axis=1), minlength=len(cost))
        scarce = self.runs >= 0.98 * carriers.most
        factor = np.where((paid > cost) & ~scarce, cost / np.maximum(paid, 1e-9), 1.0)
        room: FloatArray = self.room * factor[carriers.leg_carrier][:, None]
        return room

    def loads(self) -> FloatArray:
        """Runs' worth of room that freight takes on each leg at the present point."""
        load = np.zeros(len(self.leg_cost))
        leg_loads(self.ways, self.part, self.binds.argmax(axis=1), load)
        return load

    def leg_fills(self) -> FloatArray:
        """How full the runs of each leg are at the present point; 0 where next to nothing rides."""
        load = self.loads()
        runs = self.runs[self.carriers.leg_carrier]
        fill: FloatArray = np.where(load > LEAST_LOAD, load / np.maximum(runs, 1e-9), 0.0)
        return fill


def _wider(array: NDArray[Any], width: int) -> NDArray[Any]:
    """An array with more columns, the new ones 0."""
    more = np.zeros((array.shape[0], width - array.shape[1], *array.shape[2:]), dtype=array.dtype)
    wide: NDArray[Any] = np.concatenate([array, more], axis=1)
    return wide


def suits_split_bound(master: Master) -> bool:
    """
    Whether bounds by splitting hold and say something.

    Each terminal is one commodity to one sink, nothing is switched, and no cost is negative: then a plan is a
    point of the relaxation that costs no more. What else is limited is left out there.
    """
    p = master.problem
    count = len(p.commodity_origin)
    one_way = np.array_equal(p.sink_commodity, np.arange(count)) and len(p.terminal_single) == count
    one_way = one_way and np.array_equal(p.sink_terminal, p.commodity_supply)
    one_way = one_way and len(np.unique(p.commodity_supply)) == count
    plain = not len(p.leg_room) and not len(p.vehicle_load_cost) and not len(p.switch_cost)
    flow = np.concatenate([p.node_hold_cost, p.leg_cost_per_t, p.link_cost_per_t, p.sink_late_cost])
    runs = np.concatenate([p.vehicle_run_cost, p.fleet_fixed_cost, np.nan_to_num(p.vehicle_empty_cost)])
    return one_way and plain and bool((flow >= 0).all() and (runs >= 0).all())
