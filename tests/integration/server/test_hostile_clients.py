"""Clients that are slow, break off or send too much: refused, and others are served meanwhile."""

from __future__ import annotations

import dataclasses
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from tests.helpers.server_process import SOURCE, ServerProcess, free_port
from tests.integration.server.conftest import PASSWORD, make_settings

from landbridge.client import Client, ServerRefused
from landbridge.server.store.database import NOBODY, open_database
from landbridge.server.store.schema import ImportDraft


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("server")
    settings = make_settings(request, folder, "sqlite", request_s=8.0, max_upload_mb=1.0)
    found = ServerProcess(dataclasses.replace(settings, port=free_port(), workers=0), folder / "server.log")
    found.start()
    Client(found.address).set_up(found.link, "Host", "Ann", "ann@example.org", PASSWORD)
    try:
        yield found
    finally:
        found.stop()


@pytest.fixture
def ann(server: ServerProcess) -> Client:
    client = Client(server.address)
    client.sign_in("ann@example.org", PASSWORD)
    return client


def _head(client: Client, method: str, path: str) -> bytes:
    """First lines of a request of a session."""
    jar = next(item.cookiejar for item in client._opener.handlers if hasattr(item, "cookiejar"))
    cookie = "; ".join(f"{item.name}={item.value}" for item in jar)
    lines = (f"{method} /api/v1{path} HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {cookie}", f"X-CSRF-Token: {client.csrf}")
    return "".join(line + "\r\n" for line in lines).encode()


def _open(server: ServerProcess, client: Client, path: str, length: int | None, content_type: str) -> socket.socket:
    """Send the head of a request with a session, and not its body; without length it comes in chunks."""
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    found = socket.create_connection(("127.0.0.1", server.settings.port), timeout=20)
    found.sendall(_head(client, "POST", path) + f"Content-Type: {content_type}\r\n{size}\r\n\r\n".encode())
    return found


def test_a_connection_lost_in_the_middle_of_an_import_leaves_nothing(server: ServerProcess, ann: Client) -> None:
    case = ann.create_case("starter")["id"]
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="goods.csv"\r\n\r\ngood\nmilk\n'
    line = _open(server, ann, f"/cases/{case}/imports", len(body) + 500, "multipart/form-data; boundary=x")
    line.sendall(body)
    line.close()
    time.sleep(0.3)
    assert len(list(ann.rows(case, "goods"))) == 1
    database = open_database(server.settings.url, pool_size=1)
    with database.read(NOBODY) as connection:
        assert connection.execute(ImportDraft.__table__.select()).all() == []
    database.close()


def test_slow_clients_are_refused_and_harm_nobody(server: ServerProcess, ann: Client) -> None:
    """A hundred clients that dribble hold no thread: others are answered at once."""
    with ExitStack() as stack:
        lines = [stack.enter_context(_open(server, ann, "/cases", 1000, "application/json")) for _ in range(100)]
        for line in lines:
            line.sendall(b"{")
        began = time.monotonic()
        ann.request("GET", "/cases")
        assert time.monotonic() - began < 7.0  # before any of them timed out
        answer = _read(lines[0])
    assert b" 408 " in answer.split(b"\r\n")[0]
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["errors"][0]["code"] == "too-slow"


def _read(line: socket.socket) -> bytes:
    """Read an answer until the server closes the connection."""
    answer = b""
    while part := line.recv(4000):
        answer += part
    return answer


def test_a_length_over_the_limit_is_refused_at_once(server: ServerProcess, ann: Client) -> None:
    case = ann.create_case("starter")["id"]
    line = _open(server, ann, f"/cases/{case}/imports", 2_000_000, "multipart/form-data; boundary=x")
    assert b" 413 " in line.recv(4000).split(b"\r\n")[0]
    line.close()


def test_a_body_without_length_is_cut_off_at_the_limit(server: ServerProcess, ann: Client) -> None:
    """Chunks of unknown number: the server answers once there are too many, and reads no further."""
    case = ann.create_case("starter")["id"]
    line = _open(server, ann, f"/cases/{case}/imports", None, "multipart/form-data; boundary=x")
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with suppress(ConnectionError):  # it may close the line while we send
        for _ in range(16):
            line.sendall(chunk)
    assert b" 413 " in line.recv(4000).split(b"\r\n")[0]
    line.close()


def test_clients_that_do_not_read_harm_nobody(server: ServerProcess, ann: Client) -> None:
    """Thirty clients ask for a large answer and never take it: others are answered, and the server still stops."""
    case = ann.create_case("far-east")["id"]
    with ExitStack() as stack:
        for _ in range(30):
            line = stack.enter_context(socket.socket())
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            line.connect(("127.0.0.1", server.settings.port))
            line.sendall(_head(ann, "GET", f"/cases/{case}/tables/orders?limit=500") + b"\r\n")
        began = time.monotonic()
        for _ in range(3):
            ann.request("GET", "/cases")
        assert time.monotonic() - began < 20.0


def test_the_client_tells_what_the_server_refused(server: ServerProcess, ann: Client) -> None:
    with pytest.raises(ServerRefused, match="no built-in case 'atlantis'") as caught:
        ann.create_case("atlantis")
    assert caught.value.status == 422
    assert caught.value.code == "unknown-case"
    with pytest.raises(ServerRefused, match="cannot be reached"):
        Client(f"http://127.0.0.1:{free_port()}", retries=0).request("GET", "/session")


def test_logs_hold_no_secrets(server: ServerProcess, ann: Client) -> None:
    """Every line is JSON, and no password, cookie, token or e-mail address is in any."""
    with pytest.raises(ServerRefused):
        Client(server.address).sign_in("ann@example.org", "a wrong password, mistyped")
    refused = []
    for _ in range(100):  # a line is written after the answer is sent
        text = server.log.read_text()
        lines = [json.loads(line) for line in text.splitlines()]
        refused = [line for line in lines if line.get("route", "").endswith("/session") and line["status"] == 401]
        if refused:
            break
        time.sleep(0.1)
    assert refused
    for secret in (PASSWORD, "mistyped", "ann@example.org", ann.csrf, "lb_session"):
        assert secret not in text


def test_a_port_that_is_taken_is_told(server: ServerProcess, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "landbridge.cli.main", "serve", "--data", str(tmp_path / "other"), "--port",
               str(server.settings.port), "--json"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, check=False, env={"PYTHONPATH": str(SOURCE)}, timeout=60)
    assert done.returncode != 0
    assert "give another --port" in json.loads(done.stdout)["error"]
    assert not (tmp_path / "other" / "landbridge.sqlite").exists()
