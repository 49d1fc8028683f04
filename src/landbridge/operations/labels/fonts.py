"""A font that can print what a label says, taken from the system or from a file the user names."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from landbridge.errors import LandbridgeError, MissingPackage

NAMES = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansSC-Regular.otf",
    "NotoSansSC-Regular.ttf",
    "SourceHanSansSC-Regular.otf",
    "SourceHanSansCN-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "LiberationSans-Regular.ttf",
    "Arial Unicode.ttf",
    "PingFang.ttc",
    "msyh.ttc",
    "simhei.ttf",
    "arial.ttf",
)
"""Files looked for, free licences first; the first that has every letter is taken."""

_BLOCKS = (
    ("Chinese", 0x4E00, 0x9FFF),
    ("Chinese", 0x3400, 0x4DBF),
    ("Cyrillic", 0x0400, 0x052F),
    ("Korean", 0xAC00, 0xD7AF),
    ("Japanese", 0x3040, 0x30FF),
    ("Latin", 0x0041, 0x024F),
)


class MissingGlyphs(LandbridgeError, LookupError):
    """No font was found that can print a text; the message names scripts, not the text."""

    code = "missing-glyphs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Font:
    """A font file, and which font of it where it holds several."""

    path: Path
    index: int = 0


def find_font(texts: Iterable[str], named: Path | None = None) -> Font:
    """
    Find a font that has every sign of some texts.

    Parameters
    ----------
    texts
        What will be printed.
    named
        The file to use; default: the first of ``NAMES`` in the system's folders that has every sign.

    Raises
    ------
    MissingGlyphs
        When none has; the message tells which scripts are missing and what to install.
    """
    signs = {ord(sign) for text in texts for sign in text if not sign.isspace()}
    files = [named] if named is not None else list(_installed())
    missing: set[int] | None = None
    for path in files:
        index, known = _signs_of(path)
        lacks = signs - known
        if not lacks:
            return Font(path=path, index=index)
        if missing is None or len(lacks) < len(missing):
            missing = lacks
    where = f"{named} lacks" if named is not None else "no font of this system has"
    scripts = ", ".join(sorted({_script(sign) for sign in (signs if missing is None else missing)})) or "any"
    message = (
        f"{where} the letters of this label ({scripts}). Install Noto Sans CJK (Debian: fonts-noto-cjk), or name a"
    )
    raise MissingGlyphs(f"{message} font file that has them (--font).")


def _script(sign: int) -> str:
    return next((name for name, first, last in _BLOCKS if first <= sign <= last), f"U+{sign // 256:02X}xx")


def _folders() -> Iterator[Path]:
    home = Path.home()
    if sys.platform == "win32":
        yield Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"
        yield home / "AppData/Local/Microsoft/Windows/Fonts"
    elif sys.platform == "darwin":
        yield from (home / "Library/Fonts", Path("/Library/Fonts"), Path("/System/Library/Fonts"))
    else:
        yield from (
            home / ".local/share/fonts",
            home / ".fonts",
            Path("/usr/local/share/fonts"),
            Path("/usr/share/fonts"),
        )


@cache
def _installed() -> tuple[Path, ...]:
    """Fonts of ``NAMES`` that are installed, in that order."""
    found: dict[str, Path] = {}
    for folder in _folders():
        if folder.is_dir():
            for path in folder.rglob("*"):
                if path.name in NAMES:
                    found.setdefault(path.name, path)
    return tuple(found[name] for name in NAMES if name in found)


@cache
def _signs_of(path: Path) -> tuple[int, frozenset[int]]:
    """Which font of a file to use (the simplified Chinese one of a collection), and the signs it has."""
    try:
        from fontTools.ttLib import TTCollection, TTFont, TTLibError
    except ImportError as error:
        raise MissingPackage("labels need fpdf2 and zint-bindings: pip install 'landbridge[labels]'.") from error
    try:
        with path.open("rb") as file:
            if path.suffix.lower() not in (".ttc", ".otc"):
                return 0, frozenset(TTFont(file, lazy=True).getBestCmap())
            fonts = TTCollection(file, lazy=True).fonts
            names = [font["name"].getDebugName(4) or "" for font in fonts]
            index = next((at for at, name in enumerate(names) if name.endswith(" SC")), 0)
            return index, frozenset(fonts[index].getBestCmap())
    except (OSError, TTLibError, KeyError, TypeError) as error:
        raise MissingGlyphs(
            f"{path}: not a font that can be read ({error}); name a .ttf, .otf or .ttc file."
        ) from error
