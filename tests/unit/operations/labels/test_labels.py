"""Labels and forms: read back by a second library, printed in three scripts, never with a gap."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import matplotlib
import pypdfium2
import pytest
import zxingcpp
from tests.conftest import skip_or_fail

from landbridge.operations.customs.declaration import Article, BadDeclaration, Declaration, Party
from landbridge.operations.labels import fonts
from landbridge.operations.labels.barcode import BadNumber, bars_of
from landbridge.operations.labels.fonts import Font, MissingGlyphs, find_font
from landbridge.operations.labels.forms import write_forms
from landbridge.operations.labels.label import Label, write_labels
from landbridge.operations.labels.sheet import MODULE_MM, Sheet
from landbridge.operations.parcels.s10 import SERVICES, check_digit

CHINESE = Party(name="李明", lines=("道里区中央大街 100 号",), city="哈尔滨", postcode="150010", country="CN")
RUSSIAN = Party(name="Иванова Мария", lines=("ул. Светланская, д. 12",), city="Владивосток", country="RU")
NUMBER = "ZA473124829CN"
LABEL = Label(
    number=NUMBER, sender=CHINESE, addressee=RUSSIAN, weight_kg=1.4, parcel="shop:A1", from_hub="H", to_hub="V"
)
SHIRTS = Article(
    description="Cotton T-shirts 女式棉T恤",
    quantity=2,
    net_weight_kg=Decimal("0.36"),
    value=Decimal("120.00"),
    hs_code="610910",
    origin="CN",
)
FORM = Declaration(
    number=NUMBER,
    sender=CHINESE,
    addressee=RUSSIAN,
    category="sale of goods",
    articles=(SHIRTS,),
    gross_weight_kg=Decimal("0.5"),
    value=Decimal("120.00"),
    currency="CNY",
    posted=date(2026, 10, 5),
    invoice="INV-77",
)


@pytest.fixture(autouse=True, scope="module")
def _a_font_with_chinese_letters():
    try:
        find_font(["Иванова 李明"])
    except MissingGlyphs:
        skip_or_fail("no font with Chinese letters is installed (Debian: fonts-noto-cjk)")


def pages_of(path: Path):
    document = pypdfium2.PdfDocument(path)
    try:
        return [
            (page.get_textpage().get_text_bounded(), page.render(scale=3).to_pil(), page.get_size())
            for page in document
        ]
    finally:
        document.close()


def read_bars(picture) -> list[tuple[str, zxingcpp.BarcodeFormat]]:
    return [(code.text, code.format) for code in zxingcpp.read_barcodes(picture)]


@pytest.mark.slow
def test_a_label_prints_both_scripts_and_its_bars_are_read_back(tmp_path):
    write_labels([LABEL, replace(LABEL, number="ZB000000014CN")], tmp_path / "l.pdf")
    pages = pages_of(tmp_path / "l.pdf")
    assert [read_bars(picture) for _, picture, _ in pages] == [
        [(NUMBER, zxingcpp.BarcodeFormat.Code128)],
        [("ZB000000014CN", zxingcpp.BarcodeFormat.Code128)],
    ]
    text, _, (width, height) = pages[0]
    for words in ("李明", "哈尔滨", "Иванова Мария", "ул. Светланская", "ZA 473 124 829 CN", "1.400 kg", "H > V"):
        assert words in text
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (100, 150)


@pytest.mark.slow
def test_forms_say_everything_and_their_bars_are_read_back(tmp_path):
    write_forms([FORM, FORM], ["CN22", "CN23"], tmp_path / "f.pdf")
    pages = pages_of(tmp_path / "f.pdf")
    for (text, picture, _), form in zip(pages, ("CN22", "CN23"), strict=True):
        assert read_bars(picture) == [(NUMBER, zxingcpp.BarcodeFormat.Code128)]
        for words in (form, "Cotton T-shirts", "女式棉T恤", "610910", "120.00", "0.36", "2026-10-05", "Sale of goods"):
            assert words in text, (form, words)
    for words in ("李明", "Иванова Мария", "INV-77", "Владивосток"):
        assert words in pages[1][0]


def test_many_articles_go_on_further_sheets(tmp_path):
    form = replace(FORM, articles=(SHIRTS,) * 9, value=9 * SHIRTS.value, gross_weight_kg=Decimal(4))
    write_forms([form], ["CN23"], tmp_path / "f.pdf")
    texts = [text for text, _, _ in pages_of(tmp_path / "f.pdf")]
    assert [text.count("610910") for text in texts] == [8, 1]
    assert "Sheet 2 of 2" in texts[1]


def test_a_form_that_would_be_refused_is_not_written(tmp_path):
    with pytest.raises(BadDeclaration, match="too vague"):
        write_forms(
            [FORM, replace(FORM, articles=(replace(SHIRTS, description="gift"),))], ["CN23", "CN23"], tmp_path / "f.pdf"
        )
    assert not list(tmp_path.iterdir())


def test_the_narrowest_bar_and_the_symbol_have_the_advised_sizes():
    width, bars = bars_of(NUMBER)
    assert min(bar for _, bar in bars) == 1
    assert MODULE_MM >= 0.33
    assert 0.15 * width * MODULE_MM <= 12.5


def test_a_number_that_is_not_valid_has_no_bars():
    with pytest.raises(BadNumber, match="ZA473124820CN"):
        bars_of("ZA473124820CN")


@pytest.mark.slow
def test_the_same_label_is_the_same_file(tmp_path):
    write_labels([LABEL], tmp_path / "a.pdf")
    write_labels([LABEL], tmp_path / "b.pdf")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_missing_letters_are_told_by_script_and_never_printed_as_gaps(tmp_path, monkeypatch):
    latin = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    with pytest.raises(MissingGlyphs, match="Chinese") as caught:
        write_labels([LABEL], tmp_path / "l.pdf", latin)
    assert "李明" not in str(caught.value)
    assert "fonts-noto-cjk" in str(caught.value)
    monkeypatch.setattr(fonts, "_installed", lambda: ())
    with pytest.raises(MissingGlyphs, match="Cyrillic"):
        write_labels([LABEL], tmp_path / "l.pdf")
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_font_is_named(tmp_path):
    (tmp_path / "x.ttf").write_text("no font")
    with pytest.raises(MissingGlyphs, match=r"x\.ttf"):
        find_font(["a"], tmp_path / "x.ttf")


@pytest.mark.slow
def test_long_text_is_broken_and_made_smaller_until_it_fits(tmp_path):
    long = replace(RUSSIAN, lines=("очень длинная улица имени " * 8, "哈" * 120))
    write_labels([replace(LABEL, addressee=long)], tmp_path / "l.pdf")
    text = pages_of(tmp_path / "l.pdf")[0][0]
    assert text.replace("\r", "").replace("\n", "").count("哈") == 121
    assert "Владивосток" in text


@pytest.mark.slow
def test_a_thousand_random_numbers_are_read_back_by_another_library(tmp_path):
    """A hundred pages of ten numbers each, of every class that is in use, as a printer would see them."""
    rng = random.Random(7)
    used = [row for row in SERVICES if row.name not in ("reserved", "unassigned")]
    numbers = []
    for _ in range(1000):
        row = rng.choice(used)
        serial = f"{rng.randrange(10**8):08d}"
        letters = row.letter + chr(rng.randint(ord(row.first), ord(row.last)))
        numbers.append(f"{letters}{serial}{check_digit(serial)}{rng.choice(['RU', 'CN', 'KZ', 'MN', 'BY', 'DE'])}")
    sheet = Sheet(find_font(["ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"]), "Numbers")
    for page in range(100):
        sheet.page(100, 250)
        for at, number in enumerate(numbers[10 * page : 10 * page + 10]):
            sheet.barcode(50, 5 + 24 * at, number)
    sheet.save(tmp_path / "n.pdf")
    found = []
    document = pypdfium2.PdfDocument(tmp_path / "n.pdf")
    for page in document:
        codes = zxingcpp.read_barcodes(page.render(scale=3).to_pil(), formats=zxingcpp.BarcodeFormat.Code128)
        found += [code.text for code in sorted(codes, key=lambda code: code.position.top_left.y)]
    document.close()
    assert found == numbers


def test_a_font_of_a_collection_is_the_simplified_chinese_one():
    font = find_font(["李"])
    assert isinstance(font, Font)
    if font.path.name == "NotoSansCJK-Regular.ttc":
        from fontTools.ttLib import TTCollection

        with TTCollection(font.path, lazy=True) as collection:
            assert collection.fonts[font.index]["name"].getDebugName(4) == "Noto Sans CJK SC"
