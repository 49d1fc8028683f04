"""What an agreement grants: checked against the case, and written into its tables for plans to follow."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from landbridge.server.agreements.document import GRANT_COLUMNS
from landbridge.server.errors import Refused
from landbridge.server.store import cases, filling, rows
from landbridge.server.store.database import Viewer
from landbridge.tables.cells import format_number

EVERYBODY = "*"

_TABLES = {"service": ("services",), "charter": ("services",), "hub": ("hubs", "handling"), "trade": ("goods",)}
"""Tables whose ids a grant of a kind may name; a mode is a word."""


def checked(
    connection: Connection,
    viewer: Viewer,
    case: str,
    wished: Sequence[Mapping[str, Any]],
    held: Mapping[str, str],
    signing: Collection[str],
) -> list[dict[str, Any]]:
    """
    Give grants with every column, if who signs may grant them.

    Parameters
    ----------
    wished
        Grants as they were sent.
    held
        Organisation of each party of the case.
    signing
        Parties that sign, each of another organisation.

    Raises
    ------
    Refused
        422 naming every grant by somebody who does not sign, to somebody who is not there, or of what does not exist,
        and every party that signs and neither gives nor takes.
    """
    regions = {row.key: row.cells.get("region", "") for row in rows.load(connection, viewer, case, ["parties"])}
    errors: list[dict[str, str]] = []
    sides = {held[party] for party in signing}
    named: set[str] = set()

    def parties(name: str) -> set[str]:
        return {name} if name in held else {party for party, region in regions.items() if region == name} & set(held)

    for place, grant in enumerate(wished):
        for column in ("giver", "taker"):
            name = grant[column]
            found = parties(name)
            named |= found
            is_fine = bool(found) and {held[party] for party in found} <= sides
            if not is_fine and not (column == "taker" and name == EVERYBODY):
                message = f"{name!r:.100} is not held by who signs; grants are between them (taker: or *)"
                errors.append({"code": "not-a-signer", "entity": f"grants[{place}].{column}", "message": message})
        tables = _TABLES.get(grant["kind"], ())
        resource = grant["resource"]
        if tables and resource != EVERYBODY:
            known = (rows.by_keys(connection, viewer, case, table, [resource]) for table in tables)
            if not any(known):
                message = f"{resource!r:.100} is not in {' or '.join(tables)}"
                errors.append({"code": "unknown-id", "entity": f"grants[{place}].resource", "message": message})
    for party in sorted(set(signing) - named):
        message = f"{party!r:.100} signs and neither gives nor takes; name it in a grant, or leave it out"
        errors.append({"code": "idle-signer", "entity": "parties", "message": message})
    places = [tuple(grant[name] for name in ("giver", "taker", "kind", "resource")) for grant in wished]
    if len(set(places)) < len(places):
        message = "two grants have the same giver, taker, kind and resource; expected one"
        errors.append({"code": "duplicate-key", "entity": "grants", "message": message})
    if errors:
        raise Refused(422, errors[0]["code"], errors[0]["message"], errors=errors)
    return [{name: grant[name] for name in GRANT_COLUMNS} for grant in wished]


def party_names(connection: Connection, viewer: Viewer, case: str) -> dict[str, str]:
    """Name of each party."""
    return {row.key: row.cells.get("name", "") for row in rows.load(connection, viewer, case, ["parties"])}


def write(connection: Connection, viewer: Viewer, case: str, document: Mapping[str, Any], status: str) -> None:
    """Let the tables of a case say what a version says, with a status; what a version before said goes."""
    held = cases.holders(connection, case)
    sides = {row["organisation"] for row in document["signers"]}
    gone = [row["party"] for row in document["signers"] if held.get(row["party"]) != row["organisation"]]
    if gone and status != "ended":
        message = f"{gone[0]!r} is not held by the organisation that signs for it any more; write a new agreement"
        raise Refused(409, "party-moved", message, entity="parties")
    owners = tuple(party for party, side in held.items() if side in sides and _is_named(party, document))
    filling.write_paper(connection, viewer, case, document["agreement"], texts_of(document, status), owners)


def texts_of(document: Mapping[str, Any], status: str) -> dict[str, list[dict[str, str]]]:
    """Rows of the tables ``agreements`` and ``grants`` that a version stands for; blanks are left out."""
    agreement = {
        "agreement": document["agreement"],
        "name": document["name"],
        "status": status,
        "starts": document["starts"],
        "ends": document["ends"],
        "fixed_cost": format_number(document["fixed_cost"]) if document["fixed_cost"] else "",
    }
    grants = [
        {
            "agreement": document["agreement"],
            "giver": row["giver"],
            "taker": row["taker"],
            "kind": row["kind"],
            "resource": row["resource"],
            "share_frac": format_number(row["share_frac"]),
            "fee_per_t": format_number(row["fee_per_t"]) if row["fee_per_t"] else "",
            "both_ways": "1" if row["both_ways"] else "",
        }
        for row in document["grants"]
    ]
    return {"agreements": [_filled(agreement)], "grants": [_filled(row) for row in grants]}


def is_as_signed(document: Mapping[str, Any], tables: Mapping[str, Sequence[Mapping[str, str]]]) -> bool:
    """Whether the tables of a case say of an agreement in force what its document says."""
    wanted = texts_of(document, "in_force")
    for table, expected in wanted.items():
        found = [dict(row) for row in tables.get(table, ()) if row.get("agreement") == document["agreement"]]
        if sorted(map(_order, found)) != sorted(map(_order, expected)):
            return False
    return True


def _order(row: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(row.items())


def _filled(cells: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in cells.items() if text}


def _is_named(party: str, document: Mapping[str, Any]) -> bool:
    return any(party == row["party"] for row in document["signers"])
