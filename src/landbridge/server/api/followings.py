"""Plans that are followed with parcels: files in, how it stands, what is late, plans anew."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from landbridge.server.api.auth import MayEdit, MayRead, Server
from landbridge.server.api.common import (
    Body,
    Cursor,
    Id,
    IfMatch,
    Limit,
    Line,
    Name,
    decode_cursor,
    encode_cursor,
    etag_of,
    example,
    moment,
    page_of,
    version_of,
)
from landbridge.server.api.jobs import LOOK_EVERY_S, SIGN_OF_LIFE_S, job_item
from landbridge.server.api.once import OnceOnly
from landbridge.server.caller import Caller
from landbridge.server.errors import Refused
from landbridge.server.state import State
from landbridge.server.store import followings, jobs

router = APIRouter(tags=["followings"])

Status = Literal[
    "", "pending", "picked_up", "in_transit", "on_hold", "out_for_delivery", "ready_for_pickup", "delivery_failed",
    "delivery_delayed", "delivered", "return_to_sender", "cancelled", "unknown",
]  # fmt: skip
Parcel = Annotated[Line, Field(min_length=1, max_length=200)]


class FollowingWish(Body):
    """A run to follow."""

    model_config = example(name="October", run="b3k7n2p9q4s6t8vw")

    name: Name
    run: Id


class FollowingChange(Body):
    """Name, and whether everybody may look numbers up."""

    model_config = example(tracking=True)

    name: Name | None = None
    tracking: bool | None = None


def describe(connection: Connection, caller: Caller, following: str) -> dict[str, Any]:
    """Describe a following."""
    return _item(connection, caller, followings.get(connection, caller.viewer, following))


def _item(connection: Connection, caller: Caller, found: dict[str, Any]) -> dict[str, Any]:
    job = jobs.last_of(connection, caller.viewer, found["id"])
    return {
        "id": found["id"],
        "case": found["case_id"],
        "run": found["run_id"],
        "name": found["name"],
        "created": moment(found["created"]),
        "parcels": found["parcels"],
        "placed": found["placed"],
        "events": found["events"],
        "as_of": moment(found["as_of"]),
        "tracking": found["is_tracked"],
        "standing": found["standing"],
        "mapping": found["mapping"],
        "job": job and job_item(job),
        "etag": etag_of(found["version"]),
    }


@router.post("/cases/{case}/followings", status_code=201, summary="Follow a run with parcels")
def follow(case: Id, wish: FollowingWish, caller: MayEdit, once: OnceOnly) -> JSONResponse:
    """Follow a finished plan of the case with the organisation's own parcels; no other organisation knows of it."""

    def work(connection: Any) -> dict[str, Any]:
        found = followings.create(connection, caller.viewer, case, wish.name, wish.run)
        return describe(connection, caller, found)

    return once.do(work, 201)


@router.get("/cases/{case}/followings", summary="Runs of a case that the organisation follows")
def list_followings(case: Id, caller: MayRead, state: Server, limit: Limit = 50, cursor: Cursor = "") -> dict[str, Any]:
    """List followings."""
    (after,) = decode_cursor(cursor, str) or ("",)
    with state.database.read(caller.viewer) as connection:
        found = followings.listed(connection, caller.viewer, case, after, limit)
        items = [_item(connection, caller, row) for row in found]
    return page_of(items, limit, encode_cursor(found[-1]["id"]) if found else None)


@router.get("/followings/{following}", summary="A run that is followed")
def read_following(following: Id, caller: MayRead, state: Server) -> JSONResponse:
    """Tell how it stands at the moment of the last event."""
    with state.database.read(caller.viewer) as connection:
        found = describe(connection, caller, following)
    return JSONResponse(found, headers={"ETag": found["etag"]})


@router.patch("/followings/{following}", summary="Change name, or whether numbers may be looked up")
def change_following(
    following: Id, wish: FollowingChange, caller: MayEdit, state: Server, if_match: IfMatch = None
) -> JSONResponse:
    """Change name and tracking; what is left out stays."""
    version = version_of(if_match)
    with state.database.write(caller.viewer) as connection:
        followings.change(connection, caller.viewer, following, version, wish.name, wish.tracking)
        found = describe(connection, caller, following)
    return JSONResponse(found, headers={"ETag": found["etag"]})


@router.delete("/followings/{following}", status_code=204, summary="Follow a run no more")
def remove_following(following: Id, caller: MayEdit, state: Server) -> Response:
    """Remove a following with its parcels, events and proposals; the run stays."""
    with state.database.write(caller.viewer) as connection:
        followings.remove(connection, caller.viewer, following)
    return Response(status_code=204)


# What pages read


@router.get("/followings/{following}/asides/{aside}", summary="Rows that were set aside", response_class=Response)
def read_aside(following: Id, aside: Id, caller: MayRead, state: Server) -> Response:
    """Give rows to repair as CSV, what is wrong before each; they can be sent again."""
    with state.database.read(caller.viewer) as connection:
        content = followings.aside(connection, caller.viewer, following, aside)
    return _csv(content, f"set-aside-{aside}.csv")


@router.get("/followings/{following}/manifests/{departure}", summary="Manifest of a departure", response_class=Response)
def read_manifest(following: Id, departure: Id, caller: MayRead, state: Server) -> Response:
    """Give the parcels of a departure as CSV: where each is put on and taken off."""
    with state.database.read(caller.viewer) as connection:
        content = followings.manifest(connection, caller.viewer, following, departure)
    return _csv(gzip.decompress(content), f"manifest-{departure}.csv")


def _csv(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/followings/{following}/departures", summary="Departures that parcels ride")
def list_departures(
    following: Id,
    caller: MayRead,
    state: Server,
    now: Annotated[str, Query(max_length=40, description="Leave out what has arrived by then; blank = show all.")] = "",
    limit: Limit = 200,
    cursor: Cursor = "",
) -> dict[str, Any]:
    """List departures in the order in which they leave, with what is behind plan and what will miss them."""
    (start,) = decode_cursor(cursor, int) or (0,)
    since = _moment_text(now) if now else ""
    with state.database.read(caller.viewer) as connection:
        found = followings.departures(connection, caller.viewer, following)
    rows = [row for row in found if row["arrives"] >= since]
    items = rows[max(0, start) : max(0, start) + limit]
    return page_of(items, limit, encode_cursor(max(0, start) + limit))


def _moment_text(text: str) -> str:
    from datetime import UTC

    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise ValueError("no zone")
        return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError) as error:
        message = "expected a moment with its zone, such as 2026-10-07T00:00+08:00"
        raise Refused(422, "bad-time", message, entity="now") from error


@router.get("/followings/{following}/parcels", summary="Parcels")
def list_parcels(
    following: Id,
    caller: MayRead,
    state: Server,
    status: Annotated[Status, Query(description="Only of this status.")] = "",
    late: Annotated[
        Literal["", "any", "promise", "leg", "behind"],
        Query(description="Only with a promise in danger, too long on a leg, either (any), or behind the plan."),
    ] = "",
    q: Annotated[Line, Query(max_length=100, description="Beginning of an id or a number.")] = "",
    unit: Annotated[Line, Query(max_length=100, description="Only in this container, bag or departure.")] = "",
    limit: Limit = 100,
    cursor: Cursor = "",
) -> dict[str, Any]:
    """List parcels in the order of their ids."""
    (after,) = decode_cursor(cursor, str) or ("",)
    with state.database.read(caller.viewer) as connection:
        found = followings.parcels(
            connection, caller.viewer, following, status=status, late=late, search=q, unit=unit, after=after,
            limit=limit,
        )  # fmt: skip
    return page_of([_parcel(row) for row in found], limit, encode_cursor(found[-1]["parcel"]) if found else None)


@router.get("/followings/{following}/units", summary="Containers, bags and departures that were loaded")
def list_units(
    following: Id, caller: MayRead, state: Server, limit: Limit = 200, cursor: Cursor = ""
) -> dict[str, Any]:
    """List units by name: kind, parcels in it at the moment of the last event, and what was told of it last."""
    (after,) = decode_cursor(cursor, str) or ("",)
    with state.database.read(caller.viewer) as connection:
        found = followings.units(connection, caller.viewer, following, after, limit)
    items = [
        {
            "unit": row["unit"],
            "kind": row["kind"],
            "parcels": row["parcels"],
            "status": row["status"],
            "place": row["place"],
            "as_of": moment(row["told_at"]),
        }
        for row in found
    ]
    return page_of(items, limit, encode_cursor(found[-1]["unit"]) if found else None)


@router.get("/followings/{following}/late", summary="Promises in danger")
def list_late(following: Id, caller: MayRead, state: Server, limit: Limit = 100, cursor: Cursor = "") -> dict[str, Any]:
    """List parcels whose promise is in danger, or that are longer on a leg than 95 of 100: the earliest promise first."""  # noqa: E501
    after = decode_cursor(cursor, int, str)
    with state.database.read(caller.viewer) as connection:
        found = followings.late(connection, caller.viewer, following, after and (after[0], after[1]), limit)
    last = found[-1] if found else None
    place = encode_cursor(last["promised"] or followings.NEVER, last["parcel"]) if last else None
    return page_of([_parcel(row) for row in found], limit, place)


@router.get("/followings/{following}/parcels/{parcel:path}", summary="A parcel with its timeline")
def read_parcel(following: Id, parcel: Parcel, caller: MayRead, state: Server) -> dict[str, Any]:
    """Give a parcel, by its id or its number, with what was planned, is expected and has happened."""
    from landbridge.operations.live.told import read_milestones

    with state.database.read(caller.viewer) as connection:
        found = followings.parcel(connection, caller.viewer, following, parcel)
    timeline = [
        {name: value if name == "milestone" else moment(value) for name, value in row.items()}
        for row in read_milestones(found["milestones"])
    ]
    return _parcel(found) | {"timeline": timeline}


def _parcel(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "parcel": row["parcel"],
        "number": row["number"],
        "status": row["status"],
        "place": row["place"],
        "as_of": moment(row["told_at"]),
        "from": row["from_hub"],
        "to": row["to_hub"],
        "weight_kg": row["weight_kg"],
        "code": row["code"],
        "leaves": moment(row["leaves"]),
        "arrives": moment(row["arrives"]),
        "promised": moment(row["promised"]),
        "p50": moment(row["p50"]),
        "p80": moment(row["p80"]),
        "behind_h": row["behind_h"],
        "why": row["late"].split(),
        "units": row["units"].split(),
    }


@router.get("/followings/{following}/events-stream", summary="Follow it live", response_class=StreamingResponse)
async def stream(following: Id, caller: MayRead, state: Server) -> StreamingResponse:
    """Send an event ``standing`` each time something has changed: the following as it is then."""
    first = await run_in_threadpool(_look, state, caller, following)  # 404 before anything is sent
    if state.streams.is_full:
        raise Refused(503, "too-many-followers", "too many pages follow; ask for the following instead",
                      headers={"Retry-After": "10"})  # fmt: skip
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(state, caller, following, first), media_type="text/event-stream", headers=headers)


async def _stream(state: State, caller: Caller, following: str, first: dict[str, Any]) -> AsyncIterator[str]:
    state.streams.count += 1
    told, found, number = time.monotonic(), first, 0
    sent: Any = None
    try:
        yield "retry: 2000\n\n"
        while True:
            if found != sent:
                sent, told, number = found, time.monotonic(), number + 1
                yield f"id: {number}\nevent: standing\ndata: {json.dumps(found, ensure_ascii=False)}\n\n"
            elif time.monotonic() - told > SIGN_OF_LIFE_S:
                told = time.monotonic()
                yield ": still here\n\n"
            await asyncio.sleep(LOOK_EVERY_S)
            found = await run_in_threadpool(_look, state, caller, following)
    except Refused:
        return  # it is gone, or may not be seen any more
    finally:
        state.streams.count -= 1


def _look(state: State, caller: Caller, following: str) -> dict[str, Any]:
    with state.database.read(caller.viewer) as connection:
        return describe(connection, caller, following)
