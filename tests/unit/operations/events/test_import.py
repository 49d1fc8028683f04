"""Event files: good rows go on, the others are set aside with a word that helps, and can be imported again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from landbridge.operations.events import BadEvents, fold_store, import_events
from landbridge.operations.parcels.frame import PARCEL_SCHEMA
from landbridge.operations.store import Store

NUMBER = "LZ473124829CN"
HEAD = "number,code,occurred_at,office\n"
NOW = datetime(2026, 12, 1, tzinfo=UTC)


def store_in(tmp_path, *parcels: tuple[str, str, str]) -> Store:
    store = Store(tmp_path / "store")
    if parcels:
        rows = [
            {**dict.fromkeys(PARCEL_SCHEMA), "parcel": parcel, "number": number, "ready": datetime.fromisoformat(ready)}
            for parcel, number, ready in parcels
        ]
        store.append("parcels", pl.DataFrame(rows, schema=PARCEL_SCHEMA))
    return store


def take(store: Store, path: Path, text: str | bytes, form: str = "emsevt", **options):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    options.setdefault("is_any_number", store.rows("parcels") == 0)
    options.setdefault("now", NOW)
    return import_events(store, path, form, aside=path.with_suffix(".aside.csv"), **options)


def only_event(store: Store) -> dict[str, object]:
    (row,) = store.scan("events").collect().with_columns(pl.col("status").cast(pl.String)).to_dicts()
    return row


def test_an_emsevt_row_keeps_what_was_received_beside_what_it_means(tmp_path):
    store = store_in(tmp_path)
    take(store, tmp_path / "e.csv", HEAD + "lz 473124829 cn,EME,2026-11-20T05:40:00+08:00,CNHRB\n")
    row = only_event(store)
    assert row["parcel"] == NUMBER
    assert (row["status"], row["reason"], row["stage"]) == ("on_hold", "customs_inspection", 2)
    assert row["occurred_at"] == datetime(2026, 11, 19, 21, 40, tzinfo=UTC)
    assert row["offset_min"] == 480
    assert row["place"] == "CNHRB"
    assert row["classifier"] == "ACT"
    raw = json.loads(str(row["raw"]))
    assert (raw["code"], raw["occurred_at"]) == ("EME", "2026-11-20T05:40:00+08:00")


@pytest.mark.parametrize(
    ("oper_type", "oper_attr", "status"),
    [("14", "1", "in_transit"), ("2", "1", "delivered"), ("2", "2", "return_to_sender"), ("5", "3", "delivery_failed")],
)
def test_russian_post_pairs_and_types_alone(tmp_path, oper_type, oper_attr, status):
    """5/3 is in no table, but type 5 is not-delivered whatever its attribute; 2 needs its attribute."""
    store = store_in(tmp_path)
    head = "Barcode;OperType;OperAttr;OperDate;Index\n"
    take(
        store,
        tmp_path / "e.csv",
        f"{head}{NUMBER};{oper_type};{oper_attr};20.11.2026 10:00:00+03:00;690990\n",
        "russianpost",
    )
    row = only_event(store)
    assert row["status"] == status
    assert row["occurred_at"] == datetime(2026, 11, 20, 7, 0, tzinfo=UTC)


def test_a_russian_post_type_with_an_attribute_that_matters_is_not_guessed(tmp_path):
    store = store_in(tmp_path)
    head = "barcode,oper_type,oper_attr,oper_date\n"
    told = take(store, tmp_path / "e.csv", f"{head}{NUMBER},2,99,2026-11-20T10:00:00+03:00\n", "russianpost")
    assert dict(told.problems) == {"unknown-code": 1}


def test_dcsa_events_as_json_with_planned_and_estimated_beside_actual(tmp_path):
    document = [
        {
            "eventID": f"e{at}",
            "eventDateTime": f"2026-11-2{at}T10:00:00+08:00",
            "eventCreatedDateTime": "2026-11-19T10:00:00Z" if kind != "ACT" else "2026-11-23T10:00:00Z",
            "eventClassifierCode": kind,
            "equipmentEventTypeCode": "CUSR",
            "equipmentReference": "CSQU3054383",
            "eventLocation": {"UNLocationCode": "CNMLX", "locationName": "somewhere"},
        }
        for at, kind in enumerate(("PLN", "EST", "ACT"))
    ]
    store = store_in(tmp_path)
    told = take(store, tmp_path / "e.json", json.dumps(document), "dcsa")
    assert (told.events, dict(told.problems)) == (3, {})
    assert "locationname" in told.dropped
    rows = store.scan("events").collect()
    assert sorted(rows["classifier"].cast(pl.String).to_list()) == ["ACT", "EST", "PLN"]
    fold_store(store)
    state = store.scan("states").collect().to_dicts()[0]
    assert state["t3"] == datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def test_planned_estimated_and_actual_delivery_stand_beside_each_other(tmp_path):
    rows = [
        ("PLN", "2026-11-20T10:00Z", "2026-11-01T00:00Z"),
        ("EST", "2026-11-21T10:00Z", "2026-11-10T00:00Z"),
        ("EST", "2026-11-22T10:00Z", "2026-11-12T00:00Z"),
        ("ACT", "2026-11-23T10:00Z", "2026-11-23T11:00Z"),
    ]
    text = "number,status,classifier,timestamp,recorded_at\n"
    text += "".join(f"{NUMBER},delivered,{kind},{at},{told}\n" for kind, at, told in reversed(rows))
    store = store_in(tmp_path)
    take(store, tmp_path / "e.csv", text, "generic")
    fold_store(store)
    state = store.scan("states").collect().to_dicts()[0]
    days = [state[name].day for name in ("planned_at", "estimated_at", "t5")]
    assert days == [20, 22, 23]


BAD = {
    "no-number": ",EMC,2026-11-20T05:40Z,CNHRB",
    "scientific-notation": "4.73125E+12,EMC,2026-11-20T05:40Z,CNHRB",
    "unknown-code": f"{NUMBER},ZZZ,2026-11-20T05:40Z,CNHRB",
    "bad-time": f"{NUMBER},EMC,last Tuesday,CNHRB",
    "no-timezone": f"{NUMBER},EMC,2026-11-20T05:40,CNHRB",
    "not-yet": f"{NUMBER},EMC,2026-12-05T05:40Z,CNHRB",
    "unknown-number": "LZ473124815CN,EMC,2026-11-20T05:40Z,CNHRB",
    "s10-check-digit": "LZ473124820CN,EMC,2026-11-20T05:40Z,CNHRB",
    "another-year": f"{NUMBER},EMC,2025-11-01T05:40Z,CNHRB",
    "two-parcels": "RR123456785CN,EMC,2026-11-20T05:40Z,CNHRB",
    "before-acceptance": f"{NUMBER},EMC,2026-11-01T05:40Z,CNHRB",
    "broken-row": f"{NUMBER},EMC,2026-11-20T05:40Z",
}


@pytest.mark.parametrize("problem", BAD)
def test_a_bad_row_is_told_with_its_line_and_set_aside_and_the_rest_goes_on(tmp_path, problem):
    parcels = (
        ("a", NUMBER, "2026-11-18T00:00+00:00"),
        *((name, "RR123456785CN", "2026-11-18T00:00+00:00") for name in "bc"),
    )
    store = store_in(tmp_path, *parcels)
    good = f"{NUMBER},EMA,2026-11-19T05:40Z,CNHRB\n"
    told = take(store, tmp_path / "e.csv", HEAD + good + BAD[problem] + "\n" + good.replace("EMA", "EMB"))
    assert dict(told.problems) == {problem: 1}
    assert (told.rows, told.events) == (3, 2)
    assert told.examples[problem].startswith("e.csv:3: ")
    aside = pl.read_csv(tmp_path / "e.aside.csv", infer_schema=False)
    assert aside["line"].to_list() == ["3"]
    assert aside["problem"].to_list() == [problem]


def test_rows_set_aside_are_repaired_and_imported_again(tmp_path):
    store = store_in(tmp_path, ("a", NUMBER, "2026-11-18T00:00+00:00"))
    take(store, tmp_path / "e.csv", HEAD + f"{NUMBER},EMC,2026-11-20T05:40,CNHRB\n")
    repaired = (tmp_path / "e.aside.csv").read_text().replace("05:40,", "05:40+08:00,")
    told = take(store, tmp_path / "again.csv", repaired, "generic")
    assert (told.events, dict(told.problems)) == (1, {})
    assert only_event(store)["code_system"] == "emsevt"


def test_a_missing_zone_may_be_named(tmp_path):
    store = store_in(tmp_path)
    take(store, tmp_path / "e.csv", HEAD + f"{NUMBER},EMC,2026-11-20 05:40,CNHRB\n", timezone="Asia/Vladivostok")
    row = only_event(store)
    assert row["occurred_at"] == datetime(2026, 11, 19, 19, 40, tzinfo=UTC)
    assert row["offset_min"] == 600


def test_the_same_file_twice_adds_nothing(tmp_path):
    store = store_in(tmp_path)
    text = HEAD + "".join(
        f"{NUMBER},{code},2026-11-2{at}T05:40Z,CNHRB\n" for at, code in enumerate(("EMA", "EMB", "EMC"))
    )
    take(store, tmp_path / "e.csv", text + text)
    told = take(store, tmp_path / "e2.csv", text)
    assert (told.events, told.duplicates) == (0, 3)
    assert store.rows("events") == 3


def test_events_out_of_order_are_counted_and_the_state_is_the_same(tmp_path):
    codes = ("EMA", "EMC", "EMD", "EMI")
    lines = [f"{NUMBER},{code},2026-11-2{at}T05:40Z,CNHRB\n" for at, code in enumerate(codes)]
    first, second = store_in(tmp_path / "1"), store_in(tmp_path / "2")
    assert take(first, tmp_path / "a.csv", HEAD + "".join(lines)).late == 0
    assert take(second, tmp_path / "b.csv", HEAD + "".join(reversed(lines))).late == 3
    fold_store(first)
    fold_store(second)
    assert first.scan("states").collect().equals(second.scan("states").collect())


def test_a_number_used_again_after_a_year_belongs_to_the_parcel_of_its_time(tmp_path):
    store = store_in(tmp_path, ("old", NUMBER, "2025-03-01T00:00+00:00"), ("new", NUMBER, "2026-11-18T00:00+00:00"))
    take(store, tmp_path / "e.csv", HEAD + f"{NUMBER},EMC,2026-11-20T05:40Z,CNHRB\n")
    assert only_event(store)["parcel"] == "new"


def test_rows_in_two_encodings_are_told_apart(tmp_path):
    good = HEAD.encode() + f"{NUMBER},EMA,2026-11-20T05:40Z,CNHRB\n".encode()
    told = take(
        store := store_in(tmp_path),
        tmp_path / "e.csv",
        good + f"{NUMBER},EMB,2026-11-20T06:40Z,Харбин\n".encode("cp1251"),
    )
    assert dict(told.problems) == {"bad-encoding": 1}
    assert store.rows("events") == 1


@pytest.mark.slow
def test_small_blocks_find_the_same_as_one_and_name_the_same_lines(tmp_path):
    """A file larger than memory is read in blocks; a quoted line end must not be cut, and lines must be counted on."""
    quoted = [f'{NUMBER},EMB,2026-11-20T05:{at:02d}Z,"CN""HRB"\n' for at in range(40)]
    lines = [line if at % 3 else line.replace('"CN""HRB"', "X") for at, line in enumerate(quoted)]
    lines[7] = f'{NUMBER},EMB,2026-11-20T06:00Z,"two\nlines"\n'
    lines[20] = "broken\n"
    one, many = store_in(tmp_path / "1"), store_in(tmp_path / "2")
    text = HEAD + "".join(lines)
    whole = take(one, tmp_path / "a.csv", text)
    cut = take(many, tmp_path / "a2.csv", text, block_bytes=64)
    assert whole.events == cut.events == 39
    assert whole.examples["broken-row"].split(":")[1] == cut.examples["broken-row"].split(":")[1] == "23"
    assert (
        one.scan("events")
        .collect()
        .drop("raw")
        .sort("digest")
        .equals(many.scan("events").collect().drop("raw").sort("digest"))
    )


def test_a_header_without_a_column_is_refused_whole(tmp_path):
    with pytest.raises(BadEvents, match=r"e\.csv: occurred_at: has no column for occurred_at"):
        take(store_in(tmp_path), tmp_path / "e.csv", "number,code\nx,y\n")


def test_planted_names_appear_nowhere(tmp_path):
    """Personal data in a file of events: columns that are not known, and words where codes belong."""
    planted = ("Ivan Petrovich", "Lenina 5-12", "+7 914 000 11 22")
    head = "number,code,occurred_at,office,reason,recipient,address\n"
    rows = "".join(
        f'{NUMBER},{code},2026-11-2{at}T05:40Z,"{planted[1]}","{planted[0]}","{planted[0]}","{planted[2]}"\n'
        for at, code in enumerate(("EMA", "EMC", "ZZZ"))
    )
    store = store_in(tmp_path)
    told = take(store, tmp_path / "in.csv", head + rows)
    fold_store(store)
    (tmp_path / "in.csv").unlink()
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    for table in ("events", "states"):
        kept += repr(store.scan(table).collect().to_dicts()).encode()
    kept += repr(told).encode()
    for words in planted:
        assert words.encode() not in kept
    assert told.problems == {"unknown-code": 1}
