"""Steps of capacity of a link: what each load costs at least, and which copies of which modules carry it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from landbridge.engine.problem import FloatArray, IntArray
from landbridge.engine.static.network import StaticNetwork
from landbridge.units import FLOW_TOL

MOST_ROWS = 3_000_000
"""Most combinations of copies of a link's modules looked at together, and most steps of all links."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """
    Undominated capacities of each link, ascending; the first is 0.

    Steps of link e are ``ptr[e]:ptr[e + 1]`` of ``cap`` and ``cost``; ``counts[s, i]`` copies of the link's i-th module
    make step s.
    """

    ptr: IntArray
    cap: FloatArray
    cost: FloatArray
    counts: IntArray

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

    def module_copies(self, level: IntArray, net: StaticNetwork) -> FloatArray:
        """Copies of each module at the given steps."""
        first = np.searchsorted(net.module_link, net.module_link, side="left")
        place = np.arange(len(net.module_link)) - first
        copies: FloatArray = self.counts[level[net.module_link], place].astype(np.float64)
        return copies


def link_loads(net: StaticNetwork, loads: FloatArray) -> FloatArray:
    """Load of each link: of its arcs together where they share its capacity, else the larger."""
    first = net.link_ptr[:-1]
    one = loads[first] if len(loads) else np.zeros(0)
    both = net.link_ptr[1:] - first == 2
    other = np.where(both, loads[np.minimum(first + 1, max(len(loads) - 1, 0))], 0.0) if len(loads) else one
    return np.where(net.link_shared, one + other, np.maximum(one, other))


def has_few_steps(net: StaticNetwork) -> bool:
    """Whether a table of the capacity steps of all links is small enough to keep."""
    return _combine_all(net) is not None


def capacity_steps(net: StaticNetwork) -> Steps:
    """
    Combine the modules of each link into undominated steps, up to what all freight together may need.

    Raises
    ------
    ValueError
        Where there are too many (:func:`has_few_steps`).
    """
    steps = _combine_all(net)
    if steps is None:
        raise ValueError("too many capacity steps: many small copies of several sizes on a link.")
    return steps


def _combine_all(net: StaticNetwork) -> Steps | None:
    most = float(net.qty.sum())
    width = int(np.bincount(net.module_link, minlength=1).max(initial=0)) if len(net.module_link) else 0
    known: dict[bytes, tuple[FloatArray, FloatArray, IntArray]] = {}
    parts: list[tuple[FloatArray, FloatArray, IntArray]] = []
    edges = np.searchsorted(net.module_link, np.arange(net.num_links + 1), side="left").tolist()
    for a, b in itertools.pairwise(edges):
        sizes = np.stack([net.module_cap[a:b], net.module_cost[a:b], net.module_most[a:b]])
        key = sizes.tobytes()
        if key not in known:
            steps = _combine(sizes, most, width)
            if steps is None:
                return None
            known[key] = steps
        parts.append(known[key])
    if sum(len(cap) for cap, _, _ in parts) > MOST_ROWS:
        return None
    ptr = np.concatenate([[0], np.cumsum([len(cap) for cap, _, _ in parts], dtype=np.int64)]).astype(np.int64)
    cap, cost = (np.concatenate([*(part[i] for part in parts), np.zeros(0)]) for i in (0, 1))
    none = np.zeros((0, width), dtype=np.int64)
    counts = np.concatenate([*(part[2] for part in parts), none])
    return Steps(ptr=ptr, cap=cap, cost=cost, counts=counts)


def _combine(sizes: FloatArray, most: float, width: int) -> tuple[FloatArray, FloatArray, IntArray] | None:
    """Undominated capacities, costs and copies of modules as rows (capacity, cost, most copies); None: too many."""
    cap, cost, counts = np.zeros(1), np.zeros(1), np.zeros((1, width), dtype=np.int64)
    for i, (unit, price, limit) in enumerate(sizes.T.tolist()):
        # copies beyond the first that reaches all freight add nothing
        wanted = np.clip(np.ceil((most - cap) / unit - 1e-9), 0, limit)
        if wanted.sum() + len(cap) > MOST_ROWS:
            return None
        enough = wanted.astype(np.int64)
        base = np.repeat(np.arange(len(cap)), enough + 1)
        copies = np.arange(len(base)) - np.repeat(np.cumsum(enough + 1) - (enough + 1), enough + 1)
        cap, cost, counts = cap[base] + copies * unit, cost[base] + copies * price, counts[base]
        counts[:, i] = copies
        order = np.lexsort((-cap, cost))
        before = np.concatenate([[-1.0], np.maximum.accumulate(cap[order])[:-1]])
        kept = order[cap[order] > before + 1e-9]
        cap, cost, counts = cap[kept], cost[kept], counts[kept]
    return cap, cost, counts
