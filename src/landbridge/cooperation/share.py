"""From a case to a plan, a division of its value that is certified, and the payments that make it so."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from landbridge.cooperation.cash import cash_flows
from landbridge.cooperation.certificate import Certificate, certify
from landbridge.cooperation.endow import QuotaRule, check_sizes, endow, measure
from landbridge.cooperation.game import LARGEST_GAME, MOST_PLAYERS, Game, check_players
from landbridge.cooperation.joint import plan_longer, plan_together
from landbridge.cooperation.many_search import MOST_RELAXED, ManyWishes, check_many
from landbridge.cooperation.methods import divide
from landbridge.cooperation.players import PlayerKind
from landbridge.cooperation.proofs import prove_game
from landbridge.cooperation.rationals import exact
from landbridge.cooperation.restrict import Endowment
from landbridge.cooperation.search import HARDEST, Search
from landbridge.cooperation.sensitivity import try_payments
from landbridge.cooperation.settlement import minor_digits
from landbridge.cooperation.share_many import MANY_METHODS, MOST_SEARCHED, share_many
from landbridge.cooperation.share_tables import Outcome, write_tables
from landbridge.cooperation.values import Effort, Valuation, start_valuation
from landbridge.errors import Finding, InvalidCase, InvalidGame
from landbridge.model.case import Case
from landbridge.model.plan import Plan
from landbridge.model.shares import ShareTables
from landbridge.planning import PlanLimits
from landbridge.runtime import Cache, Workers

MOST_LISTED = 12
"""Players up to which all coalitions are listed unless asked otherwise."""

TOLERANCE_OF_GAIN = Fraction(2, 100)
"""Part of the gain up to which an epsilon is called certified while stability is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareProgress:
    """What is done: step in words, coalitions of the step, and how many there are."""

    step: str
    done: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareWishes:
    """
    What is to be shared, and how.

    Parameters
    ----------
    players, quotas, agreements
        Who shares; how public limits are split (None: there may be none); agreements that count: all, in_force, none.
    method
        Division that is settled and certified; blank: ``nucleolus`` for up to 12 players, ``rows`` for up to 26,
        ``owen`` for more, and above 12 for cases of many orders.
    base
        Size of players where a method asks for one: turnover, volume, population, equal.
    plan_limits
        When the search for everybody's plan stops.
    effort
        When the work on one other coalition stops.
    tighten
        Coalitions that may be planned, with a bound by branching, once relaxations alone leave stability open.
    rows_s
        Seconds for row generation, of many players.
    samples
        Orders of arrival drawn for a sampled Shapley value of many players, beside the division; 0: none.
    is_tried
        Try the payments on costs and volumes that are 10 % off.
    """

    players: PlayerKind = PlayerKind.REGIONS
    quotas: QuotaRule | None = None
    agreements: str = "all"
    method: str = ""
    base: str = "turnover"
    plan_limits: PlanLimits = field(default_factory=PlanLimits)
    effort: Effort = field(default_factory=Effort)
    tighten: int = 64
    rows_s: float = 300.0
    samples: int = 0
    is_tried: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """The joint plan, what the run says of its division, and (few players) the game and certificate behind it."""

    plan: Plan
    tables: ShareTables
    game: Game | None = None
    certificate: Certificate | None = None


def share(
    case: Case,
    wishes: ShareWishes | None = None,
    *,
    joint: Plan | None = None,
    workers: Workers | None = None,
    cache: Cache | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    report: Callable[[ShareProgress], None] = lambda progress: None,
) -> Shared:
    """
    Plan a case together, value coalitions as far as the certificate needs them, and divide the plan's value.

    Single players and all but one are planned. Of the others only those are
    relaxed that bind the nucleolus: coalitions that it leaves slack could be worth
    less without moving it, so the point is the nucleolus of the game in which
    all were relaxed (docs/design/cooperation.md, §7). Where a bound still exceeds what a
    coalition is promised, the coalition is planned and bounded by branching.

    Parameters
    ----------
    joint
        Plan of everybody that is divided, made of this case with the same agreements; None: plan now.

    Raises
    ------
    InvalidCase
        See ``endow``; ``no-joint-plan``, when all together have no plan; ``run-with-all-orders``, when ``joint`` is
        given and of some outside order the players have a part only.
    InvalidGame
        ``one-player``, ``too-many-players``, ``not-superadditive``; ``joint-plan-too-poor``, when plans of parts found
        meanwhile are worth more together than the joint plan, also after it was planned again for longer.
    NoShare
        ``no-fair-prices``, ``no-samples``, ``no-base``, before any work is done; and see ``share_many``.
    """
    wishes = wishes or ShareWishes()
    endowment = endow(case, wishes.players, wishes.quotas, LARGEST_GAME)
    num_players = len(endowment.players.names)
    if not wishes.method:
        wishes = replace(wishes, method=usual_method(num_players, len(case.orders)))
    if wishes.method in MANY_METHODS:
        check_many(wishes.method, wishes.samples, len(case.orders))
    else:
        check_players(endowment.players.names, MOST_PLAYERS)
        check_sizes(case, endowment.players, wishes.method, wishes.base)
    together = endowment.restrict((1 << num_players) - 1)
    workers, cache = workers or Workers(), cache or Cache()
    is_planned = joint is None
    if joint is None:
        report(ShareProgress(step="planning together", done=0, of=1))
        joint = plan_together(together, wishes.agreements, wishes.plan_limits, cache)
    elif together is not case:
        raise InvalidCase([_part_of_orders()])
    if joint.summary.value is None or joint.summary.bound is None:
        raise InvalidCase([_no_plan()])

    def tell(step: str, done: int, of: int) -> None:
        report(ShareProgress(step=step, done=done, of=of))

    if wishes.method in MANY_METHODS:
        tables = share_many(endowment, joint, _many(endowment, wishes), workers, cache, cancelled, tell)
        shared = Shared(plan=joint, tables=tables)
    else:
        valuation = start_valuation(endowment, wishes.agreements, workers, cache)
        _learn_joint(valuation, joint)
        digits = minor_digits(case.settings.currency)
        search = Search(valuation, wishes.effort, wishes.tighten, digits, cancelled, tell)
        search.relax_first()
        search.relax_what_binds()
        search.plan_ends()
        search.plan_what_objects()
        search.settle()
        if is_planned and _is_poor(search, joint):
            report(ShareProgress(step="planning together again", done=0, of=1))
            joint = plan_longer(together, joint, wishes.agreements, wishes.plan_limits, cache)
            _learn_joint(valuation, joint)
        if _is_poor(search, joint):
            raise InvalidGame(_poor(search, joint), code="joint-plan-too-poor")
        shared = _finish(endowment, valuation, wishes, joint, search)
    if not wishes.is_tried:
        return shared
    payments = {row.player: row.payment for row in shared.tables.shares if row.method == shared.tables.summary.method}
    rows = try_payments(
        endowment,
        [payments[name] for name in endowment.players.names],
        wishes.agreements,
        wishes.plan_limits,
        wishes.effort,
        workers,
        cache,
        minor_digits(case.settings.currency),
        cancelled,
        tell,
    )
    return replace(shared, tables=replace(shared.tables, sensitivity=rows))


def usual_method(num_players: int, num_orders: int) -> str:
    """The strongest method whose certificate can be had in minutes, and checked."""
    if num_players <= MOST_LISTED:
        return "nucleolus"
    return "rows" if num_players <= MOST_SEARCHED and num_orders <= MOST_RELAXED else "owen"


def _many(endowment: Endowment, wishes: ShareWishes) -> ManyWishes:
    return ManyWishes(
        method=wishes.method,
        agreements=wishes.agreements,
        quotas=wishes.quotas.value if wishes.quotas and endowment.quota else "",
        base=wishes.base,
        effort=wishes.effort,
        tighten=wishes.tighten,
        time_s=wishes.rows_s,
        samples=wishes.samples,
        threads=wishes.plan_limits.threads,
    )


def _learn_joint(valuation: Valuation, joint: Plan) -> None:
    full = valuation.everyone
    base = float(valuation.base.sum())
    value, bound = joint.summary.value, joint.summary.bound
    assert value is not None
    assert bound is not None
    valuation.low[full] = max(0.0, value - base)
    valuation.high[full] = max(bound - base, valuation.low[full])
    valuation.planned[full] = HARDEST
    valuation.is_low_found.add(full)
    valuation.is_high_found[full] = "branching"
    valuation.seconds[full] = joint.summary.seconds


def _is_poor(search: Search, joint: Plan) -> bool:
    """Whether parts planned apart come to more than the joint plan: what it divides would not be there."""
    return float(search.game().low[-1]) - (joint.summary.value or 0.0) > 10.0**-search.digits


def _poor(search: Search, joint: Plan) -> str:
    apart, value = float(search.game().low[-1]), joint.summary.value or 0.0
    return (
        f"the joint plan is worth {value:,.2f}, parts planned apart come to {apart:,.2f}: "
        "its search was too short. Plan together for longer (--time-limit), or give a better run."
    )


def _finish(endowment: Endowment, valuation: Valuation, wishes: ShareWishes, joint: Plan, search: Search) -> Shared:
    game = search.game()
    base = np.array(measure(endowment.case, endowment.players, wishes.base))
    owen = valuation.relaxed.get(valuation.everyone)
    divisions, notes = divide(game, valuation.base, base, None if owen is None else owen.owen(), search.digits)
    chosen = next((item for item in divisions if item.method == wishes.method), None)
    if chosen is None:
        raise InvalidGame(
            f"method {wishes.method!r}: {notes.get(wishes.method, 'there is no such method')}. "
            f"Choose one of {', '.join(item.method for item in divisions)}.",
            code="no-share",
        )
    proofs = prove_game(valuation, game, chosen.shares, joint, search.digits)
    raised = proofs.raised(game)
    if not np.array_equal(raised.high, game.high):
        game = raised
        divisions, notes = divide(game, valuation.base, base, None if owen is None else owen.owen(), search.digits)
        chosen = next(item for item in divisions if item.method == wishes.method)
    tolerance = _tolerance(game)
    certificate = certify(game, chosen.shares, tolerance=tolerance)
    if endowment.players.idle:
        names = " ".join(endowment.players.idle)
        notes["idle"] = (
            f"{names}: no order and no asset: brings nothing, gets nothing. Leave it out, or give it orders."
        )
    if valuation.warning:
        notes["not_superadditive"] = valuation.warning
    if wishes.samples:
        notes["samples"] = "none are drawn: all coalitions are listed, and the Shapley value beside counts all orders"
    if game.low[-1] <= sum(game.low[1 << i] for i in range(game.num_players)):
        notes["no_gain"] = (
            "all together reach no more than each alone: there is nothing to share. See what agreements would add."
        )
    outcome = Outcome(
        endowment=endowment,
        valuation=valuation,
        game=game,
        divisions=divisions,
        chosen=chosen,
        certificate=certificate,
        tolerance=tolerance,
        proofs=proofs,
        cash=cash_flows(endowment, joint, search.digits),
        digits=search.digits,
        agreements=wishes.agreements,
        quotas=wishes.quotas.value if wishes.quotas and endowment.quota else "",
        notes=notes,
    )
    return Shared(plan=joint, tables=write_tables(outcome), game=game, certificate=certificate)


def _tolerance(game: Game) -> Fraction:
    """Largest epsilon that is called certified: 2 % of the gain, or what the plan may lack to the best."""
    alone = sum((exact(game.low[1 << player]) for player in range(game.num_players)), Fraction(0))
    gain = exact(game.low[-1]) - alone
    lacks = exact(game.high[-1]) - exact(game.low[-1])
    unit = 100
    return Fraction(math.floor(max(gain * TOLERANCE_OF_GAIN, lacks, Fraction(0)) * unit), unit)


def _part_of_orders() -> Finding:
    return Finding(
        where="orders",
        column="quota",
        message="of some outside orders the players have a part only, and the plan given may take all of them; plan "
        "anew, without a run",
        code="run-with-all-orders",
    )


def _no_plan() -> Finding:
    return Finding(
        where="case",
        message="all together have no plan, so there is nothing to divide; run `landbridge plan` to see why",
        code="no-joint-plan",
    )
