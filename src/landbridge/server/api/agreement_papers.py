"""What is signed, its printed view, and the signatures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from landbridge.server.agreements.canonical import canonical_json
from landbridge.server.agreements.document import BadAgreement
from landbridge.server.agreements.signatures import verify
from landbridge.server.api.auth import MayRead, Server
from landbridge.server.api.common import Id, moment
from landbridge.server.caller import Caller
from landbridge.server.store import agreements

router = APIRouter(tags=["agreements"])

Version = Annotated[int, Query(ge=1, le=2**31 - 1, description="Version; blank = the one at hand.")]


@router.get("/agreements/{agreement}/document.json", summary="What is signed", response_class=Response)
def read_document(agreement: Id, caller: MayRead, state: Server, version: Version | None = None) -> Response:
    """Give the canonical JSON of a version: exactly the bytes that are signed."""
    document = _document(state, caller, agreement, version)
    return Response(canonical_json(document), media_type="application/json")


@router.get("/agreements/{agreement}/document.pdf", summary="The printed view", response_class=Response)
def read_pdf(
    agreement: Id,
    caller: MayRead,
    state: Server,
    version: Version | None = None,
    lang: Annotated[Literal["en", "ru", "zh"], Query(description="Language.")] = "en",
) -> Response:
    """Give a PDF for reading and filing; the JSON is the truth."""
    from landbridge.server.agreements.pdf import write_pdf

    with state.database.read(caller.viewer) as connection:
        found = agreements.get(connection, caller.viewer, agreement)
        wanted = version or found["version"]
        document = agreements.version_of(connection, caller.viewer, agreement, wanted)
        signed = [
            {"organisation": row["organisation_id"], "kid": row["kid"], "signed_at": row["signed"]}
            for row in agreements.signatures(connection, agreement, wanted)
            if _is_valid(document, row)
        ]
    content = write_pdf(document, signed, found["state"], lang)
    name = f"agreement-{found['id']}-{wanted}.pdf"
    return Response(content, media_type="application/pdf",
                    headers={"Content-Disposition": f'attachment; filename="{name}"'})  # fmt: skip


@router.get("/agreements/{agreement}/signatures", summary="Signatures, checked again")
def read_signatures(agreement: Id, caller: MayRead, state: Server) -> dict[str, Any]:
    """List the signatures of all versions, each checked against the document as it is now."""
    with state.database.read(caller.viewer) as connection:
        found = agreements.get(connection, caller.viewer, agreement)
        documents = {
            row["version"]: agreements.version_of(connection, caller.viewer, agreement, row["version"])
            for row in agreements.versions(connection, agreement)
        }
        signed = agreements.signatures(connection, agreement)
    items = [
        {"version": row["version"], "organisation": row["organisation_id"], "party": row["party"], "kid": row["kid"],
         "public": row["public"], "jws": row["jws"], "signed_at": moment(row["signed"]),
         "is_valid": _is_valid(documents[row["version"]], row)}
        for row in signed
    ]  # fmt: skip
    return {"agreement": found["id"], "items": items, "next": None}


def _document(state: Server, caller: Caller, agreement: str, version: int | None) -> dict[str, Any]:
    with state.database.read(caller.viewer) as connection:
        wanted = version or agreements.get(connection, caller.viewer, agreement)["version"]
        return agreements.version_of(connection, caller.viewer, agreement, wanted)


def _is_valid(document: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    try:
        verify(document, row["jws"], row["public"])
    except BadAgreement:
        return False
    return True
