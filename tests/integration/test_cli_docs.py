"""Documentation that names commands, options, exit codes, finding codes and columns names all of them."""

from __future__ import annotations

import ast
import dataclasses
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landbridge.cli.main import app
from landbridge.cli.outcome import ExitCode
from landbridge.model.plan import RUN_TABLES, Money, PlanStatus, Summary
from landbridge.model.shares import SHARE_TABLES, ShareSummary

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "landbridge"

CODE = re.compile(r"^[a-z]+(-[a-z0-9]+)+$")
NO_CODES = {"utf-8-sig", "landbridge-search", "x-ref", "x-unit", "far-east"}


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def commands() -> dict[str, set[str]]:
    """Commands and their options."""
    import typer.main

    group = typer.main.get_command(app)
    return {
        name: {flag for parameter in command.params for flag in parameter.opts if flag.startswith("--")}
        for name, command in group.commands.items()  # type: ignore[attr-defined]
    }


@pytest.mark.slow
@pytest.mark.parametrize("command", sorted(commands()))
def test_the_reference_names_every_option_of_a_command(command):
    page = read("reference/cli.md")
    section = page.split(f"\n## {command}\n")[1].split("\n## ")[0]
    if "options of plan" in section:
        section += page.split("\n## plan\n")[1].split("\n## ")[0]
    for option in commands()[command] - {"--help", "--json", "--debug"}:
        assert option in section, f"{command} {option}"


def test_the_error_page_names_every_exit_code():
    table = read("errors.md")
    for code in ExitCode:
        assert f"\n| {int(code)} |" in table


def literal_codes() -> dict[str, Path]:
    """Kebab-case literals of the source that are handed over as a code."""
    found: dict[str, Path] = {}
    for room in ("tables", "model", "network", "planning", "cooperation", "verify", "cli"):
        for file in sorted((SOURCE / room).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.match(node.value):
                    found.setdefault(node.value, file)
    for file in sorted((SOURCE / "report").rglob("*.py")):  # keys of its sentences look like codes
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            is_code = isinstance(node, ast.keyword) and node.arg == "code" and isinstance(node.value, ast.Constant)
            if is_code and CODE.match(str(node.value.value)):
                found.setdefault(str(node.value.value), file)
    names = NO_CODES | operate_commands()
    return {code: file for code, file in found.items() if code not in names and not code.startswith("utf-")}


def operate_commands() -> set[str]:
    """Names of the commands of ``landbridge operate``: some have hyphens as codes do."""
    import typer.main

    return set(typer.main.get_command(app).commands["operate"].commands)  # type: ignore[attr-defined]


@pytest.mark.slow
def test_the_error_page_names_every_finding_code():
    page = read("errors.md")
    missing = {code: file.name for code, file in literal_codes().items() if f"`{code}`" not in page}
    assert not missing


def test_the_error_page_names_no_code_that_does_not_exist():
    source = "\n".join(file.read_text(encoding="utf-8") for file in sorted(SOURCE.rglob("*.py")))
    page = read("errors.md")
    for code in re.findall(r"`([a-z]+(?:-[a-z0-9]+)+)`", page):
        assert f'"{code}"' in source, code


@pytest.mark.parametrize("table", sorted(RUN_TABLES | SHARE_TABLES))
def test_the_page_of_a_run_names_every_column(table):
    page = read("reference/run.md")
    section = page.split(f"\n## {table}.csv\n")[1].split("\n## ")[0]
    for item in dataclasses.fields((RUN_TABLES | SHARE_TABLES)[table]):
        name = "load_<dim>" if item.name == "load" else item.name
        assert f"`{name}`" in section, name


def test_the_page_of_a_run_names_every_key_of_the_summary():
    page = read("reference/run.md")
    for row_type in (Summary, Money, ShareSummary):
        for item in dataclasses.fields(row_type):
            assert f"`{item.name}`" in page, item.name
    for status in PlanStatus:
        assert f"`{status.value}`" in page, status


def test_the_mathematics_names_functions_that_exist():
    """Each family of rows is documented with the function that adds it."""
    rows = re.findall(r"^\| `[a-z_]+`.*\| ((?:`[\w./]+`(?:, )?)+) \|$", read("mathematics.md"), re.MULTILINE)
    assert len(rows) >= 10
    for cell in rows:
        first, *others = re.findall(r"`([\w./]+)`", cell)
        file, names = (first, others) if "/" in first else ("engine/master/master.py", [first, *others])
        text = (SOURCE / file).read_text(encoding="utf-8")
        for name in names:
            assert f"def {name.split('.')[-1]}(" in text, f"{file}: {name}"


def test_every_link_between_the_pages_leads_somewhere():
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", ["README.md", "docs/reference/python.md"])
def test_the_python_examples_run(page, tmp_path, monkeypatch, capsys):
    assert CliRunner().invoke(app, ["new", "starter", str(tmp_path / "mine")]).exit_code == 0
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in re.findall(
        r"^```python\n(.*?)^```$", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    ):
        exec(compile(block, page, "exec"), names)
    assert "239.0 239.0 0.0" in capsys.readouterr().out
    assert (tmp_path / "mine-run" / "run.json").is_file()


@pytest.mark.slow
def test_the_plain_pip_commands_of_the_readme_exist():
    for command in re.findall(r"bin/landbridge (\w+)", (ROOT / "README.md").read_text(encoding="utf-8")):
        assert command in commands()
