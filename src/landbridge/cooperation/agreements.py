"""What each agreement is worth, to all and to each player, and which to sign under a budget."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from landbridge.cooperation.coalitions import everyone
from landbridge.cooperation.endow import QuotaRule, endow
from landbridge.cooperation.game import LARGEST_GAME, Game
from landbridge.cooperation.players import PlayerKind
from landbridge.cooperation.rationals import exact
from landbridge.cooperation.restrict import Endowment, signers_by_agreement
from landbridge.cooperation.shapley import shapley_interval
from landbridge.cooperation.values import KEPT, Effort, Look, Valued, ValueTask, outward, start_valuation, value_tasks
from landbridge.errors import Finding, InvalidCase
from landbridge.model.case import Agreement, Case
from landbridge.model.shares import AgreementRow, AgreementTables, ChoiceRow, SetRow
from landbridge.network import counted_agreements, ended_agreements
from landbridge.runtime import Cache, Workers
from landbridge.tables import input_hash

MOST_SPLIT = 6
"""Players up to which the gain from an agreement is split among them: all coalitions are planned for each."""

MOST_BUDGETS, MOST_SUMS = 16, 4096
"""Budgets that are gone through, and sums of costs that are kept to choose them from."""

DIGITS = 2
"""Decimals of the figures, rounded outward."""

EVERYBODY = "*"
"""Stands for all players together in a table."""

ALIVE = ("in_force", "signed", "proposed")

Signed = frozenset[str]
"""A set of agreements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetValue:
    """What a set of agreements lets all reach: a value found and a proved bound, money, without fixed costs."""

    low: float
    high: float

    @property
    def is_known(self) -> bool:
        """Whether there are both a value and a bound; not so where work was cut short."""
        return math.isfinite(self.low) and math.isfinite(self.high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The best set found within a budget, its fixed costs, and what no other that is affordable is worth more than."""

    budget: float
    signed: Signed
    cost: Fraction
    best_high: float


@dataclass(slots=True)
class SetValues:
    """
    Values of sets of agreements, each found once.

    More agreements never lower what all can reach, so a set is worth at least
    what any part of it is, and no more than any larger one.
    """

    case: Case
    kind: PlayerKind
    quotas: QuotaRule | None
    effort: Effort
    workers: Workers
    cache: Cache
    cancelled: Callable[[], bool]
    report: Callable[[str, int, int], None]
    known: dict[Signed, Valued] = field(default_factory=dict)

    def find(self, sets: Iterable[Signed], step: str = "planning sets of agreements") -> None:
        """Value sets that were not yet."""
        wanted = [item for item in dict.fromkeys(sets) if item not in self.known]
        keys = {item: self._key(item) for item in wanted}
        tasks = []
        for item in wanted:
            kept = self.cache.get(keys[item])
            if isinstance(kept, Valued):
                self.known[item] = kept
            else:
                tasks.append(item)
        if tasks:
            self.report(step, 0, len(tasks))
        found = value_tasks([self._task(item) for item in tasks], self.workers, self.cancelled)
        for done, (item, valued) in enumerate(zip(tasks, found, strict=False)):
            self.known[item] = valued
            if not self.cancelled():  # what was cut short is not what the key stands for
                self.cache.put(keys[item], valued)
            self.report(step, done + 1, len(tasks))

    def value(self, item: Signed) -> SetValue:
        """Interval of a set, narrowed by its parts and by larger sets; unbounded above while nothing is known."""
        lows = [valued.low for other, valued in self.known.items() if other <= item and math.isfinite(valued.low)]
        highs = [valued.high for other, valued in self.known.items() if other >= item and math.isfinite(valued.high)]
        low = float(outward([max(lows)], DIGITS, up=False)[0]) if lows else -math.inf
        high = float(outward([min(highs)], DIGITS, up=True)[0]) if highs else math.inf
        return SetValue(low=low, high=max(low, high))

    def endowment(self, item: Signed) -> Endowment:
        """What belongs to whom when these agreements are in force and no others."""
        return endow(with_agreements(self.case, item), self.kind, self.quotas, LARGEST_GAME)

    def _task(self, item: Signed) -> ValueTask:
        endowment = self.endowment(item)
        mask = everyone(len(endowment.players.names))
        return ValueTask(endowment=endowment, mask=mask, agreements="in_force", effort=self.effort, look=Look.PLAN)

    def _key(self, item: Signed) -> str:
        from landbridge import __version__

        text = input_hash(with_agreements(self.case, item))
        return self.cache.key(__version__, KEPT, text, "set", str(self.quotas), repr(self.effort))


def with_agreements(case: Case, item: Signed) -> Case:
    """
    Case in which these agreements are in force, from today, and all others have ended.

    One that is in force on other days only, or over by then, stays as it is: no plan counts it.
    """
    idle = _idle(case)

    def change(row: Agreement) -> Agreement:
        if row.agreement in idle:
            return row
        if row.agreement in item:
            return replace(row, status="in_force", starts="", ends="")
        return replace(row, status="ended")

    return replace(case, agreements=tuple(map(change, case.agreements)))


def _idle(case: Case) -> frozenset[str]:
    """Agreements that are in force, but not on the first day of the case, and those that are over by then."""
    in_force = frozenset(row.agreement for row in case.agreements if row.status == "in_force")
    return (in_force - counted_agreements(case)) | ended_agreements(case)


def value_agreements(
    case: Case,
    *,
    players: PlayerKind = PlayerKind.REGIONS,
    only: Collection[str] = (),
    quotas: QuotaRule | None = None,
    budget: float | None = None,
    effort: Effort | None = None,
    workers: Workers | None = None,
    cache: Cache | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    report: Callable[[str, int, int], None] = lambda step, done, of: None,
) -> AgreementTables:
    """
    Value each agreement: what is lost without it if it is in force, what is gained with it if it is proposed.

    One that is in force on other days than the first of the case, or proposed and over by then, is not valued: no plan
    counts it.
    When cancelled, what has no bound by then is left out.

    All figures are intervals from plans and their bounds. Among few players the
    gain is split by the Shapley value of the game under each set of agreements:
    then both signers of a link between two gain the same from it [1]_.

    Parameters
    ----------
    only
        Agreements that are valued; none: all.
    budget
        Most fixed costs of new agreements; None: no choice is looked for.

    Raises
    ------
    InvalidCase
        ``no-agreements``, and see ``endow``.

    References
    ----------
    .. [1] Myerson, R. B. (1977). Graphs and cooperation in games. *Mathematics of Operations Research* 2(3): 225-229.
           https://doi.org/10.1287/moor.2.3.225; Jackson, M. O., and A. Wolinsky (1996). A strategic model of social and
           economic networks. *Journal of Economic Theory* 71: 44-74. https://doi.org/10.1006/jeth.1996.0108.
    """
    idle = _idle(case)
    alive = [row for row in case.agreements if row.status in ALIVE and row.agreement not in idle]
    if not alive:
        message = "no agreement is proposed, signed or in force; add one to the tables agreements and grants"
        raise InvalidCase([Finding(where="agreements", message=message, code="no-agreements")])
    values = SetValues(
        case=case,
        kind=players,
        quotas=quotas,
        effort=effort or Effort(),
        workers=workers or Workers(),
        cache=cache or Cache(),
        cancelled=cancelled,
        report=report,
    )
    base = frozenset(row.agreement for row in case.agreements if row.status == "in_force")  # those idle add nothing
    valued = [row for row in alive if not only or row.agreement in only]
    pairs = {row.agreement: (base - {row.agreement}, base | {row.agreement}) for row in valued}
    values.find([base, *(item for pair in pairs.values() for item in pair)])
    chosen: list[Choice] = []
    if budget is not None:
        candidates = [row for row in alive if row.status != "in_force"]
        chosen = [choose(values, base, candidates, limit) for limit in budgets(candidates, budget)]
    # each set that is planned narrows others: rows are made when no more will be; what has no bound is left out
    return AgreementTables(
        agreements=tuple(line for row in valued for line in _rows_of(values, row, *pairs[row.agreement])),
        sets=tuple(_set_row(values, item) for item in values.known if values.value(item).is_known),
        choices=tuple(_choice_row(values, base, choice) for choice in chosen if math.isfinite(choice.best_high)),
    )


def _set_row(values: SetValues, item: Signed) -> SetRow:
    found = values.value(item)
    return SetRow(agreements=" ".join(sorted(item)), value_low=found.low, value_high=found.high)


def _choice_row(values: SetValues, base: Signed, choice: Choice) -> ChoiceRow:
    found = values.value(base | choice.signed)
    low = net(found.low, choice.cost)
    return ChoiceRow(
        budget=choice.budget,
        signed=" ".join(sorted(choice.signed)),
        cost=float(choice.cost),
        net_low=low,
        net_high=net(found.high, choice.cost),
        best_high=max(choice.best_high, low),
    )


def _rows_of(values: SetValues, row: Agreement, without: Signed, given: Signed) -> list[AgreementRow]:
    less, more = values.value(without), values.value(given)
    if not (less.is_known and more.is_known):
        return []
    low, high = max(0.0, more.low - less.high), max(0.0, more.high - less.low)
    names = values.endowment(given).players
    signed = signers_by_agreement(values.case, names)[row.agreement]
    signers = " ".join(name for player, name in enumerate(names.names) if signed >> player & 1)

    def make(player: str, low: float, high: float) -> AgreementRow:
        ends = outward([low], DIGITS, up=False), outward([high], DIGITS, up=True)
        return AgreementRow(
            agreement=row.agreement,
            status=row.status,
            signers=signers,
            player=player,
            delta_low=float(ends[0][0]),
            delta_high=float(ends[1][0]),
            fixed_cost=row.fixed_cost if player == EVERYBODY else 0.0,
        )

    rows = [make(EVERYBODY, low, high)]
    if len(names.names) > MOST_SPLIT or values.cancelled():
        return rows
    before, after = split(values, without), split(values, given)
    if before is not None and after is not None:
        for player, name in enumerate(names.names):
            rows.append(make(name, after[0][player] - before[1][player], after[1][player] - before[0][player]))
    return rows


def split(values: SetValues, item: Signed) -> tuple[np.ndarray, np.ndarray] | None:
    """Shapley value of each player under a set of agreements, as an interval; all coalitions are planned."""
    game = game_of(values, item)
    return None if game is None else shapley_interval(game)


def game_of(values: SetValues, item: Signed) -> Game | None:
    """Game in which a coalition has those of the agreements whose signers are all in it; None: cut short."""
    valuation = start_valuation(values.endowment(item), "in_force", values.workers, values.cache)
    valuation.value(
        range(1, valuation.everyone + 1),
        values.effort,
        Look.PLAN,
        cancelled=values.cancelled,
        report=lambda done, of: values.report(f"splitting under {' '.join(sorted(item)) or 'none'}", done, of),
    )
    return valuation.game(6) if math.isfinite(valuation.high[-1]) else None


def choose(values: SetValues, base: Signed, candidates: list[Agreement], budget: float) -> Choice:
    """
    Find the best set to sign within a budget, by branch and bound over sets.

    Choosing is not submodular: two agreements may be worth more together than
    apart, so no greedy rule is safe. What bounds a branch is that more agreements never
    lower the value: with some decided, nothing beats all that are left, at the cost of those
    taken. The set with the highest such bound is planned next.
    """
    cost = {row.agreement: exact(row.fixed_cost) for row in candidates}
    names = [row.agreement for row in sorted(candidates, key=lambda row: (row.fixed_cost, row.agreement))]
    most = exact(budget)
    best, best_net = frozenset[str](), -math.inf
    branches: list[tuple[Signed, int]] = [(frozenset(), 0)]
    closed = -math.inf

    def spent(item: Signed) -> Fraction:
        return sum((cost[name] for name in item), Fraction(0))

    def largest(item: Signed, depth: int) -> Signed:
        left = most - spent(item)
        return base | item | frozenset(name for name in names[depth:] if cost[name] <= left)

    def bound(item: Signed, depth: int) -> float:
        return net(values.value(largest(item, depth)).high, spent(item))

    while branches:
        branches.sort(key=lambda branch: (bound(*branch), branch[1]))
        item, depth = branches.pop()
        if bound(item, depth) <= best_net or values.cancelled():
            closed = max(closed, bound(item, depth))
            break
        values.find([largest(item, depth), base | item])
        found = net(values.value(base | item).low, spent(item))
        if found > best_net:
            best, best_net = item, found
        if depth < len(names):
            branches.append((item, depth + 1))
            if spent(item) + cost[names[depth]] <= most:
                branches.append((item | {names[depth]}, depth + 1))
        else:
            closed = max(closed, net(values.value(base | item).high, spent(item)))
    return Choice(budget=budget, signed=best, cost=spent(best), best_high=closed)


def net(value: float, cost: Fraction) -> float:
    """Value less costs, as the decimals that are written say; an unknown end stays unknown."""
    return float(exact(value) - cost) if math.isfinite(value) else value


def budgets(candidates: list[Agreement], budget: float) -> list[float]:
    """
    Budgets at which another set becomes affordable, up to the one asked for; at most 16 and that one, the largest last.

    Sums of many costs are thinned as they are made: each candidate may double them.
    """
    sums, most = [Fraction(0)], exact(budget)
    for row in candidates:
        more = (total + exact(row.fixed_cost) for total in sums)
        sums = _spread(sorted({*sums, *(total for total in more if total <= most)}), MOST_SUMS)
    steps = _spread(sums, MOST_BUDGETS)
    return list(dict.fromkeys([*map(float, steps), budget]))


def _spread(steps: list[Fraction], most: int) -> list[Fraction]:
    """At most so many of the steps, from the first to the last."""
    if len(steps) <= most:
        return steps
    return [steps[round(index * (len(steps) - 1) / (most - 1))] for index in range(most)]
