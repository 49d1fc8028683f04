"""What if costs or volumes are wrong: who would lose under the payments that were agreed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from landbridge.cooperation.cash import cash_flows
from landbridge.cooperation.coalitions import everyone
from landbridge.cooperation.endow import base_values
from landbridge.cooperation.joint import plan_together
from landbridge.cooperation.rationals import exact
from landbridge.cooperation.restrict import Endowment
from landbridge.cooperation.values import Asked, Effort, Look, Valued, outward, value_coalitions
from landbridge.model.case import Case
from landbridge.model.shares import SensitivityRow
from landbridge.planning import PlanLimits
from landbridge.runtime import Cache, Workers
from landbridge.tables import input_hash

OFF = 0.1
"""Part by which inputs are wrong."""


def scenarios(case: Case) -> dict[str, Case]:
    """The case with all costs, or all volumes, 10 % higher and lower."""
    return {
        f"{what} {sign} {OFF:.0%}".replace("%", " %"): change(case, 1 + OFF if sign == "+" else 1 - OFF)
        for what, change in (("costs", _scale_costs), ("volumes", _scale_volumes))
        for sign in "+-"
    }


def _scale_costs(case: Case, factor: float) -> Case:
    return replace(
        case,
        services=tuple(
            replace(
                row,
                run_cost=row.run_cost * factor,
                cost_per_t=tuple(value * factor for value in row.cost_per_t),
                empty_cost=None if row.empty_cost is None else row.empty_cost * factor,
            )
            for row in case.services
        ),
        handling=tuple(replace(row, cost_per_t=row.cost_per_t * factor) for row in case.handling),
        fleets=tuple(replace(row, fixed_cost=row.fixed_cost * factor) for row in case.fleets),
        hubs=tuple(replace(row, store_cost_per_t_h=row.store_cost_per_t_h * factor) for row in case.hubs),
    )


def _scale_volumes(case: Case, factor: float) -> Case:
    return replace(case, orders=tuple(replace(row, qty=row.qty * factor) for row in case.orders))


def try_payments(
    endowment: Endowment,
    payments: Sequence[float],
    agreements: str,
    limits: PlanLimits,
    effort: Effort,
    workers: Workers,
    cache: Cache,
    digits: int,
    cancelled: Callable[[], bool],
    report: Callable[[str, int, int], None],
) -> tuple[SensitivityRow, ...]:
    """
    Plan anew with wrong inputs, keep the payments, and compare what each has with what it would have alone.

    Parameters
    ----------
    payments
        Shape ``(P,)``, money. What each player receives by the settlement.
    limits
        When the search for each new joint plan stops.

    Returns
    -------
    tuple
        A row for each scenario and player: certain to gain, certain to lose, or open; none where nothing bounds what
        the player has alone.
    """
    rows: list[SensitivityRow] = []
    changed = scenarios(endowment.case)
    for done, (name, case) in enumerate(changed.items()):
        if cancelled():
            break
        report("what if inputs are wrong", done, len(changed))
        other = replace(endowment, case=case)
        names = other.players.names
        joint = plan_together(other.restrict(everyone(len(names))), agreements, limits, cache)
        asked = Asked(other, agreements, effort, Look.PLAN, input_hash(case))
        singles = [1 << player for player in range(len(names))]
        alone = value_coalitions(asked, singles, workers, cache, cancelled)
        if joint.summary.value is None or len(alone) < len(names):
            break
        cash = cash_flows(other, joint, digits)
        for player, valued in enumerate(alone):
            ends = _ends(valued, base_values(other), player, joint.summary.bound)
            if ends is None:
                continue
            low, high = (_money(value, digits, up=up) for value, up in zip(ends, (False, True), strict=True))
            result = cash[player] + exact(payments[player])
            rows.append(
                SensitivityRow(
                    scenario=name,
                    player=names[player],
                    cash=float(cash[player]),
                    payment=payments[player],
                    result=float(result),
                    alone_low=float(low),
                    alone_high=float(high),
                    verdict="gains" if result >= high else "loses" if result < low else "open",
                )
            )
    return tuple(rows)


def _ends(valued: Valued, base: Sequence[float], player: int, bound: float | None) -> tuple[float, float] | None:
    """
    What a player has alone, as an interval; None: nothing bounds it.

    Where its own search was too short, doing nothing is a plan, and all together reach no less than it does alone
    while the others do nothing.
    """
    low, high = max(valued.low, base[player]), valued.high
    if not math.isfinite(high):
        high = math.inf if bound is None else bound - (sum(base) - base[player])
    return (low, max(low, high)) if math.isfinite(high) else None


def _money(value: float, digits: int, *, up: bool) -> Fraction:
    return exact(float(outward([value], digits, up=up)[0]))
