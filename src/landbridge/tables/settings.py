"""``case.toml``, or the sheets ``case`` and ``rates`` of a workbook: the settings of a case."""

from __future__ import annotations

import datetime
import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from landbridge.errors import Finding
from landbridge.model.case import RATES, SETTINGS, Rate, Settings
from landbridge.model.columns import Attribute, Kind
from landbridge.tables.cells import BadCell, format_cell, parse_cell


@dataclass(frozen=True, slots=True)
class Places:
    """Where each setting stands: ``name`` or ``rates.0.date``; others stand at ``source``."""

    source: str
    by_key: Mapping[str, str]

    def of(self, key: str) -> str:
        """Place of a setting."""
        return self.by_key.get(key, self.source)


def read_toml(text: str, source: str) -> tuple[Settings, Places, list[Finding], set[str]]:
    """
    Read ``case.toml``.

    Returns
    -------
    tuple
        The settings, with defaults where a value cannot be used; where each
        stands; the findings; the keys whose value cannot be used.
    """
    places = Places(source, _toml_lines(text, source))
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        where = f"{source}:{line[1]}" if line else source
        finding = Finding(where=where, message=f"not TOML ({error}); quote texts, one key a line", code="bad-toml")
        return Settings(name="?"), places, [finding], {item.name for item in SETTINGS}
    return settings_of(content, places)


def settings_of(content: dict[str, Any], places: Places) -> tuple[Settings, Places, list[Finding], set[str]]:
    """Read settings that are plain values already; see ``read_toml``."""
    findings: list[Finding] = []
    rates = content.pop("rates", [])
    values, bad = _read_keys(content, SETTINGS, "", places, findings)
    if not (isinstance(rates, list) and all(isinstance(rate, dict) for rate in rates)):
        message = f"found {rates!r:.200}, expected one [[rates]] block a currency"
        findings.append(Finding(where=places.of("rates"), column="rates", code="bad-setting", message=message))
        rates = []
    found: list[Rate] = []
    for index, rate in enumerate(rates):
        rate_values, rate_bad = _read_keys(rate, RATES, f"rates.{index}.", places, findings)
        bad |= rate_bad
        blank: dict[str, Any] = {"currency": "", "per_unit": 1.0, "date": "", "source": ""}
        found.append(Rate(**blank | rate_values))
    return Settings(**{"name": "?", **values}, rates=tuple(found)), places, findings, bad


def _toml_lines(text: str, source: str) -> dict[str, str]:
    found: dict[str, str] = {}
    prefix, rate = "", -1
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(r"\s*\[\[\s*rates\s*\]\]", line):
            rate += 1
            prefix = f"rates.{rate}."
            found.setdefault("rates", f"{source}:{number}")
            found[prefix[:-1]] = f"{source}:{number}"
        elif match := re.match(r"\s*\[?\s*[\"']?([\w.-]+)[\"']?\s*(?:=|\])", line):
            found.setdefault(prefix + match[1], f"{source}:{number}")
    return found


def _read_keys(
    content: Mapping[str, Any], attributes: tuple[Attribute, ...], prefix: str, places: Places, findings: list[Finding]
) -> tuple[dict[str, Any], set[str]]:
    by_name = {attribute.name: attribute for attribute in attributes}
    values: dict[str, Any] = {}
    bad: set[str] = set()

    def find(key: str, code: str, message: str) -> None:
        findings.append(Finding(where=places.of(prefix + key), column=(prefix + key), message=message, code=code))
        bad.add(prefix + key)

    for key, value in content.items():
        attribute = by_name.get(key)
        if attribute is None:
            near = difflib.get_close_matches(key, [*by_name, "rates"], 1)
            hint = f"; did you mean {near[0]!r}?" if near else f", expected {', '.join(by_name)} or rates"
            find(key, "unknown-key", f"unknown key {key!r}{hint}")
            continue
        try:
            values[key] = _from_toml(attribute, value)
        except BadCell as error:
            find(key, error.code, str(error))
    for attribute in attributes:
        if attribute.required and attribute.name not in content:
            find(attribute.name, "missing-key", f"is missing: {attribute.description}")
    return values, bad


def _from_toml(attribute: Attribute, value: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    match attribute.kind:
        case Kind.NUMBER | Kind.INTEGER if is_number:
            return parse_cell(attribute, repr(value)[:400])
        case Kind.FLAG if isinstance(value, bool) or (is_number and value in (0, 1)):
            return bool(value)
        case Kind.TEXT | Kind.TIME if isinstance(value, str):
            return value
        case Kind.TIME if isinstance(value, datetime.datetime):
            return value.isoformat(timespec="minutes" if not value.second else "auto")
        case Kind.TEXT | Kind.TIME if isinstance(value, datetime.date):
            return value.isoformat()
    wanted = {Kind.FLAG: "true or false", Kind.NUMBER: "a number", Kind.INTEGER: "a whole number"}
    raise BadCell("bad-setting", f"found {value!r:.200}, expected {wanted.get(attribute.kind, 'a text in quotes')}")


def write_toml(settings: Settings) -> str:
    """Text of ``case.toml``."""
    lines = [f"{item.name} = {_to_toml(item.kind, getattr(settings, item.name))}" for item in SETTINGS]
    for rate in settings.rates:
        lines += ["", "[[rates]]"]
        lines += [f"{item.name} = {_to_toml(item.kind, getattr(rate, item.name))}" for item in RATES]
    return "\n".join(lines) + "\n"


def _to_toml(kind: Kind, value: Any) -> str:
    if kind is Kind.FLAG:
        return "true" if value else "false"
    if kind in (Kind.NUMBER, Kind.INTEGER):
        return format_cell(kind, value)
    escaped = "".join(
        f"\\{char}" if char in '"\\' else f"\\u{ord(char):04X}" if ord(char) < 32 or ord(char) == 127 else char
        for char in str(value)
    )
    return f'"{escaped}"'


def setting_rows(settings: Settings) -> list[tuple[str, str]]:
    """Rows of the sheet ``case``."""
    return [(item.name, format_cell(item.kind, getattr(settings, item.name))) for item in SETTINGS]


def read_rows(rows: list[list[str]], rates: list[list[str]]) -> tuple[Settings, Places, list[Finding], set[str]]:
    """Read the sheets ``case`` (a key and its value a row) and ``rates`` (a header, then a rate a row)."""
    by_name = {item.name: item for item in SETTINGS}
    content: dict[str, Any] = {}
    by_key: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        key, value = (row[0] if row else ""), (row[1] if len(row) > 1 else "")
        if (number == 1 and key.lower() == "key") or not key or (key in by_name and not value):
            continue
        by_key[key] = f"case!B{number}" if key in by_name else f"case!A{number}"
        content[key] = _typed(by_name.get(key), value)
    header = rates[0] if rates else []
    content["rates"] = []
    rate_attributes = {item.name: item for item in RATES}
    for number, row in enumerate(rates[1:], start=2):
        if not any(row):
            continue
        index = len(content["rates"])
        rate = {}
        by_key[f"rates.{index}"] = f"rates!A{number}"
        for column, (key, value) in enumerate(zip(header, row, strict=True)):
            by_key[f"rates.{index}.{key}"] = f"rates!{chr(ord('A') + column % 26)}{number}"
            if key and value:
                rate[key] = _typed(rate_attributes.get(key), value)
        content["rates"].append(rate)
    return settings_of(content, Places("case", by_key))


def _typed(attribute: Attribute | None, text: str) -> Any:
    """Value of a cell as TOML would have typed it; a text that cannot be typed stays and becomes a finding."""
    if attribute is None or attribute.kind in (Kind.TEXT, Kind.TIME):
        return text
    try:
        return parse_cell(attribute, text)
    except BadCell:
        return text
