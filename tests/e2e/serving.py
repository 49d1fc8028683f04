"""A server in a process of its own, as a user starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

COMMAND = [sys.executable, "-m", "landbridge.cli.main"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Where a server answers, and its first-run link."""

    address: str
    setup: str


@contextmanager
def serving(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Start ``landbridge serve`` with a worker; it is told to stop afterwards and must do so."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LANDBRIDGE_")},
        "PYTHONPATH": str(Path(__file__).parents[2] / "src"),
        "LANDBRIDGE_SIGN_INS_PER_MINUTE": "1000",
        **(settings or {}),
    }
    command = [*COMMAND, "serve", "--data", str(folder), "--port", "0", "--json"]
    with (folder / "log.jsonl").open("ab") as log:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log)
    assert process.stdout is not None
    try:
        told = json.loads(b"".join(iter(process.stdout.readline, b"}\n")) + b"}")
        assert told.get("ok"), (folder / "log.jsonl").read_text(encoding="utf-8")[-3000:]
        _wait_for(told["address"] + "/healthz")
        yield Served(address=told["address"], setup=told["setup"] or "")
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        finally:
            process.kill()
            process.stdout.close()


def _wait_for(address: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(address, timeout=10):
                return
        except urllib.error.URLError:
            assert time.monotonic() < until, f"{address} does not answer"
            time.sleep(0.1)
