"""For those who run the server: is it well, and figures."""

from __future__ import annotations

import hmac
import ipaddress
from typing import Any

from fastapi import APIRouter, Request, Response

from landbridge import __version__
from landbridge.server.api.auth import Server, address_of
from landbridge.server.errors import Refused
from landbridge.server.state import State
from landbridge.server.store import health
from landbridge.server.store.database import NOBODY

router = APIRouter(tags=["system"])


@router.get("/healthz", summary="Is the server well?")
def healthz(state: Server) -> dict[str, Any]:
    """Answer when the database does, at the schema this release expects."""
    with state.database.read(NOBODY) as connection:
        return {"ok": True, "version": __version__, "schema": health.schema_of(connection)}


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
def metrics(request: Request, state: Server) -> Response:
    """Give counts and times of requests and jobs, no names, to who shows the token or asks from this machine."""
    _require_watcher(request, state)
    with state.database.read(NOBODY) as connection:
        found = health.job_counts(connection)
    return Response(state.metrics.text(found), media_type="text/plain; version=0.0.4")


def _require_watcher(request: Request, state: State) -> None:
    """
    Refuse others than who watches the server.

    Behind a proxy everybody seems to ask from this machine; so where people come by another address it takes the token.
    """
    settings = state.settings
    if settings.metrics_token:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), settings.metrics_token.encode()):
            return
        state.by_sign_in.take(f"metrics {address_of(request)}")
        message = "expected Authorization: Bearer and the server's metrics token"
        raise Refused(401, "bad-token", message, entity="Authorization", headers={"WWW-Authenticate": "Bearer"})
    if settings.public_url or not _is_loopback(address_of(request)):
        message = "only this machine may ask; let who runs the server set LANDBRIDGE_METRICS_TOKEN"
        raise Refused(403, "not-this-machine", message, entity="metrics")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
