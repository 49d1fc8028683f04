"""The general search of the engine, also for plain static problems, which the door gives to a solver of their own."""

from __future__ import annotations

import importlib

import pytest

solver = importlib.import_module("landbridge.engine.solve")
"""The module; the package has a function of that name."""


def without_static_room(patch: pytest.MonkeyPatch) -> None:
    """Send every problem the general way."""
    patch.setattr(solver, "static_network", lambda problem: None)
