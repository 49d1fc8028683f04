"""The fold of events against a slow twin that takes one event after another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landbridge.operations.events.codes import ENDS, code_table
from landbridge.operations.events.fold import fold
from landbridge.operations.store import EVENTS, STATES
from landbridge.operations.store.schema import CLASSIFIERS

START = datetime(2026, 10, 1, tzinfo=UTC)
CODES = code_table().filter(pl.col("code_system") == "emsevt").with_columns(pl.col("status").cast(pl.String)).to_dicts()


@st.composite
def histories(draw) -> list[dict[str, Any]]:
    """Events of a few parcels, with equal moments, corrections, and events after the end."""
    rows = []
    for at in range(draw(st.integers(1, 14))):
        code = draw(st.sampled_from(CODES))
        name = draw(st.sampled_from((None, f"e{at}")))
        rows.append(
            {
                **dict.fromkeys(EVENTS),
                "parcel": draw(st.sampled_from("ab")),
                "event": name,
                "digest": at.to_bytes(16, "big"),
                "code": code["code"],
                "status": code["status"],
                "reason": code["reason"],
                "sequence": code["sequence"],
                "stage": code["stage"],
                "classifier": draw(st.sampled_from(("ACT", "ACT", "ACT", *CLASSIFIERS))),
                "occurred_at": START + timedelta(hours=draw(st.integers(0, 6))),
                "recorded_at": START + timedelta(hours=at, minutes=1),
                "place": draw(st.sampled_from((None, "x", "y"))),
                "corrects": draw(st.sampled_from((None, None, None, "e0", "e1", (0).to_bytes(16, "big").hex()))),
            }
        )
    return rows


def twin(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The state of each parcel, as the documentation says it, one event after another."""
    found = []
    for parcel in sorted({row["parcel"] for row in rows}):
        mine = [row for row in rows if row["parcel"] == parcel]
        named = {row["corrects"] for row in mine}
        sound = [row for row in mine if row["event"] not in named - {None} and row["digest"].hex() not in named]
        actual = [row for row in sound if row["classifier"] == "ACT"]
        actual.sort(key=lambda row: (row["occurred_at"], row["sequence"], row["recorded_at"], row["digest"]))
        posted = [row["occurred_at"] for row in actual if row["stage"] == 0 and row["status"] == "picked_up"]
        state: dict[str, Any] = {**dict.fromkeys(STATES), "parcel": parcel, "status": "pending"}
        state |= {"events": len(mine), "corrected": len(mine) - len(sound), "early": 0, "after_end": 0}
        for row in actual:
            if posted and row["occurred_at"] < min(posted):
                state["early"] += 1
                continue
            if state["ended_at"] is not None:
                state["after_end"] += 1
                continue
            state |= {"status": row["status"], "reason": row["reason"], "code": row["code"], "at": row["occurred_at"]}
            state["place"] = row["place"] or state["place"]
            if row["stage"] is not None:
                state["stage"] = max(row["stage"], state["stage"] if state["stage"] is not None else -1)
                name = f"t{row['stage']}"
                state[name] = state[name] or row["occurred_at"]
            if row["status"] in ENDS:
                state["ended_at"] = row["occurred_at"]
        for classifier, name in (("PLN", "planned_at"), ("EST", "estimated_at")):
            told = [row for row in sound if row["classifier"] == classifier and row["status"] == "delivered"]
            if told:
                state[name] = max(told, key=lambda row: row["recorded_at"])["occurred_at"]
        found.append(state)
    return found


def folded(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    states = fold(pl.DataFrame(rows, schema=EVENTS).lazy())
    return states.with_columns(pl.col("status").cast(pl.String)).to_dicts()


@pytest.mark.slow
@given(histories())
def test_the_fold_finds_what_its_slow_twin_finds(rows):
    assert folded(rows) == twin(rows)


@pytest.mark.slow
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(rows, random):
    mixed = list(rows)
    random.shuffle(mixed)
    assert folded(mixed) == folded(rows)


def test_no_events_are_no_states():
    assert fold(pl.LazyFrame(schema=EVENTS)).schema == STATES
