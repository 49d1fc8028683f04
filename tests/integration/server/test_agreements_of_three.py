"""Agreements between three offices, on each database: in force when all have signed, each with its own value."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from tests.integration.server.conftest import Person, World
from tests.integration.server.test_agreements import PASSPHRASE, give_keys, north_case

from landbridge.server.store.database import Viewer, open_database
from landbridge.server.store.migrate import upgrade

ROLES = ("administrator", "planner", "negotiator")
AROUND = [("A", "B"), ("B", "C"), ("A", "C")]


def three_offices(world: World) -> tuple[list[Person], Person, str]:
    """One office for each of A, B and C, none of which may use another's trucks; and a fourth that has no part."""
    root = world.set_up("North office")
    first = world.member(root, root.organisation, "bob@example.org", ROLES)
    second, third, fourth = (world.office(root, f"{name} office", ROLES) for name in ("East", "South", "Far"))
    case = north_case(first)
    for table in ("grants", "agreements"):
        rows = first.rows(case, table)
        gone = [{"key": key, "etag": row["etag"], "values": None} for key, row in rows.items()]
        first.patch(f"/cases/{case}/tables/{table}", {"changes": gone})
    for party, office in (("B", second), ("C", third)):
        first.put(f"/cases/{case}/parties/{party}", {"organisation": office.organisation})
    return [first, second, third], fourth, case


def wish(**changed: Any) -> dict[str, Any]:
    grants = [{"giver": giver, "taker": taker, "kind": "service", "both_ways": True} for giver, taker in AROUND]
    return {"agreement": "three", "name": "All together", "parties": ["A", "B", "C"], "grants": grants} | changed


def own_values(world: World, people: list[Person], case: str) -> list[float]:
    """What each books in a plan of now."""
    job = world.run_job(people[0], case, "plan", time_s=20.0)
    assert job["state"] == "done", job["error"]
    return [float(person.get(f"/runs/{job['run']}")["own_value"]) for person in people]


@pytest.mark.mostly_on("postgresql")
def test_an_agreement_of_three_is_in_force_when_the_third_has_signed(world: World) -> None:
    people, stranger, case = three_offices(world)
    first, second, third = people
    before = own_values(world, people, case)
    made = first.post(f"/cases/{case}/agreements", wish(), 201)
    path = f"/agreements/{made['id']}"
    assert [row["party"] for row in made["signers"]] == ["A", "B", "C"]
    for person in (second, third, stranger):
        person.get(path, 404)
        assert person is stranger or person.get(f"/cases/{case}/agreements")["items"] == []
    first.post(f"{path}/propose")
    assert [person.get(path)["yours"] for person in people] == [["A"], ["B"], ["C"]]
    stranger.get(path, 404)

    third.post(f"{path}/comments", {"text": "what of Sundays?"}, 201)
    assert second.get(path)["comments"][0]["text"] == "what of Sundays?"
    second.post(f"{path}/value", {"time_s": 0.5}, 202)
    world.work()
    values = [person.get(path)["value"] for person in people]
    assert all(value["low"] <= value["high"] and value["high"] > 0 for value in values)

    give_keys(*people)
    for person, state in zip((second, first, third), ("proposed", "proposed", "in_force"), strict=True):
        assert person.post(f"{path}/sign", {"version": 1, "passphrase": PASSPHRASE})["state"] == state
        if state == "proposed":
            assert own_values(world, people, case) == pytest.approx(before), "two of three signatures change no plan"
    after = own_values(world, people, case)
    assert sum(after) > sum(before) + 1
    assert [item["is_valid"] for item in third.get(f"{path}/signatures")["items"]] == [True] * 3
    kept = {row["organisation"] for row in third.get("/audit/verify")["kept_of_others"]}
    assert kept >= {first.organisation, second.organisation}

    assert second.post(f"{path}/end")["state"] == "ended"
    assert own_values(world, people, case) == pytest.approx(before)


@pytest.mark.mostly_on("postgresql")
def test_a_new_version_takes_all_three_signatures_again(world: World) -> None:
    people, _, case = three_offices(world)
    first, second, third = people
    made = first.post(f"/cases/{case}/agreements", wish(), 201)
    path = f"/agreements/{made['id']}"
    first.post(f"{path}/propose")
    give_keys(*people)
    for person in (first, second):
        person.post(f"{path}/sign", {"version": 1, "passphrase": PASSPHRASE})
    again = {name: value for name, value in wish(fixed_cost=5.0).items() if name != "agreement"}
    assert third.post(f"{path}/versions", again, 201)["version"] == 2
    left = again | {"parties": ["A", "C"], "grants": [{"giver": "A", "taker": "C", "kind": "service"}]}
    refused = third.post(f"{path}/versions", left, 422)
    assert refused["errors"][0]["code"] == "other-signers"
    for person, state in zip((third, second, first), ("proposed", "proposed", "in_force"), strict=True):
        assert person.post(f"{path}/sign", {"version": 2, "passphrase": PASSPHRASE})["state"] == state
    assert third.rows(case, "agreements")["three"]["values"]["fixed_cost"] == "5"
    first.edit(case, "agreements", "three", {"status": "ended"}, 403)


@pytest.mark.mostly_on("postgresql")
def test_what_three_cannot_agree_is_refused_with_its_reason(world: World) -> None:
    people, _, case = three_offices(world)
    first, second, third = people
    two = [{"giver": "A", "taker": "B", "kind": "service"}]
    for changed, code in (
        ({"grants": two}, "idle-signer"),
        ({"parties": ["A", "B"]}, "not-a-signer"),
        ({"parties": ["B", "C"], "grants": [{"giver": "B", "taker": "C", "kind": "hub"}]}, "not-a-signer"),
        ({"parties": ["A", "B", "A"], "grants": two}, "one-signer"),
        ({"parties": ["A"]}, "too-short"),
        ({"parties": ["A", "B", "C", "nobody"]}, "unknown-party"),
    ):
        refused = first.post(f"/cases/{case}/agreements", wish(**changed), 422)
        assert code in {error["code"] for error in refused["errors"]}, changed
    second.put(f"/cases/{case}/parties/B", {"organisation": third.organisation})
    refused = first.post(f"/cases/{case}/agreements", wish(), 422)
    assert refused["errors"][0]["code"] == "one-signer"


def test_agreements_of_two_keep_their_sides_when_the_schema_changes(bare_settings: Any) -> None:
    """Written at the schema before, by hand: a draft is its author's alone, a proposal both sides'."""
    upgrade(bare_settings.owner_url, "0003")
    owner = open_database(bare_settings.owner_url, pool_size=1)
    with owner.write(Viewer()) as connection:
        for key in ("o1", "o2"):
            connection.execute(text(f"INSERT INTO organisation VALUES ('{key}', '{key}', {key == 'o1'}, 1, 0)"))
        connection.execute(text("INSERT INTO case_head (id, host_id, name, settings, settings_version, created) "
                                "VALUES ('c1', 'o1', 'Old case', '{}', 0, 0)"))  # fmt: skip
        for key, proposed in (("draft", "NULL"), ("offer", "1")):
            row = f"'{key}', 'c1', '{key}', '{key}', 'o1', 'o2', 'x', 1, 0, 0, {proposed}"
            connection.execute(text(f"INSERT INTO agreement VALUES ({row})"))
    upgrade(bare_settings.owner_url)
    with owner.read(Viewer()) as connection:
        found = connection.execute(text("SELECT agreement_id, organisation_id FROM agreement_side ORDER BY 1, 2")).all()
        assert [tuple(row) for row in found] == [("offer", "o1"), ("offer", "o2")]
    owner.close()
    if bare_settings.owner_url.startswith("sqlite"):
        return
    web = open_database(bare_settings.url, pool_size=1)
    for organisation, expected in (("o1", ["draft", "offer"]), ("o2", ["offer"]), ("o3", [])):
        with web.read(Viewer(organisation=organisation, user="u")) as connection:
            assert list(connection.execute(text("SELECT id FROM agreement ORDER BY id")).scalars()) == expected
    web.close()
