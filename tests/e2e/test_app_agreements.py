"""Two organisations in two browsers: one proposes, both sign, the plan changes, and neither sees the other's prices."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from tests.e2e.conftest import PASSWORD, Office, Window
from typer.testing import CliRunner

from landbridge.cli.main import app

pytestmark = pytest.mark.browser

PASSPHRASE = "north and south by rail"
PLANTED = {"north": "21.4457", "south": "23.8613"}
"""Prices of orders that are the north's and the south's own."""


def plant(office: Office) -> str:
    """Make starter without agreements over the border, with a price of each side that nobody else may see."""
    case = office.case("North and south")
    for table in ("grants", "agreements"):
        rows = [row for row in office.anna.rows(case, table) if row["values"]["agreement"] != "AB"]
        office.anna.change_rows(case, table, [{"key": row["key"], "etag": row["etag"], "values": None} for row in rows])
    prices = {"A:A>C": PLANTED["north"], "C:C>A": PLANTED["south"]}
    changes = [
        {"key": row["key"], "etag": row["etag"], "values": {"price_per_unit": prices[row["key"]]}}
        for row in office.anna.rows(case, "orders")
        if row["key"] in prices
    ]
    office.anna.change_rows(case, "orders", changes)
    return case


def join_as_office(window: Window, link: str, name: str) -> None:
    """Come by the link of an invitation, sign in, and take all roles."""
    page = window.page
    page.goto(link)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Join").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    window.sign_in(f"{name.lower()}@example.org")
    page = window.open("organisation")
    for role in ("planner", "negotiator"):
        with page.expect_response(lambda answer: "/session" in answer.url):
            page.get_by_label(f"{name}: {role}").check()


def make_key(window: Window) -> None:
    page = window.open("organisation?tab=signing")
    page.get_by_label("Name").fill("office key")
    page.get_by_label("Passphrase of the key").fill(PASSPHRASE)
    page.get_by_label("Passphrase again").fill(PASSPHRASE)
    page.get_by_role("button", name="Make a key").click()
    page.get_by_text("The key is made.").first.wait_for()


def sign_elsewhere(window: Window, address: str, folder: Path) -> None:
    """Make a key that the server never has, name its public half, and bring a signature of the downloaded text."""
    private = Ed25519PrivateKey.generate()
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "public.pem").write_bytes(pem)
    (folder / "private.pem").write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    page = window.open("organisation?tab=signing")
    page.get_by_label("Name").fill("card of the office")
    page.get_by_role("button", name="Name one of your own").click()
    page.get_by_label("or from a file").set_input_files(folder / "public.pem")
    page.get_by_role("button", name="Add the key").click()
    page.get_by_text("private half not kept here").wait_for()
    page = window.open(address)
    page.reload()
    page.get_by_role("button", name="With a key of your own").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the text of version 1").click()
    text = folder / download.value.suggested_filename
    download.value.save_as(text)
    page.get_by_label("Signature", exact=True).fill("ab..cd")
    page.get_by_role("button", name="Sign", exact=True).click()
    page.get_by_text("is not one of this version by a key of your organisation").first.wait_for()
    made = CliRunner().invoke(app, ["signature", "make", str(text), "--key", str(folder / "private.pem")])
    page.get_by_label("Signature", exact=True).fill(made.stdout)
    page.get_by_role("button", name="Sign", exact=True).click()
    page.get_by_text("You have signed.").first.wait_for()


def sign(page: Any) -> None:
    page.get_by_label("Passphrase of the key").fill(PASSPHRASE)
    page.get_by_role("button", name="Sign", exact=True).click()
    page.get_by_text("You have signed.").first.wait_for()


def plan_in(window: Window, case: str) -> str:
    """Plan from the page; gives what the own part books."""
    page = window.open(f"cases/{case}/plan")
    page.get_by_label("Time, minutes").fill("0.5")
    page.get_by_role("button", name="Start").click()
    page.locator(".job[data-state=done]").wait_for(timeout=90_000)
    page.get_by_role("link", name="See the plan").click()
    page.locator("#corridor-title").wait_for()
    assert "withheld" in page.locator("main").inner_text()
    return str(page.locator("#summary .figures dd").first.inner_text())


def money(text: str) -> float:
    return float(re.sub(r"[^\d.-]", "", text.replace("−", "-")))


def test_three_offices_agree_and_one_signs_with_a_key_of_its_own(each_office, open_browser, tmp_path):
    """A party is added to the form; in force when the third has signed, who brings a signature made elsewhere."""
    office = each_office
    case = office.case("Three")
    for table in ("grants", "agreements"):
        rows = office.anna.rows(case, table)
        office.anna.change_rows(case, table, [{"key": row["key"], "etag": row["etag"], "values": None} for row in rows])
    windows = {"anna": office.window(open_browser)}
    for name, party in (("dora", "B"), ("elena", "C")):
        organisation = office.anna.post("/organisations", {"name": f"Office of {name}"})["id"]
        office.join(office.anna, name.capitalize(), ["administrator", "planner", "negotiator"], organisation)
        office.anna.request("PUT", f"/cases/{case}/parties/{party}", {"organisation": organisation})
        windows[name] = office.window(open_browser, name)
    page = windows["anna"].open(f"cases/{case}/agreements/new")
    page.reload()
    page.get_by_label("Short name (id)").fill("three")
    page.get_by_label("Title").fill("All together")
    page.get_by_role("button", name="Add a party").click()
    for label, party in (("Your party", "A"), ("Party 2", "B"), ("Party 3", "C")):
        page.get_by_label(label, exact=True).select_option(party)
    for giver, taker in (("A", "B"), ("A", "C")):
        page.get_by_role("button", name="Add a grant").click()
        grant = page.locator(".grant").last
        grant.get_by_label("Giver").select_option(giver)
        grant.get_by_label("Taker").select_option(taker)
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_role("heading", name="All together").wait_for()
    address = page.url.partition("#/")[2]
    page.get_by_role("button", name="Propose").click()
    page.get_by_text("The agreement is proposed.").first.wait_for()
    for name in ("anna", "dora"):
        make_key(windows[name])
        sign(windows[name].open(address))
    page.reload()
    page.locator(".state.proposed").wait_for()
    sign_elsewhere(windows["elena"], address, tmp_path)
    page.reload()
    page.locator(".state.in_force").wait_for()
    assert page.locator("section", has_text="Signatures").get_by_text("not signed yet").count() == 0


def test_two_offices_agree_and_neither_sees_the_others_prices(each_office, open_browser):
    """Done when 2, in the page: propose, each sees its own value only, both sign, the plan changes."""
    office = each_office
    case = plant(office)
    north, south = office.window(open_browser), open_browser(office.address)
    page = north.open("organisation?tab=others")
    page.get_by_role("textbox", name="Organisation").fill("Office of the south")
    page.get_by_label("E-mail of its first administrator").fill("chen@example.org")
    page.get_by_role("button", name="Make the organisation").click()
    join_as_office(south, page.get_by_role("textbox", name="Link of the invitation").input_value(), "Chen")

    page = north.open(f"cases/{case}/parties")
    page.reload()
    page.get_by_label("Who holds Trading house of C").select_option(label="Office of the south")
    page.get_by_role("button", name="Give").click()
    page.get_by_role("dialog").get_by_role("button", name="Give").click()
    page.get_by_label("Who holds Trading house of C").wait_for(state="detached")
    page.get_by_role("cell", name="Office of the south").wait_for()

    told = {"north": north.listen_to_all(), "south": south.listen_to_all()}
    table = south.open(f"cases/{case}/tables/services")
    hidden = table.locator(".partner[data-column=run_cost]")
    hidden.first.wait_for()
    hidden.first.click()
    assert "Only the partner who owns the row sees this" in table.locator(".cell-panel").inner_text()
    orders = south.open(f"cases/{case}/tables/orders")
    orders.locator('[data-key="C:C>A"]').first.wait_for()
    assert orders.locator('[data-key="A:A>C"]').count() == 0
    before = {"north": money(plan_in(north, case)), "south": money(plan_in(south, case))}

    page = north.open(f"cases/{case}/agreements/new")
    page.get_by_label("Short name (id)").fill("north-south")
    page.get_by_label("Title").fill("Freight together")
    page.get_by_label("Your party").select_option("A")
    page.get_by_label("Party 2").select_option("C")
    for giver in ("A", "B"):
        page.get_by_role("button", name="Add a grant").click()
        grant = page.locator(".grant").last
        grant.get_by_label("Giver").select_option(giver)
        grant.get_by_label("Taker").select_option("C")
        grant.get_by_label("both ways").check()
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_role("heading", name="Freight together").wait_for()
    address = page.url.partition("#/")[2]
    other = south.open(f"cases/{case}/agreements")
    other.get_by_text("There are no agreements you can see.").wait_for()
    page.get_by_role("button", name="Propose").click()
    page.get_by_text("The agreement is proposed.").first.wait_for()

    other = south.open(address)
    other.get_by_label("Your comment").fill("Good for us. Тоже хорошо. 很好。")
    other.get_by_role("button", name="Send").click()
    other.get_by_text("Good for us.").wait_for()
    other.get_by_role("button", name="Compute the value").click()
    other.locator(".job[data-state=done]").wait_for(timeout=120_000)
    values = {"south": other.get_by_test_id("own-value").inner_text()}
    page.reload()
    page.get_by_text("Good for us.").wait_for()
    values["north"] = page.get_by_test_id("own-value").inner_text()
    assert values["north"] != values["south"]
    assert values["north"] not in other.content()
    assert values["south"] not in page.content()

    for window in (north, south):
        make_key(window)
        sign(window.open(address))
    page = north.open(address)
    page.reload()
    page.locator(".state.in_force").wait_for()
    after = {"north": money(plan_in(north, case)), "south": money(plan_in(south, case))}
    assert sum(after.values()) > sum(before.values()) + 1
    for one, window in (("north", north), ("south", south)):
        told[one].append(window.page.content())

    log = north.open("audit")
    log.get_by_role("cell", name="agreement signed").first.wait_for()
    log.get_by_role("button", name="Verify the chain").click()
    log.get_by_text("The chain is whole.").wait_for()

    for one, theirs in (("north", PLANTED["south"]), ("south", PLANTED["north"])):
        texts = told[one]
        assert len(texts) > 30
        assert any(PLANTED[one] in text for text in texts), f"{one} sees its own price"
        assert not [text[:200] for text in texts if theirs in text], f"{one} was told the other's price"
