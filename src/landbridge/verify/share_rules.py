"""Check what a division says of itself against its case and its coalitions: players."""

from __future__ import annotations

from landbridge.errors import Finding
from landbridge.model.case import Case
from landbridge.model.shares import ShareTables
from landbridge.verify.cash import KINDS, player_by_party


def check_players(tables: ShareTables, case: Case) -> list[Finding]:
    """Check that each party of the case is of a player of the division, and each player has a party."""
    kind, names = tables.summary.kind, tables.summary.players
    if kind not in KINDS:
        return [_told("players-differ", f"found {kind!r}, expected one of {' '.join(KINDS)}", "kind")]
    expected = tuple(dict.fromkeys(player_by_party(case, kind).values()))
    if sorted(names) == sorted(expected):
        return []
    message = f"found {' '.join(names)!r}, the {kind} of the case's parties are {' '.join(expected)!r}"
    return [_told("players-differ", message, "players")]


def _told(code: str, message: str, column: str) -> Finding:
    return Finding(code=code, where="share.json", message=message, column=column)
