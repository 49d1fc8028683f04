"""The built-in cases hold what the issue asks of their input; nothing here looks at a plan."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest
from scripts.build_cases.figures import (
    build_board,
    departures_by_service,
    earliest_arrival,
    earliest_arrivals,
    order_ways,
    slot_demand,
    spend_by_good,
    trade_pairs,
    units_of_vehicle,
    vehicle_part,
    window,
)
from scripts.build_cases.starter import build_starter
from scripts.build_cases.tables import case_of

from landbridge.model.case import ATTRIBUTES, Case, Order, Service
from landbridge.tables.reading import read_case

ROOT = Path(__file__).parents[2]
CASES = ROOT / "src" / "landbridge" / "cases"
NAMES = ("starter", "far-east", "china-russia")
FAR_EAST_REGIONS = {
    "CN-HL", "CN-JL", "CN-LN", "CN-NM", "RU-PRI", "RU-KHA", "RU-AMU", "RU-YEV", "RU-ZAB", "RU-BU", "RU-IRK", "RU-SAK",
}  # fmt: skip
BINDING, SLACK = 0.9, 0.6


@cache
def case_named(name: str) -> Case:
    return read_case(CASES / name)


@pytest.fixture
def far_east() -> Case:
    return case_named("far-east")


@pytest.fixture
def china_russia() -> Case:
    return case_named("china-russia")


def countries_of(case: Case) -> dict[str, str]:
    country = {region.region: region.country for region in case.regions}
    return {hub.hub: country[hub.region] for hub in case.hubs}


def region_of_party(case: Case) -> dict[str, str]:
    return {party.party: party.region for party in case.parties}


def owners(text: str) -> set[str]:
    return {part.split(":")[0] for part in text.replace("+", " ").split()}


# all three


@pytest.mark.parametrize("name", NAMES)
def test_case_is_read_without_findings(name: str) -> None:
    """``read_case`` raises with all findings when there is one."""
    assert case_named(name).orders


@pytest.mark.parametrize("name", NAMES)
def test_each_row_that_can_says_where_its_numbers_come_from(name: str) -> None:
    for table, attributes in ATTRIBUTES.items():
        names = {attribute.name for attribute in attributes}
        rows = getattr(case_named(name), table)
        if "origin" not in names:
            continue
        for row in rows:
            first, *exceptions = row.origin.split()
            assert first in ("observed", "derived", "assumed"), (table, row)
            assert row.source, (table, row)
            for exception in exceptions:
                column, origin = exception.split(":")
                assert column in names or column.startswith("cap_"), (table, column)
                assert origin in ("observed", "derived", "assumed"), (table, exception)


@pytest.mark.parametrize("name", ["far-east", "china-russia"])
def test_money_is_converted_with_dated_and_sourced_rates(name: str) -> None:
    rates = case_named(name).settings.rates
    assert {rate.currency for rate in rates} >= {"USD", "RUB"}
    assert all(rate.date and rate.source and rate.per_unit > 0 for rate in rates)


@pytest.mark.parametrize("name", ["far-east", "china-russia"])
def test_readme_carries_sources_attribution_and_the_note_on_territory(name: str) -> None:
    text = (CASES / name / "README.md").read_text(encoding="utf-8")
    for words in (
        "GeoNames, https://www.geonames.org, CC BY 4.0",
        "Natural Earth",
        "Neutral-territory note",
        "assumed",
    ):
        assert words in text
    assert "<!--" not in text


@pytest.mark.parametrize("name", ["far-east", "china-russia"])
def test_regions_have_names_in_russian_and_chinese(name: str) -> None:
    assert all(region.name_ru and region.name_zh for region in case_named(name).regions)


def test_hubs_of_far_east_have_names_in_russian_and_chinese(far_east: Case) -> None:
    assert [hub.hub for hub in far_east.hubs if not (hub.name_ru and hub.name_zh)] == []


@pytest.mark.data
@pytest.mark.long
def test_the_script_writes_the_same_bytes_again(tmp_path: Path) -> None:
    if "LANDBRIDGE_DATA" not in os.environ:
        pytest.skip("LANDBRIDGE_DATA is not set")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    subprocess.run(
        [sys.executable, "-m", "scripts.build_cases", "--out", str(tmp_path)], check=True, cwd=ROOT, env=environment
    )
    for name in NAMES:
        assert {path.name for path in (tmp_path / name).iterdir()} == {path.name for path in (CASES / name).iterdir()}
        for path in (tmp_path / name).iterdir():
            assert path.read_bytes() == (CASES / name / path.name).read_bytes(), path


# starter


def test_starter_is_the_worked_example_with_trucks_of_ten() -> None:
    assert case_named("starter") == case_of(build_starter())
    case = case_named("starter")
    assert {(s.owner, s.run_cost, s.capacity.get("t")) for s in case.services if s.run_cost} == {
        ("A", 100.0, 10.0), ("C", 100.0, 10.0), ("B", 110.0, 10.0), ("C", 110.0, 10.0),
    }  # fmt: skip
    assert {(s.owner, s.cost_per_t) for s in case.services if not s.run_cost} == {("A+B", (3.0,))}
    assert [(o.party, o.qty, o.price_per_unit) for o in case.orders] == [
        ("A", 6.0, 20.0), ("B", 4.0, 20.0), ("C", 5.0, 20.0), ("C", 3.0, 20.0),
    ]  # fmt: skip
    assert {agreement.status for agreement in case.agreements} == {"in_force"}


def test_starter_with_trucks_of_eight_differs_in_the_trucks_only() -> None:
    ten, eight = case_of(build_starter()), case_of(build_starter(8.0))
    assert {s.capacity["t"] for s in eight.services if s.capacity} == {8.0}
    assert (ten.orders, ten.grants, ten.hubs) == (eight.orders, eight.grants, eight.hubs)


# far-east: the ranges of the issue


def test_far_east_has_the_twelve_border_regions(far_east: Case) -> None:
    assert {region.region for region in far_east.regions} == FAR_EAST_REGIONS


def test_far_east_is_a_cyclic_week_that_starts_on_a_monday(far_east: Case) -> None:
    assert far_east.settings.cyclic
    assert far_east.settings.horizon_h == 168
    assert far_east.settings.start == "2026-10-05T00:00"


def test_far_east_has_sixty_to_eighty_hubs_all_of_them_served(far_east: Case) -> None:
    assert 60 <= len(far_east.hubs) <= 80
    assert {hub.hub for hub in far_east.hubs} == {hub for service in far_east.services for hub in service.route}


def test_far_east_has_three_to_six_hundred_orders_of_all_kinds_and_goods(far_east: Case) -> None:
    assert 300 <= len(far_east.orders) <= 600
    kinds = {(bool(order.from_hub), bool(order.to_hub)) for order in far_east.orders}
    assert kinds == {(True, True), (True, False), (False, True)}
    assert {order.good for order in far_east.orders} == {
        "parcel", "soybeans", "milk", "seafood", "machinery", "gas", "traveller", "timber",
    }  # fmt: skip


def test_far_east_has_four_to_nine_hundred_weekly_departures_few_of_them_public(far_east: Case) -> None:
    departures = departures_by_service(far_east)
    total = sum(len(minutes) for minutes in departures.values())
    public = sum(len(departures[s.service]) for s in far_east.services if not s.owner)
    assert 400 <= total <= 900
    assert 0.1 <= public / total <= 0.25
    assert set(departures) == {service.service for service in far_east.services}


def test_far_east_uses_all_modes(far_east: Case) -> None:
    assert {service.mode for service in far_east.services} == {"rail", "road", "sea", "air", "pipeline", "bus"}


def test_far_east_has_twelve_parties_with_services_and_a_market_outside(far_east: Case) -> None:
    running = set().union(*(owners(service.owner) for service in far_east.services))
    assert len(running & set(region_of_party(far_east))) >= 12
    outside = [order for order in far_east.orders if not order.party]
    assert len(outside) >= 5
    assert all(order.quota for order in outside)


def test_far_east_has_six_agreements_some_in_force_some_proposed_each_with_grants(far_east: Case) -> None:
    statuses = Counter(agreement.status for agreement in far_east.agreements)
    assert statuses.total() >= 6
    assert statuses["in_force"] >= 2
    assert statuses["proposed"] >= 2
    assert {grant.agreement for grant in far_east.grants} == {a.agreement for a in far_east.agreements}


def test_each_region_of_far_east_has_a_service_or_quota_of_its_own(far_east: Case) -> None:
    region = region_of_party(far_east)
    named = [owners(row.owner) for row in (*far_east.services, *far_east.handling)]
    assert {region[party] for parties in named for party in parties} == FAR_EAST_REGIONS


def test_each_region_of_far_east_exports_and_imports(far_east: Case) -> None:
    region = region_of_party(far_east)
    place = {hub.hub: hub.region for hub in far_east.hubs} | {"": ""}
    exports, imports = set(), set()
    for order in far_east.orders:
        home = region.get(order.party)
        if home and place[order.from_hub] == home != place[order.to_hub]:
            exports.add(home)
        if home and place[order.to_hub] == home != place[order.from_hub]:
            imports.add(home)
    assert exports == imports == FAR_EAST_REGIONS


def surplus_alone(case: Case, order: Order) -> float:
    """Worth of a shipment less a whole public vehicle for each service on its fastest public way; -inf: no way."""
    country = countries_of(case)
    good = next(good for good in case.goods if good.good == order.good)
    services = {service.service: service for service in case.services}
    ready, due = window(case, order)
    way = earliest_arrival(
        public_board(), good, order.from_hub, order.to_hub, ready, {country[order.from_hub], country[order.to_hub]}, due
    )
    if way is None:
        return -math.inf
    cost = 0.0
    for service in (services[name] for name in way.services):
        cost += service.run_cost * math.ceil(order.qty / units_of_vehicle(service, good))
        cost += order.qty * good.per_unit.get("t", 0.0) * sum(service.cost_per_t)
    return order.qty * order.price_per_unit - cost


@cache
def public_board():
    return build_board(case_named("far-east"), lambda service: not service.owner)


def test_each_region_of_far_east_has_a_positive_outside_option_by_public_carriers(far_east: Case) -> None:
    """One shipment of its own pays a whole public vehicle at tariff, in time: worth something without any partner."""
    region = region_of_party(far_east)
    best: dict[str, float] = defaultdict(lambda: -math.inf)
    for order in far_east.orders:
        if order.party and order.from_hub and order.to_hub:
            home = region[order.party]
            best[home] = max(best[home], surplus_alone(far_east, order))
    assert {home for home, surplus in best.items() if surplus > 0} == FAR_EAST_REGIONS


def test_public_carriers_are_dearer_by_twenty_to_sixty_percent(far_east: Case) -> None:
    """Compared with services of a party that have the same vehicle on the same legs."""

    def twin_key(service: Service) -> tuple[object, ...]:
        legs = frozenset(frozenset(leg) for leg in pairwise(service.route))
        return service.mode, tuple(sorted(service.capacity.items())), legs

    def costs_per_km(service: Service) -> tuple[float, float]:
        km = sum(service.distance_km)
        return service.run_cost / km, sum(service.cost_per_t) / km

    owned = {twin_key(service): service for service in far_east.services if service.owner}
    ratios = [
        cost / twin_cost
        for service in far_east.services
        if not service.owner and (twin := owned.get(twin_key(service))) is not None
        for cost, twin_cost in zip(costs_per_km(service), costs_per_km(twin), strict=True)
    ]
    assert len(ratios) >= 40
    assert all(1.2 <= ratio <= 1.6 for ratio in ratios), ratios


def test_part_loads_are_to_be_shared(far_east: Case) -> None:
    """Median order: 0.1 to 0.5 of the smallest vehicle that takes it."""
    assert 0.1 <= median(vehicle_part(far_east).values()) <= 0.5


def test_backhaul_is_to_be_gained_on_fleets(far_east: Case) -> None:
    """Each fleet drives there and back and may run empty; freight it takes goes north, other freight south."""
    routes = defaultdict(set)
    for service in far_east.services:
        if service.fleet:
            assert service.empty_cost is not None
            routes[service.fleet].add(service.route)
    assert len(routes) >= 10
    assert all(any(route[::-1] in both for route in both) for both in routes.values())
    country = countries_of(far_east) | {"": ""}
    north, south = Counter(), Counter()
    for order in far_east.orders:
        if order.from_hub and order.to_hub:
            ends = country[order.from_hub], country[order.to_hub]
            north[order.good] += ends == ("CN", "RU")
            south[order.good] += ends == ("RU", "CN")
        else:
            north[order.good] += country[order.to_hub] == "RU"
            south[order.good] += country[order.to_hub] == "CN"
    assert north["machinery"] > 10 * south["machinery"]
    assert north["milk"] > 10 * south["milk"]
    assert south["timber"] > 10 * north["timber"]
    assert south["soybeans"] > 10 * north["soybeans"]
    assert south["seafood"] > 10 * north["seafood"]


def test_slots_bind_at_two_crossings_and_are_slack_at_two(far_east: Case) -> None:
    """Full vehicles on the cheapest ways, in the busier direction, against slots a week."""
    ratios: dict[str, float] = defaultdict(float)
    for name, (load, cap) in slot_demand(far_east, order_ways(far_east)).items():
        crossing = name.removesuffix("-in").removesuffix("-out")
        ratios[crossing] = max(ratios[crossing], load / cap)
    assert sum(ratio >= BINDING for ratio in ratios.values()) == 2, ratios
    assert sum(ratio <= SLACK for ratio in ratios.values()) >= 2, ratios


def test_slots_are_divided_among_owners(far_east: Case) -> None:
    """A limited public resource without quotas could not be valued for a coalition."""
    slots = [row for row in far_east.handling if row.cap_runs_per_day is not None]
    for row in slots:
        shares = [float(part.split(":")[1]) for part in row.owner.split()]
        assert sum(shares) == pytest.approx(1.0)
        assert all(share * row.cap_runs_per_day >= 1 for share in shares if share * row.cap_runs_per_day > 0.5)
    assert len(slots) >= 8


def test_goods_of_the_two_sides_complement_each_other(far_east: Case) -> None:
    """At least three goods are offered by parties of one country and bid for by parties of the other only."""
    region = region_of_party(far_east)
    sides = defaultdict(lambda: (set(), set()))
    for order in far_east.orders:
        if order.party and not (order.from_hub and order.to_hub):
            sides[order.good][0 if order.from_hub else 1].add(region[order.party][:2])
    apart = [good for good, (sell, buy) in sides.items() if len(sell) == len(buy) == 1 and sell != buy]
    assert len(apart) >= 3


def test_no_good_has_more_than_forty_percent_of_the_estimated_spend(far_east: Case) -> None:
    spend = spend_by_good(far_east, order_ways(far_east))
    assert max(spend.values()) <= 0.4 * sum(spend.values()), spend


def test_most_shipments_of_far_east_have_a_way_in_time_and_some_have_none(far_east: Case) -> None:
    country = countries_of(far_east)
    goods = {good.good: good for good in far_east.goods}
    board = build_board(far_east)
    late = total = 0
    for order in far_east.orders:
        if order.from_hub and order.to_hub:
            ready, due = window(far_east, order)
            ends = {country[order.from_hub], country[order.to_hub]}
            total += 1
            late += earliest_arrival(board, goods[order.good], order.from_hub, order.to_hub, ready, ends, due) is None
    assert 0.01 <= late / total <= 0.1


def test_shipments_of_far_east_are_handed_in_at_cut_offs_and_due_within_a_week(far_east: Case) -> None:
    """A way passes the end of the cycle once at most."""
    shipments = [order for order in far_east.orders if order.from_hub and order.to_hub]
    assert {order.ready[4:] for order in shipments} == {"06:00", "18:00"}
    assert all(0 < due - ready < 168 * 60 for ready, due in (window(far_east, order) for order in shipments))


def test_shipments_of_far_east_cost_a_part_of_their_price_when_they_are_left(far_east: Case) -> None:
    shipments = [order for order in far_east.orders if order.from_hub and order.to_hub]
    parts = [order.unserved_cost_per_unit / order.price_per_unit for order in shipments]
    assert 0.2 - 1e-3 <= min(parts) < max(parts) <= 0.4 + 1e-3


def test_costs_of_far_east_are_divided_by_mode_into_run_and_load(far_east: Case) -> None:
    """Over a full vehicle; travellers of 0.1 t fill one with seats."""
    wanted = {"rail": 0.35, "road": 0.5, "sea": 0.3, "air": 0.5, "bus": 0.6, "pipeline": 0.0}
    for service in far_east.services:
        full_t = service.capacity["seats"] / 10 if "seats" in service.capacity else service.capacity["t"]
        full = service.run_cost + full_t * sum(service.cost_per_t)
        assert service.run_cost / full == pytest.approx(wanted[service.mode], abs=0.01), service.service


def test_trunk_departures_of_far_east_are_convoys(far_east: Case) -> None:
    runs = [service.max_runs for service in far_east.services if service.mode in ("road", "rail")]
    assert all(limit is not None and 3 <= limit <= 8 for limit in runs)


def test_offers_and_bids_of_far_east_pair_in_hundreds(far_east: Case) -> None:
    """Enough to choose from, few enough to list."""
    assert 100 <= len(trade_pairs(far_east)) <= 700


def test_special_goods_of_far_east_are_described(far_east: Case) -> None:
    goods = {good.good: good for good in far_east.goods}
    assert goods["milk"].life_h == 120
    assert goods["machinery"].handling_class == "oversize"
    assert goods["traveller"].handling_class == "person"
    assert goods["traveller"].per_unit == {"seats": 1.0, "t": 0.1}
    gas = [service for service in far_east.services if service.mode == "pipeline"]
    assert [(service.run_cost, min(service.cost_per_t) > 0) for service in gas] == [(0.0, True)]


def test_change_of_gauge_takes_time_and_money_at_the_rail_crossings(far_east: Case) -> None:
    gauge = [row for row in far_east.handling if row.from_mode == row.to_mode == "rail"]
    assert {row.hub for row in gauge} == {"xing:suifenhe", "xing:manzhouli", "xing:tongjiang", "xing:hunchun"}
    assert all(row.dwell_h == 6 and row.cost_per_t > 100 for row in gauge)


def test_freight_of_far_east_may_not_cross_the_other_country(far_east: Case) -> None:
    assert all(not good.transit for good in far_east.goods)
    assert all(not order.transit for order in far_east.orders)


# china-russia


def test_china_russia_has_all_regions_of_both_countries(china_russia: Case) -> None:
    assert Counter(region.country for region in china_russia.regions) == {"CN": 31, "RU": 83, "MN": 1, "KZ": 1}


def test_china_russia_has_ten_thousand_orders_and_thousands_of_departures(china_russia: Case) -> None:
    assert len(china_russia.orders) >= 10_000
    departures = departures_by_service(china_russia)
    assert 3000 <= sum(len(minutes) for minutes in departures.values()) <= 6000
    assert set(departures) == {service.service for service in china_russia.services}


def test_what_a_region_of_china_russia_sends_is_its_own_and_each_region_owns_something(china_russia: Case) -> None:
    """Issue 4: all 114 regions, and the two of transit, have something to divide."""
    place = {hub.hub: hub.region for hub in china_russia.hubs}
    home = {party.party: party.region for party in china_russia.parties}
    assert all(home[order.party] == place[order.from_hub] for order in china_russia.orders)
    carrying = {home[service.owner] for service in china_russia.services if service.owner}
    sending = {place[order.from_hub] for order in china_russia.orders}
    assert carrying | sending == {region.region for region in china_russia.regions}


def test_each_region_of_china_russia_sends_and_gets(china_russia: Case) -> None:
    place = {hub.hub: hub.region for hub in china_russia.hubs}
    real = {region.region for region in china_russia.regions if region.country in ("CN", "RU")}
    assert {place[order.from_hub] for order in china_russia.orders} == real
    assert {place[order.to_hub] for order in china_russia.orders} == real


def test_regions_of_china_russia_form_24_groups_within_their_countries(china_russia: Case) -> None:
    country: dict[str, set[str]] = {}
    for region in china_russia.regions:
        country.setdefault(region.group or region.region, set()).add(region.country)
    assert len(country) == 24
    assert all(len(countries) == 1 for countries in country.values())


def test_orders_of_china_russia_add_up_to_the_published_totals(china_russia: Case) -> None:
    """30,000 t of items from China (2016); 550,000 + 218,000 TEU (2023), a year; rounding of orders aside."""
    country = countries_of(china_russia)
    total: Counter[str] = Counter()
    for order in china_russia.orders:
        if order.good == "container" or country[order.from_hub] == "CN":
            total[order.good] += order.qty
    assert total["parcel"] == pytest.approx(30_000 / 52, rel=0.01)
    assert total["container"] == pytest.approx(768_000 / 52, rel=0.01)


def test_transit_is_allowed_by_good_only(china_russia: Case) -> None:
    assert {good.good: good.transit for good in china_russia.goods} == {
        "parcel": ("KZ",), "container": ("KZ", "MN"),
    }  # fmt: skip


@pytest.mark.slow
def test_nearly_all_orders_of_china_russia_have_a_way_in_time(china_russia: Case) -> None:
    """At least 95 % of every twentieth order; capacities and permissions aside."""
    goods = {good.good: good for good in china_russia.goods}
    board = build_board(china_russia)
    found: dict[tuple[str, str, int], dict[str, int]] = {}
    orders = china_russia.orders[::20]
    on_time = 0
    for order in orders:
        ready, due = window(china_russia, order)
        good = goods[order.good]
        key = (order.good, order.from_hub, ready)
        if key not in found:
            ways = earliest_arrivals(board, good, order.from_hub, ready, {"CN", "RU", *good.transit}, ready + 36_000)
            found[key] = {hub: arrival.minute for hub, arrival in ways.items()}
        on_time += found[key].get(order.to_hub, due + 1) <= due
    assert on_time >= 0.95 * len(orders)


def test_china_russia_stays_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in (CASES / "china-russia").iterdir()) < 6_000_000
