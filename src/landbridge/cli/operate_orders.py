"""``landbridge operate mapping|hubs|import|shipments``: orders in, and what they are for the planner."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landbridge.cli import options
from landbridge.cli.outcome import ending, write_json

if TYPE_CHECKING:
    from landbridge.operations.orders.importer import Source
    from landbridge.operations.orders.mapping import Mapping
    from landbridge.operations.orders.outcome import Outcome


class Shop(StrEnum):
    """Shops whose JSON is read as it is."""

    WOOCOMMERCE = "woocommerce"
    WILDBERRIES = "wildberries"
    OZON = "ozon"


OrderFile = Annotated[Path, typer.Argument(metavar="FILE", help="Orders of a shop: CSV, or JSON with --shop.")]
ParcelFolder = Annotated[Path, typer.Argument(metavar="PARCELS", help="The folder that operate import fills.")]


def mapping(
    file: OrderFile,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.toml", help="Where to save the mapping.")],
    channel: Annotated[str, typer.Option(help="One word that names the shop.")] = "shop",
    encoding: Annotated[str, typer.Option(help="utf-8, cp1251, gb18030 or utf-16; default: found.")] = "",
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Guess which column of a CSV file is what, show it, and save it to be corrected by hand."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.operations.orders.csv_source import look_at
        from landbridge.operations.orders.guess import guess_mapping
        from landbridge.operations.orders.mapping import write_mapping
        from landbridge.tables.atomic import whole_file

        found = look_at(file, encoding)
        guessed, notes = guess_mapping(
            found.header, found.sample(), channel=channel, encoding=found.encoding, separator=found.separator
        )
        text = write_mapping(guessed, notes)
        with whole_file(out) as path:
            path.write_text(text, encoding="utf-8")
        if as_json:
            left = [name for name in found.header if name not in guessed.columns.values()]
            document = {"ok": True, "mapping": out, "columns": dict(guessed.columns), "notes": notes, "unused": left}
            write_json(document | {"encoding": found.encoding, "separator": found.separator})
            return
        typer.echo(text)
        typer.echo(f"Mapping: {out}. Look at it, then: landbridge operate import {file} --mapping {out} --dry-run")


def hubs(
    case: options.CasePath,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.csv", help="Where to write the table.")],
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Write a first table of hubs for a case: each region's city, to be refined with postcodes by hand."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.cli.cases import read
        from landbridge.operations.orders.hub_rules import rules_of_case, write_hub_rules
        from landbridge.tables.atomic import whole_file

        rules = rules_of_case(read(case))
        with whole_file(out) as path:
            write_hub_rules(rules, path)
        if as_json:
            write_json({"ok": True, "hubs": out, "rows": len(rules)})
            return
        typer.echo(f"{out}: {len(rules)} rows, by region. Add rows with beginnings of postcodes where you know them.")


def import_(
    file: OrderFile,
    mapping_file: Annotated[
        Path, typer.Option("--mapping", metavar="FILE.toml", help="How to read the file; operate mapping makes one.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="PARCELS", help="Folder of parcels, made or added to.")],
    case: Annotated[
        Path | None, typer.Option("--case", help="Check hubs and goods against this case.", show_default=False)
    ] = None,
    hub_table: Annotated[
        Path | None,
        typer.Option("--hubs", metavar="FILE.csv", help="Table of hubs by address; default: the regions of --case."),
    ] = None,
    people: Annotated[
        Path | None,
        typer.Option("--people", metavar="DIR", help="Recipients and rows set aside; default: PARCELS-people."),
    ] = None,
    shop: Annotated[Shop | None, typer.Option(help="Whose JSON the file is.", show_default=False)] = None,
    products: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="Weights and HS codes by sku, which a shop's JSON does not have."),
    ] = None,
    ledger: Annotated[
        Path | None, typer.Option("--ledger", metavar="LEDGER", help="Ledger of number ranges; with --range.")
    ] = None,
    number_range: Annotated[
        str, typer.Option("--range", metavar="NAME", help="Give parcels without a number the next ones of this range.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Report every row; import nothing, set nothing aside.")
    ] = False,
    show: Annotated[int, typer.Option(min=0, metavar="N", help="Findings to print; all stand in a file.")] = 20,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """
    Import orders as parcels: check every row, set aside what is wrong, go on with the rest.

    A parcel is known by its shop and its id there: importing a file again takes nothing twice.
    """
    with ending(as_json=as_json, debug=debug):
        from landbridge.cli.cases import read
        from landbridge.operations.orders.checks import Rules
        from landbridge.operations.orders.hub_rules import read_hub_rules, rules_of_case
        from landbridge.operations.orders.importer import Numbering, import_orders
        from landbridge.operations.orders.mapping import read_mapping

        found = read(case) if case is not None else None
        known = frozenset(hub.hub for hub in found.hubs) if found else frozenset()
        rules = rules_of_case(found) if found else ()
        if hub_table is not None:
            rules = read_hub_rules(hub_table, known)
        reading = read_mapping(mapping_file, columns=shop is None)
        checks = Rules(
            mapping=reading,
            hub_rules=rules,
            hubs=known,
            goods=frozenset(good.good for good in found.goods) if found else frozenset(),
        )
        source = _source(file, reading, shop, products)
        folder = people or out.with_name(f"{out.name}-people")
        numbers = None
        if ledger is not None and number_range:
            from landbridge.operations.parcels.ranges import NumberLedger

            numbers = Numbering(ledger=NumberLedger(ledger), name=number_range)
        outcome = import_orders(source, checks, out=out, people=folder, numbers=numbers, dry=dry_run, shown=show)
        _print_outcome(outcome, as_json=as_json)


def _source(file: Path, reading: Mapping, shop: Shop | None, products: Path | None) -> Source:
    from landbridge.operations.orders.importer import Source

    if shop is None:
        from landbridge.operations.orders.articles import order_batches
        from landbridge.operations.orders.csv_source import look_at

        found = look_at(file, reading.encoding, reading.separator)
        return Source(
            path=file,
            encoding=found.encoding,
            batches=order_batches(found, reading),
            header=found.header,
            separator=found.separator,
        )
    from landbridge.operations.orders.json_source import json_batches, read_shop_file
    from landbridge.operations.orders.products import read_products

    known = read_products(products) if products is not None else {}
    batches = json_batches(read_shop_file(file, shop.value), shop.value, reading, known)
    return Source(path=file, encoding="utf-8", batches=batches)


def _print_outcome(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        import dataclasses

        from landbridge.cli.outcome import finding_row

        document = {"ok": True, **dataclasses.asdict(outcome)}
        write_json(document | {"first": [finding_row(item) for item in outcome.first]})
        return
    from rich.table import Table

    from landbridge.cli.console import out_console
    from landbridge.cli.numbers import duration

    console = out_console()
    for finding in outcome.first:
        console.print(str(finding), soft_wrap=True)
    total = sum(outcome.counts.values())
    if total > len(outcome.first):
        console.print(f"... {total - len(outcome.first):,} more in {outcome.report}", soft_wrap=True)
    if outcome.first:
        console.print()
    if outcome.counts:
        table = Table(box=None, pad_edge=False)
        table.add_column("finding")
        table.add_column("rows", justify="right")
        for code, count in sorted(outcome.counts.items(), key=lambda item: (-item[1], item[0])):
            table.add_row(code, f"{count:,}")
        console.print(table)
        console.print()
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    grid.add_row(
        "file", f"{outcome.file}, read as {outcome.encoding}, {outcome.rows:,} rows, {duration(outcome.seconds)}"
    )
    verb = "would be taken" if outcome.dry else "taken"
    grid.add_row("parcels", f"{outcome.taken:,} {verb}, {outcome.known:,} known and unchanged")
    grid.add_row("set aside", f"{outcome.set_aside:,} rows" + (" (a dry run writes none)" if outcome.dry else ""))
    if outcome.several:
        grid.add_row("same id", outcome.several_words + " in the mapping")
    if outcome.skipped:
        grid.add_row("skipped", f"{outcome.skipped:,} orders that are not waiting to be sent")
    if outcome.people or outcome.people_elsewhere:
        grid.add_row("recipients", f"{outcome.people:,} kept, {outcome.people_elsewhere:,} kept elsewhere by rule")
    console.print(grid)
    for title, path in (
        ("Every row", outcome.rows_file),
        ("Findings", outcome.report),
        ("Repair and import again", outcome.set_aside_file),
    ):
        if path is not None:
            console.print(f"{title}: {path}", soft_wrap=True)


def shipments(
    parcels: ParcelFolder,
    case: options.CasePath,
    out: Annotated[Path, typer.Option("--out", metavar="CASE", help="The case with the shipments in it.")],
    week: Annotated[
        str,
        typer.Option(
            metavar="DATE", help="Of a repeating week: first day of the week whose parcels count; default: its start."
        ),
    ] = "",
    instead: Annotated[
        bool, typer.Option("--instead", help="Replace the case's shipments of the same goods; default: add to them.")
    ] = False,
    party: Annotated[str, typer.Option(help="With --price-per-unit: whose the orders are.")] = "",
    price_per_unit: Annotated[
        float | None,
        typer.Option(metavar="MONEY", help="What carrying a unit is worth; default: as the case's own shipments."),
    ] = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Sum parcels up to shipments of a case: one order for each pair of hubs, good and day."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.cli.cases import read
        from landbridge.operations.orders.shipments import Terms, make_shipments, with_shipments
        from landbridge.operations.parcels.frame import scan_parcels
        from landbridge.tables import write_case

        found = read(case)
        terms = Terms(party=party, price_per_unit=price_per_unit) if price_per_unit is not None else None
        first = _day(week) if week else None
        made = make_shipments(scan_parcels(parcels_in(parcels)), found, first=first, terms=terms)
        write_case(with_shipments(found, made, instead=instead), out)
        count = sum(made.parcels.values())
        if as_json:
            left = dict(made.left_out)
            write_json({"ok": True, "case": out, "orders": len(made.orders), "parcels": count, "left_out": left})
            return
        typer.echo(f"{len(made.orders):,} orders of {count:,} parcels")
        for reason, number in sorted(made.left_out.items()):
            typer.echo(f"left out: {number:,} {reason}")
        typer.echo(f"Case: {out}")


def parcels_in(folder: Path) -> Path:
    """Place of the parcels in the folder of imports; a folder of Parquet files is taken as it is."""
    return folder / "parcels" if (folder / "parcels").is_dir() else folder


def _day(text: str) -> datetime:
    from landbridge.cli.outcome import Ended, ExitCode

    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Ended(ExitCode.USAGE, f"--week: found {text!r}, expected a day YYYY-MM-DD.", name="usage") from None
