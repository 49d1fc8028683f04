"""The way from a case to a division, on the hand-worked example (design page, section 9)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from landbridge.cooperation import Effort, PlayerKind, QuotaRule, Shared, ShareWishes, share
from landbridge.cooperation.cash import cash_flows
from landbridge.cooperation.endow import endow
from landbridge.errors import InvalidCase, InvalidGame, NoShare
from landbridge.model.case import Case, Fleet, Party, Pin, TimetableRow
from landbridge.model.shares import PaymentRow, ShareTables, Verdict
from landbridge.planning import PlanLimits, plan
from landbridge.runtime import Cache
from landbridge.tables import read_case, read_shares, write_run
from landbridge.verify import verify_run

QUICK = ShareWishes(plan_limits=PlanLimits(time_s=20), effort=Effort(time_s=20))


def starter(cap_t: float = 10.0) -> Case:
    with resources.as_file(resources.files("landbridge") / "cases" / "starter") as folder:
        case = read_case(Path(folder))
    return replace(
        case,
        services=tuple(replace(row, capacity={"t": cap_t}) if row.run_cost else row for row in case.services),
    )


def without_c_trucks(case: Case) -> Case:
    """A and B run the lanes: then who pays for the truck is not a matter of taste."""
    return replace(case, services=tuple(row for row in case.services if row.owner != "C"))


def values(found: Shared) -> dict[str, tuple[float, float]]:
    return {row.members: (row.value_low, row.value_high) for row in found.tables.coalitions}


def shares(found: Shared, method: str) -> list[float]:
    return [row.share for row in found.tables.shares if row.method == method]


@pytest.fixture(scope="module")
def ten() -> Shared:
    return share(starter(), QUICK)


@pytest.fixture(scope="module")
def eight() -> Shared:
    return share(starter(8.0), QUICK)


def test_every_coalition_of_the_worked_example_has_its_exact_value(ten):
    exact = {"A": 20, "B": 0, "A B": 88, "C": 0, "A C": 120, "B C": 30, "A B C": 239}
    assert values(ten) == {members: (value, value) for members, value in exact.items()}


def test_shapley_and_nucleolus_of_the_worked_example(ten):
    assert shares(ten, "nucleolus") == [104, 59.5, 75.5]
    assert shares(ten, "shapley") == [111, 56, 72]
    assert ten.certificate.verdict is Verdict.STABLE
    assert ten.certificate.epsilon_high == Fraction("-59.5")


def test_owen_prices_of_the_strong_relaxation_lie_in_the_core(ten):
    """The strong relaxation is worth 239, as the plan is, so nothing is lost on the way to whole trucks."""
    owen = shares(ten, "owen")
    assert sum(owen) == pytest.approx(239)
    row = next(row for row in ten.tables.methods if row.method == "owen")
    assert row.verdict == Verdict.STABLE


@pytest.mark.slow
def test_trucks_of_eight_are_certified(eight):
    assert eight.plan.summary.value == pytest.approx(205)
    assert eight.certificate.verdict is Verdict.STABLE
    low, high = values(eight)["A B"]
    assert low == 54
    assert 54 <= high <= 63
    assert shares(eight, "nucleolus") in ([91.25, 42.5, 71.25], [91.5, 42.5, 71.0])


def test_transfers_turn_cash_into_shares():
    """A pays truck and feeder: cash -1, 80, 160; the nucleolus asks for +105, -20.5, -84.5."""
    found = share(without_c_trucks(starter()), QUICK)
    rows = [row for row in found.tables.shares if row.method == "nucleolus"]
    assert [row.cash for row in rows] == [-1, 80, 160]
    assert sum(row.payment for row in rows) == 0
    assert len(found.tables.settlement) == 2
    if shares(found, "nucleolus") == [104, 59.5, 75.5]:
        assert [row.payment for row in rows] == [105, -20.5, -84.5]


def test_three_half_loads_have_an_empty_core():
    """Three regions with 5 t each and trucks of 10 t: weights 1/2 on each pair, epsilon 100/3, subsidy 50."""
    found = share(half_loads(), QUICK)
    assert found.certificate.verdict is Verdict.EMPTY
    assert [row.weight for row in found.tables.weights] == ["1/2"] * 3
    assert found.tables.summary.subsidy_low == found.tables.summary.subsidy_high == 50
    assert found.tables.summary.epsilon_high == pytest.approx(100 / 3, abs=0.01)
    assert sum(shares(found, "nucleolus")) == pytest.approx(values(found)["A B C"][0])


def half_loads() -> Case:
    """Each party has 5 t from its place in one town to another, and may hire trucks; all carry for each other."""
    case = starter()
    truck = replace(next(row for row in case.services if row.service == "lane1-A"), route=("A-town", "C-town"),
                    travel_h=(5.0,), capacity={"t": 10.0})  # fmt: skip
    order = replace(case.orders[0], qty=5.0, price_per_unit=100.0)
    return replace(
        case,
        services=tuple(replace(truck, service=f"truck-{name}", owner=name) for name in "ABC"),
        orders=tuple(replace(order, order=f"order-{name}", party=name) for name in "ABC"),
    )


def test_a_run_of_shares_is_written_read_and_accepted(ten, tmp_path):
    write_run(ten.plan, starter(), tmp_path / "run", ten.tables)
    assert read_shares(tmp_path / "run") == ten.tables
    assert verify_run(tmp_path / "run").ok
    text = (tmp_path / "run" / "shares.csv").read_text()
    (tmp_path / "run" / "shares.csv").write_text(text.replace(",104,", ",104.01,"))
    assert {"share-sum", "share-gain"} <= {finding.code for finding in verify_run(tmp_path / "run").findings}


def test_cash_that_is_not_what_the_plan_gives_is_refused(ten, tmp_path):
    """The sums stay right: what A has too much, B has too little, and the payments follow."""
    moved = {"A": 5.0, "B": -5.0, "C": 0.0}
    rows = tuple(
        replace(row, cash=row.cash + moved[row.player], payment=row.payment - moved[row.player])
        for row in ten.tables.shares
    )
    own = {row.player: row.payment for row in rows if row.method == "nucleolus"}
    payments = [PaymentRow(payer="B", payee=name, amount=own[name]) for name in ("A", "C") if own[name] > 0]
    tables = replace(ten.tables, shares=rows, settlement=tuple(payments))
    write_run(ten.plan, starter(), tmp_path / "run", tables)
    assert "cash-differs" in {finding.code for finding in verify_run(tmp_path / "run").findings}


def renamed(rows: tuple[Any, ...], column: str) -> tuple[Any, ...]:
    """The first row with a name that no player has."""
    return (replace(rows[0], **{column: "X"}), *rows[1:])


def refused(found: Shared, tables: ShareTables, folder: Path) -> set[str]:
    write_run(found.plan, starter(), folder, tables)
    return {finding.code for finding in verify_run(folder).findings}


def test_a_player_that_the_case_has_not_is_refused_not_raised(ten, tmp_path):
    """Proofs look players up by their names: without them there is nothing to prove."""
    tables = replace(ten.tables, coalitions=renamed(ten.tables.coalitions, "members"))
    assert refused(ten, tables, tmp_path / "coalitions") == {"unknown-player"}
    summary = replace(ten.tables.summary, players=("A", "B"))
    assert "unknown-player" in refused(ten, replace(ten.tables, summary=summary), tmp_path / "players")


def test_a_division_among_others_than_the_players_of_the_case_is_refused(ten, tmp_path):
    """Whoever leaves a player out of all tables has sums that fit."""
    summary = replace(ten.tables.summary, players=("A", "B", "C", "D"))
    assert "players-differ" in refused(ten, replace(ten.tables, summary=summary), tmp_path / "more")
    summary = replace(ten.tables.summary, kind="hubs")
    assert "players-differ" in refused(ten, replace(ten.tables, summary=summary), tmp_path / "kind")


def public_lanes(case: Case) -> Case:
    """Lanes belong to nobody and leave at most three times; regions have 1, 2 and 5 thousand inhabitants."""
    services = tuple(replace(row, owner="", max_runs=3) if "lane" in row.service else row for row in case.services)
    people = {"A": 1000.0, "B": 2000.0, "C": 5000.0}
    regions = tuple(replace(row, population=people[row.region]) for row in case.regions)
    return replace(case, services=services, regions=regions)


@pytest.mark.slow
def test_a_quota_by_population_follows_the_inhabitants(tmp_path):
    found = share(public_lanes(starter()), replace(QUICK, quotas=QuotaRule.POPULATION, tighten=0))
    assert dict(found.tables.summary.quota) == {"A": 0.125, "B": 0.25, "C": 0.625}
    write_run(found.plan, public_lanes(starter()), tmp_path / "run", found.tables)
    assert verify_run(tmp_path / "run").ok


@pytest.mark.slow
def test_parties_of_one_region_halve_its_inhabitants(tmp_path):
    case = public_lanes(starter())
    parties = (*case.parties, Party(party="D", region="C", name="D", kind=case.parties[0].kind))
    case = replace(case, parties=parties)
    wishes = replace(QUICK, quotas=QuotaRule.POPULATION, players=PlayerKind.PARTIES, tighten=0)
    found = share(case, wishes)
    assert dict(found.tables.summary.quota) == {"A": 0.125, "B": 0.25, "C": 0.3125, "D": 0.3125}
    write_run(found.plan, case, tmp_path / "run", found.tables)
    assert verify_run(tmp_path / "run").ok


@pytest.mark.slow
@pytest.mark.parametrize("rule", [QuotaRule.EQUAL, QuotaRule.VOLUME, QuotaRule.POPULATION])
def test_quotas_that_are_not_by_their_rule_are_refused(rule, tmp_path):
    """Two regions pool their parts: what each has of a public limit moves what it is worth."""
    case = public_lanes(starter())
    found = share(case, replace(QUICK, quotas=rule, tighten=0))
    write_run(found.plan, case, tmp_path / "run", found.tables)
    assert verify_run(tmp_path / "run").ok
    quota = dict(found.tables.summary.quota)
    quota = {**quota, "A": quota["A"] - 0.1, "B": quota["B"] + 0.1}
    tables = replace(found.tables, summary=replace(found.tables.summary, quota=quota))
    write_run(found.plan, case, tmp_path / "forged", tables)
    assert "quota-mismatch" in {finding.code for finding in verify_run(tmp_path / "forged").findings}


@pytest.mark.slow
def test_a_second_call_values_nothing_again(tmp_path, monkeypatch):
    cache = Cache(tmp_path)
    first = share(starter(), QUICK, cache=cache)

    def refuse(task: object) -> None:
        raise AssertionError("a coalition was valued again")

    monkeypatch.setattr("landbridge.cooperation.values.value_coalition", refuse)
    again = share(starter(), QUICK, cache=cache)
    assert again.tables.shares == first.tables.shares


def test_cancelling_leaves_true_intervals():
    found = share(starter(), QUICK, cancelled=lambda: True)
    for members, (low, high) in values(found).items():
        exact = {"A": 20, "B": 0, "A B": 88, "C": 0, "A C": 120, "B C": 30, "A B C": 239}[members]
        assert low <= exact <= high


def test_players_may_be_countries(ten):
    found = share(starter(), replace(QUICK, players=PlayerKind.COUNTRIES))
    assert found.game.players == ("XN", "XS")
    assert values(found)["XN"] == (88, 88)


@pytest.mark.slow
def test_a_public_limit_needs_quotas_and_gets_them():
    case = starter()
    public = replace(case, services=tuple(replace(row, owner="", max_runs=3) if "lane" in row.service else row
                                          for row in case.services))  # fmt: skip
    with pytest.raises(InvalidCase, match=r"lane1-A.*--quotas") as caught:
        share(public, QUICK)
    assert {finding.code for finding in caught.value.findings} == {"public-limit-without-quota"}
    found = share(public, replace(QUICK, quotas=QuotaRule.EQUAL))
    assert found.tables.summary.quota == pytest.approx({"A": 1 / 3, "B": 1 / 3, "C": 1 / 3})
    assert found.certificate.verdict is not Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"pins": (Pin(table="services", key="lane1-A", min=1.0),)}, "pins-in-share"),
        ({"timetable": (TimetableRow(service="feeder-AB", depart="08:00", must_run=1),)}, "must-run-without-owner"),
        ({"fleets": (Fleet(fleet="pool", count=2),)}, "public-limit-without-quota"),
    ],
)
def test_what_makes_the_worth_of_a_coalition_meaningless_is_refused(change, code):
    with pytest.raises(InvalidCase) as caught:
        endow(replace(starter(), **change))
    assert code in {finding.code for finding in caught.value.findings}


def test_one_player_has_nobody_to_share_with():
    case = starter()
    lonely = replace(case, parties=tuple(replace(row, region="A") for row in case.parties))
    with pytest.raises(InvalidGame, match="nothing to divide"):
        share(lonely, QUICK)


def test_a_joint_plan_that_was_cut_short_is_made_again():
    """Parts planned apart come to more than a search of no time at all: everybody is planned again."""
    hasty = PlanLimits(time_s=1e-3)
    assert plan(starter(), limits=hasty).summary.value < 200.0
    found = share(starter(), replace(QUICK, plan_limits=hasty))
    assert found.plan.summary.value == pytest.approx(239.0)
    assert found.tables.summary.value == pytest.approx(239.0)


def test_a_run_that_is_worth_less_than_its_parts_is_refused():
    """What parts come to by themselves cannot be divided out of a plan that is worth less."""
    case = starter()
    poor = plan(case, limits=PlanLimits(time_s=1e-3))
    with pytest.raises(InvalidGame, match="parts planned apart come to") as caught:
        share(case, QUICK, joint=poor)
    assert caught.value.code == "joint-plan-too-poor"


def test_zero_gain_is_said(ten):
    case = replace(starter(), orders=starter().orders[:1], grants=())
    found = share(case, QUICK)
    assert "nothing to share" in found.tables.summary.notes["no_gain"]
    assert shares(found, "nucleolus") == [20, 0, 0]


@pytest.mark.slow
def test_who_owns_nothing_is_named():
    case = starter()
    region = replace(case.regions[0], region="D")
    case = replace(
        case, regions=(*case.regions, region), parties=(*case.parties, replace(case.parties[0], party="D", region="D"))
    )
    found = share(case, QUICK)
    assert found.tables.summary.notes["idle"].startswith("D:")
    assert shares(found, "nucleolus") == [104, 59.5, 75.5, 0]


def test_cash_flows_add_up_to_the_plan(ten):
    cash = cash_flows(endow(starter()), ten.plan, 2)
    assert sum(cash) == 239


def test_a_plan_with_all_of_an_outside_order_is_not_divided_by_those_who_have_a_part(ten):
    case = starter()
    outside = replace(case.orders[0], order="outside", party="", quota="A:0.5")
    with pytest.raises(InvalidCase) as caught:
        share(replace(case, orders=(*case.orders, outside)), QUICK, joint=ten.plan)
    assert [finding.code for finding in caught.value.findings] == ["run-with-all-orders"]


@pytest.mark.parametrize("method", ["proportional", "equal_profit"])
def test_a_rule_by_sizes_that_are_not_known_is_refused_before_any_work(method):
    """Regions of starter have no population; after ten minutes of work it would be late to say so."""
    wishes = replace(QUICK, method=method, base="population")
    steps: list[Any] = []
    with pytest.raises(NoShare, match=r"A, B, C have no population.*regions\.population") as caught:
        share(starter(), wishes, report=steps.append)
    assert caught.value.code == "no-base"
    assert steps == []
