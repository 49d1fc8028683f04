"""A plan that is followed, in the browser: files in, how it stands, a closure, a plan anew; and parcels by number."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import Office, Window, check_axe
from tests.e2e.test_app import KEYS, LANGUAGES, TOO_WIDE, settle

from landbridge.operations.parcels.s10 import check_digit

pytestmark = pytest.mark.browser

ENGLISH = re.compile(r"(?<![\w-])(?:an?|and|are|expected|file|found|from|is|no|not|or|row|rows|the|to|with)(?![\w-])")
"""Words that no name in the case has (towns have "of"); hardly an English sentence is without all of them."""

PERSON = "Ivan Recipientov"
COUNT, HALF = 12, 6


def number(serial: int) -> str:
    """S10 number of no post's range."""
    return f"ZA{serial:08d}{check_digit(f'{serial:08d}')}CN"


def write(file: Path, rows: Iterable[Sequence[object]]) -> Path:
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows(rows)
    return file


def planned(office: Office) -> tuple[str, str]:
    """Starter as a week that repeats, with a timetable, so that it can be planned anew from a day on; and its plan."""
    case = office.case("In operation")
    etag = office.anna.request("GET", f"/cases/{case}")["etag"]
    office.anna.request("PATCH", f"/cases/{case}", {"settings": {"cyclic": True}}, {"If-Match": etag})
    services = ("lane1-A", "lane1-C", "lane2-B", "lane2-C")
    rows = [{"service": name, "depart": "06:00"} for name in services]
    rows += [{"service": name, "every_h": "1"} for name in ("feeder-AB", "feeder-BA")]
    office.anna.change_rows(case, "timetable", [{"key": None, "etag": None, "values": row} for row in rows])
    return case, str(office.anna.plan(case, time_s=20.0, name="The week")["id"])


def orders(folder: Path) -> Path:
    """Orders of a shop from A to C: half for the first week, half for the second, and two that are wrong."""
    header = ("order_id", "tracking_number", "good", "from_hub", "to_hub", "weight_kg", "value", "currency", "ready",
              "promised", "recipient")  # fmt: skip

    def row(serial: int, name: str, weight: float) -> tuple[object, ...]:
        ready = "2026-01-04T10:00:00Z" if serial <= HALF else "2026-01-11T10:00:00Z"
        return (
            f"shop-{serial}",
            name,
            "cargo",
            "A-town",
            "C-town",
            weight,
            30,
            "CNY",
            ready,
            "2026-01-25T00:00Z",
            PERSON,
        )

    sound = [row(at, number(at), 2.5) for at in range(1, COUNT + 1)]
    return write(folder / "orders.csv", [header, *sound, row(98, number(98), -2), row(99, "ZA000000220CN", 2)])


def scans(office: Office, following: str, folder: Path) -> Path:
    """Events of a post: the first week's parcels arrive five hours late, one is delivered, one is unknown."""
    parcels = sorted(office.anna.items(f"/followings/{following}/parcels"), key=lambda row: row["leaves"])[:HALF]
    leaves, arrives = (datetime.fromisoformat(parcels[0][name]) for name in ("leaves", "arrives"))
    rows: list[Sequence[object]] = [("number", "code", "occurred_at", "place")]
    rows += [(row["number"], "EMA", (leaves - timedelta(hours=1)).isoformat(), "A-town") for row in parcels]
    rows += [(row["number"], "EMD", (arrives + timedelta(hours=5)).isoformat(), "C-town") for row in parcels[:-1]]
    rows += [(parcels[0]["number"], "EMI", (arrives + timedelta(hours=6)).isoformat(), "C-town")]
    return write(folder / "scans.csv", [*rows, (number(77), "EMA", leaves.isoformat(), "A-town")])


def send(page: Any, what: str, file: Path) -> Any:
    """Send a file and wait for what became of it; what became of the file before is gone when it is sent."""
    form = page.get_by_role("form", name=what)
    form.get_by_label("File", exact=True).set_input_files(file)
    form.get_by_role("button", name="Send").click()
    result = page.get_by_role("group", name="What became of the file")
    result.wait_for(state="detached")
    result.wait_for(timeout=90_000)
    page.locator(".job[data-state=done]").wait_for()
    return result


def shows(page: Any, name: str, value: str) -> None:
    """Wait until a figure is what it should be; nothing is reloaded."""
    from playwright.sync_api import expect

    figure = page.locator(".figures.now > div").filter(has=page.get_by_text(name, exact=True))
    expect(figure.locator("dd").first).to_have_text(value, timeout=30_000)


def test_a_plan_is_followed_live_and_planned_anew(each_office, open_browser, tmp_path):
    """Issue 7: parcels and events in, the standing without a reload, a parcel by number, a closure, a plan accepted."""
    office = each_office
    case, run = planned(office)
    page = office.window(open_browser).open(f"cases/{case}/followings")
    page.get_by_label("Run", exact=True).select_option(run)
    page.get_by_label("Name", exact=True).fill("First week")
    page.get_by_role("button", name="Follow it").click()
    page.get_by_role("heading", name="First week").wait_for()
    following = page.url.partition("followings/")[2].partition("?")[0]

    watcher = office.window(open_browser, "boris").open(f"followings/{following}")
    watcher.get_by_text("There are no parcels here yet.").wait_for()
    page.get_by_label("File", exact=True).first.set_input_files(orders(tmp_path))
    page.get_by_role("button", name="Look at the columns").click()
    columns = page.get_by_role("region", name="Columns of the file")
    assert columns.get_by_label("Weight needed").input_value() == "weight_kg"
    columns.get_by_label("Save it as").fill("our shop")
    columns.get_by_role("button", name="Save the mapping").click()
    columns.get_by_text("Saved as our shop.").wait_for()
    page.get_by_label("How columns are read").select_option(label="our shop")
    result = send(page, "Parcels", orders(tmp_path))
    assert [dd.split()[0] for dd in result.locator("dl dd").all_inner_texts()] == ["14", "12", "0", "2", "0"]
    assert "expected a weight above 0" in result.inner_text()
    with page.expect_download() as download:
        result.get_by_role("link", name="Rows set aside").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert len(text.splitlines()) == 3
    assert PERSON not in text
    shows(watcher, "Parcels", str(COUNT))

    result = send(page, "Events", scans(office, following, tmp_path))
    assert "unknown-number" in result.inner_text()
    shows(watcher, "Delivered", "1")
    shows(watcher, "Behind the plan", str(HALF - 1))
    bars = {row.get_attribute("data-key"): row.inner_text().split()[-1]
            for row in watcher.locator(".panel", has_text="Parcels by status").locator("tbody tr").all()}  # fmt: skip
    assert bars == {"pending": str(COUNT - HALF), "picked_up": "1", "in_transit": str(HALF - 2), "delivered": "1"}

    looked_up(office, open_browser, page, following)
    planned_anew(office, page, following, run)
    audit = list(office.anna.items("/audit"))
    assert PERSON not in str(audit)


def looked_up(office: Office, open_browser: Callable[..., Window], page: Any, following: str) -> None:
    """Somebody without an account looks for a parcel: in vain until the planner opens the following to that."""
    stranger = open_browser(office.address, width=390)
    told = stranger.listen_to_all()
    asked: list[str] = []
    stranger.page.on("request", lambda request: asked.append(request.url))
    other = stranger.open("track")
    field, button = other.get_by_label("Number of the parcel"), other.get_by_role("button", name="Look it up")
    wrong = number(1)[:-3] + str((int(number(1)[-3]) + 1) % 10) + "CN"
    field.fill(wrong)
    button.click()
    assert "check digit" in other.get_by_role("alert").inner_text()
    assert field.get_attribute("aria-invalid") == "true"
    assert told == []
    field.fill(number(1).lower())
    field.press("Enter")
    other.get_by_text("Nothing is known of this number.").wait_for()

    page.get_by_role("link", name="Settings").click()
    with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        page.get_by_label("Numbers may be looked up by everybody").check()
    button.click()
    other.get_by_role("heading", name="Delivered").wait_for()
    assert other.evaluate("() => document.activeElement.id") == "track-found"
    steps = other.get_by_role("list", name="Its way").get_by_role("listitem").all_inner_texts()
    assert [step.split("\n")[0].split(" done")[0].strip() for step in steps][:1] == ["Accepted"]
    assert len(steps) == 6
    assert "actual" in steps[-1]
    assert other.evaluate(TOO_WIDE) <= 0
    shown = other.locator("body").inner_text() + "".join(told)
    assert not [word for word in (PERSON, "Office of the north", "First week", "shop-1", "CNY") if word in shown]
    assert not [url for url in asked if re.search(r"/api/v1/(?!track/)", url)]
    scripts = [url for url in asked if url.endswith(".js")]
    assert sum(size_of(other, url) for url in scripts) < 90_000, scripts


def size_of(page: Any, url: str) -> int:
    return int(page.evaluate("(url) => fetch(url).then((answer) => answer.text()).then((text) => text.length)", url))


def planned_anew(office: Office, page: Any, following: str, run: str) -> None:
    """The service on which the second week's parcels would ride is closed; the proposal is accepted."""
    riding = list(office.anna.items(f"/followings/{following}/departures"))[-1]["service"]
    page.get_by_role("link", name="Re-plan").click()
    page.get_by_label("Where", exact=True).fill(riding)
    page.get_by_label("Time, minutes").fill("0.1")
    page.get_by_role("button", name="Propose").click()
    proposal = page.locator(".proposal")
    proposal.wait_for(timeout=60_000)
    assert proposal.locator(".figures > div").count() == 5
    moves = [int(text.split()[-1]) for text in proposal.locator(".panel").first.locator("tbody tr").all_inner_texts()]
    assert sum(moves) == COUNT
    assert office.anna.request("GET", f"/followings/{following}")["run"] == run
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("heading", name="accepted and followed").wait_for(timeout=60_000)
    found = office.anna.request("GET", f"/followings/{following}")
    assert found["run"] != run
    assert found["parcels"] == COUNT
    page.get_by_role("link", name="See the plan").last.click()
    page.locator("#summary").wait_for()
    assert found["run"] in page.url


def test_pages_of_a_followed_plan_fit_speak_three_languages_and_pass_axe(office, open_browser, axe, tmp_path):
    """Each part of the page, and the page by number, with parcels and events in it."""
    from playwright.sync_api import expect

    case, run = planned(office)
    following = str(office.anna.post(f"/cases/{case}/followings", {"name": "First week", "run": run})["id"])
    door = f"/followings/{following}"
    jobs = [office.anna.wait(upload(office, f"{door}/parcels", orders(tmp_path)), timeout_s=60.0)]
    rows = [
        ("unit", "parcel", "since"),
        ("BAG7", number(1), "2026-01-04T11:00Z"),
        ("CSQU3054383", "BAG7", "2026-01-04T12:00Z"),
    ]
    loads = write(tmp_path / "loads.csv", rows)
    jobs += [office.anna.wait(upload(office, f"{door}/loads", loads), timeout_s=60.0)]
    jobs += [office.anna.wait(upload(office, f"{door}/events", scans(office, following, tmp_path)), timeout_s=60.0)]
    assert [job["state"] for job in jobs] == ["done", "done", "done"]
    etag = office.anna.request("GET", door)["etag"]
    office.anna.request("PATCH", door, {"tracking": True}, {"If-Match": etag})
    departure = next(office.anna.items(f"{door}/departures"))["departure"]
    parcel = next(office.anna.items(f"{door}/parcels"))["parcel"]
    parts = ["standing", f"departures&departure={departure}", f"parcels&parcel={parcel}", "late",
             "units", f"feed&job={jobs[0]['id']}", "replan", "settings"]  # fmt: skip
    places = [f"cases/{case}/followings", *(f"followings/{following}?tab={part}" for part in parts)]
    window = office.window(open_browser)
    window.page.add_init_script(axe)
    for place in [*places, "track", f"track/{number(1)}"]:
        page = window.open(place)
        settle(page)
        for name in reversed(LANGUAGES.values()):
            page.get_by_role("button", name=name).click()
            page.locator("button[aria-pressed=true]", has_text=name).wait_for()
            text = page.locator("body").inner_text()
            assert not KEYS.search(text.replace("e.g.", "")), (place, KEYS.search(text))
            if name != "English":
                expect(page.locator("abbr.tongue")).to_have_count(0, timeout=20_000)  # a job's words are asked for anew
                assert ENGLISH.findall(page.locator("main").inner_text()) == [], (place, name)
            for width in (390, 1280):
                page.set_viewport_size({"width": width, "height": 900})
                assert page.evaluate(TOO_WIDE) <= 0, (place, width, name)
                if name == "English":
                    check_axe(page, place, width)


def upload(office: Office, door: str, file: Path) -> str:
    """Send a file through the API, as a machine does; gives the job."""
    edge = "a-line-that-is-in-no-file"
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n\r\n'
    body = head.encode() + file.read_bytes() + f"\r\n--{edge}--\r\n".encode()
    return str(office.anna.send(door, body, f"multipart/form-data; boundary={edge}")["id"])
