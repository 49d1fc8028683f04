"""Made-up cases are sound, repeatable, and grow in proportion."""

from __future__ import annotations

import pytest
from bench.made_up import make_case

from landbridge.model.validate import validate


@pytest.mark.parametrize("orders", [1, 300, 1000])
def test_a_made_up_case_has_no_findings(orders: int) -> None:
    case = make_case(orders)
    assert len(case.orders) == orders
    assert validate(case) == []


def test_the_same_number_and_seed_give_the_same_case() -> None:
    assert make_case(200, 3) == make_case(200, 3)
    assert make_case(200, 3) != make_case(200, 4)


def test_everything_grows_with_the_orders() -> None:
    small, large = make_case(1000), make_case(4000)
    for table in ("regions", "hubs", "services", "timetable", "handling", "orders"):
        assert len(getattr(large, table)) == pytest.approx(4 * len(getattr(small, table)), rel=0.1)
