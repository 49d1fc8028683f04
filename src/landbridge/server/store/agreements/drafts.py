"""What a version of an agreement shall say, made into the document that is signed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from landbridge.server.agreements.document import BadAgreement, Paper, Signer, document_of
from landbridge.server.errors import Refused
from landbridge.server.store import cases, grants
from landbridge.server.store.database import Viewer
from landbridge.server.store.schema import Organisation

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a version shall say; ``parties`` are those of the case that sign, ``grants`` rows of that table."""

    name: str
    parties: tuple[str, ...]
    starts: str
    ends: str
    fixed_cost: float
    grants: Sequence[Mapping[str, Any]]


def refusing(work: Callable[[], T], status: int = 422) -> T:
    """Do something, and refuse the request where the agreement does not allow it."""
    try:
        return work()
    except BadAgreement as error:
        raise Refused(status, error.code, str(error), entity="agreement") from error


def draft_document(
    connection: Connection, viewer: Viewer, case: str, key: str, wish: Wish, version: int, previous: str
) -> dict[str, Any]:
    """
    Make the document of a version, if its parties and grants are there and may be agreed upon by who signs.

    Raises
    ------
    Refused
        422 naming the party, the grant, or what else is wrong.
    """
    head = cases.head(connection, viewer, case)
    held = cases.holders(connection, case)
    for party in wish.parties:
        if party not in held:
            raise Refused(422, "unknown-party", f"{party!r:.100} is not a party of the case", entity="parties")
    sides = tuple(held[party] for party in wish.parties)
    if viewer.organisation not in sides:
        raise Refused(422, "not-a-signer", "one of the parties has to be held by your organisation", entity="parties")
    rows = grants.checked(connection, viewer, case, wish.grants, held, wish.parties)
    names = grants.party_names(connection, viewer, case)
    organisations = select(Organisation.id, Organisation.name).where(Organisation.id.in_(sides))
    titles = {row.id: row.name for row in connection.execute(organisations)}
    paper = Paper(
        case=case,
        case_name=str(head["name"]),
        currency=str(head["settings"]["currency"]),
        agreement=key,
        name=wish.name,
        version=version,
        signers=tuple(
            Signer(party=party, party_name=names.get(party, ""), organisation=side, organisation_name=titles[side])
            for party, side in zip(wish.parties, sides, strict=True)
        ),
        starts=wish.starts,
        ends=wish.ends,
        fixed_cost=wish.fixed_cost,
        grants=rows,
        previous_sha256=previous,
    )
    return refusing(lambda: document_of(paper))
