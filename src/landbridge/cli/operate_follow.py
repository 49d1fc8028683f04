"""``landbridge operate``: places in the plan, events, what is late, the plan redone, and the back-test of estimates."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landbridge.cli import options
from landbridge.cli.numbers import duration, money, percent
from landbridge.cli.outcome import Ended, ExitCode, ending, write_json
from landbridge.cli.plans import Events

if TYPE_CHECKING:
    from landbridge.operations.control import Followed, Proposal
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


class EventFormat(StrEnum):
    """Formats of event files."""

    EMSEVT = "emsevt"
    RUSSIANPOST = "russianpost"
    DCSA = "dcsa"
    GENERIC = "generic"
    EPCIS = "epcis"


class PatchKind(StrEnum):
    """What the planner may be told."""

    DEMAND = "demand"
    TRAVEL = "travel"


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
    processes: Annotated[int, typer.Option(min=1, help="Processes that fold.")] = 1,
    cluster: Annotated[str, typer.Option(metavar="ADDRESS", help="Dask scheduler; its workers see STORE too.")] = "",
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Import events, set aside what must be repaired, and bring the state of each parcel up to date."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.operations.events import fold_store, import_events
        from landbridge.operations.events.epcis import import_epcis
        from landbridge.operations.store import Store
        from landbridge.runtime import open_workers

        place = aside or file.with_name(f"{file.stem}-aside.csv")
        _check_zone(timezone)
        found = Store(store)
        if form is EventFormat.EPCIS:
            told = import_epcis(found, file, aside=place, is_any_number=any_number)
        else:
            told = import_events(
                found, file, form.value, timezone=timezone, encoding=encoding, aside=place, is_any_number=any_number
            )
        with open_workers(processes, cluster) as workers:
            states = fold_store(found, workers)
        if as_json:
            import dataclasses

            write_json({"ok": True, "states": states, **dataclasses.asdict(told)})
            return
        typer.echo(
            f"{file}: {told.rows:,} rows: {told.events:,} events, {told.duplicates:,} known already, "
            f"{told.late:,} out of order, {sum(told.problems.values()):,} set aside; {states:,} parcels have a state"
        )
        for code, count in told.problems.most_common():
            typer.echo(f"  {count:>10,}  {code}: {told.examples[code]}")
        if told.dropped:
            typer.echo(f"columns not kept: {', '.join(told.dropped)}")
        if told.aside is not None:
            typer.echo(f"{told.aside}: repair it, then: landbridge operate events {told.aside} --format generic ...")


def _check_zone(name: str) -> None:
    from landbridge.model.clock import BadTime, zone

    if name:
        try:
            zone(name)
        except BadTime as error:
            raise Ended(ExitCode.USAGE, f"--timezone: {error}.", name="bad-time") from error


def status(store: StorePath, now: Now = "", as_json: options.Json = False, debug: options.Debug = False) -> None:
    """Say where parcels are, what is behind the plan, and which departures will be missed."""
    with ending(as_json=as_json, debug=debug, invalid_run=ExitCode.INVALID_INPUT):
        from landbridge.operations.control import followed_by
        from landbridge.operations.control.views import standing

        found, moment = _open(store, now)
        followed = followed_by(found)
        told = standing(found, followed, moment)
        document = {
            "ok": True,
            "now": moment.isoformat(),
            "run": followed.run,
            "parcels": told.parcels,
            "unplaced": told.unplaced,
            "status": told.status,
            "behind": told.behind,
            "behind_median_h": told.behind_median_h,
            "missed_departures": _rows(told.missed),
        }
        if as_json:
            write_json(document)
            return
        typer.echo(f"{moment:%Y-%m-%d %H:%M} UTC, run {followed.run}")
        typer.echo(f"{told.parcels:,} parcels, {told.unplaced:,} without a place in the plan")
        for name, count in told.status.items():
            typer.echo(f"  {count:>12,}  {name}")
        typer.echo(f"{told.behind:,} more than an hour behind the plan, the median {told.behind_median_h} h")
        typer.echo(f"{told.missed.height:,} departures that parcels will miss")
        _print_frame(told.missed, 20)


def late(
    store: StorePath,
    now: Now = "",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.csv", help="All of them.", show_default=False)
    ] = None,
    limit: Limit = 20,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """List parcels whose promise is in danger, or that are longer on a leg than 95 of 100."""
    with ending(as_json=as_json, debug=debug, invalid_run=ExitCode.INVALID_INPUT):
        from landbridge.operations.control import followed_by
        from landbridge.operations.control.views import in_danger, why_late
        from landbridge.tables.atomic import whole_file

        found, moment = _open(store, now)
        waiting, hits = in_danger(found, followed_by(found), moment)
        if out is not None:
            with whole_file(out) as path:
                hits.write_csv(path)
        alarms = hits.filter("alarm").height
        danger = hits.filter("in_danger").height
        if as_json:
            rows = _rows(hits.head(limit) if limit else hits)
            write_json({"ok": True, "on_the_way": waiting, "in_danger": danger, "alarms": alarms, "parcels": rows})
            return
        typer.echo(
            f"{moment:%Y-%m-%d %H:%M} UTC: {waiting:,} on their way, {danger:,} with a promise in danger, "
            f"{alarms:,} longer on their leg than 95 of 100"
        )
        _print_frame(why_late(hits), limit)


def replan(
    store: StorePath,
    event: Events = None,
    now: Now = "",
    out: Annotated[
        Path | None,
        typer.Option("--accept", metavar="RUN", help="Write the new run there and follow it; default: propose only."),
    ] = None,
    time_limit: options.TimeLimit = 40.0,
    seed: options.Seed = 0,
    threads: options.Threads = 0,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Propose a new plan after something has happened: its cost, and the promises it changes."""
    with ending(as_json=as_json, debug=debug, invalid_run=ExitCode.INVALID_INPUT):
        from landbridge.cli.plans import refuse_early
        from landbridge.operations.control import accept, followed_by, propose
        from landbridge.planning import PlanLimits
        from landbridge.planning.events import read_event

        if not event:
            raise Ended(ExitCode.USAGE, "operate replan: expected --event, what happens.", name="usage")
        if out is not None:
            refuse_early(out)
        found, moment = _open(store, now)
        followed = followed_by(found)
        happenings = [read_event(followed.dated.case, text) for text in event]
        limits = PlanLimits(time_s=time_limit, seed=seed, threads=threads)
        proposal = propose(
            found, followed, happenings, moment, limits=limits, say=lambda words: typer.echo(words, err=True)
        )
        if out is not None:
            accept(found, proposal, out)
        _tell_proposal(proposal, followed, out, as_json=as_json)


def _tell_proposal(proposal: Proposal, followed: Followed, out: Path | None, *, as_json: bool) -> None:
    import dataclasses

    summary, change = proposal.tables.summary, proposal.change
    verdicts = dict(proposal.promises["verdict"].value_counts(sort=True).iter_rows())
    if as_json:
        document = {"ok": True, "replan": dataclasses.asdict(summary), "parcels": dataclasses.asdict(change)}
        write_json(document | {"promises": verdicts, "accepted": out})
        return
    currency = followed.case.settings.currency
    typer.echo(f"{summary.events}; new from {summary.moved_at}")
    typer.echo(
        f"cost {money(summary.cost, currency)}: {money(summary.value_after, currency)} against "
        f"{money(summary.value_without, currency)} without it"
    )
    typer.echo(
        f"parcels: {change.kept:,} keep their way, {change.moved:,} take another, {change.lost:,} lose their place, "
        f"{change.gained:,} gain one"
    )
    words = ", ".join(f"{count:,} {name}" for name, count in verdicts.items()) or "none"
    typer.echo(f"promises and planned arrivals changed: {words}")
    typer.echo(f"Run: {out}" if out else "Nothing is changed yet; --accept RUN writes this plan and follows it.")


def patch(
    store: StorePath,
    kind: Annotated[PatchKind, typer.Argument(help="Quantities of orders, or travel times of services.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.csv", help="Rows for the table scenarios.")],
    scenario: Annotated[str, typer.Option(help="Name of the scenario.")] = "observed",
    quantile: Annotated[
        float, typer.Option(min=0.05, max=0.99, help="Of travel times: 0.8 is what can be promised.")
    ] = 0.5,
    now: Now = "",
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Tell the planner what parcels and events say, as a scenario to lay on the case."""
    with ending(as_json=as_json, debug=debug, invalid_run=ExitCode.INVALID_INPUT):
        from landbridge.operations.allocation import demand_patch
        from landbridge.operations.arrival.travel import hub_times, travel_patch
        from landbridge.operations.control import followed_by
        from landbridge.tables.atomic import whole_file

        found, moment = _open(store, now)
        followed = followed_by(found)
        if kind is PatchKind.DEMAND:
            tonnes = {row.good: row.per_unit.get("t", 0.0) for row in followed.case.goods}
            rows = demand_patch(found.scan("parcels").collect(), followed.ways, tonnes, scenario)
        else:
            times = hub_times(found.scan("events"), found.scan("allocations").collect(), followed.ways, moment)
            rows = travel_patch(followed.case, times, quantile, scenario)
        with whole_file(out) as path:
            rows.write_csv(path)
        if as_json:
            write_json({"ok": True, "patch": out, "rows": rows.height})
            return
        typer.echo(f"{out}: {rows.height:,} rows of the scenario {scenario}; add them to scenarios.csv of the case.")


def backtest(
    file: Annotated[Path, typer.Argument(metavar="EVENTS", help="A file of events, or a store.")],
    form: Annotated[EventFormat, typer.Option("--format", help="How the file is written.")] = EventFormat.EMSEVT,
    parcels: Annotated[
        Path | None,
        typer.Option(
            metavar="PARCELS", help="Parcels, for their lanes; default: the country of the number.", show_default=False
        ),
    ] = None,
    timezone: Annotated[str, typer.Option(metavar="ZONE", help="Zone of times without one.")] = "",
    step_days: Annotated[float, typer.Option(min=0.1, help="Days between two moments of prediction.")] = 2.0,
    sample: Annotated[int, typer.Option(min=1, help="Most parcels predicted at a moment.")] = 500,
    seed: options.Seed = 0,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Score estimates of arrival on events of the past: what was predicted then, against what came."""
    with ending(as_json=as_json, debug=debug):
        import dataclasses
        import tempfile

        from landbridge.operations.arrival import backtest as run_backtest
        from landbridge.operations.arrival.backtest import usual_plan
        from landbridge.operations.arrival.read import read_for_backtest

        with tempfile.TemporaryDirectory() as scratch:
            states = read_for_backtest(file, form.value, parcels, timezone, Path(scratch))
        plan = usual_plan(states, step_days=step_days, sample=sample, seed=seed)
        if plan is None:
            message = f"{file}: too short for a back-test; expected events of 40 days and more, with deliveries."
            raise Ended(ExitCode.INVALID_INPUT, message, name="too-short")
        scores = run_backtest(states, plan)
        if as_json:
            write_json(
                {
                    "ok": True,
                    "parcels": states.height,
                    "scores": [_score_row(dataclasses.asdict(item)) for item in scores],
                }
            )
            return
        typer.echo(f"{states.height:,} parcels; predictions from {plan.first:%Y-%m-%d} to {plan.last:%Y-%m-%d}")
        typer.echo("method         scored    P50    P80    P90    P95   pinball h   80 % width h")
        for item in scores:
            covered = "  ".join(f"{value:5.3f}" for value in item.coverage.values())
            typer.echo(f"{item.method:<13}{item.scored:>8,}  {covered}{item.pinball_h:>12.2f}{item.width_h:>15.1f}")
        ours = scores[0]
        for title, table in (("milestone", ours.by_stage), ("days ahead", ours.by_horizon)):
            for name, part in table.items():
                words = "  ".join(f"{value:5.3f}" for value in part.values())
                typer.echo(f"{title} {name}".ljust(21) + f"  {words}")
        if ours.unknown:
            typer.echo(f"{ours.unknown:,} predictions left out: their parcels had not arrived at the end of the file")


def _score_row(row: dict[str, object]) -> dict[str, object]:
    """Keys of a document are texts."""

    def plain(value: object) -> object:
        return {str(key): plain(item) for key, item in value.items()} if isinstance(value, dict) else value

    return {key: plain(value) for key, value in row.items()}


def simulate(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make: events.csv and parcels.parquet.")],
    days: Annotated[int, typer.Option(min=1, help="Days on which parcels are accepted.")] = 120,
    parcels_a_day: Annotated[int, typer.Option(min=1, help="On all lanes together.")] = 300,
    slow_from: Annotated[
        int, typer.Option(help="Day from which the border is 60 % slower for 40 days; -1 = never.")
    ] = -1,
    seed: options.Seed = 0,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Make up events of a corridor, for tests: a simulator, with trains, bad days and parcels sent back."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.operations.arrival.simulator import Corridor, events_of
        from landbridge.operations.arrival.simulator import simulate as make_up
        from landbridge.tables.atomic import whole_folder

        corridor = Corridor(days=days, parcels_a_day=parcels_a_day, slow_from=slow_from)
        parcels, times = make_up(corridor, seed)
        told = events_of(corridor, parcels, times)
        with whole_folder(out) as folder:
            parcels.write_parquet(folder / "parcels.parquet")
            told.write_csv(folder / "events.csv")
        if as_json:
            write_json({"ok": True, "folder": out, "parcels": parcels.height, "events": told.height})
            return
        typer.echo(f"{out}: {parcels.height:,} made-up parcels, {told.height:,} events")


def export_events(
    store: StorePath,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.jsonld", help="EPCIS 2.0 document.")],
    base: Annotated[
        str, typer.Option(help="Beginning of the addresses of parcels and places.")
    ] = "https://id.example/",
    limit: Limit = 0,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Write the actual events of a store as an EPCIS 2.0 document, checked against its schema."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.operations.events.epcis import export_epcis
        from landbridge.operations.store import Store

        count = export_epcis(Store(store), out, base=base, limit=limit)
        if as_json:
            write_json({"ok": True, "file": out, "events": count})
            return
        typer.echo(f"{out}: {count:,} events")


def demo(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.")],
    parcels: Annotated[int, typer.Option(min=100, help="Simulated parcels.")] = 200_000,
    plan_time: Annotated[float, typer.Option(min=1.0, metavar="S", help="Seconds for the plan.")] = 60.0,
    time_limit: options.TimeLimit = 40.0,
    seed: options.Seed = 0,
    threads: options.Threads = 0,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Run the week of far-east with simulated parcels: orders, events, a closed crossing, a re-plan, arrivals."""
    with ending(as_json=as_json, debug=debug):
        import dataclasses
        from importlib import resources

        from landbridge.operations.demo import run_demo
        from landbridge.tables import read_case, read_run
        from landbridge.tables.atomic import refuse_existing
        from landbridge.verify import examine_run

        refuse_existing(out)
        with resources.as_file(resources.files("landbridge") / "cases" / "far-east") as path:
            case = read_case(path)
        report = run_demo(
            case, out, count=parcels, plan_s=plan_time, replan_s=time_limit, threads=threads, seed=seed,
            say=lambda words: typer.echo(f"  {words} ...", err=True),
        )  # fmt: skip
        plan, changed = read_run(out / "after")
        verification = examine_run(out / "after", plan, changed)
        if as_json:
            write_json({"ok": verification.ok, "folder": out, **dataclasses.asdict(report)})
        else:
            _tell_demo(dataclasses.asdict(report), out, is_accepted=verification.ok)
        if not verification.ok:
            raise typer.Exit(ExitCode.REFUSED)


def _tell_demo(report: dict[str, object], out: Path, *, is_accepted: bool) -> None:
    from typing import Any, cast

    told = cast("dict[str, Any]", report)
    currency = told["currency"]
    lines = {
        "parcels": f"{told['imported']:,} of {told['parcels']:,} imported; simulated, and so is what happens to them",
        "manifests": f"{told['departures']:,} departures",
        "Wednesday": f"{told['on_way']:,} on their way, {told['behind']:,} behind the plan, {told['alarms']:,} alarms",
        "in danger": f"{told['in_danger']:,} promises, {told['missed_departures']:,} departures will be missed",
        "closure": told["event"],
        "replan": f"{told['kept']:,} parcels keep their way, {told['moved']:,} take another",
        "lost": f"{told['lost']:,} lose their place; {told['promises_broken']:,} promises broken",
        "cost": f"of the closure {money(told['closure_cost'], currency)}",
        "planned": money(told["value_before"], currency),
        "replanned": money(told["value_after"], currency),
        "events": f"{told['events']:,}",
        "delivered": f"{told['delivered']:,}, median {told['hours']:g} h from acceptance to the door",
        "promise kept": percent(told["promise_kept"], 1),
        "estimates": ", ".join(f"{percent(value, 1)} by {name.upper()}" for name, value in told["coverage"].items()),
        "verify": "accepts the re-plan" if is_accepted else "REFUSES the re-plan",
        "time": ", ".join(f"{name} {duration(value)}" for name, value in told["seconds"].items()),
    }
    for name, words in lines.items():
        typer.echo(f"{name:<13} {words}")
    typer.echo(
        f"{out}: run, after, manifests, promises.csv, report.json; look: landbridge operate status {out / 'store'}"
    )


def _open(path: Path, now: str) -> tuple[Store, datetime]:
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


def _rows(frame: Frame) -> list[dict[str, object]]:
    """Rows as plain data, moments as text."""
    from landbridge.operations.control.views import with_texts

    return with_texts(frame).to_dicts()


def _print_frame(frame: Frame, limit: int) -> None:
    if frame.is_empty():
        return
    from rich.table import Table

    from landbridge.cli.console import out_console
    from landbridge.operations.control.views import with_texts

    table = Table(box=None, pad_edge=False)
    shown = frame.head(limit) if limit else frame
    for name in shown.columns:
        table.add_column(name, justify="right" if shown[name].dtype.is_numeric() else "left", no_wrap=True)
    for row in with_texts(shown, "%m-%d %H:%M").iter_rows():
        table.add_row(*("" if value is None else str(value) for value in row))
    console = out_console()
    console.print(table)
    if shown.height < frame.height:
        console.print(f"{shown.height:,} of {frame.height:,} rows; --limit 0 prints all")
