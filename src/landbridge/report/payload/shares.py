"""The division of a plan's value, where the run has one."""

from __future__ import annotations

import dataclasses
from typing import Any

from landbridge.report.run import Run

MOST_COALITIONS = 200
"""Coalitions of the certificate a page lists, those closest to leaving first."""


def share_tables(run: Run) -> dict[str, Any] | None:
    """Summary, division by each method, what is certain of it, certificate and payments; None without a division."""
    if run.shares is None:
        return None
    shares = run.shares
    closest = sorted(shares.certificate, key=lambda row: (-row.excess_high, row.coalition))
    summary = {item.name: getattr(shares.summary, item.name) for item in dataclasses.fields(shares.summary)}
    return {
        "summary": summary | {"players": list(shares.summary.players)},
        "rows": [dataclasses.asdict(row) for row in shares.shares],
        "methods": [dataclasses.asdict(row) for row in shares.methods],
        "settlement": [dataclasses.asdict(row) for row in shares.settlement],
        "certificate": [dataclasses.asdict(row) for row in closest[:MOST_COALITIONS]],
        "coalitions": len(shares.certificate),
    }
