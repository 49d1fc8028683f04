"""The figures section of a case's README, computed from the case's input."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles

from scripts.build_cases.figures import (
    departures_by_service,
    order_ways,
    slot_demand,
    spend_by_good,
    trade_pairs,
    vehicle_part,
)
from scripts.build_cases.tables import Draft, case_of

from landbridge.model.case import ROW_TYPES, Case

FIGURES = "<!-- figures -->"
ORIGINS = "<!-- origins -->"
SOURCES = "<!-- sources -->"


def with_readme(draft: Draft, name: str) -> Draft:
    """The draft with the README ``name`` of this folder, its figures, origins and sources filled in."""
    folder = Path(__file__).parent
    case = case_of(draft)
    text = (folder / name).read_text(encoding="utf-8")
    sources = (folder / "common_sources.md").read_text(encoding="utf-8").rstrip()
    for mark, section in ((FIGURES, figures_text(case)), (ORIGINS, origins_text(case)), (SOURCES, sources)):
        text = text.replace(mark, section)
    return replace(draft, readme=text)


def figures_text(case: Case) -> str:
    """Counts by kind, departures by mode, sizes, estimated spend and load of the crossings, as Markdown."""
    departures = departures_by_service(case)
    mode = {service.service: service.mode for service in case.services}
    owner = {service.service: service.owner for service in case.services}
    by_mode: Counter[str] = Counter()
    for service, minutes in departures.items():
        by_mode[mode[service]] += len(minutes)
    public = sum(len(minutes) for service, minutes in departures.items() if not owner[service])
    ways = order_ways(case)
    parts = list(vehicle_part(case).values())
    low, _, high = quantiles(parts, n=4)
    spend = spend_by_good(case, ways)
    blocks = [
        _table(("what", "number"), [
            ("regions", len(case.regions)), ("hubs", len(case.hubs)), ("parties", len(case.parties)),
            ("services", len(case.services)), ("departures a week", by_mode.total()),
            ("of these public", public), ("fleets", len(case.fleets)), ("orders", len(case.orders)),
            ("agreements", len(case.agreements)), ("grants", len(case.grants)),
        ]),
        _table(("mode", "departures a week"), sorted(by_mode.items())),
        _table(("good", "shipments", "offers", "bids", "share of the estimated spend"), [
            (good, *kinds, f"{spend.get(good, 0.0) / sum(spend.values()):.0%}")
            for good, kinds in _orders_by_good(case).items()
        ]),
    ]  # fmt: skip
    pairs = len(trade_pairs(case))
    if pairs:
        blocks.append(f"Pairs of an offer and a bid that may trade, with a way in time: {pairs}.")
    blocks.append(
        f"Orders against the smallest vehicle that takes them: median {median(parts):.2f}, quartiles {low:.2f} and "
        f"{high:.2f}."
    )
    slots = slot_demand(case, ways)
    if slots:
        blocks.append(
            _table(
                ("slots", "full vehicles a week on the cheapest ways", "slots a week", "ratio"),
                [(name, f"{load:.1f}", f"{cap:.0f}", f"{load / cap:.2f}") for name, (load, cap) in slots.items()],
            )
        )
    return "\n\n".join(blocks)


def _orders_by_good(case: Case) -> Mapping[str, tuple[int, int, int]]:
    kinds: Counter[tuple[str, int]] = Counter()
    for order in case.orders:
        kinds[(order.good, 0 if order.from_hub and order.to_hub else 1 if order.from_hub else 2)] += 1
    return {good.good: (kinds[good.good, 0], kinds[good.good, 1], kinds[good.good, 2]) for good in case.goods}


def origins_text(case: Case) -> str:
    """Which tables hold how many rows of which origin."""
    rows = []
    for table in ROW_TYPES:
        origins = Counter(row.origin for row in getattr(case, table) if getattr(row, "origin", ""))
        rows += [(table, origin, number) for origin, number in sorted(origins.items())]
    return _table(("table", "origin (and exceptions by column)", "rows"), rows)


def _table(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)
