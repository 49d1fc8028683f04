"""Which encoding a file is in: UTF-8, UTF-16 with its mark, windows-1251 or GB 18030."""

from __future__ import annotations

import codecs

UTF_8, CP1251, GB18030, UTF_16 = "utf-8", "cp1251", "gb18030", "utf-16"
ENCODINGS = (UTF_8, CP1251, GB18030, UTF_16)

_COMMON_LOW, _COMMON_HIGH = 0xB0, 0xD7
"""First bytes of the 3,755 common Chinese characters; Russian small letters of windows-1251 lie above."""

_LETTERS = frozenset((0xA8, 0xB8, *range(0xC0, 0x100)))
"""Bytes that are Russian letters in windows-1251; of Chinese text in GB 18030 about six in ten are."""

_ENOUGH = 12
"""Bytes beyond ASCII from which on a text of nothing but Russian letters is no chance."""


def detect_encoding(sample: bytes) -> str:
    """
    Tell the encoding of a file from its beginning.

    A mark decides. Without one, text is UTF-8 when most lines with letters outside ASCII can be read so. The rest is
    windows-1251 when nine in ten of its bytes beyond ASCII are Russian letters there; else GB 18030 when it can be
    read so and most of its characters are common ones.

    Parameters
    ----------
    sample
        The first bytes of the file; a line cut off at the end does no harm.
    """
    if sample.startswith(codecs.BOM_UTF8):
        return UTF_8
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return UTF_16
    lines = [line for line in sample.split(b"\n") if not line.isascii()]
    if len(lines) > 1:
        lines.pop()  # it may have been cut in the middle of a letter
    if not lines:
        return UTF_8
    if 2 * sum(map(is_utf_8, lines)) >= len(lines):
        return UTF_8
    return _not_utf_8([line for line in lines if not is_utf_8(line)])


def is_utf_8(raw: bytes) -> bool:
    """Tell whether bytes can be read as UTF-8."""
    try:
        raw.decode(UTF_8)
    except UnicodeDecodeError:
        return False
    return True


def read_anyhow(raw: bytes) -> str:
    """Read one line whose encoding is not that of its file, as well as can be guessed; never raises."""
    if is_utf_8(raw):
        return raw.decode(UTF_8)
    return raw.decode(_not_utf_8([raw]), errors="replace")


def _not_utf_8(lines: list[bytes]) -> str:
    high = [byte for line in lines for byte in line if byte >= 0x80]
    if len(high) >= _ENOUGH and 10 * sum(byte in _LETTERS for byte in high) >= 9 * len(high):
        return CP1251
    readable = common = pairs = 0
    for line in lines:
        try:
            text = line.decode(GB18030)
        except UnicodeDecodeError:
            continue
        readable += 1
        leads = [raw[0] for raw in (char.encode(GB18030) for char in text) if len(raw) == 2]
        pairs += len(leads)
        common += sum(_COMMON_LOW <= lead <= _COMMON_HIGH for lead in leads)
    return GB18030 if 2 * readable > len(lines) and 2 * common > pairs else CP1251
