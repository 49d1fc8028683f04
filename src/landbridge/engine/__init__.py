"""Solves service network design problems: arrays in, a plan with a proved bound out."""

from landbridge.engine.bound import prove_bound
from landbridge.engine.prices import PriceFrame, PriceList, price_any_time, price_resources, price_without_time
from landbridge.engine.problem import DesignProblem, DesignSolution, Limits, Progress, SolveStatus
from landbridge.engine.relax.terms import FlatPoint
from landbridge.engine.slot_prices import ANY_MINUTE, SlotPoint
from landbridge.engine.solve import solve
from landbridge.engine.space.candidates import candidate_minutes

__all__ = [
    "ANY_MINUTE",
    "DesignProblem",
    "DesignSolution",
    "FlatPoint",
    "Limits",
    "PriceFrame",
    "PriceList",
    "Progress",
    "SlotPoint",
    "SolveStatus",
    "candidate_minutes",
    "price_any_time",
    "price_resources",
    "price_without_time",
    "prove_bound",
    "solve",
]
