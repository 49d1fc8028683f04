"""
When a parcel will arrive: the rest of its leg, given how long it has been on it, and the legs to come.

Each leg has its own estimate, with the parcels that are still on it counted as what they are, and the legs are added
by drawing from them. Quantiles of parcels that have been delivered would leave out those that are slow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from landbridge.operations.arrival.life_table import (
    BIN_H,
    FloatArray,
    LifeTable,
    count_spells,
    life_table,
    spread_around,
)
from landbridge.operations.arrival.spells import chains, count_milestones, leg_name, spells

WINDOWS = (timedelta(days=5), timedelta(days=10), timedelta(days=30))
"""How far back an estimate looks: the shortest with enough to see, so that it follows a border that slows down."""

ENOUGH = 200
"""Parcels that must have left a leg within a shorter window for it to be taken."""

LEAST = 50
"""Parcels that must have left a leg within the longest window for it to have an estimate of its own."""

DELIVERED, AT_OFFICE = 5, 4
ALL_STAGES = tuple(range(DELIVERED + 1))

DRAWS = 1000
SHOWN, PROMISED, ALARM = 0.5, 0.8, 0.95
"""The quantile that is shown, the one that is promised, and the one past which a leg is an alarm."""

USUAL_H: Mapping[str, float] = {"0-1": 48.0, "1-2": 96.0, "2-3": 36.0, "3-4": 72.0, "4-5": 24.0}
"""Hours of a leg that neither events nor a plan tell; they are given a wide spread."""


@dataclass(slots=True, kw_only=True)
class Estimates:
    """
    Estimates of all legs at a moment.

    Parameters
    ----------
    counts
        Counts of spells (:func:`landbridge.operations.arrival.life_table.count_spells`) of each window, the shortest
        first.
    chain_by_lane
        Milestones of each lane.
    planned_h
        The planner's hours of a leg of a lane, where it has them: ``(lane, leg)``.
    """

    counts: Sequence[pl.DataFrame]
    chain_by_lane: dict[str, tuple[int, ...]]
    planned_h: Mapping[tuple[str, str], float] = field(default_factory=dict)
    seed: int = 0
    _tables: dict[tuple[str, str, str], LifeTable] = field(default_factory=dict)
    _levels: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _rest: dict[tuple[str, str, str], FloatArray] = field(default_factory=dict)

    def table(self, lane: str, service: str, leg: str) -> LifeTable:
        """Estimate of a leg: of its lane and service, else of its lane, else of such legs, else the planner's time."""
        key = (lane, service, leg)
        if key not in self._tables:
            self._levels[key], self._tables[key] = self._make(lane, service, leg)
        return self._tables[key]

    def level(self, lane: str, service: str, leg: str) -> str:
        """Tell what the estimate of a leg rests on: ``service``, ``lane``, ``leg`` or ``plan``."""
        self.table(lane, service, leg)
        return self._levels[lane, service, leg]

    def _make(self, lane: str, service: str, leg: str) -> tuple[str, LifeTable]:
        of_leg = [counts.filter(pl.col("leg") == leg) for counts in self.counts]
        of_lane = [counts.filter(pl.col("lane") == lane) for counts in of_leg]
        of_service = [counts.filter(pl.col("service") == service) for counts in of_lane]
        for level, windows in (("service", of_service), ("lane", of_lane), ("leg", of_leg)):
            for number, counts in enumerate(windows, start=1):
                if counts["ended"].sum() >= (LEAST if number == len(windows) else ENOUGH):
                    return level, life_table(counts)
        return "plan", spread_around(self._planned(lane, leg))

    def _planned(self, lane: str, leg: str) -> float:
        if (lane, leg) in self.planned_h:
            return self.planned_h[lane, leg]
        first, last = (int(text) for text in leg.split("-"))
        return sum(USUAL_H[f"{stage}-{stage + 1}"] for stage in range(first, last))

    def remaining(self, lane: str, service: str, stage: int, age_h: float, until: int = DELIVERED) -> FloatArray:
        """Draw hours until a later milestone of a parcel that reached one ``age_h`` ago. Shape ``(DRAWS,)``."""
        chain = tuple(item for item in self.chain_by_lane.get(lane, ALL_STAGES) if item <= until)
        at = max(index for index, item in enumerate(chain) if item <= max(0, stage))
        if at == len(chain) - 1:
            return np.zeros(DRAWS)
        table = self.table(lane, service, leg_name(chain, at))
        here = float(table.survival_at(np.array([age_h]))[0])
        left = np.maximum(table.age_at(here * _even(DRAWS)) - age_h, 0.0)
        return left + self._later(lane, service, chain, at + 1)

    def _later(self, lane: str, service: str, chain: tuple[int, ...], first: int) -> FloatArray:
        """Draws of the sum of the legs from one on, in an order that has nothing to do with their size."""
        if first == len(chain) - 1:
            return np.zeros(DRAWS)
        key = (lane, service, f"{first}-{chain[-1]}")
        if key not in self._rest:
            rng = np.random.default_rng([self.seed, first])
            own = self.table(lane, service, leg_name(chain, first)).age_at(_even(DRAWS))
            rest = self._later(lane, service, chain, first + 1)
            self._rest[key] = rng.permutation(rng.permutation(own) + rest)
        return self._rest[key]


def _even(count: int) -> FloatArray:
    """Chances spread evenly over (0, 1): draws without noise of their own."""
    return (np.arange(count) + 0.5) / count


def estimate(
    states: pl.DataFrame,
    cut: datetime,
    *,
    windows: Sequence[timedelta] = WINDOWS,
    planned_h: Mapping[tuple[str, str], float] | None = None,
    seed: int = 0,
) -> Estimates:
    """
    Estimate all legs from states as they were known at a moment.

    Parameters
    ----------
    states
        States with ``lane`` and ``service`` (:func:`landbridge.operations.arrival.spells.on_lanes`).
    """
    chain_by_lane = chains([count_milestones(states, cut)])
    counts = [count_spells(spells(states, cut, window, chain_by_lane)) for window in sorted(windows)]
    return Estimates(counts=counts, chain_by_lane=chain_by_lane, planned_h=planned_h or {}, seed=seed)


def on_the_way(states: pl.DataFrame, cut: datetime) -> pl.DataFrame:
    """Parcels accepted and not ended at a moment, with ``stage`` then, ``since`` when and its ``age_h``."""
    moment = pl.lit(cut)
    known = states.filter(
        (pl.col("t0") <= moment) & ~(pl.min_horizontal("t5", "ended_at") <= moment).fill_null(value=False)
    )
    stage = pl.max_horizontal(pl.when(pl.col(f"t{at}") <= moment).then(pl.lit(at, dtype=pl.Int8)) for at in range(6))
    since = pl.max_horizontal(pl.when(pl.col(f"t{at}") <= moment).then(pl.col(f"t{at}")) for at in range(6))
    return known.select(
        "parcel",
        "lane",
        "service",
        stage.alias("stage"),
        since.alias("since"),
        (moment - since).dt.total_seconds().truediv(3600).alias("age_h"),
    )


def predict(
    estimates: Estimates,
    waiting: pl.DataFrame,
    cut: datetime,
    quantiles: Sequence[float] = (SHOWN, PROMISED, ALARM),
    *,
    until: int = DELIVERED,
) -> pl.DataFrame:
    """
    Quantiles of the moment of arrival: of delivery, or of the milestone ``until``.

    Parcels of one lane and service at one milestone for as long, to half an hour, share one estimate.

    Returns
    -------
    pl.DataFrame
        ``waiting`` with a moment ``p50``, ``p80``, ... for each quantile, ``leg_p95_h`` of the leg it is on, and
        ``alarm``: whether it has been on it for longer.
    """
    keyed = waiting.with_columns((pl.col("age_h") / BIN_H).floor().cast(pl.Int64).alias("bin"))
    groups = keyed.select("lane", "service", "stage", "bin").unique(maintain_order=True)
    rows = []
    for lane, service, stage, age in groups.iter_rows():
        draws = np.quantile(estimates.remaining(lane, service, stage, (age + 0.5) * BIN_H, until), quantiles)
        rows.append((*draws.tolist(), _alarm_h(estimates, lane, service, stage)))
    names = [f"q{at}" for at in range(len(quantiles))]
    columns = dict.fromkeys([*names, "leg_p95_h"], pl.Float64)
    found = groups.hstack(pl.DataFrame(rows, schema=columns, orient="row"))
    told = keyed.join(found, on=["lane", "service", "stage", "bin"], how="left", maintain_order="left")
    moment = pl.lit(cut)
    return told.select(
        *waiting.columns,
        *(
            (moment + pl.duration(seconds=(pl.col(name) * 3600).round().cast(pl.Int64))).alias(quantile_name(q))
            for name, q in zip(names, quantiles, strict=True)
        ),
        "leg_p95_h",
        (pl.col("age_h") > pl.col("leg_p95_h")).alias("alarm"),
    )


def quantile_name(q: float) -> str:
    """Name of the column of a quantile."""
    return f"p{round(q * 100):02d}"


def _alarm_h(estimates: Estimates, lane: str, service: str, stage: int) -> float:
    chain = estimates.chain_by_lane.get(lane, ALL_STAGES)
    at = max(index for index, item in enumerate(chain) if item <= max(0, stage))
    if at == len(chain) - 1:
        return float("inf")
    return estimates.table(lane, service, leg_name(chain, at)).quantile(ALARM)
