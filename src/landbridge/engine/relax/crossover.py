"""From first-order steps to plans and to simplex: what a bound found, as those who come after it take it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from landbridge.engine.construct.dive import can_dive, dive, undecided_runs
from landbridge.engine.cuts.strong import add_strong, strong_coefficients
from landbridge.engine.master.master import Master
from landbridge.engine.problem import FloatArray, IntArray
from landbridge.engine.relax.hints import Builder, Hints, Listener
from landbridge.engine.relax.split import suits_split_bound
from landbridge.engine.relax.timed_bound import TimedBound
from landbridge.engine.watch import Watch

MANY_DEMANDS = 300
"""With fewer terminals than this simplex from a coarse master is as quick."""

SETTLED = 1.5e-3
"""Part of the bound by which its last rounds may still improve it when the search for plans takes over."""

SETTLE_SHARE = 0.4
"""Part of the time or work after which the bound is left as it is, where plans can be made from it."""

DIVE_SHARE, DIVES_SHARE = 0.3, 0.1
"""Part of the time or work in which runs are made whole, at most, and up to which that is done again."""

MOST_DIVES, SHAKEN = 4, 0.1
"""Most times that runs are made whole, and by how much (standard deviation of the logarithm) they are shaken again."""

MOST_DIVE_ROUNDS, LEAST_DIVE_ROUNDS = 40, 6
"""Rounds in which runs are made whole."""

DIVE_PART, DIVE_STEPS, DIVE_WEIGHT = 0.15, 100, 1.0
"""Part of the undecided runs that a round of a dive decides at least; its steps, and how long those of prices are."""

ROUGH_ROUNDS, ROUGH_STEPS, ROUGH_WEIGHT = 10, 40, 1.0
"""The first rounds are rough: most ways are still missing."""

LEAST_PART, LEAST_RUNS, LEAST_TOLL = 1e-3, 1e-3, 1e-4
"""Parts of demands, runs, and tolls as parts of what runs cost, below which they are taken for nothing."""


def suits_steps(master: Master) -> bool:
    """Whether first-order steps are the quickest way to near the relaxation of a problem."""
    return not master.net.is_static and len(master.supply) > MANY_DEMANDS and suits_split_bound(master)


def settle(bound: TimedBound, watch: Watch, done: Callable[[], bool], listen: Listener | None) -> float:
    """
    Take rounds until the bound has settled, or it is time to stop; who listens hears of the rough rounds.

    Returns
    -------
    float
        Part of the time or work that there is which a round took.
    """
    rounds, begun, bound.done = 0, watch.used, done
    while not done() and not bound.has_settled(SETTLED):
        if rounds < ROUGH_ROUNDS:
            bound.round(ROUGH_STEPS, ROUGH_WEIGHT)
        else:
            bound.round()
        rounds += 1
        watch.improve_lower(bound.best)
        watch.work = max(watch.work, bound.master.work)
        if rounds == ROUGH_ROUNDS and listen is not None:
            listen(bound.paths(LEAST_PART), bound.prices())
    return (watch.used - begun) / max(rounds, 1)


def dive_from(bound: TimedBound, watch: Watch, done: Callable[[], bool], build: Builder, *, round_share: float) -> None:
    """
    Tell the search for plans the whole runs that a settled bound leads to; of small problems several times.

    Parameters
    ----------
    round_share
        Part of the time or work that a round of the bound has taken so far.
    """
    if not can_dive(bound.master):
        return
    rng = np.random.default_rng(watch.limits.seed)
    rounds = max(int(min(DIVE_SHARE / max(round_share, 1e-9), MOST_DIVE_ROUNDS)), LEAST_DIVE_ROUNDS)
    begun = watch.used
    for turn in range(MOST_DIVES):
        trial = bound.fork()
        trial.done = done
        if turn:
            trial.runs *= np.exp(SHAKEN * rng.standard_normal(len(trial.runs)))
        part = max(DIVE_PART, 1.0 - float(np.exp(-np.log(undecided_runs(trial) + 1.0) / rounds)))
        runs = _dive(trial, part, done)
        watch.work = max(watch.work, bound.master.work)
        if runs is not None:
            build(trial.paths(LEAST_PART), runs)
        if runs is None or (watch.used - begun) * (turn + 2) / (turn + 1) > DIVES_SHARE:
            return


def _dive(trial: TimedBound, part: float, done: Callable[[], bool]) -> FloatArray | None:
    return dive(trial, lambda _: part, lambda: trial.round(DIVE_STEPS, DIVE_WEIGHT), done)


def hints_of(bound: TimedBound) -> Hints:
    """What a bound tells the search for plans."""
    payer, slot, _ = bound.priced_rides(LEAST_TOLL)
    keys = _strong_keys(bound.master, payer, slot)
    return Hints(
        paths=bound.paths(LEAST_PART),
        prices=bound.prices(),
        runs=np.where(bound.runs > LEAST_RUNS, bound.runs, 0.0),
        empties=np.zeros(len(bound.runs)),
        strong=tuple(keys),
        cuts=(),
    )


def cross_over(bound: TimedBound, hints: Hints, master: Master) -> FloatArray:
    """
    Give a master what a bound found, ``hints`` being those of it.

    Returns
    -------
    array
        Prices of the bound as duals of the master's rows.
    """
    net = master.net
    batch, keys = hints.paths, list(hints.strong)
    ridden = net.slot_run[np.array([z for _, z in keys], dtype=np.int64)]
    master.open_runs(np.union1d(np.where(hints.runs > 0)[0], ridden))
    master.add_paths(batch.sinks, batch.ptr, batch.arcs, batch.cycles)
    add_strong(master, keys)
    payer, slot, toll = bound.priced_rides(LEAST_TOLL)
    center = np.zeros(master.model.num_rows)
    prices = bound.prices()
    center[: master.num_first_rows] = prices.first
    has = master.capacity_row >= 0
    center[master.capacity_row[has]] = -prices.slot[has]
    terminal = master.problem.sink_terminal[payer]
    for t, z, pays in zip(terminal.tolist(), slot.tolist(), toll.tolist(), strict=True):
        if (t, z) in master.strong_row:
            center[master.strong_row[t, z]] = -pays
    return center


def _strong_keys(master: Master, payer: IntArray, slot: IntArray) -> list[tuple[int, int]]:
    """Terminals and slots of tolls that are prices of strong inequalities, and not of room alone."""
    terminal = master.problem.sink_terminal[payer]
    is_strong = np.isfinite(strong_coefficients(master, terminal, slot))
    return list(zip(terminal[is_strong].tolist(), slot[is_strong].tolist(), strict=True))
