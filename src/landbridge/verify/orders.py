"""Checks of the tables orders and trades: filled, split, arrivals, values, prices (semantics §2)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from landbridge.errors import Finding
from landbridge.model.plan import OrderResult, Trade
from landbridge.units import MINUTES_PER_HOUR, exceeds, is_close
from landbridge.verify.book import Book
from landbridge.verify.money import order_value, sum_filled
from landbridge.verify.report import row_finding, run_finding
from landbridge.verify.times import Instance
from landbridge.verify.ways import Way

WaysByOrder = dict[tuple[str, int], list[Way]]


def check_orders(book: Book, ways: Sequence[Way]) -> list[Finding]:
    """Check that each instance of each order has one row, and what the row says (§2, §7)."""
    filled = sum_filled(book, ways)
    by_order: WaysByOrder = defaultdict(list)
    for way in ways:
        by_order[way.first.order.order, way.first.repeat].append(way)
        if way.bid is not None:
            by_order[way.bid.order.order, way.bid.repeat].append(way)
    findings: list[Finding] = []
    rows = Counter((result.order, result.repeat) for result in book.plan.orders)
    for row, result in enumerate(book.plan.orders):
        key = (result.order, result.repeat)
        item = book.instances.get(key)
        if item is None or rows[key] > 1:
            findings.append(
                row_finding(
                    "unknown-instance",
                    "orders",
                    row,
                    f"found order {result.order!r}, repeat {result.repeat}; expected each instance of the case once",
                    "repeat",
                )
            )
            continue
        findings.extend(_columns(row, result, item, filled.get(key, 0.0)))
        findings.extend(_filled(row, item, filled.get(key, 0.0), by_order.get(key, [])))
        findings.extend(_arrival(book, row, result, by_order.get(key, [])))
    for name, repeat in book.instances:
        if (name, repeat) not in rows:
            findings.append(run_finding("order-missing", f"orders.csv has no row of order {name!r}, repeat {repeat}"))
    return findings


def _columns(row: int, result: OrderResult, item: Instance, filled: float) -> Iterator[Finding]:
    order = item.order
    for column, expected in (("party", order.party), ("good", order.good)):
        if getattr(result, column) != expected:
            yield row_finding(
                "order-mismatch", "orders", row, f"found {getattr(result, column)!r}, expected {expected!r}", column
            )
    numbers = (
        ("order-mismatch", "qty", order.qty),
        ("filled-mismatch", "filled", filled),
        ("order-value", "value", order_value(not order.to_hub, order.price_per_unit, filled)),
        ("order-unserved-cost", "unserved_cost", order.unserved_cost_per_unit * max(0.0, order.qty - filled)),
    )
    for code, column, number in numbers:
        if not is_close(getattr(result, column), number):
            yield row_finding(
                code,
                "orders",
                row,
                f"order {order.order!r}: found {getattr(result, column)!r}, expected {number!r}",
                column,
            )
    if exceeds(order.qty, filled) and not result.why.strip():
        yield row_finding(
            "why-missing",
            "orders",
            row,
            f"order {order.order!r} got {filled:g} of {order.qty:g}; expected the reason",
            "why",
        )


def _filled(row: int, item: Instance, filled: float, ways: Sequence[Way]) -> Iterator[Finding]:
    order = item.order
    if exceeds(filled, order.qty):
        yield row_finding(
            "overfilled", "orders", row, f"order {order.order!r} got {filled:g}, its qty is {order.qty:g}", "filled"
        )
    least = order.min_fill_frac * order.qty
    if exceeds(filled, 0.0) and exceeds(least, filled):
        yield row_finding(
            "below-min-fill",
            "orders",
            row,
            f"order {order.order!r} got {filled:g}, expected 0 or at least {least:g}",
            "filled",
        )
    if not order.split and len(ways) > 1:
        yield row_finding(
            "split-not-permitted",
            "orders",
            row,
            f"order {order.order!r} takes {len(ways)} paths, expected one (split = 0)",
        )


def _arrival(book: Book, row: int, result: OrderResult, ways: Sequence[Way]) -> Iterator[Finding]:
    arrivals = [way.arrives for way in ways]
    last = max(arrivals, default=None)
    found = book.minute(result.arrives) if result.arrives else None
    if found != last or (result.arrives and found is None):
        expected = "blank" if last is None else repr(book.text(last, _end_hub(max(ways, key=lambda way: way.arrives))))
        yield row_finding(
            "order-arrives",
            "orders",
            row,
            f"order {result.order!r}: found {result.arrives!r}, its last path ends at {expected}",
            "arrives",
        )
    late_h = max((way.late_min for way in ways), default=0) / MINUTES_PER_HOUR
    if not is_close(result.late_h, late_h):
        yield row_finding(
            "order-late",
            "orders",
            row,
            f"order {result.order!r}: found {result.late_h!r}, expected {late_h!r}",
            "late_h",
        )


def _end_hub(way: Way) -> str:
    return (way.bid or way.first).order.to_hub


def check_trades(book: Book, ways: Sequence[Way]) -> list[Finding]:
    """Check who trades what with whom, how much and at what price (§2.7, §4.5)."""
    moved: dict[str, float] = defaultdict(float)
    for way in ways:
        moved[way.trade] += way.qty
    findings: list[Finding] = []
    ids: set[str] = set()
    pairs: set[tuple[str, int, str, int]] = set()
    for row, trade in enumerate(book.plan.trades):
        pair = (trade.offer, trade.offer_repeat, trade.bid, trade.bid_repeat)
        if trade.trade in ids or pair in pairs:
            findings.append(
                row_finding("duplicate-trade", "trades", row, f"trade {trade.trade!r} of {pair} stands twice", "trade")
            )
        ids.add(trade.trade)
        pairs.add(pair)
        offer = book.instances.get((trade.offer, trade.offer_repeat))
        bid = book.instances.get((trade.bid, trade.bid_repeat))
        if offer is None or offer.order.to_hub or bid is None or bid.order.from_hub:
            findings.append(
                row_finding(
                    "unknown-trade", "trades", row, f"{pair} is not an instance of an offer and one of a bid", "offer"
                )
            )
            continue
        findings.extend(_trade(book, row, trade, offer, bid))
        if not is_close(trade.qty, moved[trade.trade]) or not trade.qty > 0:
            findings.append(
                row_finding(
                    "trade-qty",
                    "trades",
                    row,
                    f"trade {trade.trade!r}: found {trade.qty!r}, its paths carry {moved[trade.trade]!r}",
                    "qty",
                )
            )
    return findings


def _trade(book: Book, row: int, trade: Trade, offer: Instance, bid: Instance) -> Iterator[Finding]:
    seller, buyer = offer.order.party, bid.order.party
    expected = (("seller", seller), ("buyer", buyer), ("good", offer.order.good), ("good", bid.order.good))
    for column, text in expected:
        if getattr(trade, column) != text:
            yield row_finding(
                "trade-mismatch", "trades", row, f"found {getattr(trade, column)!r}, expected {text!r}", column
            )
    if not seller and not buyer:
        yield row_finding(
            "trade-outside", "trades", row, f"trade {trade.trade!r} joins two orders of the market outside (§2.7)"
        )
    if not book.rights.may_trade(seller, buyer, offer.order.good):
        yield row_finding(
            "trade-not-permitted",
            "trades",
            row,
            f"{seller!r} may not sell {offer.order.good!r} to {buyer!r} (§4.5)",
            "buyer",
        )
    low, high = sorted((offer.order.price_per_unit, bid.order.price_per_unit))
    if not low <= trade.price_per_unit <= high and not any(is_close(trade.price_per_unit, end) for end in (low, high)):
        yield row_finding(
            "price-out-of-range",
            "trades",
            row,
            f"trade {trade.trade!r}: found {trade.price_per_unit!r}, expected {low!r}..{high!r} (offer and bid)",
            "price_per_unit",
        )
