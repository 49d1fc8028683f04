"""Reasons are read back from their words and said in three languages."""

from __future__ import annotations

import re

import pytest

from landbridge.planning.reasons import OBSTACLES
from landbridge.report.catalog import load_catalog
from landbridge.report.places import LANGUAGES
from landbridge.report.reasons import kinds, read_reason, say_reason

TEXTS = {key: text for key, text in load_catalog("en").items() if key.startswith("reason.text.")}
HOLE = re.compile(r"\{(\w+)\}")
SAMPLES = {
    "what": "bid",
    "other": "offer",
    "runs": "R-1@2026-10-09 20:00 (3 runs, full; max_runs 3) and 2 more",
    "grants": "it",
    "way": "T-1 > T-2",
}


def filled(text: str) -> tuple[str, dict[str, str]]:
    args = {name: SAMPLES.get(name, f"<{name}>") for name in HOLE.findall(text)}
    return text.format(**args), args


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_each_sentence_is_read_back_as_itself(key):
    text, args = filled(TEXTS[key])
    reason = read_reason(text)
    assert (reason.key, dict(reason.args)) == (key, args)


@pytest.mark.parametrize("lang", ["ru", "zh"])
@pytest.mark.parametrize("key", sorted(TEXTS))
def test_each_sentence_is_said_with_its_figures_in_another_language(key, lang):
    text, args = filled(TEXTS[key])
    said = say_reason(read_reason(text), lang)
    assert said != text
    assert not HOLE.search(said)
    for name, value in args.items():
        if name not in SAMPLES:
            assert value in said, f"{name} is lost"


def test_every_obstacle_that_planning_names_has_a_word():
    assert set(OBSTACLES) <= set(kinds())


def test_a_reason_about_a_partner_is_taken_apart():
    text = "deadline: the earliest possible arrival is 2026-10-09 20:00, it is due 2026-10-09 18:00 (bid 'soy-7')"
    reason = read_reason(text)
    assert (reason.kind, reason.key, reason.args["order"]) == ("deadline", "reason.with-partner", "'soy-7'")
    said = say_reason(reason, "ru")
    assert said.startswith("срок: раньше 2026-10-09 20:00 не прибыть")
    assert said.endswith("(запрос 'soy-7')")


def test_phrases_in_lists_are_said_too():
    said = say_reason(read_reason("capacity: on the way in time R-1@Mon (3 runs, full; max_runs 3) and 2 more"), "zh")
    assert "3 车次，已满" in said
    assert "等另外 2 个" in said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_large_numbers_are_written_out(lang):
    text = "price: even in full vehicles the cheapest way (A > B) costs 8.211e+06 CNY a unit; serving it brings 1e+03"
    said = say_reason(read_reason(text), lang)
    assert "8211000 CNY" in said
    assert "e+" not in said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_words_that_no_sentence_fits_stay_as_they_are(lang):
    reason = read_reason("because of the weather")
    assert (reason.kind, reason.key) == ("", "")
    assert say_reason(reason, lang) == "because of the weather"
