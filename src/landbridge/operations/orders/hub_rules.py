"""Which hub an address belongs to: a table of countries, regions and beginnings of postcodes."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from landbridge.errors import Finding
from landbridge.model.case import Case
from landbridge.model.faults import did_you_mean
from landbridge.operations.orders.mapping import BadMapping
from landbridge.operations.orders.small_tables import read_small_table
from landbridge.operations.parcels.countries import COUNTRIES

COLUMNS = ("country", "postcode", "region", "hub")


@dataclass(frozen=True, slots=True, kw_only=True)
class HubRule:
    """
    Addresses of one hub.

    Parameters
    ----------
    country
        ISO 3166-1 alpha-2 code.
    postcode
        First signs of the postcode; blank = any.
    region
        Region as the shop writes it, small or capital letters; blank = any. A rule has a postcode or a region.
    hub
        Hub of the case.
    """

    country: str
    postcode: str = ""
    region: str = ""
    hub: str


def read_hub_rules(path: Path, hubs: Iterable[str] = ()) -> tuple[HubRule, ...]:
    """
    Read the table of hubs, a CSV file with the columns country, postcode, region, hub.

    Parameters
    ----------
    path
        The file.
    hubs
        Hubs that may be named; none = any.

    Raises
    ------
    BadMapping
        With every finding.
    """
    known = set(hubs)
    findings: list[Finding] = []
    rules: dict[tuple[str, str, str], HubRule] = {}
    rows = read_small_table(path, COLUMNS, "bad-hub-rules")
    for line, cells in rows:
        rule = HubRule(**cells)
        fault = _fault(rule, known, rules)
        if fault:
            findings.append(Finding(where=f"{path.name}:{line}", code="bad-hub-rules", message=fault))
        rules[rule.country, rule.postcode, rule.region.lower()] = rule
    if not rows:
        message = f"no row was found; expected the columns {', '.join(COLUMNS)}"
        findings.append(Finding(where=path.name, code="bad-hub-rules", message=message))
    if findings:
        raise BadMapping(findings)
    return tuple(rules.values())


def _fault(rule: HubRule, known: set[str], rules: dict[tuple[str, str, str], HubRule]) -> str:
    if rule.country not in COUNTRIES:
        return f"the country is {rule.country!r}, expected a code of ISO 3166-1"
    if rule.postcode and rule.region:
        return "a postcode and a region are given; keep one of them"
    if not rule.hub or (known and rule.hub not in known):
        return f"{rule.hub!r} is no hub of the case{did_you_mean(rule.hub, known)}"
    if (rule.country, rule.postcode, rule.region.lower()) in rules:
        return "the same addresses stand twice; keep one row"
    return ""


def rules_of_case(case: Case) -> tuple[HubRule, ...]:
    """
    First rules for a case: each region's city, by the code and the names of the region.

    A person refines them: postcodes are in no case.
    """
    regions = {row.region: row for row in case.regions}
    rules: dict[tuple[str, str], HubRule] = {}
    for hub in sorted(case.hubs, key=lambda row: row.kind not in ("sorting", "city")):
        region = regions[hub.region]
        for name in (region.region, region.name, region.name_ru, region.name_zh):
            if name:
                rule = HubRule(country=region.country, region=name, hub=hub.hub)
                rules.setdefault((region.country, name.lower()), rule)
    return tuple(rules.values())


def write_hub_rules(rules: Iterable[HubRule], path: Path) -> None:
    """Write the table of hubs."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([rule.country, rule.postcode, rule.region, rule.hub] for rule in rules)


def choose_hub(rules: Iterable[HubRule], side: str) -> pl.Expr:
    """
    Hub of each address: the rule with the longest beginning of its postcode, else its region, else its country.

    Parameters
    ----------
    rules
        The table of hubs.
    side
        ``from`` or ``to``: which columns hold the address.

    Returns
    -------
    pl.Expr
        Text; null where no rule fits.
    """
    country = pl.col(f"{side}_country").str.to_uppercase()
    postcode = pl.col(f"{side}_postcode").str.replace_all(r"\s", "").str.to_uppercase()
    region = pl.col(f"{side}_region").str.to_lowercase()
    by_length: dict[int, dict[str, str]] = {}
    by_region: dict[str, str] = {}
    for rule in rules:
        if rule.postcode or not rule.region:
            by_length.setdefault(len(rule.postcode), {})[f"{rule.country}|{rule.postcode.upper()}"] = rule.hub
        else:
            by_region[f"{rule.country}|{rule.region.lower()}"] = rule.hub
    tries = [
        _look_up(pl.concat_str(country, postcode.str.slice(0, length), separator="|"), by_length[length])
        for length in sorted(by_length, reverse=True)
        if length
    ]
    tries.append(_look_up(pl.concat_str(country, region, separator="|"), by_region))
    tries.append(_look_up(pl.concat_str(country, pl.lit(""), separator="|"), by_length.get(0, {})))
    return pl.coalesce(tries)


def _look_up(key: pl.Expr, table: dict[str, str]) -> pl.Expr:
    return key.replace_strict(table, default=None, return_dtype=pl.String) if table else pl.lit(None, dtype=pl.String)
