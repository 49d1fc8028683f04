"""Check a run from its rows and its case alone (semantics.md, all of it)."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from landbridge.errors import Finding
from landbridge.model.case import Case
from landbridge.model.plan import Plan, PlanStatus
from landbridge.tables import has_replan, has_shares, read_replan, read_run, read_shares
from landbridge.verify.book import build_book
from landbridge.verify.capacities import check_handling_tonnes, check_loads, check_shares, check_storage
from landbridge.verify.cash import check_cash
from landbridge.verify.coalition_proofs import check_coalition_proofs
from landbridge.verify.departures import check_calls, check_departures, check_limits
from landbridge.verify.fleets import check_fleets
from landbridge.verify.list_proofs import check_list_proofs
from landbridge.verify.money import sum_money, sum_spend
from landbridge.verify.orders import check_orders, check_trades
from landbridge.verify.price_lists import epsilon_by_lists
from landbridge.verify.replans import check_replan, count_left
from landbridge.verify.report import Proved, Verification, order_findings, run_finding
from landbridge.verify.share_rules import check_players, check_quota_rule
from landbridge.verify.shares import check_division, check_joint
from landbridge.verify.summary import check_numbers, check_prices, check_settings, check_summary
from landbridge.verify.ways import read_ways

WRONG_NAMES = frozenset({"unknown-player", "players-differ"})
"""Findings of a division with which neither cash nor proofs can be told whose they are."""


def examine(plan: Plan, case: Case) -> Verification:
    """
    Check a plan against its case, with the money recomputed.

    Rows that name nothing that exists are left out of the sums, so that one
    wrong row may show in several findings; the first in the list says which row.
    """
    book = build_book(plan, case)
    counts = {
        table: len(getattr(plan, table)) for table in ("departures", "flows", "orders", "trades", "prices", "fleets")
    }
    unreadable = check_numbers(book)
    if unreadable:
        return Verification(findings=order_findings(unreadable), counts=counts)
    if plan.summary.value is None or plan.summary.status is PlanStatus.INFEASIBLE:
        return Verification(
            findings=order_findings([*check_settings(book), *_check_empty(plan, counts)]), counts=counts
        )
    ways, findings = read_ways(book)
    money = sum_money(book, ways)
    findings += check_departures(book)
    findings += check_limits(book)
    findings += check_calls(book)
    findings += check_loads(book, ways)
    findings += check_shares(book, ways)
    findings += check_handling_tonnes(book, ways)
    findings += check_storage(book, ways)
    findings += check_fleets(book)
    findings += check_trades(book, ways)
    findings += check_orders(book, ways)
    findings += check_prices(book)
    findings += check_summary(book, money, sum_spend(book, ways, money))
    counts["paths"] = len(ways)
    return Verification(findings=order_findings(findings), counts=counts, money=money, value=money.value)


def _check_empty(plan: Plan, counts: dict[str, int]) -> list[Finding]:
    """Check that a run without a plan has no rows and no figures."""
    findings = [
        run_finding("no-plan-with-rows", f"the run says it has no plan; found {number} rows of {table}, expected none")
        for table, number in counts.items()
        if number
    ]
    for name in ("value", "bound", "gap"):
        if getattr(plan.summary, name) is not None:
            message = f"the run says it has no plan; found {getattr(plan.summary, name)!r}, expected blank"
            findings.append(run_finding("no-plan-with-rows", message, name))
    amounts = {"spend": plan.summary.spend, **dataclasses.asdict(plan.summary.money)}
    findings.extend(
        run_finding("no-plan-with-rows", f"the run says it has no plan; found {amount!r}, expected 0", name)
        for name, amount in amounts.items()
        if amount != 0.0
    )
    return findings


def verify(plan: Plan, case: Case) -> list[Finding]:
    """Check a plan against its case; an empty list accepts it."""
    return list(examine(plan, case).findings)


def verify_run(path: Path) -> Verification:
    """
    Check a run from its folder.

    Raises
    ------
    InvalidRun
        When the folder cannot be read as a run; a run that is read and breaks a rule is told in the findings.
    """
    plan, case = read_run(path)
    return examine_run(path, plan, case)


def examine_run(path: Path, plan: Plan, case: Case) -> Verification:
    """
    Check a run that was read; what had left when it re-plans another, or how its value is shared.

    Raises
    ------
    InvalidRun
        When the tables of the division cannot be read.
    """
    found = examine(plan, case)
    if has_replan(path):
        before = read_replan(path)
        changed = order_findings([*found.findings, *check_replan(before, plan, case)])
        left = {**found.counts, "departures that had left": count_left(before, case)}
        return dataclasses.replace(found, findings=changed, counts=left)
    if not has_shares(path):
        return found
    shares = read_shares(path)
    findings = [*check_division(shares), *check_joint(shares, plan), *check_players(shares, case)]
    are_known = WRONG_NAMES.isdisjoint(finding.code for finding in findings)
    findings = [*found.findings, *findings]
    proved: tuple[int, ...] = ()
    again = Proved()
    if found.ok and are_known:  # only of a plan that holds can the cash be told
        book = build_book(plan, case)
        findings += check_cash(shares, book, read_ways(book)[0])
        findings += check_quota_rule(shares, book)
        proof_findings, proved = check_list_proofs(shares, book)
        findings += proof_findings
        proof_findings, again = check_coalition_proofs(shares, book)
        findings += proof_findings
    counts = {"coalitions": len(shares.coalitions), "shares": len(shares.shares), "payments": len(shares.settlement)}
    counts["price lists"] = len(proved)
    return dataclasses.replace(
        found,
        findings=order_findings(findings),
        counts={**found.counts, **counts},
        epsilon_proved=again.epsilon if again.lists else epsilon_by_lists(shares, proved),
        proved=again,
    )
