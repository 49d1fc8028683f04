"""The strong relaxation over departures for long windows: ways by scanning rides, dearer demands more often."""

from __future__ import annotations

from typing import Self

import numpy as np

from landbridge.engine.beside import side_by_side
from landbridge.engine.master.master import Master
from landbridge.engine.problem import BoolArray, FloatArray, IntArray
from landbridge.engine.relax.hints import PathBatch
from landbridge.engine.relax.scan_kernels import Look, ScanPrices, scan_ways
from landbridge.engine.relax.split import LEAST_LOAD, WORK_OF_ROUND, SplitPrices
from landbridge.engine.relax.split_kernels import fill_shares
from landbridge.engine.relax.timed_bound import BATCH, TimedBound
from landbridge.engine.space.flat import FlatNetwork
from landbridge.engine.space.scan import laid_out, list_rides, new_scratch, read_freight, with_waiting

MOST_ENTRIES = 448
"""Slots a demand may know: some departures of each leg that may be on its way."""

NEARLY_ALL = 0.985
"""Part of what all demands are worth that those are which are looked at in each round, the dearest first."""

EXACT = Look(np.inf, 0.0)
"""How ways are looked for where a bound is to be proved."""

CHUNK = 1000
"""Demands whose ways are sought between two looks at whether to stop."""

WORK_OF_SCAN = 40.0
"""Times as much counted work as flat ways take is a look along ways in time."""


class ScanBound(TimedBound):
    """
    The strong relaxation in time where each demand may take thousands of rides.

    Few demands have most of the worth: the others wait for :meth:`prove`. Ways are sought along the cheapest flat ways,
    tolls of the demand included, which is the cheapest in time only when one looks wide enough. A slot that a
    demand has not met would be free of toll, and each round would find one more departure: until a bound is to be
    proved its toll is taken for the mean of the others on its leg, and becomes that when the slot is met.

    Parameters
    ----------
    threads
        Threads that look for ways and take steps.

    Attributes
    ----------
    best_cost
        Least cost of a unit of each demand at the prices of the best bound.
    """

    most_entries = MOST_ENTRIES

    def __init__(self, master: Master, flat: FlatNetwork, threads: int) -> None:
        super().__init__(master, flat)
        self.threads = threads
        worth, quantity = self.demands.worth, self.demands.quantity
        total = np.where(quantity > 0, np.maximum(worth, 0.0) * quantity, 0.0)
        dearest = np.argsort(-total, kind="stable")
        count = int(np.searchsorted(np.cumsum(total[dearest]), NEARLY_ALL * total.sum())) + 1
        is_dear: BoolArray = np.zeros(len(total), dtype=np.bool_)
        is_dear[dearest[:count]] = True
        self.dear: IntArray = self.demands.order[is_dear[self.demands.order]]
        self._next_toll: FloatArray | None = None
        self._turn = 0
        self.best_cost = self.cost

    def _read_network(self) -> None:
        self.space = list_rides(self.master)
        self.freight, _ = read_freight(self.master, self.flat)
        self._scratch = [new_scratch(self.master, self.flat, self.space)]

    def fork(self) -> Self:
        """Make a bound that goes on from here by itself."""
        twin = super().fork()
        twin._next_toll = None if self._next_toll is None else self._next_toll.copy()
        return twin

    def advance(self, steps: int, weight: float, look: Look, turns: int = 1) -> None:
        """
        Take steps, and look for new ways of the dearest demands at the average of their points; proves nothing.

        Parameters
        ----------
        turns
            Rounds in which each of them is looked at once.
        """
        if not self.has_ways:
            self._look(self.room, self.toll, look, self.dear)
            self.has_ways = True
        self.step(steps, weight)
        self._look(self.room_within_cost(), self.toll, look, self.dear[self._turn % turns :: turns])
        self._turn += 1

    def prove(self) -> float:
        """Prove the bound at the present prices, for all demands; the best so far is kept. -inf: stopped before."""
        prices = SplitPrices(self.room_within_cost(), self.toll, self.limit)
        bound = self.bound(prices)
        if bound > self.best:
            self.best, self.best_prices = bound, SplitPrices(prices.room, prices.toll.copy(), prices.limit)
            self.best_cost = self.cost.copy()
        return bound

    def find_ways(self, room: FloatArray, toll: FloatArray) -> bool:
        """Find the cheapest way of each demand that arrives in time."""
        return self._look(room, toll, EXACT, self.demands.order)

    def step(self, steps: int, weight: float) -> None:
        """Take steps over the ways known, and go on from the average of their points."""
        if self._next_toll is not None:
            self.toll, self._next_toll = self.toll + self._next_toll, None
        super().step(steps, weight)

    def warm(self) -> None:
        """Run the kernels once: a look at no demand, a step."""
        self._look(self.room, self.toll, EXACT, self.dear[:0])
        self.step(1, 1.0)

    def _look(self, room: FloatArray, toll: FloatArray, look: Look, order: IntArray) -> bool:
        flat = self.flat
        most = np.where(self.master.run_is_free, np.inf, self.carriers.most)
        unit = flat.kind_load @ (room / self.capacity).T
        runs = most[self.master.net.slot_run] > 0
        least = self.flat_price(np.where(runs, unit, np.inf))
        prices: ScanPrices = laid_out(ScanPrices(
            self.targets[:, 0], self.flow_price, least, unit, flat.least_costs(self.targets, least), self.minutes,
            flat.in_ptr, flat.in_arc, flat.out_ptr, flat.out_arc, flat.tail, flat.head,
        ))  # fmt: skip
        if self._next_toll is None:
            self._next_toll = np.zeros_like(toll)
        while len(self._scratch) < self.threads:
            self._scratch.append(new_scratch(self.master, flat, self.space))
        parts = [order[i : i + CHUNK] for i in range(0, max(len(order), 1), CHUNK)]
        batches = [PathBatch(sinks=order[:0], ptr=np.zeros(1, dtype=np.int64), arcs=order[:0], cycles=order[:0])]
        batches = batches * len(parts)
        first, next_toll, left = len(self._paths), self._next_toll, list(range(len(parts)))[::-1]

        def work(thread: int) -> None:
            while left and not self.done():
                try:
                    i = left.pop()
                except IndexError:
                    return
                demands = self.demands._replace(order=parts[i])
                found, ptr, arcs, cycles = scan_ways(
                    self.space, self.freight, prices, self._scratch[thread], demands, self.ways, self.priced, most,
                    look, toll, next_toll, self.part, self.cost, self._path, (first + i) << BATCH,
                )  # fmt: skip
                batches[i] = PathBatch(sinks=found, ptr=ptr, arcs=arcs, cycles=cycles)

        side_by_side(work, self.threads)
        self._paths += batches
        fill_shares(self.demands, self.ways, self.kind_load, self.capacity)
        self.master.work += WORK_OF_SCAN * WORK_OF_ROUND * len(order) / 1000.0
        return not left and not self.done()

    def leg_fills(self) -> FloatArray:
        """How full the runs of each leg are at the present point, all departures together; 0: next to nothing rides."""
        leg, count = self.master.net.slot_leg, len(self.master.problem.leg_tail)
        load = np.bincount(leg, weights=self.loads(), minlength=count)
        runs = np.bincount(leg, weights=self.runs[self.carriers.leg_carrier], minlength=count)
        fill: FloatArray = np.where(load > LEAST_LOAD, load / np.maximum(runs, 1e-9), 0.0)
        return fill

    def paths(self, least_part: float) -> PathBatch:
        """The paths of ways on which at least such a part of their demand rides at the present point."""
        found = super().paths(least_part)
        ends = found.ptr[1:-1]
        without = zip(np.split(found.arcs, ends), np.split(found.cycles, ends), strict=True) if len(found.sinks) else ()
        ptr, arcs, cycles = with_waiting(self.master.net, found.sinks, without)
        return PathBatch(sinks=found.sinks, ptr=ptr, arcs=arcs, cycles=cycles)

    def way(self, demand: int, place: int) -> tuple[IntArray, IntArray] | None:
        """Arcs and cycles of a known way of a demand, waiting left out; None: it has gone."""
        number = int(self._path[demand, place])
        if number < 0:
            return None
        batch, i = self._paths[number >> BATCH], number & ((1 << BATCH) - 1)
        span = slice(int(batch.ptr[i]), int(batch.ptr[i + 1]))
        return batch.arcs[span], batch.cycles[span]
