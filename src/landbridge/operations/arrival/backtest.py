"""
Back-test of estimates: at one moment after another, only what was known then; scored when all is known.

Against two naive ways: quantiles of how long delivered parcels of the lane and service took from door to door,
counted from this one's acceptance as shops do it; and the same of those only that took longer than this one has been
on its way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from landbridge.operations.arrival.estimate import LEAST, WINDOWS, estimate, on_the_way, predict, quantile_name

QUANTILES = (0.1, 0.5, 0.8, 0.9, 0.95)
COVERED = (0.5, 0.8, 0.9, 0.95)

HORIZONS = ((0, 1), (1, 3), (3, 7), (7, 14), (14, 10_000))
"""Days ahead, by the median of the estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """
    How good estimates of one method were.

    Parameters
    ----------
    scored, unknown
        Predictions with a known outcome, and those whose parcel was not yet there at the end of the file and could
        not be told apart from a hit.
    coverage
        By quantile: the part of parcels that arrived before it.
    pinball_h
        Mean pinball loss over the quantiles, in hours.
    width_h
        Mean distance of the 10 % and 90 % quantiles, in hours.
    by_stage, by_horizon
        Coverage by milestone reached, and by days ahead, with the number of predictions.
    """

    method: str
    scored: int
    unknown: int
    coverage: Mapping[float, float]
    pinball_h: float
    width_h: float
    by_stage: Mapping[str, Mapping[float, float]]
    by_horizon: Mapping[str, Mapping[float, float]]
    alarms: int = 0
    alarms_right: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestPlan:
    """
    When to look.

    Parameters
    ----------
    first, last
        First and last moment of prediction.
    step
        Time between two of them.
    sample
        Most parcels on the way that are predicted at a moment, chosen at random.
    """

    first: datetime
    last: datetime
    step: timedelta = timedelta(days=2)
    windows: tuple[timedelta, ...] = WINDOWS
    sample: int = 500
    seed: int = 0


def moments(plan: BacktestPlan) -> Iterator[datetime]:
    """Moments of prediction."""
    moment = plan.first
    while moment <= plan.last:
        yield moment
        moment += plan.step


METHODS = ("leg-wise", "naive", "naive-by-age")
"""Ours, and what it is compared with."""


def backtest(states: pl.DataFrame, plan: BacktestPlan) -> tuple[Score, ...]:
    """
    Score the estimates and naive quantiles on the same parcels at the same moments.

    Parameters
    ----------
    states
        States with ``lane`` and ``service`` at the end of the file.

    Returns
    -------
    tuple
        A score for each of :data:`METHODS`.
    """
    rng = np.random.default_rng(plan.seed)
    told: dict[str, list[pl.DataFrame]] = {method: [] for method in METHODS}
    for cut in moments(plan):
        waiting = on_the_way(states, cut).sort("parcel")
        if waiting.height > plan.sample:
            waiting = waiting[np.sort(rng.choice(waiting.height, plan.sample, replace=False))]
        if waiting.is_empty():
            continue
        estimates = estimate(states, cut, windows=plan.windows, seed=plan.seed)
        truth = waiting.join(
            states.select("parcel", "t0", "t5", "ended_at"), on="parcel", how="left", maintain_order="left"
        )
        known = (pl.lit(cut).alias("cut"), truth["t5"], truth["ended_at"])
        told["leg-wise"].append(predict(estimates, waiting, cut, QUANTILES).with_columns(*known))
        for method in METHODS[1:]:
            found = _naive(states, truth, cut, max(plan.windows), is_by_age=method == "naive-by-age")
            if found is not None:
                told[method].append(found.with_columns(*known))
    return tuple(_score(method, frames) for method, frames in told.items())


def _naive(
    states: pl.DataFrame, waiting: pl.DataFrame, cut: datetime, window: timedelta, *, is_by_age: bool
) -> pl.DataFrame | None:
    """Door-to-door quantiles of parcels delivered within the window, of all or of those above each one's age."""
    moment = pl.lit(cut)
    done = states.filter((pl.col("t5") <= moment) & (pl.col("t5") > moment - window))
    took = done.select(
        "lane", "service", (pl.col("t5") - pl.col("t0")).dt.total_seconds().truediv(3600).alias("took_h")
    )
    everyone = np.sort(took["took_h"].to_numpy())
    if not len(everyone):
        return None
    by_key = {
        key: np.sort(rows["took_h"].to_numpy())
        for key, rows in took.partition_by("lane", "service", as_dict=True).items()
        if rows.height >= LEAST
    }
    quantiles = []
    for lane, service, t0 in waiting.select("lane", "service", "t0").iter_rows():
        age = (cut - t0).total_seconds() / 3600
        known = by_key.get((lane, service), everyone)
        if is_by_age:
            known = known[np.searchsorted(known, age, side="right") :]
        if not len(known):
            known = np.array([age + 24.0])
        quantiles.append(np.maximum(np.quantile(known, QUANTILES) - age, 0.0))
    table = np.array(quantiles)
    return waiting.drop("t0", "t5", "ended_at").with_columns(
        (moment + pl.Series((table[:, at] * 3600e6).astype(np.int64)).cast(pl.Duration("us"))).alias(quantile_name(q))
        for at, q in enumerate(QUANTILES)
    )


def _score(method: str, frames: Sequence[pl.DataFrame]) -> Score:
    rows = pl.concat(frames) if frames else None
    if rows is None or rows.is_empty():
        return Score(
            method=method, scored=0, unknown=0, coverage={}, pinball_h=0.0, width_h=0.0, by_stage={}, by_horizon={}
        )
    # a parcel that was sent back never arrives: it is not what was predicted
    rows = rows.filter(pl.col("t5").is_not_null() | pl.col("ended_at").is_null())
    known = rows.filter(pl.col("t5").is_not_null())
    score = _covered(known)
    horizon = (pl.col("p50") - pl.col("cut")).dt.total_seconds() / 86400
    alarms = known.filter(pl.col("alarm")) if "alarm" in known.columns else known.clear()
    return Score(
        method=method,
        scored=known.height,
        unknown=rows.height - known.height,
        coverage=score,
        pinball_h=_pinball(known),
        width_h=_hours(pl.col("p90") - pl.col("p10"), known),
        by_stage={
            str(key[0]): _covered(part) for key, part in sorted(known.partition_by("stage", as_dict=True).items())
        },
        by_horizon={
            f"{low}-{high}" if high < 1000 else f"{low}+": _covered(part)
            for low, high in HORIZONS
            if (part := known.filter((horizon >= low) & (horizon < high))).height
        },
        alarms=alarms.height,
        alarms_right=alarms.filter(pl.col("t5") > pl.col("p50")).height,
    )


def _covered(rows: pl.DataFrame) -> dict[float, float]:
    found = rows.select((pl.col("t5") <= pl.col(quantile_name(q))).mean().alias(str(q)) for q in COVERED)
    return dict(zip(COVERED, found.row(0), strict=True)) if rows.height else {}


def _hours(expression: pl.Expr, rows: pl.DataFrame) -> float:
    return float(rows.select(expression.dt.total_seconds().mean() / 3600).item() or 0.0)


def _pinball(rows: pl.DataFrame) -> float:
    """Mean over quantiles of ``q`` times what a parcel was later, ``1 - q`` times what it was earlier."""
    losses = []
    for q in QUANTILES:
        late = (pl.col("t5") - pl.col(quantile_name(q))).dt.total_seconds() / 3600
        losses.append(pl.max_horizontal(q * late, (q - 1) * late).mean().alias(str(q)))
    return float(np.mean(rows.select(losses).row(0))) if rows.height else 0.0


WARM_UP = timedelta(days=30)
SETTLE = timedelta(days=10)
"""Days at the beginning to learn from, and days at the end in which parcels that are predicted can still arrive."""


def usual_plan(states: pl.DataFrame, *, step_days: float, sample: int, seed: int) -> BacktestPlan | None:
    """Moments of prediction for what states tell; None when they tell too short a time."""
    done = states.filter(pl.col("t5").is_not_null())
    first, last = states["t0"].min(), done["t5"].max()
    if not isinstance(first, datetime) or not isinstance(last, datetime) or last - SETTLE <= first + WARM_UP:
        return None
    step = timedelta(days=step_days)
    return BacktestPlan(first=first + WARM_UP, last=last - SETTLE, step=step, sample=sample, seed=seed)
