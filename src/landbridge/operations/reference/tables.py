"""Reading of the tables that come with the package."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files


@cache
def read_reference(name: str) -> tuple[dict[str, str], ...]:
    """Rows of a table of the package, by the names of its header; every cell is text."""
    text = files("landbridge.operations.reference").joinpath(f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
