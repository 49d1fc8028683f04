"""``landbridge report``: a run as a page for the browser, and as a workbook."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from landbridge.cli import options
from landbridge.cli.outcome import ExitCode, ending, write_json


def report(
    run: options.RunPath,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Page to write. Default: RUN.html beside the run.", show_default=False),
    ] = None,
    lang: Annotated[
        options.Language,
        typer.Option("--lang", "--language", help="Language the page opens in, and that of the workbook."),
    ] = options.Language.EN,
    excel: Annotated[bool, typer.Option("--excel", help="Write a workbook (.xlsx) beside the page.")] = False,
    outlines: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json", help="TopoJSON of land and borders, instead of the built-in one.", show_default=False
        ),
    ] = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """
    Write a run as one HTML file: map, plan, crossings, orders, prices, shares.

    The page needs no network and opens from a mail attachment. Its language can be
    switched while reading. An existing file is never overwritten.
    """
    with ending(as_json=as_json, debug=debug, invalid_run=ExitCode.INVALID_INPUT):
        from landbridge.cli.runs import require_run
        from landbridge.report import Run, write_report, write_workbook
        from landbridge.tables.atomic import refuse_existing

        require_run(run)
        page = out or _free_name(run)
        book = page.with_suffix(".xlsx") if excel else None
        for file in (page, book):
            if file is not None:
                refuse_existing(file)
        found = Run.read(run)
        write_report(found, page, lang.value, outlines)
        if book is not None:
            write_workbook(found, book, lang.value)
        if as_json:
            write_json({"ok": True, "run": run, "page": page, "bytes": page.stat().st_size, "workbook": book})
            return
        typer.echo(f"{page}: {_megabytes(page)}; open it in a browser")
        if book is not None:
            typer.echo(f"{book}: {_megabytes(book)}")


def _megabytes(file: Path) -> str:
    """Size of a file, rounded up."""
    return f"{math.ceil(file.stat().st_size / 1e5) / 10:.1f} MB"


def _free_name(run: Path) -> Path:
    """``RUN.html`` beside the run, with a number if need be."""
    folder = run if run.name not in ("", "..") else run.resolve()
    base = folder.with_name(f"{folder.name}.html")
    file, number = base, 2
    while file.exists() or file.with_suffix(".xlsx").exists():
        file, number = base.with_name(f"{folder.name}-{number}.html"), number + 1
    return file
