"""Cells that may be kept of a file that names people: those that look like what their column is for, nothing else."""

from __future__ import annotations

import polars as pl

SCIENTIFIC = r"^[0-9.,]{1,9}[eE]\+?[0-9]{1,3}$"
"""A number that a spreadsheet has rounded: kept, so that the row can be told what is wrong with it."""

S10 = r"^[A-Za-z]{2}[0-9]{9}[A-Za-z]{2}$"
CONTAINER = r"^[A-Za-z]{3}[UJZujz][0-9]{7}$"
OWN_ID = r"^[^\s=+@:-][^\s@:]*:[^\s@]*[0-9][^\s@]*$"
_LETTER_AND_DIGIT = r"(?:[0-9_.:/#-]*[A-Za-z][A-Za-z_.:/#-]*[0-9]|[A-Za-z_.:/#-]*[0-9][0-9_.:/#-]*[A-Za-z])"
UNIT = (
    rf"^{_LETTER_AND_DIGIT}[A-Za-z0-9_.:/#-]{{0,60}}$"
    r"|^[A-Za-z0-9_.:/#-]{1,60}@[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:?[0-9]{2}Z$"
)
"""A bag or receptacle, by a code with a letter and a digit (digits alone may be a telephone), or a departure."""

NUMBER = f"{S10}|{CONTAINER}|{OWN_ID}|{SCIENTIFIC}"
"""A parcel or a container."""

TIME = r"^[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}(?:[T ][0-9:.]{1,18})?(?: ?(?:[zZ]|[+-][0-9]{2}:?[0-9]{2}))?$"


def kept(column: str, is_sound: pl.Expr, text: pl.Expr | None = None) -> pl.Expr:
    """Text of a cell where it is sound; else how long it was, so that checks refuse it for the right reason."""
    text = pl.col(column) if text is None else text
    hidden = pl.format("({} signs)", text.str.len_chars())
    return pl.when(text.is_null()).then(None).when(is_sound).then(text).otherwise(hidden).alias(column)


def kept_code(column: str, pattern: str) -> pl.Expr:
    """Code of a pattern, without its blanks, or of a unit, which has none: words are no code."""
    text = bare(column)
    return kept(column, text.str.contains(pattern) | pl.col(column).str.contains(UNIT), text)


def dropped_unless(column: str, is_sound: pl.Expr) -> pl.Expr:
    """Text of a cell that nothing hangs on where it is sound; else none."""
    return pl.when(is_sound).then(pl.col(column)).otherwise(None).alias(column)


def bare(column: str) -> pl.Expr:
    """Text of a column without blanks of any kind."""
    return pl.col(column).str.replace_all(r"[\s\u00a0\u202f]", "")
