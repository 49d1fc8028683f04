"""Kaplan-Meier estimates against a published example and against exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landbridge.operations.arrival.life_table import (
    BIN_H,
    count_spells,
    life_table,
    merge_counts,
    product_limit,
    spread_around,
)

FREIREICH = ((6, 1), (6, 1), (6, 1), (6, 0), (7, 1), (9, 0), (10, 1), (10, 0), (11, 0), (13, 1), (16, 1), (17, 0),
             (19, 0), (20, 0), (22, 1), (23, 1), (25, 0), (32, 0), (32, 0), (34, 0), (35, 0))  # fmt: skip
PUBLISHED = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}


def counts(spells: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Entries, ends and losses by age, of (entry, exit, ended)."""
    size = max(exit_ for _, exit_, _ in spells) + 1
    entered, ended, left = (np.zeros(size, dtype=np.int64) for _ in range(3))
    for entry, exit_, is_end in spells:
        entered[entry] += 1
        (ended if is_end else left)[exit_] += 1
    return entered, ended, left


def test_the_estimate_of_the_remission_times_of_freireich_is_the_published_one():
    """Freireich et al. (1963), as in Kleinbaum and Klein, Survival Analysis, table 2.1: 6-MP, 21 patients, weeks."""
    survival = product_limit(*counts([(0, week, seen) for week, seen in FREIREICH]))
    for week, chance in PUBLISHED.items():
        assert survival[week] == pytest.approx(chance, abs=5e-4)


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 12), st.integers(0, 1)), min_size=1, max_size=40))
def test_with_delayed_entry_it_is_the_product_over_those_at_risk(rows):
    """Second method: for each age, look through all spells who is at risk; exact fractions."""
    spells = [(min(entry, exit_), exit_, seen) for entry, exit_, seen in rows]
    survival = product_limit(*counts(spells))
    chance = Fraction(1)
    for age in range(len(survival)):
        at_risk = sum(entry <= age <= exit_ for entry, exit_, _ in spells)
        ends = sum(seen and exit_ == age for _, exit_, seen in spells)
        later = any(seen and exit_ > age for _, exit_, seen in spells)
        if at_risk and not (ends == at_risk and later):
            chance *= Fraction(at_risk - ends, at_risk)
        assert survival[age] == pytest.approx(float(chance), abs=1e-12)


def spells(hours: np.ndarray, ended: np.ndarray, entry: np.ndarray | float = 0.0) -> pl.DataFrame:
    frame = pl.DataFrame({"exit_h": hours, "ended": ended})
    entries = pl.Series("entry_h", np.broadcast_to(np.asarray(entry, dtype=float), hours.shape).copy())
    return frame.with_columns(entries, lane=pl.lit("l"), service=pl.lit("s"), leg=pl.lit("1-2"))


def test_censored_parcels_do_not_make_a_leg_look_quick():
    """Looking after 20 h at legs of 10 to 60 h: the quick ones are known, yet the median is that of all."""
    hours = np.random.default_rng(0).uniform(10, 60, 20_000)
    started = np.random.default_rng(1).uniform(0, 200, 20_000)
    until = 200.0
    seen = started + hours <= until
    table = life_table(count_spells(spells(np.where(seen, hours, until - started), seen)))
    assert table.quantile(0.5) == pytest.approx(35.0, abs=0.7)
    assert table.quantile(0.9) == pytest.approx(55.0, abs=0.7)
    assert float(np.median(hours[seen])) < 34.2  # what delivered parcels alone would say


def test_counts_of_parts_add_up_to_the_counts_of_the_whole():
    rng = np.random.default_rng(2)
    hours, seen = rng.exponential(30, 999), rng.random(999) < 0.8
    whole = count_spells(spells(hours, seen))
    parts = [count_spells(spells(hours[at::3], seen[at::3])) for at in range(3)]
    assert merge_counts(parts).equals(whole)


@given(st.lists(st.tuples(st.floats(0, 300), st.booleans()), min_size=1, max_size=60))
def test_ages_and_chances_are_inverse_and_fall(rows):
    table = life_table(count_spells(spells(np.array([row[0] for row in rows]), np.array([row[1] for row in rows]))))
    ages = np.linspace(0, 400, 80)
    chance = table.survival_at(ages)
    assert (np.diff(chance) <= 1e-12).all()
    assert chance[0] <= 1.0
    inside = (chance > 1e-6) & (chance < 1.0)
    back = table.survival_at(table.age_at(chance[inside]))
    assert np.allclose(back, chance[inside], atol=1e-6)


def test_beyond_what_was_seen_parcels_go_on_leaving():
    """Half are lost sight of at 20 h: the rest of the curve falls at the rate of the last exits."""
    hours = np.concatenate([np.linspace(1, 20, 50), np.full(50, 20.0)])
    table = life_table(count_spells(spells(hours, np.arange(100) < 50)))
    assert 20 < table.quantile(0.9) < 400
    assert table.observed == 50


def test_a_leg_known_from_the_plan_has_its_time_as_the_median_and_is_wide():
    table = spread_around(40.0)
    assert table.quantile(0.5) == pytest.approx(40.0, rel=0.01)
    assert table.quantile(0.9) / table.quantile(0.1) > 3
    assert BIN_H == 0.5
