"""Events of units against a slow twin that asks, for each event and parcel, whether it was in the unit then."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landbridge.operations.events.spread import spread
from landbridge.operations.store import LOADS, UNIT_EVENTS, Store, bucket_of

START = datetime(2026, 10, 1, tzinfo=UTC)
PARCELS = ("p1", "p2", "p3")
KIND = {"B1": "bag", "B2": "bag", "CSQU3054383": "container", "TCNU0000000": "container", "T@X": "departure"}
UNITS = tuple(KIND)


def at(hours: int) -> datetime:
    return START + timedelta(hours=hours)


@st.composite
def worlds(draw) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Facts of loading, some corrected, and events of units; all moments differ, so that nothing is a tie."""
    hours = draw(st.permutations(range(40)))
    facts = []
    for number in range(draw(st.integers(1, 14))):
        content = draw(st.sampled_from((*PARCELS, *PARCELS, "B1", "B2", "CSQU3054383", None)))
        action = "out" if content is None else draw(st.sampled_from(("in", "in", "out")))
        facts.append(
            {
                **dict.fromkeys(LOADS),
                "content": content,
                "unit": draw(st.sampled_from([unit for unit in UNITS if unit != content])),
                "action": action,
                "occurred_at": at(hours[number]),
                "recorded_at": at(100 + number),
                "event": f"l{number}",
                "digest": number.to_bytes(16, "big"),
                "corrects": draw(st.sampled_from((None, None, None, "l0", "l1"))),
            }
        )
    events = [
        {
            **dict.fromkeys(UNIT_EVENTS),
            "unit": draw(st.sampled_from(UNITS)),
            "event": f"e{number}",
            "digest": (1000 + number).to_bytes(16, "big"),
            "code_system": "dcsa",
            "code": draw(st.sampled_from(("DEPA", "ARRI", "STRP"))),
            "status": "in_transit",
            "classifier": "ACT",
            "occurred_at": at(hours[20 + number]),
            "recorded_at": at(100 + number),
            "corrects": draw(st.sampled_from((None, None, "e0"))),
            "sequence": 1,
        }
        for number in range(draw(st.integers(1, 5)))
    ]
    return facts, events


def not_corrected(rows: list[dict[str, Any]], subject: str) -> list[dict[str, Any]]:
    named = {(row[subject], row["corrects"]) for row in rows if row[subject] is not None}
    if subject == "content":  # what empties a unit is a fact of the unit
        named |= {("empties", row["unit"], row["corrects"]) for row in rows if row["content"] is None}
        return [
            row
            for row in rows
            if ((row["content"], row["event"]) if row["content"] else ("empties", row["unit"], row["event"]))
            not in named
        ]
    return [row for row in rows if (row[subject], row["event"]) not in named]


def is_in(content: str, unit: str, moment: datetime, facts: list[dict[str, Any]], told: list[dict[str, Any]]) -> bool:
    """Whether the last thing that happened to the content up to a moment leaves it in the unit."""
    inside = False
    steps = [(row["occurred_at"], 0, row) for row in facts] + [(row["occurred_at"], 1, row) for row in told]
    for time, what, row in sorted(steps, key=lambda step: step[:2]):
        if time > moment:
            break
        ends_now = time == moment  # at the very moment it is taken out it is still in
        if what == 1:
            if row["unit"] == unit and row["code"] == "STRP" and not ends_now:
                inside = False
        elif row["content"] == content and row["action"] == "in":
            inside = row["unit"] == unit or (inside and (KIND[row["unit"]] != KIND[unit] or ends_now))
        elif row["content"] in (content, None) and row["unit"] == unit and row["action"] == "out" and not ends_now:
            inside = False
    return inside


def holds(content: str, unit: str, moment: datetime, facts: Any, told: Any, depth: int = 6) -> bool:
    if is_in(content, unit, moment, facts, told):
        return True
    between = [name for name in UNITS if name not in (content, unit)]
    return depth > 1 and any(
        is_in(content, name, moment, facts, told) and holds(name, unit, moment, facts, told, depth - 1)
        for name in between
    )


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(worlds())
def test_an_event_is_spread_over_what_was_in_the_unit_and_nothing_else(world):
    facts, events = world
    live_facts, live_events = not_corrected(facts, "content"), not_corrected(events, "unit")
    expected = {
        (parcel, row["event"])
        for row in live_events
        for parcel in PARCELS
        if holds(parcel, row["unit"], row["occurred_at"], live_facts, live_events)
    }
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "s")
        frame = pl.DataFrame(facts, schema=LOADS)
        is_parcel = pl.col("content").is_in(list(PARCELS)).fill_null(value=False)
        with store.batch() as batch:
            batch.append("loads", frame.filter(is_parcel))
            batch.append("unit_loads", frame.filter(~is_parcel))
            batch.append("unit_events", pl.DataFrame(events, schema=UNIT_EVENTS))
        buckets = {f"{number:02d}" for number in bucket_of(pl.Series(PARCELS))}
        rows = pl.concat([spread(store, bucket) for bucket in sorted(buckets)])
    assert set(rows.select("parcel", "event").iter_rows()) == expected
    assert rows.height == len(expected)
