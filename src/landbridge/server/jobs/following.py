"""
Jobs of a plan that is followed: files that were sent are taken in, plans are proposed anew and accepted.

The store of the following is laid out in a folder of the job's own, worked on with the functions of ``landbridge
operate``, and put back in the transaction that ends the job. So a job that is broken off has done nothing, and one
that is taken once more does it once.
"""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from landbridge.errors import LandbridgeError
from landbridge.server.audit.log import append
from landbridge.server.jobs.outcome import JobFailed, JobStopped, Outcome
from landbridge.server.jobs.progress import Pulse
from landbridge.server.seen import disclosures_of
from landbridge.server.settings import Settings
from landbridge.server.store import cases, followed
from landbridge.server.store.database import NOBODY, Database
from landbridge.server.store.ids import new_id
from landbridge.server.visibility import Disclosure, Holdings, visible_run
from landbridge.server.visibility.runs import money_by_organisation

if TYPE_CHECKING:
    from landbridge.model.case import Case
    from landbridge.model.plan import Plan
    from landbridge.operations.control import Followed, Proposal
    from landbridge.operations.live.steps import Taken
    from landbridge.operations.store import Store
    from landbridge.report import Run

WEEKS = 3
"""Weeks that a repeating plan is followed for, from its start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """
    A job of a following with all it needs.

    Parameters
    ----------
    before
        The following as it was when the work began.
    holdings, disclosures
        Who sees what of the run.
    upload
        What was kept of the file that was sent, and how to read it; None where there is none.
    folder
        Folder of the job's own; ``store`` in it is the store.
    out
        Folder of a new run; nothing is there yet.
    """

    settings: Settings
    job: Mapping[str, Any]
    before: Mapping[str, Any]
    holdings: Holdings
    disclosures: Mapping[tuple[str, str], Disclosure]
    case_version: int
    upload: Mapping[str, Any] | None
    proposal: Mapping[str, Any] | None
    folder: Path
    out: Path
    pulse: Pulse
    store: Store

    @property
    def options(self) -> Mapping[str, Any]:
        """What the job was asked for."""
        found: Mapping[str, Any] = self.job["options"]
        return found

    @property
    def organisation(self) -> str:
        """For whom it is done."""
        return str(self.job["organisation_id"])

    def stopped(self) -> None:
        """End the work where it shall end."""
        if self.pulse.cancelled():
            raise JobStopped

    def read_run(self, run: str) -> Run:
        """Read the whole run."""
        from landbridge.report import Run

        folder = self.settings.runs_dir / run
        if not (folder / "run.json").is_file():
            raise JobFailed("the run that is followed is gone; follow another one")
        return Run.read(folder)

    def see(self, case: Case, plan: Plan) -> tuple[Case, Plan]:
        """Cut from a case and plan what the organisation may see: its parcels ride its own freight alone."""
        from landbridge.report import Run

        seen = visible_run(Run(plan=plan, case=case), self.holdings, self.organisation, self.disclosures).run
        return seen.case, seen.plan

    def followed(self, run: Run) -> Followed:
        """Follow what the organisation may see of a run."""
        from landbridge.operations.control import as_followed

        return as_followed(self.out, *self.see(run.case, run.plan), WEEKS)


def follow(database: Database, settings: Settings, job: Mapping[str, Any], out: Path, pulse: Pulse) -> Outcome:
    """Do a job of a following; what comes out is written when the job ends."""
    place = settings.data_dir / "followings"
    cache = place / "cache" / str(job["following_id"])
    (place / "work").mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = Path(tempfile.mkdtemp(prefix=f"{job['id']}-", dir=place / "work"))
    try:
        work = _take_out(database, settings, job, out, pulse, folder, cache)
        work.stopped()
        outcome = STEPS[work.options["step"]](work, database)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise

    def done(*, is_written: bool) -> None:
        if is_written and work.options["step"] != "replan" and not work.options["dry_run"]:
            from landbridge.operations.live.snapshot import files_of, snapshot

            followed.keep_in_cache(work.store.folder, files_of(snapshot(work.store)), cache)
        shutil.rmtree(folder, ignore_errors=True)

    outcome.done = done
    outcome.case_version = work.case_version
    return outcome


def _take_out(
    database: Database, settings: Settings, job: Mapping[str, Any], out: Path, pulse: Pulse, folder: Path, cache: Path
) -> Work:
    from landbridge.operations.live.snapshot import files_of, lay_out

    options = job["options"]
    with database.read(NOBODY) as connection:
        before = followed.head(connection, str(job["following_id"]), job["organisation_id"])
        if before is None or before["case_id"] != job["case_id"]:
            raise JobFailed("this following is not there any more")
        head = cases.head_of(connection, job["case_id"])
        holdings = Holdings(host=head["host_id"], by_party=cases.holders(connection, job["case_id"]))
        disclosures = disclosures_of(connection, job["case_id"])
        upload = followed.upload(connection, before["id"], options["upload"]) if options["upload"] else None
        proposal = followed.proposal(connection, before["id"], options["proposal"]) if options["proposal"] else None
        pulse.say("fetching the store")
        followed.fetch(connection, before["id"], files_of(before["content"]), cache, folder / "store")
    if options["upload"] and upload is None:
        raise JobFailed("the file is not there any more; send it again")
    if upload is not None:
        (folder / "upload.parquet").write_bytes(upload["content"])
    return Work(
        settings=settings,
        job=job,
        before=before,
        holdings=holdings,
        disclosures=disclosures,
        case_version=head["version"],
        upload=upload["facts"] if upload is not None else None,
        proposal=proposal,
        folder=folder,
        out=out,
        pulse=pulse,
        store=lay_out(folder / "store", before["content"]),
    )


# Steps


def parcels(work: Work, database: Database) -> Outcome:
    """Take a file of orders in, and give every parcel its place."""
    from landbridge.operations.live.steps import take_parcels

    facts = work.upload or {}
    work.pulse.say("reading the plan")
    plan = work.followed(work.read_run(work.before["run_id"]))
    work.pulse.say("importing orders")
    taken = _told_whole(
        lambda: take_parcels(
            work.store, work.folder / "upload.parquet", facts["mapping"], plan, work.folder, skipped=facts["skipped"],
            dry=work.options["dry_run"], stopped=work.stopped,
        )
    )  # fmt: skip
    return _ended(work, database, plan, taken, {"mapping": facts["mapping"]})


def events(work: Work, database: Database) -> Outcome:
    """Take a file of events in."""
    from landbridge.operations.live.steps import take_events

    facts = work.upload or {}
    work.pulse.say("taking events")
    now = datetime.fromtimestamp(work.job["created"], UTC)  # the same when it is taken once more
    taken = _told_whole(
        lambda: take_events(
            work.store, work.folder / "upload.parquet", facts["format"], work.folder, timezone=facts["timezone"],
            now=now, dry=work.options["dry_run"], stopped=work.stopped,
        )
    )  # fmt: skip
    work.pulse.say("reading the plan")
    plan = work.followed(work.read_run(work.before["run_id"]))
    return _ended(work, database, plan, taken, {})


def loads(work: Work, database: Database) -> Outcome:
    """Take a file of loads in: what was put into which container, bag or departure."""
    from landbridge.operations.live.steps import take_loads

    facts = work.upload or {}
    work.pulse.say("taking loads")
    now = datetime.fromtimestamp(work.job["created"], UTC)
    taken = _told_whole(
        lambda: take_loads(
            work.store, work.folder / "upload.parquet", work.folder, timezone=facts["timezone"], now=now,
            dry=work.options["dry_run"], stopped=work.stopped,
        )
    )  # fmt: skip
    work.pulse.say("reading the plan")
    plan = work.followed(work.read_run(work.before["run_id"]))
    return _ended(work, database, plan, taken, {})


def _told_whole(take: Callable[[], Taken]) -> Taken:
    """What is wrong with a file is told to who sent it: it is about that file and nothing else."""
    try:
        return take()
    except LandbridgeError as error:
        raise JobFailed(str(error)) from error


def _ended(work: Work, database: Database, plan: Followed, taken: Taken, values: Mapping[str, Any]) -> Outcome:
    step, options = work.options["step"], work.options
    aside = new_id() if taken.aside is not None and not options["dry_run"] else None
    placed = taken.by_code.get("", 0) + taken.by_code.get("late", 0)
    result = {
        "step": step,
        "dry_run": options["dry_run"],
        "read": taken.read,
        "taken": taken.taken,
        "known": taken.known,
        "skipped": taken.skipped,
        "several": taken.several,
        "articles": taken.articles,
        "set_aside": taken.set_aside,
        "by_reason": list(taken.reasons),
        "first": list(taken.first),
        "by_row": list(taken.by_row),
        "aside": aside,
        "placed": placed,
        "unplaced": sum(taken.by_code.values()) - placed,
        "by_code": taken.by_code,
        **values,
    }
    if options["dry_run"]:
        return Outcome(result=result, write=lambda connection: followed.drop_upload(connection, options["upload"]))
    put = _putting(work, database, plan, values, has_moved=step == "parcels")

    def write(connection: Connection) -> None:
        put(connection)
        if aside is not None and taken.aside is not None:
            followed.put_aside(connection, work.before, aside, step, taken.set_aside, taken.aside)
        followed.drop_upload(connection, options["upload"])
        _note(connection, work, {"step": step, "read": taken.read, "taken": taken.taken, "aside": taken.set_aside})

    return Outcome(result=result, write=write)


def _putting(
    work: Work, database: Database, plan: Followed, values: Mapping[str, Any], *, has_moved: bool
) -> Callable[[Connection], None]:
    """Work out what pages read, and give what writes all of it in one transaction."""
    from landbridge.operations.live.snapshot import files_of, snapshot
    from landbridge.operations.live.told import manifests, tell_all

    work.pulse.say("working out how it stands")
    told = tell_all(work.store, plan)
    work.stopped()
    rides = list(manifests(work.store, plan)) if has_moved else []
    content = snapshot(work.store)
    files = {path: work.store.folder / path for path in files_of(content)}
    found = {
        "content": content,
        "as_of": told.as_of.timestamp() if told.as_of is not None else None,
        "parcels": told.standing["parcels"],
        "placed": told.standing["placed"],
        "events": work.store.rows("events"),
        "standing": told.standing,
        "departures": {"rows": told.departures},
        **values,
    }
    with database.read(NOBODY) as connection:
        known = followed.digests(connection, work.before["id"])
    changed, gone = list(told.changed(known)), told.gone(known)
    work.stopped()
    work.pulse.say("writing")

    def put(connection: Connection) -> None:
        followed.put_back(connection, work.before, found, files)
        followed.put_tracked(connection, work.before, known, changed, gone)
        followed.put_units(connection, work.before, told.units)
        if has_moved:
            followed.put_manifests(connection, work.before, rides)

    return put


def _note(connection: Connection, work: Work, detail: dict[str, Any]) -> None:
    thing = f"following:{work.before['id']}"
    append(connection, work.organisation, work.job["user_id"], "following.update", thing, detail)


def replan(work: Work, database: Database) -> Outcome:
    """Propose a plan anew; nothing changes yet."""
    from landbridge.operations.control import as_followed, propose
    from landbridge.operations.live.proposals import pack_allocations, pack_run
    from landbridge.planning import PlanLimits
    from landbridge.planning.events import read_event

    _refuse_tampered(work, database)
    options = work.options
    run = work.read_run(work.before["run_id"])
    work.pulse.say("unrolling the week")
    whole = as_followed(work.out, run.case, run.plan, WEEKS)
    happenings = [read_event(whole.dated.case, text) for text in options["events"]]
    moment = _moment(work, whole.dated.case, happenings)
    limits = PlanLimits(
        time_s=options["time_s"], work=math.inf, seed=options["seed"], threads=work.settings.threads,
        cancelled=work.pulse.cancelled,
    )  # fmt: skip
    found = propose(
        work.store, whole, happenings, moment, limits=limits, say=lambda words: work.pulse.say(words), view=work.see
    )
    work.stopped()
    told = _tell(work, found)
    values = {
        "id": new_id(),
        "told": told,
        "base": {"allocations": work.before["content"].get("allocations", [])},
        "summary": {"now": found.now.isoformat()},
        "run": pack_run(found, work.folder),
        "allocations": pack_allocations(found),
    }

    def write(connection: Connection) -> None:
        followed.put_proposal(connection, work.before, values)
        _note(connection, work, {"step": "replan", "proposal": values["id"]})

    return Outcome(result={"step": "replan", "proposal": {"id": values["id"], "state": "open", **told}}, write=write)


def _refuse_tampered(work: Work, database: Database) -> None:
    """Plan by no agreement that does not say what was signed, as other jobs do not."""
    from landbridge.server.store import agreements, rows

    with database.read(NOBODY) as connection:
        stored = rows.load_whole(connection, work.job["case_id"])
        papers = {table: [row.cells for row in stored if row.table == table] for table in ("agreements", "grants")}
        broken = agreements.faults(connection, work.job["case_id"], papers)
    if broken:
        raise JobFailed(f"{broken[0]}; nothing is planned by it. Tell the operator of the server")


def _moment(work: Work, case: Case, happenings: list[Any]) -> datetime:
    """Moment from which the plan is new: as asked, else that of the last event told, else when the first one starts."""
    from datetime import timedelta

    from landbridge.model.clock import BadTime, Clock

    clock, at = Clock.of(case.settings), work.options["at"]
    try:
        starts = [clock.minute(item.starts) if item.starts else 0 for item in happenings]
        minute = clock.minute(at) if at else min(starts)
    except BadTime as error:
        raise JobFailed(str(error)) from error
    if not at and work.before["as_of"] is not None:
        minute = math.ceil((work.before["as_of"] - clock.start.timestamp()) / 60)
    if not 0 <= minute <= clock.horizon_min:
        first, last = clock.text(0), clock.text(clock.horizon_min)
        raise JobFailed(f"the moment is outside the calendar of the plan; expected {first} to {last}")
    found: datetime = clock.start + timedelta(minutes=minute)
    return found


def _tell(work: Work, found: Proposal) -> dict[str, Any]:
    """
    What a proposal means, as far as the organisation may know.

    Of a shared case that is what it books itself before and after, and its own orders.
    """
    from landbridge.operations.live.proposals import tell_parcels

    summary, case = found.tables.summary, found.found.case
    is_whole = work.holdings.is_alone(case, work.organisation)
    before, after, cost = summary.value_before, summary.value_after, summary.cost
    rows = list(found.comparison.orders)
    if not is_whole:
        before, after = (
            money_by_organisation(case, plan, work.holdings)[work.organisation].value
            for plan in (found.found.before, found.found.after)
        )
        cost = before - after
        rows = [row for row in rows if row.party and work.holdings.of_party(row.party) == work.organisation]
    return {
        "events": list(work.options["events"]),
        "now": found.now.isoformat(),
        "currency": case.settings.currency,
        "is_whole": is_whole,
        "value_before": before,
        "value_after": after,
        "cost": cost,
        "gap": summary.gap,
        "orders_moved": sum(row.change in ("later", "earlier", "rerouted") for row in rows),
        "orders_lost": sum(row.change == "lost" for row in rows),
        **tell_parcels(found),
    }


def accept(work: Work, database: Database) -> Outcome:
    """Make a proposal a run of the case, follow it, and move the parcels that it moves."""
    from landbridge.operations.live.proposals import move_parcels, unpack_run
    from landbridge.operations.live.snapshot import same_allocations

    proposal = work.proposal
    if proposal is None or proposal["state"] != "open":
        raise JobFailed("this proposal is not there any more, or was accepted already")
    if not same_allocations(proposal["base"], work.before["content"]):
        raise JobFailed("parcels were added or moved since it was proposed; propose again")
    work.pulse.say("writing the run")
    unpack_run(bytes(proposal["run"]), work.out)
    run = work.read_run(work.out.name)
    plan = work.followed(run)
    move_parcels(work.store, bytes(proposal["allocations"]), plan)
    put = _putting(work, database, plan, {"run_id": work.out.name}, has_moved=True)

    def write(connection: Connection) -> None:
        put(connection)
        followed.note_accepted(connection, proposal["id"])
        _note(connection, work, {"step": "accept", "proposal": proposal["id"], "run": work.out.name})

    return Outcome(
        summary=run.plan.summary,
        name=work.options["name"],
        kind="replan",
        case=run.case,
        is_shared=not work.holdings.is_alone(run.case, work.organisation),
        result={"step": "accept", "proposal": {"id": proposal["id"], "state": "accepted", **proposal["told"]}},
        write=write,
    )


STEPS: dict[str, Callable[[Work, Database], Outcome]] = {
    "parcels": parcels,
    "events": events,
    "loads": loads,
    "replan": replan,
    "accept": accept,
}
