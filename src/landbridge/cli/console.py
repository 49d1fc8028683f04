"""Where words go: results to stdout, everything else to stderr."""

from __future__ import annotations

from rich.console import Console

NARROWEST = 80
WIDEST = 120


def out_console() -> Console:
    """Console for results; no colour where NO_COLOR is set or nobody looks."""
    return _console(stderr=False)


def err_console() -> Console:
    """Console for progress and messages."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if console.width > WIDEST:
        console.width = WIDEST
    return console
