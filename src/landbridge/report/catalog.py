"""Message catalogs: one file a language, keys to sentences with ``{holes}``."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from landbridge.errors import UnknownName
from landbridge.report.places import LANGUAGES


@cache
def load_catalog(lang: str) -> dict[str, str]:
    """
    Sentences of a language by key.

    Raises
    ------
    UnknownName
        When there is no catalog for it.
    """
    if lang not in LANGUAGES:
        message = f"no catalog for language {lang!r}; expected one of {', '.join(LANGUAGES)}"
        raise UnknownName(message, code="unknown-language")
    text = (files("landbridge.report") / "messages" / f"{lang}.json").read_text(encoding="utf-8")
    catalog: dict[str, str] = json.loads(text)
    return catalog
