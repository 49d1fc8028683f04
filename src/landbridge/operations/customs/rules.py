"""
Rules of customs as dated rows: the project's own table, and tables that a user adds.

Of each kind of charge one rule applies: the most specific of those that hold on the day, by the length of its code
prefix, then its origin, its goods class, and a country before the union it belongs to. A rule without a rate is a
gap that is known: the answer says that it is missing.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from landbridge.errors import Finding, LandbridgeError
from landbridge.model.faults import did_you_mean
from landbridge.operations.parcels.countries import COUNTRIES, CURRENCIES
from landbridge.operations.reference.tables import read_reference

UNIONS: Mapping[str, frozenset[str]] = {"EAEU": frozenset({"AM", "BY", "KG", "KZ", "RU"})}
"""Customs unions and their members."""

BASES = {
    "whole": "the whole value and weight, once the value is above what is free",
    "excess": "what is above the free value, and the kilograms above the free weight",
    "with_duty": "the whole value with duty, once the value is above what is free",
    "statutory": "pct of the tax that VAT and consumption tax would make together: (ct + vat) / (1 - ct)",
    "bracket": "a fixed amount, by the bracket of the value",
    "rate": "no charge of its own: a rate that the base statutory uses",
}
KINDS = ("duty", "additional_duty", "excise", "tax", "platform_tax", "vat", "fee")
COMBINE = ("", "max", "min", "plus")
UNITS = ("", "KGM", "GRM", "TNE", "MTQ", "H87", "PR", "LTR", "C62")
"""Codes of UN/ECE Recommendation 20 that an amount may be for."""


class BadRules(LandbridgeError, ValueError):
    """A table of customs rules or rates that cannot be used; carries every finding."""

    code = "bad-rules"

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    One row of customs rules.

    Parameters
    ----------
    rule
        Id, named in every answer.
    jurisdiction
        Country, or a union of them.
    regime
        What the goods enter as: ``personal_use_parcel``, ``ecommerce_goods``, ``general``, ...
    kind
        One of ``KINDS``.
    name
        Words for people.
    code_prefix, origin, goods_class
        What it holds for: first digits of the HS code, country of origin, a class the asker names; blank = all.
    pct
        Per cent of the base; None = none, or not known.
    amount, per_unit, combine
        Money for one unit of ``per_unit``, and how it goes with ``pct``: the larger (``max``), the smaller
        (``min``) or both (``plus``).
    base
        One of ``BASES``.
    free_up_to, free_up_to_kg
        Value and weight up to which nothing is charged.
    only_up_to
        Value above which the rule does not hold and the answer says so.
    value_from, value_to
        Bracket of the value: above the first, up to the second.
    min_price_per_g
        The rule holds only when a gram is worth this or more.
    waived_up_to
        A charge up to this is not collected.
    currency
        Of all its money.
    valid_from, valid_to
        First and last day; None = open.
    enabled
        A rule that is not is never used: drafts.
    confidence, source, note
        How sure we are, where it is from, what to know.
    """

    rule: str
    jurisdiction: str
    regime: str
    kind: str
    name: str = ""
    code_prefix: str = ""
    origin: str = ""
    goods_class: str = ""
    pct: Decimal | None = None
    amount: Decimal | None = None
    per_unit: str = ""
    combine: str = ""
    base: str = "whole"
    free_up_to: Decimal | None = None
    free_up_to_kg: Decimal | None = None
    only_up_to: Decimal | None = None
    value_from: Decimal | None = None
    value_to: Decimal | None = None
    min_price_per_g: Decimal | None = None
    waived_up_to: Decimal | None = None
    currency: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    enabled: bool = True
    confidence: str = ""
    source: str = ""
    note: str = ""

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    def specific(self) -> tuple[int, bool, bool, bool]:
        """How specific it is, to choose between rules of one kind."""
        return (len(self.code_prefix), bool(self.origin), bool(self.goods_class), self.jurisdiction in COUNTRIES)


COLUMNS = tuple(field.name for field in dataclasses.fields(Rule))
_REQUIRED = ("rule", "jurisdiction", "regime", "kind", "base", "currency")
_CHOICES: dict[str, tuple[str, ...]] = {
    "kind": KINDS,
    "base": tuple(BASES),
    "combine": COMBINE,
    "per_unit": UNITS,
    "enabled": ("", "0", "1"),
}
_MONEY = (
    "pct",
    "amount",
    "free_up_to",
    "free_up_to_kg",
    "only_up_to",
    "value_from",
    "value_to",
    "min_price_per_g",
    "waived_up_to",
)


def shipped_rules() -> tuple[Rule, ...]:
    """Rules that come with the package."""
    return _rules(read_reference("customs_rules"), "customs_rules.csv")


def read_rules(path: Path) -> tuple[Rule, ...]:
    """
    Read a table of rules, a CSV file in UTF-8 with the columns of :class:`Rule`.

    Raises
    ------
    BadRules
        With every finding: file, line, column, what was found and what is expected.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            header = reader.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = f"cannot be read ({error}); expected a CSV file in UTF-8"
        raise BadRules([Finding(where=path.name, code="bad-rules", message=message)]) from error
    findings = [
        Finding(where=path.name, column=name, code="unknown-column", message=f"unknown{did_you_mean(name, COLUMNS)}")
        for name in header
        if name not in COLUMNS
    ]
    findings += [
        Finding(where=path.name, column=name, code="missing-column", message="this column is required")
        for name in _REQUIRED
        if name not in header
    ]
    if findings:
        raise BadRules(findings)
    return _rules(rows, path.name)


def _rules(rows: Iterable[Mapping[str, str]], where: str) -> tuple[Rule, ...]:
    findings: list[Finding] = []
    rules: list[Rule] = []
    seen: set[str] = set()
    for line, row in enumerate(rows, start=2):
        cells = {name: (row.get(name) or "").strip() for name in COLUMNS if name in row}
        place = f"{where}:{line}"
        before = len(findings)
        findings += _check(cells, place)
        values = _values(cells, place, findings)
        if cells["rule"] in seen:
            message = f"the rule {cells['rule']!r} stands twice; give it another id"
            findings.append(Finding(where=place, column="rule", code="duplicate-rule", message=message))
        seen.add(cells["rule"])
        if len(findings) == before:
            rules.append(Rule(**values))  # type: ignore[arg-type]
    if findings:
        raise BadRules(findings)
    return tuple(rules)


def _check(cells: Mapping[str, str], place: str) -> list[Finding]:
    found = []

    def find(column: str, message: str) -> None:
        found.append(Finding(where=place, column=column, code="bad-rule", message=message))

    for name in _REQUIRED:
        if not cells[name]:
            find(name, "is blank, expected a value")
    for name, choices in _CHOICES.items():
        if cells.get(name) and cells[name] not in choices:
            find(name, f"found {cells[name]!r}, expected {', '.join(word for word in choices if word)}")
    where = cells["jurisdiction"]
    if where and where not in COUNTRIES and where not in UNIONS:
        find("jurisdiction", f"found {where!r}, expected a code of ISO 3166-1 or {', '.join(UNIONS)}")
    if cells["currency"] and cells["currency"] not in CURRENCIES:
        find("currency", f"found {cells['currency']!r}, expected a code of ISO 4217")
    if cells.get("origin") and cells["origin"] not in COUNTRIES:
        find("origin", f"found {cells['origin']!r}, expected a code of ISO 3166-1")
    prefix = cells.get("code_prefix", "")
    if prefix and not (prefix.isascii() and prefix.isdigit() and len(prefix) <= 10):
        find("code_prefix", f"found {prefix!r}, expected up to ten digits; keep leading zeros")
    if cells.get("pct") and cells.get("amount") and not cells.get("combine"):
        find("combine", "is blank, expected max, min or plus: how per cent and amount go together")
    if cells.get("amount") and not cells.get("per_unit") and cells["base"] != "bracket":
        find("per_unit", "is blank, expected the unit the amount is for, such as KGM")
    return found


def _values(cells: Mapping[str, str], place: str, findings: list[Finding]) -> dict[str, object]:
    values: dict[str, object] = {}
    for name, text in cells.items():
        if name in _MONEY:
            values[name] = _decimal(text, name, place, findings)
        elif name in ("valid_from", "valid_to"):
            values[name] = _date(text, name, place, findings)
        elif name == "enabled":
            values[name] = text != "0"
        else:
            values[name] = text
    first, last = values.get("valid_from"), values.get("valid_to")
    if isinstance(first, date) and isinstance(last, date) and last < first:
        message = f"found {last}, expected a day after valid_from ({first})"
        findings.append(Finding(where=place, column="valid_to", code="bad-rule", message=message))
    return values


def _decimal(text: str, name: str, place: str, findings: list[Finding]) -> Decimal | None:
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0:
        message = f"found {text!r}, expected a number of at least 0, with a decimal point"
        findings.append(Finding(where=place, column=name, code="bad-rule", message=message))
        return None
    return value


def _date(text: str, name: str, place: str, findings: list[Finding]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"found {text!r}, expected a day YYYY-MM-DD"
        findings.append(Finding(where=place, column=name, code="bad-rule", message=message))
        return None
