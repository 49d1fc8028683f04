"""``landbridge new`` and ``landbridge check``: where a case comes from, and whether it can be used."""

from __future__ import annotations

import shutil
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landbridge.cli import options
from landbridge.cli.outcome import Ended, ExitCode, ending, write_json
from landbridge.errors import UnknownName

if TYPE_CHECKING:
    from landbridge.model.case import Case


MADE_UP = "made-up-"
"""Names of cases that are made when asked for: made-up-24 has 24 regions."""


def new(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="A built-in case.")] = "",
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="Folder to make; NAME.xlsx makes one workbook.", show_default=False),
    ] = None,
    list_them: Annotated[bool, typer.Option("--list", help="List the built-in cases.")] = False,
    blank: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.xlsx",
            help="Make an empty workbook instead: a sheet a table, with drop-downs, comments and example rows.",
        ),
    ] = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Copy a built-in case to a folder of your own, or make an empty workbook. Nothing is ever overwritten."""
    with ending(as_json=as_json, debug=debug):
        if list_them:
            _list_cases(as_json=as_json)
        elif blank is not None:
            _make_blank(blank, as_json=as_json)
        elif name and folder is not None:
            _copy_case(name, folder, as_json=as_json)
        else:
            raise Ended(ExitCode.USAGE, "new: expected NAME DIR, --list or --blank FILE.xlsx.", name="usage")


def check(
    case: options.CasePath,
    lang: Annotated[
        options.Language, typer.Option("--lang", "--language", help="Language in which findings are said.")
    ] = options.Language.EN,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Read a case and report everything that is wrong with it, all at once; nothing is written."""
    with ending(as_json=as_json, debug=debug):
        found = _check(case, lang.value)
        counts = counts_of(found)
        if as_json:
            write_json({"ok": True, "case": found.settings.name, "counts": counts, "findings": []})
            return
        typer.echo(f"{case}: {found.settings.name}: {_no_findings(lang.value)}")
        typer.echo(", ".join(f"{count:,} {table}" for table, count in counts.items() if count))


def _check(path: Path, lang: str) -> Case:
    """Read a case and try its scenarios; findings are raised in a language."""
    from landbridge.errors import InvalidCase

    try:
        found = read(path)
        _try_scenarios(path, found)
    except InvalidCase as error:
        from landbridge.report.findings import say_findings

        raise InvalidCase(say_findings(error.findings, lang)) from None
    return found


def _no_findings(lang: str) -> str:
    from landbridge.report.findings import load_findings

    return load_findings(lang)["check.none"]


def _try_scenarios(path: Path, case: Case) -> None:
    """Raise with what is wrong with the case as each of its scenarios changes it."""
    from landbridge.errors import Finding, InvalidCase
    from landbridge.tables import read_case, scenario_names

    findings: list[Finding] = []
    for name in scenario_names(case):
        try:
            read_case(path, name)
        except InvalidCase as error:
            findings += error.findings
    if findings:
        raise InvalidCase(findings)


def read(path: Path, scenario: str = "") -> Case:
    """Read a case, changed by a scenario where one is named; a built-in name that is no path gets a hint."""
    from landbridge.tables import read_case

    if not path.exists():
        hint = f" {path} is a built-in case: `landbridge new {path} DIR` copies it." if str(path) in _built_in() else ""
        raise Ended(
            ExitCode.INVALID_INPUT,
            f"{path}: not found; expected a folder with case.toml and tables, or a workbook (.xlsx).{hint}",
            name="missing-case",
        )
    if (path / "run.json").is_file():
        raise Ended(
            ExitCode.INVALID_INPUT,
            f"{path}: is a run, not a case; expected the folder of a case. The case it was made of is {path / 'case'}. "
            f"To divide this run's plan: `landbridge share {path / 'case'} --run {path}`.",
            name="run-not-case",
        )
    return read_case(path, scenario)


def counts_of(case: Case) -> dict[str, int]:
    """Rows of each table of a case."""
    from landbridge.model.case import ROW_TYPES

    return {table: len(getattr(case, table)) for table in ROW_TYPES}


def _cases_root() -> Traversable:
    return resources.files("landbridge") / "cases"


def _built_in() -> dict[str, Traversable]:
    """Built-in cases by name."""
    return {
        item.name: item
        for item in sorted(_cases_root().iterdir(), key=lambda item: item.name)
        if item.is_dir() and (item / "case.toml").is_file()
    }


def _title(case: Traversable) -> str:
    import tomllib

    return str(tomllib.loads((case / "case.toml").read_text(encoding="utf-8")).get("name", ""))


def _list_cases(*, as_json: bool) -> None:
    titles = {name: _title(case) for name, case in _built_in().items()}
    if as_json:
        write_json({"ok": True, "cases": titles})
        return
    width = max(len(name) for name in titles)
    for name, title in titles.items():
        typer.echo(f"{name:<{width}}  {title}")


def _make_blank(path: Path, *, as_json: bool) -> None:
    from landbridge.tables import blank_workbook

    if path.suffix.lower() != ".xlsx":
        raise Ended(ExitCode.USAGE, f"new: --blank is {str(path)!r}; expected a name that ends in .xlsx.", name="usage")
    blank_workbook(path)
    if as_json:
        write_json({"ok": True, "workbook": path})
    else:
        typer.echo(f"{path}: an empty workbook; fill the sheets, then: landbridge check {path}")


def _make_up(name: str, folder: Path, *, as_json: bool) -> None:
    """Write a made-up case of so many regions."""
    from landbridge.cooperation.made_up import make_case
    from landbridge.tables import write_case

    number = name.removeprefix(MADE_UP)
    write_case(make_case(int(number) if number.isdecimal() else 0), folder)
    if as_json:
        write_json({"ok": True, "case": folder, "copied_from": name})
    else:
        typer.echo(f"{folder}: {number} made-up regions; next: landbridge share {folder}")


def _copy_case(name: str, folder: Path, *, as_json: bool) -> None:
    from landbridge.tables.atomic import whole_folder

    if name.startswith(MADE_UP):
        _make_up(name, folder, as_json=as_json)
        return
    cases = _built_in()
    if name not in cases:
        raise UnknownName(
            f"no built-in case {name!r}; expected one of {', '.join(cases)}, {MADE_UP}N.", code="unknown-case"
        )
    if folder.suffix.lower() == ".xlsx":
        from landbridge.tables import read_case, write_case

        with resources.as_file(cases[name]) as source_folder:
            write_case(read_case(source_folder), folder, "xlsx")
        _tell_copied(name, folder, as_json=as_json)
        return
    with whole_folder(folder) as temporary:
        for item in cases[name].iterdir():
            if item.is_file():
                with item.open("rb") as source, (temporary / item.name).open("wb") as target:
                    shutil.copyfileobj(source, target)
    _tell_copied(name, folder, as_json=as_json)


def _tell_copied(name: str, folder: Path, *, as_json: bool) -> None:
    if as_json:
        write_json({"ok": True, "case": folder, "copied_from": name})
    else:
        typer.echo(f"{folder}: a copy of {name}; next: landbridge plan {folder}")
