"""Games for tests: published ones, random ones of several families."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from landbridge.cooperation import Game, exact_game


@dataclass(frozen=True, slots=True)
class Published:
    """A game of the published collection; costs are kept as values below 0, and ``sign`` brings them back."""

    id: str
    players: tuple[str, ...]
    worth: np.ndarray
    sign: int
    facts: dict[str, Any]

    @property
    def game(self) -> Game:
        return exact_game(self.players, self.worth[1:])

    @property
    def alone(self) -> np.ndarray:
        return self.worth[[1 << i for i in range(len(self.players))]]

    @property
    def without(self) -> np.ndarray:
        return self.worth[[len(self.worth) - 1 ^ (1 << i) for i in range(len(self.players))]]

    def expected(self, *names: str) -> np.ndarray | None:
        """Expected shares in the sign of values; None where there are none."""
        value: Any = self.facts
        for name in names:
            value = (value or {}).get(name)
        return None if value is None else self.sign * np.array([float(Fraction(item)) for item in value])


@cache
def published(data: Path) -> dict[str, Published]:
    found = {}
    for case in json.loads((data / "cooperation" / "cases.json").read_text(encoding="utf-8"))["cases"]:
        sign = -1 if case["kind"] == "cost" else 1
        if "values" in case:
            values = [float(Fraction(value)) for value in case["values"]]
        else:  # the Security Council: five permanent members and at least four others
            values = [float(mask & 31 == 31 and (mask >> 5).bit_count() >= 4) for mask in range(1, 1 << 15)]
        players = tuple(
            f"{name}{index}" if case["n"] > 6 else name.replace(" ", "") for index, name in enumerate(case["players"])
        )
        found[case["id"]] = Published(case["id"], players, np.array([0.0, *(sign * v for v in values)]), sign, case)
    return found


def random_superadditive(rng: np.random.Generator, num_players: int) -> np.ndarray:
    """Whole values; each coalition is worth at least any split of it."""
    worth = np.zeros(1 << num_players)
    for mask in range(1, len(worth)):
        best, part = 0.0, (mask - 1) & mask
        while part:
            best = max(best, worth[part] + worth[mask ^ part])
            part = (part - 1) & mask
        worth[mask] = best + rng.integers(0, 8) * (rng.random() < 0.6)
    return worth


def random_convex(rng: np.random.Generator, num_players: int) -> np.ndarray:
    """A sum of unanimity games with weights of 0 or more."""
    worth = np.zeros(1 << num_players)
    masks = np.arange(len(worth))
    for mask in range(1, len(worth)):
        worth += int(rng.integers(0, 5)) * ((masks & mask) == mask)
    return worth
