"""Plans inside parts of the tree, against a MIP that knows nothing of the engine."""

from __future__ import annotations

import numpy as np
import pytest
from tests.helpers.static_nets import KINDS, optimum, random_net
from tests.unit.engine.static.made import to_problem

from landbridge.engine.lp import MipLimits
from landbridge.engine.problem import Limits
from landbridge.engine.static import bound as proof
from landbridge.engine.static import parts as module
from landbridge.engine.static.bound import Prover
from landbridge.engine.static.network import static_network
from landbridge.engine.static.parts import Parts, while_better
from landbridge.engine.static.plan import Frame
from landbridge.engine.static.record import PartHint, Record
from landbridge.engine.static.search import LEAST_PATIENCE, Searcher
from landbridge.engine.watch import Watch

SEEDS = range(4)


def begun(seed: int, kind: str, limits: Limits, steps: int = 60) -> tuple[Searcher, Prover]:
    """A search with a first plan, and a proof after some steps, which has offered parts."""
    network = static_network(to_problem(random_net(seed, kind)))
    assert network is not None
    record = Record(frame=Frame(network), watch=Watch(limits))
    searcher = Searcher(record.frame, record, np.random.default_rng(0), lambda: False, restless=True)
    searcher.build()
    prover = Prover(record.frame, record, lambda: False)
    prover.relax()
    for _ in range(steps):
        if not prover.finished and not prover.infeasible:
            prover.step()
    return searcher, prover


def test_a_plan_of_a_part_is_inside_it_and_never_better_than_the_optimum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "LEAST_DEPTH", 0)
    looked_at = 0
    for kind in KINDS:
        for seed in SEEDS:
            searcher, _ = begun(seed, kind, Limits(time_s=60.0))
            record, best = searcher.record, optimum(random_net(seed, kind))
            if best is None or record.best is None:
                continue
            net, parts = record.frame.net, Parts(record.frame, record.watch)
            for part in list(record.parts):
                looked_at += 1
                outcome = parts.solve(record.best, part, searcher._paths(), 0, lambda: False)
                assert outcome.plan.cost >= best - 1e-6 * max(1.0, abs(best))
                found = outcome.plan if outcome.plan is not record.best else outcome.other
                if found is not None:
                    most = np.bincount(net.module_link, weights=part.high * net.module_cap, minlength=net.num_links)
                    assert record.frame.fits(found)
                    assert (found.link_load <= most + 1e-6).all(), "it rides what the part may open"
    assert looked_at > 20


def test_some_part_of_some_problem_holds_a_better_plan_than_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "LEAST_DEPTH", 0)
    gains = []
    for kind in KINDS:
        for seed in SEEDS:
            searcher, _ = begun(seed, kind, Limits(time_s=60.0))
            best = searcher.record.best
            if best is not None and searcher.record.parts:
                searcher._enter(best, searcher.record.parts[0])
                assert searcher.record.best is not None
                gains.append(best.cost - searcher.record.best.cost)
    assert min(gains) >= 0.0
    assert max(gains) > 0.0


def test_what_a_part_may_cost_is_thought_to_be_no_less_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "LEAST_DEPTH", 0)
    offered: list[tuple[float, float]] = []
    take = Record.offer

    def offer(record: Record, part: PartHint) -> None:
        offered.append((part.estimate, record.watch.lower))
        take(record, part)

    monkeypatch.setattr(Record, "offer", offer)
    for seed in SEEDS:
        begun(seed, KINDS[0], Limits(time_s=60.0))
    assert offered
    assert all(estimate >= lower - 1e-6 * max(1.0, abs(lower)) for estimate, lower in offered)


def test_parts_wait_until_the_bound_has_come_far_enough_and_are_none_where_work_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(proof, "LEAST_DEPTH", 0)
    monkeypatch.setattr(proof, "READY", np.inf)
    near = [begun(seed, KINDS[0], Limits(time_s=60.0))[0].record for seed in SEEDS]
    assert any(record.parts for record in near)
    assert not any(record.has_part for record in near)
    monkeypatch.setattr(proof, "READY", -np.inf)
    assert any(begun(seed, KINDS[0], Limits(time_s=60.0))[0].record.has_part for seed in SEEDS)
    assert not any(begun(seed, KINDS[0], Limits(work=1e6))[0].record.parts for seed in SEEDS)


def test_the_deepest_part_is_taken_first_and_only_where_it_may_hold_a_better_plan() -> None:
    searcher, _ = begun(0, KINDS[0], Limits(time_s=60.0), steps=0)
    record = searcher.record
    cost = record.best_cost()
    none = np.zeros(0)
    for estimate, depth in ((cost - 2.0, 3), (cost + 1.0, 9), (cost - 1.0, 5), (cost - 3.0, 5)):
        record.offer(PartHint(estimate=estimate, depth=depth, low=none, high=none))
    taken = [record.take_part() for _ in range(4)]
    assert [part and (part.estimate - cost, part.depth) for part in taken] == [
        (pytest.approx(-3.0), 5),
        (pytest.approx(-1.0), 5),
        (pytest.approx(-2.0), 3),
        None,
    ]


def test_parts_that_hold_nothing_are_tried_less_often() -> None:
    searcher, _ = begun(0, KINDS[0], Limits(time_s=60.0), steps=0)
    parts = Parts(searcher.frame, searcher.watch)
    assert not parts.is_due(module.QUIET - 0.1)
    assert parts.is_due(module.QUIET)
    parts.learn(module.QUIET, found=False)
    assert not parts.is_due(2 * module.QUIET)
    assert parts.is_due((1 + module.LONGER) * module.QUIET)
    parts.learn(10.0, found=True)
    assert parts.is_due(10.0 + module.QUIET)
    for _ in range(20):
        parts.learn(0.0, found=False)
    assert parts.is_due(module.MOST_QUIET)


def test_a_restless_search_that_finds_nothing_waits_for_parts_until_another_finds_something() -> None:
    searcher, _ = begun(0, KINDS[0], Limits(time_s=60.0), steps=0)
    searcher.plan = best = searcher.record.best
    assert best is not None
    assert not searcher.stands
    searcher.idle = LEAST_PATIENCE
    assert searcher.stands
    searcher.wait(8.0)
    assert searcher.idle > LEAST_PATIENCE + 1.0, "the time of the proof brings it nothing either"
    none = np.zeros(0)
    searcher.record.offer(PartHint(estimate=best.cost - 1.0, depth=1, low=none, high=none))
    assert searcher.stands, "parts are not worth it yet"
    searcher.record.is_far = True
    assert not searcher.stands, "a part is due"
    searcher.record.take_part()
    assert searcher.stands
    searcher.away = True
    assert not searcher.stands
    searcher.away = False
    searcher.plan = type(best)(
        paths=best.paths,
        amounts=best.amounts,
        level=best.level,
        copies=best.copies,
        link_load=best.link_load,
        unserved=best.unserved,
        cost=best.cost + 1.0,
    )
    assert not searcher.stands, "another search has found a better one"
    searcher._current()
    assert searcher.plan is best
    assert searcher.idle == 0.0


def test_a_mip_ends_once_its_bound_has_come_to_what_is_known() -> None:
    limits = while_better(MipLimits(time_s=10.0), 100.0, 200.0)
    assert limits.on_progress is not None
    limits.on_progress(199.0, 300.0)
    assert not limits.cancelled()
    limits.on_progress(200.0, 300.0)
    assert limits.cancelled()


def test_the_plan_to_beat_is_no_plan_of_a_part_that_holds_it_and_nothing_better() -> None:
    """Else the search would take it for another place to search from."""
    for kind in KINDS:
        for seed in SEEDS:
            searcher, _ = begun(seed, kind, Limits(time_s=60.0), steps=400)
            record, best = searcher.record, searcher.record.best
            if best is None:
                continue
            net = record.frame.net
            whole = PartHint(estimate=best.cost, depth=3, low=np.zeros(len(net.module_cap)), high=net.module_most)
            outcome = Parts(record.frame, record.watch).solve(best, whole, searcher._paths(), 0, lambda: False)
            assert outcome.other is None or (outcome.other.copies != best.copies).any()
