"""A thread beside a search: what it raises, and what becomes of it at the end."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from landbridge.engine.beside import Beside


def test_what_it_raises_is_raised_where_it_was_started() -> None:
    told = threading.Event()

    def work() -> None:
        raise ValueError("no bound")

    beside = Beside(work, told.set)
    assert told.wait(5.0)
    assert beside.has_failed
    with pytest.raises(ValueError, match="no bound"):
        beside.end()


def test_it_is_waited_for_a_moment_only() -> None:
    stop = threading.Event()
    beside = Beside(lambda: stop.wait(30.0) and None)
    begun = time.monotonic()
    beside.end(0.1)
    assert time.monotonic() - begun < 5.0
    stop.set()
    beside.wait(5.0)
    assert not beside.has_failed


@pytest.mark.slow
@pytest.mark.parametrize("is_joined", [True, False])
def test_the_interpreter_ends_after_it(is_joined: bool) -> None:
    """A solver's thread that is still at work when the interpreter ends would end the process by a signal."""
    script = (
        "import time\n"
        "from landbridge.engine.beside import Beside\n"
        "beside = Beside(lambda: (time.sleep(1.0), print('ended', flush=True)) and None)\n"
        f"{'beside.end(0.05)' if is_joined else ''}\n"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip() == "ended"
