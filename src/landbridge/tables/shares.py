"""Tables of a division, as they stand in the folder of a run beside the plan."""

from __future__ import annotations

from pathlib import Path

from landbridge.errors import Finding, InvalidRun
from landbridge.model.shares import SHARE_TABLES, ShareSummary, ShareTables
from landbridge.tables.runs import read_json, read_object, read_table

SUMMARY_FILE = "share.json"


def has_shares(run: Path) -> bool:
    """Whether a run says how its value is shared."""
    return (Path(run) / SUMMARY_FILE).is_file()


def read_shares(run: Path) -> ShareTables:
    """
    Read what a run says of the division of its value.

    Raises
    ------
    InvalidRun
        With every finding when a file is missing or malformed.
    """
    findings: list[Finding] = []
    tables = {table: read_table(Path(run), table, row_type, findings) for table, row_type in SHARE_TABLES.items()}
    content = read_json(Path(run) / SUMMARY_FILE, findings)

    def find(column: str, message: str, code: str) -> None:
        findings.append(Finding(where=SUMMARY_FILE, column=column, message=message, code=code))

    values = {} if content is None else read_object(ShareSummary, content, "", find)
    if findings:
        raise InvalidRun(findings)
    values["players"] = tuple(values["players"])
    return ShareTables(summary=ShareSummary(**values), **tables)
