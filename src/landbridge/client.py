"""A small client of a Landbridge server, for machines and notebooks."""

from __future__ import annotations

import http.client
import json
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from landbridge.errors import LandbridgeError

_API = "/api/v1"
_RETRIED = frozenset({502, 503, 504})


class ServerRefused(LandbridgeError, RuntimeError):
    """What a server did not carry out; ``status``, ``code`` and ``errors`` as it answered."""

    code = "server-refused"

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        self.status = status
        self.document = dict(document)
        self.errors: list[Mapping[str, Any]] = list(document.get("errors", ()))
        first = str(self.errors[0].get("code", "")) if self.errors else ""
        super().__init__(f"{status}: {document.get('error', 'no reason given')}", code=first or self.code)


@dataclass(slots=True)
class Client:
    """
    A connection to a server, as a person or as a machine.

    A POST that gets no answer is sent again with the same idempotency key, so it is done once.

    Parameters
    ----------
    address
        Where the server is, such as ``https://corridor.example``.
    key
        API key (``lbk_...``); blank: sign in with :meth:`sign_in`.
    timeout_s
        Seconds to wait for an answer.
    retries
        Times a request is sent again when the server cannot be reached.
    """

    address: str
    key: str = ""
    timeout_s: float = 60.0
    retries: int = 3
    csrf: str = ""
    _opener: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.address = self.address.rstrip("/")
        if not self.address.startswith(("http://", "https://")):
            raise ServerRefused(0, {"error": f"{self.address!r} is no address; expected http:// or https://"})
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    # Who

    def set_up(self, token: str, organisation: str, name: str, email: str, password: str) -> dict[str, Any]:
        """Take the first-run link and become the first administrator."""
        body = {"token": token, "organisation": organisation, "name": name, "email": email, "password": password}
        return self._entered(self.post("/setup", body))

    def sign_in(self, email: str, password: str) -> dict[str, Any]:
        """Open a session."""
        return self._entered(self.post("/session", {"email": email, "password": password}))

    def _entered(self, session: dict[str, Any]) -> dict[str, Any]:
        self.csrf = session["csrf_token"]
        return session

    # Cases

    def cases(self) -> Iterator[dict[str, Any]]:
        """Cases that the organisation takes part in."""
        return self.items("/cases")

    def create_case(self, source: str = "blank", name: str | None = None) -> dict[str, Any]:
        """Make a case of a built-in one, or a blank one."""
        return self.post("/cases", {"source": source, "name": name})

    def rows(self, case: str, table: str, search: str = "") -> Iterator[dict[str, Any]]:
        """Rows of a table that the caller sees."""
        return self.items(f"/cases/{case}/tables/{table}", {"q": search} if search else {})

    def change_rows(self, case: str, table: str, changes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Change rows, all or nothing: each ``{key, etag, values}``."""
        return self.request("PATCH", f"/cases/{case}/tables/{table}", {"changes": list(changes)})

    def findings(self, case: str) -> list[dict[str, Any]]:
        """Say what is wrong with the rows that the caller sees."""
        return list(self.request("GET", f"/cases/{case}/findings")["items"])

    # Jobs and runs

    def start(self, case: str, kind: str, **options: Any) -> dict[str, Any]:
        """Start a job: plan, share, agreements, explain, bottlenecks, compare or replan."""
        return self.post(f"/cases/{case}/jobs", {"kind": kind, "options": options})

    def wait(self, job: str, *, timeout_s: float = 3600.0, every_s: float = 1.0) -> dict[str, Any]:
        """
        Wait until a job has ended.

        Raises
        ------
        TimeoutError
            When it has not ended in time; it goes on.
        """
        until = time.monotonic() + timeout_s
        while True:
            found = self.request("GET", f"/jobs/{job}")
            if found["state"] in ("done", "failed", "cancelled"):
                return found
            if time.monotonic() > until:
                raise TimeoutError(f"job {job} is {found['state']} after {timeout_s:g} s")
            time.sleep(every_s)

    def plan(self, case: str, **options: Any) -> dict[str, Any]:
        """Plan a case and wait; returns the run."""
        ended = self.wait(self.start(case, "plan", **options)["id"])
        if ended["run"] is None:
            raise ServerRefused(0, {"error": ended["error"] or f"the job was {ended['state']}"})
        return self.request("GET", f"/runs/{ended['run']}")

    # Plans that are followed

    def follow(self, case: str, run: str, name: str) -> dict[str, Any]:
        """Follow a run of a case with parcels."""
        return self.post(f"/cases/{case}/followings", {"name": name, "run": run})

    def following(self, following: str) -> dict[str, Any]:
        """Tell how a run that is followed stands."""
        return self.request("GET", f"/followings/{following}")

    def open_tracking(self, following: str, *, tracking: bool = True) -> dict[str, Any]:
        """Let everybody look numbers up, or nobody any more."""
        etag = self.following(following)["etag"]
        return self.request("PATCH", f"/followings/{following}", {"tracking": tracking}, {"If-Match": etag})

    def guess_mapping(
        self, following: str, file: Path | str, *, mapping: Mapping[str, Any] | None = None, mapping_id: str = ""
    ) -> dict[str, Any]:
        """
        Say which column of a file of orders would be read as what.

        ``mapping`` is what is known already, and the rest is guessed; of a saved one, ``mapping_id``, only the columns
        that the file has not.
        """
        fields = {"mapping": json.dumps(mapping) if mapping is not None else "", "mapping_id": mapping_id}
        return self.send_file(f"/followings/{following}/mapping", Path(file), fields)

    def mappings(self) -> Iterator[dict[str, Any]]:
        """Mappings of columns that the organisation has saved."""
        return self.items("/mappings")

    def save_mapping(self, name: str, mapping: Mapping[str, Any], *, etag: str = "") -> dict[str, Any]:
        """Save a mapping under a name; to replace the one of that name give its ``etag``."""
        headers = {"If-Match": etag} if etag else {}
        return self.request("POST", "/mappings", {"name": name, "mapping": dict(mapping)}, headers)

    def send_parcels(
        self,
        following: str,
        file: Path | str,
        *,
        mapping: Mapping[str, Any] | None = None,
        complete: bool = False,
        mapping_id: str = "",
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """
        Send a file of orders, read by a mapping or by one that is saved; returns the job that takes it.

        A mapping is used as it is; with ``complete`` what it leaves out is guessed. Without one all is guessed.
        """
        fields = {"mapping": json.dumps(mapping) if mapping is not None else "", "dry_run": str(dry_run).lower()}
        fields |= {"mapping_id": mapping_id, "complete": str(complete).lower()}
        return self.send_file(f"/followings/{following}/parcels", Path(file), fields)

    def send_events(
        self,
        following: str,
        file: Path | str,
        *,
        format: str = "emsevt",  # noqa: A002
        timezone: str = "",
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Send a file of events; returns the job that takes it, or tells row by row what it would take."""
        fields = {"format": format, "timezone": timezone, "dry_run": str(dry_run).lower()}
        return self.send_file(f"/followings/{following}/events", Path(file), fields)

    def send_loads(
        self,
        following: str,
        file: Path | str,
        *,
        unit: str = "",
        format: str = "table",  # noqa: A002
        timezone: str = "",
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Send what was put into which container, bag or departure; returns the job that takes it."""
        fields = {"format": format, "unit": unit, "timezone": timezone, "dry_run": str(dry_run).lower()}
        return self.send_file(f"/followings/{following}/loads", Path(file), fields)

    def units(self, following: str) -> Iterator[dict[str, Any]]:
        """Containers, bags and departures that were loaded, with what was told of them last."""
        return self.items(f"/followings/{following}/units")

    def parcels(self, following: str, **wanted: str) -> Iterator[dict[str, Any]]:
        """Parcels of a following: all, or those with a ``status``, ``late``, ``q`` or ``unit``."""
        return self.items(f"/followings/{following}/parcels", wanted)

    def parcel(self, following: str, parcel: str) -> dict[str, Any]:
        """Give one parcel with its timeline, by its id or its number."""
        return self.request("GET", f"/followings/{following}/parcels/{urllib.parse.quote(parcel)}")

    def late(self, following: str) -> Iterator[dict[str, Any]]:
        """Parcels whose promise is in danger, the earliest promise first."""
        return self.items(f"/followings/{following}/late")

    def departures(self, following: str) -> Iterator[dict[str, Any]]:
        """Departures that parcels ride."""
        return self.items(f"/followings/{following}/departures")

    def propose(self, following: str, events: Sequence[str], at: str = "", time_s: float = 40.0) -> dict[str, Any]:
        """Ask for a plan anew after something has happened; returns the job that proposes it."""
        return self.post(f"/followings/{following}/replans", {"events": list(events), "at": at, "time_s": time_s})

    def accept(self, following: str, proposal: str, name: str = "") -> dict[str, Any]:
        """Accept a plan that was proposed; returns the job that makes it a run."""
        return self.post(f"/followings/{following}/replans/{proposal}/accept", {"name": name})

    def track(self, number: str) -> dict[str, Any]:
        """Where a parcel is, as everybody may see it; takes no key."""
        return self.request("GET", f"/track/{urllib.parse.quote(number, safe='')}")

    # Any door

    def items(self, path: str, query: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """Give the items of a list, page after page."""
        cursor = ""
        while True:
            words = urllib.parse.urlencode({"limit": 500, "cursor": cursor, **(query or {})})
            page = self.request("GET", f"{path}?{words}")
            yield from page["items"]
            if not page["next"]:
                return
            cursor = page["next"]

    def post(self, path: str, body: Any = None) -> dict[str, Any]:
        """Send something that is done once, however often it has to be sent."""
        return self.request("POST", path, body, {"Idempotency-Key": secrets.token_hex(16)})

    def send(self, path: str, content: bytes, content_type: str) -> dict[str, Any]:
        """Send a file, as ``multipart/form-data``."""
        headers = {"Content-Type": content_type, "Idempotency-Key": secrets.token_hex(16)}
        return self.request("POST", path, content, headers)

    def send_file(self, path: str, file: Path, fields: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Send a file from the disk with fields of a form; blank ones are left out."""
        line, boundary = b"\r\n", secrets.token_hex(16)
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in (fields or {}).items()
            if value
        ]
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="upload{file.suffix}"\r\n\r\n'
        content = b"".join([*parts, head.encode(), file.read_bytes(), line, f"--{boundary}--".encode(), line])
        return self.send(path, content, f"multipart/form-data; boundary={boundary}")

    def request(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """
        Send a request and read the answer.

        Raises
        ------
        ServerRefused
            With the status and the errors of the answer.
        """
        content = self.read(method, path, body, headers)
        found = json.loads(content) if content else {}
        return found if isinstance(found, dict) else {"items": found}

    def read(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> bytes:
        """Send a request and give the answer as it came, such as a workbook."""
        sent = {"Accept": "application/json, */*", **(headers or {})}
        if self.key:
            sent["Authorization"] = f"Bearer {self.key}"
        if self.csrf and method != "GET":
            sent["X-CSRF-Token"] = self.csrf
        content = body if isinstance(body, bytes) else None
        if body is not None and content is None:
            content, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        is_safe = method == "GET" or "Idempotency-Key" in sent
        for attempt in range(self.retries + 1):
            request = urllib.request.Request(self.address + _API + path, content, sent, method=method)
            try:
                with self._opener.open(request, timeout=self.timeout_s) as answer:
                    found: bytes = answer.read()
                    return found
            except urllib.error.HTTPError as error:
                refused = ServerRefused(error.code, _document(error.read()))
                if error.code not in _RETRIED or attempt == self.retries or not is_safe:
                    raise refused from error
            except (OSError, http.client.HTTPException) as error:  # an answer may break off in the middle, too
                if attempt == self.retries or not is_safe:
                    raise ServerRefused(0, {"error": f"{self.address} cannot be reached ({error})"}) from error
            time.sleep(min(2.0**attempt * 0.2, 5.0))
        raise ServerRefused(0, {"error": f"{self.address} cannot be reached"})


def _document(content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {"error": content[:200].decode("utf-8", "replace")}
    return found if isinstance(found, dict) else {"error": str(found)[:200]}
