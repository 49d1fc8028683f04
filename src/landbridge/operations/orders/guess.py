"""A first mapping, guessed from a file's header and first rows; a person looks at it before it is used."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence

from landbridge.operations.orders.fields import FIELDS, OF_ARTICLES, REQUIRED
from landbridge.operations.orders.mapping import Mapping
from landbridge.operations.parcels.s10 import check_number

_OFFSET = re.compile(r"(Z|[+-]\d{2}:?\d{2})$")
_TELLING = 3
"""Orders of several rows that must agree before an amount is taken for that of the whole order."""

_ARTICLE = re.compile(r"sku|article|item|product|variant|barcode|артикул|товар|штрих|货号|规格|条码|商品")
"""Names of columns by which articles are told apart, though no field takes them."""

_HEAVY = 100.0
"""A typical parcel heavier than this in kilograms is one in grams."""


def guess_mapping(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, channel: str, encoding: str, separator: str
) -> tuple[Mapping, dict[str, str]]:
    """
    Guess which column is which field.

    Names are looked up in a list of what shops call them, in English, Russian and Chinese; then cells are looked at
    for numbers of items, units of weight, decimal commas and offsets of time.

    Returns
    -------
    tuple
        The mapping, and a note by key on what each guess rests on and what is still to be filled in.
    """
    cells = {name: [row[at] for row in rows if at < len(row) and row[at].strip()] for at, name in enumerate(header)}
    columns, notes = _by_name(header, cells)
    _by_number(columns, notes, cells)
    notes |= {"encoding": "found by looking at the file", "separator": "found by looking at the file"}
    weights = cells.get(columns.get("weight", ""), [])
    decimal = "," if any(re.fullmatch(r"[\d\s]*,\d{1,4}", cell) for cell in weights) else "."
    unit = _weight_unit(columns.get("weight", ""), weights, decimal)
    notes["weight_unit"] = "guessed from the name of the column and the size of its numbers: look at it"
    dates, notes["dates"] = _date_order(cells.get(columns.get("ready", ""), []))
    times = cells.get(columns.get("ready", ""), [])
    if times and not all(_OFFSET.search(cell) for cell in times):
        notes["timezone"] = "the times have no offset: name their zone, such as Asia/Shanghai"
    articles, order_amounts = _articles(header, rows, columns, notes)
    for name in REQUIRED:
        if name not in columns:
            notes[f"columns?{name}"] = f'{name} = ""  is needed; or give it below as a constant'
    for name in ("good", "from_hub"):
        if name not in columns:
            notes[f"constants?{name}"] = f'{name} = ""'
    guessed = Mapping(
        channel=channel,
        columns=columns,
        encoding=encoding,
        separator=separator,
        decimal=decimal,
        dates=dates,
        weight_unit=unit,
        articles=articles,
        order_amounts=order_amounts,
    )
    return guessed, notes


def _by_name(header: Sequence[str], cells: dict[str, list[str]]) -> tuple[dict[str, str], dict[str, str]]:
    """
    Find columns by their names, exactly first.

    An id is never guessed by likeness, nor taken from a column without digits: it is shown in reports, and a column
    ``Name`` is an order number in one shop and a person in another.
    """
    columns: dict[str, str] = {}
    notes: dict[str, str] = {}
    plain = {name: re.sub(r"[\s_]+", " ", name.strip().lower()) for name in header}
    for exact in (True, False):
        for field in FIELDS if exact else sorted(FIELDS, key=lambda item: not item.personal):
            if field.name == "external_id" and not exact:
                continue
            words = (field.name.replace("_", " "), *field.words)
            for name, text in plain.items():
                if field.name in columns or name in columns.values():
                    continue
                if field.name == "external_id" and not _mostly_with_digits(cells[name]):
                    continue
                if text in words or (not exact and any(len(word) > 3 and word in text for word in words)):
                    columns[field.name] = name
                    notes[f"columns.{field.name}"] = "named so" if exact else "a guess: the name is like it"
    return {field.name: columns[field.name] for field in FIELDS if field.name in columns}, notes


def _mostly_with_digits(cells: Sequence[str]) -> bool:
    return not cells or 2 * sum(any(sign.isdigit() for sign in cell) for cell in cells) > len(cells)


def _by_number(columns: dict[str, str], notes: dict[str, str], cells: dict[str, list[str]]) -> None:
    if "number" in columns:
        return
    for name, texts in cells.items():
        if (
            name
            and texts
            and name not in columns.values()
            and sum(check_number(text).valid for text in texts) > len(texts) / 2
        ):
            columns["number"] = name
            notes["columns.number"] = "a guess: most cells are S10 numbers"
            return


def _articles(
    header: Sequence[str], rows: Sequence[Sequence[str]], columns: dict[str, str], notes: dict[str, str]
) -> tuple[str, tuple[str, ...]]:
    """Tell whether rows are articles, by ids that stand in several rows, and which amounts each of them repeats."""
    if "external_id" not in columns:
        return "", ()
    at = {name: header.index(column) for name, column in columns.items()}
    by_id: dict[str, list[Sequence[str]]] = {}
    for row in rows:
        if len(row) == len(header) and row[at["external_id"]].strip():
            by_id.setdefault(row[at["external_id"]].strip(), []).append(row)
    several = [group for group in by_id.values() if len(group) > 1]
    if not several:
        notes["articles"] = 'a row is a parcel: no id stands in two of the first rows; "rows" = a row is an article'
        return "", ()
    named = _telling_articles(header, rows, columns)
    orders = [group for group in several if _is_order(group, at, named)]
    twice = len(several) - len(orders)
    if len(orders) <= twice:
        notes["articles"] = (
            f"a row is a parcel: of {len(several)} ids in several of the first rows {twice} have the same article or "
            'another recipient: double rows, which are set aside; look at it; "rows" = a row is an article'
        )
        return "", ()
    doubles = f", {twice} of them look like double rows" if twice else ""
    notes["articles"] = (
        f"{len(several)} ids stand in several of the first rows{doubles}: a row is an article; look at it; "
        '"" = a row is a parcel'
    )
    alike = tuple(
        name
        for name in ("weight", "value")
        if name in at
        and len(orders) >= _TELLING
        and all(len({row[at[name]].strip() for row in group}) == 1 and group[0][at[name]].strip() for group in orders)
    )
    notes["order_amounts"] = (
        "a guess: the same in all rows of an order, so of the whole order; look at it"
        if alike
        else 'amounts of rows are added up; name "weight" or "value" here when each row repeats that of its order'
    )
    return "rows", alike


def _telling_articles(header: Sequence[str], rows: Sequence[Sequence[str]], columns: dict[str, str]) -> list[int]:
    """Columns that name an article; where none is known to, all that no field takes, but for numbers of rows."""
    others = {at: name for at, name in enumerate(header) if name not in columns.values()}
    named = [at for at, name in enumerate(header) if name == columns.get("description")]
    named += [at for at, name in others.items() if _ARTICLE.search(name.lower())]
    if named:
        return named
    cells = {at: [row[at].strip() for row in rows if at < len(row)] for at in others}
    free = [at for at, texts in cells.items() if not (all(map(str.isdigit, texts)) and len(set(texts)) == len(texts))]
    return [*free, *(at for at, name in enumerate(header) if name == columns.get("hs_code"))]


def _is_order(group: Sequence[Sequence[str]], at: dict[str, int], named: Sequence[int]) -> bool:
    """Whether rows of one id name several articles, and say the same of their order wherever they say something."""
    of_order = [place for name, place in at.items() if name not in OF_ARTICLES]
    agree = all(len({row[place].strip() for row in group} - {""}) <= 1 for place in of_order)
    return agree and len({tuple(row[place].strip() for place in named) for row in group}) > 1


def _weight_unit(name: str, cells: Sequence[str], decimal: str) -> str:
    text = name.lower()
    if re.search(r"kg|кг|公斤|千克", text):
        return "kg"
    if re.search(r"\bg\b|gram|\(g\)|грамм|, г\b|克", text):
        return "g"
    numbers = [float(cell.replace(decimal, ".")) for cell in cells if re.fullmatch(r"\d+([.,]\d+)?", cell)]
    return "g" if numbers and statistics.median(numbers) > _HEAVY else "kg"


def _date_order(cells: Sequence[str]) -> tuple[str, str]:
    """Tell day from month by the first cell in which one of them is above 12."""
    pairs = [match for cell in cells if (match := re.match(r"(\d{1,2})[./-](\d{1,2})[./-]\d{4}", cell))]
    if not pairs:
        return "ymd", "the year comes first"
    if any(int(pair[1]) > 12 for pair in pairs):
        return "dmy", "found: a first number is above 12"
    if any(int(pair[2]) > 12 for pair in pairs):
        return "mdy", "found: a second number is above 12"
    return "dmy", "a guess: day and month cannot be told apart in the first rows; look at it"
