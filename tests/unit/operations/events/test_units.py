"""Events of containers, bags and departures count for the parcels that are in them at that moment."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest

from landbridge.operations.events import fold_store, import_events
from landbridge.operations.events.epcis import import_epcis, schema_faults
from landbridge.operations.events.export import export_epcis
from landbridge.operations.events.loads import import_loads
from landbridge.operations.parcels.frame import PARCEL_SCHEMA
from landbridge.operations.store import ALLOCATIONS, LEGS, Store

NOW = datetime(2026, 12, 1, tzinfo=UTC)
BOX, OTHER = "CSQU3054383", "MSKU0134427"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}+00:00")


def store_in(tmp_path, *parcels: str, name: str = "store") -> Store:
    store = Store(tmp_path / name)
    rows = [{**dict.fromkeys(PARCEL_SCHEMA), "parcel": parcel, "ready": moment("01T00:00")} for parcel in parcels]
    store.append("parcels", pl.DataFrame(rows, schema=PARCEL_SCHEMA))
    return store


def load(store: Store, folder, text: str, **options):
    file = folder / f"load-{len(list(folder.glob('load-*')))}.csv"
    file.write_text(text)
    options.setdefault("now", NOW)
    return import_loads(store, file, aside=file.with_suffix(".aside.csv"), **options)


def tell(store: Store, folder, rows: str, form: str = "dcsa"):
    file = folder / f"told-{len(list(folder.glob('told-*')))}.csv"
    file.write_text("number,event,code,occurred_at,place,corrects\n" + rows)
    return import_events(store, file, form, aside=file.with_suffix(".aside.csv"), now=NOW)


def places(store: Store) -> dict[str, str | None]:
    fold_store(store)
    return dict(store.scan("states").select("parcel", "place").collect().iter_rows())


HEAD = "parcel,unit,since,until,event_id,corrects\n"


def test_an_event_counts_for_what_is_in_the_container_at_that_moment(tmp_path):
    """S:1 is in it, S:2 was taken out before, S:3 is put in after."""
    store = store_in(tmp_path, "S:1", "S:2", "S:3")
    told = load(
        store,
        tmp_path,
        f"{HEAD}S:1,{BOX},2026-11-02T00:00Z,,,\nS:2,{BOX},2026-11-02T00:00Z,2026-11-03T00:00Z,,\n"
        f"S:3,{BOX},2026-11-06T00:00Z,,,\n",
    )
    assert (told.events, dict(told.problems)) == (4, {})
    rows: list[pl.DataFrame] = []
    text = f"{HEAD}S:3,{BOX},2026-11-06T00:00Z,,,\nS:2,OTHER1,2026-11-07T00:00Z,,,\nS:9,{BOX},2026-11-06T00:00Z,,,\n"
    load(store, tmp_path, text, report=rows.append)
    assert [row[2:] for row in pl.concat(rows).rows()] == [
        ("known", ""), ("sound", ""), ("set aside", "unknown-content"),
    ]  # fmt: skip
    told = tell(store, tmp_path, f"{BOX},,DEPA,2026-11-05T00:00Z,city:A,\n")
    assert (told.events, told.unit_events, dict(told.problems)) == (0, 1, {})
    assert places(store) == {"S:1": "city:A"}


@pytest.mark.slow
def test_a_bag_in_a_container_on_a_voyage_is_followed_through_all_of_them(tmp_path):
    store = store_in(tmp_path, "S:1", "S:2")
    load(
        store,
        tmp_path,
        f"{HEAD}S:1,BAG7,2026-11-02T00:00Z,,,\nBAG7,{BOX},2026-11-03T00:00Z,2026-11-09T00:00Z,,\n"
        f"{BOX},VOYAGE9,2026-11-04T00:00Z,2026-11-08T00:00Z,,\nS:2,{BOX},2026-11-02T00:00Z,,,\n",
    )
    tell(store, tmp_path, "VOYAGE9,,DEPA,2026-11-05T00:00Z,city:A,\n")
    assert places(store) == {"S:1": "city:A", "S:2": "city:A"}
    tell(store, tmp_path, "BAG7,,ARRI,2026-11-07T00:00Z,city:B,\n")
    assert places(store) == {"S:1": "city:B", "S:2": "city:A"}
    tell(store, tmp_path, f"{BOX},,DROP,2026-11-10T00:00Z,city:C,\n")  # the bag was out of it
    assert places(store) == {"S:1": "city:B", "S:2": "city:C"}


def test_what_is_in_one_container_is_in_no_other_and_a_stripped_one_is_empty(tmp_path):
    store = store_in(tmp_path, "S:1")
    load(store, tmp_path, f"{HEAD}S:1,{BOX},2026-11-02T00:00Z,,,\nS:1,{OTHER},2026-11-04T00:00Z,,,\n")
    told = tell(
        store,
        tmp_path,
        f"{BOX},,ARRI,2026-11-05T00:00Z,city:A,\n{OTHER},,STRP,2026-11-06T00:00Z,city:B,\n",
    )
    assert dict(told.problems) == {"empty-unit": 1}
    told = tell(store, tmp_path, f"{OTHER},,GTOT,2026-11-07T00:00Z,city:C,\n")
    assert dict(told.problems) == {"empty-unit": 1}
    assert places(store) == {"S:1": "city:B"}


def test_loads_told_after_the_event_or_taken_back_change_whom_it_counts_for(tmp_path):
    store = store_in(tmp_path, "S:1", "S:2")
    load(store, tmp_path, f"{HEAD}S:1,{BOX},2026-11-02T00:00Z,,l1,\n")
    tell(store, tmp_path, f"{BOX},,DEPA,2026-11-05T00:00Z,city:A,\n")
    assert set(places(store)) == {"S:1"}
    load(store, tmp_path, f"{HEAD}S:2,{BOX},2026-11-02T00:00Z,,l2,\nS:1,{BOX},2026-11-02T00:00Z,,l1,l1\n")
    assert set(places(store)) == {"S:2"}


def test_events_of_units_are_corrected_by_reference_and_count_once(tmp_path):
    """The correction moves the event to before the parcel was in: then neither is the parcel's."""
    store = store_in(tmp_path, "S:1", "S:2")
    load(store, tmp_path, f"{HEAD}S:1,{BOX},2026-11-04T00:00Z,,,\nS:2,{BOX},2026-11-02T00:00Z,,,\n")
    row = f"{BOX},e1,DEPA,2026-11-05T00:00Z,city:A,\n"
    assert tell(store, tmp_path, row).unit_events == 1
    assert tell(store, tmp_path, row).duplicates == 1
    assert set(places(store)) == {"S:1", "S:2"}
    tell(store, tmp_path, f"{BOX},e2,DEPA,2026-11-03T00:00Z,city:B,e1\n")
    assert places(store) == {"S:2": "city:B"}


def test_a_parcel_in_a_unit_by_two_ways_hears_of_it_once(tmp_path):
    store = store_in(tmp_path, "S:1")
    since = "2026-11-02T00:00Z"
    load(store, tmp_path, f"{HEAD}S:1,BAG7,{since},,,\nBAG7,{BOX},{since},,,\nS:1,{BOX},{since},,,\n")
    tell(store, tmp_path, f"{BOX},,DEPA,2026-11-05T00:00Z,city:A,\n")
    fold_store(store)
    assert store.scan("states").select("events").collect().item() == 1


def test_that_a_unit_was_accepted_does_not_make_earlier_events_of_its_parcels_early(tmp_path):
    store = store_in(tmp_path, "S:1")
    load(store, tmp_path, f"{HEAD}S:1,{BOX},2026-11-02T00:00Z,,,\n")
    tell(store, tmp_path, "S:1,,EMC,2026-11-03T00:00Z,X,\n", "emsevt")
    tell(store, tmp_path, f"{BOX},,RECE,2026-11-04T00:00Z,Y,\n")
    fold_store(store)
    state = store.scan("states").collect().to_dicts()[0]
    assert (state["early"], state["t0"], state["t1"]) == (0, None, moment("03T00:00"))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (f"{OTHER},,DEPA,2026-11-05T00:00Z,A,", "unknown-unit"),
        ("CSQU3054384,,DEPA,2026-11-05T00:00Z,A,", "bad-container"),
        (f"{BOX},,DEPA,2026-11-01T00:00Z,A,", "empty-unit"),
        ("BAG-NOBODY-KNOWS-7,,DEPA,2026-11-05T00:00Z,A,", "unknown-number"),
        ("train@2026-11-05T0000Z,,DEPA,2026-11-05T00:00Z,A,", "unknown-unit"),
    ],
)
def test_an_event_of_a_unit_that_is_unknown_or_empty_is_set_aside_and_can_be_mended(tmp_path, row, code):
    store = store_in(tmp_path, "S:1")
    load(store, tmp_path, f"{HEAD}S:1,{BOX},2026-11-02T00:00Z,,,\n")
    told = tell(store, tmp_path, row + "\n")
    assert (told.unit_events, dict(told.problems)) == (0, {code: 1})
    aside = told.aside.read_text()
    assert row.split(",")[0].upper() in aside.upper()
    told.aside.write_text(aside.replace(row.split(",")[0], BOX).replace("2026-11-01", "2026-11-05"))
    again = import_events(store, told.aside, "generic", now=NOW)
    assert (again.unit_events, dict(again.problems)) == (1, {})


def test_a_unit_is_not_delivered(tmp_path):
    store = store_in(tmp_path, "S:1")
    load(store, tmp_path, f"{HEAD}S:1,{BOX},2026-11-02T00:00Z,,,\n")
    told = tell(store, tmp_path, f"{BOX},,EMI,2026-11-05T00:00Z,A,\n", "emsevt")
    assert dict(told.problems) == {"unit-cannot-end": 1}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (f"S:9,{BOX},2026-11-02T00:00Z,,,", "unknown-content"),
        ("S:1,CSQU3054384,2026-11-02T00:00Z,,,", "bad-container"),
        (f"S:1,{BOX},2026-11-02T00:00,,,", "no-timezone"),
        (f"S:1,{BOX},in May,,,", "bad-time"),
        (f"S:1,{BOX},,,,", "no-time"),
        ("S:1,,2026-11-02T00:00Z,,,", "no-unit"),
        (f",{BOX},2026-11-02T00:00Z,,,", "no-number"),
        (f"S:1,{BOX},2026-11-02T00:00Z,2026-11-01T00:00Z,,", "ends-before-starts"),
        ("BAG7,BAG7,2026-11-02T00:00Z,,,", "within-itself"),
        (f"1.23457E+12,{BOX},2026-11-02T00:00Z,,,", "scientific-notation"),
        ("S:1,Ivan Petrov,Moscow,2026-11-02T00:00Z,,,", "broken-row"),
    ],
)
def test_a_bad_row_of_loads_is_set_aside_and_the_rest_goes_on(tmp_path, row, code):
    store = store_in(tmp_path, "S:1", "S:2")
    told = load(store, tmp_path, f"{HEAD}{row}\nS:2,{BOX},2026-11-02T00:00Z,,,\n")
    assert (told.events, dict(told.problems)) == (1, {code: 1})
    assert "load-0.csv:2:" in told.examples[code]
    assert "Petrov" not in told.aside.read_text()


def test_planted_names_appear_nowhere(tmp_path):
    """Issue 7, done-when 6: in columns of their own, and slipped into those that are kept."""
    store = store_in(tmp_path, "S:1", "S:2")
    told = load(
        store,
        tmp_path,
        f"parcel,unit,since,event_id,corrects,source,recipient\n"
        f"S:1,{BOX},2026-11-02T00:00Z,Ivan Plantov,Ivan Plantov,Ivan Plantov,Plantov\n"
        f"S:2,Ivan Plantov,2026-11-02T00:00Z,,,,\nIvan Plantov 2,{BOX},2026-11-02T00:00Z,,,,\n",
    )
    tell(store, tmp_path, f"{BOX},Ivan Plantov,DEPA,2026-11-05T00:00Z,Plantov Street 5,Ivan Plantov\n")
    assert places(store) == {"S:1": None}
    export_epcis(store, tmp_path / "out.jsonld")
    written = [
        repr(store.scan(table).collect().to_dicts()) for table in ("loads", "unit_loads", "unit_events", "states")
    ]
    written += [(tmp_path / "out.jsonld").read_text(), told.aside.read_text(), *told.examples.values()]
    for text in written:
        assert "PLANTOV" not in text.upper()


def test_the_same_loads_twice_add_nothing(tmp_path):
    store = store_in(tmp_path, "S:1")
    text = f"{HEAD}S:1,{BOX},2026-11-02T00:00Z,2026-11-03T00:00Z,,\n"
    assert load(store, tmp_path, text).events == 2
    told = load(store, tmp_path, text)
    assert (told.events, told.duplicates) == (0, 2)


# EPCIS


def epcis(*events: dict[str, object]) -> dict[str, object]:
    shared = {"eventTimeZoneOffset": "+08:00", "recordTime": "2026-11-20T00:00:00Z"}
    return {
        "@context": [],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-20T00:00:00Z",
        "epcisBody": {"eventList": [shared | event for event in events]},
    }


def packed(action: str, time: str, children: list[str] | None, **more: object) -> dict[str, object]:
    event = {
        "type": "AggregationEvent",
        "action": action,
        "eventTime": time,
        "parentID": f"https://x.example/box/{BOX}",
    }
    return event | ({"childEPCs": children} if children is not None else {}) | more


def seen(time: str, place: str) -> dict[str, object]:
    return {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "eventTime": time,
        "epcList": [f"https://x.example/box/{BOX}"],
        "bizStep": "departing",
        "disposition": "in_transit",
        "readPoint": {"id": f"https://x.example/loc/{place}"},
    }


def test_aggregation_events_load_and_unload_and_delete_without_children_empties(tmp_path):
    store = store_in(tmp_path, "S:1", "S:2")
    document = epcis(
        packed("ADD", "2026-11-02T00:00:00Z", ["https://x.example/parcel/S%3A1", "https://x.example/parcel/S%3A2"]),
        seen("2026-11-03T00:00:00Z", "A"),
        packed("DELETE", "2026-11-04T00:00:00Z", ["https://x.example/parcel/S%3A1"]),
        seen("2026-11-05T00:00:00Z", "B"),
        packed("DELETE", "2026-11-06T00:00:00Z", None),
        seen("2026-11-07T00:00:00Z", "C"),
    )
    assert schema_faults(document) == []
    (tmp_path / "d.jsonld").write_text(json.dumps(document))
    told = import_epcis(store, tmp_path / "d.jsonld", now=NOW, aside=tmp_path / "aside.csv")
    assert (told.loads, told.unit_events, dict(told.problems)) == (4, 2, {"empty-unit": 1})
    assert places(store) == {"S:1": "A", "S:2": "B"}


def test_an_aggregation_event_without_a_parent_is_told(tmp_path):
    event = packed("ADD", "2026-11-02T00:00:00Z", ["https://x.example/parcel/S%3A1"])
    del event["parentID"]
    document = epcis(event)
    assert schema_faults(document) == ["$.epcisBody.eventList[0]: lacks parentID"]
    (tmp_path / "d.jsonld").write_text(json.dumps(document))
    told = import_epcis(store_in(tmp_path, "S:1"), tmp_path / "d.jsonld", now=NOW)
    assert dict(told.problems) == {"bad-epcis": 1}


@pytest.mark.slow
def test_units_written_as_epcis_come_back_as_the_same_states(tmp_path):
    store = store_in(tmp_path, "S:1", "S:2")
    load(
        store,
        tmp_path,
        f"{HEAD}S:1,BAG7,2026-11-02T00:00Z,,,\nBAG7,{BOX},2026-11-03T00:00Z,,l1,\nS:2,{BOX},2026-11-02T00:00Z,,l2,\n"
        f"S:2,{BOX},2026-11-02T00:00Z,,l2,l2\n,{BOX},,2026-11-09T00:00Z,,\n",
    )
    tell(store, tmp_path, f"{BOX},e1,DEPA,2026-11-05T00:00Z,A,\n{BOX},e2,DEPA,2026-11-06T00:00Z,B,e1\n")
    expected = places(store)
    assert expected == {"S:1": "B"}
    export_epcis(store, tmp_path / "out.jsonld")
    assert schema_faults(json.loads((tmp_path / "out.jsonld").read_text())) == []
    again = store_in(tmp_path, "S:1", "S:2", name="again")
    told = import_epcis(again, tmp_path / "out.jsonld", now=NOW)
    assert dict(told.problems) == {}
    assert places(again) == expected


# Departures of the plan


def on_the_train(tmp_path) -> Store:
    """S:1 rides A to C, S:2 boards at B and rides to C, S:3 rides another train; a repeated stop does not matter."""
    store = store_in(tmp_path, "S:1", "S:2", "S:3")
    leaves = moment("05T00:00")
    legs, rows = [], []
    for parcel, service, hubs in (("S:1", "train", "ABC"), ("S:2", "train", "BC"), ("S:3", "other", "AC")):
        order = f"o{parcel[-1]}"
        for seq, (first, last) in enumerate(pairwise(hubs), start=1):
            at = leaves + timedelta(hours=10 * "ABC".index(first))
            legs.append(
                {
                    "order": order, "way": "w", "seq": seq, "service": service, "departs": leaves, "from_hub": first,
                    "to_hub": last, "leaves": at, "arrives": at + timedelta(hours=9), "crosses": False,
                }
            )  # fmt: skip
        rows.append({**dict.fromkeys(ALLOCATIONS), "parcel": parcel, "order": order, "way": "w", "code": ""})
    with store.batch() as batch:
        batch.append("legs", pl.DataFrame(legs, schema=LEGS))
        batch.append("allocations", pl.DataFrame(rows, schema=ALLOCATIONS))
    return store


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "time", "place", "riders"),
    [
        ("DEPA", "05T03:00", "A", {"S:1"}),
        ("ARRI", "05T14:00", "B", {"S:1"}),
        ("DEPA", "05T16:00", "B", {"S:1", "S:2"}),
        ("ARRI", "07T00:00", "C", {"S:1", "S:2"}),
        ("DEPA", "07T02:00", "C", set()),
        ("CUSI", "05T02:00", "somewhere", {"S:1"}),
        ("CUSI", "05T12:00", "", {"S:1", "S:2"}),
        ("CUSI", "06T12:00", "", {"S:1", "S:2"}),
    ],
)
def test_an_event_of_a_departure_is_theirs_who_ride_it_there(tmp_path, code, time, place, riders):
    """The train is five hours late and more: at its hubs the place says who is on it, elsewhere the plan's hours."""
    store = on_the_train(tmp_path)
    told = tell(store, tmp_path, f"train@2026-11-05T00:00Z,,{code},2026-11-{time}Z,{place},\n")
    assert dict(told.problems) == {}
    assert set(places(store)) == riders


def test_a_bag_may_be_loaded_on_a_departure_and_a_manifest_is_a_load(tmp_path):
    store = on_the_train(tmp_path)
    told = load(
        store,
        tmp_path,
        "parcel,number,weight_kg,from_hub,to_hub,leaves,arrives\n"
        "S:3,,1.0,A,C,2026-11-05T00:00:00.000000+0000,2026-11-06T05:00:00.000000+0000\n",
        unit="train@2026-11-05T0000Z",
    )
    assert (told.events, dict(told.problems)) == (2, {})
    tell(store, tmp_path, "train@2026-11-05T00:00Z,,CUSI,2026-11-05T02:00Z,,\n")
    fold_store(store)
    assert set(store.scan("states").collect()["parcel"]) == {"S:1", "S:3"}
