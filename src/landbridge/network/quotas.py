"""Splits a limit among owners: which sets of users may together use how much (semantics §4.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from landbridge.errors import Finding, InvalidCase

MAX_SETS = 20_000
"""Sets of users of one limit; more would make the problem useless to any solver."""


@dataclass(frozen=True, slots=True)
class UserSet:
    """Users (by index) that together may use at most ``frac`` of a limit."""

    users: tuple[int, ...]
    frac: float


def hall_sets(draws: Sequence[tuple[float, ...]], shares: tuple[float, ...], where: str) -> tuple[UserSet, ...]:
    """
    Sets of users whose joint bound is not implied by that of others.

    The bound of a set depends only on the largest part of each share that any
    member may draw on, its *reach*; of the sets of one reach the largest implies
    the others. A set that falls apart into users whose reaches share no owner
    is implied by its parts, also after rounding down. So it is enough to join
    users whose reaches overlap.

    Parameters
    ----------
    draws
        Of each user, the part of each owner's share it may draw on.
    shares
        Part of the limit that each owner has.
    where
        Name of the limited resource, for messages.
    """
    single = sorted(
        {tuple(part if share > 0 else 0.0 for part, share in zip(row, shares, strict=True)) for row in draws}
    )
    found = dict.fromkeys(single)
    pending = list(single)
    while pending:
        reach = pending.pop()
        for other in single:
            if not any(a > 0 and b > 0 for a, b in zip(reach, other, strict=True)):
                continue
            joined = tuple(max(a, b) for a, b in zip(reach, other, strict=True))
            if joined not in found:
                found[joined] = None
                pending.append(joined)
        if len(found) > MAX_SETS:
            message = (
                f"{where} is split among {len(shares)} owners with grants that form more than {MAX_SETS} sets of "
                "users; give fewer owners a share of it"
            )
            raise InvalidCase([Finding(code="too-many-quota-sets", where=where, column="owner", message=message)])
    return tuple(
        UserSet(
            tuple(
                user
                for user, row in enumerate(draws)
                if all(a <= b or s <= 0 for a, b, s in zip(row, reach, shares, strict=True))
            ),
            sum(share * part for share, part in zip(shares, reach, strict=True)),
        )
        for reach in found
    )
