"""What is sent to the doors of agreements, and how an agreement is answered."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from sqlalchemy import Connection

from landbridge.server.api.common import Body, Name, Prose, Secret, moment
from landbridge.server.caller import Caller
from landbridge.server.errors import Refused
from landbridge.server.store import agreements
from landbridge.server.store.agreements import Wish

MOST_PARTIES = 20
SHOWN_COMMENTS = 500


def _day(text: str) -> str:
    if text:
        datetime.date.fromisoformat(text)
        if len(text) != 10:
            raise ValueError("expected a day, YYYY-MM-DD")
    return text


Day = Annotated[str, Field(max_length=10), AfterValidator(_day)]
"""A day ``YYYY-MM-DD``; blank: none."""


class GrantWish(Body):
    """Whose capacity is opened to whom; as a row of the table ``grants``."""

    giver: Name
    taker: Name
    kind: Literal["service", "mode", "charter", "hub", "trade"]
    resource: Name = "*"
    share_frac: Annotated[float, Field(ge=0, le=1, strict=False)] = 1.0
    fee_per_t: Annotated[float, Field(ge=0, le=1e12, strict=False)] = 0.0
    both_ways: bool = False


class VersionWish(Body):
    """What a version of an agreement shall say; ``parties`` are those that sign, each of another organisation."""

    name: Name
    parties: Annotated[list[Name], Field(min_length=2, max_length=MOST_PARTIES)]
    starts: Day = ""
    ends: Day = ""
    fixed_cost: Annotated[float, Field(ge=0, le=1e15, strict=False)] = 0.0
    grants: Annotated[list[GrantWish], Field(min_length=1, max_length=500)]

    def wish(self) -> Wish:
        """Give it to the store."""
        if self.starts and self.ends and self.ends < self.starts:
            message = f"found {self.ends!r}, expected {self.starts!r} or later"
            raise Refused(422, "ends-before-starts", message, entity="ends")
        return Wish(
            name=self.name,
            parties=tuple(self.parties),
            starts=self.starts,
            ends=self.ends,
            fixed_cost=self.fixed_cost,
            grants=[row.model_dump() for row in self.grants],
        )


class AgreementWish(VersionWish):
    """A new agreement; ``agreement`` is its id in the tables of the case."""

    agreement: Name


class CommentWish(Body):
    """What to say."""

    text: Prose


class Moderation(Body):
    """Whether a comment is hidden from all sides."""

    hidden: bool


class ValueWish(Body):
    """How long each plan may take that the value is found by."""

    time_s: Annotated[float, Field(gt=0, le=1e6, strict=False)] = 30.0


class SignWish(Body):
    """
    A signature of a version: by the organisation's key that is kept here, or made elsewhere.

    ``jws`` is detached (``header..signature``), over the bytes of ``document.json``.
    """

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    passphrase: Secret | None = None
    jws: Annotated[str, Field(min_length=1, max_length=4000)] | None = None


def agreement_item(connection: Connection, caller: Caller, agreement: str) -> dict[str, Any]:
    """Write an agreement as it is answered."""
    found = agreements.get(connection, caller.viewer, agreement)
    document = found["document"]
    signed = {row["organisation_id"]: row for row in agreements.signatures(connection, agreement, found["version"])}
    own = agreements.value(connection, caller.viewer, agreement, found["version"])
    return {
        "id": found["id"],
        "case": found["case_id"],
        "agreement": found["key"],
        "name": found["name"],
        "state": found["state"],
        "version": found["version"],
        "versions": [
            {"version": row["version"], "sha256": row["sha256"], "by": row["organisation_id"],
             "created": moment(row["created"])}
            for row in agreements.versions(connection, agreement)
        ],
        "document": document,
        "sha256": found["sha256"],
        "signers": [_signer(row, signed.get(row["organisation"])) for row in document["signers"]],
        "yours": [row["party"] for row in document["signers"] if row["organisation"] == caller.organisation],
        "value": own and {"low": own["low"], "high": own["high"], "basis": own["basis"], "at": moment(own["at"])},
        "comments": [_comment(row) for row in agreements.comments(connection, agreement, SHOWN_COMMENTS)],
        "created": moment(found["created"]),
        "changed": moment(found["changed"]),
    }  # fmt: skip


def _signer(row: Mapping[str, Any], signature: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "party": row["party"],
        "organisation": row["organisation"],
        "name": row["organisation_name"],
        "signed_at": moment(signature["signed"]) if signature else None,
        "kid": signature["kid"] if signature else None,
    }


def _comment(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "organisation": row["organisation_id"],
        "author": row["author"],
        "version": row["version"],
        "text": row["text"],
        "hidden_by": row["hidden_by"],
        "at": moment(row["at"]),
    }
