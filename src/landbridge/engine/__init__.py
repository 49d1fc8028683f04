"""Solves service network design problems: arrays in, a plan with a proved bound out."""

from landbridge.engine.problem import DesignProblem, DesignSolution, Limits, Progress, SolveStatus

__all__ = ["DesignProblem", "DesignSolution", "Limits", "Progress", "SolveStatus"]
