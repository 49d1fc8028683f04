"""``landbridge operate``: parcels and loads that follow a plan. Each module adds its own commands."""

from __future__ import annotations

import typer

from landbridge.cli import (
    operate_arrival,
    operate_control,
    operate_demo,
    operate_duties,
    operate_follow,
    operate_orders,
    operate_papers,
)

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
app.command("check", short_help="Check numbers, or customs data of parcels.")(operate_papers.check)
app.command("ranges", short_help="Ranges of S10 numbers that a post handed over.")(operate_papers.ranges)
app.command("label", short_help="Write address labels as PDF.")(operate_papers.label)
app.command("customs", short_help="Write customs forms CN22 and CN23 as PDF.")(operate_papers.customs)
app.command("people", short_help="Count recipients, or delete some.")(operate_papers.people)
app.command("shared", short_help="Write what the other side may see of parcels.")(operate_papers.shared)
app.command("landed-cost", short_help="Estimate what a buyer pays in the end.")(operate_duties.landed_cost)
app.command("landed-bids", short_help="Compare bids on landed cost, by a scenario.")(operate_duties.landed_bids)
app.command("tariff", short_help="Turn a tariff into rules.")(operate_duties.tariff)
app.command("allocate", short_help="Give parcels their places in a plan.")(operate_follow.allocate)
app.command("events", short_help="Import events of parcels.")(operate_follow.events)
app.command("load", short_help="Import what was loaded into containers and bags.")(operate_follow.load)
app.command("status", short_help="Say where parcels are against the plan.")(operate_control.status)
app.command("show", short_help="Show one parcel: planned, estimated, actual.")(operate_control.show)
app.command("late", short_help="List promises in danger.")(operate_control.late)
app.command("replan", short_help="Propose a new plan, with the promises it changes.")(operate_control.replan)
app.command("patch", short_help="Tell the planner what parcels and events say.")(operate_arrival.patch)
app.command("backtest", short_help="Score estimates of arrival on events of the past.")(operate_arrival.backtest)
app.command("simulate", short_help="Make up events of a corridor.")(operate_arrival.simulate)
app.command("export-events", short_help="Write events as EPCIS 2.0 or CSV.")(operate_follow.export_events)
app.command("demo", short_help="Run a simulated week of far-east.")(operate_demo.demo)
