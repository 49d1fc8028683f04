"""The case ``far-east``: twelve border regions, one repeating week."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scripts.build_cases.facts import read_facts
from scripts.build_cases.far_east_network import (
    AGREEMENTS,
    LINES,
    PARTIES,
    build_grants,
    build_handling,
    build_hubs,
    build_pipeline,
    build_regions,
)  # fmt: skip
from scripts.build_cases.far_east_orders import GOODS, HOUR_CNY, build_orders
from scripts.build_cases.figures import departures_by_service
from scripts.build_cases.lines import build_lines
from scripts.build_cases.parameters import RATES, VEHICLES
from scripts.build_cases.readme import with_readme
from scripts.build_cases.routes import RouteMap
from scripts.build_cases.tables import Draft, case_of

from landbridge.model.case import Good, Settings, TimetableRow


def build_far_east() -> Draft:
    """Build the case ``far-east`` from the facts."""
    facts = read_facts()
    lines = build_lines(LINES, facts)
    pipeline = build_pipeline(facts)
    services = [*lines.services, pipeline]
    factors = {service.service: _factor(service.service) for service in lines.services} | {pipeline.service: 1.0}
    goods: tuple[Good, ...] = GOODS
    tables: dict[str, Sequence[Any]] = {
        "regions": build_regions(facts),
        "parties": PARTIES,
        "hubs": build_hubs(facts),
        "handling": build_handling(facts),
        "goods": goods,
        "services": services,
        "timetable": [*lines.timetable, TimetableRow(service=pipeline.service, every_h=24.0)],
        "fleets": lines.fleets,
        "agreements": AGREEMENTS,
        "grants": build_grants(),
    }
    settings = Settings(
        name="Far East: twelve border regions of China and Russia, one week",
        start="2026-10-05T00:00",
        cyclic=True,
        currency="CNY",
        timezone="Asia/Shanghai",
        rates=RATES,
        co2_cost_per_t=0.0,
    )
    empty = case_of(Draft(settings=settings, tables=tables))
    country = {hub.hub: facts.hubs[hub.hub].country for hub in empty.hubs}
    interval_h = {name: 168.0 / len(minutes) for name, minutes in departures_by_service(empty).items()}
    rows = RouteMap(services=services, handling=empty.handling, public_factor=factors, country=country,
                    interval_h=interval_h, hour_cost=HOUR_CNY)  # fmt: skip
    tables["orders"] = build_orders(empty, facts, rows)
    return with_readme(Draft(settings=settings, tables=tables), "far_east.md")


def _factor(service: str) -> float:
    line = service.removesuffix("-out").removesuffix("-back")
    vehicle = next(item.vehicle for item in LINES if item.line == line)
    return VEHICLES[vehicle].public_factor
