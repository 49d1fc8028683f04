"""Which tables and columns of a case are written, and with what values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from landbridge.model.case import ATTRIBUTES, REQUIRED_TABLES, Case
from landbridge.model.columns import Attribute, Kind
from landbridge.tables.cells import format_cell


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column to write: its name, its attribute and the value of each row (None = blank)."""

    name: str
    attribute: Attribute
    values: Sequence[Any]

    def texts(self) -> list[str]:
        """Cells as text."""
        kind = self.attribute.kind
        known: dict[Any, str] = {}
        texts = []
        for value in self.values:
            text = known.get(value)
            if text is None:
                text = known[value] = format_cell(kind, value)
            texts.append(text)
        return texts


def tables_of(case: Case) -> list[str]:
    """Tables to write: the required ones and those with rows."""
    return [table for table in ATTRIBUTES if table in REQUIRED_TABLES or getattr(case, table)]


def columns_of(case: Case, table: str) -> list[TableColumn]:
    """Columns of a table, without optional ones that hold nothing but defaults."""
    rows = getattr(case, table)
    found: list[TableColumn] = []
    for attribute in ATTRIBUTES[table]:
        values = [getattr(row, attribute.field) for row in rows]
        if attribute.kind is Kind.AMOUNTS:
            for dimension in sorted({name for amounts in values for name in amounts}):
                name = attribute.name.replace("<dim>", dimension)
                found.append(TableColumn(name, attribute, [amounts.get(dimension) for amounts in values]))
        elif attribute.required or attribute.key or any(value != attribute.default for value in values):
            found.append(TableColumn(attribute.name, attribute, values))
    return found
