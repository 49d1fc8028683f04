"""What ``verify`` hands back, and how its findings are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from landbridge.errors import Finding
from landbridge.model.plan import Money

FINDINGS_PER_CODE = 20
"""Findings of one rule that are listed; the last one says how many more there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """
    Bounds of coalitions that were proved again from prices in the run.

    Parameters
    ----------
    lists, coalitions, of
        Lists of prices, proper coalitions whose bound these prove, and how many there are.
    epsilon
        No coalition gains more by leaving, by what was proved alone; None where some coalition is not covered.
    """

    lists: int = 0
    coalitions: int = 0
    of: int = 0
    epsilon: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """
    The outcome of checking a run.

    Parameters
    ----------
    findings
        Broken rules, sorted by table and row; empty when the run is accepted.
    counts
        How many things were checked, by name: departures, flows, paths, orders, trades, prices, fleets.
    money
        Terms of the value, recomputed from the rows.
    value
        Value of the plan, recomputed from the rows.
    epsilon_proved
        Of a division: no group of players gains more than this by leaving, proved here without any proof of the
        engine; None where nothing is.
    proved
        Of a division among few: how much of it was.
    """

    findings: tuple[Finding, ...]
    counts: Mapping[str, int] = field(default_factory=dict)
    money: Money = field(default_factory=Money)
    value: float = 0.0
    epsilon_proved: float | None = None
    proved: Proved = field(default_factory=Proved)

    @property
    def ok(self) -> bool:
        """True when no rule is broken."""
        return not self.findings


def row_finding(code: str, table: str, row: int, message: str, column: str = "") -> Finding:
    """Finding about row ``row`` (0 = the first after the header) of a run's table."""
    return Finding(code=code, where=f"{table}.csv:{row + 2}", message=message, column=column)


def run_finding(code: str, message: str, column: str = "") -> Finding:
    """Finding about ``run.json``."""
    return Finding(code=code, where="run.json", message=message, column=column)


def _place(finding: Finding) -> tuple[str, int, str, str]:
    table, _, line = finding.where.partition(":")
    return table, int(line) if line.isdigit() else 0, finding.column, finding.message


def order_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings by place and list at most ``FINDINGS_PER_CODE`` of a code."""
    ordered = sorted(set(findings), key=_place)
    totals = Counter(finding.code for finding in ordered)
    seen: Counter[str] = Counter()
    kept = []
    for finding in ordered:
        seen[finding.code] += 1
        left = totals[finding.code] - FINDINGS_PER_CODE
        if seen[finding.code] < FINDINGS_PER_CODE or (seen[finding.code] == FINDINGS_PER_CODE and left == 0):
            kept.append(finding)
        elif seen[finding.code] == FINDINGS_PER_CODE:
            kept.append(replace(finding, message=f"{finding.message}; and {left} more of this kind"))
    return tuple(kept)
