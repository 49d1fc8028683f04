"""Instances of orders: when each is ready and due, and the terms of a trade (semantics §2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from landbridge.model.case import Good, Order
from landbridge.model.clock import Clock, parse_clock, parse_days
from landbridge.network.places import Places
from landbridge.units import MINUTES_PER_WEEK, to_minutes

_WEEKS_ON_TOP = re.compile(r"^(.*\S) \+(\d)w$")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderInstance:
    """
    One time an order repeats.

    Parameters
    ----------
    order
        Index of the order in the case.
    repeat
        Number of the instance, from 0.
    ready_min
        Minute from which freight may leave; of a bid, what ``+h`` counts from.
    due_min
        Minute as written, before whole cycles are added; None = blank.
    extra_min
        Weeks added on top (``+1w`` in a cyclic case).
    is_kept
        True for ``+48h``: no cycles are added (unless a bid's).
    """

    order: int
    repeat: int
    ready_min: int
    due_min: int | None
    extra_min: int = 0
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """Times that bind a shipment or a trade: ready, due, deadline in minutes and the cost of a late unit and minute."""

    ready_min: int
    due_min: int
    deadline_min: int
    late_cost: float


def list_instances(places: Places) -> tuple[OrderInstance, ...]:
    """Instances of all orders, in the order of the case and of ``repeat``."""
    return tuple(
        instance for index, order in enumerate(places.case.orders) for instance in _instances_of(index, order, places)
    )


def terms_of(first: Order, instance: OrderInstance, good: Good, clock: Clock) -> Terms:
    """Terms of a shipment (§2.3)."""
    return _terms(instance, _due(instance, instance.ready_min, clock, is_bid=False), first, good, clock)


def trade_terms(offer: OrderInstance, bid: OrderInstance, bid_order: Order, good: Good, clock: Clock) -> Terms:
    """Terms of a trade: ready and life of the offer, the earlier due, lateness as the bid allows it (§2.3)."""
    due = min(
        _due(offer, offer.ready_min, clock, is_bid=False),
        _due(bid, offer.ready_min, clock, is_bid=True),
    )
    return _terms(offer, due, bid_order, good, clock)


def _terms(instance: OrderInstance, due: int, rule: Order, good: Good, clock: Clock) -> Terms:
    ready = instance.ready_min
    deadline = due + to_minutes(rule.late_max_h)
    if good.life_h is not None:
        deadline = min(deadline, ready + to_minutes(good.life_h))
    if not clock.cyclic:
        deadline = min(deadline, clock.horizon_min)  # §1.4
    return Terms(ready, due, deadline, rule.late_cost_per_unit_h / 60)


def _due(instance: OrderInstance, ready: int, clock: Clock, *, is_bid: bool) -> int:
    horizon = clock.horizon_min
    if instance.due_min is None:
        return ready + horizon if clock.cyclic else horizon
    if not clock.cyclic or (instance.is_kept and not is_bid):
        return instance.due_min
    return ready + 1 + (instance.due_min - ready - 1) % horizon + instance.extra_min


def _instances_of(index: int, order: Order, places: Places) -> list[OrderInstance]:
    return [
        _instance(index, repeat, ready, order, places) for repeat, ready in enumerate(_ready_minutes(order, places))
    ]


def _ready_minutes(order: Order, places: Places) -> list[int]:
    clock = places.clock
    zone = places.zone_by_hub[order.from_hub or order.to_hub]
    if order.days:
        clock_min = parse_clock(order.ready) if order.ready else 0
        return clock.clock_times(clock_min, parse_days(order.days), zone, 0, clock.horizon_min - 1)
    if not order.ready:
        return [0]
    ready = clock.minute(order.ready, zone)
    return [ready % clock.horizon_min if clock.cyclic else ready]


def _instance(index: int, repeat: int, ready: int, order: Order, places: Places) -> OrderInstance:
    clock = places.clock
    if not order.due:
        return OrderInstance(order=index, repeat=repeat, ready_min=ready, due_min=None)
    after = clock.after(order.due)
    if after is not None:
        return OrderInstance(order=index, repeat=repeat, ready_min=ready, due_min=ready + after, is_kept=True)
    zone = places.zone_by_hub[order.to_hub or order.from_hub]
    weeks = _WEEKS_ON_TOP.match(order.due)
    if clock.cyclic and weeks is not None:
        return OrderInstance(
            order=index,
            repeat=repeat,
            ready_min=ready,
            due_min=clock.minute(weeks[1], zone),
            extra_min=int(weeks[2]) * MINUTES_PER_WEEK,
        )
    return OrderInstance(order=index, repeat=repeat, ready_min=ready, due_min=clock.minute(order.due, zone))
