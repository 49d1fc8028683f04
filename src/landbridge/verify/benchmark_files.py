"""Published instances as the checker of solutions reads them: plain lists, by a reader of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from landbridge.errors import InvalidInstance


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """What may be put on a link: units of load one copy carries, its cost, and the most copies."""

    capacity: float
    cost: float
    copies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Two nodes as the file numbers them, the cost of a unit of load, and the modules by their number."""

    tail: int
    head: int
    unit_cost: float
    modules: tuple[Module, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What must be carried, from where to where."""

    origin: int
    destination: int
    quantity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """
    A network design instance.

    Parameters
    ----------
    kind
        What the load of a link is: ``directed`` = flow to its head; ``undirected`` = flow both ways added up;
        ``bidirected`` = the larger of both.
    """

    name: str
    kind: str
    links: tuple[Link, ...]
    demands: tuple[Demand, ...]


def read_instance(path: Path, file_format: str) -> Instance:
    """
    Read an instance.

    Raises
    ------
    InvalidInstance
        When there is no such file or format, or the numbers of the file do not add up to an instance.
    """
    try:
        rows = [line.split() for line in path.read_text(encoding="ascii").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInstance(f"{path}: cannot be read: {error}") from error
    try:
        if file_format == "canad":
            return _canad(rows, path.stem)
        if file_format == "gins":
            return _gins(rows)
    except (ValueError, IndexError) as error:
        raise InvalidInstance(f"{path}: is no instance in the format {file_format}: {error}") from error
    raise InvalidInstance(f"{path}: format {file_format!r}; expected canad or gins.")


def _canad(rows: list[list[str]], name: str) -> Instance:
    if rows[0] != ["MULTIGEN.DAT:"]:
        raise ValueError("the header is missing")
    num_nodes, num_arcs, num_commodities = (int(word) for word in rows[1])
    _expect_rows(rows, 2 + num_arcs + num_commodities)
    nodes = range(1, num_nodes + 1)
    links = []
    for row in rows[2 : 2 + num_arcs]:
        tail, head = _node(row[0], nodes), _node(row[1], nodes)
        module = Module(capacity=_amount(row[3]), cost=_amount(row[4]), copies=1)
        links.append(Link(tail=tail, head=head, unit_cost=_amount(row[2]), modules=(module,)))
    demands = tuple(_demand(row, nodes) for row in rows[2 + num_arcs :])
    return Instance(name=name, kind="directed", links=tuple(links), demands=demands)


def _gins(rows: list[list[str]]) -> Instance:
    mark, name, kind = rows[0]
    if mark != "GINS" or kind not in ("directed", "bidirected", "undirected"):
        raise ValueError("the header is missing")
    num_nodes, num_links, num_modules, num_commodities = (int(word) for word in rows[1])
    _expect_rows(rows, 2 + num_modules + num_links + num_commodities)
    nodes, first_link = range(num_nodes), 2 + num_modules
    sizes = [(_amount(capacity), _amount(cost)) for capacity, cost in rows[2:first_link]]
    links = []
    for row in rows[first_link : first_link + num_links]:
        copies = [int(word) for word in row[3:]]
        modules = tuple(
            Module(capacity=capacity, cost=cost, copies=most)
            for (capacity, cost), most in zip(sizes, copies, strict=True)
        )
        link = Link(tail=_node(row[0], nodes), head=_node(row[1], nodes), unit_cost=_amount(row[2]), modules=modules)
        links.append(link)
    demands = tuple(_demand(row, nodes) for row in rows[first_link + num_links :])
    return Instance(name=name, kind=kind, links=tuple(links), demands=demands)


def _expect_rows(rows: list[list[str]], count: int) -> None:
    if len(rows) != count:
        raise ValueError(f"{len(rows)} lines, expected {count}")


def _node(word: str, nodes: range) -> int:
    if int(word) not in nodes:
        raise ValueError(f"node {word}, expected {nodes.start} to {nodes.stop - 1}")
    return int(word)


def _amount(word: str) -> float:
    if not (math.isfinite(float(word)) and float(word) >= 0.0):
        raise ValueError(f"{word}, expected a number of 0 or more")
    return float(word)


def _demand(row: list[str], nodes: range) -> Demand:
    origin, destination, quantity = row
    return Demand(origin=_node(origin, nodes), destination=_node(destination, nodes), quantity=_amount(quantity))
