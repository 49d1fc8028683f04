"""Checks of run.json and of the price list: money, gap, status, trace, settings (semantics §6, §7)."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence

from landbridge.errors import Finding
from landbridge.model.plan import Money, PlanStatus, Summary
from landbridge.tables import input_hash
from landbridge.units import MONEY_TOL, SUM_TOL, exceeds, is_close
from landbridge.verify.book import Book
from landbridge.verify.permissions import AGREEMENT_SETS
from landbridge.verify.report import row_finding, run_finding


def check_summary(book: Book, money: Money, spend: float) -> list[Finding]:
    """Check the figures of run.json against the recomputed ones."""
    summary = book.plan.summary
    findings = [*check_settings(book), *_money(summary, money, spend)]
    if summary.value is None or summary.bound is None:
        return [
            *findings,
            run_finding("bound-missing", "found no bound or no value, expected both: there is a plan", "bound"),
        ]
    figures = _Figures(summary.value, summary.bound, summary.spend, summary.gap)
    return [*findings, *_value(figures, money), *_gap(figures), *_status(summary, figures), *_trace(summary, figures)]


def check_settings(book: Book) -> list[Finding]:
    """Check that run.json is of this case."""
    return list(_settings(book))


def _settings(book: Book) -> Iterator[Finding]:
    summary, settings = book.plan.summary, book.case.settings
    for column in ("currency", "start", "horizon_h", "cyclic"):
        found, expected = getattr(summary, column), getattr(settings, column)
        if found != expected:
            yield run_finding("settings-mismatch", f"found {found!r}, the case has {expected!r}", column)
    digest = input_hash(book.case)
    if summary.input_sha256 != digest:
        message = f"found {summary.input_sha256!r}, the case has {digest!r}: the run is of another case"
        yield run_finding("input-hash", message, "input_sha256")
    if summary.agreements not in AGREEMENT_SETS:
        yield run_finding(
            "unknown-agreements",
            f"found {summary.agreements!r}, expected one of {', '.join(AGREEMENT_SETS)}",
            "agreements",
        )


def _scale(money: Money) -> float:
    terms: list[float] = [abs(getattr(money, item.name)) for item in dataclasses.fields(Money)]
    return max(1.0, *terms)


def _money(summary: Summary, money: Money, spend: float) -> Iterator[Finding]:
    scale = _scale(money)
    for item in dataclasses.fields(Money):
        found, expected = getattr(summary.money, item.name), getattr(money, item.name)
        if not abs(found - expected) <= SUM_TOL * scale + 1e-6:
            yield run_finding("money-mismatch", f"found {found!r}, the rows add up to {expected!r}", item.name)
    if not abs(summary.spend - spend) <= SUM_TOL * scale + 1e-6:
        yield run_finding("spend-mismatch", f"found {summary.spend!r}, the rows add up to {spend!r} (§6.2)", "spend")


@dataclasses.dataclass(frozen=True, slots=True)
class _Figures:
    value: float
    bound: float
    spend: float
    gap: float | None


def _value(found: _Figures, money: Money) -> Iterator[Finding]:
    # A value near 0 is the difference of large terms: it is compared on their scale.
    if not abs(found.value - money.value) <= SUM_TOL * _scale(money) + 1e-6:
        yield run_finding("value-mismatch", f"found {found.value!r}, the rows add up to {money.value!r}", "value")


def _gap(found: _Figures) -> Iterator[Finding]:
    if exceeds(found.value, found.bound):
        yield run_finding("bound-below-value", f"bound {found.bound!r} is below the value {found.value!r}", "bound")
    if is_close(found.spend, 0.0):
        if found.gap is not None:
            yield run_finding("gap-mismatch", f"found {found.gap!r}, expected blank: nothing was spent (§6.3)", "gap")
        return
    gap = (found.bound - found.value) / found.spend
    # A bound a hair below the value is equal to it: the gap may then be given as 0.
    noise = MONEY_TOL * max(1.0, abs(found.value)) / abs(found.spend) if found.bound < found.value else 0.0
    if found.gap is None or not math.isclose(found.gap, gap, rel_tol=MONEY_TOL, abs_tol=1e-9 + noise):
        yield run_finding("gap-mismatch", f"found {found.gap!r}, (bound - value) / spend is {gap!r} (§6.3)", "gap")


def _status(summary: Summary, found: _Figures) -> Iterator[Finding]:
    left = found.bound - found.value
    if summary.status is PlanStatus.OPTIMAL and not left <= MONEY_TOL * max(1.0, abs(found.value), found.spend):
        yield run_finding(
            "status-not-proved", f"found optimal, but the bound is {left!r} above the value (§6.4)", "status"
        )
    asked = summary.limits.get("gap")
    if summary.status is PlanStatus.GAP_REACHED and asked is not None and exceeds(found.gap or 0.0, asked):
        message = f"found gap_reached, but {found.gap!r} is above the asked {asked!r}"
        yield run_finding("status-not-proved", message, "status")


def _trace(summary: Summary, found: _Figures) -> Iterator[Finding]:
    seconds, value, bound = 0.0, -math.inf, math.inf
    for number, point in enumerate(summary.trace):
        if point.seconds < seconds:
            yield run_finding("trace-not-monotone", f"point {number}: {point.seconds!r} s after {seconds!r} s", "trace")
        if point.value is not None and exceeds(value, point.value):
            yield run_finding("trace-not-monotone", f"point {number}: value {point.value!r} after {value!r}", "trace")
        if point.bound is not None and exceeds(point.bound, bound):
            yield run_finding("trace-not-monotone", f"point {number}: bound {point.bound!r} after {bound!r}", "trace")
        seconds = point.seconds
        value = value if point.value is None else point.value
        bound = bound if point.bound is None else point.bound
    if exceeds(value, found.value) or exceeds(found.bound, bound):
        message = f"the trace ends at {value!r}..{bound!r}, the run at {found.value!r}..{found.bound!r}"
        yield run_finding("trace-not-monotone", message, "trace")


def check_prices(book: Book) -> list[Finding]:
    """Check that prices belong to resources and goods of the case."""
    known = {
        "",
        *book.hubs,
        *book.handlings,
        *book.services,
        *book.fleets,
        *book.orders,
        *book.goods,
        *book.run_by_id,
        *(pin.key for pin in book.case.pins),
    }
    findings = []
    for row, price in enumerate(book.plan.prices):
        if price.resource not in known:
            findings.append(
                row_finding(
                    "unknown-resource",
                    "prices",
                    row,
                    f"found {price.resource!r}, expected an id of the case",
                    "resource",
                )
            )
        if price.good and price.good not in book.goods:
            findings.append(row_finding("unknown-good", "prices", row, f"found {price.good!r}", "good"))
    return findings


def check_numbers(book: Book) -> list[Finding]:
    """Check that every number of the run is finite."""
    findings = []
    plan = book.plan
    for table in ("departures", "flows", "orders", "trades", "prices", "fleets"):
        rows = getattr(plan, table)
        names = [item.name for item in dataclasses.fields(rows[0]) if item.type != "str"] if rows else []
        names = [name for name in names if not _are_small(rows, name)]
        for row, item in enumerate(rows):
            for name in names:
                value = getattr(item, name)
                if isinstance(value, str):
                    continue
                numbers = value.values() if isinstance(value, Mapping) else (value,)
                if not all(_is_sane(number) for number in numbers):
                    findings.append(row_finding("not-finite", table, row, f"found {value!r}, expected a number", name))
    for name in ("value", "bound", "spend", "gap"):
        value = getattr(plan.summary, name)
        if value is not None and not _is_sane(value):
            findings.append(run_finding("not-finite", f"found {value!r}, expected a number", name))
    return findings


def _are_small(rows: Sequence[object], name: str) -> bool:
    """Tell at a glance whether a column holds nothing but numbers that are far from any limit."""
    values = [getattr(item, name) for item in rows]
    return {type(value) for value in values} <= {int, float} and all(-(2.0**53) < value < 2.0**53 for value in values)


def _is_sane(number: float) -> bool:
    """Tell whether a number is finite, and a whole number no longer than a float holds exactly."""
    return abs(number) < 2**53 if isinstance(number, int) else math.isfinite(number)
