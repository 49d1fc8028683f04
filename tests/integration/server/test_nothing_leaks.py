"""
Two offices, planted figures: what is in no answer to the other.

Every answer that each of them is given is kept, whatever its kind: JSON, page, workbook, PDF, events, errors. After
planning, sharing, explaining, comparing and agreeing none of it has a price, a cost or a quantity of the other.
(Who charters a partner's vehicle pays for it, and so knows what it costs: docs/security.md. Nobody does here.)
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pypdfium2
import pytest
from tests.integration.server.conftest import Person, World

from landbridge.model.plan import RUN_TABLES
from landbridge.model.shares import SHARE_TABLES

PARTS = {
    "A": {"run_cost": "137.3117", "price": "47.5717", "qty": "6.1317", "penalty": "13.7117", "lone": "55.1317"},
    "B": {"run_cost": "149.3717", "price": "43.7317", "qty": "4.1917", "penalty": "13.7917"},
    "C": {"run_cost": "131.3917", "price": "41.8717", "qty": "5.2317", "penalty": "13.8317", "lone": "58.1517"},
}
"""Figures of each party that nothing else is; different ones, for half of the sum of two equal costs is such a cost."""

NORTH = {f"{party} {what}": figure for party in "AB" for what, figure in PARTS[party].items()}
SOUTH = {f"C {what}": figure for what, figure in PARTS["C"].items()}
PASSPHRASE = "north and south by rail"


CHANCE = re.compile(r"\b[0-9a-f]{40,}\b|\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+")
"""What may have the digits of a figure by chance: a hash, and a moment with its fraction of a second."""


class Listener:
    """Somebody whose answers are all kept."""

    def __init__(self, person: Person) -> None:
        self.person, self.heard = person, []
        plain = person.request

        def request(method: str, path: str, **given: Any) -> Any:
            answer = plain(method, path, **given)
            self.heard.append((f"{method} {path}", _text_of(answer)))
            return answer

        person.request = request  # type: ignore[method-assign]

    def found(self, figures: dict[str, str]) -> list[tuple[str, str]]:
        """Answers that have one of some figures in them, whole or (in JSON) rounded to two decimals, and where."""
        found = []
        for where, heard in self.heard:
            said = CHANCE.sub("#", heard)
            for what, figure in figures.items():
                looked_for = [figure]
                if said.startswith("{") and "qty" not in what:  # seconds of work may have the digits of a quantity
                    looked_for.append(f"{float(figure):.2f}")
                for text in looked_for:
                    at = said.find(text)
                    if at >= 0:
                        found.append((where, f"{what}: ...{said[max(0, at - 150) : at + 20]}"))
        return found


class _Slots(Person):
    """A person whose methods can be replaced: the class of the others has slots."""

    __slots__ = ("__dict__",)


def _text_of(answer: Any) -> str:
    content = answer.content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return "\n".join(book.read(name).decode(errors="replace") for name in book.namelist())
    if content.startswith(b"%PDF"):
        pages = pypdfium2.PdfDocument(io.BytesIO(content))
        return "\n".join(page.get_textpage().get_text_range() for page in pages)
    return str(content.decode(errors="replace"))


def listening(person: Person) -> Listener:
    return Listener(_Slots(person.client, person.csrf, person.organisation, person.user))


def plant(host: Person, case: str) -> None:
    """Give each party figures that nothing else is, and an order that nobody can carry."""
    planted = {
        "services": {"run_cost": "run_cost"},
        "orders": {"price_per_unit": "price", "qty": "qty", "unserved_cost_per_unit": "penalty"},
    }
    for table, columns in planted.items():
        changes = []
        for key, row in host.rows(case, table).items():
            party = row["values"].get("owner") or row["values"].get("party", "")
            if party in PARTS:
                values = {column: PARTS[party][what] for column, what in columns.items()}
                changes.append({"key": key, "etag": row["etag"], "values": values})
        host.patch(f"/cases/{case}/tables/{table}", {"changes": changes})
    plain = {"good": "cargo", "price_per_unit": "0.5"}
    lone = [
        {
            "values": plain
            | {"order": f"lone-{party}", "party": party, "qty": PARTS[party]["lone"], "from_hub": a, "to_hub": b}
        }
        for party, a, b in (("A", "A-town", "C-town"), ("C", "C-town", "B-town"))
    ]
    host.patch(f"/cases/{case}/tables/orders", {"changes": lone})


def look_at_everything(listener: Listener, case: str, order: str, world: World) -> None:
    """Ask for all there is, and for much there is not."""
    person = listener.person
    runs = [person.get(f"/jobs/{job}")["run"] for job in _jobs(person, case, world)]
    compared = world.run_job(person, case, "compare", runs=[runs[0], runs[1]])
    explained = world.run_job(person, case, "explain", run=runs[0], order=order)
    scarce = world.run_job(person, case, "bottlenecks", run=runs[0], time_s=2.0)
    for job in (compared, explained, scarce):
        assert job["state"] == "done", job["error"]
        person.request("GET", f"/jobs/{job['id']}/events")
        person.request("GET", f"/jobs/{job['id']}?lang=ru")
    assert explained["result"]["why"]
    foreign = "lone-C" if order == "lone-A" else "lone-A"
    assert world.run_job(person, case, "explain", run=runs[0], order=foreign)["state"] == "failed"
    for run in runs:
        for path in ("", "/report", "/report.html", "/report.html?lang=ru", "/workbook.xlsx"):
            assert person.request("GET", f"/runs/{run}{path}").status_code == 200
        for table in (*RUN_TABLES, *SHARE_TABLES):
            person.request("GET", f"/runs/{run}/tables/{table}")
    for path in ("runs", "jobs", "agreements", "findings", "export?format=csv", "export?format=xlsx"):
        assert person.request("GET", f"/cases/{case}/{path}").status_code == 200
    person.get(f"/cases/{case}")
    for table in ("parties", "hubs", "services", "orders", "agreements", "grants"):
        rows = person.rows(case, table)
        for key, row in rows.items():  # what is refused, and what it says
            body = {"changes": [{"key": key, "etag": "0", "values": {"name": "x"}}]}
            person.request("PATCH", f"/cases/{case}/tables/{table}", json=body)
            del row
    for lang in ("en", "ru", "zh"):
        body = {"changes": [{"values": {"order": foreign}}]}
        person.request("PATCH", f"/cases/{case}/tables/orders", json=body, headers={"Accept-Language": lang})
        assert person.request("GET", f"/cases/{case}/findings?lang={lang}").status_code == 200
    person.get("/audit?limit=500")


def _jobs(person: Person, case: str, world: World) -> list[str]:
    found = []
    for kind, options in (("plan", {}), ("share", {"coalition_s": 1.0}), ("agreements", {"coalition_s": 0.3})):
        given = options if kind == "agreements" else {"time_s": 2.0, **options}
        job = world.run_job(person, case, kind, **given)
        assert job["state"] == "done", job["error"]
        person.request("GET", f"/jobs/{job['id']}/events")
        if kind != "agreements":
            found.append(job["id"])
    return found


@pytest.mark.mostly_on("postgresql")
def test_neither_of_two_offices_is_told_a_figure_of_the_other(world: World) -> None:
    host = world.set_up("North office")
    roles = ("administrator", "planner", "negotiator")
    bob = world.member(host, host.organisation, "bob@example.org", roles)
    sue = world.office(host, "South office", roles)
    case = bob.post("/cases", {"source": "starter"}, 201)["id"]
    plant(bob, case)
    bob.put(f"/cases/{case}/parties/C", {"organisation": sue.organisation})
    north, south = listening(bob), listening(sue)
    wish = {
        "agreement": "more", "name": "more", "parties": ["A", "C"],
        "grants": [{"giver": "C", "taker": "A", "kind": "hub", "both_ways": True}],
    }  # fmt: skip
    made = north.person.post(f"/cases/{case}/agreements", wish, 201)["id"]
    north.person.post(f"/agreements/{made}/propose")
    look_at_everything(north, case, "lone-A", world)
    look_at_everything(south, case, "lone-C", world)
    north.person.post(f"/agreements/{made}/value", {"time_s": 0.3}, 202)
    world.work()
    for side in (north, south):
        person = side.person
        assert person.get(f"/agreements/{made}")["value"] is not None
        keys = f"/organisations/{person.organisation}/signing-keys"
        person.post(keys, {"name": "key", "passphrase": PASSPHRASE}, 201)
        person.post(f"/agreements/{made}/sign", {"version": 1, "passphrase": PASSPHRASE})
        for path in ("", "/document.json", "/document.pdf", "/signatures"):
            assert person.request("GET", f"/agreements/{made}{path}").status_code == 200
    after = world.run_job(south.person, case, "plan", time_s=2.0)["run"]
    for side in (north, south):
        for path in ("", "/report", "/report.html", "/workbook.xlsx", "/tables/departures", "/tables/flows"):
            assert side.person.request("GET", f"/runs/{after}{path}").status_code == 200
    assert north.found(NORTH), "an office sees its own figures"
    assert south.found(SOUTH)
    leaks = [*north.found(SOUTH), *south.found(NORTH)]
    assert not leaks, "\n".join(f"{where} | {what}" for where, what in leaks)
