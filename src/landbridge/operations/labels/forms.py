"""The customs forms CN22 (74 x 105 mm) and CN23 (210 x 148 mm), in an arrangement of our own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from landbridge.operations.customs.declaration import (
    CATEGORIES,
    MOST_ON_CN22,
    MOST_ON_CN23,
    Article,
    BadDeclaration,
    Declaration,
    check_declaration,
)
from landbridge.operations.labels.fonts import find_font
from landbridge.operations.labels.label import address
from landbridge.operations.labels.sheet import RIGHT, Sheet
from landbridge.tables.atomic import whole_file

_CERTIFY = (
    "I certify that the particulars given in this declaration are correct and that this item does not contain "
    "any dangerous article or articles prohibited by legislation or by postal or customs regulations."
)


def write_forms(
    declarations: Sequence[Declaration], forms: Sequence[str], path: Path, font: Path | None = None
) -> None:
    """
    Write customs forms, a page each (more for many articles).

    Parameters
    ----------
    declarations
        What they say; all are checked before anything is written.
    forms
        For each ``CN22`` or ``CN23``.
    path
        The PDF to make.
    font
        Font file; default: found in the system.

    Raises
    ------
    BadDeclaration
        With every finding of every form.
    MissingGlyphs
        When no font has their letters.
    """
    findings = [finding for item in declarations for finding in check_declaration(item)]
    if findings:
        raise BadDeclaration(findings)
    sheet = Sheet(find_font(_texts(declarations), font), "Customs declarations")
    for item, form in zip(declarations, forms, strict=True):
        if form == "CN22":
            _draw_cn22(sheet, item)
        else:
            pages = [item.articles[at : at + MOST_ON_CN23] for at in range(0, len(item.articles), MOST_ON_CN23)]
            for number, articles in enumerate(pages, start=1):
                _draw_cn23(sheet, item, articles, number, len(pages))
    with whole_file(path) as place:
        sheet.save(place)


def _texts(declarations: Iterable[Declaration]) -> Iterable[str]:
    yield "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;()/-'é"
    for item in declarations:
        yield from (address(item.sender), address(item.addressee), item.sender.customs_ref, item.addressee.customs_ref)
        yield from (item.comments, item.office, item.licence, item.certificate, item.invoice, item.addressee.email)
        yield from (article.description for article in item.articles)


def _draw_cn22(sheet: Sheet, item: Declaration) -> None:
    left, width = 3.0, 68.0
    sheet.page(74, 105)
    sheet.box(left, 3, width, 99)
    sheet.word(left + 1.5, 4, "CUSTOMS DECLARATION", 8)
    sheet.word(left + width - 1.5, 4, "CN22", 10, RIGHT)
    sheet.word(left + 1.5, 8, "May be opened officially", 5.5)
    sheet.barcode(37, 11.5, item.number, height=9, size_pt=8)
    for place, category in enumerate(CATEGORIES):
        x, y = left + 1.5 + place % 3 * 21.5, 26 + place // 3 * 4.5
        sheet.cross(x, y, 3, marked=category == item.category)
        sheet.word(x + 4, y + 0.5, category.capitalize(), 5)
    _table(sheet, left, 36, (24, 7, 11, 14, 12), _HEADS_22, _rows_22(item.articles), 9, 6)
    y = 36 + 6 + MOST_ON_CN22 * 9
    sheet.box(left, y, width, 8)
    sheet.word(left + 1.5, y + 1, f"Total weight {item.gross_weight_kg} kg", 6)
    sheet.word(left + width - 1.5, y + 1, f"Total value {item.value} {item.currency}", 6, RIGHT)
    sheet.word(left + 1.5, y + 4.3, f"To {item.addressee.country}   Posted {item.posted.isoformat()}", 6)
    sheet.text(left + 1.5, y + 9, width - 3, 12, _CERTIFY, 5)
    sheet.word(left + 1.5, 97, "Date and signature of sender ____________________", 5.5)


_HEADS_22 = ("Detailed description", "Qty", "Net kg", "Value", "HS / origin")


def _rows_22(articles: Iterable[Article]) -> list[tuple[str, ...]]:
    return [
        (
            article.description,
            str(article.quantity),
            str(article.net_weight_kg),
            str(article.value),
            f"{article.hs_code[:6]} {article.origin}",
        )
        for article in articles
    ]


def _table(
    sheet: Sheet,
    x: float,
    y: float,
    widths: Sequence[float],
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    height: float,
    head: float,
) -> None:
    for number, row in enumerate([heads, *rows]):
        left, tall = x, head if number == 0 else height
        top = y if number == 0 else y + head + (number - 1) * height
        for width, cell in zip(widths, row, strict=True):
            sheet.box(left, top, width, tall)
            sheet.text(left + 0.8, top + 0.7, width - 1.6, tall - 1, cell, 5.5 if number == 0 else 7)
            left += width


def _draw_cn23(sheet: Sheet, item: Declaration, articles: Sequence[Article], number: int, pages: int) -> None:
    sheet.page(210, 148)
    sheet.box(5, 5, 200, 138)
    sheet.word(7, 6.5, "CUSTOMS DECLARATION", 11)
    sheet.word(7, 11.5, f"May be opened officially   Sheet {number} of {pages}", 6)
    sheet.word(203, 6.5, "CN23", 14, RIGHT)
    sheet.barcode(145, 7, item.number)
    _party(sheet, 5, "From", address(item.sender), "Sender's customs reference", item.sender.customs_ref)
    importer = "\n".join(filter(None, (address(item.addressee), item.addressee.email)))
    _party(sheet, 105, "To", importer, "Importer's tax or customs code", item.addressee.customs_ref)
    heads = ("Detailed description of contents", "Quantity", "Net weight, kg", "Value", "HS tariff number", "Origin")
    rows = [
        (
            article.description,
            str(article.quantity),
            str(article.net_weight_kg),
            f"{article.value} {item.currency}",
            article.hs_code,
            article.origin,
        )
        for article in articles
    ]
    rows += [("", "", "", "", "", "")] * (MOST_ON_CN23 - len(rows))
    _table(sheet, 5, 54, (78, 20, 26, 34, 28, 14), heads, rows, 6, 5)
    _totals(sheet, item, 54 + 5 + MOST_ON_CN23 * 6)


def _party(sheet: Sheet, x: float, title: str, text: str, ref: str, value: str) -> None:
    sheet.box(x, 26, 100, 28)
    sheet.word(x + 2, 26.8, title, 6)
    sheet.text(x + 2, 30, 62, 23, text, 8)
    sheet.word(x + 66, 26.8, ref, 5)
    sheet.text(x + 66, 30, 33, 10, value, 7)


def _totals(sheet: Sheet, item: Declaration, y: float) -> None:
    postage = "" if item.postage is None else f"{item.postage} {item.currency}"
    cells = (
        ("Total gross weight, kg", str(item.gross_weight_kg), 40.0),
        ("Total value", f"{item.value} {item.currency}", 50.0),
        ("Postal charges and fees", postage, 50.0),
        ("Office of origin, date of posting", f"{item.office} {item.posted.isoformat()}".strip(), 60.0),
    )
    x = 5.0
    for title, text, width in cells:
        sheet.box(x, y, width, 9)
        sheet.word(x + 1, y + 0.6, title, 5)
        sheet.text(x + 1, y + 3.6, width - 2, 5, text, 8)
        x += width
    for place, category in enumerate(CATEGORIES):
        left = 6 + place * 33
        sheet.cross(left, y + 10.5, 3, marked=category == item.category)
        sheet.word(left + 4, y + 10.7, category.capitalize(), 6.5)
    parts = (("Comments", item.comments), ("Licence", item.licence), ("Certificate", item.certificate))
    known = [f"{title}: {text}" for title, text in (*parts, ("Invoice", item.invoice)) if text]
    sheet.text(7, y + 15, 196, 5, "   ".join(known) or "Comments, licence, certificate, invoice: none", 6.5)
    sheet.text(7, y + 20.5, 120, 8, _CERTIFY, 5.5)
    sheet.word(203, y + 22.5, "Date and sender's signature __________________________", 6.5, RIGHT)
