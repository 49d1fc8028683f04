"""Prove bounds of coalitions again from the prices in a run, and refuse those that are told too low."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from landbridge.errors import Finding
from landbridge.model.case import Case
from landbridge.model.plan import Plan
from landbridge.model.shares import ProofPriceRow, ShareTables
from landbridge.verify.book import Book, build_book
from landbridge.verify.coalition_bounds import ListBound, Prover, least_values
from landbridge.verify.members import Players, exact
from landbridge.verify.proof_prices import LARGEST, NANO, read_prices
from landbridge.verify.report import Proved, row_finding

PROVED = "proved"
"""Basis of a bound that the prices in the run prove."""

MOST_PLAYERS = 16
"""Players up to which bounds of coalitions are listed."""


def check_coalition_proofs(tables: ShareTables, book: Book) -> tuple[list[Finding], Proved]:
    """
    Check what coalitions.csv says is proved against what the prices in proof_prices.csv make of the case.

    Any prices prove something: of too good ones, orders find cheap ways or runs earn much, and the bound is weak. So no
    prices prove a bound that does not hold.
    """
    if not tables.proof_lists:
        return list(_claims_without_lists(tables)), Proved()
    obstacle = obstacle_of(book.case)
    if obstacle or len(tables.summary.players) > MOST_PLAYERS:
        message = obstacle or f"more than {MOST_PLAYERS} players; expected price lists"
        return [row_finding("list-not-provable", "proof_lists", 0, message, "list")], Proved()
    findings: list[Finding] = []
    bounds = _bounds(tables, book, findings)
    if findings:
        return findings, Proved()
    names = tables.summary.players
    least = least_values(bounds, len(names))
    mask = {frozenset(_members(m, names)): m for m in range(1, 1 << len(names))}
    share = {row.player: exact(row.share) for row in tables.shares if row.method == tables.summary.method}
    excess: list[Fraction | None] = []
    count = 0
    for row, line in enumerate(tables.coalitions):
        members = frozenset(line.members.split())
        proved = least[mask[members]]
        findings += _check_row(row, line.members, line.value_proved, line.value_high, line.basis_high, proved)
        if len(members) < len(names):
            count += line.basis_high == PROVED
            promised = sum((share.get(name, Fraction(0)) for name in members), Fraction(0))
            excess.append(None if line.value_proved is None else exact(line.value_proved) - promised)
    complete = tables.summary.is_complete and None not in excess
    epsilon = max((found for found in excess if found is not None), default=None) if complete else None
    told = tables.summary.epsilon_proved
    if told != (None if epsilon is None else float(epsilon)):
        message = f"found {told!r}, expected {None if epsilon is None else float(epsilon)!r}"
        findings.append(Finding(where="share.json", column="epsilon_proved", message=message, code="epsilon-mismatch"))
    proved_all = Proved(
        lists=len(bounds), coalitions=count, of=len(excess), epsilon=None if epsilon is None else float(epsilon)
    )
    return findings, Proved() if findings else proved_all


def prove_lists(
    plan: Plan,
    case: Case,
    names: tuple[str, ...],
    kind: str,
    quota: Mapping[str, float],
    lists: Sequence[tuple[str, Sequence[ProofPriceRow]]],
) -> list[int | None]:
    """
    Find what lists of prices prove of each coalition by mask, nano-units rounded up; None where nothing.

    Parameters
    ----------
    plan
        The plan that is divided; only the agreements it was made with count.
    names, kind, quota
        Players, what they are, and the part of each in what is limited and public.
    lists
        Members of each list and its prices.
    """
    if obstacle_of(case):
        return [None] * (1 << len(names))
    book = build_book(plan, case)
    players = Players.of(case, names, kind, quota)
    prover = Prover(book, players)
    bounds = [
        prover.bound(_inside(members, players), read_prices(enumerate(rows), book, [])) for members, rows in lists
    ]
    return least_values(bounds, len(names))


def obstacle_of(case: Case) -> str:
    """What in a case these proofs cannot take, in words; blank: nothing."""
    costs = [cost for service in case.services for cost in (service.run_cost, *service.cost_per_t)]
    costs += [row.cost_per_t for row in case.handling] + [row.store_cost_per_t_h for row in case.hubs]
    if min(costs, default=0.0) < 0:
        return "a cost is below 0; expected a run without prices for it"
    if max((abs(row.price_per_unit) + row.unserved_cost_per_unit for row in case.orders), default=0.0) > LARGEST * 100:
        return "a price of an order is beyond what can be counted in whole nano-units; choose a larger unit of money"
    return ""


def _bounds(tables: ShareTables, book: Book, findings: list[Finding]) -> list[ListBound]:
    rows: dict[int, list[tuple[int, ProofPriceRow]]] = defaultdict(list)
    for number, row in enumerate(tables.proof_prices):
        rows[row.list].append((number, row))
    summary = tables.summary
    players = Players.of(book.case, summary.players, summary.kind, summary.quota)
    prover = Prover(book, players)
    seen: set[int] = set()
    bounds = []
    for number, line in enumerate(tables.proof_lists):
        unknown = {*line.members.split()} - {*players.names}
        if line.list in seen or unknown or not line.members.split():
            message = f"list {line.list} of {line.members!r}: expected a number of its own and players of the division"
            findings.append(row_finding("list-unknown", "proof_lists", number, message, "members"))
            continue
        seen.add(line.list)
        prices = read_prices(rows[line.list], book, findings)
        if not findings:
            bounds.append(prover.bound(_inside(line.members, players), prices))
    for number, row in enumerate(tables.proof_prices):
        if row.list not in seen:
            message = f"there is no list {row.list}"
            findings.append(row_finding("list-unknown", "proof_prices", number, message, "list"))
            break
    return bounds


def _check_row(
    row: int, name: str, told: float | None, high: float, basis: str, proved: int | None
) -> Iterable[Finding]:
    if told is not None and (proved is None or exact(told) * NANO < proved):
        least = "nothing" if proved is None else repr(math.ceil(proved / 10) / 10**8)
        message = f"{name!r}: found {told!r}, the prices in the run prove {least}"
        yield row_finding("value-not-proved", "coalitions", row, message, "value_proved")
    if basis == PROVED and (told is None or told > high):
        message = f"{name!r}: found {high!r}, the prices in the run prove {told!r}"
        yield row_finding("value-not-proved", "coalitions", row, message, "value_high")


def _claims_without_lists(tables: ShareTables) -> Iterable[Finding]:
    if tables.summary.epsilon_proved is not None:
        message = f"found {tables.summary.epsilon_proved!r}; proof_lists.csv has no list of prices"
        yield Finding(where="share.json", column="epsilon_proved", message=message, code="epsilon-mismatch")
    for row, line in enumerate(tables.coalitions):
        if line.value_proved is not None or line.basis_high == PROVED:
            message = f"{line.members!r} is told as proved; proof_lists.csv has no list of prices"
            yield row_finding("value-not-proved", "coalitions", row, message, "value_proved")


def _members(mask: int, names: tuple[str, ...]) -> list[str]:
    return [name for index, name in enumerate(names) if mask >> index & 1]


def _inside(members: str, players: Players) -> frozenset[int]:
    return frozenset(players.names.index(name) for name in members.split())
