"""Orders of WooCommerce, Wildberries and Ozon, as their interfaces give them."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest
from tests.unit.operations.orders.files import parcels

from landbridge.operations.orders.batches import BadOrders
from landbridge.operations.orders.checks import Rules
from landbridge.operations.orders.hub_rules import HubRule
from landbridge.operations.orders.importer import Source, import_orders
from landbridge.operations.orders.json_source import json_batches, read_shop_file
from landbridge.operations.orders.mapping import BadMapping, Mapping, mapping_of
from landbridge.operations.orders.products import read_products
from landbridge.operations.people.store import PeopleStores

MAPPING = Mapping(channel="shop", constants={"good": "parcel", "from_hub": "H", "to_country": "RU"})
RULES = Rules(
    mapping=MAPPING,
    hub_rules=(HubRule(country="RU", postcode="69", hub="V"), HubRule(country="RU", hub="M")),
)
PRODUCTS = """sku,weight_kg,hs_code,origin_country,description
TS-1,0.18,610910,CN,Cotton T-shirts
SH-2,0.85,640399,CN,Leather shoes
"""

WOO = {
    "id": 727,
    "status": "processing",
    "currency": "CNY",
    "date_created_gmt": "2026-10-05T02:00:00",
    "total": "500.00",
    "line_items": [
        {"name": "Shirt", "sku": "TS-1", "quantity": 2, "total": "120.00"},
        {"name": "Shoes", "sku": "SH-2", "quantity": 1, "total": "310.50"},
    ],
    "shipping": {
        "first_name": "Мария",
        "last_name": "Иванова",
        "address_1": "Светланская 12",
        "city": "Владивосток",
        "state": "PRI",
        "postcode": "690091",
        "country": "RU",
    },
    "billing": {"email": "m@example.org", "phone": "+7900"},
}
WB = {
    "orders": [
        {
            "id": number,
            "orderUid": "u1",
            "rid": f"r{number}",
            "createdAt": f"2026-10-05T02:0{number}:00Z",
            "article": article,
            "skus": ["4600000000001"],
            "price": price,
            "currencyCode": 643,
            "crossBorderType": 1,
            "trackNumber": "LZ473124829CN",
            "address": {"fullAddress": "Приморский край, Владивосток, Светланская 12"},
        }
        for number, article, price in ((1, "TS-1", 99050), (2, "SH-2", 310000))
    ]
}
OZON = {
    "result": {
        "postings": [
            {
                "posting_number": "05708065-0029-1",
                "order_id": 680420041,
                "status": "awaiting_deliver",
                "in_process_at": "2026-10-05T02:00:00Z",
                "tracking_number": "ozon-17",
                "products": [
                    {
                        "offer_id": "TS-1",
                        "sku": 1,
                        "name": "Shirt",
                        "price": "990.50",
                        "quantity": 2,
                        "currency_code": "RUB",
                    }
                ],
                "customer": {
                    "name": "Мария Иванова",
                    "phone": "+7900",
                    "address": {
                        "zip_code": "101000",
                        "region": "Москва",
                        "city": "Москва",
                        "address_tail": "Тверская 1",
                    },
                },
            },
            {"posting_number": "x-2", "status": "delivered", "products": []},
        ]
    }
}


def run(tmp_path, shop, content, rules=RULES):
    path = tmp_path / f"{shop}.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), encoding="utf-8")
    (tmp_path / "products.csv").write_text(PRODUCTS, encoding="utf-8")
    products = read_products(tmp_path / "products.csv")
    batches = json_batches(read_shop_file(path, shop), shop, rules.mapping, products)
    source = Source(path=path, encoding="utf-8", batches=batches)
    return import_orders(source, rules, out=tmp_path / "P", people=tmp_path / "people")


def items(tmp_path):
    return pl.read_parquet(tmp_path / "P/items/**/*.parquet").sort("parcel", "position").rows(named=True)


def test_woocommerce(tmp_path):
    outcome = run(tmp_path, "woocommerce", [WOO, {**WOO, "id": 728, "status": "pending"}])
    assert (outcome.rows, outcome.taken, outcome.skipped) == (1, 1, 1)
    (found,) = parcels(tmp_path).rows(named=True)
    assert (found["parcel"], found["to_hub"], found["weight_kg"]) == ("shop:727", "V", 1.21)
    assert (found["value"], found["currency"], found["hs6"]) == (Decimal("430.5"), "CNY", None)
    assert [(item["description"], item["quantity"], item["hs_code"]) for item in items(tmp_path)] == [
        ("Cotton T-shirts", 2, "610910"),
        ("Leather shoes", 1, "640399"),
    ]
    assert PeopleStores(tmp_path / "people").find("shop:727").name == "Мария Иванова"


def test_wildberries_joins_pieces_of_one_order_and_reads_its_numbers(tmp_path):
    """The price is in hundredths and the currency a number: 643 is the rouble."""
    outcome = run(tmp_path, "wildberries", WB)
    assert (outcome.rows, outcome.taken) == (1, 1)
    (found,) = parcels(tmp_path).rows(named=True)
    assert (found["parcel"], found["number"], found["to_hub"]) == ("shop:u1", "LZ473124829CN", "M")
    assert (found["value"], found["currency"], found["weight_kg"]) == (Decimal("4090.5"), "RUB", 1.03)
    assert [item["currency"] for item in items(tmp_path)] == ["RUB", "RUB"]


def test_ozon_takes_what_waits_and_no_number_of_its_own(tmp_path):
    outcome = run(tmp_path, "ozon", OZON)
    assert (outcome.taken, outcome.skipped) == (1, 1)
    (found,) = parcels(tmp_path).rows(named=True)
    assert (found["external_id"], found["number"], found["to_hub"]) == ("05708065-0029-1", None, "M")
    assert (found["value"], found["hs6"], found["weight_kg"]) == (Decimal(1981), "610910", 0.36)


def test_a_product_without_weight_sets_its_order_aside_as_json_to_repair(tmp_path):
    other = {**WOO, "id": 9, "line_items": [{"name": "Cap", "sku": "CAP", "quantity": 1, "total": "5.00"}]}
    outcome = run(tmp_path, "woocommerce", [WOO, other])
    assert (outcome.taken, outcome.counts) == (1, {"blank-field": 1})
    assert outcome.first[0].where == "woocommerce.json:2"
    assert json.loads(outcome.set_aside_file.read_text(encoding="utf-8")) == [other]


def test_an_order_that_is_not_built_as_expected_is_set_aside(tmp_path):
    outcome = run(
        tmp_path,
        "woocommerce",
        [WOO, {**WOO, "id": 9, "line_items": "none"}, {**WOO, "id": 10, "line_items": [{"total": "x"}]}],
    )
    assert (outcome.taken, outcome.counts) == (1, {"bad-order": 2})
    assert len(json.loads(outcome.set_aside_file.read_text(encoding="utf-8"))) == 2


def test_importing_again_takes_nothing_twice(tmp_path):
    run(tmp_path, "ozon", OZON)
    assert run(tmp_path, "ozon", OZON).known == 1


@pytest.mark.parametrize("content", ["{", "[1, 2", '{"orders": 5}', "plain words"])
def test_a_file_that_holds_no_orders_is_refused(tmp_path, content):
    with pytest.raises(BadOrders):
        run(tmp_path, "woocommerce", content)


def test_products_are_checked(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("sku,weight_kg\nA,0\nA,1\n,1\nB,x\n", encoding="utf-8")
    with pytest.raises(BadMapping) as caught:
        read_products(path)
    assert [item.where for item in caught.value.findings] == ["p.csv:2", "p.csv:4", "p.csv:5"]


def test_a_shops_json_needs_no_columns_and_a_csv_file_does():
    assert mapping_of({"channel": "shop"}, "m.toml", columns=False).channel == "shop"
    with pytest.raises(BadMapping) as caught:
        mapping_of({"channel": "a b", "weight_unit": "stone", "colums": {}}, "m.toml")
    codes = [item.code for item in caught.value.findings]
    assert codes.count("missing-field") == 5
    assert "did you mean 'columns'?" in str(caught.value)


def test_a_constant_fills_only_what_the_shop_does_not_say(tmp_path):
    rules = replace(
        RULES, mapping=replace(MAPPING, constants={**MAPPING.constants, "currency": "EUR", "weight": "0.5"})
    )
    other = {**WOO, "id": 9, "line_items": [{"name": "Cap", "sku": "CAP", "quantity": 1, "total": "5.00"}]}
    run(tmp_path, "woocommerce", [WOO, other], rules)
    found = parcels(tmp_path).select("currency", "weight_kg").rows()
    assert found == [("CNY", 1.21), ("CNY", 0.5)]
