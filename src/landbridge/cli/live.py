"""Work that shows its progress and that Ctrl-C stops: once keeps the best plan, twice aborts."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from landbridge.cli.numbers import duration, money, percent
from landbridge.cli.outcome import SEARCH_THREAD

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

T = TypeVar("T")

REDRAW_S = 0.1
LINE_S = 5.0


class Progress(Protocol):
    """What a search tells while it runs."""

    @property
    def seconds(self) -> float:
        """Time since the start of the search."""

    @property
    def phase(self) -> str:
        """What it does now, in a word or two."""


@dataclass(slots=True)
class Interrupt:
    """A flag that Ctrl-C raises; the second time it aborts."""

    raised: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> bool:
        """Tell whether the search shall stop."""
        return self.raised.is_set()


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Let the first Ctrl-C raise a flag and the second one abort, for as long as the block runs."""
    interrupt = Interrupt()

    def handle(number: int, frame: object) -> None:
        del number, frame
        if interrupt.raised.is_set():
            raise KeyboardInterrupt
        interrupt.raised.set()

    if threading.current_thread() is not threading.main_thread():  # only the main thread may handle signals
        yield interrupt
        return
    before = signal.signal(signal.SIGINT, handle)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)


@dataclass(frozen=True, slots=True)
class State:
    """What the display shows: value of the best plan, bound, gap where it is known."""

    value: float | None = None
    bound: float | None = None
    gap: float | None = None
    phase: str = "reading the network"


class Background(Generic[T]):
    """
    A function in a thread of its own, while the main thread listens to Ctrl-C.

    Python runs signal handlers in the main thread only, between two of its
    instructions; a long call into compiled code would keep them waiting.
    """

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._results: list[T] = []
        self._errors: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, name=SEARCH_THREAD, daemon=True)

    def _run(self) -> None:
        try:
            self._results.append(self._function())
        except BaseException as error:  # noqa: BLE001 - raised again by result(), in the main thread
            self._errors.append(error)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def is_running(self, wait_s: float) -> bool:
        """Wait a moment and tell whether the function is still at work."""
        self._thread.join(wait_s)
        return self._thread.is_alive()

    def result(self) -> T:
        """Return what the function returned or raise what it raised."""
        if self._errors:
            raise self._errors[0]
        return self._results[0]


def run_shown(
    function: Callable[[], T],
    *,
    state: Callable[[], State],
    console: Console,
    time_limit_s: float,
    interrupt: Interrupt,
) -> T:
    """Run a function in the background and show its state until it ends: live on a terminal, else in lines."""
    work = Background(function)
    started = time.monotonic()
    work.start()

    def elapsed() -> float:
        return time.monotonic() - started

    if console.is_terminal:
        from rich.live import Live

        with Live(console=console, refresh_per_second=1 / REDRAW_S, transient=True) as live:
            while work.is_running(REDRAW_S):
                live.update(_panel(state(), elapsed(), time_limit_s, stopping=interrupt()))
        return work.result()
    told, phase = 0.0, ""
    while work.is_running(REDRAW_S):
        is_news = state().phase != phase and state().phase.startswith("compiling")  # or it looks as if nothing happened
        if is_news or elapsed() - told >= LINE_S:
            told, phase = elapsed(), state().phase
            with suppress(OSError):  # nobody reads the progress: no reason to stop
                console.print(_line(state(), told, stopping=interrupt()), soft_wrap=True)
    return work.result()


def _panel(state: State, elapsed_s: float, time_limit_s: float, *, stopping: bool) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    left = max(0.0, time_limit_s - elapsed_s)
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(justify="right", min_width=16)
    table.add_column(style="dim")
    table.add_column()
    table.add_row("value", money(state.value), "elapsed", duration(elapsed_s))
    table.add_row("bound", money(state.bound), "left", duration(left) if time_limit_s != float("inf") else "no limit")
    table.add_row("gap", _gap_text(state), "doing", "stopping, the best plan is kept" if stopping else state.phase)
    return Group(table, Text("" if stopping else "Ctrl-C stops and keeps the best plan", style="dim"))


def _line(state: State, elapsed_s: float, *, stopping: bool) -> str:
    doing = "stopping" if stopping else state.phase
    if state.value is None and state.bound is None:
        return f"{duration(elapsed_s):>8}  {doing}"
    return (
        f"{duration(elapsed_s):>8}  value {money(state.value)}  bound {money(state.bound)}  "
        f"gap {_gap_text(state)}  {doing}"
    )


def _gap_text(state: State) -> str:
    if state.gap is not None:
        return percent(state.gap, 2)
    if state.value is None or state.bound is None:
        return "-"
    return f"{money(max(0.0, state.bound - state.value))} in money"
