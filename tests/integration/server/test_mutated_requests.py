"""
Requests made up from the OpenAPI description, sound and mutated: none ends with a server error.

What is sent follows from the seed alone: ``LANDBRIDGE_TEST_SEED=7`` sends others, and what failed is sent again by its
seed. A failure names the seed, the door and what was sent.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from tests.integration.server.conftest import API, PASSWORD, Person, World

SEED = int(os.environ.get("LANDBRIDGE_TEST_SEED", "6"))

FEW, MANY = 2, 100
"""Requests to each door in each mode: in ./run test, and in the slow test (10,000 in all)."""


@pytest.mark.mostly_on("sqlite")
def test_mutated_requests_get_no_server_error(world: World) -> None:
    assert _attack(world, FEW) > 150


@pytest.mark.long
def test_ten_thousand_mutated_requests_get_no_server_error(world: World) -> None:
    assert _attack(world, MANY) >= 5000  # on each of the two databases


def _attack(world: World, examples: int) -> int:
    """Send so many requests to each door, with real ids half of the time; returns how many were sent."""
    schema = schemathesis.openapi.from_asgi(f"{API}/openapi.json", world.app)
    scene = _Scene(world)
    sent = 0
    statuses: set[int] = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            strategy = operation.as_strategy(generation_mode=mode)

            @seed(SEED)
            @settings(max_examples=examples, deadline=None, database=None, derandomize=False,
                      phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
            @given(case=strategy, is_real=st.booleans())
            def attack(case: Any, is_real: bool) -> None:
                nonlocal sent
                if is_real and not case.path.endswith("-stream"):  # which ends only with what it follows
                    case.path_parameters.update(scene.ids(case.path_parameters))
                answer = case.call(headers=scene.headers())
                sent += 1
                statuses.add(answer.status_code)
                if answer.status_code >= 500:
                    pytest.fail(_told(case, answer, sent))
                if answer.status_code >= 400:
                    assert set(answer.json()) >= {"ok", "error", "errors", "status"}, _told(case, answer, sent)

            with suppress(Unsatisfiable):  # a door without parameters cannot be called wrongly
                attack()
    assert statuses >= {200, 404, 422}
    ann = scene.person
    ann.get("/session")
    print(f"seed {SEED}: {sent} requests, answered with {sorted(statuses)}")
    return sent


def _told(case: Any, answer: Any, number: int) -> str:
    """What was sent and answered, and how to have it sent again."""
    sent = f"{case.method} {case.formatted_path} {case.query} {case.body!r:.300}"
    return f"LANDBRIDGE_TEST_SEED={SEED}, request {number}: {sent}: {answer.status_code} {answer.content[:500]!r}"


class _Scene:
    """A person, a case, a job and a run, made anew when a request has removed them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.person: Person = world.set_up()
        wish = {"name": "robot", "scopes": ["read", "edit", "plan", "agree", "audit"]}
        self.key = self.person.post(f"/organisations/{self.person.organisation}/keys", wish, 201)["key"]
        self.case = self.following = ""
        self.turn = 0

    def headers(self) -> dict[str, str]:
        """Alternate between the browser and a machine; sign in again when a request has signed out."""
        self.turn += 1
        if self.turn % 2:
            return {"Authorization": f"Bearer {self.key}", "If-Match": '"1"'}
        cookie = self.person.client.cookies.get("lb_session", "")
        if self.person.request("GET", "/cases").status_code == 401:
            session = self.person.post("/session", {"email": "ann@example.org", "password": PASSWORD})
            self.person.csrf = session["csrf_token"]
            cookie = self.person.client.cookies["lb_session"]
        return {"Cookie": f"lb_session={cookie}", "X-CSRF-Token": self.person.csrf, "If-Match": '"1"'}

    def ids(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Ids of what is really there."""
        self._make()
        known = {"case": self.case, "job": self.job, "organisation": self.person.organisation, "table": "services",
                 "party": "A", "user": self.person.user}  # fmt: skip
        if "following" in parameters:
            known["following"] = self._following()
        return {name: known[name] for name in parameters if name in known}

    def _following(self) -> str:
        """A plan that is followed, of a case that is kept for it."""
        bearer = {"Authorization": f"Bearer {self.key}"}
        path = f"/followings/{self.following}"
        if not self.following or self.person.request("GET", path, headers=bearer).status_code != 200:
            case = self.person.post("/cases", {"source": "starter"}, 201, headers=bearer)["id"]
            body = {"kind": "plan", "options": {"time_s": 2.0}}
            job = self.person.post(f"/cases/{case}/jobs", body, 202, headers=bearer)["id"]
            self.world.work()
            run = self.person.get(f"/jobs/{job}", headers=bearer)["run"]
            wish = {"name": "attacked", "run": run}
            self.following = self.person.post(f"/cases/{case}/followings", wish, 201, headers=bearer)["id"]
        return self.following

    def _make(self) -> None:
        if self.case and self.person.request("GET", f"/cases/{self.case}").status_code == 200:
            return
        bearer = {"Authorization": f"Bearer {self.key}"}
        self.case = self.person.post("/cases", {"source": "starter"}, 201, headers=bearer)["id"]
        self.job = self.person.post(f"/cases/{self.case}/jobs", {"kind": "plan"}, 202, headers=bearer)["id"]
        self.person.post(f"/jobs/{self.job}/cancel", headers=bearer)
