"""Cheapest ways of all freight at once, in whole parts of a unit of money, rounded down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from landbridge.model.case import Handling
from landbridge.verify.book import Book
from landbridge.verify.freight import Freight, Sink
from landbridge.verify.layout import Arc, Change, Layout, Slot
from landbridge.verify.members import exact

NEVER = np.int64(2**61)
"""Cost of a way that is not there; half of it and more is no way either."""

MOST_PER_STEP = 2**50
"""A step is told to cost no more than this: a way of a thousand steps stays below ``NEVER``."""

Costs: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[np.int64]]"
"""Parts a unit of each column; shape ``(K,)``, whole."""


def cheapest_ways(
    book: Book,
    layout: Layout,
    freight: Freight,
    leg_costs: Callable[[Slot], list[Costs]],
    tonne_price: Callable[[str, int], int],
    unit: int,
) -> dict[Sink, int | None]:
    """
    Least cost of a unit to each sink; None where no way leads there in time.

    Parameters
    ----------
    leg_costs
        What a unit of each column pays on a leg, on the runs of each group of charterers; ``NEVER`` where it may not
        ride. Who stays aboard stays with the group.
    tonne_price
        What a tonne handled by a row on a local day pays besides.
    unit
        Parts that a unit of money has.
    """
    return _Scan(book, layout, freight, leg_costs, tonne_price, unit).run()


class _Scan:
    """One pass, or as many as it takes, over the arcs of a layout."""

    def __init__(
        self,
        book: Book,
        layout: Layout,
        freight: Freight,
        leg_costs: Callable[[Slot], list[Costs]],
        tonne_price: Callable[[str, int], int],
        unit: int,
    ) -> None:
        self.unit = unit
        self.book, self.layout, self.freight = book, layout, freight
        self.leg_costs, self.tonne_price = leg_costs, tonne_price
        self.weigh = Weigher([book.goods[column.good].per_unit.get("t", 0.0) for column in freight.columns])
        self.store = {hub: exact(row.store_cost_per_t_h) * unit / 60 for hub, row in book.hubs.items()}
        self.barred: dict[Change, np.ndarray | None] = {}
        self.cost: list[Costs | None] = [None] * layout.num_nodes
        self.aboard: list[dict[tuple[int, int], Costs]] = [{} for _ in range(layout.num_chains)]

    def run(self) -> dict[Sink, int | None]:
        for number, column in enumerate(self.freight.columns):
            node = self.layout.start[column.hub, column.ready]
            found = self.cost[node]
            if found is None:
                found = self.cost[node] = np.full(len(self.freight.columns), NEVER)
            found[number] = 0
        while self._pass() and self.layout.repeats:
            pass
        return self._ends()

    def _pass(self) -> bool:
        """Follow each arc once; whether any node became cheaper."""
        changed = False
        for arc in self.layout.arcs:
            before = self.cost[arc.tail]
            if arc.slot is not None:
                for group, cost in enumerate(self.leg_costs(arc.slot)):
                    found = self._ride(arc, arc.slot[2], group, cost)
                    if found is not None:
                        changed |= self._reach(arc.head, found)
            elif before is not None:
                changed |= self._reach(arc.head, self._after(arc, before))
        return changed

    def _ride(self, arc: Arc, leg: int, group: int, cost: Costs) -> Costs | None:
        """Board, or stay aboard, and ride a leg."""
        aboard, board = self.aboard[arc.chain], self.cost[arc.tail]
        stay = aboard.get((leg - 1, group))
        if stay is None and board is None:
            return None
        on = board if stay is None else stay if board is None else np.minimum(stay, board)
        assert on is not None
        found = aboard[leg, group] = np.minimum(on + cost, NEVER)
        return found

    def _reach(self, node: int, found: Costs) -> bool:
        """Keep what is cheaper at a node; whether something is (not looked at where one pass is enough)."""
        known = self.cost[node]
        if known is None:
            self.cost[node] = found.copy()
            return True
        is_less = self.layout.repeats and bool((found < known).any())
        np.minimum(known, found, out=known)
        return is_less

    def _after(self, arc: Arc, before: Costs) -> Costs:
        """Cost after a change or waiting."""
        found = before
        per_t = self.store[arc.hub] * arc.wait_min if arc.wait_min else Fraction(0)
        if arc.change is not None and arc.change.row is not None:
            per_t += self._handling(arc.change.row, arc.day)
        if per_t:
            found = found + self.weigh.cost(per_t)
        if arc.change is not None:
            barred = self._barred(arc.change)
            if barred is not None:
                found = np.where(barred, NEVER, found)
        return found

    def _handling(self, row: Handling, day: int) -> Fraction:
        return exact(row.cost_per_t) * self.unit + self.tonne_price(row.handling, day)

    def _barred(self, change: Change) -> np.ndarray | None:
        """Columns whose freight may not change so (§3.3, §4.6); None: all may."""
        if change not in self.barred:
            rights, hub = self.book.rights, self.book.hubs[change.hub]
            row, found = change.row, []
            for column in self.freight.columns:
                may = not change.between or rights.change(column.parties, hub.owner, hub.hub) is not None
                if row is not None:
                    serves = row.handling_class in ("", self.book.goods[column.good].handling_class)
                    may = may and serves and rights.change(column.parties, row.owner, row.handling) is not None
                found.append(not may)
            self.barred[change] = np.array(found) if any(found) else None
        return self.barred[change]

    def _ends(self) -> dict[Sink, int | None]:
        at_hub: dict[str, list[Sink]] = {}
        for sink in self.freight.sinks:
            at_hub.setdefault(sink.hub, []).append(sink)
        return {
            sink: least
            for hub, sinks in at_hub.items()
            for sink, least in zip(sinks, self._least(hub, sinks), strict=True)
        }

    def _least(self, hub: str, sinks: Sequence[Sink]) -> list[int | None]:
        column = np.array([sink.column for sink in sinks])
        due = np.array([sink.terms.due for sink in sinks])
        deadline = np.array([sink.terms.deadline for sink in sinks])
        late = [exact(sink.terms.late_cost_per_unit_h) * self.unit / 60 for sink in sinks]
        pays = np.array([cost > 0 for cost in late])
        best = np.full(len(sinks), NEVER)
        for ending in self.layout.endings.get(hub, ()):
            cost = self.cost[ending.node]
            if cost is None:
                continue
            arc = Arc(ending.node, ending.node, change=ending.change, hub=hub, day=ending.day)
            found = self._after(arc, cost)[column]
            if ending.minute >= 0:
                over = np.maximum(ending.minute - due, 0)
                for at in np.flatnonzero(pays & (over > 0)).tolist():
                    found[at] += int(late[at] * int(over[at]))
                found = np.where(ending.minute <= deadline, found, NEVER)
            np.minimum(best, found, out=best)
        return [None if least >= NEVER // 2 else int(least) for least in best.tolist()]


class Weigher:
    """Costs by the tonne of columns whose units weigh differently."""

    def __init__(self, tonnes: Sequence[float]) -> None:
        self.weights = sorted({*tonnes})
        self.index = np.array([self.weights.index(weight) for weight in tonnes], dtype=np.int64)
        self.exact = [exact(weight) for weight in self.weights]

    def cost(self, per_t: Fraction) -> Costs:
        """Whole parts a unit of each column, rounded down."""
        table = [
            min(per_t.numerator * w.numerator // (per_t.denominator * w.denominator), MOST_PER_STEP) for w in self.exact
        ]
        costs: Costs = np.array(table, dtype=np.int64)[self.index]
        return costs
