"""Kill -9 of worker, server and database at random: no accepted input is lost, no run half there, no job stuck."""

from __future__ import annotations

import dataclasses
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.helpers.postgres import Postgres
from tests.helpers.server_process import ServerProcess, free_port
from tests.integration.server.conftest import PASSWORD, make_settings
from tests.integration.server.test_followings import order, orders_file

from landbridge.client import Client, ServerRefused
from landbridge.server.audit import log
from landbridge.server.store.database import NOBODY, open_database
from landbridge.server.store.schema import AuditLine, Job
from landbridge.tables import read_run
from landbridge.verify import verify

LEASE_S = 3.0
FEW, MANY = 9, 200
"""Imports, edits and plans in ./run test, and in the long test."""

LATE_S = 30.0
"""
Seconds after the end of its lease by which a job is taken again or given up, while a worker runs.

That one may have a plan of five seconds to end first, on a machine that does other work too.
"""

LOST = "no accepted input lost"
HALF = "no run half-visible"
STUCK = "no job stuck longer than its lease"
CHAIN = "the audit chain verifies"


class Report:
    """What the third line of "Done when" promises, line by line, and what was seen of it; ``-rP`` prints it."""

    def __init__(self) -> None:
        self.seen: dict[str, list[str]] = {LOST: [], HALF: [], STUCK: [], CHAIN: []}

    def hold(self, line: str, is_so: bool, facts: object) -> None:
        """Fail, naming the promise, unless it is so."""
        assert is_so, f"Done when 3, {line!r} does not hold: {facts}"

    def note(self, line: str, facts: str) -> None:
        """Tell what was seen."""
        self.seen[line].append(facts)

    def text(self, killed: Counter[str]) -> str:
        """All lines, for a person."""
        head = "killed: " + ", ".join(f"{name} {count} times" for name, count in sorted(killed.items()))
        return "\n".join([head, *(f"{line}: {'; '.join(facts)}" for line, facts in self.seen.items())])


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    settings = make_settings(request, tmp_path, request.param, lease_s=LEASE_S, max_queued_jobs=1000)
    found = ServerProcess(dataclasses.replace(settings, port=free_port(), workers=1), tmp_path / "server.log")
    found.start()
    try:
        yield found
    finally:
        found.stop()


@pytest.mark.mostly_on("sqlite")
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
    reader = _Reader(server, case, people)
    threads = [threading.Thread(target=person.run, name=type(person).__name__) for person in [*people, reader]]
    for thread in threads:
        thread.start()
    killed = Counter(_kill_at_random(server, database, people, threads, num // 2))
    assert killed
    assert num < MANY or set(killed) == {"worker", "server"} | ({"database"} if database else set())
    report = Report()
    for person in [*people, reader]:
        report.hold(HALF if person is reader else LOST, person.is_done, person.trouble)
    client.sign_in("ann@example.org", PASSWORD)
    _check_jobs(server, report)
    for person in [*people, reader]:
        person.check(client, report)
    _check_audit(server, report)
    print(report.text(killed))


def _check_jobs(server: ServerProcess, report: Report) -> None:
    """With the server left alone, each job ends, and none outlives its lease for long before it is taken again."""
    database = open_database(server.settings.owner_url, pool_size=1)
    latest, until = 0.0, time.monotonic() + 1200
    while True:
        with database.read(NOBODY) as connection:
            open_jobs = connection.execute(
                select(Job.state, Job.lease_until).where(Job.state.in_(("queued", "running")))
            ).all()
        latest = max([latest, *(time.time() - job.lease_until for job in open_jobs if job.lease_until)])
        report.hold(STUCK, latest < LATE_S, f"a job is {latest:.1f} s over its lease of {LEASE_S:g} s")
        if not open_jobs:
            break
        report.hold(STUCK, time.monotonic() < until, f"{len(open_jobs)} jobs do not end")
        time.sleep(0.2)
    database.close()
    report.note(STUCK, f"at most {latest:.1f} s after its end (lease {LEASE_S:g} s)")


def _check_audit(server: ServerProcess, report: Report) -> None:
    """The chain of every organisation is whole."""
    database = open_database(server.settings.owner_url, pool_size=1)
    with database.read(NOBODY) as connection:
        found = [log.check(connection, organisation) for organisation in log.organisations(connection)]
        num = connection.execute(select(func.count()).select_from(AuditLine)).scalar_one()
    database.close()
    report.hold(CHAIN, bool(found) and all(item.is_sound for item in found), [item.faults for item in found])
    report.note(CHAIN, f"{num} lines")


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

    def check(self, client: Client, report: Report) -> None:
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

    def check(self, client: Client, report: Report) -> None:
        row = next(iter(client.rows(self.case, "goods")))
        report.hold(LOST, row["values"]["name"] == f"edit {self.last}", row)
        report.note(LOST, f"{self.num} edits")


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

    def check(self, client: Client, report: Report) -> None:
        counts: dict[str, int] = {}
        for row in client.rows(self.case, "goods"):
            name, sign, _ = row["key"].partition("-")
            if sign and name.startswith("file"):
                counts[name] = counts.get(name, 0) + 1
        report.hold(LOST, counts == {f"file{number}": 50 for number in range(self.num)}, counts)
        report.note(LOST, f"{self.num} imports of 50 rows, each whole")


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

    def check(self, client: Client, report: Report) -> None:
        report.hold(LOST, len(set(self.jobs)) == self.num, self.jobs)
        ended = [client.request("GET", f"/jobs/{job}") for job in self.jobs]
        taken = [job["result"]["taken"] for job in ended if job["state"] == "done"]
        report.hold(LOST, set(taken) <= {20}, taken)
        report.hold(STUCK, all(job["attempts"] <= 2 for job in ended), ended)
        report.hold(HALF, client.following(self.following)["parcels"] == sum(taken), taken)
        report.hold(HALF, len(list(client.parcels(self.following))) == sum(taken), taken)
        report.note(LOST, f"{len(taken)} files of 20 parcels, each whole and once")


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
        door = f"/jobs/{job['id']}"
        while number % 2 and job["state"] in ("queued", "running"):  # so that what is killed is at work on it
            time.sleep(0.3)
            job = self.insist(lambda client: client.request("GET", door))

    def check(self, client: Client, report: Report) -> None:
        listed = [item["id"] for item in client.items(f"/cases/{self.case}/jobs")
                  if item["kind"] == "plan" and item["options"]["name"]]  # fmt: skip
        report.hold(LOST, len(set(self.jobs)) == self.num, self.jobs)
        report.hold(LOST, sorted(listed) == sorted(self.jobs), "a job was lost, or is there twice")
        ended = [client.request("GET", f"/jobs/{job}") for job in self.jobs]
        for job in ended:
            report.hold(STUCK, job["state"] in ("done", "failed") and job["attempts"] <= 2, job)
            if job["state"] == "failed":
                report.hold(STUCK, "fell silent, 2 times" in job["error"], job)
        runs = {run["id"] for run in client.items(f"/cases/{self.case}/runs") if run["name"].startswith("plan ")}
        report.hold(HALF, runs == {job["run"] for job in ended if job["run"]}, runs)
        for run in runs:
            plan, planned = read_run(self.server.settings.runs_dir / run)
            report.hold(HALF, verify(plan, planned) == [], run)
            client.read("GET", f"/runs/{run}/report")
        again = sum(job["attempts"] > 1 for job in ended)
        given_up = sum(job["state"] == "failed" for job in ended)
        report.note(LOST, f"{self.num} plans")
        report.note(STUCK, f"{again} jobs were taken again, {given_up} given up and said so")
        report.note(HALF, f"{len(runs)} runs, each verified")


class _Reader(_Person):
    """Opens each run as soon as it is listed, while all the rest goes on: it is whole from its first moment."""

    def __init__(self, server: ServerProcess, case: str, others: list[_Person]) -> None:
        super().__init__(server, case, 0)
        self.others = others
        self.opened: set[str] = set()

    def run(self) -> None:
        """Read until the others are done, or have given up."""
        until = time.monotonic() + 3000
        while not all(other.is_done or other.trouble for other in self.others) and time.monotonic() < until:
            runs = self.insist(lambda client: [run["id"] for run in client.items(f"/cases/{self.case}/runs")])
            for run in set(runs) - self.opened:
                self.insist(lambda client, run=run: client.read("GET", f"/runs/{run}/report"))
                read_run(self.server.settings.runs_dir / run)
                self.opened.add(run)
            time.sleep(0.3)
        self.is_done = True

    def check(self, client: Client, report: Report) -> None:
        report.note(HALF, f"{len(self.opened)} opened the moment they were listed")
