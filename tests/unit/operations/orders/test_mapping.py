"""Mappings: guessed, saved, read again."""

from __future__ import annotations

import pytest

from landbridge.operations.orders.csv_source import look_at
from landbridge.operations.orders.guess import guess_mapping
from landbridge.operations.orders.hub_rules import read_hub_rules
from landbridge.operations.orders.mapping import BadMapping, Mapping, read_mapping, write_mapping


def guess(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    file = look_at(path)
    return guess_mapping(file.header, file.sample(), channel="shop", encoding=file.encoding, separator=file.separator)


def test_english_names(tmp_path):
    mapping, notes = guess(
        tmp_path / "o.csv",
        "Order ID,Zip,Country,Gross weight (g),Total,Currency,Created at\n"
        "A1,690091,RU,1500,99.5,CNY,2026-10-05 10:00\n",
    )
    assert dict(mapping.columns) == {
        "external_id": "Order ID",
        "to_country": "Country",
        "to_postcode": "Zip",
        "weight": "Gross weight (g)",
        "value": "Total",
        "currency": "Currency",
        "ready": "Created at",
    }
    assert mapping.weight_unit == "g"
    assert "no offset" in notes["timezone"]


def test_russian_names_with_semicolons_and_decimal_commas(tmp_path):
    mapping, _ = guess(
        tmp_path / "o.csv",
        "Номер заказа;Индекс;Вес, кг;Сумма;Валюта;Дата;Получатель;Адрес\n1;690091;1,5;99,50;RUB;25.10.2026 10:00;И;У\n",
        "cp1251",
    )
    assert (mapping.separator, mapping.encoding, mapping.decimal, mapping.dates) == (";", "cp1251", ",", "dmy")
    assert mapping.columns["name"] == "Получатель"
    assert mapping.columns["weight"] == "Вес, кг"


def test_chinese_names_and_a_column_of_numbers_without_a_known_name(tmp_path):
    mapping, notes = guess(
        tmp_path / "o.csv",
        "订单号,重量,金额,货币,下单时间,收件人,码\nA1,0.5,9,CNY,2026-10-05T10:00+08:00,李明,LZ473124829CN\n",
    )
    assert mapping.columns["external_id"] == "订单号"
    assert mapping.columns["name"] == "收件人"
    assert mapping.columns["number"] == "码"
    assert "timezone" not in notes


def test_a_column_called_name_is_an_id_only_where_it_has_digits(tmp_path):
    """An id stands in reports: a person's name must not become one."""
    mapping, _ = guess(tmp_path / "o.csv", "Name,Weight\n#1001,1\n#1002,2\n")
    assert mapping.columns["external_id"] == "Name"
    mapping, _ = guess(tmp_path / "p.csv", "Name,Customer full name,Weight\nMaria,Maria Ivanova,1\n")
    assert "external_id" not in mapping.columns
    assert mapping.columns["name"] in ("Name", "Customer full name")


def test_a_mapping_is_read_as_it_was_written(tmp_path):
    mapping = Mapping(
        channel="shop",
        columns={"external_id": 'the "id"', "weight": "w\\g", "value": "v", "ready": "t"},
        constants={"currency": "CNY"},
        timezone="Asia/Shanghai",
        separator="\t",
        promise_h=240.0,
    )
    (tmp_path / "m.toml").write_text(write_mapping(mapping, {"timezone": "a note"}), encoding="utf-8")
    assert read_mapping(tmp_path / "m.toml") == mapping


def test_a_table_of_hubs_is_checked(tmp_path):
    path = tmp_path / "hubs.csv"
    path.write_text(
        "country,postcode,region,hub\nRU,69,,V\nRU,69,,B\nXX,,,V\nRU,1,Amur,V\nRU,,Amur,W\n", encoding="utf-8"
    )
    with pytest.raises(BadMapping) as caught:
        read_hub_rules(path, {"V", "B"})
    assert [item.where for item in caught.value.findings] == [f"hubs.csv:{line}" for line in (3, 4, 5, 6)]
