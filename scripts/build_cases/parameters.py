"""Speeds, costs and vehicles, each with where it comes from; money in CNY by a dated rate table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from landbridge.model.case import Rate

_CFETS = "China Foreign Exchange Trade System, central parity, reported at https://menafn.com/"
RATES = (
    Rate(currency="USD", per_unit=7.1884, date="2024-12-31", source=f"{_CFETS}1109044220"),
    Rate(
        currency="RUB",
        per_unit=0.066056,
        date="2024-12-31",
        source=f"{_CFETS}1109044218 (100 CNY = 1513.87 RUB)",
    ),
)
USD = RATES[0].per_unit

CPMM = "CAREC CPMM 2023, https://cpmm.carecprogram.org/?p=477"
ROAD_SPEED_KM_H = 31.4  # with delays and rest: so no rest is added to legs
RAIL_SPEED_KM_H = 1058 / 24
SEA_SPEED_KM_H = 26.0
AIR_SPEED_KM_H = 700.0
PIPE_SPEED_KM_H = 30.0
AIR_GROUND_H = 1.0
BORDER_H = {"road": 16.8, "rail": 14.4, "sea": 0.0, "air": 0.0, "pipeline": 0.0, "bus": 4.0}

CNY_PER_TRUCK_KM = 2042 / 500 * USD
CNY_PER_FEU_KM_RAIL = 612 / 500 * USD
CNY_PER_FEU_KM_SEA = 0.35 * USD
CNY_PER_T_KM_AIR = 4.80 * 1000 * USD / 5800
CNY_PER_SEAT_KM_AIR = 0.9
CNY_PER_BUS_KM = 8.0
CNY_PER_T_KM_PIPE = 0.11
GAUGE_CNY_PER_T = 329 * USD / 20
GAUGE_H = 6.0

RUN_PART = {"rail": 0.35, "road": 0.50, "sea": 0.30, "air": 0.50, "bus": 0.60, "pipeline": 0.0}
"""
Part of a full vehicle's cost that does not depend on its load: run_cost; the rest is cost_per_t of a full vehicle.

Assumed, so that the full vehicle costs what the sources say: tariffs by rail and sea are mostly a price for a tonne or
a container; half of a truck's cost is the vehicle, its driver and the crossing, half fuel and tolls.
"""
SEAT_T = 0.1
"""Tonnes of a traveller with baggage: carries the part of a bus's or airliner's cost that depends on the load."""
EMPTY_PART = 0.45
"""Cost of an empty run as a part of the loaded one's run_cost: assumed (no cargo papers, no handling, less fuel)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """
    A kind of vehicle.

    Parameters
    ----------
    mode, accepts, capacity
        As in the table of services.
    speed_km_h, ground_h
        Speed on a leg, and hours added to each leg.
    border_h, border_cost
        Added to a leg that crosses a border, at the public tariff.
    tariff_per_km
        What a public carrier charges for the whole vehicle.
    public_factor
        How much dearer the public carrier is than a vehicle of one's own.
    kgco2e_per_t_km
        Emission.
    source
        Where all this comes from.
    run_part
        Part of the full vehicle's cost that is paid for each run; the rest is paid for each tonne.
    """

    mode: str
    accepts: tuple[str, ...]
    capacity: Mapping[str, float]
    speed_km_h: float
    ground_h: float = 0.0
    border_h: float = 0.0
    border_cost: float = 0.0
    tariff_per_km: float
    public_factor: float
    kgco2e_per_t_km: float
    source: str
    run_part: float

    @property
    def hold_t(self) -> float:
        """Tonnes that share the part of the cost which depends on the load; travellers where there are seats."""
        return self.capacity["seats"] * SEAT_T if "seats" in self.capacity else self.capacity.get("t", 0.0)


_ROAD = f"{CPMM}: 2042 USD/500 km/20 t, 31.4 km/h with delay, border 16.8 h and 357 USD; own cost = tariff / 1.5"
_RAIL = (
    f"{CPMM}: 612 USD/500 km/20 t, border 14.4 h and 90 USD; RZD 1058 km/day, https://log-box.com/en/news/"
    "sergey-pavlov-in-2024-the-company-plans-to-increase-the-transit-speed-of-container-trains-to-1-400-km-day; "
    "a group of 5 wagons of 20 t, an eighth of a train of 41 FEU; own cost = tariff / 1.3"
)
_SEA = (
    "assumed 14 knots and 0.35 USD/FEU/km (no China-Vladivostok rate found; WCI composite 5085 USD/FEU, "
    "https://index1520.com/en/index/); a block of 10 FEU; own cost = tariff / 1.25"
)
_AIR = (
    "4.80 USD/kg China-Moscow, https://en.56ok.com/topic/detail-897489-china-and-russia-boost-freight-transport-"
    "efficiency.html over 5,800 km; 24 t a 737-800 freighter, https://www.freightwaves.com/news/"
    "russian-airlines-expand-737-freighter-services; 700 km/h and 1 h assumed; own cost = tariff / 1.5"
)

_BOX = ("general", "parcel", "chilled", "frozen", "bulk", "oversize")
_WAGON = ("general", "bulk")
_HOLD = ("general", "bulk", "oversize", "frozen")

VEHICLES = {
    "reefer": Vehicle(
        mode="road", run_part=RUN_PART["road"],
        accepts=("chilled", "frozen", "parcel", "general"), capacity={"t": 20.0, "m3": 82.0},
        speed_km_h=ROAD_SPEED_KM_H, border_h=BORDER_H["road"], border_cost=357 * USD, tariff_per_km=CNY_PER_TRUCK_KM,
        public_factor=1.5, kgco2e_per_t_km=0.062, source=_ROAD,
    ),
    "flatbed": Vehicle(
        mode="road", run_part=RUN_PART["road"],
        accepts=("general", "parcel", "bulk", "oversize"), capacity={"t": 20.0, "m3": 82.0},
        speed_km_h=ROAD_SPEED_KM_H, border_h=BORDER_H["road"], border_cost=357 * USD, tariff_per_km=CNY_PER_TRUCK_KM,
        public_factor=1.5, kgco2e_per_t_km=0.062, source=_ROAD,
    ),
    "truck": Vehicle(
        mode="road", run_part=RUN_PART["road"],
        accepts=_BOX, capacity={"t": 20.0, "m3": 82.0},
        speed_km_h=ROAD_SPEED_KM_H, border_h=BORDER_H["road"], border_cost=357 * USD, tariff_per_km=CNY_PER_TRUCK_KM,
        public_factor=1.5, kgco2e_per_t_km=0.062, source=_ROAD,
    ),
    "wagons": Vehicle(
        mode="rail", run_part=RUN_PART["rail"],
        accepts=_WAGON, capacity={"t": 100.0, "m3": 335.0},
        speed_km_h=RAIL_SPEED_KM_H, border_h=BORDER_H["rail"], border_cost=5 * 90 * USD,
        tariff_per_km=5 * CNY_PER_FEU_KM_RAIL, public_factor=1.3, kgco2e_per_t_km=0.022, source=_RAIL,
    ),
    "ship": Vehicle(
        mode="sea", run_part=RUN_PART["sea"],
        accepts=_HOLD, capacity={"t": 200.0, "m3": 670.0},
        speed_km_h=SEA_SPEED_KM_H, tariff_per_km=10 * CNY_PER_FEU_KM_SEA, public_factor=1.25,
        kgco2e_per_t_km=0.016, source=_SEA,
    ),
    "freighter": Vehicle(
        mode="air", run_part=RUN_PART["air"],
        accepts=("parcel", "general", "chilled", "frozen"), capacity={"t": 24.0, "m3": 120.0},
        speed_km_h=AIR_SPEED_KM_H, ground_h=AIR_GROUND_H, tariff_per_km=24 * CNY_PER_T_KM_AIR, public_factor=1.5,
        kgco2e_per_t_km=0.602, source=_AIR,
    ),
    "liner": Vehicle(
        mode="air", run_part=RUN_PART["air"],
        accepts=("person", "parcel"), capacity={"t": 20.0, "m3": 20.0, "seats": 160.0},
        speed_km_h=AIR_SPEED_KM_H, ground_h=AIR_GROUND_H, tariff_per_km=160 * CNY_PER_SEAT_KM_AIR, public_factor=1.5,
        kgco2e_per_t_km=0.602,
        source="assumed: 160 seats at 0.9 CNY a seat-km, 20 m3 (4 t) in the hold; own cost = tariff / 1.5",
    ),
    "bus": Vehicle(
        mode="bus", run_part=RUN_PART["bus"],
        accepts=("person",), capacity={"seats": 45.0},
        speed_km_h=ROAD_SPEED_KM_H, border_h=BORDER_H["bus"], border_cost=200.0, tariff_per_km=CNY_PER_BUS_KM,
        public_factor=1.4, kgco2e_per_t_km=0.0, source="assumed: 45 seats, 8 CNY/km, border 4 h and 200 CNY; "
        f"speed {CPMM}; own cost = tariff / 1.4",
    ),
}  # fmt: skip

CONTAINER_RUN_PART = 0.85
"""Run part of whole trains, ships and aircraft of containers and post (case ``china-russia``)."""
CNY_PER_TEU_KM_1520 = 3289 / 2 * USD / 5400
_TRAIN = (
    "ERAI 3289 USD/FEU (2024-07, https://index1520.com/en/index/) over about 5,400 km, 108 TEU a train (CPMM 2023); "
    "RZD 1058 km/day; border 14.4 h and 90 USD/20 t; own cost = tariff / 1.3"
)
VEHICLES |= {
    "train": Vehicle(
        mode="rail", run_part=CONTAINER_RUN_PART,
        accepts=("container", "parcel"), capacity={"teu": 108.0, "t": 1512.0},
        speed_km_h=RAIL_SPEED_KM_H, border_h=BORDER_H["rail"], border_cost=54 * 90 * USD,
        tariff_per_km=108 * CNY_PER_TEU_KM_1520, public_factor=1.3, kgco2e_per_t_km=0.022, source=_TRAIN,
    ),
    "trailer": Vehicle(
        mode="road", run_part=CONTAINER_RUN_PART,
        accepts=("container", "parcel"), capacity={"teu": 2.0, "t": 20.0},
        speed_km_h=ROAD_SPEED_KM_H, border_h=BORDER_H["road"], border_cost=357 * USD, tariff_per_km=CNY_PER_TRUCK_KM,
        public_factor=1.5, kgco2e_per_t_km=0.062, source=_ROAD,
    ),
    "vessel": Vehicle(
        mode="sea", run_part=CONTAINER_RUN_PART,
        accepts=("container", "parcel"), capacity={"teu": 200.0, "t": 2800.0},
        speed_km_h=SEA_SPEED_KM_H, ground_h=24.0, tariff_per_km=100 * CNY_PER_FEU_KM_SEA, public_factor=1.25,
        kgco2e_per_t_km=0.016, source=_SEA,
    ),
    "cargo-plane": Vehicle(
        mode="air", run_part=CONTAINER_RUN_PART,
        accepts=("parcel",), capacity={"t": 24.0},
        speed_km_h=AIR_SPEED_KM_H, ground_h=6.0, tariff_per_km=24 * CNY_PER_T_KM_AIR, public_factor=1.5,
        kgco2e_per_t_km=0.602, source=_AIR,
    ),
}  # fmt: skip
