"""The whole problem as one MIP, against a MIP that knows nothing of the engine."""

from __future__ import annotations

import time

import numpy as np
import pytest
from tests.helpers.static_nets import KINDS, Net, optimum, random_net
from tests.unit.engine.static.made import to_problem

from landbridge.engine.lp import MipLimits
from landbridge.engine.problem import Limits
from landbridge.engine.static import whole as module
from landbridge.engine.static.bound import Prover
from landbridge.engine.static.network import static_network
from landbridge.engine.static.plan import Frame, StaticPlan
from landbridge.engine.static.record import Record
from landbridge.engine.static.search import Searcher
from landbridge.engine.static.whole import Whole, while_promising
from landbridge.engine.watch import Watch


def start_of(net: Net, limits: Limits) -> tuple[Searcher, StaticPlan | None]:
    """A search with the paths of the relaxation, and its first plan."""
    network = static_network(to_problem(net))
    assert network is not None
    frame = Frame(network)
    record = Record(frame=frame, watch=Watch(limits))
    Prover(frame, record, lambda: False).relax()
    searcher = Searcher(frame, record, np.random.default_rng(0), lambda: False)
    searcher.build()
    return searcher, record.best


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(2))
def test_it_finds_plans_between_the_first_and_the_optimum(seed: int, kind: str) -> None:
    """It closes small problems, and looks at dearer columns next time."""
    net = random_net(seed, kind)
    best = optimum(net)
    searcher, plan = start_of(net, Limits(time_s=60.0))
    if best is None or plan is None or searcher.whole is None:
        pytest.skip("no plan to start from")
    whole, hopes = searcher.whole, []
    first = plan
    for _ in range(8):
        hopes.append(whole.hope)
        plan = whole.solve(plan, searcher._paths(), 0, lambda: False, lambda: np.inf).plan
    tolerance = 1e-6 * max(1.0, abs(best))
    assert best - tolerance <= plan.cost <= first.cost + tolerance
    assert searcher.frame.fits(plan)
    assert hopes == sorted(hopes)
    assert whole.is_promising


def test_it_is_tried_where_neighbourhoods_stand_still_and_by_the_clock_alone() -> None:
    """Not before some of them found nothing, not again at once, and never where work is counted."""
    searcher, plan = start_of(random_net(0, KINDS[0]), Limits(time_s=60.0))
    assert plan is not None
    whole = Whole(searcher.frame, searcher.watch)
    assert not whole.is_due(module.QUIET - 1)
    assert whole.is_due(module.QUIET)
    whole.solve(plan, searcher._paths(), 0, lambda: False, lambda: np.inf)
    whole.wait(module.QUIET)
    assert not whole.is_due(module.QUIET)
    assert whole.is_due(2 * module.QUIET)
    whole.begin()
    assert whole.is_due(module.QUIET)
    assert not Whole(searcher.frame, Watch(Limits(work=1e6))).is_due(100)


def test_a_mip_whose_bound_stands_still_ends_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it is looked at, and where the bound has come far enough, it goes on."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    limits = while_promising(MipLimits(time_s=10.0), 100.0, 200.0, lambda: np.inf)
    assert limits.on_progress is not None
    limits.on_progress(100.0 + 90.0 * module.PROMISE, 200.0)
    assert not limits.cancelled()
    now[0] = 10.1 * module.LOOK_AT
    assert limits.cancelled()
    limits.on_progress(100.0 + 110.0 * module.PROMISE, 200.0)
    assert not limits.cancelled()


def test_a_mip_that_is_overtaken_ends() -> None:
    """Where another search has found better than it has; not where it is level, or has found better itself."""
    best = [200.0]
    limits = while_promising(MipLimits(time_s=10.0), 100.0, 200.0, lambda: best[0])
    assert limits.on_progress is not None
    assert not limits.cancelled()
    best[0] = 190.0
    assert limits.cancelled()
    limits.on_progress(100.0, 180.0)
    assert not limits.cancelled()
