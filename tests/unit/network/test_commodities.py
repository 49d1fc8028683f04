"""Terminals, commodities and sinks: what is merged and what is not (semantics §2, §4.4-4.5)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.network.small_cases import bid, grants, offer, service, shipment, small_case

from landbridge.model.case import Good, Order
from landbridge.network import Network, build_network

RUNS = (service("s1", "A>C"), service("s2", "B>C"))
TRADING = grants(("a", "c", "trade"))


def _network(*orders: Order, **changes: Any) -> Network:
    return build_network(small_case(**({"services": RUNS, "orders": orders} | changes)))


def _terminals(network: Network) -> list[list[str]]:
    """Orders of each terminal."""
    found: list[list[str]] = [[] for _ in network.problem.terminal_single]
    for terminal, instance in zip(network.problem.block_terminal, network.block_instance, strict=True):
        found[terminal].append(network.case.orders[network.instances[instance].order].order)
    return found


def test_shipments_that_differ_in_price_only_are_one_commodity() -> None:
    network = _network(shipment("p"), shipment("q", price_per_unit=9.0, qty=2.0, unserved_cost_per_unit=3.0))
    assert _terminals(network) == [["p", "q"]]
    problem = network.problem
    assert len(problem.commodity_origin) == 1
    assert problem.block_value.tolist() == [20.0, 9.0]
    assert problem.block_qty.tolist() == [4.0, 2.0]
    assert problem.block_penalty.tolist() == [0.0, 3.0]
    assert problem.sink_terminal.tolist() == problem.commodity_supply.tolist() == [0]


@pytest.mark.parametrize(
    "change",
    [
        {"party": "b"},
        {"ready": "2026-01-05T01:00"},
        {"due": "+20h"},
        {"late_cost_per_unit_h": 1.0},
        {"to_hub": "B"},
        {"split": False},
        {"min_fill_frac": 0.5},
        {"good": "other"},
    ],
)
def test_shipments_that_differ_in_more_are_apart(change: dict[str, Any]) -> None:
    goods = (Good(good="cargo", per_unit={"t": 1.0}), Good(good="other", per_unit={"t": 2.0}))
    network = _network(shipment("p"), shipment("q", **change), goods=goods)
    assert _terminals(network) == [["p"], ["q"]]


def test_goods_that_travel_alike_are_merged_in_shipments() -> None:
    goods = (Good(good="cargo", per_unit={"t": 1.0}), Good(good="other", per_unit={"t": 1.0}))
    assert _terminals(_network(shipment("p"), shipment("q", good="other"), goods=goods)) == [["p", "q"]]


def test_an_offer_may_end_at_any_bid_it_may_trade_with() -> None:
    goods = (Good(good="cargo", per_unit={"t": 1.0}, transit=("*",)),)
    bids = (bid("near"), bid("far", hub="B"), bid("barred", party="b"))
    network = _network(offer(), *bids, goods=goods, **TRADING)
    assert _terminals(network) == [["offer"], ["near"], ["far"], ["barred"]]
    problem = network.problem
    assert problem.commodity_supply.tolist() == [0]
    assert problem.sink_terminal.tolist() == [1, 2]
    assert problem.sink_node.tolist() == [2, 1]
    assert problem.block_value.tolist() == [-5.0, 20.0, 20.0, 20.0]


def test_a_pair_that_brings_nothing_is_left_out_unless_a_penalty_pays() -> None:
    assert len(_network(offer(price_per_unit=30.0), bid(), **TRADING).problem.sink_node) == 0
    worth = _network(offer(price_per_unit=30.0), bid(unserved_cost_per_unit=11.0), **TRADING)
    assert len(worth.problem.sink_node) == 1


def test_two_orders_of_the_outside_do_not_trade() -> None:
    network = _network(offer(party=""), bid(party=""))
    assert len(network.problem.sink_node) == 0


def test_a_trade_rides_what_either_side_may() -> None:
    """A's run and c's run are both open to goods a sells to c, but not to a's own shipment."""
    runs = (service("sa", owner="a"), service("sc", owner="c"), service("sb", owner="b"))
    trade = _network(offer(), bid(), services=runs, **TRADING)
    assert trade.problem.leg_access.tolist() == [[True, True, False]]
    own = _network(shipment(), services=runs)
    assert own.problem.leg_access.tolist() == [[True, False, False]]
    outside = _network(shipment(party=""), services=runs)
    assert outside.problem.leg_access.tolist() == [[True, True, True]]


def test_bids_of_different_parties_make_commodities_of_different_access() -> None:
    runs = (service("sa", owner="a"), service("sc", owner="c"), service("sb", owner="b"))
    network = _network(offer(), bid("to-c"), bid("to-b", party="b"), services=runs, **grants(("a", "*", "trade")))
    problem = network.problem
    assert problem.commodity_supply.tolist() == [0, 0]
    access = problem.leg_access[problem.commodity_class].tolist()
    assert access == [[True, True, False], [True, False, True]]


def test_parties_that_may_use_the_same_are_one_class() -> None:
    network = _network(shipment("p"), shipment("q", party="b"), **grants(("*", "*", "service")))
    assert len(network.problem.leg_access) == 1
    assert _terminals(network) == [["p", "q"]]


def test_an_order_that_cannot_be_split_is_single() -> None:
    network = _network(shipment("p", split=False), shipment("q", min_fill_frac=0.5))
    assert network.problem.terminal_single.tolist() == [True, False]
    assert network.problem.block_min_fill.tolist() == [0.0, 2.0]


def test_a_good_without_tonnes_has_no_weight() -> None:
    network = _network(shipment(), goods=(Good(good="cargo", per_unit={"seats": 1.0}),))
    assert network.problem.commodity_weight_t.tolist() == [0.0]
