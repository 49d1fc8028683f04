"""What an agreement between organisations is worth to each of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from landbridge.errors import InvalidCase, InvalidGame, NoShare
from landbridge.server.visibility import money_by_organisation
from landbridge.server.visibility.shares import own_players

if TYPE_CHECKING:
    from landbridge.cooperation import Effort
    from landbridge.planning import PlanLimits
    from landbridge.server.jobs.work import Task

Values = dict[str, dict[str, Any]]
"""By organisation: low and high, money, and basis."""


def values_of(task: Task, agreement: str, sides: Collection[str], effort: Effort, limits: PlanLimits) -> Values:
    """
    Value an agreement for each of its sides, everything else in force being as it is.

    Among few players the gain is divided by the Shapley value, from plans and proved bounds of all coalitions with and
    without it (basis ``shapley``). Where there are many, where a side holds no player whole, or where what is public
    and limited has no quota: what each side books in the best plan found with it, less what it books in the best found
    without it, before anything is settled (basis ``plans``).
    """
    try:
        found = _by_shapley(task, agreement, sides, effort)
    except (InvalidCase, InvalidGame, NoShare):
        found = None
    return found or _by_plans(task, agreement, sides, limits)


def _by_shapley(task: Task, agreement: str, sides: Collection[str], effort: Effort) -> Values | None:
    from landbridge.cooperation import PlayerKind, value_agreements
    from landbridge.cooperation.agreements import EVERYBODY, MOST_SPLIT
    from landbridge.cooperation.players import find_players

    if len(find_players(task.case).names) > MOST_SPLIT:
        return None
    own = {side: own_players(task.case, PlayerKind.REGIONS, task.holdings, side) for side in sides}
    if not all(own.values()):
        return None
    tables = value_agreements(
        task.case,
        only=(agreement,),
        effort=effort,
        cancelled=task.pulse.cancelled,
        report=lambda step, done, of: task.pulse.say(f"{step} {done}/{of}"),
    )
    rows = {row.player: row for row in tables.agreements if row.player != EVERYBODY}
    if not set().union(*own.values()) <= set(rows):
        return None
    return {
        side: {
            "low": sum(rows[name].delta_low for name in names),
            "high": sum(rows[name].delta_high for name in names),
            "basis": "shapley",
        }
        for side, names in own.items()
    }


def _by_plans(task: Task, agreement: str, sides: Collection[str], limits: PlanLimits) -> Values:
    from landbridge.cooperation.agreements import with_agreements
    from landbridge.planning import plan

    base = frozenset(row.agreement for row in task.case.agreements if row.status == "in_force")
    money = []
    for words, item in (("planning without it", base - {agreement}), ("planning with it", base | {agreement})):
        task.pulse.say(words)
        case = with_agreements(task.case, item)
        money.append(money_by_organisation(case, plan(case, limits=limits), task.holdings))
    without, given = money

    def of(side: str) -> float:
        return round(given[side].value - without[side].value, 2)

    return {side: {"low": of(side), "high": of(side), "basis": "plans"} for side in sides}
