"""Steps of capacity of a link: what each load costs at least, and which copies of which modules carry it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.problem import FloatArray, IntArray
from landbridge.engine.static.network import StaticNetwork
from landbridge.units import FLOW_TOL


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """
    Undominated capacities of each link, ascending; the first is 0.

    Steps of link e are ``ptr[e]:ptr[e + 1]`` of ``cap`` and ``cost``; ``copies[s]`` lists (module, copies) of step s.
    """

    ptr: IntArray
    cap: FloatArray
    cost: FloatArray
    copies: tuple[tuple[tuple[int, int], ...], ...]

    def level_of(self, link_load: FloatArray) -> IntArray:
        """Lowest step of each link that carries its load."""
        return np.array(
            [
                min(
                    int(np.searchsorted(self.cap[a:b], n - FLOW_TOL * max(1.0, n), side="left")) + a,
                    b - 1,
                )
                for a, b, n in zip(self.ptr[:-1].tolist(), self.ptr[1:].tolist(), link_load.tolist(), strict=True)
            ],
            dtype=np.int64,
        )

    def module_copies(self, level: IntArray, num_modules: int) -> FloatArray:
        """Copies of each module at the given steps."""
        found = np.zeros(num_modules)
        for s in level.tolist():
            for m, n in self.copies[s]:
                found[m] = n
        return found


def link_loads(net: StaticNetwork, loads: FloatArray) -> FloatArray:
    """Load of each link: of its arcs together where they share its capacity, else the larger."""
    first = net.link_ptr[:-1]
    one = loads[first] if len(loads) else np.zeros(0)
    both = net.link_ptr[1:] - first == 2
    other = np.where(both, loads[np.minimum(first + 1, max(len(loads) - 1, 0))], 0.0) if len(loads) else one
    return np.where(net.link_shared, one + other, np.maximum(one, other))


def capacity_steps(net: StaticNetwork) -> Steps:
    """Combine the modules of each link into undominated steps, up to what all freight together may need."""
    most = float(net.qty.sum())
    ptr, cap, cost, copies = [0], [], [], []
    for e in range(net.num_links):
        modules = np.where(net.module_link == e)[0].tolist()
        points: list[tuple[float, float, tuple[tuple[int, int], ...]]] = [(0.0, 0.0, ())]
        for m in modules:
            unit, price = float(net.module_cap[m]), float(net.module_cost[m])
            several = []
            for c, f, used in points:
                for n in range(int(net.module_most[m]) + 1):
                    several.append((c + n * unit, f + n * price, (*used, (m, n)) if n else used))
                    if c + n * unit >= most:
                        break
            points = _undominated(several)
        cap += [c for c, _, _ in points]
        cost += [f for _, f, _ in points]
        copies += [used for _, _, used in points]
        ptr.append(len(cap))
    return Steps(ptr=np.array(ptr, dtype=np.int64), cap=np.array(cap), cost=np.array(cost), copies=tuple(copies))


def _undominated(
    points: list[tuple[float, float, tuple[tuple[int, int], ...]]],
) -> list[tuple[float, float, tuple[tuple[int, int], ...]]]:
    """Points (capacity, cost, copies) of which none has more capacity for no more cost, by capacity."""
    kept = []
    best = -1.0
    for point in sorted(points, key=lambda p: (p[1], -p[0])):
        if point[0] > best + 1e-9:
            kept.append(point)
            best = point[0]
    return kept
