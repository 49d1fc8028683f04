"""Check, without listing them in a file, that no coalition of many players gains more than is said."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import TypeVar

import numpy as np

from landbridge.errors import Finding
from landbridge.model.shares import ShareTables

MOST_ENUMERATED = 26
"""Players up to which all coalitions are gone through, in whole numbers."""

Money = TypeVar("Money", int, Fraction)

CHUNK_BITS = 16


def check_price_lists(tables: ShareTables) -> list[Finding]:
    """
    Check the largest excess of any coalition against the lists of prices and the values of single coalitions.

    A list bounds the coalitions whose members are all on it by the sum of
    their worths; that the worths are right is by the engine and not re-proved. Up to 26 players every coalition
    is gone through; above, each is bounded by the members who would gain at a list without one player.
    """
    names = tables.summary.players
    unit = _unit(tables)
    share = {row.player: _whole(row.share, unit) for row in tables.shares if row.method == tables.summary.method}
    lists: dict[int, dict[str, int]] = {}
    for row in tables.price_lists:
        lists.setdefault(row.list, {})[row.player] = _whole(row.worth, unit)
    if set(share) != set(names) or not any(set(item) == set(names) for item in lists.values()):
        message = "expected a list of prices with all players, and a share of each"
        return [Finding(where="price_lists.csv", column="list", message=message, code="price-list-missing")]
    claimed = _whole(tables.summary.epsilon_high, unit)
    if len(names) <= MOST_ENUMERATED:
        worst, group = _worst_of_all(tables, names, share, lists, unit)
    else:
        worst, group = _worst_by_box(names, share, lists), "some coalition"
    if worst > claimed:
        told, found = float(Fraction(claimed, unit)), float(Fraction(worst, unit))
        message = f"{group!r} may gain {found!r} by the lists of prices; found {told!r}"
        return [Finding(where="share.json", column="epsilon_high", message=message, code="epsilon-not-proved")]
    return []


def epsilon_by_lists(tables: ShareTables, numbers: Collection[int]) -> float | None:
    """What no coalition gains more than by some of the lists alone; None when none has all players."""
    names = tables.summary.players
    share = {row.player: Fraction(repr(row.share)) for row in tables.shares if row.method == tables.summary.method}
    lists: dict[int, dict[str, Fraction]] = {}
    for row in tables.price_lists:
        if row.list in numbers:
            lists.setdefault(row.list, {})[row.player] = Fraction(repr(row.worth))
    whole = {number: item for number, item in lists.items() if set(item) == set(names)}
    return float(_worst_by_box(names, share, whole)) if whole and set(share) == set(names) else None


def _worst_of_all(
    tables: ShareTables, names: tuple[str, ...], share: dict[str, int], lists: dict[int, dict[str, int]], unit: int
) -> tuple[int, str]:
    """Largest excess over all proper coalitions, gone through in pieces of the same high bits."""
    num, low_bits = len(names), min(CHUNK_BITS, len(names))
    full = (1 << num) - 1
    bit = {name: index for index, name in enumerate(names)}
    own: dict[int, int] = {}
    for row in tables.coalitions:
        mask = sum(1 << bit[name] for name in row.members.split())
        own[mask] = min(own.get(mask, _whole(row.value_high, unit)), _whole(row.value_high, unit))
    rows = []
    for item in lists.values():
        gain = [item.get(name, 0) - share[name] for name in names]
        outside = sum(1 << bit[name] for name in names if name not in item)
        rows.append((outside, gain, _sums(gain[:low_bits])))
    masks = np.arange(1 << low_bits)
    promised_low = _sums([share[name] for name in names[:low_bits]])
    worst, at = -(2**62), 0
    for high in range(1 << (num - low_bits)):
        top = high << low_bits
        least = np.full(1 << low_bits, 2**62, dtype=np.int64)
        for outside, gain, sums in rows:
            if top & outside:
                continue
            extra = sum(gain[index] for index in range(low_bits, num) if top >> index & 1)
            found = sums + extra
            least = np.minimum(least, np.where((masks & outside) == 0, found, 2**62))
        for mask, value in own.items():
            if mask >> low_bits == high:
                position = mask & ((1 << low_bits) - 1)
                promised = sum(share[names[index]] for index in range(low_bits, num) if mask >> index & 1)
                least[position] = min(int(least[position]), value - promised - int(promised_low[position]))
        if high == 0:
            least[0] = -(2**62)
        if top | ((1 << low_bits) - 1) == full:
            least[-1] = -(2**62)
        position = int(np.argmax(least))
        if least[position] > worst:
            worst, at = int(least[position]), top | position
    return worst, " ".join(names[index] for index in range(num) if at >> index & 1)


def _worst_by_box(
    names: tuple[str, ...], share: Mapping[str, Money], lists: Mapping[int, Mapping[str, Money]]
) -> Money:
    """Every proper coalition lacks a player; of each, the least over lists of the sum of all gains."""
    return max(
        min(
            sum(
                (max(0 * worth, worth - share[name]) for name, worth in item.items() if name != missing),
                0 * share[missing],
            )
            for item in lists.values()
            if {*names} - {missing} <= set(item)
        )
        for missing in names
    )


def _sums(values: list[int]) -> np.ndarray:
    sums = np.zeros(1, dtype=np.int64)
    for value in values:
        sums = np.concatenate((sums, sums + value))
    return sums


def _unit(tables: ShareTables) -> int:
    """Least power of ten in which all shares, worths and values are whole."""
    numbers = [row.share for row in tables.shares] + [row.worth for row in tables.price_lists]
    numbers += [row.value_high for row in tables.coalitions] + [tables.summary.epsilon_high]
    unit = 1
    while any((Fraction(repr(float(number))) * unit).denominator != 1 for number in numbers):
        unit *= 10
    return unit


def _whole(number: float, unit: int) -> int:
    return int(Fraction(repr(float(number))) * unit)
