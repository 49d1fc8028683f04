"""POSTs that are done once: in one transaction with the answer, which a repeated request gets again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from landbridge.server.api.auth import Server, require_caller
from landbridge.server.caller import Caller
from landbridge.server.errors import Refused
from landbridge.server.guard import BODY_SHA256
from landbridge.server.state import State
from landbridge.server.store import answers
from landbridge.server.store.ids import hash_of


class Once:
    """Does what a POST asks for, and keeps the answer under the key that the caller chose."""

    def __init__(self, state: State, caller: Caller, key: str, request_sha256: str, path: str) -> None:
        self.state, self.caller, self.request_sha256 = state, caller, request_sha256
        self.answer = hash_of(f"{caller.organisation}\n{caller.user}\n{path}\n{key}") if key else ""

    def do(self, work: Callable[[Connection], Any], status: int = 200, *, is_secret: bool = False) -> JSONResponse:
        """
        Do the work in one transaction, or give the answer it gave before.

        Parameters
        ----------
        work
            Changes what the request asks for and returns the body of the answer.
        is_secret
            The answer holds a secret that is not kept: a repeated request is told that it was done.
        """
        try:
            with self.state.database.write(self.caller.viewer) as connection:
                before = answers.find(connection, self.answer, self.request_sha256) if self.answer else None
                if before is not None:
                    return self._again(before)
                body = work(connection)
                if self.answer:
                    kept = None if is_secret else body
                    answers.keep(connection, self.caller.viewer, self.answer, self.request_sha256, status, kept)
        except IntegrityError as error:
            if self.answer and "answer" in str(error.orig):
                raise Refused(409, "in-progress", "the same request is being carried out", entity="Idempotency-Key"
                              ) from error  # fmt: skip
            raise
        return JSONResponse(body, status)

    @staticmethod
    def _again(before: dict[str, Any]) -> JSONResponse:
        if before["body"] is None:
            message = "this was done already; its answer held a secret that is shown once"
            raise Refused(409, "done-already", message, entity="Idempotency-Key")
        return JSONResponse(before["body"], before["status"], {"Idempotent-Replayed": "true"})


async def _once(
    request: Request,
    state: Server,
    caller: Annotated[Caller, Depends(require_caller)],
    key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", max_length=200, description="Your id of the request: sent twice, done once."),
    ] = None,
) -> Once:
    digest = request.scope.get(BODY_SHA256, "") if key else ""
    return Once(state, caller, key or "", digest, f"{request.method} {request.url.path}?{request.url.query}")


OnceOnly = Annotated[Once, Depends(_once)]
