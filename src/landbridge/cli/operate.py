"""``landbridge operate``: parcels and loads that follow a plan. Each module adds its own commands."""

from __future__ import annotations

import typer

from landbridge.cli import operate_follow, operate_orders

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
app.command("allocate", short_help="Give parcels their places in a plan.")(operate_follow.allocate)
app.command("events", short_help="Import events of parcels.")(operate_follow.events)
app.command("status", short_help="Say where parcels are against the plan.")(operate_follow.status)
app.command("late", short_help="List promises in danger.")(operate_follow.late)
app.command("replan", short_help="Propose a new plan, with the promises it changes.")(operate_follow.replan)
app.command("patch", short_help="Tell the planner what parcels and events say.")(operate_follow.patch)
app.command("backtest", short_help="Score estimates of arrival on events of the past.")(operate_follow.backtest)
app.command("simulate", short_help="Make up events of a corridor.")(operate_follow.simulate)
app.command("export-events", short_help="Write events as EPCIS 2.0.")(operate_follow.export_events)
app.command("demo", short_help="Run a simulated week of far-east.")(operate_follow.demo)
