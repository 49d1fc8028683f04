"""A published instance: its design problem, and what the vehicles are called in its file."""

from __future__ import annotations

from dataclasses import dataclass

from landbridge.engine import DesignProblem
from landbridge.engine.problem import IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """
    An instance as it was read.

    Parameters
    ----------
    file_format, name
        Format of the file; name of the instance.
    first_node
        Number of the first node in the file; nodes of the problem count from 0.
    vehicle_link, vehicle_module
        Shape ``(V,)``. Link of each vehicle and module on it, in the order of the file, from 0.
    """

    file_format: str
    name: str
    first_node: int
    vehicle_link: IntArray
    vehicle_module: IntArray
    problem: DesignProblem
