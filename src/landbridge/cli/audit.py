"""``landbridge audit verify``: are the audit logs of a server whole."""

from __future__ import annotations

from typing import Annotated

import typer

from landbridge.cli import options
from landbridge.cli.outcome import Ended, ExitCode, ending, write_json
from landbridge.cli.server import DataFolder, _settings

app = typer.Typer(no_args_is_help=True, help="Audit logs of a server.", rich_markup_mode=None)


@app.callback()
def audit() -> None:
    """Audit logs of a server: one hash chain an organisation."""


@app.command("verify", short_help="Compute the hash chains again.")
def verify(
    data: DataFolder = None,
    organisation: Annotated[
        str, typer.Option(metavar="ID", help="Only this organisation's; default: all.", show_default=False)
    ] = "",
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """
    Compute the hash chains of the audit logs again, and compare them with the heads that other organisations keep.

    Reads the database as the owner of its tables. A line that was changed, removed or inserted is named.
    """
    with ending(as_json=as_json, debug=debug):
        from landbridge.server.audit import log
        from landbridge.server.store.database import NOBODY, open_database

        database = open_database(_settings(data).owner_url, pool_size=1)
        try:
            with database.read(NOBODY) as connection:
                names = [organisation] if organisation else log.organisations(connection)
                reports = [log.check(connection, name) for name in names]
        finally:
            database.close()
        is_sound = all(report.is_sound for report in reports)
        if as_json:
            chains = [
                {
                    "organisation": row.organisation,
                    "lines": row.lines,
                    "head": row.head.hash,
                    "faults": list(row.faults),
                }
                for row in reports
            ]
            write_json({"ok": is_sound, "chains": chains})
            raise typer.Exit(ExitCode.OK if is_sound else ExitCode.REFUSED)
        for report in reports:
            state = "sound" if report.is_sound else "NOT sound"
            typer.echo(f"{report.organisation}: {report.lines:,} lines, {state}, head {report.head.hash[:16]}")
            for fault in report.faults[:20]:
                typer.echo(f"  {fault}")
        if not is_sound:
            raise Ended(ExitCode.REFUSED, "an audit log was changed; compare it with a backup")
