"""A server in processes of its own, which tests start, kill and start again."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from landbridge.client import Client, ServerRefused
from landbridge.server.settings import Settings, to_environment

SOURCE = Path(__file__).parents[2] / "src"


@dataclass(slots=True)
class ServerProcess:
    """``landbridge serve`` with its worker."""

    settings: Settings
    log: Path
    process: subprocess.Popen[bytes] | None = None
    link: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        environment = os.environ | to_environment(self.settings) | {"PYTHONPATH": str(SOURCE)} | self.environment
        command = [sys.executable, "-m", "landbridge.cli.main", "serve"]
        with self.log.open("ab") as log, self.log.with_suffix(".out").open("wb") as out:
            self.process = subprocess.Popen(command, env=environment, stdout=out, stderr=log, stdin=subprocess.DEVNULL)
        until = time.monotonic() + 240
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended: {self.log.read_text()[-2000:]}")
            try:
                Client(self.address, retries=0).request("GET", "/session")
            except ServerRefused:
                time.sleep(0.1)
                continue
            found = re.search(r"token=(\S+)", self.log.with_suffix(".out").read_text())
            self.link = found[1] if found else ""
            return
        raise RuntimeError("the server does not answer")

    def workers(self) -> list[psutil.Process]:
        """Its workers."""
        assert self.process is not None
        try:
            return psutil.Process(self.process.pid).children()
        except psutil.NoSuchProcess:
            return []

    def kill(self) -> None:
        """End the server as a loss of power would; its worker lives on for a moment."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def kill_worker(self) -> bool:
        """End a worker; the server starts another."""
        for worker in self.workers():
            worker.kill()
            return True
        return False

    def stop(self) -> None:
        """End it properly, workers too."""
        assert self.process is not None
        workers = self.workers()
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        psutil.wait_procs(workers, timeout=10)


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
