"""Fastest hours and cheapest public tariff between hubs, without times: what prices and due times are made from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scripts.build_cases.facts import shortest

from landbridge.model.case import Good, Service


@dataclass(frozen=True, slots=True)
class Ways:
    """Least hours and least public tariff (money a unit) between hubs, by good."""

    hours: Mapping[str, Mapping[str, Mapping[str, float]]]
    tariff: Mapping[str, Mapping[str, Mapping[str, float]]]


def build_ways(
    services: Sequence[Service],
    goods: Sequence[Good],
    public_factor: Mapping[str, float],
    price_modes: Mapping[str, set[str]],
) -> Ways:
    """
    Static ways over the legs of all services that take a good: fastest, and cheapest at the public tariff.

    ``public_factor`` turns the cost of an owned service into the public tariff; ``price_modes`` lists for a good the
    modes whose tariff counts where they reach.
    """
    hours: dict[str, dict[str, dict[str, float]]] = {}
    tariff: dict[str, dict[str, dict[str, float]]] = {}
    modes = {service.mode for service in services}
    for good in goods:
        fast, any_mode = _graphs(good, services, public_factor, modes)
        _, preferred = _graphs(good, services, public_factor, price_modes.get(good.good, modes))
        hours[good.good] = {hub: shortest(_edges(fast), hub) for hub in fast}
        tariff[good.good] = {
            hub: shortest(_edges(any_mode), hub) | shortest(_edges(preferred), hub) for hub in any_mode
        }
    return Ways(hours, tariff)


def _graphs(
    good: Good, services: Sequence[Service], public_factor: Mapping[str, float], modes: set[str]
) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """Hours and tariff of each leg that takes the good by one of the modes."""
    fast: dict[str, dict[str, float]] = {}
    cheap: dict[str, dict[str, float]] = {}
    for service in services:
        if good.handling_class not in service.accepts or service.mode not in modes:
            continue
        whole = sum(service.distance_km) or 1.0
        unit = max(need / service.capacity[name] for name, need in good.per_unit.items() if name in service.capacity)
        scale = public_factor[service.service] if service.owner else 1.0
        for at, (a, b) in enumerate(zip(service.route, service.route[1:], strict=False)):
            run = service.run_cost * service.distance_km[at] / whole
            per_t = service.cost_per_t[at if len(service.cost_per_t) > 1 else 0]
            money = scale * (run * unit + per_t * good.per_unit.get("t", 0.0))
            _least(fast, a, b, service.travel_h[at])
            _least(cheap, a, b, money)
    return fast, cheap


def _least(graph: dict[str, dict[str, float]], a: str, b: str, weight: float) -> None:
    graph.setdefault(a, {})
    graph.setdefault(b, {})
    graph[a][b] = min(weight, graph[a].get(b, math.inf))


def _edges(graph: Mapping[str, Mapping[str, float]]) -> dict[str, list[tuple[str, float]]]:
    return {hub: list(steps.items()) for hub, steps in graph.items()}
