"""Steps over departures for orders with long windows, and the whole runs they lead to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from landbridge.engine.construct.dive import dive
from landbridge.engine.problem import FloatArray
from landbridge.engine.relax.scan_bound import ScanBound
from landbridge.engine.relax.scan_kernels import Look
from landbridge.engine.watch import Watch

ROUGH_ROUNDS, ROUGH_STEPS, ROUGH_LOOK = 20, 40, Look(0.2, 1.0)
"""The first rounds are rough: most ways are still missing. Their steps, and how they look for ways."""

STEPS, LOOK = 60, Look(0.3, 0.0)
"""Steps of the rounds after them, and how these look for ways."""

DIVE_STEPS, DIVE_LOOK = 50, Look(0.2, 0.0)
"""Steps of a round of a dive, and how it looks for ways."""

TURNS = 3
"""Rounds in which each demand is looked at once: in most looks no new way is found."""

WEIGHT, STEADY_ROUNDS, WEIGHT_FALLS, WEIGHT_LAST = 1.0, 45, 0.97, 0.2
"""How long steps of prices are beside those of parts and runs, in the first rounds; how it falls in each later one."""

PROVE_EVERY, SETTLED_PROOFS, SETTLED = 20, 2, 1.5e-3
"""Rounds after which the bound is proved; proofs in which it has to improve by a part to go on."""

DECIDED_PART, LEAST_DECIDED, LAST_DECIDED = 0.05, 8, 40
"""Part of the undecided runs, and number of them, that a round of the dive decides at least; how few are left last."""


def settle_scans(bound: ScanBound, watch: Watch, done: Callable[[], bool]) -> None:
    """Take steps until the bound has settled or it is time to stop, and tell what is proved now and then."""
    rounds, proved = 0, [-np.inf] * SETTLED_PROOFS
    while not done():
        if rounds < ROUGH_ROUNDS:
            bound.advance(ROUGH_STEPS, WEIGHT, ROUGH_LOOK, TURNS)
        else:
            weight = WEIGHT * WEIGHT_FALLS ** max(rounds - STEADY_ROUNDS, 0)
            bound.advance(STEPS, max(weight, WEIGHT_LAST), LOOK, TURNS)
        rounds += 1
        watch.work = max(watch.work, bound.master.work)
        if rounds >= STEADY_ROUNDS and (rounds - STEADY_ROUNDS) % PROVE_EVERY == 0:
            bound.prove()
            watch.improve_lower(bound.best)
            if bound.best - proved[-SETTLED_PROOFS] <= SETTLED * abs(bound.best):
                return
            proved.append(bound.best)
    bound.prove()
    watch.improve_lower(bound.best)


def dive_by(
    trial: ScanBound, watch: Watch, progress: Callable[[], float], end: float, done: Callable[[], bool]
) -> FloatArray | None:
    """
    Make the runs of a settled bound whole by the time that ``progress`` comes to ``end``; the bound ends with it.

    Returns
    -------
    array
        Runs by candidate; None: it was time to stop before all were decided.
    """
    begun, rounds = progress(), 0

    def follow() -> None:
        nonlocal rounds
        trial.advance(DIVE_STEPS, WEIGHT, DIVE_LOOK)
        rounds += 1
        watch.work = max(watch.work, trial.master.work)

    def share(undecided: int) -> float:
        now = progress()
        left = (end - now) / max((now - begun) / rounds, 1e-9) if rounds else np.inf
        in_time = 1.0 - np.exp(-np.log(max(undecided / LAST_DECIDED, 1.0)) / left) if left > 1.0 else 1.0
        return float(min(max(DECIDED_PART, LEAST_DECIDED / undecided, in_time), 1.0))

    return dive(trial, share, follow, done)
