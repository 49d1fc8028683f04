"""``landbridge operate check|ranges|label|customs|people|shared``: numbers, papers, and who gets a parcel."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landbridge.cli import options
from landbridge.cli.operate_orders import ParcelFolder, parcels_in
from landbridge.cli.outcome import Ended, ExitCode, ending, finding_row, write_json

if TYPE_CHECKING:
    from landbridge.operations.customs.assemble import Packed
    from landbridge.operations.parcels.ranges import NumberLedger


class Category(StrEnum):
    """What a parcel is to customs."""

    GIFT = "gift"
    DOCUMENTS = "documents"
    SAMPLE = "commercial sample"
    SALE = "sale of goods"
    RETURN = "returned goods"
    OTHER = "other"


People = Annotated[
    Path | None, typer.Option("--people", metavar="DIR", help="Store of recipients; default: PARCELS-people.")
]
Sender = Annotated[Path, typer.Option("--sender", metavar="FILE.toml", help="Who sends: name, lines, city, country.")]
Pdf = Annotated[Path, typer.Option("--out", metavar="FILE.pdf", help="The file to make.")]
Chosen = Annotated[list[str] | None, typer.Option("--parcel", metavar="ID", help="Only this parcel; may be repeated.")]
FontFile = Annotated[
    Path | None, typer.Option("--font", metavar="FILE", help="Font to print with; default: one of the system.")
]


def check(
    what: Annotated[list[str], typer.Argument(metavar="NUMBER...|PARCELS", help="Numbers, or a folder of parcels.")],
    show: Annotated[int, typer.Option(min=0, metavar="N", help="Findings to print.")] = 20,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Check numbers (S10, containers, HS codes), or whether parcels have what their customs forms need."""
    with ending(as_json=as_json, debug=debug):
        if len(what) == 1 and Path(what[0]).exists():
            _check_parcels(Path(what[0]), show, as_json=as_json)
            return
        rows = [_check_word(word) for word in what]
        if as_json:
            write_json({"ok": all(row["valid"] for row in rows), "numbers": rows})
        else:
            for row in rows:
                typer.echo(
                    f"{row['number']}: {row['kind']}: {'valid' if row['valid'] else 'not valid'}{row['message']}"
                )
        if not all(row["valid"] for row in rows):
            raise typer.Exit(ExitCode.INVALID_INPUT)


def _check_word(text: str) -> dict[str, object]:
    from landbridge.operations.parcels.hs import HS_REMEDIES, check_hs, hs_descriptions
    from landbridge.operations.parcels.inland import looks_like_inland, say_inland
    from landbridge.operations.parcels.iso6346 import check_container
    from landbridge.operations.parcels.s10 import check_number, service_class

    word = "".join(text.split()).upper()
    if looks_like_inland(word):
        return _row(word, "inland number (inferred)", "inland-number-inferred", say_inland(word), valid=True)
    if len(word) == 11 and word[:4].isalpha():
        container = check_container(word)
        return _row(container.number, "container", container.fault, container.message, valid=container.valid)
    if word.replace(".", "").isdigit():
        code, fault = check_hs(word)
        return _row(word, "HS code", fault, HS_REMEDIES.get(fault, hs_descriptions().get(code, "")), valid=not fault)
    item = check_number(word)
    message = item.message or (service_class(item.number[:2]).meaning if item.valid else "")
    return _row(item.number, "S10", item.fault or item.warning, message, valid=item.valid)


def _row(number: str, kind: str, code: str, message: str, *, valid: bool) -> dict[str, object]:
    said = f" ({message})" if message else ""
    return {"number": number, "kind": kind, "valid": valid, "code": code, "message": said}


def _check_parcels(folder: Path, show: int, *, as_json: bool) -> None:
    from landbridge.errors import Finding
    from landbridge.operations.customs.complete import FAULTS, incomplete
    from landbridge.operations.parcels.frame import scan_parcels
    from landbridge.operations.parcels.items import scan_items

    parcels = scan_parcels(parcels_in(folder))
    found = incomplete(parcels, scan_items(folder)).collect(engine="streaming").sort("parcel", "code")
    counts = dict(sorted(found.get_column("code").value_counts().iter_rows()))
    lacking = found.get_column("parcel").n_unique()
    rows = found.head(show).iter_rows()
    first = [Finding(where=parcel, column="", message=FAULTS[code], code=code) for parcel, code in rows]
    if as_json:
        document = {"ok": not lacking, "incomplete": lacking, "counts": counts}
        write_json(document | {"findings": [finding_row(item) for item in first]})
    else:
        for finding in first:
            typer.echo(str(finding))
        for code, count in counts.items():
            typer.echo(f"{count:>10,}  {code}: {FAULTS[code]}")
        typer.echo(f"{lacking:,} parcels lack something that a commercial customs form needs")
    if lacking:
        raise typer.Exit(ExitCode.INVALID_INPUT)


def ranges(
    ledger: Annotated[Path, typer.Argument(metavar="LEDGER", help="The ledger of ranges; made when it is not there.")],
    add: Annotated[str, typer.Option(metavar="NAME", help="Record a range that a post handed over.")] = "",
    indicator: Annotated[str, typer.Option(help="Two letters; ZA to ZZ for trying out.")] = "",
    country: Annotated[str, typer.Option(help="Country of the post.")] = "",
    first: Annotated[int, typer.Option(min=0, help="First serial number, eight digits without the check digit.")] = 0,
    last: Annotated[int, typer.Option(min=0, help="Last serial number.")] = 0,
    post: Annotated[str, typer.Option(help="Who handed it over.")] = "",
    document: Annotated[str, typer.Option(help="By which document.")] = "",
    take: Annotated[str, typer.Option(metavar="NAME", help="Take numbers from this range, for good.")] = "",
    count: Annotated[int, typer.Option(min=1, help="How many to take.")] = 1,
    purpose: Annotated[str, typer.Option(help="What they are taken for.")] = "",
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """List ranges of S10 numbers, record one, or take numbers: only what a post handed over, each number once."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.operations.parcels.ranges import NumberLedger, NumberRange

        book = NumberLedger(ledger)
        if add:
            book.add(
                NumberRange(
                    name=add,
                    indicator=indicator,
                    country=country,
                    first=first,
                    last=last,
                    post=post,
                    document=document,
                    received=date.today(),
                )
            )
        if take:
            numbers = book.take(take, count, purpose=purpose)
            if as_json:
                write_json({"ok": True, "numbers": numbers})
            else:
                typer.echo("\n".join(numbers))
            return
        _list_ranges(book, as_json=as_json)


def _list_ranges(book: NumberLedger, *, as_json: bool) -> None:
    found = book.ranges()
    if as_json:
        rows = [
            {
                "name": row.name,
                "indicator": row.indicator,
                "country": row.country,
                "first": row.first,
                "last": row.last,
                "left": left,
                "post": row.post,
                "document": row.document,
                "received": row.received.isoformat(),
            }
            for row, left in found
        ]
        write_json({"ok": True, "ranges": rows})
        return
    for row, left in found:
        span = f"{row.indicator} {row.first:08d}-{row.last:08d} {row.country}"
        typer.echo(f"{row.name}: {span}, {left:,} of {row.size:,} left, from {row.post or 'nobody: for trying out'}")


def label(
    parcels: ParcelFolder,
    out: Pdf,
    sender: Sender,
    parcel: Chosen = None,
    people: People = None,
    font: FontFile = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Write address labels as PDF, a page each: S10 in Code 128, addresses in any letters."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.operations.customs.assemble import read_sender
        from landbridge.operations.labels.label import Label, write_labels

        who = read_sender(sender)
        packed = _pack(parcels, people, parcel)
        labels = [
            Label(
                number=item.number,
                sender=who,
                addressee=item.addressee,
                weight_kg=float(item.weight_kg),
                parcel=item.parcel,
                from_hub=item.from_hub,
                to_hub=item.to_hub,
            )
            for item in packed
        ]
        write_labels(labels, out, font)
        _done(out, len(labels), "labels", as_json=as_json)


def _pack(parcels: Path, people: Path | None, chosen: list[str] | None) -> list[Packed]:
    from landbridge.operations.customs.assemble import pack
    from landbridge.operations.parcels.frame import scan_parcels
    from landbridge.operations.parcels.items import scan_items
    from landbridge.operations.people.store import PeopleStores

    stores = PeopleStores(people or parcels.with_name(f"{parcels.name}-people"))
    return pack(scan_parcels(parcels_in(parcels)), scan_items(parcels), stores, chosen or ())


def _done(out: Path, count: int, what: str, *, as_json: bool) -> None:
    if as_json:
        write_json({"ok": True, "file": out, "count": count})
    else:
        typer.echo(f"{count:,} {what}: {out}")


def customs(
    parcels: ParcelFolder,
    out: Pdf,
    sender: Sender,
    parcel: Chosen = None,
    category: Annotated[Category, typer.Option(help="What the parcels are to customs.")] = Category.SALE,
    posted: Annotated[str, typer.Option(metavar="DATE", help="Day of posting; default: today.")] = "",
    office: Annotated[str, typer.Option(help="Office of posting.")] = "",
    rates: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="Exchange rates; with one for XDR small letter-post items get CN22."),
    ] = None,
    people: People = None,
    font: FontFile = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Write customs forms as PDF, CN22 or CN23 as the item needs; none is written while one would be refused."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.operations.customs.assemble import declare, read_sender
        from landbridge.operations.customs.declaration import form_of
        from landbridge.operations.customs.rates import Rates, read_rates
        from landbridge.operations.labels.forms import write_forms

        who = read_sender(sender)
        day = read_day(posted, "--posted")
        table = read_rates(rates) if rates is not None else Rates([])
        papers = [
            declare(item, who, category=category.value, posted=day, office=office)
            for item in _pack(parcels, people, parcel)
        ]
        write_forms(papers, [form_of(item, table) for item in papers], out, font)
        _done(out, len(papers), "customs forms", as_json=as_json)


def read_day(text: str, option: str) -> date:
    """Day of an option; blank is today."""
    if not text:
        return datetime.now().date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Ended(ExitCode.USAGE, f"{option}: found {text!r}, expected a day YYYY-MM-DD.", name="usage") from None


def people(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Store of recipients.")],
    purge: Annotated[bool, typer.Option("--purge", help="Delete those whose time is over.")] = False,
    forget: Annotated[list[str] | None, typer.Option(metavar="PARCEL", help="Delete who gets this parcel.")] = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Count recipients by country, delete those whose time is over, or one on their wish. Names nobody."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.operations.people.store import PeopleStores

        if not folder.is_dir():
            raise Ended(ExitCode.INVALID_INPUT, f"{folder}: no store of recipients is here.", name="bad-people-store")
        stores = PeopleStores(folder)
        rows = []
        for country in stores.countries():
            store = stores.of(country)
            if store is None:
                continue
            deleted = store.purge(datetime.now().date()) if purge else 0
            deleted += sum(store.forget(parcel) for parcel in forget or ())
            rows.append({"country": country, "kept": store.count(), "deleted": deleted})
        if as_json:
            write_json({"ok": True, "stores": rows})
            return
        for row in rows:
            typer.echo(f"{row['country']}: {row['kept']:,} kept, {row['deleted']:,} deleted")


def shared(
    parcels: ParcelFolder,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.parquet", help="The file to make (.parquet or .csv).")],
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Write what the other side may see of parcels: id, beginning of the postcode, weight, band of value."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.operations.parcels.frame import scan_parcels
        from landbridge.operations.people.shared_view import shared_view
        from landbridge.tables.atomic import whole_file

        view = shared_view(scan_parcels(parcels_in(parcels)))
        with whole_file(out) as path:
            if out.suffix == ".csv":
                view.sink_csv(path)
            else:
                view.sink_parquet(path)
        if as_json:
            write_json({"ok": True, "file": out})
        else:
            typer.echo(f"Shared view: {out}")
