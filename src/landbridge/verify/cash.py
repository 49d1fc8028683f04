"""Recompute each player's own cash flow in the plan from its rows (docs/design/cooperation.md, §7.8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from landbridge.errors import Finding
from landbridge.model.case import Case
from landbridge.model.shares import ShareTables
from landbridge.verify.book import Book, leg_value
from landbridge.verify.fleets import count_used, fleet_owner
from landbridge.verify.money import handling_cost, late_cost, order_value, storage_cost, sum_filled
from landbridge.verify.report import row_finding
from landbridge.verify.ways import Way

KINDS = ("regions", "groups", "parties", "countries")
"""What players are."""


def check_cash(tables: ShareTables, book: Book, ways: Sequence[Way]) -> list[Finding]:
    """
    Check the cash in shares.csv against the plan.

    It may differ by what rounding moves: less than a unit a player, and the sum of that for the one who takes
    the rest.
    """
    by_party = _cash_by_party(book, ways)
    player_of = player_by_party(book.case, tables.summary.kind)
    cash: dict[str, float] = defaultdict(float)
    for party, amount in by_party.items():
        cash[player_of.get(party, "")] += amount
    room = 0.02 * (len(tables.summary.players) + 1)
    room += 1e-6 * max((abs(value) for value in cash.values()), default=0.0)
    findings = []
    for row, line in enumerate(tables.shares):
        if line.method == tables.summary.method and abs(line.cash - cash[line.player]) > max(room, _unit(tables)):
            message = f"{line.player!r}: found {line.cash!r}, the plan's rows give {cash[line.player]:.2f}"
            findings.append(row_finding("cash-differs", "shares", row, message, "cash"))
    return findings


def _unit(tables: ShareTables) -> float:
    """Room for currencies without cents."""
    is_whole = all(row.share == round(row.share) for row in tables.shares)
    return float(len(tables.summary.players) + 1) if is_whole else 0.0


def player_by_party(case: Case, kind: str) -> dict[str, str]:
    """Player of each party, by what players are (``share.json``)."""
    country = {region.region: region.country for region in case.regions}
    group = {region.region: region.group or region.region for region in case.regions}
    named = {"regions": {}, "groups": group, "countries": country}
    if kind == "parties":
        return {party.party: party.party for party in case.parties}
    return {party.party: named[kind].get(party.region, party.region) for party in case.parties}


def _cash_by_party(book: Book, ways: Sequence[Way]) -> dict[str, float]:
    """Money of each party: its orders at the prices of trades, its runs, and what its freight costs."""
    cash: dict[str, float] = defaultdict(float)
    nobody = book.case.parties[0].party
    filled = sum_filled(book, ways)
    carriers: dict[tuple[str, int], str] = {}
    for way in sorted(ways, key=lambda way: way.row):
        for step in way.steps:
            if step.run is not None:
                carriers.setdefault((way.first.order.order, way.first.repeat), step.run.departure.owner)
    for key, item in book.instances.items():
        order, got = item.order, filled.get(key, 0.0)
        who = order.party or _first(carriers.get(key, "")) or nobody
        if order.from_hub and order.to_hub:
            cash[who] += order_value(False, order.price_per_unit, got)
        cash[who] -= order.unserved_cost_per_unit * max(0.0, order.qty - got)
    for trade in book.plan.trades:
        offer, bid = book.orders[trade.offer], book.orders[trade.bid]
        price = trade.price_per_unit if offer.party else offer.price_per_unit
        price = price if bid.party else bid.price_per_unit
        if offer.party:
            cash[offer.party] += (price - offer.price_per_unit) * trade.qty
        if bid.party:
            cash[bid.party] += (bid.price_per_unit - price) * trade.qty
    for run in book.runs:
        spent = run.service.run_cost * run.departure.runs + (run.service.empty_cost or 0.0) * run.departure.empty_runs
        cash[_first(run.departure.owner) or nobody] -= spent
    for way in ways:
        rider = way.first.order.party or (way.bid.order.party if way.bid is not None else "") or nobody
        cash[rider] -= handling_cost(way) + storage_cost(book, way)
        for step in way.steps:
            if step.run is not None:
                service = step.run.service
                co2 = book.case.settings.co2_cost_per_t * leg_value(service.kgco2e_per_t, step.leg) / 1000.0
                paid = way.tonnes * (leg_value(service.cost_per_t, step.leg) + co2)
                cash[_first(step.run.departure.owner) or nobody] -= paid
    for party, amount in _late_by_party(book, ways).items():
        cash[party or nobody] -= amount
    for fleet, vehicles in count_used(book).items():
        cash[_first(fleet_owner(book.case, fleet)) or nobody] -= book.fleets[fleet].fixed_cost * vehicles
    return cash


def _late_by_party(book: Book, ways: Sequence[Way]) -> dict[str, float]:
    """What lateness costs in all, divided as orders are late by their last arrival: paths that came before are not."""
    late: dict[str, float] = defaultdict(float)
    for row in book.plan.orders:
        order = book.orders[row.order]
        if row.late_h and order.to_hub:
            late[order.party] += row.late_h * order.late_cost_per_unit_h * row.filled
    paid, told = sum(late_cost(way) for way in ways), sum(late.values())
    if not told:
        return {"": paid}
    return {party: amount * paid / told for party, amount in late.items()}


def _first(owner: str) -> str:
    """First party of an owner cell."""
    words = owner.replace("+", " ").split()
    return words[0].rpartition(":")[0] or words[0] if words else ""
