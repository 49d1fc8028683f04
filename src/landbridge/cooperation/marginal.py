"""Divisions that need few values: what each brings alone, what the others do without it, and all together."""

from __future__ import annotations

import numpy as np

from landbridge.cooperation.coalitions import coalition_sums, has_player
from landbridge.engine.problem import FloatArray
from landbridge.errors import NoShare
from landbridge.units import SUM_TOL


def proportional(total: float, alone: FloatArray, base: FloatArray) -> FloatArray:
    """
    Divide the gain over stand-alone values in proportion to a base (population, volume, turnover).

    Parameters
    ----------
    total
        Value of all together, money.
    alone, base
        Shape ``(P,)``. Stand-alone values, money; bases, not negative and not all 0.

    Raises
    ------
    NoShare
        ``no-base``, when a base is negative or all are 0.
    """
    if (base < 0).any() or base.sum() <= 0:
        raise NoShare(
            f"the bases {base.tolist()} cannot divide a gain; expected none below 0 and one above", code="no-base"
        )
    shares: FloatArray = alone + (total - alone.sum()) * base / base.sum()
    return shares


def gately(total: float, alone: FloatArray, without: FloatArray) -> FloatArray:
    """
    Equal propensity to disrupt: what the others would lose over what the player would, the same for each [1]_.

    The same point as separable costs, remaining benefits.

    Parameters
    ----------
    total
        Value of all together, money.
    alone, without
        Shape ``(P,)``. Value of each player alone, and of all the others without it.

    Raises
    ------
    NoShare
        ``no-gately``, when nobody brings more than its stand-alone value though there is a gain.

    References
    ----------
    .. [1] Gately, D. (1974). Sharing the gains from regional cooperation: a game theoretic application to planning
           investment in electric power. *International Economic Review* 15(1): 195-208.
           https://doi.org/10.2307/2526099.
    """
    most = total - without
    span = float((most - alone).sum())
    gain = total - float(alone.sum())
    if span <= SUM_TOL * max(1.0, abs(total)):
        if abs(gain) <= SUM_TOL * max(1.0, abs(total)):
            return alone.copy()
        raise NoShare(
            f"the gain is {gain:g}, but no player brings more than its stand-alone value; Gately's point is not "
            "defined. Use the nucleolus.",
            code="no-gately",
        )
    shares: FloatArray = alone + (most - alone) * gain / span
    return shares


def tau(worth: FloatArray) -> FloatArray:
    """
    Compromise between what a player may claim at least and hope for at most [1]_.

    Parameters
    ----------
    worth
        Shape ``(2**P,)``, money, by bit mask.

    Raises
    ------
    NoShare
        ``no-tau``, when least claims exceed, or highest hopes fall short of, what there is.

    References
    ----------
    .. [1] Tijs, S. H. (1981). Bounds for the core and the tau-value. *Game Theory and Mathematical Economics*:
           123-132.
    """
    num_players = len(worth).bit_length() - 1
    full = len(worth) - 1
    most = np.array([worth[full] - worth[full ^ (1 << player)] for player in range(num_players)])
    left = worth - coalition_sums(most)
    least = np.array([left[has_player(num_players, player)].max() + most[player] for player in range(num_players)])
    total, tol = float(worth[full]), SUM_TOL * max(1.0, float(np.abs(worth).max()))
    if (least > most + tol).any() or least.sum() > total + tol or most.sum() < total - tol:
        raise NoShare(
            f"the players' least claims ({least.sum():g} together) and highest hopes ({most.sum():g}) do not enclose "
            f"{total:g}; the tau value is not defined. Use the nucleolus.",
            code="no-tau",
        )
    span = float((most - least).sum())
    if span <= tol:
        return most.copy()
    shares: FloatArray = least + (most - least) * (total - float(least.sum())) / span
    return shares
