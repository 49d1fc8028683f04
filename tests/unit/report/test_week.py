"""The page of the demonstration: complete in three languages, without network, and it says what the report says."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest

from landbridge.errors import OutputError
from landbridge.operations.demo import DemoReport
from landbridge.report.places import LANGUAGES
from landbridge.report.week import write_week

REPORT = DemoReport(
    case="Far <East>",
    closed=["Manzhouli", "Маньчжурия", "满洲里"],
    closed_from="2026-10-07 00:00",
    closed_until="2026-10-09 00:00",
    parcels=20_000,
    imported=20_000,
    departures=70,
    events=120_894,
    kept=18_021,
    moved=1_781,
    lost=198,
    verdicts={"broken": 642, "later": 782},
    promises=20_000,
    promises_kept=19_324,
    promise_kept=0.9662,
    delivered=19_802,
    hours=67.1,
    days=[("10-06", 589, 131), ("10-07", 1_682, 2_140)],
    unplaced={"no-room": 84},
    coverage={"p50": 0.622, "p80": 0.83},
    value_before=4_291_404.0,
    value_after=4_224_659.0,
    closure_cost=90_272.0,
    currency="CNY",
    seconds={"plan": 26.2, "events to Wednesday": 1.0},
)


def catalog(lang: str) -> dict[str, str]:
    return json.loads((files("landbridge.report") / "messages" / "week" / f"{lang}.json").read_text(encoding="utf-8"))


def test_the_catalogs_say_the_same_with_the_same_holes():
    english = catalog("en")
    for lang in LANGUAGES:
        other = catalog(lang)
        assert other.keys() == english.keys()
        for key, text in english.items():
            assert sorted(re.findall(r"{\w+}", other[key])) == sorted(re.findall(r"{\w+}", text)), key


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ("96.6\u00a0%", "Manzhouli closes", "90,272\u00a0CNY", "2,140", "accepted", "Far &lt;East&gt;")),
        ("ru", ("96,6\u00a0%", "Маньчжурия закрыт", "90\u00a0272\u00a0CNY", "2\u00a0140", "принят")),
        ("zh", ("96.6\u00a0%", "满洲里自", "90,272\u00a0CNY", "2,140", "通过")),
    ],
)
def test_the_page_says_what_came_of_the_week_and_asks_the_network_for_nothing(tmp_path, lang, words):
    write_week(REPORT, tmp_path / "w.html", lang, is_accepted=True)
    page = (tmp_path / "w.html").read_text(encoding="utf-8")
    for word in words:
        assert word in page
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page
    assert "{" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)


def test_a_refused_replan_is_said_and_nothing_is_overwritten(tmp_path):
    write_week(REPORT, tmp_path / "w.html", is_accepted=False)
    assert "refused" in (tmp_path / "w.html").read_text(encoding="utf-8")
    with pytest.raises(OutputError):
        write_week(REPORT, tmp_path / "w.html", is_accepted=True)
