"""Published static instances, read here a second time: peers and the check share no code with the engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """
    Links with modules to install, and demands. Letters: N nodes, L links, M modules, K demands.

    Parameters
    ----------
    kind
        What fills a link: ``directed``, its flow; ``undirected``, both directions added; ``bidirected``, the larger.
    unit_cost
        Shape ``(L,)``. Cost of a unit of load.
    module_capacity, module_cost, module_most
        Shape ``(L, M)``. Capacity and cost of each copy of a module, and the most copies.
    """

    name: str
    kind: str
    num_nodes: int
    tail: IntArray
    head: IntArray
    unit_cost: FloatArray
    module_capacity: FloatArray
    module_cost: FloatArray
    module_most: IntArray
    origin: IntArray
    dest: IntArray
    demand: FloatArray

    @property
    def arcs(self) -> tuple[IntArray, IntArray, IntArray]:
        """Tail, head and link of each arc: a directed link is one arc, any other two, back after all there."""
        link = np.arange(len(self.tail))
        if self.kind == "directed":
            return self.tail, self.head, link
        both = np.concatenate([self.tail, self.head]), np.concatenate([self.head, self.tail])
        return *both, np.concatenate([link, link])


def read_dow(path: Path) -> Instance:
    """A Canad instance; of each arc tail, head, unit cost, capacity and fixed cost, nodes from 1."""
    words = path.read_text(encoding="ascii").split()[1:]
    num_nodes, num_arcs, num_demands = (int(word) for word in words[:3])
    numbers = np.array(words[3:], dtype=np.float64)
    arc = numbers[: 7 * num_arcs].reshape(num_arcs, 7)
    demand = numbers[7 * num_arcs :].reshape(num_demands, 3)
    return Instance(
        name=path.stem,
        kind="directed",
        num_nodes=num_nodes,
        tail=arc[:, 0].astype(np.int64) - 1,
        head=arc[:, 1].astype(np.int64) - 1,
        unit_cost=arc[:, 2],
        module_capacity=arc[:, 3:4],
        module_cost=arc[:, 4:5],
        module_most=np.ones((num_arcs, 1), dtype=np.int64),
        origin=demand[:, 0].astype(np.int64) - 1,
        dest=demand[:, 1].astype(np.int64) - 1,
        demand=demand[:, 2],
    )


def read_gins_txt(path: Path) -> Instance:
    """A GINS instance; its name has the folder before it, since the three kinds share file names."""
    words = path.read_text(encoding="ascii").split()
    num_nodes, num_links, num_modules, num_demands = (int(word) for word in words[3:7])
    numbers = np.array(words[7:], dtype=np.float64)
    module, rest = numbers[: 2 * num_modules].reshape(num_modules, 2), numbers[2 * num_modules :]
    width = 3 + num_modules
    link = rest[: width * num_links].reshape(num_links, width)
    demand = rest[width * num_links :].reshape(num_demands, 3)
    return Instance(
        name=f"{path.parent.name}/{path.stem}",
        kind=words[2],
        num_nodes=num_nodes,
        tail=link[:, 0].astype(np.int64),
        head=link[:, 1].astype(np.int64),
        unit_cost=link[:, 2],
        module_capacity=np.tile(module[:, 0], (num_links, 1)),
        module_cost=np.tile(module[:, 1], (num_links, 1)),
        module_most=link[:, 3:].astype(np.int64),
        origin=demand[:, 0].astype(np.int64),
        dest=demand[:, 1].astype(np.int64),
        demand=demand[:, 2],
    )


def read_static(path: Path) -> Instance:
    """Read a file by its ending."""
    return read_dow(path) if path.suffix == ".dow" else read_gins_txt(path)
