"""Hours between hubs from events: who is still on a leg counts, and a hub where nobody looks does not mislead."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from tests.helpers.ways import START, hour, parcels_of, way, ways_of

from landbridge.operations.allocation import allocate
from landbridge.operations.arrival.travel import hub_times
from landbridge.operations.store import EVENTS

NOW = START + timedelta(days=20)
WAYS = ways_of([way("o", 10, 20, 1000)])


def told(parcel: str, code: str, place: str, at_h: float) -> dict:
    row = {**dict.fromkeys(EVENTS), "parcel": parcel, "code_system": "emsevt", "code": code, "classifier": "ACT"}
    return row | {"place": place, "occurred_at": hour(at_h)}


def times(rows: list[dict], count: int):
    allocations = allocate(parcels_of([{} for _ in range(count)]), WAYS)
    return hub_times(pl.DataFrame(rows, schema=EVENTS).lazy(), allocations, WAYS, NOW)


def test_a_leg_takes_what_parcels_took():
    rows = [told(f"p{at}", "EMC", "a", 10) for at in range(60)] + [told(f"p{at}", "EMD", "b", 22) for at in range(60)]
    assert times(rows, 60)["a", "b"].quantile(0.5) == pytest.approx(12.0, abs=0.5)


def test_parcels_that_have_not_arrived_make_it_longer():
    rows = [told(f"p{at}", "EMC", "a", 10) for at in range(120)] + [told(f"p{at}", "EMD", "b", 22) for at in range(60)]
    assert times(rows, 120)["a", "b"].quantile(0.8) > 24


def test_a_hub_where_nobody_looks_does_not_make_the_leg_to_it_endless():
    """Half of the parcels are told next beyond the hub: their leg has ended, only nobody saw it."""
    rows = [told(f"p{at}", "EMC", "a", 10) for at in range(120)]
    rows += [told(f"p{at}", "EMD", "b" if at < 60 else "c", 22) for at in range(120)]
    assert times(rows, 120)["a", "b"].quantile(0.9) == pytest.approx(12.0, abs=0.6)


def test_few_parcels_say_nothing():
    rows = [told(f"p{at}", "EMC", "a", 10) for at in range(30)] + [told(f"p{at}", "EMD", "b", 22) for at in range(30)]
    assert times(rows, 30) == {}
