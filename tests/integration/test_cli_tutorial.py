"""The tutorial is run as it stands; its outputs are what the commands print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landbridge.cli.main import app

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"

BLOCK = re.compile(
    r"^```(?P<kind>console|csv title=\"(?P<file>[^\"]+)\")\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)
EDIT = re.compile(r"^<!-- edit (?P<file>\S+): (?P<old>.*?) -> (?P<new>.*?) -->$", re.MULTILINE)
VARIES = re.compile(r"\d+(\.\d+)? s, \d+ threads?|\d+ candidate departures|\d+ (departures|flows|prices|paths)")


def steps() -> list[tuple[str, str, str]]:
    """Steps of the page, in order: (command, words, output expected), (file, name, text), (edit, file, old -> new)."""
    text = TUTORIAL.read_text(encoding="utf-8")
    found = []
    for match in sorted([*BLOCK.finditer(text), *EDIT.finditer(text)], key=lambda match: match.start()):
        if match.re is EDIT:
            found.append(("edit", match["file"], f"{match['old']}\0{match['new']}"))
        elif match["file"]:
            found.append(("file", match["file"], match["text"]))
        else:
            parts = re.split(r"^\$ landbridge (.*)\n", match["text"], flags=re.MULTILINE)
            found += [("command", words, output) for words, output in zip(parts[1::2], parts[2::2], strict=True)]
    return found


def lines(text: str) -> list[str]:
    """Lines as compared: what differs from machine to machine is masked."""
    return [VARIES.sub("~", line.rstrip()) for line in text.strip().splitlines()]


@pytest.mark.slow
def test_the_tutorial_prints_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    commands = 0
    for kind, what, text in steps():
        if kind == "file":
            Path(what).write_text(text)
        elif kind == "edit":
            old, new = text.split("\0")
            before = Path(what).read_text(encoding="utf-8")
            assert old in before, f"{what}: {old!r}"
            Path(what).write_text(before.replace(old, new, 1), encoding="utf-8")
        else:
            commands += 1
            result = CliRunner().invoke(app, shlex.split(what))
            progress = result.stderr if result.exit_code else ""
            printed, expected = lines(progress + result.stdout), lines(text)
            if what.startswith("show"):  # several plans are optimal: times and trucks may differ
                printed, expected = printed[:2], expected[:2]
            assert printed[: len(expected)] == expected, what
    assert commands >= 10
