"""Sets of users that share a limit (semantics §4.7)."""

from __future__ import annotations

from itertools import combinations, product
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landbridge.errors import InvalidCase
from landbridge.network import quotas
from landbridge.network.quotas import hall_sets

HALF = (0.5, 0.5)


def _bounds(draws: list[tuple[float, ...]], shares: tuple[float, ...]) -> dict[tuple[int, ...], float]:
    return {item.users: item.frac for item in hall_sets(draws, shares, "hub 'X'")}


def test_users_of_one_owner_each_have_its_share_and_need_no_joint_bound() -> None:
    assert _bounds([(1.0, 0.0), (0.0, 1.0)], HALF) == {(0,): 0.5, (1,): 0.5}


def test_users_that_draw_alike_are_one() -> None:
    assert _bounds([(1.0, 0.0), (1.0, 0.0)], HALF) == {(0, 1): 0.5}


def test_overlapping_users_have_a_joint_bound() -> None:
    assert _bounds([(1.0, 0.0), (1.0, 1.0)], HALF) == {(0,): 0.5, (0, 1): 1.0}


def test_a_partial_grant_counts_for_its_part() -> None:
    assert _bounds([(1.0, 0.4), (0.0, 1.0)], HALF) == {(0,): 0.7, (1,): 0.5, (0, 1): 1.0}


def test_who_draws_on_nothing_gets_nothing() -> None:
    assert _bounds([(0.0, 0.0)], HALF) == {(0,): 0.0}


def test_more_sets_than_a_solver_can_take_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "MAX_SETS", 3)
    draws = [(1.0, 1.0, 0.0), (0.0, 1.0, 1.0), (1.0, 0.0, 1.0)]
    with pytest.raises(InvalidCase, match="hub 'X' is split among 3 owners"):
        hall_sets(draws, (0.2, 0.3, 0.5), "hub 'X'")


@given(
    st.lists(st.tuples(*[st.sampled_from([0.0, 0.5, 1.0])] * 3), min_size=1, max_size=4),
    st.sampled_from([(0.2, 0.3, 0.5), (0.5, 0.5, 0.0)]),
    st.integers(0, 7),
)
def test_the_sets_kept_imply_the_bound_of_every_set(
    draws: list[tuple[float, ...]], shares: tuple[float, ...], limit: int
) -> None:
    """Rule of §4.7 word by word, for every set of users, against the sets that are kept; by trying all uses."""
    kept = hall_sets(draws, shares, "x")
    every = [users for size in range(1, len(draws) + 1) for users in combinations(range(len(draws)), size)]
    for use in product(range(4), repeat=len(draws)):
        within_kept = all(sum(use[user] for user in item.users) <= floor(item.frac * limit + 1e-6) for item in kept)
        within_all = all(
            sum(use[user] for user in users)
            <= floor(
                sum(share * max(draws[user][owner] for user in users) for owner, share in enumerate(shares)) * limit
                + 1e-6
            )
            for users in every
        )
        assert within_kept == within_all
