"""On what, with what and of which commit something was measured."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

ENGINE = ("src/landbridge/engine", "src/landbridge/network/benchmarks", "src/landbridge/units.py")
"""What decides how ours does on a published file."""

PRODUCT = ("src/landbridge",)
"""What decides how ours does on a case."""


def machine_line() -> str:
    """Processor, cores, system and Python; nothing that tells whose machine it is."""
    return f"{processor()}, {os.cpu_count()} cores; {platform.system()}, Python {platform.python_version()}"


def processor() -> str:
    """Name of the processor, as well as the system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def versions_of(*names: str) -> str:
    """Names and versions of installed distributions."""
    return " ".join(f"{name} {version(name)}" for name in names)


def commit_of(paths: tuple[str, ...] = ENGINE, root: Path = ROOT) -> str:
    """
    The last commit that changed these paths, and a mark of what is changed since; 'unknown' outside of git.

    The mark is of contents, those of new files too: other code never has the same label.
    """
    commit = _git(root, "log", "-1", "--format=%h", "--", *paths).strip()
    if not commit:
        return "unknown"
    changes = _git(root, "diff", "HEAD", "--", *paths).strip().encode()
    for name in _git(root, "ls-files", "-z", "--others", "--exclude-standard", "--", *paths).split("\0"):
        if name:
            changes += name.encode() + b"\0" + hashlib.sha256((root / name).read_bytes()).digest()
    return commit + (f"+{hashlib.sha256(changes).hexdigest()[:6]}" if changes else "")


def _git(root: Path, *words: str) -> str:
    try:
        return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""
