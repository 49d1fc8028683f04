"""Draw docs/assets/report.png: the report of a run as a browser shows it. Needs playwright and chromium."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from landbridge.report import Run, write_report

TARGET = Path(__file__).parents[1] / "docs" / "assets" / "report.png"
HIDDEN = "#summary .columns, .sections, .skip { display: none } section { padding-top: 1.4rem }"


def main(run: str) -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Path(folder) / "report.html"
        write_report(Run.read(run), page_file)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1240})
        page.goto(page_file.as_uri())
        page.wait_for_selector("html[data-ready]")
        page.add_style_tag(content=HIDDEN)
        bottom = page.evaluate("document.querySelector('#map').getBoundingClientRect().bottom")
        page.screenshot(path=TARGET, clip={"x": 0, "y": 0, "width": 1280, "height": bottom + 16})
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
