"""The workbook of a run: what the page shows, as sheets that can be filtered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from landbridge.report.reasons import read_reason, say_reason
from landbridge.report.run import Run
from landbridge.report.words import Words
from landbridge.tables.atomic import whole_file
from landbridge.tables.filtered import Sheet, SheetColumn, Style, write_sheets


def write_workbook(run: Run, path: Path, lang: str = "en") -> None:
    """
    Write a run as one workbook with a sheet a table, each with filters.

    Raises
    ------
    OutputError
        When something is at ``path`` already, or it cannot be written.
    UnknownName
        When there is no catalog for ``lang``.
    """
    words = Words(run, lang)
    sheets = [
        _summary(words),
        _departures(words),
        _orders(words),
        _steps(words),
        _services(words),
        _crossings(words),
        _limits(words),
        _regions(words),
        _trades(words),
        _prices(words),
        *_shares(words),
    ]
    with whole_file(Path(path)) as file:
        write_sheets([sheet for sheet in sheets if sheet is not None], file)


def _sheet(words: Words, name: str, *columns: tuple[str, Style, Iterable[Any]]) -> Sheet:
    return Sheet(
        name=words.t(f"excel.{name}"),
        columns=[SheetColumn(header=header, style=style, cells=list(cells)) for header, style, cells in columns],
    )


def _of(rows: Sequence[dict[str, Any]], read: Callable[[dict[str, Any]], Any]) -> list[Any]:
    return [read(row) for row in rows]


def _summary(words: Words) -> Sheet:
    summary, totals = words.run.plan.summary, words.payload["totals"]
    rows: list[tuple[str, Any]] = [
        (words.t("money.value"), summary.value),
        (words.t("about.bound"), summary.bound),
        (words.t("figure.gap"), summary.gap),
        (words.t("about.spend"), summary.spend),
    ]
    rows += [
        (words.t(f"money.{name}"), value if name == "orders_value" else -value)
        for name, value in words.payload["summary"]["money"].items()
    ]
    rows += [
        (f"{words.t('figure.freight')}, {words.t('unit.plain.t')}", totals["t"]),
        (words.t("figure.vehicles"), totals["runs"] + totals["empty"]),
        (words.t("excel.column.km"), totals["t_km"]),
        (f"{words.t('figure.co2')}, {words.t('unit.plain.t')}", totals["kgco2e"] / 1000),
    ]
    return _sheet(
        words,
        "summary",
        (words.t("excel.column.key"), "text", [f"{words.run.case.settings.name}", *(name for name, _ in rows)]),
        (words.t("excel.column.value"), "number", [None, *(value for _, value in rows)]),
    )


def _departures(words: Words) -> Sheet:
    rows = words.run.plan.departures
    services = words.payload["services"]
    place = {row["id"]: row for row in services}
    dimensions = sorted({dim for row in rows for dim in row.load})
    route = [place[row.service]["route"] for row in rows]
    leaves = words.payload["departures"]["leaves"]
    return _sheet(
        words,
        "departures",
        (words.column("excel.column.departure"), "text", [row.departure for row in rows]),
        (words.column("service"), "text", [row.service for row in rows]),
        (words.column("mode"), "text", [words.mode(place[row.service]["mode"]) for row in rows]),
        (words.column("owner"), "text", [row.owner for row in rows]),
        (words.column("from"), "text", [words.hub(stops[0]) for stops in route]),
        (words.column("to"), "text", [words.hub(stops[-1]) for stops in route]),
        (words.column("excel.column.leaves"), "time", map(words.local, leaves, (stops[0] for stops in route))),
        (
            words.column("arrives"),
            "time",
            [words.local(words.clock.minute(row.arrives), stops[-1]) for row, stops in zip(rows, route, strict=True)],
        ),
        (words.column("vehicles"), "whole", [row.runs for row in rows]),
        (words.column("excel.column.empty"), "whole", [row.empty_runs for row in rows]),
        *(
            (words.column("excel.column.load", dim=dim), "number", [row.load.get(dim) for row in rows])
            for dim in dimensions
        ),
        (words.column("fill"), "part", [row.fill_frac for row in rows]),
        (words.column("run-cost", code=words.code), "money", [row.run_cost for row in rows]),
    )


def _orders(words: Words) -> Sheet:
    """All orders of the run, of those a page leaves out too."""
    rows = words.run.plan.orders
    orders = {row.order: row for row in words.run.case.orders}
    hubs = {row["id"]: place for place, row in enumerate(words.payload["hubs"])}
    goods = {row["id"]: place for place, row in enumerate(words.payload["goods"])}
    parties = {row["id"]: place for place, row in enumerate(words.payload["parties"])}
    ends = [(hubs.get(orders[row.order].from_hub, -1), hubs.get(orders[row.order].to_hub, -1)) for row in rows]
    known: dict[str, tuple[str, str]] = {"": ("", "")}
    for row in rows:
        if row.why not in known:
            reason = read_reason(row.why)
            known[row.why] = words.t(f"reason.kind.{reason.kind or 'other'}"), say_reason(reason, words.lang)
    return _sheet(
        words,
        "orders",
        (words.column("order"), "text", [row.order for row in rows]),
        (words.column("excel.column.repeat"), "whole", [row.repeat for row in rows]),
        (words.column("party"), "text", [words.party(parties.get(row.party, -1)) for row in rows]),
        (words.column("good"), "text", [words.good(goods[row.good]) for row in rows]),
        (words.column("from"), "text", [words.hub(a) for a, _ in ends]),
        (words.column("to"), "text", [words.hub(b) for _, b in ends]),
        (words.column("qty"), "number", [row.qty for row in rows]),
        (words.column("excel.column.filled"), "number", [row.filled for row in rows]),
        (words.column("served-part"), "part", [row.filled / row.qty if row.qty else None for row in rows]),
        (
            words.column("arrives"),
            "time",
            [
                words.local(words.clock.minute(row.arrives) if row.arrives else None, b)
                for row, (_, b) in zip(rows, ends, strict=True)
            ],
        ),
        (words.column("late"), "number", [row.late_h or None for row in rows]),
        (words.column("excel.column.value-of", code=words.code), "money", [row.value for row in rows]),
        (words.column("excel.column.penalty", code=words.code), "money", [row.unserved_cost or None for row in rows]),
        (words.column("reason"), "text", [known[row.why][0] for row in rows]),
        (words.column("why"), "text", [known[row.why][1] for row in rows]),
    )


def _steps(words: Words) -> Sheet:
    rows = words.run.plan.flows
    hubs = {row["id"]: place for place, row in enumerate(words.payload["hubs"])}
    minutes = {text: words.clock.minute(text) for row in rows for text in (row.leaves, row.arrives)}
    return _sheet(
        words,
        "steps",
        (words.column("order"), "text", [row.order for row in rows]),
        (words.column("excel.column.repeat"), "whole", [row.repeat for row in rows]),
        (words.column("excel.column.path"), "whole", [row.path for row in rows]),
        (words.column("excel.column.step"), "whole", [row.seq for row in rows]),
        (words.column("excel.column.by"), "text", [row.service or row.handling for row in rows]),
        (words.column("excel.column.departure"), "text", [row.departure for row in rows]),
        (words.column("from"), "text", [words.hub(hubs[row.from_hub]) for row in rows]),
        (words.column("to"), "text", [words.hub(hubs[row.to_hub]) for row in rows]),
        (
            words.column("excel.column.leaves"),
            "time",
            [words.local(minutes[row.leaves], hubs[row.from_hub]) for row in rows],
        ),
        (words.column("arrives"), "time", [words.local(minutes[row.arrives], hubs[row.to_hub]) for row in rows]),
        (words.column("qty"), "number", [row.qty for row in rows]),
    )


def _services(words: Words) -> Sheet:
    rows = words.payload["services"]
    return _sheet(
        words,
        "services",
        (words.column("service"), "text", _of(rows, lambda row: row["id"])),
        (words.column("mode"), "text", _of(rows, lambda row: words.mode(row["mode"]))),
        (words.column("owner"), "text", _of(rows, lambda row: row["owner"])),
        (words.column("route"), "text", _of(rows, lambda row: " → ".join(words.hub(hub) for hub in row["route"]))),
        (words.column("vehicles"), "whole", _of(rows, lambda row: row["runs"])),
        (words.column("excel.column.empty"), "whole", _of(rows, lambda row: row["empty"])),
        (words.column("t"), "number", _of(rows, lambda row: row["t"])),
        (words.column("fill"), "part", _of(rows, lambda row: row["fill"])),
        (words.column("excel.column.km"), "whole", _of(rows, lambda row: row["t_km"])),
        (words.column("run-cost", code=words.code), "money", _of(rows, lambda row: row["cost"])),
    )


def _crossings(words: Words) -> Sheet:
    rows = words.payload["crossings"]
    return _sheet(
        words,
        "crossings",
        (words.column("from"), "text", _of(rows, lambda row: words.hub(row["a"]))),
        (words.column("to"), "text", _of(rows, lambda row: words.hub(row["b"]))),
        (words.column("mode"), "text", _of(rows, lambda row: words.mode(row["mode"]))),
        (words.column("there"), "number", _of(rows, lambda row: row["t"][0])),
        (words.column("back"), "number", _of(rows, lambda row: row["t"][1])),
        (words.column("vehicles"), "whole", _of(rows, lambda row: sum(row["runs"]))),
    )


def _limits(words: Words) -> Sheet:
    """A row a limit and day."""
    rows = [
        (row, datetime.fromisoformat(row["first"]) + timedelta(days=day), used)
        for row in words.payload["limits"]
        for day, used in enumerate(row["days"])
    ]
    return _sheet(
        words,
        "days",
        (words.column("limit-of"), "text", [row["id"] for row, _, _ in rows]),
        (words.column("hub"), "text", [words.hub(row["hub"]) for row, _, _ in rows]),
        (words.column("mode"), "text", [words.word("mode", row["mode"]) for row, _, _ in rows]),
        (words.column("side"), "text", [words.word("direction", row["direction"]) for row, _, _ in rows]),
        (words.column("day"), "text", [f"{when:%Y-%m-%d}" for _, when, _ in rows]),
        (words.column("excel.column.used"), "number", [used for _, _, used in rows]),
        (words.column("excel.column.limit"), "number", [row["cap"] for row, _, _ in rows]),
        (
            words.column("excel.column.unit"),
            "text",
            [words.t("unit.runs" if row["unit"] == "runs" else "unit.plain.t") for row, _, _ in rows],
        ),
    )


def _regions(words: Words) -> Sheet:
    rows = words.payload["region_rows"]
    return _sheet(
        words,
        "regions",
        (words.column("region"), "text", _of(rows, lambda row: words.region(row["region"]))),
        (words.column("cash", code=words.code), "money", _of(rows, lambda row: row["cash"])),
        (words.column("out"), "number", _of(rows, lambda row: row["out"])),
        (words.column("in"), "number", _of(rows, lambda row: row["in"])),
        (words.column("orders"), "whole", _of(rows, lambda row: row["orders"])),
        (words.column("orders-full"), "whole", _of(rows, lambda row: row["served"])),
        (words.column("excel.column.part"), "whole", _of(rows, lambda row: row["part"])),
        (words.column("vehicles"), "whole", _of(rows, lambda row: row["runs"])),
    )


def _trades(words: Words) -> Sheet:
    rows = words.payload["trades"]
    return _sheet(
        words,
        "trades",
        (words.column("good"), "text", [words.good(good) for good in rows["good"]]),
        (words.column("seller"), "text", [words.party(party) for party in rows["seller"]]),
        (words.column("from"), "text", [words.hub(hub) for hub in rows["from"]]),
        (words.column("buyer"), "text", [words.party(party) for party in rows["buyer"]]),
        (words.column("to"), "text", [words.hub(hub) for hub in rows["to"]]),
        (words.column("qty"), "number", rows["qty"]),
        (words.column("ask", code=words.code), "money", rows["ask"]),
        (words.column("price", code=words.code), "money", rows["price"]),
        (words.column("limit", code=words.code), "money", rows["limit"]),
    )


def _prices(words: Words) -> Sheet:
    rows = words.run.plan.prices
    return _sheet(
        words,
        "prices",
        (words.column("excel.column.key"), "text", [row.kind for row in rows]),
        (words.column("limit-of"), "text", [row.resource for row in rows]),
        (words.column("good"), "text", [row.good for row in rows]),
        (words.column("day"), "text", [row.day for row in rows]),
        (words.column("excel.column.value"), "money", [row.price for row in rows]),
        (words.column("excel.column.unit"), "text", [row.unit for row in rows]),
    )


def _shares(words: Words) -> list[Sheet]:
    if words.run.shares is None:
        return []
    rows, code = words.run.shares.shares, words.code
    payments = words.run.shares.settlement
    return [
        _sheet(
            words,
            "shares",
            (words.column("excel.column.method"), "text", [words.word("method", row.method) for row in rows]),
            (words.column("excel.column.player"), "text", [row.player for row in rows]),
            (words.column("alone", code=code), "money", [row.alone for row in rows]),
            (words.column("share", code=code), "money", [row.share for row in rows]),
            (words.column("gain", code=code), "money", [row.gain for row in rows]),
            (words.column("cash", code=code), "money", [row.cash for row in rows]),
            (words.column("payment", code=code), "money", [row.payment for row in rows]),
        ),
        _sheet(
            words,
            "payments",
            (words.column("payer"), "text", [row.payer for row in payments]),
            (words.column("payee"), "text", [row.payee for row in payments]),
            (words.column("money", code=code), "money", [row.amount for row in payments]),
        ),
    ]
