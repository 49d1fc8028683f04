"""
What the server says, in the language of who reads it.

Refusals, errors of jobs and words of their progress are written in English. The English catalog holds these
sentences; a text that was made from one of them is said by the one with the same key in another language. What
none fits stays English and is marked so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request

from landbridge.report.findings import say_finding
from landbridge.report.phrases import Phrases
from landbridge.report.reasons import read_reason, say_reason

ENGLISH = "en"
LONGEST = 1000
"""Characters of a line that is looked up; a longer one stays as it is."""

MOST_COLONS = 8
LANGUAGES = ("en", "ru", "zh")

_WORDS = ("phase", "step", "problem", "reason")
"""Holes that are filled with words of the catalog themselves."""

_FOUND = "found "

_FINDING = re.compile(r"(?P<text>.*) \[(?P<code>[a-z0-9-]+)\]")
"""A finding as a message has it: place, column, sentence, code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A text, and the language it is in: the one asked for, or English where there is no sentence for it."""

    text: str
    lang: str


def say(message: str, lang: str, *, reasons: bool = False) -> Said:
    """
    Say a message of the server in a language, each of its lines for itself.

    Parameters
    ----------
    message
        As it was written.
    lang
        ``en``, ``ru`` or ``zh``.
    reasons
        It is a reason why an order is not served: of those the report has the sentences.
    """
    if lang == ENGLISH or not message:
        return Said(text=message, lang=ENGLISH)
    if reasons:
        reason = _reason(message, lang)
        if reason != message:
            return Said(text=reason, lang=lang)
    lines = [_line(line, lang) for line in message.split("\n")]
    is_said = all(line.lang == lang for line in lines)
    return Said(text="\n".join(line.text for line in lines), lang=lang if is_said else ENGLISH)


@cache
def load_sentences(lang: str) -> Mapping[str, str]:
    """Sentences of a language by key."""
    text = (files("landbridge.server") / "messages" / f"{lang}.json").read_text(encoding="utf-8")
    catalog: dict[str, str] = json.loads(text)
    return catalog


@cache
def _phrases() -> Phrases:
    return Phrases(load_sentences(ENGLISH))


@lru_cache(maxsize=4096)
def _line(line: str, lang: str) -> Said:
    if len(line) > LONGEST:
        return Said(text=line, lang=ENGLISH)
    finding = _FINDING.fullmatch(line)
    said = _finding(finding["text"], lang) if finding else _sentence(line, lang)
    if said is None:
        return Said(text=line, lang=ENGLISH)
    return Said(text=f"{said} [{finding['code']}]" if finding else said, lang=lang)


def _finding(text: str, lang: str) -> str | None:
    """A finding's place as it is, and its sentence said; both are divided by a colon, of which there may be more."""
    words = text.split(": ")
    for start in range(1, min(len(words), MOST_COLONS)):
        sentence = ": ".join(words[start:])
        said = _sentence(sentence, lang)
        if said is not None:
            return ": ".join([*words[:start], said])
    return None


@cache
def _whole() -> Mapping[str, str]:
    """Keys of the English sentences that have no holes, by the sentence."""
    return {sentence: key for key, sentence in load_sentences(ENGLISH).items() if "{" not in sentence}


def _sentence(text: str, lang: str) -> str | None:
    what, _, remedy = text.partition("; ")
    if what.startswith(_FOUND) and remedy in _whole():  # of a row of a file; other sentences begin so too
        sentences = load_sentences(lang)
        return sentences["row.found"].format(found=what.removeprefix(_FOUND), problem=sentences[_whole()[remedy]])
    found = _phrases().find(text)
    if found is None:
        said = say_finding(text, lang)
        return said if said != text else None
    key, holes = found
    filled = {name: _hole(name, value, lang) if name in _WORDS else value for name, value in holes.items()}
    return load_sentences(lang)[key].format(**filled)


def _hole(name: str, value: str, lang: str) -> str:
    return _reason(value, lang) if name == "reason" else _sentence(value, lang) or value


def _reason(text: str, lang: str) -> str:
    return say_reason(read_reason(text), lang)


# What is answered


def language_of(
    request: Request,
    lang: Annotated[
        Literal["en", "ru", "zh"] | None,
        Query(description="Language of messages; blank: the first of Accept-Language that there is, else English."),
    ] = None,
) -> str:
    """Language that a request asks for."""
    return lang or negotiated(request.headers.get("accept-language", ""))


Tongue = Annotated[str, Depends(language_of)]


def negotiated(header: str) -> str:
    """First language of an Accept-Language header that there is; the order stands for the preference."""
    for item in header.split(",")[:20]:
        name = item.partition(";")[0].strip().lower().partition("-")[0]
        if name in LANGUAGES:
            return name
    return ENGLISH


def said_item(item: Mapping[str, Any], lang: str, name: str = "message") -> dict[str, Any]:
    """Say the message of an item, beside it its language."""
    said = say(str(item[name] or ""), lang)
    return {**item, name: said.text if item[name] is not None else None, "lang": said.lang}
