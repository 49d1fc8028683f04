"""Cases: made, described, handed over, undone; findings."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from landbridge.model.case import ATTRIBUTES
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
from landbridge.server.api.once import OnceOnly
from landbridge.server.caller import Caller
from landbridge.server.cases.making import create_case
from landbridge.server.cases.texts import check_settings, make_case
from landbridge.server.said import Tongue, said_item
from landbridge.server.state import State
from landbridge.server.store import cases, edits, rows

router = APIRouter(tags=["cases"])
MOST_FINDINGS_KEPT = 64


class Copy(Body):
    """A case to copy: what the caller sees of it."""

    case: Id


class CaseWish(Body):
    """A new case: a built-in one by name, ``blank``, or a copy."""

    model_config = example(name="Our corridor", source="starter")

    name: Name | None = None
    source: Line | Copy = "blank"


class CaseChange(Body):
    """Name and settings of a case; settings that are left out stay."""

    model_config = example(name="Our corridor", settings={"horizon_h": 336.0})

    name: Name | None = None
    settings: dict[Line, Any] | None = None


class Holder(Body):
    """Who shall hold a party."""

    organisation: Id


@router.get("/cases", summary="Cases that the organisation takes part in")
def list_cases(caller: MayRead, state: Server, limit: Limit = 100, cursor: Cursor = "") -> dict[str, Any]:
    """List cases."""
    (after,) = decode_cursor(cursor, str) or ("",)
    with state.database.read(caller.viewer) as connection:
        found = cases.listed(connection, caller.viewer, after, limit)
    items = [
        {"id": item["id"], "name": item["name"], "host": item["host"], "created": moment(item["created"])}
        for item in found
    ]
    return page_of(items, limit, encode_cursor(found[-1]["id"]) if found else None)


@router.post("/cases", status_code=201, summary="Make a case")
def make(wish: CaseWish, caller: MayEdit, once: OnceOnly) -> JSONResponse:
    """Make a case that the caller's organisation hosts; it holds all parties until it hands them over."""

    def work(connection: Any) -> dict[str, Any]:
        source = wish.source if isinstance(wish.source, str) else ""
        copied = wish.source.case if isinstance(wish.source, Copy) else ""
        case = create_case(connection, caller.viewer, wish.name or "", source, copied)
        return describe(connection, caller, case)

    return once.do(work, 201)


@router.get("/cases/{case}", summary="A case")
def read_case(case: Id, caller: MayRead, state: Server) -> JSONResponse:
    """Describe a case: settings, tables with the number of rows that the caller sees, parties and who holds them."""
    with state.database.read(caller.viewer) as connection:
        found = describe(connection, caller, case)
    return JSONResponse(found, headers={"ETag": found["etag"]})


def describe(connection: Any, caller: Caller, case: str) -> dict[str, Any]:
    """Describe a case as its participants see it."""
    head = cases.head(connection, caller.viewer, case)
    counts = rows.count_by_table(connection, caller.viewer, case)
    held = cases.holders(connection, case)
    parties = rows.load(connection, caller.viewer, case, ["parties"])
    return {
        "id": case,
        "name": head["name"],
        "host": head["host_id"],
        "created": moment(head["created"]),
        "settings": head["settings"],
        "tables": [{"table": table, "num_rows": counts.get(table, 0)} for table in ATTRIBUTES],
        "parties": [
            {
                "party": row.key,
                "name": row.cells.get("name", ""),
                "region": row.cells.get("region", ""),
                "organisation": held.get(row.key),
            }
            for row in parties
        ],
        "yours": [party for party, holder in held.items() if holder == caller.organisation],
        "etag": etag_of(head["settings_version"]),
        "version": head["version"],
    }


@router.patch("/cases/{case}", summary="Change name or settings")
def change_case(case: Id, wish: CaseChange, caller: MayEdit, state: Server, if_match: IfMatch = None) -> JSONResponse:
    """Change name and settings; the host alone. Settings that cannot be used are refused with every finding."""
    version = version_of(if_match)
    with state.database.write(caller.viewer) as connection:
        head = cases.head(connection, caller.viewer, case)
        name = wish.name or head["name"]
        settings = check_settings(head["settings"] | (wish.settings or {}) | {"name": name})
        cases.set_settings(connection, caller.viewer, case, version, name, settings)
        found = describe(connection, caller, case)
    return JSONResponse(found, headers={"ETag": found["etag"]})


@router.delete("/cases/{case}", status_code=204, summary="Remove a case")
def remove_case(case: Id, caller: MayEdit, state: Server) -> Response:
    """Remove a case with its runs; the host alone, and not while others hold parties in it."""
    with state.database.write(caller.viewer) as connection:
        cases.remove(connection, caller.viewer, case)
    return Response(status_code=204)


@router.put("/cases/{case}/parties/{party}", summary="Let an organisation hold a party")
def hand_over(
    case: Id, party: Annotated[Line, Field(min_length=1)], wish: Holder, caller: MayEdit, state: Server
) -> dict[str, Any]:
    """Hand a party and all that belongs to it over. Only who holds it may, and it cannot be taken back."""
    with state.database.write(caller.viewer) as connection:
        cases.hand_over(connection, caller.viewer, case, party, wish.organisation)
    return {"party": party, "organisation": wish.organisation}


@router.get("/cases/{case}/findings", summary="What is wrong with the rows that the caller sees")
def list_findings(case: Id, caller: MayRead, state: Server, lang: Tongue) -> JSONResponse:
    """Check the case as the caller sees it; at most twenty findings a column. ``lang`` of each: what it is said in."""
    items = [said_item(item, lang) for item in findings_of(state, caller, case)]
    return JSONResponse({"items": items, "next": None})


def findings_of(state: State, caller: Caller, case: str) -> list[dict[str, Any]]:
    """Findings, kept until the case changes."""
    with state.database.read(caller.viewer) as connection:
        head = cases.head(connection, caller.viewer, case)
        place = (case, int(head["version"]), caller.organisation)
        if place in state.findings:
            return state.findings[place]
        found = rows.load(connection, caller.viewer, case)
    _, findings = make_case(head["settings"], found)
    items = [
        {name: getattr(item, name) for name in ("code", "severity", "table", "key", "column", "value", "message")}
        for item in findings
    ]
    if len(state.findings) >= MOST_FINDINGS_KEPT:
        state.findings.clear()
    state.findings[place] = items
    return items


@router.post("/cases/{case}/undo", summary="Take the last edit back")
def undo(case: Id, caller: MayEdit, once: OnceOnly) -> JSONResponse:
    """Take back the last edit or import of the caller's organisation, when no row of it was edited after."""

    def work(connection: Any) -> dict[str, Any]:
        change = edits.undo(connection, caller.viewer, case)
        return {"change": change}

    return once.do(work)
