"""The summary as it is printed."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console
from tests.unit.cli.tiny import CASE, PLAN

from landbridge.cli.summary import print_summary, summary_facts
from landbridge.model.plan import PlanStatus


def printed(plan=PLAN, width: int = 80) -> str:
    text = io.StringIO()
    print_summary(Console(file=text, width=width), CASE, plan)
    return text.getvalue()


def test_a_crossing_is_shown_with_loads_runs_and_its_tightest_cap():
    (line,) = (line for line in printed(width=120).splitlines() if "north > south" in line)
    words = line.split()
    assert words[3:8] == ["road", "12", "3", "3+2", "0.7"]
    assert "(Mon), full" in line


def test_goods_are_shown_with_what_was_wanted_served_and_sold():
    (line,) = (line for line in printed(width=120).splitlines() if "Milk" in line)
    assert "2 of 2" in line
    assert "75.0 %" in line
    assert "6 of 50" in line


def test_reasons_are_shown_with_an_example():
    text = printed(width=120)
    assert "m1: truck holds no more" in text
    assert text.index("capacity") < text.index("price")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width):
    assert max(len(line) for line in printed(width=width).splitlines()) <= width


def test_a_stop_at_the_time_limit_is_not_called_optimal():
    summary = replace(PLAN.summary, status=PlanStatus.TIME_LIMIT, bound=2.0, gap=1.0)
    text = printed(replace(PLAN, summary=summary))
    assert "stopped at the time limit" in text
    assert "optimal" not in text


@pytest.mark.parametrize(
    ("status", "words"), [(PlanStatus.INFEASIBLE, "infeasible"), (PlanStatus.TIME_LIMIT, "no plan found")]
)
def test_without_a_plan_only_the_status_is_printed(status, words):
    summary = replace(PLAN.summary, status=status, value=None, bound=None, gap=None)
    text = printed(replace(PLAN, summary=summary))
    assert words in text
    assert "Served by good" not in text


def test_a_bound_that_rests_on_candidate_departures_says_so():
    summary = replace(PLAN.summary, candidates=102)
    assert "102 candidate departures" in " ".join(printed(replace(PLAN, summary=summary)).split())


def test_the_facts_have_a_json_form():
    facts = json.loads(json.dumps(summary_facts(CASE, PLAN)))
    assert facts["served"][0]["frac"] == pytest.approx(0.75)
    assert facts["crossings"][0]["limit"]["days_full"] == 1
    assert facts["unserved"][0]["examples"] == [{"order": "m1", "why": "truck holds no more"}]
