"""Ids and numbers that were there before: in the same file, or in an earlier import."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from landbridge.operations.orders.checks import finding_rows
from landbridge.operations.orders.known import (
    Known,
    Words,
    content_words,
    number_words,
    parcel_words,
    read_known,
    repeated,
)

Bools = npt.NDArray[np.bool_]


class Doubles:
    """What was imported before, and what this import has seen so far."""

    def __init__(self, ids: Known | None = None, numbers: Known | None = None) -> None:
        self.ids, self.numbers = ids or Known(), numbers or Known()
        self._here = Known()
        self._refused: set[int] = set()
        self._several: set[int] = set()

    @property
    def several(self) -> int:
        """How many ids stood in more than one row of this import."""
        return len(self._several)

    @classmethod
    def of(cls, folder: Path) -> Doubles:
        """Begin with the parcels in a folder."""
        return cls(*read_known(folder))

    def judge(self, text: pl.DataFrame, parcels: pl.DataFrame, refused: Bools) -> tuple[list[pl.DataFrame], Bools]:
        """
        Refuse ids and numbers that were there before, and remember the rest.

        Parameters
        ----------
        text, parcels
            The rows and what they became.
        refused
            Rows refused so far; those refused here are marked in it. Shape ``(R,)``.

        Returns
        -------
        tuple
            Findings, and which rows were imported before, unchanged. Shape ``(R,)``.
        """
        words = parcels.select(id=parcel_words().fill_null(0), content=content_words(), number=number_words())
        ids, content = words.get_column("id").to_numpy(), words.get_column("content").to_numpy()
        before, old = self.ids.find(ids)
        here, _ = self._here.find(ids)
        sound = ~refused
        self._count(ids, here, refused)
        again = np.zeros(len(ids), dtype=bool)
        again[sound] = repeated(ids[sound])
        duplicate = sound & (here | again)
        numbers = words.get_column("number").fill_null(0).to_numpy()
        owned, owner = self.numbers.find(numbers)
        renumbered = (numbers > 0) & ~(owned & (owner == ids))
        changed = sound & ~duplicate & before & ((old != content) | renumbered)
        known = sound & ~duplicate & before & ~changed
        fresh = sound & ~duplicate & ~before & (numbers > 0)
        twice = fresh & owned & (owner != ids)
        once = fresh & ~twice
        again = np.zeros(len(ids), dtype=bool)
        again[once] = repeated(numbers[once])
        twice |= again
        refused |= duplicate | changed | twice
        fresh &= ~twice
        self.numbers.add(numbers[fresh], ids[fresh])
        seen = sound & ~duplicate & ~twice
        self._here.add(ids[seen], content[seen])
        rows = (
            ("external_id", "duplicate-parcel", duplicate),
            ("external_id", "changed-parcel", changed),
            ("number", "duplicate-number", twice),
        )
        found = [finding_rows(text.filter(pl.Series(mark)), column, code) for column, code, mark in rows if mark.any()]
        return found, known

    def _count(self, ids: Words, here: Bools, refused: Bools) -> None:
        """Remember ids that stand in several rows, sound or not."""
        has_id = ids > 0
        again = here & has_id
        again[has_id] |= repeated(ids[has_id])
        self._several.update(ids[again].tolist())
        if self._refused:
            self._several.update(self._refused.intersection(ids[has_id].tolist()))
        self._refused.update(ids[has_id & refused].tolist())
