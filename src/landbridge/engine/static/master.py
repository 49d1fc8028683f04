"""The linear relaxation over paths of a static design, whole or restricted to some links."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from landbridge.engine.lp import INF, LinearModel, LpResult
from landbridge.engine.problem import BoolArray, FloatArray, IntArray
from landbridge.engine.static.kernels import Graph, Room, cheapest_paths
from landbridge.engine.static.network import StaticNetwork
from landbridge.engine.static.pool import PathPool, total_by

PRICE_TOL = 1e-7
"""A path whose reduced cost is above minus this, relative to the price of its commodity, is not added."""

STRONG_TOL = 1e-4
"""A strong inequality violated by less than this part of its commodity is not added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """
    An inequality ``sum of flow_coef[a] * flow of the commodities on arc a + module_coef @ y >= right``.

    Parameters
    ----------
    arcs, arc_coef
        Arcs in it and their coefficients.
    commodities
        Shape ``(K,)``: whose flow counts.
    modules, module_coef
        Modules in it and their coefficients.
    """

    arcs: IntArray
    arc_coef: FloatArray
    commodities: BoolArray
    modules: IntArray
    module_coef: FloatArray
    right: float
    key: tuple[object, ...] = field(default=())


class PathMaster:
    """
    A relaxation over paths.

    Columns: copies of modules, units left unserved, larger loads of links that cost by these, paths. Rows:
    ``demand``, ``capacity``, ``load`` (the larger load fits; the arcs' own rows then hold it), ``strong``, and cuts.

    ``strong``: the flow of a commodity over a link, both ways together, is at most what the open modules could carry
    of it; added when violated. A commodity that rode a link both ways could leave both out.

    Parameters
    ----------
    net, graph, pool
        The network, its kernel form, and the paths all masters share.
    low, high
        Shape ``(M,)``: bounds on copies of modules; links whose modules are all 0 are closed to pricing.
    unserved_cost
        Shape ``(K,)``: cost of a unit left over; where all must be served, a price no path reaches.
    free
        Modules and flows cost nothing: only what is left over counts.
    """

    def __init__(
        self,
        net: StaticNetwork,
        graph: Graph,
        pool: PathPool,
        low: FloatArray,
        high: FloatArray,
        unserved_cost: FloatArray,
        *,
        free: bool = False,
    ) -> None:
        self.net, self.graph, self.pool, self.free = net, graph, pool, free
        self.low, self.high = low.copy(), high.copy()
        self.unserved_cost = unserved_cost
        self.model = LinearModel()
        self.work = 0.0
        self.priced = (-np.inf, np.zeros(len(net.module_cap)))
        self.paths = np.zeros(0, dtype=np.int64)
        self.has_path = np.zeros(max(pool.size, 1024), dtype=np.bool_)
        num_k, num_m = len(net.qty), len(net.module_cap)
        self.loaded = np.where(net.link_cost > 0)[0]
        self.num_first_cols = num_m + num_k + len(self.loaded)
        self.arc_row = self._rows_of_arcs() + num_k
        self.load_row = int(self.arc_row.max(initial=num_k - 1)) + 1
        self.num_first_rows = self.load_row + len(self.loaded)
        self.module_rows = self._rows_of_modules()
        self.strong_row = np.full((num_k, net.num_links), -1, dtype=np.int32)
        self.strong: list[IntArray] = []
        self.cuts: list[Cut] = []
        self.cut_rows: list[int] = []
        self.cut_keys: set[tuple[object, ...]] = set()
        self.room = Room(
            np.zeros(net.num_arcs),
            np.zeros(net.num_nodes),
            np.zeros(net.num_nodes, dtype=np.int64),
            np.zeros(net.num_nodes, dtype=np.bool_),
        )
        self._found = np.zeros((num_k, net.num_nodes), dtype=np.int64)
        self._first_rows()
        self._first_cols()

    def _rows_of_arcs(self) -> IntArray:
        """Number of the capacity row of each arc; arcs that share a link's capacity share the row."""
        link = self.net.arc_link
        first = self.net.link_ptr[link]
        shares = self.net.link_shared[link] & (np.arange(len(link)) != first)
        row = np.cumsum(~shares) - 1
        return row.astype(np.int64)

    def _rows_of_modules(self) -> tuple[IntArray, IntArray]:
        """Rows to which a copy of each module gives room, as (ptr, row): ``load`` of its link, else of its arcs."""
        net = self.net
        rows_of_link = [np.unique(self.arc_row[a:b]) for a, b in zip(net.link_ptr[:-1], net.link_ptr[1:], strict=True)]
        for i, e in enumerate(self.loaded.tolist()):
            rows_of_link[e] = np.array([self.load_row + i])
        rows = [rows_of_link[e] for e in net.module_link.tolist()]
        ptr = np.concatenate([[0], np.cumsum([len(r) for r in rows], dtype=np.int64)]).astype(np.int64)
        return ptr, np.concatenate([*rows, np.zeros(0, dtype=np.int64)]).astype(np.int64)

    def _first_rows(self) -> None:
        num_capacity = self.num_first_rows - len(self.net.qty)
        self.model.add_rows(self.net.qty, self.net.qty)
        self.model.add_rows(np.full(num_capacity, -INF), np.zeros(num_capacity))

    def _first_cols(self) -> None:
        net, num_k, num_z = self.net, len(self.net.qty), len(self.loaded)
        ptr, rows = self.module_rows
        room = -np.repeat(net.module_cap, np.diff(ptr))
        self.module_cost = net.module_cost * (not self.free)
        self.arc_cost = net.arc_cost * (not self.free)
        self.load_cost = net.link_cost[self.loaded] * (not self.free)
        self.model.add_cols(self.module_cost, self.low, self.high, ptr, rows, room)
        none = np.zeros(num_k)
        self.model.add_cols(
            self.unserved_cost, none, none + INF, np.arange(num_k + 1), np.arange(num_k), np.ones(num_k)
        )
        arcs = net.link_ptr[self.loaded]
        index = np.stack([self.arc_row[arcs], self.arc_row[arcs + 1], self.load_row + np.arange(num_z)], axis=1)
        self.model.add_cols(
            self.load_cost,
            np.zeros(num_z),
            np.full(num_z, INF),
            3 * np.arange(num_z + 1),
            index.ravel(),
            np.tile([-1.0, -1.0, 1.0], num_z),
        )

    def set_bounds(self, low: FloatArray, high: FloatArray) -> None:
        """Change the bounds on copies of modules."""
        changed = np.where((low != self.low) | (high != self.high))[0]
        if len(changed):
            self.low[changed], self.high[changed] = low[changed], high[changed]
            self.model.set_col_bounds(changed, low[changed], high[changed])

    @property
    def is_open(self) -> BoolArray:
        """Which links may have modules."""
        found = np.zeros(self.net.num_links, dtype=np.bool_)
        found[self.net.module_link[self.high > 0]] = True
        return found

    def add_paths(self, paths: IntArray) -> int:
        """Add paths of the pool that are not columns yet; returns how many."""
        paths = np.unique(paths)
        if len(self.has_path) < self.pool.size:
            self.has_path = np.concatenate(
                [self.has_path, np.zeros(self.pool.size + len(self.has_path), dtype=np.bool_)]
            )
        paths = paths[~self.has_path[paths]]
        if not len(paths):
            return 0
        self.has_path[paths] = True
        position, arcs = self.pool.entries(paths)
        k = self.pool.commodity[paths]
        parts = [
            (np.arange(len(paths)), k, np.ones(len(paths))),
            (position, self.arc_row[arcs], np.ones(len(arcs))),
        ]
        strong = self.strong_row[k[position], self.net.arc_link[arcs]].astype(np.int64)
        has = strong >= 0
        parts.append((position[has], strong[has], np.ones(int(has.sum()))))
        for cut, row in zip(self.cuts, self.cut_rows, strict=True):
            amount = self._cut_coefs(cut, k, position, arcs, len(paths))
            used = np.where(amount != 0.0)[0]
            parts.append((used, np.full(len(used), row), amount[used]))
        cols, rows, value = (np.concatenate([part[i] for part in parts]) for i in range(3))
        order = np.lexsort((rows, cols))
        ptr = np.searchsorted(cols[order], np.arange(len(paths) + 1))
        zero = np.zeros(len(paths))
        self.model.add_cols(
            self.pool.unit_cost[paths] * (not self.free), zero, zero + INF, ptr, rows[order], value[order]
        )
        self.paths = np.concatenate([self.paths, paths])
        return len(paths)

    def _cut_coefs(self, cut: Cut, k: IntArray, position: IntArray, arcs: IntArray, count: int) -> FloatArray:
        """Coefficient of each of some paths in a cut."""
        coef = np.zeros(self.net.num_arcs)
        coef[cut.arcs] = cut.arc_coef
        counted = coef[arcs] * cut.commodities[k[position]]
        return total_by(position, counted, count)

    def solve(self, time_s: float = np.inf) -> LpResult:
        """Solve over the present columns and rows."""
        result = self.model.solve(time_s)
        self.work += result.iterations
        return result

    def take_work(self) -> float:
        """Simplex iterations since this was asked last."""
        work, self.work = self.work, 0.0
        return work

    def serve_all(self) -> None:
        """Leave nothing over of what must be served; until then a trace of it may be, where that is cheaper."""
        must = np.where(np.isinf(self.net.penalty))[0]
        none = np.zeros(len(must))
        self.model.set_col_bounds(len(self.net.module_cap) + must, none, none)

    def path_flow(self, x: FloatArray) -> FloatArray:
        """Flow on each path column."""
        return x[self.num_first_cols : self.num_first_cols + len(self.paths)]

    def copies(self, x: FloatArray) -> FloatArray:
        """Copies of each module."""
        return x[: len(self.net.module_cap)]

    def unserved(self, x: FloatArray) -> FloatArray:
        """Units of each commodity left over."""
        first = len(self.net.module_cap)
        return x[first : first + len(self.net.qty)]

    def link_flows(self, x: FloatArray) -> FloatArray:
        """Flow of each commodity over each link, both ways together. Shape ``(K, E)``."""
        net = self.net
        flow = self.path_flow(x)
        used = np.where(flow > 1e-9)[0]
        position, arcs = self.pool.entries(self.paths[used])
        key = self.pool.commodity[self.paths[used]][position] * net.num_links + net.arc_link[arcs]
        total = total_by(key, flow[used][position], len(net.qty) * net.num_links)
        return total.reshape(len(net.qty), net.num_links)

    def separate_strong(self, x: FloatArray, most: int = 4000) -> int:
        """Add violated strong inequalities, the most violated first; returns how many."""
        net = self.net
        flows = self.link_flows(x)
        k, e = np.where((flows > 1e-7) & (self.strong_row < 0))
        if not len(k):
            return 0
        copies = self.copies(x)
        lift = self.lift(k, e, copies)
        excess = (flows[k, e] - lift) / net.qty[k]
        order = np.argsort(-excess, kind="stable")[:most]
        order = order[excess[order] > STRONG_TOL]
        self.add_strong(k[order], e[order])
        return len(order)

    def lift(self, k: IntArray, e: IntArray, copies: FloatArray) -> FloatArray:
        """Sum over modules of link e of min(quantity of k, capacity) times copies."""
        net = self.net
        total = np.zeros(len(k))
        first = np.searchsorted(net.module_link, np.arange(net.num_links), side="left")
        last = np.searchsorted(net.module_link, np.arange(net.num_links), side="right")
        for i in range(int((last - first).max(initial=0))):
            m = np.minimum(first[e] + i, len(net.module_cap) - 1)
            there = first[e] + i < last[e]
            total += np.where(there, np.minimum(net.qty[k], net.module_cap[m]) * copies[m], 0.0)
        return total

    def add_strong(self, k: IntArray, e: IntArray) -> None:
        """Add strong inequalities of pairs (commodity, link)."""
        if not len(k):
            return
        net = self.net
        first = self.model.num_rows
        self.strong_row[k, e] = first + np.arange(len(k))
        self.strong.append(np.stack([k, e], axis=1))
        position, arcs = self.pool.entries(self.paths)
        row = self.strong_row[self.pool.commodity[self.paths][position], net.arc_link[arcs]].astype(np.int64)
        fresh = row >= first
        start = np.searchsorted(net.module_link, e, side="left")
        sizes = np.searchsorted(net.module_link, e, side="right") - start
        owner = np.repeat(np.arange(len(k)), sizes)
        modules = np.arange(len(owner)) - (np.cumsum(sizes) - sizes)[owner] + start[owner]
        rows = np.concatenate([row[fresh] - first, owner])
        cols = np.concatenate([position[fresh] + self.num_first_cols, modules])
        values = np.concatenate([np.ones(int(fresh.sum())), -np.minimum(net.qty[k][owner], net.module_cap[modules])])
        order = np.lexsort((cols, rows))
        ptr = np.searchsorted(rows[order], np.arange(len(k) + 1))
        self.model.add_rows(np.full(len(k), -INF), np.zeros(len(k)), ptr, cols[order], values[order])

    def add_cut(self, cut: Cut) -> bool:
        """Add a cut; False when it is there already."""
        if cut.key in self.cut_keys:
            return False
        self.cut_keys.add(cut.key)
        position, arcs = self.pool.entries(self.paths)
        amount = self._cut_coefs(cut, self.pool.commodity[self.paths], position, arcs, len(self.paths))
        used = np.where(amount != 0.0)[0]
        index = np.concatenate([cut.modules, used + self.num_first_cols])
        value = np.concatenate([cut.module_coef, amount[used]])
        order = np.argsort(index)
        row = self.model.add_rows(
            np.array([cut.right]), np.array([INF]), np.array([0, len(index)]), index[order], value[order]
        )
        self.cuts.append(cut)
        self.cut_rows.append(row)
        return True

    def drop_flow_cuts(self, row_dual: FloatArray) -> int:
        """
        Give up cuts that pay for flow at some duals; returns how many.

        Such a price can make a cycle gain, and then neither the path that pays nor a good bound is found.
        """
        dual = self.clean(row_dual)
        paying = [row for cut, row in zip(self.cuts, self.cut_rows, strict=True) if len(cut.arcs) and dual[row] > 0]
        if paying:
            self.model.free_rows(np.array(paying, dtype=np.int64))
        return len(paying)

    def price(self, row_dual: FloatArray, *, add: bool = True) -> tuple[int, float]:
        """
        Add the cheapest path of each commodity at some duals where it pays.

        Returns how many were added, and the Lagrangian bound at these duals: rows priced out, copies at the better
        end of their range, each commodity on its cheapest path or left over. ``priced`` keeps this bound and the
        reduced cost of a copy of each module.
        """
        net = self.net
        dual = self.clean(row_dual)
        weight, extra_ptr, extra_arc, extra = self._path_prices(dual)
        self.room.weight[:] = weight
        cost, length = cheapest_paths(self.graph, self.room, extra_ptr, extra_arc, extra, self._found)
        worth = dual[: len(net.qty)]
        added = 0
        if add:
            gain = worth - cost
            new = np.where(gain > PRICE_TOL * np.maximum(1.0, np.abs(worth)))[0]
            paths = [self.pool.add(k, self._found[k, : length[k]]) for k in new.tolist()]
            added = self.add_paths(np.array(paths, dtype=np.int64))
        reduced = self.module_prices(dual)
        bound = float((np.minimum(cost, self.unserved_cost) * net.qty).sum())
        bound += float(np.where(reduced >= 0, self.low, self.high) @ reduced)
        if len(self.loaded):
            arcs = net.link_ptr[self.loaded]
            paid = dual[self.arc_row[arcs]] + dual[self.arc_row[arcs + 1]]
            carried = self.load_cost + paid - dual[self.load_row + np.arange(len(self.loaded))]
            bound += float(np.minimum(carried, 0.0).sum() * net.qty.sum())
        bound += float(sum(cut.right * dual[row] for cut, row in zip(self.cuts, self.cut_rows, strict=True)))
        self.priced = (bound, reduced)
        return added, bound

    def path_prices(self, row_dual: FloatArray) -> FloatArray:
        """Reduced cost of a unit of flow on each path column."""
        dual = self.clean(row_dual)
        weight = self.arc_cost - dual[self.arc_row]
        position, arcs = self.pool.entries(self.paths)
        k = self.pool.commodity[self.paths]
        row = self.strong_row[k[position], self.net.arc_link[arcs]]
        paid = weight[arcs] + np.where(row >= 0, -dual[np.maximum(row, 0)], 0.0)
        total = total_by(position, paid, len(self.paths)) - dual[k]
        for cut, at in zip(self.cuts, self.cut_rows, strict=True):
            if dual[at] > 0:
                total -= dual[at] * self._cut_coefs(cut, k, position, arcs, len(self.paths))
        return total

    def keep_below(self, row_dual: FloatArray, slack: float, keep: IntArray) -> None:
        """
        Close copies and paths that are dear beside ``slack``, the distance of a plan from the bound last priced.

        No point within it uses such copies; such a path could not carry all of its commodity, but might carry some
        of it. So this is for searches, not for proofs. Paths to ``keep`` stay.
        """
        reduced = self.priced[1]
        whole = self.path_prices(row_dual) * self.net.qty[self.pool.commodity[self.paths]]
        shut = np.where((whole > slack) & ~np.isin(self.paths, keep))[0] + self.num_first_cols
        self.model.set_col_bounds(shut, np.zeros(len(shut)), np.zeros(len(shut)))
        low = np.where(-reduced > slack, self.high, self.low)
        high = np.where(reduced > slack, self.low, self.high)
        self.set_bounds(low, high)

    def clean(self, row_dual: FloatArray) -> FloatArray:
        """Duals with signs as their rows ask: capacity and strong at most 0, cuts at least 0; new rows get 0."""
        dual = np.zeros(self.model.num_rows)
        dual[: len(row_dual)] = row_dual
        num_k = len(self.net.qty)
        cut_dual = np.maximum(dual[self.cut_rows], 0.0)
        dual[num_k:] = np.minimum(dual[num_k:], 0.0)
        dual[self.cut_rows] = cut_dual
        return dual

    def module_prices(self, dual: FloatArray) -> FloatArray:
        """Reduced cost of a copy of each module."""
        net = self.net
        ptr, rows = self.module_rows
        paid = np.concatenate([[0.0], np.cumsum(dual[rows])])
        reduced: FloatArray = self.module_cost + (paid[ptr[1:]] - paid[ptr[:-1]]) * net.module_cap
        if self.strong:
            k, e, price = self._strong_prices(dual)
            start = np.searchsorted(net.module_link, e, side="left")
            sizes = np.searchsorted(net.module_link, e, side="right") - start
            owner = np.repeat(np.arange(len(k)), sizes)
            m = np.arange(len(owner)) - (np.cumsum(sizes) - sizes)[owner] + start[owner]
            np.subtract.at(reduced, m, price[owner] * np.minimum(net.qty[k][owner], net.module_cap[m]))
        for cut, row in zip(self.cuts, self.cut_rows, strict=True):
            reduced[cut.modules] -= dual[row] * cut.module_coef
        return reduced

    def _strong_prices(self, dual: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
        """Commodity, link and price (at least 0) of strong rows that have one."""
        pairs = np.concatenate(self.strong)
        price = -dual[self.strong_row[pairs[:, 0], pairs[:, 1]]]
        has = price > 0
        return pairs[has, 0], pairs[has, 1], price[has]

    def _path_prices(self, dual: FloatArray) -> tuple[FloatArray, IntArray, IntArray, FloatArray]:
        """Price of a unit on each arc for all, and prices for single commodities as (ptr, arc, price)."""
        net = self.net
        num_k = len(net.qty)
        weight = np.where(self.is_open[net.arc_link], self.arc_cost - dual[self.arc_row], np.inf)
        k_parts, arc_parts, price_parts = [], [], []
        if self.strong:
            k, e, price = self._strong_prices(dual)
            for side in (0, 1):
                arc = net.link_ptr[e] + side
                there = arc < net.link_ptr[e + 1]
                k_parts.append(k[there])
                arc_parts.append(arc[there])
                price_parts.append(price[there])
        for cut, row in zip(self.cuts, self.cut_rows, strict=True):
            if dual[row] <= 0 or not len(cut.arcs):
                continue
            if cut.commodities.all():
                weight[cut.arcs] -= dual[row] * cut.arc_coef
                continue
            members = np.where(cut.commodities)[0]
            k_parts.append(np.repeat(members, len(cut.arcs)))
            arc_parts.append(np.tile(cut.arcs, len(members)))
            price_parts.append(np.tile(-dual[row] * cut.arc_coef, len(members)))
        if not k_parts:
            return weight, np.zeros(num_k + 1, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)
        k = np.concatenate(k_parts)
        order = np.argsort(k, kind="stable")
        ptr = np.searchsorted(k[order], np.arange(num_k + 1)).astype(np.int64)
        return weight, ptr, np.concatenate(arc_parts)[order], np.concatenate(price_parts)[order]
