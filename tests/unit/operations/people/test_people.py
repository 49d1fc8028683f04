"""Recipients: kept by country, for a time, and named nowhere else."""

from __future__ import annotations

import stat
from datetime import date, timedelta

import polars as pl
import pytest

from landbridge.operations.people.shared_view import shared_view
from landbridge.operations.people.store import BadStore, PeopleStore, PeopleStores, Recipient

ROW = ("shop:A1", "Иванова Мария", "Светланская 12", "Владивосток", "", "690091", "+7900", "m@example.org", "")


def test_a_recipient_is_found_by_parcel_and_only_its_owner_may_read_the_file(tmp_path):
    store = PeopleStore(tmp_path / "RU.sqlite")
    store.add([ROW], kept_until=date(2027, 1, 1))
    assert store.get("shop:A1").city == "Владивосток"
    assert stat.S_IMODE((tmp_path / "RU.sqlite").stat().st_mode) == 0o600


def test_a_recipient_is_deleted_when_its_time_is_over_and_its_bytes_are_overwritten(tmp_path):
    store = PeopleStore(tmp_path / "RU.sqlite")
    store.add([ROW], kept_until=date(2027, 1, 1))
    assert store.purge(date(2027, 1, 1)) == 0
    assert store.purge(date(2027, 1, 2)) == 1
    assert store.get("shop:A1") is None
    assert "Иванова".encode() not in (tmp_path / "RU.sqlite").read_bytes()


def test_a_recipient_is_forgotten_on_wish(tmp_path):
    store = PeopleStore(tmp_path / "RU.sqlite")
    store.add([ROW], kept_until=date(2027, 1, 1))
    assert store.forget("shop:A1") == 1
    assert store.count() == 0


def test_each_country_has_a_store_and_one_can_lie_elsewhere_or_nowhere(tmp_path):
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "stores.toml").write_text(f'RU = "{(tmp_path / "ru" / "x.sqlite").as_posix()}"\nCN = ""\n')
    stores = PeopleStores(tmp_path / "people", keep_days=30)
    with stores.adding() as adding:
        adding.add("RU", [ROW])
        adding.add("CN", [("shop:A2", *ROW[1:])])
        adding.add("KZ", [("shop:A3", *ROW[1:])])
    assert (adding.kept, adding.elsewhere) == (2, 1)
    assert (tmp_path / "ru" / "x.sqlite").exists()
    assert stores.find("shop:A1") is not None
    assert stores.find("shop:A2") is None
    assert stores.countries() == ["KZ", "RU"]
    assert stores.kept_until() - date.today() in (timedelta(days=29), timedelta(days=30), timedelta(days=31))


def test_adding_that_fails_keeps_nobody(tmp_path):
    stores = PeopleStores(tmp_path)

    def add() -> None:
        with stores.adding() as adding:
            adding.add("RU", [ROW])
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        add()
    assert stores.find("shop:A1") is None


def test_a_recipient_is_not_shown_in_logs():
    assert repr(Recipient(parcel="shop:A1", name="Иванова Мария")) == "Recipient(parcel='shop:A1')"


def test_errors_of_a_store_name_nobody(tmp_path):
    (tmp_path / "RU.sqlite").write_text("Иванова Мария, not a database at all, for a while" * 20)
    with pytest.raises(BadStore) as caught:
        PeopleStore(tmp_path / "RU.sqlite")
    assert "Иванова" not in str(caught.value)


def test_the_other_side_sees_a_band_and_a_prefix():
    frame = pl.LazyFrame(
        {
            "parcel": ["a", "b", "c"],
            "postcode_prefix": ["690", None, "675"],
            "weight_kg": [1.0, 2.0, 3.0],
            "value": ["19.99", "20.00", "4000.00"],
            "currency": ["EUR"] * 3,
            "external_id": ["x", "y", "z"],
        }
    ).with_columns(pl.col("value").cast(pl.Decimal(18, 4)))
    view = shared_view(frame).collect()
    assert view.columns == ["parcel", "postcode_prefix", "weight_kg", "value_band", "currency"]
    assert view["value_band"].to_list() == ["0-20", "20-50", "1000+"]
