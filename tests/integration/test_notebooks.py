"""The notebooks of the documentation run, and what stands in them is what comes out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scripts.notebooks import run_notebook

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"


def content_of(name: str) -> dict:
    content: dict = json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))
    return content


def texts(outputs: list[dict]) -> list[str]:
    return ["".join(output.get("text") or output["data"]["text/plain"]) for output in outputs]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["share", "what_if"])
def test_a_notebook_says_what_comes_out(name):
    content = content_of(name)
    told = [texts(cell["outputs"]) for cell in content["cells"] if cell["cell_type"] == "code"]
    assert [texts(outputs) for outputs in run_notebook(content)] == told


@pytest.mark.slow
def test_the_notebook_of_a_plan_runs():
    """With less work than the documentation gives it; the cells and the kinds of their results are the same."""
    content = content_of("plan")
    cells = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    assert "work=100_000" in "".join(cells[0]["source"])
    cells[0]["source"] = [line.replace("work=100_000", "work=5000") for line in cells[0]["source"]]
    found = run_notebook(content)
    assert [len(outputs) for outputs in found] == [len(cell["outputs"]) for cell in cells]
    for outputs, cell in zip(found, cells, strict=True):
        assert [list(output.get("data", ())) for output in outputs] == [
            list(output.get("data", ())) for output in cell["outputs"]
        ]
