"""``landbridge serve``, ``worker``, ``backup``, ``restore``: the server of several offices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landbridge.cli import options
from landbridge.cli.outcome import ending, write_json

if TYPE_CHECKING:
    from landbridge.server.settings import Settings

DataFolder = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="DIR", help="Folder of the server's data; default: LANDBRIDGE_DATA_DIR.", show_default=False
    ),
]


def _settings(data: Path | None, **given: Any) -> Settings:
    from landbridge.server.logs import configure_logs
    from landbridge.server.settings import read_settings

    settings = read_settings(data_dir=data, **given)
    configure_logs(settings.log_level)
    return settings


def serve(
    data: DataFolder = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen at; default: 127.0.0.1.", show_default=False)
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; 0 = any that is free; default: 8000.",
                                 show_default=False)
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=0, help="Worker processes to start; default: 1.", show_default=False)
    ] = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:  # fmt: skip
    """
    Serve cases to several offices: the page, the API and a worker.

    The first start prints a link by which the first administrator comes in. Settings are environment variables
    LANDBRIDGE_...; docs/server.md lists them.
    """
    with ending(as_json=as_json, debug=debug):
        from landbridge.server.signals import stop_flag

        stop = stop_flag()
        from landbridge.server.serve import serve as serve_settings

        def tell(address: str, link: str) -> None:
            if as_json:
                write_json({"ok": True, "address": address, "setup": link or None})
                return
            typer.echo(f"Landbridge is at {address}")
            if link:
                typer.echo(f"Set it up with this link, once: {link}")

        serve_settings(_settings(data, host=host, port=port, workers=workers), tell, stop)


def worker(
    data: DataFolder = None,
    once: Annotated[bool, typer.Option("--once", help="End when no job waits.")] = False,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Do the jobs of a server; any number of workers may run, on any machine that sees its database and folder."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.server.signals import stop_flag

        stop = stop_flag()
        from landbridge.server.serve import run_worker

        done = run_worker(_settings(data), stop, is_once=once)
        if as_json:
            write_json({"ok": True, "jobs": done})


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE.tar.gz", help="File to write; nothing may be there yet.")],
    data: DataFolder = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Write everything a server has into one file, while it runs."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.server.backup import backup as write_backup

        manifest = write_backup(_settings(data), file)
        _tell_backup(manifest, f"{file}: written", as_json=as_json)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE.tar.gz", help="A backup.")],
    data: DataFolder = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Fill an empty server from a backup; of SQLite into PostgreSQL and back, too."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.server.backup import restore as read_backup

        manifest = read_backup(_settings(data), file)
        _tell_backup(manifest, f"{file}: restored", as_json=as_json)


def _tell_backup(manifest: dict[str, Any], done: str, *, as_json: bool) -> None:
    rows = sum(item["rows"] for item in manifest["tables"].values())
    if as_json:
        write_json({"ok": True, "rows": rows, "runs": len(manifest["runs"]), "schema": manifest["schema"]})
        return
    typer.echo(f"{done}, {rows:,} rows and {len(manifest['runs']):,} runs")
