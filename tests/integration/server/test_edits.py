"""Edits of many rows at once: the same as one by one, in few statements, on both databases."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from tests.integration.server.conftest import Person, World


def _state(person: Person, case: str) -> dict[str, Any]:
    """Everything that the person sees of the rows of a case, but their versions."""
    tables = ("parties", "hubs", "goods", "services", "timetable", "orders", "fleets", "pins", "events")
    return {
        f"{table} {key}": {name: value for name, value in row.items() if name != "etag"}
        for table in tables
        for key, row in person.rows(case, table).items()
    }


def _wishes(rng: random.Random, rows: dict[str, Any], partner: str) -> list[dict[str, Any]]:
    """Changes to services, in an order that lets a key be given up by one and taken by the next."""
    found: list[dict[str, Any]] = []
    free: list[str] = []
    for key in rng.sample(sorted(rows), 4):
        row = {"key": key, "etag": rows[key]["etag"]}
        kind = rng.choice(["cell", "rename", "remove", "owner", "show"])
        if kind == "cell":
            found.append(row | {"values": {"run_cost": str(rng.randint(1, 99)), "source": ""}})
        elif kind == "rename":
            new = free.pop() if free and rng.random() < 0.5 else f"{key}x"
            found.append(row | {"values": {"service": new}})
            free.append(key)
        elif kind == "remove":
            found.append(row | {"values": None})
            free.append(key)
        elif kind == "owner":
            found.append(row | {"values": {"owner": rng.choice(["A", "B", ""])}})
        else:
            visibility = rng.choice(["corridor", "partners", "private"])
            found.append(row | {"values": {}, "visibility": visibility, "partners": [partner]})
    like = next(iter(rows.values()))["values"]
    found += [{"values": like | {"service": free.pop() if free else f"new{rng.random()}"}} for _ in range(2)]
    return found


def test_many_changes_at_once_are_the_same_as_one_by_one(world: World) -> None:
    """Random changes to services with departures on them; each alone through the same door is the second opinion."""
    ann = world.set_up()
    south = world.office(ann, "South")
    rng = random.Random(6)
    for _ in range(6):
        wished = None
        states = []
        for is_whole in (True, False):
            case = ann.post("/cases", {"source": "starter"}, 201)["id"]
            services = ann.rows(case, "services")
            departures = [{"values": {"service": key, "days": "daily", "depart": "08:00"}} for key in services]
            ann.patch(f"/cases/{case}/tables/timetable", {"changes": departures})
            wished = wished or _wishes(rng, services, south.organisation)
            etags = {key: row["etag"] for key, row in ann.rows(case, "services").items()}
            changes = [item | {"etag": etags[item["key"]]} if "key" in item else item for item in wished]
            for some in [changes] if is_whole else [[item] for item in changes]:
                ann.patch(f"/cases/{case}/tables/services", {"changes": some})
            states.append(_state(ann, case))
        assert states[0] == states[1], wished


def test_undo_of_many_rows_restores_cells_owners_and_who_sees_them(world: World) -> None:
    ann = world.set_up()
    south = world.office(ann, "South")
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    for turn in range(4):
        before = _state(ann, case)
        changes = _wishes(random.Random(turn), ann.rows(case, "services"), south.organisation)
        ann.patch(f"/cases/{case}/tables/services", {"changes": changes})
        assert _state(ann, case) != before
        ann.post(f"/cases/{case}/undo")
        assert _state(ann, case) == before


def test_a_change_that_cannot_be_made_whole_changes_nothing(world: World) -> None:
    """A taken key, a party that is not there and an organisation that is not, each as the last of many rows."""
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    like = next(iter(ann.rows(case, "services").values()))["values"]
    before = _state(ann, case)
    fine = [{"values": like | {"service": f"S{number}"}} for number in range(20)]
    taken = {"values": like | {"service": "S7"}}
    unknown = {"values": like | {"service": "S99", "owner": "nobody"}}
    odd = {"values": like | {"service": "S99"}, "visibility": "partners", "partners": ["no-such-office"]}
    for last, status, code in ((taken, 409, "key-taken"), (unknown, 422, "unknown-party"),
                               (odd, 422, "unknown-organisation")):  # fmt: skip
        answer = ann.patch(f"/cases/{case}/tables/services", {"changes": [*fine, last]}, status)
        assert answer["errors"][0]["code"] == code
        assert _state(ann, case) == before


def test_parties_come_go_and_are_renamed(world: World) -> None:
    """Each is known to the database's own rules before its row is written, and until its row is gone."""
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    region = next(iter(ann.rows(case, "parties").values()))["values"]["region"]
    new = [{"values": {"party": name, "region": region}} for name in ("P", "Q")]
    ann.patch(f"/cases/{case}/tables/parties", {"changes": new})
    rows = ann.rows(case, "parties")
    changes = [{"key": "P", "etag": rows["P"]["etag"], "values": None},
               {"key": "Q", "etag": rows["Q"]["etag"], "values": {"party": "R"}}]  # fmt: skip
    ann.patch(f"/cases/{case}/tables/parties", {"changes": changes})
    assert set(ann.rows(case, "parties")) == (set(rows) - {"P", "Q"}) | {"R"}
    held = {item["party"] for item in ann.get(f"/cases/{case}")["parties"]}
    assert held == set(ann.rows(case, "parties"))
    etag = ann.rows(case, "parties")["A"]["etag"]
    used = ann.patch(f"/cases/{case}/tables/parties", {"changes": [{"key": "A", "etag": etag, "values": None}]}, 409)
    assert used["errors"][0]["code"] == "party-in-use"


def test_a_key_of_a_row_that_may_not_be_seen_is_told_as_taken(world: World) -> None:
    ann = world.set_up()
    south = world.office(ann, "South")
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    ann.put(f"/cases/{case}/parties/A", {"organisation": south.organisation})
    hidden = sorted(south.rows(case, "orders"))
    like = next(iter(ann.rows(case, "orders").values()))["values"]
    key = next(key for key in hidden if key not in ann.rows(case, "orders"))
    changes = [{"values": like | {"order": name}} for name in ("one more", key)]
    answer = ann.patch(f"/cases/{case}/tables/orders", {"changes": changes}, 409)
    assert answer["errors"][0]["code"] == "key-taken"
    assert "one more" not in ann.rows(case, "orders")


def test_an_edit_of_a_thousand_rows_takes_few_statements(world: World) -> None:
    """Paste, change, undo and departures: what the database is asked does not grow with the rows."""
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    service, like = next((key, row["values"]) for key, row in ann.rows(case, "services").items())
    order = next(iter(ann.rows(case, "orders").values()))["values"]
    doors = f"/cases/{case}/tables"
    with _counted(world) as asked:
        pasted = ann.patch(
            f"{doors}/orders", {"changes": [{"values": order | {"order": f"o{n}"}} for n in range(1000)]}
        )
        changes = [{"key": row["key"], "etag": row["etag"], "values": {"qty": "3"}} for row in pasted["items"]]
        ann.patch(f"{doors}/orders", {"changes": changes})
        ann.post(f"/cases/{case}/undo")
        ann.patch(f"{doors}/services", {"changes": [{"values": like | {"service": f"s{n}"}} for n in range(1000)]})
        departures = [{"values": {"service": f"s{n % 900}", "days": "daily", "depart": f"{n // 60:02}:{n % 60:02}"}}
                      for n in range(1000)]  # fmt: skip
        ann.patch(f"{doors}/timetable", {"changes": departures})
    assert service in ann.rows(case, "services")
    assert len(asked) < 250, len(asked)


@contextmanager
def _counted(world: World) -> Iterator[list[str]]:
    """Statements that the web process sends to the database; many rows in one call are one."""
    asked: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        asked.append(statement)

    engine = world.app.state.landbridge.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)
