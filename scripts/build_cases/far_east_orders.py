"""
Goods and orders of the case ``far-east``: modelled demand, by formula, before anything is solved.

Who sends to whom is drawn by gravity (population of the two places, over distance); how much, when and at what price
follows from the public tariff. The formulas stand in the case's README.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scripts.build_cases.facts import Facts
from scripts.build_cases.far_east_network import CN_PARTIES, RU_PARTIES
from scripts.build_cases.parameters import CNY_PER_T_KM_PIPE
from scripts.build_cases.ways import Ways

from landbridge.model.case import Good, Order
from landbridge.model.clock import WEEKDAYS

SEED = 20261005
FILL = 0.5
"""Part of a vehicle that a public carrier fills with part-loads: price of a part-load = full-load tariff / FILL."""

ANCHOR_LEVEL = 1.2
"""Price level of each region's regular, nearly full load: its trade goes on without partners."""

PRICE_MODES = {"parcel": {"road", "air"}, "machinery": {"road"}, "seafood": {"road", "sea"}, "milk": {"road"}}
"""Modes whose tariff makes the price of carriage, where they reach; otherwise, and for other goods, any mode."""

_HOUSE = {
    "CN-HL": "hl-freight", "CN-JL": "jl-freight", "CN-LN": "ln-freight", "CN-NM": "nm-freight",
    "RU-PRI": "pri-freight", "RU-KHA": "kha-freight", "RU-AMU": "amu-freight", "RU-YEV": "yev-freight",
    "RU-ZAB": "zab-freight", "RU-BU": "bu-freight", "RU-IRK": "irk-freight", "RU-SAK": "sak-sea",
}  # fmt: skip
_SPECIAL = {("CN-HL", "parcel"): "hl-post", ("RU-PRI", "seafood"): "pri-sea"}

GOODS = (
    Good(good="parcel", name="Parcels in bags", hs_code="9804", per_unit={"t": 1.0, "m3": 5.0},
         handling_class="parcel", name_ru="Посылки", name_zh="包裹", origin="assumed",
         source="200 kg/m3 assumed; about 0.35 kg an item, http://e.my399.com/companies/2021-01-25/5491.html"),
    Good(good="soybeans", name="Soybeans", hs_code="1201", per_unit={"t": 1.0}, handling_class="bulk",
         name_ru="Соя", name_zh="大豆", origin="assumed", source="unit: a tonne, bagged or in liners"),
    Good(good="milk", name="Milk and yogurt", hs_code="0401", per_unit={"t": 1.0}, handling_class="chilled",
         life_h=120.0, name_ru="Молоко", name_zh="牛奶", origin="assumed", source="life of chilled milk in transit"),
    Good(good="seafood", name="Frozen fish and crab", hs_code="0303", per_unit={"t": 1.0, "m3": 1.6},
         handling_class="frozen", name_ru="Мороженая рыба", name_zh="冷冻海鲜", origin="assumed", source="1.6 m3/t"),
    Good(good="machinery", name="Machinery and spare parts", hs_code="8429", per_unit={"t": 1.0, "m3": 4.0},
         handling_class="oversize", name_ru="Машины", name_zh="机械设备", origin="assumed", source="4 m3/t"),
    Good(good="timber", name="Sawn timber", hs_code="4407", per_unit={"t": 1.0, "m3": 1.8}, handling_class="bulk",
         name_ru="Пиломатериалы", name_zh="锯材", origin="assumed", source="1.8 m3/t"),
    Good(good="gas", name="Natural gas, thousand m3", hs_code="2711", per_unit={"t": 0.72}, handling_class="gas",
         name_ru="Природный газ", name_zh="天然气", origin="assumed", source="0.72 kg/m3"),
    Good(good="traveller", name="Travellers", per_unit={"seats": 1.0}, handling_class="person",
         name_ru="Пассажиры", name_zh="旅客", origin="assumed", source="unit: a seat"),
)  # fmt: skip
CLASSES = {good.good: good.handling_class for good in GOODS}

REFERENCE_CNY = {"soybeans": 3300.0, "milk": 7200.0, "seafood": 10500.0, "gas": 1900.0}
"""Price of a unit before carriage: assumed, of the order of world prices in 2024; only differences decide a plan."""

# hubs at which a good starts or ends, in the order of the facts
_CITIES = {
    "CN-HL": ("city:CN-HL", "city:mudanjiang", "city:qiqihar", "city:jiamusi", "xing:heihe", "xing:suifenhe"),
    "CN-JL": ("city:CN-JL", "xing:hunchun"),
    "CN-LN": ("city:CN-LN", "city:dalian", "city:yingkou"),
    "CN-NM": ("xing:manzhouli", "city:CN-NM"),
    "RU-PRI": ("city:RU-PRI", "city:ussuriysk", "city:nakhodka"),
    "RU-KHA": ("city:RU-KHA", "city:komsomolsk"),
    "RU-AMU": ("city:RU-AMU", "city:belogorsk", "city:tynda"),
    "RU-YEV": ("city:RU-YEV", "xing:leninskoye"),
    "RU-ZAB": ("city:RU-ZAB", "city:karymskoye"),
    "RU-BU": ("city:RU-BU",),
    "RU-IRK": ("city:RU-IRK",),
    "RU-SAK": ("city:RU-SAK", "port:RUKOR", "port:RUKHO"),
}
_NO_ROAD = {"city:CN-NM", "city:komsomolsk", "city:tynda", "city:nakhodka", "city:belogorsk", "city:karymskoye"}
_ROAD_CITIES = {region: tuple(hub for hub in hubs if hub not in _NO_ROAD) for region, hubs in _CITIES.items()}


@dataclass(frozen=True, slots=True)
class Stream:
    """
    A number of orders of one good from some regions to others.

    Parameters
    ----------
    good, kind, count
        What; ``shipment``, ``offer`` or ``bid``; how many orders.
    starts, ends
        Hubs at which they start and end; one of them is empty for offers and bids.
    vehicle
        Units that fill the vehicle of reference; an order takes a drawn part of it.
    by
        Whose: the region of the ``start`` or of the ``end``, or the market ``outside``.
    split
        May an order take several paths.
    part
        Part of the vehicle that each order takes; 0 = drawn.
    """

    good: str
    kind: str
    count: int
    starts: tuple[str, ...]
    ends: tuple[str, ...]
    vehicle: float
    by: str = "start"
    split: bool = True
    part: float = 0.0


def _hubs(table: Mapping[str, tuple[str, ...]], *regions: str) -> tuple[str, ...]:
    return tuple(hub for region in regions for hub in table[region])


_CN = ("CN-HL", "CN-JL", "CN-LN", "CN-NM")
_RU = ("RU-PRI", "RU-KHA", "RU-AMU", "RU-YEV", "RU-ZAB", "RU-BU", "RU-IRK")
_FROM_CN = _hubs(_ROAD_CITIES, *_CN)
_TO_RU = _hubs(_ROAD_CITIES, *_RU)

_ANCHORS = (
    ("parcel", "city:CN-HL", "city:RU-PRI", 16.4), ("machinery", "city:CN-JL", "city:RU-PRI", 20.0),
    ("machinery", "port:CNDLC", "port:RUVVO", 160.0), ("machinery", "xing:manzhouli", "city:RU-IRK", 20.0),
    ("timber", "port:RUVVO", "port:CNDLC", 200.0), ("timber", "city:RU-KHA", "xing:suifenhe", 100.0),
    ("timber", "city:RU-AMU", "city:CN-HL", 20.0), ("machinery", "city:CN-HL", "city:RU-YEV", 20.0),
    ("timber", "city:RU-ZAB", "city:CN-HL", 20.0), ("timber", "city:RU-BU", "xing:manzhouli", 100.0),
    ("timber", "city:RU-IRK", "xing:manzhouli", 100.0), ("traveller", "air:UUS", "air:HRB", 160.0),
)  # fmt: skip


def _anchor_side(end: str) -> str:
    return "end" if end == "city:RU-YEV" else "start"


STREAMS = (
    *(
        Stream(good, "shipment", 1, (a,), (b,), vehicle, part=0.8, by=_anchor_side(b))
        for good, a, b, vehicle in _ANCHORS
    ),
    Stream("parcel", "shipment", 56, _FROM_CN, _TO_RU, 16.4),
    Stream("parcel", "shipment", 10, ("city:qiqihar", "xing:manzhouli"), _hubs(_ROAD_CITIES, *_RU[4:]), 16.4),
    Stream("parcel", "shipment", 14, _FROM_CN, _TO_RU, 16.4, by="end"),
    Stream("parcel", "shipment", 14, _TO_RU, _FROM_CN, 16.4),
    Stream("parcel", "shipment", 9, ("air:HRB",), ("air:VVO", "air:KHV", "air:IKT"), 24.0),
    Stream("parcel", "shipment", 6, ("air:KHV", "air:VVO", "air:HRB"), ("air:UUS",), 4.0, by="end"),
    Stream("machinery", "shipment", 40, _FROM_CN, _TO_RU, 20.0),
    Stream("machinery", "shipment", 18, _FROM_CN, _TO_RU, 20.0, by="end", split=False),
    Stream("machinery", "shipment", 6, ("port:CNDLC", "city:CN-LN"), ("port:RUKOR",), 40.0, by="end"),
    Stream("timber", "shipment", 22, _hubs(_CITIES, *_RU), _FROM_CN, 50.0),
    Stream("timber", "shipment", 14, _hubs(_CITIES, *_RU), _FROM_CN, 50.0, by="end"),
    Stream("timber", "offer", 6, ("city:tayshet", "city:komsomolsk", "city:RU-BU", "city:RU-ZAB"), (), 80.0),
    Stream("timber", "bid", 6, (), ("city:CN-HL", "xing:manzhouli", "city:dalian"), 60.0, by="end"),
    Stream("timber", "bid", 2, (), ("city:dalian", "xing:manzhouli"), 60.0, by="outside"),
    Stream("soybeans", "offer", 22, ("city:RU-AMU", "city:belogorsk", "city:RU-YEV", "xing:leninskoye",
           "city:ussuriysk", "city:RU-KHA"), (), 60.0),
    Stream("soybeans", "bid", 20, (), ("city:CN-HL", "city:jiamusi", "city:mudanjiang", "city:CN-JL", "city:CN-LN",
           "city:dalian", "city:qiqihar", "xing:manzhouli"), 60.0, by="end"),
    Stream("soybeans", "bid", 3, (), ("city:dalian", "port:CNDLC", "xing:suifenhe"), 80.0, by="outside"),
    Stream("milk", "offer", 28, ("city:CN-HL", "city:qiqihar", "city:mudanjiang", "xing:manzhouli"), (), 22.0),
    Stream("milk", "offer", 2, ("city:CN-JL", "city:CN-LN"), (), 20.0),
    Stream("milk", "bid", 46, (), _TO_RU, 20.0, by="end"),
    Stream("milk", "bid", 2, (), ("city:RU-PRI", "city:RU-AMU"), 20.0, by="outside"),
    Stream("seafood", "offer", 18, ("city:RU-PRI", "port:RUVVO", "city:ussuriysk"), (), 24.0),
    Stream("seafood", "offer", 7, ("port:RUKOR", "port:RUKHO"), (), 40.0),
    Stream("seafood", "offer", 3, ("city:RU-KHA", "port:RUVNN"), (), 24.0),
    Stream("seafood", "offer", 2, ("port:RUVVO", "port:RUKOR"), (), 30.0, by="outside"),
    Stream("seafood", "bid", 30, (), ("city:CN-HL", "city:CN-JL", "xing:hunchun", "city:mudanjiang", "city:CN-LN",
           "city:dalian", "port:CNDLC", "city:qiqihar"), 20.0, by="end"),
    Stream("seafood", "bid", 3, (), ("port:CNDLC", "city:CN-HL", "xing:hunchun"), 30.0, by="outside"),
    Stream("gas", "offer", 2, ("field:kovykta",), (), 8000.0),
    Stream("gas", "bid", 3, (), ("city:CN-HL", "xing:heihe"), 6000.0, by="end"),
    Stream("gas", "bid", 1, (), ("city:CN-HL",), 6000.0, by="outside"),
    Stream("traveller", "shipment", 9, ("xing:heihe",), ("city:RU-AMU",), 45.0),
    Stream("traveller", "shipment", 8, ("city:RU-AMU",), ("xing:heihe",), 45.0),
    Stream("traveller", "shipment", 8, ("city:mudanjiang", "xing:suifenhe", "xing:hunchun"),
           ("city:RU-PRI", "city:ussuriysk"), 45.0),
    Stream("traveller", "shipment", 6, ("city:RU-PRI", "city:ussuriysk"), ("city:mudanjiang", "xing:hunchun"), 45.0),
    Stream("traveller", "shipment", 6, ("xing:manzhouli",), ("city:RU-ZAB",), 45.0, by="end"),
    Stream("traveller", "shipment", 4, ("city:RU-YEV",), ("xing:luobei",), 45.0),
    Stream("traveller", "shipment", 7, ("air:HRB", "air:SHE", "air:CGQ", "air:DLC"), ("air:VVO", "air:KHV"), 160.0),
    Stream("traveller", "shipment", 7, ("air:VVO", "air:KHV", "air:IKT", "air:HTA", "air:BQS"), ("air:HRB",), 160.0),
    Stream("traveller", "shipment", 4, ("air:UUS",), ("air:KHV", "air:VVO", "air:HRB"), 160.0),
    Stream("traveller", "shipment", 3, ("air:KHV", "air:VVO"), ("air:UUS",), 160.0),
    Stream("traveller", "shipment", 4, ("air:UUD",), ("air:NZH",), 160.0),
    Stream("milk", "bid", 10, (), ("city:RU-PRI", "city:ussuriysk"), 20.0, by="end"),
    Stream("milk", "offer", 6, ("city:CN-HL", "city:mudanjiang"), (), 22.0),
)  # fmt: skip


def build_orders(facts: Facts, ways: Ways) -> list[Order]:
    """All orders, stream by stream, drawn from one seeded generator."""
    rng = np.random.default_rng(SEED)
    orders: list[Order] = []
    numbers: dict[str, int] = {}
    for stream in STREAMS:
        for order in _stream_orders(stream, facts, ways, rng):
            numbers[stream.good] = numbers.get(stream.good, 0) + 1
            orders.append(replace(order, order=f"{stream.good}-{numbers[stream.good]:03d}"))
    return orders


def _stream_orders(stream: Stream, facts: Facts, ways: Ways, rng: np.random.Generator) -> list[Order]:
    pairs = _pairs(stream, facts, ways)
    weights = np.array([weight for _, _, weight in pairs])
    # each pair's share of the orders, rounded by drawing without the luck of the draw: systematic sampling
    marks = (np.arange(stream.count) + rng.random()) / stream.count * weights.sum()
    chosen = np.searchsorted(np.cumsum(weights), marks)
    return [_order(stream, pairs[at][0], pairs[at][1], facts, ways, rng) for at in chosen]


def _pairs(stream: Stream, facts: Facts, ways: Ways) -> list[tuple[str, str, float]]:
    """Gravity: root of the product of populations over distance; the root keeps small regions in the market."""
    if stream.kind != "shipment":
        return [(hub, hub, math.sqrt(_people(hub, facts))) for hub in stream.starts or stream.ends]
    hours = ways.hours[stream.good]
    return [
        (a, b, math.sqrt(_people(a, facts) * _people(b, facts)) / hours[a][b])
        for a in stream.starts
        for b in stream.ends
        if b in hours.get(a, {}) and a != b
    ]


def _people(hub: str, facts: Facts) -> float:
    return max(facts.hubs[hub].population, 0.1 * facts.regions[facts.hubs[hub].region].population)


def _order(stream: Stream, a: str, b: str, facts: Facts, ways: Ways, rng: np.random.Generator) -> Order:
    part = stream.part or float(np.clip(math.exp(rng.normal(math.log(0.28), 0.55)), 0.06, 1.0))
    whole_units = stream.good in ("traveller", "gas")
    qty = round(part * stream.vehicle) if whole_units else round(part * stream.vehicle, 1)
    common = Order(
        order="?", party=_party(stream, a, b, facts), good=stream.good, qty=float(qty),
        origin="assumed price_per_unit:derived", source="modelled demand: see README",
    )  # fmt: skip
    day, hour = int(rng.integers(0, 7)), int(rng.choice([8, 18]))
    level = ANCHOR_LEVEL if stream.part else float(rng.uniform(0.8, 1.35))
    ready = f"{WEEKDAYS[day]} {hour:02d}:00"
    if stream.kind == "shipment":
        tariff = ways.tariff[stream.good][a][b]
        fastest = ways.hours[stream.good][a][b]
        slack = float(rng.choice([36.0, 60.0, 84.0, 108.0]))
        hurry = rng.random() < 0.04 and not stream.part
        slack = 96.0 if stream.part else slack
        due = 0.8 * fastest if hurry else 1.25 * fastest + slack + _waits(stream.good)
        price = round(tariff / FILL * level, 1)
        return replace(
            common, from_hub=a, to_hub=b, price_per_unit=price, ready=ready, due=f"+{math.ceil(due)}h",
            split=stream.split, unserved_cost_per_unit=round(0.05 * price, 1) if _cares(stream.good) else 0.0,
        )  # fmt: skip
    if stream.kind == "offer":
        price = _reference(stream.good, a, ways) * float(rng.uniform(0.98, 1.02))
        return replace(common, from_hub=a, price_per_unit=round(price, 1), ready=ready, quota=_quota(stream))
    price = _reference(stream.good, b, ways) + _haul(stream.good, b, ways) / FILL * level
    return replace(common, to_hub=b, price_per_unit=round(price, 1), due=ready, quota=_quota(stream))


def _waits(good: str) -> float:
    """Hours an order is given for waiting at a change of trains; travellers for the next bus or flight."""
    return {"timber": 72.0, "soybeans": 72.0, "machinery": 24.0, "traveller": 36.0}.get(good, 0.0)


def _cares(good: str) -> bool:
    return good in ("parcel", "traveller")


def _party(stream: Stream, a: str, b: str, facts: Facts) -> str:
    if stream.by == "outside":
        return ""
    region = facts.hubs[a if stream.by == "start" else b].region
    return _SPECIAL.get((region, stream.good), _HOUSE[region])


def _reference(good: str, hub: str, ways: Ways) -> float:
    """Price before carriage; timber has none of its own: 1,800 CNY a tonne."""
    return REFERENCE_CNY.get(good, 1800.0)


def _haul(good: str, hub: str, ways: Ways) -> float:
    """Full-load tariff of the way a buyer counts on: the median over the places that offer the good."""
    starts = sorted({start for stream in STREAMS if stream.good == good and stream.kind == "offer"
                     for start in stream.starts})  # fmt: skip
    if good == "gas":
        return CNY_PER_T_KM_PIPE * 3600 * 0.72 * FILL
    costs = sorted(ways.tariff[good][start][hub] for start in starts if hub in ways.tariff[good].get(start, {}))
    if not costs:
        raise ValueError(f"{good}: no place that offers it has a way to {hub}")
    return costs[len(costs) // 2]


def _quota(stream: Stream) -> str:
    """Equal shares of an order of the market outside among the parties across the border."""
    if stream.by != "outside":
        return ""
    hub = (stream.starts or stream.ends)[0]
    chinese = hub.startswith(("city:CN", "xing:suifenhe", "port:CN", "city:dalian"))
    parties = RU_PARTIES if chinese else CN_PARTIES
    share = math.floor(1000 / len(parties)) / 1000
    return " ".join(f"{party}:{share}" for party in parties)
