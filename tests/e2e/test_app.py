"""The application as its users use it: in browsers, against a server in a process of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import PASSWORD, check_axe

from landbridge.client import Client
from landbridge.planning import PlanLimits, plan
from landbridge.tables import read_case

pytestmark = pytest.mark.browser

LANGUAGES = {"en": "English", "ru": "Русский", "zh": "中文"}
PASTE = """(text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  document.querySelector("[role=grid]").dispatchEvent(event);
}"""
TOO_WIDE = "() => document.documentElement.scrollWidth - innerWidth"
KEYS = re.compile(
    r"\b(?:shell|sign|setup|cases?|grid|cell|find|import|hold|scen|plan|job|run|compare|res|explain|narrow|agree|org|role|"
    r"key|signing|others|audit|me|do|over|tbl|corridor|conflict|visible|nav|column|about|figure|"
    r"follow|late|place|promise|feed|taken|replan|move|verdict-of|parcel|track|worth|event)\.[a-z][a-z.-]+\b"
)


def cell(page: Any, key: str, column: str) -> Any:
    return page.locator(f'[data-key="{key}"][data-column="{column}"]')


def saved(page: Any, deed: Callable[[], object]) -> None:
    """Do something that changes a table, and wait until the page has read it again."""
    with page.expect_response(lambda answer: answer.request.method == "GET" and "/tables/" in answer.url):
        deed()


def test_from_the_first_run_link_to_a_plan_that_is_seen(fresh, open_browser):
    """Done when 1: link, demo case, plan started from the page, followed to its end, and its report."""
    window = open_browser(fresh.address)
    page = window.page
    page.goto(fresh.setup)
    page.get_by_label("Organisation").fill("Office of the north")
    page.get_by_label("Name", exact=True).fill("Anna")
    page.get_by_label("E-mail").fill("anna@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Set up").click()
    page.get_by_role("heading", name="Cases").wait_for()
    page.get_by_role("button", name="Sign out").click()
    window.sign_in("anna@example.org")

    page.get_by_role("link", name="New case").click()
    page.get_by_label("Name of the case").fill("Demo")
    page.get_by_role("button", name="Make the case").click()
    page.get_by_role("link", name="Plan it").click()
    page.get_by_label("Time, minutes").fill("1")
    page.get_by_role("button", name="Start").click()
    page.locator(".job[data-state=done]").wait_for(timeout=90_000)
    page.get_by_role("link", name="See the plan").click()

    best = plan(read_case(Path(str(files("landbridge") / "cases" / "starter"))), limits=PlanLimits(time_s=60))
    page.locator("#summary").wait_for()
    shown = page.locator("#summary .figures dd").first.inner_text()
    assert float(re.sub(r"[^\d.]", "", shown)) == pytest.approx(best.summary.value, abs=0.5)
    assert page.locator("path.hit").count() == 4
    assert page.locator("#orders tbody tr").count() == len(best.orders)
    page.get_by_role("link", name="Services").click()
    assert "section=services" in page.url
    page.reload()
    page.locator("#services tbody tr").first.wait_for()


def test_the_link_to_a_plan_comes_after_what_would_move_it(office, open_browser):
    """Figures that came late pushed the link away from under the pointer: the click was lost."""
    case = office.case("Late figures")
    job = office.anna.wait(office.anna.start(case, "plan", time_s=5.0)["id"], timeout_s=60.0)
    page = office.window(open_browser).page

    def late(route: Any) -> None:
        page.wait_for_timeout(700)
        route.continue_()

    page.route(re.compile(r"/api/v1/runs/[^/]+$"), late)
    page.goto(f"{office.address}/#/cases/{case}/jobs/{job['id']}")
    page.get_by_role("link", name="See the plan").wait_for()
    assert page.locator("dl.figures.three").count() == 1


def test_the_first_run_link_works_once(office, open_browser):
    window = open_browser(office.address)
    page = window.open("setup?token=anything")
    page.get_by_role("heading", name="Sign in").wait_for()
    page.get_by_label("E-mail").fill("anna@example.org")
    page.get_by_label("Password").fill("wrong password")
    page.get_by_role("button", name="Sign in").click()
    assert "The address or the password is wrong" in page.get_by_role("alert").inner_text()


def test_a_cell_is_edited_with_keys_and_its_finding_is_seen_there(office, open_browser):
    case = office.case("Keys")
    page = office.window(open_browser).open(f"cases/{case}/tables/orders")
    cell(page, "A:A>C", "qty").click()
    saved(page, lambda: (page.keyboard.type("7.5"), page.keyboard.press("Enter")))
    assert office.cells(case)["A:A>C"]["qty"] == "7.5"
    saved(page, lambda: (page.keyboard.type("many"), page.keyboard.press("Tab")))
    wrong = page.locator(".wrong")
    wrong.wait_for()
    assert wrong.get_attribute("data-key") == "B:B>C"
    assert wrong.get_attribute("data-column") == "qty"
    wrong.click()
    assert "expected a number" in page.locator(".cell-panel").inner_text()
    assert page.get_by_role("link", name="Findings 1").count() == 1
    page.get_by_label("Only rows with findings").check()
    assert page.locator("[role=gridcell][data-column=order]").count() == 1
    page.get_by_label("Only rows with findings").uncheck()

    page.locator("[role=grid]").focus()
    saved(page, lambda: page.keyboard.press("Control+z"))
    page.locator(".wrong").wait_for(state="detached")
    assert office.cells(case)["B:B>C"]["qty"] == "4"


def test_rows_are_added_searched_and_deleted(office, open_browser):
    case = office.case("Rows")
    page = office.window(open_browser).open(f"cases/{case}/tables/orders")
    page.get_by_role("button", name="Add a row").click()
    form = page.locator(".new-row")
    form.get_by_label("order").fill("extra")
    form.get_by_label("good").fill("cargo")
    form.get_by_label("qty").fill("2")
    saved(page, lambda: form.get_by_role("button", name="Add", exact=True).click())
    assert office.cells(case)["extra"] == {"order": "extra", "good": "cargo", "qty": "2"}
    saved(page, lambda: page.get_by_label("Search").fill("extra"))
    page.wait_for_function("() => document.querySelectorAll('[role=gridcell][data-column=order]').length === 1")
    assert "q=extra" in page.url
    cell(page, "extra", "qty").click()
    page.get_by_role("button", name="Delete rows: 1").click()
    saved(page, lambda: page.get_by_role("dialog").get_by_role("button", name="Delete rows: 1").click())
    assert "extra" not in office.cells(case)


def test_a_block_of_a_spreadsheet_is_pasted(office, open_browser):
    """Cells from the chosen one on, then rows by the names in the first line, one of them new."""
    case = office.case("Block")
    page = office.window(open_browser).open(f"cases/{case}/tables/orders")
    cell(page, "B:B>C", "qty").click()
    saved(page, lambda: page.evaluate(PASTE, '40\tB-town\r\n50\t"C-town"\r\n'))
    found = office.cells(case)
    assert [found[key]["qty"] for key in ("A:A>C", "B:B>C", "C:C>A")] == ["6", "40", "50"]
    lines = [
        "order\tparty\tgood\tqty\tfrom_hub\tto_hub",
        "A:A>C\tA\tcargo\t8\tA-town\tC-town",
        "new\tA\tcargo\t1\tA-town\tC-town",
    ]
    saved(page, lambda: page.evaluate(PASTE, "\n".join(lines)))
    page.get_by_text("rows 2").first.wait_for()
    found = office.cells(case)
    assert found["A:A>C"]["qty"] == "8"
    assert found["new"]["to_hub"] == "C-town"
    cell(page, "A:A>C", "order").click()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    assert page.locator("[role=gridcell][aria-selected=true]").count() == 4


def test_two_planners_never_overwrite_each_other_silently(office, open_browser):
    """Both have the row open; the second is told, sees both values, and decides."""
    case = office.case("Two planners")
    first = office.window(open_browser, "anna").open(f"cases/{case}/tables/orders")
    second = office.window(open_browser, "boris").open(f"cases/{case}/tables/orders")
    for page in (first, second):
        cell(page, "A:A>C", "qty").wait_for()
    cell(first, "A:A>C", "qty").click()
    saved(first, lambda: (first.keyboard.type("11"), first.keyboard.press("Enter")))
    cell(second, "A:A>C", "qty").click()
    second.keyboard.type("22")
    second.keyboard.press("Enter")
    conflict = second.locator(".conflicts")
    conflict.wait_for()
    assert conflict.locator("tbody tr").inner_text().split() == ["qty", "22", "11"]
    assert office.cells(case)["A:A>C"]["qty"] == "11"
    saved(second, lambda: conflict.get_by_role("button", name="Write yours").click())
    conflict.wait_for(state="detached")
    assert office.cells(case)["A:A>C"]["qty"] == "22"


def test_a_file_is_imported_after_a_preview_and_taken_back(office, open_browser, tmp_path):
    case = office.case("Import")
    page = office.window(open_browser).open(f"cases/{case}/import")
    file = tmp_path / "orders.csv"
    file.write_text(
        "order,party,good,qty,from_hub,to_hub\nA:A>C,A,cargo,9,A-town,C-town\nmore,A,cargo,x,A-town,C-town\n"
    )
    page.get_by_label("File", exact=True).set_input_files(file)
    preview = page.get_by_role("group", name="What would change")
    preview.wait_for()
    assert preview.locator("tbody tr").inner_text().split() == ["Orders", "1", "1", "0", "0"]
    assert "expected a number" in page.locator("main").inner_text()
    assert office.cells(case)["A:A>C"]["qty"] == "6"
    page.get_by_role("button", name="Apply 2 changes").click()
    page.get_by_text("The file is imported.").first.wait_for()
    assert office.cells(case)["A:A>C"]["qty"] == "9"
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("is taken back").first.wait_for()
    assert "more" not in office.cells(case)
    with page.expect_download() as download:
        page.get_by_role("link", name="Excel file").click()
    assert download.value.suggested_filename == "Import.xlsx"


def test_runs_are_compared_and_a_scenario_is_planned(office, open_browser):
    """A scenario is written in the page and planned; its run differs from the first where it should."""
    case = office.case("Scenarios")
    office.anna.plan(case, time_s=30.0, name="as it is")
    page = office.window(open_browser).open(f"cases/{case}/scenarios")
    page.get_by_label("Scenario").fill("less")
    page.get_by_label("Table").select_option("orders")
    page.get_by_label("Row").fill("A:A>C")
    page.get_by_label("Column").fill("qty")
    page.get_by_label("Value").fill("1")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("link", name="Plan it").click()
    page.get_by_label("Name of the run").fill("less of it")
    page.get_by_role("button", name="Start").click()
    page.locator(".job[data-state=done]").wait_for(timeout=60_000)
    page.get_by_role("link", name="Runs").click()
    page.get_by_label("Compare as it is").check()
    page.get_by_label("Compare less of it").check()
    page.get_by_role("link", name="Compare").click()
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", name="Totals").wait_for(timeout=60_000)
    orders = page.get_by_role("group", name="Orders that differ")
    assert "A:A>C" in orders.inner_text()
    values = {run["name"]: run["value"] for run in office.anna.items(f"/cases/{case}/runs")}
    assert values["less of it"] < values["as it is"]


def test_an_order_is_explained_and_bottlenecks_are_found(office, open_browser):
    case = office.case("Why")
    run = office.anna.plan(case, time_s=30.0)["id"]
    page = office.window(open_browser).open(f"cases/{case}/runs/{run}/explain?order=A:A>C")
    page.get_by_role("button", name="Explain").click()
    page.get_by_text("Served: 6 of 6.").wait_for(timeout=60_000)
    page.get_by_role("link", name="Back to the run").click()
    page.get_by_role("link", name="Bottlenecks").click()
    page.get_by_role("button", name="Find bottlenecks").click()
    page.locator(".job[data-state=done]").wait_for(timeout=60_000)
    page.get_by_role("group", name="Bottlenecks").wait_for()


def test_a_plan_is_cancelled_and_what_was_found_is_kept(office, open_browser):
    case = office.case("Long", "far-east")
    page = office.window(open_browser).open(f"cases/{case}/plan")
    page.get_by_label("Time, minutes").fill("20")
    page.get_by_label("Good enough").fill("0")
    page.get_by_role("button", name="Start").click()
    page.locator(".job .convergence").wait_for(timeout=120_000)
    page.get_by_role("button", name="Cancel").click()
    page.locator(".job[data-state=cancelled]").wait_for(timeout=60_000)
    page.get_by_role("link", name="See the plan").click()
    page.locator("path.hit").first.wait_for()
    assert "stopped by hand" in page.locator("#summary").inner_text()


def test_a_region_and_shares_have_pages(office, open_browser):
    case = office.case("Shares")
    job = office.anna.wait(office.anna.start(case, "share", time_s=30.0, coalition_s=10.0)["id"], timeout_s=120.0)
    assert job["run"], job["error"]
    page = office.window(open_browser).open(f"cases/{case}/runs/{job['run']}")
    page.locator("#shares").wait_for()
    page.get_by_role("combobox", name="Region").select_option("C")
    page.get_by_role("heading", name="Region C, south").wait_for()
    assert "/regions/C" in page.url
    rows = page.get_by_role("group", name="Orders").locator("tbody tr")
    assert sorted(row.split("\t")[0] for row in rows.all_inner_texts()) == ["C:C>A", "C:C>B"]
    words = page.locator(".region").inner_text()
    assert re.search(r"Alone, Region C, south would reach .* CNY\. Together its share is .* CNY more\.", words)
    assert "No group can do better by itself" in words


def timed(office, name: str) -> str:
    """Starter with a timetable: events that begin and end need departures."""
    case = office.case(name)
    times = [{"key": None, "values": {"service": row["key"], "days": "daily", "depart": "08:00"}}
             for row in office.anna.rows(case, "services")]  # fmt: skip
    office.anna.change_rows(case, "timetable", times)
    return case


def test_a_crossing_closes_and_the_run_is_planned_anew(each_office, open_browser):
    """From a run: what, where, from when to when; the new plan, and what changed in it."""
    office = each_office
    case = timed(office, "What if")
    run = office.anna.plan(case, time_s=30.0)["id"]
    page = office.window(open_browser).open(f"cases/{case}/runs/{run}")
    page.get_by_role("link", name="What if").click()
    page.get_by_label("Where").fill("C-town")
    page.get_by_label("From", exact=True).fill("2026-01-05T00:00")
    page.get_by_label("To", exact=True).fill("2026-01-08T00:00")
    page.get_by_label("Time, minutes").fill("0.3")
    page.get_by_role("button", name="Plan anew").click()
    page.locator(".job[data-state=done]").wait_for(timeout=90_000)
    page.get_by_text("The plan is new from 2026-01-05 00:00.").wait_for()
    departures = page.get_by_role("group", name="Departures that differ")
    departures.wait_for()
    assert "dropped" in departures.inner_text()
    assert "later" in page.get_by_role("group", name="Orders that differ").inner_text()
    page.reload()  # the address names the job: what it found is there again
    page.get_by_role("group", name="Departures that differ").wait_for()
    page.get_by_role("link", name="See the plan").click()
    page.locator("#summary").wait_for()
    found = [one for one in office.anna.items(f"/cases/{case}/runs") if one["kind"] == "replan"]
    assert len(found) == 1
    page.get_by_role("link", name="Runs", exact=True).click()
    page.get_by_role("link", name="New plan after an event").wait_for()


def test_events_are_tried_in_a_plan_and_what_is_wrong_is_said_in_russian(office, open_browser):
    """An event for one plan only; then one that cannot be, with the reader's language changed under way."""
    case = office.case("Events")
    page = office.window(open_browser).open(f"cases/{case}/plan")
    page.get_by_text("What if something happens").click()
    page.get_by_role("button", name="Add an event").click()
    page.get_by_label("What happens").select_option("limit")
    page.get_by_label("Where").fill("nowhere")
    page.get_by_label("Capacity that is left, %").fill("50")
    page.get_by_role("button", name="Start").click()
    page.locator(".job[data-state=failed]").wait_for(timeout=60_000)
    alert = page.get_by_role("alert")
    assert "'nowhere' is not in hubs, handling or services" in alert.inner_text()
    page.get_by_role("button", name="Русский").click()
    page.get_by_text("'nowhere' нет в hubs").wait_for()
    assert page.locator("[role=alert] abbr").count() == 0, "nothing of it is marked as English"
    office.anna.change_rows(case, "orders", [
        {"key": row["key"], "etag": row["etag"], "values": {"good": "milk"}}
        for row in office.anna.rows(case, "orders") if row["key"] == "A:A>C"
    ])  # fmt: skip
    page = office.window(open_browser).open(f"cases/{case}/findings")
    page.reload()
    page.get_by_text("'milk' нет в таблице goods").wait_for()  # the account has remembered the language
    page.get_by_role("button", name="中文").click()
    page.get_by_text("'milk' нет в таблице goods").wait_for(state="detached")
    assert "'milk'" in page.locator(".findings").inner_text()
    assert page.locator(".findings abbr").count() == 0
    with page.expect_response(lambda answer: answer.url.endswith("/me")):
        page.get_by_role("button", name="English").click()


def test_who_shares_and_by_which_rule_is_chosen_on_the_page(office, open_browser):
    case = office.case("Countries")
    page = office.window(open_browser).open(f"cases/{case}/plan?kind=share")
    page.get_by_label("Time, minutes").fill("0.3")
    page.get_by_label("Who shares").select_option("parties")
    page.get_by_label("Rule").select_option("proportional")
    page.get_by_label("Size").select_option("volume")
    page.get_by_label("Rule").select_option("shapley")
    assert page.get_by_label("Size").count() == 0
    page.get_by_label("Seconds a group").fill("2")
    page.get_by_role("button", name="Start").click()
    page.locator(".job[data-state=done]").wait_for(timeout=120_000)
    page.get_by_role("link", name="See the plan").click()
    page.locator("#shares").wait_for()
    page.get_by_role("combobox", name="Region").select_option("C")
    page.get_by_text("Alone, Trading house of C would reach").wait_for()
    page.get_by_text("Rule: Shapley, among parties.").wait_for()


def test_agreements_are_valued_and_a_set_is_chosen_under_a_budget(office, open_browser):
    """Starter's agreements with costs: what each adds, the frontier of budgets, and an address that holds it all."""
    case = office.case("Worth")
    cost = {"AC": "40", "BC": "60"}
    changes = [
        {"key": row["key"], "etag": row["etag"], "values": {"status": "proposed", "fixed_cost": cost[row["key"]]}}
        for row in office.anna.rows(case, "agreements")
        if row["key"] in cost
    ]
    office.anna.change_rows(case, "agreements", changes)
    page = office.window(open_browser).open(f"cases/{case}/agreements")
    page.get_by_role("link", name="What they are worth").click()
    page.get_by_label("Budget for fixed costs").fill("100")
    page.get_by_label("Seconds a plan").fill("3")
    page.get_by_label("Seconds a plan").press("Tab")
    page.get_by_role("button", name="Compute").click()
    page.locator(".job[data-state=done]").wait_for(timeout=90_000)
    page.reload()
    page.locator(".convergence").wait_for()
    rows = page.get_by_role("group", name="Worth by agreement").locator("tbody tr").all_inner_texts()
    assert [row.split() for row in rows if "all together" in row][1] == [
        "AC",
        "proposed",
        "all",
        "together",
        "100",
        "40",
    ]
    steps = page.get_by_role("group", name="Best set by budget").locator("tbody tr").all_inner_texts()
    assert [row.split() for row in steps][:2] == [["0", "nothing", "0", "88", "88"], ["40", "AC", "40", "148", "148"]]
    page.get_by_role("img", name="2 steps").or_(page.get_by_role("img", name="3 steps")).wait_for()
    assert page.get_by_label("Budget for fixed costs").input_value() == "100"
    assert page.evaluate(TOO_WIDE) <= 0


def test_members_come_by_link_and_keys_are_shown_once(office, open_browser):
    case = office.case("For machines")
    page = office.window(open_browser).open("organisation")
    page.get_by_label("E-mail").fill("vera@example.org")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_role("textbox", name="Link of the invitation").input_value()
    other = open_browser(office.address).page
    other.goto(link)
    other.get_by_label("Name").fill("Vera")
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Join").click()
    other.get_by_role("heading", name="Sign in").wait_for()
    page.reload()
    page.get_by_role("rowheader", name="Vera").wait_for()

    page.get_by_role("button", name="API keys").click()
    page.get_by_label("Name").fill("nightly import")
    page.get_by_role("button", name="Make a key").click()
    key = page.get_by_role("textbox", name="The key").input_value()
    assert case in [one["id"] for one in Client(office.address, key=key).cases()]
    page.reload()
    page.get_by_role("rowheader", name="nightly import").wait_for()
    assert key not in page.content()
    page.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    page.get_by_role("rowheader", name="nightly import").wait_for(state="detached")


def test_the_language_is_switched_everywhere_and_kept(office, open_browser):
    case = office.case("Languages")
    run = office.anna.plan(case, time_s=30.0)["id"]
    window = office.window(open_browser)
    for lang, name in LANGUAGES.items():
        page = window.open("cases")
        page.get_by_role("button", name=name).click()
        for place in pages_of(case, run):
            page = window.open(place)
            settle(page)
            assert page.get_attribute("html", "lang").startswith(lang)
            text = page.locator("body").inner_text()
            assert not re.search(r"\{\w+\}", text), place
            assert not KEYS.search(text.replace("e.g.", "")), (place, KEYS.search(text))
    with page.expect_response(lambda answer: answer.url.endswith("/me")):  # the account remembers it
        page.get_by_role("button", name="English").click()
    assert office.anna.request("GET", "/session")["user"]["language"] == "en"


def pages_of(case: str, run: str) -> list[str]:
    inside = ["", "/tables/orders", "/tables/services", "/findings", "/import", "/parties", "/scenarios", "/plan",
              "/runs", "/compare", "/agreements", "/agreements/new", "/agreement-values", f"/runs/{run}",
              f"/runs/{run}/regions/A",
              f"/runs/{run}/explain", f"/runs/{run}/bottlenecks",
              f"/runs/{run}/replan", "/plan?kind=share"]  # fmt: skip
    return ["cases", "cases/new", "organisation", "organisation?tab=keys", "organisation?tab=others", "me",
            *(f"cases/{case}{place}" for place in inside)]  # fmt: skip


def settle(page: Any) -> None:
    """Wait until the page has what it asked the server for."""
    page.wait_for_load_state("networkidle")
    page.locator("main h1, main h2").first.wait_for()


def test_no_page_is_too_wide_and_axe_finds_nothing_serious(office, open_browser, axe):
    case = office.case("Axe")
    run = office.anna.plan(case, time_s=30.0)["id"]
    window = office.window(open_browser)
    window.page.add_init_script(axe)
    for place in pages_of(case, run):
        page = window.open(place)
        page.reload()
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            settle(page)
            assert page.evaluate(TOO_WIDE) <= 0, (place, width)
            check_axe(page, place, width)
