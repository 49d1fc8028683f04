"""The attribute table: what each column of a case is called, means, and may hold."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """How the text of a cell is read."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    FLAG = "flag"  # 0 or 1
    TIME = "time"  # ISO 8601, weekday and hour, clock time, or +hours: see model.clock
    DAYS = "days"  # weekdays: Mon Tue, 1-5, daily
    WORDS = "words"  # blank-separated words -> tuple[str, ...]
    ROUTE = "route"  # A>B>C -> tuple[str, ...]
    LEGS = "legs"  # 10>14 -> tuple[float, ...], or one number
    OWNER = "owner"  # blank, a party, a:0.5 b:0.5, or a+b
    AMOUNTS = "amounts"  # a family of columns, one a dimension -> dict[dimension, number]


class Audience(StrEnum):
    """Who sees a column of a row that somebody owns, besides the owner (docs/design/server.md §2)."""

    ALL = "all"  # every organisation that works on the case
    CAPACITY = "capacity"  # whom the owner says for the row
    OWNER = "owner"  # nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """
    One column of one table.

    Parameters
    ----------
    table, name
        Where it stands. A family of columns (``Kind.AMOUNTS``) is named with a placeholder: ``cap_<dim>``.
    field
        Name of the field of the dataclass; equals ``name`` except for families.
    kind
        How a cell's text is read.
    unit
        Unit in words; empty where there is none.
    required
        A blank cell is a finding.
    default
        What a blank cell becomes.
    low, high
        Range, both ends included; ``above`` excludes the low end.
    choices
        The only words allowed, if any.
    ref
        Table whose ids the cell names.
    key
        Part of the row's id: together the key columns are unique.
    audience
        Who sees it of a row that somebody owns.
    description
        Meaning, in one or two sentences.
    """

    table: str
    name: str
    field: str
    kind: Kind
    unit: str = ""
    required: bool = False
    default: Any = None
    low: float | None = None
    high: float | None = None
    above: bool = False
    choices: tuple[str, ...] = ()
    ref: str = ""
    key: bool = False
    audience: Audience = Audience.ALL
    description: str = ""

    def of(self, dimension: str) -> Attribute:
        """The column of a family that is about a dimension: with its unit, under the family's name."""
        return replace(self, unit=self.unit.replace("<dim>", dimension))


_REQUIRED = object()


def column(
    kind: Kind,
    description: str,
    *,
    default: Any = _REQUIRED,
    name: str = "",
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    above: bool = False,
    choices: tuple[str, ...] = (),
    ref: str = "",
    key: bool = False,
    audience: Audience = Audience.ALL,
) -> Any:
    """Declare a dataclass field that is a column; without ``default`` the column is required."""
    required = default is _REQUIRED
    spec = {
        "kind": kind,
        "description": description,
        "name": name,
        "unit": unit,
        "low": low,
        "high": high,
        "above": above,
        "choices": choices,
        "ref": ref,
        "key": key,
        "audience": audience,
        "required": required,
        "default": None if required else default,
    }
    if required:
        return field(metadata={"column": spec})
    if isinstance(default, dict):
        return field(default_factory=dict, metadata={"column": spec})
    return field(default=default, metadata={"column": spec})


def attributes_of(table: str, row_type: type) -> tuple[Attribute, ...]:
    """Read the columns of a table off the fields of its row type, in order; other fields are passed over."""
    found = []
    for item in dataclasses.fields(row_type):
        if "column" not in item.metadata:
            continue
        spec = dict(item.metadata["column"])
        name = spec.pop("name") or item.name
        found.append(Attribute(table=table, name=name, field=item.name, **spec))
    return tuple(found)
