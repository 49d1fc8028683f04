"""The printed view of an agreement. The canonical JSON is the truth; this is for reading and filing."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from importlib.resources import as_file, files
from typing import Any

from fpdf import FPDF
from fpdf.enums import TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace

from landbridge.server.agreements.document import sha256_of
from landbridge.server.agreements.words import WORDS

_FONT_FILE = "NotoSansCJKsc-subset.otf"
_FONT = "noto"
_INK, _GREY = (20, 28, 38), (95, 105, 117)
_COLUMNS = ("giver", "taker", "kind", "resource", "share_frac", "fee_per_t", "both_ways")
_WIDTHS = (29, 32, 32, 31, 14, 20, 18)


def write_pdf(
    document: Mapping[str, Any], signatures: Sequence[Mapping[str, Any]], state: str, lang: str = "en"
) -> bytes:
    """
    Print a version of an agreement.

    Parameters
    ----------
    document
        What is signed, see ``document_of``.
    signatures
        ``organisation``, ``kid`` and ``signed_at`` (seconds since 1970) of those that were verified.
    state
        Where the agreement stands.
    lang
        ``en``, ``ru`` or ``zh``; names are printed as they stand in the document.
    """
    words = WORDS[lang]
    page = _Page(words["page"])
    page.masthead(words["agreement"].format(**document), str(document["name"]))
    page.pair(words["state"], words[f"state.{state}"])
    page.pair(words["case"], document["case"]["name"])
    for row in document["signers"]:
        text = words["for"].format(party=_both(row["party_name"], row["party"]), organisation=row["organisation_name"])
        page.pair(words["between"], text)
    page.pair(words["starts"], document["starts"] or words["at-once"])
    page.pair(words["ends"], document["ends"] or words["open"])
    if document["fixed_cost"]:
        page.pair(words["fixed_cost"], f"{document['fixed_cost']:,.2f} {document['case']['currency']}")
    page.heading(words["grants"])
    page.grants(document, words)
    page.heading(words["signatures"])
    signed = {row["organisation"]: row for row in signatures}
    for row in document["signers"]:
        page.paragraph(_signature(row, signed.get(row["organisation"]), words))
    page.paragraph(words["not-qualified"], grey=True)
    page.pair(words["sha256"], sha256_of(document))
    if document["previous_sha256"]:
        page.pair(words["previous"], document["previous_sha256"])
    page.paragraph(words["view"], grey=True)
    return bytes(page.output())


def _signature(signer: Mapping[str, Any], found: Mapping[str, Any] | None, words: Mapping[str, str]) -> str:
    name = signer["organisation_name"]
    if found is None:
        return words["unsigned"].format(organisation=name)
    when = datetime.datetime.fromtimestamp(found["signed_at"], tz=datetime.UTC)
    return words["signed"].format(organisation=name, time=f"{when:%Y-%m-%d %H:%M}", kid=found["kid"])


def _both(name: str, key: str) -> str:
    return name if name == key or not name else f"{name} ({key})"


class _Page(FPDF):
    """A4 with one font that has Latin, Cyrillic and simplified Chinese."""

    def __init__(self, footer: str) -> None:
        super().__init__()
        with as_file(files("landbridge.server.agreements") / "assets" / _FONT_FILE) as path:
            self.add_font(_FONT, "", path)
        self.words = footer
        self.set_margins(17, 18, 17)
        self.set_auto_page_break(True, 20)
        self.set_creator("Landbridge")
        self.add_page()

    def footer(self) -> None:
        """Number the page."""
        self.set_y(-14)
        self._style(8, grey=True)
        self.cell(0, 6, self.words.format(page=self.page_no()), align="R")

    def masthead(self, small: str, large: str) -> None:
        """Id and version, and the title."""
        self._style(10, grey=True)
        self._flow(small, 6)
        self._style(17)
        self._flow(large, 9)
        self.ln(3)
        self.set_title(large)

    def heading(self, text: str) -> None:
        """Head of a section."""
        self.ln(4)
        self._style(12.5)
        self._flow(text, 8)

    def pair(self, name: str, text: str) -> None:
        """Name of something, and what it is."""
        self._style(10, grey=True)
        self.cell(48, 6, name)
        self._style(10)
        self._flow(text, 6)

    def paragraph(self, text: str, *, grey: bool = False) -> None:
        """Paragraph."""
        self._style(9 if grey else 10, grey=grey)
        self._flow(text, 6)

    def grants(self, document: Mapping[str, Any], words: Mapping[str, str]) -> None:
        """A row a grant."""
        self._style(8.5)
        lines = TableBordersLayout.HORIZONTAL_LINES
        plain = FontFace(emphasis="", color=_GREY)
        with self.table(
            col_widths=_WIDTHS, line_height=5, borders_layout=lines, headings_style=plain, text_align="LEFT"
        ) as table:
            head = table.row()
            for name in _COLUMNS:
                head.cell(words[name].format(currency=document["case"]["currency"]))
            for grant in document["grants"]:
                row = table.row()
                for name in _COLUMNS:
                    row.cell(_cell(name, grant[name], words))

    def _flow(self, text: str, height: float) -> None:
        self.multi_cell(0, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")

    def _style(self, size: float, *, grey: bool = False) -> None:
        self.set_font(_FONT, size=size)
        self.set_text_color(*(_GREY if grey else _INK))


def _cell(name: str, value: Any, words: Mapping[str, str]) -> str:
    match name:
        case "kind":
            return words[f"kind.{value}"]
        case "share_frac":
            return f"{value:.0%}"
        case "fee_per_t":
            return f"{value:,.2f}" if value else "–"
        case "both_ways":
            return words["yes"] if value else ""
        case _:
            return words["all"] if value == "*" else str(value)
