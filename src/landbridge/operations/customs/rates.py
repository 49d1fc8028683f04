"""Exchange rates with their day and source, and which of them an answer has used."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from landbridge.errors import Finding, LandbridgeError
from landbridge.model.case import Settings
from landbridge.operations.customs.rules import BadRules
from landbridge.operations.parcels.countries import CURRENCIES

COLUMNS = ("currency", "per_unit", "base", "date", "source")


class NoRate(LandbridgeError, LookupError):
    """Money that cannot be turned into another currency."""

    code = "no-rate"


@dataclass(frozen=True, slots=True, kw_only=True)
class FxRate:
    """What one unit of ``currency`` is worth in ``base``, on a day, as published."""

    currency: str
    per_unit: Decimal
    base: str
    date: date
    source: str = ""

    def __str__(self) -> str:
        """Render with day and source."""
        source = f", {self.source}" if self.source else ""
        return f"1 {self.currency} = {self.per_unit} {self.base} of {self.date}{source}"


class Rates:
    """A table of rates, and which were used."""

    def __init__(self, rates: Iterable[FxRate]) -> None:
        self._rates = tuple(rates)
        self.used: dict[str, FxRate] = {}

    def fresh(self) -> Rates:
        """Give the same rates with none of them used."""
        return Rates(self._rates)

    def convert(self, amount: Decimal, source: str, target: str, day: date) -> Decimal:
        """
        Turn money into another currency, directly or through one other.

        The latest rate up to the day is taken; where all are later, the first of them.

        Raises
        ------
        NoRate
            When no chain of at most two rates leads from one to the other.
        """
        if source == target or not amount:
            return amount
        direct = self._between(source, target, day)
        if direct is not None:
            return self._use(direct, amount, source)
        middles = {rate.base for rate in self._rates} | {rate.currency for rate in self._rates}
        for middle in sorted(middles - {source, target}):
            first, second = self._between(source, middle, day), self._between(middle, target, day)
            if first is not None and second is not None:
                return self._use(second, self._use(first, amount, source), middle)
        known = ", ".join(sorted(middles)) or "none"
        message = f"no exchange rate leads from {source} to {target}; known are {known}. Add one (--rates)."
        raise NoRate(message)

    def _between(self, one: str, other: str, day: date) -> FxRate | None:
        found = [rate for rate in self._rates if {rate.currency, rate.base} == {one, other}]
        before = [rate for rate in found if rate.date <= day]
        if before:
            return max(before, key=lambda rate: rate.date)
        return min(found, key=lambda rate: rate.date, default=None)

    def _use(self, rate: FxRate, amount: Decimal, source: str) -> Decimal:
        self.used[str(rate)] = rate
        return amount * rate.per_unit if rate.currency == source else amount / rate.per_unit


def rates_of_case(settings: Settings) -> Rates:
    """Rates that a case names."""
    return Rates(
        FxRate(
            currency=rate.currency,
            per_unit=Decimal(repr(rate.per_unit)),
            base=settings.currency,
            date=date.fromisoformat(rate.date[:10]),
            source=rate.source,
        )
        for rate in settings.rates
    )


def read_rates(path: Path) -> Rates:
    """
    Read rates, a CSV file with the columns currency, per_unit, base, date, source.

    Raises
    ------
    BadRules
        With every finding.
    """
    findings: list[Finding] = []
    rates: list[FxRate] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = f"cannot be read ({error}); expected a CSV file with the columns {', '.join(COLUMNS)}"
        raise BadRules([Finding(where=path.name, code="bad-rates", message=message)]) from error
    for line, row in enumerate(rows, start=2):
        cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
        fault = ""
        try:
            per_unit, day = Decimal(cells["per_unit"]), date.fromisoformat(cells["date"])
            if not per_unit.is_finite() or per_unit <= 0:
                fault = f"per_unit is {cells['per_unit']!r}, expected a number above 0"
        except (InvalidOperation, ValueError):
            fault = f"per_unit {cells['per_unit']!r} and date {cells['date']!r}: expected a number and a day YYYY-MM-DD"
        if not {cells["currency"], cells["base"]} <= CURRENCIES:
            fault = f"{cells['currency']!r} and {cells['base']!r}: expected codes of ISO 4217"
        if fault:
            findings.append(Finding(where=f"{path.name}:{line}", code="bad-rates", message=fault))
        else:
            rates.append(
                FxRate(
                    currency=cells["currency"],
                    per_unit=per_unit,
                    base=cells["base"],
                    date=day,
                    source=cells["source"],
                )
            )
    if findings:
        raise BadRules(findings)
    return Rates(rates)
