"""Orders, what they got and why not all; goods served; trades; prices by hub."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from typing import Any

from landbridge.model.clock import Clock
from landbridge.model.plan import OrderResult
from landbridge.planning.facts import served_by_good
from landbridge.report.payload.numbers import short
from landbridge.report.places import LANGUAGES, Index
from landbridge.report.reasons import read_reason, say_reason
from landbridge.report.run import Run
from landbridge.units import exceeds

MOST_ORDERS = 25_000
"""Orders a page lists; of more, those that lost most are kept, and the page says how many there are."""

MOST_CAPACITY_PRICES = 200
"""Prices of limits a page lists, the dearest first."""


def served_rows(run: Run, index: Index) -> list[dict[str, Any]]:
    """What each good's orders asked for and got."""
    rows = []
    for row in served_by_good(run.case, run.plan):
        content = dataclasses.asdict(row)
        content["good"] = index.good[row.good]
        del content["name"]
        rows.append(content)
    return rows


def order_columns(run: Run, index: Index) -> dict[str, Any]:
    """Every instance of an order in columns; ``place`` of a kept one is its row in the run's table."""
    kept = _kept(run.plan.orders)
    orders = {row.order: row for row in run.case.orders}
    clock = Clock.of(run.case.settings)
    reasons: dict[str, int] = {}
    columns: dict[str, list[Any]] = defaultdict(list)
    for place in kept:
        row = run.plan.orders[place]
        order = orders[row.order]
        columns["place"].append(place)
        columns["id"].append(row.order if row.repeat == 0 else f"{row.order} #{row.repeat}")
        columns["party"].append(index.party.get(row.party, -1))
        columns["good"].append(index.good[row.good])
        columns["from"].append(index.hub.get(order.from_hub, -1))
        columns["to"].append(index.hub.get(order.to_hub, -1))
        columns["qty"].append(short(row.qty))
        columns["filled"].append(short(row.filled))
        columns["arrives"].append(clock.minute(row.arrives) if row.arrives else None)
        columns["late_h"].append(short(row.late_h, 5))
        columns["value"].append(short(row.value))
        columns["penalty"].append(short(row.unserved_cost))
        columns["price"].append(short(order.price_per_unit))
        columns["why"].append(reasons.setdefault(row.why, len(reasons)) if row.why else -1)
    return {
        "total": len(run.plan.orders),
        "rows": columns,
        "reasons": [_reason(text) for text in reasons],
    }


def _reason(text: str) -> dict[str, Any]:
    """Kind of a reason, and its words in each language; one text where all are the same."""
    reason = read_reason(text)
    texts = [say_reason(reason, lang) for lang in LANGUAGES]
    return {"kind": reason.kind, "texts": texts if reason.key else texts[:1]}


def _kept(orders: tuple[OrderResult, ...]) -> list[int]:
    """Rows that are listed, in the order of the run."""
    if len(orders) <= MOST_ORDERS:
        return list(range(len(orders)))

    def loss(place: int) -> tuple[bool, float]:
        row = orders[place]
        return exceeds(row.qty, row.filled), row.unserved_cost

    return sorted(sorted(range(len(orders)), key=loss, reverse=True)[:MOST_ORDERS])


def trade_columns(run: Run, index: Index) -> dict[str, list[Any]]:
    """Trades with the hubs of both sides; price in the case's currency a unit."""
    orders = {row.order: row for row in run.case.orders}
    trades = run.plan.trades
    return {
        "id": [row.trade for row in trades],
        "offer": [row.offer for row in trades],
        "bid": [row.bid for row in trades],
        "seller": [index.party.get(row.seller, -1) for row in trades],
        "buyer": [index.party.get(row.buyer, -1) for row in trades],
        "good": [index.good[row.good] for row in trades],
        "from": [index.hub[orders[row.offer].from_hub] for row in trades],
        "to": [index.hub[orders[row.bid].to_hub] for row in trades],
        "qty": [short(row.qty) for row in trades],
        "price": [short(row.price_per_unit) for row in trades],
        "ask": [short(orders[row.offer].price_per_unit) for row in trades],
        "limit": [short(orders[row.bid].price_per_unit) for row in trades],
    }


def hub_prices(run: Run, index: Index) -> list[dict[str, Any]]:
    """
    Price of each good at each hub where it is offered or asked for: the duals of its offers and bids there.

    ``low``, ``mean`` and ``high`` are those of the orders; ``side`` is ``offer`` or ``bid``. The dual of an offer is
    what one more unit taken from it costs, less than 0: the price is its opposite.
    """
    orders = {row.order: row for row in run.case.orders}
    found: defaultdict[tuple[str, str, str], list[float]] = defaultdict(list)
    for price in run.plan.prices:
        order = orders.get(price.resource) if price.kind == "good" else None
        if order is None or (order.from_hub and order.to_hub):
            continue
        side = "offer" if order.from_hub else "bid"
        worth = -price.price if order.from_hub else price.price
        found[price.good, order.from_hub or order.to_hub, side].append(worth)
    return [
        {
            "good": index.good[good],
            "hub": index.hub[hub],
            "side": side,
            "orders": len(values),
            "low": short(min(values)),
            "mean": short(sum(values) / len(values)),
            "high": short(max(values)),
        }
        for (good, hub, side), values in sorted(found.items())
    ]


def capacity_prices(run: Run) -> list[dict[str, Any]]:
    """What one more run or tonne of a limit is worth on a day, the dearest first."""
    rows = sorted(
        (price for price in run.plan.prices if price.kind == "capacity"),
        key=lambda price: (-price.price, price.resource, price.day),
    )
    return [
        {"id": row.resource, "day": row.day, "price": short(row.price), "unit": row.unit.rpartition("/")[2]}
        for row in rows[:MOST_CAPACITY_PRICES]
    ]
