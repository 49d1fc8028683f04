"""Hubs, handlings, lines, parties and agreements of the case ``far-east``."""

from __future__ import annotations

from scripts.build_cases.facts import Facts
from scripts.build_cases.lines import Line, leg_km
from scripts.build_cases.parameters import GAUGE_CNY_PER_T, GAUGE_H, PIPE_SPEED_KM_H
from scripts.build_cases.zones import zone_of

from landbridge.model.case import Agreement, Grant, Handling, Hub, Party, Region, Service

REGIONS = (
    "CN-HL", "CN-JL", "CN-LN", "CN-NM", "RU-PRI", "RU-KHA", "RU-AMU", "RU-YEV", "RU-ZAB", "RU-BU", "RU-IRK", "RU-SAK",
)  # fmt: skip
NO_SERVICE = {"xing:fuyuan", "xing:raohe", "xing:mishan", "xing:dongning", "xing:erenhot", "xing:naushki",
              "xing:kyakhta", "xing:xunke", "port:RUZAR", "air:HEK", "air:MDG"}  # fmt: skip
GAUGE_SOURCE = (
    "329 USD/20 t (Dostyk), https://cpmm.carecprogram.org/2020-report/rail-transport/; "
    "up to 6 h, https://reconasia.csis.org/gaining-steam/"
)
KINDS = {"seaport": "port", "gas_field": "pipe"}

PARTIES = (
    Party(party="hl-freight", region="CN-HL", name="Heilongjiang freight house", kind="carrier and trader"),
    Party(party="hl-post", region="CN-HL", name="Heilongjiang post", kind="post"),
    Party(party="jl-freight", region="CN-JL", name="Jilin freight house", kind="carrier and trader"),
    Party(party="ln-freight", region="CN-LN", name="Liaoning freight and shipping", kind="carrier and trader"),
    Party(party="nm-freight", region="CN-NM", name="Inner Mongolia freight house", kind="carrier and trader"),
    Party(party="pri-freight", region="RU-PRI", name="Primorye freight house", kind="carrier and trader"),
    Party(party="pri-sea", region="RU-PRI", name="Primorye shipping and fish", kind="shipping line and producer"),
    Party(party="kha-freight", region="RU-KHA", name="Khabarovsk freight house", kind="carrier and trader"),
    Party(party="amu-freight", region="RU-AMU", name="Amur freight house", kind="carrier and trader"),
    Party(party="yev-freight", region="RU-YEV", name="Birobidzhan freight house", kind="carrier and trader"),
    Party(party="zab-freight", region="RU-ZAB", name="Zabaykalye freight house", kind="carrier and trader"),
    Party(party="bu-freight", region="RU-BU", name="Buryatia freight house", kind="carrier and trader"),
    Party(party="irk-freight", region="RU-IRK", name="Irkutsk freight, timber and gas", kind="carrier and producer"),
    Party(party="sak-sea", region="RU-SAK", name="Sakhalin shipping and fish", kind="shipping line and producer"),
)
CN_PARTIES = tuple(party.party for party in PARTIES if party.region.startswith("CN"))
RU_PARTIES = tuple(party.party for party in PARTIES if party.region.startswith("RU"))


def hub_ids(facts: Facts) -> list[str]:
    """Hubs of the case: all the facts know in the twelve regions, without those that no line serves."""
    return [hub.hub for hub in facts.hubs.values() if hub.region in REGIONS and hub.hub not in NO_SERVICE]


def build_regions(facts: Facts) -> list[Region]:
    """The twelve regions."""
    return [
        Region(
            region=fact.region, name=fact.name, country=fact.country, lat=fact.lat, lon=fact.lon,
            population=fact.population, name_ru=fact.name_ru, name_zh=fact.name_zh, origin="observed",
            source="population: census 2020 (CN), Rosstat 2020 (RU); place of the capital: GeoNames, CC BY 4.0",
        )
        for fact in (facts.regions[region] for region in REGIONS)
    ]  # fmt: skip


def build_hubs(facts: Facts) -> list[Hub]:
    """Hubs with coordinates, zones and the cost of waiting."""
    rows = []
    for hub_id in hub_ids(facts):
        fact = facts.hubs[hub_id]
        kind = KINDS.get(fact.kind, fact.kind)
        rows.append(
            Hub(
                hub=hub_id, region=fact.region, name=fact.name, kind=kind, lat=fact.lat, lon=fact.lon,
                timezone=zone_of(fact.region, fact.country), unlocode=fact.code if kind == "port" else "",
                store_cost_per_t_h=0.1, name_ru=fact.name_ru, name_zh=fact.name_zh,
                origin="observed store_cost_per_t_h:assumed", source=fact.source,
            )
        )  # fmt: skip
    return rows


def build_handling(facts: Facts) -> list[Handling]:
    """Cross-docks at cities, quays, change of gauge, and the slots of the crossings."""
    rows = []
    for hub_id in hub_ids(facts):
        kind = facts.hubs[hub_id].kind
        if kind == "city":
            rows.append(_handling(f"dock@{hub_id}", hub_id, dwell_h=3.0, cost=25.0, source="cross-dock: assumed"))
        if kind == "seaport":
            for side, from_mode, to_mode in (
                ("off", "sea", ""), ("on", "", "sea"), ("start", "start", "sea"), ("end", "sea", "end")
            ):  # fmt: skip
                rows.append(_handling(f"quay-{side}@{hub_id}", hub_id, from_mode, to_mode, 12.0, 60.0, "quay: assumed"))
    for hub_id in ("xing:suifenhe", "xing:manzhouli", "xing:tongjiang", "xing:hunchun"):
        source = GAUGE_SOURCE
        cost = round(GAUGE_CNY_PER_T, 1)
        rows.append(_handling(f"gauge@{hub_id}", hub_id, "rail", "rail", GAUGE_H, cost, source, "derived"))
        rows.append(_handling(f"load@{hub_id}", hub_id, "road", "rail", 4.0, 40.0, "transshipment: assumed"))
        rows.append(_handling(f"unload@{hub_id}", hub_id, "rail", "road", 4.0, 40.0, "transshipment: assumed"))
    rows += [_slot(*slot) for slot in SLOTS]
    return rows


def _handling(
    name: str, hub: str, from_mode: str = "", to_mode: str = "", dwell_h: float = 0.0, cost: float = 0.0,
    source: str = "", origin: str = "assumed",
) -> Handling:  # fmt: skip
    return Handling(
        handling=name, hub=hub, from_mode=from_mode, to_mode=to_mode, dwell_h=dwell_h, cost_per_t=cost, origin=origin,
        source=source,
    )  # fmt: skip


# crossing, hub on the Russian side, mode, slots a day in each direction, shares of the owners
_SUIFENHE = "hl-freight:0.5 pri-freight:0.5"
_MANZHOULI_ROAD = "nm-freight:0.5 zab-freight:0.5"
_MANZHOULI_RAIL = "nm-freight:0.25 zab-freight:0.25 bu-freight:0.25 irk-freight:0.25"
_HEIHE = "hl-freight:0.4 amu-freight:0.4 kha-freight:0.1 ln-freight:0.1"
_HUNCHUN = "jl-freight:0.4 pri-freight:0.4 ln-freight:0.2"
_TONGJIANG = "yev-freight:0.4 hl-freight:0.3 kha-freight:0.3"
CROSSINGS = (
    ("suifenhe-road", "xing:pogranichny", "road", 4, _SUIFENHE, "40 trucks/day (June 2020), scaled to the sample"),
    ("manzhouli-rail", "xing:zabaykalsk", "rail", 8, _MANZHOULI_RAIL, "28 trains/day (2023), scaled to the sample"),
    ("manzhouli-road", "xing:zabaykalsk", "road", 4, _MANZHOULI_ROAD, "2,900 in and 2,200 out a week, scaled"),
    ("heihe-road", "xing:blagoveshchensk", "road", 12, _HEIHE, "630 trucks a day by specification, scaled"),
    ("hunchun-road", "xing:kraskino", "road", 6, _HUNCHUN, "30 trucks/day (June 2020), scaled to the sample"),
    ("tongjiang-rail", "xing:leninskoye", "rail", 5, _TONGJIANG, "21 Mt a year by design, scaled to the sample"),
)
SLOTS = tuple((f"{name}-{way}", hub, mode, way, cap, owner, note) for name, hub, mode, cap, owner, note in CROSSINGS
              for way in ("in", "out"))  # fmt: skip


def _slot(name: str, hub: str, mode: str, way: str, cap: int, owner: str, note: str) -> Handling:
    return Handling(
        handling=f"slots:{name}", hub=hub, owner=owner, direction=way, cap_runs_per_day=float(cap), from_mode=mode,
        origin="assumed", source=f"{note}; shares of the owners assumed",
    )  # fmt: skip


_E = ("city:CN-HL", "city:mudanjiang", "xing:suifenhe", "xing:pogranichny", "city:ussuriysk", "city:RU-PRI")
_H = ("city:CN-HL", "xing:heihe", "xing:blagoveshchensk", "city:RU-AMU")
_M = ("city:CN-HL", "city:qiqihar", "xing:manzhouli", "xing:zabaykalsk", "city:RU-ZAB")
_J = ("city:CN-JL", "xing:hunchun", "xing:kraskino", "city:RU-PRI")
_L = ("city:CN-HL", "city:jiamusi", "xing:luobei", "xing:amurzet", "xing:leninskoye", "city:RU-YEV")
_D = ("city:dalian", "city:yingkou", "city:CN-LN", "city:CN-JL", "city:CN-HL")
_RU_SUI = ("xing:suifenhe", "xing:pogranichny", "city:ussuriysk")
_RU_MAN = ("xing:manzhouli", "xing:zabaykalsk", "city:karymskoye", "city:RU-ZAB")

# hours: evening trucks leave at 20:00, after the cut-off at 18:00; morning ones at 08:00, after that at 06:00
LINES = (
    # trucks with fleets: out and back on one way, empty runs at a price
    Line(line="E-hl-reefer", owner="hl-freight", vehicle="reefer", path=_E, per_week=7, hour=20, back_hour=20,
         fleet=3, max_runs=6),
    Line(line="E-pri-flat", owner="pri-freight", vehicle="flatbed", path=_E, per_week=7, hour=20, back_hour=20,
         fleet=3, max_runs=6),
    Line(line="H-hl-reefer", owner="hl-freight", vehicle="reefer", path=_H, per_week=7, hour=20, back_hour=20,
         fleet=3, max_runs=5),
    Line(line="H-amu-flat", owner="amu-freight", vehicle="flatbed", path=_H, per_week=7, hour=20, back_hour=20,
         fleet=3, max_runs=5),
    Line(line="M-nm-reefer", owner="nm-freight", vehicle="reefer", path=_M, per_week=7, hour=8, back_hour=20,
         fleet=2, max_runs=4),
    Line(line="M-zab-flat", owner="zab-freight", vehicle="flatbed", path=_M, per_week=7, hour=8, back_hour=20,
         fleet=2, max_runs=4),
    Line(line="M-irk-reefer", owner="irk-freight", vehicle="reefer", per_week=4, hour=8, back_hour=8,
         path=("city:RU-ZAB", "city:RU-BU", "city:RU-IRK"), fleet=2, max_runs=4),
    Line(line="M-bu-flat", owner="bu-freight", vehicle="flatbed", per_week=3, hour=8, back_hour=8,
         path=("city:RU-ZAB", "city:RU-BU"), fleet=2, max_runs=4),
    Line(line="J-jl-reefer", owner="jl-freight", vehicle="reefer", path=_J, per_week=4, hour=20, back_hour=20,
         fleet=2, max_runs=4),
    Line(line="J-pri-flat", owner="pri-freight", vehicle="flatbed", path=_J, per_week=4, hour=20, back_hour=20,
         fleet=2, max_runs=4),
    Line(line="L-yev-flat", owner="yev-freight", vehicle="flatbed", path=_L, per_week=4, hour=20, back_hour=20,
         fleet=2, max_runs=4),
    Line(line="K-kha-reefer", owner="kha-freight", vehicle="reefer", per_week=4, hour=20, back_hour=20,
         path=("city:RU-KHA", "city:ussuriysk", "city:RU-PRI"), fleet=2, max_runs=4),
    Line(line="D-ln-reefer", owner="ln-freight", vehicle="reefer", per_week=4, hour=8, back_hour=8,
         path=_D, fleet=2, max_runs=4),
    # a feeder
    Line(line="K-kha-flat", owner="kha-freight", vehicle="flatbed", per_week=2, hour=8, back_hour=8, max_runs=3,
         path=("city:RU-KHA", "city:RU-YEV", "xing:poyarkovo", "city:RU-AMU")),
    # trunk trains, timed to meet at the change of gauge
    Line(line="R-hl-sui", owner="hl-freight", vehicle="wagons", path=_E[:3], per_week=7, hour=20, back_hour=20,
         max_runs=6),
    Line(line="R-pri-sui", owner="pri-freight", vehicle="wagons", path=(*_RU_SUI, "city:RU-PRI", "port:RUVVO"),
         per_week=7, hour=16, back_hour=20, max_runs=6),
    Line(line="R-kha-sui", owner="kha-freight", vehicle="wagons", path=(*_RU_SUI, "city:RU-KHA"), per_week=3, hour=18,
         back_hour=8, max_runs=6),
    Line(line="R-nm-man", owner="nm-freight", vehicle="wagons", path=_M[:3], per_week=7, hour=20, back_hour=20,
         max_runs=6),
    Line(line="R-irk-man", owner="irk-freight", vehicle="wagons", path=(*_RU_MAN, "city:RU-BU", "city:RU-IRK"),
         per_week=7, hour=4, back_hour=8, max_runs=8),
    Line(line="R-zab-man", owner="zab-freight", vehicle="wagons", path=_RU_MAN, per_week=3, hour=4, back_hour=8,
         max_runs=6),
    Line(line="R-bu-man", owner="bu-freight", vehicle="wagons", path=(*_RU_MAN, "city:RU-BU"), per_week=2, hour=4,
         back_hour=8, max_runs=6),
    Line(line="R-ln-main", owner="ln-freight", vehicle="wagons", per_week=5, hour=8, back_hour=8, max_runs=6,
         path=("port:CNDLC", "city:dalian", "city:CN-LN", "city:CN-JL", "city:CN-HL")),
    Line(line="R-hl-ton", owner="hl-freight", vehicle="wagons", per_week=3, hour=20, back_hour=20, max_runs=4,
         path=("city:CN-HL", "city:jiamusi", "xing:tongjiang")),
    Line(line="R-yev-ton", owner="yev-freight", vehicle="wagons", per_week=3, hour=20, back_hour=8, max_runs=4,
         path=("xing:tongjiang", "xing:leninskoye", "city:RU-YEV", "city:RU-KHA")),
    # feeder trains
    Line(line="R-nm-south", owner="nm-freight", vehicle="wagons", per_week=1, hour=8, back_hour=8, max_runs=4,
         path=("city:CN-NM", "city:jining-ulanqab", "city:qiqihar")),
    Line(line="R-irk-tay", owner="irk-freight", vehicle="wagons", per_week=2, hour=8, back_hour=8, max_runs=4,
         path=("city:tayshet", "city:RU-IRK")),
    Line(line="R-amu-east", owner="amu-freight", vehicle="wagons", per_week=2, hour=20, back_hour=8, max_runs=4,
         path=("city:RU-AMU", "city:belogorsk", "city:RU-YEV", "city:RU-KHA")),
    Line(line="R-amu-west", owner="amu-freight", vehicle="wagons", per_week=2, hour=8, back_hour=8, max_runs=4,
         path=("city:RU-AMU", "city:belogorsk", "city:skovorodino", "city:karymskoye", "city:RU-ZAB")),
    Line(line="R-amu-tyn", owner="amu-freight", vehicle="wagons", per_week=1, hour=8, back_hour=8, max_runs=4,
         path=("city:tynda", "city:skovorodino", "city:belogorsk")),
    Line(line="R-kha-van", owner="kha-freight", vehicle="wagons", per_week=2, hour=20, back_hour=20, max_runs=4,
         path=("port:RUVNN", "city:vanino", "city:komsomolsk", "city:RU-KHA")),
    Line(line="R-pri-vyp", owner="pri-freight", vehicle="wagons", per_week=2, hour=20, back_hour=8, max_runs=4,
         path=("port:RUVYP", "city:nakhodka", "city:ussuriysk", "city:RU-KHA")),
    Line(line="R-pri-njk", owner="pri-freight", vehicle="wagons", per_week=2, hour=20, back_hour=16, max_runs=4,
         path=("port:RUNJK", "city:nakhodka", "city:ussuriysk", "xing:pogranichny", "xing:suifenhe")),
    Line(line="R-ln-yik", owner="ln-freight", vehicle="wagons", per_week=2, hour=8, back_hour=8, max_runs=4,
         path=("port:CNYIK", "city:yingkou", "city:CN-LN")),
    Line(line="R-jl-hun", owner="jl-freight", vehicle="wagons", per_week=2, hour=20, back_hour=20, max_runs=4,
         path=("city:CN-JL", "xing:hunchun")),
    Line(line="R-pri-hun", owner="pri-freight", vehicle="wagons", per_week=2, hour=20, back_hour=20, max_runs=4,
         path=("xing:hunchun", "xing:kraskino", "city:ussuriysk")),
    # ships, round trips
    Line(line="S-ln-vvo", owner="ln-freight", vehicle="ship", path=("port:CNDLC", "port:RUVVO"), per_week=3, hour=20,
         round_trip=True, max_runs=3),
    Line(line="S-ln-vyp", owner="ln-freight", vehicle="ship", path=("port:CNYIK", "port:RUVYP"), per_week=1, hour=20,
         round_trip=True, max_runs=3),
    Line(line="S-pri-dlc", owner="pri-sea", vehicle="ship", path=("port:RUVVO", "port:CNDLC"), per_week=3, hour=20,
         round_trip=True, max_runs=3),
    Line(line="S-pri-njk", owner="pri-sea", vehicle="ship", path=("port:RUNJK", "port:CNDLC"), per_week=1, hour=20,
         round_trip=True, max_runs=3),
    Line(line="S-sak-vvo", owner="sak-sea", vehicle="ship", path=("port:RUKOR", "port:RUVVO"), per_week=3, hour=8,
         round_trip=True, max_runs=3),
    Line(line="S-sak-van", owner="sak-sea", vehicle="ship", path=("port:RUKHO", "port:RUVNN"), per_week=3, hour=8,
         round_trip=True, max_runs=3),
    Line(line="S-sak-dlc", owner="sak-sea", vehicle="ship", path=("port:RUKOR", "port:CNDLC"), per_week=2, hour=20,
         round_trip=True, max_runs=3),
    # short roads of an island: city and ports
    Line(line="D-sak-kor", owner="sak-sea", vehicle="truck", path=("city:RU-SAK", "port:RUKOR"), per_week=3, hour=8,
         max_runs=3),
    Line(line="D-sak-kho", owner="sak-sea", vehicle="truck", path=("city:RU-SAK", "port:RUKHO"), per_week=2, hour=8,
         max_runs=3),
    # aircraft, round trips
    *(
        Line(line=line, owner=owner, vehicle=vehicle, path=path, per_week=per_week, hour=hour, round_trip=True,
             max_runs=2)
        for line, owner, vehicle, path, per_week, hour in (
            ("A-hl-vvo", "hl-post", "freighter", ("air:HRB", "air:VVO"), 2, 22),
            ("A-ln-vvo", "ln-freight", "liner", ("air:SHE", "air:VVO"), 2, 9),
            ("A-ln-dlc", "ln-freight", "liner", ("air:DLC", "air:VVO"), 1, 9),
            ("A-jl-vvo", "jl-freight", "liner", ("air:CGQ", "air:VVO"), 1, 9),
            ("A-kha-hrb", "kha-freight", "liner", ("air:KHV", "air:HRB"), 2, 8),
            ("A-kha-uus", "kha-freight", "liner", ("air:KHV", "air:UUS"), 1, 8),
            ("A-sak-vvo", "sak-sea", "liner", ("air:UUS", "air:VVO"), 2, 8),
            ("A-irk-hrb", "irk-freight", "liner", ("air:IKT", "air:HRB"), 1, 8),
            ("A-bu-nzh", "bu-freight", "liner", ("air:UUD", "air:NZH"), 1, 9),
            ("A-zab-hrb", "zab-freight", "liner", ("air:HTA", "air:NZH", "air:HRB"), 1, 9),
            ("A-amu-hrb", "amu-freight", "liner", ("air:BQS", "air:HRB"), 1, 9),
        )
    ),
    # buses
    Line(line="B-hl-hei", owner="hl-freight", vehicle="bus", path=_H[1:], per_week=5, hour=9, back_hour=9, max_runs=4),
    Line(line="B-pri-sui", owner="pri-freight", vehicle="bus", path=_E[1:], per_week=3, hour=8, back_hour=8,
         max_runs=4),
    Line(line="B-jl-hun", owner="jl-freight", vehicle="bus", path=_J[1:], per_week=2, hour=8, back_hour=8, max_runs=4),
    Line(line="B-nm-man", owner="nm-freight", vehicle="bus", path=_M[2:], per_week=3, hour=8, back_hour=20,
         max_runs=4),
    Line(line="B-yev-luo", owner="yev-freight", vehicle="bus", path=_L[2:], per_week=1, hour=8, back_hour=8,
         max_runs=4),
    # public carriers at tariff
    *(
        Line(line=line, owner="", vehicle=vehicle, path=path, per_week=per_week, hour=hour, back_hour=back_hour,
             max_runs=8)
        for line, vehicle, path, per_week, hour, back_hour in (
            ("P-road-E", "truck", _E, 3, 8, 8),
            ("P-road-H", "truck", _H, 3, 8, 8),
            ("P-road-M", "truck", _M, 2, 20, 8),
            ("P-road-I", "truck", (*_M[2:], "city:RU-BU", "city:RU-IRK"), 2, 8, 20),
            ("P-road-J", "truck", _J, 2, 8, 8),
            ("P-road-L", "truck", _L, 2, 8, 8),
            ("P-road-K", "truck", ("city:RU-KHA", "city:ussuriysk", "city:RU-PRI"), 2, 8, 8),
            ("P-road-D", "truck", _D, 2, 20, 20),
            ("P-rail-sui", "wagons", _E[:3], 2, 8, 8),
            ("P-rail-pri", "wagons", (*_RU_SUI, "city:RU-PRI"), 2, 4, 8),
            ("P-rail-kha", "wagons", (*_RU_SUI, "city:RU-KHA"), 1, 4, 20),
            ("P-rail-man", "wagons", _M[:3], 2, 8, 8),
            ("P-rail-irk", "wagons", (*_RU_MAN, "city:RU-BU", "city:RU-IRK"), 2, 16, 20),
            ("P-rail-ln", "wagons", ("port:CNDLC", "city:dalian", "city:CN-LN", "city:CN-JL", "city:CN-HL"), 1, 20, 20),
            ("P-sea-vvo", "ship", ("port:CNDLC", "port:RUVVO"), 2, 8, 8),
            ("P-sea-kor", "ship", ("port:RUKOR", "port:CNDLC"), 1, 8, 8),
            ("P-air-vvo", "freighter", ("air:HRB", "air:VVO"), 1, 9, 20),
            ("P-air-she", "liner", ("air:VVO", "air:SHE"), 1, 9, 20),
            ("P-air-khv", "liner", ("air:HRB", "air:KHV", "air:UUS"), 2, 9, 20),
            ("P-bus-hei", "bus", _H[1:], 2, 20, 20),
            ("P-bus-man", "bus", _M[2:], 2, 20, 8),
        )
    ),
)  # fmt: skip


def build_pipeline(facts: Facts) -> Service:
    """The gas line: no cost of running, a cost per tonne; the Chinese part is taken along the railway to Harbin."""
    route = ("field:kovykta", "xing:blagoveshchensk", "xing:heihe", "city:CN-HL")
    lanes = (
        ("field:kovykta", "xing:blagoveshchensk", "pipeline"), ("xing:blagoveshchensk", "xing:heihe", "pipeline"),
        ("xing:heihe", "city:CN-HL", "rail"),
    )  # fmt: skip
    lengths = [leg_km(facts, *lane) for lane in lanes]
    return Service(
        service="G-irk", owner="irk-freight", mode="pipeline", route=route,
        travel_h=tuple(round(max(km / PIPE_SPEED_KM_H, 0.5), 1) for km in lengths),
        distance_km=tuple(round(km, 1) for km in lengths), capacity={"t": 1500.0}, run_cost=0.0,
        cost_per_t=tuple(round(0.11 * km, 1) for km in lengths), accepts=("gas",), max_runs=1,
        origin="assumed distance_km:derived",
        source="lengths published (facts: lanes.csv); 0.11 CNY/t/km and 1,500 t a day (38 bcm a year, scaled) assumed",
    )  # fmt: skip


def _agreement(agreement: str, name: str, status: str) -> Agreement:
    return Agreement(agreement=agreement, name=name, status=status, origin="assumed", source="invented for this case")


AGREEMENTS = (
    _agreement(agreement="trade-2026", name="Trade protocol: soybeans, timber, seafood", status="in_force"),
    _agreement(agreement="hl-pri", name="Heilongjiang and Primorye: shared trucks and trains at Suifenhe",
              status="in_force"),
    _agreement(agreement="hl-amu", name="Heilongjiang and Amur: the bridge at Heihe", status="in_force"),
    _agreement(agreement="nm-zab", name="Inner Mongolia and Zabaykalye: Manzhouli", status="in_force"),
    _agreement(agreement="jl-pri", name="Jilin and Primorye: Hunchun", status="in_force"),
    _agreement(agreement="hl-yev-kha", name="Tongjiang bridge: Heilongjiang, Jewish AO, Khabarovsk", status="in_force"),
    _agreement(agreement="ln-pri", name="Liaoning and Primorye: the sea line", status="in_force"),
    _agreement(agreement="north-east", name="Chinese north-eastern provinces carry for each other", status="in_force"),
    _agreement(agreement="far-east", name="Russian Far Eastern regions carry for each other", status="in_force"),
    _agreement(agreement="gas", name="Gas from Irkutsk to Heilongjiang", status="in_force"),
    _agreement(agreement="ln-sak", name="Liaoning and Sakhalin: fish by sea", status="proposed"),
    _agreement(agreement="baikal", name="Inner Mongolia with Buryatia and Irkutsk", status="proposed"),
    _agreement(agreement="milk-west", name="Milk certificates for Zabaykalye, Buryatia and Irkutsk", status="proposed"),
    _agreement(agreement="hl-zab", name="Heilongjiang and Zabaykalye: slots at Manzhouli", status="signed"),
)  # fmt: skip


def _grant(agreement: str, giver: str, taker: str, kind: str, resource: str = "*", share: float = 1.0) -> Grant:
    return Grant(
        agreement=agreement, giver=giver, taker=taker, kind=kind, resource=resource, share_frac=share,
        both_ways=kind != "trade",
    )  # fmt: skip


def build_grants() -> list[Grant]:
    """What each agreement opens; regions stand for all their parties."""
    rows = []
    for good in ("soybeans", "timber", "seafood"):
        rows += [_grant("trade-2026", seller, "*", "trade", good) for seller in RU_PARTIES]
    for name, a, b in (
        ("hl-pri", "CN-HL", "RU-PRI"), ("hl-amu", "CN-HL", "RU-AMU"), ("nm-zab", "CN-NM", "RU-ZAB"),
        ("jl-pri", "CN-JL", "RU-PRI"), ("hl-yev-kha", "CN-HL", "RU-YEV"), ("hl-yev-kha", "CN-HL", "RU-KHA"),
        ("hl-yev-kha", "RU-YEV", "RU-KHA"), ("ln-sak", "CN-LN", "RU-SAK"), ("baikal", "CN-NM", "RU-BU"),
        ("baikal", "CN-NM", "RU-IRK"), ("hl-zab", "CN-HL", "RU-ZAB"),
    ):  # fmt: skip
        rows += [_grant(name, a, b, "service"), _grant(name, a, b, "hub")]
    rows.append(_grant("ln-pri", "CN-LN", "RU-PRI", "mode", "sea"))
    rows.append(_grant("ln-pri", "CN-LN", "RU-PRI", "mode", "air"))
    for name, sides in (("north-east", REGIONS[:4]), ("far-east", REGIONS[4:])):
        rows += [_grant(name, a, b, "service") for at, a in enumerate(sides) for b in sides[at + 1 :]]
        rows += [_grant(name, a, b, "hub", share=0.5) for at, a in enumerate(sides) for b in sides[at + 1 :]]
    rows += [_grant("hl-pri", "CN-HL", "RU-PRI", "trade", "milk"), _grant("hl-amu", "CN-HL", "RU-AMU", "trade", "milk"),
             _grant("hl-yev-kha", "CN-HL", "RU-KHA", "trade", "milk"),
             _grant("hl-yev-kha", "CN-HL", "RU-YEV", "trade", "milk"),
             _grant("nm-zab", "CN-NM", "RU-ZAB", "trade", "milk")]  # fmt: skip
    rows += [_grant("milk-west", a, b, "trade", "milk") for a in ("CN-HL", "CN-NM")
             for b in ("RU-ZAB", "RU-BU", "RU-IRK") if (a, b) != ("CN-NM", "RU-ZAB")]  # fmt: skip
    rows += [_grant("gas", "RU-IRK", "CN-HL", "trade", "gas"), _grant("gas", "RU-IRK", "CN-HL", "service", "G-irk")]
    return rows
