"""Bids compared on landed cost, by a scenario the planner reads as any other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from landbridge.model.case import Order
from landbridge.operations.customs.in_plan import landed_bids, landed_scenario
from landbridge.operations.customs.landed import Goods, landed_cost
from landbridge.operations.customs.rates import Rates
from landbridge.operations.customs.rules import Rule
from landbridge.tables import apply_scenario, read_case, write_case

DAY = date(2026, 10, 5)
RULES = (
    Rule(
        rule="D",
        jurisdiction="RU",
        regime="general",
        kind="duty",
        pct=Decimal(10),
        amount=Decimal(2),
        per_unit="KGM",
        combine="max",
        currency="USD",
    ),
    Rule(rule="V", jurisdiction="RU", regime="general", kind="tax", pct=Decimal(20), base="with_duty", currency="USD"),
)


@pytest.fixture
def case():
    """The starter with a buyer in C, which is made a Russian region, and a good with a code."""
    starter = read_case(Path(str(files("landbridge") / "cases" / "starter")))
    bid = Order(order="bid", party="C", good="cargo", qty=5.0, to_hub="C-town", price_per_unit=13.2)
    offer = Order(order="offer", party="A", good="cargo", qty=5.0, from_hub="A-town", price_per_unit=1.0)
    return replace(
        starter,
        settings=replace(starter.settings, currency="USD"),
        regions=tuple(replace(row, country="RU") if row.region == "C" else row for row in starter.regions),
        goods=tuple(replace(row, hs_code="120190", per_unit={"t": 0.001}) for row in starter.goods),
        orders=(*starter.orders, bid, offer),
    )


def test_what_is_left_for_the_seller_is_the_largest_price_that_fits(case):
    (row,) = landed_bids(case, RULES, Rates([]), regime="general", day=DAY)
    assert (row.order, row.country, row.rules) == ("bid", "RU", ("D", "V"))

    def total(price):
        goods = Goods(
            country="RU",
            regime="general",
            day=DAY,
            value=price * 5,
            currency="USD",
            weight_kg=Decimal(5),
            hs_code="120190",
        )
        return landed_cost(goods, RULES, Rates([])).total

    assert row.price == Decimal("9.00")  # 9 + 2 duty at the least, and 20 % of 11
    assert total(row.price) <= Decimal("13.2") * 5 < total(row.price + Decimal("0.01"))


def test_the_scenario_changes_the_price_of_the_bid_and_nothing_else(case, tmp_path):
    rows = landed_bids(case, RULES, Rates([]), regime="general", day=DAY)
    patched = replace(case, scenarios=landed_scenario(rows, "landed"))
    write_case(patched, tmp_path / "case")
    changed = apply_scenario(read_case(tmp_path / "case"), "landed")
    prices = {order.order: order.price_per_unit for order in changed.orders}
    assert prices["bid"] == 9.0
    assert {order: price for order, price in prices.items() if order != "bid"} == {
        order.order: order.price_per_unit for order in case.orders if order.order != "bid"
    }


def test_a_bid_that_goods_of_the_country_can_fill_is_left_as_it_is(case):
    here = Order(order="here", party="C", good="cargo", qty=5.0, from_hub="C-town", price_per_unit=1.0)
    (row,) = landed_bids(replace(case, orders=(*case.orders, here)), RULES, Rates([]), regime="general", day=DAY)
    assert (row.price, row.why) == (row.bid, "made-in-the-country")


def test_a_bid_is_left_as_it_is_when_a_charge_is_not_known(case):
    gap = Rule(rule="F", jurisdiction="RU", regime="general", kind="fee", currency="USD", name="a fee")
    (row,) = landed_bids(case, (*RULES, gap), Rates([]), regime="general", day=DAY)
    assert row.price == row.bid
    assert row.why.startswith("missing: fee")
    (row,) = landed_bids(case, RULES, Rates([]), regime="ecommerce", day=DAY)
    assert row.why == "no-rule"


def test_a_bid_that_charges_eat_up_offers_nothing(case):
    rules = (replace(RULES[0], amount=Decimal(500)), RULES[1])
    (row,) = landed_bids(case, rules, Rates([]), regime="general", day=DAY)
    assert row.price == 0
