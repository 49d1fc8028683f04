"""Rows that count some freight only, kept so that their duals are quickly read as prices of slots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.problem import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPrices:
    """Prices of slots for one owner's freight, sorted by owner; of rows that count a unit once, with their number."""

    owner: IntArray
    slot: IntArray
    price: FloatArray
    row: IntArray
    once: BoolArray


class OwnRows:
    """
    Entries of rows ``<=`` by owner, slot and weight: what a unit of the owner's freight on the slot counts in the row.

    An owner is a supply, or a supply together with a bid: then only what flows from the one to the other counts.
    Entries are ``once`` where a unit may ride several slots of the row, or one again, and still counts once.
    """

    def __init__(self) -> None:
        self._new: list[tuple[int, IntArray, int, float, bool]] = []
        self._ints = np.zeros((3, 0), dtype=np.int64)
        self._weight = np.zeros(0)
        self._once = np.zeros(0, dtype=np.bool_)

    def add(self, owner: int, slots: IntArray, row: int, weight: float, *, once: bool = False) -> None:
        """Append the entries of an owner in a row."""
        self._new.append((owner, slots, row, weight, once))

    def renumber(self, new_row: IntArray) -> None:
        """Take up new numbers of rows; -1: the row is gone."""
        if self._new:
            self._take_up()
        self._ints[2] = new_row[self._ints[2]]
        kept = self._ints[2] >= 0
        self._ints, self._weight, self._once = self._ints[:, kept], self._weight[kept], self._once[kept]

    def prices(self, row_dual: FloatArray) -> OwnPrices:
        """Prices above 0 at duals of the rows."""
        if self._new:
            self._take_up()
        owner, slot, row = self._ints
        price = -np.minimum(row_dual[row], 0.0) * self._weight
        priced = price > 0.0
        return OwnPrices(
            owner=owner[priced], slot=slot[priced], price=price[priced], row=row[priced], once=self._once[priced]
        )

    def _take_up(self) -> None:
        """Sort what came since in among the entries."""
        counts = np.array([len(entry[1]) for entry in self._new])
        fresh = np.stack(
            [
                np.repeat([entry[0] for entry in self._new], counts),
                np.concatenate([entry[1] for entry in self._new]),
                np.repeat([entry[2] for entry in self._new], counts),
            ]
        ).astype(np.int64)
        ints = np.concatenate([self._ints, fresh], axis=1)
        weight = np.concatenate([self._weight, np.repeat([entry[3] for entry in self._new], counts)])
        once = np.concatenate([self._once, np.repeat([entry[4] for entry in self._new], counts)])
        order = np.argsort(ints[0], kind="stable")
        self._ints, self._weight, self._once = ints[:, order], weight[order], once[order]
        self._new = []
