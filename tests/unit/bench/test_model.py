"""The model of the peers, the check, and the engine agree on instances with known optima."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bench.check import check_flows, check_solution
from bench.instances import read_static
from bench.methods import METHODS, Job, problem_reader
from bench.model import build_mip, merge_demands
from tests.unit.bench.small import write_dow, write_gins

from landbridge.engine import Limits, solve


def _job(path: Path, method: str) -> Job:
    return Job(path=path, method=method, seed=0, time_s=10.0, threads=1)


@pytest.mark.parametrize("method", METHODS)
def test_each_side_finds_the_known_optimum_and_passes_the_check(tmp_path: Path, method: str) -> None:
    if not METHODS[method].is_here:
        pytest.skip(f"{method} is not installed; bench/requirements.txt has it")
    found = METHODS[method].run(_job(write_dow(tmp_path), method))
    assert (found.status, found.wrong) == ("optimal", [])
    assert found.upper == pytest.approx(26.0)
    assert found.lower == pytest.approx(26.0)
    assert found.trace[-1][1:] == pytest.approx((26.0, 26.0))


@pytest.mark.parametrize(
    ("kind", "cost"),
    [
        ("directed", None),  # no link leads from 1 to 0
        ("undirected", 2 * 7 + 17.0),  # both directions fill the link and pay
        ("bidirected", 7 + 9.0),  # the larger direction does
    ],
)
@pytest.mark.parametrize("method", ["highs-aggregated", "highs-strong"])
def test_kinds_of_links_are_loaded_as_the_paper_says(
    tmp_path: Path, kind: str, cost: float | None, method: str
) -> None:
    found = METHODS[method].run(_job(write_gins(tmp_path, kind), method))
    if cost is None:
        assert (found.status, found.wrong) == ("infeasible", None)
    else:
        assert (found.upper, found.wrong) == (pytest.approx(cost), [])


def test_demands_are_merged_at_the_end_that_has_fewer(tmp_path: Path) -> None:
    instance = read_static(write_dow(tmp_path))
    assert merge_demands(instance).tolist() == [0, 0]  # two origins, one end
    assert len(build_mip(instance, merged=True).balance) == 1
    assert len(build_mip(instance, merged=False).balance) == 2


def test_a_solution_that_is_wrong_is_refused_with_the_reason(tmp_path: Path) -> None:
    instance = read_static(write_dow(tmp_path))
    balance = np.array([[6.0, 0, -6], [0, 4, -4]])
    copies, flow = np.array([[1.0], [1], [0]]), np.array([[6.0, 6, 0], [0, 4, 0]])
    assert check_flows(instance, copies, flow, balance, 26.0) == (26.0, [])
    assert check_flows(instance, copies, flow, balance, 25.0)[1] == ["costs 26, not 25"]
    assert "not conserved, by 1" in check_flows(instance, copies, flow - [[1, 0, 0], [0, 0, 0]], balance, 25.0)[1][0]
    closed = np.array([[1.0], [0], [0]])
    assert check_flows(instance, closed, flow, balance, 21.0)[1] == ["a link carries 10 more than its capacity"]
    assert "copies of a module" in check_flows(instance, 2 * copies, flow, balance, 36.0)[1][0]
    assert "negative flow" in check_flows(instance, copies, -flow, -balance, -6.0)[1][0]


def test_a_solution_of_ours_that_lost_a_path_is_refused(tmp_path: Path) -> None:
    path = write_dow(tmp_path)
    instance, problem = read_static(path), problem_reader(path)(path)
    found = solve(problem, Limits(time_s=10.0))
    assert check_solution(instance, problem, found) == (26.0, [])
    less = replace(found, path_qty=found.path_qty * 0.5)
    assert any("not conserved" in fault for fault in check_solution(instance, problem, less)[1])
    empty = replace(found, run_count=found.run_count * 0)
    assert any("more than its capacity" in fault for fault in check_solution(instance, problem, empty)[1])


def test_gins_needs_a_reader_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from landbridge.network import benchmarks

    monkeypatch.delattr(benchmarks, "read_gins", raising=False)
    with pytest.raises(LookupError, match=r"no read_gins: this version cannot read small\.txt"):
        problem_reader(write_gins(tmp_path, "directed"))


@pytest.mark.parametrize("kind", ["undirected", "bidirected"])
def test_the_engine_agrees_on_kinds_of_links(tmp_path: Path, kind: str) -> None:
    from landbridge.network import benchmarks

    if not hasattr(benchmarks, "read_gins"):
        pytest.skip("this version has no reader of gins")
    found = METHODS["landbridge"].run(_job(write_gins(tmp_path, kind), "landbridge"))
    assert (found.upper, found.wrong) == (pytest.approx(31.0 if kind == "undirected" else 16.0), [])


def test_peers_are_not_needed_to_import_the_benches() -> None:
    for module in ("bench.harness", "bench.report", "bench.plots", "bench.sizes", "bench.cases"):
        assert importlib.util.find_spec(module) is not None
        importlib.import_module(module)
