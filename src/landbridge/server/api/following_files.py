"""Files of parcels and events that are sent to a plan that is followed: read, cleaned, and queued."""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, File, Form, UploadFile
from fastapi.responses import JSONResponse
from sqlalchemy import Connection

from landbridge.errors import LandbridgeError
from landbridge.server.api.auth import MayEdit
from landbridge.server.api.common import Id
from landbridge.server.api.following_jobs import start
from landbridge.server.api.once import Once, OnceOnly
from landbridge.server.caller import Caller
from landbridge.server.errors import Refused
from landbridge.server.state import State
from landbridge.server.store import followings, order_mappings
from landbridge.server.store.ids import new_id

router = APIRouter(tags=["followings"])

AT_ONCE = threading.BoundedSemaphore(2)
"""Files that are read and cleaned at one time: others wait for them."""

ORDER_FILES = (".csv", ".txt", ".tsv", ".json")
EVENT_FILES = (".csv", ".txt", ".tsv", ".json", ".jsonl", ".ndjson", ".jsonld")
"""Endings of files."""

DryRun = Annotated[bool, Form(description="Say row by row what would become of it, and change nothing.")]


@router.post("/followings/{following}/parcels", status_code=202, summary="Send orders")
def send_parcels(
    following: Id,
    caller: MayEdit,
    once: OnceOnly,
    file: Annotated[UploadFile, File(description="Orders: CSV, or the JSON of a shop.")],
    mapping: Annotated[str, Form(max_length=20_000, description="How to read it, as JSON; none: it is guessed.")] = "",
    complete: Annotated[
        bool,
        Form(description="`mapping` is a part of one, and what it leaves out is guessed; false: it is used as it is."),
    ] = False,
    mapping_id: Annotated[
        str,
        Form(
            max_length=64,
            pattern=r"^[A-Za-z0-9_-]*$",
            description="Read it by a mapping that is saved, as it is; what `mapping` names goes before it.",
        ),
    ] = "",
    shop: Annotated[str, Form(max_length=40, description="woocommerce, wildberries or ozon: whose JSON it is.")] = "",
    products: Annotated[UploadFile | None, File(description="Weights and HS codes by sku, for a shop's JSON.")] = None,
    dry_run: DryRun = False,
) -> JSONResponse:
    """
    Send a file of orders; a job imports it and gives every parcel its place.

    A mapping is used as it is: a field that it does not name is not read. With ``complete`` a part of one will do.
    Columns about people are not kept; of the others a cell is kept where it looks like what its column is for.
    """
    from landbridge.operations.live.orders import clean_orders

    given = mapping_given(once.state, caller, mapping, mapping_id)
    case, saved = case_of(once.state, caller, following)
    with on_disk(once.state, file, "orders", ORDER_FILES) as path, telling(path.parent):
        table = _copy(products, path.parent / "products.csv", once.state) if products is not None else None
        found = clean_orders(path, case, given=given, complete=complete and not mapping_id, saved=saved, shop=shop,
                             products=table)  # fmt: skip
    facts = {"mapping": found.mapping, "skipped": found.skipped}
    return _queue(once, caller, following, {"step": "parcels", "dry_run": dry_run}, facts, found.content)


@router.post("/followings/{following}/events", status_code=202, summary="Send events")
def send_events(
    following: Id,
    caller: MayEdit,
    once: OnceOnly,
    file: Annotated[UploadFile, File(description="Events: CSV, JSON, or an EPCIS 2.0 document.")],
    format: Annotated[  # noqa: A002
        Literal["emsevt", "russianpost", "dcsa", "generic", "epcis"], Form(description="How the file is written.")
    ] = "emsevt",
    timezone: Annotated[str, Form(max_length=60, description="Zone of times without one, such as Asia/Shanghai.")] = "",
    dry_run: DryRun = False,
) -> JSONResponse:
    """Send a file of events; a job brings the state of each parcel, estimates and promises up to date."""
    from landbridge.operations.live.events import clean_events

    _check_zone(timezone)
    case, _ = case_of(once.state, caller, following)
    with on_disk(once.state, file, "events", EVENT_FILES) as path, telling(path.parent):
        content = clean_events(path, format, case)
    facts = {"format": format, "timezone": timezone}
    return _queue(once, caller, following, {"step": "events", "dry_run": dry_run}, facts, content)


@router.post("/followings/{following}/loads", status_code=202, summary="Send loads")
def send_loads(
    following: Id,
    caller: MayEdit,
    once: OnceOnly,
    file: Annotated[UploadFile, File(description="What was put into what: CSV, JSON, or an EPCIS 2.0 document.")],
    format: Annotated[  # noqa: A002
        Literal["table", "epcis"], Form(description="A row a content, or AggregationEvents of EPCIS.")
    ] = "table",
    unit: Annotated[
        str, Form(max_length=64, pattern=r"^[A-Za-z0-9_.:/#@ -]*$", description="Unit of all rows; blank: a column.")
    ] = "",
    timezone: Annotated[str, Form(max_length=60, description="Zone of times without one, such as Asia/Shanghai.")] = "",
    dry_run: DryRun = False,
) -> JSONResponse:
    """Send what was loaded into which container, bag or departure: events of these count for the parcels in them."""
    from landbridge.operations.live.loads import clean_loads

    _check_zone(timezone)
    with once.state.database.read(caller.viewer) as connection:
        followings.get(connection, caller.viewer, following)
    with on_disk(once.state, file, "loads", EVENT_FILES) as path, telling(path.parent):
        content = clean_loads(path, format, unit.strip())
    return _queue(once, caller, following, {"step": "loads", "dry_run": dry_run}, {"timezone": timezone}, content)


def _object(text: str) -> dict[str, Any] | None:
    """Read an object that was sent as text; None where there is none."""
    if not text.strip():
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(422, "bad-mapping", "expected a mapping as a JSON object", entity="mapping") from error
    if not isinstance(found, dict):
        raise Refused(422, "bad-mapping", "expected a mapping as a JSON object", entity="mapping")
    return found


def _check_zone(name: str) -> None:
    try:
        if name:
            ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = "no such zone; expected a name such as Asia/Shanghai"
        raise Refused(422, "bad-timezone", message, entity="timezone") from error


def mapping_given(state: State, caller: Caller, text: str, saved: str) -> dict[str, Any] | None:
    """Mapping that was sent as text, on top of one that the organisation saved; None where there is neither."""
    given = _object(text)
    if not saved:
        return given
    with state.database.read(caller.viewer) as connection:
        content: dict[str, Any] = order_mappings.get(connection, caller.viewer, saved)["content"]
    return content | (given or {})


def case_of(state: State, caller: Caller, following: str) -> tuple[Any, dict[str, Any] | None]:
    """Case of the run that is followed as the caller sees it, and how the last file was read."""
    with state.database.read(caller.viewer) as connection:
        found = followings.get(connection, caller.viewer, following)
        _, seen = state.seen.see(connection, caller.viewer, found["run_id"])
    return seen.run.case, found["mapping"]


@contextmanager
def on_disk(state: State, file: UploadFile, name: str, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """Put a file where it can be read, under a name of ours, for as long as it is read."""
    suffix = Path(file.filename or "").suffix.lower()
    if suffix not in suffixes:
        raise Refused(415, "unknown-file", f"expected a file that ends in {', '.join(suffixes)}", entity="file")
    with AT_ONCE, tempfile.TemporaryDirectory(prefix="landbridge-") as folder:
        yield _copy(file, Path(folder) / f"{name}{suffix}", state)


def _copy(file: UploadFile, path: Path, state: State) -> Path:
    with path.open("wb") as out:
        shutil.copyfileobj(file.file, out, 1 << 20)
    if path.stat().st_size > state.settings.max_upload_mb * 1e6:
        message = f"the file is larger than {state.settings.max_upload_mb:g} MB; send it in parts"
        raise Refused(413, "too-large", message, entity="file")
    return path


def errors_of(error: LandbridgeError) -> list[dict[str, str]]:
    """Findings of what was refused, each with its place."""
    return [
        {"code": item.code, "entity": ".".join(word for word in (item.where, item.column) if word)[:200],
         "message": item.message}
        for item in getattr(error, "findings", ())[:100]
    ]  # fmt: skip


@contextmanager
def telling(folder: Path) -> Iterator[None]:
    """Answer what is wrong with a file, without where it lay."""
    try:
        yield
    except LandbridgeError as error:
        if isinstance(error, Refused):
            raise
        errors = errors_of(error)
        message = str(error).replace(f"{folder}/", "") if not errors else "the file cannot be read as asked"
        raise Refused(422, error.code, message, entity="file", errors=errors) from error


def _queue(
    once: Once, caller: Caller, following: str, options: dict[str, Any], facts: dict[str, Any], content: bytes
) -> JSONResponse:
    """Keep what is kept of a file together with the job that takes it."""
    upload = new_id()

    def more(connection: Connection, job: str) -> None:
        followings.keep_upload(connection, caller.viewer, following, upload, job, facts, content)

    return start(once, caller, following, options | {"upload": upload}, more)
