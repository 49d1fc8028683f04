"""Terminals, commodities and sinks: orders merged where only quantity and price differ (semantics §2, §4.4-4.5)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from landbridge.engine.problem import BoolArray, FloatArray, IntArray
from landbridge.model.case import Order
from landbridge.network.access import FreightKind, kind_of, riders_of, transit_of
from landbridge.network.hubs import HubNodes
from landbridge.network.instances import OrderInstance, Terms, terms_of, trade_terms
from landbridge.network.permissions import Permissions
from landbridge.network.pins import Bounds, PinSet
from landbridge.network.places import Places


@dataclass(frozen=True, slots=True)
class Terminal:
    """Instances (by index) that are alike, and the order they are like."""

    order: Order
    instance: OrderInstance
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Trade:
    """A pair of terminals that may trade: indices among offers and bids, the kind of freight and the terms."""

    offer: int
    bid: int
    kind: FreightKind
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Orders before anything is known of vehicles: shipments with their kinds, offers, bids and trades."""

    instances: tuple[OrderInstance, ...]
    shipments: tuple[tuple[int, FreightKind, Terms], ...]
    offers: tuple[Terminal, ...]
    bids: tuple[Terminal, ...]
    trades: tuple[Trade, ...]

    @property
    def kinds(self) -> tuple[FreightKind, ...]:
        """Distinct kinds of freight, in order of appearance."""
        found = dict.fromkeys(kind for _, kind, _ in self.shipments)
        found.update(dict.fromkeys(trade.kind for trade in self.trades))
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Commodities:
    """
    Arrays of commodities, sinks, terminals and blocks; see ``DesignProblem``.

    Parameters
    ----------
    block_instance
        Shape ``(B,)``. Instance of each block.
    constant_cost
        Penalty of what pins forbid to serve, which no block holds.
    """

    origin: IntArray
    ready_min: IntArray
    class_idx: IntArray
    weight_t: FloatArray
    load: FloatArray
    supply: IntArray
    sink_commodity: IntArray
    sink_node: IntArray
    sink_due_min: IntArray
    sink_deadline_min: IntArray
    sink_late_cost: FloatArray
    sink_terminal: IntArray
    terminal_single: BoolArray
    block_terminal: IntArray
    block_qty: FloatArray
    block_value: FloatArray
    block_penalty: FloatArray
    block_low: FloatArray
    block_min_fill: FloatArray
    block_instance: IntArray
    constant_cost: float


def read_demand(
    places: Places,
    permissions: Permissions,
    instances: tuple[OrderInstance, ...],
    pins: PinSet,
    *,
    is_merged: bool = True,
) -> Demand:
    """Sort orders into shipments, offers and bids (merged where alike), and find who may trade with whom."""
    orders = places.case.orders
    transit = [transit_of(places, order) for order in orders]
    kinds: dict[int, FreightKind] = {}
    shipments = []
    offers: dict[Hashable, list[int]] = {}
    bids: dict[Hashable, list[int]] = {}
    for number, instance in enumerate(instances):
        order = orders[instance.order]
        good = places.good_by_id[order.good]
        if order.from_hub and order.to_hub:
            if instance.order not in kinds:
                ends = (order.from_hub, order.to_hub)
                kinds[instance.order] = kind_of(places, riders_of([order.party]), good, transit[instance.order], ends)
            shipments.append((number, kinds[instance.order], terms_of(order, instance, good, places.clock)))
            continue
        key = _trading_key(order, instance, transit[instance.order], number) if is_merged else number
        (offers if order.from_hub else bids).setdefault(key, []).append(number)
    offer_terminals = _terminals(offers, orders, instances)
    bid_terminals = _terminals(bids, orders, instances)
    trades = _find_trades(places, permissions, instances, offer_terminals, bid_terminals, transit, pins)
    return Demand(
        instances=instances,
        shipments=tuple(shipments),
        offers=offer_terminals,
        bids=bid_terminals,
        trades=trades,
    )


def _is_alone(order: Order) -> bool:
    return not order.split or order.min_fill_frac > 0


def _trading_key(order: Order, instance: OrderInstance, transit: frozenset[str], number: int) -> Hashable:
    alone = number if _is_alone(order) else -1
    times = (instance.ready_min if order.from_hub else 0, instance.due_min, instance.extra_min, instance.is_kept)
    lateness = () if order.from_hub else (order.late_max_h, order.late_cost_per_unit_h)
    return (order.party, order.good, order.from_hub, order.to_hub, times, lateness, transit, alone)


def _terminals(
    groups: dict[Hashable, list[int]], orders: tuple[Order, ...], instances: tuple[OrderInstance, ...]
) -> tuple[Terminal, ...]:
    return tuple(
        Terminal(orders[instances[members[0]].order], instances[members[0]], tuple(members))
        for members in groups.values()
    )


def _find_trades(
    places: Places,
    permissions: Permissions,
    instances: tuple[OrderInstance, ...],
    offers: tuple[Terminal, ...],
    bids: tuple[Terminal, ...],
    transit: list[frozenset[str]],
    pins: PinSet,
) -> tuple[Trade, ...]:
    """
    Pairs that may trade.

    A pair is left out when even its best unit brings nothing before any cost of the way, unless
    a pin or a least fill might ask for it all the same.
    """
    orders = places.case.orders
    bids_by_good: dict[str, list[int]] = {}
    for index, bid in enumerate(bids):
        bids_by_good.setdefault(bid.order.good, []).append(index)

    def worth(terminal: Terminal) -> float:
        found = [orders[instances[number].order] for number in terminal.members]
        if any(order.min_fill_frac > 0 or pins.orders.get(order.order, Bounds()).low > 0 for order in found):
            return float("inf")
        return max(_value(order) + order.unserved_cost_per_unit for order in found)

    offer_worth = [worth(offer) for offer in offers]
    bid_worth = [worth(bid) for bid in bids]
    kinds: dict[Hashable, FreightKind] = {}
    may_trade: dict[tuple[str, str, str], bool] = {}
    trades = []
    for offer_idx, offer in enumerate(offers):
        seller = offer.order
        good = places.good_by_id[seller.good]
        for bid_idx in bids_by_good.get(seller.good, ()):
            buyer = bids[bid_idx].order
            pair = (seller.party, buyer.party, seller.good)
            if pair not in may_trade:
                may_trade[pair] = permissions.may_trade(*pair)
            if not may_trade[pair] or offer_worth[offer_idx] + bid_worth[bid_idx] <= 0:
                continue
            terms = trade_terms(offer.instance, bids[bid_idx].instance, buyer, good, places.clock)
            if terms.deadline_min < terms.ready_min:
                continue
            allowed = transit[offer.instance.order] & transit[bids[bid_idx].instance.order]
            key = (pair, seller.from_hub, buyer.to_hub, allowed)
            if key not in kinds:
                riders = riders_of([seller.party, buyer.party])
                kinds[key] = kind_of(places, riders, good, allowed, (seller.from_hub, buyer.to_hub))
            trades.append(Trade(offer_idx, bid_idx, kinds[key], terms))
    return tuple(trades)


def _value(order: Order) -> float:
    """Value of a unit served; an offer costs its price (§2.5)."""
    return order.price_per_unit if order.to_hub else -order.price_per_unit


def build_commodities(
    places: Places,
    nodes: HubNodes,
    demand: Demand,
    class_by_kind: dict[FreightKind, int],
    pins: PinSet,
    *,
    is_merged: bool = True,
) -> Commodities:
    """Number terminals (shipments, offers, bids), commodities and sinks, and fill their arrays."""
    orders = places.case.orders
    measure = _measures(places)
    shipments: dict[Hashable, tuple[int, Terms, int, list[int]]] = {}
    for number, kind, terms in demand.shipments:
        order = orders[demand.instances[number].order]
        own = (class_by_kind[kind], order.from_hub, order.to_hub, terms, measure(order.good))
        key = (*own, number if _is_alone(order) or not is_merged else -1)
        shipments.setdefault(key, (class_by_kind[kind], terms, number, []))[3].append(number)
    first_offer = len(shipments)
    first_bid = first_offer + len(demand.offers)
    members = [
        *(found[3] for found in shipments.values()),
        *(terminal.members for terminal in demand.offers),
        *(terminal.members for terminal in demand.bids),
    ]
    # (origin, ready, class, good, supply) and (commodity, node, due, deadline, late cost, terminal)
    commodities: list[tuple[int, int, int, str, int]] = []
    sinks: list[tuple[int, int, int, int, float, int]] = []
    for terminal, (class_idx, terms, number, _) in enumerate(shipments.values()):
        order = orders[demand.instances[number].order]
        sinks.append((len(commodities), nodes.end_node[order.to_hub], *_bounds(terms), terminal))
        commodities.append((nodes.start_node[order.from_hub], terms.ready_min, class_idx, order.good, terminal))
    commodity_by_key: dict[tuple[int, int], int] = {}
    for trade in demand.trades:
        offer = demand.offers[trade.offer]
        key_of_offer = (trade.offer, class_by_kind[trade.kind])
        if key_of_offer not in commodity_by_key:
            commodity_by_key[key_of_offer] = len(commodities)
            origin = nodes.start_node[offer.order.from_hub]
            good = offer.order.good
            commodities.append((origin, trade.terms.ready_min, key_of_offer[1], good, first_offer + trade.offer))
        node = nodes.end_node[demand.bids[trade.bid].order.to_hub]
        sinks.append((commodity_by_key[key_of_offer], node, *_bounds(trade.terms), first_bid + trade.bid))
    sinks.sort(key=lambda sink: sink[0])
    return _to_arrays(places, demand, pins, members, commodities, sinks, measure)


def _bounds(terms: Terms) -> tuple[int, int, float]:
    return terms.due_min, terms.deadline_min, terms.late_cost


def _measures(places: Places) -> Callable[[str], tuple[float, ...]]:
    """What a unit of a good weighs and takes: tonnes, then each dimension."""
    found = {
        good.good: (good.per_unit.get("t", 0.0), *(good.per_unit.get(dim, 0.0) for dim in places.dimensions))
        for good in places.case.goods
    }
    return found.__getitem__


def _to_arrays(
    places: Places,
    demand: Demand,
    pins: PinSet,
    members: list[Sequence[int]],
    commodities: list[tuple[int, int, int, str, int]],
    sinks: list[tuple[int, int, int, int, float, int]],
    measure: Callable[[str], tuple[float, ...]],
) -> Commodities:
    orders = places.case.orders
    blocks = [(terminal, number) for terminal, numbers in enumerate(members) for number in numbers]
    block_orders = [orders[demand.instances[number].order] for _, number in blocks]
    bounds = [pins.orders.get(order.order, Bounds()) for order in block_orders]
    cap = [min(order.qty, bound.cap) for order, bound in zip(block_orders, bounds, strict=True)]
    measures = np.array([measure(row[3]) for row in commodities], dtype=np.float64)
    measures = measures.reshape(len(commodities), 1 + len(places.dimensions))

    def ints(
        rows: list[tuple[int, int, int, str, int]] | list[tuple[int, int, int, int, float, int]], at: int
    ) -> IntArray:
        return np.array([row[at] for row in rows], dtype=np.int64)

    return Commodities(
        origin=ints(commodities, 0),
        ready_min=ints(commodities, 1),
        class_idx=ints(commodities, 2),
        weight_t=measures[:, 0],
        load=measures[:, 1:],
        supply=ints(commodities, 4),
        sink_commodity=ints(sinks, 0),
        sink_node=ints(sinks, 1),
        sink_due_min=ints(sinks, 2),
        sink_deadline_min=ints(sinks, 3),
        sink_late_cost=np.array([sink[4] for sink in sinks], dtype=np.float64),
        sink_terminal=ints(sinks, 5),
        terminal_single=np.array(
            [not orders[demand.instances[numbers[0]].order].split for numbers in members], dtype=np.bool_
        ),
        block_terminal=np.array([terminal for terminal, _ in blocks], dtype=np.int64),
        block_qty=np.array(cap, dtype=np.float64),
        block_value=np.array([_value(order) for order in block_orders], dtype=np.float64),
        block_penalty=np.array([order.unserved_cost_per_unit for order in block_orders], dtype=np.float64),
        block_low=np.array([bound.low for bound in bounds], dtype=np.float64),
        block_min_fill=np.array([order.min_fill_frac * order.qty for order in block_orders], dtype=np.float64),
        block_instance=np.array([number for _, number in blocks], dtype=np.int64),
        constant_cost=float(
            sum(
                (order.qty - most) * order.unserved_cost_per_unit for order, most in zip(block_orders, cap, strict=True)
            )
        ),
    )
