"""``landbridge verify`` and ``landbridge show``: a run, doubted and looked at."""

from __future__ import annotations

import dataclasses
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landbridge.cli import options
from landbridge.cli.numbers import money, percent
from landbridge.cli.outcome import Ended, ExitCode, ending, write_json

if TYPE_CHECKING:
    from landbridge.model.case import Case
    from landbridge.model.plan import Plan
    from landbridge.verify import Verification


class RunTable(StrEnum):
    """Tables of a run."""

    DEPARTURES = "departures"
    FLOWS = "flows"
    ORDERS = "orders"
    TRADES = "trades"
    PRICES = "prices"
    FLEETS = "fleets"


def verify(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run; with --instance, a solution file.")],
    instance: Annotated[
        Path | None,
        typer.Option("--instance", metavar="FILE", help="The benchmark instance that RUN is a solution file of."),
    ] = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Check a run from its files, without the engine: feasibility, value, costs and the arithmetic of the bound."""
    with ending(as_json=as_json, debug=debug):
        if instance is not None:
            _verify_solution(run, instance, as_json=as_json)
            return
        from landbridge.cli.outcome import finding_row
        from landbridge.tables import has_agreements
        from landbridge.verify import examine_run

        if has_agreements(run):
            _verify_agreements(run, as_json=as_json)
            return

        found, case = read_run_folder(run)
        verification = examine_run(run, found, case)
        if as_json:
            write_json(
                {
                    "ok": verification.ok,
                    "run": run,
                    "status": found.summary.status,
                    "value": verification.value if found.summary.value is not None else None,
                    "bound": found.summary.bound,
                    "gap": found.summary.gap,
                    "money": dataclasses.asdict(verification.money),
                    "epsilon_proved": verification.epsilon_proved,
                    "proved": dataclasses.asdict(verification.proved),
                    "checked": dict(verification.counts),
                    "findings": [finding_row(item) for item in verification.findings],
                }
            )
        elif verification.ok:
            counts = ", ".join(f"{count:,} {name}" for name, count in verification.counts.items() if count)
            typer.echo(f"{run}: accepted; recomputed {counts or 'an empty plan'}")
            if found.summary.value is not None:
                typer.echo(
                    f"value {money(verification.value, found.summary.currency)}, bound {money(found.summary.bound)}, "
                    f"gap {percent(found.summary.gap, 2)}"
                )
            if verification.epsilon_proved is not None:
                typer.echo(_what_was_proved(verification, found.summary.currency))
        else:
            for item in verification.findings:
                typer.echo(str(item), err=True)
            count = len(verification.findings)
            typer.echo(f"{run}: refused; {count:,} finding{'s' if count != 1 else ''}", err=True)
        if not verification.ok:
            raise typer.Exit(ExitCode.REFUSED)


def _what_was_proved(verification: Verification, currency: str) -> str:
    """What holds of a division without any proof of the engine."""
    epsilon, proved = verification.epsilon_proved or 0.0, verification.proved
    bounds = f"the bounds of {proved.coalitions:,} of {proved.of:,} groups; by prices alone, " if proved.lists else ""
    if epsilon <= 0 and proved.lists:
        least = money(-epsilon, currency)
        return f"proved again without the engine: {bounds}every group would lose {least} or more by leaving"
    least = money(max(epsilon, 0.0), currency)
    return f"proved again without the engine: {bounds}no group gains more than {least} by leaving the division"


def _verify_agreements(run: Path, *, as_json: bool) -> None:
    from landbridge.cli.outcome import finding_row
    from landbridge.tables import read_agreements
    from landbridge.verify import check_agreements

    tables, case = read_agreements(run)
    findings = check_agreements(tables, case)
    if as_json:
        write_json({"ok": not findings, "run": run, "findings": [finding_row(item) for item in findings]})
    elif findings:
        for item in findings:
            typer.echo(str(item), err=True)
        typer.echo(f"{run}: refused; {len(findings):,} finding{'s' if len(findings) != 1 else ''}", err=True)
    else:
        typer.echo(
            f"{run}: accepted; {len(tables.agreements)} gains, {len(tables.sets)} sets, {len(tables.choices)} choices"
        )
    if findings:
        raise typer.Exit(ExitCode.REFUSED)


def _verify_solution(solution: Path, instance: Path, *, as_json: bool) -> None:
    from landbridge.cli.outcome import finding_row
    from landbridge.verify import check_solution, read_solution

    document = read_solution(solution)
    findings = check_solution(document, instance)
    if as_json:
        told = {key: document.get(key) for key in ("status", "upper", "lower", "gap")}
        rows = [finding_row(item) for item in findings]
        write_json({"ok": not findings, "solution": solution, "instance": instance} | told | {"findings": rows})
    elif findings:
        for item in findings:
            typer.echo(str(item), err=True)
        typer.echo(f"{solution}: refused; {len(findings):,} finding{'s' if len(findings) != 1 else ''}", err=True)
    else:
        typer.echo(f"{solution}: accepted; upper {document['upper']}, lower {document['lower']}")
    if findings:
        raise typer.Exit(ExitCode.REFUSED)


def show(
    run: options.RunPath,
    table: Annotated[
        RunTable | None, typer.Option(help="Print the rows of a table instead of the summary.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Most rows to print; 0 = all.")] = 40,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Print the summary of a run, or one of its tables."""
    with ending(as_json=as_json, debug=debug, invalid_run=ExitCode.INVALID_INPUT):
        found, case = read_run_folder(run)
        if table is not None:
            _show_table(run, found, table, limit, as_json=as_json)
        elif as_json:
            from landbridge.cli.summary import summary_facts
            from landbridge.tables import summary_to_json

            document = {"ok": True, "run": run, "summary": summary_to_json(found.summary)}
            write_json(document | summary_facts(case, found))
        else:
            from landbridge.cli.console import out_console
            from landbridge.cli.summary import print_summary

            print_summary(out_console(), case, found)


def read_run_folder(run: Path) -> tuple[Plan, Case]:
    """Read the folder of a run."""
    from landbridge.tables import read_run

    require_run(run)
    return read_run(run)


def require_run(run: Path) -> None:
    """End the command when a folder is not that of a run."""
    if not (run / "run.json").is_file():
        raise Ended(
            ExitCode.INVALID_INPUT,
            f"{run}: not a run; expected a folder with run.json, as `landbridge plan` writes it.",
            name="missing-run",
        )


def _show_table(run: Path, found: Plan, table: RunTable, limit: int, *, as_json: bool) -> None:
    rows = getattr(found, table.value)
    shown = rows[:limit] if limit else rows
    if as_json:
        write_json(
            {
                "ok": True,
                "run": run,
                "table": table,
                "count": len(rows),
                "rows": [dataclasses.asdict(row) for row in shown],
            }
        )
        return
    from landbridge.cli.console import out_console
    from landbridge.cli.listing import listing

    console = out_console()
    if not rows:
        console.print(f"{table.value}: no rows")
        return
    console.print(listing(table.value, shown))
    if len(shown) < len(rows):
        console.print(f"{len(shown):,} of {len(rows):,} rows; --limit 0 prints all, --json every column")
