"""The Shapley value: exact over all coalitions, as an interval, and sampled."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from landbridge.cooperation.coalitions import has_player, sizes
from landbridge.cooperation.game import Game
from landbridge.engine.problem import FloatArray

CONFIDENCE = 0.95
"""Probability with which a sampled share lies in its interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledShapley:
    """
    An estimate of the Shapley value; a figure of a report, never part of a certificate.

    Parameters
    ----------
    shares
        Shape ``(P,)``, money; they add up to ``w(N)``.
    half_width
        Shape ``(P,)``, money. The confidence interval of each share is ``shares -+ half_width``.
    samples
        Orders of arrival that were looked at.
    """

    shares: FloatArray
    half_width: FloatArray
    samples: int


def shapley(worth: FloatArray) -> FloatArray:
    """
    What each player brings on average over all orders of arrival [1]_.

    It may lie outside the core; of a convex game it does not.

    Parameters
    ----------
    worth
        Shape ``(2**P,)``, money, by bit mask.

    References
    ----------
    .. [1] Shapley, L. S. (1953). A value for n-person games. *Contributions to the Theory of Games* II: 307-317.
           https://doi.org/10.1515/9781400881970-018.
    """
    return _average(worth, worth)


def shapley_interval(game: Game) -> tuple[FloatArray, FloatArray]:
    """Least and largest Shapley value of each player over all games within the intervals."""
    return _average(game.low, game.high), _average(game.high, game.low)


def _average(joined: FloatArray, left: FloatArray) -> FloatArray:
    """Weighted sum of ``joined(S + i) - left(S)`` over the coalitions without i."""
    num_players = len(joined).bit_length() - 1
    masks = np.arange(len(joined))
    weight = np.array([1.0 / (num_players * math.comb(num_players - 1, size)) for size in range(num_players)])
    found = np.zeros(num_players)
    size = sizes(num_players)
    for player in range(num_players):
        without = masks[~has_player(num_players, player)]
        found[player] = weight[size[without]] @ (joined[without | (1 << player)] - left[without])
    return found


def sample_shapley(
    worth: Callable[[int], float],
    num_players: int,
    *,
    samples: int,
    seed: int,
    confidence: float = CONFIDENCE,
    cancelled: Callable[[], bool] = lambda: False,
    report: Callable[[int], None] = lambda samples: None,
) -> SampledShapley | None:
    """
    Estimate the Shapley value from random orders of arrival, each taken forwards and backwards [1]_.

    Parameters
    ----------
    worth
        Value of a coalition by its mask, money; called up to ``samples * (num_players - 1)`` times, once a mask.
    samples
        Orders, at least 4; an odd number is rounded up.
    confidence
        Probability with which a share lies in its interval, by the normal approximation.
    cancelled, report
        Asked after each order and its reverse; told how many orders there are by then.

    Returns
    -------
    SampledShapley
        None when cancelled before four orders.

    References
    ----------
    .. [1] Castro, J., D. Gómez, and J. Tejada (2009). Polynomial calculation of the Shapley value based on sampling.
           *Computers & Operations Research* 36(5): 1726-1730. https://doi.org/10.1016/j.cor.2008.04.004.
    """
    rng = np.random.default_rng(seed)
    known: dict[int, float] = {0: 0.0}
    pairs = max(2, (samples + 1) // 2)
    found = np.zeros((pairs, num_players))
    done = 0
    for pair in range(pairs):
        order = rng.permutation(num_players).tolist()
        for direction in (order, order[::-1]):
            mask = 0
            for player in direction:
                joined = mask | (1 << player)
                if joined not in known:
                    known[joined] = worth(joined)
                found[pair, player] += 0.5 * (known[joined] - known[mask])
                mask = joined
        if cancelled():  # values may have been cut short on the way
            break
        done += 1
        report(2 * done)
    if done < 2:
        return None
    found = found[:done]
    error = found.std(axis=0, ddof=1) / math.sqrt(done)
    return SampledShapley(shares=found.mean(axis=0), half_width=_normal_quantile(confidence) * error, samples=2 * done)


def _normal_quantile(confidence: float) -> float:
    from statistics import NormalDist  # a slow import that few need

    return NormalDist().inv_cdf(0.5 + confidence / 2)
