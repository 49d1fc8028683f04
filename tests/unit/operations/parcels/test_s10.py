"""S10 numbers: every published vector, two libraries, and the errors that a check digit finds."""

from __future__ import annotations

import csv
import string

import polars as pl
import pytest
import zint
from hypothesis import given
from hypothesis import strategies as st

from landbridge.operations.parcels.s10 import (
    SERVICES,
    WEIGHTS,
    check_digit,
    check_number,
    number_class,
    number_fault,
    number_text,
    service_class,
)

pytestmark = []


def rows_of(data_dir, name):
    with (data_dir / "operations" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.data
def test_every_vector_is_judged_as_published(data_dir):
    rows = rows_of(data_dir, "s10_vectors.csv")
    assert len(rows) == 41
    for row in rows:
        verdict = check_number(row["input"])
        reason = verdict.fault.removeprefix("s10-").replace("-", "_")
        assert (verdict.number, verdict.valid, reason) == (
            row["normalised"],
            row["expected"] == "valid",
            row["reason"],
        ), row["input"]


@pytest.mark.data
def test_a_whole_column_is_judged_as_one_number_is(data_dir):
    rows = rows_of(data_dir, "s10_vectors.csv")
    frame = pl.DataFrame({"n": [row["input"] for row in rows]}).with_columns(number_text("n"))
    found = frame.select(number_fault("n")).to_series().to_list()
    assert found == [check_number(row["input"]).fault for row in rows]


@pytest.mark.data
def test_every_remainder_gives_its_published_check_digit(data_dir):
    rows = rows_of(data_dir, "s10_checkdigits.csv")
    assert {row["remainder"] for row in rows} == {str(number) for number in range(11)}
    for row in rows:
        assert sum(w * int(d) for w, d in zip(WEIGHTS, row["serial8"], strict=True)) == int(row["weighted_sum"])
        assert check_digit(row["serial8"]) == int(row["check_digit"])


@pytest.mark.data
def test_service_classes_agree_with_the_published_table(data_dir):
    for row in rows_of(data_dir, "s10_service_indicators.csv"):
        for span in row["range"].split(","):
            first, _, last = span.strip().partition("-")
            last = last or first
            for letter in range(ord(first[0]), ord(last[0]) + 1):
                low = first[1] if chr(letter) == first[0] else "A"
                high = last[1] if chr(letter) == last[0] else "Z"
                for second in range(ord(low), ord(high) + 1):
                    assert service_class(chr(letter) + chr(second)).name == row["landbridge_class"]


def test_every_pair_of_letters_is_in_exactly_one_class():
    for first in string.ascii_uppercase:
        for second in string.ascii_uppercase:
            assert sum(row.letter == first and row.first <= second <= row.last for row in SERVICES) == 1


def accepted_by_zint(number: str) -> bool:
    symbol = zint.Symbol()
    symbol.symbology = zint.Symbology.UPU_S10
    try:
        symbol.encode(number)
    except (ValueError, RuntimeError):
        return False
    return True


SERIALS = st.integers(0, 99_999_999).map("{:08d}".format)


@given(serial=SERIALS, digit=st.integers(0, 9), indicator=st.sampled_from(["LZ", "RR", "CP", "EE", "HA", "ZA"]))
def test_a_barcode_library_accepts_what_we_accept(serial, digit, indicator):
    """zint-bindings has an S10 symbology with a check of its own."""
    number = f"{indicator}{serial}{digit}CN"
    assert check_number(number).valid == accepted_by_zint(number)


@given(serial=SERIALS, place=st.integers(0, 7), other=st.integers(0, 9))
def test_a_wrong_digit_is_found_unless_both_sums_give_five(serial, place, other):
    """The remainders 0 and 6 share the check digit 5: the standard's own blind spot, and the only one."""
    wrong = serial[:place] + str(other) + serial[place + 1 :]
    if wrong == serial:
        return
    number = f"RR{wrong}{check_digit(serial)}RU"
    remainders = {sum(w * int(d) for w, d in zip(WEIGHTS, text, strict=True)) % 11 for text in (serial, wrong)}
    assert check_number(number).valid == (remainders == {0, 6})


@given(serial=SERIALS, shift=st.integers(1, 9))
def test_a_wrong_check_digit_is_always_found(serial, shift):
    digit = (check_digit(serial) + shift) % 10
    assert check_number(f"RR{serial}{digit}RU").fault == "s10-check-digit"


def test_reserved_and_untracked_classes_are_taken_with_a_warning():
    assert check_number("SA473124829CN").warning == "s10-reserved"
    assert check_number("AG018300045CN").warning == "s10-unassigned"
    assert check_number("UA473124829CN").warning == "s10-untracked"
    assert check_number("LZ473124829CN").warning == ""


def test_the_message_names_what_was_found_and_expected():
    assert "is 0, expected 9" in check_number("RR473124820RU").message


def test_classes_of_a_column():
    frame = pl.DataFrame({"n": ["LZ473124829CN", "UA473124829CN", None]})
    assert frame.select(number_class("n")).to_series().to_list() == ["tracked_packet", "untracked_packet", None]
