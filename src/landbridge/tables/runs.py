"""Run folders: a plan, the case it was made from, and ``run.json`` (semantics §7)."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_type_hints

from landbridge.errors import Finding, InvalidCase, InvalidRun, OutputError
from landbridge.model.case import Case
from landbridge.model.plan import RUN_TABLES, Money, Plan, PlanStatus, Summary, TracePoint
from landbridge.model.shares import SHARE_TABLES, ShareTables
from landbridge.tables.atomic import whole_folder
from landbridge.tables.cells import BadCell, format_number, parse_integer, parse_number
from landbridge.tables.raw import RawTable, read_csv
from landbridge.tables.reading import read_case
from landbridge.tables.writing import fill_folder

_LOAD = "load_"

ADDED_LATER = frozenset({"scenario", "events", "epsilon_proved"})
"""Keys of ``run.json`` and ``share.json`` that older runs lack; their default stands."""


def write_run(
    plan: Plan,
    case: Case,
    path: Path,
    shares: ShareTables | None = None,
    extra: Mapping[str, str] | None = None,
) -> None:
    """
    Write a run folder, whole or not at all: ``run.json``, the case, one CSV a table, and how its value is shared.

    ``extra`` are texts of other files of the folder, by name.

    Raises
    ------
    OutputError
        When something is at ``path`` already, when it cannot be written, or when the plan holds a number that
        is not finite.
    """
    files = {
        f"{table}.csv": table_text(table, row_type, getattr(plan, table)) for table, row_type in RUN_TABLES.items()
    }
    try:
        files["run.json"] = (
            json.dumps(summary_to_json(plan.summary), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        )
    except ValueError as error:
        raise OutputError(f"{path}: run.json cannot hold a number that is not finite: {plan.summary!r:.400}") from error
    if shares is not None:
        files |= {
            f"{table}.csv": table_text(table, kind, getattr(shares, table)) for table, kind in SHARE_TABLES.items()
        }
        summary = {item.name: getattr(shares.summary, item.name) for item in dataclasses.fields(shares.summary)}
        files["share.json"] = json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    files |= extra or {}
    with whole_folder(Path(path)) as folder:
        for name, text in files.items():
            (folder / name).write_bytes(text.encode())
        (folder / "case").mkdir()
        fill_folder(case, folder / "case")


def read_run(path: Path) -> tuple[Plan, Case]:
    """
    Read a run folder.

    Returns
    -------
    tuple
        The plan as its files tell it, and the case. That they agree is for ``verify`` to say.

    Raises
    ------
    InvalidRun
        With every finding when a file is missing or malformed.
    """
    path = Path(path)
    if not path.is_dir():
        message = "is not the folder of a run; give the folder that plan --out made"
        raise InvalidRun([Finding(where=str(path), message=message, code="not-a-run")])
    findings: list[Finding] = []
    tables: dict[str, tuple[Any, ...]] = {}
    for table, row_type in RUN_TABLES.items():
        tables[table] = read_table(path, table, row_type, findings)
    summary = _read_summary(path, findings)
    case = None
    try:
        case = read_case(path / "case")
    except InvalidCase as error:
        findings += [dataclasses.replace(item, where=f"case/{item.where}") for item in error.findings]
    if findings or summary is None or case is None:
        raise InvalidRun(findings)
    return Plan(summary=summary, **tables), case


def summary_to_json(summary: Summary) -> dict[str, Any]:
    """Content of ``run.json``."""
    content = {item.name: getattr(summary, item.name) for item in dataclasses.fields(summary)}
    content["status"] = summary.status.value
    content["money"] = dataclasses.asdict(summary.money)
    content["trace"] = [dataclasses.asdict(point) for point in summary.trace]
    for name in ("limits", "versions", "origins"):
        content[name] = dict(content[name])
    return content


# Tables


def table_text(table: str, row_type: type, rows: Sequence[Any]) -> str:
    """CSV of a table of a run."""
    hints = get_type_hints(row_type)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    dimensions = sorted({name for row in rows for name in row.load}) if "load" in hints else []
    header: list[str] = []
    for name in hints:
        header += [_LOAD + dimension for dimension in dimensions] if name == "load" else [name]
    writer.writerow(header)
    for row in rows:
        cells: list[str] = []
        for name in hints:
            if name == "load":
                cells += [_number_text(table, name, row.load[d]) if d in row.load else "" for d in dimensions]
            else:
                cells.append(_cell_text(table, name, getattr(row, name)))
        writer.writerow(cells)
    return text.getvalue()


def _cell_text(table: str, column: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        if value.strip() != value or any(ord(char) < 32 for char in value):
            raise OutputError(f"{table}.csv: {column}: {value!r:.80} is not one line of text without blanks around it")
        return value
    return _number_text(table, column, value)


def _number_text(table: str, column: str, value: float) -> str:
    if not math.isfinite(value):
        raise OutputError(f"{table}.csv: {column}: {value} is not a finite number")
    return str(int(value)) if isinstance(value, int) else format_number(value)


def read_table(path: Path, table: str, row_type: type, findings: list[Finding]) -> tuple[Any, ...]:
    """Rows of a table of a run; what is wrong with it is added to the findings."""
    file = path / f"{table}.csv"
    try:
        raw = read_csv(file)
    except OSError:
        findings.append(Finding(where=file.name, message="is missing or cannot be read", code="missing-table"))
        return ()
    hints = get_type_hints(row_type)
    load = [name for name in raw.columns if "load" in hints and name.startswith(_LOAD) and name != _LOAD]
    wanted = [name for name in hints if name != "load"]
    for name in wanted:
        if name not in raw.columns:
            raw.find("missing-column", f"the column {name!r} is missing", where=raw.place(-1), column=name)
    for name in raw.columns:
        if name not in wanted and name not in load:
            message = f"unknown column {name!r}, expected {', '.join(wanted)}"
            raw.find("unknown-column", message, where=raw.place(-1), column=name)
    values: dict[str, list[Any]] = {
        name: _read_column(raw, name, hints[name], blank=hints[name] == float | None)
        for name in wanted
        if name in raw.columns
    }
    loads = {name: _read_column(raw, name, float, blank=True) for name in load}
    findings += raw.findings
    if raw.findings:
        return ()
    if "load" in hints:
        values["load"] = [
            {name.removeprefix(_LOAD): cells[row] for name, cells in loads.items() if cells[row] is not None}
            for row in range(len(raw.lines))
        ]
    return tuple(row_type(**dict(zip(values, row, strict=True))) for row in zip(*values.values(), strict=True))


def _read_column(raw: RawTable, name: str, kind: type, *, blank: bool = False) -> list[Any]:
    texts = raw.columns[name]
    if kind is str:
        return list(texts)
    found: list[Any] = []
    for row, text in enumerate(texts):
        if blank and not text:
            found.append(None)
            continue
        try:
            found.append(parse_integer(text) if kind is int else parse_number(text))
        except BadCell as error:
            raw.find(error.code, str(error), where=raw.place(row), column=name)
            found.append(None)
    return found


# run.json


def read_json(file: Path, findings: list[Finding]) -> dict[str, Any] | None:
    """Object in a file of JSON; None, with a finding, when there is none."""
    try:
        content = json.loads(file.read_bytes().decode(), parse_constant=_refuse_constant)
    except OSError:
        findings.append(Finding(where=file.name, message="is missing or cannot be read", code="missing-table"))
        return None
    except (ValueError, RecursionError) as error:
        findings.append(Finding(where=file.name, message=f"is not JSON ({error})", code="bad-json"))
        return None
    if not isinstance(content, dict):
        message = f"found {content!r:.80}, expected an object"
        findings.append(Finding(where=file.name, message=message, code="bad-json"))
        return None
    return content


def _read_summary(path: Path, findings: list[Finding]) -> Summary | None:
    file = path / "run.json"

    def find(column: str, message: str, code: str) -> None:
        findings.append(Finding(where=file.name, column=column, message=message, code=code))

    content = read_json(file, findings)
    if content is None:
        return None
    before = len(findings)
    values = read_object(Summary, content, "", find)
    if len(findings) > before:
        return None
    values["money"] = Money(**read_object(Money, values["money"], "money.", find))
    points = [read_object(TracePoint, point, f"trace.{i}.", find) for i, point in enumerate(values["trace"])]
    try:
        values["status"] = PlanStatus(values["status"])
    except ValueError:
        find("status", f"found {values['status']!r}, expected one of {', '.join(PlanStatus)}", "not-a-choice")
    if len(findings) > before:
        return None
    values["trace"] = tuple(TracePoint(**point) for point in points)
    return Summary(**values)


def _refuse_constant(text: str) -> float:
    raise ValueError(f"found {text}, expected a finite number")


def read_object(row_type: type, content: Any, prefix: str, find: Any) -> dict[str, Any]:
    """Read fields of a dataclass from a JSON object; each is there, none is unknown, all are of their type."""
    if not isinstance(content, dict):
        find(prefix.rstrip("."), f"found {content!r:.80}, expected an object", "bad-json")
        return {}
    hints = get_type_hints(row_type)
    for name in content:
        if name not in hints:
            find(prefix + name, f"unknown key {name!r}", "unknown-key")
    values = {}
    for name, hint in hints.items():
        if name not in content and name in ADDED_LATER:
            continue
        if name not in content:
            find(prefix + name, "is missing", "missing-key")
        elif not _is_of(hint, content[name]):
            wanted = getattr(hint, "__name__", str(hint)).replace("typing.", "")
            find(prefix + name, f"found {content[name]!r:.80}, expected {wanted}", "bad-json")
        else:
            values[name] = float(content[name]) if hint is float else content[name]
    return values


def _is_of(hint: Any, value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e308
    if hint is float:
        return is_number
    if hint == float | None:
        return value is None or is_number
    if hint is int:
        return is_number and isinstance(value, int)
    if hint in (str, bool):
        return isinstance(value, hint)
    if hint is PlanStatus:
        return isinstance(value, str)
    if hint is Money:
        return isinstance(value, dict)
    if hint == tuple[TracePoint, ...]:
        return isinstance(value, list)
    if hint == tuple[str, ...]:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if hint == Mapping[str, str]:
        return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
    if hint == Mapping[str, float]:
        return isinstance(value, dict) and all(_is_of(float, item) for item in value.values())
    return isinstance(value, dict) and all(item is None or _is_of(float, item) for item in value.values())
