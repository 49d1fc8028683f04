"""The case ``china-russia``: all regions of both countries, parcels and containers, one repeating week."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from scripts.build_cases.china_russia_network import build_line_list, line_hubs
from scripts.build_cases.facts import Facts, great_circle_km, read_facts
from scripts.build_cases.groups import GROUPS
from scripts.build_cases.lines import build_lines
from scripts.build_cases.parameters import CNY_PER_T_KM_AIR, GAUGE_CNY_PER_T, GAUGE_H, RATES, VEHICLES
from scripts.build_cases.readme import with_readme
from scripts.build_cases.tables import Draft
from scripts.build_cases.ways import Ways, build_ways
from scripts.build_cases.zones import zone_of

from landbridge.model.case import Agreement, Good, Grant, Handling, Hub, Order, Party, Region, Service, Settings
from landbridge.model.clock import WEEKDAYS

SEED = 20261006
KINDS = {"seaport": "port"}

OWNERS = (
    Party(party="cn-post", region="CN-BJ", name="Post of China", kind="post"),
    Party(party="cn-rail", region="CN-BJ", name="Railway of China", kind="railway"),
    Party(party="cn-carrier", region="CN-SH", name="Road and air carrier in Shanghai", kind="carrier"),
    Party(party="ru-post", region="RU-MOW", name="Post of Russia", kind="post"),
    Party(party="ru-rail", region="RU-MOW", name="Railway of Russia", kind="railway"),
    Party(party="ru-carrier", region="RU-SVE", name="Road and air carrier in Yekaterinburg", kind="carrier"),
    Party(party="sea-line", region="RU-PRI", name="Shipping line in Vladivostok", kind="shipping line"),
    Party(party="kz-rail", region="KZ", name="Railway of Kazakhstan", kind="railway"),
    Party(party="mn-rail", region="MN", name="Railway of Mongolia", kind="railway"),
)
"""Who owns vehicles and slots; what a region sends belongs to its own shippers."""

GOODS = (
    Good(
        good="parcel", name="Parcels", hs_code="9804", per_unit={"t": 1.0, "teu": 0.15}, handling_class="parcel",
        transit=("KZ",), name_ru="Посылки", name_zh="包裹", origin="assumed",
        source="unit: a tonne; 200 kg/m3 and 33 m3 a TEU",
    ),
    Good(
        good="container", name="Container loads", per_unit={"t": 10.0, "teu": 1.0}, handling_class="container",
        transit=("KZ", "MN"), name_ru="Контейнеры", name_zh="集装箱", origin="assumed", source="unit: a TEU of 10 t",
    ),
)  # fmt: skip

PARCEL_T_PER_WEEK = 30000 / 52
"""Weight of items from China, Russian Post, 2016: 30,000 t a year (flows.csv)."""
CONTAINER_TEU_PER_WEEK = (550_000 + 218_000) / 52
"""Zabaykalsk-Manzhouli 550,000 TEU both ways (2023) and FESCO Vladivostok-China 218,000 TEU (2023) (flows.csv)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One direction of one good: how many orders, how much in all, and how long they may take."""

    good: str
    count: int
    total: float
    northbound: bool
    lead_h: tuple[int, ...]


DEMANDS = (
    Demand(good="parcel", count=5200, total=PARCEL_T_PER_WEEK, northbound=True, lead_h=(240, 360, 480)),
    Demand(good="parcel", count=600, total=0.02 * PARCEL_T_PER_WEEK, northbound=False, lead_h=(240, 360, 480)),
    Demand(good="container", count=2700, total=0.6 * CONTAINER_TEU_PER_WEEK, northbound=True, lead_h=(360, 480, 600)),
    Demand(good="container", count=1800, total=0.4 * CONTAINER_TEU_PER_WEEK, northbound=False, lead_h=(360, 480, 600)),
)

NO_CONTAINERS = {"RU-CHU", "RU-NEN", "CN-HI"}
"""Regions that only aircraft reach in the facts."""
SELLERS = {"CN-ZJ": 4.0, "CN-GD": 4.0, "CN-FJ": 2.0, "CN-JS": 2.0, "CN-HL": 2.0}
"""Weight of provinces that hold most of the e-commerce export: assumed."""


def build_china_russia() -> Draft:
    """Build the case ``china-russia`` from the facts."""
    facts = read_facts()
    lines = build_line_list(facts)
    rows = build_lines(lines, facts)
    vehicle_of = {line.line: line.vehicle for line in lines}
    factors = {
        service.service: VEHICLES[vehicle_of[service.service.removesuffix("-out").removesuffix("-back")]].public_factor
        for service in rows.services
    }
    ways = build_ways(rows.services, GOODS, factors, {})
    hubs = line_hubs(lines)
    tables = {
        "regions": _regions(facts),
        "parties": (*OWNERS, *_shippers(facts)),
        "hubs": _hubs(facts, hubs),
        "handling": _handling(facts, hubs),
        "goods": GOODS,
        "services": rows.services,
        "timetable": rows.timetable,
        "orders": build_orders(facts, ways),
        "agreements": AGREEMENTS,
        "grants": _grants(rows.services),
    }
    settings = Settings(
        name="China and Russia: 114 regions, parcels and containers, one week",
        start="2026-10-05T00:00",
        cyclic=True,
        currency="CNY",
        timezone="Asia/Shanghai",
        rates=RATES,
    )
    return with_readme(Draft(settings=settings, tables=tables), "china_russia.md")


def _regions(facts: Facts) -> list[Region]:
    rows = [
        Region(
            region=fact.region, name=fact.name, country=fact.country, lat=fact.lat, lon=fact.lon,
            population=fact.population, group=GROUPS[fact.region], name_ru=fact.name_ru, name_zh=fact.name_zh,
            origin="observed group:assumed", source="census 2020" if fact.country == "CN" else "Rosstat 2020",
        )
        for fact in facts.regions.values()
    ]  # fmt: skip
    rows.append(
        Region(
            region="KZ",
            name="Kazakhstan (transit)",
            country="KZ",
            name_ru="Казахстан",
            name_zh="哈萨克斯坦",
            origin="observed",
            source="ISO 3166-1",
        )
    )
    rows.append(
        Region(
            region="MN",
            name="Mongolia (transit)",
            country="MN",
            name_ru="Монголия",
            name_zh="蒙古",
            origin="observed",
            source="ISO 3166-1",
        )
    )
    return rows


def _shippers(facts: Facts) -> list[Party]:
    """Whose the orders of each region are: one party for all that its posts, marketplaces and forwarders send."""
    return [
        Party(party=_shippers_of(region), region=region, name=f"Shippers of {fact.name}", kind="shippers")
        for region, fact in facts.regions.items()
    ]


def _shippers_of(region: str) -> str:
    return f"{region}-shippers"


def _hubs(facts: Facts, used: set[str]) -> list[Hub]:
    rows = []
    for fact in facts.hubs.values():
        if fact.hub in used:
            kind = KINDS.get(fact.kind, fact.kind)
            region = fact.region or fact.country
            rows.append(
                Hub(
                    hub=fact.hub, region=region, name=fact.name, kind=kind, lat=fact.lat, lon=fact.lon,
                    timezone=zone_of(region, fact.country), unlocode=fact.code if kind == "port" else "",
                    store_cost_per_t_h=0.05, name_ru=fact.name_ru, name_zh=fact.name_zh,
                    origin="observed store_cost_per_t_h:assumed", source=fact.source,
                )
            )  # fmt: skip
    return rows


_GAUGE = ("xing:manzhouli", "xing:suifenhe", "xing:tongjiang", "xing:hunchun", "xing:erenhot", "xing:alashankou",
          "xing:khorgos-cn")  # fmt: skip


def _handling(facts: Facts, used: set[str]) -> list[Handling]:
    rows = [
        Handling(handling=f"dock@{hub}", hub=hub, dwell_h=6.0, cost_per_t=15.0, origin="assumed", source="cross-dock")
        for hub in facts.hubs
        if hub in used and facts.hubs[hub].kind == "city"
    ]
    rows += [
        Handling(
            handling=f"gauge@{hub}", hub=hub, from_mode="rail", to_mode="rail", dwell_h=GAUGE_H,
            cost_per_t=round(GAUGE_CNY_PER_T, 1), origin="derived",
            source="329 USD/20 t (Dostyk, CPMM 2020); up to 6 h, https://reconasia.csis.org/gaining-steam/",
        )
        for hub in _GAUGE
    ]  # fmt: skip
    for name, hub, cap, owner, origin, source in (
        ("zabaykalsk", "xing:zabaykalsk", 14, "cn-rail:0.5 ru-rail:0.5", "derived",
         "28 trains a day (H1 2023), http://de.brnn.com/n3/2023/0707/c416984-20041052.html, half each way"),
        ("dostyk", "xing:dostyk", 12, "cn-rail:0.5 kz-rail:0.5", "assumed", "about 15 Mt a year (2014)"),
    ):  # fmt: skip
        rows += [
            Handling(
                handling=f"slots:{name}-{way}", hub=hub, owner=owner, direction=way, cap_runs_per_day=float(cap),
                from_mode="rail", origin=origin, source=source,
            )
            for way in ("in", "out")
        ]  # fmt: skip
    return rows


def _agreement(agreement: str, name: str, status: str) -> Agreement:
    return Agreement(agreement=agreement, name=name, status=status, origin="assumed", source="invented for this case")


AGREEMENTS = (
    _agreement(agreement="railways", name="Railways carry for all and share slots", status="in_force"),
    _agreement(agreement="carriers", name="Carriers of both sides and the shipping line take cargo of all",
              status="in_force"),
    _agreement(agreement="posts", name="Posts carry parcels of all on their flights", status="in_force"),
    _agreement(agreement="consolidation", name="Who charters a public train or truck takes freight of all",
              status="in_force"),
)  # fmt: skip


def _grants(services: Iterable[Service]) -> list[Grant]:
    railways = ("cn-rail", "ru-rail", "kz-rail", "mn-rail")
    rows = [Grant(agreement="railways", giver=giver, taker="*", kind="service") for giver in railways]
    rows += [Grant(agreement="railways", giver=giver, taker="*", kind="hub") for giver in railways]
    rows += [
        Grant(agreement="carriers", giver=giver, taker="*", kind="service")
        for giver in ("cn-carrier", "ru-carrier", "sea-line")
    ]
    rows += [Grant(agreement="posts", giver=giver, taker="*", kind="service") for giver in ("cn-post", "ru-post")]
    rows += [
        Grant(agreement="consolidation", giver="*", taker="*", kind="service", resource=service.service)
        for service in services
        if not service.owner
    ]
    return rows


def build_orders(facts: Facts, ways: Ways) -> list[Order]:
    """Gravity between provinces and subjects, scaled to the published totals; one seeded generator."""
    rng = np.random.default_rng(SEED)
    orders: list[Order] = []
    for demand in DEMANDS:
        orders += _direction(demand, facts, ways, rng, len(orders))
    return orders


def _direction(demand: Demand, facts: Facts, ways: Ways, rng: np.random.Generator, first: int) -> list[Order]:
    pairs = _pairs(demand, facts, ways)
    gravity = np.array([weight for _, _, weight in pairs])
    # many small orders between large places, at least a chance for small ones: numbers go with the root of gravity
    often = np.sqrt(gravity)
    marks = (np.arange(demand.count) + rng.random()) / demand.count * often.sum()
    chosen = np.searchsorted(np.cumsum(often), marks)
    size = (gravity / often)[chosen] * np.exp(rng.normal(0.0, 0.5, demand.count))
    size = np.maximum(size * demand.total / size.sum(), 0.02 if demand.good == "parcel" else 1.0)
    size *= demand.total / size.sum()
    rng.random(demand.count)  # drawn when senders were: kept, so that times and prices stay what they were
    day, evening = rng.integers(0, 7, demand.count), rng.integers(0, 2, demand.count)
    lead = rng.choice(demand.lead_h, demand.count)
    level = rng.uniform(0.85, 1.3, demand.count)
    rows = []
    for at, pick in enumerate(chosen):
        start, end, _ = pairs[pick]
        price = _price(demand.good, start, end, facts, ways) * level[at]
        rows.append(
            Order(
                order=f"{'P' if demand.good == 'parcel' else 'C'}{first + at + 1:05d}", good=demand.good,
                party=_shippers_of(start.removeprefix("city:")),
                qty=round(float(size[at]), 3 if demand.good == "parcel" else 1), from_hub=start, to_hub=end,
                price_per_unit=float(round(price)),
                ready=f"{WEEKDAYS[int(day[at])]} {'20:00' if evening[at] else '10:00'}", due=f"+{int(lead[at])}h",
                origin="derived", source="gravity: README",
            )
        )  # fmt: skip
    return rows


def _pairs(demand: Demand, facts: Facts, ways: Ways) -> list[tuple[str, str, float]]:
    sides: Mapping[str, list[str]] = {
        country: [f"city:{region}" for region, fact in facts.regions.items() if fact.country == country
                  and (demand.good == "parcel" or region not in NO_CONTAINERS)]
        for country in ("CN", "RU")
    }  # fmt: skip
    starts, ends = (sides["CN"], sides["RU"]) if demand.northbound else (sides["RU"], sides["CN"])
    return [
        (a, b, _mass(a, demand, facts) * _mass(b, demand, facts) / great_circle_km(facts.hubs[a], facts.hubs[b]))
        for a in starts
        for b in ends
        if b in ways.hours[demand.good].get(a, {})
    ]


def _mass(hub: str, demand: Demand, facts: Facts) -> float:
    region = hub.removeprefix("city:")
    sells = SELLERS.get(region, 1.0) if demand.good == "parcel" and demand.northbound else 1.0
    return sells * facts.regions[region].population / 1e6


def _price(good: str, start: str, end: str, facts: Facts, ways: Ways) -> float:
    """Parcels: 60 % of the air tariff over the great circle; containers: public tariff of the cheapest way / 0.6."""
    if good == "parcel":
        return 0.6 * CNY_PER_T_KM_AIR * great_circle_km(facts.hubs[start], facts.hubs[end])
    return math.ceil(ways.tariff[good][start][end] / 0.6)
