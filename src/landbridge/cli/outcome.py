"""How a command ends: exit codes, errors in words, and the one JSON document on stdout."""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Any

import typer

from landbridge import __version__
from landbridge.errors import (
    Finding,
    InvalidRun,
    LandbridgeError,
    OutputError,
)

SEARCH_THREAD = "landbridge-search"
"""Name of the thread in which a search runs."""


class ExitCode(IntEnum):
    """Exit codes, documented in ``docs/reference/cli.md``; a number never changes its meaning."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    INVALID_INPUT = 3
    OUTPUT = 4
    REFUSED = 5
    NO_PLAN = 6
    CANCELLED = 130


MEANINGS: dict[ExitCode, str] = {
    ExitCode.OK: "done",
    ExitCode.INTERNAL: "unexpected internal error (a defect: please report it)",
    ExitCode.USAGE: "wrong command line",
    ExitCode.INVALID_INPUT: "the input cannot be used; every finding is listed",
    ExitCode.OUTPUT: "the result could not be written; nothing was left behind",
    ExitCode.REFUSED: "verify refuses the run; every finding is listed",
    ExitCode.NO_PLAN: "no plan: proved infeasible, or none found within the limits",
    ExitCode.CANCELLED: "cancelled before there was a plan",
}


class Ended(Exception):
    """Ends a command with a code, and with words for stderr."""

    def __init__(self, code: ExitCode, message: str = "", *, name: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.name = name or code.name.lower().replace("_", "-")


def exit_code_of(error: LandbridgeError) -> ExitCode:
    """Exit code of an error Landbridge raised on purpose."""
    if isinstance(error, InvalidRun):
        return ExitCode.REFUSED
    if isinstance(error, OutputError):
        return ExitCode.OUTPUT
    if isinstance(error, ValueError | LookupError | ImportError | OSError):  # what was given cannot be used
        return ExitCode.INVALID_INPUT
    return ExitCode.INTERNAL


@contextmanager
def ending(*, as_json: bool = False, debug: bool = False, invalid_run: ExitCode = ExitCode.REFUSED) -> Iterator[None]:
    """
    Turn whatever a command raises into words on stderr and an exit code.

    With ``as_json`` the failure is also the JSON document on stdout, so that a
    program that reads it finds one whatever happened. ``invalid_run`` is the
    code for a run that cannot be used.
    """
    try:
        yield
    except Ended as end:
        _fail(end.code, end.name, str(end), as_json=as_json)
    except LandbridgeError as error:
        if debug:
            traceback.print_exc()
        findings = [finding_row(item) for item in getattr(error, "findings", ())]
        code = invalid_run if isinstance(error, InvalidRun) else exit_code_of(error)
        message = str(error)
        if code is ExitCode.INTERNAL:
            message = f"{message}\n{_how_to_report(debug=debug)}"
        _fail(code, error.code, message, findings, as_json=as_json)
    except KeyboardInterrupt:
        try:
            _fail(ExitCode.CANCELLED, "cancelled", "Aborted; nothing was written.", as_json=as_json)
        finally:
            _leave_search_behind()
    except BrokenPipeError:  # the reader of our output, such as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(ExitCode.OK) from None
    except typer.Exit:
        raise
    except Exception as error:  # noqa: BLE001 - the edge: a person gets words, not a traceback
        if debug:
            traceback.print_exc()
        message = f"Unexpected {type(error).__name__}: {error}\n{_how_to_report(debug=debug)}"
        _fail(ExitCode.INTERNAL, "internal", message, as_json=as_json)


def write_json(document: Mapping[str, Any]) -> None:
    """Write the one JSON document of a command to stdout."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False, default=_plain))


def _fail(
    code: ExitCode, name: str, message: str, findings: list[dict[str, str]] | None = None, *, as_json: bool
) -> None:
    if as_json:
        write_json({"ok": False, "error": message, "code": name, "exit_code": int(code), "findings": findings or []})
    if message:
        typer.echo(message, err=True)
    raise typer.Exit(code)


def _leave_search_behind() -> None:
    """End the process at once when a search is still at work: compiled code cannot be stopped from outside."""
    if any(thread.name == SEARCH_THREAD for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(ExitCode.CANCELLED)


def finding_row(finding: Finding) -> dict[str, str]:
    """Finding as plain data."""
    return {
        "where": finding.where,
        "column": finding.column,
        "code": finding.code,
        "message": finding.message,
    }


def _how_to_report(*, debug: bool) -> str:
    how = "the traceback above" if debug else "the traceback that --debug prints"
    return (
        "This is a defect of Landbridge, not of your data. Please report it with the command you ran, "
        f"landbridge {__version__} and {how}."
    )


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "item"):  # a NumPy scalar
        return value.item()
    raise TypeError(f"{type(value).__name__} has no JSON form")
