"""Axioms of divisions and what certificates may never say."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers.games import random_convex, random_superadditive

from landbridge.cooperation import (
    Game,
    certify,
    equal_profit,
    exact_game,
    gately,
    is_convex,
    least_core,
    least_subsidy,
    nucleolus,
    owen_shares,
    passes_kohlberg,
    proportional,
    round_shares,
    settle,
    shapley,
    tau,
    tighten,
)
from landbridge.cooperation.coalitions import coalition_sums
from landbridge.cooperation.rationals import exact
from landbridge.errors import NoShare
from landbridge.model.shares import Verdict

seeds = st.integers(0, 2**32 - 1)
players = st.integers(2, 5)


def worth_of(seed: int, num_players: int) -> np.ndarray:
    return random_superadditive(np.random.default_rng(seed), num_players)


def divisions(worth: np.ndarray) -> dict[str, np.ndarray]:
    """Each method's shares, where it has an answer."""
    num_players = len(worth).bit_length() - 1
    alone = worth[[1 << i for i in range(num_players)]]
    without = worth[[len(worth) - 1 ^ (1 << i) for i in range(num_players)]]
    found = {
        "nucleolus": np.array([float(x) for x in nucleolus(worth).shares]),
        "shapley": shapley(worth),
        "proportional": proportional(float(worth[-1]), alone, np.ones(num_players)),
        "equal_profit": equal_profit(worth, np.ones(num_players)).shares,
    }
    for name, method in (("gately", lambda: gately(float(worth[-1]), alone, without)), ("tau", lambda: tau(worth))):
        try:
            found[name] = method()
        except NoShare:
            continue
    return found


def swapped(worth: np.ndarray, i: int, j: int) -> np.ndarray:
    masks = np.arange(len(worth))
    bit_i, bit_j = (masks >> i) & 1, (masks >> j) & 1
    return worth[masks & ~((1 << i) | (1 << j)) | (bit_i << j) | (bit_j << i)]


@pytest.mark.slow
@given(seeds, players)
def test_shares_add_up_and_nobody_gets_less_than_alone(seed, num_players):
    worth = worth_of(seed, num_players)
    alone = worth[[1 << i for i in range(num_players)]]
    for name, shares in divisions(worth).items():
        assert shares.sum() == pytest.approx(worth[-1], abs=1e-6), name
        if name != "equal_profit":  # in an empty core's stead it keeps the least core, which may ask for more
            assert (shares >= alone - 1e-6).all(), name


@pytest.mark.slow
@given(seeds, st.integers(2, 4))
def test_twins_get_the_same(seed, num_players):
    worth = worth_of(seed, num_players)
    worth = np.maximum(worth, swapped(worth, 0, 1))
    for name, shares in divisions(worth).items():
        assert shares[0] == pytest.approx(shares[1], abs=1e-5), name


@pytest.mark.slow
@given(seeds, st.integers(2, 4))
def test_who_brings_nothing_gets_nothing(seed, num_players):
    worth = np.concatenate([worth_of(seed, num_players)] * 2)  # the last player changes no value
    for name, shares in divisions(worth).items():
        if name in ("nucleolus", "shapley", "gately", "tau"):
            assert shares[-1] == pytest.approx(0, abs=1e-6), name


@pytest.mark.slow
@given(seeds, players, st.integers(1, 50), st.lists(st.integers(-30, 30), min_size=5, max_size=5))
def test_scale_and_shift_carry_over(seed, num_players, factor, shift):
    worth = worth_of(seed, num_players)
    moved = factor * worth + coalition_sums(np.array(shift[:num_players], dtype=np.float64))
    before, after = divisions(worth), divisions(moved)
    for name in before.keys() & after.keys():
        assert after[name] == pytest.approx(factor * before[name] + shift[:num_players], abs=1e-4), name


@given(seeds, players)
def test_a_convex_game_has_its_shapley_value_in_the_core(seed, num_players):
    worth = random_convex(np.random.default_rng(seed), num_players)
    assert is_convex(worth)
    assert (worth - coalition_sums(shapley(worth))).max() <= 1e-9


@pytest.mark.slow
@given(seeds, players)
def test_the_nucleolus_has_the_least_core_excess_and_passes_kohlberg(seed, num_players):
    worth = worth_of(seed, num_players)
    shares = nucleolus(worth).shares
    excess = (worth - coalition_sums([float(x) for x in shares]))[1:-1].max()
    assert excess == pytest.approx(least_core(worth).epsilon, abs=1e-6)
    if num_players > 2 and worth[-1] > 0:
        other = [
            share + (Fraction(1, 7) if i == 0 else Fraction(-1, 7 * (num_players - 1)))
            for i, share in enumerate(shares)
        ]
        assert not passes_kohlberg(worth, other)


@given(seeds, players)
def test_balanced_weights_prove_the_subsidy(seed, num_players):
    worth = worth_of(seed, num_players)
    found = least_subsidy(worth)
    for player in range(num_players):
        assert sum(weight for mask, weight in found.weights.items() if mask >> player & 1) == 1
    assert found.amount >= 0
    assert (found.amount == 0) == (least_core(worth).epsilon <= 1e-9)
    assert (worth - coalition_sums(found.shares)).max() <= 1e-6
    assert found.shares.sum() == pytest.approx(float(exact(worth[-1]) + found.amount))


@given(seeds, st.integers(2, 4), st.integers(1, 4), st.integers(1, 5))
def test_owen_lies_in_the_core_of_the_linear_game(seed, num_players, num_resources, num_activities):
    rng = np.random.default_rng(seed)
    matrix = rng.integers(0, 4, (num_resources, num_activities)) + np.eye(num_resources, num_activities)
    matrix[0] += 1.0
    profit = rng.integers(0, 9, num_activities).astype(np.float64)
    endowments = rng.integers(0, 7, (num_players, num_resources)).astype(np.float64)
    found = owen_shares(profit, matrix, endowments)
    assert found.shares.sum() == pytest.approx(found.value, abs=1e-6)
    for mask in range(1, 1 << num_players):
        own = [i for i in range(num_players) if mask >> i & 1]
        assert found.shares[own].sum() >= owen_shares(profit, matrix, endowments[own]).value - 1e-6


@pytest.mark.slow
@settings(max_examples=150)
@given(seeds, st.integers(2, 4), st.floats(0, 0.5))
def test_intervals_never_certify_what_exact_values_refute(seed, num_players, width):
    """Gaps are made up around known values; every statement about the division must hold for the known ones."""
    rng = np.random.default_rng(seed)
    worth = worth_of(seed, num_players)
    low = np.floor(worth * (1 - width * rng.random(len(worth))))
    high = np.ceil(worth * (1 + width * rng.random(len(worth))))
    low[0] = high[0] = 0.0
    game = tighten(Game(players=tuple(str(i) for i in range(num_players)), low=low, high=high))
    assert (game.low <= worth + 1e-9).all()
    assert (worth <= game.high + 1e-9).all()
    shares = nucleolus(game.defended()).shares
    found = certify(game, shares, tolerance=Fraction(1))
    excess = max(exact(value) - sum(shares[i] for i in range(num_players) if mask >> i & 1)
                 for mask, value in enumerate(worth.tolist()) if 0 < mask < len(worth) - 1)  # fmt: skip
    assert found.epsilon_low <= excess <= found.epsilon_high
    if found.verdict is Verdict.STABLE:
        assert excess <= 0
    if found.verdict is Verdict.EMPTY:
        assert least_subsidy(worth).amount > 0
        missing = least_subsidy(worth).amount + exact(worth[-1]) - exact(game.low[-1])
        assert found.subsidy_low <= missing <= found.subsidy_high


@given(st.lists(st.integers(-10_000, 10_000), min_size=2, max_size=9))
def test_payments_settle_every_balance_with_fewer_than_there_are_players(values):
    balances = [*values, -sum(values)]
    payments = settle(balances)
    left = list(balances)
    for payment in payments:
        left[payment.payee] -= payment.amount
        left[payment.payer] += payment.amount
    assert not any(left)
    assert len(payments) <= max(0, sum(1 for value in balances if value) - 1)


@given(st.lists(st.fractions(-1000, 1000, max_denominator=997), min_size=1, max_size=8))
def test_rounded_shares_lose_less_than_a_cent_together(shares):
    found = round_shares(shares, 2)
    assert 0 <= sum(shares) - sum(found) < Fraction(1, 100)
    assert all(abs(a - b) < Fraction(1, 100) for a, b in zip(shares, found, strict=True))


@given(seeds, players)
def test_exact_values_are_the_game_itself(seed, num_players):
    worth = worth_of(seed, num_players)
    game = exact_game([str(i) for i in range(num_players)], worth[1:])
    assert tighten(game).high.tolist() == game.high.tolist()
