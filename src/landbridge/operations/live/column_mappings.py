"""
Mappings of columns at a server's door: guessed, completed where that is asked for, and checked before they are kept.

A server keeps a mapping with what was read by it. So it may say nothing of a person: telephones and addresses of
e-mail are recognised, in names of columns, in constants and in the name of the shop. A bare name is not.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from landbridge.errors import Finding
from landbridge.operations.live.cleaning import TIME
from landbridge.operations.orders.batches import BadOrders
from landbridge.operations.orders.csv_source import CsvFile, look_at
from landbridge.operations.orders.fields import FIELDS, NAMES, PERSONAL
from landbridge.operations.orders.guess import guess_mapping
from landbridge.operations.orders.mapping import BadMapping, mapping_of
from landbridge.operations.orders.mapping import Mapping as ColumnMapping
from landbridge.operations.orders.set_aside import WHY

KEPT = tuple(name for name in NAMES if name not in (*PERSONAL, "description", "quantity", "origin_country"))
"""Fields of an order that a server keeps: none tells who gets it, or what a sender wrote of its content."""

_SETTINGS = tuple(item.name for item in dataclasses.fields(ColumnMapping) if item.name not in ("columns", "constants"))
_LONGEST = 200
"""Signs of a text of a mapping that is kept."""

_OF_A_PERSON = re.compile(r"[@\uff20]|\d[\d\s().\u2010-\u2015-]{5,}\d")
_AMOUNT = r"\d{1,9}(?:[.,]\d{1,9})?"
_CONSTANTS = {"hs_code": r"\d[\d. ]{3,12}", "ready": TIME, "promised": TIME, "weight": _AMOUNT, "value": _AMOUNT}
"""Constants that are long numbers, and are no telephone where they look like what they are for."""


def guess_columns(
    file: Path,
    *,
    given: Mapping[str, Any] | None = None,
    complete: bool = True,
    saved: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """
    Say how a CSV file would be read.

    A file whose first row looks like people's data, not like names of columns, is refused.

    Parameters
    ----------
    file
        Orders.
    given
        A mapping, or a part of one. Columns of it that the file has not are taken away, and their fields guessed anew.
    complete
        Whether all that ``given`` leaves out is guessed, too.
    saved
        The mapping of the file before: used where its columns are there and nothing is given.

    Returns
    -------
    dict
        Plain data: ``columns`` of the file, each once; ``fields``, ``mapping``, ``notes`` by key, and ``gone``: columns
        that were given and are not in the file, by field.

    Raises
    ------
    BadOrders, BadMapping
        When the file cannot be read, or not with this mapping.
    """
    seen = look(file, given)
    if any(_OF_A_PERSON.search(name) for name in seen.header):
        raise BadOrders("the first row does not look like names of columns; add one that names them", code="no-header")
    named, constants = _blocks(given or {})
    gone = (
        {field: name for field, name in named.items() if name not in seen.header}
        if seen.header[: len(WHY)] != WHY
        else {}
    )
    guessed, notes = _guessed(seen)
    if given is not None:
        left = {field: name for field, name in named.items() if field not in gone}
        anew = {
            field: name
            for field, name in guessed.columns.items()
            if field in gone and name not in left.values() and field not in constants
        }
        given = {**given, "columns": {**left, **anew}}
        notes |= {_key(field, anew): _gone(name, anew.get(field)) for field, name in gone.items()}
    mapping = _plain(mapping_for(seen, given, saved, complete=complete, required=False))
    fields = [{"name": item.name, "required": item.required, "personal": item.personal} for item in FIELDS]
    columns = [name for name in dict.fromkeys(seen.header) if name]
    return {"columns": columns, "fields": fields, "mapping": mapping, "notes": notes, "gone": gone}


def _key(field: str, found: Mapping[str, str]) -> str:
    return f"columns.{field}" if field in found else f"columns?{field}"


def _gone(name: str, other: str | None) -> str:
    remedy = f"guessed anew as {other!r}: look at it" if other else "choose a column, or leave it without one"
    return f"{name!r} is no column of this file; {remedy}"


def sound_mapping(content: Mapping[str, Any]) -> dict[str, Any]:
    """
    Check a mapping that is to be saved, and give it whole.

    Raises
    ------
    BadMapping
        With every finding; nothing in it may look like a person's data.
    """
    for text in _texts(content):
        if len(text) > _LONGEST or not all(map(_is_plain, text)):
            raise _bad(f"a text has signs that cannot be printed, or more than {_LONGEST}; mend it")
    _check_people(content)
    return without_people(mapping_of(dict(content), "mapping"))


def without_people(mapping: ColumnMapping) -> dict[str, Any]:
    """
    Give a mapping as the plain data that a server keeps.

    Raises
    ------
    BadMapping
        When something in it looks like a person's data, or is of a field that a server does not keep.
    """
    plain = _plain(mapping)
    _check_people(plain)
    return plain


def _check_people(content: Mapping[str, Any]) -> None:
    """Refuse telephones, addresses of e-mail and constants that are not kept, without saying them again."""
    named, constants = content.get("columns"), content.get("constants")
    for name in named.values() if isinstance(named, dict) else ():
        if _OF_A_PERSON.search(str(name)):
            raise _bad("a column has a name that looks like a telephone or an address; add a row of names to the file")
    if _OF_A_PERSON.search(str(content.get("channel", ""))):
        raise _bad("the name of the shop looks like a telephone or an address; name the shop by a word")
    for field, text in constants.items() if isinstance(constants, dict) else ():
        if field in NAMES and field not in KEPT:
            raise _bad(f"a server keeps nothing of the field '{field}'; leave it out of the constants")
        shape = _CONSTANTS.get(field)
        if _OF_A_PERSON.search(str(text)) and not (shape and re.fullmatch(shape, str(text))):
            raise _bad("a constant looks like a telephone or an address; leave it out, or name its column")


def _texts(content: Mapping[str, Any]) -> list[str]:
    texts = [content.get("channel", ""), content.get("timezone", "")]
    for block in (content.get("columns"), content.get("constants")):
        texts += [*block, *block.values()] if isinstance(block, dict) else []
    return [text for text in texts if isinstance(text, str)]


def _is_plain(sign: str) -> bool:
    """Whether a sign may stand in the name of a column: spreadsheets write no-break spaces and line breaks there."""
    return sign.isprintable() or sign in "\r\n" or unicodedata.category(sign) == "Zs"


def _plain(mapping: ColumnMapping) -> dict[str, Any]:
    plain = dataclasses.asdict(dataclasses.replace(mapping, encoding="", separator=""))
    plain["order_amounts"] = list(mapping.order_amounts)
    return plain


# Reading


def settings_of(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Everything of a mapping but its columns."""
    return {key: value for key, value in mapping.items() if key != "columns"}


def look(file: Path, given: Mapping[str, Any] | None) -> CsvFile:
    """Look at a file, with the encoding and the separator of a mapping where it names them."""
    return look_at(file, str((given or {}).get("encoding", "")), str((given or {}).get("separator", "")))


def _guessed(seen: CsvFile) -> tuple[ColumnMapping, dict[str, str]]:
    return guess_mapping(seen.header, seen.sample(), channel="shop", encoding=seen.encoding, separator=seen.separator)


def mapping_for(
    seen: CsvFile,
    given: Mapping[str, Any] | None,
    saved: Mapping[str, Any] | None,
    *,
    complete: bool,
    required: bool = True,
) -> ColumnMapping:
    """
    Mapping of a CSV file: the given one, completed by guesses where it is a part; else the saved one where it fits.

    Without either it is a guess. ``required`` is whether fields that every order needs have to be named.
    """
    named, constants = _blocks(given or {})
    if seen.header[: len(WHY)] == WHY:  # rows that were set aside: they have our own names
        columns = {name: name for name in seen.header if name in KEPT}
        whole = {"articles": "", "order_amounts": []}
        content = {"channel": "shop", **settings_of(given or saved or {}), **whole, "columns": columns}
        return _read(content, seen, required=required)
    if given is None and saved and saved.get("columns") and set(saved["columns"].values()) <= set(seen.header):
        return _read(dict(saved), seen, required=required)
    if given is not None and not complete:
        return _read(dict(given), seen, required=required)
    guessed, _ = _guessed(seen)
    content = {name: getattr(guessed, name) for name in _SETTINGS} | {"order_amounts": list(guessed.order_amounts)}
    if given and "articles" in given:
        content["order_amounts"] = []  # they were guessed of other rows
    others = {
        field: name
        for field, name in guessed.columns.items()
        if field not in named and field not in constants and name not in named.values()
    }
    return _read({**content, **(given or {}), "columns": {**others, **named}}, seen, required=required)


def _blocks(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns and constants of what was given."""
    if not isinstance(given, dict):
        raise _bad("expected an object with columns, constants and settings")
    named, constants = given.get("columns", {}), given.get("constants", {})
    if not isinstance(named, dict) or not isinstance(constants, dict):
        raise _bad("expected columns and constants as objects of texts")
    return named, constants


def _read(content: dict[str, Any], seen: CsvFile, *, required: bool) -> ColumnMapping:
    constants = content.get("constants") or {}
    columns = {field: name for field, name in content.get("columns", {}).items() if field not in constants}
    encoding = {"encoding": seen.encoding, "separator": seen.separator}
    return mapping_of({**content, "columns": columns, **encoding}, "mapping", columns=required)


def _bad(message: str) -> BadMapping:
    return BadMapping([Finding(where="mapping", code="bad-mapping", message=message)])
