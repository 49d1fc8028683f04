"""Forms and labels of parcels, put together from their table, their articles, the sender and the store of people."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from landbridge.errors import Finding, LandbridgeError
from landbridge.operations.customs.declaration import Article, Declaration, Party
from landbridge.operations.people.store import PeopleStores

_GRAM = Decimal("0.001")
_TEXTS = ("name", "company", "city", "region", "postcode", "country", "phone", "email", "customs_ref")


class BadSender(LandbridgeError, ValueError):
    """A file that says who sends, and cannot be used."""

    code = "bad-sender"


class Unready(LandbridgeError, ValueError):
    """Parcels that cannot have a label yet; carries a finding for each."""

    code = "unready-parcels"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in findings))


def read_sender(path: Path) -> Party:
    """
    Read who sends, from a TOML file: name, lines (a list), city, postcode, country, phone, customs_ref.

    Raises
    ------
    BadSender
        When it cannot be read, or a key is unknown or of the wrong kind.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSender(f"{path}: cannot be read ({error}); expected name, lines, city, postcode, country.") from error
    values: dict[str, Any] = {"name": "", "country": ""}
    for key, value in content.items():
        if key == "lines" and isinstance(value, list) and all(isinstance(line, str) for line in value):
            values[key] = tuple(value)
        elif key in _TEXTS and isinstance(value, str):
            values[key] = value
        else:
            raise BadSender(f"{path}: {key} is not a text of a sender; expected {', '.join((*_TEXTS, 'lines'))}.")
    return Party(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A parcel with all that its papers need."""

    parcel: str
    number: str
    from_hub: str
    to_hub: str
    weight_kg: Decimal
    value: Decimal
    currency: str
    addressee: Party
    articles: tuple[Article, ...]


def pack(
    parcels: pl.LazyFrame, items: pl.LazyFrame | None, people: PeopleStores, wanted: Iterable[str]
) -> list[Packed]:
    """
    Put parcels together with their articles and recipients.

    Parameters
    ----------
    parcels, items
        Their tables.
    people
        Where recipients are kept.
    wanted
        Ids of parcels; none = all.

    Raises
    ------
    Unready
        With a finding for each parcel that is unknown, has no number, or whose recipient is not kept here.
    """
    ids = list(wanted)
    chosen = parcels.filter(pl.col("parcel").is_in(ids)) if ids else parcels
    rows = chosen.sort("parcel").collect()
    by_parcel: dict[str, list[Article]] = {}
    if items is not None:
        theirs = items.filter(pl.col("parcel").is_in(rows.get_column("parcel").to_list())).sort("parcel", "position")
        for item in theirs.collect().iter_rows(named=True):
            by_parcel.setdefault(item["parcel"], []).append(_article(item))
    findings = [
        Finding(where=name, code="unknown-parcel", message="no parcel of that id is in the table; look it up")
        for name in sorted(set(ids) - set(rows.get_column("parcel")))
    ]
    packed = []
    for row in rows.iter_rows(named=True):
        addressee = _addressee(people, row["parcel"])
        if row["number"] is None:
            message = "has no number; import with --ledger and --range, or ask the post"
            findings.append(Finding(where=row["parcel"], code="no-number", message=message))
        elif addressee is None:
            message = "its recipient is not kept here: deleted, or kept in another country's store"
            findings.append(Finding(where=row["parcel"], code="no-recipient", message=message))
        else:
            packed.append(
                Packed(
                    parcel=row["parcel"],
                    number=row["number"],
                    from_hub=row["from_hub"],
                    to_hub=row["to_hub"],
                    weight_kg=_kilograms(row["weight_kg"]),
                    value=row["value"].normalize() if row["value"] else Decimal(0),
                    currency=row["currency"],
                    addressee=addressee,
                    articles=tuple(by_parcel.get(row["parcel"], ())),
                )
            )
    if findings:
        raise Unready(findings)
    return packed


def _kilograms(weight: float | None) -> Decimal:
    return Decimal(repr(weight or 0.0)).quantize(_GRAM)


def _article(row: dict[str, Any]) -> Article:
    return Article(
        description=row["description"] or "",
        quantity=row["quantity"] or 0,
        net_weight_kg=_kilograms(row["net_weight_kg"]),
        value=row["value"] if row["value"] is not None else Decimal(0),
        hs_code=row["hs_code"] or "",
        origin=row["origin_country"] or "",
    )


def _addressee(people: PeopleStores, parcel: str) -> Party | None:
    for country in people.countries():
        store = people.of(country)
        found = store.get(parcel) if store is not None else None
        if found is not None:
            return Party(
                name=found.name,
                lines=(found.address,) if found.address else (),
                city=found.city,
                region=found.region,
                postcode=found.postcode,
                country=country,
                phone=found.phone,
                email=found.email,
                customs_ref=found.tax_ref,
            )
    return None


def declare(packed: Packed, sender: Party, *, category: str, posted: date, office: str = "") -> Declaration:
    """Customs form of a parcel; money is written with two places where it has no more."""
    return Declaration(
        number=packed.number,
        sender=sender,
        addressee=packed.addressee,
        category=category,
        articles=tuple(_money(article) for article in packed.articles),
        gross_weight_kg=packed.weight_kg,
        value=_two_places(packed.value),
        currency=packed.currency,
        posted=posted,
        office=office,
    )


def _money(article: Article) -> Article:
    return replace(article, value=_two_places(article.value))


def _two_places(value: Decimal) -> Decimal:
    rounded = value.quantize(Decimal("0.01"))
    return rounded if rounded == value else value.normalize()
