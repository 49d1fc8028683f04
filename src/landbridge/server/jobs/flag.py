"""A flag that a signal handler may raise."""

from __future__ import annotations

import time

_STEP_S = 0.1


class Flag:
    """
    Like ``threading.Event``, without a lock.

    An event must not be set in a signal handler: the main thread may hold its lock at that moment, for ever.
    """

    def __init__(self) -> None:
        self._is_set = False

    def set(self) -> None:
        """Raise the flag."""
        self._is_set = True

    def is_set(self) -> bool:
        """Whether it is raised."""
        return self._is_set

    def wait(self, seconds: float) -> bool:
        """Wait until it is raised, at most so long."""
        until = time.monotonic() + seconds
        while not self._is_set and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _STEP_S))
        return self._is_set
