"""``landbridge serve`` and ``landbridge worker``: the processes of a server."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from landbridge.errors import LandbridgeError
from landbridge.server.app import create_app
from landbridge.server.jobs.flag import Flag
from landbridge.server.jobs.worker import work
from landbridge.server.settings import Settings, to_environment
from landbridge.server.store import organisations, users
from landbridge.server.store.database import NOBODY, open_database
from landbridge.server.store.migrate import check_role, upgrade

logger = logging.getLogger(__name__)

RESTART_S = 2.0
"""Seconds before a worker that ended by itself is started again."""

ENDING_S = 20
"""Seconds that open requests have when the server is told to stop."""


class PortTaken(LandbridgeError, OSError):
    """An address that cannot be listened at."""

    code = "port-taken"


def prepare(settings: Settings) -> str:
    """
    Bring the database to the present schema; give the first-run link, blank once the server is set up.

    Each start makes a link of its own and forgets the one before.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.runs_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    upgrade(settings.owner_url)
    owner = open_database(settings.owner_url, pool_size=1)
    try:
        with owner.write(NOBODY) as connection:
            if not organisations.is_empty(connection):
                return ""
            users.drop_setup_links(connection)
            token = users.invite(connection, NOBODY, None, "", [], settings.link_s)
    finally:
        owner.close()
    return f"{settings.address}/#/setup?token={token}"


def serve(settings: Settings, tell: Callable[[str, str], None], stop: Flag) -> None:
    """
    Serve until told to stop.

    Parameters
    ----------
    tell
        Called with the address and the first-run link (blank: none) once requests are answered.
    stop
        Raised when the server shall stop, at whatever moment: nothing is begun after it.
    """
    import dataclasses

    import uvicorn

    class Server(uvicorn.Server):
        """Ends by our flag alone: its own handlers would come too late for a signal at the start."""

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

        async def on_tick(self, counter: int) -> bool:
            return await super().on_tick(counter) or stop.is_set()

    listening = _listen(settings)
    if settings.port == 0:
        settings = dataclasses.replace(settings, port=listening.getsockname()[1])
    link = prepare(settings)
    app = create_app(settings)
    check_role(app.state.landbridge.database)
    app.state.landbridge.streams.is_over = stop.is_set
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=ENDING_S,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies or None,
    )
    if stop.is_set():
        return
    with _Workers(settings, stop):
        tell(settings.address, link)
        Server(config).run(sockets=[listening])


def run_worker(settings: Settings, stop: Flag, *, is_once: bool = False) -> int:
    """Do jobs until told to stop; the job at work is given back to the queue."""
    parent = os.environ.get("LANDBRIDGE_PARENT", "")
    if parent:
        threading.Thread(target=_follow_parent, args=(int(parent), stop), daemon=True).start()
    return work(settings, stop, is_once=is_once)


def _follow_parent(parent: int, stop: Flag) -> None:
    """Stop when the server that started this worker is gone, even if it was killed."""
    while not stop.wait(1.0):
        if os.getppid() != parent:
            logger.warning("the server is gone; this worker stops")
            stop.set()


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((settings.host, settings.port))
        found.listen()  # who comes while tables are made waits; two servers that start at once do not both go on
    except OSError as error:
        found.close()
        raise PortTaken(
            f"{settings.host}:{settings.port}: cannot be listened at ({error.strerror}); stop what is there, or "
            "give another --port"
        ) from error
    return found


_APART: dict[str, Any]
if sys.platform == "win32":
    _APART = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
else:
    _APART = {"process_group": 0}
"""Ctrl-C in a terminal is for the server, which ends its workers itself."""


class _Workers:
    """The workers that a server starts itself, each started anew when it dies before the server is told to stop."""

    def __init__(self, settings: Settings, stop: Flag) -> None:
        self.settings, self.stop = settings, stop
        self.threads = [threading.Thread(target=self._keep, daemon=True) for _ in range(settings.workers)]
        self.running: set[subprocess.Popen[bytes]] = set()

    def __enter__(self) -> _Workers:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *ending: object) -> None:
        self.stop.set()
        for process in list(self.running):
            process.terminate()
        until = time.monotonic() + ENDING_S
        for thread in self.threads:
            thread.join(timeout=max(0.0, until - time.monotonic()))
        for process in list(self.running):
            logger.warning("worker %s did not end in %s s; it is killed, another takes its job", process.pid, ENDING_S)
            process.kill()

    def _keep(self) -> None:
        environment = os.environ | to_environment(self.settings) | {"LANDBRIDGE_PARENT": str(os.getpid())}
        command = [sys.executable, "-m", "landbridge.cli.main", "worker"]
        while not self.stop.is_set():
            process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, **_APART)
            self.running.add(process)
            if self.stop.is_set():
                process.terminate()
            code = process.wait()
            self.running.discard(process)
            if not self.stop.is_set():
                logger.warning("a worker ended with code %s; starting another", code)
                self.stop.wait(RESTART_S)
