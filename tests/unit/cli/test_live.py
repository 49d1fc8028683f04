"""Progress and Ctrl-C without a real search."""

from __future__ import annotations

import io
import os
import signal
import time

import pytest
from rich.console import Console

from landbridge.cli import live
from landbridge.cli.live import State, interruptible, run_shown


def shown(function, *, interrupt, console=None, state=State):
    return run_shown(
        function,
        state=state,
        console=console or Console(file=io.StringIO()),
        time_limit_s=60,
        interrupt=interrupt,
    )


def test_the_first_ctrl_c_raises_the_flag_and_the_work_goes_on_to_its_end():
    def work() -> str:
        os.kill(os.getpid(), signal.SIGINT)
        while not interrupt():
            time.sleep(0.01)
        return "the best so far"

    with interruptible() as interrupt:
        assert shown(work, interrupt=interrupt) == "the best so far"
        assert interrupt()


def test_the_second_ctrl_c_aborts():
    with interruptible() as interrupt:
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_the_handler_of_before_is_back_afterwards():
    before = signal.getsignal(signal.SIGINT)
    with interruptible():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_an_error_in_the_background_is_raised_in_front():
    def work() -> None:
        raise ValueError("deep inside")

    with interruptible() as interrupt, pytest.raises(ValueError, match="deep inside"):
        shown(work, interrupt=interrupt)


def test_without_a_terminal_progress_is_plain_lines(monkeypatch):
    monkeypatch.setattr(live, "LINE_S", 0.0)
    text = io.StringIO()
    with interruptible() as interrupt:
        shown(
            lambda: time.sleep(0.3),
            interrupt=interrupt,
            console=Console(file=text),
            state=lambda: State(value=1234.0, bound=1300.0, gap=0.05, phase="diving"),
        )
    line = text.getvalue().splitlines()[0]
    assert "value 1,234" in line
    assert "bound 1,300" in line
    assert "gap 5.00 %" in line
    assert "diving" in line


def test_on_a_terminal_time_left_is_shown():
    text = io.StringIO()
    with interruptible() as interrupt:
        shown(
            lambda: time.sleep(0.3),
            interrupt=interrupt,
            console=Console(file=text, force_terminal=True, width=80),
            state=lambda: State(value=5.0, bound=7.5, phase="diving"),
        )
    assert "left" in text.getvalue()
    assert "2.5 in money" in text.getvalue()
