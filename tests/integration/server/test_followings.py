"""Plans followed with parcels through the server: files in, how it stands, promises, plans anew, look-ups."""

from __future__ import annotations

import csv
import io
import json
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.integration.server.conftest import API, PASSWORD, Person, World, _opened, make_settings

from landbridge.operations.parcels.s10 import check_digit
from landbridge.server.backup import backup, restore
from landbridge.server.jobs.flag import Flag
from landbridge.server.jobs.following import follow as following_job
from landbridge.server.jobs.progress import Pulse
from landbridge.server.jobs.worker import Worker
from landbridge.server.store import followed, jobs
from landbridge.server.store.database import NOBODY, open_database
from landbridge.tables import read_run
from landbridge.verify import verify

pytestmark = pytest.mark.mostly_on("sqlite")


def number(serial: int) -> str:
    """S10 number of no post's range."""
    return f"ZA{serial:08d}{check_digit(f'{serial:08d}')}CN"


LEASE_S = 0.4
"""Of a worker that dies."""

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


MAPPING = {
    "channel": "shop",
    "columns": {"external_id": "order_id", "number": "tracking_number", "weight": "weight_kg", "value": "value",
                "currency": "currency", "ready": "ready", "to_hub": "to_hub"},
    "constants": {"good": "cargo", "from_hub": "A-town"},
}  # fmt: skip


def loads_file(rows: list[tuple[str, str]], since: str = "2026-01-04T20:00:00Z") -> bytes:
    """CSV of what was put into which unit."""
    return "".join(["unit,parcel,since\n", *(f"{unit},{content},{since}\n" for unit, content in rows)]).encode()


def test_events_of_a_container_are_those_of_the_parcels_in_it(world: World) -> None:
    """Two parcels in a bag in a container, one loose in it, one elsewhere; the container is told to have left."""
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    following, _ = follow(world, ann, case)
    send(world, ann, following, "parcels", orders_file([order(at) for at in range(1, 5)]))
    box, accepted = "CSQU3054383", [(number(at), "EMA", "2026-01-05T01:00+08:00", "A-town") for at in range(1, 5)]
    send(world, ann, following, "events", events_file(accepted))
    rows = [("BAG7", number(1)), ("BAG7", "shop:shop-2"), (box, "BAG7"), (box, number(3))]
    wrong = [("CSQU3054384", number(4)), ("BAG7", number(9))]
    dry = send(world, ann, following, "loads", loads_file([*rows, *wrong]), dry_run=True)["result"]
    assert (dry["read"], dry["taken"], dry["set_aside"]) == (6, 4, 2)
    assert [(row["status"], row["codes"]) for row in dry["by_row"][3:]] == [
        ("sound", []), ("set aside", ["bad-container"]), ("set aside", ["unknown-content"]),
    ]  # fmt: skip
    assert ann.get(f"/followings/{following}/units")["items"] == []
    job = send(world, ann, following, "loads", loads_file([*rows, *wrong]))
    assert job["state"] == "done", job["error"]
    units = {row["unit"]: row for row in ann.get(f"/followings/{following}/units")["items"]}
    assert {name: row["kind"] for name, row in units.items()} == {"BAG7": "bag", box: "container"}
    left = events_file([(box, "EMC", "2026-01-05T09:00+08:00", "A-town")])
    told = send(world, ann, following, "events", left)["result"]
    assert (told["taken"], told["set_aside"]) == (1, 0)
    units = {row["unit"]: row for row in ann.get(f"/followings/{following}/units")["items"]}
    assert {name: row["parcels"] for name, row in units.items()} == {"BAG7": 2, box: 3}
    assert (units[box]["status"], units[box]["place"]) == ("in_transit", "A-town")
    parcels = {row["number"]: row for row in ann.get(f"/followings/{following}/parcels")["items"]}
    status = [parcels[number(at)]["status"] for at in range(1, 5)]
    assert status == ["in_transit", "in_transit", "in_transit", "picked_up"]
    assert parcels[number(1)]["units"] == ["BAG7", box]
    held = ann.get(f"/followings/{following}/parcels?unit=BAG7")["items"]
    assert [row["number"] for row in held] == [number(1), number(2)]
    two = send(world, ann, following, "events", left)["result"]
    assert (two["taken"], two["known"]) == (0, 1)


def test_a_mapping_is_guessed_corrected_saved_and_used(world: World) -> None:
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    following, _ = follow(world, ann, case)
    content = orders_file([order(1)]).replace(b"weight_kg", b"grams")
    guess = ann.post(f"/followings/{following}/mapping", None, 200, files={"file": ("o.csv", content)})
    assert guess["columns"][5] == "grams"
    assert guess["mapping"]["columns"]["external_id"] == "order_id"
    assert "weight" not in guess["mapping"]["columns"]
    assert {"name": "weight", "required": True, "personal": False} in guess["fields"]
    wish = {"name": "our shop", "mapping": guess["mapping"]}
    refused = ann.post("/mappings", wish, 422)
    assert (refused["errors"][0]["code"], refused["errors"][0]["entity"]) == ("missing-field", "mapping.columns.weight")
    assert refused["error"] == "the mapping cannot be saved as it is; mend what is named"
    guess["mapping"]["columns"]["weight"] = "grams"
    guess["mapping"]["weight_unit"] = "g"
    saved = ann.post("/mappings", wish, 201)
    assert ann.post("/mappings", wish, 409)["errors"][0]["code"] == "name-taken"
    again = ann.request("POST", "/mappings", json=wish, headers={"If-Match": saved["etag"]})
    assert again.status_code == 201
    assert ann.request("POST", "/mappings", json=wish, headers={"If-Match": saved["etag"]}).status_code == 412
    (listed,) = ann.get("/mappings")["items"]
    assert (listed["id"], listed["name"], listed["mapping"]["weight_unit"]) == (saved["id"], "our shop", "g")
    job = send(world, ann, following, "parcels", content, mapping_id=saved["id"])
    assert (job["state"], job["result"]["taken"]) == ("done", 1), job["error"]
    (parcel,) = ann.get(f"/followings/{following}/parcels")["items"]
    assert parcel["weight_kg"] == pytest.approx(0.0025)
    kilograms = {"files": {"file": ("o.csv", orders_file([order(1)]))}, "data": {"mapping_id": saved["id"]}}
    anew = ann.post(f"/followings/{following}/mapping", None, 200, **kilograms)
    assert anew["gone"] == {"weight": "grams"}
    assert anew["mapping"]["columns"]["weight"] == "weight_kg"
    other = world.office(ann, "North")
    assert other.get("/mappings")["items"] == []
    other.post(f"/followings/{following}/mapping", None, 404, **kilograms)
    other.delete(f"/mappings/{saved['id']}", 404)
    odd = b"order_id,Ivan +7 924 555 01 99\n1,2\n"
    refused = ann.post(f"/followings/{following}/mapping", None, 422, files={"file": ("o.csv", odd)})
    assert "555" not in str(refused)
    bad = {"name": "x", "mapping": {**MAPPING, "columns": {**MAPPING["columns"], "promised": "+79245550199"}}}
    assert "555" not in str(ann.post("/mappings", bad, 422))
    ann.delete(f"/mappings/{saved['id']}")
    assert ann.get("/mappings")["items"] == []


def test_parcels_get_their_places_and_events_move_them(world: World) -> None:
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    following, _ = follow(world, ann, case)
    rows = [order(at) for at in range(1, 21)]
    rows += [order(21, weight_kg="-2"), order(22, tracking_number="ZA000000220CN"), order(1, value="31")]
    rowwise = json.dumps({"articles": "rows"})  # the id that stands twice is one order then, promised at two times
    told = send(world, ann, following, "parcels", orders_file([*rows, order(1, promised="2026-01-08T00:00:00Z")]),
                dry_run=True, mapping=rowwise, complete=True)["result"]  # fmt: skip
    assert (told["read"], told["taken"], told["several"], told["articles"]) == (24, 19, 1, "rows")
    assert {item["code"]: item["rows"] for item in told["by_reason"]}["rows-differ"] == 1
    dry = send(world, ann, following, "parcels", orders_file(rows), dry_run=True)["result"]
    assert (dry["several"], dry["articles"]) == (1, "")  # one id twice with one article: a double row
    by_row = {row["line"]: (row["id"], row["status"], row["codes"]) for row in dry["by_row"]}
    assert len(by_row) == 23
    assert by_row[2] == ("shop-1", "sound", [])
    assert by_row[22] == ("shop-21", "set aside", ["weight-not-positive"])
    assert by_row[24] == ("shop-1", "set aside", ["duplicate-parcel"])
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
        ("ZA999999995CN", "EMA", "2026-01-05T01:00+08:00", ""),
        (number(3), "NOSUCH", "2026-01-05T01:00+08:00", ""),
    ]
    dry = send(world, ann, following, "events", events_file([*scans, scans[0]]), dry_run=True)["result"]
    assert (dry["read"], dry["taken"], dry["known"], dry["set_aside"], dry["aside"]) == (15, 12, 1, 2, None)
    by_row = {row["line"]: (row["id"], row["status"], row["codes"]) for row in dry["by_row"]}
    assert by_row[2] == (number(1), "sound", [])
    assert by_row[14] == ("ZA999999995CN", "set aside", ["unknown-number"])
    assert by_row[15] == (number(3), "set aside", ["unknown-code"])
    assert by_row[16] == (number(1), "known", [])
    assert ann.get(f"/followings/{following}")["events"] == 0
    job = send(world, ann, following, "events", events_file(scans))
    assert job["state"] == "done", job["error"]
    assert job["result"]["by_row"] == []
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


def shared_case(world: World) -> tuple[Person, Person, Person, str]:
    """Three organisations on the starter: the host holds C, north A, west B."""
    host = world.set_up()
    north, west = world.office(host, "North"), world.office(host, "West")
    case = host.post("/cases", {"source": "starter"}, 201)["id"]
    host.put(f"/cases/{case}/parties/A", {"organisation": north.organisation})
    host.put(f"/cases/{case}/parties/B", {"organisation": west.organisation})
    return host, north, west, case


def test_everybody_may_look_up_what_is_open_and_nothing_else(world: World) -> None:
    """The number shows where a parcel is, once its following is open; unknown and closed are answered alike."""
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    following, run = follow(world, ann, case)
    send(world, ann, following, "parcels", orders_file([order(1), order(2, tracking_number="")]))
    send(world, ann, following, "events", events_file([(number(1), "EMA", "2026-01-05T01:00+08:00", "A-town")]))
    nobody = world.browser()
    closed = nobody.get(f"/track/{number(1)}", 404)
    assert closed == nobody.get(f"/track/{number(77)}", 404)
    etag = ann.get(f"/followings/{following}")["etag"]
    ann.patch(f"/followings/{following}", {"tracking": True}, 428)
    ann.patch(f"/followings/{following}", {"tracking": True}, headers={"If-Match": etag})
    ann.patch(f"/followings/{following}", {"tracking": False}, 412, headers={"If-Match": etag})
    found = nobody.get(f"/track/{number(1).lower()}")
    assert set(found) == {"number", "status", "as_of", "carried", "promised", "expected", "at_latest"}
    assert (found["number"], found["status"]) == (number(1), "picked_up")
    assert [row["milestone"] for row in found["carried"]] == [
        "accepted", "left_country", "entered_country", "cleared", "at_office", "delivered",
    ]  # fmt: skip
    accepted, left = found["carried"][:2]
    assert accepted["actual"] == "2026-01-04T17:00:00.000Z"
    assert left["actual"] is None
    plan, _ = read_run(world.settings.runs_dir / run)
    over = {row.leaves for row in plan.flows if (row.from_hub, row.to_hub) == ("A-town", "C-town")}
    assert datetime.fromisoformat(left["planned"]) in {datetime.fromisoformat(moment) for moment in over}
    assert found["as_of"] <= found["expected"] <= found["at_latest"]
    assert found["promised"] == "2026-01-07T00:00:00.000Z"
    text = str(found)
    assert "town" not in text
    assert "Host" not in text
    wrong = number(1)[:10] + str((int(number(1)[10]) + 1) % 10) + "CN"
    assert nobody.get(f"/track/{wrong}", 422)["errors"][0]["code"] == "s10-check-digit"
    assert nobody.get("/track/shop:shop-2", 404 if len("shop:shop-2") >= 12 else 422)
    answer = nobody.request("GET", f"/track/{number(1)}", headers={"Origin": "https://elsewhere.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_look_ups_are_limited(make_world: Callable[..., World]) -> None:
    world = make_world(tracks_per_minute=3)
    nobody = world.browser()
    statuses = [nobody.request("GET", f"/track/{number(at)}").status_code for at in range(5)]
    assert statuses == [404, 404, 404, 429, 429]


def test_who_else_works_on_the_case_knows_nothing_of_a_following(world: World) -> None:
    """Not its parcels, not that it is there; and parcels of one ride the freight of that one alone."""
    host, north, west, case = shared_case(world)
    job = world.run_job(host, case, "plan", time_s=5.0)
    made = {}
    for name, person, hub in (("north", north, "A-town"), ("west", west, "B-town")):
        wish = {"name": name, "run": job["run"]}
        made[name] = person.post(f"/cases/{case}/followings", wish, 201)["id"]
        rows = [order(1 if name == "north" else 101), order(2 if name == "north" else 102, from_hub="B-town")]
        told = send(world, person, made[name], "parcels", orders_file(rows))["result"]
        assert told["by_code"] == {"": 1, "not-carried": 1}  # the other's freight is none of its own
        departures = person.get(f"/followings/{made[name]}/departures")["items"]
        assert departures[0]["from"] == hub
        assert {row["parcels"] for row in departures} == {1}
    assert [item["id"] for item in north.get(f"/cases/{case}/followings")["items"]] == [made["north"]]
    assert host.get(f"/cases/{case}/followings")["items"] == []
    for path in ("", "/parcels", "/departures", "/late", "/events-stream"):
        west.get(f"/followings/{made['north']}{path}", 404)
    west.delete(f"/followings/{made['north']}", 404)
    west.post(f"/followings/{made['north']}/replans", {"events": ["limit:lane1-C=0.5"]}, 404)
    host.delete(f"/runs/{job['run']}", 409)  # somebody follows it; who, it does not say
    north.delete(f"/followings/{made['north']}")
    north.get(f"/followings/{made['north']}", 404)
    with world.as_owner() as connection:
        for table in ("following_file", "following_manifest", "tracked"):
            left = connection.execute(
                text(f"SELECT count(*) FROM {table} WHERE following_id = :f"), {"f": made["north"]}
            )
            assert left.scalar() == 0, table


@pytest.mark.parametrize("is_shared", [False, True])
def test_a_plan_anew_is_proposed_and_accepted(world: World, is_shared: bool) -> None:
    """It changes nothing until it is accepted; then it is a run of the case that is followed, with its parcels."""
    if is_shared:
        other, person, _, case = shared_case(world)
    else:
        person = other = world.set_up()
        case = person.post("/cases", {"source": "starter"}, 201)["id"]
    for planner, lanes in ((person, ("lane1-A",)), (other, ("lane1-C", "lane2-C"))):
        rows = [{"values": {"service": lane, "depart": clock}} for lane in lanes for clock in ("06:00", "18:00")]
        planner.patch(f"/cases/{case}/tables/timetable", {"changes": rows})
    following, run = follow(world, person, case)
    rows = [order(at, weight_kg="600") for at in range(1, 10)]
    assert send(world, person, following, "parcels", orders_file(rows))["result"]["placed"] == 9
    before = person.get(f"/followings/{following}")
    plan, _ = read_run(world.settings.runs_dir / run)
    lane = next(row.service for row in plan.flows if (row.from_hub, row.to_hub) == ("A-town", "C-town"))
    event = f"close:{lane} from 2026-01-05T01:00 to 2026-01-06T00:00"
    wish = {"events": [event], "at": "2026-01-05T00:00", "time_s": 3.0}
    job = person.post(f"/followings/{following}/replans", wish, 202)
    world.work()
    job = person.get(f"/jobs/{job['id']}")
    assert job["state"] == "done", job["error"]
    found = job["result"]["proposal"]
    parcels = found["parcels"]
    assert parcels["kept"] + parcels["moved"] + parcels["lost"] == 9
    assert parcels["kept"] < 9
    assert found["is_whole"] is not is_shared
    if not is_shared:  # who carries less than before may have less to pay
        assert found["cost"] > 0
        assert found["value_after"] < found["value_before"]
    now = person.get(f"/followings/{following}")
    assert {name: now[name] for name in ("run", "parcels", "placed", "standing")} == {
        name: before[name] for name in ("run", "parcels", "placed", "standing")
    }
    assert len(person.get(f"/cases/{case}/runs")["items"]) == 1
    accept = f"/followings/{following}/replans/{found['id']}/accept"
    job = person.post(accept, {"name": "half a lane"}, 202)
    world.work()
    job = person.get(f"/jobs/{job['id']}")
    assert job["state"] == "done", job["error"]
    after = person.get(f"/followings/{following}")
    assert after["run"] == job["run"] != run
    assert after["placed"] == 9 - parcels["lost"]
    new = other.get(f"/runs/{job['run']}")  # a run of the case as any other: seen by each in its own part
    assert (new["kind"], new["name"]) == ("replan", "half a lane")
    other.get(f"/runs/{job['run']}/report")
    person.post(accept, None, 409)
    plan, planned = read_run(world.settings.runs_dir / job["run"])
    assert verify(plan, planned) == []


def test_a_proposal_is_of_the_parcels_it_was_made_for(make_world: Callable[..., World]) -> None:
    world = make_world()
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    following, run = follow(world, ann, case)
    send(world, ann, following, "parcels", orders_file([order(1)]))
    job = ann.post(f"/followings/{following}/replans", {"events": ["limit:lane1-C=0.5"], "time_s": 2.0}, 202)
    world.work()
    proposal = ann.get(f"/jobs/{job['id']}")["result"]["proposal"]["id"]
    send(world, ann, following, "parcels", orders_file([order(2)]))
    job = ann.post(f"/followings/{following}/replans/{proposal}/accept", None, 202)
    world.work()
    job = ann.get(f"/jobs/{job['id']}")
    assert (job["state"], job["run"]) == ("failed", None)
    assert "propose again" in job["error"]
    assert ann.get(f"/followings/{following}")["run"] == run
    assert [path.name for path in world.settings.runs_dir.iterdir()] == [run]


def test_a_file_sent_twice_is_taken_once(world: World) -> None:
    """The same key gives the same job; a job that is broken off is done once all the same."""
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    following, _ = follow(world, ann, case)
    content = orders_file([order(at) for at in range(1, 6)])
    boundary = "limit"
    body = (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="o.csv"\r\n\r\n'.encode()
            + content + f"\r\n--{boundary}--\r\n".encode())  # fmt: skip
    headers = {"Idempotency-Key": "once", "Content-Type": f"multipart/form-data; boundary={boundary}"}
    path = f"/followings/{following}/parcels"
    first = ann.request("POST", path, content=body, headers=headers).json()
    assert ann.request("POST", path, content=body, headers=headers).json()["id"] == first["id"]
    worker = Worker(world.settings, Flag())
    with worker.database.write(NOBODY) as connection:
        job = jobs.claim(connection, "a worker that dies", 0.0, 2)
    assert job is not None
    out = world.settings.runs_dir / "never"
    with Pulse(worker.database, job, LEASE_S, lambda: False) as pulse:
        outcome = following_job(worker.database, world.settings, job, out, pulse)  # all worked out, nothing written
    assert outcome.write is not None
    assert ann.get(f"/followings/{following}")["parcels"] == 0
    time.sleep(2 * LEASE_S)
    world.work()
    ended = ann.get(f"/jobs/{first['id']}")
    assert (ended["state"], ended["attempts"], ended["result"]["taken"]) == ("done", 2, 5)
    assert ann.get(f"/followings/{following}")["parcels"] == 5
    with pytest.raises(followed.Overtaken), worker.database.write(NOBODY) as connection:
        outcome.write(connection)  # the first worker wakes up: too late
    worker.database.close()
    assert ann.get(f"/followings/{following}")["parcels"] == 5


def test_one_job_of_a_following_is_at_work_at_a_time(world: World) -> None:
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    following, _ = follow(world, ann, case)
    path = f"/followings/{following}/parcels"
    files = [{"file": ("o.csv", orders_file([order(at)]))} for at in (1, 2)]
    ids = [ann.post(path, None, 202, files=file)["id"] for file in files]
    database = open_database(world.settings.worker_url, pool_size=2)
    with database.write(NOBODY) as connection:
        first = jobs.claim(connection, "one", 30.0, 2)
        assert first is not None
        assert first["id"] == ids[0]
    with database.write(NOBODY) as connection:
        assert jobs.claim(connection, "two", 30.0, 2) is None
        jobs.give_back(connection, ids[0], "one")
    database.close()
    world.work()
    assert [ann.get(f"/jobs/{job}")["state"] for job in ids] == ["done", "done"]
    assert ann.get(f"/followings/{following}")["parcels"] == 2


def test_a_cancelled_import_leaves_nothing(make_world: Callable[..., World]) -> None:
    world = make_world()
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    following, _ = follow(world, ann, case)
    job = ann.post(f"/followings/{following}/parcels", None, 202, files={"file": ("o.csv", orders_file([order(1)]))})
    ann.post(f"/jobs/{job['id']}/cancel")
    world.work()
    assert ann.get(f"/jobs/{job['id']}")["state"] == "cancelled"
    assert ann.get(f"/followings/{following}")["parcels"] == 0


def test_the_page_is_told_when_something_changes(make_world: Callable[..., World]) -> None:
    """One event at once, one when events came; the stream ends when the following is removed."""
    world = make_world()
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    following, _ = follow(world, ann, case)
    heard: list[Any] = []

    def change() -> None:
        time.sleep(0.7)
        send(world, ann, following, "parcels", orders_file([order(1)]))
        for _ in range(200):  # until it was told, or never
            if heard and heard[-1]["parcels"] == 1 and heard[-1]["job"]["state"] == "done":
                break
            time.sleep(0.1)
        ann.delete(f"/followings/{following}")

    other = world.browser()
    other.csrf = other.post("/session", {"email": "ann@example.org", "password": PASSWORD})["csrf_token"]
    thread = threading.Thread(target=change)
    thread.start()
    with other.client.stream("GET", f"{API}/followings/{following}/events-stream") as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                heard.append(json.loads(line[6:]))  # noqa: PERF401 - another thread listens along
    thread.join()
    assert heard[0]["parcels"] == 0
    assert heard[-1]["parcels"] == 1
    assert heard[-1]["job"]["state"] == "done"


def test_a_following_is_in_a_backup(world: World, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Restored elsewhere it takes events where it left off."""
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    following, _ = follow(world, ann, case)
    send(world, ann, following, "parcels", orders_file([order(1), order(2)]))
    backup(world.settings, tmp_path / "backup.tar.gz")
    elsewhere = make_settings(request, tmp_path / "other", "sqlite")
    restore(elsewhere, tmp_path / "backup.tar.gz")
    with _opened(elsewhere) as other:
        again = other.browser()
        again.csrf = again.post("/session", {"email": "ann@example.org", "password": PASSWORD})["csrf_token"]
        job = send(other, again, following, "events", events_file(
            [(number(1), "EMA", "2026-01-05T01:00+08:00", "A-town")]))  # fmt: skip
        assert job["state"] == "done", job["error"]
        assert again.get(f"/followings/{following}")["standing"]["status"] == {"picked_up": 1, "pending": 1}
