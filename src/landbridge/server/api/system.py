"""For those who run the server: is it well, and figures."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from landbridge import __version__
from landbridge.server.api.auth import Server
from landbridge.server.store import health
from landbridge.server.store.database import NOBODY

router = APIRouter(tags=["system"])


@router.get("/healthz", summary="Is the server well?")
def healthz(state: Server) -> dict[str, Any]:
    """Answer when the database does, at the schema this release expects."""
    with state.database.read(NOBODY) as connection:
        return {"ok": True, "version": __version__, "schema": health.schema_of(connection)}


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
def metrics(state: Server) -> Response:
    """Give counts and times of requests and jobs; no names."""
    with state.database.read(NOBODY) as connection:
        found = health.job_counts(connection)
    return Response(state.metrics.text(found), media_type="text/plain; version=0.0.4")
