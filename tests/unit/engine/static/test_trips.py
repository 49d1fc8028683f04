"""Where a search goes once its plan stands still, and when it comes back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.helpers.static_nets import KINDS, random_net
from tests.unit.engine.static.made import to_problem

from landbridge.engine.problem import Limits
from landbridge.engine.static.network import static_network
from landbridge.engine.static.plan import Frame, StaticPlan
from landbridge.engine.static.record import Record
from landbridge.engine.static.search import (
    AGAIN,
    COOLER,
    HOTTER,
    LEAST_PATIENCE,
    LEAST_TRIES,
    MOST_HEAT,
    PATIENCE,
    Searcher,
)
from landbridge.engine.watch import Watch


def begun(*, restless: bool = True) -> tuple[Searcher, StaticPlan]:
    """A search at its first plan, which is the best."""
    network = static_network(to_problem(random_net(0, KINDS[0])))
    assert network is not None
    record = Record(frame=Frame(network), watch=Watch(Limits(time_s=600.0)))
    searcher = Searcher(record.frame, record, np.random.default_rng(0), lambda: False, restless=restless)
    searcher.build()
    searcher.plan = best = record.best
    assert best is not None
    return searcher, best


def other_than(plan: StaticPlan) -> StaticPlan:
    """A dearer plan with a copy more."""
    copies = plan.copies.copy()
    copies[0] += 1.0
    return replace(plan, copies=copies, cost=plan.cost + 10.0)


def idle(searcher: Searcher, effort: float, before: float = 0.0) -> None:
    """Many small MIPs have found nothing for an effort, after another that led to the plan."""
    searcher.idle, searcher.spent, searcher.quiet = effort, before + effort, LEAST_TRIES


def test_few_tries_say_little_however_long_they_take(monkeypatch: pytest.MonkeyPatch) -> None:
    searcher, best = begun()
    monkeypatch.setattr(searcher, "anneal", lambda *_: other_than(best))
    idle(searcher, 10.0 * LEAST_PATIENCE)
    searcher.quiet = LEAST_TRIES - 1
    assert searcher._current() is best
    searcher.quiet = LEAST_TRIES
    assert searcher._current() is not best


def test_a_plan_that_stands_still_is_left_for_another_and_taken_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    searcher, best = begun()
    other = other_than(best)
    monkeypatch.setattr(searcher, "anneal", lambda *_: other)
    idle(searcher, LEAST_PATIENCE - 0.1)
    assert searcher._current() is best
    idle(searcher, LEAST_PATIENCE)
    assert searcher._current() is other
    assert searcher.away
    assert searcher.idle == searcher.spent == 0.0, "it begins anew there"
    assert searcher._current() is other
    idle(searcher, LEAST_PATIENCE)
    assert searcher._current() is best
    assert not searcher.away
    assert searcher.beaten is other, "what lies between the two is next"


def test_a_best_plan_come_back_to_is_left_sooner_and_a_better_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    searcher, best = begun()
    monkeypatch.setattr(searcher, "anneal", lambda *_: other_than(best))
    for wait in (LEAST_PATIENCE, LEAST_PATIENCE, AGAIN):
        idle(searcher, wait)
        searcher._current()
    assert searcher.away
    better = replace(other_than(best), cost=best.cost - 1.0)
    searcher.record.best = searcher.plan = better
    idle(searcher, LEAST_PATIENCE)
    assert searcher._current() is better
    assert searcher.beaten is None, "there is nothing between the best and itself"
    idle(searcher, AGAIN)
    assert searcher._current() is better
    assert not searcher.away


def test_patience_is_a_part_of_the_effort_that_led_to_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    searcher, best = begun()
    monkeypatch.setattr(searcher, "anneal", lambda *_: other_than(best))
    idle(searcher, PATIENCE * 40.0 - 0.1, before=40.0)
    assert searcher._current() is best
    idle(searcher, PATIENCE * 40.0, before=40.0)
    assert searcher._current() is not best


def test_heat_rises_while_all_leads_back_to_the_best_plan_and_falls_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    searcher, best = begun()
    monkeypatch.setattr(searcher, "anneal", lambda *_: best)
    heats = []
    for _ in range(4):
        idle(searcher, LEAST_PATIENCE)
        assert searcher._current() is best
        heats.append(searcher.heat)
    assert heats == [HOTTER, MOST_HEAT, MOST_HEAT, MOST_HEAT]
    monkeypatch.setattr(searcher, "anneal", lambda *_: other_than(best))
    searcher._current()
    idle(searcher, LEAST_PATIENCE)
    searcher._current()
    assert searcher.heat == COOLER * MOST_HEAT
    idle(searcher, AGAIN)
    searcher._current()
    searcher.plan = replace(best)
    idle(searcher, LEAST_PATIENCE)
    searcher._current()
    assert searcher.heat == min(MOST_HEAT, HOTTER * COOLER * MOST_HEAT)


def test_there_is_no_trip_that_would_not_end_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    searcher, best = begun()
    monkeypatch.setattr(searcher, "anneal", lambda *_: other_than(best))
    idle(searcher, LEAST_PATIENCE)
    searcher.trip = 1.0
    assert searcher._current() is best
    searcher.trip = 0.5
    assert searcher._current() is not best


def test_all_links_at_once_come_before_a_trip(monkeypatch: pytest.MonkeyPatch) -> None:
    searcher, best = begun(restless=False)
    assert searcher.whole is not None
    monkeypatch.setattr(searcher, "anneal", lambda *_: other_than(best))
    idle(searcher, LEAST_PATIENCE)
    assert searcher._current() is best
    searcher.whole.wait(searcher.idle)
    assert searcher._current() is not best
