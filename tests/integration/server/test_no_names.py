"""
Nothing about people enters the server with parcels and events.

Names, streets, telephones and addresses are planted in a file of orders and in one of events, in their own columns and
in all others; then every table of the database, every answer, the log and the figures are searched for them.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import logging
import tarfile
from typing import Any

import polars as pl
import pytest
from sqlalchemy import text
from tests.integration.server.conftest import Person, World
from tests.integration.server.test_followings import COLUMNS, MAPPING, follow, number, order
from tests.integration.server.test_nothing_leaks import Listener, listening

from landbridge.server.logs import JsonLines
from landbridge.server.store.schema import Base

PLANTED = {
    "name": "Zinaida Planted", "russian": "Зинаида Подкидышева", "chinese": "张植入", "street": "Hidden Lane 17-3",
    "phone": "+7 924 555-01-99", "plain_phone": "+79245550199", "email": "zinaida.planted@example.org",
    "passport": "0507 998877",
}  # fmt: skip

TRACES = ("Zinaida", "Planted", "planted", "Зинаида", "Подкидыш", "植入", "Hidden", "555-01-99", "9245550199", "998877",
          "example.org")  # fmt: skip
"""What is looked for: parts, so that a cut or changed text is found, too."""


def orders_file() -> bytes:
    """Sound rows that name people in their columns, and rows whose cells have slipped, each into another column."""
    rows = [
        order(1, recipient=PLANTED["name"], address=PLANTED["street"], phone=PLANTED["phone"], country="RU"),
        order(2, recipient=PLANTED["russian"], address=PLANTED["chinese"], phone=PLANTED["email"], country="RU"),
    ]
    serial = 10
    for column in COLUMNS:
        for what in PLANTED.values():
            serial += 1
            rows.append(order(serial) | {column: what})
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(rows)
    broken = f'shop-900,{PLANTED["name"]},only three cells\nshop-901,"{PLANTED["street"]}" x,,,,,,,,,,,,\n'
    return (out.getvalue() + broken).encode()


def events_file() -> bytes:
    """The same of events."""
    columns = (
        "number",
        "code",
        "occurred_at",
        "place",
        "event_id",
        "corrects",
        "classifier",
        "reason",
        "source",
        "note",
    )
    sound = dict(zip(columns, (number(1), "EMA", "2026-01-05T01:00+08:00", "A-town"), strict=False))
    rows = [sound | {"note": PLANTED["name"]}]
    for column in columns:
        rows += [sound | {column: what} for what in PLANTED.values()]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return (out.getvalue() + f"{number(1)},{PLANTED['name']}\n").encode()


def loads_file() -> bytes:
    """The same of loads."""
    columns = ("parcel", "unit", "since", "until", "event_id", "corrects", "source", "note")
    sound = dict(zip(columns, (number(1), "BAG7", "2026-01-04T20:00Z"), strict=False))
    rows = [sound | {"note": PLANTED["name"]}, *(sound | {column: what} for column in columns
                                                 for what in PLANTED.values())]  # fmt: skip
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return (out.getvalue() + f"{number(1)},{PLANTED['name']}\n").encode()


@pytest.mark.mostly_on("sqlite")
def test_names_in_files_are_nowhere(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="landbridge")
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    following, _ = follow(world, ann, case)
    listener = listening(ann)
    files = (("parcels", orders_file()), ("loads", loads_file()), ("events", events_file()))
    for what, content in files:  # a dry run says of each row what would become of it, not what stands in it
        field = {"data": {"dry_run": "true"}}
        job = listener.person.post(f"/followings/{following}/{what}", None, 202,
                                   files={"file": ("Zinaida Planted.csv", content)}, **field)  # fmt: skip
        world.work()
        assert listener.person.get(f"/jobs/{job['id']}")["result"]["by_row"], what
    listener.person.request("POST", f"/followings/{following}/mapping", files={"file": ("x.csv", orders_file())})
    bad = {"channel": PLANTED["name"], "columns": dict.fromkeys(("weight", "ready"), PLANTED["email"]),
           "constants": {"good": PLANTED["street"], PLANTED["name"]: PLANTED["phone"]}}  # fmt: skip
    heard = len(listener.heard)
    listener.person.request("POST", "/mappings", json={"name": "x", "mapping": bad})
    for part in ({"constants": {"description": f"{PLANTED['name']} {PLANTED['phone']}"}},
                 {"constants": {"good": f"{PLANTED['name']} {PLANTED['phone']}"}},
                 {"constants": {"to_region": PLANTED["email"]}}, {"channel": f"Planted{PLANTED['plain_phone']}"},
                 {"columns": {**MAPPING["columns"], "to_hub": PLANTED["email"]}}):  # fmt: skip
        valid = MAPPING | {"constants": {}} | part  # sound in all but what it says of a person
        listener.person.post("/mappings", {"name": "x", "mapping": valid}, 422)
        listener.person.post(f"/followings/{following}/parcels", None, 422, data={"mapping": json.dumps(valid)},
                             files={"file": ("x.csv", orders_file())})  # fmt: skip
    assert listener.person.get("/mappings")["items"] == []
    del listener.heard[heard:]  # a person's own words, sent back to that person and kept nowhere
    for what, content in files:  # kept for a job that has not begun yet, and what it leaves
        job = _send(listener.person, following, what, content, "Zinaida Planted.csv")
        _search_database(world)
        world.work()
        ended = listener.person.get(f"/jobs/{job['id']}")
        assert ended["state"] == "done", ended["error"]
        assert ended["result"]["taken"] >= 1
        assert ended["result"]["aside"]
        listener.person.get(f"/followings/{following}/asides/{ended['result']['aside']}")
        listener.person.request("GET", f"/jobs/{job['id']}/events")
    _look_at_everything(listener, world, case, following)
    for name, content in (("x.xlsx", b"PK"), ("x.csv", f"{PLANTED['name']};{PLANTED['phone']}\n".encode()),
                          ("x.json", json.dumps([PLANTED]).encode()), ("x.csv", b"")):  # fmt: skip
        for what in ("parcels", "events", "loads", "mapping"):  # what is refused, and what is said of it
            data = {"mapping": json.dumps({"columns": {"weight": "nowhere"}})} if what in ("parcels", "mapping") else {}
            for more in ({}, {"shop": "ozon"}, {"format": "epcis"}):
                listener.person.request("POST", f"/followings/{following}/{what}", files={"file": (name, content)},
                                        data=data | more)  # fmt: skip
    _search_database(world)
    wrong = [(where, trace) for where, said in listener.heard for trace in TRACES if trace in said]
    assert wrong == []
    lines = [JsonLines().format(record) for record in caplog.records if record.name.startswith("landbridge")]
    assert lines
    assert [line for line in lines if any(trace in line for trace in TRACES)] == []
    metrics = world.app.state.landbridge.metrics.text({})
    assert "landbridge_requests_total" in metrics
    assert [trace for trace in TRACES if trace in metrics] == []
    for file in (world.settings.data_dir / "followings").rglob("*"):
        assert _traces(file.read_bytes() if file.is_file() else b"", file.name) == []


def _send(person: Person, following: str, what: str, content: bytes, name: str) -> Any:
    return person.post(f"/followings/{following}/{what}", None, 202, files={"file": (name, content)})


def _look_at_everything(listener: Listener, world: World, case: str, following: str) -> None:
    person = listener.person
    etag = person.get(f"/followings/{following}")["etag"]
    person.patch(f"/followings/{following}", {"tracking": True}, headers={"If-Match": etag})
    person.get(f"/cases/{case}/followings")
    person.get(f"/cases/{case}/jobs")
    person.get(f"/followings/{following}/late")
    assert person.get(f"/followings/{following}/units")["items"]
    person.get("/mappings")
    for row in person.get(f"/followings/{following}/parcels?limit=500")["items"]:
        person.get(f"/followings/{following}/parcels/{row['parcel']}")
        if row["number"]:
            person.get(f"/track/{row['number']}")
    for row in person.get(f"/followings/{following}/departures")["items"]:
        person.get(f"/followings/{following}/manifests/{row['departure']}")
    job = person.post(f"/followings/{following}/replans", {"events": ["limit:lane1-C=0.5"], "time_s": 2.0}, 202)
    world.work()
    person.get(f"/jobs/{job['id']}")
    person.get("/audit?limit=500")


def _search_database(world: World) -> None:
    """Every cell of every table; what is packed is unpacked."""
    import landbridge.server.store.follow_tables
    import landbridge.server.store.papers  # noqa: F401

    searched = 0
    with world.as_owner() as connection:
        for table in Base.metadata.tables:
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                for name, value in row._mapping.items():
                    found = _traces(value, f"{table}.{name}")
                    if table == "user_account":  # members are people, too; these are not those
                        found = [trace for trace in found if trace[1] != "example.org"]
                    assert found == []
                    searched += 1
    assert searched > 500


def _traces(value: Any, where: str) -> list[tuple[str, str]]:
    said = _unpacked(value) if isinstance(value, bytes | memoryview) else str(value)
    return [(where, trace) for trace in TRACES if trace in said]


def _unpacked(value: Any) -> str:
    content = bytes(value)
    if content.startswith(b"PAR1"):
        frame = pl.read_parquet(io.BytesIO(content))
        return "\n".join(str(row) for row in frame.iter_rows())
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
        if content[257:262] == b"ustar":
            with tarfile.open(fileobj=io.BytesIO(content)) as archive:
                parts = [archive.extractfile(item) for item in archive.getmembers()]
                content = b"".join(part.read() for part in parts if part is not None)
    return content.decode("utf-8", "replace")
