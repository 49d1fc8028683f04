"""The one door to the PDF library: pages in millimetres, text that fits its box, bars."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from landbridge.errors import MissingPackage
from landbridge.operations.labels.barcode import bars_of
from landbridge.operations.labels.fonts import Font

MM_PER_PT = 25.4 / 72
SMALLEST_PT = 4.0
MODULE_MM = 0.33
"""Width of the narrowest bar that the standard advises."""

BAR_HEIGHT_MM = 12.5
LEFT, CENTRE, RIGHT = 0.0, 0.5, 1.0
_LEADING = 1.25


class Sheet:
    """
    A PDF being drawn.

    Parameters
    ----------
    font
        Font of all its text.
    title
        Title of the document; names no person.
    """

    def __init__(self, font: Font, title: str) -> None:
        try:
            from fpdf import FPDF
        except ImportError as error:
            raise MissingPackage("labels need fpdf2 and zint-bindings: pip install 'landbridge[labels]'.") from error
        self._pdf = FPDF(unit="mm")
        self._pdf.set_auto_page_break(False)
        self._pdf.set_margin(0)
        self._pdf.set_title(title)
        self._pdf.set_creator("Landbridge")
        self._pdf.set_creation_date(datetime(2000, 1, 1, tzinfo=UTC))  # the same label is the same file
        self._pdf.add_font("text", fname=font.path, collection_font_number=font.index)

    def page(self, width_mm: float, height_mm: float) -> None:
        """Begin a page."""
        self._pdf.add_page(orientation="portrait", format=(width_mm, height_mm))
        self._pdf.set_line_width(0.2)

    def box(self, x: float, y: float, width: float, height: float) -> None:
        """Draw the frame of a box."""
        self._pdf.rect(x, y, width, height)

    def cross(self, x: float, y: float, size: float, *, marked: bool) -> None:
        """Draw a small box, crossed where it is marked."""
        self._pdf.rect(x, y, size, size)
        if marked:
            self._pdf.line(x, y, x + size, y + size)
            self._pdf.line(x, y + size, x + size, y)

    def word(self, x: float, y: float, text: str, size_pt: float, align: float = LEFT) -> None:
        """Write one line whose top is at ``y`` and which begins, is centred or ends at ``x``."""
        self._pdf.set_font("text", size=size_pt)
        self._pdf.text(x - align * self._pdf.get_string_width(text), y + size_pt * MM_PER_PT, text)

    def text(self, x: float, y: float, width: float, height: float, text: str, size_pt: float) -> None:
        """Write text into a box: broken into lines, and smaller where it does not fit."""
        size = size_pt
        lines = self._lines(text, width, size)
        while size > SMALLEST_PT and len(lines) * size * MM_PER_PT * _LEADING > height:
            size -= 0.25
            lines = self._lines(text, width, size)
        for number, line in enumerate(lines):
            self.word(x, y + number * size * MM_PER_PT * _LEADING, line, size)

    def _lines(self, text: str, width: float, size_pt: float) -> list[str]:
        """Break text at blanks, and between any two signs where a word is too long, as Chinese is written."""
        self._pdf.set_font("text", size=size_pt)
        lines: list[str] = []
        for paragraph in text.split("\n"):
            line = ""
            for word in paragraph.split(" "):
                joined = f"{line} {word}".strip()
                if self._pdf.get_string_width(joined) <= width:
                    line = joined
                    continue
                if line:
                    lines.append(line)
                line = ""
                for sign in word:
                    if line and self._pdf.get_string_width(line + sign) > width:
                        lines.append(line)
                        line = ""
                    line += sign
            lines.append(line)
        return lines

    def barcode(self, x: float, y: float, number: str, height: float = BAR_HEIGHT_MM, size_pt: float = 9.0) -> None:
        """Draw the bars of an S10 number centred at ``x``, and the number in groups under them."""
        width, bars = bars_of(number)
        left = x - width * MODULE_MM / 2
        self._pdf.set_fill_color(0)
        for place, bar in bars:
            self._pdf.rect(left + place * MODULE_MM, y, bar * MODULE_MM, height, style="F")
        grouped = f"{number[:2]} {number[2:5]} {number[5:8]} {number[8:11]} {number[11:]}"
        self.word(x, y + height + 0.8, grouped, size_pt, CENTRE)

    def save(self, path: Path) -> None:
        """Write the file; nothing more can be drawn."""
        self._pdf.output(str(path))
        for font in self._pdf.fonts.values():
            opened = getattr(font, "ttfont", None)
            if opened is not None:
                opened.close()
