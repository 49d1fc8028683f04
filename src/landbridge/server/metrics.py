"""Figures for monitoring, in the text form of Prometheus; no names of people, organisations or cases."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(slots=True)
class Metrics:
    """Requests that were answered, by method, route and status, and how long they took."""

    requests: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    buckets: Counter[tuple[str, str, float]] = field(default_factory=Counter)
    seconds: Counter[tuple[str, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answered request; ``route`` is the template, without ids."""
        with self._lock:
            self.requests[method, route, status] += 1
            self.seconds[method, route] += seconds  # type: ignore[assignment]
            for bound in BUCKETS_S:
                if seconds <= bound:
                    self.buckets[method, route, bound] += 1

    def text(self, jobs: Mapping[str, int]) -> str:
        """Write everything; ``jobs`` counts jobs by state."""
        with self._lock:
            requests, seconds, buckets = dict(self.requests), dict(self.seconds), dict(self.buckets)
        lines = ["# TYPE landbridge_requests_total counter"]
        lines += [
            f'landbridge_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}'
            for (method, route, status), count in sorted(requests.items())
        ]
        lines.append("# TYPE landbridge_request_seconds histogram")
        for (method, route), total in sorted(seconds.items()):
            label = f'method="{method}",route="{route}"'
            count = sum(number for (m, r, _), number in requests.items() if (m, r) == (method, route))
            lines += [
                f'landbridge_request_seconds_bucket{{{label},le="{bound:g}"}} {buckets.get((method, route, bound), 0)}'
                for bound in BUCKETS_S
            ]
            lines.append(f'landbridge_request_seconds_bucket{{{label},le="+Inf"}} {count}')
            lines.append(f"landbridge_request_seconds_sum{{{label}}} {total:.6f}")
            lines.append(f"landbridge_request_seconds_count{{{label}}} {count}")
        lines.append("# TYPE landbridge_jobs gauge")
        states = ("queued", "running", "done", "failed", "cancelled")
        lines += [f'landbridge_jobs{{state="{state}"}} {jobs.get(state, 0)}' for state in states]
        return "\n".join(lines) + "\n"
