"""A server that is told to stop does, whenever that is, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from tests.helpers.server_process import SOURCE, ServerProcess, free_port
from tests.integration.server.conftest import PASSWORD, make_settings

from landbridge.client import Client
from landbridge.server.serve import prepare
from landbridge.server.settings import read_settings, to_environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``landbridge serve`` on an empty folder, in a process group of its own as a terminal starts it."""
    settings = read_settings({}, data_dir=tmp_path / "data", port=free_port(), workers=1)
    environment = os.environ | to_environment(settings) | {"PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-m", "landbridge.cli.main", "serve"]
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        for item in _processes(tmp_path / "data"):
            item.kill()
        process.wait(timeout=10)
        assert process.stdout is not None
        process.stdout.close()


def _processes(data: Path) -> list[psutil.Process]:
    """Every process of the server whose data folder this is, its workers too."""
    found = []
    for item in psutil.process_iter():
        with suppress(psutil.Error):
            if item.environ().get("LANDBRIDGE_DATA_DIR") == str(data) and item.status() != psutil.STATUS_ZOMBIE:
                found.append(item)
    return found


def _gone(data: Path) -> bool:
    until = time.monotonic() + 5.0
    while _processes(data) and time.monotonic() < until:
        time.sleep(0.1)
    return not _processes(data)


@pytest.mark.parametrize("how", ["terminate", "ctrl-c"])
def test_a_server_that_just_said_where_it_is_stops(served: subprocess.Popen[bytes], tmp_path: Path, how: str) -> None:
    """The moment between its first words and its first answer: a signal was lost there."""
    assert served.stdout is not None
    assert b"Landbridge is at" in served.stdout.readline()
    if how == "terminate":
        served.terminate()
    else:
        os.killpg(served.pid, signal.SIGINT)  # a terminal tells the whole group, worker too
    assert served.wait(timeout=20) == 0
    assert _gone(tmp_path / "data")
    assert "Traceback" not in (tmp_path / "server.log").read_text()


def test_a_server_that_is_stopped_while_it_makes_its_tables_has_made_them_or_not(
    served: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    """It says nothing and serves nobody; the next start goes on from there."""
    until = time.monotonic() + 30
    while not (tmp_path / "data").exists() and time.monotonic() < until:
        time.sleep(0.005)
    served.terminate()
    assert served.wait(timeout=20) == 0
    assert served.stdout is not None
    assert served.stdout.read() == b""
    assert _gone(tmp_path / "data")
    assert "token=" in prepare(read_settings({}, data_dir=tmp_path / "data"))


def test_pages_that_follow_a_job_do_not_keep_a_server_up(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Followers of a job that waits would stay for ever; they are sent home and come back to the next server."""
    settings = make_settings(request, tmp_path, "sqlite", port=free_port(), workers=0)
    server = ServerProcess(settings, tmp_path / "server.log")
    server.start()
    ann = Client(server.address)
    ann.set_up(server.link, "Host", "Ann", "ann@example.org", PASSWORD)
    job = ann.start(ann.create_case("blank")["id"], "plan")["id"]
    stream = ann._opener.open(f"{server.address}/api/v1/jobs/{job}/events", timeout=30)
    assert stream.readline().startswith(b"retry:")
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 10.0
    assert b"queued" in stream.read()  # the stream ended as streams end, not broken off
    stream.close()
    assert server.process is not None
    assert server.process.returncode == 0
