"""Solves service network design problems: arrays in, a plan with a proved bound out."""

from landbridge.engine.prices import PriceFrame, PriceList, price_resources, price_without_time
from landbridge.engine.problem import DesignProblem, DesignSolution, Limits, Progress, SolveStatus
from landbridge.engine.solve import solve
from landbridge.engine.space.candidates import candidate_minutes

__all__ = [
    "DesignProblem",
    "DesignSolution",
    "Limits",
    "PriceFrame",
    "PriceList",
    "Progress",
    "SolveStatus",
    "candidate_minutes",
    "price_resources",
    "price_without_time",
    "solve",
]
