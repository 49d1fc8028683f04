"""The model for other solvers, read back by HiGHS."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import highspy
import numpy as np
import pytest
from tests.helpers.modular import KINDS, optimum, random_modular
from tests.unit.engine.hand_made import lorry

from landbridge.engine import DesignProblem, solve
from landbridge.engine.exact.arc_flow import group_links, write_mps
from landbridge.errors import InvalidInstance, OutputError
from landbridge.network import read_gins


def solved(path: Path) -> highspy.Highs:
    model = highspy.Highs()
    model.silent()
    assert model.readModel(str(path)) == highspy.HighsStatus.kOk
    model.setOptionValue("mip_rel_gap", 0.0)
    model.run()
    assert model.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return model


@pytest.mark.slow
@pytest.mark.parametrize("aggregate", [False, True])
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_the_model_has_the_known_optimum(tmp_path: Path, kind: str, seed: int, aggregate: bool) -> None:
    instance = random_modular(seed, kind)
    (tmp_path / "g.txt").write_text(instance.text())
    write_mps(read_gins(tmp_path / "g.txt"), tmp_path / "g.mps", aggregate=aggregate)
    assert solved(tmp_path / "g.mps").getObjectiveValue() == pytest.approx(optimum(instance))


def triangle(penalty: list[float] | None = None) -> DesignProblem:
    return DesignProblem.from_arrays(
        tails=[0, 1, 0],
        heads=[1, 2, 2],
        unit_cost=[1, 1, 3],
        capacity=[10, np.inf, 10],
        fixed_cost=[5, 5, 40],
        origins=[0, 0],
        destinations=[2, 1],
        quantity=[6, 4],
        penalty=penalty,
    )


@pytest.mark.parametrize("aggregate", [False, True])
@pytest.mark.parametrize("penalty", [None, [2.5, np.inf], [0.5, 0.5], [9.0, 0.5]])
def test_the_model_of_arrays_has_the_optimum_of_the_engine(
    tmp_path: Path, penalty: list[float] | None, aggregate: bool
) -> None:
    problem = triangle(penalty)
    write_mps(problem, tmp_path / "t.mps", aggregate=aggregate)
    assert solved(tmp_path / "t.mps").getObjectiveValue() == pytest.approx(solve(problem).upper)


@pytest.mark.parametrize("aggregate", [False, True])
@pytest.mark.parametrize("fixed_cost", [[1.0, 100.0], [100.0, 1.0], [30.0, 40.0]])
def test_a_module_without_a_limit_leaves_the_limit_of_the_other(
    tmp_path: Path, fixed_cost: list[float], aggregate: bool
) -> None:
    """Of two vehicles on a link one carries 5 units, the other any number; 8 units do not fit in the first."""
    problem = DesignProblem.from_arrays(
        tails=[0, 0],
        heads=[1, 1],
        unit_cost=[1, 1],
        capacity=[5, np.inf],
        fixed_cost=fixed_cost,
        origins=[0, 0],
        destinations=[1, 1],
        quantity=[4, 4],
    )
    assert len(group_links(problem)) == 1
    write_mps(problem, tmp_path / "t.mps", aggregate=aggregate)
    expected = 8 + fixed_cost[1]  # what has no limit is needed, and is enough
    assert solved(tmp_path / "t.mps").getObjectiveValue() == pytest.approx(expected)
    assert solve(problem).upper == pytest.approx(expected)


def test_columns_and_rows_have_names(tmp_path: Path) -> None:
    write_mps(triangle(), tmp_path / "t.mps")
    lp = solved(tmp_path / "t.mps").getLp()
    assert lp.col_names_[:4] == ["runs[0]", "runs[1]", "runs[2]", "flow[0,0]"]
    assert {"balance[1,2]", "capacity[0]", "strong[0,1]"} <= set(lp.row_names_)
    assert [int(kind) for kind in lp.integrality_[:4]] == [1, 1, 1, 0]


def test_modules_of_one_link_are_one_group(tmp_path: Path) -> None:
    instance = random_modular(0, "undirected")
    (tmp_path / "g.txt").write_text(instance.text())
    groups = group_links(read_gins(tmp_path / "g.txt"))
    assert [len(group.vehicles) for group in groups] == [2] * len(instance.links)


def test_what_is_not_plain_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInstance, match="expected a problem that is static"):
        write_mps(lorry(), tmp_path / "x.mps")
    shared = replace(triangle(), use_limit=np.array([0, 0, 1]))
    with pytest.raises(InvalidInstance, match="a run limit for each vehicle"):
        write_mps(shared, tmp_path / "x.mps")


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"x\.mps: could not be written"):
        write_mps(triangle(), tmp_path / "none" / "x.mps")
