"""Limits split among owners: every set of users keeps within what it may draw on (semantics §4.7)."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landbridge.model.case import Agreement, Case, Grant, Party, Settings
from landbridge.model.clock import Clock
from landbridge.verify.permissions import Rights
from landbridge.verify.quotas import find_excess

PARTIES = "abcde"


def rights(*grants: tuple[str, str, float]) -> Rights:
    """Rights in which a giver opens a part of its share of ``hub`` to a taker."""
    case = Case(
        settings=Settings(name="q"),
        parties=tuple(Party(party=name, region=name) for name in PARTIES),
        agreements=(Agreement(agreement="g", status="in_force"),),
        grants=tuple(
            Grant(agreement="g", giver=giver, taker=taker, kind="hub", resource="h", share_frac=share)
            for giver, taker, share in grants
        ),
    )
    return Rights.of(case, "in_force", Clock.of(case.settings))


def excess(held: Rights, limit: float, use: dict[str, float], *, whole: bool = False) -> str | None:
    return find_excess(
        held,
        "a:0.5 b:0.3 c:0.2",
        "hub",
        "h",
        limit,
        {frozenset(name): amount for name, amount in use.items()},
        whole=whole,
    )


@pytest.mark.parametrize(
    ("use", "is_within"),
    [
        ({"a": 5.0, "b": 3.0, "c": 2.0}, True),
        ({"a": 5.1}, False),
        ({"d": 2.5}, True),
        ({"d": 2.6}, False),
        ({"d": 2.0, "a": 3.0}, True),
        ({"d": 2.0, "a": 3.1}, False),
        ({"e": 0.1}, False),
        ({"": 10.0}, True),
        ({"": 6.0, "a": 4.0}, True),
        ({"": 6.0, "a": 4.1}, False),
        ({"ab": 8.0}, True),
        ({"ab": 8.1}, False),
    ],
)
def test_find_excess_splits_a_limit_of_ten(use: dict[str, float], is_within: bool) -> None:
    """A owns 5, b 3, c 2; d may use half of a's; '' is the market outside, 'ab' a trade of a with b."""
    assert (excess(rights(("a", "d", 0.5)), 10.0, use) is None) is is_within


def test_find_excess_rounds_quotas_of_runs_down_after_pooling() -> None:
    """B and c have 1.5 and 1.0 of 5 runs: alone 1 and 1, together 2."""
    assert excess(rights(), 5.0, {"b": 1.0, "c": 1.0}, whole=True) is None
    assert excess(rights(), 5.0, {"b": 2.0}, whole=True) is not None
    assert excess(rights(), 5.0, {"b": 1.5}) is None


@given(
    use=st.dictionaries(st.sampled_from(list(PARTIES)), st.integers(0, 6).map(float), min_size=1),
    grants=st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(PARTIES), st.sampled_from([0.25, 0.5, 1.0])), max_size=6
    ),
)
def test_find_excess_equals_the_check_of_every_set_of_users(
    use: dict[str, float], grants: list[tuple[str, str, float]]
) -> None:
    held = rights(*grants)
    shares = {"a": 0.5, "b": 0.3, "c": 0.2}
    is_within = True
    for size in range(1, len(use) + 1):
        for users in combinations(use, size):
            opened = sum(
                share * max(held.draw([user], owner, "hub", "h") for user in users) for owner, share in shares.items()
            )
            is_within &= sum(use[user] for user in users) <= 10.0 * opened + 1e-9
    assert (excess(held, 10.0, use) is None) == is_within
