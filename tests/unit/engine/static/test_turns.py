"""Who is next, proof or search: by how long the proof would take and whether the search still finds something."""

from __future__ import annotations

import pytest

from landbridge.engine.problem import Limits
from landbridge.engine.static.turns import FIRST_PARTS, READY, Turns
from landbridge.engine.watch import Watch

PARTS = 1000


def part_of_search(turns: Turns, lower_by: float, upper_by: float, work: float, *, quiet: bool) -> float:
    """Part of some work that the search gets when a unit moves the bound, or the plan, by so much."""
    watch, searched = turns.watch, 0.0
    parts = 0
    for _ in range(round(work)):
        watch.work += 1.0
        if turns.may_search(parts, quiet=quiet):
            turns.searching += 1.0
            searched += 1.0
            watch.improve_upper(watch.upper - upper_by)
        else:
            turns.proving += 1.0
            watch.improve_lower(watch.lower + lower_by)
            parts = PARTS
    return searched / work


def begun() -> Turns:
    watch = Watch(Limits(work=10_000.0))
    watch.improve_upper(1000.0)
    watch.improve_lower(0.0)
    return Turns(watch)


@pytest.mark.parametrize(("quiet", "share"), [(False, 1 / 2), (True, 1 / 3)])
def test_a_proof_that_closes_soon_has_its_time(quiet: bool, share: float) -> None:
    assert part_of_search(begun(), 1.0, 0.0, 600, quiet=quiet) == pytest.approx(share, abs=0.02)


def test_a_proof_that_would_not_close_leaves_time_to_a_search_that_finds() -> None:
    assert part_of_search(begun(), 0.01, 0.01, 600, quiet=True) == pytest.approx(4 / 5, abs=0.02)


def test_a_search_that_stands_still_gives_its_time_back_but_not_what_it_has_had() -> None:
    turns = begun()
    part_of_search(turns, 0.01, 0.01, 600, quiet=True)
    part_of_search(turns, 0.01, 0.0, 300, quiet=True)  # until it is thought to stand still
    assert part_of_search(turns, 0.01, 0.0, 60, quiet=True) == pytest.approx(1 / 2, abs=0.02)
    assert part_of_search(turns, 0.01, 0.0, 600, quiet=True) == pytest.approx(1 / 2, abs=0.02)


@pytest.mark.parametrize(
    ("lower", "parts", "may"),
    [(990.0, FIRST_PARTS - 1, False), (990.0, FIRST_PARTS, True), (980.0, FIRST_PARTS - 1, True)],
)
def test_the_first_parts_of_a_tree_are_looked_at_where_plan_and_bound_are_near(
    lower: float, parts: int, may: bool
) -> None:
    turns = begun()
    turns.watch.improve_lower(lower)
    assert turns.may_search(0, quiet=True)
    turns.watch.work, turns.proving, turns.searching = 3.0, 1.0, 2.0  # found a plan a moment ago; the bound stays
    turns.watch.improve_upper(999.0)
    assert turns.may_search(parts, quiet=True) is may


def test_without_a_limit_a_proof_that_does_not_move_will_not_close() -> None:
    watch = Watch(Limits())
    watch.improve_upper(1000.0)
    watch.improve_lower(0.0)
    turns = Turns(watch)
    turns.may_search(0, quiet=True)
    turns.proving, turns.searching = 1.0, 2.0
    watch.improve_upper(999.0)
    assert turns.may_search(FIRST_PARTS, quiet=True)


@pytest.mark.parametrize(("lower_by", "waits"), [(2.0, True), (0.001, False)])
def test_a_search_that_waits_for_parts_leaves_all_to_the_proof_where_these_will_come(
    lower_by: float, waits: bool
) -> None:
    turns = begun()
    part_of_search(turns, lower_by, 0.0, 100, quiet=True)
    turns.proving += 100.0
    assert turns.may_search(PARTS, quiet=True, stands=False)
    assert turns.may_search(PARTS, quiet=True, stands=True) is not waits
    assert turns.may_search(0, quiet=True, stands=True), "branching has not begun"


@pytest.mark.parametrize(("risen", "waits"), [(49.0, False), (51.0, True)])
def test_a_bound_is_thought_to_rise_with_the_square_root_of_time(risen: float, waits: bool) -> None:
    """With eight times as much time in the first half of what is left it will be three times as high."""
    turns = begun()
    turns.may_search(0, quiet=True)
    turns.proving = turns.watch.work = 500.0
    turns.watch.limits = Limits(work=500.0 + 2 * 8 * 500.0)
    way = 1000.0 - turns.tree_lower
    turns.watch.improve_lower(turns.tree_lower + risen / 50.0 * READY * way / 3.0)
    assert turns.may_search(PARTS, quiet=True, stands=True) is not waits
