"""A CSV file of any size and in any of four encodings, read in blocks."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from landbridge.errors import Finding
from landbridge.model.faults import did_you_mean
from landbridge.operations.orders.batches import LINE, BadOrders, Batch, Broken, complete
from landbridge.operations.orders.encoding import GB18030, UTF_8, UTF_16, detect_encoding, is_utf_8, read_anyhow
from landbridge.operations.orders.mapping import BadMapping, Mapping
from landbridge.operations.orders.records import BAD_QUOTES, LONGEST_RECORD, ROW_LENGTH, Records, split_records

BLOCK = 1 << 24
"""Bytes read at a time: memory in use is a small multiple of it, whatever the size of the file."""

SAMPLE = 1 << 20
MIXED = "mixed-encoding"

_SEPARATORS = (",", ";", "\t", "|")
_FAULTS = {1: ROW_LENGTH, 2: BAD_QUOTES, 3: MIXED}


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFile:
    """
    What a look at the beginning of a CSV file tells.

    Parameters
    ----------
    path, encoding, separator
        The file and how to read it.
    header
        Names of its columns.
    offset
        Bytes before the first row.
    """

    path: Path
    encoding: str
    separator: str
    header: tuple[str, ...]
    offset: int

    def sample(self, count: int = 200) -> list[list[str]]:
        """First rows, for guesses."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            raw = file.read(SAMPLE)
        text = raw.decode(_codec(self.path, self.encoding), errors="replace")
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=self.separator)
        return [row for row, _ in zip(rows, range(count), strict=False)]


def look_at(path: Path, encoding: str = "", separator: str = "") -> CsvFile:
    """
    Find encoding, separator and header of a file.

    Raises
    ------
    BadOrders
        When there is no file, or no header in it.
    """
    try:
        with path.open("rb") as file:
            sample = file.read(SAMPLE)
    except OSError as error:
        raise BadOrders(f"{path}: cannot be read ({error.strerror}); name a file of orders.") from error
    mark = codecs.BOM_UTF8 if sample.startswith(codecs.BOM_UTF8) else b""
    encoding = UTF_8 if mark else encoding or detect_encoding(sample)  # rows set aside are UTF-8, whatever the mapping
    if encoding == UTF_16:
        mark = sample[:2]
    newline = "\n".encode(_codec_of(sample, encoding))
    end = sample.find(newline)
    while end % len(newline) and end >= 0:
        end = sample.find(newline, end + 1)
    head = sample[len(mark) : end] if end >= 0 else sample[len(mark) :]
    line = head.decode(_codec_of(sample, encoding), errors="replace").rstrip("\r")
    if not line.strip() or end < 0:
        raise BadOrders(f"{path}: no header line and rows were found; expected a CSV file with the names of columns.")
    separator = separator or max(_SEPARATORS, key=line.count)
    if encoding == GB18030 and separator == "|":
        raise BadOrders(f"{path}: '|' is a part of letters in GB 18030; save the file as UTF-8 and import that.")
    header = next(csv.reader([line], delimiter=separator))
    names = tuple(name.strip() for name in header)
    return CsvFile(path=path, encoding=encoding, separator=separator, header=names, offset=end + len(newline))


def _codec_of(sample: bytes, encoding: str) -> str:
    if encoding != UTF_16:
        return encoding
    return "utf-16-be" if sample.startswith(codecs.BOM_UTF16_BE) else "utf-16-le"


def _codec(path: Path, encoding: str) -> str:
    with path.open("rb") as file:
        return _codec_of(file.read(2), encoding)


def csv_batches(file: CsvFile, mapping: Mapping, block: int = BLOCK) -> Iterator[Batch]:
    """
    Read a file in blocks; each gives a batch of rows.

    Raises
    ------
    BadMapping
        Before anything is read, when the mapping names columns that the file has not.
    """
    places = _places(file, mapping)
    line = 2
    rest = b""
    inner = UTF_8 if file.encoding == UTF_16 else file.encoding
    for data, final in _blocks(file, block):
        rest += data
        records = split_records(rest, file.separator, len(file.header), final=final)
        _mark_encoding(records, inner)
        yield _batch(records, line, inner, file, mapping, places)
        line += rest.count(b"\n", 0, records.rest)
        rest = rest[records.rest :]
        if len(rest) > 2 * block + LONGEST_RECORD:
            raise BadOrders(f"{file.path}: from line {line} on no end of a row is found; is this a CSV file?")


def _places(file: CsvFile, mapping: Mapping) -> dict[str, int]:
    findings = []
    places: dict[str, int] = {}
    for field, name in mapping.columns.items():
        if file.header.count(name) == 1:
            places[field] = file.header.index(name)
            continue
        twice = "stands twice in" if name in file.header else "is no column of"
        hint = "" if name in file.header else did_you_mean(name, file.header)
        message = f"{name!r} {twice} {file.path.name}{hint}"
        findings.append(Finding(where="mapping", column=f"columns.{field}", code="unknown-column", message=message))
    if findings:
        raise BadMapping(findings)
    return places


def _blocks(file: CsvFile, block: int) -> Iterator[tuple[bytes, bool]]:
    """Blocks of bytes, UTF-16 turned into UTF-8, each with whether it is the last."""
    decoder = None
    with file.path.open("rb") as stream:
        if file.encoding == UTF_16:
            decoder = codecs.getincrementaldecoder(_codec_of(stream.read(2), UTF_16))(errors="replace")
        stream.seek(file.offset)
        data = stream.read(block)
        while True:
            following = stream.read(block)
            final = not following
            yield (data if decoder is None else decoder.decode(data, final=final).encode(), final)
            if final:
                return
            data = following


def _mark_encoding(records: Records, encoding: str) -> None:
    """Mark the records that are in another encoding than the file."""
    if encoding == UTF_8 and is_utf_8(records.data[: records.rest]):
        return
    high = np.flatnonzero(np.frombuffer(records.data, dtype=np.uint8) >= 0x80)
    for record in np.unique(np.searchsorted(records.ends, high)):
        if record >= len(records.ends) or records.fault[record]:
            continue
        raw = records.raw(int(record))
        if is_utf_8(raw) != (encoding == UTF_8) or not _readable(raw, encoding):
            records.fault[record] = 3


def _readable(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _batch(
    records: Records, line: int, encoding: str, file: CsvFile, mapping: Mapping, places: dict[str, int]
) -> Batch:
    good = records.fault == 0
    text = _cells(records, good, encoding, file, places)
    text = text.insert_column(0, pl.Series(LINE, records.lines[good] + line, dtype=pl.Int64))
    rows = np.flatnonzero(good)

    def raw(wanted: Sequence[int]) -> list[str]:
        return [_text(records.raw(int(rows[index])), encoding) for index in wanted]

    broken = tuple(
        Broken(
            line=int(records.lines[at]) + line,
            code=_FAULTS[int(records.fault[at])],
            raw=_text(records.raw(int(at)), encoding),
        )
        for at in np.flatnonzero(~good)
    )
    return Batch(text=complete(text, dict(mapping.constants)), raw=raw, broken=broken)


def _text(raw: bytes, encoding: str) -> str:
    mixed = is_utf_8(raw) != (encoding == UTF_8) and not raw.isascii()
    return read_anyhow(raw) if mixed or not _readable(raw, encoding) else raw.decode(encoding)


def _cells(
    records: Records, good: npt.NDArray[np.bool_], encoding: str, file: CsvFile, places: dict[str, int]
) -> pl.DataFrame:
    """Cut the sound records into cells; only the columns that the mapping names are kept."""
    wanted = sorted(set(places.values()))
    if not good.any():
        return pl.DataFrame(schema=dict.fromkeys(places, pl.String))
    data = records.only(good)
    if encoding != UTF_8:
        data = data.decode(encoding).encode()
    frame = pl.read_csv(
        io.BytesIO(data),
        has_header=False,
        separator=file.separator,
        columns=wanted,
        infer_schema=False,
        quote_char='"',
        raise_if_empty=False,
    )
    if frame.height != int(good.sum()):  # a defect of ours or of the reader, never silently a shifted row
        raise BadOrders(f"{file.path}: {int(good.sum())} rows were counted and {frame.height} read; please report it.")
    series = {at: frame.get_column(name) for at, name in zip(wanted, frame.columns, strict=True)}
    return pl.DataFrame({field: series[at] for field, at in places.items()})
