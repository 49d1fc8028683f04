"""Numbers are taken from what a post handed over: in order, once, and never beyond."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from landbridge.operations.parcels.ranges import BadRange, NumberLedger, NumberRange
from landbridge.operations.parcels.s10 import check_number


def a_range(name="demo", indicator="ZA", first=100, last=199, post="", document=""):
    return NumberRange(
        name=name,
        indicator=indicator,
        country="CN",
        first=first,
        last=last,
        post=post,
        document=document,
        received=date(2026, 10, 1),
    )


def test_numbers_are_valid_in_order_and_never_given_twice(tmp_path):
    ledger = NumberLedger(tmp_path / "ledger.sqlite")
    ledger.add(a_range())
    first, second = ledger.take("demo", 40, purpose="one"), ledger.take("demo", 60, purpose="two")
    assert [number[2:10] for number in first + second] == [f"{serial:08d}" for serial in range(100, 200)]
    assert all(check_number(number).valid for number in first + second)


def test_nothing_is_minted_beyond_the_range(tmp_path):
    ledger = NumberLedger(tmp_path / "ledger.sqlite")
    ledger.add(a_range())
    ledger.take("demo", 99, purpose="most")
    with pytest.raises(BadRange, match="1 numbers are left, 2 were asked for") as caught:
        ledger.take("demo", 2, purpose="too many")
    assert caught.value.code == "range-exhausted"
    assert ledger.take("demo", 1, purpose="the last") == ["ZA000001995CN"]  # 5 + 81 + 63 leaves 6, and 11 - 6 is 5


def test_a_range_that_was_used_up_cannot_be_recorded_again(tmp_path):
    ledger = NumberLedger(tmp_path / "ledger.sqlite")
    ledger.add(a_range())
    ledger.take("demo", 100, purpose="all")
    with pytest.raises(BadRange, match="never used twice") as caught:
        ledger.add(a_range(name="again", first=150, last=250))
    assert caught.value.code == "range-overlap"


def test_only_a_post_hands_out_numbers_of_real_services(tmp_path):
    ledger = NumberLedger(tmp_path / "ledger.sqlite")
    with pytest.raises(BadRange, match="Only a post issues numbers"):
        ledger.add(a_range(indicator="LZ"))
    ledger.add(a_range(indicator="LZ", post="Post of somewhere", document="letter 7"))
    assert ledger.ranges()[0][1] == 100


@pytest.mark.parametrize(("indicator", "first", "last"), [("SA", 1, 2), ("A1", 1, 2), ("ZA", 5, 4), ("ZA", 0, 10**8)])
def test_ranges_that_make_no_sense_are_refused(tmp_path, indicator, first, last):
    with pytest.raises(BadRange):
        NumberLedger(tmp_path / "ledger.sqlite").add(a_range(indicator=indicator, first=first, last=last, post="P"))


def test_an_unknown_range_is_named(tmp_path):
    with pytest.raises(BadRange, match="'nope'") as caught:
        NumberLedger(tmp_path / "ledger.sqlite").take("nope", 1, purpose="")
    assert caught.value.code == "unknown-range"


def test_two_at_once_never_get_the_same(tmp_path):
    path = tmp_path / "ledger.sqlite"
    NumberLedger(path).add(a_range(last=499))

    def take(_):
        return NumberLedger(path).take("demo", 20, purpose="race")

    with ThreadPoolExecutor(4) as pool:
        found = [number for numbers in pool.map(take, range(20)) for number in numbers]
    assert len(set(found)) == 400
