"""Rules of orders (semantics §2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from landbridge.model.case import Case, Order
from landbridge.model.check_times import after_problem, clock_of, clock_problem, minute_of
from landbridge.model.clock import Clock
from landbridge.model.faults import Fault


def check_orders(case: Case) -> Iterator[Fault]:
    """Check the ends and the times of orders (semantics §2)."""
    clock = clock_of(case)
    zones = {hub.hub: hub.timezone for hub in case.hubs}
    known: dict[tuple[str, str], tuple[int | None, str]] = {}
    for row, order in enumerate(case.orders):
        for column, code, message, also in _order_problems(order, clock, zones, known):
            yield Fault(table="orders", row=row, column=column, code=code, message=message, also=also)


def _order_problems(
    order: Order, clock: Clock | None, zones: Mapping[str, str], known: dict[tuple[str, str], tuple[int | None, str]]
) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    if not order.from_hub and not order.to_hub:
        message = "neither from_hub nor to_hub is given, expected one of them (an offer, a bid) or both (a shipment)"
        yield "from_hub", "order-without-hub", message, ("to_hub",)
    elif order.from_hub == order.to_hub:
        yield "to_hub", "same-ends", f"found {order.to_hub!r} at both ends, expected two hubs", ("from_hub",)
    if not order.ready and not order.due:
        return
    if order.ready and not order.from_hub:
        yield "ready", "bid-with-ready", f"found {order.ready!r} in a bid, expected blank", ("from_hub",)
        return
    if order.days:
        wrong = clock_problem(order.ready) if order.ready else ""
        if wrong:
            yield "ready", "bad-clock", f"{wrong}: an order with days is ready at that time of each day", ("days",)
        wrong = after_problem(order.due) if order.due else ""
        if wrong:
            yield "due", "bad-time", f"{wrong}: an order with days is due so long after ready", ("days",)
        return
    ready, problem = _order_time(clock, order.ready, zones.get(order.from_hub, ""), known)
    if problem:
        yield "ready", problem[0], problem[1], ("from_hub",)
    if order.due.startswith("+"):
        wrong = after_problem(order.due)
        if wrong:
            yield "due", "bad-time", wrong, ()
        return
    due, problem = _order_time(clock, order.due, zones.get(order.to_hub or order.from_hub, ""), known)
    if problem:
        yield "due", problem[0], problem[1], ("to_hub", "from_hub")
    elif due is not None and clock is not None and not clock.cyclic and due < (ready or 0):
        message = f"found {order.due!r}, expected {order.ready or 'the start of the case'!r} or later"
        yield "due", "due-before-ready", message, ("ready", "from_hub", "to_hub")


def _order_time(
    clock: Clock | None, text: str, timezone: str, known: dict[tuple[str, str], tuple[int | None, str]]
) -> tuple[int | None, tuple[str, str] | None]:
    found = known.get((text, timezone))
    if found is None:
        found = known[text, timezone] = minute_of(clock, text, timezone)
    minute, problem = found
    if problem:
        return None, ("bad-time", problem)
    if minute is not None and clock is not None and not clock.cyclic and not 0 <= minute <= clock.horizon_min:
        first, last = clock.text(0, timezone), clock.text(clock.horizon_min, timezone)
        return None, ("outside-horizon", f"found {text!r}, expected a time from {first} to {last}")
    return minute, None
