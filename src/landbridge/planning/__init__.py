"""Case in, plan out: builds the problem, has it solved, and writes what it means."""

from landbridge.planning.limits import PlanLimits, PlanProgress
from landbridge.planning.scenarios import make_variant, plan_variant, plan_variants
from landbridge.planning.solve import evaluate, plan

__all__ = ["PlanLimits", "PlanProgress", "evaluate", "make_variant", "plan", "plan_variant", "plan_variants"]
