"""What the pages say of the server is what it does."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.integration.server.conftest import API, World

from landbridge.server.jobs.options import OPTIONS
from landbridge.server.settings import BadSetting, Settings, read_settings

PAGE = (Path(__file__).parents[3] / "docs" / "server.md").read_text(encoding="utf-8")
DESIGN = (Path(__file__).parents[3] / "docs" / "design" / "server.md").read_text(encoding="utf-8")


def test_every_setting_is_on_the_page() -> None:
    for item in dataclasses.fields(Settings):
        default = "~/.local/share/landbridge" if item.name == "data_dir" else item.default
        shown = f"`{default:g}`" if isinstance(default, int | float) else f"`{default}`" if default else ""
        assert f"| `LANDBRIDGE_{item.name.upper()}` | {shown} | {item.metadata['help']} |" in PAGE


def test_every_option_of_a_job_is_on_the_page() -> None:
    for kind, options in OPTIONS.items():
        (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{kind.value}` |")]
        for name in options.model_fields:
            assert f"`{name}`" in line, f"{kind.value} {name}"


def test_a_setting_that_cannot_be_used_is_named() -> None:
    with pytest.raises(BadSetting, match="LANDBRIDGE_PORT is 'eighty'; expected a number"):
        read_settings({"LANDBRIDGE_PORT": "eighty"})
    with pytest.raises(BadSetting, match="lease_s is 0"):
        read_settings({"LANDBRIDGE_LEASE_S": "0"})
    assert read_settings({"LANDBRIDGE_PORT": "81"}, port=82).port == 82


def test_every_door_has_words_and_errors_of_one_shape(make_world: Callable[..., World]) -> None:
    description = make_world().app.openapi()
    assert len(description["paths"]) > 40
    for path, doors in description["paths"].items():
        for method, door in doors.items():
            assert door.get("summary"), f"{method} {path}"
            assert "422" in door["responses"], f"{method} {path}"


def test_examples_of_the_description_are_accepted(make_world: Callable[..., World]) -> None:
    """Each example is a body that its door takes: what it answers is not that it cannot be read."""
    world = make_world()
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    description = world.app.openapi()
    tried = 0
    for path, doors in description["paths"].items():
        for method, door in doors.items():
            content = door.get("requestBody", {}).get("content", {}).get("application/json", {})
            name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
            schema: dict[str, Any] = description["components"]["schemas"].get(name, {})
            for body in schema.get("examples", ()):
                address = path.replace("{case}", case).replace("{table}", "services").replace(
                    "{organisation}", ann.organisation)  # fmt: skip
                answer = ann.client.request(method, address, json=body, headers={"X-CSRF-Token": ann.csrf})
                codes = [error["code"] for error in answer.json().get("errors", [])] if answer.content else []
                assert answer.json().get("error") != "the request cannot be used; every fault is listed", (path, codes)
                tried += 1
    assert tried >= 9
    assert description["info"]["title"] == "Landbridge"
    assert API in next(iter(path for path in description["paths"] if "session" in path))
