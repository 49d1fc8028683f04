"""A throw-away PostgreSQL: its own folder, its own port, gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

PLACES = ("/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/17/bin")
USER = "postgres"


def find_binaries() -> Path | None:
    """Folder of initdb and postgres."""
    for place in PLACES:
        if (Path(place) / "initdb").is_file():
            return Path(place)
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@dataclass(slots=True)
class Postgres:
    """A server for tests; ``fsync`` is off, which a kill of its processes does not mind."""

    binaries: Path
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="lb-pg-")))
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    number: int = 0

    def start(self) -> None:
        """Make the data folder if there is none, and start."""
        data = self.folder / "data"
        if not data.exists():
            if os.getuid() == 0:
                shutil.chown(self.folder, USER, USER)
            self._run(["initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync",
                       "--locale=C.UTF-8"])  # fmt: skip
        self.port = self.port or _free_port()
        options = {"fsync": "off", "autovacuum": "off", "max_connections": "200", "port": str(self.port),
                   "unix_socket_directories": str(self.folder), "listen_addresses": "127.0.0.1"}  # fmt: skip
        command = ["postgres", "-D", str(data)] + [word for name, value in options.items() for word in
                                                   ("-c", f"{name}={value}")]  # fmt: skip
        (data / "postmaster.pid").unlink(missing_ok=True)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self._as_user(command), stdout=log, stderr=log, start_new_session=True)
        self._wait()

    def kill(self) -> None:
        """End it as a loss of power would: kill -9 of all its processes."""
        assert self.process is not None
        parent = psutil.Process(self.process.pid)
        parent.suspend()  # or it starts a process that is not on the list
        everybody = [*parent.children(recursive=True), parent]
        for item in everybody:
            with suppress(psutil.NoSuchProcess):
                item.kill()
        self.process.wait()
        _, alive = psutil.wait_procs(everybody, timeout=60)  # their shared memory must be free for the next start
        assert not alive

    def stop(self) -> None:
        """End it and remove its folder."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, user: str, database: str) -> str:
        """Address of a database as a user."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> Urls:
        """Make an empty database with an owner, a web and a worker role, as docs/server.md says."""
        self.number += 1
        name = f"lb{self.number}"
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
            for role in ("lb_app", "lb_worker"):
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    connection.execute(f"CREATE ROLE {role} NOLOGIN")
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'landbridge_owner'").fetchone():
                connection.execute("CREATE ROLE landbridge_owner LOGIN")
                connection.execute("CREATE ROLE landbridge_web LOGIN IN ROLE lb_app")
                connection.execute("CREATE ROLE landbridge_worker LOGIN IN ROLE lb_worker")
            connection.execute(f"CREATE DATABASE {name} OWNER landbridge_owner")
        with psycopg.connect(self.url("postgres", name), autocommit=True) as connection:
            connection.execute("ALTER SCHEMA public OWNER TO landbridge_owner")
        return self._urls(name)

    def copy_of(self, template: str) -> Urls:
        """
        Make a database that is a copy of another, which nobody may be connected to.

        Who closed a connection a moment ago may be there still: on a busy machine its process takes longer to end than
        the five seconds that PostgreSQL waits.
        """
        self.number += 1
        name = f"lb{self.number}"
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
            until = time.monotonic() + 120
            while connection.execute("SELECT 1 FROM pg_stat_activity WHERE datname = %s", [template]).fetchone():
                if time.monotonic() > until:
                    raise RuntimeError(f"somebody stays connected to {template}")
                time.sleep(0.05)
            connection.execute(f"CREATE DATABASE {name} OWNER landbridge_owner TEMPLATE {template}")
        return self._urls(name)

    def _urls(self, name: str) -> Urls:
        return Urls(
            web=self.url("landbridge_web", name),
            worker=self.url("landbridge_worker", name),
            owner=self.url("landbridge_owner", name),
        )

    def _wait(self) -> None:
        """Wait until it answers; another server that took our port meanwhile is not taken for it."""
        assert self.process is not None
        until = time.monotonic() + 120
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"PostgreSQL ended: {(self.folder / 'log').read_text()[-2000:]}")
            try:
                with psycopg.connect(self.url("postgres", "postgres"), connect_timeout=10) as connection:
                    (place,) = connection.execute("SHOW data_directory").fetchone() or ("",)
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
            else:
                assert Path(place) == self.folder / "data", f"port {self.port} is another server's"
                return

    def _as_user(self, command: Sequence[str]) -> list[str]:
        full = [str(self.binaries / command[0]), *command[1:]]
        return ["setpriv", "--reuid", USER, "--regid", USER, "--init-groups", *full] if os.getuid() == 0 else full

    def _run(self, command: Sequence[str]) -> None:
        done = subprocess.run(self._as_user(command), capture_output=True, check=False, cwd=self.folder)
        if done.returncode:
            raise RuntimeError(done.stderr.decode())


@dataclass(frozen=True, slots=True)
class Urls:
    """Addresses of one database as each role sees it."""

    web: str
    worker: str
    owner: str


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
