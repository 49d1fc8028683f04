"""For workers: whether a case says what was signed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, select

from landbridge.server.agreements.document import BadAgreement, sha256_of
from landbridge.server.agreements.signatures import verify
from landbridge.server.agreements.states import State
from landbridge.server.store import grants
from landbridge.server.store.agreements.reading import signatures
from landbridge.server.store.papers import AgreementHead, AgreementVersion


def document(connection: Connection, case: str, options: Mapping[str, Any]) -> dict[str, Any] | None:
    """Document of the version that the options of a job name, of an agreement of its case; None: it names none."""
    row = connection.execute(
        select(AgreementVersion.document)
        .join(AgreementHead, AgreementHead.id == AgreementVersion.agreement_id)
        .where(
            AgreementHead.case_id == case,
            AgreementHead.id == options.get("agreement", ""),
            AgreementVersion.version == options.get("version", 0),
        )
    ).first()
    return None if row is None else dict(json.loads(row.document))


def faults(connection: Connection, case: str, rows: Mapping[str, Sequence[Mapping[str, str]]]) -> list[str]:
    """
    Say which agreements in force are not as they were signed.

    Parameters
    ----------
    case
        Id of the case.
    rows
        Its tables ``agreements`` and ``grants`` as texts.

    Returns
    -------
    list
        A sentence each: a document, a signature, or the rows a plan would follow were changed behind the server's back.
    """
    found = connection.execute(
        select(AgreementHead.id, AgreementHead.key, AgreementHead.version, AgreementVersion.document,
               AgreementVersion.sha256)
        .join(AgreementVersion, and_(AgreementVersion.agreement_id == AgreementHead.id,
                                     AgreementVersion.version == AgreementHead.version))
        .where(AgreementHead.case_id == case, AgreementHead.state.in_((State.SIGNED, State.IN_FORCE)))
    ).all()  # fmt: skip
    said = []
    for row in found:
        document = json.loads(row.document)
        wanted = {side["organisation"] for side in document["signers"]}
        valid = set()
        for item in signatures(connection, row.id, row.version):
            try:
                verify(document, item["jws"], item["public"])
            except BadAgreement:
                continue
            valid.add(item["organisation_id"])
        if sha256_of(document) != row.sha256 or valid != wanted:
            said.append(f"the agreement {row.key!r} is not what its sides signed")
        elif not grants.is_as_signed(document, rows):
            said.append(f"the tables of the case do not say what the agreement {row.key!r} says")
    return said
