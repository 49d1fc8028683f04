"""Cutting bytes into records: quotes, line breaks, broken rows, blocks of any size."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landbridge.operations.orders.encoding import detect_encoding
from landbridge.operations.orders.records import split_records

RU = "Иванов Пётр, улица Ленина, дом 5\nМария, проспект Мира\n"
ZH = "李明,哈尔滨市道里区中央大街一百号\n王芳,沈阳市和平区\n"


def cut(data: bytes, cells: int = 3, *, final: bool = True):
    found = split_records(data, ",", cells, final=final)
    return [(found.raw(at), int(found.lines[at]), int(found.fault[at])) for at in range(len(found.starts))], found.rest


def test_line_breaks_and_separators_inside_quotes_belong_to_the_cell():
    rows, rest = cut(b'a,b,c\r\n1,"x, ""q""\ny",3\r\n\n4,5,6')
    assert rows == [(b"a,b,c", 0, 0), (b'1,"x, ""q""\ny",3', 1, 0), (b"4,5,6", 4, 0)]
    assert rest == len(b'a,b,c\r\n1,"x, ""q""\ny",3\r\n\n4,5,6') + 1


def test_a_row_of_another_length_is_marked_and_the_rest_goes_on():
    rows, _ = cut(b"1,2,3\n4,5\n6,7,8,9\n10,11,12\n")
    assert [fault for _, _, fault in rows] == [0, 1, 1, 0]


def test_a_quote_inside_a_cell_costs_one_row_and_not_the_rest_of_the_file():
    rows, _ = cut(b'a,5" tablet,c\n1,"x, y",3\n"open,2,3\n4,5,6\n7,"a\nb",9\n')
    assert [(line, fault) for _, line, fault in rows] == [(0, 2), (1, 0), (2, 2), (3, 0), (4, 0)]


def test_an_incomplete_row_waits_for_the_next_block():
    rows, rest = cut(b'a,b,c\n1,"x\nz', final=False)
    assert rows == [(b"a,b,c", 0, 0)]
    assert rest == 6


CELL = st.text(alphabet='ab ,"\n5', max_size=6)


@pytest.mark.slow
@given(table=st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=12), size=st.integers(1, 40))
def test_any_table_is_cut_as_the_standard_reader_cuts_it(table, size):
    """In blocks of any size; a record that is all blank is passed over by both."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(table)
    data = text.getvalue().encode()
    found, rest, at = [], b"", 0
    while at < len(data):
        rest += data[at : at + size]
        at += size
        records = split_records(rest, ",", 3, final=at >= len(data))
        found += [records.raw(row) for row in range(len(records.starts))]
        assert not records.fault.any()
        rest = rest[records.rest :]
    assert [next(csv.reader(io.StringIO(row.decode(), newline=""))) for row in found] == [list(row) for row in table]


def test_encodings_are_told_apart():
    for text, encoding in ((RU, "utf-8"), (RU, "cp1251"), (RU.upper(), "cp1251"), (ZH, "gb18030"), (ZH, "utf-8")):
        assert detect_encoding((text * 5).encode(encoding)) == encoding
    assert detect_encoding(ZH.encode("utf-16")) == "utf-16"
    assert detect_encoding(b"plain,ascii\n1,2\n") == "utf-8"


def test_a_few_foreign_rows_do_not_change_what_a_file_is():
    mixed = (RU * 5).encode("cp1251") + RU.encode("utf-8") + (RU * 5).encode("cp1251")
    assert detect_encoding(mixed) == "cp1251"
    assert detect_encoding((RU * 5).encode() + RU.encode("cp1251") + (RU * 5).encode()) == "utf-8"
