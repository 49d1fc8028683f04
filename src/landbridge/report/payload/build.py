"""Everything a page shows, as plain data for JSON."""

from __future__ import annotations

from typing import Any

from landbridge import __version__
from landbridge.report.payload.crossings import crossing_rows, days_of, limit_rows
from landbridge.report.payload.movements import movements
from landbridge.report.payload.orders import capacity_prices, hub_prices, order_columns, served_rows, trade_columns
from landbridge.report.payload.places import place_lists
from landbridge.report.payload.regions import region_rows
from landbridge.report.payload.services import service_rows, totals
from landbridge.report.payload.shares import share_tables
from landbridge.report.places import Index
from landbridge.report.run import Run
from landbridge.tables import summary_to_json


def build_payload(run: Run) -> dict[str, Any]:
    """
    Make the data of a page.

    Lists of places come first; everything else points into them by position, -1
    meaning none. Times are minutes since the start of the case, money is in its currency.
    """
    index = Index(run.case)
    return {
        "version": __version__,
        "name": run.case.settings.name,
        "summary": summary_to_json(run.plan.summary),
        **place_lists(run.case, index),
        "days": days_of(run),
        "totals": totals(run, index),
        "services": service_rows(run, index),
        "handling": [row.handling for row in run.case.handling],
        "handling_h": [row.dwell_h for row in run.case.handling],
        "handling_hub": [index.hub[row.hub] for row in run.case.handling],
        **movements(run, index),
        "crossings": crossing_rows(run, index),
        "limits": limit_rows(run, index),
        "region_rows": region_rows(run, index),
        "served": served_rows(run, index),
        "orders": order_columns(run, index),
        "trades": trade_columns(run, index),
        "hub_prices": hub_prices(run, index),
        "capacity_prices": capacity_prices(run),
        "shares": share_tables(run),
    }
