"""``landbridge operate landed-cost|landed-bids|tariff``: what a buyer pays in the end."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landbridge.cli import options
from landbridge.cli.operate_papers import read_day
from landbridge.cli.outcome import Ended, ExitCode, ending, write_json

if TYPE_CHECKING:
    from landbridge.operations.customs.landed import Goods, LandedCost
    from landbridge.operations.customs.rates import Rates
    from landbridge.operations.customs.rules import Rule

RuleFiles = Annotated[
    list[Path] | None,
    typer.Option("--rules", metavar="FILE.csv", help="More rules, as operate tariff writes them; may be repeated."),
]
RateFile = Annotated[
    Path | None, typer.Option("--rates", metavar="FILE.csv", help="Exchange rates: currency, per_unit, base, date.")
]
RateCase = Annotated[Path | None, typer.Option("--case", help="Take the exchange rates of this case.")]
Regime = Annotated[str, typer.Option(help="What the goods enter as; left out, the regimes of the country are listed.")]
Day = Annotated[str, typer.Option("--on", metavar="DATE", help="Day of the declaration; default: today.")]


def landed_cost(
    country: Annotated[str, typer.Option("--to", metavar="CC", help="Country the goods enter.")],
    value: Annotated[str, typer.Option(help="Price of the goods, without postage.")],
    currency: Annotated[str, typer.Option(help="ISO 4217 code.")],
    weight_kg: Annotated[str, typer.Option(metavar="KG", help="Gross weight.")],
    regime: Regime = "",
    on: Day = "",
    hs_code: Annotated[str, typer.Option("--hs", metavar="CODE", help="HS code.")] = "",
    origin: Annotated[str, typer.Option(metavar="CC", help="Country of origin.")] = "",
    goods_class: Annotated[str, typer.Option("--class", metavar="WORD", help="Goods class, where a rule asks.")] = "",
    unit: Annotated[
        list[str] | None, typer.Option("--unit", metavar="CODE=N", help="A quantity: PR=1 for a pair; may be repeated.")
    ] = None,
    before_value: Annotated[str, typer.Option(help="Value that the person had before, in the limit's time.")] = "0",
    before_kg: Annotated[str, typer.Option(help="Kilograms that the person had before.")] = "0",
    vat: Annotated[str, typer.Option(metavar="PCT", help="Statutory VAT, where you know better.")] = "",
    excise: Annotated[str, typer.Option(metavar="PCT", help="Consumption tax, where you know better.")] = "",
    rules: RuleFiles = None,
    rates: RateFile = None,
    case: RateCase = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Estimate what a buyer pays in the end: value, duty, tax and fees, each with its rule. Not a declaration."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.operations.customs.landed import Goods
        from landbridge.operations.customs.landed import landed_cost as estimate

        goods = Goods(
            country=country.upper(),
            regime=regime,
            day=read_day(on, "--on"),
            value=_decimal(value, "--value"),
            currency=currency.upper(),
            weight_kg=_decimal(weight_kg, "--weight-kg"),
            hs_code=hs_code.replace(".", ""),
            origin=origin.upper(),
            goods_class=goods_class,
            units=_units(unit or ()),
            before_value=_decimal(before_value, "--before-value"),
            before_kg=_decimal(before_kg, "--before-kg"),
            vat_pct=_decimal(vat, "--vat") if vat else None,
            excise_pct=_decimal(excise, "--excise") if excise else None,
        )
        answer = estimate(goods, read_all_rules(rules), read_all_rates(rates, case))
        if as_json:
            write_json({"ok": True, **_plain(answer)})
        else:
            _print(answer, goods)


def _plain(answer: LandedCost) -> dict[str, object]:
    document = dataclasses.asdict(answer)
    document["lines"] = [{**line, "amount": str(line["amount"])} for line in document["lines"]]
    return document | {"value": str(answer.value), "total": str(answer.total), "charges": str(answer.charges)}


def _print(answer: LandedCost, goods: Goods) -> None:
    from rich.table import Table

    from landbridge.cli.console import out_console

    console = out_console()
    table = Table(box=None, pad_edge=False)
    table.add_column("line")
    table.add_column(answer.currency, justify="right")
    table.add_column("rule")
    table.add_row("goods", f"{answer.value:,}", "")
    for line in answer.lines:
        table.add_row(f"{line.kind}: {line.name}", f"{line.amount:,}", line.rule)
    table.add_row("in the end", f"{answer.total:,}", "")
    console.print(table)
    for line in answer.lines:
        console.print(f"{line.rule}: {line.confidence}", soft_wrap=True, style="dim")
    for words in answer.missing:
        console.print(f"missing: {words}", soft_wrap=True)
    for rate in answer.rates:
        console.print(f"rate: {rate}", soft_wrap=True)
    console.print(f"{goods.country}, {goods.regime}, {goods.day}: {answer.words}.", soft_wrap=True)


def _decimal(text: str, option: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number < 0:
        raise Ended(ExitCode.USAGE, f"{option}: found {text!r}, expected a number of at least 0.", name="usage")
    return number


def _units(words: list[str] | tuple[()]) -> dict[str, Decimal]:
    found = {}
    for word in words:
        code, sign, number = word.partition("=")
        if not sign:
            raise Ended(ExitCode.USAGE, f"--unit: found {word!r}, expected CODE=N such as PR=1.", name="usage")
        found[code.upper()] = _decimal(number, "--unit")
    return found


def read_all_rules(files: list[Path] | None) -> tuple[Rule, ...]:
    """Rules of the package and of files."""
    from landbridge.operations.customs.rules import read_rules, shipped_rules

    found = list(shipped_rules())
    for path in files or ():
        found += read_rules(path)
    return tuple(found)


def read_all_rates(file: Path | None, case: Path | None) -> Rates:
    """Rates of a file, else of a case, else none."""
    from landbridge.cli.cases import read
    from landbridge.operations.customs.rates import Rates, rates_of_case, read_rates

    if file is not None:
        return read_rates(file)
    return rates_of_case(read(case).settings) if case is not None else Rates([])


def landed_bids(
    case: options.CasePath,
    out: Annotated[Path, typer.Option("--out", metavar="CASE", help="The case with the scenario in it.")],
    regime: Annotated[str, typer.Option(help="What the goods enter as.")] = "general",
    name: Annotated[str, typer.Option("--scenario", help="Name of the scenario.")] = "landed-cost",
    on: Day = "",
    origin: Annotated[str, typer.Option(metavar="CC", help="Country of origin, for rules that ask.")] = "",
    goods_class: Annotated[str, typer.Option("--class", metavar="WORD", help="Goods class, where a rule asks.")] = "",
    leave_out: Annotated[
        list[str] | None,
        typer.Option("--leave-out", metavar="KIND", help="Leave a kind of charge out, such as fee; may be repeated."),
    ] = None,
    rules: RuleFiles = None,
    rates: RateFile = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """
    Compare bids on landed cost: write a scenario in which each bid offers what is left after duty and tax.

    Plan it with: landbridge plan CASE --scenario NAME.
    """
    with ending(as_json=as_json, debug=debug):
        from landbridge.cli.cases import read
        from landbridge.operations.customs.in_plan import landed_bids as work_out
        from landbridge.operations.customs.in_plan import landed_scenario
        from landbridge.operations.customs.rates import rates_of_case, read_rates
        from landbridge.tables import write_case

        found = read(case)
        table = read_rates(rates) if rates is not None else rates_of_case(found.settings)
        day: date = read_day(on, "--on")
        known = [rule for rule in read_all_rules(rules) if rule.kind not in (leave_out or ())]
        rows = work_out(found, known, table, regime=regime, day=day, origin=origin, goods_class=goods_class)
        patches = landed_scenario(rows, name)
        kept = tuple(patch for patch in found.scenarios if patch.scenario != name)
        write_case(dataclasses.replace(found, scenarios=(*kept, *patches)), out)
        if as_json:
            bids = [{**dataclasses.asdict(row), "bid": str(row.bid), "price": str(row.price)} for row in rows]
            write_json({"ok": True, "case": out, "scenario": name, "changed": len(patches), "bids": bids})
            return
        for row in rows[:40]:
            said = (
                f"left as it is: {row.why}" if row.why else f"{row.price} left for the seller ({', '.join(row.rules)})"
            )
            typer.echo(f"{row.order}: bid {row.bid}, {said}")
        if len(rows) > 40:
            typer.echo(f"... {len(rows) - 40:,} more bids")
        typer.echo(f"{len(patches):,} of {len(rows):,} bids changed by scenario {name!r}: an estimate. Case: {out}")


def tariff(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="A tariff: code, rate, origin, valid_from, ...")],
    out: Annotated[Path, typer.Option("--out", metavar="RULES.csv", help="Where to write the rules.")],
    country: Annotated[str, typer.Option("--for", metavar="CC", help="Country or union it holds in.")],
    currency: Annotated[str, typer.Option(help="Currency of rates that name none.")],
    confidence: Annotated[str, typer.Option(help="How sure its rows are, in words.")] = "imported, not checked",
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Turn a tariff with rates in words into rules for landed cost; every row that cannot be read is reported."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.operations.customs.tariff import read_tariff, write_rules
        from landbridge.tables.atomic import whole_file

        found = read_tariff(file, jurisdiction=country, currency=currency, confidence=confidence)
        with whole_file(out) as path:
            write_rules(found, path)
        if as_json:
            write_json({"ok": True, "rules": out, "rows": len(found)})
            return
        typer.echo(f"{len(found):,} rules: {out}. Use them with --rules {out}")
