"""What limits of a search may be."""

from __future__ import annotations

import math

import pytest

from landbridge.engine import Limits
from landbridge.errors import InvalidInstance


@pytest.mark.parametrize("name", ["time_s", "gap", "work"])
def test_a_limit_that_is_no_number_is_refused(name: str) -> None:
    """Nothing is ever more than nan: the search would not end."""
    with pytest.raises(InvalidInstance, match=f"{name} is nan; expected"):
        Limits(**{name: math.nan})


def test_no_limit_is_infinity() -> None:
    assert Limits(time_s=math.inf, work=math.inf) == Limits()
