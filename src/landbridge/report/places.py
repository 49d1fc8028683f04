"""What the rows of a case are called, in the three languages, and where they stand in lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from landbridge.model.case import Case

LANGUAGES = ("en", "ru", "zh")
"""Languages of reports: English, Russian, Chinese."""


class Named(Protocol):
    """A row with names in three languages."""

    @property
    def name(self) -> str:
        """Name in English."""

    @property
    def name_ru(self) -> str:
        """Name in Russian."""

    @property
    def name_zh(self) -> str:
        """Name in Chinese."""


def names_of(row: Named, key: str) -> list[str]:
    """English, Russian and Chinese name; a missing one is the English, a missing English one is the id."""
    name = row.name or key
    return [name, row.name_ru or name, row.name_zh or name]


def index_by(keys: Iterable[str]) -> dict[str, int]:
    """Place of each key in a list."""
    return {key: place for place, key in enumerate(keys)}


class Index:
    """Places of a case's rows in the lists of a report."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.hub = index_by(row.hub for row in case.hubs)
        self.good = index_by(row.good for row in case.goods)
        self.party = index_by(row.party for row in case.parties)
        self.region = index_by(row.region for row in case.regions)
        self.service = index_by(row.service for row in case.services)
        self.handling = index_by(row.handling for row in case.handling)
        self.modes = list(dict.fromkeys(row.mode for row in case.services))
        self.mode = index_by(self.modes)
        self.t_per_unit = {row.good: row.per_unit.get("t", 0.0) for row in case.goods}
        self.good_by_order = {row.order: row.good for row in case.orders}
        self.region_by_hub = {row.hub: row.region for row in case.hubs}
        self.country_by_hub = {
            hub.hub: case.regions[self.region[hub.region]].country for hub in case.hubs if hub.region in self.region
        }
