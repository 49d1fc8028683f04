"""Read the facts (regions, hubs, lanes) that the cases are built from; nothing here knows what a case is."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionFact:
    """A region: population from a census, place of its capital."""

    region: str
    name: str
    country: str
    lat: float
    lon: float
    population: float
    population_year: str
    name_ru: str
    name_zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFact:
    """A place; ``region`` is empty in Mongolia and Kazakhstan."""

    hub: str
    name: str
    region: str
    country: str
    kind: str
    lat: float
    lon: float
    population: float
    code: str
    source: str
    note: str
    name_ru: str
    name_zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A link between two hubs by one mode; undirected."""

    ends: tuple[str, str]
    mode: str
    distance_km: float
    method: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts, by id."""

    regions: Mapping[str, RegionFact]
    hubs: Mapping[str, HubFact]
    lanes: tuple[Lane, ...]

    def distance_km(self, start: str, end: str, mode: str) -> float | None:
        """
        Length of the lane of a mode between two hubs; by land, where there is none, of the shortest way over lanes.

        None when the facts know no way. Ships and aircraft go directly or not at all.
        """
        graph: dict[str, list[tuple[str, float]]] = {}
        for lane in self.lanes:
            if lane.mode == mode:
                a, b = lane.ends
                graph.setdefault(a, []).append((b, lane.distance_km))
                graph.setdefault(b, []).append((a, lane.distance_km))
                if {a, b} == {start, end}:
                    return lane.distance_km
        return None if mode in ("sea", "air") else shortest(graph, start).get(end)


def great_circle_km(a: HubFact, b: HubFact) -> float:
    """Great-circle distance of two places on a sphere of 6371 km."""
    lat1, lat2 = math.radians(a.lat), math.radians(b.lat)
    half_lat, half_lon = (lat2 - lat1) / 2, math.radians(b.lon - a.lon) / 2
    part = math.sin(half_lat) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(half_lon) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(part))


def shortest(graph: Mapping[str, Iterable[tuple[str, float]]], start: str) -> dict[str, float]:
    """Dijkstra: least sum of weights from ``start`` to each node it reaches."""
    found: dict[str, float] = {}
    queue = [(0.0, start)]
    while queue:
        weight, node = heappop(queue)
        if node in found:
            continue
        found[node] = weight
        for other, step in graph.get(node, ()):
            if other not in found:
                heappush(queue, (weight + step, other))
    return found


def facts_folder() -> Path:
    """Folder of the facts: ``far-east`` in ``LANDBRIDGE_DATA``, by default in ``../shared/data``."""
    return Path(os.environ.get("LANDBRIDGE_DATA", ROOT.parent / "shared" / "data")) / "far-east"


def read_facts(folder: Path | None = None) -> Facts:
    """Read regions, hubs and lanes with their names in Russian and Chinese."""
    folder = folder or facts_folder()
    region_names = {row["region"]: row for row in _rows(HERE / "region_names.csv")}
    hub_names = {row["hub"]: row for row in _rows(HERE / "hub_names.csv")}
    regions = {
        row["iso_3166_2"]: RegionFact(
            region=row["iso_3166_2"],
            name=row["name"],
            country=row["country"],
            lat=float(row["lat"]),
            lon=float(row["lon"]),
            population=float(row["population"]),
            population_year=row["population_year"],
            name_ru=region_names[row["iso_3166_2"]]["name_ru"],
            name_zh=region_names[row["iso_3166_2"]]["name_zh"],
        )
        for row in _rows(folder / "regions.csv")
    }
    hubs = {}
    for row in _rows(folder / "hubs.csv"):
        names = hub_names.get(row["id"], {"name_ru": "", "name_zh": ""})
        hubs[row["id"]] = HubFact(
            hub=row["id"],
            name=row["name"],
            region=row["region"],
            country=row["country"],
            kind=row["kind"],
            lat=float(row["lat"]),
            lon=float(row["lon"]),
            population=float(row["population"] or 0),
            code=row["code"],
            source=row["source"],
            note=row["note"],
            name_ru=names["name_ru"],
            name_zh=names["name_zh"],
        )
    lanes = tuple(
        Lane(
            ends=(row["from"], row["to"]), mode=row["mode"], distance_km=float(row["distance_km"]), method=row["method"]
        )
        for row in _rows(folder / "lanes.csv")
    )
    return Facts(regions, hubs, lanes)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
