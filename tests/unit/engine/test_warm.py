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
from landbridge.engine.compiling import KERNELS, compile_kernels
from landbridge.engine.space.kernels import price_paths
from landbridge.engine.warm import COMPILING, is_cold, price_a_path, warm_up
from landbridge.engine.watch import Watch

MACHINE = ("x86_64", "a processor", "+avx2")


class Index:
    """Stands in for the cache of a kernel: what numba finds in the index, and the key it looks for."""

    def __init__(self, *keys: tuple[object, ...]) -> None:
        self._cache_file = SimpleNamespace(_load_index=lambda: dict.fromkeys(keys, "a file"))

    def _index_key(self, signature: object, codegen: Any) -> tuple[object, ...]:
        return (signature, codegen.magic_tuple(), "code")


def kernel(*keys: tuple[object, ...], signatures: tuple[Any, ...] = ()) -> Any:
    codegen = SimpleNamespace(magic_tuple=lambda: MACHINE)
    return SimpleNamespace(
        signatures=signatures, _cache=Index(*keys), targetctx=SimpleNamespace(codegen=lambda: codegen)
    )


def test_a_kernel_without_a_cache_is_cold() -> None:
    assert is_cold(kernel())
    assert is_cold(SimpleNamespace(signatures=[], _cache=None))


def test_a_kernel_is_warm_when_compiled_or_cached_for_this_machine() -> None:
    """What was compiled for another processor, or of another code, is compiled again."""
    assert not is_cold(kernel(signatures=(1,)))
    assert not is_cold(kernel(("int64", MACHINE, "code")))
    assert is_cold(kernel(("int64", ("x86_64", "another", "+avx512f"), "code")))
    assert is_cold(kernel(("int64", MACHINE, "older code")))


def test_compiling_is_a_phase_of_its_own_and_only_when_cold() -> None:
    phases: list[str] = []
    watch = Watch(Limits(report=lambda progress: phases.append(progress.phase)))
    warm_up(watch, [kernel(signatures=(1,))], lambda: phases.append("used"))
    assert phases == []
    warm_up(watch, [kernel()], lambda: phases.append("used"))
    assert phases == [COMPILING, "used", "reading"]


def test_pricing_a_path_compiles_the_kernel() -> None:
    price_a_path()
    assert not is_cold(price_paths)


def told_with(folder: Path, before: str = "") -> list[str]:
    """Phases of warming up in a process of its own, with its cache in a folder."""
    code = (
        f"{before}\n"
        "from landbridge.engine import Limits\n"
        "from landbridge.engine.warm import warm_up\n"
        "from landbridge.engine.watch import Watch\n"
        "warm_up(Watch(Limits(report=lambda progress: print(progress.phase))))\n"
    )
    words = [sys.executable, "-c", code]
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder)}
    told = subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout
    return list(dict.fromkeys(told.splitlines()))


@pytest.mark.slow
def test_a_new_install_is_cold_once_and_so_is_another_numba_or_processor(tmp_path: Path) -> None:
    """An empty cache stands for a new install."""
    cold = [COMPILING, "reading"]
    assert told_with(tmp_path) == cold
    assert told_with(tmp_path) == []
    assert told_with(tmp_path, "import os; os.environ['NUMBA_CPU_NAME'] = 'generic'") == cold
    assert told_with(tmp_path, "import numba; numba.__version__ = '0.0.1'") == cold


def test_compiling_ahead_leaves_no_kernel_of_a_search_cold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("landbridge.engine.compiling.is_cold", lambda _: True)
    assert compile_kernels()
    assert [kernel.__name__ for kernel in KERNELS if not kernel.signatures] == []
    monkeypatch.setattr("landbridge.engine.compiling.is_cold", is_cold)
    assert not compile_kernels()


def test_a_limit_that_ends_while_kernels_compile_is_kept() -> None:
    """Compiling cannot be interrupted; nobody waits for it longer than the limit says."""
    ended = threading.Event()
    watch = Watch(Limits(time_s=0.3))

    def compile_for_long() -> None:
        ended.wait(30.0)

    try:
        assert not warm_up(watch, [kernel()], compile_for_long)
        assert watch.seconds < 5.0
    finally:
        ended.set()


def test_what_fails_while_compiling_is_told() -> None:
    def fail() -> None:
        raise RuntimeError("no compiler")

    with pytest.raises(RuntimeError, match="no compiler"):
        warm_up(Watch(Limits()), [kernel()], fail)
