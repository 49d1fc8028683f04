"""Where a parcel is, for everybody who knows its number: nothing of who sends, carries or gets it."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field

from landbridge.server.api.auth import Server, address_of
from landbridge.server.api.common import Line, moment
from landbridge.server.errors import Refused
from landbridge.server.store import followings
from landbridge.server.store.database import NOBODY

router = APIRouter(tags=["tracking"])

SHORTEST = 12
"""Signs of a parcel's own id that can be looked up: shorter ones can be guessed."""

_S10 = re.compile(r"[A-Za-z]{2}[0-9]{9}[A-Za-z]{2}", re.ASCII)


@router.get("/track/{number}", summary="Where a parcel is")
def track(number: Annotated[Line, Field(min_length=1, max_length=100)], request: Request, state: Server
          ) -> dict[str, Any]:  # fmt: skip
    """
    Tell status, milestones and expected arrival of a parcel by its number; no sign-in.

    A number that is not known and one that is not open to everybody are answered alike.
    """
    state.by_track.take(address_of(request))
    wanted = _checked(number)
    with state.database.read(NOBODY) as connection:
        found = followings.track(connection, wanted)
    if found is None:
        message = "no parcel of this number can be looked up here; look at the number again, or ask who sent it"
        raise Refused(404, "not-found", message, entity="number")
    return _shown(found, wanted)


def _checked(number: str) -> str:
    """Number or id as it is kept; refused where a digit was mistyped, or it could be guessed."""
    from landbridge.operations.parcels.s10 import check_number

    plain = "".join(number.split())
    if _S10.fullmatch(plain):
        verdict = check_number(plain)
        if not verdict.valid:
            raise Refused(422, verdict.fault, verdict.message, entity="number")
        return verdict.number
    if len(plain) < SHORTEST:
        message = f"expected an S10 number such as LZ473124829CN, or a parcel's id of at least {SHORTEST} signs"
        raise Refused(422, "bad-number", message, entity="number")
    return plain


def _shown(found: dict[str, Any], wanted: str) -> dict[str, Any]:
    from landbridge.operations.live.told import read_milestones

    return {
        "number": wanted,
        "status": found["status"],
        "as_of": moment(found["told_at"]),
        "carried": [
            {name: value if name == "milestone" else moment(value) for name, value in row.items()}
            for row in read_milestones(found["milestones"])
        ],
        "promised": moment(found["promised"]),
        "expected": moment(found["p50"]),
        "at_latest": moment(found["p80"]),
    }
