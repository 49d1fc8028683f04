"""Tables of a run as polars data frames."""

from __future__ import annotations

import dataclasses
from typing import Any, get_type_hints

import polars as pl

from landbridge.errors import UnknownName
from landbridge.model.plan import RUN_TABLES
from landbridge.model.shares import SHARE_TABLES
from landbridge.report.run import Run

_TYPES: dict[Any, Any] = {str: pl.String, int: pl.Int64, float: pl.Float64}


def frame(run: Run, table: str) -> pl.DataFrame:
    """
    Give a table of a run as a data frame: the rows and columns of its file.

    With pandas installed, ``frame(run, "departures").to_pandas()`` turns it into one of pandas.

    Parameters
    ----------
    run
        A run.
    table
        ``departures``, ``flows``, ``orders``, ``trades``, ``prices`` or ``fleets``; of a division also ``coalitions``,
        ``methods``, ``shares``, ``certificate``, ``weights``, ``settlement``, ``price_lists`` or ``sensitivity``.

    Raises
    ------
    UnknownName
        When there is no such table, or the run has no division.
    """
    if table in RUN_TABLES:
        return _frame(RUN_TABLES[table], getattr(run.plan, table))
    if table not in SHARE_TABLES:
        raise UnknownName(f"no table {table!r}; expected one of {', '.join([*RUN_TABLES, *SHARE_TABLES])}")
    if run.shares is None:
        raise UnknownName(f"the run has no table {table!r}; make it with landbridge share", code="no-shares")
    return _frame(SHARE_TABLES[table], getattr(run.shares, table))


def _frame(row_type: type, rows: tuple[Any, ...]) -> pl.DataFrame:
    hints = get_type_hints(row_type)
    columns: dict[str, pl.Series] = {}
    for field in dataclasses.fields(row_type):
        cells = [getattr(row, field.name) for row in rows]
        if field.name == "load":
            for dim in sorted({dim for load in cells for dim in load}):
                columns[f"load_{dim}"] = pl.Series([load.get(dim) for load in cells], dtype=pl.Float64)
        else:
            columns[field.name] = pl.Series(cells, dtype=_TYPES[hints[field.name]])
    return pl.DataFrame(columns)
