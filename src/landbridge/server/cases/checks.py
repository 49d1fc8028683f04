"""Cells that are sent: known columns, one line of text; whether they make sense is told by findings."""

from __future__ import annotations

from collections.abc import Mapping

from landbridge.model.case import ATTRIBUTES
from landbridge.model.faults import bad_text
from landbridge.server.cases.ownership import key_of
from landbridge.server.errors import Refused
from landbridge.tables.columns import explain_column, match_column

LONGEST_CELL = 4000
"""Characters of a cell."""


def known_table(table: str) -> str:
    """Return the table, if there is one of that name."""
    if table not in ATTRIBUTES:
        raise Refused(404, "unknown-table", f"no table {table!r:.60}; expected one of {', '.join(ATTRIBUTES)}",
                      entity="table")  # fmt: skip
    return table


def checked_cells(table: str, before: Mapping[str, str], cells: Mapping[str, str]) -> dict[str, str]:
    """
    Lay new texts over the cells of a row; blanks are cleared.

    Raises
    ------
    Refused
        422 with every unknown column, text of several lines, and blank key.
    """
    errors = []
    merged = dict(before)
    for column, text in cells.items():
        entity = f"{table}.{column:.60}"
        if match_column(column, ATTRIBUTES[table]) is None:
            code, message = explain_column(column, ATTRIBUTES[table])
            errors.append({"code": code, "entity": entity, "message": message})
            continue
        text = text.strip()
        problem = bad_text(text) or ("the text is too long" if len(text) > LONGEST_CELL else "")
        if problem:
            errors.append({"code": "bad-text", "entity": entity, "message": problem})
        elif text:
            merged[column] = text
        else:
            merged.pop(column, None)
    blank = [item.name for item in ATTRIBUTES[table] if item.key and item.required and item.name not in merged]
    errors += [
        {"code": "blank-cell", "entity": f"{table}.{name}", "message": f"{name} is blank; it names the row"}
        for name in blank
    ]
    if not errors and len(key_of(table, merged)) > 1000:
        errors.append({"code": "bad-text", "entity": table, "message": "the id of the row is too long"})
    if errors:
        raise Refused(422, errors[0]["code"], errors[0]["message"], errors=errors)
    return merged
