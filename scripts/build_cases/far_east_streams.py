"""Which goods of the case ``far-east`` go between which places, and in how many orders: the modelled demand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """
    A number of orders of one good from some hubs to others.

    Parameters
    ----------
    good, kind, count
        What; ``shipment``, ``offer`` or ``bid``; how many orders.
    starts, ends
        Hubs at which they start and end; one of them is empty for offers and bids.
    vehicle
        Units that fill the vehicle of reference; an order takes a drawn part of it.
    by
        Whose: the region of the ``start`` or of the ``end``, ``both`` by turns, or the market ``outside``.
    split
        May an order take several paths.
    part
        Part of the vehicle that each order takes; 0 = drawn.
    most
        Largest part drawn.
    """

    good: str
    kind: str = "shipment"
    count: int
    starts: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    vehicle: float
    by: str = "both"
    split: bool = True
    part: float = 0.0
    most: float = 2.5


GAS_DAYS = {"offer": "Mon 06:00", "bid": "Mon 06:00"}
"""A pipeline has no days of market: nominated on Monday, taken within a week."""

_PARCEL_T, _TRUCK_T, _WAGONS_T, _BUS, _LINER = 16.4, 20.0, 100.0, 45.0, 160.0
_HARBIN, _CHITA, _KHABAROVSK, _AMUR = "city:CN-HL", "city:RU-ZAB", "city:RU-KHA", "city:RU-AMU"
_VLADIVOSTOK, _USSURIYSK, _MANZHOULI = "city:RU-PRI", "city:ussuriysk", "xing:manzhouli"
_PRIMORYE = (_VLADIVOSTOK, _USSURIYSK)
_BAIKAL = ("city:RU-BU", "city:RU-IRK")

# good, units of a vehicle, whose, then (orders, starts, ends); the west sends by the houses whose trains and trucks go
_SHIPMENTS = (
    ("parcel", _PARCEL_T, "both", (
        (28, (_HARBIN, "city:mudanjiang"), _PRIMORYE),
        (14, (_HARBIN,), (_AMUR,)),
        (18, (_HARBIN, _MANZHOULI), (_CHITA,)),
        (10, (_MANZHOULI,), _BAIKAL),
        (10, ("city:CN-JL",), (_VLADIVOSTOK,)),
        (8, ("city:CN-LN", "city:dalian"), (_VLADIVOSTOK,)),
        (6, (_HARBIN,), ("city:RU-YEV",)),
        (2, (_HARBIN,), (_KHABAROVSK,)),
        (8, _PRIMORYE, (_HARBIN,)),
        (4, (_AMUR,), (_HARBIN,)),
        (4, (_CHITA,), (_MANZHOULI, _HARBIN)),
    )),
    ("machinery", _TRUCK_T, "both", (
        (18, (_HARBIN, "city:mudanjiang"), _PRIMORYE),
        (14, (_HARBIN,), (_AMUR,)),
        (8, (_MANZHOULI,), (_CHITA,)),
        (8, ("city:CN-JL",), (_VLADIVOSTOK,)),
        (8, (_HARBIN,), ("city:RU-YEV",)),
    )),
    ("machinery", _TRUCK_T, "end", (
        (10, (_HARBIN,), (_CHITA,)),
        (6, (_MANZHOULI,), ("city:RU-BU",)),
    )),
    ("milk", _TRUCK_T, "end", (
        (14, (_HARBIN, "city:mudanjiang"), _PRIMORYE),
        (8, (_HARBIN,), (_AMUR,)),
        (8, ("city:qiqihar",), (_CHITA,)),
        (4, (_MANZHOULI,), _BAIKAL),
    )),
    ("seafood", _TRUCK_T, "both", (
        (20, _PRIMORYE, (_HARBIN, "city:mudanjiang")),
        (12, (_VLADIVOSTOK,), ("city:CN-JL", "xing:hunchun")),
        (4, (_KHABAROVSK,), (_HARBIN,)),
    )),
    ("soybeans", _TRUCK_T, "both", (
        (16, (_AMUR,), (_HARBIN,)),
        (10, ("city:RU-YEV",), ("city:jiamusi", _HARBIN)),
        (10, (_USSURIYSK,), ("city:mudanjiang", _HARBIN)),
        (8, (_CHITA,), (_MANZHOULI, "city:qiqihar")),
    )),
    ("timber", _WAGONS_T, "both", (
        (10, (_CHITA,), (_MANZHOULI, _HARBIN)),
        (14, (_KHABAROVSK,), ("xing:suifenhe", _HARBIN)),
        (4, ("city:RU-YEV",), ("city:jiamusi",)),
    )),
    ("timber", _WAGONS_T, "start", (
        (20, ("city:RU-IRK",), (_MANZHOULI,)),
        (12, ("city:RU-BU",), (_MANZHOULI,)),
    )),
)  # fmt: skip

# good, units of a vehicle, whose, orders, starts, ends: ships, aircraft, buses, and the feeders
_OTHERS = (
    ("machinery", 160.0, "both", 8, ("port:CNDLC",), ("port:RUVVO",)),
    ("machinery", 80.0, "end", 4, ("port:CNDLC",), ("port:RUKOR",)),
    ("timber", 200.0, "both", 8, ("port:RUVVO",), ("port:CNDLC",)),
    ("timber", _WAGONS_T, "start", 2, ("city:komsomolsk", "city:tayshet"), (_HARBIN, _MANZHOULI)),
    ("seafood", 100.0, "start", 8, ("port:RUKOR",), ("port:CNDLC",)),
    ("seafood", 40.0, "start", 4, ("port:RUVVO",), ("port:CNDLC",)),
    ("parcel", 24.0, "start", 6, ("air:HRB",), ("air:VVO",)),
    ("seafood", 24.0, "start", 5, ("air:VVO",), ("air:HRB",)),
    ("parcel", 4.0, "end", 4, ("air:KHV", "air:VVO"), ("air:UUS",)),
    ("traveller", _BUS, "start", 8, ("xing:heihe",), (_AMUR,)),
    ("traveller", _BUS, "start", 8, (_AMUR,), ("xing:heihe",)),
    ("traveller", _BUS, "end", 6, ("city:mudanjiang", "xing:suifenhe"), _PRIMORYE),
    ("traveller", _BUS, "start", 4, _PRIMORYE, ("xing:suifenhe",)),
    ("traveller", _BUS, "start", 3, ("xing:hunchun",), (_VLADIVOSTOK,)),
    ("traveller", _BUS, "end", 6, (_MANZHOULI,), (_CHITA,)),
    ("traveller", _BUS, "start", 3, ("city:RU-YEV",), ("xing:luobei",)),
    ("traveller", _LINER, "start", 5, ("air:SHE",), ("air:VVO",)),
    ("traveller", _LINER, "end", 5, ("air:VVO",), ("air:SHE",)),
    ("traveller", _LINER, "start", 6, ("air:KHV",), ("air:HRB",)),
    ("traveller", _LINER, "end", 6, ("air:HRB",), ("air:KHV",)),
    ("traveller", _LINER, "start", 5, ("air:UUS",), ("air:VVO",)),
    ("traveller", _LINER, "end", 5, ("air:VVO",), ("air:UUS",)),
)  # fmt: skip

# regular loads: each region's trade goes on without partners
_REGULAR = (
    ("parcel", "start", _HARBIN, _VLADIVOSTOK, _PARCEL_T), ("machinery", "start", "city:CN-JL", _VLADIVOSTOK, _TRUCK_T),
    ("machinery", "start", "port:CNDLC", "port:RUVVO", 160.0),
    ("machinery", "start", _MANZHOULI, "city:RU-BU", _TRUCK_T),
    ("timber", "start", "port:RUVVO", "port:CNDLC", 200.0),
    ("timber", "start", _KHABAROVSK, "xing:suifenhe", _WAGONS_T),
    ("soybeans", "start", _AMUR, _HARBIN, _TRUCK_T), ("machinery", "end", _HARBIN, "city:RU-YEV", _TRUCK_T),
    ("parcel", "start", _CHITA, _MANZHOULI, _PARCEL_T), ("timber", "start", "city:RU-BU", _MANZHOULI, _WAGONS_T),
    ("timber", "start", "city:RU-IRK", _MANZHOULI, _WAGONS_T), ("traveller", "start", "air:UUS", "air:HRB", _LINER),
)  # fmt: skip


def _trade(good: str, kind: str, count: int, hubs: tuple[str, ...], vehicle: float, outside: bool = False) -> Stream:
    offer = kind == "offer"
    by = "outside" if outside else "start" if offer else "end"
    return Stream(
        good=good, kind=kind, count=count, starts=hubs if offer else (), ends=() if offer else hubs, vehicle=vehicle,
        by=by,
    )  # fmt: skip


_TRADES = (
    _trade("soybeans", "offer", 10, (_AMUR, "city:RU-YEV", _USSURIYSK), 40.0),
    _trade("soybeans", "bid", 16, (_HARBIN, "city:mudanjiang", "city:jiamusi"), 20.0),
    _trade("soybeans", "bid", 2, (_HARBIN, "xing:suifenhe"), 40.0, outside=True),
    _trade("milk", "offer", 9, (_HARBIN, "city:mudanjiang"), 50.0),
    _trade("milk", "offer", 3, (_MANZHOULI,), 40.0),
    _trade("milk", "bid", 17, (*_PRIMORYE, _AMUR), 20.0),
    _trade("milk", "bid", 5, (_CHITA,), 20.0),
    _trade("milk", "bid", 3, ("city:RU-IRK",), 20.0),
    _trade("milk", "bid", 1, (_VLADIVOSTOK,), 20.0, outside=True),
    _trade("seafood", "offer", 10, _PRIMORYE, 30.0),
    _trade("seafood", "offer", 1, (_VLADIVOSTOK,), 40.0, outside=True),
    _trade("seafood", "bid", 14, (_HARBIN, "city:CN-JL", "city:mudanjiang"), 20.0),
    _trade("seafood", "bid", 1, (_HARBIN,), 20.0, outside=True),
    _trade("timber", "offer", 4, ("city:RU-IRK", "city:RU-BU"), 120.0),
    _trade("timber", "bid", 4, (_MANZHOULI, _HARBIN), _WAGONS_T),
    _trade("timber", "bid", 1, (_HARBIN,), _WAGONS_T, outside=True),
    _trade("gas", "offer", 2, ("field:kovykta",), 5000.0),
    _trade("gas", "bid", 3, (_HARBIN, "xing:heihe"), 3000.0),
    _trade("gas", "bid", 1, (_HARBIN,), 3000.0, outside=True),
)

STREAMS = (
    *(
        Stream(good=good, count=1, starts=(a,), ends=(b,), vehicle=vehicle, by=by, part=0.8)
        for good, by, a, b, vehicle in _REGULAR
    ),
    *(
        Stream(good=good, count=count, starts=starts, ends=ends, vehicle=vehicle, by=by)
        for good, vehicle, by, relations in _SHIPMENTS
        for count, starts, ends in relations
    ),
    *(
        Stream(good=good, count=count, starts=starts, ends=ends, vehicle=vehicle, by=by, most=1.0)
        for good, vehicle, by, count, starts, ends in _OTHERS
    ),
    *_TRADES,
)
