"""What a job at work knows of itself: told to the database by a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.exc import DBAPIError

from landbridge.server.store import jobs
from landbridge.server.store.database import NOBODY, Database

logger = logging.getLogger(__name__)

TELL_EVERY_S = 1.0


class Pulse:
    """
    The heartbeat of a job: prolongs the lease, tells progress, hears that the job shall stop.

    ``is_lost`` when the lease has gone to somebody else: what comes out is thrown away.
    """

    def __init__(self, database: Database, job: Mapping[str, Any], lease_s: float, stop: Callable[[], bool]) -> None:
        self.database, self.job, self.lease_s, self.stop = database, job, lease_s, stop
        self.is_lost = False
        self.is_cancelled = False
        self._latest: dict[str, Any] = dict(job["progress"] or {})
        self._told: dict[str, Any] = {}
        self._begun = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)

    def __enter__(self) -> Pulse:
        """Begin to beat."""
        self._thread.start()
        return self

    def __exit__(self, *ending: object) -> None:
        """Stop beating."""
        self._over.set()
        self._thread.join(timeout=self.lease_s)

    def cancelled(self) -> bool:
        """Whether the work shall stop now; polled by the search."""
        return self.is_cancelled or self.is_lost or self.stop()

    def say(self, words: str, **figures: float | None) -> None:
        """Note what is being done and known; money of the whole corridor only where the caller may see it."""
        self._latest = {"seconds": round(time.monotonic() - self._begun, 1), "words": words, **figures}

    def _beat(self) -> None:
        every = min(TELL_EVERY_S, self.lease_s / 4)
        prolonged = time.monotonic()
        while not self._over.wait(every):
            latest = self._latest
            is_news = latest != self._told
            is_due = is_news or time.monotonic() - prolonged >= self.lease_s / 4
            if not is_due and not self._asked_to_stop():
                continue
            try:
                with self.database.write(NOBODY) as connection:
                    answer = jobs.beat(
                        connection, self.job["id"], self.job["worker"], self.lease_s, latest if is_news else None
                    )
            except DBAPIError as error:
                logger.warning("no heartbeat could be written: %s", type(error).__name__)
                continue
            prolonged, self._told = time.monotonic(), latest
            self.is_lost = answer is None
            self.is_cancelled = bool(answer)

    def _asked_to_stop(self) -> bool:
        try:
            with self.database.read(NOBODY) as connection:
                return jobs.is_cancelled(connection, self.job["id"])
        except DBAPIError:
            return False
