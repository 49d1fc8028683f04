"""What members say about an agreement, and moderation of it."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from landbridge.server.audit.log import append
from landbridge.server.errors import Refused, not_found
from landbridge.server.store.agreements.reading import get
from landbridge.server.store.database import Viewer
from landbridge.server.store.ids import new_id
from landbridge.server.store.papers import AgreementComment
from landbridge.server.store.schema import User


def comments(connection: Connection, agreement: str, limit: int) -> list[dict[str, Any]]:
    """Last comments, oldest first; of hidden ones there is no text."""
    query = select(AgreementComment.__table__).where(AgreementComment.agreement_id == agreement)
    found = connection.execute(query.order_by(AgreementComment.at.desc()).limit(limit)).all()
    return [dict(row._mapping) | {"text": None if row.hidden_by else row.text} for row in reversed(found)]


def comment(connection: Connection, viewer: Viewer, agreement: str, text: str, most: int) -> str:
    """Say something about an agreement that is proposed or later; a draft's author has nobody to talk to."""
    found = get(connection, viewer, agreement)
    count = connection.execute(
        select(func.count()).select_from(AgreementComment).where(AgreementComment.agreement_id == agreement)
    ).scalar_one()
    if count >= most:
        raise Refused(409, "too-many-comments", f"the agreement has {most} comments, the most it may", entity="comment")
    author = connection.execute(select(User.name).where(User.id == viewer.user)).scalar() or ""
    key = new_id()
    connection.execute(
        insert(AgreementComment).values(
            id=key, agreement_id=agreement, version=found["version"], organisation_id=viewer.organisation,
            user_id=viewer.user, author=author, text=text, at=time.time(), hidden_by=None,
        )
    )  # fmt: skip
    append(
        connection, viewer.organisation, viewer.user, "agreement.comment", f"agreement:{agreement}", {"comment": key}
    )
    return key


def hide_comment(connection: Connection, viewer: Viewer, agreement: str, key: str, *, hidden: bool) -> None:
    """Hide a comment from all sides, or show it again, which only who hid it may."""
    get(connection, viewer, agreement)
    place = (AgreementComment.id == key, AgreementComment.agreement_id == agreement)
    row = connection.execute(select(AgreementComment.hidden_by).where(*place)).first()
    if row is None:
        raise not_found("comment")
    if row.hidden_by not in (None, viewer.organisation):
        raise Refused(403, "hidden-by-other", "another side has hidden this comment; only it may show it again",
                      entity="comment")  # fmt: skip
    by = viewer.organisation if hidden else None
    connection.execute(update(AgreementComment).where(*place).values(hidden_by=by))
    append(connection, viewer.organisation, viewer.user, "agreement.moderate", f"agreement:{agreement}",
           {"comment": key, "hidden": hidden})  # fmt: skip
