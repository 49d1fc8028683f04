"""``landbridge operate demo``: a simulated week, from the orders to the report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from landbridge.cli import options
from landbridge.cli.numbers import duration, money, percent
from landbridge.cli.outcome import ExitCode, ending, write_json


def demo(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.")],
    parcels: Annotated[int, typer.Option(min=100, help="Simulated parcels.")] = 200_000,
    plan_time: Annotated[float, typer.Option(min=1.0, metavar="S", help="Seconds for the plan.")] = 60.0,
    time_limit: options.TimeLimit = 40.0,
    lang: Annotated[options.Language, typer.Option("--lang", help="Language of the page.")] = options.Language.EN,
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
        from landbridge.report.week import write_week
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
        page = out / "report.html"
        write_week(report, page, lang.value, is_accepted=verification.ok)
        if as_json:
            write_json({"ok": verification.ok, "folder": out, "page": page, **dataclasses.asdict(report)})
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
        "passed over": ", ".join(f"{hub}: freight on its way would spoil there" for hub in told["passed_over"]),
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
        if words:
            typer.echo(f"{name:<13} {words}")
    typer.echo(
        f"{out}: run, after, manifests, promises.csv, report.json; look: landbridge operate status {out / 'store'}"
    )
    typer.echo(f"{out / 'report.html'}: the same to look at; open it in a browser")
