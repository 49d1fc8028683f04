"""``landbridge agreements``: what each is worth, and which to sign."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

from landbridge.cli import options
from landbridge.cli.cases import read
from landbridge.cli.coalitions import (
    Cluster,
    CoalitionLimit,
    CoalitionWork,
    NoCache,
    Players,
    PlayerWord,
    Processes,
    Quotas,
    Show,
    coalitions_done,
    run_on_workers,
)
from landbridge.cli.numbers import money
from landbridge.cli.outcome import ending, write_json
from landbridge.cli.plans import Out, default_out, refuse_early

if TYPE_CHECKING:
    from rich.console import Console

    from landbridge.cli.live import Interrupt
    from landbridge.cooperation import Effort
    from landbridge.model.case import Case
    from landbridge.model.shares import AgreementRow, AgreementTables
    from landbridge.runtime import Cache, Workers


def agreements(
    case: options.CasePath,
    budget: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            metavar="MONEY",
            help="Choose what to sign with at most these fixed costs in all.",
            show_default=False,
        ),
    ] = None,
    players: Players = PlayerWord.REGIONS,
    quotas: Quotas = None,
    out: Out = None,
    seed: options.Seed = 0,
    coalition_limit: CoalitionLimit = 30.0,
    coalition_work: CoalitionWork = None,
    processes: Processes = 1,
    cluster: Cluster = "",
    no_cache: NoCache = False,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """
    Value each agreement in force (what is lost without it) and proposed (what is gained), and choose under a budget.

    Each set of agreements that is looked at is planned, with a bound: all gains are intervals.
    """  # fmt: skip
    with ending(as_json=as_json, debug=debug):
        from landbridge.cooperation import Effort
        from landbridge.tables import write_agreements

        found = read(case)
        folder = out or default_out(case)
        refuse_early(folder)
        work = math.inf if coalition_work is None else coalition_work
        effort = Effort(time_s=coalition_limit, work=work, seed=seed)
        tables = _search(found, budget, players, quotas, effort, processes, cluster, use_cache=not no_cache)
        write_agreements(tables, found, folder)
        if as_json:
            from dataclasses import asdict

            rows = {name: [asdict(row) for row in getattr(tables, name)] for name in ("agreements", "sets", "choices")}
            write_json({"ok": True, "run": folder} | rows)
            return
        from landbridge.cli.console import out_console

        console = out_console()
        _print(console, tables, found.settings.currency)
        _tell_split(console, found, players)
        console.print(f"Run: {folder}", soft_wrap=True)


def _search(
    case: Case,
    budget: float | None,
    players: PlayerWord,
    quotas: Quotas,
    effort: Effort,
    processes: int,
    cluster: str,
    *,
    use_cache: bool,
) -> AgreementTables:
    from landbridge.cooperation import PlayerKind, QuotaRule, value_agreements

    def work(workers: Workers, cache: Cache, interrupt: Interrupt, show: Show) -> AgreementTables:
        return value_agreements(
            case,
            players=PlayerKind(players.value),
            quotas=QuotaRule(quotas.value) if quotas else None,
            budget=budget,
            effort=effort,
            workers=workers,
            cache=cache,
            cancelled=interrupt,
            report=lambda step, done, of: show(coalitions_done(step, done, of)),
        )

    return run_on_workers(work, processes, cluster, use_cache=use_cache)


def _print(console: Console, tables: AgreementTables, currency: str) -> None:
    for row in tables.agreements:
        if row.player == "*":
            console.print(_sentence(tables, row.agreement, currency), soft_wrap=True)
    for choice in tables.choices:
        signed = choice.signed or "nothing"
        console.print(
            f"budget {money(choice.budget)}: sign {signed}, for {money(choice.cost)}; worth "
            f"{_span(choice.net_low, choice.net_high)} less that cost; no other choice is worth more than "
            f"{money(choice.best_high, currency)}.",
            soft_wrap=True,
        )


def _tell_split(console: Console, case: Case, players: PlayerWord) -> None:
    """Say why gains are not told by player where there are too many of them."""
    from landbridge.cooperation import PlayerKind
    from landbridge.cooperation.agreements import MOST_SPLIT
    from landbridge.cooperation.players import find_players

    number = len(find_players(case, PlayerKind(players.value)).names)
    if number > MOST_SPLIT:
        console.print(
            f"Here are {number} players; what each gains is told of up to {MOST_SPLIT}. For that choose larger ones: "
            "--players groups or countries.",
            soft_wrap=True,
        )


def _sentence(tables: AgreementTables, name: str, currency: str) -> str:
    """What an agreement is worth, to whom, and whether its cost is covered."""
    rows = [row for row in tables.agreements if row.agreement == name]
    joint = next(row for row in rows if row.player == "*")
    verb = "without it all lose" if joint.status == "in_force" else "with it all gain"
    status = joint.status.replace("_", " ")
    text = f"{name} ({status}; {joint.signers}): {verb} {_span(joint.delta_low, joint.delta_high)} {currency}."
    signers = joint.signers.split()
    own = [row for row in rows if row.player in signers]
    others = [row for row in rows if row.player not in (*signers, "*") and row.delta_low > 0]
    for title, found in (("Its signers", own), ("Others gain too", others)):
        if found:
            text += f" {title}: " + ", ".join(f"{r.player} {_span(r.delta_low, r.delta_high)}" for r in found) + "."
    return text + (_break_even(joint) if joint.fixed_cost > 0 else "")


def _break_even(row: AgreementRow) -> str:
    """Whether the fixed cost is covered by what all gain."""
    if row.delta_low >= row.fixed_cost:
        word = "is"
    else:
        word = "is not" if row.delta_high < row.fixed_cost else "may or may not be"
    even = _span(row.delta_low, row.delta_high)
    return f" Its fixed cost of {money(row.fixed_cost)} {word} covered; the break-even is {even}."


def _span(low: float, high: float) -> str:
    return money(low) if money(low) == money(high) else f"{money(low)} to {money(high)}"
