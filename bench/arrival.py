"""
``./run bench arrival``: coverage and loss of estimates of arrival on the simulator, over seeds, with their spread.

Two times: the steady state, and the forty days from the one on which the border becomes 60 % slower.
"""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path

import numpy as np

from landbridge.operations.arrival import BacktestPlan, Score, backtest, on_lanes
from landbridge.operations.arrival.simulator import Corridor, simulate, states_of

SLOW_FROM = 60
TIMES = {"steady": (45, 115), "slowed": (SLOW_FROM, SLOW_FROM + 40)}


def run_arrival(seeds: int, results: Path) -> None:
    """Print the means over seeds and their standard deviations, and write all to ``arrival.csv``."""
    rows = []
    for name, (first, last) in TIMES.items():
        scores = [_scored(name, seed, first, last) for seed in range(seeds)]
        for seed, of_seed in enumerate(scores):
            rows += [
                (name, seed, item.method, item.scored, *item.coverage.values(), item.pinball_h) for item in of_seed
            ]
        for at in range(len(scores[0])):
            _tell(name, [of_seed[at] for of_seed in scores], [of_seed[0] for of_seed in scores])
    results.mkdir(parents=True, exist_ok=True)
    with (results / "arrival.csv").open("w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("time", "seed", "method", "scored", "p50", "p80", "p90", "p95", "pinball_h"))
        writer.writerows([(*row[:4], *(f"{value:.4f}" for value in row[4:])) for row in rows])


def _scored(name: str, seed: int, first: int, last: int) -> tuple[Score, ...]:
    corridor = Corridor(days=130, parcels_a_day=200, slow_from=SLOW_FROM if name == "slowed" else -1)
    parcels, times = simulate(corridor, seed)
    start = corridor.start
    plan = BacktestPlan(first=start + timedelta(days=first), last=start + timedelta(days=last), sample=300, seed=seed)
    return backtest(on_lanes(states_of(corridor, times), parcels), plan)


def _tell(name: str, scores: list[Score], ours: list[Score]) -> None:
    covered = np.array([list(item.coverage.values()) for item in scores])
    loss = np.array([item.pinball_h for item in scores])
    less = 1 - np.array([mine.pinball_h / item.pinball_h for mine, item in zip(ours, scores, strict=True)])
    spread = covered.std(axis=0, ddof=1) if len(scores) > 1 else np.zeros(covered.shape[1])
    words = "  ".join(f"{mean:.3f} ({sd:.3f})" for mean, sd in zip(covered.mean(axis=0), spread, strict=True))
    print(
        f"{name:<7} {scores[0].method:<13} {words}  {loss.mean():6.2f} h  ours less by {less.mean():6.1%}", flush=True
    )
