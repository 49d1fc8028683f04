"""Who may see what of a case and of a run (docs/design/server.md §2)."""

from landbridge.server.visibility.answers import visible_bottlenecks, visible_explanation
from landbridge.server.visibility.holdings import Holdings, Owners, key_of
from landbridge.server.visibility.replans import visible_replan
from landbridge.server.visibility.rows import Disclosure, RowView, hidden_columns, visible_case
from landbridge.server.visibility.runs import SeenRun, money_by_organisation, visible_run
from landbridge.server.visibility.shares import visible_shares, visible_values
from landbridge.server.visibility.totals import Corridor, corridor_to_json, find_corridor

__all__ = [
    "Corridor",
    "Disclosure",
    "Holdings",
    "Owners",
    "RowView",
    "SeenRun",
    "corridor_to_json",
    "find_corridor",
    "hidden_columns",
    "key_of",
    "money_by_organisation",
    "visible_bottlenecks",
    "visible_case",
    "visible_explanation",
    "visible_replan",
    "visible_run",
    "visible_shares",
    "visible_values",
]
