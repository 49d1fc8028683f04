"""Plans of scenarios: one, or several side by side (changes.md §1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from landbridge.model.case import Case
from landbridge.model.plan import Plan
from landbridge.planning.events import apply_events, describe, read_event
from landbridge.planning.limits import PlanLimits
from landbridge.planning.solve import plan
from landbridge.runtime import Workers, is_stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A case as a scenario and events leave it; ``events`` in words."""

    scenario: str
    events: str
    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What a worker needs to plan a variant."""

    variant: Variant
    time_s: float
    gap: float
    work: float
    seed: int
    threads: int
    agreements: str


def make_variant(case: Case, scenario: str = "", events: Sequence[str] = ()) -> Variant:
    """
    Let events happen to a case that a scenario has already changed.

    Parameters
    ----------
    case
        As ``read_case(path, scenario)`` returns it.
    scenario
        Its name, for the run.
    events
        Ids of events of the case, or events as the command line writes them.

    Raises
    ------
    InvalidCase
        When an event cannot be read or applied.
    """
    found = [read_event(case, text) for text in events]
    return Variant(scenario=scenario, events=describe(found), case=apply_events(case, found))


def plan_variant(variant: Variant, limits: PlanLimits | None = None, agreements: str = "in_force") -> Plan:
    """Plan a variant; its run names the scenario and the events."""
    found = plan(variant.case, limits=limits, agreements=agreements)
    return replace(found, summary=replace(found.summary, scenario=variant.scenario, events=variant.events))


def plan_variants(
    variants: Sequence[Variant],
    limits: PlanLimits,
    agreements: str,
    workers: Workers,
    cancelled: Callable[[], bool],
) -> Iterator[Plan]:
    """Plan variants on workers, in order; each has the whole time limit."""
    tasks = [
        _Task(
            variant=variant,
            time_s=limits.time_s,
            gap=limits.gap,
            work=limits.work,
            seed=limits.seed,
            threads=limits.threads,
            agreements=agreements,
        )
        for variant in variants
    ]
    function = partial(_plan_task, cancelled=cancelled) if workers.executor is None else _plan_task
    return workers.map(function, tasks, cancelled)


def _plan_task(task: _Task, cancelled: Callable[[], bool] = is_stopped) -> Plan:
    limits = PlanLimits(
        time_s=task.time_s, gap=task.gap, work=task.work, seed=task.seed, threads=task.threads, cancelled=cancelled
    )
    return plan_variant(task.variant, limits, task.agreements)
