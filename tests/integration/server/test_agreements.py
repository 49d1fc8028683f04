"""Agreements between two offices: from draft to force, on each database (docs/agreements.md)."""

from __future__ import annotations

import io
import json
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import text
from tests.integration.server.conftest import Person, World

from landbridge.server.agreements import new_key, open_key, sign
from landbridge.server.audit import log
from landbridge.server.audit.heads import exchange_heads
from landbridge.server.store import agreements, rows
from landbridge.server.store.database import NOBODY, Viewer, open_database

PASSPHRASE = "north and south by rail"


def offices(world: World) -> tuple[Person, Person, str]:
    """
    North holds A and B and hosts; south holds C. No agreement is in force between them.

    In ``starter`` C's trucks could carry what A and B send, if they were allowed to.
    """
    north = world.set_up("North office")
    roles = ("administrator", "planner", "negotiator")
    bob = world.member(north, north.organisation, "bob@example.org", roles)
    south = world.office(north, "South office", roles)
    case = north_case(bob)
    bob.put(f"/cases/{case}/parties/C", {"organisation": south.organisation})
    return bob, south, case


def north_case(person: Person) -> str:
    """Make starter without its agreements between north and south."""
    case: str = person.post("/cases", {"source": "starter"}, 201)["id"]
    rows = person.rows(case, "grants")
    gone = [
        {"key": key, "etag": row["etag"], "values": None}
        for key, row in rows.items()
        if row["values"]["agreement"] != "AB"
    ]
    person.patch(f"/cases/{case}/tables/grants", {"changes": gone})
    rows = person.rows(case, "agreements")
    gone = [{"key": key, "etag": row["etag"], "values": None} for key, row in rows.items() if key != "AB"]
    person.patch(f"/cases/{case}/tables/agreements", {"changes": gone})
    return case


def wish(**changed: Any) -> dict[str, Any]:
    """Everybody carries for everybody."""
    grants = [
        {"giver": giver, "taker": taker, "kind": "service", "both_ways": True}
        for giver, taker in (("A", "C"), ("B", "C"))
    ]
    return {
        "agreement": "north-south",
        "name": "Грузы вместе · 共同运输",
        "parties": ["A", "C"],
        "grants": grants,
    } | changed


def version(**changed: Any) -> dict[str, Any]:
    """What another version says: all but the id."""
    return {name: value for name, value in wish(**changed).items() if name != "agreement"}


def proposed(north: Person, case: str, **changed: Any) -> str:
    made = north.post(f"/cases/{case}/agreements", wish(**changed), 201)
    north.post(f"/agreements/{made['id']}/propose")
    return str(made["id"])


def give_keys(*people: Person) -> None:
    for person in people:
        path = f"/organisations/{person.organisation}/signing-keys"
        person.post(path, {"name": "office key", "passphrase": PASSPHRASE}, 201)


def plan_value(world: World, person: Person, case: str) -> float:
    job = world.run_job(person, case, "plan", time_s=20.0)
    assert job["state"] == "done", job["error"]
    return float(person.get(f"/runs/{job['run']}")["own_value"])


def test_an_agreement_signed_by_both_changes_the_next_plan(world: World) -> None:
    """From draft to force: each sees its own value, both sign, both are better off in the next plan."""
    north, south, case = offices(world)
    before = plan_value(world, north, case), plan_value(world, south, case)
    made = north.post(f"/cases/{case}/agreements", wish(), 201)
    path = f"/agreements/{made['id']}"
    assert made["state"] == "draft"
    assert made["yours"] == ["A"]
    south.get(path, 404)
    assert south.get(f"/cases/{case}/agreements")["items"] == []
    north.post(f"{path}/propose")
    assert south.get(path)["state"] == "proposed"
    assert plan_value(world, north, case) == before[0], "a proposal changes no plan"

    north.post(f"{path}/value", {"time_s": 10.0}, 202)
    world.work()
    value = {person.organisation: person.get(path)["value"] for person in (north, south)}
    assert value[south.organisation]["low"] > 0
    assert value[north.organisation]["low"] <= value[north.organisation]["high"]

    give_keys(north, south)
    signed = north.post(f"{path}/sign", {"version": 1, "passphrase": PASSPHRASE})
    assert signed["state"] == "proposed"
    north.post(f"{path}/sign", {"version": 1, "passphrase": PASSPHRASE}, 409)
    signed = south.post(f"{path}/sign", {"version": 1, "passphrase": PASSPHRASE})
    assert signed["state"] == "in_force"
    assert all(row["signed_at"] and row["kid"] for row in signed["signers"])
    after = plan_value(world, north, case), plan_value(world, south, case)
    assert sum(after) > sum(before) + 1
    assert all(item["is_valid"] for item in north.get(f"{path}/signatures")["items"])

    assert south.post(f"{path}/end")["state"] == "ended"
    assert plan_value(world, north, case) == pytest.approx(before[0])


def test_what_both_signed_cannot_be_edited_as_a_table(world: World) -> None:
    north, south, case = offices(world)
    made = proposed(north, case)
    for person in (north, south):
        rows = person.rows(case, "grants")
        key = next(key for key, row in rows.items() if row["values"]["agreement"] == "north-south")
        assert not rows[key]["editable"]
        person.edit(case, "grants", key, {"share_frac": "0.5"}, 403)
        person.edit(case, "agreements", "north-south", {"status": "in_force"}, 403)
    assert south.get(f"/agreements/{made}")["state"] == "proposed"


def test_versions_stay_and_signatures_count_for_their_own(world: World) -> None:
    """A version that was written after one side has signed has to be signed by both."""
    north, south, case = offices(world)
    path = f"/agreements/{proposed(north, case)}"
    give_keys(north, south)
    north.post(f"{path}/sign", {"version": 1, "passphrase": PASSPHRASE})
    first = north.request("GET", f"{path}/document.json?version=1").content
    other = south.post(f"{path}/versions", version(fixed_cost=5.0), 201)
    assert other["version"] == 2
    assert other["document"]["previous_sha256"] == other["versions"][0]["sha256"]
    south.post(f"{path}/sign", {"version": 1, "passphrase": PASSPHRASE}, 409)
    assert south.post(f"{path}/sign", {"version": 2, "passphrase": PASSPHRASE})["state"] == "proposed"
    assert north.post(f"{path}/sign", {"version": 2, "passphrase": PASSPHRASE})["state"] == "in_force"
    assert north.request("GET", f"{path}/document.json?version=1").content == first
    north.post(f"{path}/versions", version(), 409)
    assert north.rows(case, "agreements")["north-south"]["values"]["fixed_cost"] == "5"


def test_a_signature_made_elsewhere_counts_and_one_of_other_bytes_does_not(world: World) -> None:
    north, south, case = offices(world)
    path = f"/agreements/{proposed(north, case)}"
    public, sealed = new_key(PASSPHRASE)
    key = open_key(public, sealed, PASSPHRASE)
    given = {name: public[name] for name in ("kty", "crv", "x")}
    south.post(f"/organisations/{south.organisation}/signing-keys", {"name": "token", "public": given}, 201)
    document = json.loads(south.request("GET", f"{path}/document.json").content)
    tampered = document | {"fixed_cost": 1.0}
    for bad in (sign(tampered, key), "a..b", "..", sign(document, open_key(*new_key(PASSPHRASE), PASSPHRASE))):
        refused = south.post(f"{path}/sign", {"version": 1, "jws": bad}, 422)
        assert refused["errors"][0]["code"] == "bad-signature"
    south.post(f"{path}/sign", {"version": 1, "passphrase": PASSPHRASE}, 409)  # no private half here
    found = south.post(f"{path}/sign", {"version": 1, "jws": sign(document, key)})
    assert [row["kid"] for row in found["signers"] if row["organisation"] == south.organisation] == [public["kid"]]
    north.post(f"{path}/sign", {"version": 1, "jws": sign(document, key)}, 422)  # south's key is not north's


def test_a_wrong_passphrase_signs_nothing(world: World) -> None:
    north, south, case = offices(world)
    path = f"/agreements/{proposed(north, case)}"
    give_keys(south)
    refused = south.post(f"{path}/sign", {"version": 1, "passphrase": "another passphrase"}, 422)
    assert refused["errors"][0]["code"] == "wrong-passphrase"
    assert south.get(f"{path}/signatures")["items"] == []


TAMPERED = (
    "UPDATE agreement_version SET document = replace(document, '\"fixed_cost\":0', '\"fixed_cost\":1')",
    "UPDATE agreement_signature SET jws = replace(jws, '.', '.A') WHERE party = 'C'",
    "DELETE FROM agreement_signature WHERE party = 'C'",
    "DELETE FROM case_row WHERE table_name = 'grants' AND key = 'north-south|A|C|service|*'",
)


def test_what_was_tampered_with_behind_the_server_is_not_planned_by(world: World) -> None:
    """Who owns the database can change it; the next plan says so instead of following it."""
    north, south, case = offices(world)
    path = f"/agreements/{proposed(north, case)}"
    give_keys(north, south)
    for person in (north, south):
        person.post(f"{path}/sign", {"version": 1, "passphrase": PASSPHRASE})

    def faults(connection: Any) -> list[str]:
        stored = rows.load_whole(connection, case)
        tables = {name: [row.cells for row in stored if row.table == name] for name in ("agreements", "grants")}
        return agreements.faults(connection, case, tables)

    owner = open_database(world.settings.owner_url, pool_size=1)
    with owner.engine.connect() as connection:
        assert faults(connection) == []
        connection.rollback()
        for statement in TAMPERED:
            assert connection.exec_driver_sql(statement).rowcount == 1
            assert "north-south" in faults(connection)[0], statement
            connection.rollback()
        connection.exec_driver_sql(TAMPERED[0])
        connection.commit()
    owner.close()
    assert not any(item["is_valid"] for item in south.get(f"{path}/signatures")["items"])
    job = world.run_job(north, case, "plan", time_s=5.0)
    assert job["state"] == "failed"
    assert "north-south" in job["error"]


def test_the_web_process_can_change_no_version_signature_or_line(world: World) -> None:
    """On PostgreSQL the grants say so; SQLite has none, there nothing in the code does it."""
    if world.settings.owner_url.startswith("sqlite"):
        pytest.skip("SQLite has no roles")
    north, south, case = offices(world)
    path = f"/agreements/{proposed(north, case)}"
    give_keys(north)
    north.post(f"{path}/sign", {"version": 1, "passphrase": PASSPHRASE})
    viewer = Viewer(organisation=north.organisation, user=north.user)
    web = open_database(world.settings.url, pool_size=1)
    from sqlalchemy.exc import ProgrammingError

    for statement in (
        "UPDATE agreement_version SET sha256 = ''",
        "DELETE FROM agreement_version",
        "UPDATE agreement_signature SET jws = ''",
        "DELETE FROM agreement_signature",
        "UPDATE agreement_comment SET text = ''",
        "UPDATE audit_log SET action = ''",
        "DELETE FROM audit_log",
        "UPDATE audit_head SET hash = ''",
        "DELETE FROM audit_head",
        "UPDATE signing_key SET public = '{}'",
        "DELETE FROM agreement",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), web.write(viewer) as connection:
            connection.execute(text(statement))
    with web.read(Viewer(organisation=south.organisation, user=south.user)) as connection:
        assert connection.execute(text("SELECT count(*) FROM signing_secret")).scalar() == 0
    with web.read(NOBODY) as connection:
        assert connection.execute(text("SELECT count(*) FROM agreement")).scalar() == 0
    web.close()


def test_comments_are_read_by_both_and_hidden_by_either(world: World) -> None:
    north, south, case = offices(world)
    path = f"/agreements/{proposed(north, case)}"
    north.post(f"{path}/comments", {"text": "What about Tuesdays?\nOr 周三?"}, 201)
    key = south.post(f"{path}/comments", {"text": "something rude"}, 201)["id"]
    assert [row["text"] for row in north.get(path)["comments"]] == ["What about Tuesdays?\nOr 周三?", "something rude"]
    found = north.patch(f"{path}/comments/{key}", {"hidden": True})
    assert [row["text"] for row in found["comments"]][1] is None
    assert south.get(path)["comments"][1]["hidden_by"] == north.organisation
    south.patch(f"{path}/comments/{key}", {"hidden": False}, 403)
    assert north.patch(f"{path}/comments/{key}", {"hidden": False})["comments"][1]["text"] == "something rude"
    north.patch(f"{path}/comments/nothing", {"hidden": True}, 404)


REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"parties": ["A", "B"], "grants": [{"giver": "A", "taker": "B", "kind": "service"}]}, "one-signer"),
    ({"parties": ["A", "nobody"]}, "unknown-party"),
    ({"grants": [{"giver": "A", "taker": "nobody", "kind": "service"}]}, "not-a-signer"),
    ({"grants": [{"giver": "*", "taker": "C", "kind": "service"}]}, "not-a-signer"),
    ({"grants": [{"giver": "A", "taker": "C", "kind": "service", "resource": "no such"}]}, "unknown-id"),
    ({"grants": [{"giver": "A", "taker": "C", "kind": "hub"}] * 2}, "duplicate-key"),
    ({"grants": []}, "too-short"),
    ({"starts": "2026-02-30"}, "value-error"),
    ({"starts": "2026-02-02", "ends": "2026-02-01"}, "ends-before-starts"),
    ({"fixed_cost": -1.0}, "greater-than-equal"),
    ({"name": "two\nlines"}, "value-error"),
)


def test_what_cannot_be_agreed_is_refused_with_its_reason(world: World) -> None:
    north, _, case = offices(world)
    for changed, code in REFUSED:
        refused = north.post(f"/cases/{case}/agreements", wish(**changed), 422)
        assert code in {error["code"] for error in refused["errors"]}, changed
    assert north.get(f"/cases/{case}/agreements")["items"] == []


def test_an_id_that_the_case_has_is_refused_when_it_is_proposed(world: World) -> None:
    north, south, case = offices(world)
    made = north.post(f"/cases/{case}/agreements", wish(agreement="AB"), 201)["id"]
    refused = north.post(f"/agreements/{made}/propose", status=409)
    assert refused["errors"][0]["code"] == "key-taken"
    south.get(f"/agreements/{made}", 404)


def test_the_printed_view_shows_who_has_signed(world: World) -> None:
    north, south, case = offices(world)
    path = f"/agreements/{proposed(north, case)}"
    give_keys(north)
    north.post(f"{path}/sign", {"version": 1, "passphrase": PASSPHRASE})
    content = south.request("GET", f"{path}/document.pdf?lang=en").content
    page = "".join(item.get_textpage().get_text_range() for item in pypdfium2.PdfDocument(io.BytesIO(content)))
    assert "Грузы вместе" in page
    assert "共同运输" in page
    assert "South office: not signed" in page
    assert "North office, " in page


def test_audit_chains_are_sound_and_the_other_side_keeps_the_head(world: World) -> None:
    """Every step is a line; a chain rewritten as a whole does not fit what the other side keeps."""
    north, south, case = offices(world)
    path = f"/agreements/{proposed(north, case)}"
    give_keys(north, south)
    for person in (north, south):
        person.post(f"{path}/sign", {"version": 1, "passphrase": PASSPHRASE})
    report = north.get("/audit/verify")
    assert report["is_sound"]
    assert south.organisation in {row["organisation"] for row in report["kept_of_others"]}
    actions = {row["action"] for row in north.get("/audit?limit=500")["items"]}
    assert {"agreement.create", "agreement.propose", "agreement.sign", "key.add", "case.party", "case.edit"} <= actions
    assert {row["action"] for row in south.get("/audit?limit=500")["items"]} & {"agreement.create"} == set()
    with world.as_owner() as connection:
        for organisation in log.organisations(connection):
            assert log.check(connection, organisation).is_sound
        seq = report["lines"] - 3
        place = {"o": north.organisation, "s": seq}
        connection.execute(text("UPDATE audit_log SET action = 'other' WHERE organisation_id = :o AND seq = :s"), place)
    broken = north.get("/audit/verify")
    assert not broken["is_sound"]
    assert any(f"line {seq} " in fault for fault in broken["faults"])


def test_organisations_that_share_a_case_keep_each_others_heads_every_day(world: World) -> None:
    """The worker hands them over by itself, once a day."""
    north, south, _ = offices(world)
    worker = open_database(world.settings.worker_url, pool_size=1)
    with worker.write(NOBODY) as connection:
        assert exchange_heads(connection) == 2
    with worker.write(NOBODY) as connection:
        assert exchange_heads(connection) == 0
    worker.close()
    for person, other in ((north, south), (south, north)):
        kept = person.get("/audit/verify")["kept_of_others"]
        assert {row["organisation"] for row in kept} == {other.organisation}
