"""Container numbers, HS codes, and the inferred inland numbers."""

from __future__ import annotations

import csv

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso6346 as stdnum_iso6346

from landbridge.operations.parcels.countries import COUNTRIES, CURRENCIES
from landbridge.operations.parcels.hs import check_hs, hs_descriptions, hs_fault, hs_text
from landbridge.operations.parcels.inland import inferred_check_digit, say_inland
from landbridge.operations.parcels.iso6346 import check_container


@pytest.mark.data
def test_every_container_vector_is_judged_as_published(data_dir):
    with (data_dir / "operations" / "iso6346_vectors.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    for row in rows:
        assert check_container(row["number"]).valid == row["valid"].startswith("true"), row["number"]


@given(
    owner=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3),
    kind=st.sampled_from("UJZ"),
    digits=st.integers(0, 9_999_999).map("{:07d}".format),
)
def test_a_second_library_agrees_on_containers(owner, kind, digits):
    number = f"{owner}{kind}{digits}"
    assert check_container(number).valid == stdnum_iso6346.is_valid(number)


def test_a_container_with_a_wrong_digit_says_which_was_expected():
    assert "is 4, expected 3" in check_container("CSQU3054384").message


def test_the_list_of_hs_codes_is_that_of_2022():
    codes = hs_descriptions()
    assert len(codes) == 5612
    assert {"880610", "854142", "010121"} <= codes.keys()  # new in 2022, and one that begins with a zero
    assert "854140" not in codes  # gone in 2022
    assert not any(code.startswith("99") for code in codes)


@pytest.mark.parametrize(
    ("text", "code", "fault"),
    [
        ("6403.99", "640399", ""),
        ("6403990000", "640399", ""),
        ("010121", "010121", ""),
        ("10121", "", "hs-leading-zero"),
        ("4901", "", "hs-format"),
        ("shoes", "", "hs-format"),
        ("854140", "854140", "hs-unknown"),
    ],
)
def test_hs_codes_are_cut_to_six_digits_and_looked_up(text, code, fault):
    assert check_hs(text) == (code, fault)
    frame = pl.DataFrame({"c": [text]}).with_columns(hs_text("c"))
    assert frame.select(hs_fault("c")).item() == fault


def test_inland_numbers_are_told_as_an_inference():
    assert inferred_check_digit("1400129340215") == 4  # the one public example
    assert "inferred from one example" in say_inland("14001293402154")
    assert "does not fit" in say_inland("14001293402155")


def test_lists_of_countries_and_currencies_have_their_sizes():
    assert len(COUNTRIES) == 249
    assert {"RU", "CN", "KZ", "MN", "BY"} <= COUNTRIES
    assert {"RUB", "CNY", "EUR", "XDR"} <= CURRENCIES
