"""Event files as blocks of text cells with their line numbers: any size, a few hundred megabytes of memory."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from landbridge.errors import Finding, LandbridgeError
from landbridge.operations.events.formats import Format, match_header

BLOCK_BYTES = 64 * 2**20


def raw_schema(form: Format) -> pl.Schema:
    """Rows as read: the line, and the cells of the format as text."""
    return pl.Schema({"line": pl.Int64(), **{cell: pl.String() for cell in form.cells}})


def aside_schema(form: Format) -> pl.Schema:
    """Rows set aside: the known cells as they were, and what to repair."""
    return pl.Schema({**raw_schema(form), "problem": pl.String(), "message": pl.String()})


RAW_SCHEMA = raw_schema(Format(name="", system=""))
ASIDE_SCHEMA = aside_schema(Format(name="", system=""))
"""Both, of events."""


class BadEvents(LandbridgeError, ValueError):
    """An event file that cannot be read at all."""

    code = "bad-events"

    def __init__(self, finding: Finding) -> None:
        self.findings = (finding,)
        super().__init__(str(finding), code=finding.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some rows of a file, and those of them that could not even be taken apart."""

    rows: pl.DataFrame
    broken: pl.DataFrame
    dropped: tuple[str, ...] = ()


def read_blocks(
    path: Path, form: Format, *, encoding: str = "utf-8", block_bytes: int = BLOCK_BYTES
) -> Iterator[Block]:
    """
    Read a file of events, CSV (comma, semicolon or tab) or JSON (an array, or an object a line).

    Raises
    ------
    BadEvents
        When the file cannot be opened, is empty, or its header lacks a column.
    """
    try:
        if path.suffix.lower() in (".json", ".jsonl", ".ndjson"):
            yield from _read_json(path, form)
        else:
            yield from _read_csv(path, form, encoding, block_bytes)
    except OSError as error:
        raise _bad(path, "unreadable-file", f"cannot be read ({error.strerror or error})") from error


def _bad(path: Path, code: str, message: str, column: str = "") -> BadEvents:
    return BadEvents(Finding(where=path.name, column=column, message=message, code=code))


# CSV


def _read_csv(path: Path, form: Format, encoding: str, block_bytes: int) -> Iterator[Block]:
    with path.open("rb") as file:
        first = file.readline()
        if first[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise _bad(path, "bad-encoding", "is UTF-16; expected UTF-8. Save it as 'CSV UTF-8'")
        try:
            header = first.decode("utf-8-sig").rstrip("\r\n")
        except UnicodeDecodeError:
            header = first.decode(encoding, errors="replace").rstrip("\r\n")
        if not header.strip():
            raise _bad(path, "empty-file", "is empty; expected a header and a row an event")
        sign = max(",;\t", key=header.count)
        names = next(csv.reader([header], delimiter=sign))
        place = match_header(names, form)
        for cell in form.required:
            if cell not in place:
                expected = " or ".join(form.columns[cell])
                raise _bad(path, "missing-column", f"has no column for {cell}; expected {expected}", cell)
        dropped = tuple(name for at, name in enumerate(names) if at not in place.values())
        line = 2
        for block in _blocks(file, block_bytes):
            found = _parse_block(block, line, len(names), place, sign, encoding, form)
            yield Block(rows=found[0], broken=found[1], dropped=dropped)
            line += block.count(b"\n") + (not block.endswith(b"\n"))


def _blocks(file: Any, block_bytes: int) -> Iterator[bytes]:
    """Bytes of whole rows: cut at a line end that is not within quotes."""
    rest = b""
    while chunk := file.read(block_bytes):
        rest += chunk
        cut = rest.rfind(b"\n") + 1
        while cut and rest.count(b'"', 0, cut) % 2 and cut > 1:
            cut = rest.rfind(b"\n", 0, cut - 1) + 1
        if cut:
            yield rest[:cut]
            rest = rest[cut:]
    if rest.strip():
        yield rest


def _parse_block(
    block: bytes, line: int, width: int, place: dict[str, int], sign: str, encoding: str, form: Format
) -> tuple[pl.DataFrame, pl.DataFrame]:
    bad: list[dict[str, Any]] = []
    try:
        text = block.decode(encoding)
    except UnicodeDecodeError:
        text = _decode_lines(block, line, encoding, bad)
    if '"' in text or "\x00" in text:
        numbers, cells = _split_quoted(text, line, width, sign, bad)
    else:
        numbers, cells = _split_plain(text, line, width, sign, bad)
    columns = {cell: cells[at] for cell, at in place.items()}
    rows = pl.DataFrame({"line": numbers, **columns}, strict=False)
    if "attribute" in columns:
        both = pl.concat_str("code", "attribute", separator="/")
        rows = rows.with_columns(
            pl.when(pl.col("attribute").fill_null("") == "").then("code").otherwise(both).alias("code")
        )
    return _full(rows, form), pl.DataFrame(bad, schema=aside_schema(form))


def _decode_lines(block: bytes, line: int, encoding: str, bad: list[dict[str, Any]]) -> str:
    """Text of the lines that are in the encoding; each other one becomes an empty line and a row set aside."""
    kept = []
    for at, raw in enumerate(block.split(b"\n")):
        try:
            kept.append(raw.decode(encoding))
        except UnicodeDecodeError:
            message = f"is not {encoding}; save the file as UTF-8, or name its encoding with --encoding"
            bad.append(_aside(line + at, "bad-encoding", message))
            kept.append("")
    return "\n".join(kept)


def _split_plain(
    text: str, line: int, width: int, sign: str, bad: list[dict[str, Any]]
) -> tuple[pl.Series, list[pl.Series]]:
    lines = pl.DataFrame({"text": text.split("\n")}).with_row_index("line", offset=line)
    lines = lines.with_columns(pl.col("text").str.strip_chars_end("\r")).filter(pl.col("text") != "")
    count = pl.col("text").str.count_matches(sign, literal=True) + 1
    for number, found in lines.filter(count != width).select("line", count).iter_rows():
        bad.append(_aside(number, "broken-row", f"has {found} cells, expected {width}; mend or quote the row"))
    lines = lines.filter(count == width)
    parts = lines["text"].str.splitn(sign, width).struct if width > 1 else None
    cells = [lines["text"]] if parts is None else [parts.field(f"field_{at}") for at in range(width)]
    return lines["line"].cast(pl.Int64), [cell.str.strip_chars() for cell in cells]


def _split_quoted(
    text: str, line: int, width: int, sign: str, bad: list[dict[str, Any]]
) -> tuple[pl.Series, list[pl.Series]]:
    numbers: list[int] = []
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text.replace("\x00", ""), newline=""), delimiter=sign)
    start = line
    for row in reader:
        number, start = start, line + reader.line_num
        if not row:
            continue
        if len(row) != width:
            bad.append(_aside(number, "broken-row", f"has {len(row)} cells, expected {width}; mend or quote the row"))
            continue
        numbers.append(number)
        rows.append(row)
    cells = [pl.Series(values, dtype=pl.String).str.strip_chars() for values in zip(*rows, strict=True)]
    empty = [pl.Series([], dtype=pl.String)] * width
    return pl.Series(numbers, dtype=pl.Int64), cells or empty


def _full(rows: pl.DataFrame, form: Format) -> pl.DataFrame:
    """All cells, blank ones null."""
    blank = pl.lit(None, dtype=pl.String)
    return rows.select(
        "line",
        *(
            (pl.when(pl.col(cell) != "").then(pl.col(cell)) if cell in rows.columns else blank).alias(cell)
            for cell in form.cells
        ),
    ).cast(raw_schema(form))


def _aside(line: int, problem: str, message: str) -> dict[str, Any]:
    return {"line": line, "problem": problem, "message": message}


# JSON


def _read_json(path: Path, form: Format, rows_a_block: int = 100_000) -> Iterator[Block]:
    rows: list[dict[str, Any]] = []
    bad: list[dict[str, Any]] = []
    dropped: set[str] = set()
    for number, item in _json_items(path):
        if not isinstance(item, dict):
            bad.append(_aside(number, "broken-row", "is not a JSON object; expected one an event"))
            continue
        flat = {key.lower(): value for key, value in _flat(item)}
        place = {cell: name for cell, names in form.columns.items() for name in reversed(names) if name in flat}
        dropped |= set(flat) - set(place.values())
        cells = {cell: str(flat[name]) for cell, name in place.items() if flat[name] is not None}
        if "attribute" in cells:
            cells["code"] = f"{cells.get('code', '')}/{cells['attribute']}"
        rows.append({"line": number, **{cell: cells.get(cell) for cell in form.cells}})
        if len(rows) == rows_a_block:
            yield _json_block(rows, bad, dropped, form)
            rows, bad = [], []
    if rows or bad:
        yield _json_block(rows, bad, dropped, form)


def _json_block(rows: list[dict[str, Any]], bad: list[dict[str, Any]], dropped: set[str], form: Format) -> Block:
    frame = pl.DataFrame(rows, schema=raw_schema(form))
    broken = pl.DataFrame(bad, schema=aside_schema(form))
    return Block(rows=_full(frame, form), broken=broken, dropped=tuple(sorted(dropped)))


def _json_items(path: Path) -> Iterator[tuple[int, Any]]:
    """Objects of an array, numbered from 1, or of one a line, numbered by line."""
    with path.open(encoding="utf-8-sig") as file:
        start = file.read(4096).lstrip()[:1]
        file.seek(0)
        if start == "[":
            try:
                content = json.load(file)
            except ValueError as error:
                raise _bad(
                    path, "bad-json", f"is not JSON ({error}); expected an array, or an object a line"
                ) from error
            yield from enumerate(content, start=1)
            return
        for number, text in enumerate(file, start=1):
            if text.strip():
                try:
                    yield number, json.loads(text)
                except ValueError:
                    yield number, None


def _flat(item: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Plain values of an object and of the objects in it, by their own names."""
    for key, value in item.items():
        if isinstance(value, dict):
            yield from _flat(value)
        elif not isinstance(value, list):
            yield key, value
