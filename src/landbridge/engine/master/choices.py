"""Choices beside the runs in a MIP: the one path of a terminal, and blocks served so much or not at all."""

from __future__ import annotations

import numpy as np

from landbridge.engine.lp import INF, LinearModel


def add_at_most_one(model: LinearModel, cols: list[int]) -> int:
    """Add a row that allows one of some binaries; returns its index."""
    return model.add_rows(
        np.array([-INF]), np.ones(1), np.array([0, len(cols)]), np.array(cols, dtype=np.int64), np.ones(len(cols))
    )


def add_single_path(model: LinearModel, col: int, quantity: float, row: int) -> int:
    """
    Add ``x_P <= quantity z_P`` for the path in a column, with its binary z_P counting in an at-most-one row.

    Returns
    -------
    int
        Column of the binary.
    """
    link = model.add_rows(np.array([-INF]), np.zeros(1), np.array([0, 1]), np.array([col]), np.ones(1))
    return _add_binary(model, [link, row], [-quantity, 1.0])


def add_min_fill(model: LinearModel, col: int, least: float, quantity: float) -> int:
    """
    Add ``least w <= served <= quantity w`` for the block served by a column.

    Returns
    -------
    int
        Column of the binary w.
    """
    rows = model.add_rows(
        np.array([0.0, -INF]), np.array([INF, 0.0]), np.array([0, 1, 2]), np.array([col, col]), np.ones(2)
    )
    return _add_binary(model, [rows, rows + 1], [-least, -quantity])


def _add_binary(model: LinearModel, rows: list[int], values: list[float]) -> int:
    return model.add_cols(
        np.zeros(1), np.zeros(1), np.ones(1), np.array([0, len(rows)]), np.array(rows), np.array(values)
    )
