"""A server on each database, people in it, and what they send."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from tests.conftest import skip_or_fail
from tests.helpers.postgres import Postgres, find_binaries

from landbridge.server import passwords
from landbridge.server.app import create_app
from landbridge.server.jobs.flag import Flag
from landbridge.server.jobs.worker import work
from landbridge.server.serve import prepare
from landbridge.server.settings import Settings, read_settings
from landbridge.server.store.database import NOBODY, open_database
from landbridge.server.store.migrate import upgrade

API = "/api/v1"
PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A throw-away PostgreSQL."""
    binaries = find_binaries()
    if binaries is None:
        skip_or_fail("there is no PostgreSQL (initdb); install it (Debian: apt-get install postgresql-15)")
    server = Postgres(binaries)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database at the present schema, to copy: migrations are tested elsewhere."""
    file = tmp_path_factory.mktemp("empty") / "landbridge.sqlite"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def empty_postgres(postgres: Postgres) -> str:
    """The same on PostgreSQL: name of a database to copy."""
    urls = postgres.new_database()
    upgrade(urls.owner)
    return urls.owner.rpartition("/")[2]


@pytest.fixture(autouse=True, scope="session")
def cheap_hashes() -> Iterator[None]:
    """Argon2id with little memory and one pass: these tests sign in hundreds of times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        passwords._nobody.cache_clear()
        yield


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of a server whose database has no tables yet."""
    found = read_settings({}, data_dir=tmp_path / "data")
    if request.param == "sqlite":
        return found
    urls = request.getfixturevalue("postgres").new_database()
    return dataclasses.replace(
        found, database_url=urls.web, worker_database_url=urls.worker, owner_database_url=urls.owner
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of a new server on each database."""
    return make_settings(request, tmp_path, request.param)


def make_settings(request: pytest.FixtureRequest, folder: Path, kind: str, **given: Any) -> Settings:
    """Settings on a database of a kind; limits that tests would run into are wide."""
    wide = {"requests_per_minute": 10**6, "sign_ins_per_minute": 10**6, "tracks_per_minute": 10**6, "lease_s": 5.0}
    found = read_settings({}, data_dir=folder / "data", **(wide | given))
    if kind == "sqlite":
        found.data_dir.mkdir(parents=True)
        shutil.copy(request.getfixturevalue("empty_sqlite"), found.data_dir / "landbridge.sqlite")
        return found
    urls = request.getfixturevalue("postgres").copy_of(request.getfixturevalue("empty_postgres"))
    return dataclasses.replace(
        found, database_url=urls.web, worker_database_url=urls.worker, owner_database_url=urls.owner
    )


@dataclass(slots=True)
class Person:
    """Somebody with a browser of their own."""

    client: TestClient
    csrf: str = ""
    organisation: str = ""
    user: str = ""

    def request(self, method: str, path: str, **given: Any) -> Any:
        """Send a request as a page does."""
        headers = {"X-CSRF-Token": self.csrf} | given.pop("headers", {})
        return self.client.request(method, API + path, headers=headers, **given)

    def get(self, path: str, status: int = 200, **given: Any) -> Any:
        return self._read("GET", path, status, given)

    def post(self, path: str, body: Any = None, status: int = 200, **given: Any) -> Any:
        return self._read("POST", path, status, {"json": body, **given})

    def patch(self, path: str, body: Any, status: int = 200, **given: Any) -> Any:
        return self._read("PATCH", path, status, {"json": body, **given})

    def put(self, path: str, body: Any, status: int = 200) -> Any:
        return self._read("PUT", path, status, {"json": body})

    def delete(self, path: str, status: int = 204) -> Any:
        return self._read("DELETE", path, status, {})

    def rows(self, case: str, table: str) -> dict[str, Any]:
        """Rows of a table by key."""
        return {row["key"]: row for row in self.get(f"/cases/{case}/tables/{table}?limit=500")["items"]}

    def edit(self, case: str, table: str, key: str, values: Any, status: int = 200) -> Any:
        """Change a row as it is now."""
        etag = self.rows(case, table)[key]["etag"]
        return self.patch(
            f"/cases/{case}/tables/{table}", {"changes": [{"key": key, "etag": etag, "values": values}]}, status
        )

    def _read(self, method: str, path: str, status: int, given: Any) -> Any:
        answer = self.request(method, path, **given)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:600]}"
        if status >= 400:
            document = answer.json()
            assert set(document) >= {"ok", "error", "errors", "status"}
            assert document["status"] == status
            assert document["errors"]
        return answer.json() if answer.content and "json" in answer.headers.get("content-type", "") else answer.content


@dataclass(slots=True)
class World:
    """A server in this process, and the people on it."""

    settings: Settings
    app: Any
    link: str

    def browser(self) -> Person:
        """Somebody who has not signed in."""
        return Person(TestClient(self.app, base_url=self.settings.address, raise_server_exceptions=True))

    def at(self, address: str = "127.0.0.1") -> TestClient:
        """A machine at an address, which has not signed in."""
        return TestClient(self.app, base_url=self.settings.address, client=(address, 50_000))

    def set_up(self, name: str = "Host office") -> Person:
        """Become the first administrator."""
        person = self.browser()
        body = {"token": self.link.partition("token=")[2], "organisation": name, "name": "Ann",
                "email": "ann@example.org", "password": PASSWORD}  # fmt: skip
        return self._entered(person, person.post("/setup", body, 201))

    def office(self, host: Person, name: str, roles: tuple[str, ...] = ("administrator", "planner", "negotiator")
               ) -> Person:  # fmt: skip
        """Make another organisation with one member."""
        organisation = host.post("/organisations", {"name": name}, 201)["id"]
        return self.member(host, organisation, f"{name.lower().replace(' ', '.')}@example.org", roles)

    def member(self, inviter: Person, organisation: str, email: str, roles: tuple[str, ...]) -> Person:
        """Invite somebody who comes and signs in."""
        wish = {"email": email, "roles": list(roles)}
        token = inviter.post(f"/organisations/{organisation}/invitations", wish, 201)["token"]
        person = self.browser()
        person.post(f"/invitations/{token}/accept", {"name": email.partition("@")[0], "password": PASSWORD}, 201)
        return self._entered(person, person.post("/session", {"email": email, "password": PASSWORD}))

    def work(self) -> int:
        """Do all jobs that wait."""
        return work(self.settings, Flag(), is_once=True)

    def run_job(self, person: Person, case: str, kind: str, **options: Any) -> Any:
        """Start a job, have it done, and give it."""
        job = person.post(f"/cases/{case}/jobs", {"kind": kind, "options": options}, 202)
        self.work()
        return person.get(f"/jobs/{job['id']}")

    @contextmanager
    def as_owner(self) -> Iterator[Any]:
        """Connection that sees everything, for tests to compare with."""
        database = open_database(self.settings.owner_url, pool_size=1)
        try:
            with database.write(NOBODY) as connection:
                yield connection
        finally:
            database.close()

    @staticmethod
    def _entered(person: Person, session: Any) -> Person:
        person.csrf, person.organisation = session["csrf_token"], session["organisation"]
        person.user = session["user"]["id"]
        return person


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    """A new server on each database."""
    with _opened(settings) as found:
        yield found


@contextmanager
def _opened(settings: Settings) -> Iterator[World]:
    link = prepare(settings)
    app = create_app(settings)
    try:
        yield World(settings=settings, app=app, link=link)
    finally:
        app.state.landbridge.database.close()


@pytest.fixture
def make_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Make servers with settings of their own, on SQLite."""
    with ExitStack() as stack:

        def make(kind: str = "sqlite", **given: Any) -> World:
            folder = tmp_path / f"server{len(list(tmp_path.iterdir()))}"
            return stack.enter_context(_opened(make_settings(request, folder, kind, **given)))

        yield make


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the person who runs the tests do not count."""
    for name in list(os.environ):
        if name.startswith("LANDBRIDGE_") and name not in ("LANDBRIDGE_DATA", "LANDBRIDGE_REQUIRE"):
            monkeypatch.delenv(name)
