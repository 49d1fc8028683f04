"""The command ``landbridge``: what it is called with, and nothing heavy until it is needed."""

from __future__ import annotations

import gc
from typing import Annotated

import typer

from landbridge import __version__
from landbridge.cli import (
    agreements,
    audit,
    cases,
    compare,
    compiling,
    explain,
    invest,
    operate,
    plans,
    replan,
    report,
    runs,
    schema,
    server,
    share,
    signature,
    solve,
)
from landbridge.cli.outcome import MEANINGS

_EPILOG = "Exit codes: " + "; ".join(f"{int(code)} {meaning}" for code, meaning in MEANINGS.items()) + "."

app = typer.Typer(
    name="landbridge",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: rich alone would take as long as everything else together
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EPILOG,
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"landbridge {__version__}")
        raise typer.Exit


@app.callback()
def landbridge(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Plan freight between regions on two sides of a border, and prove how good the plan is."""
    del version


app.command("new", short_help="Copy a built-in case, or make a blank workbook.")(cases.new)
app.command("check", short_help="Report everything that is wrong with a case.")(cases.check)
app.command("plan", short_help="Plan a case, with a proved bound.")(plans.plan)
app.command("compare", short_help="Say what differs between runs.")(compare.compare)
app.command("explain", short_help="Say why an order is not served, and what would serve it.")(explain.explain)
app.command("bottlenecks", short_help="Say what one more of each scarce capacity is worth.")(explain.bottlenecks)
app.command("invest", short_help="Choose which projects to build.")(invest.invest)
app.command("replan", short_help="Plan anew after something has happened.")(replan.replan)
app.command("evaluate", short_help="Price the plan you already have.")(plans.evaluate)
app.command("share", short_help="Divide the gain of planning together, with a certificate.")(share.share)
app.command("agreements", short_help="Value agreements, and choose which to sign.")(agreements.agreements)
app.command("verify", short_help="Check a run, or a solution of a benchmark, from its files.")(runs.verify)
app.command("show", short_help="Print a run or one of its tables.")(runs.show)
app.command("report", short_help="Write a run as a page for the browser.")(report.report)
app.command("solve", short_help="Solve a published benchmark instance.")(solve.solve)
app.command("export", short_help="Write a published benchmark instance as an MPS model.")(solve.export)
app.command("compile", short_help="Compile the engine's kernels before the first plan needs them.")(
    compiling.compile_now
)
app.command("serve", short_help="Serve cases to several offices.")(server.serve)
app.command("worker", short_help="Do the jobs of a server.")(server.worker)
app.command("backup", short_help="Write everything a server has into one file.")(server.backup)
app.command("restore", short_help="Fill an empty server from a backup.")(server.restore)
app.add_typer(audit.app, name="audit", short_help="Check the audit logs of a server.")
app.add_typer(
    signature.app, name="signature", short_help="Sign agreements with a key of your own, and check signatures."
)
app.command("schema", short_help="Print what the columns of a case mean.")(schema.schema)
app.add_typer(operate.app, name="operate", short_help="Carry a plan out: parcels, papers, events, arrivals.")


def main() -> None:
    """Run the command line."""
    gc.set_threshold(200_000, 50, 50)  # rows of large cases stay to the end; looking for cycles costs a quarter
    app()


if __name__ == "__main__":
    main()
