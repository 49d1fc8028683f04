"""A cooperative game whose values are intervals, and what theory adds to them for free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landbridge.cooperation.coalitions import everyone, members, submasks
from landbridge.engine.problem import FloatArray
from landbridge.errors import InvalidGame
from landbridge.units import SUM_TOL

MOST_PLAYERS, LARGEST_GAME = 16, 250
"""Players up to which a game may hold a value for every coalition, and up to which there is any way at all."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Game:
    """
    A game in which the worth of every coalition is known to lie in an interval.

    Parameters
    ----------
    players
        Names, at least two, all different.
    low, high
        Shape ``(2**P,)``, by bit mask, money. A value that was reached, and a proved bound on what can be;
        both 0 for the empty coalition. A cost game has ``low = -highest cost``, ``high = -lowest cost``.

    Raises
    ------
    InvalidGame
        ``one-player``, ``too-many-players``, ``bad-values`` (a shape or number that makes no sense) or
        ``low-above-high``; the message names the coalition.
    """

    players: tuple[str, ...]
    low: FloatArray
    high: FloatArray

    def __post_init__(self) -> None:
        check_players(self.players, MOST_PLAYERS)
        for name in ("low", "high"):
            values = getattr(self, name)
            if values.shape != (1 << len(self.players),) or not np.isfinite(values).all() or values[0] != 0:
                raise InvalidGame(
                    f"{name} has {values.size} values; expected a finite one for each of the "
                    f"{1 << len(self.players)} coalitions, 0 for the empty one",
                    code="bad-values",
                )
        if (self.low > self.high).any():
            mask = int(np.argmax(self.low - self.high))
            raise InvalidGame(
                f"coalition {self.name(mask)!r}: its value reached, {self.low[mask]}, is above its bound, "
                f"{self.high[mask]}; one of the two is not proved",
                code="low-above-high",
            )

    @property
    def num_players(self) -> int:
        """Number of players."""
        return len(self.players)

    @property
    def everyone(self) -> int:
        """Mask of the grand coalition."""
        return everyone(self.num_players)

    def name(self, mask: int) -> str:
        """Members of a coalition, blank-separated."""
        return " ".join(self.players[player] for player in members(mask))

    def defended(self) -> FloatArray:
        """
        Values against which a division of the plan in hand is defended: ``U(S)``, and ``L(N)`` for everyone.

        A division of ``L(N)`` that no coalition can improve on in this game is
        stable whatever the exact values are.
        """
        worth = self.high.copy()
        worth[-1] = self.low[-1]
        return worth


def check_players(players: Sequence[str], most: int) -> None:
    """
    Refuse a set of players that is no game to divide.

    Raises
    ------
    InvalidGame
        ``one-player``, ``too-many-players``, ``bad-values``.
    """
    if len(players) < 2:
        raise InvalidGame(
            f"{len(players)} player: {' '.join(players) or 'nobody'}; expected two or more, as there is nothing to "
            "divide. Choose other players (regions, parties or countries), or a case with more of them.",
            code="one-player",
        )
    if len(players) > most > MOST_PLAYERS:
        raise InvalidGame(
            f"{len(players)} players: a value is divided among at most {most}. Choose larger players (groups or "
            "countries).",
            code="too-many-players",
        )
    if len(players) > most:
        raise InvalidGame(
            f"{len(players)} players have {2 ** len(players) - 1:,} coalitions; each can be valued for at most {most}. "
            "Choose larger players (countries), or a method that needs few coalitions: rows or owen.",
            code="too-many-players",
        )
    if len(set(players)) < len(players) or not all(players):
        raise InvalidGame(f"the players {', '.join(players)} are not all different and named", code="bad-values")


def exact_game(players: Sequence[str], values: Sequence[float] | FloatArray) -> Game:
    """Game of exact values by bit mask, without the empty coalition. Shape ``(2**P - 1,)``."""
    table = np.concatenate(([0.0], np.asarray(values, dtype=np.float64)))
    return Game(players=tuple(players), low=table, high=table.copy())


def tighten(game: Game, *, monotone: bool = True) -> Game:
    """
    Narrow the intervals of a superadditive game.

    Two coalitions may run their plans side by side, so ``L(S) >= L(T) + L(S - T)``
    and ``U(S) <= U(S + T) - L(T)``; with ``monotone`` also ``L(S) >= L(T)`` and ``U(T) <= U(S)``
    for T in S. Nothing is solved.

    Raises
    ------
    InvalidGame
        ``not-superadditive``, when the intervals refute it.
    """
    refuted = find_superadditivity_fault(game)
    if refuted:
        raise InvalidGame(_fault_text(game, *refuted), code="not-superadditive")
    low, high = game.low.copy(), game.high.copy()
    full = game.everyone
    for mask in range(1, full + 1):
        parts = submasks(mask)
        if monotone:
            low[mask] = max(low[mask], float(low[parts].max()))
        low[mask] = max(low[mask], float((low[parts] + low[mask ^ parts]).max()))
    for mask in range(full, 0, -1):
        others = submasks(full ^ mask)
        if monotone:
            high[mask] = min(high[mask], float(high[mask | others].min()))
        high[mask] = min(high[mask], float((high[mask | others] - low[others]).min()))
    # rounding of sums may cross two ends that meet
    return Game(players=game.players, low=low, high=np.maximum(high, low))


def find_superadditivity_fault(game: Game) -> tuple[int, int] | None:
    """Two disjoint coalitions that are certainly worth less together than apart, the worst pair; None: none."""
    worst, found = SUM_TOL * float(np.abs(game.high).max()), None
    for mask in range(1, game.everyone + 1):
        parts = submasks(mask)
        loss = game.low[parts] + game.low[mask ^ parts] - game.high[mask]
        at = int(np.argmax(loss))
        if loss[at] > worst:
            worst, found = float(loss[at]), (int(parts[at]), int(mask ^ parts[at]))
    return found


def warn_superadditivity(game: Game) -> str:
    """Warning that names the pair of coalitions that lose by joining; empty when there is none."""
    fault = find_superadditivity_fault(game)
    return _fault_text(game, *fault) if fault else ""


def _fault_text(game: Game, one: int, other: int) -> str:
    together, apart = game.high[one | other], game.low[one] + game.low[other]
    return (
        f"the game is not superadditive: {game.name(one)!r} and {game.name(other)!r} are worth {apart:g} apart and at "
        f"most {together:g} together. Check the values of these coalitions, or whether one keeps something from the "
        "other."
    )


def is_convex(values: FloatArray) -> bool:
    """Whether a player brings never less to a larger coalition; then the Shapley value lies in the core."""
    num_players = len(values).bit_length() - 1
    tol = SUM_TOL * max(1.0, float(np.abs(values).max()))
    masks = np.arange(len(values))
    for i in range(num_players):
        for j in range(i):
            free = masks[((masks >> i) & 1 == 0) & ((masks >> j) & 1 == 0)]
            one, two = 1 << i, 1 << j
            gain = values[free | one | two] - values[free | one] - values[free | two] + values[free]
            if (gain < -tol).any():
                return False
    return True
