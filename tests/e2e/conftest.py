"""A browser, a page of far-east, and the accessibility checker."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import skip_or_fail
from tests.helpers.hand_runs import week_run
from tests.helpers.hand_shares import SHARED

from landbridge.planning import PlanLimits, plan
from landbridge.report import Run, write_report
from landbridge.tables import read_case

WEB = Path(__file__).parents[2] / "web"
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
