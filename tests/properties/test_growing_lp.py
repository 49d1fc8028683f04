"""An LP that grows step by step has the optimum of the same LP solved at once, whichever simplex goes on."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from landbridge.engine.lp import INF, LinearModel
from landbridge.units import is_close

COLUMN = np.array([0, 1])


def _start(rng: np.random.Generator) -> LinearModel:
    """Three rows, each with a costly column that serves it alone."""
    model = LinearModel()
    model.add_rows(rng.integers(1, 9, 3).astype(float), np.full(3, INF))
    for row in range(3):
        model.add_cols(np.array([50.0]), np.zeros(1), np.full(1, INF), COLUMN, np.array([row]), np.ones(1))
    return model


def _add_col(model: LinearModel, rng: np.random.Generator) -> None:
    rows = np.flatnonzero(rng.random(model.num_rows) < 0.6)
    value = rng.integers(1, 5, len(rows)).astype(float)
    lower = float(rng.integers(0, 2))
    most = lower + float(rng.integers(0, 4)) if rng.random() < 0.5 else INF
    cost = float(rng.integers(1, 40))
    model.add_cols(np.array([cost]), np.array([lower]), np.array([most]), np.array([0, len(rows)]), rows, value)


def _add_row(model: LinearModel, rng: np.random.Generator) -> None:
    cols = np.flatnonzero(rng.random(model.num_cols) < 0.5)
    value = rng.integers(1, 5, len(cols)).astype(float)
    most = float(rng.integers(10, 40))
    model.add_rows(np.array([-INF]), np.array([most]), np.array([0, len(cols)]), cols, value)


def _narrow(model: LinearModel, rng: np.random.Generator) -> None:
    col = np.array([rng.integers(0, model.num_cols)])
    model.set_col_bounds(col, np.zeros(1), np.array([float(rng.integers(0, 6))]))


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), steps=st.lists(st.sampled_from("crnR"), min_size=1, max_size=12))
def test_a_growing_lp_has_the_optimum_of_one_solved_at_once(seed: int, steps: list[str]) -> None:
    rng = np.random.default_rng(seed)
    model = _start(rng)
    model.solve()
    for step in steps:
        for kind in {"R": "cr"}.get(step, step):
            {"c": _add_col, "r": _add_row, "n": _narrow}[kind](model, rng)
        found, at_once = model.solve(), model.copy().solve()
        assert found.is_infeasible == at_once.is_infeasible
        assert found.is_optimal == at_once.is_optimal
        if at_once.is_optimal:
            assert is_close(found.objective, at_once.objective)


def test_a_column_that_makes_new_rows_feasible_is_not_missed() -> None:
    """Without the new column nothing fulfils the new row; what is held back must not be taken for infeasible."""
    model = LinearModel()
    model.add_rows(np.ones(1), np.full(1, INF))
    model.add_cols(np.ones(1), np.zeros(1), np.ones(1), COLUMN, np.zeros(1, dtype=np.int64), np.ones(1))
    assert model.solve().objective == 1.0
    row = model.add_rows(np.full(1, 3.0), np.full(1, INF), COLUMN, np.zeros(1, dtype=np.int64), np.ones(1))
    model.add_cols(np.full(1, 5.0), np.zeros(1), np.full(1, INF), COLUMN, np.array([row]), np.ones(1))
    found = model.solve()
    assert found.is_optimal
    assert is_close(found.objective, 1.0 + 5.0 * 2.0)
