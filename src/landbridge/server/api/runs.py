"""Runs: what the viewer may see of a plan, as data, page, workbook and tables."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from landbridge.model.plan import RUN_TABLES
from landbridge.model.shares import SHARE_TABLES
from landbridge.server.api.auth import MayEdit, MayRead, Server
from landbridge.server.api.common import (
    Cursor,
    Id,
    Limit,
    Line,
    decode_cursor,
    encode_cursor,
    moment,
    page_of,
)
from landbridge.server.caller import Caller
from landbridge.server.errors import Refused, not_found
from landbridge.server.seen import Brief
from landbridge.server.state import State
from landbridge.server.store import runs
from landbridge.server.visibility import SeenRun, corridor_to_json

router = APIRouter(tags=["runs"])

Language = Literal["en", "ru", "zh"]
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/cases/{case}/runs", summary="Runs of a case")
def list_runs(case: Id, caller: MayRead, state: Server, limit: Limit = 50, cursor: Cursor = "") -> dict[str, Any]:
    """List runs, the newest first, with what of their value the caller may see."""
    (before,) = decode_cursor(cursor, float) or (None,)
    with state.database.read(caller.viewer) as connection:
        found = runs.listed(connection, caller.viewer, case, before, limit)
        items = [run_item(row, state.seen.brief(connection, caller.viewer, row)) for row in found]
    return page_of(items, limit, encode_cursor(found[-1]["created"]) if found else None)


def run_item(row: Mapping[str, Any], brief: Brief) -> dict[str, Any]:
    """Write a run as it is answered; value, bound and gap are the whole corridor's, null where they are withheld."""
    return {
        "id": row["id"],
        "case": row["case_id"],
        "kind": row["kind"],
        "name": row["name"],
        "scenario": row["scenario"],
        "created": moment(row["created"]),
        "status": row["status"],
        "stale": row["stale"],
        "value": brief.value,
        "bound": brief.bound,
        "gap": brief.gap,
        "own_value": brief.own_value,
        "is_whole": brief.corridor is None,
        "corridor": brief.corridor,
    }


@router.get("/runs/{run}", summary="A run")
def read_run(run: Id, caller: MayRead, state: Server) -> dict[str, Any]:
    """Describe a run."""
    with state.database.read(caller.viewer) as connection:
        row = runs.get(connection, caller.viewer, run)
        return run_item(row, state.seen.brief(connection, caller.viewer, row))


@router.delete("/runs/{run}", status_code=204, summary="Remove a run")
def remove_run(run: Id, caller: MayEdit, state: Server) -> Response:
    """Remove a run; its maker or the host of its case."""
    with state.database.write(caller.viewer) as connection:
        runs.remove(connection, caller.viewer, run)
    return Response(status_code=204)


@router.get("/runs/{run}/report", summary="What the report's page shows")
def read_report(run: Id, caller: MayRead, state: Server) -> JSONResponse:
    """Give the data of the report's page, made from what the caller may see."""
    from landbridge.report.payload import build_payload

    _, seen = _see(state, caller, run)
    totals = None if seen.corridor is None else corridor_to_json(seen.corridor, seen.run.case)
    return JSONResponse(build_payload(seen.run) | {"corridor": totals})


@router.get("/runs/{run}/report.html", summary="The report as one page", response_class=Response)
def read_page(
    run: Id, caller: MayRead, state: Server, lang: Annotated[Language, Query(description="Language.")] = "en"
) -> Response:
    """Give the report as one HTML file that needs no network."""
    from landbridge.report import render_page

    row, seen = _see(state, caller, run)
    headers = {"Content-Disposition": f'attachment; filename="landbridge-{row["id"]}.html"',
               "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline'; "
               "style-src 'unsafe-inline'; img-src data:; sandbox allow-scripts"}  # fmt: skip
    return Response(render_page(seen.run, lang), media_type="text/html; charset=utf-8", headers=headers)


@router.get("/runs/{run}/workbook.xlsx", summary="The report as a workbook", response_class=Response)
def read_workbook(
    run: Id, caller: MayRead, state: Server, lang: Annotated[Language, Query(description="Language.")] = "en"
) -> Response:
    """Give the report as a workbook; no text in it is taken for a formula."""
    from landbridge.report import write_workbook

    row, seen = _see(state, caller, run)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "run.xlsx"
        write_workbook(seen.run, file, lang)
        content = file.read_bytes()
    headers = {"Content-Disposition": f'attachment; filename="landbridge-{row["id"]}.xlsx"'}
    return Response(content, media_type=_XLSX, headers=headers)


@router.get("/runs/{run}/tables/{table}", summary="A table of a run")
def read_table(
    run: Id, table: Line, caller: MayRead, state: Server, limit: Limit = 200, cursor: Cursor = ""
) -> JSONResponse:
    """List the rows of a table of a run that the caller may see."""
    (start,) = decode_cursor(cursor, int) or (0,)
    _, seen = _see(state, caller, run)
    if table in RUN_TABLES:
        found, kind = getattr(seen.run.plan, table), RUN_TABLES[table]
    elif table in SHARE_TABLES and seen.run.shares is not None:
        found, kind = getattr(seen.run.shares, table), SHARE_TABLES[table]
    else:
        raise not_found("table")
    if start < 0:
        raise Refused(422, "bad-cursor", "expected `next` of the page before, or nothing", entity="cursor")
    items = [dataclasses.asdict(row) for row in found[start : start + limit]]
    columns = [{"name": item.name, "type": str(item.type)} for item in dataclasses.fields(kind)]
    return JSONResponse({"columns": columns, **page_of(items, limit, encode_cursor(start + limit))})


def _see(state: State, caller: Caller, run: str) -> tuple[dict[str, Any], SeenRun]:
    with state.database.read(caller.viewer) as connection:
        return state.seen.see(connection, caller.viewer, run)
