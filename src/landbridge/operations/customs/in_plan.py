"""
Bids compared on landed cost: a scenario that says what a buyer can pay the seller once duty and tax are paid too.

A bid's price is the most its buyer pays for a unit. Where the goods can only come from abroad, part of that goes to
customs. The scenario sets the bid's ``price_per_unit`` to the largest price ``p`` with ``p`` plus the charges on ``p``
not above the bid. Nothing else of the case changes, and the case itself does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_DOWN, Decimal

from landbridge.model.case import Case, Good, Patch
from landbridge.operations.customs.landed import CENT, ZERO, Goods, LandedCost, NoRegime, landed_cost
from landbridge.operations.customs.rates import Rates
from landbridge.operations.customs.rules import Rule

KG_PER_T = Decimal(1000)
_STEPS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class LandedBid:
    """
    What became of one bid.

    Parameters
    ----------
    order, good, country
        The bid and where it is.
    bid, price
        Most the buyer pays with all charges, and what of it can go to the seller; equal when it is left as it is.
    rules
        Rules the charges rest on.
    why
        Why it is left as it is: ``made-in-the-country``, ``no-hs-code``, ``no-weight-of-unit``, ``no-rule``,
        ``missing: ...``; empty when it is changed.
    """

    order: str
    good: str
    country: str
    bid: Decimal
    price: Decimal
    rules: tuple[str, ...] = ()
    why: str = ""


def landed_bids(
    case: Case, rules: Iterable[Rule], rates: Rates, *, regime: str, day: date, origin: str = "", goods_class: str = ""
) -> list[LandedBid]:
    """
    Work out what each bid leaves for the seller.

    Parameters
    ----------
    case, rules, rates
        The case, and what charges rest on.
    regime, day, origin, goods_class
        As what, when and from where the goods enter. An order is one declaration: thresholds and fees count for it as
        a whole.
    """
    rules = tuple(rules)
    country_of = {hub.hub: next(row.country for row in case.regions if row.region == hub.region) for hub in case.hubs}
    offered = {(order.good, country_of[order.from_hub]) for order in case.orders if order.from_hub and not order.to_hub}
    goods = {good.good: good for good in case.goods}
    found = []
    for order in case.orders:
        if order.from_hub or not order.to_hub or not order.qty:
            continue
        country, good = country_of[order.to_hub], goods[order.good]
        bid = Decimal(repr(order.price_per_unit))
        why = "made-in-the-country" if (order.good, country) in offered else _unfit(good)
        row = LandedBid(order=order.order, good=good.good, country=country, bid=bid, price=bid, why=why)
        if not why:
            qty = Decimal(repr(order.qty))
            whole = Goods(
                country=country,
                regime=regime,
                day=day,
                value=bid * qty,
                currency=case.settings.currency,
                weight_kg=qty * Decimal(repr(good.per_unit["t"])) * KG_PER_T,
                hs_code=good.hs_code,
                origin=origin,
                goods_class=goods_class,
            )
            row = _changed(row, qty, _asking(whole, rules, rates))
        found.append(row)
    return found


def _unfit(good: Good) -> str:
    if not good.hs_code:
        return "no-hs-code"
    return "" if good.per_unit.get("t") else "no-weight-of-unit"


def _asking(whole: Goods, rules: tuple[Rule, ...], rates: Rates) -> Callable[[Decimal], LandedCost]:
    """Give the landed cost of an order as a function of its value."""
    return lambda value: landed_cost(replace(whole, value=value), rules, rates)


def _changed(row: LandedBid, qty: Decimal, ask: Callable[[Decimal], LandedCost]) -> LandedBid:
    """Take what goes to customs from a bid; ``ask`` tells the landed cost of the whole order at a value."""
    try:
        first = ask(row.bid * qty)
    except NoRegime:
        return replace(row, why="no-rule")
    if first.missing:
        return replace(row, why=f"missing: {first.missing[0]}")
    price = _largest(lambda value: ask(value * qty).total, row.bid * qty, row.bid)
    used = tuple(line.rule for line in ask(price * qty).lines if line.amount > ZERO)
    return replace(row, price=price, rules=used)


def _largest(total: Callable[[Decimal], Decimal], most: Decimal, high: Decimal) -> Decimal:
    """Largest price, in whole cents, whose landed cost is not above ``most``; charges never fall as prices rise."""
    if total(high) <= most:
        return high
    low = ZERO
    if total(low) > most:
        return low
    for _ in range(_STEPS):
        middle = ((low + high) / 2).quantize(CENT, rounding=ROUND_DOWN)
        if middle <= low:
            break
        if total(middle) <= most:
            low = middle
        else:
            high = middle
    return low


def landed_scenario(rows: Iterable[LandedBid], name: str) -> tuple[Patch, ...]:
    """Rows of the table ``scenarios`` that set the prices of the bids that changed."""
    return tuple(
        Patch(scenario=name, table="orders", key=row.order, column_name="price_per_unit", value=str(row.price))
        for row in rows
        if row.price != row.bid
    )
