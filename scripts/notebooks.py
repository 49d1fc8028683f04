"""
Run the notebooks of the documentation, and write what comes out into them.

    python scripts/notebooks.py docs/notebooks/*.ipynb

Only plain Python runs: what a cell prints, and its last expression, as text and as HTML where it has some.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any


def run_notebook(content: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Run all cells in one namespace; outputs of each code cell."""
    names: dict[str, Any] = {"__name__": "__main__"}
    cells = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    return [_run_cell("".join(cell["source"]), names) for cell in cells]


def _run_cell(source: str, names: dict[str, Any]) -> list[dict[str, Any]]:
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last is not None else None
    found: list[dict[str, Any]] = []
    if printed.getvalue():
        found.append({"output_type": "stream", "name": "stdout", "text": printed.getvalue().splitlines(keepends=True)})
    if value is not None:
        data = {"text/plain": repr(value).splitlines(keepends=True)}
        if hasattr(value, "_repr_html_"):
            data["text/html"] = value._repr_html_().splitlines(keepends=True)
        found.append({"output_type": "execute_result", "execution_count": None, "metadata": {}, "data": data})
    return found


def main(paths: list[str]) -> None:
    for name in paths:
        path = Path(name)
        content = json.loads(path.read_text(encoding="utf-8"))
        outputs = iter(run_notebook(content))
        count = 0
        for cell in content["cells"]:
            if cell["cell_type"] == "code":
                count += 1
                cell["execution_count"] = count
                cell["outputs"] = next(outputs)
                for output in cell["outputs"]:
                    if "execution_count" in output:
                        output["execution_count"] = count
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
