"""Check what a division says of itself against its case and its coalitions: players, tolerance, quotas."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from fractions import Fraction

from landbridge.errors import Finding
from landbridge.model.case import Case
from landbridge.model.shares import ShareTables
from landbridge.verify.book import Book
from landbridge.verify.cash import KINDS, player_by_party
from landbridge.verify.members import exact
from landbridge.verify.report import row_finding

TOLERANCE_OF_GAIN = Fraction(2, 100)
"""Part of the gain up to which an epsilon is called certified while stability is open."""

LARGEST_UNIT = 1
"""Smallest unit that is paid, of the currency that has the largest: what is rounded down lacks less."""

LEAST_SAMPLES = 4
"""Orders of arrival from which a spread can be told."""

QUOTA_TOL = 1e-9
"""Parts of what is public are quotients of sums, as floats."""

Group = frozenset[str]


def check_players(tables: ShareTables, case: Case) -> list[Finding]:
    """Check that each party of the case is of a player of the division, and each player has a party."""
    kind, names = tables.summary.kind, tables.summary.players
    if kind not in KINDS:
        return [_told("players-differ", f"found {kind!r}, expected one of {' '.join(KINDS)}", "kind")]
    expected = tuple(dict.fromkeys(player_by_party(case, kind).values()))
    if sorted(names) == sorted(expected):
        return []
    message = f"found {' '.join(names)!r}, the {kind} of the case's parties are {' '.join(expected)!r}"
    return [_told("players-differ", message, "players")]


def check_alone(tables: ShareTables, low: Mapping[Group, Fraction]) -> list[Finding]:
    """Check that what a player has alone is what coalitions.csv says it reaches: gains are measured from there."""
    findings = []
    for row, line in enumerate(tables.shares):
        value = low.get(frozenset({line.player}))
        if value is None or exact(line.alone) != value:
            expected = "a row in coalitions.csv" if value is None else repr(float(value))
            message = f"{line.method} {line.player!r}: found {line.alone!r}, expected {expected}"
            findings.append(row_finding("alone-mismatch", "shares", row, message, "alone"))
    return findings


def check_tolerance(tables: ShareTables, bound: Fraction) -> list[Finding]:
    """
    Check the largest epsilon that is called certified against its definition (cooperation.md, §4.3), rounded down.

    Parameters
    ----------
    bound
        Bound on everybody in coalitions.csv.
    """
    summary, findings = tables.summary, []
    if exact(summary.bound) != bound:
        message = f"found {summary.bound!r}, coalitions.csv says {float(bound)!r}"
        findings.append(_told("bound-mismatch", message, "bound"))
    value = exact(summary.value)
    most = max(
        TOLERANCE_OF_GAIN * (value - _alone(tables)), max(bound, _least_list(tables, bound)) - value, Fraction(0)
    )
    if not most - LARGEST_UNIT < exact(summary.tolerance) <= most:
        message = f"found {summary.tolerance!r}, expected {float(most)!r}, rounded down"
        findings.append(_told("tolerance-mismatch", message, "tolerance"))
    return findings


def _alone(tables: ShareTables) -> Fraction:
    """What all reach alone."""
    rows = (row for row in tables.coalitions if len(row.members.split()) == 1)
    return sum((exact(row.value_low) for row in rows), Fraction(0))


def _least_list(tables: ShareTables, bound: Fraction) -> Fraction:
    """What the least list of prices of everybody comes to, of many players: no less can be shown."""
    lists: dict[int, dict[str, Fraction]] = defaultdict(dict)
    for row in tables.price_lists:
        lists[row.list][row.player] = exact(row.worth)
    whole = [sum(item.values(), Fraction(0)) for item in lists.values() if set(item) == set(tables.summary.players)]
    return bound if tables.summary.is_complete else min(whole, default=bound)


def check_sampled(tables: ShareTables) -> list[Finding]:
    """Check that a sampled Shapley value has a row for each player, adds up to the value, and tells its precision."""
    rows = tables.sampled
    if not rows:
        return []
    findings = []
    for row, line in enumerate(rows):
        if line.samples < LEAST_SAMPLES or line.half_width < 0 or not 0 < line.confidence < 1:
            message = (
                f"{line.player!r}: found {line.samples} samples, half width {line.half_width!r}, confidence "
                f"{line.confidence!r}; expected {LEAST_SAMPLES} samples or more, no less than 0, between 0 and 1"
            )
            findings.append(row_finding("sampled-wrong", "sampled", row, message, "half_width"))
    names, total = [line.player for line in rows], sum((exact(line.share) for line in rows), Fraction(0))
    if sorted(names) != sorted(tables.summary.players):
        message = f"found rows of {' '.join(names)!r}, expected one for each of {' '.join(tables.summary.players)!r}"
        findings.append(row_finding("sampled-wrong", "sampled", 0, message, "player"))
    elif abs(total - exact(tables.summary.value)) > LARGEST_UNIT * len(rows):
        message = f"shares add up to {float(total)!r}, expected {tables.summary.value!r} but for rounding"
        findings.append(row_finding("sampled-wrong", "sampled", 0, message, "share"))
    return findings


def check_quota(tables: ShareTables) -> list[Finding]:
    """Check that parts of what is public are none, or one for each player that add up to 1, by some rule."""
    quota, rule = tables.summary.quota, tables.summary.quotas
    if not quota and not rule:
        return []
    is_whole = abs(sum(quota.values()) - 1) <= QUOTA_TOL and min(quota.values(), default=0.0) >= 0
    if set(quota) == set(tables.summary.players) and is_whole and rule:
        return []
    message = f"found {dict(quota)!r} by {rule!r}; expected parts of all players that add up to 1, and their rule"
    return [_told("quota-wrong", message, "quota")]


def check_quota_rule(tables: ShareTables, book: Book) -> list[Finding]:
    """Check the parts of what is public against the case by the rule that is told."""
    quota, rule = tables.summary.quota, tables.summary.quotas
    if not quota:
        return []
    size = _sizes(tables, book, rule)
    total = sum(size.values())
    if not total or any(abs(part - size.get(name, 0.0) / total) > QUOTA_TOL for name, part in quota.items()):
        expected = {name: size.get(name, 0.0) / total for name in tables.summary.players} if total else "another rule"
        message = f"found {dict(quota)!r}, by {rule!r} expected {expected!r}"
        return [_told("quota-mismatch", message, "quota")]
    return []


def _sizes(tables: ShareTables, book: Book, rule: str) -> dict[str, float]:
    """Size of each player by a rule: 1, inhabitants of its regions, or tonnes of its orders; empty: no such rule."""
    size: dict[str, float] = defaultdict(float)
    player_of = player_by_party(book.case, tables.summary.kind)
    if rule == "equal":
        return dict.fromkeys(tables.summary.players, 1.0)
    if rule == "population":
        people = {row.region: row.population or 0.0 for row in book.case.regions}
        homes = {(party.region, player_of[party.party]) for party in book.case.parties}
        shared = Counter(region for region, _ in homes)
        for region, player in sorted(homes):
            size[player] += people.get(region, 0.0) / shared[region]
    elif rule == "volume":
        repeats = Counter(order for order, _ in book.instances)
        for order in book.case.orders:
            if order.party:
                tonnes = book.goods[order.good].per_unit.get("t", 0.0) * order.qty
                size[player_of[order.party]] += tonnes * repeats[order.order]
    return size


def _told(code: str, message: str, column: str) -> Finding:
    return Finding(code=code, where="share.json", message=message, column=column)
