"""Exact arithmetic: what a decimal means, linear systems, null spaces."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np

from landbridge.engine.problem import FloatArray


def exact(number: float | Fraction) -> Fraction:
    """
    Exact value of a number: of a float, the shortest decimal that reads back the same.

    That decimal is what a run's files hold, so a statement proved of it is
    proved of what the reader sees.
    """
    return number if isinstance(number, Fraction) else Fraction(repr(float(number)))


def common_denominator(numbers: Iterable[Fraction]) -> int:
    """Least common multiple of the denominators."""
    return math.lcm(1, *(number.denominator for number in numbers))


def solve_exactly(rows: Sequence[Sequence[Fraction]], right: Sequence[Fraction]) -> list[Fraction] | None:
    """Solve a linear system of one solution, redundant rows allowed; None when it has none or many."""
    table = [[*row, value] for row, value in zip(rows, right, strict=True)]
    pivots = _reduce(table)
    width = len(table[0]) - 1
    if len(pivots) != width or pivots[-1] == width:
        return None
    return [table[row][width] for row in range(width)]


def null_space(rows: Sequence[Sequence[int]], width: int) -> FloatArray:
    """Columns that span what is orthogonal to all rows, in whole numbers. Shape ``(width, width - rank)``."""
    table = [[Fraction(value) for value in row] for row in rows]
    pivots = _reduce(table)
    free = [column for column in range(width) if column not in pivots]
    basis = np.zeros((width, len(free)))
    for index, column in enumerate(free):
        vector = [Fraction(0)] * width
        vector[column] = Fraction(1)
        for row, pivot in enumerate(pivots):
            vector[pivot] = -table[row][column]
        scale = common_denominator(vector)
        basis[:, index] = [float(value * scale) for value in vector]
    return basis


def _reduce(table: list[list[Fraction]]) -> list[int]:
    """Bring rows to reduced echelon form in place; returns the pivot column of each row that stays."""
    pivots: list[int] = []
    width = len(table[0]) if table else 0
    for column in range(width):
        row = len(pivots)
        found = next((r for r in range(row, len(table)) if table[r][column]), None)
        if found is None:
            continue
        table[row], table[found] = table[found], table[row]
        lead = table[row][column]
        table[row] = [value / lead for value in table[row]]
        for other in range(len(table)):
            factor = table[other][column]
            if other != row and factor:
                table[other] = [a - factor * b for a, b in zip(table[other], table[row], strict=True)]
        pivots.append(column)
    return pivots
