"""Shares of many players: prices and row generation in place of a list of all coalitions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np

from landbridge.cooperation.cash import cash_flows
from landbridge.cooperation.coalitions import members
from landbridge.cooperation.endow import base_values
from landbridge.cooperation.many import (
    ManyDivision,
    OpenGame,
    bound_objections,
    divide_many,
    find_objection,
)
from landbridge.cooperation.many_search import ManySearch, ManyWishes
from landbridge.cooperation.methods import reached_part, scale_owen
from landbridge.cooperation.restrict import Endowment
from landbridge.cooperation.settlement import minor_digits, round_shares
from landbridge.cooperation.shapley import CONFIDENCE
from landbridge.cooperation.share_tables import balanced_cash, settlement_rows
from landbridge.cooperation.values import Look
from landbridge.engine.problem import FloatArray
from landbridge.errors import NoShare
from landbridge.model.plan import Plan
from landbridge.model.shares import (
    CertificateRow,
    CoalitionValue,
    Judgement,
    MethodRow,
    PriceListRow,
    SampledRow,
    ShareRow,
    ShareSummary,
    ShareTables,
    Verdict,
)
from landbridge.runtime import Cache, Workers
from landbridge.tables import input_hash

MANY_METHODS = ("rows", "owen", "fair_owen")
"""Methods that need few coalitions: row generation, the prices of everybody's relaxation, and the fairest of them."""

RHO_OF = "the value of everybody's relaxation that the plan reaches, both above what all have when nothing is served"
"""What the note ``rho`` is a part of."""

MOST_SEARCHED = 26
"""Players up to which the coalition that objects most is searched for, and ``verify`` goes through all."""


def share_many(
    endowment: Endowment,
    joint: Plan,
    wishes: ManyWishes,
    workers: Workers,
    cache: Cache,
    cancelled: Callable[[], bool],
    report: Callable[[str, int, int], None],
) -> ShareTables:
    """
    Divide the value of a joint plan among many players.

    ``owen``: each gets the worth of what it owns at everybody's prices, times
    ``rho``; one relaxation. ``fair_owen``: the fairest mixture of prices that are
    as good. ``rows``: starting there, coalitions that object are looked for, valued
    and answered, until none can.

    Raises
    ------
    NoShare
        ``no-prices``, when prices bound no other coalition, since departures are chosen by the engine.
    """
    digits = minor_digits(endowment.case.settings.currency)
    value, bound = joint.summary.value, joint.summary.bound
    assert value is not None
    assert bound is not None
    search = ManySearch(
        endowment=endowment,
        wishes=wishes,
        workers=workers,
        cache=cache,
        cancelled=cancelled,
        report=report,
        game=OpenGame(num_players=len(endowment.players.names), total=0),
        digits=digits,
        case_hash=input_hash(endowment.case),
    )
    game = search.game
    game.total = search.units(value, up=False)
    singles = [1 << player for player in range(game.num_players)]
    but_one = [search.everyone ^ single for single in singles]
    search.value([search.everyone, *singles, *(but_one if wishes.method == "rows" else [])], Look.RELAX)
    search.prove()
    game.high[search.everyone] = search.units(bound, up=True)
    game.low[search.everyone] = game.total
    if search.owen is None or not any(item.mask == search.everyone for item in game.lists):
        raise NoShare(
            "the prices of everybody's relaxation bound no other coalition: departures are chosen by the planner, or "
            "the work was cancelled. Give the services a timetable, or choose larger players (countries).",
            code="no-prices",
        )
    for single in singles:  # when cancelled, everybody's prices are what is known of some
        game.high.setdefault(single, game.bound(single))
    search.plan_singles()
    if wishes.method == "fair_owen":
        search.find_fair()
    wish = scale_owen(float(game.total), search.owen * 10**digits, np.array(base_values(endowment)) * 10**digits)
    wish = keep_alone(wish, np.array([game.high[single] for single in singles], dtype=np.float64))
    if wishes.method == "rows":
        found = divide_many(
            game, wish, search.price, search.value, time_s=wishes.time_s, most_plans=wishes.tighten, cancelled=cancelled
        )
    else:
        found = ManyDivision(shares=_whole(wish, game.total), proved=0, closest=0, rounds=1)
    if game.num_players > MOST_SEARCHED:  # what verify can prove again without going through all coalitions
        objection = bound_objections(game, found.shares)
        found = replace(found, proved=math.ceil(objection.proved), closest=objection.mask)
    elif wishes.method != "rows":
        objection = find_objection(game, np.array(found.shares, dtype=np.float64), wishes.time_s, cancelled)
        found = replace(found, proved=math.ceil(objection.proved), closest=objection.mask)
    return replace(_tables(search, joint, found), sampled=_sampled(search))


def keep_alone(wish: FloatArray, alone: FloatArray) -> FloatArray:
    """Lift shares that are below stand-alone bounds to them, at the cost of what others have above theirs."""
    if alone.sum() >= wish.sum():
        return wish
    above = np.maximum(wish - alone, 0.0)
    shares: FloatArray = alone + above * (wish.sum() - alone.sum()) / above.sum()
    return shares


def _whole(shares: FloatArray, total: int) -> tuple[int, ...]:
    found = [Fraction(value) for value in shares.tolist()]
    lacking = (total - sum(found, Fraction(0))) / len(found)
    return tuple(int(share) for share in round_shares([value + lacking for value in found], 0))


def _tables(search: ManySearch, joint: Plan, found: ManyDivision) -> ShareTables:
    game, names, unit = search.game, search.endowment.players.names, 10**search.digits
    masks = sorted(game.high, key=lambda mask: (mask.bit_count(), mask))

    def money(units: int) -> float:
        return float(Fraction(units, unit))

    def name(mask: int) -> str:
        return " ".join(names[player] for player in members(mask))

    def promised(mask: int) -> int:
        return sum(found.shares[player] for player in members(mask))

    low = {mask: search.reached(mask) for mask in masks}
    high = {mask: max(game.bound(mask), low[mask]) for mask in masks}
    high[search.everyone] = game.high[search.everyone]  # the bound of the run whose plan is divided
    rows = []
    for mask in masks:
        if mask != search.everyone:
            ends = low[mask] - promised(mask), high[mask] - promised(mask)
            judged = Judgement.CERTIFIED if ends[1] <= 0 else Judgement.REFUTED if ends[0] > 0 else Judgement.OPEN
            rows.append(
                CertificateRow(
                    coalition=name(mask), excess_low=money(ends[0]), excess_high=money(ends[1]), verdict=judged.value
                )
            )
    epsilon_low = max(low[mask] - promised(mask) for mask in masks if mask != search.everyone)
    epsilon_high = max(found.proved, epsilon_low)
    tolerance = _tolerance(game, search.everyone, sum(low[1 << player] for player in range(game.num_players)))
    verdict = (
        Verdict.STABLE
        if epsilon_high <= 0
        else Verdict.EPSILON
        if epsilon_low > 0 or epsilon_high <= tolerance
        else Verdict.UNDECIDED
    )
    shares = [Fraction(share, unit) for share in found.shares]
    proofs = [item.proof.rows(number) for number, item in enumerate(game.lists, start=1) if item.proof is not None]
    cash = balanced_cash(cash_flows(search.endowment, joint, search.digits), shares, search.digits)
    method = search.wishes.method
    return ShareTables(
        summary=ShareSummary(
            players=names,
            kind=search.endowment.players.kind.value,
            method=method,
            agreements=search.wishes.agreements,
            quotas=search.wishes.quotas,
            quota=dict(zip(names, search.endowment.quota, strict=False)),
            verdict=verdict.value,
            epsilon_low=money(epsilon_low),
            epsilon_high=money(epsilon_high),
            tolerance=money(tolerance),
            value=money(game.total),
            bound=money(high[search.everyone]),
            subsidy_low=0.0,
            subsidy_high=0.0,
            currency=search.endowment.case.settings.currency,
            is_complete=False,
            notes=_notes(search, found),
        ),
        coalitions=tuple(
            CoalitionValue(
                members=name(mask),
                value_low=money(low[mask]),
                value_high=money(high[mask]),
                basis_low="plan" if mask in game.low else "joined",
                basis_high=search.basis(mask),
                seconds=0.0,
            )
            for mask in masks
        ),
        methods=(
            MethodRow(
                method=method,
                verdict=verdict.value,
                epsilon_low=money(epsilon_low),
                epsilon_high=money(epsilon_high),
                closest=name(found.closest),
            ),
        ),
        shares=tuple(
            ShareRow(
                method=method,
                player=player,
                alone=money(low[1 << index]),
                share=float(shares[index]),
                gain=money(found.shares[index] - low[1 << index]),
                cash=float(cash[index]),
                payment=float(shares[index] - cash[index]),
            )
            for index, player in enumerate(names)
        ),
        certificate=tuple(rows),
        weights=(),
        settlement=settlement_rows(names, shares, cash, search.digits),
        price_lists=tuple(
            PriceListRow(list=number, player=names[player], worth=money(item.worth[player]))
            for number, item in enumerate(game.lists, start=1)
            for player in members(item.mask)
        ),
        room_prices=tuple(row for rooms, _, _ in proofs for row in rooms),
        tolls=tuple(row for _, tolls, _ in proofs for row in tolls),
        demands=tuple(row for _, _, demands in proofs for row in demands),
    )


def _tolerance(game: OpenGame, full: int, alone: int) -> int:
    """Largest epsilon that is called certified: 2 % of the gain, or what the plan lacks to the bounds on everybody."""
    listed = min(sum(item.worth) for item in game.lists if item.mask == full)
    return max(math.floor(0.02 * max(game.total - alone, 0)), game.high[full] - game.total, listed - game.total, 0)


def _sampled(search: ManySearch) -> tuple[SampledRow, ...]:
    found = search.sample()
    if found is None:
        return ()
    unit = 10**search.digits
    return tuple(
        SampledRow(
            player=name,
            share=round(share / unit, search.digits),
            half_width=round(half_width / unit, search.digits),
            confidence=CONFIDENCE,
            samples=found.samples,
        )
        for name, share, half_width in zip(
            search.endowment.players.names, found.shares.tolist(), found.half_width.tolist(), strict=True
        )
    )


def _rho(search: ManySearch) -> float:
    """The factor of the shares."""
    assert search.owen is not None
    return _reached(search, search.owen)


def _reached(search: ManySearch, worth: FloatArray) -> float:
    """The part of a list's worth that the plan reaches, both above what all have when nothing is served."""
    return reached_part(search.game.total / 10**search.digits, worth, np.array(base_values(search.endowment)))


def _notes(search: ManySearch, found: ManyDivision) -> dict[str, str]:
    """The part of the relaxation's value and gain that the plan reaches, by a list proved again too, and the effort."""
    game = search.game
    relaxed = min(sum(item.worth) for item in game.lists if item.mask == search.everyone)
    alone = sum(game.high[1 << player] for player in range(game.num_players))
    notes = {"rho": f"{_rho(search):.4f}", "rho_of": RHO_OF, "rounds": str(found.rounds)}
    proved = sum(1 for item in game.lists if item.proof is not None)
    notes["rests_on"] = (
        f"lists of prices that verify proves again from the case: {proved:,}; by the engine, not re-proved by verify: "
        f"{len(game.lists) - proved:,} lists, {len(search.planned):,} bounds by branching"
    )
    if known := [item.worth for item in game.lists if item.proof is not None and item.mask == search.everyone]:
        least = np.array(min(known, key=sum), dtype=np.float64) / 10**search.digits
        notes["rho_proved"] = f"{_reached(search, least):.4f}"
    if relaxed > alone:
        notes["rho_gain"] = f"{(game.total - alone) / (relaxed - alone):.4f}"
    return notes
