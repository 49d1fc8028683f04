"""``landbridge operate`` from a shop's file to labels, and nobody's name where it does not belong."""

from __future__ import annotations

import csv
import json
import logging
from pathlib import Path

import pypdfium2
import pytest
from tests.conftest import skip_or_fail
from typer.testing import CliRunner

from landbridge.cli.main import app
from landbridge.cli.outcome import ExitCode
from landbridge.operations.labels.fonts import MissingGlyphs, find_font

PLANTED = (
    "Zyzzyvova",  # a name
    "Квакшинский переулок",  # a street
    "哈哈镜胡同",  # a street
    "+79990001122",  # a telephone
    "zyz@planted.example",
    "770099887766",  # a tax number
    "Нижние Квакши",  # a town
    "690991",  # the whole postcode
)
HEADER = ["Order", "Tracking", "State", "Country", "Zip", "Weight", "Price", "Currency", "HS", "Created", "Product"]
HEADER += ["Recipient", "Address", "City", "Phone", "Email", "INN"]
SENDER = 'name = "Sender Ltd"\nlines = ["1 Street"]\ncity = "Harbin"\ncountry = "CN"\n'


def call(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["operate", *map(str, words)])
    assert result.exit_code == code, result.output
    return result.output


def rows():
    name, street, hutong, phone, email, tax, city, postcode = PLANTED
    sound = [
        "A",
        "",
        "RU-PRI",
        "RU",
        postcode,
        "1.5",
        "99.90",
        "CNY",
        "610910",
        "2026-10-05T10:00+08:00",
        "Cotton T-shirts",
    ]
    people = [f"{name} Мария", f"{street} 5", city, phone, email, tax]
    table = []
    for at in range(12):
        row = [*sound, *people]
        row[0] = f"A{at}"
        table.append(row)
    table[1][12] = f"{hutong} 7"
    table[2][5] = f"{name} Мария"  # cells that slipped: a name where the weight belongs
    table[3][6] = phone
    table[4][9] = f"{street} 5"
    table[5][7] = name
    table[6][1] = email
    table[7][2] = city
    table[8][3] = f"{name}"
    table[9][8] = tax
    table[10][5] = "-1"
    table[11][0] = f"{name} Мария"
    table.append([*table[0][:11], name, street, "one cell", "too", "many", "here", "!"])
    return table


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A case, a file with planted names, its mapping, and an import of it."""
    folder = tmp_path_factory.mktemp("operate")
    CliRunner().invoke(app, ["new", "far-east", str(folder / "case")])
    with (folder / "orders.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows()])
    (folder / "sender.toml").write_text(SENDER, encoding="utf-8")
    said = call("mapping", folder / "orders.csv", "--out", folder / "m.toml", "--channel", "shop")
    text = (folder / "m.toml").read_text(encoding="utf-8")
    constants = '[constants]\ngood = "parcel"\nfrom_hub = "city:CN-HL"\norigin_country = "CN"\n'
    text = text.replace("promise_h = 0.0", "promise_h = 240").replace("[constants]\n", constants)
    (folder / "m.toml").write_text(text, encoding="utf-8")
    call("ranges", folder / "ledger.sqlite", "--add", "demo", "--indicator", "ZA", "--country", "CN", "--last", 99)
    said += call(*importing(folder), "--dry-run")
    records: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        said += call(*importing(folder), "--ledger", folder / "ledger.sqlite", "--range", "demo")
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger().setLevel(level)
    return folder, said, records


def importing(folder: Path) -> list[object]:
    return [
        "import",
        folder / "orders.csv",
        "--mapping",
        folder / "m.toml",
        "--case",
        folder / "case",
        "--out",
        folder / "P",
    ]


def planted_in(data: bytes) -> list[str]:
    return [word for word in PLANTED for form in ("utf-8", "utf-16-le", "cp1251", "gb18030") if _has(data, word, form)]


def _has(data: bytes, word: str, encoding: str) -> bool:
    try:
        return word.encode(encoding) in data
    except UnicodeEncodeError:
        return False


def test_the_rows_that_are_sound_are_taken(shop):
    folder, said, _ = shop
    document = json.loads(next((folder / "P" / "imports").glob("orders-*/import.json")).read_text(encoding="utf-8"))
    assert (document["rows"], document["taken"], document["set_aside"]) == (13, 3, 10)
    assert "row-length" in said


def test_names_stand_in_the_store_of_people_and_nowhere_else(shop):
    folder, said, records = shop
    kept = {
        word for path in (folder / "P-people").rglob("*") if path.is_file() for word in planted_in(path.read_bytes())
    }
    assert kept == set(PLANTED)  # the test would find them
    assert planted_in(said.encode()) == []
    assert planted_in("\n".join(records).encode()) == []
    assert [path for path in (folder / "P").rglob("*") if path.is_file() and planted_in(path.read_bytes())] == []


def test_the_planners_tables_and_exports_name_nobody(shop):
    folder, *_ = shop
    said = call("shipments", folder / "P", folder / "case", "--out", folder / "with")
    assert "1 orders of 3 parcels" in said
    said += call("shared", folder / "P", "--out", folder / "shared.csv")
    said += call("people", folder / "P-people")
    said += call("check", folder / "P", "--json", code=ExitCode.INVALID_INPUT)  # A9 has no HS code
    found = [path for path in (folder / "with").rglob("*") if path.is_file() and planted_in(path.read_bytes())]
    assert found == []
    assert planted_in((folder / "shared.csv").read_bytes()) == []
    assert planted_in(said.encode()) == []


def test_errors_name_nobody(shop, tmp_path):
    folder, *_ = shop
    orders = tmp_path / "o.json"
    orders.write_text(json.dumps([{"id": 1, "status": "processing", "shipping": f"{PLANTED[0]} 5"}]), encoding="utf-8")
    (tmp_path / "m.toml").write_text('channel = "woo"\n', encoding="utf-8")
    words = [
        "import",
        orders,
        "--mapping",
        tmp_path / "m.toml",
        "--out",
        tmp_path / "P",
        "--shop",
        "woocommerce",
        "--debug",
    ]
    assert planted_in(call(*words).encode()) == []
    orders.write_text('[{"shipping": "' + PLANTED[0], encoding="utf-8")
    assert planted_in(call(*words, code=ExitCode.INVALID_INPUT).encode()) == []
    words = ["label", folder / "P", "--sender", folder / "sender.toml", "--out", tmp_path / "l.pdf"]
    said = call(*words, "--parcel", "shop:A9999", "--debug", code=ExitCode.INVALID_INPUT)
    assert "unknown-parcel" in said
    assert planted_in(said.encode()) == []


@pytest.mark.slow
def test_labels_and_forms_of_the_parcels(shop, tmp_path):
    try:
        find_font(PLANTED)
    except MissingGlyphs:
        skip_or_fail("no font with Chinese letters is installed (Debian: fonts-noto-cjk)")
    folder, *_ = shop
    call("label", folder / "P", "--sender", folder / "sender.toml", "--out", tmp_path / "l.pdf")
    words = ["customs", folder / "P", "--sender", folder / "sender.toml", "--out", tmp_path / "c.pdf"]
    said = call(*words, code=ExitCode.INVALID_INPUT)
    assert "missing-hs" in said
    assert planted_in(said.encode()) == []
    assert not (tmp_path / "c.pdf").exists()
    sound = [word for at in (0, 1) for word in ("--parcel", f"shop:A{at}")]
    call(*words, *sound, "--posted", "2026-10-05")
    labels, forms = (pypdfium2.PdfDocument(tmp_path / name) for name in ("l.pdf", "c.pdf"))
    assert (len(labels), len(forms)) == (3, 2)
    assert PLANTED[2] in labels[1].get_textpage().get_text_bounded()
    text = forms[0].get_textpage().get_text_bounded()
    for words in ("CN23", "ZA 000 000", "610910", "99.90 CNY", "Cotton T-shirts"):
        assert words in text
    labels.close()
    forms.close()


def test_a_recipient_is_deleted_on_wish_and_then_has_no_label(shop, tmp_path):
    folder, *_ = shop
    store = tmp_path / "people"
    store.mkdir()
    (store / "RU.sqlite").write_bytes((folder / "P-people" / "RU.sqlite").read_bytes())
    assert "RU: 2 kept, 1 deleted" in call("people", store, "--forget", "shop:A0")
    words = ["label", folder / "P", "--sender", folder / "sender.toml", "--out", tmp_path / "l.pdf", "--people", store]
    assert "no-recipient" in call(*words, code=ExitCode.INVALID_INPUT)
    assert not (tmp_path / "l.pdf").exists()


def test_importing_again_takes_nothing_twice(shop):
    folder, *_ = shop
    document = json.loads(call(*importing(folder), "--json", "--dry-run"))
    assert (document["taken"], document["known"]) == (0, 3)


def test_numbers_are_checked_from_the_command_line():
    said = call("check", "LZ473124829CN", "csqu 305438 3", "6403.99", "14001293402154")
    assert said.count(": valid") == 4
    assert "expected 9" in call("check", "RR473124820RU", code=ExitCode.INVALID_INPUT)


def test_landed_cost_from_the_command_line(tmp_path):
    words = [
        "landed-cost",
        "--to",
        "RU",
        "--value",
        "350",
        "--currency",
        "EUR",
        "--weight-kg",
        "5",
        "--on",
        "2026-08-01",
    ]
    document = json.loads(call(*words, "--regime", "ecommerce_goods", "--json"))
    assert (document["total"], document["words"]) == ("448.35", "estimate, not a declaration")
    assert [line["rule"] for line in document["lines"]] == ["EAEU-EC-2026-DUTY", "RU-EC-2026-VAT"]
    assert "estimate, not a declaration" in call(*words, "--regime", "ecommerce_goods")
    assert "ecommerce_goods" in call(*words, code=ExitCode.INVALID_INPUT)
    assert "--value" in call(*[word if word != "350" else "much" for word in words], code=ExitCode.USAGE)


def test_a_table_of_hubs_of_a_case_is_read_back(shop, tmp_path):
    folder, *_ = shop
    call("hubs", folder / "case", "--out", tmp_path / "hubs.csv")
    document = json.loads(call(*importing(folder), "--hubs", tmp_path / "hubs.csv", "--json", "--dry-run"))
    assert document["counts"]["no-hub"] == 2
