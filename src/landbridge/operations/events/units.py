"""
Units: containers, bags and departures that hold parcels or each other.

A container is named by ISO 6346, a departure by its service and when it leaves its first hub
(``E-hl-reefer-out@2026-10-07T0040Z``, as manifests are called), a bag or receptacle by any other code.
"""

from __future__ import annotations

import polars as pl

from landbridge.operations.parcels.iso6346 import CHECK_DIGIT, check_container

CONTAINER, DEPARTURE, BAG = "container", "departure", "bag"

_CONTAINER_SHAPE = r"^[A-Z]{3}[UJZ][0-9]{7}$"


def unit_key(text: pl.Expr) -> pl.Expr:
    """Write the name of a unit in one way: no blanks, capitals, the clock of a departure without its colon."""
    plain = text.str.replace_all(r"\s", "").str.to_uppercase()
    return (
        pl.when(plain.str.contains("@", literal=True)).then(plain.str.replace(r"(@.*T\d\d):", "${1}")).otherwise(plain)
    )


def unit_kind(key: pl.Expr) -> pl.Expr:
    """Kind of a unit by the shape of its name; whatever is in one of a kind is in no other of that kind."""
    return (
        pl.when(key.str.contains("@", literal=True))
        .then(pl.lit(DEPARTURE))
        .when(key.str.contains(_CONTAINER_SHAPE))
        .then(pl.lit(CONTAINER))
        .otherwise(pl.lit(BAG))
    )


def departure_key(service: str = "service", departs: str = "departs") -> pl.Expr:
    """Name of the unit that a departure of the plan is."""
    return unit_key(pl.concat_str(service, pl.lit("@"), pl.col(departs).dt.strftime("%Y-%m-%dT%H%MZ")))


def wrong_containers(keys: pl.Series) -> pl.Series:
    """Names that have the shape of a container number, but a wrong check digit."""
    names = keys.drop_nulls().unique()
    shaped = names.filter(names.str.contains(_CONTAINER_SHAPE)).to_list()
    wrong = [name for name in shaped if check_container(name).fault == CHECK_DIGIT]
    return pl.Series("unit", wrong, dtype=pl.String)
