"""Values the coalitions that decide: those on which the nucleolus rests, and those that could object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from landbridge.cooperation.certificate import certify
from landbridge.cooperation.coalitions import coalition_sums, incidence
from landbridge.cooperation.game import Game
from landbridge.cooperation.nucleolus import Nucleolus, nucleolus
from landbridge.cooperation.rationals import null_space
from landbridge.cooperation.values import Effort, Look, Valuation
from landbridge.model.shares import Verdict

BATCH = 8
"""Coalitions valued between two looks at the shares; the same however many workers there are."""

FEWEST = 2
"""Coalitions relaxed at a time, where the nucleolus rests on fewer: it may rest on those that follow next."""

HARDER, HARDEST = 4, 16
"""A coalition that still objects is planned with so many times the effort of before, up to so many times the first."""


@dataclass(slots=True)
class Search:
    """Values coalitions until the certificate stands or there is nothing left that would change it."""

    valuation: Valuation
    effort: Effort
    most_plans: int
    digits: int
    cancelled: Callable[[], bool]
    report: Callable[[str, int, int], None]

    def ends(self) -> list[int]:
        """Single players, and all but one: methods that need few values rest on these."""
        singles = [1 << player for player in range(len(self.valuation.players))]
        return list(dict.fromkeys([*singles, *(self.valuation.everyone ^ single for single in singles)]))

    def relax_first(self) -> None:
        """Relax everybody, whose prices bound all coalitions, and both ends."""
        self.value([self.valuation.everyone, *self.ends()], Look.RELAX)

    def plan_ends(self) -> None:
        """Plan both ends, where their relaxation is not reached yet."""
        self.value([mask for mask in self.ends() if not self.is_exact(mask)], Look.PLAN)
        self.relax_what_binds()

    def value(self, masks: list[int], look: Look, times: int = 1) -> None:
        """Value coalitions and say so."""
        self.valuation.value(
            masks,
            self.effort,
            look,
            times=times,
            cancelled=self.cancelled,
            report=lambda done, of: self.report(look.words, done, of),
        )

    def game(self) -> Game:
        """The game as it is known, in units that are paid."""
        return self.valuation.game(self.digits)

    def division(self, game: Game) -> Nucleolus:
        """Nucleolus of the game the plan in hand is defended in."""
        return nucleolus(game.defended())

    def settle(self) -> None:
        """Relax the coalitions on which the nucleolus rests, until all of them were."""
        self.relax_what_binds(levels=None)

    def relax_what_binds(self, levels: int | None = 1) -> None:
        """
        Relax the coalitions on which the first levels of the nucleolus rest (None: all), until all of them were.

        The first level tells whether anybody objects; the others are worth the work only when that is over.
        """
        while not self.cancelled():  # each round relaxes one coalition at least
            game = self.game()
            division = self.division(game)
            binding = [mask for level in division.levels[:levels] for mask in level.coalitions]
            wanted = [mask for mask in dict.fromkeys(binding) if self.is_open(mask)]
            if not wanted:
                return
            is_last = wanted[0] in division.levels[-1].coalitions  # then it is sure which follow
            fewest = BATCH if is_last else FEWEST
            if len(wanted) < fewest:
                next_ones = filter(self.is_open, next_to_bind(game, division, wanted[0]))
                wanted = list(dict.fromkeys([*wanted, *next_ones]))[:fewest]
            self.value(wanted[:BATCH], Look.RELAX)

    def is_open(self, mask: int) -> bool:
        """Whether a coalition could be relaxed and its bound be lowered by that."""
        return mask not in self.valuation.relaxed and not self.is_exact(mask)

    def plan_what_objects(self) -> None:
        """
        Plan coalitions whose bound exceeds what they are promised, worst first.

        Where that is not enough they are bounded with cut sets, which needs no plan; then planned harder each time.
        """
        left = self.most_plans
        while left > 0 and not self.cancelled():
            game = self.game()
            shares = self.division(game).shares
            if certify(game, shares).verdict in (Verdict.STABLE, Verdict.EMPTY):
                return
            wanted = self.objecting(game, shares)
            if not wanted:
                return
            tried = self.valuation.planned
            times = min(HARDER * tried.get(mask, 0) or 1 for mask in wanted)
            chosen = [mask for mask in wanted if tried.get(mask, 0) < times][: min(BATCH, left)]
            self.value(chosen, Look.RELAX)
            loose = [mask for mask in chosen if times > 1 and mask not in self.valuation.tightened]
            if loose:
                self.value(loose, Look.TIGHTEN)
            else:
                self.value(chosen, Look.PLAN, times)
            left -= len(chosen)
            self.relax_what_binds()

    def objecting(self, game: Game, shares: tuple[Fraction, ...]) -> list[int]:
        """Coalitions whose bound exceeds their shares and may still be lowered, worst first."""
        excess = game.high - coalition_sums([float(share) for share in shares])
        return [
            mask
            for mask in by_excess(game, shares)
            if excess[mask] > 0 and self.valuation.planned.get(mask, 0) < HARDEST and not self.is_exact(mask)
        ]

    def is_exact(self, mask: int) -> bool:
        """Whether the ends of a coalition's interval meet, to the unit that is paid."""
        return bool(self.valuation.high[mask] - self.valuation.low[mask] <= 10.0**-self.digits)


def next_to_bind(game: Game, division: Nucleolus, mask: int) -> list[int]:
    """Coalitions that the levels before that of a coalition leave free, by excess: if its bound falls, these follow."""
    width = len(division.shares)
    settled = [np.ones(width, dtype=np.int64)]
    for level in division.levels:
        if mask in level.coalitions:
            break
        settled += list(incidence(level.coalitions, width).astype(np.int64))
    moves = null_space([row.tolist() for row in settled], width)
    order = by_excess(game, division.shares)
    is_free = np.abs(incidence(order, width) @ moves).max(axis=1, initial=0.0) > 0.5
    return [other for other, free in zip(order, is_free.tolist(), strict=True) if free]


def by_excess(game: Game, shares: tuple[Fraction, ...]) -> list[int]:
    """Coalitions by what their bound has above their shares, the most first."""
    excess = game.high - coalition_sums([float(share) for share in shares])
    return [mask for mask in np.argsort(-excess, kind="stable").tolist() if 0 < mask < game.everyone]
