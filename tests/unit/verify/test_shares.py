"""A division is doubted from its tables alone: anything off by one unit is refused, by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from landbridge.model.shares import (
    CertificateRow,
    CoalitionValue,
    MethodRow,
    PaymentRow,
    SampledRow,
    ShareRow,
    ShareSummary,
    ShareTables,
    SubsidisedRow,
    WeightRow,
)
from landbridge.verify import check_division

VALUES = {"A": 20.0, "B": 0.0, "A B": 88.0, "C": 0.0, "A C": 120.0, "B C": 30.0, "A B C": 239.0}
SHARES = {"A": 104.0, "B": 59.5, "C": 75.5}
CASH = {"A": -1.0, "B": 80.0, "C": 160.0}


def worked_example() -> ShareTables:
    """The nucleolus of the worked example, written by hand."""
    certificate = [
        CertificateRow(coalition=members, excess_low=excess, excess_high=excess, verdict="certified")
        for members, excess in {"A": -84.0, "B": -59.5, "A B": -75.5, "C": -75.5, "A C": -59.5, "B C": -105.0}.items()
    ]
    return ShareTables(
        summary=ShareSummary(
            players=("A", "B", "C"),
            kind="regions",
            method="nucleolus",
            agreements="all",
            quotas="",
            quota={},
            verdict="CERTIFIED_STABLE",
            epsilon_low=-59.5,
            epsilon_high=-59.5,
            tolerance=4.38,
            value=239.0,
            bound=239.0,
            subsidy_low=0.0,
            subsidy_high=0.0,
            currency="CNY",
            is_complete=True,
        ),
        coalitions=tuple(
            CoalitionValue(
                members=members,
                value_low=value,
                value_high=value,
                basis_low="plan",
                basis_high="branching",
                seconds=0.1,
            )
            for members, value in VALUES.items()
        ),
        methods=(
            MethodRow(
                method="nucleolus", verdict="CERTIFIED_STABLE", epsilon_low=-59.5, epsilon_high=-59.5, closest="B"
            ),
        ),
        shares=tuple(
            ShareRow(
                method="nucleolus",
                player=player,
                alone=VALUES[player],
                share=share,
                gain=share - VALUES[player],
                cash=CASH[player],
                payment=share - CASH[player],
            )
            for player, share in SHARES.items()
        ),
        certificate=tuple(certificate),
        weights=(),
        settlement=(
            PaymentRow(payer="C", payee="A", amount=84.5),
            PaymentRow(payer="B", payee="A", amount=20.5),
        ),
    )


def half_truck() -> ShareTables:
    """Three regions with half a truckload each: no division is stable."""
    values = {"A": -100.0, "B": -100.0, "A B": -100.0, "C": -100.0, "A C": -100.0, "B C": -100.0, "A B C": -200.0}
    shares = {"A": -66.67, "B": -66.67, "C": -66.66}
    tables = worked_example()
    excess = {"A": -33.33, "B": -33.33, "A B": 33.34, "C": -33.34, "A C": 33.33, "B C": 33.33}
    return ShareTables(
        summary=replace(
            tables.summary,
            verdict="CERTIFIED_EMPTY",
            epsilon_low=33.34,
            epsilon_high=33.34,
            tolerance=2.0,
            value=-200.0,
            bound=-200.0,
            subsidy_low=50.0,
            subsidy_high=50.0,
        ),
        coalitions=tuple(
            replace(row, value_low=values[row.members], value_high=values[row.members]) for row in tables.coalitions
        ),
        methods=(
            MethodRow(
                method="nucleolus", verdict="CERTIFIED_EMPTY", epsilon_low=33.34, epsilon_high=33.34, closest="A B"
            ),
        ),
        shares=tuple(
            replace(
                row,
                alone=-100.0,
                share=shares[row.player],
                gain=float(f"{100 + shares[row.player]:.2f}"),
                cash=shares[row.player],
                payment=0.0,
            )
            for row in tables.shares
        ),
        subsidised=tuple(SubsidisedRow(player=player, share=-50.0) for player in "ABC"),
        certificate=tuple(
            CertificateRow(
                coalition=members, excess_low=value, excess_high=value, verdict="refuted" if value > 0 else "certified"
            )
            for members, value in excess.items()
        ),
        weights=tuple(WeightRow(coalition=pair, weight="1/2") for pair in ("A B", "A C", "B C")),
        settlement=(),
    )


def change(tables: ShareTables, table: str, row: int, **cells: Any) -> ShareTables:
    rows = list(getattr(tables, table))
    rows[row] = replace(rows[row], **cells)
    return replace(tables, **{table: tuple(rows)})


def codes(tables: ShareTables) -> set[str]:
    return {finding.code for finding in check_division(tables)}


def test_the_worked_example_is_accepted():
    assert check_division(worked_example()) == ()


def test_the_empty_core_is_accepted_with_its_weights():
    assert check_division(half_truck()) == ()


@pytest.mark.parametrize("unit", [1.0, 0.01, 1e-6])
def test_a_coalition_inequality_off_by_one_unit_is_refused(unit):
    """A and B could have one unit more than they are promised; the sums are all right."""
    tables = worked_example()
    tables = change(tables, "coalitions", 2, value_low=163.5 + unit, value_high=163.5 + unit)
    tables = change(tables, "certificate", 2, excess_low=0.0, excess_high=0.0, verdict="certified")
    found = check_division(tables)
    assert {"excess-mismatch", "judgement-mismatch"} <= {finding.code for finding in found}
    assert any("'A B'" in finding.message for finding in found)


CHANGES: list[tuple[str, int, dict[str, Any], str]] = [
    ("shares", 0, {"share": 104.01}, "share-sum"),
    ("shares", 0, {"share": 104.01}, "share-gain"),
    ("shares", 1, {"gain": 59.51}, "share-gain"),
    ("shares", 1, {"payment": -20.49}, "share-payment"),
    ("shares", 1, {"payment": -20.49}, "payment-sum"),
    ("shares", 2, {"player": "D"}, "unknown-player"),
    ("shares", 2, {"player": "A"}, "share-missing"),
    ("coalitions", 2, {"members": "A"}, "coalition-twice"),
    ("coalitions", 2, {"value_low": 89.0}, "low-above-high"),
    ("coalitions", 2, {"value_high": 88.01}, "excess-mismatch"),
    ("coalitions", 6, {"value_low": 238.0}, "value-mismatch"),
    ("coalitions", 6, {"members": "A B C C"}, "unknown-player"),
    ("certificate", 2, {"excess_high": -75.49}, "excess-mismatch"),
    ("certificate", 2, {"verdict": "open"}, "judgement-mismatch"),
    ("certificate", 2, {"coalition": "A"}, "certificate-coalition"),
    ("certificate", 2, {"coalition": "A"}, "certificate-incomplete"),
    ("methods", 0, {"epsilon_high": -59.49}, "epsilon-mismatch"),
    ("methods", 0, {"method": "owen"}, "share-missing"),
    ("methods", 0, {"verdict": "UNDECIDED"}, "verdict-mismatch"),
    ("methods", 0, {"closest": "A"}, "closest-mismatch"),
    ("methods", 0, {"closest": "A B C"}, "closest-mismatch"),
    ("shares", 1, {"alone": -100.0, "gain": 159.5}, "alone-mismatch"),
    ("settlement", 0, {"amount": 84.51}, "settlement-mismatch"),
    ("settlement", 0, {"payer": "A"}, "payment-wrong"),
]


@pytest.mark.parametrize(("table", "row", "cells", "code"), CHANGES)
def test_one_changed_cell_is_found(table, row, cells, code):
    assert code in codes(change(worked_example(), table, row, **cells))


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"verdict": "CERTIFIED_EPSILON"}, "verdict-mismatch"),
        ({"epsilon_high": -60.0}, "epsilon-mismatch"),
        ({"value": 240.0}, "value-mismatch"),
        ({"method": "owen"}, "share-missing"),
        ({"bound": 300.0}, "bound-mismatch"),
        ({"tolerance": 4.39}, "tolerance-mismatch"),
        ({"tolerance": 3.0}, "tolerance-mismatch"),
        ({"quotas": "equal"}, "quota-wrong"),
        ({"quotas": "equal", "quota": {"A": 0.5, "B": 0.5}}, "quota-wrong"),
        ({"quotas": "equal", "quota": {"A": 0.5, "B": 0.5, "C": 0.5}}, "quota-wrong"),
        ({"quota": {"A": 0.5, "B": 0.25, "C": 0.25}}, "quota-wrong"),
        ({"subsidy_low": 1.0}, "weights-missing"),
    ],
)
def test_a_summary_that_says_more_than_the_tables_is_found(cells, code):
    tables = worked_example()
    assert code in codes(replace(tables, summary=replace(tables.summary, **cells)))


@pytest.mark.parametrize(
    ("row", "cells", "code"),
    [
        (0, {"weight": "499999/1000000"}, "weights-not-balanced"),
        (0, {"weight": "0"}, "weight-wrong"),
        (0, {"weight": "half"}, "weight-wrong"),
        (0, {"coalition": "A C"}, "weight-wrong"),
        (0, {"weight": "499999/1000000"}, "subsidy-mismatch"),
    ],
)
def test_weights_that_prove_nothing_are_found(row, cells, code):
    assert code in codes(change(half_truck(), "weights", row, **cells))


def test_weights_of_a_game_with_a_core_prove_nothing():
    tables = worked_example()
    weights = tuple(WeightRow(coalition=pair, weight="1/2") for pair in ("A B", "A C", "B C"))
    assert "core-not-proved-empty" in codes(replace(tables, weights=weights))


def open_interval(high: float, verdict: str) -> ShareTables:
    """A and B together may be worth more than they are promised, 163.5."""
    excess = high - 163.5
    tables = change(worked_example(), "coalitions", 2, value_high=high)
    tables = change(tables, "certificate", 2, excess_high=excess, verdict="open")
    tables = change(tables, "methods", 0, epsilon_high=excess, verdict=verdict, closest="A B")
    return replace(tables, summary=replace(tables.summary, verdict=verdict, epsilon_high=excess))


def test_an_interval_that_reaches_above_the_promise_is_open_not_certified():
    """2 % of the gain of 219 are 4.38: an epsilon of 4 is certified, one of 6.5 is not."""
    assert check_division(open_interval(170.0, "UNDECIDED")) == ()
    assert check_division(open_interval(167.5, "CERTIFIED_EPSILON")) == ()


def test_a_tolerance_that_is_told_too_large_certifies_nothing():
    tables = open_interval(170.0, "CERTIFIED_EPSILON")
    assert codes(replace(tables, summary=replace(tables.summary, tolerance=6.5))) == {"tolerance-mismatch"}


def test_a_certificate_without_rows_is_refused():
    """A forger could otherwise say stable of any division: no row, no sum that does not fit."""
    tables = replace(half_truck(), certificate=(), weights=())
    told = {"verdict": "CERTIFIED_STABLE", "epsilon_low": -1.0, "epsilon_high": -1.0, "subsidy_low": 0.0}
    for is_complete in (True, False):
        summary = replace(tables.summary, **told, subsidy_high=0.0, is_complete=is_complete)
        assert "certificate-incomplete" in codes(replace(tables, summary=summary))


def test_a_certificate_that_leaves_out_a_valued_coalition_is_refused():
    """Of many players too: the coalition left out may be the one that gains."""
    tables = worked_example()
    tables = replace(tables, summary=replace(tables.summary, is_complete=False), certificate=tables.certificate[1:])
    assert {"certificate-incomplete", "price-list-missing"} <= codes(tables)


def test_a_game_of_everybody_alone_is_told_not_raised():
    tables = replace(worked_example(), coalitions=worked_example().coalitions[-1:], certificate=())
    assert "certificate-incomplete" in codes(tables)


@pytest.mark.parametrize(
    ("rows", "told", "codes"),
    [
        ((-50.0, -50.01, -49.99), 50.0, {"subsidised-wrong"}),  # A and B could have -100, and would get -100.01
        ((-50.0, -50.0, -49.0), 50.0, {"subsidy-mismatch"}),
        ((-50.0, -50.0, -50.0), 49.99, {"subsidy-mismatch"}),
        ((-50.0, -50.0), 50.0, {"subsidised-wrong"}),
        ((), 50.0, {"subsidised-wrong"}),
    ],
)
def test_a_subsidy_is_enough_only_where_a_division_shows_it(rows, told, codes):
    tables = half_truck()
    subsidised = tuple(SubsidisedRow(player=player, share=share) for player, share in zip("ABC", rows, strict=False))
    tables = replace(tables, subsidised=subsidised, summary=replace(tables.summary, subsidy_high=told))
    assert {item.code for item in check_division(tables)} == codes


@pytest.mark.parametrize(
    "changes", [{"half_width": -1.0}, {"samples": 3}, {"confidence": 1.0}, {"share": 150.0}, {"player": "B"}]
)
def test_a_sampled_shapley_value_adds_up_and_tells_its_precision(changes):
    shares = {"A": 110.0, "B": 57.0, "C": 72.0}
    rows = [
        SampledRow(player=player, share=share, half_width=4.0, confidence=0.95, samples=8)
        for player, share in shares.items()
    ]
    tables = worked_example()
    assert check_division(replace(tables, sampled=tuple(rows))) == ()
    rows[0] = replace(rows[0], **changes)
    assert {item.code for item in check_division(replace(tables, sampled=tuple(rows)))} == {"sampled-wrong"}
