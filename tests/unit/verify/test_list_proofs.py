"""Lists of prices of many orders are proved again from the case, and refused when they are off."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from tests.helpers.random_cases import FEATURES, random_case

from landbridge.cooperation import Effort, Shared, ShareWishes, share
from landbridge.cooperation.endow import QuotaRule
from landbridge.cooperation.made_up import make_case
from landbridge.engine import prices
from landbridge.engine.relax.split import suits_split_bound
from landbridge.model.case import Agreement, Case, Grant
from landbridge.model.shares import ShareTables
from landbridge.planning import PlanLimits
from landbridge.verify.book import Book, build_book
from landbridge.verify.flat_graph import FlatGraph
from landbridge.verify.list_proofs import _fill, _least, check_list_proofs, read_prices, worths
from landbridge.verify.price_lists import epsilon_by_lists

SHARED = FEATURES - {
    "fleets", "empties", "round_trip", "handling_caps", "store_caps", "shares", "min_fill", "must_run", "trades", "pins"
}  # fmt: skip
"""Features of random cases that can be shared and whose orders are plain enough for the flat bound."""

WISHES = ShareWishes(
    method="owen", quotas=QuotaRule.EQUAL, plan_limits=PlanLimits(time_s=5), effort=Effort(time_s=2, work=1.0)
)


def many(case: Case) -> tuple[Shared, Book]:
    """A division by the prices of the flat bound, as though the case had many orders."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prices, "is_large", suits_split_bound)
        patch.setattr(prices, "has_time_for_scans", lambda master, watch, share: False)
        found = share(case, WISHES)
    return found, build_book(found.plan, case)


@pytest.fixture(scope="module")
def six() -> tuple[Shared, Book]:
    return many(make_case(6))


def codes(tables: ShareTables, book: Book) -> set[str]:
    return {finding.code for finding in check_list_proofs(tables, book)[0]}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_what_the_engine_priced_is_proved_again(seed):
    found, book = many(make_case(4 + 2 * (seed % 3), seed=seed))
    assert found.tables.tolls
    assert check_list_proofs(found.tables, book) == ([], (1,))


@pytest.mark.parametrize("seed", [0, 4, 9, 12, 16, 17, 18, 23, 32, 33, 34, 35, 36, 40, 41, 46, 49, 53, 54, 59])
def test_random_cases_are_proved_again(seed):
    """With handling, hub owners, dimensions, vehicles without timetable or of no use; orders and owners made whole."""
    case = random_case(seed, features=SHARED)
    case = replace(
        case,
        orders=tuple(replace(row, party=row.party or case.parties[0].party, quota="") for row in case.orders),
        services=tuple(
            replace(row, owner=row.owner.split(":")[0] if ":" in row.owner else row.owner) for row in case.services
        ),
    )
    found, book = many(case)
    assert found.tables.tolls or found.tables.room_prices
    assert check_list_proofs(found.tables, book) == ([], (1,))


def test_public_vehicles_with_few_runs_are_proved_by_quotas():
    case = make_case(4)
    services = tuple(replace(row, owner="", max_runs=1, run_cost=1.0, capacity={"t": 2.0}) for row in case.services)
    shared = Grant(agreement="all", giver="*", taker="*", kind="service")
    case = replace(
        case,
        services=services,
        agreements=(*case.agreements, Agreement(agreement="all", status="in_force")),
        grants=(*case.grants, shared),
    )
    found, book = many(case)
    assert check_list_proofs(found.tables, book) == ([], (1,))
    summary = found.tables.summary
    summary = replace(summary, quota={player: 2 * part for player, part in summary.quota.items()})
    assert codes(replace(found.tables, summary=summary), book) == {"worth-not-proved"}


@pytest.mark.slow
def test_a_worth_is_accepted_down_to_the_cent_that_is_proved_and_no_further(six):
    shared, book = six
    number = {row.list for row in shared.tables.room_prices} | {row.list for row in shared.tables.tolls}
    proved = worths(shared.tables, book, FlatGraph(book), read_prices(shared.tables, min(number)))
    for row, line in enumerate(shared.tables.price_lists):
        if line.list in number:
            cents = math.ceil(proved[line.player] * 100)
            assert cents <= round(line.worth * 100)
            for worth, expected in ((cents, []), (cents - 1, ["worth-not-proved"])):
                rows = list(shared.tables.price_lists)
                rows[row] = replace(line, worth=worth / 100)
                findings, lists = check_list_proofs(replace(shared.tables, price_lists=tuple(rows)), book)
                assert [finding.code for finding in findings] == expected
                assert lists == (() if expected else tuple(number))
                assert all(line.player in finding.message for finding in findings)


@pytest.mark.slow
def test_prices_that_are_changed_are_refused(six):
    """Half the tolls: orders are worth more than the list says. Room for less: the same."""
    shared, book = six
    tables = shared.tables
    half = tuple(replace(row, per_unit=row.per_unit / 2) for row in tables.tolls)
    assert codes(replace(tables, tolls=half), book) == {"worth-not-proved"}
    less = tuple(replace(row, per_unit=row.per_unit * 0.9) for row in tables.room_prices)
    assert codes(replace(tables, room_prices=less), book) == {"worth-not-proved"}


def test_prices_that_make_no_sense_are_told(six):
    shared, book = six
    tables = shared.tables
    toll, room = tables.tolls[0], tables.room_prices[0]
    assert codes(replace(tables, tolls=(replace(toll, per_unit=-1.0), *tables.tolls)), book) == {"price-negative"}
    assert codes(replace(tables, tolls=(replace(toll, leg=99), *tables.tolls)), book) == {"price-unknown"}
    assert codes(replace(tables, room_prices=(replace(room, dimension="x"),)), book) == {"price-unknown"}
    assert codes(replace(tables, demands=(*tables.demands, tables.demands[0])), book) == {"price-unknown"}
    players = tuple(row for row in tables.price_lists if row.player != tables.summary.players[0])
    assert codes(replace(tables, price_lists=players), book) == {"price-list-missing"}


def test_a_case_these_proofs_cannot_take_is_told(six):
    shared, book = six
    orders = (replace(book.case.orders[0], to_hub=""), *book.case.orders[1:])
    assert codes(shared.tables, replace(book, case=replace(book.case, orders=orders))) == {"list-not-provable"}


def test_tolls_by_run_are_knapsacks():
    """Against filling so many runs' worth of room at once, from the dearest down."""
    rng = np.random.default_rng(0)
    for _ in range(40):
        items = [(Fraction(int(a)), Fraction(int(b), 8)) for a, b in rng.integers(1, 30, (int(rng.integers(1, 6)), 2))]
        items.sort(key=lambda item: -item[0] / item[1])
        found = _fill(items)
        for runs in range(1, len(found) + 2):
            space, paid = Fraction(runs), Fraction(0)
            for pays, fills in items:
                part = min(Fraction(1), space / fills)
                paid, space = paid + pays * part, space - fills * part
            assert sum(found[:runs]) == paid


def test_the_least_of_two_limits_is_below_both():
    a, b = [Fraction(5), Fraction(1)], [Fraction(4), Fraction(3), Fraction(2)]
    found = _least(a, b)
    assert [sum(found[:runs]) for runs in (1, 2, 3)] == [4, 6, 6]


def test_what_verify_proves_by_itself_is_the_largest_sum_of_gains_at_its_lists(six):
    shared, _ = six
    share = {row.player: row.share for row in shared.tables.shares}
    gains = [row.worth - share[row.player] for row in shared.tables.price_lists if row.list == 1]
    expected = max(
        sum(gain for i, gain in enumerate(gains) if mask >> i & 1) for mask in range(1, (1 << len(gains)) - 1)
    )
    assert epsilon_by_lists(shared.tables, (1,)) == pytest.approx(expected)
    assert epsilon_by_lists(shared.tables, ()) is None


@pytest.mark.slow
def test_a_case_of_few_orders_gets_a_list_for_the_second_opinion_too():
    found = share(make_case(6), WISHES)
    book = build_book(found.plan, make_case(6))
    findings, proved = check_list_proofs(found.tables, book)
    assert not findings
    assert len(proved) == 1
    told = epsilon_by_lists(found.tables, proved)
    assert told is not None
    assert told >= found.tables.summary.epsilon_high - 0.01
