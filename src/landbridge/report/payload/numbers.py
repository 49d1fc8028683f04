"""Numbers as a page holds them: short."""

from __future__ import annotations

import math


def short(value: float, digits: int = 7) -> float:
    """Round to significant digits; whole numbers lose their point, so that JSON is short."""
    if value == 0 or not math.isfinite(value):
        return 0
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded == int(rounded) else rounded
