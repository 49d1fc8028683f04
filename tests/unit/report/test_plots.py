"""Pictures show what the tables of the run say."""

from __future__ import annotations

import base64
import re

import numpy as np
import pytest
from matplotlib import font_manager
from tests.helpers.hand_runs import HAND_RUNS, week_run
from tests.helpers.hand_shares import SHARED

from landbridge.errors import UnknownName
from landbridge.report import Run, plots
from landbridge.report.plots.geography import Albers, outlines

CHINESE = any("CJK" in font.name for font in font_manager.fontManager.ttflist)


@pytest.fixture(scope="module")
def run() -> Run:
    plan, case = week_run()
    return Run(plan=plan, case=case, shares=SHARED)


def ticks(picture) -> list[str]:
    return [label.get_text() for label in picture.axes[0].get_yticklabels()]


@pytest.mark.parametrize("name", ["map", "gantt", "fill", "prices", "shares", "convergence"])
@pytest.mark.parametrize(
    "lang", ["en", "ru", pytest.param("zh", marks=pytest.mark.skipif(not CHINESE, reason="no font has Chinese"))]
)
def test_every_picture_shows_itself_in_a_notebook(run, name, lang):
    text = getattr(plots, name)(run, lang=lang)._repr_html_()
    image = re.fullmatch(r'<img width="\d+" src="data:image/png;base64,([\w+/=]+)">', text)
    assert image is not None
    assert base64.b64decode(image[1]).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", sorted(HAND_RUNS))
def test_the_gantt_has_a_bar_for_every_departure_as_long_as_its_way(name):
    plan, case = HAND_RUNS[name]()
    axes = plots.gantt(Run(plan=plan, case=case)).axes[0]
    days = {row.service: sum(row.travel_h) / 24 for row in case.services}
    assert len(axes.collections) == len(plan.departures)
    drawn = sorted(sum(np.ptp(path.vertices[:, 0]) for path in bar.get_paths()) for bar in axes.collections)
    assert drawn == pytest.approx(sorted(days[row.service] for row in plan.departures), abs=1e-6)


def test_the_fill_is_that_of_the_services(run):
    axes = plots.fill(run).axes[0]
    assert [bar.get_width() for bar in axes.patches] == pytest.approx(
        [{"rail": 52.38, "truck": 100, "back": 60, "via": 40}[name] for name in ticks(axes.figure)], abs=0.01
    )


def test_shares_are_alone_and_gain_of_the_certified_method(run):
    axes = plots.shares(run).axes[0]
    assert [bar.get_width() for bar in axes.patches] == [20, 30, 100, 41]
    assert [bar.get_x() for bar in axes.patches][2:] == [20, 30]


def test_a_run_without_shares_says_how_to_make_them(run):
    with pytest.raises(UnknownName, match="landbridge share") as caught:
        plots.shares(Run(plan=run.plan, case=run.case))
    assert caught.value.code == "no-shares"


def test_convergence_draws_the_trace(run):
    lines = {line.get_label(): line for line in plots.convergence(run).axes[0].get_lines()}
    assert list(lines["Value"].get_ydata()) == [141.0, 191.0]
    assert list(lines["Bound"].get_xdata()) == [0.1, 0.5, 1.5]


def test_a_map_of_an_unknown_good_is_refused(run):
    with pytest.raises(UnknownName, match="no good 'tea' in the case; it has grain, parts, milk"):
        plots.map(run, good="tea")


def test_the_projection_agrees_with_the_worked_example_of_snyder():
    """USGS Professional Paper 1395, page 291: 35° N 75° W with the origin at 23° N 96° W."""
    albers = Albers(meridian=-96.0, parallels=(29.5, 45.5))
    x, y = albers.project(np.array([-75.0, -96.0]), np.array([35.0, 23.0]))
    assert x[0] - x[1] == pytest.approx(0.2952720, abs=1e-6)
    assert y[0] - y[1] == pytest.approx(0.2416774, abs=1e-6)


def test_the_projection_keeps_areas():
    """Cells of one degree have the area they have on the globe, wherever they lie."""
    albers = Albers(meridian=105.0, parallels=(40.0, 65.0))
    for lon, lat in ((105.0, 50.0), (-175.0, 66.0), (40.0, 20.0)):
        side = np.linspace(0, 1, 50)
        ring_lon = lon + np.concatenate([side, np.ones(50), side[::-1], np.zeros(50)])
        ring_lat = lat + np.concatenate([np.zeros(50), side, np.ones(50), side[::-1]])
        x, y = albers.project(ring_lon, ring_lat)
        area = 0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
        globe = np.radians(1.0) * (np.sin(np.radians(lat + 1)) - np.sin(np.radians(lat)))
        assert area == pytest.approx(globe, rel=1e-4)


def test_outlines_lie_on_the_globe():
    points = np.concatenate(outlines())
    assert len(points) > 10_000
    assert np.all(np.abs(points[:, 0]) <= 180.001)
    assert np.all(np.abs(points[:, 1]) <= 90.001)
