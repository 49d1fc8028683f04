"""Mappings of columns: guessed from a file, saved under a name, used again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Response, UploadFile
from fastapi.responses import JSONResponse

from landbridge.server.api.auth import MayEdit, MayRead, Server
from landbridge.server.api.common import (
    Body,
    Cursor,
    Id,
    IfMatch,
    Limit,
    Name,
    decode_cursor,
    encode_cursor,
    etag_of,
    example,
    moment,
    page_of,
    version_of,
)
from landbridge.server.api.following_files import (
    ORDER_FILES,
    case_of,
    errors_of,
    mapping_given,
    on_disk,
    telling,
)
from landbridge.server.api.once import OnceOnly
from landbridge.server.errors import Refused
from landbridge.server.store import order_mappings

router = APIRouter(tags=["mappings"])


class MappingWish(Body):
    """How the files of a shop are read, and what this is called."""

    model_config = example(
        name="web shop",
        mapping={"channel": "shop", "columns": {"external_id": "Order", "weight": "Weight", "value": "Total",
                                                "currency": "Currency", "ready": "Created at"}},
    )  # fmt: skip

    name: Name
    mapping: dict[str, Any]


def _item(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "mapping": row["content"],
        "changed": moment(row["changed"]),
        "etag": etag_of(row["version"]),
    }


@router.get("/mappings", summary="Saved mappings of columns")
def list_mappings(caller: MayRead, state: Server, limit: Limit = 200, cursor: Cursor = "") -> dict[str, Any]:
    """List how the organisation reads the files of its shops, by name."""
    (after,) = decode_cursor(cursor, str) or ("",)
    with state.database.read(caller.viewer) as connection:
        found = order_mappings.listed(connection, caller.viewer, after, limit)
    return page_of([_item(row) for row in found], limit, encode_cursor(found[-1]["name"]) if found else None)


@router.post("/mappings", status_code=201, summary="Save a mapping of columns")
def save_mapping(wish: MappingWish, caller: MayEdit, once: OnceOnly, if_match: IfMatch = None) -> JSONResponse:
    """
    Save a mapping with the organisation; to replace the one of that name send ``If-Match`` with its ETag.

    One in which something looks like a telephone or an address of e-mail is refused.
    """
    from landbridge.operations.live.column_mappings import sound_mapping
    from landbridge.operations.orders.mapping import BadMapping

    try:
        content = sound_mapping(wish.mapping)
    except BadMapping as error:
        message = "the mapping cannot be saved as it is; mend what is named"
        raise Refused(422, error.code, message, entity="mapping", errors=errors_of(error)) from error
    version = version_of(if_match) if if_match is not None else None

    def work(connection: Any) -> dict[str, Any]:
        return _item(order_mappings.save(connection, caller.viewer, wish.name, content, version))

    return once.do(work, 201)


@router.delete("/mappings/{mapping}", status_code=204, summary="Remove a mapping of columns")
def remove_mapping(mapping: Id, caller: MayEdit, state: Server) -> Response:
    """Remove a mapping; what was read with it stays."""
    with state.database.write(caller.viewer) as connection:
        order_mappings.remove(connection, caller.viewer, mapping)
    return Response(status_code=204)


@router.post("/followings/{following}/mapping", summary="Guess how a file of orders is read")
def guess(
    following: Id,
    caller: MayEdit,
    state: Server,
    file: Annotated[UploadFile, File(description="Orders: CSV.")],
    mapping: Annotated[
        str, Form(max_length=20_000, description="What is known already, as JSON; the rest is guessed.")
    ] = "",
    mapping_id: Annotated[
        str,
        Form(
            max_length=64,
            pattern=r"^[A-Za-z0-9_-]*$",
            description="A mapping that is saved: only its columns that the file has not are guessed anew.",
        ),
    ] = "",
) -> dict[str, Any]:
    """
    Say which column of a file would be read as what, and why; nothing is kept.

    The answer has the names of the columns, never what stands in them. ``gone`` are columns of the mapping that the
    file has not, by field.
    """
    from landbridge.operations.live.column_mappings import guess_columns

    given = mapping_given(state, caller, mapping, mapping_id)
    _, saved = case_of(state, caller, following)
    with on_disk(state, file, "orders", ORDER_FILES) as path, telling(path.parent):
        return guess_columns(path, given=given, complete=not mapping_id, saved=saved)
