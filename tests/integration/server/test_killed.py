"""Kill -9 of worker, server and database at random: no accepted input is lost, no run half there, no job stuck."""

from __future__ import annotations

import dataclasses
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.postgres import Postgres
from tests.helpers.server_process import ServerProcess, free_port
from tests.integration.server.conftest import PASSWORD, make_settings
from tests.integration.server.test_followings import order, orders_file

from landbridge.client import Client, ServerRefused
from landbridge.server.audit import log
from landbridge.server.store.database import NOBODY, open_database
from landbridge.tables import read_run
from landbridge.verify import verify

LEASE_S = 3.0
FEW, MANY = 12, 200
"""Imports, edits and plans in ./run test, and in the slow test."""


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    settings = make_settings(request, tmp_path, request.param, lease_s=LEASE_S, max_queued_jobs=1000)
    found = ServerProcess(dataclasses.replace(settings, port=free_port(), workers=1), tmp_path / "server.log")
    found.start()
    try:
        yield found
    finally:
        found.stop()


def test_nothing_accepted_is_lost_when_processes_are_killed(
    server: ServerProcess, request: pytest.FixtureRequest
) -> None:
    _torture(server, request, FEW)


@pytest.mark.long
def test_nothing_accepted_is_lost_in_two_hundred_operations(
    server: ServerProcess, request: pytest.FixtureRequest
) -> None:
    _torture(server, request, MANY)


def _torture(server: ServerProcess, request: pytest.FixtureRequest, num: int) -> None:
    client = Client(server.address, retries=0)
    client.set_up(server.link, "Host", "Ann", "ann@example.org", PASSWORD)
    case = client.create_case("starter")["id"]
    database = request.getfixturevalue("postgres") if not server.settings.url.startswith("sqlite") else None
    following = client.follow(case, client.plan(case, time_s=5.0)["id"], "followed")["id"]
    people: list[_Person] = [kind(server, case, num // 3) for kind in (_Editor, _Importer, _Planner)]
    people.append(_Sender(server, case, num // 3, following))
    threads = [threading.Thread(target=person.run, name=type(person).__name__) for person in people]
    for thread in threads:
        thread.start()
    killed = _kill_at_random(server, database, people, threads, num // 2)
    assert killed
    assert all(person.is_done for person in people), [person.trouble for person in people]
    client.sign_in("ann@example.org", PASSWORD)
    for person in people:
        person.check(client)
    _check_audit(server)


def _check_audit(server: ServerProcess) -> None:
    """The chain of every organisation is whole."""
    database = open_database(server.settings.owner_url, pool_size=1)
    with database.read(NOBODY) as connection:
        organisations = log.organisations(connection)
        reports = [log.check(connection, organisation) for organisation in organisations]
    database.close()
    assert reports
    assert all(report.is_sound for report in reports), [report.faults for report in reports]


def _kill_at_random(
    server: ServerProcess,
    database: Postgres | None,
    people: list[_Person],
    threads: list[threading.Thread],
    most: int,
) -> list[str]:
    """
    Kill something at a random moment, again and again while people work, at most so often; give what was killed.

    Between two kills something is accepted, however slow the machine is.
    """
    rng = random.Random(6)
    killed: list[str] = []
    until, done = time.monotonic() + 3000, -1
    while any(thread.is_alive() for thread in threads) and time.monotonic() < until:
        time.sleep(rng.uniform(0.1, 1.0))
        if len(killed) >= most or sum(person.count for person in people) == done:
            continue
        done = sum(person.count for person in people)
        victim = rng.choice(["worker", "server", "database"] if database else ["worker", "server"])
        if victim == "worker":
            if server.kill_worker():
                killed.append(victim)
        elif victim == "server":
            server.kill()
            killed.append(victim)
            server.start()
        elif database is not None:
            database.kill()
            killed.append(victim)
            time.sleep(rng.uniform(0.0, 0.5))
            database.start()
    return killed


class _Person:
    """Somebody who works on the case and goes on trying."""

    def __init__(self, server: ServerProcess, case: str, num: int) -> None:
        self.server, self.case, self.num = server, case, num
        self.is_done = False
        self.count = 0
        self.trouble: list[str] = []
        self.client = Client(server.address, retries=0, timeout_s=20)

    def run(self) -> None:
        """Do everything; what is answered well is accepted."""
        for number in range(self.num):
            self.do(number)
            self.count += 1
        self.is_done = True

    def do(self, number: int) -> None:
        raise NotImplementedError

    def check(self, client: Client) -> None:
        raise NotImplementedError

    def insist(self, work: Any) -> Any:
        """Sign in and do something until it is answered; refusals of sense (4xx) are told."""
        until = time.monotonic() + 600
        while time.monotonic() < until:
            try:
                if not self.client.csrf:
                    self.client.sign_in("ann@example.org", PASSWORD)
                return work(self.client)  # the session outlives whatever is killed
            except ServerRefused as error:
                if error.status not in (0, 412, 502, 503):
                    self.trouble.append(str(error))
                    raise
                time.sleep(0.2)
        raise TimeoutError(f"{type(self).__name__} got no answer")


class _Editor(_Person):
    """Writes a number into a row, again and again."""

    last = 0

    def do(self, number: int) -> None:
        def work(client: Client) -> None:
            row = next(iter(client.rows(self.case, "goods")))
            if row["values"].get("name") != f"edit {number}":
                change = {"key": row["key"], "etag": row["etag"], "values": {"name": f"edit {number}"}}
                client.change_rows(self.case, "goods", [change])

        self.insist(work)
        self.last = number

    def check(self, client: Client) -> None:
        row = next(iter(client.rows(self.case, "goods")))
        assert row["values"]["name"] == f"edit {self.last}"


class _Importer(_Person):
    """Sends files of fifty rows; each is there whole or not at all."""

    def do(self, number: int) -> None:
        rows = "".join(f"file{number}-{row},from file {number}\n" for row in range(50))
        boundary = "limit"
        body = (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="goods.csv"\r\n\r\n'
                f"good,name\n{rows}\r\n--{boundary}--\r\n").encode()  # fmt: skip

        def work(client: Client) -> None:
            if any(row["key"] == f"file{number}-0" for row in client.rows(self.case, "goods")):
                return  # an answer was lost, the import was not
            draft = client.send(f"/cases/{self.case}/imports", body, f"multipart/form-data; boundary={boundary}")
            client.post(f"/cases/{self.case}/imports/{draft['id']}/apply")

        self.insist(work)

    def check(self, client: Client) -> None:
        counts: dict[str, int] = {}
        for row in client.rows(self.case, "goods"):
            name, sign, _ = row["key"].partition("-")
            if sign and name.startswith("file"):
                counts[name] = counts.get(name, 0) + 1
        assert counts == {f"file{number}": 50 for number in range(self.num)}


class _Sender(_Person):
    """Sends parcels of a plan that is followed; each file is taken whole and once."""

    def __init__(self, server: ServerProcess, case: str, num: int, following: str) -> None:
        super().__init__(server, case, num)
        self.following = following
        self.jobs: list[str] = []

    def do(self, number: int) -> None:
        boundary, rows = "limit", orders_file([order(20 * number + at) for at in range(20)])
        body = (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="o.csv"\r\n\r\n'.encode()
                + rows + f"\r\n--{boundary}--\r\n".encode())  # fmt: skip
        headers = {"Idempotency-Key": f"file {number}", "Content-Type": f"multipart/form-data; boundary={boundary}"}
        path = f"/followings/{self.following}/parcels"
        self.jobs.append(self.insist(lambda client: client.request("POST", path, body, headers))["id"])

    def check(self, client: Client) -> None:
        assert len(set(self.jobs)) == self.num
        ended = [client.wait(job, timeout_s=60 + 6 * self.num, every_s=0.2) for job in self.jobs]
        taken = [job["result"]["taken"] for job in ended if job["state"] == "done"]
        assert set(taken) <= {20}
        assert all(job["attempts"] <= 2 for job in ended)
        assert client.following(self.following)["parcels"] == sum(taken)
        assert len(list(client.parcels(self.following))) == sum(taken)


class _Planner(_Person):
    """Starts plans; each job ends, with a whole run or with words."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.jobs: list[str] = []

    def do(self, number: int) -> None:
        key = {"Idempotency-Key": f"plan {number}"}
        body = {"kind": "plan", "options": {"time_s": 5.0, "name": f"plan {number}"}}
        job = self.insist(lambda client: client.request("POST", f"/cases/{self.case}/jobs", body, key))
        self.jobs.append(job["id"])

    def check(self, client: Client) -> None:
        assert len(set(self.jobs)) == self.num
        named = [item["id"] for item in client.items(f"/cases/{self.case}/jobs")
                 if item["kind"] == "plan" and item["options"]["name"]]  # fmt: skip
        assert sorted(named) == sorted(self.jobs)  # none is lost, none is there twice
        ended = [client.wait(job, timeout_s=60 + 6 * self.num, every_s=0.2) for job in self.jobs]
        for job in ended:
            assert job["state"] in ("done", "failed"), job
            assert job["attempts"] <= 2
            if job["state"] == "failed":
                assert "fell silent, 2 times" in job["error"], job
        runs = {run["id"] for run in client.items(f"/cases/{self.case}/runs") if run["name"].startswith("plan ")}
        assert runs == {job["run"] for job in ended if job["run"]}
        for run in runs:
            plan, planned = read_run(self.server.settings.runs_dir / run)
            assert verify(plan, planned) == []
            client.read("GET", f"/runs/{run}/report")
