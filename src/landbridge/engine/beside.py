"""A second search beside the first, in a thread of its own."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from functools import partial

JOIN_S = 1.0
"""Seconds to wait for a thread that has been told to stop; an LP that runs by then ends by its own time limit."""

LAST_S = 30.0
"""Seconds to wait for those still at work before the interpreter ends, which compiled code does not survive."""

NAME = "landbridge-bound"
"""Name of such threads."""


class Beside:
    """
    A function in a thread; what it raises is kept for the caller's thread.

    Parameters
    ----------
    work
        What to run; it has to end soon once it is told to stop, by whatever means its caller has.
    failed
        Called when it raises.
    """

    def __init__(self, work: Callable[[], None], failed: Callable[[], None] = lambda: None) -> None:
        self._work, self._failed = work, failed
        self._failures: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)
        self._thread.start()

    @property
    def has_failed(self) -> bool:
        """Whether it has raised."""
        return bool(self._failures)

    def wait(self, seconds: float) -> None:
        """Wait until it ends of itself, for so many seconds at most."""
        self._thread.join(timeout=max(0.0, seconds))

    def end(self, seconds: float | None = JOIN_S) -> None:
        """Wait a moment (None: as long as it takes) until it ends, once told to stop; raises what it raised."""
        self._thread.join(timeout=seconds)
        if self._failures:
            raise self._failures[0]

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as failure:  # noqa: BLE001 - handed to the caller's thread
            self._failures.append(failure)
            self._failed()


def side_by_side(work: Callable[[int], None], threads: int, abort: Callable[[], None] = lambda: None) -> None:
    """
    Run ``work(0)``, ``work(1)``, ... in so many threads, the first of which is the caller's, until all have ended.

    ``abort`` is called when one raises: it has to let the others end; what it raised is raised here.
    """
    others = [Beside(partial(work, i), abort) for i in range(1, threads)]
    try:
        work(0)
    except BaseException:
        abort()
        for other in others:
            other.wait(LAST_S)
        raise
    for other in others:
        other.end(None)


@atexit.register
def _wait_for_the_last() -> None:
    until = time.monotonic() + LAST_S
    for thread in threading.enumerate():
        if thread.name == NAME:
            thread.join(timeout=max(0.0, until - time.monotonic()))
