"""
Orders of WooCommerce, Wildberries and Ozon as their interfaces give them, in our words.

Names of fields follow the shops' published models: WooCommerce REST ``wc/v3``, Wildberries FBS assembly orders, Ozon
FBS postings ``v3``. What a shop does not say (weight, HS code) comes from the table of products.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from landbridge.operations.orders.products import Product

Row = dict[str, str]

_S10_SHAPE = re.compile(r"[A-Za-z]{2}\s?[0-9]{9}\s?[A-Za-z]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopOrder:
    """
    One parcel of a shop.

    Parameters
    ----------
    fields
        Our fields as text.
    items
        Articles, with the columns of articles as text.
    raw
        The shop's own object or objects.
    """

    fields: Row
    items: list[Row] = field(default_factory=list)
    raw: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """
    How a shop's file is read.

    Parameters
    ----------
    path
        Keys that lead to the list of orders, tried where the file is not a list itself.
    ships
        Whether an order is waiting to be sent.
    read
        Turns the orders that wait into parcels.
    """

    path: tuple[str, ...]
    ships: Callable[[Mapping[str, Any]], bool]
    read: Callable[[Iterable[Mapping[str, Any]], Mapping[str, Product]], list[ShopOrder]]


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _first(*values: Any) -> str:
    return next((text for text in map(_text, values) if text), "")


def _number(value: Any) -> str:
    """Tracking number when it has the shape of an S10 number; a shop's own numbers are not the post's."""
    text = _text(value)
    return text if _S10_SHAPE.fullmatch(text) else ""


def _article(
    parcel: str, sku: str, *, name: str, quantity: int, value: Decimal, currency: str, products: Mapping[str, Product]
) -> Row:
    product = products.get(sku)
    return {
        "external_id": parcel,
        "description": _first(product.description if product else "", name),
        "quantity": str(quantity),
        "net_weight": str(product.weight_kg * quantity) if product else "",
        "value": str(value),
        "currency": currency,
        "hs_code": product.hs_code if product else "",
        "origin_country": product.origin_country if product else "",
    }


def _totals(items: list[Row]) -> Row:
    """Weight, value and HS code of a parcel from its articles; no weight where one article has none."""
    known = all(item["net_weight"] for item in items)
    codes = {item["hs_code"] for item in items}
    return {
        "weight": str(sum((Decimal(item["net_weight"]) for item in items), Decimal(0))) if items and known else "",
        "value": str(sum((Decimal(item["value"]) for item in items), Decimal(0))) if items else "",
        "hs_code": codes.pop() if len(codes) == 1 else "",
        "description": "; ".join(item["description"] for item in items),
    }


def _woocommerce(orders: Iterable[Mapping[str, Any]], products: Mapping[str, Product]) -> list[ShopOrder]:
    found = []
    for order in orders:
        parcel = _first(order.get("id"), order.get("number"))
        currency = _text(order.get("currency"))
        items = [
            _article(
                parcel,
                _text(line.get("sku")),
                name=_text(line.get("name")),
                quantity=int(line.get("quantity") or 0),
                value=Decimal(_text(line.get("total")) or "0"),
                currency=currency,
                products=products,
            )
            for line in order.get("line_items") or []
        ]
        ship, bill = order.get("shipping") or {}, order.get("billing") or {}
        created = _text(order.get("date_created_gmt"))
        fields = {
            "external_id": parcel,
            "currency": currency,
            "ready": f"{created}Z" if created and not created.endswith("Z") else created,
            "to_country": _text(ship.get("country")),
            "to_region": _text(ship.get("state")),
            "to_postcode": _text(ship.get("postcode")),
            "name": " ".join(filter(None, (_text(ship.get("first_name")), _text(ship.get("last_name"))))),
            "address": " ".join(filter(None, (_text(ship.get("address_1")), _text(ship.get("address_2"))))),
            "city": _text(ship.get("city")),
            "phone": _first(ship.get("phone"), bill.get("phone")),
            "email": _text(bill.get("email")),
        }
        found.append(ShopOrder(fields=fields | _totals(items), items=items, raw=[order]))
    return found


def _wildberries(orders: Iterable[Mapping[str, Any]], products: Mapping[str, Product]) -> list[ShopOrder]:
    """One assembly order is one piece; pieces of one ``orderUid`` are one parcel."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for order in orders:
        groups.setdefault(_first(order.get("orderUid"), order.get("id")), []).append(order)
    found = []
    for parcel, pieces in groups.items():
        items = [
            _article(
                parcel,
                _text(piece.get("article")),
                name=_text(piece.get("article")),
                quantity=1,
                value=Decimal(_text(piece.get("price")) or "0") / 100,
                currency=_text(piece.get("currencyCode")),
                products=products,
            )
            for piece in pieces
        ]
        first = pieces[0]
        fields = {
            "external_id": parcel,
            "number": _number(next((piece["trackNumber"] for piece in pieces if piece.get("trackNumber")), "")),
            "currency": _text(first.get("currencyCode")),
            "ready": max(_text(piece.get("createdAt")) for piece in pieces),
            "address": _text((first.get("address") or {}).get("fullAddress")),
        }
        found.append(ShopOrder(fields=fields | _totals(items), items=items, raw=list(pieces)))
    return found


def _ozon(orders: Iterable[Mapping[str, Any]], products: Mapping[str, Product]) -> list[ShopOrder]:
    found = []
    for posting in orders:
        parcel = _text(posting.get("posting_number"))
        lines = posting.get("products") or []
        currency = next((_text(line["currency_code"]) for line in lines if line.get("currency_code")), "")
        items = [
            _article(
                parcel,
                _first(line.get("offer_id"), line.get("sku")),
                name=_text(line.get("name")),
                quantity=int(line.get("quantity") or 0),
                value=Decimal(_text(line.get("price")) or "0") * int(line.get("quantity") or 0),
                currency=currency,
                products=products,
            )
            for line in lines
        ]
        customer = posting.get("customer") or {}
        address = customer.get("address") or {}
        country = _text(address.get("country"))
        fields = {
            "external_id": parcel,
            "number": _number(posting.get("tracking_number")),
            "currency": currency,
            "ready": _first(posting.get("in_process_at"), posting.get("shipment_date")),
            "to_country": country if len(country) == 2 else "",
            "to_region": _text(address.get("region")),
            "to_postcode": _text(address.get("zip_code")),
            "name": _text(customer.get("name")),
            "address": _text(address.get("address_tail")),
            "city": _text(address.get("city")),
            "phone": _text(customer.get("phone")),
        }
        found.append(ShopOrder(fields=fields | _totals(items), items=items, raw=[posting]))
    return found


SHOPS: dict[str, Shop] = {
    "woocommerce": Shop(path=("orders",), ships=lambda order: order.get("status") == "processing", read=_woocommerce),
    "wildberries": Shop(path=("orders",), ships=lambda order: True, read=_wildberries),
    "ozon": Shop(
        path=("result", "postings"),
        ships=lambda order: order.get("status") in ("awaiting_packaging", "awaiting_deliver"),
        read=_ozon,
    ),
}
"""Shops by name. Wildberries tells the state of an order elsewhere: its file holds new ones only."""
