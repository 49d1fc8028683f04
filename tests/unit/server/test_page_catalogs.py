"""The application has every sentence it asks for, in three languages, with the same holes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.unit.report.test_catalogs import HOLE, KEY

from landbridge.model.case import ATTRIBUTES
from landbridge.operations.store.schema import STATUSES
from landbridge.report.catalog import load_catalog
from landbridge.report.places import LANGUAGES
from landbridge.server.jobs.options import JobKind
from landbridge.server.roles import SCOPES, Role

WEB = Path(__file__).parents[3] / "web" / "app"
CHOICE = re.compile(r"""\?\s*"([a-z]+\.[\w.-]+)"\s*:\s*"([a-z]+\.[\w.-]+)\"""")


def catalog_in(folder: Path, lang: str) -> dict[str, str]:
    catalog: dict[str, str] = json.loads((folder / f"{lang}.json").read_text(encoding="utf-8"))
    return catalog


def tracking(lang: str) -> dict[str, str]:
    """Sentences of parcels: all that the page by number has."""
    return catalog_in(WEB / "messages" / "track", lang)


def own(lang: str) -> dict[str, str]:
    return catalog_in(WEB / "messages", lang) | tracking(lang)


def asked_in(paths: Iterable[Path]) -> set[str]:
    """Keys of sentences that sources ask for; those with a hole are in them up to it."""
    asked: set[str] = set()
    for path in paths:
        if path.suffix in (".ts", ".svelte") and not path.name.endswith(".test.ts"):
            text = path.read_text(encoding="utf-8")
            asked |= set(KEY.findall(text)) | {key for pair in CHOICE.findall(text) for key in pair}
    return asked


@pytest.mark.parametrize("lang", LANGUAGES)
def test_catalogs_have_the_same_keys_and_holes(lang):
    english, other = own("en"), own(lang)
    assert list(other) == list(english)
    assert not set(other) & set(load_catalog(lang)), "a sentence of the report's catalog would be hidden"
    assert not set(tracking(lang)) & set(catalog_in(WEB / "messages", lang)), "a sentence of parcels would be hidden"
    for key, text in english.items():
        assert other[key]
        assert other[key].strip() == other[key], key
        assert set(HOLE.findall(other[key])) == set(HOLE.findall(text)), key


def test_translations_are_in_their_own_script():
    for lang, script in (("ru", "[а-яё]"), ("zh", "[\u4e00-\u9fff]")):
        for key, text in own(lang).items():
            if re.findall(r"[A-Za-z]{4,}", HOLE.sub("", text)):
                assert re.search(script, text, re.IGNORECASE), f"{lang}: {key}: {text}"


def test_every_sentence_that_the_page_asks_for_is_there():
    known = own("en") | load_catalog("en")
    asked = asked_in((WEB / "src").rglob("*"))
    fixed = {key for key in asked if "$" not in key}
    assert len(fixed) > 200
    assert fixed <= set(known), sorted(fixed - set(known))
    for key in asked - fixed:
        prefix = key.partition("${")[0]
        assert any(name.startswith(prefix) for name in known), key


def test_the_page_by_number_has_its_sentences_without_the_catalogs_of_offices():
    known = tracking("en")
    asked = asked_in([*(WEB / "src" / "track").iterdir(), WEB / "src" / "ui" / "Milestones.svelte"])
    assert len(asked) > 20
    for key in asked:
        prefix = key.partition("${")[0]
        assert any(name.startswith(prefix) if "$" in key else name == key for name in known), key


def test_columns_are_described_as_the_model_describes_them():
    """The English catalog says what the attribute table says, so that translations are looked at when it changes."""
    catalog = own("en")
    described = {f"col.{table}.{item.name}": item.description for table, items in ATTRIBUTES.items() for item in items}
    assert {key: text for key, text in catalog.items() if key.startswith("col.")} == described


def test_words_of_the_server_have_a_translation():
    known = own("en") | load_catalog("en")
    wanted = [f"tbl.{table}" for table in ATTRIBUTES] + [f"tbl.lead.{table}" for table in ATTRIBUTES]
    wanted += [f"job.kind.{kind}" for kind in JobKind] + [f"key.scope.{scope}" for scope in SCOPES]
    wanted += [f"role.{role}" for role in Role] + [f"role.{role}.hint" for role in Role]
    wanted += [f"job.state.{state}" for state in ("queued", "running", "done", "failed", "cancelled")]
    wanted += [f"parcel.status.{status}" for status in STATUSES]
    wanted += [f"agree.state.{state}" for state in ("draft", "proposed", "signed", "in_force", "ended")]
    assert set(wanted) <= set(known), sorted(set(wanted) - set(known))
