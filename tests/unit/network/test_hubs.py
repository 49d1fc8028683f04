"""Nodes and links of hubs (semantics §3.3-3.6): arrays of small cases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.unit.network.small_cases import grants, service, shipment, small_case

from landbridge.model.case import Case, Handling, Hub
from landbridge.network import Network, build_network

RAIL = service("rail", "A>B", mode="rail")
ROAD = service("road", "B>C", mode="road")


def _case(*rows: Handling, **changes: Any) -> Case:
    fields: dict[str, Any] = {"services": (RAIL, ROAD), "orders": (shipment(),), "handling": rows}
    return small_case(**(fields | changes))


def _row(name: str = "x", **changes: Any) -> Handling:
    return Handling(**({"handling": name, "hub": "B", "from_mode": "rail", "to_mode": "road"} | changes))


def _links(network: Network) -> set[tuple[str, str, str]]:
    """Links at hub B as (from, to, row)."""
    nodes = network.nodes
    names = {nodes.start_node["B"]: "start", nodes.end_node["B"]: "end"}
    names |= {nodes.arrive_node[("B", "rail")]: "rail in", nodes.board_node[("B", "road")]: "road out"}
    return {
        (names[link.tail], names[link.head], link.row.handling if link.row is not None else "") for link in nodes.links
    }


def test_a_public_hub_without_handling_is_one_node() -> None:
    network = build_network(_case())
    assert network.problem.node_rank.tolist() == [1, 1, 1]
    assert len(network.problem.link_tail) == 0
    assert network.problem.leg_tail.tolist() == [0, 1]
    assert network.problem.leg_head.tolist() == [1, 2]


def test_a_row_that_only_counts_runs_splits_nothing() -> None:
    network = build_network(_case(_row(from_mode="", to_mode="", cap_runs_per_day=3)))
    assert len(network.problem.node_rank) == 3


def test_a_change_goes_by_the_row_that_matches_and_ends_are_free() -> None:
    network = build_network(_case(_row(dwell_h=2.0, cost_per_t=7.0)))
    assert _links(network) == {
        ("rail in", "road out", "x"),
        ("start", "road out", ""),
        ("rail in", "end", ""),
        ("start", "end", ""),
    }
    problem = network.problem
    (row,) = [index for index, link in enumerate(network.nodes.links) if link.row is not None]
    assert problem.link_duration_min[row] == 120
    assert problem.link_cost_per_t[row] == 7.0
    heads = problem.node_rank[problem.link_head]
    assert (heads > problem.node_rank[problem.link_tail]).all()


def test_a_row_for_start_or_end_does_not_touch_changes() -> None:
    rows = (_row("load", from_mode="start", to_mode=""), _row("unload", from_mode="", to_mode="end"))
    assert _links(build_network(_case(*rows))) == {
        ("start", "road out", "load"),
        ("rail in", "end", "unload"),
        ("rail in", "road out", ""),
        ("start", "end", ""),
    }


def test_a_row_of_blanks_matches_every_pair_of_modes_but_not_the_ends() -> None:
    assert _links(build_network(_case(_row(from_mode="", to_mode="")))) == {
        ("rail in", "road out", "x"),
        ("start", "road out", ""),
        ("rail in", "end", ""),
        ("start", "end", ""),
    }


def test_a_row_that_never_opens_leaves_no_way() -> None:
    network = build_network(_case(_row(days="Fri")))
    assert ("rail in", "road out", "x") not in _links(network)
    assert ("rail in", "road out", "") not in _links(network)


def test_rows_serve_their_handling_class() -> None:
    network = build_network(_case(_row("x", handling_class="oversize"), _row("y", handling_class="general")))
    access = {
        link.row.handling: bool(network.problem.link_access[0, index])
        for index, link in enumerate(network.nodes.links)
        if link.row is not None
    }
    assert access == {"x": False, "y": True}


def test_an_owned_hub_opens_changes_to_its_owner_and_by_grant() -> None:
    """Party a may start and end at b's hub, and change there only by a grant."""
    hubs = (Hub(hub="A", region="A"), Hub(hub="B", region="B", owner="b"), Hub(hub="C", region="C"))

    def may_change(case: Case) -> list[bool]:
        network = build_network(case)
        return [bool(network.problem.link_access[0, i]) for i, link in enumerate(network.nodes.links) if link.is_change]

    case = _case(hubs=hubs)
    assert may_change(case) == [False]
    assert may_change(replace(case, **grants(("b", "a", "hub"), resource="B"))) == [True]
    assert may_change(replace(case, orders=(shipment(party=""),))) == [True]
    network = build_network(case)
    free = [i for i, link in enumerate(network.nodes.links) if not link.is_change]
    assert network.problem.link_access[0, free].all()


def test_storage_costs_by_the_minute_and_fills_one_store_but_not_where_freight_ends() -> None:
    hubs = (
        Hub(hub="A", region="A"),
        Hub(hub="B", region="B", store_cost_per_t_h=6.0, store_cap_t=9.0),
        Hub(hub="C", region="C"),
    )
    network = build_network(_case(_row(), hubs=hubs))
    problem, end = network.problem, network.nodes.end_node["B"]
    at_b = [node for node, hub in enumerate(network.nodes.node_hub) if hub == 1 and node != end]
    assert problem.node_hold_cost[at_b].tolist() == [0.1] * len(at_b)
    assert problem.node_store[at_b].tolist() == [0] * len(at_b)
    assert problem.node_hold_cost[end] == 0.0
    assert problem.node_store[end] == -1
    assert problem.store_cap_t.tolist() == [9.0]


def test_handled_tonnes_are_limited_by_local_day() -> None:
    hubs = (Hub(hub="A", region="A"), Hub(hub="B", region="B", timezone="Asia/Tokyo"), Hub(hub="C", region="C"))
    network = build_network(_case(_row(cap_t_per_day=12.0), hubs=hubs))
    problem = network.problem
    assert problem.flow_limit_cap_t.tolist() == [12.0]
    assert problem.flow_limit_shift_min.tolist() == [9 * 60]
    assert [network.nodes.links[link].row.handling for link in problem.flow_use_link] == ["x"]  # type: ignore[union-attr]
    assert problem.flow_use_class.tolist() == [-1]


def test_opening_hours_are_windows_of_the_row_alone() -> None:
    network = build_network(_case(_row(opens="08:00", closes="18:00")))
    problem = network.problem
    for index, link in enumerate(network.nodes.links):
        first, last = problem.link_window_ptr[index : index + 2]
        starts = problem.window_start[first:last].tolist()
        assert starts == ([480, 1920] if link.row is not None else [])
