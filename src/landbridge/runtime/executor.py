"""One way to spread work: in this process, over processes, or over a Dask cluster by its address."""

from __future__ import annotations

import importlib
import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from typing import Any, TypeVar

from landbridge.errors import MissingPackage

POLL_S = 0.2
"""Seconds between two looks at the cancel flag."""

Task = TypeVar("Task")
Result = TypeVar("Result")

_stop: Event | None = None
"""In a process that works for another: set when what it does is no longer wanted."""


def is_stopped() -> bool:
    """Whether what this process does for another is no longer wanted; long tasks ask now and then."""
    return _stop is not None and _stop.is_set()


def _serve(stop: Event) -> None:
    """Begin a process that works for another: that one hears Ctrl-C, and says when to stop."""
    global _stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _stop = stop


@dataclass(frozen=True, slots=True)
class Workers:
    """
    An executor, or none: then work is done here.

    Results come in the order of the tasks whoever does them, so that what is
    made of them does not depend on the number of workers. ``stop`` tells tasks
    that are under way elsewhere that they are no longer wanted (``is_stopped``).
    """

    executor: Executor | None = None
    stop: Callable[[], None] = lambda: None

    def map(
        self, function: Callable[[Task], Result], tasks: Sequence[Task], cancelled: Callable[[], bool]
    ) -> Iterator[Result]:
        """Results in order; ends early, without those that are missing, once ``cancelled`` says so."""
        if self.executor is None:
            for task in tasks:
                if cancelled():
                    return
                yield function(task)
            return
        futures = [self.executor.submit(function, task) for task in tasks]
        try:
            for future in futures:
                while not future.done():
                    if cancelled():
                        self.stop()
                        return
                    wait([future], timeout=POLL_S)
                yield future.result()
        finally:
            for future in futures:
                future.cancel()


@contextmanager
def open_workers(processes: int = 1, cluster: str = "") -> Iterator[Workers]:
    """
    Open workers for a while.

    Parameters
    ----------
    processes
        1: no process but this one.
    cluster
        Address of a Dask scheduler, ``tcp://host:port``; its workers need this package too. Blank: none.

    Raises
    ------
    MissingPackage
        When an address is given and the package ``distributed`` is not installed.
    """
    if cluster:
        with _client(cluster) as client:
            yield Workers(client.get_executor(pure=False))  # equal tasks of two runs must not be merged
    elif processes > 1:
        context = multiprocessing.get_context("spawn")  # a solver's threads do not survive a fork
        stop = context.Event()
        with ProcessPoolExecutor(processes, mp_context=context, initializer=_serve, initargs=(stop,)) as executor:
            try:
                yield Workers(executor, stop.set)
            finally:
                stop.set()
    else:
        yield Workers()


def _client(address: str) -> Any:
    try:
        distributed: Any = importlib.import_module("distributed")  # a large optional package
    except ImportError as error:
        raise MissingPackage(
            f"cluster {address!r}: the package 'distributed' is not installed; expected it here and on the workers. "
            "Install it (pip install distributed), or use processes."
        ) from error
    return distributed.Client(address)
