"""``landbridge operate``: where parcels are against the plan, what is late, and the plan redone."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landbridge.cli import options
from landbridge.cli.numbers import money
from landbridge.cli.operate_store import Limit, Now, StorePath, open_store, plain, print_frame, rows_of
from landbridge.cli.outcome import Ended, ExitCode, ending, write_json
from landbridge.cli.plans import Events

if TYPE_CHECKING:
    from landbridge.operations.control import Followed, Proposal
    from landbridge.operations.control.timeline import Timeline


def status(store: StorePath, now: Now = "", as_json: options.Json = False, debug: options.Debug = False) -> None:
    """Say where parcels are, what is behind the plan, and which departures will be missed."""
    with ending(as_json=as_json, debug=debug, invalid_run=ExitCode.INVALID_INPUT):
        from landbridge.operations.control import followed_by
        from landbridge.operations.control.views import standing

        found, moment = open_store(store, now)
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
            "missed_departures": rows_of(told.missed),
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
        print_frame(told.missed, 20)


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

        found, moment = open_store(store, now)
        waiting, hits = in_danger(found, followed_by(found), moment)
        if out is not None:
            with whole_file(out) as path:
                hits.write_csv(path)
        alarms = hits.filter("alarm").height
        danger = hits.filter("in_danger").height
        if as_json:
            rows = rows_of(hits.head(limit) if limit else hits)
            write_json({"ok": True, "on_the_way": waiting, "in_danger": danger, "alarms": alarms, "parcels": rows})
            return
        typer.echo(
            f"{moment:%Y-%m-%d %H:%M} UTC: {waiting:,} on their way, {danger:,} with a promise in danger, "
            f"{alarms:,} longer on their leg than 95 of 100"
        )
        print_frame(why_late(hits), limit)


def show(
    store: StorePath,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="Number or id of a parcel.")],
    now: Now = "",
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Show one parcel: its milestones as planned, estimated and actual, its way, and what was told of it."""
    with ending(as_json=as_json, debug=debug, invalid_run=ExitCode.INVALID_INPUT):
        from landbridge.operations.control import estimates_of, followed_by
        from landbridge.operations.control.timeline import timeline

        found, moment = open_store(store, now)
        followed = followed_by(found)
        estimates, _ = estimates_of(found, moment, followed.case, followed.ways)
        told = timeline(found, number, moment, estimates)
        if as_json:
            import dataclasses

            rows = {"legs": rows_of(told.legs), "events": rows_of(told.events)}
            write_json({"ok": True, "now": moment.isoformat(), **plain(dataclasses.asdict(told) | rows)})
            return
        _tell_timeline(told, moment)


def _tell_timeline(told: Timeline, moment: datetime) -> None:
    from landbridge.operations.allocation import REASONS
    from landbridge.operations.control.timeline import milestone_table

    name = f"{told.parcel}, number {told.number}" if told.number else told.parcel
    typer.echo(f"{moment:%Y-%m-%d %H:%M} UTC: {name}: {told.status}")
    typer.echo(REASONS[told.code] + (f"; promised {told.promised:%m-%d %H:%M}" if told.promised else ""))
    typer.echo()
    print_frame(milestone_table(told), 0)
    for title, frame in (("way", told.legs.drop("departs")), ("told", told.events.drop("code_system"))):
        if frame.height:
            typer.echo(f"\n{title}:")
            print_frame(frame, 0)


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
        found, moment = open_store(store, now)
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
