"""The kinds of jobs: each takes the case as it is now and leaves a run, or a result (docs/design/server.md §4)."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landbridge.server.agreements.document import sides_of
from landbridge.server.jobs.options import JobKind
from landbridge.server.jobs.outcome import JobFailed, Outcome
from landbridge.server.jobs.progress import Pulse
from landbridge.server.jobs.values import values_of
from landbridge.server.settings import Settings
from landbridge.server.visibility import (
    Disclosure,
    Holdings,
    visible_bottlenecks,
    visible_explanation,
    visible_replan,
    visible_run,
    visible_values,
)

if TYPE_CHECKING:
    from landbridge.model.case import Case
    from landbridge.model.plan import Plan
    from landbridge.planning import PlanLimits, PlanProgress
    from landbridge.report import Run
    from landbridge.runtime import Cache, Workers


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """
    A job with all it needs.

    Parameters
    ----------
    options
        As ``check_options`` gave them.
    case
        The whole case.
    holdings, disclosures, organisation
        Who sees what, and for whom the result is.
    runs
        Folders of the runs that the options name.
    paper
        Document of the agreement that the options name.
    out
        Folder to write; nothing is there yet.
    """

    settings: Settings
    options: Mapping[str, Any]
    case: Case
    holdings: Holdings
    disclosures: Mapping[tuple[str, str], Disclosure]
    organisation: str
    runs: Mapping[str, Path]
    paper: Mapping[str, Any] | None = None
    out: Path
    pulse: Pulse

    @property
    def is_alone(self) -> bool:
        """Whether the organisation holds everything: then nothing is kept from it."""
        return self.holdings.is_alone(self.case, self.organisation)

    def read_run(self, run: str) -> Run:
        """Read a run of the case, whole."""
        from landbridge.report import Run

        found = Run.read(self.runs[run])
        if found.plan.summary.value is None:
            raise JobFailed("this run has no plan; it takes one that has")
        return found

    def report(self, progress: PlanProgress, before: str = "") -> None:
        """Tell how a search stands; figures of the whole corridor only to who holds it."""
        figures: dict[str, float | None] = {}
        if self.is_alone:
            figures = {"value": progress.value, "bound": progress.bound, "gap": progress.gap}
        elif progress.gap is not None:
            figures = {"gap": progress.gap}
        self.pulse.say(before + progress.phase, **figures)


def plan(task: Task) -> Outcome:
    """Plan the case, or a scenario and events of it."""
    from landbridge.planning import make_variant, plan_variant
    from landbridge.tables import apply_scenario, write_run

    scenario = task.options["scenario"]
    case = apply_scenario(task.case, scenario) if scenario else task.case
    variant = make_variant(case, scenario, task.options["events"])
    found = plan_variant(variant, _limits(task), task.options["agreements"])
    write_run(found, variant.case, task.out)
    return Outcome(summary=found.summary, name=task.options["name"])


def share(task: Task) -> Outcome:
    """Plan the case together and divide its value."""
    from landbridge.cooperation import Effort, PlayerKind, QuotaRule, ShareWishes
    from landbridge.cooperation import share as share_case
    from landbridge.tables import write_run

    options = task.options
    wishes = ShareWishes(
        players=PlayerKind(options["players"]),
        quotas=QuotaRule(options["quotas"]) if options["quotas"] else None,
        agreements=options["agreements"],
        method=options["method"],
        base=options["base"],
        rows_s=options["rows_s"],
        is_tried=options["sensitivity"],
        plan_limits=_limits(task, "planning together: "),
        effort=Effort(time_s=options["coalition_s"], seed=options["seed"]),
    )

    def work(workers: Workers, cache: Cache) -> Outcome:
        found = share_case(
            task.case,
            wishes,
            workers=workers,
            cache=cache,
            cancelled=task.pulse.cancelled,
            report=lambda progress: task.pulse.say(f"{progress.step} {progress.done}/{progress.of}"),
        )
        write_run(found.plan, task.case, task.out, found.tables)
        return Outcome(summary=found.plan.summary, name=options["name"])

    return _on_workers(task, work)


def agreements(task: Task) -> Outcome:
    """Value each agreement; each organisation reads its own rows, and a total where three gain."""
    from landbridge.cooperation import Effort, PlayerKind, QuotaRule, value_agreements

    options = task.options

    def say(step: str, done: int, of: int) -> None:
        if not task.is_alone and " under " in step:
            step = "planning sets of agreements"  # the set that is split names agreements of others
        task.pulse.say(f"{step} {done}/{of}")

    def work(workers: Workers, cache: Cache) -> Outcome:
        tables = value_agreements(
            task.case,
            players=PlayerKind(options["players"]),
            quotas=QuotaRule(options["quotas"]) if options["quotas"] else None,
            budget=options["budget"] if task.is_alone else None,
            effort=Effort(time_s=options["coalition_s"], seed=options["seed"]),
            workers=workers,
            cache=cache,
            cancelled=task.pulse.cancelled,
            report=say,
        )
        seen = tables
        if not task.is_alone:
            seen = visible_values(tables, task.case, options["players"], task.holdings, task.organisation)
        names = ("agreements", "sets", "choices")
        return Outcome(result={name: [dataclasses.asdict(row) for row in getattr(seen, name)] for name in names})

    return _on_workers(task, work)


def value(task: Task) -> Outcome:
    """Value an agreement for each of its sides."""
    from landbridge.cooperation import Effort

    if task.paper is None:
        raise JobFailed("this version of the agreement is not there any more")
    options = task.options
    sides = sides_of(task.paper)
    effort = Effort(time_s=options["time_s"], seed=options["seed"])
    return Outcome(values=values_of(task, task.paper["agreement"], sides, effort, _limits(task)))


def explain(task: Task) -> Outcome:
    """Say why an order is not served; who holds not everything learns no worth of changes to what others own."""
    from landbridge.planning.explain import explain as explain_order
    from landbridge.planning.explain import prepare

    options = task.options
    run = task.read_run(options["run"])
    seen = visible_run(run, task.holdings, task.organisation, task.disclosures).run
    own = next((row for row in seen.plan.orders
                if (row.order, row.repeat) == (options["order"], options["repeat"])), None)  # fmt: skip
    if own is None:
        raise JobFailed(f"the run has no order {options['order']!r} of your organisation")
    task.pulse.say("trying changes")
    found, _ = explain_order(prepare(run.case, run.plan, _accepts), options["order"], options["repeat"])
    told = dataclasses.asdict(found)
    if not task.is_alone:
        told = visible_explanation(found, run.case, task.holdings, task.organisation)
    return Outcome(result=told | {"currency": run.case.settings.currency})


def bottlenecks(task: Task) -> Outcome:
    """Say what one more of each scarce capacity is worth: of all to who holds everything, of its own to others."""
    from landbridge.planning.bottlenecks import find_bottlenecks

    run = task.read_run(task.options["run"])
    task.pulse.say("raising limits")
    found = find_bottlenecks(run.case, run.plan, check=_accepts, time_s=task.options["time_s"], top=task.options["top"])
    rows = [dataclasses.asdict(row) for row in found]
    if not task.is_alone:
        rows = visible_bottlenecks(found, run.case, task.holdings, task.organisation)
    return Outcome(result={"bottlenecks": rows, "currency": run.case.settings.currency})


def compare(task: Task) -> Outcome:
    """Say what differs between runs, of what the organisation may see of each."""
    from landbridge.planning.compare import Named
    from landbridge.planning.compare import compare as compare_runs

    named = []
    for number, run in enumerate(task.options["runs"]):
        seen = visible_run(task.read_run(run), task.holdings, task.organisation, task.disclosures).run
        named.append(Named(name=f"{number + 1}: {seen.plan.summary.scenario or run}", plan=seen.plan, case=seen.case))
    if len({item.case.settings.currency for item in named}) > 1:
        raise JobFailed("the runs are in different currencies; compare those of one")
    return Outcome(result=dataclasses.asdict(compare_runs(named)))


def replan(task: Task) -> Outcome:
    """Plan a run anew after something has happened; the result says what that changed for the organisation."""
    from landbridge.model.clock import BadTime, Clock
    from landbridge.planning.events import read_event
    from landbridge.planning.replan import replan as replan_plan
    from landbridge.planning.replan import tell, unroll
    from landbridge.tables import replan_files, write_run

    options = task.options
    run = task.read_run(options["run"])
    events = [read_event(run.case, text) for text in options["events"]]
    task.pulse.say("unrolling the week")
    dated = unroll(run.case, run.plan, options["weeks"])
    clock = Clock.of(dated.case.settings)
    try:
        starts = [clock.minute(item.starts) if item.starts else 0 for item in events]
        now = clock.minute(options["at"]) if options["at"] else min(starts)
    except BadTime as error:
        raise JobFailed(str(error)) from error
    if not 0 <= now <= clock.horizon_min:
        raise JobFailed(f"the moment is outside the calendar; expected {clock.text(0)} to "
                        f"{clock.text(clock.horizon_min)}")  # fmt: skip
    found = replan_plan(
        dated, events, now, limits=_limits(task), change_cost=options["change_cost"],
        say=lambda phase: task.pulse.say(phase),
    )  # fmt: skip
    tables, _ = tell(found, run.shares)
    write_run(found.after, found.case, task.out, extra=replan_files(tables))
    told = visible_replan(
        found.before, found.after, tables, found.case, task.holdings, task.organisation, task.disclosures
    )
    return Outcome(summary=found.after.summary, name=options["name"], result=told)


KINDS: dict[JobKind, Callable[[Task], Outcome]] = {
    JobKind.PLAN: plan,
    JobKind.SHARE: share,
    JobKind.AGREEMENTS: agreements,
    JobKind.EXPLAIN: explain,
    JobKind.BOTTLENECKS: bottlenecks,
    JobKind.COMPARE: compare,
    JobKind.REPLAN: replan,
    JobKind.VALUE: value,
}


def _limits(task: Task, before: str = "") -> PlanLimits:
    from landbridge.planning import PlanLimits

    return PlanLimits(
        time_s=task.options["time_s"],
        gap=task.options.get("gap", 0.0),
        work=math.inf,
        seed=task.options["seed"],
        threads=task.settings.threads,
        cancelled=task.pulse.cancelled,
        report=lambda progress: task.report(progress, before),
    )


def _on_workers(task: Task, work: Callable[[Workers, Cache], Outcome]) -> Outcome:
    """Spread work over the cluster of the settings, if there is one."""
    from landbridge.runtime import Cache, open_workers

    with open_workers(1, task.settings.cluster) as workers:
        return work(workers, Cache(task.settings.data_dir / "cache"))


def _accepts(found: Plan, case: Case) -> bool:
    from landbridge.verify import verify

    return not verify(found, case)
