"""What the commands on a store share: where it is, which moment to look at, and how rows are printed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landbridge.cli.outcome import Ended, ExitCode

if TYPE_CHECKING:
    from landbridge.operations.control.views import Frame
    from landbridge.operations.store import Store

StorePath = Annotated[Path, typer.Argument(metavar="STORE", help="The folder that operate allocate makes and fills.")]
Now = Annotated[
    str,
    typer.Option(
        "--now",
        metavar="TIME",
        help="Moment to look at, with its zone; default: that of the last event.",
        show_default=False,
    ),
]
Limit = Annotated[int, typer.Option(min=0, help="Most rows to print; 0 = all.")]


def open_store(path: Path, now: str) -> tuple[Store, datetime]:
    """Store, and the moment to look at."""
    from datetime import UTC

    from landbridge.operations.control.views import last_moment
    from landbridge.operations.store import Store

    if not (path / "store.json").is_file():
        raise Ended(ExitCode.INVALID_INPUT, f"{path}: not a store; operate allocate makes one.", name="bad-store")
    store = Store(path)
    if now:
        try:
            moment = datetime.fromisoformat(now)
        except ValueError as error:
            raise Ended(
                ExitCode.USAGE, f"--now: found {now!r}, expected 2026-10-07T00:00+08:00.", name="bad-time"
            ) from error
        if moment.tzinfo is None:
            raise Ended(ExitCode.USAGE, f"--now: {now!r} has no zone; write 2026-10-07T00:00+08:00.", name="bad-time")
        return store, moment.astimezone(UTC)
    last = last_moment(store)
    return store, last if last is not None else datetime.now(UTC)


def rows_of(frame: Frame) -> list[dict[str, object]]:
    """Rows as plain data, moments as text."""
    from landbridge.operations.control.views import with_texts

    return with_texts(frame).to_dicts()


def plain(value: Any) -> Any:
    """Plain data with its moments as text, as rows have them."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def print_frame(frame: Frame, limit: int) -> None:
    """Print rows as a table, the first ones where there are more than the limit."""
    if frame.is_empty():
        return
    from rich.table import Table

    from landbridge.cli.console import out_console
    from landbridge.operations.control.views import with_texts

    table = Table(box=None, pad_edge=False)
    shown = frame.head(limit) if limit else frame
    for name in shown.columns:
        kind = shown[name].dtype
        is_text = not (kind.is_numeric() or kind.is_temporal())  # names may be folded, figures and times never
        table.add_column(name, justify="right" if kind.is_numeric() else "left", no_wrap=not is_text, overflow="fold")
    for row in with_texts(shown, "%m-%d %H:%M").iter_rows():
        table.add_row(*("" if value is None else str(value) for value in row))
    console = out_console()
    console.print(table)
    if shown.height < frame.height:
        console.print(f"{shown.height:,} of {frame.height:,} rows; --limit 0 prints all")
