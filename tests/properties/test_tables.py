"""Properties of reading and writing: the round trip is the identity, and no input breaks the reader."""

from __future__ import annotations

import random
import shutil
import string
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from landbridge.errors import Finding, InvalidCase
from landbridge.model.case import (
    ATTRIBUTES,
    Agreement,
    Case,
    Event,
    Fleet,
    Good,
    Grant,
    Handling,
    Hub,
    Order,
    Party,
    Patch,
    Pin,
    Project,
    Rate,
    Region,
    Service,
    Settings,
    TimetableRow,
)
from landbridge.model.validate import validate
from landbridge.tables import input_hash, read_case, write_case

TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff\ufffe\uffff"),
    max_size=12,
).map(str.strip)
WORDS = st.text(string.ascii_letters + string.digits + "_Жб中", min_size=1, max_size=6)
AMOUNT = st.floats(0, 1e12, allow_nan=False)
POSITIVE = st.floats(0.02, 1e4, allow_nan=False)
SHORT = st.floats(0, 5e4, allow_nan=False)
FRACTION = st.floats(0, 1, allow_nan=False)
CLOCKS = st.sampled_from(["", "00:00", "08:30", "23:59", "24:00"])
DAYS = st.sampled_from(["", "daily", "Mon", "Mon Thu", "1-5", "Sun,Tue"])
MOMENTS = st.sampled_from(["", "2026-01-05T12:00", "Wed 08:00", "2026-01-07T10:30+08:00"])


def optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


def ids(minimum: int = 1) -> st.SearchStrategy[list[str]]:
    return st.lists(WORDS.filter(lambda word: word not in ("start", "end")), min_size=minimum, max_size=4, unique=True)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Cases that can be used, with every table, every kind of column and dimensions of their own."""
    pick = lambda values: draw(st.sampled_from(list(values)))  # noqa: E731
    maybe = lambda values: draw(st.just("") | st.sampled_from(list(values)))  # noqa: E731
    regions = draw(ids())
    parties = draw(ids())
    hubs = draw(ids(2))
    goods = draw(ids())
    services = draw(ids())
    fleets = draw(st.lists(WORDS, max_size=2, unique=True))
    dims = draw(st.lists(st.sampled_from(["t", "m3", "seats", "teu", "reefer_plugs"]), max_size=3, unique=True))
    owners = st.sampled_from(
        ["", parties[0], f"{parties[0]}:0.5", *([f"{parties[0]}+{parties[1]}"] if len(parties) > 1 else [])]
    )
    amounts = st.dictionaries(st.sampled_from(dims), AMOUNT) if dims else st.just({})
    modes = ["rail", "road", "camel"]

    def service(name: str) -> Service:
        route = [pick(hubs)]
        for _ in range(draw(st.integers(1, 3))):
            route.append(pick([hub for hub in hubs if hub != route[-1]]))
        legs = len(route) - 1
        fleet = maybe(fleets) if fleets else ""
        return Service(
            service=name,
            owner=draw(owners),
            mode=pick(modes),
            route=tuple(route),
            travel_h=tuple(draw(st.lists(POSITIVE, min_size=legs, max_size=legs))),
            distance_km=tuple(draw(st.just([]) | st.lists(AMOUNT, min_size=legs, max_size=legs))),
            capacity=draw(amounts),
            run_cost=draw(AMOUNT),
            cost_per_t=tuple(
                draw(st.lists(AMOUNT, min_size=1, max_size=1) | st.lists(AMOUNT, min_size=legs, max_size=legs))
            ),
            accepts=draw(st.sampled_from([(), ("general",), ("parcel", "frozen")])),
            max_runs=draw(optional(st.integers(0, 10**15))),
            fleet=fleet,
            empty_cost=draw(optional(AMOUNT)) if fleet else None,
            source=draw(TEXTS),
        )

    def order(name: str) -> Order:
        here, there = draw(st.permutations(hubs))[:2]
        kind = pick(["offer", "bid", "shipment"])
        ready = "" if kind == "bid" else draw(MOMENTS)
        return Order(
            order=name,
            party=maybe(parties),
            good=pick(goods),
            qty=draw(AMOUNT),
            from_hub="" if kind == "bid" else here,
            to_hub="" if kind == "offer" else there,
            price_per_unit=draw(st.floats(-1e9, 1e9)),
            ready=ready,
            due=pick(["", "+48h", "+0.5h", "2026-01-09T00:00"]),
            quota=pick(["", f"{parties[0]}:0.25"]),
            late_max_h=draw(SHORT),
            min_fill_frac=draw(FRACTION),
            split=draw(st.booleans()),
            transit=pick([(), ("KZ", "MN"), ("*",), ("-",)]),
        )

    named = draw(ids())
    return Case(
        settings=Settings(
            name=draw(TEXTS.filter(bool)),
            start="2026-01-05T00:00",
            horizon_h=draw(st.sampled_from([168.0, 336.0])),
            cyclic=draw(st.booleans()),
            currency=pick(["USD", "CNY"]),
            timezone=pick(["UTC", "Asia/Vladivostok"]),
            rates=tuple(
                Rate(currency="RUB", per_unit=draw(POSITIVE), date="2026-01-01", source=draw(TEXTS.filter(bool)))
                for _ in range(draw(st.integers(0, 2)))
            ),
            co2_cost_per_t=draw(AMOUNT),
        ),
        regions=tuple(
            Region(region=name, name=draw(TEXTS), country="XA", lat=draw(optional(st.floats(-90, 90))))
            for name in regions
        ),
        parties=tuple(Party(party=name, region=pick(regions), name=draw(TEXTS)) for name in parties),
        hubs=tuple(
            Hub(
                hub=name,
                region=pick(regions),
                owner=draw(owners),
                name_zh=draw(TEXTS),
                kind=pick(["city", "crossing"]),
                timezone=pick(["", "Asia/Shanghai"]),
                store_cap_t=draw(optional(AMOUNT)),
            )
            for name in hubs
        ),
        handling=tuple(
            Handling(
                handling=name,
                hub=pick(hubs),
                direction=pick(["", "in"]),
                from_mode=pick(["", "start", "road"]),
                opens=draw(CLOCKS),
                closes=draw(CLOCKS),
                days=draw(DAYS),
                dwell_h=draw(SHORT),
            )
            for name in named
        ),
        goods=tuple(
            Good(
                good=name,
                per_unit=draw(amounts),
                handling_class=pick(["general", "parcel"]),
                life_h=draw(optional(POSITIVE)),
                transit=pick([(), ("*",), ("CN", "KZ")]),
            )
            for name in goods
        ),
        services=tuple(service(name) for name in services),
        timetable=tuple(
            TimetableRow(
                service=name, days=draw(DAYS), depart=depart, every_h=None if depart else 6.5, starts=draw(MOMENTS)
            )
            for name in services
            for depart in draw(st.lists(st.sampled_from(["", "07:00", "24:00"]), max_size=2, unique=True))
        ),
        fleets=tuple(
            Fleet(
                fleet=name, hub=maybe(hubs), count=draw(optional(st.integers(0, 9))), round_the_week=draw(st.booleans())
            )
            for name in fleets
        ),
        pins=(Pin(table="services", key=services[0], min=1.0), Pin(table="departures", key=f"{services[0]}@Mon 08:00")),
        orders=tuple(order(name) for name in named),
        agreements=(Agreement(agreement="a", name=draw(TEXTS), status="in_force", starts=pick(["", "2026-01-01"])),),
        grants=(
            Grant(
                agreement="a",
                giver="*",
                taker=parties[0],
                kind="mode",
                resource=pick(["*", "road"]),
                share_frac=draw(FRACTION),
                both_ways=draw(st.booleans()),
            ),
        ),
        events=(Event(event="e", resource=hubs[0], starts=draw(MOMENTS), cap_frac=draw(FRACTION)),),
        projects=(Project(project="p", resource=services[0], added_capacity=draw(AMOUNT), owner=draw(owners)),),
        scenarios=(Patch(scenario="s", table="hubs", key=hubs[0], column_name="store_cap_t", value=draw(TEXTS)),),
    )


@contextmanager
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp())
    try:
        yield path
    finally:
        shutil.rmtree(path)


@pytest.mark.slow
@settings(max_examples=40)
@given(cases())
def test_round_trip_through_every_format_is_the_identity(case: Case) -> None:
    """CSV -> case -> xlsx -> case -> Parquet -> case."""
    assert validate(case) == []
    with folder() as path:
        write_case(case, path / "csv")
        from_csv = read_case(path / "csv")
        assert from_csv == case
        write_case(from_csv, path / "case.xlsx", format="xlsx")
        from_workbook = read_case(path / "case.xlsx")
        assert from_workbook == case
        write_case(from_workbook, path / "parquet", format="parquet")
        assert read_case(path / "parquet") == case
        assert input_hash(from_workbook) == input_hash(case)


def test_generated_cases_have_every_table() -> None:
    """The round trip would prove nothing about a table that is never written."""
    written = {item.name for item in fields(Case)} - {"settings"}
    assert written == set(ATTRIBUTES)


JUNK = (
    b"NaN",
    b"-1",
    b"1e999",
    b"99999999999999999999999",
    b'"a\nb"',
    b'"',
    b"\xff\xfe",
    b"\x00",
    b"",
    b" ",
    b",",
    b",,,,,",
    b"\r",
    b"A>>B",
    b"A>A",
    b"24:61",
    b"+1e9h",
    b"+99999999999999h",
    b"0001-01-01T00:00",
    b"9999-12-31T23:59",
    b"Mon 25:00",
    b"a:2 b:-1",
    b"a+",
    b"+",
    b":",
    b"*",
    b"\xd0\x96",
    b"=1+1",
    b"1_000",
    b"\xef\xbc\x91",
    b"true",
    b"5.5",
    b"inf",
    b"[[rates]]\n",
    b"]",
    b"x" * 200_000,
)


def mutate(path: Path, seed: int) -> None:
    """Damage one to three places of a case folder."""
    rng = random.Random(seed)
    for _ in range(rng.randint(1, 3)):
        file = rng.choice(sorted(path.iterdir()))
        content = file.read_bytes()
        lines = content.split(b"\n")
        row = rng.randrange(len(lines))
        cells = lines[row].split(b",")
        match rng.randrange(12):
            case 0:
                spots = bytearray(content or b"x")
                spots[rng.randrange(len(spots))] ^= 1 << rng.randrange(8)
                content = bytes(spots)
            case 1 | 2 | 3 | 4:
                cells[rng.randrange(len(cells))] = rng.choice(JUNK)
                lines[row] = b",".join(cells)
                content = b"\n".join(lines)
            case 5:
                del lines[row]
                content = b"\n".join(lines)
            case 6:
                lines.insert(row, lines[rng.randrange(len(lines))])
                content = b"\n".join(lines)
            case 7:
                content = content.replace(rng.choice(lines[0].split(b",")), rng.choice(JUNK), 1)
            case 8:
                content = b""
            case 9:
                content = b"\xef\xbb\xbf" + content
            case 10:
                content = content.replace(b"\n", rng.choice([b"\r\n", b"\r", b"\n\n"]))
            case _:
                content = content[: rng.randrange(len(content) + 1)]
        if rng.random() < 0.05:
            file.unlink()
        else:
            file.write_bytes(content)
        if not any(path.iterdir()):
            return


def read_anything(path: Path) -> None:
    findings: tuple[Finding, ...] = ()
    try:
        case = read_case(path)
    except InvalidCase as error:
        findings = error.findings
    if findings:
        assert all(finding.where and finding.message and finding.code for finding in findings)
    else:
        assert validate(case) == []


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder, Parquet folder and workbook of one case with every table."""
    path = tmp_path_factory.mktemp("whole")
    write_case(read_case(Path(__file__).parents[1] / "data" / "cases_tables" / "whole"), path / "csv")
    case = read_case(path / "csv")
    write_case(case, path / "parquet", format="parquet")
    write_case(case, path / "case.xlsx", format="xlsx")
    return path


@pytest.mark.slow
@settings(max_examples=300)
@given(seed=st.integers(0, 2**32))
@example(seed=0)
def test_any_damage_to_a_folder_gives_a_case_or_findings(whole: Path, seed: int) -> None:
    """Never another exception: no traceback reaches the planner."""
    with folder() as path:
        shutil.copytree(whole / "csv", path / "csv")
        mutate(path / "csv", seed)
        read_anything(path / "csv")


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32))
def test_any_damage_to_parquet_gives_a_case_or_findings(whole: Path, seed: int) -> None:
    """Parquet files come from other programs, and are cut off in transfer."""
    with folder() as path:
        shutil.copytree(whole / "parquet", path / "parquet")
        mutate(path / "parquet", seed)
        read_anything(path / "parquet")


@settings(max_examples=40)
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), cut=st.booleans())
def test_any_damage_to_a_workbook_gives_a_case_or_findings(whole: Path, at: float, bit: int, cut: bool) -> None:
    """A flipped bit in an archive, or one that was cut off."""
    content = bytearray((whole / "case.xlsx").read_bytes())
    spot = int(at * len(content))
    content[spot] ^= 1 << bit
    with folder() as path:
        (path / "case.xlsx").write_bytes(bytes(content[:spot] if cut else content))
        read_anything(path / "case.xlsx")
