"""Why an order is not served, in words that tell nothing of what others own (docs/design/server.md §2.5)."""

from __future__ import annotations

from landbridge.report.reasons import read_reason

_PLAIN = frozenset(
    {"no-partner", "undecided", "no-time", "no-services", "class", "earliest", "earliest-latest", "earliest-life"}
)
"""Sentences of the catalog that are made of the order itself and of columns that everybody sees."""

_ALSO_PLAIN = frozenset({"transit", "nothing", "nothing-latest", "nothing-life", "min-fill", "no-single-path"})

_SHORT = {
    "capacity": "capacity: no room was found by the departures that run (not examined further)",
    "price": "price: no way brings more than it costs the plan as a whole",
}
"""Sentences of the catalog without ids or figures, by kind."""


def visible_reason(text: str) -> str:
    """
    Give the reason of an own order as its owner may read it.

    Sentences about the order's times, its good and the services that exist stay as they are. One that
    quotes a cost, a price, a load, a vehicle or an order is replaced by one of the same kind that quotes nothing.
    """
    if not text:
        return ""
    reason = read_reason(text)
    name = reason.key.removeprefix("reason.text.")
    if name in _PLAIN or name in _ALSO_PLAIN or text in _SHORT.values():
        return text
    return _SHORT.get(reason.kind, reason.kind or "open")
