"""Orders in: every kind of bad input is counted, told by row and set aside; the rest goes on."""

from __future__ import annotations

import csv
import json
import tracemalloc
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest
from tests.unit.operations.orders import files

from landbridge.operations.orders.batches import BadOrders
from landbridge.operations.orders.findings import REMEDIES
from landbridge.operations.orders.importer import Numbering
from landbridge.operations.orders.mapping import BadMapping
from landbridge.operations.parcels.frame import PARCEL_SCHEMA
from landbridge.operations.parcels.ranges import BadRange, NumberLedger, NumberRange
from landbridge.operations.people.store import PeopleStores

row, run, write, parcels = files.row, files.run, files.write, files.parcels


def test_a_sound_row_becomes_a_parcel_an_article_and_a_recipient(tmp_path):
    outcome = run(write(tmp_path / "o.csv", row(track="LZ473124829CN")), tmp_path)
    assert (outcome.rows, outcome.taken, outcome.set_aside) == (1, 1, 0)
    frame = parcels(tmp_path)
    assert frame.schema == PARCEL_SCHEMA
    (found,) = frame.rows(named=True)
    assert found["parcel"] == "shop:A1"
    assert found["number"] == "LZ473124829CN"
    assert (found["from_hub"], found["to_hub"]) == ("H", "V")
    assert (found["weight_kg"], found["value"]) == (1.5, Decimal("99.90"))
    assert found["ready"] == datetime(2026, 10, 5, 2, 0, tzinfo=UTC)
    assert found["promised"] == datetime(2026, 10, 15, 2, 0, tzinfo=UTC)
    item = pl.read_parquet(tmp_path / "P/items/**/*.parquet").row(0, named=True)
    assert (item["parcel"], item["description"], item["hs_code"]) == ("shop:A1", "Cotton T-shirts", "610910")
    assert PeopleStores(tmp_path / "people").find("shop:A1").name == "Ivanova Maria"


BAD = [
    ("excel-number", {"order": "1.23457E+12"}),
    ("excel-number", {"track": "4.6E+12"}),
    ("excel-number", {"hs": "6.1E+5"}),
    ("excel-number", {"price": "1.2E+5"}),
    ("bad-external-id", {"order": "Ivanova"}),
    ("bad-external-id", {"order": "Ivanova Maria 7"}),
    ("bad-external-id", {"order": "=HYPERLINK(A1)"}),
    ("s10-check-digit", {"track": "LZ473124820CN"}),
    ("s10-format", {"track": "LZ12CN"}),
    ("s10-country", {"track": "RB123456785XX"}),
    ("weight-not-positive", {"weight": "-2"}),
    ("weight-not-positive", {"weight": "0"}),
    ("not-a-number", {"weight": "heavy"}),
    ("not-a-number", {"weight": "1,5,7"}),
    ("not-a-number", {"price": "NaN"}),
    ("negative-value", {"price": "-1"}),
    ("value-implausible", {"price": "79990001122"}),
    ("weight-implausible", {"weight": "1500"}),
    ("bad-currency", {"cur": "XYY"}),
    ("not-a-time", {"created": "yesterday"}),
    ("not-a-time", {"created": "2026-13-05 10:00"}),
    ("blank-field", {"weight": ""}),
    ("blank-field", {"order": ""}),
    ("no-hub", {"region": "Nowhere"}),
    ("bad-quotes", {"what": '5" tablet'}),
    ("row-length", {"street": "Main street, 5"}),
]


@pytest.mark.parametrize(("code", "cells"), BAD)
def test_what_is_wrong_with_a_row_is_told_and_the_rest_goes_on(tmp_path, code, cells):
    if code == "not-a-number" and cells.get("weight") == "1,5,7":
        cells = {"weight": '"1,5,7"'}
    outcome = run(write(tmp_path / "o.csv", row(1), row(2, **cells), row(3)), tmp_path)
    assert (outcome.taken, outcome.set_aside) == (2, 1)
    assert outcome.counts == {code: 1}
    (finding,) = outcome.first
    assert finding.where == "o.csv:3"
    assert finding.code == code
    assert REMEDIES[code] in finding.message
    with outcome.report.open(encoding="utf-8", newline="") as file:
        assert [(item["line"], item["code"]) for item in csv.DictReader(file)] == [("3", code)]
    aside = outcome.set_aside_file.read_text(encoding="utf-8-sig").splitlines()
    assert aside[0].startswith("landbridge_line,landbridge_why,Order,")
    assert aside[1] == f"3,{code},{row(2, **cells)}"


WARNED = [
    ("hs-unknown", {"hs": "854140"}),
    ("hs-leading-zero", {"hs": "10121"}),
    ("s10-reserved", {"track": "SA473124829CN"}),
    ("s10-untracked", {"track": "UA473124829CN"}),
    ("inland-number-inferred", {"track": "14001293402154"}),
    ("weight-heavy", {"weight": "44"}),
]


@pytest.mark.parametrize(("code", "cells"), WARNED)
def test_what_is_odd_is_told_and_taken(tmp_path, code, cells):
    outcome = run(write(tmp_path / "o.csv", row(1, **cells)), tmp_path)
    assert (outcome.taken, outcome.set_aside, outcome.counts) == (1, 0, {code: 1})


def test_rows_set_aside_can_be_repaired_and_imported(tmp_path):
    first = run(write(tmp_path / "o.csv", row(1), row(2, weight="-1"), row(3, street="Lenin st, 5")), tmp_path)
    assert first.set_aside == 2
    text = first.set_aside_file.read_text(encoding="utf-8-sig")
    repaired = tmp_path / "repaired.csv"
    repaired.write_text(text.replace(",-1,", ",1.1,").replace("Lenin st, 5", '"Lenin st, 5"'), encoding="utf-8-sig")
    second = run(repaired, tmp_path)
    assert (second.taken, second.set_aside) == (2, 0)
    assert parcels(tmp_path)["external_id"].to_list() == ["A1", "A2", "A3"]


def test_rows_set_aside_twice_keep_their_own_columns(tmp_path):
    first = run(write(tmp_path / "o.csv", row(1, weight="-1")), tmp_path)
    second = run(first.set_aside_file, tmp_path)
    lines = second.set_aside_file.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == f"landbridge_line,landbridge_why,{files.HEADER}"
    assert lines[1] == f"2,weight-not-positive,{row(1, weight='-1')}"


def test_importing_again_takes_nothing_twice(tmp_path):
    path = write(tmp_path / "o.csv", row(1, track="LZ473124829CN"), row(2))
    run(path, tmp_path)
    again = run(path, tmp_path)
    assert (again.taken, again.known, again.set_aside) == (0, 2, 0)
    assert parcels(tmp_path).height == 2


def test_the_same_id_with_other_content_is_not_taken(tmp_path):
    run(write(tmp_path / "o.csv", row(1), row(2)), tmp_path)
    outcome = run(write(tmp_path / "p.csv", row(1, weight="9"), row(2), row(3)), tmp_path)
    assert (outcome.taken, outcome.known, outcome.counts) == (1, 1, {"changed-parcel": 1})
    assert parcels(tmp_path)["weight_kg"].to_list() == [1.5, 1.5, 1.5]


def test_a_number_that_a_known_parcel_did_not_have_is_a_change(tmp_path):
    run(write(tmp_path / "o.csv", row(1), row(2, track="LZ473124829CN")), tmp_path)
    outcome = run(write(tmp_path / "p.csv", row(1, track="RR473124829RU"), row(2)), tmp_path)
    assert (outcome.known, outcome.counts) == (1, {"changed-parcel": 1})


def test_parcels_without_a_number_get_the_next_of_a_range(tmp_path):
    ledger = NumberLedger(tmp_path / "ledger.sqlite")
    ledger.add(
        NumberRange(
            name="demo", indicator="ZA", country="CN", first=1, last=2, post="", document="", received=date(2026, 10, 1)
        )
    )
    path = write(tmp_path / "o.csv", row(1), row(2, track="LZ473124829CN"), row(3))
    numbering = Numbering(ledger=ledger, name="demo")
    assert run(path, tmp_path, numbers=numbering).taken == 3
    assert parcels(tmp_path)["number"].to_list() == ["ZA000000014CN", "LZ473124829CN", "ZA000000028CN"]
    assert run(path, tmp_path).known == 3  # numbers given here are no change of the order
    with pytest.raises(BadRange, match="0 numbers are left"):
        run(write(tmp_path / "p.csv", row(4)), tmp_path, numbers=numbering)
    assert parcels(tmp_path).height == 3


def test_two_parcels_with_one_id_or_one_number_are_found_within_and_across_files(tmp_path):
    path = write(
        tmp_path / "o.csv",
        row(1, track="LZ473124829CN"),
        row(2, track="LZ473124829CN"),
        row(1),
        row(3),
    )
    outcome = run(path, tmp_path)
    assert outcome.counts == {"duplicate-number": 1, "duplicate-parcel": 1}
    later = run(write(tmp_path / "p.csv", row(9, track="lz 473124829 cn")), tmp_path)
    assert later.counts == {"duplicate-number": 1}
    assert parcels(tmp_path)["external_id"].to_list() == ["A1", "A3"]


def test_blocks_of_a_few_bytes_give_the_same_as_one(tmp_path):
    lines = [row(at, weight="-1" if at % 7 == 0 else "2") for at in range(60)] + [row(3)]
    path = write(tmp_path / "o.csv", *lines)
    whole = run(path, tmp_path / "a")
    parts = run(path, tmp_path / "b", block=301)
    assert whole.counts == parts.counts == {"weight-not-positive": 9, "duplicate-parcel": 1}
    assert parcels(tmp_path / "a").equals(parcels(tmp_path / "b"))
    assert [str(item) for item in whole.first] == [str(item) for item in parts.first]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
def test_russian_text_is_read_in_its_encoding_and_that_is_said(tmp_path, encoding):
    rows = [row(at, who="Иванова Мария", street="улица Светланская") for at in range(5)]
    outcome = run(write(tmp_path / "o.csv", *rows, encoding=encoding), tmp_path)
    assert outcome.encoding == encoding.removesuffix("-sig")
    assert outcome.taken == 5
    assert PeopleStores(tmp_path / "people").find("shop:A3").address == "улица Светланская"


def test_chinese_text_is_read_in_its_encoding(tmp_path):
    rows = [row(at, who="王芳", street="哈尔滨市道里区中央大街一百号") for at in range(5)]
    outcome = run(write(tmp_path / "o.csv", *rows, encoding="gb18030"), tmp_path)
    assert (outcome.encoding, outcome.taken) == ("gb18030", 5)
    assert PeopleStores(tmp_path / "people").find("shop:A3").name == "王芳"


def test_rows_in_another_encoding_than_the_file_are_set_aside_readable(tmp_path):
    path = write(tmp_path / "o.csv", *[row(at, who="Иванова Мария") for at in range(6)], encoding="cp1251")
    with path.open("ab") as file:
        file.write((row(7, who="Петров Иван") + "\n").encode())
    outcome = run(path, tmp_path)
    assert (outcome.taken, outcome.counts) == (6, {"mixed-encoding": 1})
    assert "Петров Иван" in outcome.set_aside_file.read_text(encoding="utf-8-sig")
    assert run(outcome.set_aside_file, tmp_path, encoding="cp1251").taken == 1  # its mark says UTF-8


def test_times_without_a_zone_are_set_aside_until_the_mapping_names_one(tmp_path):
    path = write(
        tmp_path / "o.csv", row(1), row(2, created="2026-10-05T10:00:00+08:00"), row(3, created="2026-10-05T02:00Z")
    )
    outcome = run(path, tmp_path, timezone="")
    assert (outcome.taken, outcome.counts) == (2, {"no-timezone": 1})
    assert parcels(tmp_path)["ready"].unique().to_list() == [datetime(2026, 10, 5, 2, 0, tzinfo=UTC)]
    assert run(path, tmp_path).taken == 1


def test_an_hour_that_a_change_of_clocks_skips_is_told(tmp_path):
    path = write(tmp_path / "o.csv", row(1, created="2026-03-29 02:30"), row(2))
    assert run(path, tmp_path, timezone="Europe/Berlin").counts == {"bad-local-time": 1}


def test_day_first_dates_are_read_when_the_mapping_says_so(tmp_path):
    path = write(tmp_path / "o.csv", row(1, created="05.10.2026 10:00"))
    assert run(path, tmp_path).counts == {"not-a-time": 1}
    assert run(path, tmp_path, dates="dmy").taken == 1
    assert parcels(tmp_path)["ready"][0] == datetime(2026, 10, 5, 2, 0, tzinfo=UTC)


def test_decimal_commas_and_grams(tmp_path):
    path = write(tmp_path / "o.csv", row(1, weight='"1 500,5"', price='"1.099,90"'))
    run(path, tmp_path, decimal=",", weight_unit="g")
    assert parcels(tmp_path).select("weight_kg", "value").row(0) == (1.5005, Decimal("1099.90"))


@pytest.mark.parametrize("name", ["7", "A-7", "#1001", "05708065-0029-1", "9f1c2e5a-3b7d-4c1e-8a52-aa", "заказ7"])
def test_ids_of_many_shops_are_taken(tmp_path, name):
    assert run(write(tmp_path / "o.csv", row(1, order=name)), tmp_path).taken == 1


def test_a_dry_run_reports_every_row_and_takes_nothing(tmp_path):
    path = write(tmp_path / "o.csv", row(1), row(2, weight="-1"), row(3, hs="854140"), row(4, street="a, b"))
    outcome = run(path, tmp_path, dry=True)
    with outcome.rows_file.open(encoding="utf-8", newline="") as file:
        rows = [(item["line"], item["status"], item["codes"]) for item in csv.DictReader(file)]
    assert rows == [
        ("2", "sound", ""),
        ("3", "set aside", "weight-not-positive"),
        ("4", "sound", "hs-unknown"),
        ("5", "set aside", "row-length"),
    ]
    assert not (tmp_path / "P" / "parcels").exists()
    assert outcome.set_aside_file is None
    assert not (tmp_path / "people").exists()


def test_the_longest_beginning_of_a_postcode_decides_the_hub(tmp_path):
    hubs = (
        files.HubRule(country="RU", postcode="69", hub="V"),
        files.HubRule(country="RU", postcode="6750", hub="B"),
        files.HubRule(country="RU", region="Amur", hub="B"),
        files.HubRule(country="RU", hub="H2"),
    )
    rules = replace(
        files.RULES,
        hub_rules=hubs,
        hubs=frozenset(),
        mapping=replace(files.MAPPING, columns={**files.MAPPING.columns, "to_postcode": "HS"}),
    )
    rules = replace(
        rules,
        mapping=replace(
            rules.mapping, columns={name: column for name, column in rules.mapping.columns.items() if name != "hs_code"}
        ),
    )
    path = write(
        tmp_path / "o.csv",
        row(1, hs="690091"),
        row(2, hs="675 000"),
        row(3, hs="111111", region="AMUR"),
        row(4, hs="", region="Elsewhere"),
    )
    run(path, tmp_path, rules)
    assert parcels(tmp_path)["to_hub"].to_list() == ["V", "B", "B", "H2"]
    assert parcels(tmp_path)["postcode_prefix"].to_list() == ["690", "675", "111", None]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_line_ends_of_windows_and_other_separators(tmp_path, separator):
    path = tmp_path / "o.csv"
    lines = [files.HEADER, row(1, street='"Line one\r\nline two"'), row(2, what="")]
    path.write_bytes("\r\n".join(lines).replace(",", separator).encode())
    assert run(path, tmp_path).taken == 2
    people = PeopleStores(tmp_path / "people")
    assert [people.find(f"shop:A{at}").address for at in (1, 2)] == ["Line one\r\nline two", "Svetlanskaya 12"]


def test_a_file_of_nothing_but_a_header_has_no_rows(tmp_path):
    outcome = run(write(tmp_path / "o.csv"), tmp_path)
    assert (outcome.rows, outcome.taken, outcome.first) == (0, 0, ())


@pytest.mark.parametrize("content", [b"", b"\n\n", b"Order,Weight"])
def test_a_file_without_header_and_rows_is_refused(tmp_path, content):
    (tmp_path / "o.csv").write_bytes(content)
    with pytest.raises(BadOrders, match=r"o\.csv"):
        run(tmp_path / "o.csv", tmp_path)


def test_two_imports_at_once_and_recipients_among_parcels_are_refused(tmp_path):
    path = write(tmp_path / "o.csv", row(1))
    (tmp_path / "P" / "imports").mkdir(parents=True)
    (tmp_path / "P" / "imports" / ".lock").touch()
    with pytest.raises(BadOrders) as caught:
        run(path, tmp_path)
    assert caught.value.code == "import-under-way"
    (tmp_path / "P" / "imports" / ".lock").unlink()
    run(path, tmp_path)
    assert not (tmp_path / "P" / "imports" / ".lock").exists()
    with pytest.raises(BadOrders, match="kept apart"):
        run(path, tmp_path, people=tmp_path / "P" / "people")


def test_a_mapping_that_names_no_column_of_the_file_is_refused_with_every_name(tmp_path):
    rules = replace(
        files.RULES,
        mapping=replace(files.MAPPING, columns={**files.MAPPING.columns, "weight": "Wieght", "hs_code": "X"}),
    )
    with pytest.raises(BadMapping) as caught:
        run(write(tmp_path / "o.csv", row(1)), tmp_path, rules)
    assert [item.code for item in caught.value.findings] == ["unknown-column"] * 2
    assert "did you mean 'Weight'?" in str(caught.value)
    assert not list((tmp_path / "P").rglob("*.parquet"))


def test_an_import_that_is_broken_off_leaves_nothing(tmp_path, monkeypatch):
    from landbridge.operations.orders import importer

    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(importer.Parts, "move_to", fail)
    with pytest.raises(KeyboardInterrupt):
        run(write(tmp_path / "o.csv", row(1), row(2, weight="-1")), tmp_path)
    assert not [path for path in (tmp_path / "P").rglob("*") if path.is_file()]
    assert not list((tmp_path / "people").rglob("*.csv"))


def test_what_an_import_did_is_written_down(tmp_path):
    outcome = run(write(tmp_path / "o.csv", row(1), row(2, weight="-1")), tmp_path)
    document = json.loads((tmp_path / "P" / "imports" / outcome.name / "import.json").read_text(encoding="utf-8"))
    assert (document["taken"], document["set_aside"], document["findings"]) == (1, 1, {"weight-not-positive": 1})


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path):
    """Twenty times the rows in blocks of one size: the peak grows by the words of known ids only."""
    peaks = []
    for rows in (2_000, 40_000):
        path = write(tmp_path / f"o{rows}.csv", *[row(at) for at in range(rows)])
        tracemalloc.start()
        run(path, tmp_path / str(rows), dry=True, block=100_000)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 3 * peaks[0] + 40_000 * 16 * 4
