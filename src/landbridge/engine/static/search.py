"""The search for plans: annealing first, then small MIPs around the best plan and between good ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from landbridge.engine.lp import MipLimits
from landbridge.engine.problem import BoolArray, FloatArray, IntArray
from landbridge.engine.static.anneal import Annealer
from landbridge.engine.static.by_origin import layers_of, solve_by_origin
from landbridge.engine.static.flows import FlowProgram
from landbridge.engine.static.neighbourhood import Outcome, solve_neighbourhood
from landbridge.engine.static.parts import NEAR, Parts
from landbridge.engine.static.plan import Frame, StaticPlan
from landbridge.engine.static.record import PartHint, Record
from landbridge.engine.static.whole import Whole

HOT, COLD = 3e-3, 6e-5
"""First and last temperature of an annealing, as part of the cost."""

MOST_OUT = 10
"""Most commodities taken out at once."""

SPLIT_CHANCES = (0.05, 0.2)
"""How often freight fills what is open before more is opened; by turns."""

CHUNK_MOVES, CHUNK_S = 4000, 0.3
"""Most moves, and seconds they should take, between two looks at the clock."""

FIRST_MOVES = 20
"""Moves before the first look at the clock, when it is not known how long one takes."""

SUB_MIP_S = 1.5
SUB_MIP_NODES = 100
"""Most seconds (or nodes, where work is counted) of one small MIP."""

SLOW_S, SLOW_ITERATIONS = 0.8, 4000
"""A small MIP that took more makes the next of its kind smaller, one that took less larger."""

MOST_PATIENCE = 4.0
"""By how much limits of small MIPs grow, while nothing is found."""

FIRST_PART, FIRST_HOPE = 0.2, 0.05
"""Part of the links, and of the distance to the relaxation, in the first small MIP of a kind."""

SMALLEST, LARGEST, QUICK = 0.7, 1.6, 0.4
"""By how much at most; one that takes less than this part of the usual time and finds nothing grows in both."""

SHRINKS, GROWS = 0.4, 0.2
"""Power of the effort by which sizes become smaller, or larger: slowly, so that a size is tried in several places."""

LEAST_PATIENCE, PATIENCE, SMALL_GAIN = 5.0, 0.5, 1e-5
"""A plan stands still after this effort, in slow small MIPs, or this part of the effort that led to it, without a gain
above this part of the cost."""

LEAST_TRIES = 10
"""Small MIPs without a gain, at least, before a plan stands still: where they are slow, a few say little."""

AGAIN = 2.0
"""Effort after which the best plan stands still that a search has come back to without a better one."""

RESTART_S, RESTART_PART, RESTART_MOVES = 3.0, 0.05, 8_000
"""Annealing that leads elsewhere: its seconds, part of the time, or moves."""

LEAST_HEAT, MOST_HEAT, HOTTER, COOLER = 0.3, 2.0, 1.5, 0.85
"""Its first temperature in that of the first annealing; hotter each time that led back to the best plan."""

CHEAP_PARTS = (0.1, 0.4, 1.0)
"""Part of the links closed in all good plans that are worth a thought, the cheapest first; by chance."""

FIRST_EFFORTS = (3.0, 1.0, 1.0, 2.0)
LEAST_ARCS_EFFORT, FLOWS_PER_EFFORT = 2.0, 4000.0
"""Effort that a gain is thought to take at first: of the kinds over paths, and of those over arcs by flow columns."""

FADE, BETWEEN = 0.9, 3
"""How much of what kinds found, and for what effort, still counts a step later; the kind between good plans."""

LAST_FLOWS_S = 0.5
"""Seconds beyond the time limit for the flows of the last plan found."""

MOVES_PER_WORK = 20.0
"""Moves of the annealing that count as one unit of work (a simplex iteration)."""


class Searcher:
    """
    One search for plans; several may share a record.

    Neighbourhoods [1]_ free a part of the links: any at random, those in which the plan and the relaxation differ,
    those near some nodes, or those in which two good plans differ. A restless search leaves the best plan sooner.

    References
    ----------
    .. [1] Hewitt, M., G. L. Nemhauser, and M. W. P. Savelsbergh (2010). Combining exact and heuristic approaches for
           the capacitated fixed-charge network flow problem. *INFORMS Journal on Computing* 22(2): 314-325.
           https://doi.org/10.1287/ijoc.1090.0348.
    """

    def __init__(
        self,
        frame: Frame,
        record: Record,
        rng: np.random.Generator,
        stop: Callable[[], bool],
        *,
        restless: bool = False,
    ) -> None:
        self.frame, self.record, self.rng, self.stop = frame, record, rng, stop
        self.watch = record.watch
        self.annealer = Annealer(frame)
        self.flows = FlowProgram(frame, record.watch.until + LAST_FLOWS_S)
        kinds = (self._any_links, self._apart_from_relaxation, self._near_nodes, self._between_plans)
        self.kinds = kinds + kinds[:3]
        self.forms = ("paths",) * len(kinds) + ("arcs",) * 3
        self.layers = layers_of(frame)
        self.whole = None if restless else Whole(frame, record.watch)
        self.parts = Parts(frame, record.watch)
        self.plan: StaticPlan | None = None
        self.away = False
        self.quiet = 0
        self.restless = restless
        self.idle = self.spent = 0.0
        self.left: StaticPlan | None = None
        self.left_at = self.trip = 0.0
        self.heat = 1.0
        self.part, self.hope = self._first_sizes()
        self.elsewhere = self._first_sizes()
        self.wins = np.ones(len(self.kinds))
        self.efforts = self._first_efforts()
        self.usual = 0.0
        self.beaten: StaticPlan | None = None

    def _first_sizes(self) -> tuple[FloatArray, FloatArray]:
        """Of the first small MIP of each kind: part of the links, and of the distance to the relaxation."""
        return np.full(len(self.kinds), FIRST_PART), np.full(len(self.kinds), FIRST_HOPE)

    def _first_efforts(self) -> FloatArray:
        """Of each kind, until it has been tried."""
        flows = len(self.layers.total) * self.frame.net.num_arcs
        arcs = max(LEAST_ARCS_EFFORT, flows / FLOWS_PER_EFFORT)
        return np.array([*FIRST_EFFORTS, arcs, arcs, arcs])

    def build(self) -> None:
        """A first plan: the largest quantities inserted first; where some finds no room, flows on all there is."""
        plan = self.annealer.build(np.argsort(-self.frame.net.qty, kind="stable"))
        self._take(plan)
        if self.record.best is None:
            self.record.take(self.flows.solve(plan, self.frame.net.module_most))

    def anneal(self, seconds: float, moves: int, hot: float = HOT) -> StaticPlan:
        """Anneal from the state for some seconds, or moves where work is counted; returns the plan it ends at."""
        watch, annealer = self.watch, self.annealer
        watch.phase = "annealing"
        cost = annealer.cost()
        begun, done, made, chunk, turn = watch.seconds, 0.0, 0, FIRST_MOVES, 0
        best: StaticPlan | None = None
        while done < 1.0 and cost > 0.0 and not self.stop():
            chunk_begun = watch.seconds
            plan = annealer.run(
                int(self.rng.integers(2**31 - 1)),
                chunk,
                cost * hot * (COLD / hot) ** done,
                cost * hot * (COLD / hot) ** min(1.0, done + 0.02),
                MOST_OUT,
                SPLIT_CHANCES[turn % len(SPLIT_CHANCES)],
            )
            watch.work += chunk / MOVES_PER_WORK
            made += chunk
            turn += 1
            if best is None or plan.cost < best.cost - 1e-9:
                best = plan
                self.record.take(plan)
            if watch.counts_work:
                done, chunk = made / moves, CHUNK_MOVES
            else:
                done = (watch.seconds - begun) / max(seconds, 1e-6)
                rate = chunk / max(watch.seconds - chunk_begun, 1e-6)
                chunk = int(np.clip(rate * CHUNK_S, 1, CHUNK_MOVES))
        if best is not None:
            self._take(best)
        return self._take(annealer.frame.plan_of(annealer.state))

    def _take(self, plan: StaticPlan) -> StaticPlan:
        """Give a plan its best flows and hand it in."""
        better = self.flows.solve(plan)
        self.record.take(better)
        return better

    def step(self) -> None:
        """Solve one neighbourhood of the best plan, or look wider where neighbourhoods stand still."""
        plan, watch = self._current(), self.watch
        watch.work += 1
        if plan is None:
            return
        watch.phase = "improving"
        if not self.away and self.beaten is None and self._look_wider(plan):
            return
        begun = watch.seconds
        kind, free = self._neighbourhood(plan)
        if free.sum() < 2:
            self.part[kind] = min(1.0, self.part[kind] * 1.3)
            return
        patience = min(MOST_PATIENCE, 1.0 + self.quiet / 6)
        outcome = self._solve(plan, free, kind, patience)
        took = watch.seconds - begun
        effort = outcome.iterations / SLOW_ITERATIONS if watch.counts_work else took / SLOW_S
        gain = plan.cost - outcome.plan.cost
        self._resize(kind, effort / patience, found=gain > 1e-9)
        self._note(plan, outcome, effort)
        self._learn(kind, gain, effort)

    def _look_wider(self, plan: StaticPlan) -> bool:
        """Where neighbourhoods stand still, a part of the tree or the whole problem; whether one was looked at."""
        part = self.record.take_part() if self.record.has_part and self.parts.is_due(self.idle) else None
        if part is not None:
            self._enter(plan, part)
        elif self.whole is not None and not self.record.has_part and self.whole.is_due(self.idle):
            begun = self.watch.seconds
            outcome = self.whole.solve(plan, self._paths(), self._seed(), self.stop, self.record.best_cost)
            self._note(plan, outcome, (self.watch.seconds - begun) / SLOW_S)
            self.whole.wait(self.idle)
        else:
            return False
        return True

    @property
    def stands(self) -> bool:
        """Whether a restless search has tried enough around the best plan, and no part of the tree is due."""
        return (
            self.restless
            and not self.away
            and self.plan is not None
            and self.plan.cost <= self.record.best_cost() + 1e-9
            and self.idle >= LEAST_PATIENCE
            and not (self.record.has_part and self.parts.is_due(self.idle))
        )

    def wait(self, seconds: float) -> None:
        """Let time pass for the proof; where the search stands, without a gain."""
        if self.stands:
            self._idle(seconds / SLOW_S)

    def _enter(self, plan: StaticPlan, part: PartHint) -> None:
        """Look into a part of the tree; a plan there that is nearly as good as the best is improved by itself."""
        begun, used = self.watch.seconds, self.watch.used
        outcome = self.parts.solve(plan, part, self._paths(), self._seed(), self.stop)
        self._note(plan, outcome, (self.watch.seconds - begun) / SLOW_S)
        other = outcome.other
        is_near = other is not None and other.cost <= plan.cost + NEAR * abs(plan.cost)
        self.parts.learn(self.idle, found=is_near or outcome.plan is not plan)
        if other is not None and is_near and self.frame.is_complete(other):
            self._leave(self._take(other), plan, used)

    def _note(self, plan: StaticPlan, outcome: Outcome, effort: float) -> None:
        """Take what a MIP found."""
        gain = plan.cost - outcome.plan.cost
        self.watch.work += outcome.iterations
        self.quiet += 1
        self._idle(effort)
        if gain > 1e-9:
            self.plan = self._take(outcome.plan)
            if gain >= SMALL_GAIN * abs(plan.cost):
                self._begin()
            self._hand_over()

    def _idle(self, effort: float) -> None:
        self.idle += effort
        self.spent += effort

    def _begin(self) -> None:
        """Count anew what finds nothing."""
        self.quiet, self.idle = 0, 0.0
        self.parts.begin()
        if self.whole is not None:
            self.whole.begin()

    def _seed(self) -> int:
        return int(self.rng.integers(2**31 - 1))

    def _learn(self, kind: int, gain: float, effort: float) -> None:
        """Note what a kind found for its effort: a gain counts by how it compares with usual ones."""
        win = 0.0
        if gain > 1e-9:
            win = gain / (gain + self.usual) if self.usual > 0 else 0.5
            self.usual = gain if self.usual <= 0 else FADE * self.usual + (1.0 - FADE) * gain
        self.wins[kind] = FADE * self.wins[kind] + win
        self.efforts[kind] = FADE * self.efforts[kind] + effort

    def _hand_over(self) -> None:
        """Where another search has found a better plan meanwhile, what both found is put together next."""
        best = self.record.best
        if best is not None and self.plan is not None and not self.away and best.cost < self.plan.cost - 1e-9:
            self.beaten = self.plan

    def _neighbourhood(self, plan: StaticPlan) -> tuple[int, BoolArray]:
        """A kind of neighbourhood, more often one that finds more for its effort, and its free links."""
        if self.beaten is not None:
            other, self.beaten = self.beaten, None
            return BETWEEN, self._apart(plan, other)
        rate = (self.wins + 0.05) / (self.efforts + 0.1)
        if self.away:
            rate[BETWEEN] = 0.0  # it would lead straight back
        kind = int(self.rng.choice(len(self.kinds), p=rate / rate.sum()))
        return kind, self.kinds[kind](plan, float(self.part[kind]))

    def _current(self) -> StaticPlan | None:
        """
        The plan worked on: the best; once that stands still, another until it stands still too.

        What is found on the way stays among the good plans, with which the best is then recombined.
        """
        best = self.record.best
        if best is None or self.plan is None or (best.cost < self.plan.cost and not self.away):
            if self.restless:
                self._begin()
            self.plan = best
        elif self.away and self._has_stood_still():
            self._come_back(best)
        elif not self.away and self._has_stood_still() and self._may_go_elsewhere():
            self._go_elsewhere(best)
        return self.plan

    def _has_stood_still(self) -> bool:
        """Whether the plan has been worked on for long enough without a gain."""
        if self.plan is self.left:
            return self.idle >= AGAIN
        patience = max(LEAST_PATIENCE, PATIENCE * (self.spent - self.idle))
        return self.idle >= patience and self.quiet >= LEAST_TRIES

    def _may_go_elsewhere(self) -> bool:
        """Whether there is nothing wider to look at here, and time for another trip like the last."""
        is_wider = self.record.has_part or (self.whole is not None and self.whole.is_due(self.idle))
        return not is_wider and self.watch.used + self.trip < 1.0 and not self.stop()

    def _go_elsewhere(self, best: StaticPlan) -> None:
        """Anneal the best plan anew, and work on what that ends at."""
        begun = self.watch.used
        self.annealer.load(best)
        seconds = min(RESTART_S, RESTART_PART * self.watch.limits.time_s)
        ended = self.anneal(seconds, RESTART_MOVES, HOT * self.heat)
        if self.frame.is_complete(ended) and ended.is_other_than(best):
            self._leave(ended, best, begun)
        else:
            self.heat = min(MOST_HEAT, self.heat * HOTTER)

    def _leave(self, plan: StaticPlan, best: StaticPlan, begun: float) -> None:
        """Work on another plan than the best; ``begun``: the part of the time used when it was looked for."""
        self.plan, self.left, self.left_at, self.away = plan, best, begun, True
        self._turn()

    def _come_back(self, best: StaticPlan) -> None:
        """Work on the best plan again, and first on what is between it and the one that stood still elsewhere."""
        plan = self.plan
        assert plan is not None
        if best is self.left:
            cooler, hotter = max(LEAST_HEAT, self.heat * COOLER), min(MOST_HEAT, self.heat * HOTTER)
            self.heat = cooler if plan.is_other_than(best) else hotter
        self.trip = self.watch.used - self.left_at
        self.beaten = plan if plan.cost > best.cost + 1e-9 else None
        self.plan, self.away = best, False
        self._turn()

    def _turn(self) -> None:
        """Away from the best plan, or back: kinds are as good as they were at first; sizes are as they were there."""
        self._begin()
        self.spent = 0.0
        self.wins[:], self.efforts[:] = 1.0, self._first_efforts()
        self.part, self.hope, self.elsewhere = *self.elsewhere, (self.part, self.hope)

    def _solve(self, plan: StaticPlan, free: BoolArray, kind: int, patience: float) -> Outcome:
        """Solve a neighbourhood in one of its two forms."""
        hope, watch = float(self.hope[kind]), self.watch
        limits = MipLimits(
            time_s=watch.seconds_left if watch.counts_work else min(patience * SUB_MIP_S, watch.seconds_left),
            nodes=round(patience * SUB_MIP_NODES) if watch.counts_work else -1,
            gap=1e-5,
            seed=self._seed(),
            cancelled=self.stop,
        )
        if self.forms[kind] == "arcs":
            return solve_by_origin(self.frame, plan, free, self.layers, self.flows, hope, limits)
        return solve_neighbourhood(self.frame, plan, free, self._paths(), hope, limits, watch.until, self.stop)

    def _resize(self, kind: int, effort: float, *, found: bool) -> None:
        """Make the next MIP of a kind smaller or larger: its links, what reduced costs may take up, or both."""
        power = SHRINKS if effort > 1.0 else GROWS
        factor = float(np.clip(max(effort, 1e-3) ** -power, SMALLEST, LARGEST))
        sizes = [self.part, self.hope]
        if found or effort > QUICK:
            del sizes[int(self.rng.integers(2))]
        for size in sizes:
            size[kind] = float(np.clip(factor * size[kind], 0.03, 1.0))

    def _paths(self) -> IntArray:
        """Paths a neighbourhood starts from: those of the relaxation and of good plans."""
        hints = self.record.hints
        parts = [plan.paths for plan in list(self.record.elite)]
        if hints is not None:
            parts.append(hints.paths)
        return np.unique(np.concatenate([*parts, np.zeros(0, dtype=np.int64)]))

    def _candidates(self, plan: StaticPlan) -> BoolArray:
        """Links worth a thought: open in a good plan, used in the relaxation, or cheap at its prices."""
        found = self._open(plan)
        for other in list(self.record.elite):
            found |= self._open(other)
        hints = self.record.hints
        if hints is not None:
            found |= hints.use > 1e-4
            closed = hints.reduced[~found]
            if len(closed):
                found |= hints.reduced <= np.quantile(closed, self.rng.choice(CHEAP_PARTS))
        else:
            found |= self.rng.random(len(found)) < 0.2
        return found

    def _open(self, plan: StaticPlan) -> BoolArray:
        found = np.zeros(self.frame.net.num_links, dtype=np.bool_)
        found[self.frame.net.module_link[plan.copies > 0]] = True
        return found

    def _any_links(self, plan: StaticPlan, part: float) -> BoolArray:
        candidates = self._candidates(plan)
        return candidates & (self.rng.random(len(candidates)) < part)

    def _apart_from_relaxation(self, plan: StaticPlan, part: float) -> BoolArray:
        """Links open in the plan of which the relaxation has less, and links it has that are closed in the plan."""
        hints = self.record.hints
        if hints is None:
            return self._any_links(plan, part)
        net = self.frame.net
        copies = np.zeros(net.num_links)
        np.add.at(copies, net.module_link, plan.copies)
        apart = np.abs(copies - hints.use) > 0.03
        return apart & (self.rng.random(len(apart)) < min(1.0, 2 * part))

    def _near_nodes(self, plan: StaticPlan, part: float) -> BoolArray:
        """Links between nodes met from a random one."""
        net = self.frame.net
        candidates = self._candidates(plan)
        first = net.link_ptr[:-1]
        tail, head = net.arc_tail[first], net.arc_head[first]
        inside = np.zeros(net.num_nodes, dtype=np.bool_)
        inside[self.rng.integers(net.num_nodes)] = True
        wanted = max(2, round(part * net.num_nodes))
        while inside.sum() < wanted:
            edge = np.where(candidates & (inside[tail] != inside[head]))[0]
            if not len(edge):
                break
            e = int(self.rng.choice(edge))
            inside[[tail[e], head[e]]] = True
        return candidates & inside[tail] & inside[head]

    def _between_plans(self, plan: StaticPlan, part: float) -> BoolArray:
        """Links in which another good plan differs, and some more."""
        others = [p for p in list(self.record.elite) if p is not plan]
        if not others:
            return self._any_links(plan, part)
        free = self._apart(plan, others[int(self.rng.integers(len(others)))])
        return free | (self._candidates(plan) & (self.rng.random(len(free)) < 0.3 * part))

    def _apart(self, plan: StaticPlan, other: StaticPlan) -> BoolArray:
        """Links of which two plans have different copies."""
        free = np.zeros(self.frame.net.num_links, dtype=np.bool_)
        free[self.frame.net.module_link[plan.copies != other.copies]] = True
        return free
