"""In which order coalitions are looked at."""

from __future__ import annotations

import numpy as np

from landbridge.cooperation.endow import endow
from landbridge.cooperation.made_up import make_case
from landbridge.cooperation.search import Search
from landbridge.cooperation.values import Effort, Look, Valuation, start_valuation
from landbridge.runtime import Cache, Workers


class Noted(Search):
    """Finds nothing, and notes what it would have looked at."""

    looks: list[tuple[list[int], Look, int]]

    def value(self, masks: list[int], look: Look, times: int = 1) -> None:
        for mask in masks:
            if look is Look.PLAN:
                self.valuation.planned[mask] = times
            elif look is Look.TIGHTEN:
                self.valuation.tightened.add(mask)
            else:
                self.valuation.relaxed[mask] = None
        self.looks.append((masks, look, times))


def additive() -> Valuation:
    """Four players, each worth ten alone and together, to the unit."""
    valuation = start_valuation(endow(make_case(4)), "all", Workers(), Cache())
    for mask in range(16):
        valuation.low[mask] = valuation.high[mask] = 10.0 * mask.bit_count()
    return valuation


def search(valuation: Valuation) -> Noted:
    found = Noted(valuation, Effort(), 64, 2, lambda: False, lambda *_: None)
    found.looks = []
    return found


def test_a_coalition_that_goes_on_objecting_is_bounded_with_cut_sets_before_it_is_planned_for_longer():
    valuation = additive()
    valuation.high[15], valuation.high[7] = 60.0, 39.0
    found = search(valuation)
    found.plan_what_objects()
    seven = [(look, times) for masks, look, times in found.looks if masks == [7] and look is not Look.RELAX]
    assert seven == [(Look.PLAN, 1), (Look.TIGHTEN, 1), (Look.PLAN, 4), (Look.PLAN, 16)]
    assert found.looks[0] == ([7], Look.RELAX, 1)


def test_where_the_nucleolus_rests_on_one_coalition_the_next_is_relaxed_with_it():
    valuation = additive()
    valuation.high[15], valuation.high[7], valuation.high[11] = 60.0, 39.0, 35.0
    found = search(valuation)
    found.relax_what_binds()
    assert found.looks[0] == ([7, 11], Look.RELAX, 1)


def test_nothing_the_nucleolus_rests_on_is_left_however_many_rounds_that_takes():
    """Sixty rounds were all there were, and a share of twelve regions could end before its last level was settled."""
    valuation = start_valuation(endow(make_case(8)), "all", Workers(), Cache())
    size = np.array([mask.bit_count() for mask in range(256)])
    valuation.low, valuation.high = 10.0 * size, 10.0 * size + 5.0 * (size > 1) + np.arange(256) / 100.0
    valuation.low[255] = valuation.high[255] = 200.0
    found = search(valuation)
    found.settle()
    assert len(found.looks) > 0
    levels = found.division(found.game()).levels
    assert [mask for level in levels for mask in level.coalitions if found.is_open(mask)] == []


def test_what_is_known_to_the_unit_is_not_looked_at():
    found = search(additive())
    found.relax_what_binds()
    found.plan_ends()
    found.plan_what_objects()
    assert [masks for masks, _, _ in found.looks if masks] == []
