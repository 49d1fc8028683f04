"""Mappings of columns at a server's door: what is guessed, what is used as it is, and what may be kept of them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from landbridge.operations.live.column_mappings import guess_columns, sound_mapping
from landbridge.operations.live.orders import clean_orders
from landbridge.operations.orders.mapping import BadMapping
from landbridge.server.cases.texts import built_in

CASE = built_in("starter")
HEADER = "order_id,weight_kg,value,currency,created_at,promised"
ROW = "A0,2.5,30,CNY,2026-01-04T16:00:00Z,2026-01-07T00:00:00Z"
WHOLE: dict[str, Any] = {
    "channel": "shop",
    "columns": {"external_id": "order_id", "weight": "weight_kg", "value": "value", "currency": "currency",
                "ready": "created_at"},
}  # fmt: skip


def written(folder: Path, *lines: str) -> Path:
    file = folder / "orders.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def cleaned(file: Path, **given: Any) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(clean_orders(file, CASE, **given).content))


def test_a_column_that_was_taken_away_is_not_read_again(tmp_path: Path) -> None:
    file = written(tmp_path, HEADER, ROW)
    mapping = guess_columns(file)["mapping"]
    assert mapping["columns"].pop("promised") == "promised"
    assert cleaned(file, given=mapping).get_column("promised").to_list() == [None]
    part = {"constants": {"good": "cargo"}}
    assert cleaned(file, given=part, complete=True).get_column("promised").null_count() == 0
    with pytest.raises(BadMapping, match="no column is named"):
        cleaned(file, given={"channel": "shop", **part})


def test_a_weight_of_the_whole_order_is_not_added_up(tmp_path: Path) -> None:
    rows = [f"A{at},S{at}{row},{5 + at},{10 + row},CNY,2026-01-04T16:00:00Z" for at in range(5) for row in range(2)]
    file = written(tmp_path, "order_id,sku,weight_kg,value,currency,created_at", *rows)
    guess = guess_columns(file)
    assert guess["mapping"]["order_amounts"] == ["weight"]
    for given in ({}, {"given": guess["mapping"]}, {"given": {"constants": {"good": "cargo"}}, "complete": True}):
        found = cleaned(file, **given)
        assert found.get_column("weight").to_list() == ["5", "6", "7", "8", "9"], given
        assert found.get_column("value").to_list() == ["21"] * 5
    added = cleaned(file, given={"articles": "rows"}, complete=True)
    assert added.get_column("weight").to_list() == ["10", "12", "14", "16", "18"]
    apart = cleaned(file, given={"articles": ""}, complete=True)
    assert apart.height == 10


def test_columns_are_named_once_and_never_blank(tmp_path: Path) -> None:
    file = written(tmp_path, f"{HEADER},note,note,,", f"{ROW},a,b,LZ473124829CN,")
    found = guess_columns(file)
    assert found["columns"] == [*HEADER.split(","), "note"]
    assert "" not in found["mapping"]["columns"].values()


def test_columns_that_the_file_has_not_are_guessed_anew_or_missing(tmp_path: Path) -> None:
    file = written(tmp_path, HEADER, ROW)
    saved = {**WHOLE, "columns": {**WHOLE["columns"], "weight": "Gewicht", "value": "Preis", "to_hub": "Ziel"}}
    found = guess_columns(file, given=saved, complete=False)
    assert found["gone"] == {"weight": "Gewicht", "value": "Preis", "to_hub": "Ziel"}
    assert found["mapping"]["columns"] == WHOLE["columns"]
    assert "promised" not in found["mapping"]["columns"], "a saved mapping is as it is, but for what is gone"
    assert found["notes"]["columns.weight"].startswith("'Gewicht' is no column of this file")
    assert found["notes"]["columns?to_hub"].startswith("'Ziel' is no column of this file")
    odd = guess_columns(written(tmp_path, HEADER.replace("weight_kg", "Masse"), ROW), given=saved, complete=False)
    assert "weight" not in odd["mapping"]["columns"]


PHONES = ("+7 912 345-67-89", "Ivan+79123456789", "8.912.345.67.89", "ivan@example.org", "912\u00a0345\u00a067\u00a089")


@pytest.mark.parametrize("phone", PHONES)
def test_nobody_is_kept_in_a_mapping(phone: str, tmp_path: Path) -> None:
    wholes = [
        {**WHOLE, "constants": {"good": phone}},
        {**WHOLE, "constants": {"to_region": phone}},
        {**WHOLE, "constants": {"promised": phone}},
        {**WHOLE, "channel": phone.replace(" ", "").replace("\u00a0", "")},
        {**WHOLE, "columns": {**WHOLE["columns"], "to_hub": phone}},
    ]
    file = written(tmp_path, f"{HEADER},{phone}", f"{ROW},x")
    for whole in wholes:
        for keeping in (lambda: sound_mapping(whole), lambda: cleaned(file, given=whole)):  # noqa: B023
            with pytest.raises(BadMapping) as caught:
                keeping()
            assert phone not in str(caught.value)


@pytest.mark.parametrize("field", ["description", "quantity", "origin_country"])
def test_a_constant_that_a_server_does_not_keep_is_refused(field: str) -> None:
    with pytest.raises(BadMapping, match=f"'{field}'"):
        sound_mapping({**WHOLE, "constants": {field: "Ivan Petrov"}})


def test_constants_that_are_long_numbers_are_taken() -> None:
    constants = {"hs_code": "8517130000", "promised": "2026-10-01T00:00:00Z", "to_postcode": "680000", "good": "cargo"}
    assert sound_mapping({**WHOLE, "constants": constants})["constants"] == constants


def test_names_of_columns_as_spreadsheets_write_them_are_saved() -> None:
    for name in ("Вес\u00a0кг", "Вес\u202fкг", "Вес,\nкг", "重量\u3000kg"):
        columns = {**WHOLE["columns"], "weight": name}
        assert sound_mapping({**WHOLE, "columns": columns})["columns"]["weight"] == name
    for sign in ("\x00", "\u202e", "\x1b"):
        with pytest.raises(BadMapping, match="cannot be printed"):
            sound_mapping({**WHOLE, "columns": {**WHOLE["columns"], "weight": f"Вес{sign}"}})
