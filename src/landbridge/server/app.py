"""The web application; nothing happens on import."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from landbridge import __version__
from landbridge.server.api import (
    agreement_papers,
    agreements,
    audit,
    cases,
    following_files,
    following_jobs,
    followings,
    imports,
    jobs,
    mappings,
    organisations,
    pages,
    runs,
    session,
    signing_keys,
    system,
    tables,
    track,
)
from landbridge.server.errors import Refused, document_of
from landbridge.server.guard import Guard
from landbridge.server.limits import Limiter
from landbridge.server.metrics import Metrics
from landbridge.server.said import ENGLISH, negotiated, said_item, say
from landbridge.server.seen import SeenRuns
from landbridge.server.settings import Settings
from landbridge.server.state import State, Streams
from landbridge.server.store.database import open_database

logger = logging.getLogger(__name__)

API = "/api/v1"
DESCRIPTION = (
    "One case, several offices. Browsers sign in with `POST /session` and send the `X-CSRF-Token` that `GET /session` "
    "gives; machines send `Authorization: Bearer lbk_...`. Errors have one shape. Lists are pages: `limit`, `cursor`. "
    "Edits name the ETag they were made from. POSTs take an `Idempotency-Key`."
)


def create_app(settings: Settings) -> FastAPI:
    """
    Make the application of a server.

    The database must be there already: ``landbridge serve`` brings it to the present schema.

    Parameters
    ----------
    settings
        Settings of the server.
    """
    state = State(
        settings=settings,
        database=open_database(settings.url),
        by_caller=Limiter(settings.requests_per_minute),
        by_sign_in=Limiter(settings.sign_ins_per_minute),
        by_track=Limiter(settings.tracks_per_minute),
        metrics=Metrics(),
        seen=SeenRuns(settings.runs_dir),
        streams=Streams(settings.max_streams),
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        del app
        state.database.close()

    app = FastAPI(
        title="Landbridge",
        version=__version__,
        description=DESCRIPTION,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        separate_input_output_schemas=False,
        responses=ERRORS,
    )
    app.state.landbridge = state
    for module in (
        session,
        organisations,
        cases,
        tables,
        imports,
        jobs,
        runs,
        followings,
        following_files,
        following_jobs,
        mappings,
        agreements,
        agreement_papers,
        signing_keys,
        audit,
        track,
    ):
        app.include_router(module.router, prefix=API)
    app.include_router(system.router)
    app.include_router(pages.router)
    _handle_errors(app)
    app.add_middleware(Guard, state=state)
    return app


ERRORS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": text,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["ok", "error", "errors", "status"],
                    "properties": {
                        "ok": {"const": False},
                        "error": {"type": "string"},
                        "errors": {"type": "array", "items": {"type": "object"}},
                        "status": {"type": "integer"},
                    },
                }
            }
        },
    }
    for status, text in {
        400: "The request cannot be read.",
        401: "Sign in first.",
        403: "The roles do not allow it, or the row is another's.",
        404: "It is not there, or the caller may not know that it is.",
        405: "No such method at this address.",
        408: "The request did not arrive in time.",
        409: "It does not fit what is there.",
        412: "It was changed meanwhile.",
        413: "The request is too large.",
        415: "Files of this kind are not read here.",
        422: "What was sent cannot be used; every fault is listed.",
        428: "The ETag is missing.",
        429: "Too many requests, or too many jobs waiting.",
        503: "The server cannot do it now; try again.",
    }.items()
}


def _handle_errors(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    def refused(request: Request, error: Refused) -> JSONResponse:
        return _said(request, document_of(error), error.status, error.headers)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [
            {
                "code": str(item["type"]).replace("_", "-"),
                "entity": ".".join(str(part)[:60] for part in item["loc"])[:300],
                "message": str(item["msg"]),
            }
            for item in error.errors()[:100]
        ]
        message = "the request cannot be used; every fault is listed"
        return _answer(request, 422, "invalid-request", message, errors)

    @app.exception_handler(HTTPException)
    def known(request: Request, error: HTTPException) -> JSONResponse:
        return _answer(request, error.status_code, "http", str(error.detail), headers=dict(error.headers or {}))

    @app.exception_handler(IntegrityError)
    def clashed(request: Request, error: IntegrityError) -> JSONResponse:
        logger.warning("a write clashed: %s", type(error.orig).__name__, extra={"route": _route(request)})
        message = "somebody wrote the same thing at the same moment; read again and repeat"
        return _answer(request, 409, "clash", message)

    @app.exception_handler(OperationalError)
    @app.exception_handler(PoolTimeout)
    def unreachable(request: Request, error: Exception) -> JSONResponse:
        logger.error("the database did not answer: %s", type(error).__name__, extra={"route": _route(request)})
        message = "the database does not answer; try again"
        return _answer(request, 503, "no-database", message, headers={"Retry-After": "2"})

    @app.exception_handler(DBAPIError)
    def odd(request: Request, error: DBAPIError) -> JSONResponse:
        if error.connection_invalidated:
            return unreachable(request, error)
        return broken(request, error)

    @app.exception_handler(Exception)
    def broken(request: Request, error: Exception) -> JSONResponse:
        logger.error("unexpected %s", type(error).__name__, exc_info=error, extra={"route": _route(request)})
        message = "an unexpected error; the server's log has it under this request's id"
        return _answer(request, 500, "internal", message)


def _answer(
    request: Request, status: int, code: str, message: str, errors: list[dict[str, Any]] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:  # fmt: skip
    found = Refused(status, code, message, errors=errors or ())
    return _said(request, document_of(found), status, headers)


def _said(request: Request, document: dict[str, Any], status: int, headers: dict[str, str] | None) -> JSONResponse:
    """Answer with an error, in the language of who asks where its sentences are known; ``lang`` says in which."""
    lang = negotiated(request.headers.get("accept-language", ""))
    if lang != ENGLISH:
        errors = [said_item(item, lang) for item in document["errors"]]
        document = {**document, "error": say(document["error"], lang).text, "errors": errors}
    return JSONResponse(document, status, headers)


def _route(request: Request) -> str:
    return str(getattr(request.scope.get("route"), "path", ""))
