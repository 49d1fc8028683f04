"""
Goods and orders of the case ``far-east``: modelled demand, by formula, before anything is solved.

Streams say which goods go between which places and how many orders there are; sizes are drawn; when and at what price
follows from timetable and public tariff. The formulas stand in the case's README.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from statistics import NormalDist

import numpy as np
from scripts.build_cases.facts import Facts
from scripts.build_cases.far_east_network import CN_PARTIES, RU_PARTIES
from scripts.build_cases.far_east_streams import GAS_DAYS, STREAMS, Stream
from scripts.build_cases.figures import departures_by_service
from scripts.build_cases.parameters import SEAT_T
from scripts.build_cases.routes import Route, RouteMap, cheapest_routes

from landbridge.model.case import Case, Good, Order
from landbridge.model.clock import WEEKDAYS, Clock
from landbridge.units import MINUTES_PER_DAY, to_minutes

SEED = 20261005
PRICE_FILL, TRADE_FILL, TRADE_SHARE = 0.7, 0.5, 0.85
"""Filling of the public vehicle behind a price of carriage; of that behind a bid, which pays so for this share."""
MEDIAN_PART, SIGMA_PART, LEAST_PART, MOST_PART = 0.25, 0.9, 0.05, 2.5
"""Size of an order as a part of its vehicle: lognormal, within bounds."""
HOUR_CNY = 0.5
"""An hour of a unit on its way or waiting, in the choice of the way (not in its price): assumed."""
CUT_OFF_H = (6, 18)
"""Local clock hours by which freight is handed in."""
LONGEST_WINDOW_H, REGULAR_WINDOW_H = 167.0, 144.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    How a good is carried and priced.

    Parameters
    ----------
    modes
        Modes of the way behind price and promise where they reach; empty = any.
    level
        Least and most of the price of carriage over the cost of the public carrier.
    promise
        Promised time over the hours of the way.
    penalty
        Part of the price that an order left costs.
    offer_h
        Hours in which an offered lot must arrive; 0 = its life or the week.
    """

    modes: tuple[str, ...] = ()
    level: tuple[float, float]
    promise: float
    penalty: float
    offer_h: float = 0.0


TERMS = {
    "parcel": Terms(modes=("road", "air"), level=(1.4, 1.6), promise=1.2, penalty=0.4),
    "machinery": Terms(modes=("road",), level=(1.3, 1.5), promise=1.3, penalty=0.3),
    "milk": Terms(modes=("road",), level=(1.35, 1.55), promise=1.3, penalty=0.3),
    "seafood": Terms(modes=("road", "sea"), level=(1.3, 1.5), promise=1.3, penalty=0.3, offer_h=144.0),
    "timber": Terms(level=(1.15, 1.35), promise=1.5, penalty=0.2, offer_h=156.0),
    "soybeans": Terms(level=(1.2, 1.4), promise=1.5, penalty=0.2, offer_h=156.0),
    "traveller": Terms(level=(1.25, 1.45), promise=1.3, penalty=0.4),
    "gas": Terms(level=(1.2, 1.2), promise=1.3, penalty=0.2),
}

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
    Good(good="traveller", name="Travellers", per_unit={"seats": 1.0, "t": SEAT_T}, handling_class="person",
         name_ru="Пассажиры", name_zh="旅客", origin="assumed", source="unit: a seat; 100 kg with baggage"),
)  # fmt: skip
REFERENCE_CNY = {"soybeans": 3300.0, "milk": 7200.0, "seafood": 10500.0, "gas": 1900.0, "timber": 1800.0}
"""Price of a unit before carriage: assumed, of the order of world prices in 2024; only differences decide a plan."""

HURRY_EVERY, CHEAP_EVERY = 45, 60
"""Every so many shipments is due before it can arrive; pays too little for its way."""
HURRY_PROMISE, CHEAP_LEVEL = 0.8, 0.35


@dataclass(frozen=True, slots=True)
class _Maker:
    """What orders are made from: the case without orders, its facts, routes as they are found, and the draw."""

    case: Case
    facts: Facts
    rows: RouteMap
    rng: np.random.Generator
    departures: Mapping[str, list[int]]
    found: dict[tuple[str, str, float, frozenset[str], tuple[str, ...]], dict[str, Route]] = field(default_factory=dict)

    def route(self, good: str, a: str, b: str, fill: float) -> Route | None:
        """Cheapest public way in vehicles filled to a part, by the good's modes where they reach."""
        countries = frozenset({self.rows.country[a], self.rows.country[b]})
        for modes in dict.fromkeys((TERMS[good].modes, ())):
            key = (good, a, fill, countries, modes)
            if key not in self.found:
                used = modes or {service.mode for service in self.rows.services}
                self.found[key] = cheapest_routes(self.rows, _GOOD[good], a, used, countries, fill)
            if b in self.found[key]:
                return self.found[key][b]
        return None

    def interval_h(self, route: Route) -> float:
        """Hours between departures of the rarest service of a route, 24 to 48."""
        return min(max(max(self.rows.interval_h[name] for name in route.services), 24.0), 48.0)


_GOOD = {good.good: good for good in GOODS}


def build_orders(case: Case, facts: Facts, rows: RouteMap) -> list[Order]:
    """All orders, stream by stream, drawn from one seeded generator; bids after the offers they look at."""
    maker = _Maker(case, facts, rows, np.random.default_rng(SEED), departures_by_service(case))
    orders: list[Order] = []
    numbers: dict[str, int] = defaultdict(int)
    shipments = 0
    for stream in sorted(STREAMS, key=lambda stream: stream.kind == "bid"):
        first = int(maker.rng.integers(168))
        quantities = _quantities(stream, maker.rng)
        for at, (a, b) in enumerate(_pairs(stream, maker)):
            numbers[stream.good] += 1
            order = Order(
                order=f"{stream.good}-{numbers[stream.good]:03d}", party=_party(stream, at, a, b, facts),
                good=stream.good, qty=quantities[at], split=stream.split, quota=_quota(stream),
                origin="assumed price_per_unit:derived", source="modelled demand: see README",
            )  # fmt: skip
            match stream.kind:
                case "shipment":
                    shipments += not stream.part
                    orders.append(_shipment(order, stream, a, b, (shipments, first + at // 2), maker))
                case "offer":
                    orders.append(_offer(order, stream, a, maker))
                case _:
                    orders.append(_bid(order, stream, b, orders, maker))
    return orders


def _pairs(stream: Stream, maker: _Maker) -> list[tuple[str, str]]:
    """
    Ends of the orders of a stream: gravity, without the luck of the draw (systematic sampling).

    Root of the product of populations over hours; the root keeps small places in the market.
    """
    if stream.kind == "shipment":
        options = [
            (a, b, route.hours)
            for a in stream.starts
            for b in stream.ends
            if a != b and (route := maker.route(stream.good, a, b, PRICE_FILL)) is not None
        ]
    elif stream.kind == "offer":
        options = [(hub, "", 1.0) for hub in stream.starts]
    else:
        options = [("", hub, 1.0) for hub in stream.ends]
    weights = [math.sqrt(_people(a, maker.facts) * _people(b, maker.facts)) / hours for a, b, hours in options]
    marks = (np.arange(stream.count) + maker.rng.random()) / stream.count * sum(weights)
    return [options[at][:2] for at in np.searchsorted(np.cumsum(weights), marks)]


def _people(hub: str, facts: Facts) -> float:
    if not hub:
        return 1.0
    return max(facts.hubs[hub].population, 0.1 * facts.regions[facts.hubs[hub].region].population)


def _quantities(stream: Stream, rng: np.random.Generator) -> list[float]:
    """Sizes at even steps through the distribution, in drawn order: a stream's total is not left to luck."""
    log_size = NormalDist(math.log(MEDIAN_PART), SIGMA_PART)
    marks = (rng.permutation(stream.count) + 0.5) / stream.count
    most = min(MOST_PART, stream.most)
    parts = [stream.part or min(max(math.exp(log_size.inv_cdf(mark)), LEAST_PART), most) for mark in marks]
    return [float(round(part * stream.vehicle, 0 if stream.good in ("traveller", "gas") else 1)) for part in parts]


def _shipment(order: Order, stream: Stream, a: str, b: str, numbers: tuple[int, int], maker: _Maker) -> Order:
    number, departure = numbers
    terms = TERMS[stream.good]
    route = maker.route(stream.good, a, b, PRICE_FILL)
    if route is None:
        raise ValueError(f"{order.order}: no way from {a} to {b}")
    level, promise = float(maker.rng.uniform(*terms.level)), terms.promise
    due_h = 12.0 * math.ceil(promise * route.hours / 12.0) + maker.interval_h(route)
    if stream.part:
        due_h = REGULAR_WINDOW_H
    elif number % HURRY_EVERY == 0:
        due_h = HURRY_PROMISE * route.hours
    elif number % CHEAP_EVERY == 30:
        level = CHEAP_LEVEL
    price = round(level * route.cost(PRICE_FILL), 1)
    return replace(
        order, from_hub=a, to_hub=b, price_per_unit=price, ready=_ready(a, route, departure, maker),
        due=f"+{math.floor(min(due_h, LONGEST_WINDOW_H))}h", unserved_cost_per_unit=round(terms.penalty * price, 2),
    )  # fmt: skip


def _ready(hub: str, route: Route, departure: int, maker: _Maker) -> str:
    """Cut-off before a departure of the way's first service, or in one case of four the cut-off before that."""
    service = next(row for row in maker.case.services if row.service == route.services[0])
    stop = service.route.index(hub)
    leaves = maker.departures[service.service]
    minute = leaves[departure % len(leaves)] + sum(to_minutes(hours) for hours in service.travel_h[:stop])
    return _cut_off(hub, minute, maker, earlier=int(maker.rng.random() < 0.25))


def _cut_off(hub: str, minute: int, maker: _Maker, earlier: int = 0) -> str:
    """Last cut-off at or before a minute, or ``earlier`` cut-offs before that, as local weekday and clock time."""
    zone = next(row.timezone for row in maker.case.hubs if row.hub == hub)
    local = minute + Clock.of(maker.case.settings).shift_min(zone)
    half = (local - 60 * CUT_OFF_H[0]) // (MINUTES_PER_DAY // 2) - earlier
    day, evening = divmod(half, 2)
    return f"{WEEKDAYS[day % 7]} {CUT_OFF_H[evening]:02d}:00"


def _offer(order: Order, stream: Stream, a: str, maker: _Maker) -> Order:
    """Handed in at a cut-off, at a small discount on the reference price; must arrive within a time."""
    discount = float(maker.rng.uniform(0.97, 1.0))
    after = TERMS[stream.good].offer_h
    return replace(
        order, from_hub=a, price_per_unit=round(discount * REFERENCE_CNY[stream.good], 1),
        ready=_drawn_cut_off(stream, maker), due=f"+{after:.0f}h" if after else "",
    )  # fmt: skip


def _bid(order: Order, stream: Stream, b: str, orders: list[Order], maker: _Maker) -> Order:
    """The reference price and the way that pays for most offers: public carriage in half-filled vehicles."""
    costs = sorted(
        route.cost(TRADE_FILL)
        for offer in orders
        if offer.good == stream.good and offer.from_hub and not offer.to_hub
        if (route := maker.route(stream.good, offer.from_hub, b, TRADE_FILL)) is not None
    )
    if not costs:
        raise ValueError(f"{order.order}: no place that offers {stream.good} has a way to {b}")
    price = REFERENCE_CNY[stream.good] + costs[math.floor(TRADE_SHARE * (len(costs) - 1))]
    return replace(order, to_hub=b, price_per_unit=round(price, 1), due=_drawn_cut_off(stream, maker))


def _drawn_cut_off(stream: Stream, maker: _Maker) -> str:
    day, hour = int(maker.rng.integers(7)), int(maker.rng.choice(CUT_OFF_H))
    if stream.good == "gas":
        return GAS_DAYS[stream.kind]
    return f"{WEEKDAYS[day]} {hour:02d}:00"


def _party(stream: Stream, at: int, a: str, b: str, facts: Facts) -> str:
    """The house of the region at one end; by turns when the stream is of both ends."""
    if stream.by == "outside":
        return ""
    side = ("start", "end")[at % 2] if stream.by == "both" else stream.by
    region = facts.hubs[a if side == "start" else b].region
    return _SPECIAL.get((region, stream.good), _HOUSE[region])


def _quota(stream: Stream) -> str:
    """Equal shares of an order of the market outside among the parties across the border."""
    if stream.by != "outside":
        return ""
    hub = (stream.starts or stream.ends)[0]
    chinese = hub.startswith(("city:CN", "xing:suifenhe", "port:CN", "city:dalian"))
    parties = RU_PARTIES if chinese else CN_PARTIES
    share = math.floor(1000 / len(parties)) / 1000
    return " ".join(f"{party}:{share}" for party in parties)
