"""``landbridge operate``: estimates of arrival put to the test, and what the planner is told of them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from landbridge.cli import options
from landbridge.cli.operate_follow import EventFormat
from landbridge.cli.operate_store import Now, StorePath, open_store
from landbridge.cli.outcome import Ended, ExitCode, ending, write_json


class PatchKind(StrEnum):
    """What the planner may be told."""

    DEMAND = "demand"
    TRAVEL = "travel"


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
        from landbridge.operations.events.spread import events_of
        from landbridge.tables.atomic import whole_file

        found, moment = open_store(store, now)
        followed = followed_by(found)
        if kind is PatchKind.DEMAND:
            tonnes = {row.good: row.per_unit.get("t", 0.0) for row in followed.case.goods}
            rows = demand_patch(found.scan("parcels").collect(), followed.ways, tonnes, scenario)
        else:
            times = hub_times(events_of(found), found.scan("allocations").collect(), followed.ways, moment)
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
