"""Units, tolerances and the one function that compares two numbers."""

from __future__ import annotations

import math

MINUTES_PER_HOUR = 60
MINUTES_PER_DAY = 1440
MINUTES_PER_WEEK = 10080

QTY_TOL = 1e-6
"""Relative tolerance on quantities (loads, capacities, conservation)."""

MONEY_TOL = 1e-6
"""Relative tolerance on money (values, costs, bounds)."""

SUM_TOL = 1e-9
"""Relative tolerance between two sums of the same rows, in whatever order; 1e-6 of a unit of money is let pass."""

INTEGER_TOL = 1e-6
"""Distance from an integer below which a solver's value is that integer."""

FLOW_TOL = 1e-7
"""Flows and runs below this are solver noise and are dropped."""


def is_close(a: float, b: float, tol: float = MONEY_TOL) -> bool:
    """Tell whether two numbers agree to ``tol``, relative above 1 and absolute below."""
    return math.isclose(a, b, rel_tol=tol, abs_tol=tol)


def exceeds(a: float, b: float, tol: float = QTY_TOL) -> bool:
    """Tell whether ``a`` is above ``b`` by more than ``tol`` (relative above 1)."""
    return a > b + tol * max(1.0, abs(a), abs(b))


def to_minutes(hours: float) -> int:
    """Hours as whole minutes, rounded to the nearest."""
    return round(hours * MINUTES_PER_HOUR)
