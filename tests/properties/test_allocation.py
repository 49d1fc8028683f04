"""Allocations: never over a load, earliest promise first, and on a re-plan the least change."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers.ways import hour, parcels_of, way, ways_of

from landbridge.operations.allocation import allocate, compare_allocations

ORDERS = ("o", "q")


@st.composite
def plans(draw, services: str = "stu"):
    rows = []
    for at in range(draw(st.integers(1, 6))):
        leaves = draw(st.integers(0, 20))
        rows.append(
            way(
                draw(st.sampled_from(ORDERS)),
                leaves,
                leaves + draw(st.integers(1, 20)),
                draw(st.integers(0, 8)) / 2,
                service=f"{draw(st.sampled_from(services))}{at}",
            )
        )
    return ways_of(rows)


@st.composite
def many_parcels(draw):
    rows = []
    for _ in range(draw(st.integers(1, 16))):
        promised = draw(st.one_of(st.none(), st.integers(1, 45)))
        rows.append(
            {
                "order": draw(st.sampled_from((*ORDERS, None))),
                "weight_kg": draw(st.integers(1, 6)) / 4,
                "ready": hour(draw(st.integers(0, 22))),
                "promised": hour(promised) if promised is not None else None,
            }
        )
    return parcels_of(rows)


def loads(found: pl.DataFrame, ways) -> pl.DataFrame:
    used = found.filter(pl.col("way").is_not_null()).group_by("order", "way").agg(pl.col("weight_kg").sum())
    return used.join(ways.ways, on=["order", "way"], how="left")


@pytest.mark.slow
@given(plans(), many_parcels())
def test_no_way_is_over_its_load_and_no_parcel_leaves_before_it_is_ready(ways, parcels):
    found = allocate(parcels, ways)
    assert found["parcel"].n_unique() == found.height == parcels.height
    used = loads(found, ways)
    assert used["room_kg"].null_count() == 0
    assert (used["weight_kg"] <= used["room_kg"] * (1 + 1e-6)).all()
    placed = found.filter(pl.col("way").is_not_null())
    assert (placed["leaves"] >= placed["ready"]).all()
    own = placed.join(parcels.select("parcel", pl.col("order").alias("wanted")), on="parcel").drop_nulls("wanted")
    assert (own["order"].str.split("@").list.first() == own["wanted"]).all()


@pytest.mark.slow
@given(plans(), many_parcels())
def test_nobody_without_a_place_would_have_fitted(ways, parcels):
    """A parcel that says no-room finds no way of its group with room for it that it can catch."""
    found = allocate(parcels, ways)
    left = ways.ways.join(loads(found, ways).select("order", "way", "weight_kg"), on=["order", "way"], how="left")
    left = left.with_columns(free=pl.col("room_kg") - pl.col("weight_kg").fill_null(0.0))
    for row in found.filter(pl.col("code") == "no-room").iter_rows(named=True):
        mine = left.filter((pl.col("base") == row["order"]) if row["order"] else pl.lit(value=True))
        assert mine.filter((pl.col("leaves") >= row["ready"]) & (pl.col("free") >= row["weight_kg"] + 1e-6)).is_empty()


@pytest.mark.slow
@given(plans(), many_parcels())
def test_of_parcels_alike_the_earlier_promise_never_arrives_later(ways, parcels):
    alike = parcels.with_columns(weight_kg=pl.lit(1.0), ready=pl.lit(hour(0)), order=pl.lit("o"))
    found = allocate(alike, ways).sort("promised", nulls_last=True)
    arrives = found["arrives"].fill_null(datetime(2099, 1, 1, tzinfo=UTC))
    promised = found["promised"].fill_null(datetime(2099, 1, 1, tzinfo=UTC))
    for at in range(1, found.height):
        if promised[at] > promised[at - 1]:
            assert arrives[at] >= arrives[at - 1]


@pytest.mark.slow
@settings(max_examples=50)
@given(plans(), many_parcels())
def test_a_plan_that_stays_moves_nobody(ways, parcels):
    before = allocate(parcels, ways)
    after = allocate(parcels, ways, before=before, now=hour(5))
    change = compare_allocations(before, after)
    late_starters = before.filter(pl.col("way").is_null()).height
    assert change.moved == change.lost == 0
    assert change.kept == before.height - late_starters


@pytest.mark.slow
@settings(max_examples=50)
@given(plans(), many_parcels(), st.integers(0, 25), st.data())
def test_on_a_replan_only_those_move_whose_way_is_gone_or_smaller(ways, parcels, now, data):
    before = allocate(parcels, ways)
    keep = [data.draw(st.booleans()) or row["leaves"] < hour(now) for row in ways.ways.iter_rows(named=True)]
    rows = [
        row | {"service": row["way"].split("@")[0]}
        for row, kept in zip(ways.ways.to_dicts(), keep, strict=True)
        if kept
    ]
    fresh = way("o", now + 3, now + 9, 3, service="new")
    changed = ways_of([*rows, fresh])
    after = allocate(parcels, changed, before=before, now=hour(now))
    both = before.join(after, on="parcel", suffix="_new")
    stays = both.join(changed.ways.select("order", "way"), on=["order", "way"], how="semi")
    assert (stays["way"] == stays["way_new"]).all()
    moved = both.filter(pl.col("way_new").is_not_null() & pl.col("way").ne_missing(pl.col("way_new")))
    assert (moved["leaves_new"] >= hour(now)).all()  # nothing can leave in the past
    used = loads(after, changed)
    assert (used["weight_kg"] <= used["room_kg"] * (1 + 1e-6)).all()
