"""
Make the font of printed agreements: Latin, Cyrillic and the characters of GB 2312 out of Noto Sans CJK SC.

    python scripts/make_pdf_font.py /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc

Needs fontTools. The result is under the SIL Open Font License, as its source is.
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection

TARGET = Path(__file__).parents[1] / "src/landbridge/server/agreements/assets/NotoSansCJKsc-subset.otf"
NAMES = [0, 1, 2, 3, 4, 5, 6, 13, 14]
LEFT_OUT = ["vhea", "vmtx", "VORG", "BASE", "GPOS", "GSUB", "GDEF"]
SIGNS = "€¥№←→↔×−≤≥"


def wanted() -> set[int]:
    """Code points the font keeps."""
    found = {*range(0x20, 0x180), *range(0x400, 0x530), *range(0x2010, 0x2030), *map(ord, SIGNS)}
    for pair in product(range(0xA1, 0xF8), range(0xA1, 0xFF)):
        text = bytes(pair).decode("gb2312", errors="ignore")
        found.update(map(ord, text))
    return found


def main() -> None:
    fonts = TTCollection(sys.argv[1]).fonts
    font = next(item for item in fonts if item["name"].getDebugName(1) == "Noto Sans CJK SC")
    options = subset.Options(layout_features=[], name_IDs=NAMES, hinting=False)
    options.drop_tables += LEFT_OUT
    maker = subset.Subsetter(options)
    maker.populate(unicodes=wanted())
    maker.subset(font)
    font.save(TARGET)


if __name__ == "__main__":
    main()
