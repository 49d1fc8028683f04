"""What the server says, in three languages: every sentence that its code holds is in the catalog."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.report.test_catalogs import HOLE

from landbridge.model.clock import Clock
from landbridge.operations.live.steps import EVENT_REMEDIES
from landbridge.operations.orders.findings import REMEDIES
from landbridge.server.api.jobs import _result
from landbridge.server.cases.texts import built_in
from landbridge.server.said import LANGUAGES, load_sentences, negotiated, say

SERVER = Path(__file__).parents[3] / "src" / "landbridge" / "server"
REFUSING = {"Refused": 2, "forbidden": 0, "BadAgreement": 0, "JobFailed": 0, "_NotSound": 0}
"""What refuses, and which of its arguments is the message."""

ELSEWHERE = "files.py"
"""Module of the command that signs and checks away from any server; commands speak English."""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_catalogs_have_the_same_keys_and_holes(lang: str) -> None:
    english, other = load_sentences("en"), load_sentences(lang)
    assert list(other) == list(english)
    for key, text in english.items():
        assert other[key].strip() == other[key], key
        assert set(HOLE.findall(other[key])) == set(HOLE.findall(text)), key


def test_translations_are_in_their_own_script() -> None:
    for lang, script in (("ru", "[а-яё]"), ("zh", "[\u4e00-\u9fff]")):
        for key, text in load_sentences(lang).items():
            assert re.search(script, text, re.IGNORECASE) or not re.search("[A-Za-z]{3}", HOLE.sub("", text)), key


def messages() -> Iterator[tuple[str, str]]:
    """Every text that a refusal of the server is made with, its holes filled with words."""
    for path in sorted(SERVER.rglob("*.py")):
        if path.name == ELSEWHERE and path.parent.name == "agreements":
            continue
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from ((f"{path.name}:{line}", text) for line, text in _messages_in(function))


def _messages_in(function: ast.AST) -> Iterator[tuple[int, str]]:
    assigned = {
        node.targets[0].id: text
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and (text := _text(node.value))
    }
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        place = REFUSING.get(getattr(node.func, "id", ""))
        if place is None or len(node.args) <= place:
            continue
        argument = node.args[place]
        text = assigned.get(argument.id) if isinstance(argument, ast.Name) else _text(argument)
        if text:
            yield node.lineno, text


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "'x1'" for part in node.values)
    return None


SAID_ONLY_WITH = {
    "'x1'; nothing is planned by it. Tell the operator of the server": "the agreement 'x' is not what its sides signed",
    "the header names the key 'x1'; expected 'x1'": "it is found among the keys of the organisation, or none is",
    "the signature is not one of this version by the key 'x1'; sign the canonical JSON as it is": "as above",
}
"""Texts that stand in the code and are said as a part of another one, or not at all."""


def test_every_refusal_is_said_in_every_language() -> None:
    found = {text: where for where, text in messages()}
    assert len(found) > 100
    left = {
        where: text
        for text, where in found.items()
        if text not in SAID_ONLY_WITH and any(say(text, lang).lang != lang for lang in ("ru", "zh"))
    }
    assert left == {}


ENGLISH_WORD = re.compile(r"[a-z]{4,}")
NO_WORDS = re.compile(r"'[^']*'|landbridge operate load|--timezone|\b(?:articles|dates|decimal|timezone)\b|x1")
"""Names, commands and settings, which are written alike in every language."""


@pytest.mark.parametrize("lang", ["ru", "zh"])
def test_what_is_wrong_with_rows_of_a_file_is_said(lang: str) -> None:
    """Remedies of orders and of events, alone and as the first findings have them."""
    remedies = {*REMEDIES.values(), *EVENT_REMEDIES.values()}
    told = [*remedies, *(f"found x1; {one}" for one in remedies), *(f"parcel x1: found x1; {one}" for one in remedies)]
    left = []
    for text in told:
        said = say(text, lang)
        if said.lang != lang or ENGLISH_WORD.search(NO_WORDS.sub("", said.text)):
            left.append((text, said.text))
    assert len(told) > 150
    assert left == []


@pytest.mark.parametrize("lang", ["ru", "zh"])
def test_steps_of_a_plan_that_is_followed_are_said(lang: str) -> None:
    text = (SERVER / "jobs" / "following.py").read_text(encoding="utf-8")
    words = set(re.findall(r"say\(\"([a-z ]+)\"", text)) | {"putting parcels on their ways"}
    assert len(words) > 6
    assert [one for one in words if say(one, lang).lang != lang] == []


def test_what_became_of_a_file_is_answered_in_the_language_asked_for() -> None:
    taken = {
        "by_reason": [{"code": "unknown-hub", "rows": 2, "remedy": "no hub of the case", "is_warning": False}],
        "first": [{"where": "f:2", "column": "to", "code": "unknown-hub", "message": "found Y; no hub of the case"}],
    }
    asked = {"kind": "follow", "result": {"step": "parcels", **taken}}
    found = _result(asked, "ru")
    assert found is not None
    assert [found["by_reason"][0][name] for name in ("remedy", "lang")] == ["такого места в задаче нет", "ru"]
    assert [found["first"][0][name] for name in ("message", "lang")] == ["найдено Y; такого места в задаче нет", "ru"]
    assert _result({"kind": "follow", "result": {"step": "accept"}}, "zh") == {"step": "accept"}


@pytest.mark.parametrize(
    ("message", "russian"),
    [
        ("the case has no run 'r1'", "в задаче нет расчёта 'r1'"),
        ("planning together: improving", "планируем вместе: улучшаем"),
        ("relaxing coalitions 3/7", "группы, релаксация: 3/7"),
        ("event close:xing:a: 'xing:a' is not in hubs, handling or services; did you mean 'xing:b'? [bad-event]",
         "event close:xing:a: 'xing:a' нет в hubs, handling и services; может быть, 'xing:b'? [bad-event]"),
        ("orders:3: good: 'milc' is not in goods; did you mean 'milk'? [unknown-id]",
         "orders:3: good: 'milc' нет в таблице goods; может быть, 'milk'? [unknown-id]"),
        ("the password cannot be taken: it is one that is tried first; choose another",
         "пароль не подходит: его пробуют первым; выберите другой"),
    ],
)  # fmt: skip
def test_what_fills_a_sentence_is_kept(message: str, russian: str) -> None:
    said = say(message, "ru")
    assert (said.text, said.lang) == (russian, "ru")


def test_what_no_sentence_fits_stays_english_and_says_so() -> None:
    said = say("the moon is in the way", "zh")
    assert (said.text, said.lang) == ("the moon is in the way", "en")
    both = say("sign in first\nthe moon is in the way", "ru")
    assert both.lang == "en", "one line that stays English marks the whole"
    assert both.text.startswith("сначала войдите")
    assert say("x" * 100_000, "ru").lang == "en"
    assert say("", "ru").text == ""


def test_words_of_the_engines_progress_are_said() -> None:
    """Phases as the code has them."""
    root = SERVER.parent
    words: set[str] = set()
    for room in ("planning", "engine"):
        for path in (root / room).rglob("*.py"):
            words |= set(re.findall(r"(?:phase = |say\()\"([a-z ]+)\"", path.read_text(encoding="utf-8")))
    words -= {
        "planning without projects",
        "trying projects one by one",
        "asking what each project alone is worth",
        "choosing",
    }
    assert len(words) > 8
    assert {word for word in words if say(word, "zh").lang != "zh"} == set()


def test_a_bad_time_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock.of(built_in("far-east").settings)
    with pytest.raises(ValueError, match="expected a time") as caught:
        clock.minute("tomorrow")
    assert say(str(caught.value), "ru").lang == "ru"
    assert capsys.readouterr().out == ""


def test_the_language_is_the_first_that_there_is() -> None:
    assert negotiated("ru-RU,ru;q=0.9,en;q=0.8") == "ru"
    assert negotiated("de, zh-CN;q=0.5") == "zh"
    assert negotiated("de") == "en"
    assert negotiated("") == "en"
    assert negotiated("\x00;;;,,,") == "en"
