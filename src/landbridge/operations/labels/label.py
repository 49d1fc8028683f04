"""The address label of a parcel, 100 x 150 mm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from landbridge.operations.customs.declaration import Party
from landbridge.operations.labels.fonts import find_font
from landbridge.operations.labels.sheet import RIGHT, Sheet
from landbridge.operations.parcels.s10 import check_number, service_class
from landbridge.tables.atomic import whole_file

WIDTH, HEIGHT = 100.0, 150.0
_MARGIN = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """
    What a label says.

    Parameters
    ----------
    number
        S10 number.
    sender, addressee
        From whom to whom.
    weight_kg
        Gross weight.
    parcel
        Our id of the parcel.
    from_hub, to_hub
        Hubs of the plan, for sorting.
    note
        One more line, such as what the customs form is.
    """

    number: str
    sender: Party
    addressee: Party
    weight_kg: float
    parcel: str = ""
    from_hub: str = ""
    to_hub: str = ""
    note: str = ""


def address(party: Party) -> str:
    """Address of a party, a line each."""
    place = " ".join(part for part in (party.postcode, party.city) if part)
    parts = (party.name, party.company, *party.lines, place, party.region, party.country, party.phone)
    return "\n".join(part for part in parts if part)


def write_labels(labels: Sequence[Label], path: Path, font: Path | None = None) -> None:
    """
    Write labels, a page each.

    Raises
    ------
    MissingGlyphs
        When no font has the letters of the addresses.
    OutputError
        When the file exists or cannot be written.
    """
    sheet = Sheet(find_font(_texts(labels), font), "Labels")
    for label in labels:
        _draw(sheet, label)
    with whole_file(path) as place:
        sheet.save(place)


def _texts(labels: Iterable[Label]) -> Iterable[str]:
    yield "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:/>-"
    for label in labels:
        yield from (address(label.sender), address(label.addressee), label.parcel, label.note)
        yield from (label.from_hub, label.to_hub)


def _draw(sheet: Sheet, label: Label) -> None:
    sheet.page(WIDTH, HEIGHT)
    inner = WIDTH - 2 * _MARGIN
    kind = service_class(label.number[:2])
    sheet.word(_MARGIN, 5, kind.meaning.upper()[:48], 7)
    sheet.barcode(WIDTH / 2, 10, check_number(label.number).number, height=18, size_pt=14)
    sheet.box(_MARGIN, 37, inner, 34)
    sheet.word(_MARGIN + 2, 38.5, "FROM", 6)
    sheet.text(_MARGIN + 2, 42, inner - 4, 28, address(label.sender), 9)
    sheet.box(_MARGIN, 71, inner, 52)
    sheet.word(_MARGIN + 2, 72.5, "TO", 6)
    sheet.text(_MARGIN + 2, 76.5, inner - 4, 45, address(label.addressee), 13)
    sheet.box(_MARGIN, 123, inner, 22)
    sheet.word(_MARGIN + 2, 124.5, f"{label.weight_kg:.3f} kg", 11)
    sheet.word(WIDTH - _MARGIN - 2, 124.5, label.addressee.country, 20, RIGHT)
    if label.from_hub:
        sheet.word(_MARGIN + 2, 131, f"{label.from_hub} > {label.to_hub}", 8)
    sheet.text(_MARGIN + 2, 135.5, inner - 24, 8, "\n".join(filter(None, (label.parcel, label.note))), 7)
