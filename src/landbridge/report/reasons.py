"""
Why an order is not served, read back from its words so that it can be said in another language.

The English catalog holds the sentences as ``landbridge.planning`` writes them. A
text that fits one of them is said in another language by the sentence with the
same key; a text that fits none stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from landbridge.report.catalog import load_catalog

_HOLE = re.compile(r"\{(\w+)\}")
_PARTNER = re.compile(r"^(?P<reason>.*) \((?P<what>offer|bid) (?P<order>'.*?'|\".*?\")\)$")
_NESTED = "reason.with-partner"
_WORDS = ("what", "other")
_POWER = re.compile(r"\d(?:\.\d+)?e[+-]\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """
    A reason taken apart.

    Parameters
    ----------
    kind
        What stands before the colon: ``capacity``, ``price``, ...; blank when it is none that is known.
    key, args
        Key of the sentence in the catalogs and what fills it; blank when no sentence fits.
    text
        The words as they stand in the run.
    """

    kind: str
    key: str
    args: Mapping[str, str]
    text: str


def read_reason(text: str) -> Reason:
    """Find the sentence of the catalog that a text was made from."""
    kind = _kind(text)
    nested = _PARTNER.match(text)
    if nested and _find(nested["reason"])[0]:
        return Reason(kind=kind, key=_NESTED, args=nested.groupdict(), text=text)
    key, args = _find(text)
    return Reason(kind=kind, key=key, args=args, text=text)


def say_reason(reason: Reason, lang: str) -> str:
    """Say a reason in a language; as it stands where no sentence fits, but for numbers such as ``4.5e+06``."""
    return _POWER.sub(lambda match: f"{float(match[0]):.0f}", _say(reason, lang))


def _say(reason: Reason, lang: str) -> str:
    if not reason.key or lang == "en":
        return reason.text
    catalog = load_catalog(lang)
    args = dict(reason.args)
    for name, value in args.items():
        if name == "reason":
            args[name] = _say(read_reason(value), lang)
        elif name in _WORDS:
            args[name] = catalog[f"reason.word.{value}"]
        else:
            args[name] = _say_phrases(value, lang)
    return catalog[reason.key].format(**args)


def kinds() -> tuple[str, ...]:
    """Kinds of reasons that have a name in the catalogs."""
    return tuple(key.removeprefix("reason.kind.") for key in load_catalog("en") if key.startswith("reason.kind."))


def _kind(text: str) -> str:
    start = text.partition(":")[0]
    return next((kind for kind in kinds() if start == kind or start.startswith(f"{kind} '")), "")


def _find(text: str) -> tuple[str, dict[str, str]]:
    for key, pattern in _patterns("reason.text."):
        match = pattern.fullmatch(text)
        if match:
            return key, match.groupdict()
    return "", {}


def _say_phrases(text: str, lang: str) -> str:
    """Replace the phrases that lists of names contain."""
    catalog = load_catalog(lang)
    for key, pattern in _patterns("reason.phrase."):
        text = pattern.sub(lambda match, key=key: catalog[key].format(**match.groupdict()), text)  # type: ignore[misc]
    return text


@cache
def _patterns(prefix: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Sentences as patterns, those with the most words of their own first."""
    hole = "(.+?)" if prefix == "reason.text." else r"([^\s,;()]+)"
    found = []
    for key, sentence in load_catalog("en").items():
        if key.startswith(prefix):
            parts = _HOLE.split(sentence)
            pattern = "".join(
                f"(?P<{part}>{hole[1:-1]})" if place % 2 else re.escape(part) for place, part in enumerate(parts)
            )
            found.append((sum(len(part) for part in parts[::2]), key, re.compile(pattern)))
    return tuple((key, pattern) for _, key, pattern in sorted(found, key=lambda item: (-item[0], item[1])))
