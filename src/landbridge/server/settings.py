"""Settings of the server: one sentence each, from the environment, with defaults that need nothing."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landbridge.errors import LandbridgeError

PREFIX = "LANDBRIDGE_"
_DAY_S = 86_400.0


class BadSetting(LandbridgeError, ValueError):
    """A setting that cannot be used."""

    code = "bad-setting"


def _default_folder() -> Path:
    base = os.environ.get("XDG_DATA_HOME") or os.environ.get("LOCALAPPDATA") or str(Path.home() / ".local" / "share")
    return Path(base) / "landbridge"


def _setting(default: Any, help_text: str, *, low: float | None = None) -> Any:
    metadata = {"help": help_text, "low": low}
    if callable(default):
        return dataclasses.field(default_factory=default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set; each is the environment variable ``LANDBRIDGE_<NAME>``."""

    data_dir: Path = _setting(  # noqa: RUF009
        _default_folder, "Folder of runs, and of the database where it is SQLite."
    )
    database_url: str = _setting(
        "", "Database of the web process: postgresql://USER:PASSWORD@HOST/NAME; blank = SQLite in data_dir."
    )
    worker_database_url: str = _setting("", "Database as workers see it; blank = database_url.")
    owner_database_url: str = _setting(
        "", "Database as the owner of the tables, for migrations, backup and restore; blank = database_url."
    )
    host: str = _setting("127.0.0.1", "Address to listen at.")
    port: int = _setting(8000, "Port to listen at; 0 = any that is free.", low=0)
    public_url: str = _setting("", "Address that people open, for links and cookies; blank = http://HOST:PORT.")
    proxies: str = _setting("", "Addresses of reverse proxies whose X-Forwarded-For is believed; blank = none.")
    workers: int = _setting(1, "Worker processes that `landbridge serve` starts itself.", low=0)
    threads: int = _setting(1, "Threads of one job.", low=1)
    cluster: str = _setting("", "Address of a Dask scheduler that jobs may spread over; blank = none.")
    lease_s: float = _setting(30.0, "Seconds after which a job whose worker is silent is taken by another.", low=1)
    max_attempts: int = _setting(2, "Times a job is taken before it counts as failed.", low=1)
    max_queued_jobs: int = _setting(50, "Jobs of one organisation that may wait; more are refused with 429.", low=1)
    max_job_s: float = _setting(3600.0, "Longest time limit that a job may ask for, in seconds.", low=1)
    session_s: float = _setting(14 * _DAY_S, "Seconds after which a session ends.", low=60)
    idle_s: float = _setting(2 * _DAY_S, "Seconds without a request after which a session ends.", low=60)
    link_s: float = _setting(7 * _DAY_S, "Seconds that a first-run or invitation link can be used.", low=60)
    sign_ins_per_minute: int = _setting(10, "Attempts to sign in, for one address and for one account.", low=1)
    tracks_per_minute: int = _setting(20, "Numbers that one address may look up without signing in.", low=1)
    requests_per_minute: int = _setting(1200, "Requests of one session, key or address.", low=1)
    max_body_mb: float = _setting(2.0, "Largest body of a request, in megabytes.", low=0.01)
    max_upload_mb: float = _setting(20.0, "Largest file to import, in megabytes.", low=0.01)
    max_unpacked_mb: float = _setting(
        200.0, "Largest content of a workbook once it is unpacked, in megabytes.", low=0.1
    )
    max_changes: int = _setting(5000, "Rows that one edit may change.", low=1)
    max_rows: int = _setting(200_000, "Rows of one case.", low=1)
    max_streams: int = _setting(200, "Followers of jobs (server-sent events) at one time.", low=1)
    request_s: float = _setting(30.0, "Seconds that a client may take to send its request.", low=1)
    drafts_s: float = _setting(_DAY_S, "Seconds that an import waits to be applied.", low=60)
    metrics_token: str = _setting(
        "", "Token of who reads /metrics; blank = only this machine may, and nobody where public_url is set."
    )
    outlines: str = _setting("", "TopoJSON file of the land and borders of maps; blank = the built-in one.")
    log_level: str = _setting("info", "Least important log lines that are written: debug, info, warning or error.")

    @property
    def url(self) -> str:
        """Database of the web process."""
        return self.database_url or f"sqlite:///{self.data_dir / 'landbridge.sqlite'}"

    @property
    def worker_url(self) -> str:
        """Database as workers see it."""
        return self.worker_database_url or self.url

    @property
    def owner_url(self) -> str:
        """Database as the owner of the tables."""
        return self.owner_database_url or self.url

    @property
    def runs_dir(self) -> Path:
        """Folder of the runs."""
        return self.data_dir / "runs"

    @property
    def address(self) -> str:
        """Address that people open."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def is_secure(self) -> bool:
        """Whether people come by https, so that cookies may ask for it."""
        return self.address.startswith("https://")


def read_settings(environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """
    Take settings from the environment; what is given (and not None) wins.

    Raises
    ------
    BadSetting
        Naming the variable, its value and what was expected.
    """
    found = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    for item in dataclasses.fields(Settings):
        name = PREFIX + item.name.upper()
        if given.get(item.name) is not None:
            values[item.name] = given[item.name]
        elif found.get(name):
            values[item.name] = _read(name, found[name], item)
    settings = Settings(**values)
    for item in dataclasses.fields(Settings):
        low = item.metadata["low"]
        if low is not None and getattr(settings, item.name) < low:
            raise BadSetting(f"{item.name} is {getattr(settings, item.name)}; expected at least {low:g}")
    return settings


def _read(name: str, text: str, item: dataclasses.Field[Any]) -> Any:
    kinds = {"int": int, "float": float, "Path": Path, "str": str}
    try:
        return kinds[str(item.type)](text)
    except ValueError as error:
        raise BadSetting(f"{name} is {text!r}; expected a number: {item.metadata['help']}") from error


def to_environment(settings: Settings) -> dict[str, str]:
    """Write settings as the environment of another process of the server."""
    return {PREFIX + item.name.upper(): str(getattr(settings, item.name)) for item in dataclasses.fields(Settings)}
