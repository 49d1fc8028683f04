"""What agreements are worth, on the hand-worked example (design page, section 9)."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace
from importlib import resources
from pathlib import Path

import pytest

from landbridge.cooperation import Effort, agreements, value_agreements
from landbridge.cooperation.agreements import SetValues, budgets, game_of, split
from landbridge.cooperation.made_up import make_case
from landbridge.cooperation.players import PlayerKind
from landbridge.cooperation.values import Valued
from landbridge.errors import InvalidCase
from landbridge.model.case import Agreement, Case
from landbridge.model.shares import AgreementTables
from landbridge.network import counted_agreements
from landbridge.runtime import Cache, Workers
from landbridge.tables import read_agreements, read_case, write_agreements
from landbridge.verify import check_agreements

# f(g), and the Shapley split under g, of every set of the three agreements
SETS = {
    "": (20, (20, 0, 0)),
    "AB": (88, (54, 34, 0)),
    "AC": (120, (70, 0, 50)),
    "BC": (50, (20, 15, 15)),
    "AB AC": (188, (104, 34, 50)),
    "AB BC": (132, (176 / 3, 161 / 3, 59 / 3)),
    "AC BC": (171, (77, 22, 72)),
    "AB AC BC": (239, (111, 56, 72)),
}


def starter(status: str = "in_force", fixed_cost: float = 0.0) -> Case:
    with resources.as_file(resources.files("landbridge") / "cases" / "starter") as folder:
        case = read_case(Path(folder))
    rows = tuple(replace(row, status=status, fixed_cost=fixed_cost) for row in case.agreements)
    return replace(case, agreements=rows)


@pytest.fixture(scope="module")
def values() -> SetValues:
    return SetValues(
        case=starter(),
        kind=PlayerKind.REGIONS,
        quotas=None,
        effort=Effort(),
        workers=Workers(),
        cache=Cache(),
        cancelled=lambda: False,
        report=lambda step, done, of: None,
    )


@pytest.mark.slow
@pytest.mark.parametrize("names", SETS)
def test_every_set_has_its_value_and_its_split(values, names):
    item, (worth, shares) = frozenset(names.split()), SETS[names]
    values.find([item])
    assert (values.value(item).low, values.value(item).high) == (worth, worth)
    low, high = split(values, item)
    assert low == pytest.approx(shares, abs=1e-5)
    assert high == pytest.approx(shares, abs=1e-5)


def test_a_coalition_has_the_agreements_whose_signers_are_all_in_it(values):
    """Two links do not make a third: without AB, A and B together are worth what A is alone."""
    game = game_of(values, frozenset({"AC", "BC"}))
    assert game.low.tolist() == [0, 20, 0, 20, 0, 120, 30, 171]


def joint_gains(found: AgreementTables) -> dict[str, tuple[float, float]]:
    return {row.agreement: (row.delta_low, row.delta_high) for row in found.agreements if row.player == "*"}


@pytest.mark.slow
def test_what_is_lost_without_an_agreement_in_force():
    found = value_agreements(starter())
    assert joint_gains(found) == {"AB": (68, 68), "AC": (107, 107), "BC": (51, 51)}


@pytest.mark.slow
def test_both_signers_of_a_link_gain_the_same():
    found = value_agreements(starter())
    gains = {(row.agreement, row.player): row.delta_low for row in found.agreements}
    assert gains["AB", "A"] == gains["AB", "B"] == 34
    assert gains["AC", "A"] == gains["AC", "C"] == pytest.approx(52.33)
    assert gains["BC", "B"] == gains["BC", "C"] == 22
    assert gains["BC", "A"] == 7


@pytest.mark.slow
def test_what_is_gained_with_a_proposed_agreement():
    found = value_agreements(starter("proposed"))
    assert joint_gains(found) == {"AB": (68, 68), "AC": (100, 100), "BC": (30, 30)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("budget", "signed", "net"), [(0, "", 20), (10, "AC", 110), (20, "AB AC", 168), (30, "AB AC BC", 209)]
)
def test_the_best_set_under_a_budget(budget, signed, net):
    """Not submodular: AB adds 68 alone and 82 after BC. Best one AC, best two AB and AC."""
    choice = value_agreements(starter("proposed", 10.0), budget=budget).choices[-1]
    assert (choice.signed, choice.net_low, choice.net_high, choice.best_high) == (signed, net, net, net)
    assert choice.cost <= budget


@pytest.mark.slow
def test_an_agreement_that_costs_more_than_it_brings_is_not_signed():
    choice = value_agreements(starter("proposed", 150.0), budget=1000).choices[-1]
    assert (choice.signed, choice.net_low) == ("", 20)


@pytest.mark.slow
def test_agreements_are_written_read_and_accepted_and_a_changed_gain_is_not(tmp_path):
    case = starter("proposed", 10.0)
    found = value_agreements(case, budget=20)
    write_agreements(found, case, tmp_path / "run")
    tables, again = read_agreements(tmp_path / "run")
    assert tables == found
    assert check_agreements(tables, again) == ()
    gains = (replace(found.agreements[0], delta_low=67.0), *found.agreements[1:])
    assert {item.code for item in check_agreements(replace(found, agreements=gains), case)} == {"agreement-gain"}
    choices = (replace(found.choices[-1], cost=30.0), *found.choices[1:])
    assert "choice-cost" in {item.code for item in check_agreements(replace(found, choices=choices), case)}
    choices = (replace(found.choices[-1], best_high=found.choices[-1].net_low - 1.0),)
    assert {item.code for item in check_agreements(replace(found, choices=choices), case)} == {"choice-value"}
    sets = tuple(replace(row, value_low=0.0) if row.agreements == "AB AC BC" else row for row in found.sets)
    assert "set-not-monotone" in {item.code for item in check_agreements(replace(found, sets=sets), case)}


@pytest.mark.slow
def test_a_choice_that_is_not_the_best_is_found():
    """AB brings 68 and costs 10; AC, which the budget allows too, brings 100."""
    case = starter("proposed", 10.0)
    found = value_agreements(case, budget=20)
    forged = replace(found.choices[-1], signed="AB", cost=10.0, net_low=78.0, net_high=78.0, best_high=78.0)
    findings = check_agreements(replace(found, choices=(forged,)), case)
    assert [(item.code, item.column) for item in findings] == [("choice-value", "best_high")]


@pytest.mark.slow
def test_an_agreement_that_is_over_before_the_case_begins_is_not_valued():
    """Signed today it would still be over: nothing is gained, and there is nothing to choose."""
    case = starter("proposed", 10.0)
    rows = tuple(replace(row, ends="2000-01-01") if row.agreement == "AC" else row for row in case.agreements)
    case = replace(case, agreements=rows)
    found = value_agreements(case, budget=30)
    assert {row.agreement for row in found.agreements} == {"AB", "BC"}
    assert {name for row in found.sets for name in row.agreements.split()} == {"AB", "BC"}
    assert check_agreements(found, case) == ()


@pytest.mark.slow
def test_agreements_of_many_players_are_valued_for_all_together():
    """No list of coalitions is needed for that: 18 players are not too many."""
    case = make_case(18)
    name = case.agreements[0].agreement
    found = value_agreements(case, only=(name,), effort=Effort(time_s=2))
    assert [(row.agreement, row.player) for row in found.agreements] == [(name, "*")]
    assert check_agreements(found, case) == ()


def with_gaps(monkeypatch, bound, reached=lambda names: 0.0):
    """Sets are not planned: ``reached`` and ``bound`` say what their agreements reach, and may reach at most."""

    def value(task, cancelled):
        names = counted_agreements(task.endowment.case)
        return Valued(mask=task.mask, low=reached(names), high=bound(names), prices=None, seconds=0.0)

    monkeypatch.setattr("landbridge.cooperation.values.value_coalition", value)
    monkeypatch.setattr(agreements, "MOST_SPLIT", 0)


def test_gains_and_choices_are_of_the_sets_as_they_are_written(monkeypatch):
    """A larger set, planned for a choice, may have the lower bound; then it narrows what was found before."""
    with_gaps(monkeypatch, lambda names: {0: 100.0, 1: 300.0, 2: 250.0, 3: 260.0}[len(names)])
    case = starter("proposed", 10.0)
    found = value_agreements(case, budget=30.0)
    assert joint_gains(found)["AB"] == (0, 250)
    assert check_agreements(found, case) == ()


def test_costs_are_added_as_the_decimals_they_are(monkeypatch):
    """0.1 + 0.2 is 0.3, which a budget of 0.3 affords."""
    with_gaps(monkeypatch, lambda names: 10.0 * len(names), lambda names: 10.0 * len(names))
    case = starter("proposed")
    costs = {"AB": 0.1, "AC": 0.2, "BC": 1000.0}
    case = replace(case, agreements=tuple(replace(row, fixed_cost=costs[row.agreement]) for row in case.agreements))
    found = value_agreements(case, budget=0.3)
    assert [choice.budget for choice in found.choices] == [0.0, 0.1, 0.2, 0.3]
    assert (found.choices[-1].signed, found.choices[-1].cost) == ("AB AC", 0.3)
    assert check_agreements(found, case) == ()


@pytest.mark.slow
def test_budgets_of_many_agreements_are_thinned_as_they_are_made():
    """40 costs of which every set has another sum: 2 ** 40 sums would fill any memory."""
    candidates = [Agreement(agreement=f"A{index}", fixed_cost=float(2**index)) for index in range(40)]
    found = budgets(candidates, 1e12)
    assert len(found) <= 17
    assert (found[0], found[-1]) == (0.0, 1e12)
    assert found == sorted(found)
    assert budgets(candidates[:3], 5.0) == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


@pytest.mark.parametrize("days", [{"ends": "2000-01-01"}, {"starts": "2999-01-01"}])
def test_an_agreement_in_force_on_other_days_counts_as_little_as_in_a_plan(monkeypatch, days):
    """What is called in force, but has ended or not begun, is no part of what all reach today."""
    with_gaps(monkeypatch, lambda names: 10.0 * len(names), lambda names: 10.0 * len(names))
    case = starter()
    rows = tuple(replace(row, **days) if row.agreement == "AB" else row for row in case.agreements)
    case = replace(case, agreements=rows)
    found = value_agreements(case)
    assert joint_gains(found) == {"AC": (10, 10), "BC": (10, 10)}
    assert {row.value_high for row in found.sets} == {10, 20}
    assert check_agreements(found, case) == ()


@pytest.mark.parametrize("after", [0, 1, 3, 5, 8])
def test_what_is_known_when_cancelled_is_finite_and_accepted(monkeypatch, after):
    """Ctrl-C in the middle: the set in hand has no bound; JSON knows no infinity."""
    calls = []

    def value(names):
        calls.append(names)
        return math.inf if len(calls) == after else 10.0 * len(names)

    with_gaps(monkeypatch, value, lambda names: 10.0 * len(names))
    monkeypatch.setattr(agreements, "MOST_SPLIT", 6)
    case = starter("proposed", 1.0)
    found = value_agreements(case, budget=3.0, cancelled=lambda: len(calls) >= after)
    rows = [asdict(row) for table in (found.agreements, found.sets, found.choices) for row in table]
    json.dumps(rows, allow_nan=False)
    assert len(found.sets) >= min(4, after) - 1
    assert check_agreements(found, case) == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"signers": "A"}, "agreement-row"),
        ({"status": "in_force"}, "agreement-row"),
        ({"fixed_cost": 9.0}, "agreement-row"),
        ({"player": "A"}, "agreement-row"),
        ({"player": "X"}, "agreement-row"),
        ({"agreement": "XX"}, "unknown-agreements"),
        ({"delta_low": 1e9}, "low-above-high"),
    ],
)
def test_rows_of_agreements_that_are_not_of_the_case_are_refused(cells, code):
    """A gain is told beside who signs and what it costs: that must be what the case says."""
    case = starter("proposed", 10.0)
    found = value_agreements(case)
    assert check_agreements(found, case) == ()
    for row, line in enumerate(found.agreements):
        if line.player == "*" or "delta_low" in cells or cells.get("player") == "X":
            rows = (*found.agreements[:row], replace(line, **cells), *found.agreements[row + 1 :])
            assert code in {item.code for item in check_agreements(replace(found, agreements=rows), case)}


def test_a_case_without_agreements_is_told():
    with pytest.raises(InvalidCase, match="no agreement"):
        value_agreements(replace(starter(), agreements=(), grants=()))
