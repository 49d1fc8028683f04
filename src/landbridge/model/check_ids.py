"""Rules of ids: told apart, found where they are named, owners and their shares."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any

from landbridge.model.case import ATTRIBUTES, Case
from landbridge.model.columns import Attribute, Kind
from landbridge.model.faults import Fault, did_you_mean, ids_of

SHARE_TOL = 1e-9


_SHARE = re.compile(r"(?P<party>.+):(?P<share>\d+(?:\.\d*)?|\.\d+)", re.ASCII)


_FORBIDDEN = {"hubs": ">", "parties": ":+", "services": "@"}


_NO_BLANKS = frozenset({"hubs", "parties"})


def check_keys(case: Case) -> Iterator[Fault]:
    """Check that the key columns of a table tell its rows apart."""
    for table, attributes in ATTRIBUTES.items():
        keys = [attribute for attribute in attributes if attribute.key]
        rows = getattr(case, table)
        if not keys or not rows:
            continue
        ids = list(map(attrgetter(*(key.field for key in keys)), rows))
        if len(set(ids)) == len(ids):
            continue
        first: dict[Any, int] = {}
        for row, found in enumerate(ids):
            if found not in first:
                first[found] = row
                continue
            shown = found if isinstance(found, str) else " ".join(found)
            names = ", ".join(key.name for key in keys)
            yield Fault(
                table=table,
                row=row,
                column=keys[0].name,
                code="duplicate-id",
                message=f"{shown!r} comes again (first in row {first[found] + 1} of the table), "
                f"expected every {names} once",
                also=tuple(key.name for key in keys),
            )


def check_ids(case: Case) -> Iterator[Fault]:
    """Check that ids can be written in routes, owners and pins."""
    for table, attributes in ATTRIBUTES.items():
        keys = [attribute for attribute in attributes if attribute.key]
        if len(keys) != 1:
            continue
        forbidden = _FORBIDDEN.get(table, "")
        values = list(map(attrgetter(keys[0].field), getattr(case, table)))
        if not forbidden and table not in _NO_BLANKS and not {"*", "-"}.intersection(values):
            continue
        for row, found in enumerate(values):
            used = [repr(char) for char in forbidden if char in found]
            if table in _NO_BLANKS and any(char.isspace() for char in found):
                used.append("blanks")
            if used or found in ("*", "-"):
                wanted = f"without {' or '.join(used)}" if used else "that is a word"
                message = f"found {found!r}, expected an id {wanted}"
                yield Fault(table=table, row=row, column=keys[0].name, code="bad-id", message=message)


def check_groups(case: Case) -> Iterator[Fault]:
    """Check that groups of regions can be listed beside each other."""
    for row, region in enumerate(case.regions):
        if any(char.isspace() for char in region.group):
            message = f"found {region.group!r}, expected a word without blanks, such as {region.group.split()[0]!r}"
            yield Fault(table="regions", row=row, column="group", code="bad-id", message=message)


def check_references(case: Case) -> Iterator[Fault]:
    """Check that ids of other tables exist."""
    ids = {
        table: ids_of(case, table)
        for table in ("regions", "parties", "hubs", "goods", "services", "fleets", "agreements")
    }
    for table, attributes in ATTRIBUTES.items():
        rows = getattr(case, table)
        for attribute in attributes:
            if not attribute.ref or attribute.kind is Kind.OWNER or not rows:
                continue
            known = ids[attribute.ref]
            values = list(map(attrgetter(attribute.field), rows))
            named = set().union(*values) if attribute.kind is Kind.ROUTE else set(values)
            unknown = named - known - {""}
            if unknown:
                yield from _unknown_faults(attribute, values, unknown, known)


def _unknown_faults(attribute: Attribute, values: Sequence[Any], unknown: set[str], known: set[str]) -> Iterator[Fault]:
    hints: dict[str, str] = {}
    for row, value in enumerate(values):
        for name in value if isinstance(value, tuple) else (value,):
            if name not in unknown:
                continue
            if name not in hints:
                # Suggestions are slow to find and only the first findings of a column are shown.
                hints[name] = did_you_mean(name, known) if len(hints) < 25 else ""
            yield Fault(
                table=attribute.table,
                row=row,
                column=attribute.name,
                code="unknown-id",
                message=f"{name!r} is not in {attribute.ref}{hints[name]}",
                refs=(attribute.ref,),
            )


def check_owners(case: Case) -> Iterator[Fault]:
    """Check owners and quotas: known parties, shares that add up, one way of sharing at a time."""
    parties = ids_of(case, "parties")
    for table, attributes in ATTRIBUTES.items():
        for attribute in attributes:
            if attribute.kind is not Kind.OWNER:
                continue
            values = [getattr(row, attribute.field) for row in getattr(case, table)]
            bad = {
                value: found
                for value in set(values) - parties - {""}
                if (found := _owner_problem(value, parties, joint=attribute.name != "quota"))
            }
            for row, value in enumerate(values) if bad else ():
                if value in bad:
                    code, message = bad[value]
                    refs = ("parties",) if code == "unknown-id" else ()
                    yield Fault(table=table, row=row, column=attribute.name, code=code, message=message, refs=refs)


def _owner_problem(text: str, parties: set[str], *, joint: bool) -> tuple[str, str] | None:
    syntax = "a party, shares such as 'a:0.5 b:0.5'" + (", or joint owners such as 'a+b'" if joint else "")
    named: list[str] = []
    total = 0.0
    if "+" in text:
        if not joint or ":" in text or " " in text:
            return "bad-owner", f"found {text!r}, expected {syntax}"
        named = text.split("+")
    elif ":" in text or " " in text:
        for word in text.split():
            match = _SHARE.fullmatch(word)
            if match is None:
                return "bad-owner", f"found {word!r} in {text!r}, expected {syntax}"
            named.append(match["party"])
            share = float(match["share"])
            total += share
            if not 0 < share <= 1:
                return "bad-shares", f"found a share of {share:g} in {text!r}, expected above 0 and at most 1"
    else:
        named = [text]
    if "" in named:
        return "bad-owner", f"found {text!r}, expected {syntax}"
    for name, count in Counter(named).items():
        if name not in parties:
            return "unknown-id", f"{name!r} is not in parties{did_you_mean(name, parties)}"
        if count > 1:
            return "bad-owner", f"found {name!r} twice in {text!r}, expected each party once"
    if total > 1 + SHARE_TOL:
        return "bad-shares", f"the shares in {text!r} add up to {total:g}, expected at most 1"
    return None
