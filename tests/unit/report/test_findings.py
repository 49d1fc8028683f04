"""Findings in three languages: every rule's words are found in the catalog, and said whole in the others."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from tests.unit.tables.test_findings import TWINS, WHOLE, findings_of
from typer.testing import CliRunner

from landbridge.cli.main import app
from landbridge.report import findings
from landbridge.report.findings import load_findings, say_finding
from landbridge.report.places import LANGUAGES

HOLE = re.compile(r"\{(\w+)\}")
ENGLISH = re.compile(r"\b(found|expected|the|is|of|such|did|you|mean|one|must|and|with|without|there|not|in)\b")

MORE = (
    # said by rules that need a file of their own, or a workbook, to fire
    "is missing, expected the settings of the case (name, start, horizon_h, currency, timezone)",
    "the table goods is missing, expected columns good and others",
    "the table has no rows, expected at least one",
    "the file is empty, expected a header with order, good, qty",
    "goods.parquet is there too, expected one file a table; remove one",
    "unknown table 'fleet'; did you mean 'fleets'?",
    "and 13 more findings like these",
    "byte 1 of the line is 0xc1, which is not UTF-8; save the file as UTF-8",
    "not a Parquet file that can be read (magic number); write it again",
    "not a workbook that can be read (zip); save it as .xlsx again",
    "row 1 is blank, expected the names of the columns",
    "the formula gives an error, expected a value; mend the formula",
    "the sheet is missing, expected keys and values: name, start, horizon_h, currency, timezone",
    "does not exist; give the folder of a case, or an .xlsx workbook",
    "is neither a folder nor an .xlsx workbook; give the folder of the case",
    "the case has no scenario 'x'; expected one of dear, half",
    "'X|y' is no row of grants; expected agreement|giver, of which the last may be left out",
    "makes services row 2 max_runs wrong: found -1, expected a number at least 0 runs",
    "found 'a b', expected a word without blanks, such as 'a'",
    "found inf, expected a number",
    "found 2e+15, expected a number between -1e+15 and 1e+15",
    "found 99999, expected at most 87840 h",
)


@pytest.fixture(scope="module")
def messages(tmp_path_factory) -> list[str]:
    """What every malformed twin of the whole case is told."""
    found = dict.fromkeys(MORE)
    for number, (file, old, new, _) in enumerate(TWINS):
        copy = shutil.copytree(WHOLE, tmp_path_factory.mktemp("twin") / str(number))
        text = (copy / file).read_text(encoding="utf-8")
        (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        found.update(dict.fromkeys(item.message for item in findings_of(copy)))
    return list(found)


def test_said_with_the_english_parts_a_finding_is_what_it_was(messages: list[str], monkeypatch) -> None:
    """So it was taken apart rightly; what no part fits is not said at all."""
    english = load_findings("en")
    monkeypatch.setattr(findings, "load_findings", lambda lang: english)
    assert [text for text in messages if say_finding(text, "ru") != text] == []


@pytest.mark.parametrize("lang", ["ru", "zh"])
def test_no_finding_keeps_english_words(messages: list[str], lang: str) -> None:
    """Names in quotes, columns, and reasons of libraries in brackets are not words of ours."""
    left = []
    for text in messages:
        said = say_finding(text, lang)
        bare = re.sub(r"'[^']*'|\([^)]*\)|（[^）]*）", "", said)
        if ENGLISH.search(bare) or said == text:
            left.append((text, said))
    assert left == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_catalogs_of_findings_have_the_same_keys_and_no_hole_of_their_own(lang: str) -> None:
    """A language may leave out the English description of a column, nothing else."""
    english, other = load_findings("en"), load_findings(lang)
    assert list(other) == list(english)
    for key, text in english.items():
        holes, own = set(HOLE.findall(text)), set(HOLE.findall(other[key]))
        assert own | {"description"} == holes | {"description"}, key


def test_check_says_findings_in_the_language_asked_for(tmp_path: Path) -> None:
    case = shutil.copytree(WHOLE, tmp_path / "case")
    text = (case / "orders.csv").read_text(encoding="utf-8")
    (case / "orders.csv").write_text(text.replace("milk,8", "milc,8", 1), encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(case), "--language", "ru"])
    assert result.exit_code == 3
    assert "orders.csv:3: good: 'milc' нет в таблице goods; может быть, 'milk'? [unknown-id]" in result.stderr
    assert "'milc' 是否" not in result.stderr
    result = CliRunner().invoke(app, ["check", str(WHOLE), "--lang", "zh"])
    assert result.stdout.splitlines()[0].endswith("没有问题")
