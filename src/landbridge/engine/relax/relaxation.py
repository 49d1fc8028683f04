"""Column generation over paths with strong inequalities added when violated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from landbridge.engine.cuts.finder import CutSetFinder
from landbridge.engine.cuts.strong import add_strong, separate_strong
from landbridge.engine.lp import LpResult
from landbridge.engine.master.master import Master
from landbridge.engine.problem import FloatArray
from landbridge.engine.relax.bounds import lagrangian
from landbridge.engine.relax.crossover import SETTLE_SHARE, cross_over, dive_from, hints_of, settle, suits_steps
from landbridge.engine.relax.hints import Builder, Hints, Listener, Offer, Prices, batch_of, good_paths, prices_of
from landbridge.engine.relax.pricing import price_columns, read_duals
from landbridge.engine.relax.timed_bound import TimedBound
from landbridge.engine.space.flat import flatten
from landbridge.engine.space.rides import LONG_RIDES, rides_in_time
from landbridge.engine.watch import Watch

CLOSED_TOL = 1e-6
"""Relative distance of bound and master objective below which column generation has converged."""

CUT_TOL = 3e-2
"""Relative distance below which strong inequalities are looked for."""

MOST_STRONG_TERMINALS = 3000
"""With more terminals than this, and many rides in time, strong inequalities are left out: they would be too many."""

ROUNDS_OF_QUIET = 3
"""Rounds without a new path, cut or better bound after which tightening ends."""

FIRST_ROUNDS = 6
CUT_EVERY = 3
"""Strong inequalities are looked for at least every ``CUT_EVERY`` rounds, after the first few."""

COARSE_TOL = 3e-3
"""Relative distance of bound and objective below which the coarse master has done its work."""

EARLY_CUTS = 6
"""Rounds in which cut sets come without waiting for pricing."""

TIGHT_TOL = 3e-4
TIGHT_EVERY = 8
"""Later they come when bound and objective are as near as this, or after so many rounds."""

SLOW_ROUNDS, SLOW_SHARE = 6, 0.002
"""Tightening ends when so many rounds of cuts move the bound by less than this part of its distance from the plan."""

TIGHT_SMOOTHING = 0.5
"""Weight of the duals priced last once cut sets are there."""

SMOOTHING = 0.7
"""Weight of the duals priced last in those priced next [2]_."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """
    Result of column generation.

    Parameters
    ----------
    x, objective
        The last optimal master: its point, and its value (with the penalty of all that could be unserved).
    row_dual
        Its duals; if it has not converged, those that proved the bound (None: nothing did).
    bound
        Proved: no plan costs less.
    is_feasible
        Whether what must be served can be, in the relaxation.
    converged
        Whether no path and no strong inequality was missing.
    hints
        What the search for plans takes from it; None: there was no optimal master.
    """

    x: FloatArray
    row_dual: FloatArray | None
    prices: Prices | None
    objective: float
    bound: float
    is_feasible: bool
    converged: bool
    hints: Hints | None = None


def solve_relaxation(
    master: Master,
    watch: Watch,
    *,
    strong: bool = True,
    share: float = 1.0,
    listen: Listener | None = None,
    offer: Offer | None = None,
    build: Builder | None = None,
    tighten: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Relaxation:
    """
    Solve the strong relaxation; stops early when the watch says so, with the bound proved by then.

    Where orders are many, first-order steps come first (:class:`TimedBound`); else a coarse master, in which all
    departures of a leg share one capacity row. Either converges quickly, and its duals and paths start the fine one.
    Paths are priced at duals smoothed towards those priced last [2]_, and
    the bound of each round is Lagrangian: rows priced out, each terminal sending all it has on its
    cheapest path [1]_.

    References
    ----------
    .. [1] Desaulniers, G., J. Desrosiers, and M. M. Solomon (eds.) (2005). *Column Generation*. Springer.
           https://doi.org/10.1007/b135457.
    .. [2] Pessoa, A., R. Sadykov, E. Uchoa, and F. Vanderbeck (2018). Automation and combination of
           linear-programming based stabilization techniques in column generation. *INFORMS Journal on
           Computing* 30(2): 339-360. https://doi.org/10.1287/ijoc.2017.0784.
    """
    watch.phase = "relaxation"
    until = share * watch.limits.time_s

    def done() -> bool:
        return stop() or watch.stop() is not None or watch.seconds > until or watch.work > share * watch.limits.work

    strong = strong and has_strong(master)
    center = None
    if strong and suits_steps(master):
        center = _start_from_steps(master, watch, done, listen, offer, build)
    elif not master.net.is_static and len(master.net.slot_run) > 2 * len(master.problem.leg_tail):
        center = _start_from_coarse(master, watch, done, listen, strong)
    generator = _Generator(master, watch, center, done, listen)
    converged = generator.run(strong=strong)
    last = generator.last
    feasible = last is None or not converged or not has_artificials(master, last.x) or _phase_one(master, watch)
    answer = Relaxation(
        x=np.zeros(0) if last is None else last.x,
        row_dual=last.row_dual if converged and last is not None else generator.best_dual,
        prices=generator.prices(),
        objective=np.inf if last is None else last.objective + master.penalty_constant,
        bound=generator.best,
        is_feasible=feasible,
        converged=converged,
    )
    if tighten and strong and feasible and converged:
        generator.tighten(offer)
    return replace(answer, hints=generator.hints())


def solve_by_steps(
    master: Master,
    watch: Watch,
    *,
    share: float = 1.0,
    listen: Listener | None = None,
    build: Builder,
    stop: Callable[[], bool] = lambda: False,
) -> Relaxation:
    """Solve the strong relaxation by first-order steps alone, near enough for plans: of many orders simplex is slow."""
    watch.phase = "relaxation"

    def done() -> bool:
        return watch.used > share or stop() or watch.stop() is not None

    bound = TimedBound(master, flatten(master.problem, master.net))
    per_round = settle(bound, watch, lambda: done() or watch.used > SETTLE_SHARE * share, listen)
    prices, hints = bound.prices(), hints_of(bound)
    answer = Relaxation(
        x=np.zeros(0),
        row_dual=prices.first,
        prices=prices,
        objective=bound.best,
        bound=bound.best,
        is_feasible=True,
        converged=False,
        hints=hints,
    )
    dive_from(bound, watch, lambda: stop() or watch.stop() is not None, build, round_share=per_round)
    return answer


def _start_from_steps(
    master: Master,
    watch: Watch,
    done: Callable[[], bool],
    listen: Listener | None,
    offer: Offer | None,
    build: Builder | None,
) -> FloatArray:
    """Settle a bound by first-order steps, make whole runs of it, and give the master what it found."""
    bound = TimedBound(master, flatten(master.problem, master.net))
    per_round = settle(bound, watch, done, listen)
    hints = hints_of(bound)
    if offer is not None:
        offer(hints)
    center = cross_over(bound, hints, master)
    if build is not None:
        dive_from(bound, watch, done, build, round_share=per_round)
    return center


class _Generator:
    """Column generation with smoothed duals on one master."""

    def __init__(
        self,
        master: Master,
        watch: Watch,
        center: FloatArray | None,
        done: Callable[[], bool],
        listen: Listener | None,
    ) -> None:
        self.master, self.watch, self.done, self.listen = master, watch, done, listen
        self.center = center
        self.best = -np.inf
        self.best_dual: FloatArray | None = None
        if center is not None:
            _, reduced = price_columns(master, read_duals(master, center))
            self.center = master.extend_dual(center)
            self._hear(lagrangian(master, self.center, reduced), self.center)
        self.last: LpResult | None = None
        self.finder = CutSetFinder(master)
        self.result = self._solve()

    def _hear(self, bound: float, dual: FloatArray) -> None:
        """Take a bound and its duals, if it is better."""
        if bound > self.best:
            self.best, self.best_dual = bound, dual
            self.watch.improve_lower(bound)

    def _solve(self) -> LpResult:
        """Solve the master; ``last`` keeps the last result that is optimal."""
        result = self.master.solve(max(self.watch.seconds_left, 0.1))
        self.watch.work = max(self.watch.work, self.master.work)
        if result.is_optimal:
            self.last = result
        return result

    def run(self, *, strong: bool, tolerance: float = CLOSED_TOL) -> bool:
        """Generate until nothing is missing; False when stopped before."""
        master = self.master
        since_cuts = -FIRST_ROUNDS
        while self.result.is_optimal:
            added = self._price(SMOOTHING)
            objective = self.result.objective + master.penalty_constant
            gap = (objective - self.best) / max(1.0, abs(objective))
            if added == 0 and gap > tolerance:
                added = self._price(0.0)
            cuts = 0
            since_cuts += 1
            if strong and (added == 0 or gap <= CUT_TOL or since_cuts >= CUT_EVERY):
                cuts = separate_strong(master, self.result.x)
                since_cuts = 0
            if cuts == 0 and (added == 0 or gap <= tolerance):
                return True
            if self.done():
                return False
            self.result = self._solve()
            if self.listen is not None and self.result.is_optimal:
                self.listen(good_paths(master, self.result.x), self.prices())
        return False

    def tighten(self, offer: Offer | None = None) -> None:
        """
        Go on with cut-set inequalities as long as they move the bound.

        Their right sides do not add up over coalitions: they serve the bound, never the prices. While cuts come in
        every round duals are not smoothed: those from before the last cuts prove little. Then they come only when
        pricing is near its end, or some rounds have gone by. What is known then is offered to the search for plans.
        """
        cuts = self._separate()
        quiet, rounds, since = 0, 1, 0
        states: list[tuple[float, float]] = []
        while cuts or quiet < ROUNDS_OF_QUIET:
            if self.done() or not self.result.is_optimal:
                return
            self.result = self._solve()
            if not self.result.is_optimal:
                return
            before = self.best
            early = rounds < EARLY_CUTS
            added = self._price(0.0)
            if not early:
                added += self._price(TIGHT_SMOOTHING)
            gap = self._gap()
            since += 1
            cuts = 0
            if early or added == 0 or gap <= TIGHT_TOL or since >= TIGHT_EVERY:
                hints = None if offer is None or rounds + 1 < EARLY_CUTS else self.hints()
                if hints is not None and offer is not None:
                    offer(hints)
                states.append((self.best, self.result.objective))
                if not early and self._has_slowed(states):
                    return
                self._drop_idle()
                cuts = self._separate()
                rounds, since = rounds + 1, 0
            quiet = 0 if added or self.best > before or (since and not cuts) else quiet + 1

    def _has_slowed(self, states: list[tuple[float, float]]) -> bool:
        """Whether the last rounds of cuts moved bound and objective next to nothing, by the distance from the plan."""
        if len(states) <= SLOW_ROUNDS or self._gap() > TIGHT_TOL:
            return False
        distance = self.watch.upper - self.best
        worth = SLOW_SHARE * (distance if np.isfinite(distance) else 0.01 * abs(self.best))
        moved = np.abs(np.array(states[-1]) - np.array(states[-1 - SLOW_ROUNDS]))
        return bool((moved <= worth).all())

    def _gap(self) -> float:
        """Relative distance of the bound from the objective of the master."""
        objective = self.result.objective + self.master.penalty_constant
        return (objective - self.best) / max(1.0, abs(objective))

    def _drop_idle(self) -> None:
        """Drop cuts that have been without a price for some time."""
        new_row = self.finder.drop_idle(self.result.row_dual)
        if new_row is None:
            return
        kept = new_row[: len(self.result.row_dual)] >= 0
        self.result = replace(self.result, row_dual=self.result.row_dual[kept])
        self.last = self.result
        if self.center is not None:
            self.center = self.center[new_row[: len(self.center)] >= 0]

    def prices(self) -> Prices | None:
        """Prices at the centre, of which rows that came after it have none."""
        return None if self.center is None else prices_of(self.master, self.master.extend_dual(self.center))

    def hints(self) -> Hints | None:
        """What is known at the last optimal master."""
        master, last = self.master, self.last
        if last is None:
            return None
        x = np.concatenate([last.x, np.zeros(master.model.num_cols - len(last.x))])
        return Hints(
            paths=good_paths(master, last.x),
            prices=prices_of(master, master.extend_dual(last.row_dual)),
            runs=master.loaded_runs(x),
            empties=master.empty_runs(x),
            strong=tuple(master.strong_row),
            cuts=tuple(self.finder.priced(last.row_dual)),
        )

    def _separate(self) -> int:
        """Add violated inequalities of all families; returns how many."""
        master, result = self.master, self.result
        return self.finder.separate(result.x, result.row_dual) + separate_strong(master, result.x)

    def _price(self, smoothing: float) -> int:
        """Price paths at smoothed duals, which become the centre of the next."""
        master = self.master
        out = self.result.row_dual
        dual = out
        if self.center is not None and smoothing > 0:
            center = np.concatenate([self.center, out[len(self.center) :]])
            dual = smoothing * center + (1.0 - smoothing) * out
        added, reduced = price_columns(master, read_duals(master, dual))
        dual = master.extend_dual(dual)
        self._hear(lagrangian(master, dual, reduced), dual)
        if smoothing > 0:
            self.center = dual
        return added


def _start_from_coarse(
    master: Master, watch: Watch, done: Callable[[], bool], listen: Listener | None, strong: bool
) -> FloatArray | None:
    """Converge a coarse master; give its useful paths and its best duals to the fine one."""
    coarse = Master(master.problem, master.net, coarse=True)
    coarse.open_runs(np.arange(len(coarse.run_col)))
    generator = _Generator(coarse, watch, None, done, listen)
    generator.run(strong=strong, tolerance=COARSE_TOL)
    master.work += coarse.work
    if generator.center is None:
        return None
    master.open_runs(np.where(coarse.run_col >= 0)[0])
    chosen = coarse.useful_paths(generator.center, 1e-2)
    batch = batch_of(coarse, chosen)
    master.add_paths(batch.sinks, batch.ptr, batch.arcs, batch.cycles)
    priced = {
        (t, z): float(generator.center[row])
        for (t, z), row in coarse.strong_row.items()
        if row < len(generator.center) and generator.center[row] < -1e-9
    }
    add_strong(master, sorted(priced))
    center = np.zeros(master.model.num_rows)
    for (t, z), dual in priced.items():
        center[master.strong_row[t, z]] = dual
    shared = master.num_first_rows
    center[:shared] = generator.center[:shared]
    has = (master.capacity_row >= 0) & (coarse.capacity_row >= 0)
    center[master.capacity_row[has]] = generator.center[coarse.capacity_row[has]]
    lacks = (master.capacity_row >= 0) & (coarse.capacity_row < 0)
    center[master.capacity_row[lacks]] = -master.default_price[lacks]
    paid = (master.load_row >= 0) & (coarse.load_row >= 0)
    center[master.load_row[paid]] = generator.center[coarse.load_row[paid]]
    for key, row in master.share_row.items():
        if key in coarse.share_row:
            center[row] = generator.center[coarse.share_row[key]]
    return center


def solve_coarse(master: Master, watch: Watch) -> tuple[FloatArray | None, bool]:
    """Duals of a coarse master at its optimum (None: there is none), and whether nothing was missing."""
    master.open_runs(np.arange(len(master.run_col)))
    generator = _Generator(master, watch, None, lambda: watch.stop() is not None, None)
    converged = generator.run(strong=has_strong(master))
    return (None if generator.last is None else generator.last.row_dual), converged


def has_strong(master: Master) -> bool:
    """Whether strong inequalities are few enough to be looked for."""
    if len(master.supply) <= MOST_STRONG_TERMINALS:
        return True
    return not master.net.is_static and rides_in_time(master.problem, master.net) <= LONG_RIDES * len(master.supply)


def has_artificials(master: Master, x: FloatArray) -> bool:
    """Whether a point leaves unserved what must be served."""
    return master.unmet(x) > 1e-7 * max(1.0, float(master.supply.max(initial=0.0)))


def _phase_one(master: Master, watch: Watch) -> bool:
    """Whether what must be served can be served in the relaxation, found by minimising what is not."""
    model = master.model
    cost = model.costs()
    first = master.artificial_col
    phase = np.zeros(len(cost))
    phase[first : first + master.num_artificials] = 1.0
    model.set_costs(np.arange(len(cost)), phase)
    feasible = True
    while watch.stop() is None:
        num_before = model.num_cols
        result = master.solve(max(watch.seconds_left, 0.1))
        if not result.is_optimal or not has_artificials(master, result.x):
            break
        added, _ = price_columns(master, read_duals(master, result.row_dual, phase_one=True), phase_one=True)
        if added == 0:
            feasible = False
            break
        fresh = np.arange(num_before, model.num_cols)
        cost = np.concatenate([cost, model.costs()[fresh]])
        model.set_costs(fresh, np.zeros(len(fresh)))
    model.set_costs(np.arange(len(cost)), cost)
    return feasible
