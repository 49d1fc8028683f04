"""
The forms CN22 and CN23: what they say, and whether customs will take it.

CN22 is for letter-post items below 300 special drawing rights, CN23 from there on and with parcels. Since 1 September
2025 commercial articles need the first six digits of their HS code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from landbridge.errors import Finding, LandbridgeError
from landbridge.operations.customs.rates import NoRate, Rates
from landbridge.operations.parcels.countries import COUNTRIES, CURRENCIES
from landbridge.operations.parcels.hs import HS_REMEDIES, check_hs
from landbridge.operations.parcels.s10 import check_number, service_class
from landbridge.operations.reference.tables import read_reference

CATEGORIES = ("gift", "documents", "commercial sample", "sale of goods", "returned goods", "other")
COMMERCIAL = ("sale of goods", "commercial sample")
HS_FROM = date(2025, 9, 1)
"""First day on which commercial articles need an HS code."""

CN22_BELOW_SDR = Decimal(300)
CN22, CN23 = "CN22", "CN23"
MOST_ON_CN22, MOST_ON_CN23 = 3, 8
"""Articles that fit on a form; more go on further sheets of CN23."""

LONGEST = 64
"""Signs of a description that posts' systems take."""

_PARCEL_CLASSES = ("parcel", "ecommerce_parcel", "ems")


class BadDeclaration(LandbridgeError, ValueError):
    """A form that would be refused; carries every finding."""

    code = "bad-declaration"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in findings))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Party:
    """
    Sender or addressee.

    Parameters
    ----------
    name, company, lines, city, postcode, country, phone, email
        Name and address; ``lines`` are street and house, ``country`` an ISO 3166-1 code.
    customs_ref
        The sender's customs reference, or the addressee's tax number or importer code.
    """

    name: str
    country: str
    company: str = ""
    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postcode: str = ""
    phone: str = ""
    email: str = ""
    customs_ref: str = ""

    def __repr__(self) -> str:
        """Show nothing of who it is."""
        return "Party(...)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """
    One line of a form.

    Parameters
    ----------
    description
        What it is, in words that customs can classify.
    quantity
        Pieces.
    net_weight_kg, value
        Of all its pieces; the value in the form's currency.
    hs_code, origin
        Six digits or more, and the country where it was made; both needed for commercial articles.
    """

    description: str
    quantity: int
    net_weight_kg: Decimal
    value: Decimal
    hs_code: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """
    A form CN22 or CN23.

    Parameters
    ----------
    number
        S10 number of the item.
    sender, addressee
        From whom to whom.
    category
        One of ``CATEGORIES``.
    articles
        What is in it.
    gross_weight_kg, value, currency
        Totals.
    postage
        Postage and fees paid, in ``currency``; None = not told.
    posted
        Day of posting.
    office
        Office of posting.
    comments
        For instance that goods are subject to quarantine.
    licence, certificate, invoice
        Their numbers.
    """

    number: str
    sender: Party
    addressee: Party
    category: str
    articles: tuple[Article, ...]
    gross_weight_kg: Decimal
    value: Decimal
    currency: str
    postage: Decimal | None = None
    posted: date
    office: str = ""
    comments: str = ""
    licence: str = ""
    certificate: str = ""
    invoice: str = ""


def form_of(declaration: Declaration, rates: Rates) -> str:
    """
    Tell which form an item needs.

    Without a rate for the special drawing right (XDR) it is CN23, which is never wrong.
    """
    if service_class(declaration.number[:2]).name in _PARCEL_CLASSES:
        return CN23
    try:
        value = rates.convert(declaration.value, declaration.currency, "XDR", declaration.posted)
    except NoRate:
        return CN23
    return CN22 if value < CN22_BELOW_SDR and len(declaration.articles) <= MOST_ON_CN22 else CN23


def check_declaration(declaration: Declaration) -> list[Finding]:
    """
    Check a form by the rules that customs refuse it for.

    Returns
    -------
    list
        Every finding, placed by article; none names a person.
    """
    found: list[Finding] = []
    where = declaration.number or "form"

    def find(column: str, code: str, message: str, place: str = "") -> None:
        found.append(Finding(where=f"{where}{place}", column=column, code=code, message=message))

    _check_head(declaration, find)
    if not declaration.articles:
        find("articles", "no-articles", "says nothing of what is in it; expected at least one article")
    for position, article in enumerate(declaration.articles, start=1):
        for column, code, message in article_faults(article, declaration.category, declaration.posted):
            find(column, code, message, f" article {position}")
    _check_sums(declaration, find)
    return found


Find = Callable[[str, str, str], None]
"""Reports column, code and message."""


def _check_head(declaration: Declaration, find: Find) -> None:
    verdict = check_number(declaration.number)
    if not verdict.valid:
        find("number", verdict.fault, verdict.message)
    if declaration.category not in CATEGORIES:
        find("category", "bad-category", f"found {declaration.category!r}, expected one of {', '.join(CATEGORIES)}")
    if declaration.category == "other" and not declaration.comments:
        find("comments", "no-explanation", "category other needs an explanation in comments")
    if declaration.currency not in CURRENCIES:
        find("currency", "bad-currency", f"found {declaration.currency!r}, expected a code of ISO 4217")
    for side, party in (("sender", declaration.sender), ("addressee", declaration.addressee)):
        said = {"name": party.name or party.company, "country": party.country, "city": party.city or party.lines}
        for name, value in said.items():
            if not value:
                find(f"{side}.{name}", "blank-field", "is blank, expected a value")
        if party.country and party.country not in COUNTRIES:
            find(f"{side}.country", "bad-country", "is no code of ISO 3166-1, such as RU")
    if declaration.sender.country == declaration.addressee.country:
        find("addressee.country", "not-abroad", "is the sender's country; inland items need no customs form")


def article_faults(article: Article, category: str, posted: date) -> list[tuple[str, str, str]]:
    """Faults of one article: column, code, message."""
    found = []
    vague = vague_description(article.description)
    if vague:
        found.append(("description", "vague-description", vague))
    if len(article.description) > LONGEST:
        found.append(("description", "long-description", f"has more than {LONGEST} signs; posts' systems cut it"))
    if article.quantity < 1:
        found.append(("quantity", "bad-quantity", f"found {article.quantity}, expected at least 1"))
    if article.net_weight_kg <= 0:
        found.append(("net_weight_kg", "weight-not-positive", f"found {article.net_weight_kg}, expected above 0"))
    if article.value < 0 or (article.value == 0 and category in COMMERCIAL):
        found.append(("value", "bad-value", f"found {article.value}, expected above 0; gifts have a value too"))
    commercial = category in COMMERCIAL and posted >= HS_FROM
    if not article.hs_code:
        if commercial:
            message = "is missing: commercial articles need six digits since 2025-09-01; look it up"
            found.append(("hs_code", "missing-hs", message))
    elif (fault := check_hs(article.hs_code)[1]) != "":
        found.append(("hs_code", fault, f"is not right: {HS_REMEDIES[fault]}"))
    if not article.origin:
        if commercial:
            found.append(("origin", "missing-origin", "is missing: commercial articles need the country of origin"))
    elif article.origin not in COUNTRIES:
        found.append(("origin", "bad-country", "is no code of ISO 3166-1, such as CN"))
    return found


def _check_sums(declaration: Declaration, find: Find) -> None:
    total = sum((article.value for article in declaration.articles), Decimal(0))
    if total != declaration.value:
        find("value", "wrong-sum", f"is {declaration.value}, but the articles add up to {total}; correct one of them")
    net = sum((article.net_weight_kg for article in declaration.articles), Decimal(0))
    if declaration.gross_weight_kg < net:
        message = f"is {declaration.gross_weight_kg}, less than the articles' {net}; gross is with the packing"
        find("gross_weight_kg", "wrong-sum", message)


@cache
def _vague() -> Mapping[str, str]:
    return {row["word"]: row["language"] for row in read_reference("vague_words")}


@cache
def vague_words() -> frozenset[str]:
    """Descriptions that say nothing, in small letters."""
    return frozenset(_vague())


def vague_description(text: str) -> str:
    """
    Say why a description is too vague for customs; empty when it is not.

    A description is vague when nothing is left of it beside numbers and words that any parcel could carry.
    """
    words = re.sub(r"[^\w\s]|[\d_]", " ", text.lower())
    words = " ".join(words.split())
    if not words:
        return "says nothing; name the goods, such as 'cotton T-shirts'"
    has_han = re.search(r"[\u4e00-\u9fff]", words) is not None
    if len(words) < (2 if has_han else 3):
        return f"found {text!r:.40}, too short; name the goods"
    if words in vague_words() or all(word in vague_words() for word in words.split()):
        return f"found {text!r:.40}, too vague for customs; say what it is, such as 'cotton T-shirts'"
    return ""
