"""What can be wrong with a row of orders: codes, remedies, and which values a report may show."""

from __future__ import annotations

import polars as pl

from landbridge.operations.parcels.hs import HS_REMEDIES
from landbridge.operations.parcels.s10 import REMEDIES as S10_REMEDIES

REMEDIES: dict[str, str] = {
    "row-length": "another number of cells than the header has; quote the cell that holds a separator",
    "bad-quotes": "a quote inside a cell; write it twice and quote the cell, or remove it",
    "mixed-encoding": "not in the encoding of the file; read as it could be guessed: look at its names, import again",
    "bad-order": "not built as the shop's model says; look at its numbers and lists, or leave it out",
    "blank-field": "a field that is needed is blank; fill it in",
    "bad-external-id": "an id has a digit, no blanks, none of = + - @ in front, and is short; has a name slipped in?",
    "excel-number": "a spreadsheet has rounded a long number; format the column as text there and export it again",
    "not-a-number": "expected a number; set decimal in the mapping when it has a decimal comma",
    "weight-not-positive": "expected a weight above 0",
    "weight-heavy": "heavier than a post takes as one parcel; is the unit of the mapping right?",
    "weight-implausible": "no parcel weighs that much; is the unit of the mapping right, or has a cell slipped?",
    "value-implausible": "no parcel is worth that much; is the mapping's decimal sign right, or has a cell slipped?",
    "negative-value": "expected a value of at least 0",
    "bad-currency": "expected a code of ISO 4217, such as CNY",
    "bad-country": "expected a code of ISO 3166-1, such as RU",
    "not-a-time": "expected a time such as 2026-10-05T18:00+08:00; set dates in the mapping when the day comes first",
    "no-timezone": "the time has no offset from UTC and the mapping no zone; set timezone in the mapping",
    "bad-local-time": "there is no such hour in that zone, or there are two (a change of clocks); write the offset",
    "promised-before-ready": "promised before it is ready; are the two columns exchanged?",
    "unknown-good": "no good of the case; name one in the mapping",
    "unknown-hub": "no hub of the case",
    "no-hub": "no hub is given and no rule fits its address; add a row to the table of hubs",
    "same-hub": "handed over and wanted at the same hub; nothing to carry: correct one of them",
    "duplicate-parcel": "this id stands in the file before; keep one row, or set articles when rows are articles",
    "rows-differ": "rows of one order say different things of it; make them agree, or leave the later ones blank",
    "order-incomplete": "another row of this order could not be read; mend that row and import all of them together",
    "repeated-row": "rows of this order say the same; amounts are added up: remove one if it is the same row twice",
    "changed-parcel": "imported before with other content; correct it, or give it a new id",
    "duplicate-number": "another parcel has this S10 number; numbers are never used twice: ask the post",
    "inland-number-inferred": "looks like a Russian inland number, a rule we only infer; not taken as an S10 number",
    **S10_REMEDIES,
    **HS_REMEDIES,
}
"""What to do about each code, in words."""

WARNINGS = frozenset(
    {
        "weight-heavy",
        "repeated-row",
        "inland-number-inferred",
        "s10-unassigned",
        "s10-reserved",
        "s10-untracked",
        "hs-unknown",
        "hs-format",
        "hs-leading-zero",
    }
)
"""Codes of rows that are taken all the same; a wrong HS code is dropped, and customs forms will ask for it."""

EXTERNAL_ID = r"^(?:[0-9][^\s]{0,63}|[^\s0-9=+@-][^\s]{0,62}[0-9][^\s]{0,62})$"
"""Ids stand in tables and reports: what looks like a name is no id, nor what a spreadsheet takes for a formula."""

_NUMBER = r"^[+-]?[0-9]{1,8}(?:[.,][0-9]{1,6})?(?:[eE]\+?[0-9]{1,3})?$"
_TIME = r"^[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}(?:[T ][0-9:.]{1,15})?(?:[zZ]|[+-][0-9:]{4,5})?$"
_S10_SHAPE = r"^(?:[A-Z]{2}[0-9]{9}[A-Z]{2}|[0-9.,]{1,9}[eE]\+?[0-9]{1,3})$"
_SHOWN: dict[str, str] = {
    "external_id": EXTERNAL_ID,
    "number": _S10_SHAPE,
    "weight": _NUMBER,
    "value": _NUMBER,
    "quantity": _NUMBER,
    "currency": r"^[A-Za-z0-9]{1,3}$",
    "hs_code": r"^[0-9.]{4,9}$|^[0-9.,]{1,9}[eE]\+?[0-9]{1,3}$",
    "ready": _TIME,
    "promised": _TIME,
    "from_country": r"^[A-Za-z]{2}$",
    "to_country": r"^[A-Za-z]{2}$",
    "good": r"^[a-z]{1,20}$",
    "from_hub": r"^[a-z]+:[A-Za-z0-9-]+$",
    "to_hub": r"^[a-z]+:[A-Za-z0-9-]+$",
}
"""
Shapes of values that a report shows.

Cells can have slipped by a column, so a name may stand where a weight should. What does not look like its own column
is therefore not shown, only how long it is; the row itself stands in the file of rows set aside.
"""


def shown(column: str) -> pl.Expr:
    """Value of a column as a report may show it."""
    text = pl.col(column)
    hidden = pl.format("({} signs)", text.str.len_chars())
    pattern = _SHOWN.get(column)
    visible = text if pattern is None else pl.when(text.str.contains(pattern)).then(text).otherwise(hidden)
    return (hidden if pattern is None else visible).fill_null("")
