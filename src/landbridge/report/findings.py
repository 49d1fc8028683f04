"""
Findings of a case said in another language.

Rules write English. The English catalog holds their sentences in parts: a sentence, what was found, what is
expected, a hint at the end. Each part that fits one of them is said by the part with the same key; one that
fits none stays as it is. Names and numbers are never touched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files

from landbridge.errors import Finding, UnknownName
from landbridge.report.places import LANGUAGES

_HOLE = re.compile(r"\{(\w+)\}")
_SECTIONS = {"what": "what", "expected": "expected", "hint": "hint", "tables": "tables", "message": "sentence"}
"""Section of the catalog in which the words of a hole are looked up, by the name of the hole."""

_BREAK = "; "
"""Stands between a sentence and its hint."""


def say_findings(findings: Sequence[Finding], lang: str) -> tuple[Finding, ...]:
    """Findings with their messages in a language."""
    return tuple(replace(item, message=say_finding(item.message, lang)) for item in findings)


def say_finding(message: str, lang: str) -> str:
    """Say the message of a finding in a language."""
    return message if lang == "en" else _say("sentence", message, lang)


@cache
def load_findings(lang: str) -> dict[str, str]:
    """
    Parts of sentences of a language by key.

    Raises
    ------
    UnknownName
        When there is no catalog for it.
    """
    if lang not in LANGUAGES:
        message = f"no catalog for language {lang!r}; expected one of {', '.join(LANGUAGES)}"
        raise UnknownName(message, code="unknown-language")
    text = (files("landbridge.report") / "messages" / "findings" / f"{lang}.json").read_text(encoding="utf-8")
    catalog: dict[str, str] = json.loads(text)
    return catalog


def _say(section: str, text: str, lang: str) -> str:
    body, hint = _split_hint(section, text, lang)
    for key, pattern in _patterns(section):
        match = pattern.fullmatch(body)
        if match:
            words = match.groupdict()
            said = {
                name: _say(_SECTIONS[name], value, lang) if name in _SECTIONS else value
                for name, value in words.items()
            }
            return load_findings(lang)[key].format(**said) + hint
    return body + hint


def _split_hint(section: str, text: str, lang: str) -> tuple[str, str]:
    """A sentence, and the hint at its end in the other language; blank when there is none."""
    body, sign, tail = text.rpartition(_BREAK)
    if section == "sentence" and sign and any(pattern.fullmatch(tail) for _, pattern in _patterns("hint")):
        return body, ("；" if lang == "zh" else _BREAK) + _say("hint", tail, lang)
    return text, ""


@cache
def _patterns(section: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Parts of a section as patterns, those with the most words of their own first."""
    found = []
    for key, sentence in load_findings("en").items():
        if key.startswith(f"{section}."):
            parts = _HOLE.split(sentence)
            pattern = "".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
            found.append((sum(len(part) for part in parts[::2]), key, re.compile(pattern, re.DOTALL)))
    return tuple((key, pattern) for _, key, pattern in sorted(found, key=lambda item: (-item[0], item[1])))
