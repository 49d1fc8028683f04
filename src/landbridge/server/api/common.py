"""What routes share: texts that can be stored, pages of lists, ETags."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Header, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from landbridge.model.faults import bad_text
from landbridge.server.errors import Refused

MOST_ITEMS = 500


class Body(BaseModel):
    """Root of what is sent: strict types, no unknown keys, no NaN."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


def example(**values: Any) -> ConfigDict:
    """Show an example of a body in the description of the API; a test sends it."""
    return ConfigDict(json_schema_extra={"examples": [values]})


def _one_line(text: str) -> str:
    if text.strip() != text:
        text = text.strip()
    problem = bad_text(text)
    if problem:
        raise ValueError("expected one line of text without control characters")
    return text


def _storable(text: str) -> str:
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("expected text that can be written in UTF-8, without a zero byte")
    return text


Line = Annotated[str, Field(max_length=4000), AfterValidator(_one_line)]
"""One line of text; may be empty."""

Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
"""A name."""

Prose = Annotated[str, Field(min_length=1, max_length=20_000), AfterValidator(_storable)]
"""Text of several lines."""

Secret = Annotated[str, Field(min_length=1, max_length=1024), AfterValidator(_storable)]
"""A password or token; kept out of logs and errors."""

Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
"""Id of something on the server."""

Limit = Annotated[int, Query(ge=1, le=MOST_ITEMS, description="Most items of a page.")]
Cursor = Annotated[
    str, Query(max_length=500, description="Where the page begins: `next` of the page before; blank = at the start.")
]
IfMatch = Annotated[
    str | None, Header(alias="If-Match", description="ETag of what was read; 428 without, 412 when it has changed.")
]


def encode_cursor(*place: str | float) -> str:
    """Write a place in a list so that nobody depends on what it means."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type) -> tuple[Any, ...] | None:
    """Read a place in a list; None = the start."""
    if not cursor:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
        found = tuple(kind(item) for kind, item in zip(kinds, place, strict=True))
    except (ValueError, TypeError, binascii.Error, RecursionError, OverflowError) as error:
        raise _bad_cursor() from error
    for item in found:
        is_fine = (isinstance(item, str) and item.isprintable()) or (
            isinstance(item, int | float) and abs(item) < 2**53
        )
        if not is_fine:
            raise _bad_cursor()
    return found


def _bad_cursor() -> Refused:
    return Refused(422, "bad-cursor", "expected `next` of the page before, or nothing", entity="cursor")


def page_of(items: list[Any], limit: int, cursor: str | None) -> dict[str, Any]:
    """Answer with one page; there is a next one when it is full."""
    return {"items": items, "next": cursor if len(items) == limit else None}


def version_of(if_match: str | None) -> int:
    """Read the version an edit is made from."""
    if if_match is None:
        message = "send If-Match with the ETag of what you read, so that nobody's edit is lost"
        raise Refused(428, "if-match-required", message, entity="If-Match")
    text = if_match.strip().removeprefix("W/").strip('"')
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 18 else -1


def etag_of(version: int) -> str:
    """ETag of a version."""
    return f'"{version}"'


def moment(seconds: float | None) -> str | None:
    """Time in ISO 8601, UTC."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
