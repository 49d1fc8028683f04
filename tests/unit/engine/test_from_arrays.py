"""Plain static problems from plain arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from landbridge.engine import DesignProblem, solve
from landbridge.errors import InvalidInstance


def triangle(**changes: Any) -> DesignProblem:
    """Six units 0 > 2 and four 1 > 2; by 1 they fill the run 1 > 2: 5 + 5 fixed, 6 * 2 + 4 by unit."""
    fields: dict[str, Any] = {
        "tails": [0, 1, 0],
        "heads": [1, 2, 2],
        "unit_cost": [1, 1, 3],
        "capacity": 10,
        "fixed_cost": [5, 5, 40],
        "origins": [0, 1],
        "destinations": [2, 2],
        "quantity": [6, 4],
    }
    return DesignProblem.from_arrays(**(fields | changes))


def test_a_problem_of_arrays_is_solved() -> None:
    assert solve(triangle()).upper == pytest.approx(5 + 5 + 6 * 2 + 4)


def test_more_runs_may_be_allowed() -> None:
    assert solve(triangle(quantity=[6, 14], max_runs=[1, 2, 1])).upper == pytest.approx(5 + 10 + 6 * 2 + 14)


def test_what_has_a_penalty_may_stay() -> None:
    found = solve(triangle(penalty=[2.5, np.inf]))
    assert found.upper == pytest.approx(6 * 2.5 + 5 + 4)
    assert found.block_served.tolist() == [0.0, 4.0]


def test_nodes_without_arcs_may_be_counted() -> None:
    assert len(triangle().node_rank) == 3
    assert len(triangle(num_nodes=7).node_rank) == 7


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"heads": [1, 2]}, r"heads has shape \(2,\); expected shape \(3,\)"),
        ({"tails": 0}, "tails has shape .*; expected one dimension"),
        ({"unit_cost": [[1, 1, 3]]}, r"unit_cost has shape \(1, 3\)"),
        ({"unit_cost": [1, "x", 3]}, "unit_cost: .*expected numbers"),
        ({"tails": [0, 1.5, 0]}, r"tails\[1\] is 1.5; expected a whole number of 0 or more"),
        ({"origins": [0, 9], "num_nodes": 3}, r"origins\[1\] is 9; expected .* below 3"),
        ({"capacity": [1, -1, 1]}, r"capacity\[1\] is -1; expected a number of 0 or more, or inf"),
        ({"fixed_cost": [1, np.inf, 1]}, r"fixed_cost\[1\] is inf; expected a finite number"),
        ({"quantity": [1, np.nan]}, r"quantity\[1\] is nan; expected a finite number"),
        ({"penalty": [-1, 0]}, r"penalty\[0\] is -1"),
        ({"max_runs": 1.5}, r"max_runs\[0\] is 1.5; expected a whole number or inf"),
    ],
)
def test_arrays_that_make_no_sense_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInstance, match=message):
        triangle(**change)
