"""Many players: lists of prices, the search for a coalition that objects, and what verify says of it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from tests.helpers.random_cases import FEATURES, random_case

from landbridge.cooperation import Effort, Shared, ShareWishes, many_search, share
from landbridge.cooperation.endow import QuotaRule, base_values, endow
from landbridge.cooperation.game import LARGEST_GAME, check_players
from landbridge.cooperation.joint import plan_together
from landbridge.cooperation.made_up import make_case
from landbridge.cooperation.many import AdditiveBound, OpenGame, bound_objections, divide_rows, find_objection
from landbridge.cooperation.shapley import sample_shapley, shapley
from landbridge.cooperation.share import usual_method
from landbridge.cooperation.values import Look, Valued, ValueTask, value_coalition
from landbridge.engine import prices
from landbridge.engine.improve.rebuild import suits_rebuilding
from landbridge.engine.relax.split import suits_split_bound
from landbridge.errors import InvalidGame, NoShare, UnknownName
from landbridge.model.shares import ShareTables
from landbridge.model.validate import validate
from landbridge.planning import PlanLimits
from landbridge.runtime import Cache
from landbridge.verify import check_division
from landbridge.verify import price_lists as lists_of_verify

SHARED = FEATURES - {
    "fleets", "empties", "round_trip", "handling_caps", "store_caps", "shares", "min_fill", "must_run", "trades", "pins"
}  # fmt: skip
"""Features of random cases that can be shared and whose orders are plain enough for the flat bound."""

QUICK = ShareWishes(plan_limits=PlanLimits(time_s=20), effort=Effort(time_s=5), rows_s=20, tighten=8)


@pytest.fixture(scope="module")
def rows() -> Shared:
    return share(make_case(6), replace(QUICK, method="rows"))


def task(mask: int, *, look: Look, regions: int = 4) -> ValueTask:
    return ValueTask(
        endowment=endow(make_case(regions)), mask=mask, agreements="all", effort=Effort(time_s=5), look=look
    )


@pytest.mark.parametrize("regions", [4, 12, 60])
def test_a_made_up_case_has_no_findings(regions):
    case = make_case(regions)
    assert validate(case) == []
    assert len(case.regions) == regions
    assert make_case(regions) == case
    assert make_case(regions, seed=1) != case


@pytest.mark.parametrize("regions", [0, 5, 62])
def test_a_made_up_case_of_no_such_size_is_refused(regions):
    with pytest.raises(UnknownName, match=f"made-up-{regions}.*even"):
        make_case(regions)


@pytest.mark.slow
def test_prices_of_a_coalition_bound_every_part_of_it():
    """What plans reach, found by the exact solver, never exceeds what any larger coalition's prices allow."""
    reached = {mask: value_coalition(task(mask, look=Look.PLAN)).low for mask in range(1, 16)}
    for mask in range(1, 16):
        relaxed = value_coalition(task(mask, look=Look.RELAX))
        assert relaxed.prices is not None
        bound = relaxed.prices.values()
        assert bound[mask] == pytest.approx(relaxed.high)
        tightened = value_coalition(task(mask, look=Look.TIGHTEN))
        assert reached[mask] - 1e-6 <= tightened.high <= relaxed.high + 1e-6
        assert relaxed.prices.owen()[[bool(mask >> i & 1) for i in range(4)]].sum() == pytest.approx(relaxed.high)
        for part, low in reached.items():
            assert part & ~mask or low <= bound[part] + 1e-6


@pytest.mark.parametrize(
    ("seed", "is_scanned"),
    [(seed, False) for seed in (1, 2, 5, 10, 17, 29, 31, 35)]
    + [(seed, True) for seed in (1, 2, 14, 15, 17, 29, 33, 35, 47, 50, 53, 54, 58)],
)
def test_prices_of_many_orders_hold_for_every_coalition_too(seed, is_scanned, monkeypatch):
    """Random cases with shares, quotas and grants, as though they had many orders; each coalition is planned."""
    monkeypatch.setattr(prices, "is_large", lambda master: suits_split_bound(master) and suits_rebuilding(master))
    monkeypatch.setattr(prices, "has_time_for_scans", lambda master, watch, share: is_scanned)
    endowment = endow(random_case(seed, features=SHARED), quotas=QuotaRule.EQUAL)

    def value(mask: int, *, look: Look) -> Valued:
        effort = Effort(time_s=5, work=math.inf if look is Look.PLAN else 1.0)
        asked = ValueTask(endowment=endowment, mask=mask, agreements="all", effort=effort, look=look)
        return value_coalition(asked)

    full = (1 << len(endowment.players.names)) - 1
    relaxed = value(full, look=Look.RELAX)
    assert relaxed.prices is not None
    bound = relaxed.prices.values()
    for mask in range(1, full + 1):
        assert value(mask, look=Look.PLAN).low <= bound[mask] + 1e-6


def test_who_would_gain_bounds_what_the_search_finds():
    for seed in range(12):
        game = random_game(seed)
        shares = [round(game.total / 5)] * 5
        box, found = bound_objections(game, shares), find_objection(game, np.array(shares, float), 10.0, lambda: False)
        assert box.proved >= found.proved - 1e-6
        assert box.mask & ~31 == 0


def test_coalitions_of_more_players_than_a_word_has_bits_are_told():
    players = 100
    whole = AdditiveBound(mask=(1 << players) - 1, worth=(10,) * players)
    single = AdditiveBound(mask=1 << 99, worth=(0,) * 99 + (4,))
    game = OpenGame(num_players=players, total=900, lists=[whole, single], high={1 << 99: 4})
    assert bound_objections(game, [9] * players).proved == 99
    assert find_objection(game, np.full(players, 9.0), 10.0, lambda: False).proved == pytest.approx(99)


def random_game(seed: int, num_players: int = 5) -> OpenGame:
    rng = np.random.default_rng(seed)
    full = (1 << num_players) - 1
    masks = [full, full, *rng.integers(1, full, 6).tolist()]
    game = OpenGame(num_players=num_players, total=int(rng.integers(200, 400)))
    game.lists = [AdditiveBound(mask=mask, worth=tuple(rng.integers(0, 120, num_players).tolist())) for mask in masks]
    game.high = {int(mask): int(rng.integers(0, 250)) for mask in rng.integers(1, full, 5)}
    return game


@pytest.mark.parametrize("seed", range(12))
def test_the_search_finds_the_coalition_that_objects_most(seed):
    """Against all coalitions gone through; the MIP's bound may only be above, where a list meets outsiders."""
    game = random_game(seed)
    shares = np.random.default_rng(seed + 100).integers(20, 90, game.num_players).astype(np.float64)
    excess = {
        mask: game.bound(mask) - sum(shares[i] for i in range(game.num_players) if mask >> i & 1)
        for mask in range(1, (1 << game.num_players) - 1)
    }
    found = find_objection(game, shares, 10.0, lambda: False)
    assert found.proved >= max(excess.values()) - 1e-6
    assert found.proved == pytest.approx(max(excess.values()), abs=1e-5)
    assert excess[found.mask] == pytest.approx(found.proved, abs=1e-5)


def test_shares_answer_the_rows_as_well_as_can_be():
    game = OpenGame(num_players=3, total=205)
    game.high = {1: 20, 2: 0, 3: 63, 4: 0, 5: 120, 6: 30}
    shares = divide_rows(game, np.array([200.0, 5.0, 0.0]))
    assert shares.sum() == pytest.approx(205)
    margin = min(sum(shares[i] for i in range(3) if mask >> i & 1) - high for mask, high in game.high.items())
    assert margin >= 42.5 / 2 - 1e-6  # half of the least core's margin is kept, the rest goes to the wish


@pytest.mark.slow
def test_rows_say_no_more_than_all_coalitions_gone_through(rows):
    listed = share(make_case(6), replace(QUICK, method="nucleolus"))
    assert listed.game is not None
    promised = {row.player: row.share for row in rows.tables.shares}
    reached = max(
        value - sum(promised[name] for i, name in enumerate(listed.game.players) if mask >> i & 1)
        for mask, value in enumerate(listed.game.low.tolist())
        if 0 < mask < listed.game.everyone
    )
    assert rows.tables.summary.epsilon_high >= reached - 1e-6
    assert not rows.tables.summary.is_complete
    assert sum(promised.values()) == pytest.approx(rows.tables.summary.value)


def claim(tables: ShareTables, epsilon: float) -> ShareTables:
    verdict = "CERTIFIED_STABLE" if epsilon <= 0 else "UNDECIDED"
    return replace(
        tables,
        summary=replace(tables.summary, epsilon_high=epsilon, verdict=verdict),
        methods=tuple(replace(row, epsilon_high=epsilon, verdict=verdict) for row in tables.methods),
    )


@pytest.mark.slow
def test_verify_goes_through_all_coalitions_of_many_players(rows):
    tables = rows.tables
    assert check_division(tables) == ()
    worst = tables.summary.epsilon_high - 1000.0
    found = {finding.code for finding in check_division(claim(tables, math.floor(worst)))}
    assert "epsilon-not-proved" in found


def test_verify_refuses_a_tolerance_and_a_method_that_say_more(rows):
    """Of many players the tolerance counts what the least list of everybody is above the plan."""
    summary = replace(rows.tables.summary, tolerance=rows.tables.summary.tolerance + 0.01)
    assert {item.code for item in check_division(replace(rows.tables, summary=summary))} == {"tolerance-mismatch"}
    methods = tuple(replace(row, epsilon_high=row.epsilon_high - 1.0) for row in rows.tables.methods)
    assert {item.code for item in check_division(replace(rows.tables, methods=methods))} == {"method-mismatch"}


def test_verify_needs_a_list_of_everybody(rows):
    tables = replace(rows.tables, price_lists=tuple(row for row in rows.tables.price_lists if row.player != "N01"))
    assert "price-list-missing" in {finding.code for finding in check_division(tables)}


def test_more_players_than_can_be_gone_through_are_bounded_by_who_would_gain(rows, monkeypatch):
    monkeypatch.setattr(lists_of_verify, "MOST_ENUMERATED", 2)
    gains = sum(max(0.0, -row.excess_low) for row in rows.tables.certificate)
    assert check_division(claim(rows.tables, 1e6 + gains)) == ()


@pytest.mark.slow
def test_owen_shares_of_many_players_are_the_worth_of_what_each_owns():
    """Every coalition gets at least rho times what it could ever have by itself."""
    found = share(make_case(6), replace(QUICK, method="owen"))
    rho = float(found.tables.summary.notes["rho"])
    assert 0.5 < rho <= 1
    promised = {row.player: row.share for row in found.tables.shares}
    for row in found.tables.coalitions:
        if len(row.members.split()) == 1:
            assert promised[row.members] >= row.value_high - 0.02
    assert check_division(found.tables) == ()


@pytest.mark.slow
@pytest.mark.parametrize("method", ["rows", "owen"])
def test_what_a_player_has_alone_is_planned_there_too(method, rows):
    """Each gain is told from there; where its bound is no more than doing nothing, that is what it has."""
    found = rows if method == "rows" else share(make_case(6), replace(QUICK, method=method))
    reached = [value_coalition(task(1 << player, look=Look.PLAN, regions=6)).low for player in range(6)]
    assert any(value > 0 for value in reached)
    alone = [row.alone for row in found.tables.shares]
    assert alone == pytest.approx(reached, abs=0.011)
    assert [row.gain for row in found.tables.shares] == pytest.approx(
        [row.share - row.alone for row in found.tables.shares]
    )


def test_a_shapley_value_is_estimated_beside_the_division():
    """Near that of all coalitions relaxed, one by one, with the plan in hand for all; it is no certificate."""
    found = share(make_case(4), replace(QUICK, method="owen", samples=200))
    relaxed = [0.0] + [value_coalition(task(mask, look=Look.RELAX)).high for mask in range(1, 16)]
    relaxed[-1] = found.tables.summary.value
    expected = shapley(np.array(relaxed))
    rows = found.tables.sampled
    assert [row.player for row in rows] == list(found.tables.summary.players)
    assert {row.samples for row in rows} == {200}
    assert sum(row.share for row in rows) == pytest.approx(found.tables.summary.value, abs=0.05)
    for row, value in zip(rows, expected.tolist(), strict=True):
        assert abs(row.share - value) <= 3 * row.half_width + 0.02
    assert check_division(found.tables) == ()


@pytest.mark.slow
def test_a_second_call_costs_nothing(tmp_path, monkeypatch):
    """Neither a plan nor a relaxation is made again, whatever the method."""
    cache = Cache(tmp_path)
    first = {
        method: share(make_case(4), replace(QUICK, method=method), cache=cache) for method in ("rows", "nucleolus")
    }

    def refuse(*args, **kwargs):
        raise AssertionError("solved again")

    monkeypatch.setattr("landbridge.cooperation.joint.plan", refuse)
    monkeypatch.setattr("landbridge.cooperation.values.value_coalition", refuse)
    monkeypatch.setattr("landbridge.cooperation.many_search.Frame", refuse)
    for method, found in first.items():
        again = share(make_case(4), replace(QUICK, method=method), cache=cache)
        assert again.tables == found.tables
        assert again.plan == found.plan


@pytest.mark.parametrize(("method", "samples", "code"), [("fair_owen", 0, "no-fair-prices"), ("owen", 9, "no-samples")])
def test_what_cannot_be_had_of_many_orders_is_refused_before_any_work(monkeypatch, method, samples, code):
    """It was refused after the plan and the relaxation, and both were lost."""
    monkeypatch.setattr(many_search, "MOST_RELAXED", 2)
    asked = []
    with pytest.raises(NoShare) as caught:
        share(make_case(4), replace(QUICK, method=method, samples=samples), report=asked.append)
    assert caught.value.code == code
    assert asked == []


def test_samples_that_are_cut_short_are_left_out():
    """Values found once the work is cancelled are no values; of fewer than four orders nothing is told."""
    asked = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 3

    found = sample_shapley(float, 3, samples=100, seed=1, cancelled=cancelled)
    assert found is not None
    assert found.samples == 6
    assert sample_shapley(float, 3, samples=100, seed=1, cancelled=lambda: True) is None


def test_a_plan_that_was_cut_short_is_not_kept(tmp_path):
    case, limits = make_case(4), PlanLimits(time_s=20, cancelled=lambda: True)
    cut = plan_together(case, "all", limits, Cache(tmp_path))
    assert cut.summary.status == "cancelled"
    whole = plan_together(case, "all", PlanLimits(time_s=20), Cache(tmp_path))
    assert whole.summary.status != "cancelled"
    assert plan_together(case, "all", PlanLimits(time_s=20), Cache(tmp_path)) == whole


@pytest.mark.parametrize("method", ["rows", "owen"])
def test_work_cancelled_after_everybody_was_relaxed_is_divided(method):
    """Everybody's prices bound the others; each single player's own relaxation is not there."""
    relaxed = []
    found = share(
        make_case(4),
        replace(QUICK, method=method),
        cancelled=lambda: bool(relaxed),
        report=lambda told: relaxed.append(1) if told.step == "relaxing coalitions" and told.done == 1 else None,
    )
    assert len(found.tables.shares) == 4
    assert {row.basis_high for row in found.tables.coalitions} <= {"prices", "branching"}
    assert math.isfinite(found.tables.summary.epsilon_high)
    assert check_division(found.tables) == ()


@pytest.mark.parametrize("look", list(Look))
def test_the_work_on_one_coalition_hears_that_it_is_cancelled(look):
    asked = []

    def cancelled() -> bool:
        asked.append(1)
        return True

    value_coalition(task(15, look=look), cancelled)
    assert asked


def test_the_note_rho_is_the_factor_of_the_shares():
    """Where orders unserved cost money, doing nothing is worth less than 0, and rho is of what is above that."""
    case = make_case(4)
    case = replace(case, orders=tuple(replace(row, unserved_cost_per_unit=500.0) for row in case.orders))
    found = share(case, replace(QUICK, method="owen"))
    nothing = sum(base_values(endow(case)))
    worth = sum(row.worth for row in found.tables.price_lists if row.list == 1)
    used = (found.tables.summary.value - nothing) / (worth - nothing)
    assert nothing < 0
    assert float(found.tables.summary.notes["rho"]) == pytest.approx(used, abs=2e-4)
    assert "nothing is served" in found.tables.summary.notes["rho_of"]


@pytest.mark.parametrize(
    ("num_players", "num_orders", "method"),
    [(12, 9000, "nucleolus"), (13, 3000, "rows"), (26, 3000, "rows"), (13, 3001, "owen"), (27, 10, "owen")],
)
def test_the_method_by_default_is_one_whose_certificate_can_be_had(num_players, num_orders, method):
    assert usual_method(num_players, num_orders) == method


def test_forty_players_are_not_enumerated():
    with pytest.raises(InvalidGame, match=r"40 players.*rows or owen") as caught:
        share(make_case(40), replace(QUICK, method="nucleolus"))
    assert caught.value.code == "too-many-players"


def test_more_players_than_any_method_divides_among_are_told_what_helps():
    """Neither rows nor owen do; and 2 ** 251 is of no use to a reader."""
    with pytest.raises(InvalidGame, match=r"^251 players: .* at most 250\. Choose larger players") as caught:
        check_players([f"R{index}" for index in range(251)], LARGEST_GAME)
    assert caught.value.code == "too-many-players"
    assert "owen" not in str(caught.value)


@pytest.mark.slow
def test_payments_are_tried_on_wrong_inputs():
    found = share(make_case(4), replace(QUICK, is_tried=True))
    assert len(found.tables.sensitivity) == 16
    assert {row.scenario for row in found.tables.sensitivity} == {
        "costs + 10 %", "costs - 10 %", "volumes + 10 %", "volumes - 10 %"
    }  # fmt: skip
    assert check_division(found.tables) == ()
    wrong = (replace(found.tables.sensitivity[0], verdict="loses", result=0.0), *found.tables.sensitivity[1:])
    assert "sensitivity-result" in {item.code for item in check_division(replace(found.tables, sensitivity=wrong))}
