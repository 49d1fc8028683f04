"""Cash of each party by verify is what the engine books, on plans made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.helpers.hand_runs import HAND_RUNS
from tests.helpers.hand_shares import SHARED

from landbridge.cooperation.cash import cash_flows
from landbridge.cooperation.players import PlayerKind, find_players
from landbridge.cooperation.restrict import Endowment
from landbridge.model.case import Case
from landbridge.model.plan import Plan
from landbridge.model.shares import ShareRow, ShareTables
from landbridge.verify.book import build_book
from landbridge.verify.cash import check_cash
from landbridge.verify.ways import read_ways


def booked(plan: Plan, case: Case) -> ShareTables:
    """A division among parties that leaves each its cash as the engine books it."""
    players = find_players(case, PlayerKind.PARTIES)
    rows = tuple(
        ShareRow(method="owen", player=name, alone=0.0, share=0.5, gain=0.5, cash=float(cash), payment=0.0)
        for name, cash in zip(players.names, cash_flows(Endowment(case=case, players=players), plan, 2), strict=True)
    )
    return replace(
        SHARED, shares=rows, summary=replace(SHARED.summary, players=players.names, kind="parties", method="owen")
    )


def is_accepted(tables: ShareTables, plan: Plan, case: Case) -> bool:
    book = build_book(plan, case)
    return not check_cash(tables, book, read_ways(book)[0])


@pytest.mark.parametrize("name", HAND_RUNS)
def test_what_the_engine_books_is_accepted_and_a_unit_more_is_not(name):
    """A unit that moves from the first to the last is found, late freight or not."""
    plan, case = HAND_RUNS[name]()
    tables = booked(plan, case)
    assert is_accepted(tables, plan, case)
    first, *others, last = tables.shares
    moved = (replace(first, cash=first.cash - 1.0), *others, replace(last, cash=last.cash + 1.0))
    assert not is_accepted(replace(tables, shares=moved), plan, case)


def test_a_fleet_that_services_of_two_owners_use_is_nobodys():
    """As in the engine; it was booked to the owner of the service that comes last in the case."""
    plan, case = HAND_RUNS["week"]()
    fleet = next(row for row in case.fleets if any(use.fleet == row.fleet and use.used for use in plan.fleets))
    first, last = case.parties[0].party, case.parties[-1].party
    users = [row for row in case.services if row.fleet == fleet.fleet]
    unused = replace(users[-1], service="spare", owner=last if users[-1].owner != last else first)
    for services in ((*case.services, unused), (unused, *case.services)):
        fleets = tuple(replace(row, owner="") if row == fleet else row for row in case.fleets)
        changed = replace(case, services=services, fleets=fleets)
        assert is_accepted(booked(plan, changed), plan, changed)
