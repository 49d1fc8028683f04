"""What every request passes: limits of size and time, headers of safety, one log line, figures."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import tempfile
import time
from typing import TYPE_CHECKING, Any, Self

from landbridge.server.errors import Refused, document_of
from landbridge.server.state import State
from landbridge.server.store.ids import new_id

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger("landbridge.server.requests")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
    b"content-security-policy": POLICY.encode(),
}


BODY_SHA256 = "landbridge.body.sha256"
"""Where a request's scope has the checksum of its body: the stream may be read already, by a form."""

_IN_MEMORY = 1 << 20
"""Bytes of a body that are held in memory; of a larger one the rest waits in a file without a name."""


_UPLOADS = ("/imports", "/parcels", "/events")
"""Ends of the addresses that files are sent to."""


class Guard:
    """
    Wraps the application.

    A body that is too large, too slow or broken off is refused before a route sees it, so nothing is half done.
    """

    def __init__(self, app: ASGIApp, state: State) -> None:
        self.app, self.state = app, state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.monotonic()
        request_id = new_id()
        status = 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add_headers(scope, message, request_id)
            await send(message)

        try:
            try:
                body = await self._read_body(scope, receive)
            except Refused as error:
                await _refuse(error, answer)
                return
            except _Gone:
                status = 499
                return
            with body:
                scope[BODY_SHA256] = body.sha256
                await self.app(scope, _replay(body, receive), answer)
        finally:
            self._note(scope, request_id, status, time.monotonic() - began)

    async def _read_body(self, scope: Scope, receive: Receive) -> _Sent:
        """Read the whole body, within its limits of size and time."""
        raw = scope.get("raw_path", b"") + b"?" + scope.get("query_string", b"")
        if b"%00" in raw or len(raw) > 8000 or any(ord(char) < 32 for char in scope["path"]):
            raise Refused(400, "bad-address", "the address holds a control character, or is too long")
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            return _Sent()
        settings = self.state.settings
        is_upload = scope["path"].endswith(_UPLOADS)
        most = int((settings.max_upload_mb if is_upload else settings.max_body_mb) * 1e6)
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > most:
            raise _too_large(most)
        try:
            async with asyncio.timeout(settings.request_s):
                return await _collect(receive, most)
        except TimeoutError as error:
            raise Refused(408, "too-slow", f"the request took more than {settings.request_s:g} s") from error

    def _add_headers(self, scope: Scope, message: Message, request_id: str) -> None:
        present = {name.lower() for name, _ in message["headers"]}
        added = [(name, value) for name, value in HEADERS.items() if name not in present]
        added.append((b"x-request-id", request_id.encode()))
        if self.state.settings.is_secure:
            added.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))
        if scope["path"].startswith("/api/") and b"cache-control" not in present:
            added.append((b"cache-control", b"no-store"))
        message["headers"] = [*message["headers"], *added]

    def _note(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        route = str(getattr(scope.get("route"), "path", "")) or "other"
        self.state.metrics.note(scope["method"][:10], route, status, seconds)
        facts: dict[str, Any] = {
            "request": request_id,
            "method": scope["method"],
            "route": route,
            "status": status,
            "ms": round(seconds * 1000.0, 1),
        }
        caller = scope.get("state", {}).get("caller")
        if caller is not None:
            facts |= {"organisation": caller.organisation, "user": caller.user}
        logger.info("request", extra=facts)


class _Gone(Exception):
    """The client went away before its request was whole."""


class _Sent:
    """A body that has arrived."""

    def __init__(self) -> None:
        self.file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed on exit
        self.size = 0
        self._digest = hashlib.sha256()

    def add(self, part: bytes) -> None:
        """Take what comes next."""
        self.size += len(part)
        self._digest.update(part)
        self.file.write(part)

    @property
    def sha256(self) -> str:
        """Checksum of all of it."""
        return self._digest.hexdigest()

    def __enter__(self) -> Self:
        self.file.seek(0)
        return self

    def __exit__(self, *ending: object) -> None:
        self.file.close()


async def _collect(receive: Receive, most: int) -> _Sent:
    body = _Sent()
    try:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            part = message.get("body", b"")
            if body.size + len(part) > most:
                raise _too_large(most)
            body.add(part)
            if not message.get("more_body", False):
                return body
    except BaseException:
        body.file.close()
        raise


def _replay(body: _Sent, receive: Receive) -> Receive:
    left = body.size
    is_told = False

    async def again() -> Message:
        nonlocal left, is_told
        if is_told and not left:
            return await receive()
        is_told = True
        part = body.file.read(_IN_MEMORY)
        left -= len(part)
        return {"type": "http.request", "body": part, "more_body": left > 0}

    return again


def _too_large(most: int) -> Refused:
    return Refused(413, "too-large", f"the request is larger than {most / 1e6:g} MB", entity="body")


async def _refuse(error: Refused, send: Send) -> None:
    body = json.dumps(document_of(error)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()),
               (b"connection", b"close")]  # fmt: skip
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
