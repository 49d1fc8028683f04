"""Solutions of published instances: honest ones are accepted, and every corruption is refused by its name."""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.modular import KINDS, optimum, random_modular

import landbridge.verify
from landbridge.engine import Limits, solve
from landbridge.errors import InvalidInstance, InvalidRun
from landbridge.network.benchmarks import read_benchmark, solution_document
from landbridge.verify import check_solution, read_solution
from landbridge.verify.benchmark_files import read_instance

CANAD = "MULTIGEN.DAT:\n3 4 2\n1 2 4 10 7 1 1\n2 3 5 20 8 1 2\n1 3 1 3 5 0 0\n3 1 1 9 1 0 0\n1 3 6\n2 3 9\n"
"""Six units 1 > 3, three of them direct: 3 * 1 + 5 + 3 * 4 + 7; with nine from 2: 12 * 5 + 8."""

Document = dict[str, Any]


def solved(path: Path, file_format: str) -> Document:
    benchmark = read_benchmark(path, file_format)
    document = solution_document(benchmark, solve(benchmark.problem, Limits(time_s=30.0)), seed=0, threads=1)
    return json.loads(json.dumps(document))  # as a file has it


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("canad") / "small.dow"
    path.write_text(CANAD)
    return path


@pytest.fixture(scope="module")
def honest(instance: Path) -> Document:
    return solved(instance, "canad")


def test_an_honest_solution_is_accepted(instance: Path, honest: Document) -> None:
    assert honest["upper"] == pytest.approx(95.0)
    assert check_solution(honest, instance) == ()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_modules_of_a_link_are_added_up(tmp_path: Path, kind: str, seed: int) -> None:
    """Flow on one link may ride several modules; the larger of two loads is that of the link."""
    instance = random_modular(seed, kind)
    path = tmp_path / "g.txt"
    path.write_text(instance.text())
    document = solved(path, "gins")
    assert document["upper"] == pytest.approx(optimum(instance))
    assert check_solution(document, path) == ()


def test_a_result_without_a_plan_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "full.dow"
    path.write_text(CANAD.replace("2 3 9", "2 3 99"))
    document = solved(path, "canad")
    assert (document["status"], document["upper"], document["gap"], document["flows"]) == ("infeasible", None, None, [])
    assert check_solution(document, path) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [("1 3 6", "1 3.0 6"), ("1 2 4", "1e0 2 4"), ("3 4 2", "3 4.0 2"), ("1 3 6", "+1 03 6"), ("1 3 6", "1 3 6.5")],
)
def test_the_checker_and_the_engine_read_the_same_files(tmp_path: Path, old: str, new: str) -> None:
    """Else a plan is found and then thrown away, because the checker cannot read the instance."""
    path = tmp_path / "c.dow"
    path.write_text(CANAD.replace(old, new))
    accepted = []
    for reader in (read_benchmark, read_instance):
        try:
            reader(path, "canad")
        except InvalidInstance:
            accepted.append(False)
        else:
            accepted.append(True)
    assert accepted[0] == accepted[1]


def put(key: str, value: Any) -> Callable[[Document], None]:
    return lambda document: document.__setitem__(key, value)


def row(table: str, key: str, value: Any) -> Callable[[Document], None]:
    return lambda document: document[table][0].__setitem__(key, value)


def scale(document: Document) -> None:
    """More flow all along a path than there is."""
    for flow in document["flows"]:
        flow["quantity"] *= 2


def turn(document: Document) -> None:
    flow = document["flows"][0]
    flow["from"], flow["to"] = flow["to"], flow["from"]


def cheaper(document: Document) -> None:
    """All bounds moved together: the arithmetic holds, the cost does not."""
    document["upper"] -= 1
    document["lower"] -= 1
    document["gap"] = (document["upper"] - document["lower"]) / document["upper"]


def loop(document: Document) -> None:
    """Flow round a cycle is conserved, but its way is not paid for."""
    document["flows"] += [
        {"commodity": 1, "link": 3, "from": 3, "to": 1, "quantity": 1.0},
        {"commodity": 1, "link": 2, "from": 1, "to": 3, "quantity": 1.0},
    ]


CORRUPTIONS: dict[str, tuple[Callable[[Document], None], str]] = {
    "a key is missing": (lambda d: d.pop("seed"), "bad-solution-file"),
    "a key too many": (put("best", 1), "bad-solution-file"),
    "another schema": (put("schema", "landbridge.solution/2"), "bad-solution-file"),
    "another format": (put("format", "lp"), "bad-solution-file"),
    "a status there is not": (put("status", "great"), "bad-solution-file"),
    "upper is nan": (put("upper", float("nan")), "bad-solution-file"),
    "upper is text": (put("upper", "95"), "bad-solution-file"),
    "upper beyond all numbers": (put("upper", 10**400), "bad-solution-file"),
    "negative seconds": (put("seconds", -1.0), "bad-solution-file"),
    "no list of runs": (put("runs", {}), "bad-solution-file"),
    "half a run": (row("runs", "runs", 0.5), "bad-solution-file"),
    "a negative flow": (row("flows", "quantity", -1.0), "bad-solution-file"),
    "a row without a quantity": (lambda d: d["flows"][0].pop("quantity"), "bad-solution-file"),
    "another instance": (put("instance", "c33"), "wrong-instance"),
    "lower above upper": (put("lower", 96.0), "wrong-bounds"),
    "optimal with a gap": (lambda d: d.update(lower=90.0, gap=5 / 95), "wrong-bounds"),
    "a better gap": (lambda d: d.update(status="time_limit", lower=90.0, gap=0.01), "wrong-bounds"),
    "a gap without bounds": (lambda d: d.update(status="time_limit", lower=None, gap=0.01), "wrong-bounds"),
    "infeasible with a plan": (put("status", "infeasible"), "wrong-bounds"),
    "a plan without a cost": (lambda d: d.update(status="time_limit", upper=None, gap=None), "wrong-bounds"),
    "bounds made nicer": (cheaper, "wrong-cost"),
    "a run left out": (lambda d: d["runs"].pop(), "over-capacity"),
    "more runs than allowed": (row("runs", "runs", 2), "too-many-runs"),
    "a run of no link": (row("runs", "link", 77), "unknown-link"),
    "a run of no module": (row("runs", "module", 1), "unknown-link"),
    "a run twice": (lambda d: d["runs"].append(d["runs"][0]), "double-row"),
    "a flow left out": (lambda d: d["flows"].pop(), "not-conserved"),
    "a flow a little less": (row("flows", "quantity", 2.9), "not-conserved"),
    "all flows doubled": (scale, "not-conserved"),
    "a flow of no commodity": (row("flows", "commodity", 7), "unknown-link"),
    "a flow on no link": (row("flows", "link", 7), "unknown-link"),
    "a flow the wrong way": (turn, "wrong-way"),
    "a flow between other nodes": (row("flows", "to", 99), "wrong-way"),
    "a flow twice": (lambda d: d["flows"].append(d["flows"][0]), "double-row"),
    "flow in a circle": (loop, "wrong-cost"),
}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_is_refused(instance: Path, honest: Document, name: str) -> None:
    corrupt, code = CORRUPTIONS[name]
    document = copy.deepcopy(honest)
    corrupt(document)
    assert code in {finding.code for finding in check_solution(document, instance)}


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_kind_of_link_allows_counts(tmp_path: Path, kind: str) -> None:
    """Three there and three back on 5 units of room: too much for an undirected link alone; back is no way at all."""
    path = tmp_path / "g.txt"
    path.write_text(f"GINS pair {kind}\n2 1 1 2\n5 10\n0 1 2 1\n0 1 3\n1 0 3\n")
    cost = 10 + 2 * (6 if kind == "undirected" else 3)
    rows = [{"commodity": k, "link": 0, "from": k, "to": 1 - k, "quantity": 3} for k in (0, 1)]
    document = {
        "schema": "landbridge.solution/1",
        "instance": "pair",
        "format": "gins",
        "status": "feasible",
        "upper": cost,
        "lower": cost,
        "gap": 0.0,
        "seconds": 0.1,
        "seed": 0,
        "threads": 1,
        "version": "0.1.0",
        "runs": [{"link": 0, "module": 0, "runs": 1}],
        "flows": rows,
    }
    found = {finding.code for finding in check_solution(document, path)}
    expected = {"directed": {"wrong-way", "not-conserved"}, "undirected": {"over-capacity"}, "bidirected": set()}
    assert found == expected[kind]


def test_every_code_of_the_checker_is_the_finding_of_some_corruption() -> None:
    source = Path(landbridge.verify.__file__).with_name("benchmarks.py").read_text(encoding="utf-8")
    named = {
        node.args[0].value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") == "note"
        and isinstance(node.args[0], ast.Constant)
    }
    assert named == {code for _, code in CORRUPTIONS.values()}


@pytest.mark.parametrize(
    ("text", "message"), [("{", "as JSON"), ("[1]", "no JSON object"), (None, "cannot be read: No such file")]
)
def test_a_file_that_is_no_document_is_refused(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "s.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InvalidRun, match=message):
        read_solution(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("MULTIGEN.DAT:", "DAT"),
        ("3 4 2", "3 5 2"),
        ("1 2 4 10", "1 9 4 10"),
        ("1 3 6", "1 3 -6"),
        ("1 3 6", "1 3"),
        ("1 2 4 10", "1 2 x 10"),
    ],
)
def test_an_instance_that_is_none_is_an_error(tmp_path: Path, honest: Document, old: str, new: str) -> None:
    path = tmp_path / "small.dow"
    path.write_text(CANAD.replace(old, new, 1))
    with pytest.raises(InvalidInstance, match=r"small\.dow: is no instance"):
        check_solution(honest, path)
