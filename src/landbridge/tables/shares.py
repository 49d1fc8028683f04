"""Tables of a division, as they stand in the folder of a run beside the plan."""

from __future__ import annotations

from pathlib import Path

from landbridge.errors import Finding, InvalidRun
from landbridge.model.case import Case
from landbridge.model.shares import AGREEMENT_TABLES, SHARE_TABLES, AgreementTables, ShareSummary, ShareTables
from landbridge.tables.atomic import whole_folder
from landbridge.tables.reading import read_case
from landbridge.tables.runs import read_json, read_object, read_table, table_text
from landbridge.tables.writing import fill_folder

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


def write_agreements(tables: AgreementTables, case: Case, path: Path) -> None:
    """Write a folder with the tables about agreements and the case, whole or not at all."""
    files = {
        f"{table}.csv": table_text(table, kind, getattr(tables, table)) for table, kind in AGREEMENT_TABLES.items()
    }
    with whole_folder(Path(path)) as folder:
        for name, text in files.items():
            (folder / name).write_bytes(text.encode())
        (folder / "case").mkdir()
        fill_folder(case, folder / "case")


def has_agreements(path: Path) -> bool:
    """Whether a folder is that of tables about agreements."""
    return (Path(path) / "sets.csv").is_file()


def read_agreements(path: Path) -> tuple[AgreementTables, Case]:
    """
    Read what ``write_agreements`` wrote.

    Raises
    ------
    InvalidRun
        With every finding when a file is missing or malformed.
    """
    findings: list[Finding] = []
    tables = {table: read_table(Path(path), table, kind, findings) for table, kind in AGREEMENT_TABLES.items()}
    case = read_case(Path(path) / "case")
    if findings:
        raise InvalidRun(findings)
    return AgreementTables(**tables), case
