"""What all tests share: the published data, Hypothesis profiles."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "landbridge", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=False
)
settings.load_profile("landbridge")

TESTS = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Tests of servers and pages are slow by their place, and those on a database they are not mostly on are long.

    Modules with slow tests come first, so that no worker is left alone with a long one at the end.
    """
    for item in items:
        if item.path.is_relative_to(TESTS / "e2e") or item.path.is_relative_to(TESTS / "integration" / "server"):
            item.add_marker(pytest.mark.slow)
        mark = item.get_closest_marker("mostly_on")
        given = item.callspec.params.values() if mark and hasattr(item, "callspec") else ()
        if mark and any(one in ("sqlite", "postgresql") and one != mark.args[0] for one in given):
            item.add_marker(pytest.mark.long)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def skip_or_fail(reason: str) -> None:
    """Skip for want of something; with LANDBRIDGE_REQUIRE=all that is a failure."""
    if os.environ.get("LANDBRIDGE_REQUIRE") == "all":
        pytest.fail(f"LANDBRIDGE_REQUIRE=all, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of published data, from LANDBRIDGE_DATA."""
    text = os.environ.get("LANDBRIDGE_DATA", "")
    if not text:
        skip_or_fail("LANDBRIDGE_DATA is not set; it names the folder of published data (canad/, far-east/, ...)")
    if not Path(text).is_dir():
        skip_or_fail(f"LANDBRIDGE_DATA is {text!r}, which is not a folder")
    return Path(text)


@pytest.fixture(scope="session", autouse=True)
def compiled_kernels() -> None:
    """Compile the engine's kernels once after an install, so that no test's time limit pays for it."""
    from landbridge.engine import DesignProblem, Limits, solve
    from landbridge.engine.cuts.warm import find_a_cut
    from landbridge.engine.warm import price_a_path

    price_a_path()
    find_a_cut()
    solve(DesignProblem.from_arrays([0], [1], 1.0, 1.0, 1.0, [0], [1], 1.0), Limits(time_s=300.0))
