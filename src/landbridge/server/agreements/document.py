"""What is signed: a version of an agreement as plain data, and its checksum."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from landbridge.errors import LandbridgeError
from landbridge.server.agreements.canonical import canonical_json

FORMAT = "landbridge-agreement/1"

GRANT_COLUMNS = ("giver", "taker", "kind", "resource", "share_frac", "fee_per_t", "both_ways")
"""Columns of a grant in a document, the default filled in."""


class BadAgreement(LandbridgeError, ValueError):
    """An agreement that cannot be written, signed or taken a step further."""

    code = "bad-agreement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signs: a party of the case, and the organisation that holds it when the version is made."""

    party: str
    party_name: str
    organisation: str
    organisation_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """
    A version of an agreement; never edited, only followed by another.

    Parameters
    ----------
    case, case_name, currency
        Case it is about, and the currency of its money.
    agreement, name
        Id in the table ``agreements``, and title.
    version
        From 1.
    signers
        Parties, two or more, each of another organisation.
    starts, ends
        First and last day in force, ``YYYY-MM-DD``; blank: from the last signature, and open.
    fixed_cost
        Cost of having it, money a horizon.
    grants
        Rows of the table ``grants`` without the column ``agreement``.
    previous_sha256
        Checksum of the version before; blank for the first.
    """

    case: str
    case_name: str
    currency: str
    agreement: str
    name: str
    version: int
    signers: tuple[Signer, ...]
    starts: str = ""
    ends: str = ""
    fixed_cost: float = 0.0
    grants: Sequence[Mapping[str, Any]] = ()
    previous_sha256: str = ""


def document_of(paper: Paper) -> dict[str, Any]:
    """Give a version as the plain data that is signed."""
    first: dict[str, Signer] = {}
    for row in paper.signers:
        other = first.setdefault(row.organisation, row)
        if other is not row:
            raise BadAgreement(
                f"{other.party!r} and {row.party!r} are held by one organisation; expected each of another one, "
                "for an organisation signs once",
                code="one-signer",
            )
    if len(first) < 2:
        raise BadAgreement("one party cannot agree with itself; expected two or more that sign", code="one-signer")
    if not paper.grants:
        raise BadAgreement("the agreement grants nothing; expected at least one grant", code="no-grants")
    return {
        "format": FORMAT,
        "case": {"id": paper.case, "name": paper.case_name, "currency": paper.currency},
        "agreement": paper.agreement,
        "name": paper.name,
        "version": paper.version,
        "previous_sha256": paper.previous_sha256,
        "signers": [
            {
                "party": row.party,
                "party_name": row.party_name,
                "organisation": row.organisation,
                "organisation_name": row.organisation_name,
            }
            for row in paper.signers
        ],
        "starts": paper.starts,
        "ends": paper.ends,
        "fixed_cost": paper.fixed_cost,
        "grants": [{name: grant[name] for name in GRANT_COLUMNS} for grant in paper.grants],
    }


def sha256_of(document: Mapping[str, Any]) -> str:
    """Checksum of the canonical form of a document, in hexadecimal digits."""
    return hashlib.sha256(canonical_json(dict(document))).hexdigest()


def sides_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Organisations that sign a document, in its order."""
    return tuple(row["organisation"] for row in document["signers"])
