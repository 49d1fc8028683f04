"""What the package ships of the page is what its sources build."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.resources import files

import pytest
from tests.e2e.conftest import WEB, fresh_modules

ASSETS = files("landbridge.report") / "assets"


def call(*words: str) -> None:
    done = subprocess.run(words, cwd=WEB, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.mark.slow
def test_the_shipped_page_is_what_the_sources_build(tmp_path):
    """Run ./run web after a change below web/report, and commit what it writes."""
    with fresh_modules():
        npx = shutil.which("npx")
        call(npx, "svelte-check", "--tsconfig", "./tsconfig.json", "--fail-on-warnings")
        call(npx, "vitest", "run")
        call(npx, "vite", "build", "--mode", "report", "--outDir", str(tmp_path))
        call(shutil.which("node"), "scripts/outlines.mjs", str(tmp_path / "outlines.json"))
    for name in ("report.js", "report.css", "LICENCES.txt", "outlines.json"):
        assert (tmp_path / name).read_bytes() == (ASSETS / name).read_bytes(), f"{name} is not what the sources build"


def test_the_lockfile_names_no_registry():
    text = (WEB / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in text
    assert not re.search(r"https?://(?!github\.com|opencollective\.com|[\w.]*\.?\w+/funding)[\w.-]*registr", text)
    assert "omit-lockfile-registry-resolved=true" in (WEB / ".npmrc").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["report.js", "report.css"])
def test_the_bundle_loads_nothing(name):
    """Addresses in it are names of licences and of namespaces, never something that is fetched."""
    text = (ASSETS / name).read_text(encoding="utf-8")
    assert not re.search(r"\b(fetch|XMLHttpRequest|importScripts|WebSocket|EventSource)\s*\(", text)
    assert "@import" not in text
    assert not re.search(r"url\((?!['\"]?(?:data:|#))", text)
