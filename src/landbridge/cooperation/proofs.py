"""Chooses the prices that a run keeps, and says what ``verify`` proves of each coalition from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from landbridge.cooperation.coalitions import coalition_sums
from landbridge.cooperation.game import Game
from landbridge.cooperation.values import Valuation
from landbridge.engine.problem import FloatArray
from landbridge.model.plan import Plan
from landbridge.model.shares import ProofListRow, ProofPriceRow
from landbridge.verify import prove_lists

MOST_LISTS = 24
"""Lists of prices that a run keeps: what is checked in a minute or two, and fits in a mail."""

SAME = 1e-6
"""A bound that is proved this near to one that is known, relative, takes its place: then it need not be believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    """
    Lists of prices and what they prove.

    Parameters
    ----------
    lists, prices
        Rows of the tables.
    proved
        By mask: what no plan of the coalition passes, in units that are paid; None: nothing is proved.
    """

    lists: tuple[ProofListRow, ...] = ()
    prices: tuple[ProofPriceRow, ...] = ()
    proved: dict[int, float] = field(default_factory=dict)

    def raised(self, game: Game) -> Game:
        """The game with bounds that are proved in place of those that are hardly lower."""
        high = game.high.copy()
        for mask, value in self.proved.items():
            if high[mask] < value <= high[mask] + SAME * max(1.0, abs(high[mask])) and mask < game.everyone:
                high[mask] = value
        return replace(game, high=high)

    def is_proved(self, mask: int, high: float) -> bool:
        """Whether a bound is proved by the prices."""
        return mask in self.proved and self.proved[mask] <= high


def prove_game(valuation: Valuation, game: Game, shares: Sequence[Fraction], joint: Plan, digits: int) -> Proofs:
    """
    Keep the prices on which a division rests, and let ``verify`` say what they prove.

    That of everybody, those with which the largest excess is as small as with all, and those
    that prove the most bounds.
    """
    told = {
        mask: item for mask, item in valuation.relaxed.items() if item is not None and item.told and item.bounds_parts
    }
    bounds = {mask: item.values() for mask, item in told.items()}
    chosen = choose_lists(bounds, game, coalition_sums([float(share) for share in shares]))
    rows = [(game.name(mask), told[mask].told) for mask in chosen]
    players = valuation.endowment.players
    quota = dict(zip(players.names, valuation.endowment.quota, strict=False))
    least = prove_lists(joint, valuation.endowment.case, players.names, players.kind.value, quota, rows)
    unit = 10**digits
    scale = 10**9 // unit
    return Proofs(
        lists=tuple(ProofListRow(list=number, members=name) for number, (name, _) in enumerate(rows, 1)),
        prices=tuple(replace(row, list=number) for number, (_, found) in enumerate(rows, 1) for row in found),
        proved={mask: -(-value // scale) / unit for mask, value in enumerate(least) if mask and value is not None},
    )


def choose_lists(bounds: dict[int, FloatArray], game: Game, promised: FloatArray) -> list[int]:
    """Lists by the coalition whose prices they are: that of everybody, which holds for all, then the most useful."""
    chosen = [game.everyone] if game.everyone in bounds else []
    least = bounds[game.everyone] if chosen else np.full(len(game.high), np.inf)
    proper = np.arange(1, game.everyone)
    while len(chosen) < min(MOST_LISTS, len(bounds)):
        worst = int(proper[np.argmax((least - promised)[proper])])
        below = least[worst] * (1 - SAME * np.sign(least[worst]))  # inf as long as no list holds for the coalition
        better = [mask for mask, bound in bounds.items() if bound[worst] < below]
        if not better:
            break
        best = min(better, key=lambda mask: (bounds[mask][worst], -mask))
        chosen.append(best)
        least = np.minimum(least, bounds[best])
    while len(chosen) < min(MOST_LISTS, len(bounds)):
        enough = game.high + SAME * np.maximum(1.0, np.abs(game.high))
        open_ = least > enough
        gains = {mask: int((open_ & (bound <= enough)).sum()) for mask, bound in bounds.items() if mask not in chosen}
        best = max(gains, key=lambda mask: (gains[mask], mask))
        if not gains[best]:
            break
        chosen.append(best)
        least = np.minimum(least, bounds[best])
    return chosen


def largest_excess(proved: dict[int, float], game: Game, shares: Sequence[Fraction]) -> float | None:
    """Most that any proper coalition gains by leaving, by what is proved alone; None where some are not covered."""
    if any(mask not in proved for mask in range(1, game.everyone)):
        return None
    sums = [Fraction(0)]
    for share in shares:
        sums += [total + share for total in sums]
    return float(max(Fraction(repr(proved[mask])) - sums[mask] for mask in range(1, game.everyone)))
