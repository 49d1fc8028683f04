"""
A country's tariff as people have it: a code and a rate in words a row, turned into rules.

Rates are read as tariffs print them: ``5``, ``5 %``, ``2 EUR/kg``, ``10 % but not less than 2 EUR/pair``,
``10, но не менее 2 евро за 1 кг``, ``5 % plus 0.2 EUR/kg``.
"""

from __future__ import annotations

import csv
import dataclasses
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from landbridge.errors import Finding
from landbridge.operations.customs.rules import COLUMNS, BadRules, Rule

TARIFF_COLUMNS = ("code", "rate", "origin", "valid_from", "valid_to", "source")
"""Columns of a tariff; the first two are required."""

_NUMBER = r"(\d+(?:[.,]\d+)?)"
_CURRENCY = {
    "eur": "EUR",
    "евро": "EUR",
    "€": "EUR",
    "usd": "USD",
    "долл": "USD",
    "$": "USD",
    "rub": "RUB",
    "руб": "RUB",
}
_CURRENCY |= {"cny": "CNY", "юан": "CNY", "元": "CNY"}
_UNITS = {
    "kg": "KGM",
    "кг": "KGM",
    "公斤": "KGM",
    "g": "GRM",
    "pair": "PR",
    "пар": "PR",
    "双": "PR",
    "l": "LTR",
    "л": "LTR",
}
_UNITS |= {"t": "TNE", "т": "TNE", "piece": "H87", "шт": "H87", "件": "H87", "m3": "MTQ", "м3": "MTQ"}
_PCT = re.compile(rf"^{_NUMBER}\s*%?$")
_AMOUNT = re.compile(rf"^{_NUMBER}\s*([^\d\s/]+)\s*(?:/|per|за|每)\s*(?:1\s*)?([^\d\s]+)$")
_WORDS = r"but not less than|but not more than|но не менее|но не более|min|max|plus|плюс|\+"
_BOTH = re.compile(rf"^{_NUMBER}\s*%?\s*,?\s*({_WORDS})\s*(.+)$")
_COMBINE = {"but not less than": "max", "но не менее": "max", "min": "max"}
_COMBINE |= {"but not more than": "min", "но не более": "min", "max": "min"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A rate in parts: per cent, an amount for a unit, and how they go together."""

    pct: Decimal | None = None
    amount: Decimal | None = None
    currency: str = ""
    per_unit: str = ""
    combine: str = ""


def parse_rate(text: str) -> Rate | None:
    """Read a rate in words; None when it is not one."""
    text = " ".join(text.lower().split())
    if match := _PCT.match(text):
        return Rate(pct=_decimal(match[1]))
    if found := _amount(text):
        return found
    if (match := _BOTH.match(text)) and (found := _amount(match[3])):
        return dataclasses.replace(found, pct=_decimal(match[1]), combine=_COMBINE.get(match[2], "plus"))
    return None


def _amount(text: str) -> Rate | None:
    match = _AMOUNT.match(text)
    if match is None:
        return None
    currency = next((code for word, code in _CURRENCY.items() if match[2].startswith(word)), "")
    word = match[3].rstrip(".")
    unit = _UNITS.get(word) or next(
        (code for name, code in _UNITS.items() if len(name) > 2 and word.startswith(name)), ""
    )
    if not currency or not unit:
        return None
    return Rate(amount=_decimal(match[1]), currency=currency, per_unit=unit)


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def read_tariff(path: Path, *, jurisdiction: str, currency: str, confidence: str = "") -> tuple[Rule, ...]:
    """
    Read a tariff as rules of commercial import.

    Parameters
    ----------
    path
        A CSV file in UTF-8 with the columns of ``TARIFF_COLUMNS``.
    jurisdiction
        Country or union it holds in.
    currency
        Of rules that name none.
    confidence
        How sure its rows are, for every row.

    Raises
    ------
    BadRules
        With every finding: line, column, what was found, what is expected.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = f"cannot be read ({error}); expected a CSV file in UTF-8"
        raise BadRules([Finding(where=path.name, code="bad-tariff", message=message)]) from error
    findings: list[Finding] = []
    rules: list[Rule] = []
    seen: dict[tuple[str, str, str], int] = {}
    for line, row in enumerate(rows, start=2):
        cells = {name: (row.get(name) or "").strip() for name in TARIFF_COLUMNS}
        cells["code"] = re.sub(r"[\s.]", "", cells["code"])
        rate = parse_rate(cells["rate"])
        faults = _faults(cells, rate)
        key = (cells["code"], cells["origin"], cells["valid_from"])
        if key in seen:
            faults.append(("code", f"{cells['code']} stands in line {seen[key]} for the same origin and day; keep one"))
        seen[key] = line
        findings += [
            Finding(where=f"{path.name}:{line}", column=column, code="bad-tariff", message=message)
            for column, message in faults
        ]
        if rate is not None and not faults:
            rules.append(_rule(cells, rate, jurisdiction, currency, confidence))
    if not rows:
        findings.append(Finding(where=path.name, code="bad-tariff", message="no row was found; expected code and rate"))
    if findings:
        raise BadRules(findings)
    return tuple(rules)


def _faults(cells: dict[str, str], rate: Rate | None) -> list[tuple[str, str]]:
    found = []
    code = cells["code"]
    if not re.fullmatch(r"[0-9]{2,10}", code, re.ASCII) or len(code) % 2:
        found.append(("code", f"found {code!r}, expected 2, 4, 6, 8 or 10 digits; is a leading zero lost?"))
    if rate is None:
        found.append(("rate", f"found {cells['rate']!r}, expected a rate such as '10 % but not less than 2 EUR/kg'"))
    for name in ("valid_from", "valid_to"):
        if cells[name]:
            try:
                date.fromisoformat(cells[name])
            except ValueError:
                found.append((name, f"found {cells[name]!r}, expected a day YYYY-MM-DD"))
    return found


def _rule(cells: dict[str, str], rate: Rate, jurisdiction: str, currency: str, confidence: str) -> Rule:
    parts = [jurisdiction, cells["code"], cells["origin"], cells["valid_from"]]
    return Rule(
        rule="-".join(part for part in parts if part),
        jurisdiction=jurisdiction,
        regime="general",
        kind="duty",
        name=f"duty, {cells['rate']}",
        code_prefix=cells["code"],
        origin=cells["origin"],
        pct=rate.pct,
        amount=rate.amount,
        per_unit=rate.per_unit,
        combine=rate.combine,
        base="whole",
        currency=rate.currency or currency,
        valid_from=date.fromisoformat(cells["valid_from"]) if cells["valid_from"] else None,
        valid_to=date.fromisoformat(cells["valid_to"]) if cells["valid_to"] else None,
        confidence=confidence,
        source=cells["source"],
    )


def write_rules(rules: Iterable[Rule], path: Path) -> None:
    """Write rules as the table that ``read_rules`` reads."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for rule in rules:
            writer.writerow(_cell(getattr(rule, name)) for name in COLUMNS)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if value is None else str(value)
