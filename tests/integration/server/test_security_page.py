"""The page of security names tests that are there; and what it says of the code as such is so."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.server.conftest import API, World

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
HERE = "tests/integration/server"
STATES = {"yes", "partly", "**no**", "proxy", "n/a"}
SERVER = sorted((ROOT / "src" / "landbridge" / "server").rglob("*.py"))

ROWS = [[cell.strip() for cell in line.strip().strip("|").split(" | ")] for line in PAGE.splitlines()
        if re.match(r"\| V\d", line)]  # fmt: skip


def test_every_requirement_is_on_the_page_once() -> None:
    """Level 1 has so many numbers; each row says how it stands."""
    assert len(ROWS) > 65
    numbers = [row[0] for row in ROWS]
    assert len(set(numbers)) == len(numbers)
    assert {row[2] for row in ROWS} <= STATES
    assert all(len(row) == 5 for row in ROWS), [row for row in ROWS if len(row) != 5]


@pytest.mark.parametrize("row", [row for row in ROWS if row[2] == "yes"], ids=lambda row: row[0])
def test_what_is_done_names_its_test(row: list[str]) -> None:
    """A file of tests that is there, and each test that is named in it; or words why there is nothing to test."""
    told = row[4].strip(" |")
    named = re.findall(r"`([^`]+)`", told)
    files = [name for name in named if "/" in name or name.endswith(".py")]
    assert files or told in ("the same", "all of the above speak HTTP, without the page", "nothing to test"), row
    texts = ""
    for name in files:
        place = ROOT / (name if "/" in name else f"{HERE}/{name}")
        assert place.exists(), f"{row[0]}: there is no {place}"
        texts += "".join(file.read_text(encoding="utf-8") for file in sorted(place.rglob("test_*.py")) or [place])
    for name in named:
        if name.startswith("test_") and not name.endswith(".py"):
            assert f"def {name}(" in texts, f"{row[0]}: there is no {name} in {files}"


def test_every_file_of_tests_that_the_page_names_is_there() -> None:
    for name in re.findall(r"`((?:tests/[\w/]+/)?test_\w+\.py)`", PAGE):
        places = [ROOT / name, ROOT / HERE / name, ROOT / "tests" / "unit" / "server" / name]
        assert any(place.exists() for place in places), name


def test_every_place_that_the_page_names_is_there() -> None:
    """Modules of the server: ``server/roles.py``, ``server/visibility``."""
    source = ROOT / "src" / "landbridge"
    for name in re.findall(r"`((?:server|store|cases|report)/[\w/]+(?:\.py)?)`", PAGE):
        assert (source / name).exists() or (source / "server" / name).exists(), name


def test_one_command_is_started_and_nothing_is_evaluated() -> None:
    """Only the server's own worker is a process of its own; no text becomes code; no weak hash."""
    starting, evaluating = set(), set()
    for file in SERVER:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import) and any(item.name in ("subprocess", "pickle") for item in node.names):
                starting.add(file.name)
            name = getattr(getattr(node, "func", None), "id", "") or getattr(getattr(node, "func", None), "attr", "")
            if isinstance(node, ast.Call) and name in ("eval", "exec", "system", "popen", "md5", "sha1"):
                evaluating.add(file.name)
    assert starting == {"serve.py"}
    assert evaluating == set()


def test_no_other_site_is_let_in(make_world: Callable[..., World]) -> None:
    """Neither asked beforehand nor in passing does an answer allow another origin."""
    ann = make_world().set_up()
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for method, path in (("OPTIONS", "/cases"), ("GET", "/cases"), ("GET", "/session")):
        answer = ann.client.request(method, API + path, headers=asked)
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_answers_say_how_they_are_written(make_world: Callable[..., World]) -> None:
    """Text names its charset; JSON has one by its definition."""
    world = make_world()
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    for path in ("/", "/healthz", "/metrics", f"{API}/cases", f"{API}/cases/{case}/findings", f"{API}/nothing"):
        kind = world.at().get(path).headers["content-type"]
        assert kind == "application/json" or "charset=utf-8" in kind, (path, kind)


def test_a_file_that_was_sent_is_kept_nowhere(make_world: Callable[..., World]) -> None:
    """It becomes rows; no folder of the server holds it, and the page serves nothing but itself."""
    world = make_world()
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    content = b"good,name\nmilk,planted-in-a-file\n"
    draft = ann.post(f"/cases/{case}/imports", None, 201, files={"file": ("goods.csv", content)})
    ann.post(f"/cases/{case}/imports/{draft['id']}/apply")
    kept = [file for file in world.settings.data_dir.rglob("*") if file.is_file() and "sqlite" not in file.name]
    assert kept == []
    for path in ("/goods.csv", "/assets/goods.csv", "/.git/config", "/assets/.git", "/data/goods.csv"):
        assert ann.client.get(path).status_code in (404, 422)
