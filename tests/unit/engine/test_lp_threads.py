"""MIPs of several threads at once."""

from __future__ import annotations

import os
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
