"""Files in, with a preview, and out."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Query, Response, UploadFile
from fastapi.responses import JSONResponse

from landbridge.server.api.auth import MayEdit, MayRead, Server
from landbridge.server.api.common import Id, Line
from landbridge.server.api.once import OnceOnly
from landbridge.server.api.tables import is_editable
from landbridge.server.cases.checks import known_table
from landbridge.server.cases.export import export_csv, export_workbook
from landbridge.server.cases.files import read_upload
from landbridge.server.cases.preview import compare_files, new_findings
from landbridge.server.errors import Refused
from landbridge.server.said import Tongue, said_item
from landbridge.server.store import cases, imports, rows

router = APIRouter(tags=["files"])

_TYPES = {"csv": "application/zip", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@router.post("/cases/{case}/imports", status_code=201, summary="Read a file; nothing changes yet")
def read_file(
    case: Id,
    caller: MayEdit,
    once: OnceOnly,
    lang: Tongue,
    file: Annotated[UploadFile, File(description="A .csv named as its table, or an .xlsx with a sheet a table.")],
    table: Annotated[Line, Query(description="Table of a CSV, or the one sheet to take.")] = "",
    replace: Annotated[bool, Query(description="Remove own rows that the file does not have.")] = False,
) -> JSONResponse:
    """Compare a file with the case: rows added, changed, removed and rejected, findings it would bring, a sample."""
    settings = once.state.settings
    if table:
        known_table(table)
    content = file.file.read()
    if len(content) > settings.max_upload_mb * 1e6:
        raise Refused(413, "too-large", f"the file is larger than {settings.max_upload_mb:g} MB", entity="file")
    files = read_upload(file.filename or "", content, table, int(settings.max_unpacked_mb * 1e6))

    def work(connection: Any) -> dict[str, Any]:
        head = cases.head(connection, caller.viewer, case)
        is_host = head["host_id"] == caller.organisation
        held = cases.holders(connection, case)
        present = rows.load(connection, caller.viewer, case)
        editable = {row.id: is_editable(row, caller, held, is_host=is_host) for row in present}
        found = compare_files(files, present, editable, is_replacing=replace)
        summary = {"tables": found.tables, "rejected": [said_item(row, lang) for row in found.rejected]}
        draft = imports.keep(connection, caller.viewer, case, found.changes, summary)
        findings = new_findings(head["settings"], present, found)
        said = [said_item(row, lang) for row in findings]
        return {"id": draft, **summary, "findings": said, "sample": found.sample}

    return once.do(work, 201)


@router.post("/cases/{case}/imports/{draft}/apply", summary="Apply a file that was read")
def apply(case: Id, draft: Id, caller: MayEdit, once: OnceOnly) -> JSONResponse:
    """Apply what the preview showed, all or nothing; rejected rows stay as they are."""
    settings = once.state.settings

    def work(connection: Any) -> dict[str, Any]:
        change = imports.apply(connection, caller.viewer, case, draft, settings.max_rows, settings.drafts_s)
        return {"change": change}

    return once.do(work)


@router.delete("/cases/{case}/imports/{draft}", status_code=204, summary="Drop a file that was read")
def drop(case: Id, draft: Id, caller: MayEdit, state: Server) -> Response:
    """Forget a file."""
    with state.database.write(caller.viewer) as connection:
        imports.drop(connection, caller.viewer, case, draft)
    return Response(status_code=204)


@router.get("/cases/{case}/export", summary="The case as files", response_class=Response)
def export(
    case: Id,
    caller: MayRead,
    state: Server,
    format: Literal["csv", "xlsx"] = "xlsx",  # noqa: A002
) -> Response:
    """Give what the caller sees: a workbook, or a zip of CSV files. No cell of it is taken for a formula."""
    with state.database.read(caller.viewer) as connection:
        head = cases.head(connection, caller.viewer, case)
        found = rows.load(connection, caller.viewer, case)
    write = export_csv if format == "csv" else export_workbook
    name = re.sub(r"[^A-Za-z0-9-]+", "-", head["name"]).strip("-")[:60] or "case"
    suffix = "zip" if format == "csv" else "xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{suffix}"'}
    return Response(write(head["settings"], found), media_type=_TYPES[format], headers=headers)
