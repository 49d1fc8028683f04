"""Hash chains of the audit log: whatever is changed in one shows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from typer.testing import CliRunner

from landbridge.cli.main import app
from landbridge.cli.outcome import ExitCode
from landbridge.server.audit.chain import START, Head, Line, check_chain, hash_line
from landbridge.server.audit.log import append
from landbridge.server.serve import prepare
from landbridge.server.settings import read_settings
from landbridge.server.store.database import Viewer, open_database

Entry = tuple[Line, str, str]


def chain(count: int) -> list[Entry]:
    found: list[Entry] = []
    previous = START
    for seq in range(1, count + 1):
        line = Line(organisation="o", seq=seq, at_ms=seq, user="u", action="case.edit", object="c", detail={"n": seq})
        found.append((line, previous, hash_line(line, previous)))
        previous = found[-1][2]
    return found


def test_a_chain_that_nobody_touched_is_sound_and_has_its_head() -> None:
    lines = chain(5)
    report = check_chain("o", lines, [Head(seq=3, hash=lines[2][2])])
    assert report.is_sound
    assert report.head == Head(seq=5, hash=lines[4][2])
    assert check_chain("o", []).is_sound


@given(
    count=st.integers(2, 8),
    place=st.integers(0, 7),
    change=st.sampled_from(["at_ms", "user", "action", "object", "detail", "remove", "swap", "repeat"]),
)
def test_any_change_of_a_line_shows(count: int, place: int, change: str) -> None:
    """A removed last line alone does not show in the chain; the head that others keep shows it."""
    lines = chain(count)
    kept = [Head(seq=count, hash=lines[-1][2])]
    place %= count
    line, previous, found = lines[place]
    if change == "remove":
        del lines[place]
    elif change == "swap":
        lines[place], lines[place - 1] = lines[place - 1], lines[place]
    elif change == "repeat":
        lines.insert(place, lines[place])
    else:
        value = {"at_ms": line.at_ms + 1, "detail": {"n": 0}}.get(change, "other")
        lines[place] = (replace(line, **{change: value}), previous, found)
    assert not check_chain("o", lines, kept).is_sound


def test_a_chain_rewritten_as_a_whole_shows_by_what_others_keep() -> None:
    lines = chain(4)
    rewritten = []
    previous = START
    for line, _, _ in lines:
        other = replace(line, user="somebody else")
        rewritten.append((other, previous, hash_line(other, previous)))
        previous = rewritten[-1][2]
    assert check_chain("o", rewritten).is_sound
    report = check_chain("o", rewritten, [Head(seq=2, hash=lines[1][2])])
    assert report.faults == (
        "line 2 (case.edit) is not the one that another organisation has kept the hash of: the chain was rewritten",
    )
    assert "line 4 is missing" in check_chain("o", lines[:3], [Head(seq=4, hash=lines[3][2])]).faults[0]


def test_the_command_names_what_was_changed(tmp_path: Path) -> None:
    """A log as a server writes it: sound, then with a line that somebody changed in the database."""
    settings = read_settings({}, data_dir=tmp_path / "data")
    prepare(settings)
    database = open_database(settings.url)
    for number in range(3):
        with database.write(Viewer(organisation="north")) as connection:
            append(connection, "north", "u", "case.edit", f"case:{number}", {"rows": number})
    runner = CliRunner()
    given = ["audit", "verify", "--data", str(settings.data_dir)]
    found = runner.invoke(app, given)
    assert found.exit_code == 0
    assert "north: 3 lines, sound" in found.output
    with database.write(Viewer()) as connection:
        connection.execute(text("UPDATE audit_log SET action = 'other' WHERE seq = 2"))
    database.close()
    found = runner.invoke(app, given)
    assert found.exit_code == ExitCode.REFUSED
    assert "line 2 (other) was changed" in found.output
    document = json.loads(runner.invoke(app, [*given, "--json"]).stdout)
    assert document["ok"] is False
