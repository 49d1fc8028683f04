"""MIPs of several threads at once."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from landbridge.engine.lp import INF, LinearModel, MipLimits


def best_load(seed: int) -> tuple[float, float]:
    """Value of a knapsack of 12 things by the solver, with a limit long enough to be watched, and by dynamic steps."""
    rng = np.random.default_rng(seed)
    worth, size = rng.integers(1, 9, 12), rng.integers(1, 6, 12)
    model = LinearModel()
    none = np.zeros(0, dtype=np.int64)
    model.add_cols(-worth.astype(float), np.zeros(12), np.ones(12), np.zeros(13, dtype=np.int64), none, np.zeros(0))
    model.add_rows(np.array([-INF]), np.array([10.0]), np.array([0, 12]), np.arange(12), size.astype(float))
    found = model.solve_mip(np.arange(12), MipLimits(time_s=10.0), (np.arange(12), np.zeros(12)))
    best = np.zeros(11)
    for w, n in zip(worth.tolist(), size.tolist(), strict=True):
        best[n:] = np.maximum(best[n:], best[: 11 - n] + w)
    return -found.objective, float(best[10])


def test_threads_may_solve_watched_mips_at_once() -> None:
    """The binding's own startSolve shares its locks between all solvers and raised "already running"."""
    with ThreadPoolExecutor(3) as threads:
        for found, best in threads.map(best_load, range(90)):
            assert found == pytest.approx(best)


def test_threads_that_make_models_leave_the_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    """Making a solver turns its banner away from the standard output, which must be there again afterwards."""
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: LinearModel(), range(200)))
    os.write(1, b"still here")
    assert "still here" in capfd.readouterr().out


@pytest.mark.slow
def test_a_mip_solved_again_keeps_to_the_time_of_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is solved again where the solver got a start wrong; what is left of the time is all there is."""
    monkeypatch.setattr("landbridge.engine.lp.is_close", lambda *_: False)
    rng = np.random.default_rng(0)
    num_cols, num_rows = 200, 40
    model = LinearModel()
    none = np.zeros(0, dtype=np.int64)
    worth = rng.integers(10, 100, num_cols).astype(float)
    model.add_cols(
        -worth, np.zeros(num_cols), np.ones(num_cols), np.zeros(num_cols + 1, dtype=np.int64), none, np.zeros(0)
    )
    size = rng.integers(10, 1000, (num_rows, num_cols)).astype(float)
    ptr, index = num_cols * np.arange(num_rows + 1), np.tile(np.arange(num_cols), num_rows)
    model.add_rows(np.full(num_rows, -INF), size.sum(axis=1) / 3, ptr, index, size.ravel())
    begun = time.monotonic()
    found = model.solve_mip(np.arange(num_cols), MipLimits(time_s=3.0), (np.arange(num_cols), np.zeros(num_cols)))
    assert found.has_point
    assert not found.is_optimal
    assert time.monotonic() - begun < 4.5


def test_a_mip_for_whose_second_run_no_time_is_left_keeps_the_point_of_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("landbridge.engine.lp.is_close", lambda *_: False)
    run, runs = LinearModel._run_watched, []

    def first_only(self: LinearModel, limits: MipLimits) -> None:
        runs.append(limits)
        if len(runs) == 1:
            run(self, limits)

    monkeypatch.setattr(LinearModel, "_run_watched", first_only)
    model = LinearModel()
    none = np.zeros(0, dtype=np.int64)
    model.add_cols(np.array([-3.0, -2.0]), np.zeros(2), np.ones(2), np.zeros(3, dtype=np.int64), none, np.zeros(0))
    model.add_rows(np.array([-INF]), np.array([1.0]), np.array([0, 2]), np.arange(2), np.ones(2))
    found = model.solve_mip(np.arange(2), MipLimits(time_s=3.0), (np.arange(2), np.zeros(2)))
    assert len(runs) == 2
    assert found.x.tolist() == [1.0, 0.0]
    assert found.objective == -3.0
    assert not found.is_optimal
    assert found.bound == -INF
