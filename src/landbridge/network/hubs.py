"""Nodes of hubs and the links between them: changes of vehicle, free or by handling rows (semantics §3.3-3.5)."""

from __future__ import annotations

from dataclasses import dataclass, field

from landbridge.model.case import Handling, Hub
from landbridge.network.places import Places
from landbridge.network.windows import Windows, opening_windows
from landbridge.units import to_minutes

ARRIVES, BOARDS, ENDS = 1, 2, 3
"""Ranks of nodes within one minute."""


@dataclass(frozen=True, slots=True)
class Link:
    """
    A way through a hub.

    Parameters
    ----------
    tail, head
        Nodes.
    row
        The handling row, None for a free change.
    hub
        Index of the hub.
    is_change
        True from vehicle to vehicle: the hub's owner must permit it.
    """

    tail: int
    head: int
    row: Handling | None
    hub: int
    is_change: bool
    windows: Windows | None = None

    @property
    def duration_min(self) -> int:
        """Minutes the handling takes."""
        return 0 if self.row is None else to_minutes(self.row.dwell_h)


@dataclass(slots=True)
class HubNodes:
    """
    Nodes and links of all hubs.

    Parameters
    ----------
    arrive_node, board_node
        By hub id and mode: where a leg of the mode ends, and where one begins.
    start_node, end_node
        By hub id: where freight starts and ends.
    """

    node_hub: list[int] = field(default_factory=list)
    node_rank: list[int] = field(default_factory=list)
    arrive_node: dict[tuple[str, str], int] = field(default_factory=dict)
    board_node: dict[tuple[str, str], int] = field(default_factory=dict)
    start_node: dict[str, int] = field(default_factory=dict)
    end_node: dict[str, int] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)

    def add_node(self, hub: int, rank: int) -> int:
        """Append a node and return its index."""
        self.node_hub.append(hub)
        self.node_rank.append(rank)
        return len(self.node_hub) - 1


def build_hubs(places: Places) -> HubNodes:
    """
    Split each hub into as many nodes as its handling rows and owner ask for.

    A public hub where all changes are free is one node. Elsewhere modes that
    match the same rows share a node.
    """
    arriving: dict[str, dict[str, None]] = {}
    leaving: dict[str, dict[str, None]] = {}
    for service in places.case.services:
        for tail, head in zip(service.route, service.route[1:], strict=False):
            leaving.setdefault(tail, {})[service.mode] = None
            arriving.setdefault(head, {})[service.mode] = None
    nodes = HubNodes()
    for hub in places.case.hubs:
        arrive, leave = tuple(arriving.get(hub.hub, ())), tuple(leaving.get(hub.hub, ()))
        rows = places.rows_by_hub.get(hub.hub, ())
        if rows or hub.owner:
            _split_hub(nodes, hub, rows, arrive, leave, places)
        else:
            _plain_hub(nodes, hub, arrive, leave, places)
    return nodes


def _plain_hub(nodes: HubNodes, hub: Hub, arrive: tuple[str, ...], leave: tuple[str, ...], places: Places) -> None:
    node = nodes.add_node(places.hub_idx[hub.hub], ARRIVES)
    nodes.start_node[hub.hub] = nodes.end_node[hub.hub] = node
    nodes.arrive_node.update({(hub.hub, mode): node for mode in arrive})
    nodes.board_node.update({(hub.hub, mode): node for mode in leave})


def _split_hub(
    nodes: HubNodes,
    hub: Hub,
    rows: tuple[Handling, ...],
    arrive: tuple[str, ...],
    leave: tuple[str, ...],
    places: Places,
) -> None:
    index = places.hub_idx[hub.hub]
    start = nodes.start_node[hub.hub] = nodes.add_node(index, ARRIVES)
    ins = _nodes_by_rows(nodes, index, ARRIVES, arrive, [row.from_mode for row in rows])
    outs = _nodes_by_rows(nodes, index, BOARDS, leave, [row.to_mode for row in rows])
    end = nodes.end_node[hub.hub] = nodes.add_node(index, ENDS)
    nodes.arrive_node.update({(hub.hub, mode): node for mode, node in ins.items()})
    nodes.board_node.update({(hub.hub, mode): node for mode, node in outs.items()})
    tails = [(start, "start"), *_one_mode_a_node(ins)]
    heads = [*_one_mode_a_node(outs), (end, "end")]
    zone = places.zone_by_hub[hub.hub]
    windows = {row.handling: opening_windows(row, zone, places.clock) for row in rows}
    for tail, from_mode in tails:
        for head, to_mode in heads:
            matching = [row for row in rows if _matches(row, from_mode, to_mode)]
            is_change = from_mode != "start" and to_mode != "end"
            if not matching:
                nodes.links.append(Link(tail, head, None, index, is_change))
            for row in matching:
                if windows[row.handling] != ():
                    nodes.links.append(Link(tail, head, row, index, is_change, windows[row.handling]))


def _nodes_by_rows(
    nodes: HubNodes, hub: int, rank: int, modes: tuple[str, ...], row_modes: list[str]
) -> dict[str, int]:
    node_by_key: dict[tuple[bool, ...], int] = {}
    found = {}
    for mode in modes:
        key = tuple(row_mode in ("", mode) for row_mode in row_modes)
        if key not in node_by_key:
            node_by_key[key] = nodes.add_node(hub, rank)
        found[mode] = node_by_key[key]
    return found


def _one_mode_a_node(node_by_mode: dict[str, int]) -> list[tuple[int, str]]:
    mode_by_node: dict[int, str] = {}
    for mode, node in node_by_mode.items():
        mode_by_node.setdefault(node, mode)
    return list(mode_by_node.items())


def _matches(row: Handling, from_mode: str, to_mode: str) -> bool:
    """Tell whether a row matches a pair of modes; a blank never matches start or end (§3.3)."""
    return _side_matches(row.from_mode, from_mode, "start") and _side_matches(row.to_mode, to_mode, "end")


def _side_matches(row_mode: str, mode: str, terminal: str) -> bool:
    return row_mode == mode or (row_mode == "" and mode != terminal)
