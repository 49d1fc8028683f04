"""Rows that count some freight only, kept so that their duals are quickly read as prices of slots."""

from __future__ import annotations

import numpy as np

from landbridge.engine.problem import FloatArray, IntArray


class OwnRows:
    """
    Entries of rows ``<=`` by owner, slot and weight: what a unit of the owner's freight on the slot counts in the row.

    An owner is a supply, or a supply together with a bid: then only what flows from the one to the other counts.
    """

    def __init__(self) -> None:
        self._new: list[tuple[int, int, int, float]] = []
        self._owner, self._slot, self._row = (np.zeros(0, dtype=np.int64) for _ in range(3))
        self._weight = np.zeros(0)

    def add(self, owner: int, slot: int, row: int, weight: float) -> None:
        """Append an entry."""
        self._new.append((owner, slot, row, weight))

    def prices(self, row_dual: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
        """Owner, slot and price of each entry whose row has a price, sorted by owner."""
        if self._new:
            owner, slot, row, weight = zip(*self._new, strict=True)
            self._new = []
            self._owner = np.concatenate([self._owner, np.array(owner, dtype=np.int64)])
            self._slot = np.concatenate([self._slot, np.array(slot, dtype=np.int64)])
            self._row = np.concatenate([self._row, np.array(row, dtype=np.int64)])
            self._weight = np.concatenate([self._weight, np.array(weight, dtype=np.float64)])
            order = np.argsort(self._owner, kind="stable")
            self._owner, self._slot = self._owner[order], self._slot[order]
            self._row, self._weight = self._row[order], self._weight[order]
        price = -np.minimum(row_dual[self._row], 0.0) * self._weight
        priced = price > 0.0
        return self._owner[priced], self._slot[priced], price[priced]
