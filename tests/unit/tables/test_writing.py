"""Writing: whole or absent, never over what is there, small and exact."""

from __future__ import annotations

import errno
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from landbridge.errors import InvalidCase, OutputError, UnknownName
from landbridge.model.case import Case, Region
from landbridge.tables import blank_workbook, input_hash, read_case, write_case, writing
from landbridge.tables.cells import format_number

WHOLE = Path(__file__).parents[2] / "data" / "cases_tables" / "whole"


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case(WHOLE)


@pytest.mark.parametrize("format_", ["csv", "parquet", "xlsx"])
def test_a_case_reads_back_as_it_was(case: Case, tmp_path: Path, format_: writing.Format) -> None:
    path = tmp_path / ("case.xlsx" if format_ == "xlsx" else "case")
    write_case(case, path, format=format_)
    assert read_case(path) == case


@pytest.mark.parametrize("format_", ["csv", "parquet", "xlsx"])
@pytest.mark.parametrize("kind", ["folder", "file", "broken link"])
def test_what_is_there_is_never_overwritten(case: Case, tmp_path: Path, format_: writing.Format, kind: str) -> None:
    path = tmp_path / "there"
    if kind == "folder":
        path.mkdir()
    elif kind == "file":
        path.write_text("mine")
    else:
        path.symlink_to(tmp_path / "gone")
    with pytest.raises(OutputError, match=r"there: exists already.*Choose a new name"):
        write_case(case, path, format=format_)
    assert os.listdir(tmp_path) == ["there"]  # noqa: PTH208 - broken links too


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "may not be written to")],
)
@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_a_disk_that_fails_leaves_nothing_behind(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: writing.Format, number: int, words: str
) -> None:
    """The disk fills up after a part has been written."""
    write = Path.write_bytes

    def fail(path: Path, data: bytes) -> int:
        if path.name == "orders.csv":
            raise OSError(number, os.strerror(number))
        return write(path, data)

    def fail_link(source: Path, target: Path) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "write_bytes", fail)
    monkeypatch.setattr(os, "link", fail_link)
    monkeypatch.setattr(Path, "rename", fail_link)
    with pytest.raises(OutputError, match=words):
        write_case(case, tmp_path / "out", format=format_)
    assert list(tmp_path.iterdir()) == []


def test_a_path_below_a_file_is_refused_with_a_remedy(case: Case, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="could not be written"):
        write_case(case, tmp_path / "file" / "out")


def test_a_crash_while_writing_leaves_nothing_at_the_path(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "csv_text", crash)
    with pytest.raises(KeyboardInterrupt):
        write_case(case, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_text_that_does_not_fit_on_one_line_is_refused(case: Case, tmp_path: Path) -> None:
    bad = replace(case, regions=(Region(region="a", country="XA", name="two\nlines"),))
    with pytest.raises(InvalidCase, match=r"name: found 'two\\nlines'"):
        write_case(bad, tmp_path / "out")


def test_an_unknown_format_is_named(case: Case, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"'ods'.*csv, parquet or xlsx"):
        write_case(case, tmp_path / "out", format="ods")  # type: ignore[arg-type]


def test_the_parents_are_made_and_the_mode_is_the_users(case: Case, tmp_path: Path) -> None:
    """A temporary folder's private mode must not stick to the result."""
    write_case(case, tmp_path / "a" / "b" / "case")
    (tmp_path / "plain").mkdir()
    assert (tmp_path / "a" / "b" / "case").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_optional_tables_and_columns_without_content_are_left_out(case: Case, tmp_path: Path) -> None:
    write_case(replace(case, events=(), pins=()), tmp_path / "case")
    assert not (tmp_path / "case" / "events.csv").exists()
    header = (tmp_path / "case" / "regions.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == "region,name,country,lat,lon,population,name_ru,name_zh"


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (0.1, "0.1"), (1e22, "1e+22"), (-2.5, "-2.5"), (0.1 + 0.2, "0.30000000000000004")]
)
def test_numbers_are_written_in_the_fewest_digits(value: float, text: str) -> None:
    assert format_number(value) == text
    assert float(text) == value


def test_the_hash_of_a_case_changes_with_any_cell_and_not_with_the_format(case: Case, tmp_path: Path) -> None:
    write_case(case, tmp_path / "case.xlsx", format="xlsx")
    assert input_hash(read_case(tmp_path / "case.xlsx")) == input_hash(case)
    order = replace(case.orders[0], qty=10.000000001)
    assert input_hash(replace(case, orders=(order, *case.orders[1:]))) != input_hash(case)


def test_the_blank_workbook_has_comments_and_drop_downs(tmp_path: Path) -> None:
    blank_workbook(tmp_path / "blank.xlsx")
    with zipfile.ZipFile(tmp_path / "blank.xlsx") as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".xml")}
    comments = " ".join(text for name, text in texts.items() if "comments" in name)
    sheets = " ".join(text for name, text in texts.items() if "worksheets" in name)
    assert "What one vehicle holds of a dimension" in comments
    assert "Unit: money/t." in comments
    assert "<formula1>=hubs!$A$2:$A$2000</formula1>" in sheets.replace("<formula1>hubs", "<formula1>=hubs")
    assert "city,rail,port,airport,crossing,sorting,pipe" in sheets


def test_reading_writes_nothing(case: Case, tmp_path: Path) -> None:
    write_case(case, tmp_path / "case")
    before = sorted((path.name, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))
    read_case(tmp_path / "case")
    assert sorted((path.name, path.stat().st_mtime_ns) for path in tmp_path.rglob("*")) == before
