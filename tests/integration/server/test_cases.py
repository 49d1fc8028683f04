"""Cases row by row: made, edited by two at a time, undone, handed over."""

from __future__ import annotations

import pytest
from tests.integration.server.conftest import World


def test_a_built_in_case_comes_whole(world: World) -> None:
    """What goes into the database as rows comes out of it as the same case."""
    from importlib.resources import files
    from pathlib import Path

    from landbridge.server.cases.texts import make_case
    from landbridge.server.store import cases, rows
    from landbridge.tables import input_hash, read_case

    ann = world.set_up()
    case = ann.post("/cases", {"source": "far-east"}, 201)
    with world.as_owner() as connection:
        stored = rows.load_whole(connection, case["id"])
        made, findings = make_case(cases.head_of(connection, case["id"])["settings"], stored)
    assert findings == []
    assert made is not None
    assert input_hash(made) == input_hash(read_case(Path(str(files("landbridge") / "cases" / "far-east"))))
    assert {item["table"]: item["num_rows"] for item in case["tables"]}["orders"] == len(made.orders)
    assert ann.get(f"/cases/{case['id']}/findings")["items"] == []


def test_pages_of_a_table_join_to_the_whole(world: World) -> None:
    """A cursor loses and repeats no row."""
    ann = world.set_up()
    case = ann.post("/cases", {"source": "far-east"}, 201)["id"]
    keys, cursor = [], ""
    while cursor is not None:
        page = ann.get(f"/cases/{case}/tables/orders?limit=100&cursor={cursor}")
        keys += [row["key"] for row in page["items"]]
        cursor = page["next"]
    assert len(keys) == len(set(keys)) == 596
    found = ann.get(f"/cases/{case}/tables/services?q=zabaykalsk&limit=500")["items"]
    assert found
    assert all("zabaykalsk" in " ".join(row["values"].values()).casefold() for row in found)


def test_two_planners_never_overwrite_each_other(world: World) -> None:
    """The second edit is refused and told what the row is now; nothing of it is written."""
    ann = world.set_up()
    bob = world.member(ann, ann.organisation, "bob@example.org", ("planner",))
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    row = ann.rows(case, "services")["lane1-A"]
    other = ann.rows(case, "services").get("lane2-A")
    ann.edit(case, "services", "lane1-A", {"run_cost": "111"})
    changes = [{"key": "lane1-A", "etag": row["etag"], "values": {"run_cost": "222"}}]
    if other:
        changes.insert(0, {"key": "lane2-A", "etag": other["etag"], "values": {"run_cost": "333"}})
    refused = bob.patch(f"/cases/{case}/tables/services", {"changes": changes}, 412)
    assert refused["rows"][0]["values"]["run_cost"] == "111"
    now = ann.rows(case, "services")
    assert now["lane1-A"]["values"]["run_cost"] == "111"
    if other:
        assert now["lane2-A"]["values"].get("run_cost") == other["values"].get("run_cost")


def test_an_edit_without_etag_is_refused(world: World) -> None:
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    body = {"changes": [{"key": "lane1-A", "values": {"run_cost": "1"}}]}
    ann.patch(f"/cases/{case}/tables/services", body, 428)
    ann.patch(f"/cases/{case}", {"name": "other"}, 428)
    ann.patch(f"/cases/{case}", {"name": "other"}, 412, headers={"If-Match": '"99"'})


def test_rows_are_added_renamed_and_removed(world: World) -> None:
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    path = f"/cases/{case}/tables/goods"
    ann.patch(path, {"changes": [{"values": {"good": "milk", "t_per_unit": "1"}}]})
    ann.edit(case, "goods", "milk", {"good": "cream"})
    assert ann.rows(case, "goods")["cream"]["values"]["t_per_unit"] == "1"
    ann.patch(path, {"changes": [{"values": {"good": "cream"}}]}, 409)
    ann.patch(path, {"changes": [{"values": {"name": "no id"}}]}, 422)
    ann.patch(path, {"changes": [{"values": {"good": "x", "no_such_column": "1"}}]}, 422)
    ann.edit(case, "goods", "cream", None)
    assert "cream" not in ann.rows(case, "goods")


def test_undo_restores_exactly_and_only_when_nobody_edited_since(world: World) -> None:
    """Undo of an edit that added, changed and removed rows gives the case of before."""
    ann = world.set_up()
    bob = world.member(ann, ann.organisation, "bob@example.org", ("planner",))
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    before = {key: row["values"] for key, row in ann.rows(case, "services").items()}
    first, second, *_ = sorted(before)
    rows = ann.rows(case, "services")
    changes = [
        {"key": first, "etag": rows[first]["etag"], "values": {"run_cost": "5", "service": "renamed"}},
        {"key": second, "etag": rows[second]["etag"], "values": None},
        {"values": before[first] | {"service": "added"}},
    ]
    ann.patch(f"/cases/{case}/tables/services", {"changes": changes})
    ann.post(f"/cases/{case}/undo")
    assert {key: row["values"] for key, row in ann.rows(case, "services").items()} == before
    ann.edit(case, "services", first, {"run_cost": "7"})
    bob.edit(case, "services", first, {"run_cost": "8"})
    bob.post(f"/cases/{case}/undo")  # takes bob's back
    ann.post(f"/cases/{case}/undo", status=409)  # the row was written since


def test_findings_stand_at_their_cell(world: World) -> None:
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    ann.edit(case, "services", "lane1-A", {"run_cost": "a lot"})
    (finding,) = ann.get(f"/cases/{case}/findings")["items"]
    assert (finding["table"], finding["key"], finding["column"]) == ("services", "lane1-A", "run_cost")
    assert finding["value"] == "a lot"
    assert finding["code"] == "not-a-number"


def test_settings_are_checked_before_they_are_kept(world: World) -> None:
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)
    path, etag = f"/cases/{case['id']}", case["etag"]
    refused = ann.patch(path, {"settings": {"currency": "yuan", "horizon_h": "x"}}, 422, headers={"If-Match": etag})
    assert {error["entity"] for error in refused["errors"]} == {"settings.currency", "settings.horizon_h"}
    changed = ann.patch(path, {"name": "Ours", "settings": {"horizon_h": 336.0}}, headers={"If-Match": etag})
    assert changed["settings"]["horizon_h"] == 336.0
    assert changed["name"] == changed["settings"]["name"] == "Ours"


def test_a_party_is_handed_over_and_cannot_be_taken_back(world: World) -> None:
    """The new holder edits its rows, the host does not, and prices go with the party."""
    ann = world.set_up()
    south = world.office(ann, "South office")
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    south.get(f"/cases/{case}", 404)
    ann.put(f"/cases/{case}/parties/A", {"organisation": south.organisation})
    assert south.get(f"/cases/{case}")["yours"] == ["A"]
    ann.put(f"/cases/{case}/parties/A", {"organisation": ann.organisation}, 403)
    row = ann.rows(case, "services")["lane1-A"]
    assert not row["editable"]
    assert "run_cost" in row["hidden"]
    assert "run_cost" not in row["values"]
    assert south.rows(case, "services")["lane1-A"]["values"]["run_cost"] == "100"
    change = {"changes": [{"key": "lane1-A", "etag": row["etag"], "values": {"run_cost": "1"}}]}
    ann.patch(f"/cases/{case}/tables/services", change, 403)
    south.edit(case, "services", "lane1-A", {"run_cost": "123"})
    orders = {key: row["values"]["party"] for key, row in ann.rows(case, "orders").items()}
    assert "A" not in orders.values()
    assert {row["values"].get("party", "") for row in south.rows(case, "orders").values()} <= {"A", ""}
    ann.delete(f"/cases/{case}", 409)


@pytest.mark.parametrize("openness", ["corridor", "partners", "private"])
def test_capacities_are_seen_by_whom_the_owner_says(world: World, openness: str) -> None:
    ann = world.set_up()
    south, west = world.office(ann, "South"), world.office(ann, "West")
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    for party, office in (("A", south), ("B", west)):
        ann.put(f"/cases/{case}/parties/{party}", {"organisation": office.organisation})
    etag = south.rows(case, "services")["lane1-A"]["etag"]
    change = {"key": "lane1-A", "etag": etag, "values": {}, "visibility": openness, "partners": [ann.organisation]}
    south.patch(f"/cases/{case}/tables/services", {"changes": [change]})
    sees = {
        "host": "cap_t" in ann.rows(case, "services")["lane1-A"]["values"],
        "west": "cap_t" in west.rows(case, "services")["lane1-A"]["values"],
        "south": "cap_t" in south.rows(case, "services")["lane1-A"]["values"],
    }
    expected = {"corridor": (True, True), "partners": (True, False), "private": (False, False)}[openness]
    assert (sees["host"], sees["west"]) == expected
    assert sees["south"]
