"""What ``share`` and ``agreements`` have in common: who plays, what work on coalitions may take, that work shown."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from landbridge.cli.live import State

if TYPE_CHECKING:
    from landbridge.cli.live import Interrupt
    from landbridge.runtime import Cache, Workers

T = TypeVar("T")

Show = Callable[[State], None]
"""Told what to show from now on."""


class PlayerWord(StrEnum):
    """Who shares."""

    REGIONS = "regions"
    GROUPS = "groups"
    PARTIES = "parties"
    COUNTRIES = "countries"


class QuotaWord(StrEnum):
    """Rules that split what is public and limited."""

    POPULATION = "population"
    VOLUME = "volume"
    EQUAL = "equal"


Players = Annotated[PlayerWord, typer.Option(help="Who shares; groups are those of the column group of regions.")]
Quotas = Annotated[
    QuotaWord | None,
    typer.Option(help="Split limited public resources among the players by this; without it there may be none.",
                 show_default=False),
]  # fmt: skip
CoalitionLimit = Annotated[
    float,
    typer.Option(
        "--coalition-limit", min=0.0, metavar="S", help="Seconds for the plan of each other coalition that needs one."
    ),
]
CoalitionWork = Annotated[
    float | None,
    typer.Option("--coalition-work", min=0.0, metavar="N", help="Counted work for each other coalition.",
                 show_default=False),
]  # fmt: skip
Processes = Annotated[int, typer.Option(min=0, help="Processes that value coalitions; 0 = as many as cores.")]
Cluster = Annotated[
    str, typer.Option(metavar="ADDRESS", help="Dask scheduler that values coalitions, tcp://host:port.")
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Plan and value everything anew.")]


def coalitions_done(step: str, done: int, of: int) -> State:
    """What to show while coalitions are valued: the step in words, how many are done, and of how many."""
    return State(phase=f"{step} {done}/{of}")


def run_on_workers(
    work: Callable[[Workers, Cache, Interrupt, Show], T], processes: int, cluster: str, *, use_cache: bool
) -> T:
    """Run work that values coalitions on processes (0: as many as cores) or a cluster; show its steps, hear Ctrl-C."""
    from landbridge.cli.console import err_console
    from landbridge.cli.live import interruptible, run_shown
    from landbridge.runtime import Cache, open_workers
    from landbridge.runtime.cache import user_cache

    latest = [State()]

    def show(state: State) -> None:
        latest[0] = state

    with interruptible() as interrupt:

        def run() -> T:
            with open_workers(processes or os.cpu_count() or 1, cluster) as workers:
                return work(workers, Cache(user_cache() if use_cache else None), interrupt, show)

        return run_shown(
            run, state=lambda: latest[0], console=err_console(), time_limit_s=math.inf, interrupt=interrupt
        )
