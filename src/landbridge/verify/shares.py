"""Check a division and its certificate from a run's tables alone, in exact fractions of the decimals written there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from landbridge.errors import Finding
from landbridge.model.plan import Plan
from landbridge.model.shares import Judgement, ShareRow, ShareTables, Verdict
from landbridge.units import SUM_TOL
from landbridge.verify.price_lists import check_price_lists
from landbridge.verify.report import order_findings, row_finding
from landbridge.verify.share_rules import check_alone, check_quota, check_sampled, check_tolerance

LARGEST_UNIT = 1.0
"""Smallest unit that is paid, of the currency that has the largest."""

Group = frozenset[str]


def check_division(tables: ShareTables) -> tuple[Finding, ...]:
    """
    Check sums, coalition inequalities, balanced weights and payments; no findings accept the division.

    A number means the decimal that is written. Nothing has a tolerance: a
    coalition that is promised a unit less than it can have is found.
    """
    names = tables.summary.players
    findings = _check_names(tables)
    if findings:
        return order_findings(findings)
    ledger = _Ledger(
        everyone=frozenset(names),
        low={group(row.members): exact(row.value_low) for row in tables.coalitions},
        high={group(row.members): exact(row.value_high) for row in tables.coalitions},
        share={row.player: exact(row.share) for row in tables.shares if row.method == tables.summary.method},
    )
    findings = _check_coalitions(tables, ledger)
    if findings:
        return order_findings(findings)
    findings += _check_divisions(tables, ledger)
    findings += check_alone(tables, ledger.low)
    findings += check_tolerance(tables, ledger.high[ledger.everyone])
    findings += check_quota(tables)
    findings += _check_certificate(tables, ledger)
    findings += _check_methods(tables, ledger)
    findings += _check_weights(tables, ledger)
    findings += _check_settlement(tables)
    findings += _check_sensitivity(tables)
    findings += check_sampled(tables)
    return order_findings(findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ledger:
    """Values of coalitions and the shares that are certified."""

    everyone: Group
    low: Mapping[Group, Fraction]
    high: Mapping[Group, Fraction]
    share: Mapping[str, Fraction]

    def promised(self, members: Group) -> Fraction:
        return sum((self.share[player] for player in members), Fraction(0))


def exact(number: float) -> Fraction:
    """The decimal that a file holds for a number."""
    return Fraction(repr(float(number)))


def group(members: str) -> Group:
    """Players of a cell."""
    return frozenset(members.split())


def check_joint(tables: ShareTables, plan: Plan) -> list[Finding]:
    """Check that what is divided is the value of the plan beside it, to the unit that is paid."""
    value, bound, findings = plan.summary.value, plan.summary.bound, []
    if value is None or not -SUM_TOL * max(1.0, abs(value)) <= value - tables.summary.value < LARGEST_UNIT:
        message = f"{tables.summary.value!r} is divided, the plan is worth {value!r}; expected the same, rounded down"
        findings.append(_told("value-mismatch", message, "value"))
    if bound is None or tables.summary.bound < bound - SUM_TOL * max(1.0, abs(bound)):
        message = f"found {tables.summary.bound!r}, the run proves only {bound!r}; expected no less"
        findings.append(_told("bound-mismatch", message, "bound"))
    if tables.summary.agreements != plan.summary.agreements:
        message = f"found {tables.summary.agreements!r}, the plan has {plan.summary.agreements!r}; expected the same"
        findings.append(_told("settings-mismatch", message, "agreements"))
    return findings


def _check_names(tables: ShareTables) -> list[Finding]:
    known = frozenset(tables.summary.players)
    cells = [
        ("coalitions", "members", [row.members for row in tables.coalitions]),
        ("shares", "player", [row.player for row in tables.shares]),
        ("sensitivity", "player", [row.player for row in tables.sensitivity]),
        ("sampled", "player", [row.player for row in tables.sampled]),
        ("price_lists", "player", [row.player for row in tables.price_lists]),
        ("methods", "closest", [row.closest for row in tables.methods]),
        ("certificate", "coalition", [row.coalition for row in tables.certificate]),
        ("weights", "coalition", [row.coalition for row in tables.weights]),
        ("subsidised", "player", [row.player for row in tables.subsidised]),
        ("settlement", "payer", [row.payer for row in tables.settlement]),
        ("settlement", "payee", [row.payee for row in tables.settlement]),
    ]
    findings = []
    for table, column, texts in cells:
        for row, text in enumerate(texts):
            if not text.split() or not group(text) <= known or len(group(text)) < len(text.split()):
                message = f"found {text!r}, expected different names out of {' '.join(tables.summary.players)}"
                findings.append(row_finding("unknown-player", table, row, message, column))
    return findings


def _check_coalitions(tables: ShareTables, ledger: _Ledger) -> list[Finding]:
    findings, seen = [], set()
    for row, value in enumerate(tables.coalitions):
        if group(value.members) in seen:
            message = f"coalition {value.members!r} has a second row"
            findings.append(row_finding("coalition-twice", "coalitions", row, message, "members"))
        seen.add(group(value.members))
        if exact(value.value_low) > exact(value.value_high):
            message = f"{value.members!r}: value {value.value_low!r} is above its bound {value.value_high!r}"
            findings.append(row_finding("low-above-high", "coalitions", row, message, "value_low"))
    if ledger.everyone not in seen:
        findings.append(_told("coalition-missing", "coalitions.csv has no row for all players together", "coalitions"))
    return findings


def _check_divisions(tables: ShareTables, ledger: _Ledger) -> list[Finding]:
    """Each method's shares add up to the value of the plan; gains and payments are differences and sums."""
    findings: list[Finding] = []
    by_method: dict[str, list[ShareRow]] = {}
    for row, share in enumerate(tables.shares):
        by_method.setdefault(share.method, []).append(share)
        if float(exact(share.share) - exact(share.alone)) != share.gain:
            findings.append(_row("share-gain", row, share, "gain", float(exact(share.share) - exact(share.alone))))
        if float(exact(share.share) - exact(share.cash)) != share.payment:
            findings.append(_row("share-payment", row, share, "payment", float(exact(share.share) - exact(share.cash))))
    total = ledger.low[ledger.everyone]
    if exact(tables.summary.value) != total:
        findings.append(_told("value-mismatch", f"value is {tables.summary.value!r}, coalitions say {float(total)!r}"))
    if tables.summary.method not in by_method:
        findings.append(_told("share-missing", f"shares.csv has no rows of the method {tables.summary.method!r}"))
    for method, rows in by_method.items():
        if sorted(row.player for row in rows) != sorted(ledger.everyone):
            findings.append(_told("share-missing", f"{method}: not one row for each player", "shares"))
            continue
        found = sum((exact(row.share) for row in rows), Fraction(0))
        if found != total:
            off = float(found - total)
            message = f"{method}: shares add up to {float(found)!r}, expected {float(total)!r}; off by {off!r}"
            findings.append(_told("share-sum", message, "shares"))
        paid = sum((exact(row.payment) for row in rows), Fraction(0))
        if paid:
            findings.append(_told("payment-sum", f"{method}: payments add up to {float(paid)!r}, expected 0", "shares"))
    return findings


def _check_certificate(tables: ShareTables, ledger: _Ledger) -> list[Finding]:
    if len(ledger.share) != len(ledger.everyone):
        return []
    findings: list[Finding] = []
    lows, highs, seen = [], [], set()
    for row, line in enumerate(tables.certificate):
        members = group(line.coalition)
        if members not in ledger.low or members == ledger.everyone or members in seen:
            message = f"{line.coalition!r}: expected one row for a proper coalition that coalitions.csv values"
            findings.append(row_finding("certificate-coalition", "certificate", row, message, "coalition"))
            continue
        seen.add(members)
        low, high = ledger.low[members] - ledger.promised(members), ledger.high[members] - ledger.promised(members)
        lows.append(low)
        highs.append(high)
        for column, value in (("excess_low", low), ("excess_high", high)):
            if float(value) != getattr(line, column):
                message = (
                    f"{line.coalition!r}: found {getattr(line, column)!r}, but it is promised "
                    f"{float(ledger.promised(members))!r}, so expected {float(value)!r}"
                )
                findings.append(row_finding("excess-mismatch", "certificate", row, message, column))
        judged = Judgement.CERTIFIED if high <= 0 else Judgement.REFUTED if low > 0 else Judgement.OPEN
        if line.verdict != judged:
            message = (
                f"{line.coalition!r}: found {line.verdict!r}, expected {judged.value!r}: "
                f"excess {float(low)!r} to {float(high)!r}"
            )
            findings.append(row_finding("judgement-mismatch", "certificate", row, message, "verdict"))
    findings += _check_missing(tables, ledger, seen)
    if not lows:
        return findings
    if tables.summary.is_complete:
        return findings + _check_verdict(tables, max(lows), max(highs))
    findings += _check_verdict(tables, max(lows), exact(tables.summary.epsilon_high))
    return findings + check_price_lists(tables)


def _check_missing(tables: ShareTables, ledger: _Ledger, seen: Collection[Group]) -> list[Finding]:
    """Every coalition that is valued has its row, and where the certificate is complete every coalition there is."""
    proper = 2 ** len(ledger.everyone) - 2 if tables.summary.is_complete else max(1, len(ledger.low) - 1)
    if len(seen) == proper:
        return []
    message = f"the certificate has {len(seen)} of the {proper} proper coalitions"
    return [_told("certificate-incomplete", message, "certificate")]


def _check_methods(tables: ShareTables, ledger: _Ledger) -> list[Finding]:
    """The largest excess of each method's division is what methods.csv says."""
    findings: list[Finding] = []
    if not tables.summary.is_complete:
        return _check_only_method(tables)
    for row, line in enumerate(tables.methods):
        share = {item.player: exact(item.share) for item in tables.shares if item.method == line.method}
        if set(share) != set(ledger.everyone):
            findings.append(row_finding("share-missing", "methods", row, f"{line.method}: no shares", "method"))
            continue
        other = replace(ledger, share=share)
        proper = [members for members in ledger.low if members != ledger.everyone]
        excess = [
            {members: values[members] - other.promised(members) for members in proper}
            for values in (ledger.low, ledger.high)
        ]
        low, high = (max(item.values(), default=Fraction(0)) for item in excess)
        for column, largest in (("epsilon_low", low), ("epsilon_high", high)):
            if float(largest) != getattr(line, column):
                message = f"{line.method}: found {getattr(line, column)!r}, expected {float(largest)!r}"
                findings.append(row_finding("epsilon-mismatch", "methods", row, message, column))
        expected = _verdict(tables, low, high)
        if line.verdict != expected:
            message = f"{line.method}: found {line.verdict!r}, expected {expected.value!r}"
            findings.append(row_finding("verdict-mismatch", "methods", row, message, "verdict"))
        if excess[1].get(group(line.closest)) != high:
            message = f"{line.method}: {line.closest!r} gains less than {float(high)!r}, which another may"
            findings.append(row_finding("closest-mismatch", "methods", row, message, "closest"))
    return findings


def _check_only_method(tables: ShareTables) -> list[Finding]:
    """Of many players, what methods.csv says of the one method is what the summary says."""
    summary, findings = tables.summary, []
    for row, line in enumerate(tables.methods):
        for column in ("method", "verdict", "epsilon_low", "epsilon_high"):
            if getattr(line, column) != getattr(summary, column):
                message = f"found {getattr(line, column)!r}, share.json says {getattr(summary, column)!r}"
                findings.append(row_finding("method-mismatch", "methods", row, message, column))
    return findings


def _check_verdict(tables: ShareTables, low: Fraction, high: Fraction) -> list[Finding]:
    """The verdict follows from the largest excess and, for an empty core, from the weights."""
    summary, findings = tables.summary, []
    for name, value in (("epsilon_low", low), ("epsilon_high", high)):
        if float(value) != getattr(summary, name):
            findings.append(
                _told("epsilon-mismatch", f"found {getattr(summary, name)!r}, expected {float(value)!r}", name)
            )
    expected = _verdict(tables, low, high)
    if summary.verdict != expected:
        message = (
            f"found {summary.verdict!r}, expected {expected.value!r}: the largest excess is {float(low)!r} to "
            f"{float(high)!r}"
        )
        findings.append(_told("verdict-mismatch", message, "verdict"))
    return findings


def _verdict(tables: ShareTables, low: Fraction, high: Fraction) -> Verdict:
    """What is certain when the largest excess is between two numbers."""
    if high <= 0:
        return Verdict.STABLE
    if tables.weights:
        return Verdict.EMPTY
    return Verdict.EPSILON if low > 0 or high <= exact(tables.summary.tolerance) else Verdict.UNDECIDED


def _check_weights(tables: ShareTables, ledger: _Ledger) -> list[Finding]:
    """Balanced weights whose sum of values exceeds the bound on everybody's prove that nothing is stable."""
    summary = tables.summary
    if not tables.weights:
        if exact(summary.subsidy_low) or exact(summary.subsidy_high) or summary.verdict == Verdict.EMPTY:
            return [
                _told(
                    "weights-missing",
                    "an empty core or a subsidy needs balanced weights; weights.csv has none",
                    "weights",
                )
            ]
        return []
    weights, findings = {}, []
    for row, line in enumerate(tables.weights):
        try:
            weight = Fraction(line.weight)
        except (ValueError, ZeroDivisionError):
            weight = Fraction(0)
        members = group(line.coalition)
        if weight <= 0 or members not in ledger.low or members in weights:
            message = f"{line.coalition!r}: found {line.weight!r}, expected a positive fraction, once a coalition"
            findings.append(row_finding("weight-wrong", "weights", row, message, "weight"))
        weights[members] = weight
    if findings:
        return findings
    for player in summary.players:
        total = sum((weight for members, weight in weights.items() if player in members), Fraction(0))
        if total != 1:
            message = f"the weights of {player!r}'s coalitions add up to {total}, expected 1"
            findings.append(_told("weights-not-balanced", message, "weights"))
    reached = sum((weight * ledger.low[members] for members, weight in weights.items()), Fraction(0))
    bound, plan = ledger.high[ledger.everyone], ledger.low[ledger.everyone]
    if reached <= bound:
        message = f"the weighted values add up to {float(reached)!r}, not above {float(bound)!r}; they prove nothing"
        findings.append(_told("core-not-proved-empty", message, "weights"))
    if float(reached - plan) != summary.subsidy_low:
        message = f"found {summary.subsidy_low!r}, expected {float(reached - plan)!r}"
        findings.append(_told("subsidy-mismatch", message, "subsidy_low"))
    return findings + _check_subsidised(tables, ledger)


def _check_subsidised(tables: ShareTables, ledger: _Ledger) -> list[Finding]:
    """With the upper end of the subsidy there is a division that no coalition would leave: the rows show it."""
    summary = tables.summary
    share = {row.player: exact(row.share) for row in tables.subsidised}
    if set(share) != ledger.everyone or len(tables.subsidised) != len(share):
        message = f"found rows of {' '.join(share)!r}, expected one for each of {' '.join(summary.players)!r}"
        return [_told("subsidised-wrong", message, "subsidised")]
    findings = []
    enough = replace(ledger, share=share)
    for members, value in ledger.high.items():
        if members != ledger.everyone and value > enough.promised(members):
            message = (
                f"{' '.join(sorted(members))!r} could have {float(value)!r}, and would get "
                f"{float(enough.promised(members))!r} with the subsidy"
            )
            findings.append(_told("subsidised-wrong", message, "subsidised"))
    added = enough.promised(ledger.everyone) - ledger.low[ledger.everyone]
    if float(added) != summary.subsidy_high:
        message = f"found {summary.subsidy_high!r}, expected {float(added)!r}"
        findings.append(_told("subsidy-mismatch", message, "subsidy_high"))
    return findings


def _check_settlement(tables: ShareTables) -> list[Finding]:
    """What each player receives less what it pays is its payment, to the last digit."""
    method = tables.summary.method
    left = {row.player: exact(row.payment) for row in tables.shares if row.method == method}
    findings = []
    for row, line in enumerate(tables.settlement):
        if line.amount <= 0 or line.payer == line.payee:
            message = (
                f"{line.payer!r} pays {line.amount!r} to {line.payee!r}; expected a positive amount to somebody else"
            )
            findings.append(row_finding("payment-wrong", "settlement", row, message, "amount"))
        left[line.payer] = left.get(line.payer, Fraction(0)) + exact(line.amount)
        left[line.payee] = left.get(line.payee, Fraction(0)) - exact(line.amount)
    for player, rest in left.items():
        if rest:
            message = f"{player!r}: the settlement leaves {float(rest)!r} unpaid, expected 0"
            findings.append(_told("settlement-mismatch", message, "settlement"))
    return findings


def _check_sensitivity(tables: ShareTables) -> list[Finding]:
    """Results are cash and payment, and the verdicts follow from what each would have alone."""
    method, findings = tables.summary.method, []
    paid = {row.player: row.payment for row in tables.shares if row.method == method}
    for row, line in enumerate(tables.sensitivity):
        result = exact(line.cash) + exact(line.payment)
        if line.payment != paid.get(line.player) or float(result) != line.result:
            message = f"{line.player!r}: {line.result!r} is not its cash and its payment"
            findings.append(row_finding("sensitivity-result", "sensitivity", row, message, "result"))
        judged = "gains" if result >= exact(line.alone_high) else "loses" if result < exact(line.alone_low) else "open"
        if line.verdict != judged:
            message = f"{line.player!r}: found {line.verdict!r}, expected {judged!r}"
            findings.append(row_finding("judgement-mismatch", "sensitivity", row, message, "verdict"))
    return findings


def _row(code: str, row: int, share: ShareRow, column: str, expected: float) -> Finding:
    message = f"{share.method} {share.player!r}: found {getattr(share, column)!r}, expected {expected!r}"
    return row_finding(code, "shares", row, message, column)


def _told(code: str, message: str, column: str = "") -> Finding:
    return Finding(code=code, where="share.json", message=message, column=column)
