"""Projection and outlines of the map."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_MERIDIAN, _PARALLELS, _FAR = 105.0, (40.0, 65.0), 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Albers:
    """
    Albers' conic equal-area projection.

    The meridian is 105° E and the parallels 40° and 65° N for points around it, as on the page of
    ``landbridge report``; elsewhere both follow the points.

    References
    ----------
    .. [1] Snyder, J. P. (1987). Map Projections: A Working Manual. USGS Professional Paper 1395, section 14.
           https://doi.org/10.3133/pp1395.
    """

    meridian: float
    parallels: tuple[float, float]

    @classmethod
    def fitting(cls, lon: FloatArray, lat: FloatArray) -> Albers:
        """Projection for some points, in degrees."""
        if len(lon) == 0 or (np.all(np.abs(_wrap(lon - _MERIDIAN)) <= _FAR) and np.all(lat > 15)):
            return cls(meridian=_MERIDIAN, parallels=_PARALLELS)
        middle = np.angle(np.exp(1j * np.radians(lon)).mean(), deg=True)
        sixth = max(1.0, (lat.max() - lat.min()) / 6)
        low, high = lat.min() + sixth, lat.max() - sixth
        if abs(low + high) < 2:  # a cone needs a side
            low, high = low - 5, high + 6
        return cls(meridian=float(middle), parallels=(float(low), float(high)))

    def project(self, lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Place points, in degrees, on the plane of a globe of radius 1 (eq. 14-1 to 14-6 of [1])."""
        first, second = np.radians(self.parallels)
        n = (np.sin(first) + np.sin(second)) / 2
        c = np.cos(first) ** 2 + 2 * n * np.sin(first)
        rho = np.sqrt(np.maximum(0.0, c - 2 * n * np.sin(np.radians(lat)))) / n
        theta = n * np.radians(_wrap(lon - self.meridian))
        return rho * np.sin(theta), -rho * np.cos(theta)


@cache
def outlines() -> tuple[FloatArray, ...]:
    """Lines of coasts and borders, each of shape ``(points, 2)`` in degrees."""
    text = (files("landbridge.report") / "assets" / "outlines.json").read_text(encoding="utf-8")
    content = json.loads(text)
    scale, shift = (np.array(content["transform"][name]) for name in ("scale", "translate"))
    return tuple(np.cumsum(np.array(arc), axis=0) * scale + shift for arc in content["arcs"])


def _wrap(degrees: FloatArray) -> FloatArray:
    wrapped: FloatArray = (degrees + 180.0) % 360.0 - 180.0
    return wrapped
