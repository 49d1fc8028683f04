"""From files to a case: every table read, every finding collected, nothing written."""

from __future__ import annotations

import difflib
import gc
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from landbridge.errors import Finding, InvalidCase
from landbridge.model.case import ATTRIBUTES, REQUIRED_TABLES, ROW_TYPES, Case, Party, Settings
from landbridge.model.columns import Attribute, Kind
from landbridge.model.faults import Fault
from landbridge.model.validate import check_case
from landbridge.tables.cells import TEXT_KINDS, BadCell, parse_cell
from landbridge.tables.columns import dimension_of, explain_column, match_column
from landbridge.tables.raw import RawTable, decode_utf8, read_csv, read_parquet
from landbridge.tables.scenarios import apply_scenario
from landbridge.tables.settings import Places, read_rows, read_toml, settings_of
from landbridge.tables.sheets import BadWorkbook, error_cells, read_sheets, table_of

MAX_PER_COLUMN = 20
"""Findings shown for one column; the next one tells how many more there are."""

SUFFIXES = (".csv", ".parquet")


@dataclass(slots=True)
class _Source:
    """What the files hold, before it is understood."""

    settings: Settings
    places: Places
    bad_settings: set[str]
    tables: dict[str, RawTable] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class _Rows:
    """Rows of one table, with what could not be read of them."""

    rows: tuple[Any, ...]
    faults: list[Fault]
    bad_columns: set[str]
    bad_cells: set[tuple[int, str]]


def read_case(path: Path, scenario: str = "") -> Case:
    """
    Read a case from a folder of tables or from a workbook.

    Parameters
    ----------
    path
        A folder with ``case.toml`` and one ``.csv`` or ``.parquet`` file a
        table, or an ``.xlsx`` with one sheet a table, a sheet ``case`` of keys
        and values, and a sheet ``rates``.
    scenario
        Name in the table ``scenarios`` whose patches are laid on the case; blank: the case as it is.

    Returns
    -------
    Case
        The case; a missing table ``parties`` becomes one party a region.

    Raises
    ------
    InvalidCase
        With every finding, in the order of the tables and of their lines.
    """
    path = Path(path)
    with _no_collection():
        source = _open(path)
        parsed = {table: _parse(table, raw) for table, raw in source.tables.items()}
        case = _case_of(source.settings, parsed)
        findings = _collect(source, parsed, case)
    if findings:
        raise InvalidCase(findings)
    if scenario:
        place = source.tables["scenarios"].place if "scenarios" in source.tables else None
        return apply_scenario(case, scenario, place)
    return case


def read_texts(
    settings: Mapping[str, Any], tables: Mapping[str, Sequence[Mapping[str, str]]]
) -> tuple[Case | None, list[Finding]]:
    """
    Read a case from texts that stand in no file, such as rows of a database.

    Parameters
    ----------
    settings
        Values by key, as ``case.toml`` has them.
    tables
        Rows of each table, texts by column; a blank cell may be left out. A table that is left out has no rows.

    Returns
    -------
    tuple
        The case, None when there are findings; the findings, each placed as ``table:row`` with rows counted from 1.
    """
    found, places, findings, bad = settings_of(dict(settings), Places("case", {}))
    source = _Source(found, places, bad, findings=findings)
    for table, attributes in ATTRIBUTES.items():
        rows = tables.get(table, ())
        names = {attribute.name for attribute in attributes if attribute.required or attribute.key}
        names.update(*rows)
        columns = {name: [row.get(name, "").strip() for row in rows] for name in sorted(names)}
        source.tables[table] = RawTable(source=table, columns=columns, lines=range(1, len(rows) + 1))
    with _no_collection():
        parsed = {table: _parse(table, raw) for table, raw in source.tables.items()}
        case = _case_of(found, parsed)
        findings = _collect(source, parsed, case)
    return (None if findings else case), findings


def find_case_table(path: Path, table: str) -> Path | None:
    """File of a table in a folder, if there is one."""
    return next((found for suffix in SUFFIXES if (found := path / f"{table}{suffix}").is_file()), None)


@contextmanager
def _no_collection() -> Iterator[None]:
    # Making a million small objects that all stay is the collector's worst case: a third of the time of reading.
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _refuse(where: str, code: str, message: str) -> InvalidCase:
    return InvalidCase([Finding(where=where, code=code, message=message)])


def _open(path: Path) -> _Source:
    try:
        if path.is_dir():
            return _open_folder(path)
        if path.suffix.lower() == ".xlsx" and path.is_file():
            return _open_workbook(path)
    except BadWorkbook as error:
        raise InvalidCase([error.finding]) from error
    except (OSError, ValueError) as error:
        raise _refuse(
            str(path), "unreadable-case", f"cannot be read ({error}); check the path and its rights"
        ) from error
    if path.exists():
        raise _refuse(str(path), "not-a-case", "is neither a folder nor an .xlsx workbook; give the folder of the case")
    raise _refuse(str(path), "not-a-case", "does not exist; give the folder of a case, or an .xlsx workbook")


def _open_folder(path: Path) -> _Source:
    settings_file = path / "case.toml"
    if settings_file.is_file():
        text, finding = decode_utf8(settings_file.read_bytes(), "case.toml")
        settings, places, findings, bad = read_toml(text, "case.toml") if finding is None else _no_settings([finding])
    else:
        message = "is missing, expected the settings of the case (name, start, horizon_h, currency, timezone)"
        settings, places, findings, bad = _no_settings(
            [Finding(where="case.toml", message=message, code="missing-table")]
        )
    source = _Source(settings, places, bad, findings=findings)
    names = [item.name for item in sorted(path.iterdir()) if item.is_file() and item.suffix in SUFFIXES]
    for table in ROW_TYPES:
        found = [name for name in names if Path(name).stem == table]
        if len(found) > 1:
            message = f"{found[1]} is there too, expected one file a table; remove one"
            source.findings.append(Finding(where=found[0], message=message, code="double-table"))
        if found:
            read = read_csv if found[0].endswith(".csv") else read_parquet
            source.tables[table] = read(path / found[0])
    _report_strangers(source, names, [Path(name).stem for name in names])
    _report_missing(source, "{}.csv")
    return source


def _open_workbook(path: Path) -> _Source:
    sheets = read_sheets(path)
    rows = sheets.pop("case", None)
    rates = sheets.pop("rates", [])
    if rows is None:
        message = "the sheet is missing, expected keys and values: name, start, horizon_h, currency, timezone"
        settings, places, findings, bad = _no_settings([Finding(where="case", message=message, code="missing-table")])
    else:
        settings, places, findings, bad = read_rows(rows, rates)
    source = _Source(settings, places, bad, findings=findings)
    for table in ROW_TYPES:
        if table in sheets:
            source.tables[table] = table_of(table, sheets[table])
    for sheet, cells in error_cells(path).items():
        if sheet in ROW_TYPES or sheet in ("case", "rates"):
            message = "the formula gives an error, expected a value; mend the formula"
            source.findings += [
                Finding(where=f"{sheet}!{cell}", message=message, code="formula-error") for cell in cells
            ]
    _report_strangers(source, list(sheets), list(sheets))
    _report_missing(source, "{}")
    return source


def _no_settings(findings: list[Finding]) -> tuple[Settings, Places, list[Finding], set[str]]:
    return Settings(name="?"), Places("case.toml", {}), findings, {"start", "horizon_h", "timezone"}


def _report_strangers(source: _Source, places: Iterable[str], names: Iterable[str]) -> None:
    """Report files and sheets that look like a misspelt table; others are none of our business."""
    for place, name in zip(places, names, strict=True):
        near = difflib.get_close_matches(name.lower(), ROW_TYPES, 1, 0.8)
        if name not in ROW_TYPES and near:
            message = f"unknown table {name!r}; did you mean {near[0]!r}?"
            source.findings.append(Finding(where=place, message=message, code="unknown-table"))


def _report_missing(source: _Source, pattern: str) -> None:
    for table in REQUIRED_TABLES:
        if table not in source.tables:
            message = f"the table {table} is missing, expected columns {_required_names(table)} and others"
            source.findings.append(Finding(where=pattern.format(table), message=message, code="missing-table"))


def _required_names(table: str) -> str:
    return ", ".join(attribute.name for attribute in ATTRIBUTES[table] if attribute.required)


# From texts to rows


def _parse(table: str, raw: RawTable) -> _Rows:
    attributes = ATTRIBUTES[table]
    by_attribute: dict[str, dict[str, str]] = {}
    if not raw.columns:
        if not raw.findings:
            message = f"the file is empty, expected a header with {_required_names(table)}"
            raw.find("empty-table", message)
        return _Rows((), [], {attribute.name for attribute in attributes}, set())
    for name in raw.columns:
        found = match_column(name, attributes)
        if found is None:
            code, message = explain_column(name, attributes)
            raw.find(code, message, where=raw.place(-1, name), column=name)
        else:
            dimension = dimension_of(found, name) if found.kind is Kind.AMOUNTS else ""
            by_attribute.setdefault(found.field, {})[dimension] = name
    result = _Rows((), [], set(), set())
    values: dict[str, list[Any]] = {}
    for attribute in attributes:
        columns = by_attribute.get(attribute.field)
        if columns is not None:
            values[attribute.field] = _values_of(attribute, columns, raw, result)
        elif attribute.required:
            message = f"the column {attribute.name!r} is missing: {attribute.description}"
            raw.find("missing-column", message, where=raw.place(-1), column=attribute.name)
            result.bad_columns.add(attribute.name)
            values[attribute.field] = [_blank(attribute)] * len(raw.lines)
    row_type = ROW_TYPES[table]
    fields = list(values)
    result.rows = tuple(row_type(**dict(zip(fields, row, strict=True))) for row in zip(*values.values(), strict=True))
    return result


def _values_of(attribute: Attribute, columns: Mapping[str, str], raw: RawTable, result: _Rows) -> list[Any]:
    if attribute.kind is not Kind.AMOUNTS:
        return _column_values(attribute, columns[""], raw, result)
    amounts: list[dict[str, float]] = [{} for _ in raw.lines]
    for dimension, name in columns.items():
        for row, value in enumerate(_column_values(attribute.of(dimension), name, raw, result)):
            if value is not None:
                amounts[row][dimension] = value
    return amounts


def _column_values(attribute: Attribute, name: str, raw: RawTable, result: _Rows) -> list[Any]:
    """Read a column; each distinct text is read once."""
    texts = raw.columns[name]
    blank = _blank(attribute)
    if attribute.kind in TEXT_KINDS:
        if attribute.required:
            result.bad_cells |= {(row, name) for row, text in enumerate(texts) if not text}
            result.faults += [_blank_fault(attribute, row) for row, text in enumerate(texts) if not text]
        elif blank != "":
            return [text or blank for text in texts]
        return texts
    read: dict[str, Any] = {"": blank}
    bad: dict[str, tuple[str, str]] = {}
    if attribute.required:
        bad[""] = ("", "")
    for text in set(texts):
        if text:
            try:
                read[text] = parse_cell(attribute, text)
            except BadCell as error:
                read[text] = blank
                bad[text] = (error.code, str(error))
    if bad:
        for row, text in enumerate(texts):
            if text in bad:
                code, message = bad[text]
                fault = Fault(table=attribute.table, row=row, column=name, code=code, message=message)
                result.faults.append(fault if text else _blank_fault(attribute, row))
                result.bad_cells.add((row, name))
    return [read[text] for text in texts]


def _blank_fault(attribute: Attribute, row: int) -> Fault:
    message = f"is blank, expected a value: {attribute.description}"
    return Fault(table=attribute.table, row=row, column=attribute.name, code="blank-cell", message=message)


def _blank(attribute: Attribute) -> Any:
    """Value of a blank cell; of a column that may not be blank, anything that breaks no rule of its own."""
    if attribute.kind is Kind.AMOUNTS:
        return None
    if not attribute.required:
        return attribute.default
    return {Kind.NUMBER: 1.0, Kind.INTEGER: 1, Kind.FLAG: False, Kind.LEGS: (1.0,), Kind.ROUTE: (), Kind.WORDS: ()}.get(
        attribute.kind, ""
    )


def _case_of(settings: Settings, parsed: Mapping[str, _Rows]) -> Case:
    tables = {table: found.rows for table, found in parsed.items()}
    if not tables.get("parties"):
        tables["parties"] = tuple(
            Party(party=region.region, region=region.region, name=region.name) for region in tables.get("regions", ())
        )
    return Case(settings=settings, **tables)


# From faults to findings


def _collect(source: _Source, parsed: Mapping[str, _Rows], case: Case) -> list[Finding]:
    """Put findings about files and faults of the case together, in order, at most twenty a column."""
    damaged = {table for table, raw in source.tables.items() if raw.damaged or parsed[table].bad_columns}
    damaged |= {table for table in REQUIRED_TABLES if table not in source.tables}
    if "regions" in damaged and "parties" not in source.tables:
        damaged.add("parties")
    faults = [fault for found in parsed.values() for fault in found.faults]
    faults += [fault for fault in check_case(case) if _tells_news(fault, source, parsed, damaged)]
    order = {table: rank for rank, table in enumerate(ROW_TYPES)}
    columns = {table: {name: i for i, name in enumerate(raw.columns)} for table, raw in source.tables.items()}
    faults.sort(
        key=lambda fault: (order.get(fault.table, -1), fault.row, columns.get(fault.table, {}).get(fault.column, -1))
    )
    findings = source.findings + [finding for raw in source.tables.values() for finding in _capped(raw.findings)]
    counts: Counter[tuple[str, str]] = Counter()
    for fault in faults:
        counts[fault.table, fault.column] += 1
        if counts[fault.table, fault.column] <= MAX_PER_COLUMN:
            findings.append(_finding(fault, source))
    for (table, column), count in counts.items():
        if count > MAX_PER_COLUMN:
            findings.append(_more(source.tables[table].source, column, count - MAX_PER_COLUMN))
    return sorted(findings, key=_by_place)


def _by_place(finding: Finding) -> tuple[int, float]:
    """Order of findings: by table, then by line; how many more there are comes last."""
    name = re.split(r"[.:!]", finding.where)[0]
    rank = list(ROW_TYPES).index(name) if name in ROW_TYPES else len(ROW_TYPES)
    line = re.search(r"\d+$", finding.where)
    number = float(line[0]) if line else 0.0
    return (-1 if name in ("case", "rates") else rank), (math.inf if finding.code == "more-findings" else number)


def _tells_news(fault: Fault, source: _Source, parsed: Mapping[str, _Rows], damaged: set[str]) -> bool:
    """Leave out what follows from something reported already."""
    if damaged.intersection(fault.refs):
        return False
    if fault.table == "case":
        return fault.column not in source.bad_settings and not source.bad_settings.intersection(fault.also)
    found = parsed.get(fault.table)
    if found is None or fault.row < 0:
        return found is not None and not source.tables[fault.table].findings
    columns = {fault.column, *fault.also}
    return not (found.bad_columns & columns or any((fault.row, column) in found.bad_cells for column in columns))


def _finding(fault: Fault, source: _Source) -> Finding:
    where = (
        source.places.of(fault.column)
        if fault.table == "case"
        else source.tables[fault.table].place(fault.row, fault.column)
    )
    return Finding(where=where, column=fault.column, message=fault.message, code=fault.code)


def _capped(findings: list[Finding]) -> list[Finding]:
    kept: list[Finding] = []
    counts: Counter[tuple[str, str]] = Counter()
    for finding in findings:
        counts[finding.code, finding.column] += 1
        if counts[finding.code, finding.column] <= MAX_PER_COLUMN:
            kept.append(finding)
    for (_, column), count in counts.items():
        if count > MAX_PER_COLUMN:
            where = findings[0].where.partition(":")[0].partition("!")[0]
            kept.append(_more(where, column, count - MAX_PER_COLUMN))
    return kept


def _more(where: str, column: str, count: int) -> Finding:
    return Finding(where=where, column=column, message=f"and {count} more findings like these", code="more-findings")
