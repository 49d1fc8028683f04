"""The three catalogs have the same sentences with the same holes, and those that the code asks for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from landbridge.cli.summary import STATUS_WORDS
from landbridge.model.plan import Money
from landbridge.model.shares import Judgement, Verdict
from landbridge.report.catalog import load_catalog
from landbridge.report.places import LANGUAGES

ROOT = Path(__file__).parents[3]
HOLE = re.compile(r"\{(\w+)\}")
KEY = re.compile(r"""\bt\(\s*["'`]([a-z][\w.$ {}-]*?)["'`]""")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_catalogs_have_the_same_keys_and_holes(lang):
    english, other = load_catalog("en"), load_catalog(lang)
    assert list(other) == list(english)
    for key, text in english.items():
        assert other[key].strip() == other[key], key
        assert other[key], key
        holes = set(HOLE.findall(text)) - {"other", "what"}  # words that a language may say once for both
        assert set(HOLE.findall(other[key])) - {"other", "what"} == holes, key


def test_translations_are_in_their_own_script():
    """A sentence left in English shows: what has words of four letters has letters of the script."""
    for lang, script in (("ru", "[а-яё]"), ("zh", "[\u4e00-\u9fff]")):
        for key, text in load_catalog(lang).items():
            words = re.findall(r"[A-Za-z]{4,}", HOLE.sub("", text))
            if words and not key.startswith(("method.", "header.eyebrow")):
                assert re.search(script, text, re.IGNORECASE), f"{lang}: {key}: {text}"


def test_every_sentence_that_the_page_asks_for_is_there():
    catalog = load_catalog("en")
    asked = set()
    for path in (ROOT / "web/report/src").rglob("*"):
        if path.suffix in (".ts", ".svelte") and not path.name.endswith(".test.ts"):
            asked |= set(KEY.findall(path.read_text(encoding="utf-8")))
    fixed = {key for key in asked if "$" not in key}
    assert len(fixed) > 100
    assert fixed <= set(catalog), sorted(fixed - set(catalog))
    for key in asked - fixed:
        prefix = key.partition("${")[0]
        assert any(name.startswith(prefix) for name in catalog), key


def test_words_of_the_model_have_a_translation():
    catalog = load_catalog("en")
    wanted = [f"status.{status}" for status in STATUS_WORDS]
    wanted += [f"money.{name}" for name in Money.__dataclass_fields__]
    wanted += [f"verdict.{verdict}" for verdict in Verdict] + [f"judgement.{word}" for word in Judgement]
    assert set(wanted) <= set(catalog), sorted(set(wanted) - set(catalog))


def test_an_unknown_language_is_refused():
    with pytest.raises(LookupError, match="'fr'; expected one of en, ru, zh"):
        load_catalog("fr")
