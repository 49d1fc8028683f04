"""Jobs: started, followed, cancelled."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from landbridge.server.api.auth import MayPlan, MayRead, Server
from landbridge.server.api.common import Body, Cursor, Id, Limit, decode_cursor, encode_cursor, example, moment, page_of
from landbridge.server.api.once import OnceOnly
from landbridge.server.caller import Caller
from landbridge.server.errors import Refused
from landbridge.server.jobs.options import OWN_DOORS, JobKind, check_options
from landbridge.server.said import ENGLISH, Tongue, said_item, say
from landbridge.server.state import State
from landbridge.server.store import jobs

router = APIRouter(tags=["jobs"])

LOOK_EVERY_S = 0.5
SIGN_OF_LIFE_S = 15.0


class JobWish(Body):
    """What to do with a case; options depend on the kind (docs/server.md)."""

    model_config = example(kind="plan", options={"time_s": 60.0, "name": "monday"})

    kind: Annotated[JobKind, Field(strict=False)]
    options: dict[str, Any] = Field(default_factory=dict)


def job_item(job: dict[str, Any], lang: str = ENGLISH) -> dict[str, Any]:
    """Write a job as it is answered, its error and the words of its progress in a language where they can be said."""
    progress = {"seconds": None, "value": None, "bound": None, "gap": None, "words": ""} | job["progress"]
    error = say(job["error"] or "", lang)
    return {
        "id": job["id"],
        "case": job["case_id"],
        "kind": job["kind"],
        "state": job["state"],
        "options": job["options"],
        "attempts": job["attempts"],
        "created": moment(job["created"]),
        "started": moment(job["started"]),
        "ended": moment(job["ended"]),
        "is_cancelled": job["is_cancelled"],
        "progress": said_item(progress, lang, "words"),
        "error": error.text or None,
        "error_lang": error.lang,
        "run": job["run_id"],
        "result": _result(job, lang),
        "following": job["following_id"],
    }


def _result(job: dict[str, Any], lang: str) -> dict[str, Any] | None:
    """Result of a job; what an explanation or a file that was taken tells is said in the language, where it can be."""
    found: dict[str, Any] | None = job["result"]
    if found and job["kind"] == JobKind.FOLLOW:
        told = {"by_reason": "remedy", "first": "message"}
        return found | {
            rows: [said_item(row, lang, name) for row in found[rows]] for rows, name in told.items() if rows in found
        }
    if job["kind"] != JobKind.EXPLAIN or not found:
        return found
    why = say(found.get("why") or "", lang, reasons=True)
    changes = [
        change | {"what": say(change["what"], lang).text} if change.get("what") else change
        for change in found.get("changes") or ()
    ]
    return found | {"why": why.text, "why_lang": why.lang, "changes": changes}


@router.post("/cases/{case}/jobs", status_code=202, summary="Start a job")
def start_job(case: Id, wish: JobWish, caller: MayPlan, once: OnceOnly) -> JSONResponse:
    """Put a job into the queue: plan, share, agreements, explain, bottlenecks, compare or replan."""
    if wish.kind in OWN_DOORS:
        message = f"jobs of the kind {wish.kind.value!r} are started by doors of their own (docs/server.md)"
        raise Refused(422, "own-door", message, entity="kind")
    options = check_options(wish.kind, wish.options, once.state.settings)

    def work(connection: Any) -> dict[str, Any]:
        most = once.state.settings.max_queued_jobs
        return job_item(jobs.queue(connection, caller.viewer, case, wish.kind.value, options, most))

    return once.do(work, 202)


@router.get("/cases/{case}/jobs", summary="Jobs of the organisation on a case")
def list_jobs(
    case: Id, caller: MayRead, state: Server, lang: Tongue, limit: Limit = 50, cursor: Cursor = ""
) -> dict[str, Any]:
    """List jobs, the newest first."""
    (before,) = decode_cursor(cursor, float) or (None,)
    with state.database.read(caller.viewer) as connection:
        found = jobs.listed(connection, caller.viewer, case, before, limit)
    items = [job_item(job, lang) for job in found]
    return page_of(items, limit, encode_cursor(found[-1]["created"]) if found else None)


@router.get("/jobs/{job}", summary="A job")
def read_job(job: Id, caller: MayRead, state: Server, lang: Tongue) -> dict[str, Any]:
    """Tell how a job stands."""
    with state.database.read(caller.viewer) as connection:
        return job_item(jobs.get(connection, caller.viewer, job), lang)


@router.post("/jobs/{job}/cancel", summary="Stop a job")
def cancel_job(job: Id, caller: MayPlan, once: OnceOnly) -> JSONResponse:
    """Stop a job; the best plan so far is kept as the run of a cancelled job."""
    return once.do(lambda connection: job_item(jobs.cancel(connection, caller.viewer, job)))


@router.get("/jobs/{job}/events", summary="Follow a job", response_class=StreamingResponse)
async def follow_job(
    job: Id,
    caller: MayRead,
    state: Server,
    lang: Tongue,
    last: Annotated[str | None, Header(alias="Last-Event-ID", max_length=30)] = None,
) -> StreamingResponse:
    """Send an event each time the job changes, until it ends; after a lost connection send Last-Event-ID."""
    await run_in_threadpool(_look, state, caller, job, 0)  # 404 before anything is sent
    if state.streams.is_full:
        raise Refused(503, "too-many-followers", "too many pages follow jobs; ask for the job instead",
                      headers={"Retry-After": "10"})  # fmt: skip
    after = int(last) if last and last.isascii() and last.isdecimal() and len(last) < 18 else 0
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(state, caller, job, after, lang), media_type="text/event-stream", headers=headers)


async def _events(state: State, caller: Caller, job: str, after: int, lang: str) -> AsyncIterator[str]:
    told = time.monotonic()
    state.streams.count += 1
    try:
        yield "retry: 2000\n\n"
        while True:
            found, events = await run_in_threadpool(_look, state, caller, job, after)
            is_over = found["state"] in jobs.ENDED
            if is_over and not events:  # it ended between the two looks of one: its last event is there now
                found, events = await run_in_threadpool(_look, state, caller, job, after)
            if events:  # all that was missed is one look at the job as it is
                after, told = events[-1].id, time.monotonic()
                event = "state" if is_over or any(item.event == "state" for item in events) else "progress"
                yield f"id: {after}\nevent: {event}\ndata: {json.dumps(job_item(found, lang), ensure_ascii=False)}\n\n"
            if is_over or state.streams.is_over():
                return
            if time.monotonic() - told > SIGN_OF_LIFE_S:
                told = time.monotonic()
                yield ": still here\n\n"
            await asyncio.sleep(LOOK_EVERY_S)
    except Refused:
        return  # the job is gone, or may not be seen any more
    finally:
        state.streams.count -= 1


def _look(state: State, caller: Caller, job: str, after: int) -> tuple[dict[str, Any], list[Any]]:
    with state.database.read(caller.viewer) as connection:
        return jobs.events_after(connection, caller.viewer, job, after)
