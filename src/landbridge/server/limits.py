"""How often somebody may ask: buckets that fill at a steady rate, in the memory of this process."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from landbridge.server.errors import Refused

MOST_BUCKETS = 20_000


@dataclass(slots=True)
class Limiter:
    """
    Buckets of one kind: so many a minute, as many at once.

    Parameters
    ----------
    per_minute
        What flows in a minute, and what a full bucket holds.
    """

    per_minute: int
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, who: str) -> None:
        """Count one request of somebody; refuse with 429 when the bucket is empty."""
        now = time.monotonic()
        with self._lock:
            if len(self._buckets) > MOST_BUCKETS:
                self._buckets.clear()
            left, seen = self._buckets.get(who, (float(self.per_minute), now))
            left = min(float(self.per_minute), left + (now - seen) * self.per_minute / 60.0)
            self._buckets[who] = (max(left - 1.0, 0.0) if left >= 1.0 else left, now)
        if left < 1.0:
            wait = max(1, round((1.0 - left) * 60.0 / self.per_minute))
            message = f"too many requests; try again in {wait} s"
            raise Refused(429, "too-many-requests", message, headers={"Retry-After": str(wait)})
