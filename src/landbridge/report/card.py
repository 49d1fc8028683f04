"""The summary of a run as a small table, for notebooks."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from landbridge.planning.facts import served_by_good
from landbridge.report.catalog import load_catalog

if TYPE_CHECKING:
    from landbridge.report.run import Run


def summary_card(run: Run) -> str:
    """Value, bound, gap, orders and vehicles of a run as HTML."""
    catalog, summary = load_catalog("en"), run.plan.summary
    served = served_by_good(run.case, run.plan)
    vehicles = sum(row.runs + row.empty_runs for row in run.plan.departures)
    rows = [(catalog["about.status"], catalog[f"status.{summary.status}"])]
    if summary.value is not None and summary.bound is not None:
        rows += [
            (catalog["figure.value"], f"{summary.value:,.0f} {summary.currency}"),
            (catalog["about.bound"], f"{summary.bound:,.0f} {summary.currency}"),
            (catalog["figure.gap"], "\N{EN DASH}" if summary.gap is None else f"{summary.gap:.2%}"),
            (
                catalog["figure.orders"],
                f"{sum(row.orders_served for row in served):,} of {sum(row.orders for row in served):,}",
            ),
            (catalog["figure.vehicles"], f"{vehicles:,}"),
        ]
    cells = "".join(
        f"<tr><th style='text-align:left'>{html.escape(name)}</th><td>{html.escape(text)}</td></tr>"
        for name, text in rows
    )
    return f"<table><caption><b>{html.escape(run.case.settings.name)}</b></caption>{cells}</table>"
