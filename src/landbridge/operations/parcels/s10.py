"""
S10 numbers of postal items: ``AA 99999999 9 CC``.

Two letters say the service, eight digits are the serial number, one digit checks it, two letters name the country of
the post that issued it. The check digit does not find every error: the remainders 0 and 6 both give 5, so about 1.9 %
of single wrong digits and 1.7 % of adjacent swaps pass. That is a property of the standard, not of this code.

References
----------
UPU standard S10-12, *Identification of postal items, 13-character identifier*.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from landbridge.operations.parcels.countries import COUNTRIES

WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
"""Weights of the eight digits of the serial number."""

_SHAPE = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}", re.ASCII)
_BLANKS = re.compile(r"\s+")

FORMAT, CHECK_DIGIT, COUNTRY = "s10-format", "s10-check-digit", "s10-country"
UNASSIGNED, RESERVED, UNTRACKED = "s10-unassigned", "s10-reserved", "s10-untracked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceClass:
    """What a pair of letters stands for: ``name`` is one word, ``first`` to ``last`` are the second letters."""

    letter: str
    first: str = "A"
    last: str = "Z"
    name: str
    meaning: str


def _rows(letters: str, name: str, meaning: str, span: str = "AZ") -> tuple[ServiceClass, ...]:
    return tuple(
        ServiceClass(letter=letter, first=span[0], last=span[1], name=name, meaning=meaning) for letter in letters
    )


_BILATERAL = "domestic, bilateral or multilateral use only"

SERVICES: tuple[ServiceClass, ...] = (
    *_rows("A", "unassigned", "unassigned in S10-12; older texts had recorded letter post", "AU"),
    *_rows("A", "bilateral", _BILATERAL, "VZ"),
    *_rows("BDNPZ", "bilateral", _BILATERAL),
    *_rows("C", "parcel", "parcel post"),
    *_rows("E", "ems", "EMS"),
    *_rows("F", "unassigned", "unassigned"),
    *_rows("G", "bilateral", _BILATERAL, "AA"),
    *_rows("G", "unassigned", "unassigned", "BC"),
    *_rows("G", "bilateral", _BILATERAL, "DD"),
    *_rows("G", "unassigned", "unassigned", "EZ"),
    *_rows("H", "ecommerce_parcel", "e-commerce parcels"),
    *_rows("I", "unassigned", "unassigned"),
    *_rows("JKSTW", "reserved", "reserved"),
    *_rows("L", "tracked_packet", "letter post express: tracked small packets"),
    *_rows("M", "mbag", "letter post: M-bag"),
    *_rows("O", "unassigned", "unassigned"),
    *_rows("Q", "ibrs", "letter post: business reply", "AM"),
    *_rows("Q", "unassigned", "unassigned", "NZ"),
    *_rows("R", "registered", "letter post: registered"),
    *_rows("U", "untracked_packet", "letter post with a customs form, not tracked from end to end"),
    *_rows("V", "insured", "letter post: insured"),
    *_rows("X", "unassigned", "unassigned"),
    *_rows("Y", "unassigned", "unassigned"),
)
"""Service indicators; every pair of letters is in exactly one row."""


def service_class(indicator: str) -> ServiceClass:
    """Find what two letters stand for."""
    return next(row for row in SERVICES if row.letter == indicator[0] and row.first <= indicator[1] <= row.last)


def normalise(text: str) -> str:
    """Strip every blank, also inner ones, and write letters large."""
    return _BLANKS.sub("", text).upper()


def check_digit(serial: str) -> int:
    """Check digit of a serial number of eight digits."""
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, serial, strict=True))
    return {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11)


@dataclass(frozen=True, slots=True, kw_only=True)
class S10Verdict:
    """
    What is to be said of a number.

    Parameters
    ----------
    number
        The number without blanks, in capital letters.
    fault
        Why it is refused; empty when it is valid.
    warning
        What to look at although it is valid; empty for nothing.
    message
        Either in words; empty when there is nothing to say.
    """

    number: str
    fault: str = ""
    warning: str = ""
    message: str = ""

    @property
    def valid(self) -> bool:
        """Whether the number may be used."""
        return not self.fault


def check_number(text: str) -> S10Verdict:
    """Check one number, and say in words what is wrong with it."""
    number = normalise(text)
    if not _SHAPE.fullmatch(number):
        return S10Verdict(number=number, fault=FORMAT, message=REMEDIES[FORMAT])
    expected = check_digit(number[2:10])
    if int(number[10]) != expected:
        message = f"the check digit is {number[10]}, expected {expected}; a digit was mistyped: read the label again"
        return S10Verdict(number=number, fault=CHECK_DIGIT, message=message)
    if number[11:] not in COUNTRIES:
        message = f"{number[11:]} is no country of ISO 3166-1; read the last two letters again"
        return S10Verdict(number=number, fault=COUNTRY, message=message)
    warning = WARNED.get(service_class(number[:2]).name, "")
    return S10Verdict(number=number, warning=warning, message=REMEDIES.get(warning, ""))


WARNED = {"unassigned": UNASSIGNED, "reserved": RESERVED, "untracked_packet": UNTRACKED}
"""Classes that are taken with a word of warning."""

REMEDIES = {
    FORMAT: "expected two letters, nine digits, two letters, such as LZ473124829CN",
    CHECK_DIGIT: "the check digit does not fit; a digit was mistyped: read the label again",
    COUNTRY: "the last two letters are no country of ISO 3166-1; read the label again",
    UNASSIGNED: "S10-12 assigns no service to these letters; taken, but ask the post",
    RESERVED: "these letters are reserved in S10-12; taken, but ask the post",
    UNTRACKED: "this class is not tracked from end to end: do not wait for its scans",
}


def number_text(column: str) -> pl.Expr:
    """Normalise a column of numbers as :func:`normalise` does."""
    return pl.col(column).str.replace_all(r"\s+", "").str.to_uppercase()


def number_fault(column: str) -> pl.Expr:
    """
    Check a column of normalised numbers at once.

    Returns
    -------
    pl.Expr
        Text: the fault as :func:`check_number` names it, empty for a valid number, null where there is none.
    """
    number = pl.col(column)
    digits = number.str.slice(2, 9).cast(pl.UInt32, strict=False)
    total = pl.sum_horizontal(*(weight * (digits // 10 ** (8 - at) % 10) for at, weight in enumerate(WEIGHTS)))
    wanted = 11 - total % 11
    wanted = pl.when(wanted == 10).then(0).when(wanted == 11).then(5).otherwise(wanted)
    return (
        pl.when(number.is_null())
        .then(None)
        .when(~number.str.contains(r"^[A-Z]{2}[0-9]{9}[A-Z]{2}$"))
        .then(pl.lit(FORMAT))
        .when(digits % 10 != wanted)
        .then(pl.lit(CHECK_DIGIT))
        .when(~number.str.slice(11).is_in(sorted(COUNTRIES)))
        .then(pl.lit(COUNTRY))
        .otherwise(pl.lit(""))
    )


def number_class(column: str) -> pl.Expr:
    """Class of a column of valid numbers, as :func:`service_class` names it."""
    pairs = {
        row.letter + chr(second): row.name for row in SERVICES for second in range(ord(row.first), ord(row.last) + 1)
    }
    return pl.col(column).str.slice(0, 2).replace_strict(pairs, default=None, return_dtype=pl.String)
