"""Why an order fares as it does, and what single changes would serve it."""

from landbridge.planning.explain.explain import Tried, explain

__all__ = ["Tried", "explain"]
