"""Plans followed with parcels through the server: files in, how it stands, promises, plans anew, look-ups."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from tests.integration.server.conftest import Person, World

from landbridge.operations.parcels.s10 import check_digit


def number(serial: int) -> str:
    """S10 number of no post's range."""
    return f"ZA{serial:08d}{check_digit(f'{serial:08d}')}CN"


COLUMNS = ("order_id", "tracking_number", "good", "from_hub", "to_hub", "weight_kg", "value", "currency", "ready",
           "promised", "recipient", "address", "phone", "country")  # fmt: skip


def orders_file(rows: list[dict[str, Any]]) -> bytes:
    """CSV of a shop."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def order(serial: int, **given: Any) -> dict[str, Any]:
    """A row of the shop's file, sound unless told otherwise."""
    return {
        "order_id": f"shop-{serial}", "tracking_number": number(serial), "good": "cargo", "from_hub": "A-town",
        "to_hub": "C-town", "weight_kg": "2.5", "value": "30", "currency": "CNY", "ready": "2026-01-04T16:00:00Z",
        "promised": "2026-01-07T00:00:00Z", **given,
    }  # fmt: skip


def follow(world: World, person: Person, case: str, **given: Any) -> tuple[str, str]:
    """Plan a case and follow the plan; ids of following and run."""
    job = world.run_job(person, case, "plan", time_s=5.0)
    assert job["state"] == "done", job["error"]
    found = person.post(f"/cases/{case}/followings", {"name": "October", "run": job["run"]}, 201, **given)
    return found["id"], job["run"]


def send(world: World, person: Person, following: str, what: str, content: bytes, **fields: Any) -> Any:
    """Send a file, have it taken, and give the job."""
    job = person.post(f"/followings/{following}/{what}", None, 202, files={"file": (f"{what}.csv", content)},
                      data={key: str(value) for key, value in fields.items()})  # fmt: skip
    world.work()
    return person.get(f"/jobs/{job['id']}")


def events_file(rows: list[tuple[str, str, str, str]]) -> bytes:
    """CSV of a post: number, EMSEVT code, moment, place."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("number", "code", "occurred_at", "place"))
    writer.writerows(rows)
    return out.getvalue().encode()


def test_parcels_get_their_places_and_events_move_them(world: World) -> None:
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    following, run = follow(world, ann, case)
    rows = [order(at) for at in range(1, 21)]
    rows += [order(21, weight_kg="-2"), order(22, tracking_number="ZA000000220CN"), order(1, value="31")]
    dry = send(world, ann, following, "parcels", orders_file(rows), dry_run=True)["result"]
    assert (dry["read"], dry["taken"], dry["set_aside"], dry["placed"], dry["aside"]) == (23, 20, 3, 20, None)
    assert ann.get(f"/followings/{following}")["parcels"] == 0
    job = send(world, ann, following, "parcels", orders_file(rows))
    assert job["state"] == "done", job["error"]
    told = job["result"]
    assert {item["code"]: item["rows"] for item in told["by_reason"]} == {
        "weight-not-positive": 1, "s10-check-digit": 1, "duplicate-parcel": 1,
    }  # fmt: skip
    aside = ann.get(f"/followings/{following}/asides/{told['aside']}").decode("utf-8-sig")
    wrong = {row["landbridge_line"]: row for row in csv.DictReader(io.StringIO(aside))}
    assert {line: row["landbridge_why"] for line, row in wrong.items()} == {
        "22": "weight-not-positive", "23": "s10-check-digit", "24": "duplicate-parcel",
    }  # fmt: skip
    assert "recipient" not in aside
    repaired = [wrong["22"] | {"weight": "2"}]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(repaired[0]))
    writer.writeheader()
    writer.writerows(repaired)
    again = send(world, ann, following, "parcels", out.getvalue().encode())
    assert again["state"] == "done", again["error"]
    assert (again["result"]["taken"], again["result"]["set_aside"]) == (1, 0)

    found = ann.get(f"/followings/{following}")
    assert (found["parcels"], found["placed"], found["events"], found["as_of"]) == (21, 21, 0, None)
    assert found["standing"]["status"] == {"pending": 21}
    (departure,) = ann.get(f"/followings/{following}/departures")["items"]
    assert (departure["from"], departure["to"], departure["parcels"]) == ("A-town", "C-town", 21)
    assert departure["load"] == pytest.approx(52.0)
    manifest = ann.get(f"/followings/{following}/manifests/{departure['departure']}").decode()
    assert len(list(csv.DictReader(io.StringIO(manifest)))) == 21

    scans = [(number(at), "EMA", "2026-01-05T01:00+08:00", "A-town") for at in range(1, 11)]
    scans += [(number(1), "EMC", "2026-01-06T01:00+08:00", "A-town"), (number(2), "EMI", "2026-01-06T09:00+08:00", "")]
    scans += [
        ("ZA999999999CN", "EMA", "2026-01-05T01:00+08:00", ""),
        (number(3), "NOSUCH", "2026-01-05T01:00+08:00", ""),
    ]
    job = send(world, ann, following, "events", events_file(scans))
    assert job["state"] == "done", job["error"]
    assert {item["code"]: item["rows"] for item in job["result"]["by_reason"]} == {
        "unknown-number": 1, "unknown-code": 1,
    }  # fmt: skip
    assert job["result"]["taken"] == 12
    found = ann.get(f"/followings/{following}")
    assert found["as_of"] == "2026-01-06T01:00:00.000Z"
    assert found["standing"]["status"]["delivered"] == 1
    assert found["standing"]["on_the_way"] == 9
    again = send(world, ann, following, "events", events_file(scans))["result"]
    assert (again["taken"], again["known"]) == (0, 12)
    assert ann.get(f"/followings/{following}")["events"] == 12
    page = ann.get(f"/followings/{following}/parcels?status=delivered")["items"]
    assert [row["number"] for row in page] == [number(2)]
    one = ann.get(f"/followings/{following}/parcels/{number(1)}")
    assert one == ann.get(f"/followings/{following}/parcels/{one['parcel']}")
    assert one["timeline"][0]["actual"] == "2026-01-04T17:00:00.000Z"
    assert one["timeline"][1]["actual"] == "2026-01-05T17:00:00.000Z"
    assert one["p50"] <= one["p80"]
