"""Payments that turn each player's own cash flow into its share: to the cent, and few; of few players the fewest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from landbridge.errors import InvalidGame

MOST_EXACT = 14
"""Players with a balance up to which the number of payments is proved least."""

MINOR_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "KWD": 3, "BHD": 3, "OMR": 3, "JOD": 3, "TND": 3}
"""Decimals of currencies that do not have two (ISO 4217)."""


@dataclass(frozen=True, slots=True)
class Payment:
    """So many minor units from one player to another, by index."""

    payer: int
    payee: int
    amount: int


def minor_digits(currency: str) -> int:
    """Decimals of the smallest unit that is paid in a currency."""
    return MINOR_DIGITS.get(currency, 2)


def round_shares(shares: Sequence[Fraction], digits: int) -> list[Fraction]:
    """
    Round to minor units so that the sum stays what it is, rounded down; the largest remainders are rounded up.

    Each share moves by less than one unit.
    """
    unit = 10**digits
    scaled = [share * unit for share in shares]
    down = [value.numerator // value.denominator for value in scaled]
    total = sum(scaled, Fraction(0))
    missing = total.numerator // total.denominator - sum(down)
    order = sorted(range(len(shares)), key=lambda i: (down[i] - scaled[i], i))
    for index in order[:missing]:
        down[index] += 1
    return [Fraction(value, unit) for value in down]


def settle(balances: Sequence[int]) -> tuple[Payment, ...]:
    """
    Payments, few of them, that pay each player its balance: share less own cash flow, minor units, positive = receives.

    P players in k groups that each balance by themselves need P - k payments,
    so the number of groups is made largest: exactly up to ``MOST_EXACT``
    players, beyond that by pairs that balance; then fewer payments may do.

    Raises
    ------
    InvalidGame
        ``settlement-not-zero``, when the balances do not add up to 0.
    """
    if sum(balances):
        raise InvalidGame(f"the balances add up to {sum(balances)}; expected 0", code="settlement-not-zero")
    open_ = [player for player, balance in enumerate(balances) if balance]
    groups = _most_groups(open_, balances) if len(open_) <= MOST_EXACT else _pairs_first(open_, balances)
    return tuple(payment for group in groups for payment in _within(group, balances))


def _most_groups(players: list[int], balances: Sequence[int]) -> list[list[int]]:
    """
    Split players into the largest number of groups that balance.

    Over subsets: ``count[S]`` = groups that can be closed on the way to S, adding one player at a time; a
    subset that balances closes one more.
    """
    num = len(players)
    total, count, last = [0] * (1 << num), [0] * (1 << num), [-1] * (1 << num)
    for mask in range(1, 1 << num):
        best = -1
        for i in range(num):
            if mask >> i & 1 and count[mask ^ (1 << i)] > best:
                best, last[mask] = count[mask ^ (1 << i)], i
        low = (mask & -mask).bit_length() - 1
        total[mask] = total[mask & (mask - 1)] + balances[players[low]]
        count[mask] = best + (total[mask] == 0)
    groups: list[list[int]] = []
    mask = (1 << num) - 1
    while mask:
        if total[mask] == 0:
            groups.append([])
        groups[-1].append(players[last[mask]])
        mask ^= 1 << last[mask]
    return groups


def _pairs_first(players: list[int], balances: Sequence[int]) -> list[list[int]]:
    """Pairs that balance, and all the others in one group."""
    by_balance: dict[int, list[int]] = {}
    pairs: list[list[int]] = []
    for player in players:
        partner = by_balance.get(-balances[player])
        if partner:
            pairs.append([partner.pop(), player])
        else:
            by_balance.setdefault(balances[player], []).append(player)
    rest = [player for group in by_balance.values() for player in group]
    return [*pairs, rest] if rest else pairs


def _within(group: list[int], balances: Sequence[int]) -> list[Payment]:
    """At most one payment fewer than players: the largest debtor pays the largest creditor."""
    left = {player: balances[player] for player in group}
    payments = []
    while any(left.values()):
        payer = min(left, key=lambda player: (left[player], player))
        payee = max(left, key=lambda player: (left[player], -player))
        amount = min(-left[payer], left[payee])
        payments.append(Payment(payer, payee, amount))
        left[payer] += amount
        left[payee] -= amount
    return payments
