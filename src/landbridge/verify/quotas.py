"""Limits that owners split into shares: every set of users stays within what it may draw on (semantics §4.7)."""

from __future__ import annotations

import math
from collections.abc import Mapping

from landbridge.units import exceeds
from landbridge.verify.permissions import Rights, read_owners

User = frozenset[str]
"""Who uses a limit: parties, any of whose permissions will do; nobody: freight of the market outside."""

_MOST_SETS = 4096
"""Sets of users looked at for one limit; with more, some sets are left out and the check is weaker, never wrong."""


def find_excess(
    rights: Rights, owner: str, kind: str, resource: str, limit: float, use: Mapping[User, float], *, whole: bool
) -> str | None:
    """
    Find a set of users that uses more than it may; None when there is none.

    Users who draw on the same parts of the same shares count as one: a set
    that has one of them and leaves out another is never the tightest.
    For the same reason only sets that are closed matter: all users
    who draw on no more than some vector of parts.

    Parameters
    ----------
    kind
        Kind of grant that opens a share: charter or hub.
    use
        Runs or tonnes by user.
    whole
        The right side is rounded down, as runs are whole.
    """
    owners = read_owners(owner)
    if not owners.is_split:
        total = sum(use.values())
        return f"{total:g}, at most {limit:g}" if exceeds(total, limit) else None
    names = tuple(owners.shares)
    by_draw: dict[tuple[float, ...], float] = {}
    for user, amount in use.items():
        draw = tuple(rights.draw(sorted(user), name, kind, resource) for name in names)
        by_draw[draw] = by_draw.get(draw, 0.0) + amount
    for parts in _joins(tuple(by_draw)):
        used = sum(amount for draw, amount in by_draw.items() if all(d <= p for d, p in zip(draw, parts, strict=True)))
        allowed = limit * sum(owners.shares[name] * part for name, part in zip(names, parts, strict=True))
        if whole:
            allowed = math.floor(allowed + 1e-9)  # shares such as 0.1 + 0.2 must not lose a run to rounding
        if exceeds(used, allowed):
            opened = " ".join(f"{name}:{part:g}" for name, part in zip(names, parts, strict=True) if part)
            return f"{used:g} by users of the quota {opened or 'of nobody'}, at most {allowed:g}"
    return None


def _joins(draws: tuple[tuple[float, ...], ...]) -> set[tuple[float, ...]]:
    """Componentwise maxima of all sets of vectors."""
    found: set[tuple[float, ...]] = set()
    for draw in draws:
        if len(found) > _MOST_SETS:
            break
        found |= {tuple(map(max, draw, other)) for other in found} | {draw}
    if draws:
        found.add(tuple(max(column) for column in zip(*draws, strict=True)))
    return found
