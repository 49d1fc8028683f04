"""Sentences of a catalog found in a text, with what fills their holes."""

from __future__ import annotations

import re
from collections.abc import Mapping

_HOLE = re.compile(r"\{(\w+)\}")


class Phrases:
    """
    English sentences by key, to be looked up by a text that was made from one of them.

    Where several fit, the one with the most words of its own is meant.

    Parameters
    ----------
    english
        Sentences with holes ``{name}``.
    """

    def __init__(self, english: Mapping[str, str]) -> None:
        found = []
        for key, sentence in english.items():
            parts = _HOLE.split(sentence)
            pattern = "".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
            found.append((-sum(len(part) for part in parts[::2]), key, re.compile(pattern, re.DOTALL)))
        self._patterns = [(key, pattern) for _, key, pattern in sorted(found, key=lambda item: item[:2])]

    def find(self, text: str) -> tuple[str, dict[str, str]] | None:
        """Key of the sentence that a text was made from, and what fills its holes; None: it is none of them."""
        for key, pattern in self._patterns:
            match = pattern.fullmatch(text)
            if match:
                return key, match.groupdict()
        return None
