"""Customs forms: what is refused, and that one form and a million are judged alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from landbridge.operations.customs.complete import incomplete
from landbridge.operations.customs.declaration import (
    Article,
    Declaration,
    Party,
    check_declaration,
    form_of,
    vague_description,
)
from landbridge.operations.customs.rates import FxRate, Rates
from landbridge.operations.parcels.items import ITEM_SCHEMA

SENDER = Party(name="李明", city="哈尔滨", postcode="150010", country="CN")
ADDRESSEE = Party(name="Иванова Мария", lines=("Светланская 12",), city="Владивосток", country="RU")
SHIRTS = Article(
    description="Cotton T-shirts",
    quantity=2,
    net_weight_kg=Decimal("0.36"),
    value=Decimal("120.00"),
    hs_code="610910",
    origin="CN",
)
SHOES = Article(
    description="Leather shoes",
    quantity=1,
    net_weight_kg=Decimal("0.85"),
    value=Decimal("310.50"),
    hs_code="640399",
    origin="CN",
)
FORM = Declaration(
    number="LZ473124829CN",
    sender=SENDER,
    addressee=ADDRESSEE,
    category="sale of goods",
    articles=(SHIRTS, SHOES),
    gross_weight_kg=Decimal("1.4"),
    value=Decimal("430.50"),
    currency="CNY",
    posted=date(2026, 10, 5),
)


def codes(form):
    return [item.code for item in check_declaration(form)]


def with_shirts(**changes):
    return replace(FORM, articles=(replace(SHIRTS, **changes), SHOES))


def test_a_complete_form_has_no_findings():
    assert check_declaration(FORM) == []


REFUSED = [
    ("vague-description", with_shirts(description="Gift")),
    ("vague-description", with_shirts(description="spare parts")),
    ("vague-description", with_shirts(description="запчасти")),
    ("vague-description", with_shirts(description="样品")),
    ("vague-description", with_shirts(description="12345")),
    ("vague-description", with_shirts(description="")),
    ("long-description", with_shirts(description="Cotton T-shirts " * 6)),
    ("missing-hs", with_shirts(hs_code="")),
    ("hs-format", with_shirts(hs_code="6109")),
    ("hs-unknown", with_shirts(hs_code="854140")),
    ("hs-leading-zero", with_shirts(hs_code="10121")),
    ("missing-origin", with_shirts(origin="")),
    ("bad-country", with_shirts(origin="XX")),
    ("bad-quantity", with_shirts(quantity=0)),
    ("weight-not-positive", with_shirts(net_weight_kg=Decimal(0))),
    ("wrong-sum", replace(FORM, value=Decimal("430.49"))),
    ("wrong-sum", replace(FORM, gross_weight_kg=Decimal("1.2"))),
    ("s10-check-digit", replace(FORM, number="LZ473124820CN")),
    ("bad-category", replace(FORM, category="presents")),
    ("no-explanation", replace(FORM, category="other")),
    ("bad-currency", replace(FORM, currency="YUAN")),
    ("not-abroad", replace(FORM, addressee=replace(ADDRESSEE, country="CN"))),
    ("blank-field", replace(FORM, addressee=replace(ADDRESSEE, name=""))),
    ("blank-field", replace(FORM, addressee=replace(ADDRESSEE, city="", lines=()))),
]


@pytest.mark.parametrize(("code", "form"), REFUSED)
def test_what_customs_refuse_is_found(code, form):
    assert codes(form) == [code]


def test_a_form_without_articles_says_nothing():
    assert codes(replace(FORM, articles=(), value=Decimal(0))) == ["no-articles"]


def test_hs_codes_are_needed_for_commercial_articles_since_the_rule_holds():
    bare = with_shirts(hs_code="", origin="")
    assert codes(bare) == ["missing-hs", "missing-origin"]
    assert codes(replace(bare, posted=date(2025, 8, 31))) == []
    assert codes(replace(bare, category="gift")) == []


def test_no_finding_names_a_person():
    form = replace(
        FORM, addressee=replace(ADDRESSEE, country="Иванова Мария Сергеевна, Россия", city=""), value=Decimal(1)
    )
    said = "\n".join(map(str, check_declaration(form)))
    assert "Иванова" not in said
    assert "Иванова" not in repr(form)
    assert "Светланская" not in repr(form)


def test_the_form_follows_value_and_service():
    rates = Rates([FxRate(currency="XDR", per_unit=Decimal("9.5"), base="CNY", date=date(2026, 10, 1))])
    assert form_of(FORM, rates) == "CN22"
    assert form_of(replace(FORM, value=Decimal(2850)), rates) == "CN23"  # 300 SDR
    assert form_of(replace(FORM, number="CP473124829CN"), rates) == "CN23"  # a parcel
    assert form_of(replace(FORM, articles=(SHIRTS,) * 4), rates) == "CN23"  # no room for more than three
    assert form_of(FORM, Rates([])) == "CN23"  # the value in SDR is not known


@pytest.mark.parametrize(
    "text", ["Cotton T-shirts", "女式棉T恤", "Кожаные ботинки", "Spare parts for bicycle brakes", "Tea"]
)
def test_descriptions_that_say_what_it_is_are_taken(text):
    assert vague_description(text) == ""


def test_many_parcels_are_judged_as_one_form_is():
    changes = [
        {},
        {"description": "Gift"},
        {"description": "样品"},
        {"description": "女式棉T恤"},
        {"description": "12345"},
        {"hs_code": ""},
        {"hs_code": "6109"},
        {"origin": ""},
        {"net_weight_kg": Decimal(0)},
        {"value": Decimal(7)},
        {"net_weight_kg": Decimal(5)},
    ]
    items, wanted = [], {}
    for at, change in enumerate(changes):
        article = replace(SHIRTS, **change)
        for position, item in ((1, article), (2, SHOES)):
            items.append(
                {
                    "parcel": f"p{at}",
                    "position": position,
                    "description": item.description,
                    "quantity": item.quantity,
                    "net_weight_kg": float(item.net_weight_kg),
                    "value": item.value,
                    "currency": "CNY",
                    "hs_code": item.hs_code or None,
                    "origin_country": item.origin or None,
                }
            )
        found = codes(replace(FORM, articles=(article, SHOES)))
        names = {"hs-format": "bad-hs"}
        wanted[f"p{at}"] = {names.get(code, code) for code in found} - {"wrong-sum"}
        if "wrong-sum" in found:
            wanted[f"p{at}"].add("value-sum" if "value" in change else "weight-sum")
    parcels = pl.LazyFrame(
        {
            "parcel": [*wanted, "none"],
            "weight_kg": [1.4] * (len(changes) + 1),
            "value": [Decimal("430.50")] * (len(changes) + 1),
        },
        schema_overrides={"value": pl.Decimal(18, 4)},
    )
    rows = incomplete(parcels, pl.LazyFrame(items, schema=ITEM_SCHEMA)).collect()
    told = {parcel: set(codes) for parcel, codes in rows.group_by("parcel").agg("code").iter_rows()}
    assert told == {parcel: found for parcel, found in wanted.items() if found} | {"none": {"no-articles"}}
