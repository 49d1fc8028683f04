"""A browser, a page of far-east, and the accessibility checker."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import skip_or_fail
from tests.e2e.serving import Served, serving
from tests.helpers.hand_runs import week_run
from tests.helpers.hand_shares import SHARED

from landbridge.client import Client
from landbridge.planning import PlanLimits, plan
from landbridge.report import Run, write_report
from landbridge.tables import read_case

WEB = Path(__file__).parents[2] / "web"
PASSWORD = "a sentence that nobody guesses"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, headless."""
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        skip_or_fail("playwright is not installed; it drives the browser (pip install playwright)")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        skip_or_fail("there is no browser; install chromium (Debian: apt-get install chromium fonts-noto-cjk)")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def far_east_run() -> Run:
    """A plan of far-east, found with little counted work: the same each time."""
    case = read_case(Path(str(files("landbridge") / "cases" / "far-east")))
    return Run(plan=plan(case, limits=PlanLimits(time_s=120, work=5e3, threads=1)), case=case)


@pytest.fixture(scope="session")
def far_east(far_east_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "far-east.html"
    write_report(far_east_run, file)
    return file


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with a division; its hubs have no place."""
    file = tmp_path_factory.mktemp("shared") / "shared.html"
    plan_, case = week_run()
    write_report(Run(plan=plan_, case=case, shares=SHARED), file)
    return file


@pytest.fixture(scope="session")
def many(far_east_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of twenty thousand orders: the plan of far-east, its orders and their ways 34 times over."""
    file = tmp_path_factory.mktemp("many") / "many.html"
    write_report(_copied(far_east_run, 34), file)
    return file


def _copied(run: Run, times: int) -> Run:
    replace = dataclasses.replace

    def copies(rows: Any, *names: str) -> tuple[Any, ...]:
        return tuple(
            replace(row, **{name: f"{getattr(row, name)}-{copy}" for name in names if getattr(row, name)})
            for copy in range(times)
            for row in rows
        )

    plan_ = replace(
        run.plan,
        orders=copies(run.plan.orders, "order"),
        flows=copies(run.plan.flows, "order", "trade"),
        trades=copies(run.plan.trades, "trade", "offer", "bid"),
        prices=tuple(row for row in run.plan.prices if row.kind == "capacity"),
    )
    return Run(plan=plan_, case=replace(run.case, orders=copies(run.case.orders, "order")))


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a file at a width; afterwards nothing may have been complained of or asked of the network."""
    said: list[str] = []
    pages: list[Any] = []

    def listen(page: Any) -> None:
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.on("request", lambda request: said.append(request.url) if _is_foreign(request.url) else None)

    def open_file(file: Path, width: int = 1280, height: int = 900) -> Any:
        page = browser.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce")
        pages.append(page)
        listen(page)
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-ready]", timeout=30_000)
        return page

    yield open_file
    for page in pages:
        page.close()
    assert said == []


def _is_foreign(url: str) -> bool:
    return not url.startswith(("file:", "data:"))


@contextmanager
def fresh_modules() -> Iterator[Path]:
    """The folder of the pages' sources with what npm installs."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("node and npm are not installed; the page was built with them")
    if not (WEB / "node_modules" / ".package-lock.json").is_file():
        subprocess.run([npm, "ci", "--ignore-scripts"], cwd=WEB, check=True, capture_output=True, timeout=300)
    yield WEB


@pytest.fixture(scope="session")
def axe() -> str:
    """Source of the accessibility checker axe-core; it is in no page we ship."""
    with fresh_modules() as folder:
        return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def check_axe(page: Any, *where: object, least: int = 10) -> None:
    """
    Let axe look at a page as it is now; it may find nothing that keeps people from using it.

    Where it does, the message says of each fault what it is, where, the element, and why. More than ``least`` rules
    must have something to look at: an empty page has no faults.
    """
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    assert len(found["passes"]) > least, where
    faults = [
        f"{item['id']} ({item['impact']}): {' '.join(map(str, node['target']))}\n"
        f"    {node['html'][:300]}\n    {' '.join(str(node.get('failureSummary', '')).split())}"
        for item in found["violations"]
        if item["impact"] in ("serious", "critical")
        for node in item["nodes"]
    ]
    assert not faults, "\n".join([f"axe at {where}:", *faults])


class Window:
    """A browser window of one person; afterwards nothing may have gone wrong in its pages."""

    def __init__(self, browser: Any, address: str, width: int = 1280, state: Any = None) -> None:
        self.address = address
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, locale="en-GB", reduced_motion="reduce", storage_state=state
        )
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        self.page.on("console", self._listen)
        self.page.on("request", self._watch)

    def _listen(self, message: Any) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.said.append(f"{message.type}: {message.text}")

    def _watch(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.said.append(f"asked {request.url}")

    def open(self, place: str) -> Any:
        self.page.goto(f"{self.address}/#/{place}")
        self.page.wait_for_selector("html[data-ready]")
        return self.page

    def listen_to_all(self) -> list[str]:
        """Keep all that the server answers from now on; the list grows."""
        told: list[str] = []

        def keep(route: Any) -> None:
            answer = route.fetch()
            told.append(answer.text())
            route.fulfill(response=answer)

        self.page.route(re.compile(r"/api/v1/(?!jobs/[^/]+/events)"), keep)
        return told

    def sign_in(self, email: str) -> Any:
        page = self.open("sign-in")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Cases").wait_for()
        return page


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Where a test in windows fails, say what they showed."""
    report = yield
    if report.when == "call" and report.failed:
        for window in getattr(item, "windows", []):
            text = "a page that does not answer"
            with suppress(Exception):
                text = window.page.inner_text("body", timeout=5_000)
            report.sections.append((f"window at {window.page.url}", text[:3000]))
    return report


@pytest.fixture
def open_browser(request: pytest.FixtureRequest, browser: Any) -> Iterator[Callable[..., Window]]:
    """Open windows; a window whose page complained fails the test."""
    opened: list[Window] = []
    request.node.windows = opened

    def make(address: str, width: int = 1280, state: Any = None) -> Window:
        opened.append(Window(browser, address, width, state))
        return opened[-1]

    yield make
    for one in opened:
        one.context.close()
    assert [one.said for one in opened if one.said] == []


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A throw-away PostgreSQL."""
    from tests.helpers.postgres import Postgres, find_binaries

    binaries = find_binaries()
    if binaries is None:
        skip_or_fail("PostgreSQL is not installed (Debian: apt-get install postgresql-15)")
    found = Postgres(binaries=binaries)
    try:
        found.start()
        yield found
    finally:
        found.stop()


def on_database(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings of a server on the database that a test is run with: SQLite, or a new one of PostgreSQL."""
    if request.param == "sqlite":
        return {}
    urls = request.getfixturevalue("postgres").new_database()
    return {
        "LANDBRIDGE_DATABASE_URL": urls.web,
        "LANDBRIDGE_WORKER_DATABASE_URL": urls.worker,
        "LANDBRIDGE_OWNER_DATABASE_URL": urls.owner,
    }


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def fresh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that nobody has set up, on each database."""
    with serving(tmp_path_factory.mktemp("fresh"), on_database(request)) as served:
        yield served


class Office:
    """A server with an organisation, its administrator Anna, and the planner Boris."""

    def __init__(self, served: Served, browser: Any) -> None:
        self.address = served.address
        self.anna = Client(served.address)
        token = served.setup.partition("token=")[2]
        self.session = self.anna.set_up(token, "Office of the north", "Anna", "anna@example.org", PASSWORD)
        self.boris = self.join(self.anna, "Boris", ["planner"])
        self.states: dict[str, Any] = {}
        self.browser = browser

    def join(self, host: Client, name: str, roles: list[str], organisation: str = "") -> Client:
        """Invite somebody, who comes."""
        organisation = organisation or self.session["organisation"]
        invitation = {"email": f"{name.lower()}@example.org", "roles": roles}
        token = host.post(f"/organisations/{organisation}/invitations", invitation)["link"].partition("token=")[2]
        host.post(f"/invitations/{token}/accept", {"name": name, "password": PASSWORD})
        found = Client(self.address)
        found.sign_in(f"{name.lower()}@example.org", PASSWORD)
        return found

    def case(self, name: str, source: str = "starter") -> str:
        return str(self.anna.create_case(source, name)["id"])

    def cells(self, case: str, table: str = "orders") -> dict[str, dict[str, str]]:
        return {row["key"]: row["values"] for row in self.anna.rows(case, table)}

    def window(self, open_browser: Callable[..., Window], name: str = "anna", width: int = 1280) -> Window:
        """Give a window in which somebody is signed in."""
        if name not in self.states:
            first = open_browser(self.address)
            first.sign_in(f"{name}@example.org")
            self.states[name] = first.context.storage_state()
        return open_browser(self.address, width, self.states[name])


@pytest.fixture(scope="session")
def office(browser: Any) -> Iterator[Office]:
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as served:
        yield Office(served, browser)


@pytest.fixture(scope="session", params=[pytest.param("sqlite", marks=pytest.mark.long), "postgresql"])
def each_office(
    request: pytest.FixtureRequest, browser: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """An office on each database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("office")
        return
    with serving(tmp_path_factory.mktemp("office"), on_database(request)) as served:
        yield Office(served, browser)
