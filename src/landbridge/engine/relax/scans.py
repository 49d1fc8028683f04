"""What the pricing kernels scan together, and the prices each scan has for itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.master.master import Master
from landbridge.engine.problem import BoolArray, FloatArray, IntArray

MOST_BITS = 62
"""Prices that a scan can have of those paid once; cheaper ones are left out, which keeps its costs lower bounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duals:
    """Prices of a relaxation: by terminal, slot and dimension, tonnage row, and strong and share rows by slot."""

    terminal: FloatArray
    slot: FloatArray
    tonnage: FloatArray
    row: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanPlan:
    """
    What is scanned together.

    Parameters
    ----------
    scans, sinks, sink_ptr
        The commodity of each scan, and its sinks.
    at
        Places of these sinks among all.
    extra_ptr, extra_slot, extra_price
        Prices on slots that hold for a scan alone: strong rows and cuts of its supply and its bid, shares of its class.
    once
        Prices a path pays once, as ``price_paths_once`` takes them; None: there are none.
    """

    scans: IntArray
    sinks: IntArray
    sink_ptr: IntArray
    at: IntArray
    extra_ptr: IntArray
    extra_slot: IntArray
    extra_price: FloatArray
    once: tuple[IntArray, FloatArray, IntArray, IntArray, IntArray] | None = None

    def parts(self) -> tuple[ScanPlan, ...]:
        """Scans without prices paid once, and those with some, which take longer."""
        if self.once is None:
            return (self,)
        has = np.diff(self.once[0]) > 0
        return self._of(~has, once=False), self._of(has, once=True)

    def _of(self, chosen: BoolArray, *, once: bool) -> ScanPlan:
        """Some of the scans."""
        sink_ptr, at = _rows_of(self.sink_ptr, chosen)
        extra_ptr, extra = _rows_of(self.extra_ptr, chosen)
        found = None
        if once and self.once is not None:
            price_ptr, price = _rows_of(self.once[0], chosen)
            bits_ptr, bits = _rows_of(self.once[2], chosen)
            found = price_ptr, self.once[1][price], bits_ptr, self.once[3][bits], self.once[4][bits]
        return ScanPlan(
            scans=self.scans[chosen],
            sinks=self.sinks[at],
            sink_ptr=sink_ptr,
            at=at,
            extra_ptr=extra_ptr,
            extra_slot=self.extra_slot[extra],
            extra_price=self.extra_price[extra],
            once=found,
        )


def _rows_of(ptr: IntArray, chosen: BoolArray) -> tuple[IntArray, IntArray]:
    """Pointers of some rows, and where their entries are."""
    width = np.diff(ptr)[chosen]
    mine = np.concatenate([[0], np.cumsum(width)]).astype(np.int64)
    return mine, np.repeat(ptr[:-1][chosen] - mine[:-1], width) + np.arange(mine[-1])


def plan_scans(master: Master, duals: Duals, commodities: IntArray) -> ScanPlan:
    """
    Say what is scanned together.

    Commodities that are alike and have no prices of their own share a scan; a sink with prices of its own (those of
    a bid) is scanned alone.
    """
    p = master.problem
    first = np.searchsorted(p.sink_commodity, commodities, side="left")
    counts = np.searchsorted(p.sink_commodity, commodities, side="right") - first
    ends = np.cumsum(counts)
    sinks = np.repeat(first - (ends - counts), counts) + np.arange(ends[-1] if len(ends) else 0)
    own = master.own.prices(duals.row)
    owner_ptr = np.searchsorted(own.owner, np.arange(master.num_owners + 1))
    by_class = _share_prices(master, duals)
    has_own = np.append(np.diff(owner_ptr) > 0, False)
    k, pair = p.sink_commodity[sinks], master.owner_of_sink[sinks]
    pair = np.where(has_own[pair], pair, -1)
    shared = ~has_own[p.commodity_supply[k]] & (pair < 0)
    shared &= ~np.isin(p.commodity_class[k], list(by_class))
    key = np.where(shared, -1 - master.scan_key[k], k)
    _, representative, group = np.unique(np.column_stack([key, pair]), axis=0, return_index=True, return_inverse=True)
    group = group.ravel()
    scans = k[representative]
    extras, once = _Lists(), _OnceLists()
    for c, q, alone in zip(
        scans.tolist(), pair[representative].tolist(), (~shared[representative]).tolist(), strict=True
    ):
        if alone:
            spans = [slice(owner_ptr[o], owner_ptr[o + 1]) for o in (int(p.commodity_supply[c]), q) if o >= 0]
            slot, price, row, is_once = (
                np.concatenate([part[span] for span in spans]) for part in (own.slot, own.price, own.row, own.once)
            )
            of_class = by_class.get(int(p.commodity_class[c]), ())
            extras.add(slot[~is_once], price[~is_once])
            extras.add(
                np.array([z for z, _, _ in of_class], dtype=np.int64),
                np.array([rate * float(p.commodity_load[c, d]) for _, d, rate in of_class]),
            )
            once.add(slot[is_once], price[is_once], row[is_once])
        extras.close()
        once.close()
    order = np.argsort(group, kind="stable")
    return ScanPlan(
        scans=scans,
        sinks=sinks[order],
        sink_ptr=np.concatenate([[0], np.cumsum(np.bincount(group, minlength=len(scans)))]).astype(np.int64),
        at=np.arange(len(sinks)),
        extra_ptr=np.array(extras.ptr, dtype=np.int64),
        extra_slot=np.concatenate([np.zeros(0, dtype=np.int64), *extras.index]),
        extra_price=np.concatenate([np.zeros(0), *extras.value]),
        once=once.arrays(),
    )


class _Lists:
    """Lists of (index, value), one after another."""

    def __init__(self) -> None:
        self.ptr: list[int] = [0]
        self.index: list[IntArray] = []
        self.value: list[FloatArray | IntArray] = []
        self._size = 0

    def add(self, index: IntArray, value: FloatArray | IntArray) -> None:
        """Append to the present list."""
        if len(index):
            self.index.append(index)
            self.value.append(value)
            self._size += len(index)

    def close(self) -> None:
        """End the present list."""
        self.ptr.append(self._size)


class _OnceLists:
    """Prices paid once, and the slots of each as bits; of more than there are bits for the dearest are kept."""

    def __init__(self) -> None:
        self.price, self.bits = _Lists(), _Lists()

    def add(self, slot: IntArray, price: FloatArray, row: IntArray) -> None:
        """Append the prices of a scan."""
        if not len(slot):
            return
        rows, first, place = np.unique(row, return_index=True, return_inverse=True)
        rank = np.argsort(np.argsort(-price[first], kind="stable"), kind="stable")
        bit = rank[place.ravel()]
        kept = bit < MOST_BITS
        by_rank = np.empty(len(rows))
        by_rank[rank] = price[first]
        self.price.add(np.arange(len(rows))[:MOST_BITS], by_rank[:MOST_BITS])
        self.bits.add(slot[kept], np.left_shift(np.int64(1), bit[kept]))

    def close(self) -> None:
        """End the present scan."""
        self.price.close()
        self.bits.close()

    def arrays(self) -> tuple[IntArray, FloatArray, IntArray, IntArray, IntArray] | None:
        """Prices by scan, and slots with masks of them by scan."""
        if not self.price.value:
            return None
        return (
            np.array(self.price.ptr, dtype=np.int64),
            np.concatenate(self.price.value),
            np.array(self.bits.ptr, dtype=np.int64),
            np.concatenate(self.bits.index).astype(np.int64),
            np.concatenate(self.bits.value).astype(np.int64),
        )


def _share_prices(master: Master, duals: Duals) -> dict[int, list[tuple[int, int, float]]]:
    """Prices of shares by class: slot, dimension and price of a unit of load."""
    by_class: dict[int, list[tuple[int, int, float]]] = {}
    for (i, z, d), row in master.share_row.items():
        price = -min(duals.row[row], 0.0)
        if price > 0.0:
            for klass in master.share_classes[i]:
                by_class.setdefault(klass, []).append((z, d, price))
    return by_class
