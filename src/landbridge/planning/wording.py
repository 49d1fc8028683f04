"""Names of departures, limits, ways and grants, as reasons give them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from landbridge.model.case import Service
from landbridge.network import Network
from landbridge.planning.ways import Step, Way

MOST_NAMES = 3
"""Things of one sort that a reason names."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names what a network has."""

    network: Network

    def when(self, minute: int, zone: str) -> str:
        """Local date and time of a minute."""
        return self.network.places.clock.text(minute, zone)[:16].replace("T", " ")

    def run(self, key: tuple[int, int]) -> str:
        """A departure: its service and when it leaves."""
        service = self.service(key[0])
        zone = self.network.places.zone_by_hub[service.route[0]]
        return f"{service.service}@{self.when(key[1], zone)}"

    def service(self, vehicle: int) -> Service:
        """Service of a vehicle."""
        return self.network.vehicles.plans[self.network.vehicles.plan_by_vehicle[vehicle]].service

    def limit(self, limit: int, period: int) -> str:
        """What a run limit is, and how much it allows."""
        note = self.network.limit_notes[limit]
        cap = self.network.problem.limit_cap[limit]
        if note.kind in ("departure", "service"):
            name = "max_runs"
        elif note.kind == "pin":
            name = "pinned to"
        else:
            name = f"{note.kind} {note.resource} on day {period + 1}"
        quota = f" for {some(note.users)}" if note.users else ""
        return f"{name} {cap:g}{quota}"

    def steps(self, steps: Sequence[Step]) -> str:
        """A few steps, each named once."""
        return some(dict.fromkeys(self.step(step) for step in steps))

    def step(self, step: Step) -> str:
        """A leg by its service, a handling by its row, a free change by its hub."""
        if not step.is_link:
            return str(self.service(int(self.network.problem.leg_vehicle[step.index])).service)
        link = self.network.nodes.links[step.index]
        return link.row.handling if link.row is not None else self.network.case.hubs[link.hub].hub

    def way(self, way: Way) -> str:
        """A way by the services it rides."""
        names = dict.fromkeys(self.step(step) for step in way if not step.is_link)
        return " > ".join(names) or "in place"

    def wanted_grants(self, steps: Sequence[Step]) -> str:
        """Grants that would open the way."""
        wanted: dict[str, None] = {}
        for step in steps:
            if step.is_link:
                link = self.network.nodes.links[step.index]
                hub = self.network.case.hubs[link.hub]
                owner = link.row.owner if link.row is not None and link.row.owner else hub.owner
                wanted[f"a grant of hub {self.step(step)} from {owner}"] = None
                continue
            vehicle = int(self.network.problem.leg_vehicle[step.index])
            charterer = self.network.vehicles.charter_by_vehicle[vehicle].name
            wanted[f"a grant of service {self.service(vehicle).service} from {charterer}"] = None
        return f"it needs {some(wanted)}"


def some(names: Sequence[str] | dict[str, None]) -> str:
    """List a few names, and how many more there are."""
    listed = list(names)
    text = ", ".join(listed[:MOST_NAMES])
    return f"{text} and {len(listed) - MOST_NAMES} more" if len(listed) > MOST_NAMES else text
