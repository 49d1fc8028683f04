"""What the package ships of the page is what its sources build."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.resources import files

import pytest
from tests.e2e.conftest import WEB, fresh_modules

ASSETS = files("landbridge.report") / "assets"
APP_ASSETS = files("landbridge.server") / "assets"
BY_HAND = {"week.css"}
"""Beside the bundle of the report: the style of the page that a demonstration ends with."""


def call(*words: str) -> None:
    done = subprocess.run(words, cwd=WEB, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_the_shipped_pages_are_what_the_sources_build(tmp_path):
    """Run ./run web after a change below web, and commit what it writes."""
    with fresh_modules():
        npx = shutil.which("npx")
        call(npx, "svelte-check", "--tsconfig", "./tsconfig.json", "--fail-on-warnings")
        call(npx, "vitest", "run")
        call(npx, "vite", "build", "--mode", "report", "--outDir", str(tmp_path / "report"))
        call(npx, "vite", "build", "--mode", "app", "--outDir", str(tmp_path / "app"))
        call(shutil.which("node"), "scripts/outlines.mjs", str(tmp_path / "report" / "outlines.json"))
    for folder, assets in ((tmp_path / "report", ASSETS), (tmp_path / "app", APP_ASSETS)):
        built = {file.name: file.read_bytes() for file in folder.iterdir()}
        shipped = {file.name: file.read_bytes() for file in assets.iterdir() if file.name not in BY_HAND}
        assert sorted(built) == sorted(shipped)
        for name, content in built.items():
            assert content == shipped[name], f"{name} is not what the sources build"


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


def test_the_application_asks_its_own_server_alone():
    """It has no inline script, and every file it names is in the package."""
    page = (APP_ASSETS / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    assert "style=" not in page
    named = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(named) >= 3
    for name in named:
        assert name.startswith("/assets/")
        assert (APP_ASSETS / name.removeprefix("/assets/")).is_file(), name
    for file in APP_ASSETS.iterdir():
        if file.name.endswith((".js", ".css")):
            text = file.read_text(encoding="utf-8")
            assert "@import" not in text
            assert not re.search(r"url\((?!['\"]?(?:data:|#))", text), file.name
            assert not re.search(r"""fetch\(\s*["'`]https?:""", text), file.name
            assert "eval(" not in text
