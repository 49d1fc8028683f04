"""The report of small results, worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from bench import plots
from bench.figures import compare, latest, make_table, median_at, primal_integral
from bench.planning import PlanRow, append_plan, read_plans
from bench.report import write_report
from bench.store import append_run
from tests.unit.bench.small import make_row

ROWS = [
    make_row("c1", "landbridge", 100.0, 95.0, seed=0),
    make_row("c1", "landbridge", 102.0, 95.0, seed=1),
    make_row("c1", "landbridge", 101.0, 95.0, seed=2, wall_s=64.0),
    make_row("c1", "highs-aggregated", 110.0, 88.0),
    make_row("c2", "landbridge", 210.0, 189.0),
    make_row("c2", "highs-aggregated", 200.0, 190.0),
    make_row("c3", "landbridge", 300.0, 300.0, status="optimal", seconds=2.0),
    make_row("c3", "highs-aggregated", 300.1, 299.0),
]


def test_a_duel_counts_medians_losses_and_gaps() -> None:
    duel = compare(make_table(ROWS, {}), "landbridge", "highs-aggregated")
    assert (duel.instances, duel.not_worse, duel.ahead) == (3, 2, 1)
    assert (duel.wide, duel.ahead_of_wide) == (1, 1)  # c1: 20 % is wide, and 101 is ahead of 110 by a percent
    assert duel.losses == (("c2", pytest.approx(0.05)),)
    assert [name for name, _ in duel.behind_in_proof] == ["c2"]
    assert duel.open == 2  # ours proves c3
    assert duel.mean_gap == pytest.approx((6 / 101 + 0.1) / 2)
    assert duel.mean_gap_theirs == pytest.approx((0.2 + 0.05) / 2)


def test_the_primal_integral_is_the_mean_distance_from_the_best() -> None:
    """No value for 10 s of 100, twice the best for 40 s, then the best: 0.1 + 0.4 * 0.5."""
    assert primal_integral([(10.0, 200.0, 0.0), (50.0, 100.0, 0.0)], 100.0, 100.0) == pytest.approx(0.3)
    assert primal_integral([], 100.0, 100.0) == 1.0
    assert primal_integral([(150.0, 100.0, 0.0)], 100.0, 100.0) == 1.0


def test_what_is_reached_at_a_moment_comes_from_the_shortest_run_that_reaches_it() -> None:
    short, long = make_row("c1", "landbridge", 9, 1), make_row("c1", "landbridge", 5, 1, time_s=300.0)
    traces = {short.key: [(1.0, 20.0, 1.0), (30.0, 9.0, 1.0)], long.key: [(2.0, 30.0, 1.0), (200.0, 5.0, 1.0)]}
    assert median_at([short, long], traces, 10.0) == (20.0, 1.0)
    assert median_at([short, long], traces, 60.0) == (9.0, 1.0)
    assert median_at([short, long], traces, 300.0) == (5.0, 1.0)
    assert median_at([short], traces, 300.0) is None


def test_the_last_run_under_the_same_terms_counts_unless_it_failed() -> None:
    old, new = make_row("c1", "landbridge", 9, 1), make_row("c1", "landbridge", 8, 1)
    assert latest([old, new]) == [new]
    assert latest([new, make_row("c1", "landbridge", math.inf, -math.inf, status="failed")]) == [new]


def test_a_proof_that_there_is_no_plan_closes_the_gap(tmp_path: Path) -> None:
    for method, status in (("landbridge", "infeasible"), ("highs-aggregated", "time_limit")):
        append_run(tmp_path / "canad.csv", make_row("r01.7", method, math.inf, -math.inf, status=status))
    append_run(tmp_path / "canad.csv", ROWS[0])
    write_report(tmp_path, tmp_path)
    page = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert "Ours proves that there is no plan for r01.7." in page
    assert "| instances neither proves | 0 |" in page


def _write(results: Path) -> None:
    for row in ROWS:
        append_run(results / "canad.csv", row, [(1.0, row.upper * 1.1, row.lower * 0.9), (9.0, row.upper, row.lower)])
    for name, upper, heuristic in (("directed/a", 102.0, 120.0), ("undirected/b", 99.0, 98.0)):
        row = make_row(name, "landbridge", upper, 90.0, published=100.0, published_heuristic=heuristic)
        append_run(results / "gins.csv", row, [(1.0, 150.0, 80.0), (49.0, upper, 90.0)])
    for orders in (1000, 2000):
        append_plan(results / "sizes.csv", _plan_row(orders))


def _plan_row(orders: int) -> PlanRow:
    return PlanRow(
        case=f"Made up: {orders} orders",
        orders=orders,
        services=100,
        hubs=20,
        seed=0,
        commit="abc1234",
        time_s=60.0,
        threads=2,
        status="time_limit",
        value=10.0,
        bound=12.0,
        gap=math.nan,
        build_s=orders / 1000,
        first_plan_s=orders / 500,
        first_bound_s=math.nan,
        search_s=60.0,
        plan_s=61.0,
        wall_s=62.0,
        peak_mb=orders / 2.0,
        verified="yes",
        machine="a machine",
        versions="landbridge 1",
    )


def test_the_page_names_losses_first_and_says_what_the_numbers_say(tmp_path: Path) -> None:
    _write(tmp_path)
    write_report(tmp_path, tmp_path)
    page = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert page.index("**Losses.**") < page.index("| ours against |")
    assert "| c2 | highs-aggregated | 210 | 200 | +5.00 % |" in page
    assert "| ours level or better | 2 |" in page
    assert "| ... where their gap exceeds 8 % | 1 of 1 |" in page
    assert "| c1 | 101 | 100 to 102 | 95 | 5.94 % | 110 | 20.00 % | -8.18 % |" in page
    assert "Check of ours: 5 of 5 solutions pass." in page
    assert "came back 4.0 s after it (c1); 1 of 5 by more than 3 s or 5 %" in page
    assert "| 50 s | **all** | 2 | 1.0050 | 1 | 1 (50 %) |" in page
    assert "behind the paper's heuristic at 50 s: undirected/b (+1.02 %)" in page
    assert "the first plan with the power 1.00, memory with the power 1.00" in page


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    _write(tmp_path)
    first = {file.name: file.read_bytes() for file in write_report(tmp_path, tmp_path)}
    second = {file.name: file.read_bytes() for file in write_report(tmp_path, tmp_path)}
    assert first == second
    if plots.is_possible():
        assert set(first) == {"benchmarks.md", "canad-60s-ours-and-bar.svg", "sizes-60s.svg"}


def test_without_results_the_page_says_so(tmp_path: Path) -> None:
    write_report(tmp_path / "none", tmp_path)
    assert "Nothing has been measured yet." in (tmp_path / "benchmarks.md").read_text(encoding="utf-8")


def test_plans_come_back_as_they_were_written(tmp_path: Path) -> None:
    append_plan(tmp_path / "sizes.csv", _plan_row(1000))
    (row,) = read_plans(tmp_path / "sizes.csv")
    assert (row.case, row.orders, row.peak_mb, row.verified) == ("Made up: 1000 orders", 1000, 500.0, "yes")
    assert math.isnan(row.gap)
