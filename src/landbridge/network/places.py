"""Looks rows of a case up by id: hubs, countries, zones, goods, dimensions."""

from __future__ import annotations

from dataclasses import dataclass

from landbridge.model.case import Case, Good, Handling, Party, Service, TimetableRow
from landbridge.model.clock import Clock
from landbridge.network.owners import Ownership, parse_owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """
    A case with its indices.

    Parameters
    ----------
    parties
        Parties in file order; one a region when the case has none.
    country_by_hub, zone_by_hub
        By id of the hub; a blank zone is replaced with the case's.
    rows_by_hub
        Rows of ``handling`` that match a pair of modes at the hub (semantics §3.3).
    dimensions
        Every dimension a good takes or a service limits, in order of appearance.
    """

    case: Case
    clock: Clock
    parties: tuple[Party, ...]
    region_by_party: dict[str, str]
    hub_idx: dict[str, int]
    country_by_hub: dict[str, str]
    zone_by_hub: dict[str, str]
    good_by_id: dict[str, Good]
    service_idx: dict[str, int]
    fleet_idx: dict[str, int]
    timetable_by_service: dict[str, tuple[TimetableRow, ...]]
    rows_by_hub: dict[str, tuple[Handling, ...]]
    owner_by_text: dict[str, Ownership]
    dimensions: tuple[str, ...]

    def owner(self, text: str) -> Ownership:
        """Ownership of an owner cell."""
        return self.owner_by_text[text]

    def shift_min(self, hub: str) -> int:
        """Minutes after local midnight at the hub when the case starts."""
        return self.clock.shift_min(self.zone_by_hub[hub])


def look_up(case: Case) -> Places:
    """Index a case."""
    parties = case.parties or tuple(Party(party=row.region, region=row.region, name=row.name) for row in case.regions)
    country = {row.region: row.country for row in case.regions}
    timetable: dict[str, list[TimetableRow]] = {}
    for row in case.timetable:
        timetable.setdefault(row.service, []).append(row)
    rows: dict[str, list[Handling]] = {}
    for handling in case.handling:
        if matches_pairs(handling):
            rows.setdefault(handling.hub, []).append(handling)
    owners = {row.owner for table in (case.hubs, case.handling, case.services) for row in table}
    return Places(
        case=case,
        clock=Clock.of(case.settings),
        parties=parties,
        region_by_party={row.party: row.region for row in parties},
        hub_idx={row.hub: index for index, row in enumerate(case.hubs)},
        country_by_hub={row.hub: country[row.region] for row in case.hubs},
        zone_by_hub={row.hub: row.timezone or case.settings.timezone for row in case.hubs},
        good_by_id={row.good: row for row in case.goods},
        service_idx={row.service: index for index, row in enumerate(case.services)},
        fleet_idx={row.fleet: index for index, row in enumerate(case.fleets)},
        timetable_by_service={key: tuple(found) for key, found in timetable.items()},
        rows_by_hub={key: tuple(found) for key, found in rows.items()},
        owner_by_text={text: parse_owner(text) for text in owners},
        dimensions=_dimensions(case.goods, case.services),
    )


def matches_pairs(row: Handling) -> bool:
    """Tell whether a handling row matches a pair of modes, rather than only counting runs (semantics §3.3)."""
    return bool(row.from_mode or row.to_mode) or row.cap_runs_per_day is None


def _dimensions(goods: tuple[Good, ...], services: tuple[Service, ...]) -> tuple[str, ...]:
    found = dict.fromkeys(dim for good in goods for dim in good.per_unit)
    found.update(dict.fromkeys(dim for service in services for dim in service.capacity))
    return tuple(found) or ("t",)
