"""What is said of payments on wrong inputs where the work on a single player was too short."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from landbridge.cooperation import Effort, sensitivity
from landbridge.cooperation.endow import base_values, endow
from landbridge.cooperation.made_up import make_case
from landbridge.cooperation.sensitivity import try_payments
from landbridge.cooperation.values import Valued
from landbridge.model.shares import SensitivityRow
from landbridge.planning import PlanLimits
from landbridge.runtime import Cache, Workers


def tried(monkeypatch: pytest.MonkeyPatch, low: float, high: float) -> list[SensitivityRow]:
    def alone(asked, masks, *rest):
        return [Valued(mask=mask, low=low, high=high, prices=None, seconds=0.0) for mask in masks]

    endowment = endow(make_case(4))
    monkeypatch.setattr(sensitivity, "value_coalitions", alone)
    monkeypatch.setattr(sensitivity, "scenarios", lambda case: {"costs + 10 %": case})
    limits, workers, cache = PlanLimits(time_s=20.0), Workers(), Cache()
    rows = try_payments(
        endowment, [0.0] * 4, "all", limits, Effort(), workers, cache, 2, lambda: False, lambda *told: None
    )
    assert sum(base_values(endowment)) == 0
    return list(rows)


def test_who_has_no_bound_alone_is_not_certain_to_gain(monkeypatch):
    """An infinite bound was told as 0, and whoever has more than 0 as certain to gain."""
    rows = tried(monkeypatch, -math.inf, math.inf)
    assert len(rows) == 4
    assert any(row.result >= 0 for row in rows)
    total = sum(row.result for row in rows)
    for row in rows:
        assert row.alone_low == 0
        assert row.alone_high >= total - 0.02  # what all reach together
        assert row.verdict != "gains" or row.result >= row.alone_high


def test_of_whom_nothing_is_known_nothing_is_said(monkeypatch):
    """Neither its own bound nor one on all together."""
    monkeypatch.setattr(sensitivity, "plan_together", without_bound(sensitivity.plan_together))
    assert tried(monkeypatch, 0.0, math.inf) == []


def without_bound(plan):
    def planned(*args, **kwargs):
        found = plan(*args, **kwargs)
        return replace(found, summary=replace(found.summary, bound=None))

    return planned
