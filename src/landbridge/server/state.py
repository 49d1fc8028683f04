"""What one server holds while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from landbridge.server.limits import Limiter
from landbridge.server.metrics import Metrics
from landbridge.server.seen import SeenRuns
from landbridge.server.settings import Settings
from landbridge.server.store.database import Database


@dataclass(slots=True)
class Streams:
    """How many pages follow jobs now; counted on the event loop alone. ``is_over``: the server ends, so they do."""

    most: int
    count: int = 0
    is_over: Callable[[], bool] = lambda: False

    @property
    def is_full(self) -> bool:
        """Whether one more is too many."""
        return self.count >= self.most


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Settings, the database, counters."""

    settings: Settings
    database: Database
    by_caller: Limiter
    by_sign_in: Limiter
    by_track: Limiter
    metrics: Metrics
    seen: SeenRuns
    streams: Streams
    findings: dict[tuple[str, int, str], list[dict[str, Any]]] = field(default_factory=dict)


def state_of(request: Request) -> State:
    """State of the server that a request came to."""
    found: State = request.app.state.landbridge
    return found
