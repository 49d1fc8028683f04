"""Runs as an organisation sees them: read from their folders, cut by ``visibility`` and kept for a while."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from landbridge.report.run import Run
from landbridge.server.errors import Refused
from landbridge.server.store import cases, rows, runs
from landbridge.server.store.database import Viewer
from landbridge.server.visibility import Disclosure, Holdings, SeenRun, corridor_to_json, visible_run

KEPT = 16
KEPT_BRIEFS = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """
    A run in a line of a list.

    ``value``, ``bound`` and ``gap`` are the whole corridor's, None where they are withheld; ``own_value`` is what the
    viewer books; ``corridor`` None: the viewer holds everything.
    """

    value: float | None
    bound: float | None
    gap: float | None
    own_value: float | None
    corridor: dict[str, Any] | None


@dataclass(slots=True)
class SeenRuns:
    """
    Runs that were looked at last, as they were seen.

    A run is cut again when who holds what, or what owners say of their capacities, has changed.
    """

    folder: Path
    _kept: OrderedDict[Any, SeenRun] = field(default_factory=OrderedDict)
    _briefs: OrderedDict[Any, Brief] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def brief(self, connection: Connection, viewer: Viewer, row: Mapping[str, Any]) -> Brief:
        """Give what a list tells of a run."""
        held = cases.holders(connection, row["case_id"])
        is_alone = set(held.values()) <= {viewer.organisation}
        if is_alone and row["value"] is not None:
            return Brief(value=row["value"], bound=row["bound"], gap=row["gap"], own_value=row["value"], corridor=None)
        place = (row["id"], viewer.organisation, tuple(sorted(held.items())))
        with self._lock:
            if place in self._briefs:
                return self._briefs[place]
        _, seen = self.see(connection, viewer, row["id"])
        own, found = seen.run.plan.summary, seen.corridor
        brief = Brief(
            value=found.value if found else own.value,
            bound=found.bound if found else own.bound,
            gap=found.gap if found else own.gap,
            own_value=own.value,
            corridor=corridor_to_json(found, seen.run.case) if found else None,
        )
        with self._lock:
            self._briefs[place] = brief
            while len(self._briefs) > KEPT_BRIEFS:
                self._briefs.popitem(last=False)
        return brief

    def see(self, connection: Connection, viewer: Viewer, run: str) -> tuple[dict[str, Any], SeenRun]:
        """Row of a run, and what the viewer may see of it."""
        row = runs.get(connection, viewer, run)
        holdings = Holdings(host=row["host_id"], by_party=cases.holders(connection, row["case_id"]))
        disclosures = disclosures_of(connection, row["case_id"])
        said = tuple(sorted((place, item.openness, *sorted(item.partners)) for place, item in disclosures.items()))
        place = (run, viewer.organisation, tuple(sorted(holdings.by_party.items())), said)
        with self._lock:
            if place in self._kept:
                self._kept.move_to_end(place)
                return row, self._kept[place]
        folder = self.folder / run
        if not (folder / "run.json").is_file():
            raise Refused(404, "no-plan", "this run left no plan; its tables are in the job", entity="run")
        found = visible_run(Run.read(folder), holdings, viewer.organisation, disclosures)
        with self._lock:
            self._kept[place] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return row, found


def disclosures_of(connection: Connection, case: str) -> dict[tuple[str, str], Disclosure]:
    """What owners of a case say of who sees their capacities, where it is not everybody."""
    return {
        place: Disclosure(openness=openness, partners=frozenset(partners))
        for place, (openness, partners) in rows.disclosures(connection, case).items()
    }
