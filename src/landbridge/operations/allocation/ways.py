"""Ways of a plan: its paths as tables, with their room, the departures they ride and when each leg leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from landbridge.model.case import Case
from landbridge.model.plan import Plan
from landbridge.operations.parcels.frame import MOMENT

KG_PER_T = 1000.0

_FLOWS = (
    "order", "path", "seq", "is_leg", "service", "departs", "leg", "from_hub", "to_hub", "leaves", "arrives", "qty",
)  # fmt: skip
_FLOW_TYPES: dict[str, type[pl.DataType]] = {
    "path": pl.Int64,
    "seq": pl.Int64,
    "is_leg": pl.Boolean,
    "leg": pl.Int64,
    "qty": pl.Float64,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """
    Paths of a dated plan.

    Parameters
    ----------
    ways
        A row a path: ``way`` (the departures it rides, in words that two plans share), ``order`` (as the plan names
        it), ``base`` (as the case names it), ``good``, ``from_hub``, ``to_hub``, ``leaves``, ``arrives`` and
        ``room_kg``.
    legs
        A row a leg of a path: ``order``, ``way``, ``seq``, ``service``, ``departs`` (when its departure left its
        first hub), ``leg``, ``from_hub``, ``to_hub``, ``leaves``, ``arrives``.
    orders
        A row an order of the case: ``base``, ``good``, ``why`` not all of it is carried.
    first, last
        Moments between which the plan's ways leave.
    """

    ways: pl.DataFrame
    legs: pl.DataFrame
    orders: pl.DataFrame
    first: datetime
    last: datetime


def base_order(name: pl.Expr) -> pl.Expr:
    """Name of an order in its case: without the week and the repeat that a dated plan adds (``milk.2@w1``)."""
    return name.str.replace(r"(\.\d+)?@w\d+$", "")


def read_ways(case: Case, plan: Plan) -> Ways:
    """
    Read the ways of a dated plan (:func:`landbridge.planning.replan.unroll`).

    Parameters
    ----------
    case, plan
        As :func:`landbridge.tables.read_run` or ``unroll`` return them.
    """
    good_of = {row.order: row.good for row in case.orders}
    tonnes = {row.good: row.per_unit.get("t", 0.0) for row in case.goods}
    left = {row.departure: row.leaves for row in plan.departures}
    flows = pl.DataFrame(
        {
            "order": [row.order for row in plan.flows],
            "path": [row.path for row in plan.flows],
            "seq": [row.seq for row in plan.flows],
            "is_leg": [row.kind == "leg" for row in plan.flows],
            "service": [row.service for row in plan.flows],
            "departs": [left.get(row.departure) for row in plan.flows],
            "leg": [row.leg for row in plan.flows],
            "from_hub": [row.from_hub for row in plan.flows],
            "to_hub": [row.to_hub for row in plan.flows],
            "leaves": [row.leaves for row in plan.flows],
            "arrives": [row.arrives for row in plan.flows],
            "qty": [row.qty for row in plan.flows],
        },
        schema={name: _FLOW_TYPES.get(name, pl.String) for name in _FLOWS},
    )
    flows = flows.with_columns(_utc(name) for name in ("departs", "leaves", "arrives")).sort("order", "path", "seq")
    rides = flows.filter("is_leg").with_columns(_step().alias("step"))
    named = rides.group_by("order", "path", maintain_order=True).agg(pl.col("step").str.join(" > ").alias("way"))
    good = pl.DataFrame({"order": list(good_of), "good": list(good_of.values())})
    kg = pl.DataFrame({"good": list(tonnes), "kg": [value * KG_PER_T for value in tonnes.values()]})
    # the room of a path is asked at its first leg; steps before it, such as a dock, are done by then
    ends = flows.group_by("order", "path", maintain_order=True).agg(
        pl.col("from_hub").first(),
        pl.col("to_hub").last(),
        pl.col("leaves").first(),
        pl.col("arrives").last(),
        pl.col("qty").first(),
    )
    ways = (
        ends.join(named, on=["order", "path"], how="inner", maintain_order="left")
        .join(good, on="order", how="left", maintain_order="left")
        .join(kg, on="good", how="left", maintain_order="left")
        .with_columns((pl.col("qty") * pl.col("kg")).alias("room_kg"), base_order(pl.col("order")).alias("base"))
    )
    legs = rides.join(named, on=["order", "path"], how="left", maintain_order="left")
    merged = ways.group_by("order", "way", maintain_order=True).agg(
        pl.col("base", "good", "from_hub", "to_hub", "leaves", "arrives").first(), pl.col("room_kg").sum()
    )
    return Ways(
        ways=merged,
        legs=legs.unique(["order", "way", "seq"], maintain_order=True).select(
            "order", "way", "seq", "service", "departs", "leg", "from_hub", "to_hub", "leaves", "arrives"
        ),
        orders=_orders(case, plan),
        first=merged["leaves"].min() or datetime.max,  # type: ignore[arg-type]
        last=merged["leaves"].max() or datetime.min,  # type: ignore[arg-type]
    )


def _utc(column: str) -> pl.Expr:
    return pl.col(column).str.to_datetime("%Y-%m-%dT%H:%M%z", time_unit="us").dt.convert_time_zone("UTC").cast(MOMENT)


def _step() -> pl.Expr:
    return pl.concat_str(
        "service",
        pl.lit("@"),
        pl.col("departs").dt.strftime("%Y-%m-%dT%H:%MZ"),
        pl.lit(":"),
        pl.col("leg").cast(pl.String),
    )


def _orders(case: Case, plan: Plan) -> pl.DataFrame:
    rows = pl.DataFrame(
        {
            "order": [row.order for row in case.orders],
            "good": [row.good for row in case.orders],
            "from_hub": [row.from_hub for row in case.orders],
            "to_hub": [row.to_hub for row in case.orders],
        },
        schema=dict.fromkeys(("order", "good", "from_hub", "to_hub"), pl.String),
    )
    why = pl.DataFrame(
        {"order": [row.order for row in plan.orders], "why": [row.why for row in plan.orders]},
        schema={"order": pl.String, "why": pl.String},
    )
    found = rows.join(why.unique("order", maintain_order=True), on="order", how="left", maintain_order="left")
    return (
        found.with_columns(base_order(pl.col("order")).alias("base"))
        .group_by("base", maintain_order=True)
        .agg(pl.col("good", "from_hub", "to_hub").first(), pl.col("why").filter(pl.col("why") != "").first())
    )
