"""Writes an outcome as the tables of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from landbridge.cooperation.certificate import Certificate, certify, excesses, keep_all
from landbridge.cooperation.game import Game
from landbridge.cooperation.methods import Division
from landbridge.cooperation.proofs import Proofs, largest_excess
from landbridge.cooperation.restrict import Endowment
from landbridge.cooperation.settlement import settle
from landbridge.cooperation.values import Valuation
from landbridge.model.shares import (
    CertificateRow,
    CoalitionValue,
    Judgement,
    MethodRow,
    PaymentRow,
    ShareRow,
    ShareSummary,
    ShareTables,
    SubsidisedRow,
    WeightRow,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All that the tables are written from."""

    endowment: Endowment
    valuation: Valuation
    game: Game
    divisions: Sequence[Division]
    chosen: Division
    certificate: Certificate
    tolerance: Fraction
    proofs: Proofs
    cash: Sequence[Fraction]
    digits: int
    agreements: str
    quotas: str
    notes: Mapping[str, str]


def write_tables(outcome: Outcome) -> ShareTables:
    """Tables of a division: every figure is a decimal that adds up as written."""
    coalitions = tuple(_coalition(outcome, mask) for mask in range(1, outcome.game.everyone + 1))
    game, chosen, certificate = outcome.game, outcome.chosen, outcome.certificate
    proved = largest_excess(outcome.proofs.proved, game, chosen.shares)
    notes = {**outcome.notes, "rests_on": rests_on(coalitions, float(certificate.epsilon_high), proved)}
    cash = balanced_cash(outcome.cash, chosen.shares, outcome.digits)
    subsidised = keep_all(game, certificate.subsidised, outcome.digits) if certificate.subsidised else ()
    return ShareTables(
        summary=_summary(outcome, notes, proved, sum(subsidised, Fraction(0))),
        coalitions=coalitions,
        methods=tuple(_method(outcome, division) for division in outcome.divisions),
        shares=tuple(
            ShareRow(
                method=division.method,
                player=name,
                alone=float(game.low[1 << player]),
                share=float(division.shares[player]),
                gain=float(division.shares[player] - _exact(game.low[1 << player])),
                cash=float(cash[player]),
                payment=float(division.shares[player] - cash[player]),
            )
            for division in outcome.divisions
            for player, name in enumerate(game.players)
        ),
        certificate=_certificate(game, chosen.shares),
        weights=tuple(
            WeightRow(coalition=game.name(mask), weight=str(weight)) for mask, weight in certificate.weights.items()
        ),
        subsidised=tuple(
            SubsidisedRow(player=name, share=float(share))
            for name, share in zip(game.players, subsidised, strict=bool(subsidised))
        ),
        settlement=settlement_rows(game.players, chosen.shares, cash, outcome.digits),
        proof_lists=outcome.proofs.lists,
        proof_prices=outcome.proofs.prices,
    )


def rests_on(coalitions: Sequence[CoalitionValue], epsilon: float, proved: float | None) -> str:
    """What the bounds of proper coalitions are, for whoever doubts them, and what is left if only proofs count."""
    count = Counter(row.basis_high for row in coalitions[:-1])
    kinds = ", ".join(f"{number:,} by {basis}" for basis, number in sorted(count.items()) if basis != "proved")
    if not count["proved"]:
        return f"bounds on coalitions: {kinds}; by the engine, not re-proved by verify"
    text = f"bounds on coalitions: {count['proved']:,} re-proved by verify from the prices in the run"
    text += f"; {kinds}, by the engine" if kinds else ""
    return text if proved is None else f"{text}. By those re-proved alone epsilon is {proved:.2f}, by all {epsilon:.2f}"


def _summary(outcome: Outcome, notes: Mapping[str, str], proved: float | None, subsidised: Fraction) -> ShareSummary:
    """``subsidised``: sum of the shares that keep all where the core is empty; what is above the value is paid in."""
    game, certificate = outcome.game, outcome.certificate
    return ShareSummary(
        players=game.players,
        kind=outcome.endowment.players.kind.value,
        method=outcome.chosen.method,
        agreements=outcome.agreements,
        quotas=outcome.quotas,
        quota=dict(zip(game.players, outcome.endowment.quota, strict=False)),
        verdict=certificate.verdict.value,
        epsilon_low=float(certificate.epsilon_low),
        epsilon_high=float(certificate.epsilon_high),
        tolerance=float(outcome.tolerance),
        value=float(game.low[-1]),
        bound=float(game.high[-1]),
        subsidy_low=float(certificate.subsidy_low),
        subsidy_high=float(subsidised - _exact(game.low[-1])) if certificate.subsidised else 0.0,
        currency=outcome.endowment.case.settings.currency,
        is_complete=True,
        notes=dict(notes),
        epsilon_proved=proved,
    )


def _coalition(outcome: Outcome, mask: int) -> CoalitionValue:
    game, valuation = outcome.game, outcome.valuation
    low = "plan" if mask in valuation.is_low_found else "joined"
    high = valuation.is_high_found.get(mask, "prices")
    if outcome.proofs.is_proved(mask, float(game.high[mask])):
        high = "proved"
    return CoalitionValue(
        members=game.name(mask),
        value_low=float(game.low[mask]),
        value_high=float(game.high[mask]),
        basis_low=low,
        basis_high=high,
        seconds=round(float(valuation.seconds[mask]), 3),
        value_proved=outcome.proofs.proved.get(mask),
    )


def _method(outcome: Outcome, division: Division) -> MethodRow:
    found = certify(outcome.game, division.shares, tolerance=outcome.tolerance)
    return MethodRow(
        method=division.method,
        verdict=found.verdict.value,
        epsilon_low=float(found.epsilon_low),
        epsilon_high=float(found.epsilon_high),
        closest=outcome.game.name(found.closest),
    )


def _certificate(game: Game, shares: Sequence[Fraction]) -> tuple[CertificateRow, ...]:
    low, high = excesses(game.low, shares), excesses(game.high, shares)
    rows = []
    for mask in range(1, game.everyone):
        judged = Judgement.CERTIFIED if high[mask] <= 0 else Judgement.REFUTED if low[mask] > 0 else Judgement.OPEN
        rows.append(
            CertificateRow(
                coalition=game.name(mask),
                excess_low=float(low[mask]),
                excess_high=float(high[mask]),
                verdict=judged.value,
            )
        )
    return tuple(rows)


def settlement_rows(
    names: Sequence[str], shares: Sequence[Fraction], cash: Sequence[Fraction], digits: int
) -> tuple[PaymentRow, ...]:
    """Payments that turn cash into shares, see ``settle``: as few as can be, or (of many players) few."""
    unit = 10**digits
    balances = [int((share - own) * unit) for share, own in zip(shares, cash, strict=True)]
    return tuple(
        PaymentRow(payer=names[payment.payer], payee=names[payment.payee], amount=float(Fraction(payment.amount, unit)))
        for payment in settle(balances)
    )


def balanced_cash(cash: Sequence[Fraction], shares: Sequence[Fraction], digits: int) -> list[Fraction]:
    """Cash flows whose sum is that of the shares: what rounding to the unit lost is taken off the largest."""
    found = list(cash)
    largest = max(range(len(found)), key=lambda player: abs(found[player]))
    found[largest] += sum(shares, Fraction(0)) - sum(found, Fraction(0))
    assert abs(found[largest] - cash[largest]) <= Fraction(len(cash) + 1, 10**digits)
    return found


def _exact(number: float) -> Fraction:
    return Fraction(repr(float(number)))
