"""``landbridge operate``: places in the plan, what was loaded, events in and out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landbridge.cli import options
from landbridge.cli.operate_store import Limit, StorePath, open_store, require_store
from landbridge.cli.outcome import Ended, ExitCode, ending, write_json

if TYPE_CHECKING:
    from landbridge.operations.events import EventImport
    from landbridge.operations.events.importing import RowReport
    from landbridge.operations.store import Store


class EventFormat(StrEnum):
    """Formats of event files."""

    EMSEVT = "emsevt"
    RUSSIANPOST = "russianpost"
    DCSA = "dcsa"
    GENERIC = "generic"
    EPCIS = "epcis"


DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Report every row in FILE-rows.csv; take nothing, set nothing aside.")
]


def allocate(
    run: options.RunPath,
    parcels: Annotated[Path, typer.Argument(metavar="PARCELS", help="The folder that operate import fills.")],
    store: Annotated[
        Path, typer.Option("--store", metavar="STORE", help="Folder to follow the run in, made or added to.")
    ],
    weeks: Annotated[int, typer.Option(min=1, help="Weeks a repeating plan is followed for, from its start.")] = 3,
    manifests: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also write a CSV a departure.", show_default=False)
    ] = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Give each parcel its place on the departures of a run: earliest promise first, never over a load."""
    with ending(as_json=as_json, debug=debug, invalid_run=ExitCode.INVALID_INPUT):
        from landbridge.cli.runs import require_run
        from landbridge.operations.allocation import REASONS, write_manifests
        from landbridge.operations.control import follow, read_followed
        from landbridge.operations.control.views import not_carried
        from landbridge.operations.parcels.frame import scan_parcels
        from landbridge.operations.store import Store
        from landbridge.tables.atomic import refuse_existing

        require_run(run)
        if manifests is not None:
            refuse_existing(manifests)
        folder = parcels / "parcels" if (parcels / "parcels").is_dir() else parcels
        followed = read_followed(run, weeks)
        found = follow(Store(store), followed, scan_parcels(folder).collect())
        count = write_manifests(found, followed.ways, manifests) if manifests is not None else 0
        codes = dict(found["code"].value_counts(sort=True).iter_rows())
        if as_json:
            write_json({"ok": True, "store": store, "parcels": found.height, "codes": codes, "manifests": count})
            return
        typer.echo(f"{found.height:,} parcels on {followed.ways.ways.height:,} ways of {run}")
        for code, rows in codes.items():
            typer.echo(f"  {rows:>12,}  {code or 'placed':<14} {REASONS[code]}")
        for order, parcels_left, why in not_carried(found, followed, 5):
            typer.echo(f"  {order}: {parcels_left:,} parcels: {why}")
        if count:
            typer.echo(f"{manifests}: {count:,} departures")


def events(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Events: CSV or JSON.")],
    store: Annotated[Path, typer.Option("--store", metavar="STORE", help="Where they belong.")],
    form: Annotated[EventFormat, typer.Option("--format", help="How the file is written.")] = EventFormat.EMSEVT,
    timezone: Annotated[
        str,
        typer.Option(metavar="ZONE", help="Zone of times without one, such as Asia/Shanghai; default: set them aside."),
    ] = "",
    encoding: Annotated[str, typer.Option(help="Encoding of a CSV file.")] = "utf-8",
    aside: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="Rows to repair; default: FILE-aside.csv.", show_default=False),
    ] = None,
    any_number: Annotated[
        bool, typer.Option("--any-number", help="Take numbers of parcels that are not known.")
    ] = False,
    dry_run: DryRun = False,
    processes: Annotated[int, typer.Option(min=1, help="Processes that fold.")] = 1,
    cluster: Annotated[str, typer.Option(metavar="ADDRESS", help="Dask scheduler; its workers see STORE too.")] = "",
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Import events, set aside what must be repaired, and bring the state of each parcel up to date."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.operations.events import fold_store, import_events
        from landbridge.operations.events.epcis import import_epcis
        from landbridge.runtime import open_workers

        place = None if dry_run else aside or file.with_name(f"{file.stem}-aside.csv")
        _check_zone(timezone)
        with _trial(store, file, is_new=any_number, is_dry=dry_run) as (found, report):
            if form is EventFormat.EPCIS:
                told = import_epcis(found, file, aside=place, is_any_number=any_number, report=report)
            else:
                told = import_events(
                    found, file, form.value, timezone=timezone, encoding=encoding, aside=place,
                    is_any_number=any_number, report=report,
                )  # fmt: skip
        if dry_run:
            _tell_trial(file, told, as_json=as_json)
            return
        with open_workers(processes, cluster) as workers:
            states = fold_store(found, workers)
        if as_json:
            write_json({"ok": True, "states": states, **_document(told)})
            return
        loaded = f", {told.loads:,} facts of loading" if told.loads else ""
        typer.echo(
            f"{file}: {told.rows:,} rows: {told.events:,} events of parcels, {told.unit_events:,} of units{loaded}, "
            f"{told.duplicates:,} known already, {told.late:,} out of order, "
            f"{sum(told.problems.values()):,} set aside; {states:,} parcels have a state"
        )
        _tell_problems(told)
        if told.aside is not None:
            typer.echo(f"{told.aside}: repair it, then: landbridge operate events {told.aside} --format generic ...")
        if told.loads_aside is not None:
            typer.echo(f"{told.loads_aside}: repair it, then: landbridge operate load {told.loads_aside} ...")


@contextmanager
def _trial(store: Path, file: Path, *, is_new: bool, is_dry: bool) -> Iterator[tuple[Store, RowReport | None]]:
    """Give the store; of a dry run one with the same content that is thrown away, and what writes each row."""
    from landbridge.operations.live.trial import trial
    from landbridge.operations.store import Store

    if not is_dry:
        yield Store(store) if is_new else require_store(store), None
        return
    is_empty = is_new and not (store / "store.json").is_file()
    with trial(None if is_empty else require_store(store), _rows_file(file)) as tried:
        yield tried


def _rows_file(file: Path) -> Path:
    return file.with_name(f"{file.stem}-rows.csv")


def _tell_trial(file: Path, told: EventImport, *, as_json: bool) -> None:
    if as_json:
        write_json({"ok": True, "dry": True, "rows_file": _rows_file(file), **_document(told)})
        return
    typer.echo(
        f"{file}: {told.rows:,} rows: {told.events + told.unit_events + told.loads:,} would be taken, "
        f"{told.duplicates:,} known already, {sum(told.problems.values()):,} set aside (a dry run writes none)"
    )
    _tell_problems(told)
    typer.echo(f"Every row: {_rows_file(file)}")


def _document(told: EventImport) -> dict[str, object]:
    from dataclasses import fields

    return {field.name: getattr(told, field.name) for field in fields(told)}  # asdict cannot copy a Counter


def _tell_problems(told: EventImport) -> None:
    for code, count in told.problems.most_common():
        typer.echo(f"  {count:>10,}  {code}: {told.examples[code]}")
    if told.dropped:
        typer.echo(f"columns not kept: {', '.join(told.dropped)}")


def load(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What was put into what: CSV or JSON.")],
    store: Annotated[Path, typer.Option("--store", metavar="STORE", help="Where it belongs.")],
    unit: Annotated[
        str,
        typer.Option(
            metavar="UNIT",
            help="Container, bag or departure of all rows; default: a column says it.",
            show_default=False,
        ),
    ] = "",
    timezone: Annotated[
        str,
        typer.Option(metavar="ZONE", help="Zone of times without one, such as Asia/Shanghai; default: set them aside."),
    ] = "",
    encoding: Annotated[str, typer.Option(help="Encoding of a CSV file.")] = "utf-8",
    aside: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="Rows to repair; default: FILE-aside.csv.", show_default=False),
    ] = None,
    dry_run: DryRun = False,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Import what was loaded into which container, bag or departure, so that their events count for parcels."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.operations.events import fold_store
        from landbridge.operations.events.loads import import_loads

        _check_zone(timezone)
        place = None if dry_run else aside or file.with_name(f"{file.stem}-aside.csv")
        with _trial(store, file, is_new=False, is_dry=dry_run) as (found, report):
            told = import_loads(
                found, file, unit=unit, timezone=timezone, encoding=encoding, aside=place, report=report
            )
        if dry_run:
            _tell_trial(file, told, as_json=as_json)
            return
        if found.rows("unit_events"):
            fold_store(found)
        if as_json:
            write_json({"ok": True, **_document(told)})
            return
        typer.echo(
            f"{file}: {told.rows:,} rows: {told.events:,} facts of loading, {told.duplicates:,} known already, "
            f"{sum(told.problems.values()):,} set aside"
        )
        _tell_problems(told)
        if told.aside is not None:
            typer.echo(f"{told.aside}: repair it, then: landbridge operate load {told.aside} ...")


def _check_zone(name: str) -> None:
    from landbridge.model.clock import BadTime, zone

    if name:
        try:
            zone(name)
        except BadTime as error:
            raise Ended(ExitCode.USAGE, f"--timezone: {error}.", name="bad-time") from error


def export_events(
    store: StorePath,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="EPCIS 2.0 document, or a CSV by its ending.")],
    base: Annotated[
        str, typer.Option(help="Beginning of the addresses of parcels and places.")
    ] = "https://id.example/",
    all_kinds: Annotated[
        bool, typer.Option("--all", help="Planned and estimated events too, with the milestones of the plan.")
    ] = False,
    limit: Limit = 0,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Write the events of a store as an EPCIS 2.0 document, checked against its schema, or as CSV."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.operations.control.timeline import planned_events
        from landbridge.operations.events.export import ACTUAL, EVERY, export_csv, export_epcis

        found, moment = open_store(store, "")
        planned = planned_events(found, moment) if all_kinds else None
        kinds = EVERY if all_kinds else ACTUAL
        if out.suffix.lower() == ".csv":
            count = export_csv(found, out, classifiers=kinds, planned=planned, limit=limit)
        else:
            count = export_epcis(found, out, base=base, classifiers=kinds, planned=planned, limit=limit)
        if as_json:
            write_json({"ok": True, "file": out, "events": count})
            return
        typer.echo(f"{out}: {count:,} events")
