"""Regions, parties, hubs, goods and money of a case."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from landbridge.model.case import Case
from landbridge.model.clock import Clock
from landbridge.report.payload.numbers import short
from landbridge.report.places import Index, names_of


def place_lists(case: Case, index: Index) -> dict[str, Any]:
    """Lists that everything else in the payload points into by position."""
    clock = Clock.of(case.settings)
    zones = list(
        dict.fromkeys([case.settings.timezone, *(hub.timezone or case.settings.timezone for hub in case.hubs)])
    )
    return {
        "start": int(clock.start.timestamp() // 60),
        "horizon": clock.horizon_min,
        "cyclic": clock.cyclic,
        "zones": zones,
        "regions": [
            {"id": row.region, "country": row.country, "names": names_of(row, row.region)} for row in case.regions
        ],
        "parties": [
            {"id": row.party, "name": row.name or row.party, "region": index.region.get(row.region, -1)}
            for row in case.parties
        ],
        "hubs": [
            {
                "id": row.hub,
                "names": names_of(row, row.hub),
                "kind": row.kind,
                "region": index.region.get(row.region, -1),
                "at": None if row.lat is None or row.lon is None else [row.lon, row.lat],
                "zone": zones.index(row.timezone or case.settings.timezone),
            }
            for row in case.hubs
        ],
        "goods": [
            {"id": row.good, "names": names_of(row, row.good), "t": short(row.per_unit.get("t", 0.0))}
            for row in case.goods
        ],
        "modes": index.modes,
        "currencies": _currencies(case),
        "first_day": first_date(case, case.settings.timezone),
    }


def first_date(case: Case, zone_name: str) -> str:
    """Local date of day 0 in a time zone."""
    clock = Clock.of(case.settings)
    return datetime.fromisoformat(clock.text(0, zone_name)).date().isoformat()


def _currencies(case: Case) -> list[dict[str, Any]]:
    own = {"code": case.settings.currency, "per_unit": 1.0, "date": "", "source": ""}
    others = [
        {"code": rate.currency, "per_unit": rate.per_unit, "date": rate.date, "source": rate.source}
        for rate in case.settings.rates
    ]
    return [own, *others]
