"""Check what is said of agreements from the tables alone: differences, monotony, budgets."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from landbridge.errors import Finding
from landbridge.model.case import Case
from landbridge.model.shares import AgreementTables
from landbridge.verify.report import order_findings, row_finding
from landbridge.verify.shares import exact, group

EVERYBODY = "*"
Interval = tuple[Fraction, Fraction]


def check_agreements(tables: AgreementTables, case: Case) -> tuple[Finding, ...]:
    """
    Check that gains are differences of values, that more agreements never lower a value, and budgets.

    Values of sets are by the engine and not re-proved.
    """
    findings = _check_sets(tables, case)
    if findings:
        return order_findings(findings)
    values = {group(row.agreements): (exact(row.value_low), exact(row.value_high)) for row in tables.sets}
    findings += _check_gains(tables, case, values)
    findings += _check_choices(tables, case, values)
    return order_findings(findings)


def _check_sets(tables: AgreementTables, case: Case) -> list[Finding]:
    known = frozenset(row.agreement for row in case.agreements)
    findings = []
    for row, line in enumerate(tables.sets):
        if not group(line.agreements) <= known:
            message = f"{line.agreements!r}: not all are agreements of the case"
            findings.append(row_finding("unknown-agreements", "sets", row, message, "agreements"))
        if exact(line.value_low) > exact(line.value_high):
            message = f"{line.agreements!r}: {line.value_low!r} is above its bound {line.value_high!r}"
            findings.append(row_finding("low-above-high", "sets", row, message, "value_low"))
        for other in tables.sets:
            smaller = group(other.agreements) < group(line.agreements)
            if smaller and exact(other.value_low) > exact(line.value_low):
                message = f"{line.agreements!r}: {line.value_low!r} is less than {other.agreements!r} reaches"
                findings.append(row_finding("set-not-monotone", "sets", row, message, "value_low"))
    return findings


def _check_gains(tables: AgreementTables, case: Case, values: Mapping[frozenset[str], Interval]) -> list[Finding]:
    base = frozenset(row.agreement for row in case.agreements if row.status == "in_force")
    findings = []
    for row, line in enumerate(tables.agreements):
        if line.player != EVERYBODY:
            continue
        sets = base - {line.agreement}, base | {line.agreement}
        if any(item not in values for item in sets):
            message = f"{line.agreement!r}: sets.csv does not have it with and without"
            findings.append(row_finding("unknown-agreements", "agreements", row, message, "agreement"))
            continue
        (low, high), (more_low, more_high) = (values[item] for item in sets)
        for column, value in (("delta_low", more_low - high), ("delta_high", more_high - low)):
            if float(max(value, Fraction(0))) != getattr(line, column):
                message = (
                    f"{line.agreement!r}: found {getattr(line, column)!r}, expected {float(max(value, Fraction(0)))!r}"
                )
                findings.append(row_finding("agreement-gain", "agreements", row, message, column))
    return findings


def _check_choices(tables: AgreementTables, case: Case, values: Mapping[frozenset[str], Interval]) -> list[Finding]:
    base = frozenset(row.agreement for row in case.agreements if row.status == "in_force")
    cost = {row.agreement: exact(row.fixed_cost) for row in case.agreements}
    findings = []
    for row, line in enumerate(tables.choices):
        signed = group(line.signed)
        spent = sum((cost.get(name, Fraction(0)) for name in signed), Fraction(0))
        if float(spent) != line.cost or spent > exact(line.budget):
            message = f"{line.signed!r} costs {float(spent)!r}; found {line.cost!r} and a budget of {line.budget!r}"
            findings.append(row_finding("choice-cost", "choices", row, message, "cost"))
        low, high = values.get(base | signed, (None, None))
        if low is None or high is None or float(low - spent) != line.net_low or float(high - spent) != line.net_high:
            message = f"{line.signed!r}: net values are not those of sets.csv less the costs"
            findings.append(row_finding("choice-value", "choices", row, message, "net_low"))
        if line.best_high < line.net_low:
            message = f"the bound {line.best_high!r} is below what the set reaches, {line.net_low!r}"
            findings.append(row_finding("choice-value", "choices", row, message, "best_high"))
    return findings
