"""Arc-flow neighbourhoods against a MIP that knows nothing of the engine."""

from __future__ import annotations

import numpy as np
import pytest
from tests.helpers.static_nets import KINDS, Net, optimum, random_net
from tests.unit.engine.static.made import to_problem

from landbridge.engine.lp import MipLimits
from landbridge.engine.problem import Limits
from landbridge.engine.static.by_origin import layers_of, solve_by_origin
from landbridge.engine.static.network import static_network
from landbridge.engine.static.plan import Frame, StaticPlan
from landbridge.engine.static.record import Record
from landbridge.engine.static.search import Searcher
from landbridge.engine.watch import Watch

LIMITS = MipLimits(time_s=10.0, nodes=10_000)


def searcher_of(net: Net) -> Searcher:
    """A search that has built its first plan."""
    network = static_network(to_problem(net))
    assert network is not None
    frame = Frame(network)
    record = Record(frame=frame, watch=Watch(Limits(work=1e6)))
    searcher = Searcher(frame, record, np.random.default_rng(0), lambda: False)
    searcher.build()
    return searcher


def best_by_origin(searcher: Searcher, hope: float) -> StaticPlan:
    """Best plan with all links free."""
    frame, plan = searcher.frame, searcher.record.best
    assert plan is not None
    free = np.ones(frame.net.num_links, dtype=np.bool_)
    return solve_by_origin(frame, plan, free, layers_of(frame), searcher.flows, hope, LIMITS).plan


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(2))
def test_with_nothing_closed_the_whole_network_gives_the_optimum(seed: int, kind: str) -> None:
    """With reduced costs in the way it gives a plan between the optimum and the plan it starts from."""
    net = random_net(seed, kind)
    best = optimum(net)
    searcher = searcher_of(net)
    start = searcher.record.best
    if best is None or start is None:
        pytest.skip("no plan to start from")
    tolerance = 1e-6 * max(1.0, abs(best))
    assert best_by_origin(searcher, np.inf).cost == pytest.approx(best, abs=10 * tolerance)
    closed = best_by_origin(searcher, 0.1)
    assert best - tolerance <= closed.cost <= start.cost + tolerance
    assert searcher.frame.fits(closed)


def test_what_two_searches_found_is_put_together_next() -> None:
    """A search whose better plan was beaten meanwhile frees the links in which it differs from the best."""
    searcher = searcher_of(random_net(1, "elastic"))
    first = searcher.record.best
    assert first is not None
    better = best_by_origin(searcher, np.inf)
    assert better.cost < first.cost
    searcher.plan = first
    searcher.record.take(better)
    searcher._hand_over()
    _, free = searcher._neighbourhood(better)
    differs = np.unique(searcher.frame.net.module_link[first.copies != better.copies])
    assert np.array_equal(np.where(free)[0], differs)
    _, free = searcher._neighbourhood(better)
    assert searcher.beaten is None
