"""Whatever stands in the tables of a run, verify answers with findings."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers.hand_runs import HAND_RUNS

from landbridge.model.plan import RUN_TABLES
from landbridge.verify import verify

TEXTS = st.sampled_from(
    [
        "", "nothing", "A+B", "n1", "rail", "leg", "handling", "0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00",
        "2026-01-05T00:00+00:00", "2026-01-06T11:00+08:00", "2026-13-01", "t1", "O1", "B1", "U1", "rail@Mon", "X", "S1",
    ]
)  # fmt: skip
NUMBERS = st.sampled_from([0, -1, 1, 2, 7, 10**6, -(10**18), 10**400])
FLOATS = st.one_of(st.floats(), st.sampled_from([0.0, -1.0, 1e308, 12.0]))


@pytest.mark.slow
@pytest.mark.parametrize("name", HAND_RUNS)
@settings(max_examples=300)
@given(data=st.data())
def test_verify_answers_with_findings_whatever_a_cell_holds(name: str, data: st.DataObject) -> None:
    plan, case = HAND_RUNS[name]()
    for _ in range(data.draw(st.integers(1, 3))):
        table = data.draw(st.sampled_from([table for table in RUN_TABLES if getattr(plan, table)]))
        rows = list(getattr(plan, table))
        row = data.draw(st.integers(0, len(rows) - 1))
        hints = get_type_hints(RUN_TABLES[table])
        cell = data.draw(st.sampled_from([item.name for item in fields(rows[row])]))
        kinds = {str: TEXTS, int: NUMBERS, float: FLOATS}
        value = data.draw(kinds.get(hints[cell], st.dictionaries(st.sampled_from(["t", "m3", "x"]), FLOATS)))
        rows[row] = replace(rows[row], **{cell: value})
        plan = replace(plan, **{table: tuple(rows)})
    for finding in verify(plan, case):
        assert finding.code
        assert finding.message
        assert finding.where.partition(":")[0] in {"run.json", *(f"{table}.csv" for table in RUN_TABLES)}


@pytest.mark.parametrize("name", HAND_RUNS)
def test_verify_answers_with_findings_when_rows_are_lost(name: str) -> None:
    """Each single row of each table but prices counts."""
    plan, case = HAND_RUNS[name]()
    for table in RUN_TABLES:
        rows = getattr(plan, table)
        for row in range(len(rows)):
            found = verify(replace(plan, **{table: rows[:row] + rows[row + 1 :]}), case)
            assert bool(found) == (table != "prices")
