"""A worker: claims jobs one by one, does them, and leaves nothing half-visible whenever it dies."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from landbridge.errors import Finding, InvalidCase, LandbridgeError
from landbridge.model.plan import PlanStatus
from landbridge.server.audit.heads import exchange_heads
from landbridge.server.cases.texts import make_case
from landbridge.server.jobs.flag import Flag
from landbridge.server.jobs.following import follow
from landbridge.server.jobs.options import JobKind
from landbridge.server.jobs.outcome import JobFailed, JobStopped, Outcome
from landbridge.server.jobs.progress import Pulse
from landbridge.server.jobs.work import KINDS, Task
from landbridge.server.seen import disclosures_of
from landbridge.server.settings import Settings
from landbridge.server.store import agreements, answers, cases, followed, imports, jobs, rows, runs, sessions
from landbridge.server.store.database import NOBODY, Database, open_database
from landbridge.server.store.ids import new_id
from landbridge.server.visibility import Holdings

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
"""Seconds between two looks into an empty queue."""

FINISH_TRIES = 30
"""Times the end of a job is written again, a second apart, while the database is away."""

TIDY_EVERY_S = 600.0
ORPHAN_S = 3600.0
"""Age at which a folder that no row names is removed."""


class Worker:
    """
    A worker of a server.

    Parameters
    ----------
    settings
        Settings of the server.
    stop
        Says when to stop; the job at work is given back to the queue.
    """

    def __init__(self, settings: Settings, stop: Flag) -> None:
        self.settings, self.stop = settings, stop
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}:{new_id()[:6]}"
        self.database: Database = open_database(settings.worker_url, pool_size=3)
        self._tidied = 0.0

    def run(self, *, is_once: bool = False) -> int:
        """Do jobs until it is told to stop; with ``is_once`` until none waits. Returns how many."""
        done = 0
        logger.info("worker %s waits for jobs", self.name)
        while not self.stop.is_set():
            try:
                self._tidy()
                with self.database.write(NOBODY) as connection:
                    job = jobs.claim(connection, self.name, self.settings.lease_s, self.settings.max_attempts)
            except DBAPIError as error:
                logger.warning("the database cannot be reached (%s); trying again", type(error).__name__)
                self.stop.wait(2.0)
                continue
            if job is not None:
                self.do(job)
                done += 1
            elif is_once:
                break
            else:
                self.stop.wait(LOOK_EVERY_S)
        self.database.close()
        return done

    def do(self, job: Mapping[str, Any]) -> None:
        """Do one job, and say how it ended."""
        began = time.monotonic()
        run = new_id()
        with Pulse(self.database, job, self.settings.lease_s, self.stop.is_set) as pulse:
            ended = _Ending(state="failed")
            try:
                ended = self._follow(job, run, pulse) if job["kind"] == JobKind.FOLLOW else self._work(job, run, pulse)
            except JobStopped:
                ended.state = "cancelled" if pulse.is_cancelled else "stopped"
            except (JobFailed, _NotSound) as error:
                ended.error = str(error)
            except LandbridgeError as error:
                ended.error = self._told(job, error)
                logger.info("job %s failed: %s", job["id"], error.code)
            except DBAPIError as error:
                logger.warning("job %s lost the database (%s)", job["id"], type(error).__name__)
                pulse.is_lost = True
            except Exception:
                logger.exception("job %s failed unexpectedly", job["id"])
                ended.error = f"an unexpected error, which is in the server's log under job {job['id']}"
            self._finish(job, ended, pulse, run)
        logger.info(
            "job ended",
            extra={"job": job["id"], "kind": job["kind"], "state": ended.state,
                   "seconds": round(time.monotonic() - began, 1)},
        )  # fmt: skip

    def _follow(self, job: Mapping[str, Any], run: str, pulse: Pulse) -> _Ending:
        """Do a job of a following: it needs the run that is followed, and not the case as it is now."""
        outcome = follow(self.database, self.settings, job, self.settings.runs_dir / run, pulse)
        sha256 = ""
        if outcome.case is not None:
            from landbridge.tables import input_hash

            sha256 = input_hash(outcome.case)
        state = "cancelled" if pulse.is_cancelled else "stopped" if self.stop.is_set() else "done"
        return _Ending(
            state=state,
            outcome=outcome,
            case_version=outcome.case_version,
            sha256=sha256,
            is_shared=outcome.is_shared,
        )

    def _work(self, job: Mapping[str, Any], run: str, pulse: Pulse) -> _Ending:
        with self.database.read(NOBODY) as connection:
            head = cases.head_of(connection, job["case_id"])
            holders = cases.holders(connection, job["case_id"])
            stored = rows.load_whole(connection, job["case_id"])
            disclosures = disclosures_of(connection, job["case_id"])
            papers = {table: [row.cells for row in stored if row.table == table] for table in ("agreements", "grants")}
            broken = agreements.faults(connection, job["case_id"], papers)
            paper = agreements.document(connection, job["case_id"], job["options"])
            named = [job["options"].get("run"), *job["options"].get("runs", ())]
            folders = {
                name: self.settings.runs_dir / name
                for name in named
                if name and runs.is_of_case(connection, name, job["case_id"])
            }
        if broken:
            logger.error("an agreement of case %s was tampered with", job["case_id"])
            raise JobFailed(f"{broken[0]}; nothing is planned by it. Tell the operator of the server")
        missing = [name for name in named if name and name not in folders]
        if missing:
            raise JobFailed(f"the case has no run {missing[0]!r}")
        case, findings = make_case(head["settings"], stored)
        if case is None:
            raise _NotSound(
                f"the case has {len(findings)} findings; look at them in the tables (of rows you may not see, "
                "ask their owners), mend them and start again"
            )
        from landbridge.tables import input_hash

        sha256 = input_hash(case)
        with self.database.write(NOBODY) as connection:
            jobs.note_input(connection, job["id"], sha256)
        task = Task(
            settings=self.settings,
            options=job["options"],
            case=case,
            holdings=Holdings(host=head["host_id"], by_party=holders),
            disclosures=disclosures,
            organisation=job["organisation_id"],
            runs=folders,
            out=self.settings.runs_dir / run,
            paper=paper,
            pulse=pulse,
        )
        pulse.say("reading the network")
        outcome = KINDS[JobKind(job["kind"])](task)
        is_whole = outcome.summary is not None and outcome.summary.status != PlanStatus.CANCELLED
        state = "cancelled" if pulse.is_cancelled else "stopped" if self.stop.is_set() and not is_whole else "done"
        return _Ending(
            state=state,
            outcome=outcome,
            case_version=head["version"],
            sha256=sha256,
            is_shared=not task.is_alone,
        )

    def _finish(self, job: Mapping[str, Any], ended: _Ending, pulse: Pulse, run: str) -> None:
        """
        Write the end down, with the run; or give the job back when this worker shall stop.

        The folder is removed only when it is certain that no row names it; of one that is left, ``_tidy`` will know.
        """
        is_mine = self._write_until_done(job, ended, pulse, run)
        if is_mine is not None and not (is_mine and ended.has_run):
            shutil.rmtree(self.settings.runs_dir / run, ignore_errors=True)
        if ended.outcome is not None and ended.outcome.done is not None:
            ended.outcome.done(is_written=bool(is_mine) and ended.state == "done")

    def _write_until_done(self, job: Mapping[str, Any], ended: _Ending, pulse: Pulse, run: str) -> bool | None:
        """Whether the end was written by this worker; None: nobody knows, the database was away for too long."""
        row = self._run_row(job, ended, run) if ended.has_run else None
        for _ in range(FINISH_TRIES if not pulse.is_lost else 0):
            try:
                with self.database.write(NOBODY) as connection:
                    if runs.is_of_case(connection, run, job["case_id"]):
                        return True  # it was written, and only the answer was lost
                    return self._write_end(connection, job, ended, row)
            except followed.Overtaken:
                logger.warning("what job %s worked on was changed by another; nothing of it is kept", job["id"])
                return False
            except DBAPIError as error:
                logger.warning("the end of job %s cannot be written yet (%s)", job["id"], type(error).__name__)
                time.sleep(1.0)
        return False if pulse.is_lost else None

    def _write_end(
        self, connection: Connection, job: Mapping[str, Any], ended: _Ending, row: Mapping[str, Any] | None
    ) -> bool:
        """Write the end of a job, with all that it leaves, in one transaction; False when it is another's by now."""
        if ended.state == "stopped":
            jobs.give_back(connection, job["id"], self.name)
            return False
        result = ended.outcome.result if ended.outcome else None
        is_mine = jobs.finish(connection, job, ended.state, error=ended.error, result=result, run=row)
        if is_mine and ended.outcome is not None and ended.outcome.values is not None:
            wish = job["options"]
            agreements.keep_values(
                connection, wish["agreement"], wish["version"], ended.case_version, ended.outcome.values
            )
        if is_mine and ended.state == "done" and ended.outcome is not None and ended.outcome.write is not None:
            ended.outcome.write(connection)
        return is_mine

    def _run_row(self, job: Mapping[str, Any], ended: _Ending, run: str) -> dict[str, Any]:
        outcome = ended.outcome
        if outcome is None or outcome.summary is None:
            raise ValueError("no summary")
        summary = outcome.summary
        return {
            "id": run,
            "case_id": job["case_id"],
            "organisation_id": job["organisation_id"],
            "job_id": job["id"],
            "kind": outcome.kind or job["kind"],
            "name": outcome.name or summary.scenario or outcome.kind or job["kind"],
            "scenario": summary.scenario,
            "status": summary.status.value,
            # The row is for all who work on the case; of a shared one the totals are cut from the run for each.
            "value": None if ended.is_shared else summary.value,
            "bound": None if ended.is_shared else summary.bound,
            "gap": summary.gap,
            "case_version": ended.case_version,
            "input_sha256": ended.sha256,
            "created": time.time(),
        }

    def _told(self, job: Mapping[str, Any], error: LandbridgeError) -> str:
        """
        Words for the organisation: whole where it holds everything.

        Others learn the code, and findings about the tables that all participants see: a message may name ids.
        """
        findings: tuple[Finding, ...] = getattr(error, "findings", ())
        with self.database.read(NOBODY) as connection:
            head = cases.head_of(connection, job["case_id"])
            holders = set(cases.holders(connection, job["case_id"]).values()) | {head["host_id"]}
        if holders == {job["organisation_id"]}:
            return str(error)
        if isinstance(error, InvalidCase) and findings:
            codes = sorted({item.code for item in findings})
            return f"the case cannot be used as asked ({', '.join(codes)}); check scenario, events and findings"
        return f"the job cannot be done ({error.code})"

    def _tidy(self) -> None:
        """Remove folders that no run names: of workers that died, and of runs that were removed."""
        if time.monotonic() - self._tidied < TIDY_EVERY_S and self._tidied:
            return
        self._tidied = time.monotonic()
        folder = self.settings.runs_dir
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.database.write(NOBODY) as connection:
            known = runs.ids(connection)
            sessions.drop_old_sessions(connection)
            answers.drop_old(connection)
            imports.drop_old(connection, self.settings.drafts_s)
            followed.drop_uploads(connection)
            followings = followed.ids(connection)
            exchange_heads(connection)
        for item in folder.iterdir():
            if item.name not in known and item.stat().st_mtime < time.time() - ORPHAN_S:
                shutil.rmtree(item, ignore_errors=True)
        for place, kept in (("cache", followings), ("work", set[str]())):
            for item in (self.settings.data_dir / "followings" / place).glob("*"):
                if item.name not in kept and item.stat().st_mtime < time.time() - ORPHAN_S:
                    shutil.rmtree(item, ignore_errors=True)


class _NotSound(LandbridgeError):
    """A case with findings."""

    code = "case-has-findings"


class _Ending:
    """How a job ended."""

    def __init__(
        self,
        state: str,
        outcome: Outcome | None = None,
        case_version: int = 0,
        sha256: str = "",
        *,
        is_shared: bool = False,
    ) -> None:
        self.is_shared = is_shared
        self.state, self.outcome, self.case_version, self.sha256 = state, outcome, case_version, sha256
        self.error: str | None = None

    @property
    def has_run(self) -> bool:
        """Whether a run comes of it."""
        if self.outcome is None or self.outcome.summary is None:
            return False
        return self.outcome.write is None or self.state == "done"  # what moves parcels is a run only with them


def work(settings: Settings, stop: Flag, *, is_once: bool = False) -> int:
    """Do jobs until told to stop."""
    return Worker(settings, stop).run(is_once=is_once)
