"""Jobs of plans that are followed: started, and plans anew that are proposed and accepted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field
from sqlalchemy import Connection

from landbridge.server.api.auth import MayPlan
from landbridge.server.api.common import Body, Id, Line, example
from landbridge.server.api.jobs import job_item
from landbridge.server.api.once import Once, OnceOnly
from landbridge.server.caller import Caller
from landbridge.server.errors import Refused
from landbridge.server.jobs.options import JobKind, check_options
from landbridge.server.store import followings, jobs

router = APIRouter(tags=["followings"])


class ReplanWish(Body):
    """What happens, as ``landbridge replan --event`` takes it, and from when on the plan shall be new."""

    model_config = example(events=["close:crossing from 2026-10-07T00:00 to 2026-10-09T00:00"], time_s=40.0)

    events: Annotated[list[Annotated[Line, Field(max_length=400)]], Field(min_length=1, max_length=50)]
    at: Annotated[Line, Field(max_length=40)] = ""
    time_s: Annotated[float, Field(gt=0, le=1e6)] = 40.0


class AcceptWish(Body):
    """Name of the run that the proposal becomes."""

    model_config = example(name="October, crossing closed")

    name: Annotated[Line, Field(max_length=200)] = ""


def start(
    once: Once,
    caller: Caller,
    following: str,
    options: dict[str, Any],
    more: Callable[[Connection, str], None] = lambda connection, job: None,
) -> JSONResponse:
    """
    Queue a job of a following.

    Parameters
    ----------
    more
        Does what else belongs to it, in the same transaction; it is given the job.
    """
    settings = once.state.settings
    checked = check_options(JobKind.FOLLOW, {"following": following, **options}, settings)

    def work(connection: Any) -> dict[str, Any]:
        found = followings.get(connection, caller.viewer, following)
        job = jobs.queue(
            connection, caller.viewer, found["case_id"], JobKind.FOLLOW.value, checked, settings.max_queued_jobs,
            following=following,
        )  # fmt: skip
        more(connection, job["id"])
        return job_item(job)

    return once.do(work, 202)


@router.post("/followings/{following}/replans", status_code=202, summary="Ask for a plan anew")
def propose(following: Id, wish: ReplanWish, caller: MayPlan, once: OnceOnly) -> JSONResponse:
    """Start a job that proposes a plan anew after something has happened; nothing changes until it is accepted."""
    options = {"step": "replan", "events": wish.events, "at": wish.at, "time_s": wish.time_s}
    return start(once, caller, following, options)


@router.post("/followings/{following}/replans/{proposal}/accept", status_code=202, summary="Accept a plan anew")
def accept(following: Id, proposal: Id, caller: MayPlan, once: OnceOnly, wish: AcceptWish | None = None
           ) -> JSONResponse:  # fmt: skip
    """Start a job that makes the proposal a run of the case, follows it, and moves the parcels that it moves."""
    with once.state.database.read(caller.viewer) as connection:
        found = followings.proposal(connection, caller.viewer, following, proposal)
    if found["state"] != "open" and not once.answer:
        raise Refused(409, "accepted-already", "this proposal was accepted already", entity="proposal")
    name = wish.name if wish is not None else ""
    return start(once, caller, following, {"step": "accept", "proposal": proposal, "name": name})
