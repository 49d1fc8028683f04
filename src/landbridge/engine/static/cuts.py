"""Inequalities of cuts of the network: mixed-integer rounding over the links that cross a set of nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from landbridge.engine.cuts.rounding import rounded_up
from landbridge.engine.problem import BoolArray, FloatArray, IntArray
from landbridge.engine.static.master import Cut, PathMaster
from landbridge.engine.static.pool import total_by

VIOLATION = 1e-3
"""A cut violated by less than this, relative to the norm of its coefficients, is not added."""

MOST_DIVISORS = 8
"""Divisors tried for one set of nodes and commodities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """
    What crosses a set of nodes outwards: ``sum over arcs of flow >= demand``, flow on an arc at most its modules'.

    Parameters
    ----------
    arcs
        Arcs that leave the set.
    commodities
        Shape ``(K,)``: those counted; each starts inside and ends outside.
    demand
        Their quantity together.
    """

    arcs: IntArray
    commodities: BoolArray
    demand: float


class CutFinder:
    """
    Separates cut-set inequalities [1]_ by complemented mixed-integer rounding [2]_.

    For a set of nodes and some commodities that leave it, each outgoing arc counts either by the capacity of its
    copies or by its flow; the sum is at least the demand. Rounding this row gives cover, flow cover and
    cut-set inequalities.

    References
    ----------
    .. [1] Chouman, M., T. G. Crainic, and B. Gendron (2017). Commodity representations and cut-set-based inequalities
           for multicommodity capacitated fixed-charge network design. *Transportation Science* 51(2): 650-667.
           https://doi.org/10.1287/trsc.2015.0665.
    .. [2] Marchand, H., and L. A. Wolsey (2001). Aggregation and mixed integer rounding to solve MIPs. *Operations
           Research* 49(3): 363-371. https://doi.org/10.1287/opre.49.3.363.11211.
    """

    def __init__(self, master: PathMaster, rng: np.random.Generator) -> None:
        self.master, self.rng = master, rng
        self.net = net = master.net
        self.module_ptr = np.searchsorted(net.module_link, np.arange(net.num_links + 1), side="left")

    def separate(self, x: FloatArray, most: int, stop: Callable[[], bool]) -> list[Cut]:
        """Most violated cuts at a point, at most ``most``; those met until ``stop``."""
        master = self.master
        flows = self._arc_flows(x)
        copies = master.copies(x)
        found: list[tuple[float, Cut]] = []
        for inside in self._node_sets(x, copies):
            if stop():
                break
            for crossing in self._crossings(inside, flows, copies):
                cut = self._round(crossing, flows, copies, x)
                if cut is not None and cut[1].key not in master.cut_keys:
                    found.append(cut)
        found.sort(key=lambda item: -item[0])
        chosen: list[Cut] = []
        keys: set[tuple[object, ...]] = set()
        for _, best in found[: 4 * most]:
            if best.key not in keys and len(chosen) < most:
                keys.add(best.key)
                chosen.append(best)
        return chosen

    def _arc_flows(self, x: FloatArray) -> FloatArray:
        """Flow of each commodity on each arc. Shape ``(K, A)``."""
        net, master = self.net, self.master
        flow = master.path_flow(x)
        used = np.where(flow > 1e-9)[0]
        position, arcs = master.pool.entries(master.paths[used])
        key = master.pool.commodity[master.paths[used]][position] * net.num_arcs + arcs
        total = total_by(key, flow[used][position], len(net.qty) * net.num_arcs)
        return total.reshape(len(net.qty), net.num_arcs)

    def _node_sets(self, x: FloatArray, copies: FloatArray) -> list[BoolArray]:
        """Sets of nodes: single ones, and unions met by merging over links with much slack, several times."""
        net = self.net
        sets: dict[bytes, BoolArray] = {}

        def add(inside: BoolArray) -> None:
            if 0 < inside.sum() < net.num_nodes:
                sets.setdefault(inside.tobytes(), inside)
                sets.setdefault((~inside).tobytes(), ~inside)

        eye = np.eye(net.num_nodes, dtype=np.bool_)
        for n in range(net.num_nodes):
            add(eye[n])
        first = net.link_ptr[:-1]
        tail, head = net.arc_tail[first], net.arc_head[first]
        room = np.zeros(net.num_links)
        np.add.at(room, net.module_link, net.module_cap * copies)
        most = np.zeros(net.num_links)
        np.add.at(most, net.module_link, net.module_cap * net.module_most)
        use = np.where(most > 0, room / np.maximum(most, 1e-9), 0.0)
        for trial in range(6):
            weight = use + (0.3 if trial else 0.0) * self.rng.random(net.num_links)
            group = np.arange(net.num_nodes)
            for e in np.argsort(-weight, kind="stable").tolist():
                a, b = int(group[tail[e]]), int(group[head[e]])
                if a == b:
                    continue
                group[group == b] = a
                merged = group == a
                if merged.sum() <= net.num_nodes // 2 + 1:
                    add(merged)
                else:
                    break
        return list(sets.values())

    def _crossings(self, inside: BoolArray, flows: FloatArray, copies: FloatArray) -> list[Crossing]:
        """Arcs out of a set, with all commodities that leave it and with those that mostly use well filled links."""
        net = self.net
        arcs = np.where(inside[net.arc_tail] & ~inside[net.arc_head])[0]
        leaves = inside[net.origin] & ~inside[net.dest] & np.isinf(net.penalty)
        if not len(arcs) or not leaves.any():
            return []
        found = [Crossing(arcs=arcs, commodities=leaves, demand=float(net.qty[leaves].sum()))]
        flow = flows[:, arcs]
        total = flow[leaves].sum(axis=0)
        room = np.array([self._room(int(e), copies, np.inf) for e in net.arc_link[arcs]])
        full = total > 0.5 * room
        share = flow[:, ~full].sum(axis=1) / net.qty
        some = leaves & (share < 0.35)
        if some.any() and some.sum() < leaves.sum():
            found.append(Crossing(arcs=arcs, commodities=some, demand=float(net.qty[some].sum())))
        return found

    def _room(self, e: int, copies: FloatArray, demand: float) -> float:
        """Capacity of the copies of a link for at most ``demand`` each."""
        span = slice(int(self.module_ptr[e]), int(self.module_ptr[e + 1]))
        return float(np.minimum(self.net.module_cap[span], demand) @ copies[span])

    def _round(
        self, crossing: Crossing, flows: FloatArray, copies: FloatArray, x: FloatArray
    ) -> tuple[float, Cut] | None:
        """Best rounded inequality of a crossing: its relative violation and the cut; None where none is violated."""
        net = self.net
        demand = crossing.demand
        flow = flows[np.ix_(crossing.commodities, crossing.arcs)].sum(axis=0)
        links = net.arc_link[crossing.arcs]
        room = np.array([self._room(int(e), copies, demand) for e in links])
        # an arc counts by its copies where these give little more than its flow
        by_copies = (room <= flow + 1e-9) | (room - flow <= flow)
        by_flow = crossing.arcs[~by_copies]
        modules = np.concatenate(
            [np.arange(self.module_ptr[e], self.module_ptr[e + 1]) for e in links[by_copies].tolist()]
            + [np.zeros(0, dtype=np.int64)]
        ).astype(np.int64)
        modules, times = np.unique(modules, return_counts=True)
        if not len(modules):
            return None
        cap: FloatArray = np.minimum(net.module_cap[modules], demand) * times.astype(np.float64)
        value = copies[modules]
        most = net.module_most[modules]
        flowing = float(flow[~by_copies].sum())
        best: tuple[float, Cut] | None = None
        start = (most > 0) & (value >= 0.5 * most) & (value > 1e-6)
        inner = (value > 1e-6) & (value < most - 1e-6)
        divisors = np.unique(cap[inner])[::-1][:MOST_DIVISORS]
        if not len(divisors):
            divisors = np.unique(cap)[::-1][:2]
        for divisor in divisors.tolist():
            rounded = _mir(cap, value, most, start, demand, flowing, divisor)
            if rounded is None:
                continue
            violation, comp = rounded
            for i in np.argsort(np.abs(value - 0.5 * most), kind="stable")[:10].tolist():
                trial = comp.copy()
                trial[i] = ~trial[i]
                better = _mir(cap, value, most, trial, demand, flowing, divisor)
                if better is not None and better[0] > violation + 1e-9:
                    violation, comp = better
            if violation > VIOLATION and (best is None or violation > best[0]):
                best = (violation, self._cut(crossing, by_flow, modules, cap, most, comp, divisor))
        return best

    def _cut(
        self,
        crossing: Crossing,
        by_flow: IntArray,
        modules: IntArray,
        cap: FloatArray,
        most: FloatArray,
        comp: BoolArray,
        divisor: float,
    ) -> Cut:
        coef, flow_coef, right = _mir_row(cap, most, comp, crossing.demand, divisor)
        scale = 1.0 / max(1e-12, float(np.abs(coef).max(initial=0.0)))
        coef, right = coef * scale, right * scale
        used = np.abs(coef) > 1e-9
        key = (
            crossing.commodities.tobytes(),
            by_flow.tobytes(),
            modules[used].tobytes(),
            np.round(coef[used], 6).tobytes(),
            round(right, 6),
        )
        return Cut(
            arcs=by_flow,
            arc_coef=np.full(len(by_flow), flow_coef * scale),
            commodities=crossing.commodities,
            modules=modules[used],
            module_coef=coef[used],
            right=right,
            key=key,
        )


def _mir_row(
    cap: FloatArray, most: FloatArray, comp: BoolArray, demand: float, divisor: float
) -> tuple[FloatArray, float, float]:
    """
    Round ``cap @ y + flow >= demand`` divided by ``divisor``, with the marked y counted from their upper bounds.

    Returns coefficients of y, the coefficient of flow, and the right side.
    """
    left = demand - float((cap * most)[comp].sum())
    share = left / divisor - np.floor(left / divisor)
    coef = np.where(comp, -cap, cap) / divisor
    rounded = rounded_up(coef, share)
    right = np.ceil(left / divisor - 1e-9) - float((rounded * most)[comp].sum())
    return np.where(comp, -rounded, rounded), 1.0 / (divisor * share), float(right)


def _mir(
    cap: FloatArray,
    value: FloatArray,
    most: FloatArray,
    comp: BoolArray,
    demand: float,
    flowing: float,
    divisor: float,
) -> tuple[float, BoolArray] | None:
    """Relative violation of the rounded row, with the marks; None where rounding gives nothing."""
    left = demand - float((cap * most)[comp].sum())
    share = left / divisor - np.floor(left / divisor)
    if left <= 1e-9 or share < 0.02 or share > 1 - 1e-6:
        return None
    coef, flow_coef, right = _mir_row(cap, most, comp, demand, divisor)
    activity = float(coef @ value) + flow_coef * flowing
    norm = float(np.abs(coef).max(initial=1e-9))
    return (right - activity) / norm, comp
