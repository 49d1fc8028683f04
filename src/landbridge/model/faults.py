"""What breaks a rule, and the words that reports share."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from landbridge.model.case import ATTRIBUTES, Case
from landbridge.model.columns import Attribute

LARGEST = 1e15
"""Numbers beyond this lose whole units in a float64 and are typing errors in a case."""


LONGEST_H = 87840.0
"""Ten years: the longest horizon, travel time or wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """
    One broken rule, placed in the case itself; readers turn it into the place in a file.

    Parameters
    ----------
    table
        Table, or ``case`` for the settings.
    row
        Index of the row; -1 when the whole table is meant.
    column
        Name of the column as a file has it, or key of the settings; blank = the row.
    code
        Name of the rule.
    message
        What was found and what is expected.
    also
        Other columns of the row that the rule has read: when one of them is unreadable, the fault says nothing new.
    refs
        Tables in which an id was looked up in vain.
    """

    table: str
    row: int
    column: str
    code: str
    message: str
    also: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """End of a message: the nearest known word, or a few of them."""
    words = sorted({item for item in known if item})
    if not words:
        return "; there is none"
    near = words
    if len(near) > 5000:  # the search is slow: keep those that begin or end alike
        near = [item for item in near if item[:2] == word[:2] or item[-2:] == word[-2:]][:5000]
    match = difflib.get_close_matches(word, near, 1)
    if match:
        return f"; did you mean {match[0]!r}?"
    shown = ", ".join(words[:5])
    return f"; expected one of {shown}, ... ({len(words)} in all)" if len(words) > 5 else f"; expected one of {shown}"


def range_text(attribute: Attribute) -> str:
    """Range of a column in words; empty where there is none."""
    unit = f" {attribute.unit}" if attribute.unit else ""
    if attribute.low is not None and attribute.high is not None:
        return f"from {attribute.low:g} to {attribute.high:g}{unit}"
    if attribute.low is not None:
        return f"{'above' if attribute.above else 'at least'} {attribute.low:g}{unit}"
    return f"at most {attribute.high:g}{unit}" if attribute.high is not None else ""


def bad_text(value: str) -> str:
    """Tell what keeps a text from standing in a cell; empty when nothing does."""
    if value.isascii() and value.isprintable():
        if value == value.strip():
            return ""
    elif value == value.strip() and not any(
        unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char in "\ufffe\uffff\ufeff" for char in value
    ):
        return ""
    return f"found {value!r:.80}, expected one line of text, with no control characters and no blanks around it"


def ids_of(case: Case, table: str) -> set[str]:
    """Ids of the rows of a table."""
    key = next(attribute.field for attribute in ATTRIBUTES[table] if attribute.key)
    return {getattr(row, key) for row in getattr(case, table)}
