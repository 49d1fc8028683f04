"""What the server refuses, with the status and the code that the answer has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from landbridge.errors import LandbridgeError


class Refused(LandbridgeError):
    """
    A request that is not carried out.

    Parameters
    ----------
    status
        HTTP status.
    code
        Kebab-case name of the rule.
    message
        What is wrong and what to do; never what the caller may not see.
    entity
        What it is about: a field, a row, a table.
    errors
        Several at once, each with code, entity and message; default: the one.
    extra
        More keys of the answer.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        entity: str = "",
        errors: Sequence[Mapping[str, Any]] = (),
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.errors = list(errors) or [{"code": code, "entity": entity, "message": message}]
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})


def not_found(what: str) -> Refused:
    """Refuse with 404: it is not there, or the caller may not know that it is."""
    return Refused(404, "not-found", f"there is no such {what}; check the address", entity=what)


def forbidden(message: str) -> Refused:
    """Refuse with 403: the caller's roles do not allow it."""
    return Refused(403, "forbidden", message)


def document_of(error: Refused) -> dict[str, Any]:
    """Answer of the one shape that errors have."""
    return {"ok": False, "error": str(error), "errors": error.errors, "status": error.status} | error.extra
