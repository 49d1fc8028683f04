"""Why an order fares as it does, and what single changes would serve it."""

from landbridge.planning.explain.explain import Tried, explain
from landbridge.planning.explain.prepared import Prepared, prepare

__all__ = ["Prepared", "Tried", "explain", "prepare"]
