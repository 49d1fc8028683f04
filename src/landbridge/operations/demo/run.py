"""The demonstration: a plan, a week of simulated parcels on it, a crossing that closes, and what came of it all."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from landbridge.errors import Finding, InvalidRun
from landbridge.model.case import Case
from landbridge.model.clock import Clock
from landbridge.operations.allocation import write_manifests
from landbridge.operations.control.expect import expected
from landbridge.operations.control.follow import Followed, follow, read_followed
from landbridge.operations.control.progress import missed_departures, progress
from landbridge.operations.control.redo import Proposal, accept, propose
from landbridge.operations.demo.made_up import between, journeys, made_up_orders
from landbridge.operations.events import fold_store, import_events
from landbridge.operations.orders.checks import Rules
from landbridge.operations.orders.csv_source import csv_batches, look_at
from landbridge.operations.orders.importer import Source, import_orders
from landbridge.operations.orders.mapping import Mapping
from landbridge.operations.orders.outcome import Outcome
from landbridge.operations.parcels.frame import scan_parcels
from landbridge.operations.store import Store
from landbridge.planning import PlanLimits, plan
from landbridge.planning.events import read_event
from landbridge.tables import write_run

GOOD = "parcel"
CLOSED_DAYS = 2

_MAPPING = Mapping(
    channel="demo",
    columns={
        "external_id": "order_id", "number": "tracking_number", "from_hub": "from_hub",
        "to_hub": "to_hub", "weight": "weight_kg", "value": "value", "currency": "currency", "ready": "ready",
        "promised": "promised", "name": "recipient", "to_country": "country", "to_postcode": "postcode",
    },
    constants={"good": GOOD},
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class DemoReport:
    """
    What came of the week.

    Parameters
    ----------
    seconds
        Time of each step.
    placed, unplaced
        Parcels with a place in the plan after the re-plan, and those without, by reason.
    case, closed, closed_from, closed_until
        Name of the case, that of the crossing in English, Russian and Chinese, and when it was closed, local time.
    passed_over
        Busier crossings that stay open: freight on its way would spoil there.
    verdicts
        Promises and planned arrivals that the re-plan changed, by what became of them.
    promises, promises_kept, promise_kept
        Parcels with a promise, those that reached their last hub by it, and their part.
    days
        Arrivals at the last hub: day, parcels by the first plan, and parcels that arrived.
    hours
        Median hours from acceptance to the door.
    coverage
        Part of the parcels on their way on Wednesday that were delivered by their 50 % and 80 % quantile.
    value_before, value_after, closure_cost
        Value of the plan of the week, of the re-plan, and what the closure costs against the best plan known without.
    """

    case: str = ""
    closed: list[str] = field(default_factory=list)
    closed_from: str = ""
    closed_until: str = ""
    passed_over: list[str] = field(default_factory=list)
    parcels: int = 0
    imported: int = 0
    departures: int = 0
    events: int = 0
    event: str = ""
    on_way: int = 0
    behind: int = 0
    alarms: int = 0
    in_danger: int = 0
    missed_departures: int = 0
    kept: int = 0
    moved: int = 0
    lost: int = 0
    promises_broken: int = 0
    delivered: int = 0
    unplaced: dict[str, int] = field(default_factory=dict)
    verdicts: dict[str, int] = field(default_factory=dict)
    promises: int = 0
    promises_kept: int = 0
    promise_kept: float = 0.0
    days: list[tuple[str, int, int]] = field(default_factory=list)
    hours: float = 0.0
    coverage: dict[str, float] = field(default_factory=dict)
    value_before: float = 0.0
    value_after: float = 0.0
    closure_cost: float = 0.0
    currency: str = ""
    seconds: dict[str, float] = field(default_factory=dict)


def run_demo(
    case: Case,
    folder: Path,
    *,
    count: int = 200_000,
    plan_s: float = 30.0,
    replan_s: float = 30.0,
    threads: int = 0,
    seed: int = 0,
    say: Callable[[str], None] = lambda words: None,
) -> DemoReport:
    """
    Run the week in a folder that must not exist yet: runs, orders, parcels, the store, manifests and the report.

    Parameters
    ----------
    case
        A case with the good ``parcel`` and crossings.

    Raises
    ------
    InvalidRun
        When the plan carries nothing (code ``empty-plan``), or no crossing can close without freight on its way
        spoiling (``no-way-on``).
    """
    folder.mkdir(parents=True)
    report = DemoReport(case=case.settings.name, currency=case.settings.currency)
    clock = _Timer(report, say)
    with clock.step("plan"):
        found = plan(case, limits=PlanLimits(time_s=plan_s, threads=threads, seed=seed))
        write_run(found, case, folder / "run")
        followed = read_followed(folder / "run", 1)
    if followed.ways.ways.is_empty():
        message = f"the plan found in {plan_s:g} s carries nothing; expected ways for parcels: give it more time"
        raise InvalidRun([Finding(where=str(folder / "run"), message=message, code="empty-plan")])
    with clock.step("orders"):
        parcels = _orders_in(case, followed, folder, count, seed, report)
    store = Store(folder / "store")
    with clock.step("allocation"):
        allocations = follow(store, followed, parcels)
        report.departures = write_manifests(allocations, followed.ways, folder / "manifests")
    wednesday = _wednesday(case)
    with clock.step("events to Wednesday"):
        moves = between(journeys(allocations, followed.ways, case, seed), None, wednesday)
        report.events += _events_in(store, moves, folder / "events-1.csv", wednesday)
    with clock.step("alarms"):
        predicted = _look(store, followed, allocations, wednesday, report)
    with clock.step("re-plan"):
        limits = PlanLimits(time_s=replan_s, threads=threads, seed=seed)
        proposal = _close_busiest(case, store, followed, allocations, wednesday, limits, report)
        accept(store, proposal, folder / "after")
        proposal.promises.write_csv(folder / "promises.csv")
        write_manifests(proposal.allocations, proposal.ways, folder / "manifests-after")
    with clock.step("events to the end"):
        moves = between(journeys(proposal.allocations, proposal.ways, case, seed), wednesday, None)
        report.events += _events_in(store, moves, folder / "events-2.csv", wednesday + timedelta(days=60))
    with clock.step("report"):
        _tell(store, proposal, predicted, report)
        report.days = _days(store, case, allocations)
        (folder / "report.json").write_text(json.dumps(asdict(report), indent=2) + "\n")
    return report


class _Timer:
    def __init__(self, report: DemoReport, say: Callable[[str], None]) -> None:
        self._report, self._say = report, say

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step and say that it begins."""
        self._say(name)
        began = time.monotonic()
        yield
        self._report.seconds[name] = round(time.monotonic() - began, 1)


def _orders_in(case: Case, followed: Followed, folder: Path, count: int, seed: int, report: DemoReport) -> pl.DataFrame:
    """Write a shop's file, import it as any other, and tell which order of the case each parcel is part of."""
    rng = np.random.default_rng(seed)
    file = folder / "orders.csv"
    shop = made_up_orders(followed.ways, followed.dated.case, GOOD, count, rng)
    shop.write_csv(file)
    outcome = import_shop_file(file, case, folder)
    report.parcels, report.imported = outcome.rows, outcome.taken
    part_of = shop.select(pl.col("order_id").alias("external_id"), pl.col("case_order").alias("part_of"))
    parcels = scan_parcels(folder / "parcels" / "parcels").collect()
    parcels = parcels.join(part_of, on="external_id", how="left", maintain_order="left")
    return parcels.with_columns(pl.col("part_of").alias("order")).drop("part_of")


def import_shop_file(file: Path, case: Case, folder: Path) -> Outcome:
    """Import a made-up shop's file into ``folder/parcels``, its recipients into ``folder/people``."""
    rules = Rules(
        mapping=_MAPPING, hubs=frozenset(row.hub for row in case.hubs), goods=frozenset(row.good for row in case.goods)
    )
    seen = look_at(file, "", "")
    source = Source(
        path=file,
        encoding=seen.encoding,
        batches=csv_batches(seen, _MAPPING),
        header=seen.header,
        separator=seen.separator,
    )
    return import_orders(source, rules, out=folder / "parcels", people=folder / "people")


def _events_in(store: Store, moves: pl.DataFrame, file: Path, now: datetime) -> int:
    moves.write_csv(file)
    told = import_events(store, file, "emsevt", now=now, aside=file.with_name(f"{file.stem}-aside.csv"))
    fold_store(store)
    return told.events


def _wednesday(case: Case) -> datetime:
    """Midnight before the first Wednesday of the plan, in its zone."""
    clock = Clock.of(case.settings)
    days = (2 - clock.weekday(0)) % 7
    return clock.start + timedelta(days=days)


def _look(
    store: Store, followed: Followed, allocations: pl.DataFrame, now: datetime, report: DemoReport
) -> pl.DataFrame:
    states = store.scan("states").collect()
    where = progress(states, allocations, followed.ways, now)
    predicted = expected(store, now, followed.case, followed.ways)
    report.on_way = predicted.height
    report.behind = where.filter(pl.col("behind_h") > 1.0).height
    report.alarms = predicted.filter("alarm").height
    report.in_danger = predicted.filter("in_danger").height
    report.missed_departures = missed_departures(where, allocations, followed.ways, now).height
    return predicted


def _close_busiest(
    case: Case,
    store: Store,
    followed: Followed,
    allocations: pl.DataFrame,
    now: datetime,
    limits: PlanLimits,
    report: DemoReport,
) -> Proposal:
    """
    Close the crossing that most parcels would pass in the days from a moment on, and plan anew.

    Where other freight would spoil at a closed crossing there is no re-plan: the next busiest is closed instead.
    """
    until = now + timedelta(days=CLOSED_DAYS)
    refused: list[Finding] = []
    for hub in _by_traffic(case, followed, allocations, now, until):
        _tell_closure(case, hub, now, until, report)
        event = read_event(followed.dated.case, report.event)
        try:
            return propose(store, followed, [event], now, limits=limits)
        except InvalidRun as error:
            if {finding.code for finding in error.findings} != {"no-way-on"}:
                raise
            report.passed_over.append(hub)
            refused += error.findings
    raise InvalidRun(refused)


def _by_traffic(case: Case, followed: Followed, allocations: pl.DataFrame, now: datetime, until: datetime) -> list[str]:
    """Crossings, those first that most parcels would pass between two moments."""
    crossings = [row.hub for row in case.hubs if row.kind == "crossing"]
    passing = allocations.join(followed.ways.legs, on=["order", "way"]).filter(
        pl.col("from_hub_right").is_in(crossings) & (pl.col("leaves_right") >= now) & (pl.col("leaves_right") < until)
    )
    counted = dict(passing.group_by("from_hub_right").agg(pl.col("parcel").n_unique()).iter_rows())
    busy = sorted(counted, key=lambda hub: (-counted[hub], hub))
    return busy + [hub for hub in crossings if hub not in counted]


def _tell_closure(case: Case, hub: str, now: datetime, until: datetime, report: DemoReport) -> None:
    clock = Clock.of(case.settings)

    def local(moment: datetime) -> str:
        return clock.text(round((moment - clock.start).total_seconds() / 60))[:16]

    report.event = f"close:{hub} from {local(now)} to {local(until)}"
    report.closed_from, report.closed_until = (local(moment).replace("T", " ") for moment in (now, until))
    row = next(row for row in case.hubs if row.hub == hub)
    report.closed = [name or row.name or hub for name in (row.name, row.name_ru, row.name_zh)]


def _days(store: Store, case: Case, allocations: pl.DataFrame) -> list[tuple[str, int, int]]:
    """Parcels at their last hub by local day: as first planned, and as they came."""

    def by_day(moments: pl.Series) -> pl.DataFrame:
        local = moments.drop_nulls().dt.convert_time_zone(case.settings.timezone)
        return pl.DataFrame({"day": local.dt.strftime("%m-%d")}).group_by("day").len()

    planned, came = by_day(allocations["arrives"]), by_day(store.scan("states").collect()["t4"])
    both = planned.join(came, on="day", how="full", coalesce=True, suffix="_came").fill_null(0).sort("day")
    return [(day, planned, came) for day, planned, came in both.iter_rows()]


def _tell(store: Store, proposal: Proposal, predicted: pl.DataFrame, report: DemoReport) -> None:
    states = store.scan("states").collect()
    allocations = store.scan("allocations").collect()
    summary = proposal.tables.summary
    report.kept, report.moved, report.lost = proposal.change.kept, proposal.change.moved, proposal.change.lost
    report.verdicts = dict(proposal.promises["verdict"].value_counts(sort=True).iter_rows())
    report.promises_broken = report.verdicts.get("broken", 0)
    report.value_before, report.value_after = summary.value_before, summary.value_after
    report.closure_cost = summary.cost
    unplaced = allocations.filter(pl.col("way").is_null())["code"].value_counts()
    report.unplaced = dict(unplaced.iter_rows())
    both = allocations.select("parcel", "promised").join(states, on="parcel")
    report.delivered = both.filter(pl.col("status") == "delivered").height
    report.promises_kept = both.select((pl.col("t4") <= pl.col("promised")).fill_null(value=False).sum()).item()
    report.promises = int(allocations["promised"].is_not_null().sum())
    report.promise_kept = report.promises_kept / max(1, report.promises)
    hours = both.select(((pl.col("t5") - pl.col("t0")).dt.total_seconds() / 3600).median()).item()
    report.hours = round(float(hours or 0.0), 1)
    truth = predicted.join(states.select("parcel", "t5"), on="parcel", how="inner")
    for name in ("p50", "p80"):
        report.coverage[name] = float(truth.select((pl.col("t5") <= pl.col(name)).mean()).item() or 0.0)
