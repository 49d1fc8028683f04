"""``landbridge share``: a case in, a run out that says how the gain of planning together is divided."""

from __future__ import annotations

import math
import os
from enum import StrEnum
from pathlib import Path
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
from landbridge.cli.live import State
from landbridge.cli.outcome import ending, write_json
from landbridge.cli.plans import Out, default_out, refuse_early

if TYPE_CHECKING:
    from landbridge.cli.live import Interrupt
    from landbridge.cooperation import Shared, ShareWishes
    from landbridge.model.case import Case
    from landbridge.model.plan import Plan
    from landbridge.planning import PlanProgress
    from landbridge.runtime import Cache, Workers


class MethodWord(StrEnum):
    """Methods of division."""

    NUCLEOLUS = "nucleolus"
    SHAPLEY = "shapley"
    EQUAL_PROFIT = "equal_profit"
    OWEN = "owen"
    FAIR_OWEN = "fair_owen"
    GATELY = "gately"
    TAU = "tau"
    PROPORTIONAL = "proportional"
    ROWS = "rows"


class AgreementWord(StrEnum):
    """Agreements that count (semantics §4.2)."""

    ALL = "all"
    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    NONE = "none"


class BaseWord(StrEnum):
    """Sizes of players."""

    TURNOVER = "turnover"
    VOLUME = "volume"
    POPULATION = "population"
    EQUAL = "equal"


def share(
    case: options.CasePath,
    players: Players = PlayerWord.REGIONS,
    method: Annotated[
        MethodWord | None,
        typer.Option(
            help="Division that is certified and settled. Default: nucleolus; of more than 12 players rows or owen.",
            show_default=False,
        ),
    ] = None,
    agreements: Annotated[
        AgreementWord, typer.Option(help="Agreements that count; proposed is another word for all.")
    ] = AgreementWord.ALL,
    quotas: Quotas = None,
    base: Annotated[BaseWord, typer.Option(help="Size of players, where a method asks for it.")] = BaseWord.TURNOVER,
    sensitivity: Annotated[
        bool, typer.Option("--sensitivity", help="Try the payments on costs and volumes that are 10 % off.")
    ] = False,
    rows_limit: Annotated[
        float, typer.Option("--rows-limit", min=0.0, metavar="S", help="Seconds for the method rows.")
    ] = 300.0,
    samples: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="Of more than 12 players: estimate the Shapley value too, from so many random orders of arrival.",
        ),
    ] = 0,
    run: Annotated[
        Path | None,
        typer.Option(
            "--run",
            metavar="FOLDER",
            help="Divide the plan of this run of the case; default: plan now.",
            show_default=False,
        ),
    ] = None,
    out: Out = None,
    time_limit: options.TimeLimit = 60.0,
    gap: options.Gap = 0.0,
    work: options.Work = None,
    seed: options.Seed = 0,
    threads: options.Threads = 0,
    relax_limit: Annotated[
        float, typer.Option("--relax-limit", min=0.0, metavar="S", help="Seconds for the relaxation of a coalition.")
    ] = 225.0,
    coalition_limit: CoalitionLimit = 10.0,
    coalition_work: CoalitionWork = None,
    processes: Processes = 1,
    cluster: Cluster = "",
    no_cache: NoCache = False,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """
    Plan a case together and divide its value so that nobody would leave, with a certificate.

    Ctrl-C stops: what is known by then is written, with the intervals that are proved.
    """
    with ending(as_json=as_json, debug=debug):
        from landbridge.cooperation import Effort, PlayerKind, QuotaRule, ShareWishes
        from landbridge.planning import PlanLimits

        found = read(case)
        folder = out or default_out(case)
        refuse_early(folder)
        wishes = ShareWishes(
            players=PlayerKind(players.value),
            quotas=QuotaRule(quotas.value) if quotas else None,
            agreements=(AgreementWord.ALL if agreements is AgreementWord.PROPOSED else agreements).value,
            method=method.value if method else "",
            base=base.value,
            is_tried=sensitivity,
            rows_s=rows_limit,
            samples=samples,
            plan_limits=PlanLimits(
                time_s=time_limit,
                gap=gap,
                work=math.inf if work is None else work,
                seed=seed,
                threads=threads or os.cpu_count() or 1,
            ),
            effort=Effort(
                time_s=coalition_limit,
                relax_s=relax_limit,
                work=math.inf if coalition_work is None else coalition_work,
                seed=seed,
            ),
        )
        joint = _read_joint(run, found, wishes.agreements) if run else None
        shared = _search(found, joint, wishes, processes, cluster, use_cache=not no_cache)
        _write_and_tell(found, shared, folder, as_json=as_json)


def _read_joint(folder: Path, case: Case, agreements: str) -> Plan:
    """
    Read the plan of a run, if it is one of this case with these agreements.

    Raises
    ------
    InvalidRun
        ``run-of-other-case``, ``run-with-other-agreements``.
    """
    from landbridge.errors import Finding, InvalidRun
    from landbridge.tables import input_hash, read_run

    plan, planned = read_run(folder)
    if input_hash(planned) != input_hash(case):
        message = "the case in this run is not the case to be shared; plan that case, or leave --run out"
        raise InvalidRun([Finding(where=f"{folder}", message=message, code="run-of-other-case")])
    if plan.summary.agreements != agreements:
        message = (
            f"this plan counts the agreements {plan.summary.agreements!r}, expected {agreements!r}; "
            f"call share with --agreements {plan.summary.agreements}, or plan with --agreements {agreements}"
        )
        raise InvalidRun([Finding(where=f"{folder}", message=message, code="run-with-other-agreements")])
    return plan


def _search(
    case: Case, joint: Plan | None, wishes: ShareWishes, processes: int, cluster: str, *, use_cache: bool
) -> Shared:
    from dataclasses import replace

    from landbridge.cooperation import share as share_case

    def work(workers: Workers, cache: Cache, interrupt: Interrupt, show: Show) -> Shared:
        def tell(progress: PlanProgress) -> None:
            phase = f"planning together: {progress.phase}"
            show(State(value=progress.value, bound=progress.bound, gap=progress.gap, phase=phase))

        return share_case(
            case,
            replace(wishes, plan_limits=replace(wishes.plan_limits, cancelled=interrupt, report=tell)),
            joint=joint,
            workers=workers,
            cache=cache,
            cancelled=interrupt,
            report=lambda progress: show(coalitions_done(progress.step, progress.done, progress.of)),
        )

    return run_on_workers(work, processes, cluster, use_cache=use_cache)


def _write_and_tell(case: Case, shared: Shared, folder: Path, *, as_json: bool) -> None:
    from landbridge.tables import write_run

    write_run(shared.plan, case, folder, shared.tables)
    if as_json:
        from dataclasses import asdict

        document = {"ok": True, "run": folder, "share": asdict(shared.tables.summary)}
        rows = {
            name: [asdict(row) for row in getattr(shared.tables, name)] for name in ("methods", "shares", "settlement")
        }
        write_json(document | rows)
        return
    from landbridge.cli.console import out_console
    from landbridge.cli.share_words import print_share

    console = out_console()
    print_share(console, shared.tables)
    console.print(f"Run: {folder}", soft_wrap=True)
