"""What agreements may never do, on random variants of the hand-worked example."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landbridge.cooperation import Effort
from landbridge.cooperation.agreements import SetValues, split
from landbridge.cooperation.players import PlayerKind
from landbridge.model.case import Case
from landbridge.runtime import Cache, Workers
from landbridge.tables import read_case

LINKS = ("AB", "AC", "BC")


def variant(quantities: list[int], truck_t: int, run_cost: int) -> Case:
    with resources.as_file(resources.files("landbridge") / "cases" / "starter") as folder:
        case = read_case(Path(folder))
    return replace(
        case,
        orders=tuple(replace(row, qty=float(qty)) for row, qty in zip(case.orders, quantities, strict=True)),
        services=tuple(
            replace(row, capacity={"t": float(truck_t)}, run_cost=float(run_cost)) if row.run_cost else row
            for row in case.services
        ),
    )


def values_of(case: Case) -> SetValues:
    return SetValues(
        case=case,
        kind=PlayerKind.REGIONS,
        quotas=None,
        effort=Effort(),
        workers=Workers(),
        cache=Cache(),
        cancelled=lambda: False,
        report=lambda step, done, of: None,
    )


cases = st.builds(
    variant, st.lists(st.integers(1, 9), min_size=4, max_size=4), st.integers(6, 12), st.integers(60, 160)
)


@pytest.mark.slow
@settings(max_examples=3)
@given(cases)
def test_more_agreements_never_lower_what_all_reach(case):
    """Each set is planned by itself; nothing is inferred from the others."""
    found = {}
    for size in range(4):
        for names in combinations(LINKS, size):
            values = values_of(case)
            values.find([frozenset(names)])
            found[frozenset(names)] = values.value(frozenset(names))
            assert found[frozenset(names)].high - found[frozenset(names)].low <= 0.02
    for smaller, less in found.items():
        for larger, more in found.items():
            assert not smaller < larger or less.low <= more.high + 1e-6


@pytest.mark.slow
@settings(max_examples=6)
@given(cases, st.sampled_from(LINKS))
def test_both_signers_of_a_link_gain_the_same_from_it(case, link):
    """Jackson and Wolinsky's form of Myerson's rule is the one split with this property."""
    values = values_of(case)
    given_all, without = frozenset(LINKS), frozenset(LINKS) - {link}
    after, before = split(values, given_all)[0], split(values, without)[0]
    one, other = ("ABC".index(name) for name in link)
    assert after[one] - before[one] == pytest.approx(after[other] - before[other], abs=1e-4)
