"""
Parcels become shipments of a case: one order for all parcels from a hub to a hub, of a good, ready on one local day.

The planner sees tonnes, places and times; never a parcel, a person or a postcode. An order is ready when its last
parcel is and due when its first promise falls due, so a plan that serves it in time serves every parcel in time.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from landbridge.errors import InvalidCase, LandbridgeError
from landbridge.model.case import Case, Order
from landbridge.model.validate import validate

KG_PER_T = 1000.0
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class BadShipments(LandbridgeError, ValueError):
    """Parcels that cannot become shipments of a case."""

    code = "bad-shipments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    What carrying is worth.

    Parameters
    ----------
    party
        Whose the orders are; blank = the market outside.
    price_per_unit, unserved_cost_per_unit
        Money of the case for one unit of the good.
    """

    party: str = ""
    price_per_unit: float
    unserved_cost_per_unit: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipments:
    """
    Orders made from parcels.

    Parameters
    ----------
    orders
        The orders, sorted by id.
    parcels
        How many parcels each stands for, by id.
    left_out
        Parcels by the reason they are in no order: ``outside-the-plan``, ``unknown-good``, ``unknown-hub``,
        ``no-weight-of-unit``.
    """

    orders: tuple[Order, ...]
    parcels: Mapping[str, int]
    left_out: Mapping[str, int]


def order_ids(parcels: pl.LazyFrame, case: Case) -> pl.LazyFrame:
    """Fill the column ``order`` of parcels with the id of the shipment each belongs to."""
    day = _local_day(case)
    name = pl.format("parcels/{}>{}/{}/{}", "from_hub", "to_hub", "good", day.dt.strftime("%Y-%m-%d"))
    return parcels.with_columns(name.alias("order"))


def make_shipments(
    parcels: pl.LazyFrame, case: Case, *, first: datetime | None = None, terms: Terms | None = None
) -> Shipments:
    """
    Sum parcels up to shipments.

    Parameters
    ----------
    parcels
        With the columns of parcels; read in a stream.
    case
        Gives hubs, goods, the calendar, and the terms of orders that it has already.
    first
        Of a repeating week: beginning of the week whose parcels count. Default: the case's start.
    terms
        What carrying is worth. Default: the median of the case's shipments of that good between the same hubs, else
        from the same hub, else of the good.

    Raises
    ------
    BadShipments
        When a good has no shipment in the case to take terms from and none are given (code ``no-terms``).
    """
    begins, ends = _window(case, first)
    goods = {row.good: row.per_unit.get("t", 0.0) for row in case.goods}
    reason = (
        pl.when(~pl.col("good").is_in(sorted(goods)))
        .then(pl.lit("unknown-good"))
        .when(pl.col("good").is_in(sorted(good for good, weight in goods.items() if not weight)))
        .then(pl.lit("no-weight-of-unit"))
        .when(~_known_hub(case, "from_hub") | ~_known_hub(case, "to_hub"))
        .then(pl.lit("unknown-hub"))
        .when((pl.col("ready") < begins) | (pl.col("ready") >= ends))
        .then(pl.lit("outside-the-plan"))
        .otherwise(pl.lit(""))
    )
    table = (
        order_ids(parcels, case)
        .with_columns(reason.alias("reason"))
        .group_by("reason", "order", "from_hub", "to_hub", "good")
        .agg(
            pl.len().alias("parcels"),
            pl.col("weight_kg").sum(),
            pl.col("ready").max(),
            pl.col("promised").min(),
        )
        .collect(engine="streaming")
    )
    left = table.filter(pl.col("reason") != "").group_by("reason").agg(pl.col("parcels").sum())
    rows = table.filter(pl.col("reason") == "").sort("order")
    found = _TermsFinder(case, terms)
    orders = tuple(_order(row, case, found, goods) for row in rows.iter_rows(named=True))
    return Shipments(
        orders=orders,
        parcels=dict(rows.select("order", "parcels").iter_rows()),
        left_out=dict(left.iter_rows()),
    )


def with_shipments(case: Case, shipments: Shipments, *, instead: bool = False) -> Case:
    """
    Give the case with the shipments in it.

    Parameters
    ----------
    case, shipments
        The case, and what :func:`make_shipments` made for it.
    instead
        Whether they replace the case's shipments of the same goods, which is what a model of demand is replaced by;
        without it they are added, and take the place of orders of the same id.

    Raises
    ------
    InvalidCase
        When the case is no longer sound; with every finding.
    """
    new = {order.order for order in shipments.orders}
    goods = {order.good for order in shipments.orders} if instead else set()
    kept = [
        order
        for order in case.orders
        if order.order not in new and not (order.good in goods and order.from_hub and order.to_hub)
    ]
    changed = replace(case, orders=(*kept, *shipments.orders))
    findings = validate(changed)
    if findings:
        raise InvalidCase(findings)
    return changed


def _known_hub(case: Case, column: str) -> pl.Expr:
    return pl.col(column).is_in(sorted(hub.hub for hub in case.hubs))


def _local_day(case: Case) -> pl.Expr:
    """Day on which a parcel is ready, local to its hub."""
    zones: dict[str, list[str]] = {}
    for hub in case.hubs:
        zones.setdefault(hub.timezone or case.settings.timezone, []).append(hub.hub)
    day = pl.col("ready").dt.convert_time_zone(case.settings.timezone).dt.date()
    for name, hubs in zones.items():
        local = pl.col("ready").dt.convert_time_zone(name).dt.date()
        day = pl.when(pl.col("from_hub").is_in(hubs)).then(local).otherwise(day)
    return day


def _window(case: Case, first: datetime | None) -> tuple[datetime, datetime]:
    begins = datetime.fromisoformat(case.settings.start)
    if first is not None and case.settings.cyclic:
        begins = first
    if begins.tzinfo is None:
        begins = begins.replace(tzinfo=ZoneInfo(case.settings.timezone))
    begins = begins.astimezone(UTC)
    return begins, begins + timedelta(hours=case.settings.horizon_h)


def _order(row: Mapping[str, object], case: Case, terms: _TermsFinder, goods: Mapping[str, float]) -> Order:
    good, from_hub, to_hub = str(row["good"]), str(row["from_hub"]), str(row["to_hub"])
    ready, promised = row["ready"], row["promised"]
    if not isinstance(ready, datetime):
        raise BadShipments(f"{row['order']}: no parcel of it is ready at any time; import the orders again.")
    zone = next((hub.timezone for hub in case.hubs if hub.hub == from_hub), "") or case.settings.timezone
    local = _up_to_the_minute(ready).astimezone(ZoneInfo(zone))
    text = local.replace(tzinfo=None).isoformat(timespec="minutes")
    if case.settings.cyclic:
        text = f"{_WEEKDAYS[local.weekday()]} {local:%H:%M}"
    due = ""
    if isinstance(promised, datetime):
        due = f"+{max(1, math.floor((promised - ready).total_seconds() / 3600))}h"
    found = terms.of(from_hub, to_hub, good)
    return Order(
        order=str(row["order"]),
        party=found.party,
        good=good,
        qty=float(str(row["weight_kg"])) / KG_PER_T / goods[good],
        from_hub=from_hub,
        to_hub=to_hub,
        price_per_unit=found.price_per_unit,
        ready=text,
        due=due,
        unserved_cost_per_unit=found.unserved_cost_per_unit,
        origin="observed price_per_unit:derived",
        source=f"{row['parcels']} parcels; terms of the case's shipments of {good}",
    )


def _up_to_the_minute(moment: datetime) -> datetime:
    whole = moment.replace(second=0, microsecond=0)
    return whole if whole == moment else whole + timedelta(minutes=1)


class _TermsFinder:
    """Terms of new orders, from the orders that the case has."""

    def __init__(self, case: Case, given: Terms | None) -> None:
        self._given = given
        self._rows: dict[tuple[str, ...], list[Order]] = {}
        for order in case.orders:
            if order.from_hub and order.to_hub:
                keys = ((order.good, order.from_hub, order.to_hub), (order.good, order.from_hub), (order.good,))
                for key in keys:
                    self._rows.setdefault(key, []).append(order)
        self._found: dict[tuple[str, ...], Terms] = {}

    def of(self, from_hub: str, to_hub: str, good: str) -> Terms:
        if self._given is not None:
            return self._given
        for key in ((good, from_hub, to_hub), (good, from_hub), (good,)):
            if key in self._rows:
                if key not in self._found:
                    self._found[key] = _median_terms(self._rows[key], same_hub=len(key) > 1)
                return self._found[key]
        message = f"{good}: the case has no shipment of it to take a price from; give one (--price-per-unit)."
        raise BadShipments(message, code="no-terms")


def _median_terms(orders: list[Order], *, same_hub: bool) -> Terms:
    party = Counter(order.party for order in orders).most_common(1)[0][0] if same_hub else ""
    return Terms(
        party=party,
        price_per_unit=statistics.median(order.price_per_unit for order in orders),
        unserved_cost_per_unit=statistics.median(order.unserved_cost_per_unit for order in orders),
    )
