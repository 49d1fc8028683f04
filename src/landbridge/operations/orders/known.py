"""What was imported before: ids and numbers as sorted arrays of 64-bit words, 16 bytes each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from landbridge.operations.parcels.frame import scan_parcels

Words = npt.NDArray[np.uint64]

_CONTENT = ("good", "from_hub", "to_hub", "weight_kg", "value", "currency", "hs6", "ready", "promised")


def parcel_words() -> pl.Expr:
    """
    Hash of a parcel's id.

    Two different ids share a word with a chance below one in a thousand even among 60 million parcels; the row would
    be set aside as a duplicate, not lost.
    """
    return pl.col("parcel").hash(seed=1)


def content_words() -> pl.Expr:
    """Hash of what a parcel says, without its order and its number, which may be given to it later."""
    texts = [pl.col(name).cast(pl.String).fill_null("") for name in _CONTENT if name not in ("ready", "promised")]
    texts += [pl.col(name).dt.epoch("us").cast(pl.String).fill_null("") for name in ("ready", "promised")]
    return pl.concat_str(texts, separator="|").hash(seed=2)


def number_words() -> pl.Expr:
    """S10 numbers as words, exactly: nine digits and four letters fit into 64 bits; null where there is none."""
    letters = pl.concat_str(pl.col("number").str.slice(0, 2), pl.col("number").str.slice(11, 2))
    word = pl.lit(0, dtype=pl.UInt64)
    for place in range(4):
        code = letters.str.slice(place, 1).replace_strict(
            {chr(65 + at): at for at in range(26)}, default=None, return_dtype=pl.UInt64
        )
        word = word * 26 + code
    return word * 1_000_000_000 + pl.col("number").str.slice(2, 9).cast(pl.UInt64, strict=False)


class Known:
    """
    Words seen so far, each with a second word.

    New ones are kept as sorted runs, which are merged when they are of like size, so that a look-up visits few runs
    and each word is moved a few times only.
    """

    def __init__(self) -> None:
        self._runs: list[tuple[Words, Words]] = []

    def __len__(self) -> int:
        return sum(len(keys) for keys, _ in self._runs)

    def find(self, keys: Words) -> tuple[npt.NDArray[np.bool_], Words]:
        """Tell which words were seen, and the second word of each."""
        seen = np.zeros(len(keys), dtype=bool)
        second = np.zeros(len(keys), dtype=np.uint64)
        for known, others in self._runs:
            at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
            hit = known[at] == keys
            seen |= hit
            second[hit] = others[at[hit]]
        return seen, second

    def add(self, keys: Words, second: Words) -> None:
        """Remember words that are all new and all different."""
        if not len(keys):
            return
        order = np.argsort(keys, kind="stable")
        run = (keys[order], second[order])
        while self._runs and len(self._runs[-1][0]) <= 2 * len(run[0]):
            run = _merge(self._runs.pop(), run)
        self._runs.append(run)


def _merge(one: tuple[Words, Words], other: tuple[Words, Words]) -> tuple[Words, Words]:
    keys = np.concatenate([one[0], other[0]])
    order = np.argsort(keys, kind="stable")
    return keys[order], np.concatenate([one[1], other[1]])[order]


def repeated(keys: Words) -> npt.NDArray[np.bool_]:
    """Tell which words stand before in the same array."""
    _, first = np.unique(keys, return_index=True)
    again = np.ones(len(keys), dtype=bool)
    again[first] = False
    return again


def read_known(folder: Path) -> tuple[Known, Known]:
    """Ids with their content, and numbers with their ids, of the parcels in a folder; empty when it has none."""
    ids, numbers = Known(), Known()
    if not folder.is_dir() or next(folder.rglob("*.parquet"), None) is None:
        return ids, numbers
    frame = scan_parcels(folder)
    words = frame.select(id=parcel_words(), content=content_words(), number=number_words()).collect(engine="streaming")
    keys = words.get_column("id").to_numpy()
    fresh = ~repeated(keys)
    ids.add(keys[fresh], words.get_column("content").to_numpy()[fresh])
    numbered = words.filter(pl.col("number").is_not_null())
    keys = numbered.get_column("number").to_numpy()
    fresh = ~repeated(keys)
    numbers.add(keys[fresh], numbered.get_column("id").to_numpy()[fresh])
    return ids, numbers
