"""The divisions that are shown side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from landbridge.cooperation.core import least_core
from landbridge.cooperation.equal_profit import equal_profit
from landbridge.cooperation.game import Game
from landbridge.cooperation.marginal import gately, proportional, tau
from landbridge.cooperation.nucleolus import nucleolus
from landbridge.cooperation.rationals import exact
from landbridge.cooperation.settlement import round_shares
from landbridge.cooperation.shapley import shapley
from landbridge.engine.problem import FloatArray
from landbridge.errors import NoShare

METHODS = ("nucleolus", "shapley", "equal_profit", "owen", "gately", "tau", "proportional")
"""Names of the methods, the default first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """Shares by one method, money in minor units as decimals; they add up to the value of the plan."""

    method: str
    shares: tuple[Fraction, ...]


def divide(
    game: Game, nothing: FloatArray, base: FloatArray, owen: FloatArray | None, digits: int
) -> tuple[tuple[Division, ...], dict[str, str]]:
    """
    Divide the value of the plan in hand by every method that has an answer.

    Parameters
    ----------
    nothing
        Shape ``(P,)``, money. What each player is worth when nothing is served; Owen shares are scaled above it.
    base
        Shape ``(P,)``. Sizes of players, for the methods that ask for one.
    owen
        Shape ``(P,)``, money. Worth of what each owns at the prices of everybody's relaxation; None: not known.
    digits
        Decimals that are paid.

    Returns
    -------
    tuple
        The divisions, and notes: for each method without an answer why, and epsilon of the least core.
    """
    worth = game.defended()
    players = range(game.num_players)
    total = float(worth[-1])
    alone = worth[[1 << player for player in players]]
    without = worth[[game.everyone ^ (1 << player) for player in players]]
    point = nucleolus(worth)
    methods: dict[str, Callable[[], Sequence[float] | FloatArray | Sequence[Fraction]]] = {
        "nucleolus": lambda: point.shares,
        "shapley": lambda: shapley(worth),
        "equal_profit": lambda: equal_profit(worth, base).shares,
        "owen": lambda: scale_owen(total, owen, nothing),
        "gately": lambda: gately(total, alone, without),
        "tau": lambda: tau(worth),
        "proportional": lambda: proportional(total, alone, base),
    }
    found, notes = [], {}
    for name in METHODS:
        try:
            shares = [exact(value) for value in methods[name]()]
        except NoShare as error:
            notes[name] = str(error)
            continue
        if name == "nucleolus" and not point.is_proved:
            notes[name] = "the point is the solver's, near the nucleolus; it has not passed Kohlberg's test"
        found.append(Division(method=name, shares=fit(shares, exact(total), digits)))
    notes["least_core"] = _least_core_words(least_core(worth).epsilon, digits)
    return tuple(found), notes


def _least_core_words(epsilon: float, digits: int) -> str:
    """What the best that any division can do for the group that is closest to leaving is, by bounds."""
    if epsilon <= 0:
        return f"epsilon {epsilon:.{digits}f}: no division puts every group ahead by more than {-epsilon:,.{digits}f}"
    return (
        f"epsilon {epsilon:.{digits}f}: whatever the division, the bound on some group is {epsilon:,.{digits}f} or "
        "more above what it gets"
    )


def scale_owen(total: float, owen: FloatArray | None, nothing: FloatArray) -> FloatArray:
    """
    Owen shares times ``rho``, see ``reached_part``, both above what each has when nothing is served.

    Every coalition then gets at least rho times everything it could gain by itself.

    Raises
    ------
    NoShare
        ``no-prices``, when the prices are not known.
    """
    if owen is None:
        raise NoShare(
            "prices of everybody's relaxation are not known: the work was cancelled. Let it end, or use the nucleolus.",
            code="no-prices",
        )
    shares: FloatArray = nothing + reached_part(total, owen, nothing) * (owen - nothing)
    return shares


def reached_part(total: float, owen: FloatArray, nothing: FloatArray) -> float:
    """``rho``: the part of the relaxation's value that the plan reaches, both above what all have when unserved."""
    above = float((owen - nothing).sum())
    return (total - float(nothing.sum())) / above if above > 0 else 0.0


def fit(shares: Sequence[Fraction], total: Fraction, digits: int) -> tuple[Fraction, ...]:
    """Shares in minor units that add up to the total, itself in minor units."""
    lacking = (total - sum(shares, Fraction(0))) / len(shares)
    return tuple(round_shares([share + lacking for share in shares], digits))


def as_floats(values: Sequence[Fraction]) -> FloatArray:
    """Fractions as floats."""
    return np.array([float(value) for value in values])
