"""``landbridge operate``: parcels and loads that follow a plan. Each module adds its own commands."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="operate",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Carry a plan out: orders in, parcels and their papers, where they are and when they arrive.",
)
