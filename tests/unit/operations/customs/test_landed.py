"""Landed cost: published cases, limits to the cent, and what is not known is said."""

from __future__ import annotations

import csv
import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landbridge.operations.customs.landed import WORDS, Goods, NoRegime, landed_cost, regimes_of
from landbridge.operations.customs.rates import FxRate, NoRate, Rates, read_rates
from landbridge.operations.customs.rules import BadRules, read_rules, shipped_rules
from landbridge.operations.customs.tariff import parse_rate, read_tariff, write_rules

RULES = shipped_rules()
NO_RATES = Rates([])


def ask(
    value,
    kg,
    *,
    to="RU",
    regime="ecommerce_goods",
    day="2026-08-01",
    currency="EUR",
    rules=RULES,
    rates=NO_RATES,
    **more,
):
    goods = Goods(
        country=to,
        regime=regime,
        day=date.fromisoformat(day),
        value=Decimal(value),
        currency=currency,
        weight_kg=Decimal(kg),
        **more,
    )
    return landed_cost(goods, rules, rates)


DAYS = {
    "EAEU 2018": ("RU", "personal_use_parcel", "2018-06-01", {}),
    "EAEU 2020-22 and 2024-": ("RU", "personal_use_parcel", "2025-06-01", {}),
    "EAEU e-commerce 2026-07": ("RU", "ecommerce_goods", "2026-07-01", {}),
    "CN CBEC": ("CN", "cbec_retail_import", "2026-01-01", {}),
}


@pytest.mark.data
def test_every_golden_case_passes(data_dir):
    """Duties where a case is of the EAEU (its VAT is another line), the one tax where it is of China."""
    with (data_dir / "operations" / "customs_golden_cases.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    for row in rows:
        to, regime, day, more = DAYS[row["rule"]]
        words = row["case"]
        value = re.search(r"(?:value )?(\d+) (?:EUR|CNY)", words)[1]
        kilograms = re.search(r"(\d+) kg", words)
        kg = kilograms[1] if kilograms else "1"
        if "skin care 20 g" in words:
            kg, more = "0.02", {"hs_code": "330499"}
        answer = ask(value, kg, to=to, regime=regime, day=day, currency=row["currency"], **more)
        kind = "tax" if to == "CN" else "duty"
        assert [line.amount for line in answer.lines if line.kind == kind] == [
            Decimal(row["expected"]).quantize(Decimal("0.01"))
        ], words


@pytest.mark.data
def test_the_shipped_rules_say_what_the_published_table_says(data_dir):
    """Limits, percentages and days of the published table, row by row."""
    with (data_dir / "operations" / "customs_rules.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["regime"] in ("personal_use_parcel", "ecommerce_goods")]
    duties = {(rule.regime, str(rule.valid_from or "")): rule for rule in RULES if rule.kind == "duty"}
    for row in rows:
        rule = duties[row["regime"], row["valid_from"]]
        assert str(rule.valid_to or "") == row["valid_to"]
        assert (rule.free_up_to, rule.pct, rule.amount) == tuple(
            Decimal(row[name]) for name in ("duty_free_limit", "duty_pct", "duty_min_eur_per_kg")
        )
        assert rule.base == row["duty_base"].split()[0]
        assert str(rule.free_up_to_kg or "") == row["limit_kg"]
        assert rule.source == row["source"]


def test_the_answer_is_in_lines_with_rules_and_says_what_it_is():
    answer = ask("350", "5")
    assert [(line.kind, line.amount, line.rule) for line in answer.lines] == [
        ("duty", Decimal("17.50"), "EAEU-EC-2026-DUTY"),
        ("tax", Decimal("80.85"), "RU-EC-2026-VAT"),  # 22 % of 350 + 17.50
    ]
    assert answer.total == Decimal("448.35")
    assert answer.words == WORDS == "estimate, not a declaration"
    assert answer.missing == ()


def test_the_limit_itself_is_free_and_a_cent_more_is_not():
    assert ask("200.00", "1").charges == 0
    assert ask("200.01", "1").lines[0].amount == Decimal("10.00")


@given(value=st.decimals(1, 5000, places=2), kg=st.decimals("0.01", 60, places=2))
def test_rules_with_limits_never_charge_less_for_more(value, kg):
    for regime in ("personal_use_parcel", "ecommerce_goods"):
        answer = ask(value, kg, regime=regime)
        assert ask(value + 1, kg, regime=regime).charges >= answer.charges
        assert ask(value, kg + 1, regime=regime).charges >= answer.charges
        assert answer.total == answer.value + sum(line.amount for line in answer.lines)


def test_the_month_before_counts_where_the_limit_is_of_a_month():
    first = ask("800", "10", regime="personal_use_parcel", day="2018-03-01")
    second = ask(
        "800", "10", regime="personal_use_parcel", day="2018-03-20", before_value=Decimal(800), before_kg=Decimal(10)
    )
    assert (first.charges, second.charges) == (Decimal(0), Decimal("180.00"))  # 30 % of the 600 above 1000
    assert ask(
        "10", "1", regime="personal_use_parcel", day="2018-03-20", before_value=Decimal(1500)
    ).charges == Decimal("3.00")


def test_money_is_converted_by_a_rate_that_is_named():
    rates = Rates([FxRate(currency="EUR", per_unit=Decimal(8), base="CNY", date=date(2026, 7, 1), source="a bank")])
    answer = ask("2800", "5", currency="CNY", rates=rates)
    assert [line.amount for line in answer.lines] == [Decimal("140.00"), Decimal("646.80")]
    assert answer.rates == ("1 EUR = 8 CNY of 2026-07-01, a bank",)


def test_a_rate_through_a_third_currency_and_the_latest_up_to_the_day():
    rates = Rates(
        [
            FxRate(currency="EUR", per_unit=Decimal(8), base="CNY", date=date(2026, 7, 1)),
            FxRate(currency="EUR", per_unit=Decimal(9), base="CNY", date=date(2026, 9, 1)),
            FxRate(currency="RUB", per_unit=Decimal("0.1"), base="CNY", date=date(2026, 7, 1)),
        ]
    )
    assert rates.convert(Decimal(10), "EUR", "RUB", date(2026, 8, 1)) == 800
    assert rates.convert(Decimal(10), "EUR", "CNY", date(2026, 9, 1)) == 90
    assert rates.convert(Decimal(10), "EUR", "CNY", date(2026, 1, 1)) == 80


def test_without_a_rate_there_is_no_answer():
    with pytest.raises(NoRate, match="from CNY to EUR"):
        ask("2800", "5", currency="CNY")


def test_what_is_not_in_the_table_is_named_and_never_guessed():
    assert "VAT of KZ" in ask("350", "5", to="KZ").missing[0]
    assert ask("150", "5", to="KZ").missing == ()
    above = ask("6000", "1", to="CN", regime="cbec_retail_import", currency="CNY")
    assert above.lines == ()
    assert "above 5000 CNY" in above.missing[0]
    unknown = ask("1500000", "10", regime="general", currency="RUB", hs_code="640399")
    assert [words.split(":")[0] for words in unknown.missing] == ["duty", "fee"]


def test_a_small_tax_is_waived_and_a_class_is_asked_for():
    post = {"to": "CN", "regime": "postal_articles", "currency": "CNY"}
    assert ask("380", "1", goods_class="13", **post).charges == 0  # 49.40
    assert ask("400", "1", goods_class="13", **post).charges == Decimal("52.00")
    assert "13, 20, 50" in ask("400", "1", **post).missing[0]
    assert "above 800 CNY" in ask("900", "1", goods_class="13", origin="HK", **post).missing[0]


def test_drafts_are_never_used():
    assert "platform_tax" not in [line.kind for line in ask("350", "5", day="2028-01-01").lines]
    assert any(rule.kind == "platform_tax" and not rule.enabled for rule in RULES)


def test_a_regime_that_does_not_hold_is_refused_with_those_that_do():
    with pytest.raises(NoRegime, match="personal_use_parcel"):
        ask("350", "5", day="2026-06-30")
    assert regimes_of(RULES, "RU", date(2026, 6, 30)) == ("general", "personal_use_parcel")


TARIFF = """code,rate,origin,valid_from,valid_to,source
6403,10 % but not less than 2 EUR/pair,,,,made up
640399,8,,,,made up
640399,20 %,CN,,,made up
0303,2 EUR/kg,,,,made up
6109,"5, но не менее 0.5 евро за 1 кг",,2026-01-01,2026-12-31,made up
"""


@pytest.fixture
def tariff(tmp_path):
    (tmp_path / "t.csv").write_text(TARIFF, encoding="utf-8")
    rules = read_tariff(tmp_path / "t.csv", jurisdiction="RU", currency="EUR")
    write_rules(rules, tmp_path / "r.csv")
    assert read_rules(tmp_path / "r.csv") == rules
    return (*RULES, *rules)


def test_a_tariff_in_words_gives_ad_valorem_specific_and_combined_duties(tariff):
    rates = Rates([FxRate(currency="EUR", per_unit=Decimal(100), base="RUB", date=date(2026, 1, 1))])

    def ask_duty(value, kg, **more):
        rules = [rule for rule in tariff if rule.kind != "fee"]
        answer = ask(value, kg, regime="general", rules=rules, rates=rates, **more)
        return next((line.amount for line in answer.lines if line.kind == "duty"), answer.missing)

    assert ask_duty("100", "1", hs_code="640399") == Decimal("8.00")  # the longer code before 6403
    assert ask_duty("100", "1", hs_code="640399", origin="CN") == Decimal("20.00")
    assert ask_duty("100", "1", hs_code="640351", units={"PR": Decimal(2)}) == Decimal("10.00")
    assert ask_duty("100", "1", hs_code="640351", units={"PR": Decimal(9)}) == Decimal("18.00")
    assert ask_duty("100", "7", hs_code="030312") == Decimal("14.00")
    assert ask_duty("100", "20", hs_code="610910") == Decimal("10.00")
    assert "quantity in PR" in ask_duty("100", "1", hs_code="640351")[0]
    assert "import one" in ask_duty("100", "1", hs_code="853710")[0]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("5", (Decimal(5), None, "", "", "")),
        ("7,5 %", (Decimal("7.5"), None, "", "", "")),
        ("2 EUR/kg", (None, Decimal(2), "EUR", "KGM", "")),
        ("10, но не менее 2 евро за 1 кг", (Decimal(10), Decimal(2), "EUR", "KGM", "max")),
        ("5 % plus 0.2 EUR/kg", (Decimal(5), Decimal("0.2"), "EUR", "KGM", "plus")),
        ("15 % but not more than 3 USD/pair", (Decimal(15), Decimal(3), "USD", "PR", "min")),
    ],
)
def test_rates_are_read_as_tariffs_print_them(text, parts):
    rate = parse_rate(text)
    assert (rate.pct, rate.amount, rate.currency, rate.per_unit, rate.combine) == parts


@pytest.mark.parametrize("text", ["", "free of charge", "10 % of 20", "2 shells/kg", "2 EUR/parsec"])
def test_what_is_no_rate_is_not_read(text):
    assert parse_rate(text) is None


def test_every_fault_of_a_tariff_is_reported_by_line(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("code,rate,valid_from\n303,5,\n0303,much,\n0304,5,soon\n0305,5,\n0305,6,\n", encoding="utf-8")
    with pytest.raises(BadRules) as caught:
        read_tariff(path, jurisdiction="RU", currency="EUR")
    places = [(item.where, item.column) for item in caught.value.findings]
    assert places == [("t.csv:2", "code"), ("t.csv:3", "rate"), ("t.csv:4", "valid_from"), ("t.csv:6", "code")]


def test_every_fault_of_a_table_of_rules_is_reported_by_line(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text(
        "rule,jurisdiction,regime,kind,base,currency,pct,amount,valid_from,valid_to\n"
        "a,XX,general,duty,whole,EUR,5,,,\n"
        "b,RU,general,toll,whole,EUR,-5,,,\n"
        "b,RU,general,duty,whole,EUR,5,2,2026-02-01,2026-01-01\n",
        encoding="utf-8",
    )
    with pytest.raises(BadRules) as caught:
        read_rules(path)
    found = {(item.where, item.column) for item in caught.value.findings}
    assert found == {
        ("r.csv:2", "jurisdiction"),
        ("r.csv:3", "kind"),
        ("r.csv:3", "pct"),
        ("r.csv:4", "combine"),
        ("r.csv:4", "per_unit"),
        ("r.csv:4", "valid_to"),
        ("r.csv:4", "rule"),
    }


def test_rates_are_checked(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(
        "currency,per_unit,base,date\nEUR,0,CNY,2026-01-01\nEUR,8,CNY,soon\nEU,8,CNY,2026-01-01\n", encoding="utf-8"
    )
    with pytest.raises(BadRules) as caught:
        read_rates(path)
    assert [item.where for item in caught.value.findings] == ["x.csv:2", "x.csv:3", "x.csv:4"]
