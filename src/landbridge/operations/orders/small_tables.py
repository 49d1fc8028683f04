"""Small tables that a person keeps beside the orders: hubs by address, products."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from landbridge.errors import Finding
from landbridge.operations.orders.mapping import BadMapping


def read_small_table(path: Path, columns: Sequence[str], code: str) -> list[tuple[int, dict[str, str]]]:
    """
    Read a CSV file in UTF-8: the line of each row and its cells without blanks around them, a missing one blank.

    Raises
    ------
    BadMapping
        When it cannot be read, with the code given.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = f"cannot be read ({error}); expected a CSV file in UTF-8 with the columns {', '.join(columns)}"
        raise BadMapping([Finding(where=path.name, code=code, message=message)]) from error
    return [(line, {name: (row.get(name) or "").strip() for name in columns}) for line, row in enumerate(rows, start=2)]
