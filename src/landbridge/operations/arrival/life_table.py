"""Kaplan-Meier estimates on a grid of ages: counts that can be added up, so that parts of a store make one estimate."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

BIN_H = 0.5
"""Width of an age in hours."""

MAX_H = 24.0 * 120
"""Ages above this are counted as this."""

NUM_BINS = int(MAX_H / BIN_H)
TAIL_FRAC = 0.25
"""Part of the exits, the last ones, from which the rate beyond the longest age is taken."""


def count_spells(spells: pl.DataFrame) -> pl.DataFrame:
    """
    Count spells by age: ``lane``, ``service``, ``leg``, ``age`` (bin), ``entered``, ``ended``, ``left``.

    Counts of two sets of spells add up to the counts of both (:func:`merge_counts`).
    """
    keys = ["lane", "service", "leg"]
    age = ((pl.col("exit_h") / BIN_H).floor().clip(0, NUM_BINS - 1)).cast(pl.Int32)
    entry = ((pl.col("entry_h") / BIN_H).floor().clip(0, NUM_BINS - 1)).cast(pl.Int32)
    zero = pl.lit(0, dtype=pl.Int64)
    entered = spells.group_by(*keys, entry.alias("age")).agg(pl.len().cast(pl.Int64).alias("entered"))
    out = spells.group_by(*keys, age.alias("age")).agg(
        pl.col("ended").sum().cast(pl.Int64).alias("ended"), (~pl.col("ended")).sum().cast(pl.Int64).alias("left")
    )
    return merge_counts(
        [
            entered.with_columns(zero.alias("ended"), zero.alias("left")),
            out.select(*keys, "age", zero.alias("entered"), "ended", "left"),
        ]
    )


def merge_counts(counts: list[pl.DataFrame]) -> pl.DataFrame:
    """Add counts up."""
    keys = ["lane", "service", "leg", "age"]
    return pl.concat(counts).group_by(keys).agg(pl.col("entered", "ended", "left").sum()).sort(keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeTable:
    """
    How long a leg takes: the chance to be on it still, by age.

    Parameters
    ----------
    edges_h
        Ages in hours at which the chance is known, rising from 0. Shape ``(n,)``.
    survival
        Chance to be on the leg longer than each of them, falling from 1. Shape ``(n,)``.
    rate_per_h
        Rate of leaving beyond the last age.
    observed
        How many parcels were seen to leave the leg.
    """

    edges_h: FloatArray
    survival: FloatArray
    rate_per_h: float
    observed: int

    def survival_at(self, age_h: FloatArray) -> FloatArray:
        """Chance to be on the leg longer than each age."""
        inside = np.interp(age_h, self.edges_h, self.survival)
        last = self.edges_h[-1]
        tail = self.survival[-1] * np.exp(-self.rate_per_h * np.maximum(0.0, age_h - last))
        return np.where(age_h <= last, inside, tail)

    def age_at(self, survival: FloatArray) -> FloatArray:
        """Age at which the chance to be on the leg still has fallen to each value, above 0."""
        inside = np.interp(-survival, -self.survival, self.edges_h)
        tail = self.edges_h[-1] + np.log(self.survival[-1] / np.maximum(survival, 1e-300)) / self.rate_per_h
        return np.where(survival >= self.survival[-1], inside, tail)

    def quantile(self, q: float) -> float:
        """Hours within which a part ``q`` of parcels leaves the leg."""
        return float(self.age_at(np.array([1.0 - q]))[0])


def product_limit(entered: IntArray, ended: IntArray, left: IntArray) -> FloatArray:
    """
    Kaplan-Meier survival after each age, with delayed entry [1]_.

    Those who end within an age were at risk in it, and so were those who entered or were lost sight of in it. Where
    all at risk leave at an age, and others enter later and leave too, the estimate would stay at nothing: such an
    age is passed over. Without delayed entry there is none.

    Parameters
    ----------
    entered, ended, left
        Spells that enter the window at each age, end at it, or are lost sight of at it. Shape ``(n,)``.

    Returns
    -------
    FloatArray
        Chance to be on the leg beyond each age. Shape ``(n,)``.

    References
    ----------
    .. [1] Kaplan, E. L., and P. Meier (1958). Nonparametric Estimation from Incomplete Observations. *Journal of
           the American Statistical Association* 53(282): 457-481. https://doi.org/10.1080/01621459.1958.10501452.
    """
    gone = np.cumsum(ended + left)
    at_risk = np.cumsum(entered) - np.concatenate([[0], gone[:-1]])
    factor = np.where(at_risk > 0, 1.0 - ended / np.maximum(at_risk, 1), 1.0)
    later = ended.sum() - np.cumsum(ended)
    factor = np.where((factor <= 0.0) & (later > 0), 1.0, factor)
    return np.asarray(np.cumprod(factor), dtype=np.float64)


def life_table(counts: pl.DataFrame) -> LifeTable:
    """Estimate from counts of one leg; rows of several lanes or services are taken together."""
    age = counts["age"].to_numpy()
    size = int(age.max()) + 1 if len(age) else 1
    dense = [
        np.bincount(age, weights=counts[name].to_numpy(), minlength=size).astype(np.int64)
        for name in ("entered", "ended", "left")
    ]
    survival = product_limit(*dense)
    keep = np.flatnonzero(dense[1])
    chance = np.concatenate([[1.0], survival[keep]])
    # the exits of an age lie anywhere in it: its chance falls from its beginning to its end
    starts = keep * BIN_H
    points = np.concatenate([[0.0], np.stack([starts, starts + BIN_H], axis=1).ravel()])
    values = np.concatenate([[1.0], np.stack([chance[:-1], chance[1:]], axis=1).ravel()])
    points, first = np.unique(points, return_index=True)
    values = np.minimum.accumulate(values[first])
    return LifeTable(
        edges_h=points,
        survival=np.maximum(values, 1e-12),
        rate_per_h=_tail_rate(dense),
        observed=int(dense[1].sum()),
    )


def _tail_rate(dense: list[IntArray]) -> float:
    """Exits per hour at risk among the last exits: the rate beyond what was seen."""
    entered, ended, left = dense
    if not ended.sum():
        return 1.0 / (24.0 * 7)
    behind = np.cumsum(ended[::-1])[::-1]
    first = int(np.flatnonzero(behind >= max(1.0, TAIL_FRAC * ended.sum()))[-1])
    gone = np.cumsum(ended + left)
    at_risk = np.cumsum(entered) - np.concatenate([[0], gone[:-1]])
    exposure = float(at_risk[first:].sum()) * BIN_H
    return max(float(ended[first:].sum()) / max(exposure, BIN_H), 1.0 / MAX_H)


def spread_around(hours: float, spread: float = 0.5) -> LifeTable:
    """A leg known only from the plan: its time as the median, lognormal, wide."""
    z = np.linspace(-3.5, 3.5, 141)
    chance = np.array([0.5 * math.erfc(x / math.sqrt(2.0)) for x in z.tolist()])
    ages = np.concatenate([[0.0], max(hours, BIN_H) * np.exp(spread * z)])
    return LifeTable(
        edges_h=ages,
        survival=np.concatenate([[1.0], np.maximum(chance, 1e-9)]),
        rate_per_h=1.0 / max(hours, BIN_H),
        observed=0,
    )
