"""Check what is said of agreements from the tables alone: differences, monotony, budgets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from landbridge.errors import Finding
from landbridge.model.case import Case
from landbridge.model.clock import Clock, zone
from landbridge.model.shares import AgreementTables, ChoiceRow
from landbridge.verify.cash import KINDS, player_by_party
from landbridge.verify.report import order_findings, row_finding
from landbridge.verify.shares import exact, group

EVERYBODY = "*"

MOST_BRANCHES = 100_000
"""Sets of agreements that are looked at to prove that no other choice is better; a bound that needs more is refused."""

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
    findings += _check_rows(tables, case)
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


def _check_rows(tables: AgreementTables, case: Case) -> list[Finding]:
    """Status, signers and costs are those of the case, an agreement has one row of all, and of each player at most."""
    known = {row.agreement: row for row in case.agreements}
    kinds = [player_by_party(case, kind) for kind in KINDS]
    names = _players(tables, case)
    everybody = [row.agreement for row in tables.agreements if row.player == EVERYBODY]
    seen: set[tuple[str, str]] = set()
    findings = []
    for row, line in enumerate(tables.agreements):
        if line.agreement not in known:
            message = f"{line.agreement!r} is no agreement of the case"
            findings.append(row_finding("unknown-agreements", "agreements", row, message, "agreement"))
            continue
        if line.agreement not in everybody or (line.agreement, line.player) in seen:
            message = f"{line.agreement!r}, {line.player!r}: expected one row of all, and one of each player at most"
            findings.append(row_finding("agreement-row", "agreements", row, message, "player"))
        seen.add((line.agreement, line.player))
        cost = known[line.agreement].fixed_cost if line.player == EVERYBODY else 0.0
        for column, expected in (("status", known[line.agreement].status), ("fixed_cost", cost)):
            if getattr(line, column) != expected:
                message = f"{line.agreement!r}: found {getattr(line, column)!r}, expected {expected!r}"
                findings.append(row_finding("agreement-row", "agreements", row, message, column))
        if line.player != EVERYBODY and not any(line.player in kind.values() for kind in kinds):
            message = f"{line.agreement!r}: {line.player!r} is no player of the case"
            findings.append(row_finding("agreement-row", "agreements", row, message, "player"))
        if names and group(line.signers) != _signers(case, line.agreement, names):
            expected = " ".join(sorted(_signers(case, line.agreement, names)))
            message = f"{line.agreement!r}: found {line.signers!r}, expected {expected!r}"
            findings.append(row_finding("agreement-row", "agreements", row, message, "signers"))
        if line.delta_low > line.delta_high:
            message = f"{line.agreement!r}, {line.player!r}: {line.delta_low!r} is above {line.delta_high!r}"
            findings.append(row_finding("low-above-high", "agreements", row, message, "delta_low"))
    return findings


def _players(tables: AgreementTables, case: Case) -> dict[str, str]:
    """Player of each party, where the rows tell what players are; empty where more than one kind or none fits."""
    named = {row.player for row in tables.agreements} - {EVERYBODY} or {
        name for row in tables.agreements for name in group(row.signers)
    }
    found = []
    for kind in KINDS:
        players = player_by_party(case, kind)
        if named <= set(players.values()):
            found.append(players)
    return found[0] if found and all(players == found[0] for players in found) else {}


def _signers(case: Case, agreement: str, player_of: Mapping[str, str]) -> frozenset[str]:
    """Players of the givers and takers of an agreement's grants; ``*`` is nobody in particular."""
    ends = {name for row in case.grants if row.agreement == agreement for name in (row.giver, row.taker)}
    regions = {name for name in ends if name not in player_of}
    return frozenset(player_of[row.party] for row in case.parties if row.party in ends or row.region in regions)


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
        if not _is_proved_best(line, case, values):
            message = f"the bound {line.best_high!r} is not proved: by sets.csv some affordable set may be worth more"
            findings.append(row_finding("choice-value", "choices", row, message, "best_high"))
        if line.best_high < line.net_low:
            message = f"the bound {line.best_high!r} is below what the set reaches, {line.net_low!r}"
            findings.append(row_finding("choice-value", "choices", row, message, "best_high"))
    return findings


def _is_proved_best(line: ChoiceRow, case: Case, values: Mapping[frozenset[str], Interval]) -> bool:
    """
    Whether no set that is affordable can be worth more, net, than ``best_high``, by what sets.csv says.

    A set is worth no more than any larger one. Candidates are decided one after another, the cheapest first: what is
    taken costs, and with all that is still affordable nothing can be worth more than a set with all of these.
    """
    base = frozenset(row.agreement for row in case.agreements if row.status == "in_force")
    first = Clock.of(case.settings).start.astimezone(zone(case.settings.timezone)).date()
    candidates = sorted(
        (exact(row.fixed_cost), row.agreement)
        for row in case.agreements
        if row.status in ("signed", "proposed") and not (row.ends and date.fromisoformat(row.ends) < first)
    )
    budget = exact(line.budget)

    def most(members: frozenset[str]) -> Fraction | None:
        return min((high for other, (_, high) in values.items() if other >= members), default=None)

    branches = [(frozenset[str](), Fraction(0), 0)]
    for _ in range(MOST_BRANCHES):
        if not branches:
            return True
        taken, spent, depth = branches.pop()
        open_ones = frozenset(name for cost, name in candidates[depth:] if cost <= budget - spent)
        high = most(base | taken | open_ones)
        if high is not None and float(high - spent) <= line.best_high:
            continue
        if depth == len(candidates):
            return False
        cost, name = candidates[depth]
        branches.append((taken, spent, depth + 1))
        if spent + cost <= budget:
            branches.append((taken | {name}, spent + cost, depth + 1))
    return False
