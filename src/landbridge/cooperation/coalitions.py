"""Coalitions as bit masks: player ``i`` is in coalition ``S`` when bit ``i`` of ``S`` is set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from landbridge.engine.problem import BoolArray, FloatArray, IntArray


def everyone(num_players: int) -> int:
    """Mask of the grand coalition."""
    return (1 << num_players) - 1


def members(mask: int) -> tuple[int, ...]:
    """Players of a coalition, ascending."""
    return tuple(_bits(mask))


def _bits(mask: int) -> Iterator[int]:
    player = 0
    while mask:
        if mask & 1:
            yield player
        mask >>= 1
        player += 1


def mask_of(players: Iterable[int]) -> int:
    """Mask of a set of players."""
    mask = 0
    for player in players:
        mask |= 1 << player
    return mask


def coalition_sums(shares: Sequence[float] | FloatArray) -> FloatArray:
    """Sums ``x(S)`` over all coalitions. Shape ``(2**P,)``, the empty coalition first."""
    sums = np.zeros(1)
    for share in shares:
        sums = np.concatenate((sums, sums + float(share)))
    return sums


def integer_sums(shares: Sequence[int]) -> list[int]:
    """Sums over all coalitions in exact integers, of any size."""
    sums = [0]
    for share in shares:
        sums += [total + share for total in sums]
    return sums


def sizes(num_players: int) -> IntArray:
    """Members of each coalition. Shape ``(2**P,)``."""
    return coalition_sums(np.ones(num_players)).astype(np.int64)


def has_player(num_players: int, player: int) -> BoolArray:
    """Which coalitions a player is in. Shape ``(2**P,)``."""
    masks = np.arange(1 << num_players)
    return ((masks >> player) & 1).astype(np.bool_)


def submasks(mask: int) -> IntArray:
    """All subsets of a coalition, from the empty one to itself, ascending."""
    found = np.zeros(1, dtype=np.int64)
    for player in _bits(mask):
        found = np.concatenate((found, found | (1 << player)))
    return found


def incidence(masks: Sequence[int] | IntArray, num_players: int) -> FloatArray:
    """Rows of 0 and 1: who is in each coalition. Shape ``(R, P)``."""
    column = np.asarray(masks, dtype=np.int64)[:, None]
    return ((column >> np.arange(num_players)) & 1).astype(np.float64)


def indicator(mask: int, num_players: int) -> FloatArray:
    """1 for each member, 0 for the others, of any number of players. Shape ``(P,)``."""
    return np.array([mask >> player & 1 for player in range(num_players)], dtype=np.float64)
