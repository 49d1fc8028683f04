"""The table of products: what a shop's orders do not say, weight above all."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from landbridge.errors import Finding
from landbridge.operations.orders.mapping import BadMapping
from landbridge.operations.orders.small_tables import read_small_table

COLUMNS = ("sku", "weight_kg", "hs_code", "origin_country", "description")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One piece of a product: its weight in kilograms and what customs asks for; blank = not known."""

    sku: str
    weight_kg: Decimal
    hs_code: str = ""
    origin_country: str = ""
    description: str = ""


def read_products(path: Path) -> dict[str, Product]:
    """
    Read the table of products, a CSV file with the columns sku, weight_kg, hs_code, origin_country, description.

    Raises
    ------
    BadMapping
        With every finding.
    """
    findings: list[Finding] = []
    products: dict[str, Product] = {}
    for line, cells in read_small_table(path, COLUMNS, "bad-products"):
        told = cells.pop("weight_kg")
        weight = _weight(told)
        message = ""
        if not cells["sku"]:
            message = "sku is blank; name the product as the shop does"
        elif cells["sku"] in products:
            message = f"the product {cells['sku']!r} stands twice; keep one row"
        elif weight is None:
            message = f"weight_kg is {told!r}, expected kilograms above 0"
        if message or weight is None:
            findings.append(Finding(where=f"{path.name}:{line}", code="bad-products", message=message))
        else:
            products[cells["sku"]] = Product(weight_kg=weight, **cells)
    if findings:
        raise BadMapping(findings)
    return products


def _weight(text: str) -> Decimal | None:
    try:
        weight = Decimal(text)
    except InvalidOperation:
        return None
    return weight if weight.is_finite() and weight > 0 else None
