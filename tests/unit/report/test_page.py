"""The page is one file that asks the network for nothing and survives whatever names a case has."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from tests.helpers.hand_runs import week_run

from landbridge.errors import OutputError, UnknownName
from landbridge.report import Run, render_page, write_report


@pytest.fixture(scope="module")
def run() -> Run:
    plan, case = week_run()
    return Run(plan=plan, case=case)


def data_of(page: str, name: str = "landbridge-data") -> dict:
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    content: dict = json.loads(found[1])
    return content


def test_the_page_names_no_address_it_would_load(run):
    page = render_page(run)
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!data:|#)""", page.partition("<body>")[0])
    assert "default-src 'none'" in page
    assert page.count("<link") == 1  # the empty icon, so that no browser asks for one


def test_names_with_markup_stay_text(run):
    """A case may be called anything; nothing of it may end a script or start a tag."""
    evil = "</script><script>alert(1)</script><!-- & \u2028"
    case = replace(
        run.case,
        settings=replace(run.case.settings, name=evil),
        hubs=(replace(run.case.hubs[0], name=evil), *run.case.hubs[1:]),
    )
    page = render_page(replace(run, case=case))
    assert "alert(1)</script>" not in page
    assert "<script>alert" not in page
    payload = data_of(page)["payload"]
    assert payload["name"] == evil
    assert payload["hubs"][0]["names"][0] == evil


def test_the_page_carries_all_catalogs_and_opens_in_the_language_asked_for(run):
    page = render_page(run, "zh")
    data = data_of(page)
    assert '<html lang="zh">' in page
    assert data["lang"] == "zh"
    assert set(data["messages"]) == {"en", "ru", "zh"}


def test_the_page_carries_the_licences_of_what_is_in_it(run):
    page = render_page(run)
    for name in ("svelte", "d3-geo", "topojson-client", "world-atlas"):
        assert f"== {name} " in page


def test_the_same_run_gives_the_same_page(run):
    assert render_page(run) == render_page(run)


def test_a_page_is_never_overwritten(run, tmp_path):
    file = tmp_path / "page.html"
    file.write_text("mine")
    with pytest.raises(OutputError) as caught:
        write_report(run, file)
    assert caught.value.code == "output-exists"
    assert file.read_text() == "mine"


def test_outlines_can_be_exchanged(run, tmp_path):
    own = {"type": "Topology", "objects": {"land": {"type": "GeometryCollection", "geometries": []}}, "arcs": []}
    file = tmp_path / "own.json"
    file.write_text(json.dumps(own))
    assert data_of(render_page(run, outlines=file), "landbridge-outlines") == own


@pytest.mark.parametrize("text", ["{", '{"type": "FeatureCollection", "features": []}', "[]"])
def test_a_file_that_is_no_outlines_is_refused_with_its_remedy(run, tmp_path, text):
    file = tmp_path / "own.json"
    file.write_text(text)
    with pytest.raises(UnknownName, match=r"own\.json: not a file of outlines .* expected TopoJSON") as caught:
        render_page(run, outlines=file)
    assert caught.value.code == "bad-outlines"
