"""What one server holds while it runs."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from starlette.requests import Request

from landbridge.server.limits import Limiter
from landbridge.server.metrics import Metrics
from landbridge.server.settings import Settings
from landbridge.server.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Settings, the database, counters."""

    settings: Settings
    database: Database
    by_caller: Limiter
    by_sign_in: Limiter
    metrics: Metrics
    streams: threading.Semaphore
    findings: dict[tuple[str, int, str], list[dict[str, object]]] = field(default_factory=dict)


def state_of(request: Request) -> State:
    """State of the server that a request came to."""
    found: State = request.app.state.landbridge
    return found
