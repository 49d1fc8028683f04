"""
Small random cases that are valid, solvable in about a second, and use every feature.

Where the page on semantics leaves room for two readings the generator keeps
away: within an agreement all part-run grants have one share; a hub with a
limited store has no handling that takes time; a joint owner (``a+b``) owns
services, no hubs; what must run meets no limit on calls; goods are limited by
every service that takes them; bids are due at a time of their own. A case may
list ``days`` of a bid only with ``+h`` in ``due``. No grant names a hub or a handling row apart from the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from landbridge.model.case import (
    Agreement,
    Case,
    Fleet,
    Good,
    Grant,
    Handling,
    Hub,
    Order,
    Party,
    Region,
    Service,
    Settings,
    TimetableRow,
)
from landbridge.model.clock import WEEKDAYS

FEATURES = frozenset(
    {
        "agreements_beyond",  # proposed, ended and dated agreements
        "charter",  # grants of runs
        "co2",
        "cyclic",  # one week that repeats
        "dimensions",  # t, m3 and seats
        "empties",  # fleets with empty runs
        "fleets",
        "handling",  # change of mode takes time and money
        "handling_caps",  # tonnes a day
        "hours",  # opening hours
        "hub_caps",  # calls a day at a hub
        "hub_owners",
        "joint",  # services of a+b
        "late",
        "life",
        "max_runs",
        "min_fill",
        "multi_leg",
        "must_run",
        "no_split",
        "outside",  # orders without a party
        "public",  # services without an owner
        "quotas",  # a:0.5 b:0.5
        "repeats",  # orders with days
        "round_trip",
        "run_caps",  # calls a day by mode and direction
        "second_party",  # two parties in a region
        "shares",  # grants of part of a run
        "store_caps",
        "store_costs",
        "timetable",
        "timezones",
        "trades",  # offers and bids
        "transit",
        "unserved",  # penalties
    }
)
"""What ``random_case(features=...)`` may ask for."""

_PROBABILITY = {
    "agreements_beyond": 0.3, "charter": 0.3, "co2": 0.3, "cyclic": 0.3, "handling": 0.6, "joint": 0.3, "late": 0.4,
    "hub_owners": 0.3, "must_run": 0.25, "no_split": 0.4, "multi_leg": 0.6, "public": 0.7, "timetable": 0.85,
    "trades": 0.5, "transit": 0.6, "unserved": 0.5, "store_costs": 0.5,
}  # fmt: skip
_OTHERWISE = 0.35

_COUNTRIES = ("NA", "NB", "NC")
_ZONES = ("", "Asia/Vladivostok", "Asia/Shanghai", "Asia/Kolkata", "America/St_Johns")

T = TypeVar("T")


@dataclass(slots=True)
class _Draft:
    """What is made so far, and the one source of randomness."""

    rng: np.random.Generator
    features: frozenset[str]
    settings: Settings
    regions: list[Region] = field(default_factory=list)
    parties: list[Party] = field(default_factory=list)
    hubs: list[Hub] = field(default_factory=list)
    handling: list[Handling] = field(default_factory=list)
    goods: list[Good] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    timetable: list[TimetableRow] = field(default_factory=list)
    fleets: list[Fleet] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)

    def has(self, feature: str) -> bool:
        return feature in self.features

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def pick(self, items: Sequence[T]) -> T:
        return items[int(self.rng.integers(len(items)))]

    def some(self, items: Sequence[T], count: int) -> list[T]:
        return [items[int(number)] for number in self.rng.permutation(len(items))[:count]]

    def between(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    @property
    def cyclic(self) -> bool:
        return self.has("cyclic")


def random_case(seed: int, *, features: frozenset[str] | None = None) -> Case:
    """
    Make a small case.

    Parameters
    ----------
    seed
        Same seed and features, same case.
    features
        Which of ``FEATURES`` the case uses, and no other; None draws them.
    """
    rng = np.random.default_rng(seed)
    if features is None:
        chosen = {name for name in sorted(FEATURES) if rng.random() < _PROBABILITY.get(name, _OTHERWISE)}
        features = frozenset(chosen)
    if unknown := features - FEATURES:
        raise ValueError(f"unknown features {sorted(unknown)}; known are {sorted(FEATURES)}")
    draft = _Draft(rng, features, _settings(rng, features, seed))
    _add_places(draft)
    _add_goods(draft)
    _add_services(draft)
    _add_timetables(draft)
    _add_orders(draft)
    _add_handling(draft)
    _add_limits(draft)
    _add_agreements(draft)
    return Case(
        settings=draft.settings,
        regions=tuple(draft.regions), parties=tuple(draft.parties), hubs=tuple(draft.hubs),
        handling=tuple(draft.handling), goods=tuple(draft.goods), services=tuple(draft.services),
        timetable=tuple(draft.timetable), fleets=tuple(draft.fleets), orders=tuple(draft.orders),
        agreements=tuple(draft.agreements), grants=tuple(draft.grants),
    )  # fmt: skip


def _settings(rng: np.random.Generator, features: frozenset[str], seed: int) -> Settings:
    zone = _ZONES[1:][int(rng.integers(len(_ZONES) - 1))] if "timezones" in features else "UTC"
    start = ("2026-01-05T00:00", "2026-03-12T06:00", "2026-11-02T18:30")[int(rng.integers(3))]
    cyclic = "cyclic" in features
    return Settings(
        name=f"random case {seed}",
        start=start,
        horizon_h=168.0 if cyclic else float((24, 36, 48)[int(rng.integers(3))]),
        cyclic=cyclic,
        timezone=zone,
        co2_cost_per_t=40.0 if "co2" in features else 0.0,
    )


# places and goods


def _add_places(draft: _Draft) -> None:
    num_regions = draft.between(3 if draft.has("transit") else 2, 4)
    num_countries = 3 if draft.has("transit") else 2
    for number in range(num_regions):
        country = _COUNTRIES[number % num_countries]
        draft.regions.append(Region(region=f"R{number}", country=country))
        draft.parties.append(Party(party=f"p{number}", region=f"R{number}"))
    if draft.has("second_party"):
        draft.parties.append(Party(party="q0", region="R0"))
    for number in range(draft.between(max(3, num_regions), 6 if num_regions > 2 else 4)):
        region = f"R{number % num_regions}"
        owner = ""
        if draft.has("hub_owners") and draft.chance(0.7):
            owner = draft.pick([party.party for party in draft.parties if party.region == region])
        draft.hubs.append(
            Hub(
                hub=f"H{number}",
                region=region,
                owner=owner,
                timezone=draft.pick(_ZONES) if draft.has("timezones") else "",
                store_cost_per_t_h=draft.pick((0.0, 0.1, 0.5)) if draft.has("store_costs") else 0.0,
            )
        )


def _add_goods(draft: _Draft) -> None:
    transit: tuple[str, ...] = ("*",)
    if draft.has("transit"):
        transit = draft.pick(((), ("NC",), ("NA", "NB"), ("*",)))
    ages = (30, 60, 100) if draft.cyclic else (7, 12, 20)
    life = float(draft.pick(ages)) if draft.has("life") else None
    draft.goods.append(Good(good="grain", per_unit={"t": 1.0, "m3": 1.5}, transit=transit, handling_class="bulk"))
    draft.goods.append(
        Good(good="milk", per_unit={"t": draft.pick((0.5, 1.0, 2.0)), "m3": 1.0}, transit=transit, life_h=life,
             handling_class="chilled")
    )  # fmt: skip
    if draft.has("dimensions"):
        draft.goods.append(Good(good="guests", per_unit={"seats": 1.0}, transit=("*",), handling_class="person"))


# services


def _add_services(draft: _Draft) -> None:
    """A ring of links so that every hub is reached, then chords, longer routes and fleets."""
    hubs = [hub.hub for hub in draft.hubs]
    ring = draft.some(hubs, len(hubs))
    wanted = draft.between(3, 7)
    routes = [list(link if draft.chance(0.7) else reversed(link)) for link in pairwise(ring)][:wanted]
    while len(routes) < wanted:
        routes.append(draft.some(hubs, 2))
    for number, route in enumerate(routes):
        if draft.has("multi_leg") and draft.chance(0.4):
            route.append(draft.pick([hub for hub in hubs if hub != route[-1]]))
        elif draft.has("round_trip") and draft.chance(0.4):
            route.append(route[0])
        draft.services.append(_service(draft, f"S{number}", route))
    if draft.has("fleets") or draft.has("empties"):
        _add_fleet(draft)


def _service(draft: _Draft, name: str, route: list[str]) -> Service:
    legs = len(route) - 1
    capacity = {"t": float(draft.pick((4, 6, 8, 10, 12)))}
    if draft.has("dimensions"):
        capacity["m3"] = float(draft.pick((8, 10, 12, 16)))
        capacity["seats"] = float(draft.pick((0, 4, 8)))
    accepts: tuple[str, ...] = ()
    if draft.has("dimensions") and draft.chance(0.4):
        accepts = draft.pick((("bulk", "chilled"), ("bulk", "person"), ("chilled", "person")))
    one_cost = draft.chance(0.5)
    hours = (4, 7, 11, 20, 33) if draft.cyclic else (1, 1.5, 2.25, 3, 5)
    return Service(
        service=name,
        owner=_owner(draft),
        mode=draft.pick(("road", "rail")),
        route=tuple(route),
        travel_h=tuple(float(draft.pick(hours)) for _ in range(legs)),
        capacity=capacity,
        run_cost=float(draft.pick((0, 15, 25, 35, 60))),
        cost_per_t=tuple(float(draft.pick((0, 0, 1, 2))) for _ in range(1 if one_cost else legs)),
        accepts=accepts,
        kgco2e_per_t=tuple(float(draft.pick((10, 40))) for _ in range(legs)) if draft.has("co2") else (0.0,),
    )


def _owner(draft: _Draft) -> str:
    names = [party.party for party in draft.parties]
    if draft.has("joint") and draft.chance(0.3):
        return "+".join(draft.some(names, 2))
    if draft.has("quotas") and draft.chance(0.4):
        a, b = draft.some(names, 2)
        share = draft.pick((0.3, 0.5, 0.6))
        return f"{a}:{share} {b}:{round(1 - share, 2)}"
    if draft.has("public") and draft.chance(0.4):
        return ""
    return draft.pick(names)


def _add_fleet(draft: _Draft) -> None:
    """Two services that run to and fro with one fleet."""
    base = draft.services[0]
    back = tuple(reversed(base.route))
    empty_cost = float(draft.pick((5, 10, 20))) if draft.has("empties") else None
    base = replace(base, fleet="F", empty_cost=empty_cost)
    owner = draft.pick((base.owner, _owner(draft)))
    returning = replace(base, service="SB", route=back, travel_h=tuple(reversed(base.travel_h)), owner=owner)
    draft.services[0] = base
    draft.services.append(returning)
    homes = {draft.pick(base.route), ""}
    draft.fleets.append(
        Fleet(
            fleet="F",
            hub=draft.pick(sorted(homes)),
            count=draft.pick((None, 1, 2, 3)),
            fixed_cost=float(draft.pick((0, 5, 15))),
            round_the_week=draft.chance(0.6),
        )
    )


def _add_timetables(draft: _Draft) -> None:
    limited: list[Service] = []
    for service in draft.services:
        if (draft.has("max_runs") and draft.chance(0.5)) or (":" in service.owner and draft.chance(0.8)):
            service = replace(service, max_runs=draft.between(1, 3))
        limited.append(service)
        if draft.has("timetable") and draft.chance(0.75):
            draft.timetable.extend(_timetable(draft, service))
    draft.services = limited


def _timetable(draft: _Draft, service: Service) -> list[TimetableRow]:
    must_run = 0
    if draft.has("must_run") and draft.chance(0.5) and not service.fleet and ":" not in service.owner:
        must_run = 1
    most = draft.between(1, 2) if draft.has("max_runs") and draft.chance(0.3) else None
    clock = f"{draft.between(0, 23):02d}:{draft.pick((0, 15, 30)):02d}"
    if draft.cyclic:
        days = draft.pick(("Mon", "Tue Fri", "Wed", "Sun", "Sat Mon", "2-3"))
        return [TimetableRow(service=service.service, days=days, depart=clock, max_runs=most, must_run=must_run)]
    if draft.chance(0.6):
        every = float(draft.pick((4, 6, 8, 10.5)))
        return [TimetableRow(service=service.service, depart="", every_h=every, max_runs=most, must_run=must_run)]
    hours = sorted({draft.between(0, 23) for _ in range(draft.between(1, 3))})
    return [
        TimetableRow(service=service.service, depart=f"{hour:02d}:30", max_runs=most, must_run=must_run)
        for hour in hours
    ]


# orders


def _add_orders(draft: _Draft) -> None:
    for number in range(draft.between(3, 6)):
        service, start, end = _way(draft)
        order = _order(draft, f"O{number}", start, end)
        if order.party and draft.chance(0.65):
            order = _suited_to(draft, order, service)
        draft.orders.append(order)
    if draft.has("trades"):
        service, start, end = _way(draft)
        others = [hub.hub for hub in draft.hubs if hub.hub not in (start, end)]
        sources, sinks = [start, draft.pick(others)], [end]
        good = draft.pick([good.good for good in draft.goods if good.good != "guests"])
        for number, hub in enumerate(sources[: draft.between(1, 2)]):
            offer = _order(draft, f"offer{number}", hub, "")
            offer = replace(offer, price_per_unit=float(draft.pick((1, 2, 4))), late_max_h=0.0)
            if offer.party and draft.chance(0.65):
                offer = _suited_to(draft, offer, service)
            draft.orders.append(replace(offer, good=good))
        for number in range(draft.between(1, 2)):
            bid = _order(draft, f"bid{number}", "", draft.pick(sinks))
            party = draft.pick((bid.party, draft.orders[-1].party or bid.party))
            draft.orders.append(replace(bid, good=good, party=party))


def _suited_to(draft: _Draft, order: Order, service: Service) -> Order:
    """Give the order to an owner of a service, and a good that it takes."""
    names = [name.partition(":")[0] for name in service.owner.replace("+", " ").split()]
    classes = service.accepts or ("bulk", "chilled")
    fits = [good.good for good in draft.goods if good.handling_class in classes]
    return replace(order, party=draft.pick(names or [order.party]), good=draft.pick(fits or [order.good]))


def _way(draft: _Draft) -> tuple[Service, str, str]:
    """Choose a service and ends that it, or it and a second one, join."""
    service = draft.pick(draft.services)
    first = draft.between(0, len(service.route) - 2)
    start, end = service.route[first], service.route[draft.between(first + 1, len(service.route) - 1)]
    onward = [other for other in draft.services if end in other.route[:-1] and start not in other.route]
    if onward and draft.chance(0.65):
        other = draft.pick(onward)
        end = other.route[other.route.index(end) + 1]
    if start == end:
        end = draft.pick([hub.hub for hub in draft.hubs if hub.hub != start])
    return service, start, end


def _order(draft: _Draft, name: str, start: str, end: str) -> Order:
    party = draft.pick([party.party for party in draft.parties])
    if draft.has("outside") and draft.chance(0.35):
        party = ""
    fields: dict[str, Any] = _times(draft, start, end)
    if draft.has("late") and end and draft.chance(0.6):
        fields |= {"late_max_h": float(draft.pick((2, 5, 12))), "late_cost_per_unit_h": draft.pick((0.1, 0.5, 1.5))}
    if draft.has("unserved") and draft.chance(0.5):
        fields["unserved_cost_per_unit"] = draft.pick((0.5, 2.0, 6.0))
    if draft.has("min_fill") and draft.chance(0.6):
        fields["min_fill_frac"] = draft.pick((0.4, 0.7, 1.0))
    if draft.has("no_split") and draft.chance(0.5):
        fields["split"] = False
    if draft.has("transit") and draft.chance(0.4):
        fields["transit"] = draft.pick((("-",), ("*",), ("NC",), ("NA", "NB")))
    return Order(
        order=name,
        party=party,
        good=draft.pick([good.good for good in draft.goods]),
        qty=float(draft.pick((1.5, 2, 3, 4, 5, 7, 9, 12))),
        from_hub=start,
        to_hub=end,
        price_per_unit=float(draft.pick((10, 15, 20, 30))),
        **fields,
    )


def _times(draft: _Draft, start: str, end: str) -> dict[str, str]:
    """Ready and due: blank, weekday and hour, +hours; repeats with days."""
    if draft.has("repeats") and draft.chance(0.4):
        days = draft.pick(("Mon Thu", "daily", "2-3", "Fri")) if not draft.cyclic else draft.pick(("Tue", "Fri Sun"))
        due = f"+{draft.pick((48, 100, 160) if draft.cyclic else (12, 18, 24))}h"
        return {"days": days, "ready": draft.pick(("", "05:00", "13:20")) if start else "", "due": due}
    ready, due = "", ""
    if draft.cyclic:
        if start and draft.chance(0.7):
            ready = f"{draft.pick(WEEKDAYS)} {draft.between(0, 23):02d}:00"
        if draft.chance(0.7):
            due = f"{draft.pick(WEEKDAYS)} {draft.between(0, 23):02d}:30"
            if start and draft.chance(0.2):
                due = draft.pick(("+200h", "+60h", f"{due} +1w"))
        return {"ready": ready, "due": due}
    last = int(draft.settings.horizon_h)
    if start and draft.chance(0.5):
        ready = _moment(draft, start, draft.between(0, last // 4))
    if draft.chance(0.3) and start:
        due = f"+{draft.pick((9.5, 15, 20, 24))}h"
    elif draft.chance(0.4):
        due = _moment(draft, end or start, draft.between(last // 2, last))
    return {"ready": ready, "due": due}


def _moment(draft: _Draft, hub: str, hour: int) -> str:
    """Local time at a hub some hours after the start."""
    zones = {item.hub: item.timezone or draft.settings.timezone for item in draft.hubs}
    start = datetime.fromisoformat(draft.settings.start).replace(tzinfo=ZoneInfo(draft.settings.timezone))
    local = (start.astimezone(UTC) + timedelta(hours=hour)).astimezone(ZoneInfo(zones[hub]))
    return local.replace(tzinfo=None).isoformat(timespec="minutes")


# handling and limits


def _add_handling(draft: _Draft) -> None:
    if not any(draft.has(name) for name in ("handling", "handling_caps", "hours", "run_caps")):
        return
    starts = {order.from_hub for order in draft.orders}
    ends = {order.to_hub for order in draft.orders}
    for number, hub in enumerate(draft.some(draft.hubs, draft.between(2, 3))):
        pairs = [("", ""), ("", ""), ("rail", "road"), ("road", "rail"), ("rail", ""), ("", "road")]
        if hub.hub in starts:
            pairs += [("start", ""), ("start", "road"), ("start", "rail"), ("start", "")]
        if hub.hub in ends:
            pairs += [("", "end"), ("road", "end"), ("rail", "end"), ("", "end")]
        pair = draft.pick(pairs)
        row = Handling(
            handling=f"X{number}",
            hub=hub.hub,
            owner=_handling_owner(draft),
            from_mode=pair[0],
            to_mode=pair[1],
            dwell_h=draft.pick((0.0, 0.5, 1.0, 2.0)),
            cost_per_t=draft.pick((0.0, 0.5, 2.0)),
        )
        if draft.chance(0.2):
            row = replace(row, handling_class=draft.pick(("bulk", "chilled")))
        if draft.has("handling_caps") and draft.chance(0.7):
            row = replace(row, cap_t_per_day=float(draft.pick((1, 2, 4))))
        if draft.has("hours") and draft.chance(0.7):
            hours = draft.pick((("08:00", "14:00"), ("16:00", ""), ("", "07:00"), ("20:00", "04:00")))
            row = replace(row, opens=hours[0], closes=hours[1])
            if draft.chance(0.4):
                row = replace(row, days=draft.pick(("1-5", "Mon Wed Thu Sun", "Mon Tue Thu Fri")))
        draft.handling.append(row)
        if draft.chance(0.3):  # a second, dearer and faster way to make the same change
            draft.handling.append(
                replace(row, handling=f"Y{number}", owner="", cost_per_t=row.cost_per_t + 1, dwell_h=0.25, opens="",
                        closes="", handling_class="")
            )  # fmt: skip


def _handling_owner(draft: _Draft) -> str:
    names = [party.party for party in draft.parties]
    # outside shipments have no share of their own to draw on
    if draft.has("quotas") and not draft.has("outside") and draft.chance(0.4):
        a, b = draft.some(names, 2)
        return f"{a}:0.4 {b}:0.6"
    if draft.has("hub_owners") and draft.chance(0.3):
        return draft.pick(names)
    return ""


def _add_limits(draft: _Draft) -> None:
    busy = {row.service for row in draft.timetable if row.must_run}
    pressed = {hub for service in draft.services if service.service in busy for hub in service.route}
    slow = {row.hub for row in draft.handling if row.dwell_h > 0}
    for number, hub in enumerate(draft.hubs):
        if draft.has("hub_caps") and hub.hub not in pressed and draft.chance(0.5):
            owner = hub.owner
            if draft.has("quotas") and draft.chance(0.4):
                a, b = draft.some([party.party for party in draft.parties], 2)
                owner = f"{a}:0.5 {b}:0.5"
            hub = replace(hub, cap_runs_per_day=float(draft.pick((1, 1, 2, 3))), owner=owner)
        if draft.has("store_caps") and hub.hub not in slow and draft.chance(0.5):
            hub = replace(hub, store_cap_t=float(draft.pick((2, 5, 8))))
        draft.hubs[number] = hub
    if draft.has("run_caps"):
        free = [hub.hub for hub in draft.hubs if hub.hub not in pressed]
        for number, name in enumerate(draft.some(free, draft.between(1, 2))):
            draft.handling.append(
                Handling(
                    handling=f"C{number}",
                    hub=name,
                    owner=_handling_owner(draft),
                    direction=draft.pick(("", "in", "out")),
                    cap_runs_per_day=float(draft.pick((0, 1, 1))),
                )
            )


# agreements


def _add_agreements(draft: _Draft) -> None:
    if not draft.features & {"shares", "charter", "trades", "hub_owners", "joint", "quotas", "agreements_beyond"}:
        wanted = 0.6
    else:
        wanted = 0.85
    parties = draft.parties
    for first, a in enumerate(parties):
        for b in parties[first + 1 :]:
            if a.region != b.region and draft.chance(wanted):
                _add_agreement(draft, a, b)


def _add_agreement(draft: _Draft, a: Party, b: Party) -> None:
    name = f"{a.party}-{b.party}"
    status, starts, ends = "in_force", "", ""
    if draft.has("agreements_beyond"):
        status = draft.pick(("in_force", "in_force", "proposed", "signed", "ended"))
        starts, ends = draft.pick((("", ""), ("2026-01-01", "2026-12-31"), ("2026-06-01", ""), ("", "2026-06-30")))
    draft.agreements.append(Agreement(agreement=name, status=status, starts=starts, ends=ends))
    share = draft.pick((0.3, 0.5)) if draft.has("shares") and draft.chance(0.7) else 1.0
    kind = draft.pick(("service", "service", "mode"))
    resource = "*"
    if draft.chance(0.3):
        resource = draft.pick(draft.services).service if kind == "service" else draft.pick(("road", "rail"))
    giver = draft.pick((a.party, a.region))
    both = draft.chance(0.8)
    draft.grants.append(
        Grant(agreement=name, giver=giver, taker=b.party, kind=kind, resource=resource, share_frac=share,
              both_ways=both)
    )  # fmt: skip
    others = [("hub", 0.6, ("*",)), ("trade", 0.7, ("*", "grain", "milk"))]
    if draft.has("charter"):
        others.append(("charter", 0.6, ("*", draft.pick(draft.services).service)))
    for other, probability, resources in others:
        if draft.chance(probability):
            part = draft.pick((1.0, 0.5)) if draft.has("shares") and other != "trade" else 1.0
            draft.grants.append(
                Grant(agreement=name, giver=a.party, taker=draft.pick((b.party, b.region)), kind=other,
                      resource=draft.pick(resources), share_frac=part, both_ways=draft.chance(0.8))
            )  # fmt: skip
