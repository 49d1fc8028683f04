"""EPCIS 2.0: what is written passes its schema and comes back as the same states; what breaks it is told."""

from __future__ import annotations

import json

import pytest

from landbridge.operations.events import BadEvents, fold_store, import_events
from landbridge.operations.events.epcis import import_epcis, schema_faults
from landbridge.operations.events.export import export_epcis
from landbridge.operations.store import Store

NUMBER = "LZ473124829CN"


@pytest.mark.data
def test_the_example_of_the_collected_data_is_accepted_and_read(data_dir, tmp_path):
    file = data_dir / "operations" / "epcis_event_example.jsonld"
    assert schema_faults(json.loads(file.read_text())) == []
    store = Store(tmp_path / "s")
    told = import_epcis(store, file, is_any_number=True)
    assert (told.events, dict(told.problems)) == (1, {})
    row = store.scan("events").collect().to_dicts()[0]
    assert (row["parcel"], row["code"], row["place"], row["offset_min"]) == (NUMBER, "EMC", "CNHRB", 480)


def history(tmp_path, name: str = "s") -> Store:
    text = (
        "number,event_id,code,occurred_at,office,corrects\n"
        f"{NUMBER},e1,EMA,2026-11-20T05:40+08:00,city:CN-HL,\n"
        f"{NUMBER},e2,EMI,2026-11-21T05:40+08:00,xing:suifenhe,\n"
        f"{NUMBER},e3,EMD,2026-11-22T05:40+10:00,xing:pogranichny,e2\n"
        f"{NUMBER},,EDB,2026-11-22T06:40Z,xing:pogranichny,\n"
    )
    store = Store(tmp_path / name)
    (tmp_path / "e.csv").write_text(text)
    import_events(store, tmp_path / "e.csv", "emsevt", is_any_number=True)
    fold_store(store)
    return store


def test_a_store_written_and_read_again_has_the_same_states(tmp_path):
    store = history(tmp_path)
    count = export_epcis(store, tmp_path / "out.jsonld")
    document = json.loads((tmp_path / "out.jsonld").read_text())
    assert schema_faults(document) == []
    assert count == len(document["epcisBody"]["eventList"]) == 5  # four events, and one of them taken back
    again = Store(tmp_path / "again")
    import_epcis(again, tmp_path / "out.jsonld", is_any_number=True)
    fold_store(again)
    plain = ["events", "corrected"]
    assert again.scan("states").collect().drop(plain).equals(store.scan("states").collect().drop(plain))


def test_a_correction_is_an_error_declaration_never_a_change(tmp_path):
    export_epcis(history(tmp_path), tmp_path / "out.jsonld")
    events = json.loads((tmp_path / "out.jsonld").read_text())["epcisBody"]["eventList"]
    declared = [event for event in events if "errorDeclaration" in event]
    assert [event["lb:upuEvent"] for event in declared] == ["EMI"]
    assert declared[0]["errorDeclaration"]["correctiveEventIDs"] == ["https://id.example/event/e3"]


BROKEN = {
    "action": ("LOOK", "action: is not of enum"),
    "eventTime": ("yesterday", "eventTime: is not of pattern"),
    "eventTimeZoneOffset": ("8", "eventTimeZoneOffset: is not of pattern"),
    "epcList": ([], "epcList: is not of minItems"),
    "type": ("TransformationEvent", "type: is not of const"),
    "weight": (3, "has a name that the standard does not"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_event_that_breaks_the_schema_is_set_aside_and_the_rest_is_read(tmp_path, name):
    value, words = BROKEN[name]
    export_epcis(history(tmp_path), tmp_path / "out.jsonld")
    document = json.loads((tmp_path / "out.jsonld").read_text())
    document["epcisBody"]["eventList"][1][name] = value
    assert len(schema_faults(document)) == 1
    (tmp_path / "in.jsonld").write_text(json.dumps(document))
    told = import_epcis(Store(tmp_path / "t"), tmp_path / "in.jsonld", is_any_number=True)
    assert dict(told.problems) == {"bad-epcis": 1}
    assert told.examples["bad-epcis"].startswith("in.jsonld:2: ")
    assert words in told.examples["bad-epcis"]
    assert told.events == 4


@pytest.mark.parametrize("text", ["no JSON", '{"type": "EPCISDocument"}', "[]"])
def test_what_is_no_document_is_refused_whole(tmp_path, text):
    (tmp_path / "in.jsonld").write_text(text)
    with pytest.raises(BadEvents, match="expected an EPCIS 2"):
        import_epcis(Store(tmp_path / "t"), tmp_path / "in.jsonld")


def test_a_foreign_event_without_a_code_gets_the_status_of_its_step(tmp_path):
    export_epcis(history(tmp_path), tmp_path / "out.jsonld")
    document = json.loads((tmp_path / "out.jsonld").read_text())
    event = document["epcisBody"]["eventList"][0]
    del event["lb:upuEvent"]
    event |= {
        "bizStep": "https://ref.gs1.org/cbv/BizStep-receiving",
        "disposition": "urn:epcglobal:cbv:disp:retail_sold",
    }
    document["epcisBody"]["eventList"] = [event]
    (tmp_path / "in.jsonld").write_text(json.dumps(document))
    store = Store(tmp_path / "t")
    import_epcis(store, tmp_path / "in.jsonld", is_any_number=True)
    fold_store(store)
    assert store.scan("states").collect()["status"].to_list() == ["delivered"]
