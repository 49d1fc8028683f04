"""Answers of jobs as one organisation may see them (docs/design/server.md §2.5); None in one is: withheld."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from landbridge.model.bottleneck import Bottleneck
from landbridge.model.case import Case
from landbridge.model.explanation import Change, Explanation
from landbridge.server.visibility.holdings import Holdings, Owners
from landbridge.server.visibility.reasons import visible_reason
from landbridge.server.visibility.runs import round_price

_OWN_ORDER = ("order", "repeat", "party", "good", "qty", "filled", "arrives", "late_h", "state", "brings")
_OWN_CHANGE = ("kind", "what", "table", "key", "column", "value", "owner", "filled", "arrives", "is_verified")


def visible_explanation(found: Explanation, case: Case, holdings: Holdings, viewer: str) -> dict[str, Any]:
    """
    Tell an organisation why an order of its own is not served, and which changes of what is its own would serve it.

    What the way costs, and what a change is worth to the plan as a whole, are sums of own and partners' money:
    withheld. A new price says what serving would take, which partners' costs are part of: that it would
    help is told, the figure is not. Of changes to what others own, that there is one, and whose.
    """
    owners = Owners(case, holdings)
    is_own = {row.order: holdings.of_party(row.party) == viewer for row in case.orders if row.party}
    if not is_own.get(found.order):
        raise ValueError(f"{found.order!r} is not an order of the viewer")
    told: dict[str, Any] = {name: getattr(found, name) for name in _OWN_ORDER}
    told |= {"why": visible_reason(found.why), "costs": None, "way": None}
    told["changes"] = [_change(row, owners, viewer) for row in found.changes]
    return told


def visible_bottlenecks(
    found: Iterable[Bottleneck], case: Case, holdings: Holdings, viewer: str
) -> list[dict[str, Any]]:
    """
    Tell an organisation what one more of its own capacities is worth, rounded as shadow prices are.

    Those of others and of the public are withheld.
    """
    owners = Owners(case, holdings)
    return [_bottleneck(row) for row in found if viewer in owners.of_resource(row.resource)]


def _bottleneck(row: Bottleneck) -> dict[str, Any]:
    """All of a row, its money rounded; what was not bounded in time is None."""
    told = dataclasses.asdict(row)
    money = {name: told[name] for name in ("price", "relaxed", "found", "low", "high") if told[name] is not None}
    return told | {name: round_price(value) for name, value in money.items()}


def _change(row: Change, owners: Owners, viewer: str) -> dict[str, Any]:
    names = [word for cell in row.owner.split() for word in cell.replace("+", " ").split()]
    whose = frozenset[str]().union(*(owners.of_name(name.partition(":")[0]) for name in names))
    if row.kind == "price" or (whose and viewer not in whose):
        return dict.fromkeys(_OWN_CHANGE) | {"kind": row.kind, "owner": row.owner}
    return {name: getattr(row, name) for name in _OWN_CHANGE}
