"""
Hash chains of the audit log: whoever changes, removes or inserts a line breaks all that follow.

Each organisation has a chain of its own. A line's hash is SHA-256 over the canonical
JSON of what it says and of the hash before it; the first follows ``START``. A chain alone can be
rewritten as a whole, so its head is handed to other organisations, who keep it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from landbridge.server.agreements.canonical import canonical_json

START = "0" * 64
"""What the first line of a chain follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """
    One line of an audit log.

    Parameters
    ----------
    organisation, seq
        Whose chain it is in, and its number there, from 1.
    at_ms
        When, in milliseconds since 1970, UTC.
    user, action, object, detail
        Who did what to what.
    """

    organisation: str
    seq: int
    at_ms: int
    user: str
    action: str
    object: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Number and hash of a line of a chain."""

    seq: int = 0
    hash: str = START


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What a check of a chain found: how long it is, its head, and what is wrong, in words; empty: nothing is."""

    organisation: str
    lines: int
    head: Head
    faults: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def hash_line(line: Line, previous: str) -> str:
    """Hash of a line that follows another."""
    content = {
        "at_ms": line.at_ms,
        "action": line.action,
        "detail": dict(line.detail),
        "object": line.object,
        "organisation": line.organisation,
        "previous": previous,
        "seq": line.seq,
        "user": line.user,
    }
    return hashlib.sha256(canonical_json(content)).hexdigest()


def check_chain(organisation: str, lines: Iterable[tuple[Line, str, str]], kept: Iterable[Head] = ()) -> ChainReport:
    """
    Compute a chain again.

    Parameters
    ----------
    organisation
        Whose it is.
    lines
        Lines in the order of their numbers, each with the hash before it and its own, as stored.
    kept
        Heads that others have kept of this chain.
    """
    head, faults = Head(), []
    wanted: dict[int, set[str]] = {}
    for item in kept:
        wanted.setdefault(item.seq, set()).add(item.hash)
    for line, previous, found in lines:
        place = f"line {line.seq} ({line.action})"
        if line.organisation != organisation:
            faults.append(f"{place} is of another organisation")
        if line.seq != head.seq + 1:
            faults.append(f"{place} follows line {head.seq}; expected line {head.seq + 1}")
        if previous != head.hash:
            faults.append(f"{place} does not follow the line before it: that was changed")
        if found != hash_line(line, previous):
            faults.append(f"{place} was changed: its hash is another")
        faults += [
            f"{place} is not the one that another organisation has kept the hash of: the chain was rewritten"
            for other in wanted.pop(line.seq, set())
            if other != found
        ]
        head = Head(seq=line.seq, hash=found)
    faults += [f"line {seq} is missing; another organisation has kept its hash" for seq in sorted(wanted)]
    return ChainReport(organisation=organisation, lines=head.seq, head=head, faults=tuple(faults))
