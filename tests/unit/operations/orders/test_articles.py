"""Files with a row for each article: rows of one order become one parcel, wherever they stand."""

from __future__ import annotations

import csv
from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.operations.orders import files

from landbridge.operations.orders import articles
from landbridge.operations.orders.batches import BadOrders
from landbridge.operations.orders.csv_source import look_at
from landbridge.operations.orders.guess import guess_mapping
from landbridge.operations.orders.mapping import BadMapping, Mapping, mapping_of, write_mapping
from landbridge.operations.people.store import PeopleStores

row, run, write, parcels = files.row, files.run, files.write, files.parcels


def items(folder) -> pl.DataFrame:
    return pl.read_parquet(folder / "P/items/**/*.parquet").sort("parcel", "position")


def test_rows_of_an_order_are_one_parcel_with_their_amounts_added_up(tmp_path):
    path = write(
        tmp_path / "o.csv",
        row(1, weight="1.5", price="99.90", what="Cotton T-shirts", hs="610910"),
        row(1, weight="0.25", price="10", what="Cups", hs="691200"),
        row(2, weight="3", price="1"),
    )
    outcome = run(path, tmp_path, articles="rows")
    assert (outcome.rows, outcome.taken, outcome.set_aside, outcome.counts) == (3, 2, 0, {})
    first, second = parcels(tmp_path).rows(named=True)
    assert (first["weight_kg"], first["value"], first["hs6"]) == (1.75, Decimal("109.9"), "610910")
    assert (second["weight_kg"], second["value"]) == (3.0, Decimal(1))
    found = items(tmp_path).filter(pl.col("parcel") == "shop:A1").to_dicts()
    assert [(item["description"], item["net_weight_kg"], item["value"], item["hs_code"]) for item in found] == [
        ("Cotton T-shirts", 1.5, Decimal("99.9"), "610910"),
        ("Cups", 0.25, Decimal(10), "691200"),
    ]
    assert PeopleStores(tmp_path / "people").find("shop:A1").name == "Ivanova Maria"


def test_later_rows_may_leave_blank_what_the_first_one_says(tmp_path):
    """As shops export it: totals, address and dates stand in the first row of an order."""
    blank = dict.fromkeys(("weight", "price", "cur", "created", "region", "who", "street"), "")
    run(write(tmp_path / "o.csv", row(1), row(1, **blank | {"what": "Cups"}), row(2)), tmp_path, articles="rows")
    first = parcels(tmp_path).row(0, named=True)
    assert (first["weight_kg"], first["value"], first["currency"]) == (1.5, Decimal("99.9"), "CNY")
    assert items(tmp_path).filter(pl.col("parcel") == "shop:A1")["description"].to_list() == ["Cotton T-shirts", "Cups"]


def test_amounts_that_each_row_repeats_for_its_order_are_not_added(tmp_path):
    path = write(tmp_path / "o.csv", row(1), row(1, price="5", what="Cups"), row(2))
    run(path, tmp_path, articles="rows", order_amounts=("weight",))
    first = parcels(tmp_path).row(0, named=True)
    assert (first["weight_kg"], first["value"]) == (1.5, Decimal("104.9"))
    assert items(tmp_path)["net_weight_kg"].to_list() == [None, None, 1.5]  # the order that has one article: its weight


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"region": "Amur"}, "rows-differ"),
        ({"cur": "RUB"}, "rows-differ"),
        ({"who": "Petrova Anna"}, "rows-differ"),
        ({"created": "2026-10-06 10:00"}, "rows-differ"),
        ({"weight": "-1"}, "weight-not-positive"),
        ({"weight": "heavy"}, "not-a-number"),
        ({"price": "-5"}, "negative-value"),
        ({"price": "1.2E+5"}, "excel-number"),
        ({"street": "Main street, 5"}, "row-length"),
    ],
)
def test_an_order_with_a_row_that_is_wrong_is_set_aside_whole_and_comes_back_mended(tmp_path, cells, code):
    """No parcel is taken without one of its articles."""
    path = write(tmp_path / "o.csv", row(1), row(2), row(2, **cells), row(3))
    outcome = run(path, tmp_path, articles="rows")
    assert code in outcome.counts
    assert (outcome.taken, outcome.set_aside) == (2, 2)
    assert "Petrova" not in outcome.report.read_text()
    aside = outcome.set_aside_file.read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in aside[1:]] == ["3", "4"]
    head, good, _ = aside
    bad = f"4,,{row(2, what='Cups')}"
    outcome.set_aside_file.write_text(f"{head}\n{good}\n{bad}\n")
    again = run(outcome.set_aside_file, tmp_path, articles="rows")
    assert (again.taken, again.set_aside, again.counts) == (1, 0, {})
    assert parcels(tmp_path).height == 3


def test_a_file_read_again_takes_nothing_and_another_article_is_told(tmp_path):
    path = write(tmp_path / "o.csv", row(1), row(1, what="Cups"))
    run(path, tmp_path, articles="rows")
    assert run(path, tmp_path, articles="rows").known == 1
    more = run(write(tmp_path / "p.csv", row(1), row(1), row(1)), tmp_path, articles="rows")
    assert more.counts == {"changed-parcel": 1, "repeated-row": 1}


def test_decimal_commas_are_added_too(tmp_path):
    path = write(tmp_path / "o.csv", row(1, weight='"1,5"', price='"1.000,25"'), row(1, weight='"0,25"', price="2"))
    run(path, tmp_path, articles="rows", decimal=",")
    first = parcels(tmp_path).row(0, named=True)
    assert (first["weight_kg"], first["value"]) == (1.75, Decimal("1002.25"))


def test_a_row_without_an_id_joins_no_other(tmp_path):
    outcome = run(write(tmp_path / "o.csv", row(1, order=""), row(2, order=""), row(3)), tmp_path, articles="rows")
    assert (outcome.taken, outcome.set_aside, outcome.counts) == (1, 2, {"blank-field": 2})


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=24), st.integers(1, 4))
def test_rows_in_any_order_and_blocks_of_any_size_come_to_the_same(tmp_path_factory, orders, blocks):
    """Against sums by hand; a small block cuts orders, and rows of one stand far apart."""
    folder = tmp_path_factory.mktemp("any")
    rows = [row(order, weight=f"{at + 1}", price=f"{at + 1}.25", what=f"Cups {at}") for at, order in enumerate(orders)]
    outcome = run(write(folder / "o.csv", *rows), folder, articles="rows", block=blocks * 100)
    assert (outcome.rows, outcome.taken, outcome.set_aside) == (len(orders), len(set(orders)), 0)
    for found in parcels(folder).rows(named=True):
        mine = [at for at, order in enumerate(orders) if f"shop:A{order}" == found["parcel"]]
        assert found["weight_kg"] == sum(at + 1 for at in mine)
        assert found["value"] == sum(at + Decimal("1.25") for at in mine)
        told = items(folder).filter(pl.col("parcel") == found["parcel"])
        assert told["description"].to_list() == [f"Cups {at}" for at in mine]


def test_a_file_in_which_too_much_would_wait_is_refused_before_anything_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(articles, "MOST_HELD", 3)
    rows = [row(at) for at in range(1, 6)]
    path = write(tmp_path / "o.csv", *rows, *rows)
    with pytest.raises(BadOrders, match=r"5 would have to wait.*Sort the file by its column 'Order'"):
        run(path, tmp_path, articles="rows")
    assert not (tmp_path / "P" / "parcels").exists()
    near = write(tmp_path / "p.csv", *(item for item in rows for _ in range(2)))
    assert run(near, tmp_path, articles="rows").taken == 5


def test_the_guess_sees_that_rows_are_articles_and_which_amounts_they_repeat(tmp_path):
    rows = [cells for at in range(1, 5) for cells in (row(at, price="7"), row(at, price="8", what="Cups"))]
    found = look_at(write(tmp_path / "o.csv", *rows))
    mapping, notes = guess_mapping(found.header, found.sample(), channel="shop", encoding="utf-8", separator=",")
    assert (mapping.articles, mapping.order_amounts) == ("rows", ("weight",))
    assert "4 ids" in notes["articles"]
    found = look_at(write(tmp_path / "p.csv", row(1), row(2)))
    mapping, _ = guess_mapping(found.header, found.sample(), channel="shop", encoding="utf-8", separator=",")
    assert (mapping.articles, mapping.order_amounts) == ("", ())


@pytest.mark.parametrize(
    ("told", "what"),
    [({}, "the same"), ({"price": "8"}, "another amount"), ({"who": "Petrov Pyotr", "what": "Cups"}, "another person")],
)
def test_an_id_that_stands_twice_with_one_article_or_two_recipients_is_taken_for_a_double_row(tmp_path, told, what):
    """As when an export was pasted twice, or an order corrected: adding such rows up would double its weight."""
    text = "\n".join((files.HEADER.replace("Who", "Recipient"), row(1), row(1, **told), row(2)))
    (tmp_path / "o.csv").write_text(text.replace("What", "Description") + "\n")
    found = look_at(tmp_path / "o.csv")
    mapping, notes = guess_mapping(found.header, found.sample(), channel="shop", encoding="utf-8", separator=",")
    assert (mapping.articles, mapping.order_amounts) == ("", ()), what
    assert "double rows" in notes["articles"]
    assert '"rows"' in notes["articles"]


def test_a_double_row_among_orders_of_several_articles_does_not_change_the_guess(tmp_path):
    rows = [cells for at in range(1, 4) for cells in (row(at), row(at, what="Cups"))]
    found = look_at(write(tmp_path / "o.csv", *rows, row(9), row(9)))
    mapping, notes = guess_mapping(found.header, found.sample(), channel="shop", encoding="utf-8", separator=",")
    assert mapping.articles == "rows"
    assert "1 of them" in notes["articles"]


@pytest.mark.parametrize(("articles", "taken", "other"), [("rows", 2, 'articles = ""'), ("", 2, 'articles = "rows"')])
def test_it_is_told_how_ids_that_stand_twice_are_read_and_how_to_read_them_otherwise(tmp_path, articles, taken, other):
    path = write(tmp_path / "o.csv", row(1), row(1, what="Cups"), row(1), row(2))
    outcome = run(path, tmp_path, dry=True, articles=articles)
    assert (outcome.several, outcome.taken) == (1, taken)
    assert outcome.several_words.startswith("1 id stands in several rows")
    assert other in outcome.several_words
    wrong = run(write(tmp_path / "w.csv", row(1, cur="XYY"), row(1)), tmp_path, dry=True, articles=articles, block=90)
    assert wrong.several == 1
    assert run(write(tmp_path / "p.csv", row(3)), tmp_path, dry=True, articles=articles).several_words == ""


def test_rows_of_an_order_that_say_the_same_are_added_with_a_warning(tmp_path):
    outcome = run(write(tmp_path / "o.csv", row(1), row(1), row(2), row(2, what="Cups")), tmp_path, articles="rows")
    assert (outcome.taken, outcome.counts) == (2, {"repeated-row": 1})
    assert parcels(tmp_path).row(0, named=True)["weight_kg"] == 3.0


def test_the_switch_is_saved_and_read_and_a_wrong_one_is_told():
    import tomllib

    mapping = Mapping(
        channel="shop",
        columns=dict.fromkeys(("external_id", "weight", "value", "currency", "ready"), "X"),
        constants={"good": "parcel", "from_hub": "H"},
        articles="rows",
        order_amounts=("weight",),
    )
    assert mapping_of(tomllib.loads(write_mapping(mapping)), "m") == mapping
    plain = tomllib.loads(write_mapping(replace(mapping, articles="", order_amounts=())))
    for key, value in (("articles", "lines"), ("order_amounts", ["price"]), ("order_amounts", ["weight"])):
        with pytest.raises(BadMapping, match=key):
            mapping_of(plain | {key: value}, "m")


def test_the_dry_run_tells_of_orders_and_takes_nothing(tmp_path):
    outcome = run(write(tmp_path / "o.csv", row(1), row(1), row(2, cur="XYY")), tmp_path, dry=True, articles="rows")
    with outcome.rows_file.open() as file:
        told = {line["external_id"]: line["status"] for line in csv.DictReader(file)}
    assert told == {"A1": "sound", "A2": "set aside"}
    assert not (tmp_path / "P" / "parcels").exists()
