"""Load on a server: users who read and edit far-east while it is planned; p95 of reads and of edits.

Run it with ``python -m bench.server_load [--users 50] [--seconds 120] [--postgres]``.
"""

from __future__ import annotations

import argparse
import dataclasses
import http.client
import json
import random
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.helpers.postgres import Postgres, find_binaries
from tests.helpers.server_process import ServerProcess, free_port

from landbridge.client import Client, ServerRefused
from landbridge.server.settings import Settings, read_settings

THINK_S = (1.0, 3.0)
"""A user waits so long between two requests."""

PASSWORD = "a sentence for the load test"


class User(threading.Thread):
    """A planner: mostly reads pages of tables, now and then edits a row."""

    def __init__(self, settings: Settings, case: str, session: dict[str, str], number: int, until: float) -> None:
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", settings.port, timeout=30)
        self.case, self.session, self.until = case, session, until
        self.rng = random.Random(number)
        self.times: dict[str, list[float]] = defaultdict(list)
        self.errors: list[str] = []
        self.conflicts = 0

    def run(self) -> None:
        """Work until the time is over."""
        time.sleep(self.rng.uniform(0.0, THINK_S[1]))
        while time.monotonic() < self.until:
            try:
                self.act()
            except (OSError, http.client.HTTPException) as error:
                self.errors.append(repr(error))
                self.connection.close()
            time.sleep(self.rng.uniform(*THINK_S))

    def act(self) -> None:
        """Read something; once in five times edit what was read."""
        table = self.rng.choice(["orders", "services", "hubs", "timetable", "handling"])
        status, page = self.send("read", "GET", f"/cases/{self.case}/tables/{table}?limit=100")
        other = self.rng.choice([f"/cases/{self.case}", f"/cases/{self.case}/jobs", "/session", "/cases"])
        self.send("read", "GET", other)
        if status == 200 and table != "timetable" and self.rng.random() < 0.4:
            row = self.rng.choice(page["items"])
            column = "qty" if table == "orders" else "source"
            value = str(self.rng.randint(1, 500)) if table == "orders" else f"edit {self.rng.random():.6f}"
            change = {"key": row["key"], "etag": row["etag"], "values": {column: value}}
            self.send("edit", "PATCH", f"/cases/{self.case}/tables/{table}", {"changes": [change]})

    def send(self, kind: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request and take its time."""
        content = None if body is None else json.dumps(body).encode()
        began = time.monotonic()
        self.connection.request(method, "/api/v1" + path, content, self.session)
        answer = self.connection.getresponse()
        document = json.loads(answer.read())
        self.times[kind].append(time.monotonic() - began)
        if answer.status == 412:  # two users edited one row: the second is told, as it should be
            self.conflicts += 1
        elif answer.status >= 400:
            self.errors.append(f"{method} {path}: {answer.status} {document.get('error')}")
        return answer.status, document


def main() -> None:
    """Start a server, let users loose, print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--postgres", action="store_true")
    wishes = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        settings = read_settings({}, data_dir=Path(name) / "data", port=free_port(), sign_ins_per_minute=10_000)
        database = Postgres(find_binaries()) if wishes.postgres else None
        if database is not None:
            database.start()
            urls = database.new_database()
            settings = dataclasses.replace(
                settings, database_url=urls.web, worker_database_url=urls.worker, owner_database_url=urls.owner
            )
        server = ServerProcess(settings, Path(name) / "server.log")
        try:
            server.start()
            print(json.dumps(measure(server, wishes.users, wishes.seconds) | {"postgres": wishes.postgres}, indent=2))
        finally:
            server.stop()
            if database is not None:
                database.stop()


def measure(server: ServerProcess, users: int, seconds: float) -> dict[str, Any]:
    """Let users work beside a running plan."""
    client = Client(server.address)
    client.set_up(server.link, "Host", "Ann", "ann@example.org", PASSWORD)
    case = client.create_case("far-east")["id"]
    sessions = [_session(server) for _ in range(users)]
    job = client.start(case, "plan", time_s=seconds + 60.0)["id"]
    while client.request("GET", f"/jobs/{job}")["progress"]["bound"] is None:
        time.sleep(0.5)
    until = time.monotonic() + seconds
    threads = [User(server.settings, case, session, number, until) for number, session in enumerate(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    state = client.request("GET", f"/jobs/{job}")["state"]
    client.post(f"/jobs/{job}/cancel")
    found: dict[str, Any] = {"users": users, "seconds": seconds, "plan": state}
    for kind in ("read", "edit"):
        times = sorted(item for thread in threads for item in thread.times[kind])
        found[kind] = {"count": len(times), "p50_ms": round(statistics.median(times) * 1000, 1),
                       "p95_ms": round(times[int(0.95 * len(times))] * 1000, 1),
                       "max_ms": round(times[-1] * 1000, 1)}  # fmt: skip
    found["conflicts"] = sum(thread.conflicts for thread in threads)
    errors = [error for thread in threads for error in thread.errors]
    return found | {"errors": len(errors), "first_errors": errors[:5]}


def _session(server: ServerProcess) -> dict[str, str]:
    """Sign in as a browser of its own."""
    client = Client(server.address)
    try:
        session = client.sign_in("ann@example.org", PASSWORD)
    except ServerRefused as error:
        raise SystemExit(f"no session: {error}") from error
    cookies = next(item for item in client._opener.handlers if hasattr(item, "cookiejar")).cookiejar
    return {"Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in cookies),
            "X-CSRF-Token": session["csrf_token"], "Content-Type": "application/json"}  # fmt: skip


if __name__ == "__main__":
    main()
