"""What is run, what is left out, and what is written."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bench.harness import Terms, run_all, run_job
from bench.methods import METHODS, Job, wait_for_kernels
from bench.store import Row, append_run, read_runs, read_traces, tidy
from bench.suites import CANAD_CORE, SUITES, Wanted, plan_runs
from tests.unit.bench.small import make_row, write_dow

from landbridge.engine.warm import COMPILER

TERMS = Terms(time_s=60.0, threads=2, commit="abc1234", machine="a machine", session="2026-01-05T08:00:00Z")


class Sides:
    """Stands in for the processes: notes what is run and gives a result."""

    def __init__(self, **found: Any) -> None:
        self.jobs: list[tuple[str, str, int]] = []
        self.found = {"status": "time_limit", "upper": 10.0, "lower": 8.0, "seconds": 60.0, "wall_s": 60.0} | found

    def __call__(self, job: Job) -> dict[str, Any]:
        if not job.until_compiled:
            self.jobs.append((job.path.stem, job.method, job.seed))
        return {**self.found, "wrong": [], "trace": [[1.0, 10.0, 8.0]], "process_s": 61.0}


def _wanted(*words: tuple[str, str, int]) -> list[Wanted]:
    return [Wanted(instance=name, path=Path(f"{name}.dow"), method=method, seed=seed) for name, method, seed in words]


def _run(
    runs: list[Wanted], results: Path, sides: Callable[[Job], dict[str, Any]], terms: Terms = TERMS, **other: Any
) -> list[str]:
    said: list[str] = []
    words = {"commit": lambda: terms.commit} | other
    run_all(runs, terms, results, {}, run=sides, say=said.append, **words)
    return said


RUNS = _wanted(("c40", "landbridge", 0), ("c40", "landbridge", 1), ("c40", "highs-aggregated", 0))


def test_a_second_call_runs_nothing_and_a_new_seed_is_all_that_is_added(tmp_path: Path) -> None:
    results = tmp_path / "canad.csv"
    _run(RUNS, results, first := Sides())
    assert len(first.jobs) == 3
    _run(RUNS, results, second := Sides())
    assert second.jobs == []
    _run([*RUNS, *_wanted(("c40", "landbridge", 2))], results, third := Sides())
    assert third.jobs == [("c40", "landbridge", 2)]
    assert len(read_runs(results)) == len(read_traces(results)) == 4


def test_a_new_commit_repeats_ours_and_not_the_peers(tmp_path: Path) -> None:
    results = tmp_path / "canad.csv"
    _run(RUNS, results, Sides())
    newer = Terms(time_s=60.0, threads=2, commit="def5678", machine="a machine", session="2026-01-06T08:00:00Z")
    _run(RUNS, results, later := Sides(), newer)
    assert {method for _, method, _ in later.jobs} == {"landbridge"}
    _run(RUNS, results, again := Sides(), Terms(**{**_words(newer), "session": "2026-01-07"}), again=True)
    assert len(again.jobs) == 3


def test_each_run_has_the_commit_of_its_time(tmp_path: Path) -> None:
    """Sources may be edited while a session runs, which takes hours."""
    commits = iter(["abc1234", "abc1234+0f0f0f"])
    _run(RUNS[:2], tmp_path / "canad.csv", Sides(), commit=lambda: next(commits))
    assert [row.commit for row in read_runs(tmp_path / "canad.csv")] == ["abc1234", "abc1234+0f0f0f"]


def test_kernels_are_compiled_before_the_first_run_of_ours(tmp_path: Path) -> None:
    compiling: list[bool] = []

    def note(job: Job) -> dict[str, Any]:
        compiling.append(job.until_compiled)
        return Sides()(job)

    _run(RUNS, tmp_path / "canad.csv", note)
    assert compiling == [True, False, False, False]
    _run(RUNS[2:], tmp_path / "peers.csv", note)
    assert compiling[4:] == [False]


def test_the_compiling_run_waits_for_what_its_solves_have_given_up() -> None:
    """A process that ends kills the thread that compiles, and the first measured run would compile anew."""
    steps = iter(["first kernels", "others"])
    compiled: list[str] = []

    def solve() -> None:
        step = next(steps, None)
        if step is not None:
            threading.Thread(target=lambda: (ready.wait(0.05), compiled.append(step)), name=COMPILER).start()

    ready = threading.Event()
    wait_for_kernels(solve)
    assert compiled == ["first kernels", "others"]


def _words(terms: Terms) -> dict[str, Any]:
    return {name: getattr(terms, name) for name in Terms.__dataclass_fields__}


@pytest.mark.parametrize("name", ["time_s", "threads", "machine"])
def test_other_terms_are_other_runs(tmp_path: Path, name: str) -> None:
    results = tmp_path / "canad.csv"
    _run(RUNS, results, Sides())
    other = {"time_s": 60.5, "threads": 1, "machine": "another"}[name]
    said = _run(RUNS, results, Sides(), Terms(**{**_words(TERMS), name: other}))
    assert len(said) == 1 + 3


def test_what_is_proved_at_once_is_not_repeated_with_other_seeds(tmp_path: Path) -> None:
    _run(RUNS, tmp_path / "canad.csv", quick := Sides(status="optimal", lower=10.0, seconds=4.0))
    assert quick.jobs == [("c40", "landbridge", 0), ("c40", "highs-aggregated", 0)]
    _run(RUNS, tmp_path / "slow.csv", slow := Sides(status="optimal", lower=10.0, seconds=6.0))
    assert len(slow.jobs) == 3


def test_what_failed_is_tried_again(tmp_path: Path) -> None:
    _run(RUNS[:1], tmp_path / "canad.csv", Sides(status="failed", upper=math.inf, lower=-math.inf))
    _run(RUNS[:1], tmp_path / "canad.csv", again := Sides())
    assert again.jobs == [("c40", "landbridge", 0)]


def test_a_peer_that_is_not_installed_is_named_and_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(METHODS["scip"].__class__, "is_here", property(lambda self: "pyscipopt" not in self.needs))
    said = _run([*RUNS, *_wanted(("c40", "scip", 0))], tmp_path / "canad.csv", sides := Sides())
    assert said[0].startswith("Left out, not installed: scip")
    assert len(sides.jobs) == 3


def test_an_interrupt_keeps_what_is_finished(tmp_path: Path) -> None:
    class Stopped(Sides):
        def __call__(self, job: Job) -> dict[str, Any]:
            if self.jobs:
                raise KeyboardInterrupt
            return super().__call__(job)

    with pytest.raises(KeyboardInterrupt):
        _run(RUNS, tmp_path / "canad.csv", Stopped())
    assert len(read_runs(tmp_path / "canad.csv")) == 1
    _run(RUNS, tmp_path / "canad.csv", rest := Sides())
    assert len(rest.jobs) == 2


def test_a_run_in_a_process_of_its_own_gives_value_trace_and_check(tmp_path: Path) -> None:
    job = Job(path=write_dow(tmp_path), method="highs-aggregated", seed=0, time_s=5.0, threads=1)
    found = run_job(job)
    assert (found["status"], found["upper"], found["wrong"]) == ("optimal", pytest.approx(26.0), [])
    assert found["process_s"] > found["wall_s"] > 0
    assert found["peak_mb"] > 10


def test_a_process_that_fails_is_a_result_with_its_last_words(tmp_path: Path) -> None:
    found = run_job(Job(path=tmp_path / "none.dow", method="highs-aggregated", seed=0, time_s=5.0, threads=1))
    assert found["status"] == "failed"
    assert "FileNotFoundError" in found["note"]


def test_rows_and_traces_come_back_as_they_were_written(tmp_path: Path) -> None:
    rows = [
        make_row("c40", "landbridge", 100.5, 90.0, note='a "note", with a comma'),
        make_row("c40", "scip", math.inf, -math.inf, published=99.0, published_heuristic=101.0),
    ]
    for row in rows:
        append_run(tmp_path / "canad.csv", row, [(0.5, math.inf, 1.0), (1.0, 100.5, 90.0)])
    back = read_runs(tmp_path / "canad.csv")
    assert [row.key for row in back] == [row.key for row in rows]
    assert [_plain(row) for row in back] == [_plain(row) for row in rows]
    assert read_traces(tmp_path / "canad.csv")[rows[1].key] == [(0.5, math.inf, 1.0), (1.0, 100.5, 90.0)]


def _plain(row: Row) -> list[str]:
    return [str(getattr(row, name)) for name in Row.__dataclass_fields__]


def test_a_trace_only_improves_and_leaves_out_what_says_nothing() -> None:
    trace = [(0.2, math.inf, 5.0), (0.1, math.inf, -math.inf), (0.3, 10.0, 4.0), (0.4, 9.99999, 5.0), (0.5, 9.0, 6.0)]
    assert tidy(trace) == [(0.1, math.inf, -math.inf), (0.2, math.inf, 5.0), (0.3, 10.0, 5.0), (0.5, 9.0, 6.0)]
    assert tidy([]) == []


def test_the_core_is_24_instances_and_fits_in_two_hours(tmp_path: Path) -> None:
    (tmp_path / "canad").mkdir()
    for name in (*CANAD_CORE, "c33"):
        (tmp_path / "canad" / f"{name}.dow").touch()
    core = plan_runs(SUITES["canad"], ["core"], tmp_path, None, None)
    assert len({wanted.instance for wanted in core}) == 24
    assert len(core) * 62.0 <= 7200.0
    assert {wanted.method for wanted in core} == set(METHODS)
    everything = plan_runs(SUITES["canad"], ["all"], tmp_path, None, None)
    assert len(everything) == 25 * 2
    named = plan_runs(SUITES["canad"], ["c33"], tmp_path, ["landbridge", "scip"], [4, 5])
    assert [(wanted.method, wanted.seed) for wanted in named] == [("landbridge", 4), ("landbridge", 5), ("scip", 4)]
    with pytest.raises(LookupError, match="has no c99"):
        plan_runs(SUITES["canad"], ["c99"], tmp_path, None, None)
