"""``landbridge operate``: parcels and loads that follow a plan. Each module adds its own commands."""

from __future__ import annotations

import typer

from landbridge.cli import operate_orders

app = typer.Typer(
    name="operate",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Carry a plan out: orders in, parcels and their papers, where they are and when they arrive.",
)

app.command("mapping", short_help="Guess the columns of a shop's file, and save that.")(operate_orders.mapping)
app.command("hubs", short_help="Write a first table of hubs by address.")(operate_orders.hubs)
app.command("import", short_help="Import orders as parcels.")(operate_orders.import_)
app.command("shipments", short_help="Sum parcels up to shipments of a case.")(operate_orders.shipments)
