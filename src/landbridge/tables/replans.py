"""The tables of a re-plan, as they stand in the folder of its run beside the plan."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from landbridge.errors import Finding, InvalidRun
from landbridge.model.replan import REPLAN_TABLES, ReplanSummary, ReplanTables
from landbridge.tables.runs import read_json, read_object, read_table, table_text

REPLAN_FILE = "replan.json"


def replan_files(found: ReplanTables) -> dict[str, str]:
    """Texts of the files of a re-plan, by name, as ``write_run`` takes them."""
    files = {f"{table}.csv": table_text(table, kind, getattr(found, table)) for table, kind in REPLAN_TABLES.items()}
    summary = dataclasses.asdict(found.summary)
    files[REPLAN_FILE] = json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return files


def has_replan(run: Path) -> bool:
    """Whether a run re-plans another."""
    return (Path(run) / REPLAN_FILE).is_file()


def read_replan(run: Path) -> ReplanTables:
    """
    Read what a run says of the plan before it.

    Raises
    ------
    InvalidRun
        With every finding when a file is missing or malformed.
    """
    findings: list[Finding] = []
    tables = {table: read_table(Path(run), table, kind, findings) for table, kind in REPLAN_TABLES.items()}
    content = read_json(Path(run) / REPLAN_FILE, findings)

    def find(column: str, message: str, code: str) -> None:
        findings.append(Finding(where=REPLAN_FILE, column=column, message=message, code=code))

    values = {} if content is None else read_object(ReplanSummary, content, "", find)
    if findings:
        raise InvalidRun(findings)
    return ReplanTables(summary=ReplanSummary(**values), **tables)
