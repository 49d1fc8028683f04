"""The textbook model of a plain static problem, to be written to a file: arc flows with strong inequalities."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from landbridge.engine.lp import INF, Entries, LinearModel
from landbridge.engine.master.rooms import leg_rooms, load_costs
from landbridge.engine.problem import DesignProblem, IntArray
from landbridge.errors import InvalidInstance, OutputError


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkGroup:
    """Vehicles alike in all but capacity, cost and number of runs, and the legs of the first of them."""

    vehicles: IntArray
    legs: IntArray


def group_links(problem: DesignProblem) -> list[LinkGroup]:
    """Group the vehicles of a static problem by link, in the order of the first vehicle of each."""
    p = problem
    first = np.searchsorted(p.leg_vehicle, np.arange(len(p.vehicle_service) + 1))
    rooms, paid = leg_rooms(p), load_costs(p)
    found: dict[tuple[object, ...], list[int]] = {}
    for v in range(len(p.vehicle_service)):
        legs = slice(int(first[v]), int(first[v + 1]))
        key = (
            p.leg_tail[legs].tobytes(),
            p.leg_head[legs].tobytes(),
            p.leg_cost_per_t[legs].tobytes(),
            (rooms[legs] - legs.start).tobytes(),
            p.leg_access[:, legs].tobytes(),
            float(paid[v]),
        )
        found.setdefault(key, []).append(v)
    return [
        LinkGroup(vehicles=np.array(vehicles), legs=np.arange(first[vehicles[0]], first[vehicles[0] + 1]))
        for vehicles in found.values()
    ]


def write_mps(problem: DesignProblem, path: Path, *, aggregate: bool = False) -> None:
    """
    Write a plain static problem as a free MPS file.

    Columns are ``runs[v]`` (integer), ``flow[k,l]``, ``unserved[k]`` where there is a penalty, and ``load[e]``
    where the largest load of a link is paid for; rows ``balance[k,n]``, ``capacity[l]``, ``largest_load[e]`` and
    ``strong[k,l]``, flow of k on leg l <= sum over vehicles of min(quantity of k, capacity) * runs.
    All count from 0; v, l as in the problem, l the leg of the first vehicle of a link.

    Parameters
    ----------
    aggregate
        Merge the commodities of one origin: exact, with fewer columns and weaker strong rows. k is then the origin.

    Raises
    ------
    InvalidInstance
        When the problem is not plain: timed, of several dimensions, with unsplittable flow, trades, shared limits.
    OutputError
        When the file cannot be written.
    """
    _expect_plain(problem)
    writer = _Writer(problem, aggregate=aggregate)
    writer.build()
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "model.mps"
            writer.model.write_mps(str(file), writer.integer, writer.col_names, writer.row_names)
            path.write_bytes(file.read_bytes())
    except OSError as error:
        raise OutputError(f"{path}: could not be written: {error.strerror}") from error


def _expect_plain(problem: DesignProblem) -> None:
    p = problem
    num_vehicles, num_demands = len(p.vehicle_service), len(p.commodity_origin)
    plain = {
        "static": p.horizon_min == 0,
        "of one dimension": p.vehicle_capacity.shape[1] == 1,
        "without fleets, stores, shares, budgets and switches": not (
            len(p.fleet_count) + len(p.store_cap_t) + len(p.share_vehicle) + len(p.budget_cap) + len(p.switch_cost)
        ),
        "of demands with one sink and one block each": all(
            np.array_equal(index, np.arange(num_demands))
            for index in (p.commodity_supply, p.sink_commodity, p.sink_terminal, p.block_terminal)
        ),
        "of units of load 1": bool((p.commodity_load == 1).all() and (p.commodity_weight_t == 1).all()),
        "of one class of freight": len(p.leg_access) == 1,
        "splittable": not (p.terminal_single.any() or (p.block_min_fill > 0).any()),
        "without values": not p.block_value.any(),
        "one in which demands may be left whole or not at all": bool(
            ((p.block_low == 0) | (p.block_low == p.block_qty)).all()
        ),
        "one with a run limit for each vehicle": np.array_equal(p.use_limit, np.arange(num_vehicles))
        and np.array_equal(p.use_vehicle, np.arange(num_vehicles))
        and len(p.limit_cap) == num_vehicles
        and not p.limit_low.any(),
    }
    for what, holds in plain.items():
        if not holds:
            raise InvalidInstance(f"The arc-flow model is for plain problems only; expected a problem that is {what}.")


class _Writer:
    """The model being built, with the names of its columns and rows."""

    def __init__(self, problem: DesignProblem, *, aggregate: bool) -> None:
        self.p, self.links = problem, group_links(problem)
        self.model = LinearModel()
        self.col_names: list[str] = []
        self.row_names: list[str] = []
        key = problem.commodity_origin if aggregate else np.arange(len(problem.block_qty))
        _, first, self.group_of = np.unique(key, return_index=True, return_inverse=True)
        self.first_of_group = first
        self.name_of_group = key[first]
        self.integer = np.zeros(0, dtype=np.int64)

    def build(self) -> None:
        """Add all columns, then all rows."""
        p = self.p
        num_vehicles = len(p.vehicle_service)
        self._cols(p.vehicle_run_cost.tolist(), p.limit_cap.tolist(), [f"runs[{v}]" for v in range(num_vehicles)])
        self.integer = np.arange(num_vehicles)
        self.unserved = self._unserved()
        self.load_col = self._loads()
        self.flow_col = self._flows()
        self._balance()
        for e, link in enumerate(self.links):
            self._capacity(e, link)
        self._strong()

    def _cols(self, cost: list[float], upper: list[float], names: list[str]) -> int:
        self.col_names += names
        count = len(cost)
        none = np.zeros(0, dtype=np.int64)
        ptr = np.zeros(count + 1, dtype=np.int64)
        return self.model.add_cols(np.array(cost), np.zeros(count), np.array(upper), ptr, none, np.zeros(0))

    def _unserved(self) -> dict[int, int]:
        p = self.p
        free = np.where((p.block_low == 0) & (p.block_qty > 0))[0]
        names = [f"unserved[{k}]" for k in free.tolist()]
        first = self._cols(p.block_penalty[free].tolist(), p.block_qty[free].tolist(), names)
        return {int(k): first + i for i, k in enumerate(free.tolist())}

    def _loads(self) -> dict[int, int]:
        cost = load_costs(self.p)
        paid = [e for e, link in enumerate(self.links) if cost[link.vehicles[0]] > 0]
        costs = [float(cost[self.links[e].vehicles[0]]) for e in paid]
        first = self._cols(costs, [INF] * len(paid), [f"load[{e}]" for e in paid])
        return {e: first + i for i, e in enumerate(paid)}

    def _flows(self) -> dict[tuple[int, int], int]:
        p = self.p
        keys = [
            (g, leg)
            for g, k in enumerate(self.first_of_group.tolist())
            for link in self.links
            for leg in link.legs.tolist()
            if p.leg_access[p.commodity_class[k], leg]
        ]
        names = [f"flow[{self.name_of_group[g]},{leg}]" for g, leg in keys]
        first = self._cols([float(p.leg_cost_per_t[leg]) for _, leg in keys], [INF] * len(keys), names)
        return {key: first + i for i, key in enumerate(keys)}

    def _rows(
        self, rows: list[list[tuple[int, float]]], lower: list[float], upper: list[float], names: list[str]
    ) -> None:
        entries = Entries()
        for row in rows:
            entries.add(row)
        self.row_names += names
        self.model.add_rows(np.array(lower), np.array(upper), *entries.arrays())

    def _balance(self) -> None:
        """What leaves a node less what comes in is what starts there less what ends there."""
        p, num_nodes = self.p, len(self.p.node_rank)
        groups = len(self.first_of_group)
        rows: list[list[tuple[int, float]]] = [[] for _ in range(groups * num_nodes)]
        side = np.zeros(groups * num_nodes)
        for (g, leg), col in self.flow_col.items():
            if p.leg_tail[leg] != p.leg_head[leg]:
                rows[g * num_nodes + int(p.leg_tail[leg])].append((col, 1.0))
                rows[g * num_nodes + int(p.leg_head[leg])].append((col, -1.0))
        for k, g in enumerate(self.group_of.tolist()):
            start, end = int(p.commodity_origin[k]), int(p.sink_node[k])
            if start == end:
                continue
            for node, sign in ((start, 1.0), (end, -1.0)):
                side[g * num_nodes + node] += sign * float(p.block_qty[k])
                if k in self.unserved:
                    rows[g * num_nodes + node].append((self.unserved[k], sign))
        names = [f"balance[{self.name_of_group[i // num_nodes]},{i % num_nodes}]" for i in range(len(rows))]
        self._rows(rows, side.tolist(), side.tolist(), names)

    def _capacity(self, e: int, link: LinkGroup) -> None:
        p, rooms = self.p, leg_rooms(self.p)
        capacity = p.vehicle_capacity[link.vehicles, 0]
        has_limit = bool(np.isfinite(capacity).any())  # else the strong rows say all there is to say
        capacity = np.where(np.isfinite(capacity), capacity, p.block_qty.sum())  # no cheapest plan has more on a link
        runs = [(int(v), -float(u)) for v, u in zip(link.vehicles, capacity, strict=True)] if has_limit else []
        load = self.load_col.get(e)
        groups = range(len(self.first_of_group))
        for room in np.unique(rooms[link.legs]).tolist():
            legs = link.legs[rooms[link.legs] == room].tolist()
            flow = [(self.flow_col[g, leg], 1.0) for g in groups for leg in legs if (g, leg) in self.flow_col]
            if load is not None:
                self._rows([[*flow, (load, -1.0)]], [-INF], [0.0], [f"capacity[{room}]"])
            elif has_limit:
                self._rows([[*flow, *runs]], [-INF], [0.0], [f"capacity[{room}]"])
        if load is not None and has_limit:
            self._rows([[(load, 1.0), *runs]], [-INF], [0.0], [f"largest_load[{e}]"])

    def _strong(self) -> None:
        p = self.p
        quantity = np.zeros(len(self.first_of_group))
        np.add.at(quantity, self.group_of, p.block_qty)
        link_of = {leg: link for link in self.links for leg in link.legs.tolist()}
        rows, names = [], []
        for (g, leg), col in self.flow_col.items():
            vehicles = link_of[leg].vehicles
            most = np.minimum(quantity[g], p.vehicle_capacity[vehicles, 0])
            if (most < p.vehicle_capacity[vehicles, 0]).any():
                rows.append([(col, 1.0), *((int(v), -float(u)) for v, u in zip(vehicles, most, strict=True))])
                names.append(f"strong[{self.name_of_group[g]},{leg}]")
        self._rows(rows, [-INF] * len(rows), [0.0] * len(rows), names)
