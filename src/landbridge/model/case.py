"""What a case is: one frozen row type a table, each field a column with its meaning and range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from landbridge.model.columns import Attribute, Audience, Kind, attributes_of, column

T, N, I, F = Kind.TEXT, Kind.NUMBER, Kind.INTEGER, Kind.FLAG  # noqa: E741
OWNER, CAPACITY = Audience.OWNER, Audience.CAPACITY

_ORIGIN = (
    "Where the row's numbers come from: observed, derived or assumed; exceptions follow as "
    "column:origin, e.g. 'observed run_cost:assumed'."
)
_SOURCE = "Source of the row's numbers: an address, a title, or the formula."


def _origin() -> str:
    value: str = column(T, _ORIGIN, default="")
    return value


def _source() -> str:
    value: str = column(T, _SOURCE, default="", audience=OWNER)  # a formula may quote a price
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """An exchange rate that was used to bring money into the case's currency."""

    currency: str = column(T, "ISO 4217 code of the other currency.")
    per_unit: float = column(N, "What one unit of it is worth in the case's currency.", unit="money", low=0, above=True)
    date: str = column(T, "Day of the rate, YYYY-MM-DD.")
    source: str = column(T, "Where it is published.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The case as a whole: ``case.toml``. ``rates`` are the exchange rates used, dated and sourced."""

    name: str = column(T, "Name of the case, in words.")
    start: str = column(
        Kind.TIME,
        "Local date and time at which the plan begins, ISO 8601 without offset, in timezone.",
        default="2026-01-05T00:00",
    )
    horizon_h: float = column(
        N, "Length of the plan. A cyclic case needs a whole number of weeks.", default=168.0, unit="h", low=1
    )
    cyclic: bool = column(
        F, "Plan a week that repeats: what leaves on Sunday may arrive on Monday of the next week.", default=False
    )
    currency: str = column(T, "ISO 4217 code of all money.", default="USD")
    timezone: str = column(T, "IANA name; hubs may have their own.", default="UTC")
    rates: tuple[Rate, ...] = ()
    co2_cost_per_t: float = column(
        N,
        "Price of one tonne of CO2e, added to the cost of every flow by kgco2e_per_t.",
        default=0.0,
        unit="money/t",
        low=0,
    )
    schema_version: int = column(I, "Version of the tables; this release reads version 1.", default=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Who benefits."""

    region: str = column(T, "Id of the region; ISO 3166-2 where there is one.", key=True)
    name: str = column(T, "Name in English.", default="")
    country: str = column(T, "ISO 3166-1 alpha-2 code; decides which hubs are in a third country.")
    lat: float | None = column(N, "Latitude.", default=None, unit="degrees", low=-90, high=90)
    lon: float | None = column(N, "Longitude.", default=None, unit="degrees", low=-180, high=180)
    population: float | None = column(N, "Inhabitants.", default=None, unit="persons", low=0)
    group: str = column(
        T, "Regions of one group may share as one player; no blank in it. Blank = a group of its own.", default=""
    )
    name_ru: str = column(T, "Name in Russian.", default="")
    name_zh: str = column(T, "Name in Chinese.", default="")
    origin: str = _origin()
    source: str = _source()


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who owns orders, services and hubs inside a region. Without this table each region is one party."""

    party: str = column(T, "Id of the party.", key=True)
    region: str = column(T, "Region it belongs to; parties of one region always grant each other.", ref="regions")
    name: str = column(T, "Name.", default="")
    kind: str = column(T, "What it is: post, railway, carrier, producer, buyer, ...", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A place where flow starts, ends or changes vehicle."""

    hub: str = column(T, "Id of the hub; no '>' or blank.", key=True)
    region: str = column(T, "Region it lies in.", ref="regions")
    owner: str = column(
        Kind.OWNER,
        "Who decides who may change vehicles here; blank = public. Starting and ending are free.",
        default="",
        ref="parties",
    )
    name: str = column(T, "Name in English.", default="")
    kind: str = column(
        T,
        "Kind of place.",
        default="city",
        choices=("city", "rail", "port", "airport", "crossing", "sorting", "pipe"),
    )
    lat: float | None = column(N, "Latitude.", default=None, unit="degrees", low=-90, high=90)
    lon: float | None = column(N, "Longitude.", default=None, unit="degrees", low=-180, high=180)
    timezone: str = column(T, "IANA time zone; blank = the case's.", default="")
    unlocode: str = column(T, "UN/LOCODE, where there is one.", default="")
    store_cap_t: float | None = column(
        N, "Most that may wait here at any moment; blank = no limit.", default=None, unit="t", low=0, audience=CAPACITY
    )
    store_cost_per_t_h: float = column(
        N, "Cost of waiting here, without the dwell of handling.", default=0.0, unit="money/t/h", low=0, audience=OWNER
    )
    cap_runs_per_day: float | None = column(
        N,
        "Most vehicle calls a day, loaded or empty; blank = no limit.",
        default=None,
        unit="runs/day",
        low=0,
        audience=CAPACITY,
    )
    name_ru: str = column(T, "Name in Russian.", default="")
    name_zh: str = column(T, "Name in Chinese.", default="")
    origin: str = _origin()
    source: str = _source()


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """A change of vehicle at a hub: transshipment, change of gauge, customs; and limits on runs by mode."""

    handling: str = column(T, "Id of the row.", key=True)
    hub: str = column(T, "Where.", ref="hubs")
    owner: str = column(Kind.OWNER, "Whose facility; blank = public.", default="", ref="parties")
    direction: str = column(
        T,
        "Border direction of the runs counted by cap_runs_per_day: in = legs that arrive here from another country, "
        "out = legs that leave for another country, blank = every call.",
        default="",
        choices=("in", "out"),
    )
    cap_runs_per_day: float | None = column(
        N,
        "Most vehicle runs of from_mode (blank = any mode) a day in that direction; blank = no limit.",
        default=None,
        unit="runs/day",
        low=0,
        audience=CAPACITY,
    )
    from_mode: str = column(
        T, "Mode the freight arrives by; blank = any mode, start = freight that starts here.", default=""
    )
    to_mode: str = column(T, "Mode the freight leaves by; blank = any mode, end = freight that ends here.", default="")
    handling_class: str = column(T, "Handling class it serves; blank = all.", default="")
    dwell_h: float = column(N, "Time it takes.", default=0.0, unit="h", low=0)
    cost_per_t: float = column(N, "Cost.", default=0.0, unit="money/t", low=0, audience=OWNER)
    cap_t_per_day: float | None = column(
        N,
        "Most tonnes whose handling starts on one local day; blank = no limit.",
        default=None,
        unit="t/day",
        low=0,
        audience=CAPACITY,
    )
    opens: str = column(T, "Local clock time from which handling may start, HH:MM; blank = 00:00.", default="")
    closes: str = column(T, "Local clock time before which handling must start, HH:MM; blank = 24:00.", default="")
    days: str = column(Kind.DAYS, "Weekdays on which it is open; blank = daily.", default="")
    origin: str = _origin()
    source: str = _source()


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """What moves."""

    good: str = column(T, "Id of the good.", key=True)
    name: str = column(T, "Name in English.", default="")
    hs_code: str = column(T, "Harmonized System code, text.", default="")
    per_unit: Mapping[str, float] = column(
        Kind.AMOUNTS,
        "What one unit takes of a dimension: t_per_unit, m3_per_unit, seats_per_unit, or any dimension that "
        "services carry as cap_<dim>; blank = 0.",
        default={},
        name="<dim>_per_unit",
        unit="<dim>/unit",
        low=0,
    )
    handling_class: str = column(
        T, "general, chilled, frozen, bulk, oversize, parcel, gas, person, or a word of your own.", default="general"
    )
    life_h: float | None = column(
        N,
        "Age at which it is worthless, counted from the order's ready time; blank = never.",
        default=None,
        unit="h",
        low=0,
        above=True,
    )
    transit: tuple[str, ...] = column(
        Kind.WORDS, "Third countries it may cross, ISO 3166-1 codes or *; blank = none.", default=()
    )
    name_ru: str = column(T, "Name in Russian.", default="")
    name_zh: str = column(T, "Name in Chinese.", default="")
    origin: str = _origin()
    source: str = _source()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Vehicles on a route of one or more legs; one vehicle carries all its legs."""

    service: str = column(T, "Id of the service.", key=True)
    owner: str = column(
        Kind.OWNER,
        "Who runs it; blank = public: any party may charter its own runs at run_cost.",
        default="",
        ref="parties",
    )
    mode: str = column(T, "rail, road, sea, air, pipeline, or a word of your own.")
    route: tuple[str, ...] = column(Kind.ROUTE, "Hubs in order, A>B>C; a hub may come again later.", ref="hubs")
    travel_h: tuple[float, ...] = column(
        Kind.LEGS, "Time of each leg, 10>14, stops included.", unit="h", low=0, above=True
    )
    distance_km: tuple[float, ...] = column(Kind.LEGS, "Length of each leg, for reports.", default=(), unit="km", low=0)
    capacity: Mapping[str, float] = column(
        Kind.AMOUNTS,
        "What one vehicle holds of a dimension: cap_t, cap_m3, cap_seats, ...; blank = no limit.",
        default={},
        name="cap_<dim>",
        unit="<dim>",
        low=0,
        audience=CAPACITY,
    )
    run_cost: float = column(
        N, "Cost of one vehicle on one departure, all legs.", default=0.0, unit="money", low=0, audience=OWNER
    )
    cost_per_t: tuple[float, ...] = column(
        Kind.LEGS,
        "Cost of a tonne on each leg; one number = the same on each leg.",
        default=(0.0,),
        unit="money/t",
        low=0,
        audience=OWNER,
    )
    accepts: tuple[str, ...] = column(Kind.WORDS, "Handling classes it takes; blank = all.", default=())
    max_runs: int | None = column(
        I,
        "Most vehicles: on each departure where there is a timetable, in the whole horizon where there is none; "
        "blank = no limit.",
        default=None,
        low=0,
        audience=CAPACITY,
    )
    fleet: str = column(T, "Fleet its vehicles belong to; blank = hired one way.", default="", ref="fleets")
    empty_cost: float | None = column(
        N,
        "Cost of running one vehicle of the fleet without load; blank = no empty runs.",
        default=None,
        unit="money",
        low=0,
        audience=OWNER,
    )
    kgco2e_per_t: tuple[float, ...] = column(
        Kind.LEGS,
        "Emission of a tonne on each leg; one number = the same on each leg.",
        default=(0.0,),
        unit="kg CO2e/t",
        low=0,
    )
    origin: str = _origin()
    source: str = _source()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimetableRow:
    """Departures of a service. A service without a row may leave at any time."""

    service: str = column(T, "Service.", ref="services", key=True)
    days: str = column(Kind.DAYS, "Weekdays of departure: Mon Thu, 1-5, daily; blank = daily.", default="", key=True)
    depart: str = column(T, "Local clock time at the first hub, HH:MM; give this or every_h.", default="", key=True)
    every_h: float | None = column(
        N,
        "Hours between departures, from starts (blank = the case's start) on; days are ignored.",
        default=None,
        unit="h",
        low=0,
        above=True,
    )
    starts: str = column(Kind.TIME, "First moment, local to the first hub; blank = the case's start.", default="")
    ends: str = column(Kind.TIME, "Last moment, included; blank = the end of the horizon.", default="")
    max_runs: int | None = column(
        I, "Most vehicles on each departure; blank = the service's.", default=None, low=0, audience=CAPACITY
    )
    must_run: int = column(
        I, "Vehicles that leave on each departure whatever they carry.", default=0, low=0, audience=CAPACITY
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Vehicles that are conserved at hub and time."""

    fleet: str = column(T, "Id of the fleet.", key=True)
    owner: str = column(
        Kind.OWNER, "Who owns it, for reports; services name their own owners.", default="", ref="parties"
    )
    hub: str = column(
        T,
        "Where the vehicles stand at the start; blank = where the plan wants them. Ignored in a cyclic case.",
        default="",
        ref="hubs",
    )
    count: int | None = column(
        I, "How many there are; blank = as many as it takes.", default=None, low=0, audience=CAPACITY
    )
    fixed_cost: float = column(
        N, "Cost of each vehicle in use in the horizon.", default=0.0, unit="money", low=0, audience=OWNER
    )
    round_the_week: bool = column(
        F, "1 = at the end each hub has as many vehicles as at the start. Always so in a cyclic case.", default=True
    )
    origin: str = _origin()
    source: str = _source()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """What a planner locks: bounds on runs or on what an order gets."""

    table: str = column(T, "What is pinned.", choices=("services", "departures", "orders"), key=True)
    key: str = column(
        T,
        "A service id; service@time (a departure, e.g. S1@Mon 08:00 or S1@2026-11-02T08:00, local to the first hub); "
        "or an order id.",
        key=True,
    )
    min: float = column(N, "Least: runs (sum over owners), or units of the order.", default=0.0, low=0)
    max: float | None = column(N, "Most; blank = no limit.", default=None, low=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An offer (from_hub only), a bid (to_hub only) or a shipment (both)."""

    order: str = column(T, "Id of the order.", key=True)
    party: str = column(T, "Whose it is; blank = the market outside.", default="", ref="parties")
    good: str = column(T, "What.", ref="goods")
    qty: float = column(N, "How much, each time it repeats.", unit="units", low=0)
    from_hub: str = column(T, "Where it starts; blank = a bid.", default="", ref="hubs")
    to_hub: str = column(T, "Where it ends; blank = an offer.", default="", ref="hubs")
    price_per_unit: float = column(
        N,
        "Shipment: what carrying a unit is worth. Bid: the most the buyer pays. Offer: the least the seller takes.",
        default=0.0,
        unit="money/unit",
        audience=OWNER,
    )
    ready: str = column(
        Kind.TIME,
        "Earliest departure (bid: blank), local to from_hub; with days, a clock time. Blank = the start.",
        default="",
    )
    due: str = column(
        Kind.TIME,
        "Latest arrival on time (offer: the latest any of it may arrive), local to to_hub (offer: from_hub); "
        "+48h counts from ready. Blank = the end of the horizon, in a cyclic case ready plus the horizon.",
        default="",
    )
    days: str = column(Kind.DAYS, "Weekdays on which it repeats; blank = once.", default="")
    quota: str = column(
        Kind.OWNER,
        "Shares of an outside order by party, a:0.5 b:0.5; used when valuing coalitions.",
        default="",
        ref="parties",
    )
    late_max_h: float = column(N, "How late it may be.", default=0.0, unit="h", low=0)
    late_cost_per_unit_h: float = column(
        N, "Cost of lateness.", default=0.0, unit="money/unit/h", low=0, audience=OWNER
    )
    unserved_cost_per_unit: float = column(
        N, "Penalty for each unit not served.", default=0.0, unit="money/unit", low=0, audience=OWNER
    )
    min_fill_frac: float = column(N, "Either this part or more is served, or nothing.", default=0.0, low=0, high=1)
    split: bool = column(F, "May it take several paths; 0 = one path (and one counterparty).", default=True)
    transit: tuple[str, ...] = column(
        Kind.WORDS, "Third countries it may cross, or *; '-' = none; blank = the good's.", default=()
    )
    origin: str = _origin()
    source: str = _source()


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A document between parties."""

    agreement: str = column(T, "Id of the agreement.", key=True)
    name: str = column(T, "Title.", default="")
    status: str = column(T, "Where it stands.", default="proposed", choices=("proposed", "signed", "in_force", "ended"))
    starts: str = column(T, "First day in force, YYYY-MM-DD; blank = always.", default="")
    ends: str = column(T, "Last day in force; blank = open.", default="")
    fixed_cost: float = column(
        N,
        "Cost of having it, for the horizon; not part of a plan's value.",
        default=0.0,
        unit="money",
        low=0,
        audience=OWNER,
    )
    origin: str = _origin()
    source: str = _source()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Whose capacity an agreement opens to whom."""

    agreement: str = column(T, "Agreement it belongs to.", ref="agreements", key=True)
    giver: str = column(T, "Party or region that gives, or *.", key=True)
    taker: str = column(T, "Party or region that may use, or *.", key=True)
    kind: str = column(
        T,
        "service, mode: the taker's goods may ride the giver's runs of that service or mode; charter: the taker may "
        "run the giver's service itself; hub: the taker's goods may change vehicles at the giver's hub or handling; "
        "trade: the taker may buy that good from the giver.",
        choices=("service", "mode", "charter", "hub", "trade"),
        key=True,
    )
    resource: str = column(T, "Id of the service, mode, hub, handling or good; * = all.", default="*", key=True)
    share_frac: float = column(
        N,
        "Part of each run (service, mode) or of the giver's quota (charter, hub) that is open.",
        default=1.0,
        low=0,
        high=1,
    )
    fee_per_t: float = column(
        N,
        "What the taker pays the giver; a transfer, not a cost of the plan.",
        default=0.0,
        unit="money/t",
        low=0,
        audience=OWNER,
    )
    both_ways: bool = column(F, "1 = holds with giver and taker exchanged too.", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that changes a resource for a time; used by scenarios and re-planning."""

    event: str = column(T, "Id of the event.", key=True)
    kind: str = column(T, "What happens.", default="closure")
    resource: str = column(T, "Id of the hub, handling or service.")
    starts: str = column(Kind.TIME, "From when; blank = the start.", default="")
    ends: str = column(Kind.TIME, "Until when; blank = the end.", default="")
    cap_frac: float = column(N, "Part of the capacity that is left; 0 = closed.", default=0.0, low=0, high=1)
    extra_h: float = column(N, "Added time.", default=0.0, unit="h", low=0)
    extra_cost_per_t: float = column(N, "Added cost.", default=0.0, unit="money/t", low=0, audience=OWNER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What could be built."""

    project: str = column(T, "Id of the project.", key=True)
    resource: str = column(T, "Id of the hub, handling or service it adds to.")
    added_capacity: float = column(
        N, "Added to its capacity, in the resource's unit.", default=0.0, low=0, audience=CAPACITY
    )
    cost_per_week: float = column(N, "Cost.", default=0.0, unit="money/week", low=0, audience=OWNER)
    owner: str = column(Kind.OWNER, "Who builds it.", default="", ref="parties")
    origin: str = _origin()
    source: str = _source()


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """One changed cell of a scenario."""

    scenario: str = column(T, "Id of the scenario.", key=True)
    table: str = column(T, "Table to change.", key=True)
    key: str = column(T, "Id of the row.", key=True)
    column_name: str = column(T, "Column to change.", name="column", key=True)
    value: str = column(T, "New value, as text.", default="")


ROW_TYPES: dict[str, type] = {
    "regions": Region,
    "parties": Party,
    "hubs": Hub,
    "handling": Handling,
    "goods": Good,
    "services": Service,
    "timetable": TimetableRow,
    "fleets": Fleet,
    "pins": Pin,
    "orders": Order,
    "agreements": Agreement,
    "grants": Grant,
    "events": Event,
    "projects": Project,
    "scenarios": Patch,
}
"""Row type of each table, in reading order."""

REQUIRED_TABLES = ("regions", "hubs", "goods", "services", "orders")
"""Tables a case cannot do without (besides ``case.toml``)."""

SETTINGS: tuple[Attribute, ...] = attributes_of("case", Settings)
"""The settings of ``case.toml`` besides ``rates``."""

RATES: tuple[Attribute, ...] = attributes_of("rates", Rate)
"""The keys of each of the ``rates``."""

ATTRIBUTES: dict[str, tuple[Attribute, ...]] = {
    table: attributes_of(table, row_type) for table, row_type in ROW_TYPES.items()
}
"""The attribute table: every column of every table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    All input data of a plan.

    One tuple of rows a table, in file order. ``parties`` is never empty in a
    case that was read: a missing table becomes one party a region, with the
    region's id.
    """

    settings: Settings
    regions: tuple[Region, ...] = ()
    parties: tuple[Party, ...] = ()
    hubs: tuple[Hub, ...] = ()
    handling: tuple[Handling, ...] = ()
    goods: tuple[Good, ...] = ()
    services: tuple[Service, ...] = ()
    timetable: tuple[TimetableRow, ...] = ()
    fleets: tuple[Fleet, ...] = ()
    pins: tuple[Pin, ...] = ()
    orders: tuple[Order, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    grants: tuple[Grant, ...] = ()
    events: tuple[Event, ...] = ()
    projects: tuple[Project, ...] = ()
    scenarios: tuple[Patch, ...] = field(default=())
