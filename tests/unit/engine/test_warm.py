"""Kernels are compiled once after an install, and the search says so."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from landbridge.engine import Limits
from landbridge.engine.space.kernels import price_paths
from landbridge.engine.warm import COMPILING, is_cold, price_a_path, warm_up
from landbridge.engine.watch import Watch


def some_kernel() -> None:
    """Stands for the function of a kernel."""


def kernel(cache: Path, signatures: tuple[Any, ...] = ()) -> Any:
    return SimpleNamespace(signatures=signatures, py_func=some_kernel, stats=SimpleNamespace(cache_path=str(cache)))


def index(cache: Path, seconds: float) -> None:
    file = cache / "test_warm.some_kernel-18.py311.nbi"
    file.touch()
    stamp = Path(__file__).stat().st_mtime + seconds
    os.utime(file, (stamp, stamp))


def test_a_kernel_without_a_cache_is_cold(tmp_path: Path) -> None:
    assert is_cold(kernel(tmp_path))
    assert is_cold(kernel(tmp_path / "none"))
    assert is_cold(SimpleNamespace(signatures=[], py_func=some_kernel, stats=None))


def test_a_kernel_is_warm_when_compiled_or_cached_since_the_source_changed(tmp_path: Path) -> None:
    assert not is_cold(kernel(tmp_path, signatures=(1,)))
    index(tmp_path, 10.0)
    assert not is_cold(kernel(tmp_path))
    index(tmp_path, -10.0)
    assert is_cold(kernel(tmp_path))


def test_compiling_is_a_phase_of_its_own_and_only_when_cold(tmp_path: Path) -> None:
    phases: list[str] = []
    watch = Watch(Limits(report=lambda progress: phases.append(progress.phase)))
    warm_up(watch, [kernel(tmp_path, signatures=(1,))], lambda: phases.append("used"))
    assert phases == []
    warm_up(watch, [kernel(tmp_path)], lambda: phases.append("used"))
    assert phases == [COMPILING, "used", "reading"]


def test_pricing_a_path_compiles_the_kernel() -> None:
    price_a_path()
    assert not is_cold(price_paths)


@pytest.mark.slow
def test_a_new_install_is_cold_once(tmp_path: Path) -> None:
    """An empty cache stands for a new install."""
    code = (
        "from landbridge.engine import Limits\n"
        "from landbridge.engine.warm import warm_up\n"
        "from landbridge.engine.watch import Watch\n"
        "warm_up(Watch(Limits(report=lambda progress: print(progress.phase))))\n"
    )
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    told = [
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert [list(dict.fromkeys(text.splitlines())) for text in told] == [[COMPILING, "reading"], []]


def test_a_limit_that_ends_while_kernels_compile_is_kept(tmp_path: Path) -> None:
    """Compiling cannot be interrupted; nobody waits for it longer than the limit says."""
    ended = threading.Event()
    watch = Watch(Limits(time_s=0.3))

    def compile_for_long() -> None:
        ended.wait(30.0)

    try:
        assert not warm_up(watch, [kernel(tmp_path)], compile_for_long)
        assert watch.seconds < 5.0
    finally:
        ended.set()


def test_what_fails_while_compiling_is_told(tmp_path: Path) -> None:
    def fail() -> None:
        raise RuntimeError("no compiler")

    with pytest.raises(RuntimeError, match="no compiler"):
        warm_up(Watch(Limits()), [kernel(tmp_path)], fail)
