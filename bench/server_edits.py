"""Large edits on a server: rows pasted, changed, taken back and imported; seconds of each, at loopback.

Run it with ``python -m bench.server_edits [--rows 5000] [--postgres]``.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.helpers.postgres import Postgres, find_binaries
from tests.helpers.server_process import ServerProcess, free_port

from landbridge.client import Client
from landbridge.server.settings import Settings, read_settings

PASSWORD = "a sentence for the bulk test"


def main() -> None:
    """Start a server, send what a planner would paste, print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--postgres", action="store_true")
    wishes = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        settings = read_settings({}, data_dir=Path(name) / "data", port=free_port(), workers=0, max_body_mb=8.0)
        with _on_database(settings, is_postgres=wishes.postgres) as found:
            server = ServerProcess(found, Path(name) / "server.log")
            server.start()
            try:
                seconds = measure(server, wishes.rows)
            finally:
                server.stop()
    load = round(os.getloadavg()[0], 1)
    print(json.dumps({"postgres": wishes.postgres, "rows": wishes.rows, "load": load, "seconds": seconds}, indent=2))


@contextmanager
def _on_database(settings: Settings, *, is_postgres: bool) -> Iterator[Settings]:
    """Settings on SQLite, or on a throw-away PostgreSQL."""
    if not is_postgres:
        yield settings
        return
    binaries = find_binaries()
    if binaries is None:
        raise SystemExit("there is no PostgreSQL (initdb)")
    database = Postgres(binaries)
    database.start()
    try:
        urls = database.new_database()
        yield dataclasses.replace(
            settings, database_url=urls.web, worker_database_url=urls.worker, owner_database_url=urls.owner
        )
    finally:
        database.stop()


def measure(server: ServerProcess, num: int) -> dict[str, float]:
    """Paste, change, take back and import so many orders, and paste as many departures."""
    client = Client(server.address, timeout_s=600.0)
    client.set_up(server.link, "Host", "Ann", "ann@example.org", PASSWORD)
    case = client.create_case("starter")["id"]
    order = next(iter(client.rows(case, "orders")))["values"]
    service = next(iter(client.rows(case, "services")))["key"]
    seconds: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        answer = work()
        seconds[name] = round(time.perf_counter() - began, 2)
        return answer

    def paste() -> Any:
        return client.change_rows(case, "orders", [{"values": order | {"order": f"P{n}"}} for n in range(num)])

    def change() -> Any:
        changes = [{"key": item["key"], "etag": item["etag"], "values": {"qty": "2"}} for item in pasted["items"]]
        return client.change_rows(case, "orders", changes)

    def remove() -> Any:
        now = client.rows(case, "orders")
        changes = [{"key": row["key"], "etag": row["etag"], "values": None} for row in now if row["key"][0] == "P"]
        return client.change_rows(case, "orders", changes)

    def depart() -> Any:
        minutes = range(num)
        rows = [{"service": service, "days": f"2026-{1 + n // 40000:02}-{1 + n // 1440 % 28:02}",
                 "depart": f"{n // 60 % 24:02}:{n % 60:02}"} for n in minutes]  # fmt: skip
        return client.change_rows(case, "timetable", [{"values": row} for row in rows])

    pasted = timed("paste orders", paste)
    timed("change orders", change)
    timed("undo the change", lambda: client.post(f"/cases/{case}/undo"))
    timed("remove orders", remove)
    timed("paste departures", depart)
    lines = "\n".join(",".join(f'"{text}"' for text in (order | {"order": f"F{n}"}).values()) for n in range(num))
    body = (f'--limit\r\nContent-Disposition: form-data; name="file"; filename="orders.csv"\r\n\r\n'
            f"{','.join(order)}\n{lines}\r\n--limit--\r\n").encode()  # fmt: skip
    kind = "multipart/form-data; boundary=limit"
    draft = timed("read a file", lambda: client.send(f"/cases/{case}/imports", body, kind))
    if draft["tables"][0]["added"] != num:
        raise SystemExit(f"the file was not read as it was meant: {draft}")
    timed("apply the file", lambda: client.post(f"/cases/{case}/imports/{draft['id']}/apply"))
    return seconds


if __name__ == "__main__":
    main()
