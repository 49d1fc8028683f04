"""Files in and out: what is previewed is what is applied, and what is hostile is refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import xlsxwriter
from tests.integration.server.conftest import Person, World

from landbridge.server.cases.files import defuse, undefuse


def _send(person: Person, case: str, name: str, content: bytes, status: int = 201, query: str = "") -> Any:
    return person.post(f"/cases/{case}/imports{query}", None, status, files={"file": (name, content)})


def _case(person: Person, source: str = "starter") -> str:
    return str(person.post("/cases", {"source": source}, 201)["id"])


def test_a_preview_changes_nothing_and_apply_does_what_it_showed(world: World) -> None:
    ann = world.set_up()
    case = _case(ann)
    before = ann.rows(case, "goods")
    text = "good,name,t_per_unit\n" + "".join(f"{key},renamed,2\n" for key in before) + "milk,Milk,1.5\n"
    found = _send(ann, case, "goods.csv", text.encode())
    assert found["tables"] == [
        {"table": "goods", "added": 1, "changed": len(before), "removed": 0, "rejected": 0, "unchanged": 0}
    ]
    assert ann.rows(case, "goods") == before
    ann.post(f"/cases/{case}/imports/{found['id']}/apply")
    after = ann.rows(case, "goods")
    assert after["milk"]["values"] == {"good": "milk", "name": "Milk", "t_per_unit": "1.5"}
    ann.post(f"/cases/{case}/imports/{found['id']}/apply", status=404)
    ann.post(f"/cases/{case}/undo")
    assert {key: row["values"] for key, row in ann.rows(case, "goods").items()} == {
        key: row["values"] for key, row in before.items()
    }


def test_an_import_is_refused_when_a_row_was_changed_since(world: World) -> None:
    ann = world.set_up()
    case = _case(ann)
    key = next(iter(ann.rows(case, "goods")))
    found = _send(ann, case, "goods.csv", f"good,name\n{key},from the file\nnew,New\n".encode())
    ann.edit(case, "goods", key, {"name": "by hand"})
    ann.post(f"/cases/{case}/imports/{found['id']}/apply", status=412)
    rows = ann.rows(case, "goods")
    assert rows[key]["values"]["name"] == "by hand"
    assert "new" not in rows


def test_what_is_wrong_with_a_file_is_told_by_line(world: World) -> None:
    ann = world.set_up()
    case = _case(ann)
    text = "good,nmae,t_per_unit\nmilk,x,1\nmilk,y,2\n,z,3\ntea,w,much\n"
    found = _send(ann, case, "goods.csv", text.encode())
    assert found["tables"][0]["added"] == 2
    assert found["tables"][0]["rejected"] == 2
    assert {item["code"] for item in found["rejected"]} == {"unknown-column", "double-key", "blank-cell"}
    assert {item["where"] for item in found["rejected"]} == {"goods", "goods:3", "goods:4"}
    assert any(item["column"] == "t_per_unit" and item["value"] == "much" for item in found["findings"])


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_export_comes_back_unchanged(world: World, form: str) -> None:
    """Both formats, with texts that a spreadsheet would carry out."""
    ann = world.set_up()
    case = _case(ann)
    key = next(iter(ann.rows(case, "goods")))
    ann.edit(case, "goods", key, {"name": "=HYPERLINK(1)"})
    packed = ann.get(f"/cases/{case}/export?format={form}")
    if form == "xlsx":
        found = _send(ann, case, "back.xlsx", packed)
        assert sum(item["unchanged"] for item in found["tables"]) == 26
        assert not any(item[kind] for item in found["tables"] for kind in ("added", "changed", "removed", "rejected"))
        return
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert "'=HYPERLINK(1)" in archive.read("goods.csv").decode()
        for name in archive.namelist():
            if name.endswith(".csv"):
                (counts,) = _send(ann, case, name, archive.read(name))["tables"]
                assert not any(counts[kind] for kind in ("added", "changed", "removed", "rejected")), counts


def test_an_export_holds_what_the_viewer_sees(world: World) -> None:
    """A partner's prices and orders are in no cell of it, and its import changes nothing of theirs."""
    ann = world.set_up()
    south = world.office(ann, "South")
    case = _case(ann)
    ann.edit(case, "services", "lane1-A", {"run_cost": "987654.25"})
    ann.put(f"/cases/{case}/parties/A", {"organisation": south.organisation})
    packed = ann.get(f"/cases/{case}/export?format=csv")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        whole = b"".join(archive.read(name) for name in archive.namelist())
        services = archive.read("services.csv")
    assert b"987654.25" not in whole
    found = _send(ann, case, "services.csv", services, query="?replace=true")
    assert not any(found["tables"][0][kind] for kind in ("added", "changed", "removed", "rejected"))
    changed = services.replace(b"lane1-A,A,road", b"lane1-A,A,rail")
    assert changed != services
    found = _send(ann, case, "services.csv", changed)
    assert found["tables"][0]["rejected"] == 1
    assert found["rejected"][0]["code"] == "not-the-owner"


def test_replacing_removes_own_rows_that_the_file_has_not(world: World) -> None:
    ann = world.set_up()
    case = _case(ann)
    keys = list(ann.rows(case, "orders"))
    found = _send(ann, case, "orders.csv", f"order\n{keys[0]}\n".encode(), query="?replace=true")
    assert found["tables"][0]["removed"] == len(keys) - 1
    ann.post(f"/cases/{case}/imports/{found['id']}/apply")
    assert list(ann.rows(case, "orders")) == keys[:1]


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("../../etc/goods.csv", b"good\nmilk\n", 201),  # a path is no more than its last part
        ("..\\..\\goods.csv", b"good\nmilk\n", 201),
        ("passwd", b"good\nmilk\n", 415),
        ("other.csv", b"good\nmilk\n", 422),
        ("goods.csv", b"\xff\xfe\x00bad", 201),  # told as rejected
        ("case.xlsx", b"no workbook", 422),
        ("case.xlsx", b"", 422),
        ("", b"good\nmilk\n", 422),
    ],
)
def test_odd_files_are_refused_or_told(
    make_world: Callable[..., World], name: str, content: bytes, status: int
) -> None:
    ann = make_world().set_up()
    found = _send(ann, _case(ann), name, content, status)
    if content.startswith(b"\xff"):
        assert found["rejected"][0]["code"] == "not-utf-8"


def test_a_zip_bomb_is_refused(make_world: Callable[..., World]) -> None:
    """A workbook of 50 kB that unpacks to 50 MB, and one whose sheet spans all of Excel."""
    ann = make_world(max_unpacked_mb=20.0).set_up()
    case = _case(ann)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 50_000_000)
    assert len(packed.getvalue()) < 60_000
    refused = _send(ann, case, "bomb.xlsx", packed.getvalue(), 413)
    assert refused["errors"][0]["code"] == "too-large-unpacked"
    vast = io.BytesIO()
    with xlsxwriter.Workbook(vast) as book:
        sheet = book.add_worksheet("goods")
        sheet.write_string(0, 0, "good")
        sheet.write_string(1_048_575, 16_383, "far out")
    refused = _send(ann, case, "vast.xlsx", vast.getvalue(), 422)
    assert "more cells" in refused["error"]


@pytest.mark.parametrize("doctype", ['<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
                                     '<!doctype x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'])  # fmt: skip
def test_a_workbook_that_declares_entities_is_refused(make_world: Callable[..., World], doctype: str) -> None:
    """Neither a file of the server nor a billion laughs comes out of a workbook."""
    ann = make_world().set_up()
    case = _case(ann)
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed) as book:
        book.add_worksheet("goods").write_row(0, 0, ["good", "name"])
        book.worksheets()[0].write_row(1, 0, ["milk", "entity"])
    assert _send(ann, case, "goods.xlsx", packed.getvalue())["tables"][0]["added"] == 1
    odd = io.BytesIO()
    with zipfile.ZipFile(packed) as before, zipfile.ZipFile(odd, "w") as after:
        for name in before.namelist():
            text = before.read(name).decode()
            if name.endswith("sharedStrings.xml"):
                text = text.replace("?>", "?>" + doctype, 1).replace("entity", "&a;")
            after.writestr(name, text)
    refused = _send(ann, case, "goods.xlsx", odd.getvalue(), 422)
    assert "declares entities" in refused["error"]


def test_names_in_a_workbook_and_in_addresses_leave_no_folder(make_world: Callable[..., World]) -> None:
    """Parts of a workbook, files of the page, runs and cases: a way out is refused or unknown, never followed."""
    world = make_world()
    ann = world.set_up()
    case = _case(ann)
    (world.settings.data_dir / "secret.txt").write_text("planted")
    for name in ("../../secret.txt", "/etc/cron.d/x", "xl\\..\\..\\x"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(name, "x")
        assert "leaves the file" in _send(ann, case, "case.xlsx", packed.getvalue(), 422)["error"]
    out = ("../secret.txt", "..%2Fsecret.txt", "%2e%2e/secret.txt", "..%5Csecret.txt", "....//secret.txt")
    for way in out:
        for door in ("/assets/", "/api/v1/runs/", f"/api/v1/cases/{case}/tables/", "/api/v1/cases/", "/"):
            answer = ann.client.request("GET", door + way, headers={"X-CSRF-Token": ann.csrf})
            assert answer.status_code in (400, 404, 405, 422), (door + way, answer.status_code)
            assert "planted" not in answer.text
        ann.client.get(f"/api/v1/runs/{way}/report.html", headers={"X-CSRF-Token": ann.csrf})
    assert (world.settings.data_dir / "secret.txt").read_text() == "planted"


def test_no_cell_of_a_workbook_is_a_formula(make_world: Callable[..., World]) -> None:
    """Whatever a text looks like, an exported workbook has texts only."""
    ann = make_world().set_up()
    case = _case(ann)
    key = next(iter(ann.rows(case, "goods")))
    for text in ("=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "{=1}", "http://example.org"):
        ann.edit(case, "goods", key, {"name": text})
        with zipfile.ZipFile(io.BytesIO(ann.get(f"/cases/{case}/export?format=xlsx"))) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        sheets = [text for name, text in parts.items() if name.startswith("xl/worksheets/")]
        assert sheets
        assert not any(b"<f>" in sheet or b"<f " in sheet or b"<hyperlink" in sheet for sheet in sheets)


def test_bodies_over_the_limit_are_refused(make_world: Callable[..., World]) -> None:
    ann = make_world(max_body_mb=0.05, max_upload_mb=0.1).set_up()
    case = _case(ann)
    changes = [{"values": {"good": f"g{number}", "name": "x" * 100}} for number in range(1000)]
    ann.patch(f"/cases/{case}/tables/goods", {"changes": changes}, 413)
    _send(ann, case, "goods.csv", b"good\n" + b"x\n" * 200_000, 413)
    assert len(ann.rows(case, "goods")) == 1


def test_formulas_are_told_from_numbers() -> None:
    for text in ("=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-1+1", "\tx"):
        assert defuse(text) == "'" + text
        assert undefuse(defuse(text)) == text
    for text in ("-5", "+3.5e2", "-", "+48h", "a=b", "'quoted"):
        assert defuse(text) == text
