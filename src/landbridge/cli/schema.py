"""``landbridge schema``: what the columns of a case are called, mean and may hold."""

from __future__ import annotations

from typing import Annotated

import typer

from landbridge.cli import options
from landbridge.cli.outcome import Ended, ExitCode, ending, write_json


def schema(
    table: Annotated[str, typer.Argument(metavar="[TABLE]", help="One table only.")] = "",
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Print the tables of a case: every column with its type, unit, default, range and meaning."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.model.case import ATTRIBUTES

        if table and table not in ATTRIBUTES:
            raise Ended(
                ExitCode.USAGE, f"schema: no table {table!r}; expected one of {', '.join(ATTRIBUTES)}.", name="usage"
            )
        if as_json:
            from landbridge.tables import json_schema

            document = json_schema()
            write_json(document["properties"][table] if table else document)
            return
        typer.echo("\n\n".join(_table_text(name) for name in ([table] if table else ATTRIBUTES)))


def _table_text(name: str) -> str:
    from landbridge.model.case import ATTRIBUTES, REQUIRED_TABLES, ROW_TYPES

    head = f"{name}{' (required)' if name in REQUIRED_TABLES else ''}: {ROW_TYPES[name].__doc__}"
    lines = [head]
    for item in ATTRIBUTES[name]:
        facts = [str(item.kind), item.unit, "required" if item.required else "", "key" if item.key else ""]
        if item.choices:
            facts.append("one of " + " ".join(item.choices))
        if item.ref:
            facts.append(f"names {item.ref}")
        lines.append(f"  {item.name} ({', '.join(fact for fact in facts if fact)})")
        lines.append(f"      {item.description}")
    return "\n".join(lines)
