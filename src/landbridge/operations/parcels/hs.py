"""
Codes of the Harmonized System: the first six digits mean the same everywhere.

National codes are longer (TN VED has ten digits); they are cut to six. Codes are text: many begin with a zero, which
spreadsheets drop.
"""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from landbridge.operations.reference.tables import read_reference

HS_FORMAT, HS_UNKNOWN, HS_ZERO = "hs-format", "hs-unknown", "hs-leading-zero"

HS_REMEDIES = {
    HS_FORMAT: "expected six to ten digits, such as 640399; dots and blanks are let pass",
    HS_UNKNOWN: "these six digits are not in HS 2022; look the code up, older editions had others",
    HS_ZERO: "an odd number of digits: a leading zero was probably lost in a spreadsheet; write it again",
}


@cache
def hs_descriptions() -> dict[str, str]:
    """English descriptions of all six-digit codes of HS 2022."""
    return {row["code"]: row["description"] for row in read_reference("hs2022")}


def check_hs(text: str) -> tuple[str, str]:
    """
    Cut a code to six digits.

    Returns
    -------
    tuple
        The six digits, empty when there are none; and the fault, empty when the code is one of HS 2022.
    """
    code = re.sub(r"[\s.]", "", text)
    if not re.fullmatch(r"[0-9]{5,10}", code, re.ASCII):
        return "", HS_FORMAT
    if len(code) % 2:
        return "", HS_ZERO
    return code[:6], "" if code[:6] in hs_descriptions() else HS_UNKNOWN


def hs_text(column: str) -> pl.Expr:
    """Strip dots and blanks of a column of codes."""
    return pl.col(column).str.replace_all(r"[\s.]", "")


def hs_fault(column: str) -> pl.Expr:
    """Check a column of stripped codes at once, as :func:`check_hs` does; null where there is no code."""
    code = pl.col(column)
    return (
        pl.when(code.is_null())
        .then(None)
        .when(~code.str.contains(r"^[0-9]{5,10}$"))
        .then(pl.lit(HS_FORMAT))
        .when(code.str.len_bytes() % 2 == 1)
        .then(pl.lit(HS_ZERO))
        .when(~code.str.slice(0, 6).is_in(list(hs_descriptions())))
        .then(pl.lit(HS_UNKNOWN))
        .otherwise(pl.lit(""))
    )
