"""Bounds of coalitions are proved again from the prices in a run, and refused when they are off by a unit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.helpers.proof_cases import priced

import landbridge
from landbridge.cooperation import Effort, Shared, ShareWishes, share
from landbridge.model.case import Case
from landbridge.model.shares import ProofPriceRow, ProvedBy, ShareTables
from landbridge.planning import PlanLimits
from landbridge.tables import read_case, read_shares, write_run
from landbridge.verify.book import Book, build_book
from landbridge.verify.coalition_proofs import check_coalition_proofs
from landbridge.verify.report import Proved

WISHES = ShareWishes(plan_limits=PlanLimits(time_s=20, threads=1), effort=Effort(time_s=5, relax_s=20))

VALUES = {"A": 20.0, "B": 0.0, "A B": 88.0, "C": 0.0, "A C": 120.0, "B C": 30.0, "A B C": 239.0}
"""The worked example (docs/design/cooperation.md), by hand."""

STRONG = VALUES | {"A B": 63.0, "A B C": 214.0}
"""Strong relaxations of the worked example with trucks of 8, by hand."""

TIMED = (4, 8, 26, 36)
"""Random cases in which all services have a timetable, and no quota of departures or store is left out."""

ANY_TIME = (0, 11, 17, 22)
"""Random cases with services that leave at any time, where time does not matter."""

TRUE = (0, 2, 5, 8, 11, 16, 20, 26, 27, 30)
"""Random cases with fleets, trades, shares, quotas, handled tonnes; the optimiser of the tests takes a second."""


def shared(case: Case) -> tuple[Shared, Book]:
    found = share(case, WISHES)
    return found, build_book(found.plan, case)


@pytest.fixture(scope="module")
def starter() -> Case:
    return read_case(Path(landbridge.__file__).parent / "cases" / "starter")


@pytest.fixture(scope="module")
def worked(starter: Case) -> tuple[Shared, Book]:
    return shared(starter)


def codes(tables: ShareTables, book: Book) -> list[str]:
    return [finding.code for finding in check_coalition_proofs(tables, book)[0]]


def test_the_worked_example_is_proved_to_the_cent(worked):
    tables, book = worked[0].tables, worked[1]
    assert {row.members: row.value_proved for row in tables.coalitions} == VALUES
    assert {row.basis_high for row in tables.coalitions} == {"proved"}
    assert tables.summary.epsilon_proved == -59.5
    lists = len(tables.proof_lists)
    assert check_coalition_proofs(tables, book) == ([], Proved(lists=lists, coalitions=6, of=6, epsilon=-59.5))
    assert "6 re-proved by verify" in tables.summary.notes["rests_on"]


@pytest.mark.slow
def test_trucks_of_eight_are_proved_by_relaxations_alone(starter):
    """Stable by prices alone; what branching proves of all together is marked so."""
    trucks = tuple(replace(row, capacity={"t": 8.0}) if row.run_cost else row for row in starter.services)
    found, book = shared(replace(starter, services=trucks))
    tables = found.tables
    expected = STRONG | {"A C": 120.0}
    assert {row.members: row.value_proved for row in tables.coalitions} == pytest.approx(expected, abs=0.011)
    assert tables.coalitions[-1].basis_high == "branching"
    assert tables.coalitions[-1].value_high == 205
    assert tables.summary.epsilon_proved is not None
    assert tables.summary.epsilon_proved <= 0
    assert codes(tables, book) == []


@pytest.mark.parametrize("row", range(7))
def test_a_bound_off_by_a_cent_is_refused(worked, row):
    tables, book = worked[0].tables, worked[1]
    line = tables.coalitions[row]
    rows = list(tables.coalitions)
    rows[row] = replace(line, value_proved=round(line.value_proved - 0.01, 2))
    assert "value-not-proved" in codes(replace(tables, coalitions=tuple(rows)), book)
    rows[row] = replace(line, value_high=round(line.value_high - 0.01, 2))
    assert codes(replace(tables, coalitions=tuple(rows)), book) == ["value-not-proved"]
    rows[row] = replace(line, value_high=line.value_high - 0.01, basis_high="branching")
    assert codes(replace(tables, coalitions=tuple(rows)), book) == []  # what branching proves is not claimed here


def test_what_is_claimed_without_proof_is_refused(worked):
    tables, book = worked[0].tables, worked[1]
    none = replace(tables, proof_lists=(), proof_prices=())
    assert set(codes(none, book)) == {"value-not-proved", "epsilon-mismatch"}
    half = tuple(replace(row, price=row.price / 2) for row in tables.proof_prices)
    assert "value-not-proved" in codes(replace(tables, proof_prices=half), book)
    summary = replace(tables.summary, epsilon_proved=-60.0)
    assert codes(replace(tables, summary=summary), book) == ["epsilon-mismatch"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"price": -1.0}, "price-negative"),
        ({"leg": 9}, "price-unknown"),
        ({"kind": "magic"}, "price-unknown"),
        ({"resource": "nothing"}, "price-unknown"),
        ({"units": 0}, "price-unknown"),
        ({"at": "2026-01-05T07:00+08:00"}, "price-unknown"),
        ({"kind": "tonnes", "resource": "A-town", "at": "0"}, "price-unknown"),
        ({"kind": "hub_calls", "resource": "A-town", "at": "0"}, "price-unknown"),
        ({"kind": "offer", "resource": "A:A>C"}, "price-unknown"),
        ({"kind": "vehicle", "resource": "none"}, "price-unknown"),
        ({"list": 99}, "list-unknown"),
    ],
)
def test_prices_that_make_no_sense_are_told(worked, change, code):
    tables, book = worked[0].tables, worked[1]
    room = next(row for row in tables.proof_prices if row.kind == ProvedBy.ROOM)
    wrong = replace(room, **change)
    assert codes(replace(tables, proof_prices=(*tables.proof_prices, wrong)), book) == [code]


def test_lists_that_make_no_sense_are_told(worked):
    tables, book = worked[0].tables, worked[1]
    twice = (*tables.proof_lists, tables.proof_lists[0])
    assert codes(replace(tables, proof_lists=twice), book) == ["list-unknown"]
    nobody = replace(tables.proof_lists[0], members="A X")
    assert "list-unknown" in codes(replace(tables, proof_lists=(nobody, *tables.proof_lists[1:])), book)
    costs = tuple(replace(row, run_cost=-1.0) for row in book.case.services)
    assert codes(tables, replace(book, case=replace(book.case, services=costs))) == ["list-not-provable"]


def test_proofs_are_read_as_they_were_written(worked, starter, tmp_path):
    write_run(worked[0].plan, starter, tmp_path / "run", worked[0].tables)
    assert read_shares(tmp_path / "run") == worked[0].tables


@pytest.mark.parametrize("seed", TIMED + ANY_TIME)
def test_the_proof_is_as_sharp_as_the_relaxation(seed):
    found = priced(seed)
    assert found.is_timed == (seed in TIMED)
    assert found.proved()[found.mask] <= found.bound + 1e-6 * max(1.0, abs(found.bound))


@pytest.mark.parametrize("seed", TRUE)
def test_no_part_of_a_coalition_is_worth_more_than_is_proved(seed):
    """Against the tests' own optimiser, which shares no code with engine or verify."""
    found = priced(seed)
    proved = found.proved()
    for mask in {found.mask, *(1 << player for player in range(len(found.endowment.players.names)))}:
        assert proved[mask] >= found.truth(mask) - 1e-6 * max(1.0, abs(found.truth(mask)))


@given(seed=st.sampled_from(TRUE), data=st.data())
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_wrong_prices_prove_no_wrong_bound(seed, data):
    """Whatever is made of the prices, what they prove holds: of the whole coalition, and of a part."""
    found = priced(seed)
    factors = st.sampled_from([0.0, 0.3, 0.9, 1.0, 1.1, 2.0, 50.0])
    rows: list[ProofPriceRow] = []
    for row in found.rows:
        factor = data.draw(factors)
        if data.draw(st.booleans()) or factor:
            sign = -1.0 if row.kind in (ProvedBy.OFFER, ProvedBy.VEHICLE) and factor == 2.0 else 1.0
            rows.append(replace(row, price=row.price * factor * sign + data.draw(st.sampled_from([0.0, 0.0, 3.7]))))
    proved = found.proved(tuple(rows))
    part = data.draw(st.sampled_from([1 << player for player in range(len(found.endowment.players.names))]))
    for mask in (found.mask, part):
        assert proved[mask] >= found.truth(mask) - 1e-6 * max(1.0, abs(found.truth(mask)))
