"""Case in, plan out: builds the problem, has it solved, and writes what it means."""

from landbridge.planning.limits import PlanLimits, PlanProgress
from landbridge.planning.solve import evaluate, plan

__all__ = ["PlanLimits", "PlanProgress", "evaluate", "plan"]
