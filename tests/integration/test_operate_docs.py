"""The pages on operations name every option, every code and every field."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from landbridge.cli import (
    operate_arrival,
    operate_control,
    operate_demo,
    operate_duties,
    operate_follow,
    operate_orders,
    operate_papers,
)
from landbridge.cli.main import app
from landbridge.operations.customs.complete import FAULTS
from landbridge.operations.orders.findings import REMEDIES, WARNINGS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "landbridge" / "operations"
MODULES = (
    operate_arrival,
    operate_control,
    operate_demo,
    operate_duties,
    operate_follow,
    operate_orders,
    operate_papers,
)
OURS = {module.__name__ for module in MODULES}
ROOMS = ("orders", "parcels", "customs", "labels", "people", "store", "events", "allocation", "arrival", "control")
NO_CODES = {
    "utf-8",
    "utf-16",
    "utf-16-be",
    "utf-16-le",
    "utf-8-sig",
    "set-aside",
    "leg-wise",
    "naive-by-age",
    "no-such-step",
}


def commands():
    import typer.main

    group = typer.main.get_command(app).commands["operate"]
    return {name: command for name, command in group.commands.items() if command.callback.__module__ in OURS}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(commands()))
def test_the_reference_names_every_option(name):
    page = (DOCS / "reference" / "operate.md").read_text(encoding="utf-8")
    section = page.split(f"\n## operate {name}\n")[1].split("\n## ")[0]
    if name == "customs":
        section += page.split("\n## operate label\n")[1].split("\n## ")[0]
    flags = {flag for item in commands()[name].params for flag in item.opts if flag.startswith("--")}
    for flag in flags - {"--help", "--json", "--debug"}:
        assert flag in section, flag


def codes_of_source() -> set[str]:
    """Kebab-case literals of our rooms that are handed over as codes."""
    found = set()
    for room in ROOMS:
        for file in sorted((SOURCE / room).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
                if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", text) and re.search("[a-z]{2}", text):
                    found.add(text)
    return found - NO_CODES


def test_the_error_page_names_every_code():
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    assert {code for code in codes_of_source() | set(REMEDIES) | set(FAULTS) if f"`{code}`" not in page} == set()


def test_every_code_of_a_row_has_a_remedy_and_warnings_are_codes():
    assert set(REMEDIES) >= WARNINGS
    assert all(REMEDIES.values())
