"""Games of intervals: what is refused, what is tightened, what is certain."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from landbridge.cooperation import (
    Game,
    certify,
    exact_game,
    nucleolus,
    sample_shapley,
    shapley,
    shapley_interval,
    tighten,
    warn_superadditivity,
)
from landbridge.cooperation.certificate import excesses, keep_all
from landbridge.errors import InvalidGame
from landbridge.model.shares import Verdict

#                A     B     AB     C     AC     BC     ABC
TEN = [20.0, 0.0, 88.0, 0.0, 120.0, 30.0, 239.0]
EIGHT_LOW = [20.0, 0.0, 54.0, 0.0, 120.0, 30.0, 205.0]
EIGHT_HIGH = [20.0, 0.0, 63.0, 0.0, 120.0, 30.0, 214.0]


def interval_game(low: list[float], high: list[float]) -> Game:
    names = tuple("ABCDEFGH"[: (len(low) + 1).bit_length() - 1])
    return Game(players=names, low=np.array([0.0, *low]), high=np.array([0.0, *high]))


EIGHT = interval_game(EIGHT_LOW, EIGHT_HIGH)
HALF_TRUCK = exact_game("ABC", [-100.0, -100.0, -100.0, -100.0, -100.0, -100.0, -200.0])


@pytest.mark.parametrize(
    ("players", "values", "code", "text"),
    [
        (("A",), [1.0], "one-player", "nothing to divide"),
        ((), [], "one-player", "nobody"),
        (tuple(f"r{i}" for i in range(40)), [0.0], "too-many-players", "rows or owen"),
        (("A", "A"), [0.0, 0.0, 1.0], "bad-values", "not all different"),
        (("A", "B"), [0.0, 1.0], "bad-values", "4 coalitions"),
        (("A", "B"), [0.0, float("nan"), 1.0], "bad-values", "finite"),
    ],
)
def test_a_game_that_is_none_is_refused_with_the_remedy(players, values, code, text):
    with pytest.raises(InvalidGame, match=text) as caught:
        exact_game(players, values)
    assert caught.value.code == code


def test_a_value_above_its_bound_is_refused_by_name():
    with pytest.raises(InvalidGame, match=r"'A B'.*5\.0.*4\.0"):
        interval_game([0.0, 0.0, 5.0], [0.0, 0.0, 4.0])


def test_the_pair_that_loses_by_joining_is_named():
    game = exact_game("AB", [3.0, 4.0, 5.0])
    assert "'A' and 'B' are worth 7 apart and at most 5 together" in warn_superadditivity(game)
    with pytest.raises(InvalidGame, match="'A' and 'B'") as caught:
        tighten(game)
    assert caught.value.code == "not-superadditive"


def test_tightening_joins_plans_and_takes_bounds_from_larger_coalitions():
    wide = interval_game([20.0, 0.0, 0.0, 0.0, 120.0, 0.0, 205.0], [300.0, 300.0, 63.0, 300.0, 300.0, 300.0, 214.0])
    found = tighten(wide)
    assert found.low.tolist() == [0.0, 20.0, 0.0, 20.0, 0.0, 120.0, 0.0, 205.0]
    # U(A) <= U(AB) = 63; U(B) <= U(AB) - L(A); U(C) <= U(N) - L(A); U(BC) <= U(N) - L(A)
    assert found.high.tolist() == [0.0, 63.0, 43.0, 63.0, 194.0, 214.0, 194.0, 214.0]


def test_trucks_of_eight_are_stable_by_bounds_of_the_relaxation_alone():
    """Design page, section 9: no coalition's plan is solved."""
    shares = nucleolus(EIGHT.defended()).shares
    assert list(shares) == [Fraction(183, 2), Fraction(85, 2), Fraction(71)]
    found = certify(EIGHT, shares)
    assert found.verdict is Verdict.STABLE
    assert found.is_individually_rational
    assert found.epsilon_high == Fraction(-85, 2)


def test_an_unstable_division_is_refuted_by_how_much_and_by_whom():
    found = certify(exact_game("ABC", TEN), [Fraction(60), Fraction(36), Fraction(143)])
    assert found.verdict is Verdict.STABLE
    found = certify(exact_game("ABC", TEN), [Fraction(50), Fraction(36), Fraction(153)])
    assert found.verdict is Verdict.EPSILON
    assert (found.epsilon_low, found.epsilon_high, found.closest) == (2, 2, 0b011)


def test_what_the_bounds_leave_open_is_undecided_unless_it_is_small():
    shares = [Fraction(20), Fraction(40), Fraction(145)]
    assert certify(EIGHT, shares).verdict is Verdict.UNDECIDED
    found = certify(EIGHT, shares, tolerance=Fraction(3))
    assert (found.verdict, found.epsilon_low, found.epsilon_high) == (Verdict.EPSILON, 0, 3)


def test_one_cent_decides():
    game = exact_game("AB", [0.1, 0.2, 0.31])
    assert certify(game, [Fraction("0.1"), Fraction("0.21")]).verdict is Verdict.STABLE
    assert certify(game, [Fraction("0.09"), Fraction("0.22")]).verdict is Verdict.EPSILON


def test_the_empty_core_has_its_weights_its_epsilon_and_its_subsidy():
    """Three regions with half a truck each, whole trucks of 100: design page, section 9."""
    shares = nucleolus(HALF_TRUCK.defended()).shares
    assert list(shares) == [Fraction(-200, 3)] * 3
    found = certify(HALF_TRUCK, shares)
    assert found.verdict is Verdict.EMPTY
    assert found.epsilon_low == found.epsilon_high == Fraction(100, 3)
    assert found.weights == {0b011: Fraction(1, 2), 0b101: Fraction(1, 2), 0b110: Fraction(1, 2)}
    assert found.subsidy_low == found.subsidy_high == 50


def test_intervals_too_wide_to_tell_never_prove_a_core_empty():
    wide = Game(players=HALF_TRUCK.players, low=HALF_TRUCK.low, high=np.array([0.0, *[-100.0] * 6, -150.0]))
    found = certify(wide, [Fraction(-200, 3)] * 3)
    assert found.verdict is Verdict.EPSILON  # this division is refuted, the core is not
    assert found.weights == {}


def test_shares_of_another_sum_are_refused():
    with pytest.raises(InvalidGame, match=r"240\.0.*239\.0") as caught:
        certify(exact_game("ABC", TEN), [Fraction(80)] * 3)
    assert caught.value.code == "shares-do-not-add-up"


def test_shapley_of_the_worked_example():
    assert shapley(exact_game("ABC", TEN).low) == pytest.approx([111, 56, 72])
    low, high = shapley_interval(EIGHT)
    assert (low <= shapley(EIGHT.low) + 1e-9).all()
    assert (shapley(EIGHT.high) <= high + 1e-9).all()


def test_sampled_shapley_encloses_the_exact_value_and_adds_up():
    worth = exact_game("ABC", TEN).low
    found = sample_shapley(lambda mask: float(worth[mask]), 3, samples=400, seed=7, confidence=0.999)
    assert found.shares.sum() == pytest.approx(239)
    assert (np.abs(found.shares - [111, 56, 72]) <= found.half_width).all()
    assert (found.half_width > 0).all()
    again = sample_shapley(lambda mask: float(worth[mask]), 3, samples=400, seed=7)
    assert again.shares.tolist() == found.shares.tolist()


def test_shares_that_keep_all_are_paid_in_whole_units():
    """Thirds are no cents: what a solver says is rounded up until nobody would leave."""
    game = exact_game("ABC", [0.0, 0.0, 100.0, 0.0, 100.0, 100.0, 100.0])
    found = certify(game, [Fraction(100, 3)] * 3)
    kept = keep_all(game, found.subsidised, 0)
    assert sum(kept) == 150 == sum(found.subsidised)
    rough = [value - 1e-9 for value in found.subsidised]
    assert keep_all(game, rough, 0) == kept
    low = keep_all(game, [0.0, 0.0, 0.0], 2)
    assert all(excess <= 0 for excess in excesses(game.high, low)[1:-1])
