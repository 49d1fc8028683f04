"""The page: its bundle, as it was built into the package."""

from __future__ import annotations

import mimetypes
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from landbridge.server.api.auth import Server
from landbridge.server.errors import not_found

router = APIRouter(include_in_schema=False)

_ROOT = files("landbridge.server") / "assets"
_PLACEHOLDER = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Landbridge</title>
<h1>Landbridge</h1><p>The server runs. Its page is not part of this build; the API is at
<a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p></html>"""


@router.get("/")
def index() -> Response:
    """Give the page; it is asked for anew each time, what it loads is named by content and kept."""
    file = _ROOT / "index.html"
    text = file.read_text(encoding="utf-8") if file.is_file() else _PLACEHOLDER
    return Response(text, media_type="text/html; charset=utf-8", headers={"Cache-Control": "no-cache"})


@router.get("/assets/{name}")
def asset(name: Annotated[str, Field(max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]) -> Response:
    """Give a file of the bundle; only names without folders are known."""
    file = _ROOT / name
    if not file.is_file():
        raise not_found("file")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(file.read_bytes(), media_type=kind, headers={"Cache-Control": "public, max-age=3600"})


@router.get("/outlines.json")
def outlines(state: Server) -> Response:
    """Give the land and borders that maps are drawn on."""
    headers = {"Cache-Control": "public, max-age=3600"}
    return Response(_outlines(state.settings.outlines), media_type="application/json", headers=headers)


@cache
def _outlines(path: str) -> str:
    from landbridge.report import read_outlines

    return read_outlines(Path(path) if path else None)
