"""From a case to rows of texts and back; findings at the cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from landbridge.model.case import ATTRIBUTES, SETTINGS, Case, Settings
from landbridge.server.errors import Refused
from landbridge.server.store.rows import StoredRow
from landbridge.tables import read_case, read_texts
from landbridge.tables.layout import columns_of

Tables = dict[str, list[dict[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFinding:
    """Something that is wrong, at its cell."""

    code: str
    severity: str
    table: str
    key: str
    column: str
    value: str
    message: str


def tables_of_case(case: Case) -> Tables:
    """Rows of every table as texts, blank cells left out."""
    found: Tables = {}
    for table in ATTRIBUTES:
        columns = columns_of(case, table)
        rows = zip(*(column.texts() for column in columns), strict=True)
        names = [column.name for column in columns]
        found[table] = [{name: text for name, text in zip(names, row, strict=True) if text} for row in rows]
    return found


def settings_of_case(settings: Settings) -> dict[str, Any]:
    """Settings as they stand in the database: plain values by key, as ``case.toml`` has them."""
    values = {item.name: getattr(settings, item.name) for item in SETTINGS}
    rates = [{"currency": rate.currency, "per_unit": rate.per_unit, "date": rate.date, "source": rate.source}
             for rate in settings.rates]  # fmt: skip
    return values | {"rates": rates}


def built_in(name: str) -> Case:
    """Read a case that comes with the program."""
    root = resources.files("landbridge") / "cases"
    known = sorted(item.name for item in root.iterdir() if (item / "case.toml").is_file())
    if name not in known:
        message = f"no built-in case {name!r:.60}; expected one of {', '.join(known)}, or blank"
        raise Refused(422, "unknown-case", message, entity="source")
    with resources.as_file(root / name) as folder:
        return read_case(folder)


def blank_settings(name: str) -> dict[str, Any]:
    """Settings of a case without rows."""
    return settings_of_case(Settings(name=name))


def make_case(settings: Mapping[str, Any], rows: Iterable[StoredRow]) -> tuple[Case | None, list[RowFinding]]:
    """Read the rows that somebody sees as a case; with findings there is none."""
    by_table: dict[str, list[StoredRow]] = {table: [] for table in ATTRIBUTES}
    for row in rows:
        by_table[row.table].append(row)
    case, findings = read_texts(settings, {table: [row.cells for row in found] for table, found in by_table.items()})
    return case, [_placed(finding, by_table) for finding in findings]


def _placed(finding: Any, by_table: Mapping[str, Sequence[StoredRow]]) -> RowFinding:
    table, _, number = finding.where.partition(":")
    rows = by_table.get(table, ())
    row = rows[int(number) - 1] if number.isdecimal() and 0 < int(number) <= len(rows) else None
    value = row.cells.get(finding.column, "") if row else ""
    return RowFinding(
        code=finding.code,
        severity="error",
        table=table,
        key=row.key if row else "",
        column=finding.column,
        value=value,
        message=finding.message,
    )


def check_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """
    Give settings back as they are kept.

    Raises
    ------
    Refused
        422 with every finding.
    """
    case, findings = read_texts(settings, {})
    wrong = [item for item in findings if item.where.partition(":")[0] in ("case", "rates")]
    if wrong:
        errors = [{"code": item.code, "entity": f"settings.{item.column}", "message": item.message} for item in wrong]
        raise Refused(422, "bad-settings", "the settings cannot be used", errors=errors)
    del case
    return {key: settings[key] for key in settings}
