"""A server that follows a plan: parcels of far-east and a week of events sent to it; seconds and memory.

Run it with ``python -m bench.server_follow [--parcels 200000] [--postgres]``.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from tests.helpers.postgres import Postgres, find_binaries
from tests.helpers.server_process import ServerProcess, free_port

from landbridge.client import Client
from landbridge.operations.control import as_followed
from landbridge.operations.demo.made_up import between, journeys, made_up_orders
from landbridge.operations.demo.run import _wednesday
from landbridge.operations.store import Store
from landbridge.server.settings import read_settings
from landbridge.tables import read_run

PASSWORD = "a sentence for the load test"


class Peak(threading.Thread):
    """Most memory that the web process and the worker held."""

    def __init__(self, server: ServerProcess) -> None:
        super().__init__(daemon=True)
        self.server, self.most, self.is_over = server, {"web": 0, "worker": 0}, False

    def run(self) -> None:
        """Look again and again."""
        while not self.is_over:
            processes = [("web", psutil.Process(self.server.process.pid))]
            processes += [("worker", item) for item in self.server.workers()]
            for name, process in processes:
                try:
                    self.most[name] = max(self.most[name], process.memory_info().rss)
                except psutil.NoSuchProcess:
                    continue
            time.sleep(0.1)


def main() -> None:
    """Start a server, send what a week brings, print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcels", type=int, default=200_000)
    parser.add_argument("--plan-time", type=float, default=60.0)
    parser.add_argument("--postgres", action="store_true")
    wishes = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        settings = read_settings(
            {}, data_dir=Path(name) / "data", port=free_port(), max_upload_mb=500.0, request_s=300.0
        )
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
            found = measure(server, Path(name), wishes.parcels, wishes.plan_time)
            print(json.dumps(found | {"postgres": wishes.postgres, "load": psutil.getloadavg()}, indent=2))
        finally:
            server.stop()
            if database is not None:
                database.stop()


def measure(server: ServerProcess, folder: Path, count: int, plan_s: float) -> dict[str, Any]:
    """Send orders, then the events to Wednesday, then the rest."""
    client = Client(server.address, timeout_s=600.0, retries=0)
    client.set_up(server.link, "Host", "Ann", "ann@example.org", PASSWORD)
    case = client.create_case("far-east")["id"]
    run = client.plan(case, time_s=plan_s)["id"]
    plan, planned = read_run(server.settings.runs_dir / run)
    plan_followed = as_followed(folder, planned, plan, 3)
    orders = made_up_orders(plan_followed.ways, plan_followed.dated.case, "parcel", count, np.random.default_rng(0))
    orders.drop("case_order").write_csv(folder / "orders.csv")
    following = client.follow(case, run, "bench")["id"]
    peak = Peak(server)
    peak.start()
    mapping = {"channel": "demo", "constants": {"good": "parcel"}, "articles": ""}
    told: dict[str, Any] = {"orders_mb": round((folder / "orders.csv").stat().st_size / 1e6, 1)}
    file = folder / "orders.csv"
    told["parcels"] = _timed(client, lambda: client.send_parcels(following, file, mapping=mapping, complete=True))
    allocations = _allocations(server, client, following)
    moment = _wednesday(planned)
    for name, first, last in (("events_1", None, moment), ("events_2", moment, None)):
        moves = between(journeys(allocations, plan_followed.ways, planned, 0), first, last)
        moves.write_csv(folder / f"{name}.csv")
        told[f"{name}_mb"] = round((folder / f"{name}.csv").stat().st_size / 1e6, 1)
        told[name] = _timed(client, lambda name=name: client.send_events(following, folder / f"{name}.csv"))
    began = time.monotonic()
    client.request("GET", f"/followings/{following}/parcels?limit=100&status=delivered")
    told["page_ms"] = round(1000 * (time.monotonic() - began), 1)
    client.open_tracking(following)
    began = time.monotonic()
    client.track(str(orders["tracking_number"][count // 2]))
    told["track_ms"] = round(1000 * (time.monotonic() - began), 1)
    peak.is_over = True
    standing = client.following(following)["standing"]
    told["standing"] = {key: standing[key] for key in ("parcels", "placed", "status", "behind", "alarms", "promises")}
    return told | {"peak_gb": {name: round(size / 1e9, 2) for name, size in peak.most.items()}}


def _timed(client: Client, start: Any) -> dict[str, Any]:
    began = time.monotonic()
    job = start()
    accepted = time.monotonic() - began
    ended = client.wait(job["id"], every_s=0.2)
    if ended["state"] != "done":
        raise RuntimeError(ended["error"])
    result = {key: ended["result"][key] for key in ("read", "taken", "set_aside", "placed")}
    return {"accepted_s": round(accepted, 1), "done_s": round(time.monotonic() - began, 1), **result}


def _allocations(server: ServerProcess, client: Client, following: str) -> Any:
    """Places of the parcels, from what the worker left in its cache; the simulator lets them travel on these."""
    from sqlalchemy import select

    from landbridge.operations.live.snapshot import lay_out
    from landbridge.server.store.database import NOBODY, open_database
    from landbridge.server.store.follow_tables import Following

    database = open_database(server.settings.owner_url, pool_size=1)
    with database.read(NOBODY) as connection:
        content = connection.execute(select(Following.content).where(Following.id == following)).scalar_one()
    database.close()
    cache = server.settings.data_dir / "followings" / "cache" / following
    store: Store = lay_out(cache, content)
    found = store.scan("allocations").collect()
    (cache / "store.json").unlink()
    for file in (cache / "commits").iterdir():
        file.unlink()
    return found


if __name__ == "__main__":
    main()
