"""Payments: to the cent, sum zero, as few as can be."""

from __future__ import annotations

from fractions import Fraction

import pytest

from landbridge.cooperation import round_shares, settle
from landbridge.cooperation.settlement import minor_digits
from landbridge.errors import InvalidGame


def paid(payments, num_players: int) -> list[int]:
    balance = [0] * num_players
    for payment in payments:
        assert payment.amount > 0
        balance[payment.payee] += payment.amount
        balance[payment.payer] -= payment.amount
    return balance


def test_the_worked_example_is_settled_by_two_payments():
    """A pays the truck and the feeder: cash -1, 80, 160; shares 104, 59.5, 75.5."""
    balances = [10500, -2050, -8450]
    payments = settle(balances)
    assert len(payments) == 2
    assert paid(payments, 3) == balances


def test_groups_that_balance_by_themselves_save_a_payment():
    balances = [5, -2, -3, 7, -7, 0, 4, -1, -3]
    payments = settle(balances)
    assert paid(payments, 9) == balances
    # {5, -2, -3}, {7, -7} and {4, -1, -3} are three groups: eight players with a balance, five payments
    assert len(payments) == 5


def test_many_players_are_settled_with_fewer_payments_than_players():
    balances = [(-1) ** i * (i + 1) * 137 for i in range(30)]
    balances.append(-sum(balances))
    payments = settle(balances)
    assert paid(payments, 31) == balances
    assert len(payments) <= 30


def test_nothing_owed_is_nothing_paid():
    assert settle([0, 0, 0]) == ()


def test_balances_that_do_not_add_up_are_refused():
    with pytest.raises(InvalidGame, match="add up to 1") as caught:
        settle([1, 0])
    assert caught.value.code == "settlement-not-zero"


def test_rounding_keeps_the_sum_and_moves_nobody_by_a_cent():
    shares = [Fraction(200, 3)] * 3
    found = round_shares(shares, 2)
    assert found == [Fraction("66.67"), Fraction("66.67"), Fraction("66.66")]
    assert sum(found) == 200
    assert sum(round_shares([Fraction(-200, 3)] * 3, 0)) == -200


def test_currencies_have_their_own_smallest_unit():
    assert [minor_digits(code) for code in ("CNY", "JPY", "KWD")] == [2, 0, 3]
