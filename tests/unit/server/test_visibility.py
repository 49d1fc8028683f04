"""What an organisation sees of a case and of a run of its own and of its partners (docs/design/server.md §2)."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landbridge.cooperation import ShareWishes, share
from landbridge.model.bottleneck import Bottleneck
from landbridge.model.case import (
    ATTRIBUTES,
    Agreement,
    Case,
    Event,
    Grant,
    Order,
    Patch,
    Pin,
    Project,
    TimetableRow,
)
from landbridge.model.columns import Audience, Kind
from landbridge.model.explanation import Change, Explanation
from landbridge.model.plan import Money
from landbridge.model.shares import AgreementRow, AgreementTables, ChoiceRow, SetRow
from landbridge.planning import PlanLimits, plan
from landbridge.planning.events import describe
from landbridge.report import Run, render_page, write_workbook
from landbridge.report.payload import build_payload
from landbridge.server.visibility import (
    Disclosure,
    Holdings,
    Owners,
    corridor_to_json,
    hidden_columns,
    money_by_organisation,
    visible_bottlenecks,
    visible_case,
    visible_explanation,
    visible_run,
    visible_values,
)
from landbridge.server.visibility.holdings import OWNER_COLUMN
from landbridge.server.visibility.reasons import visible_reason
from landbridge.server.visibility.totals import Tally, publish
from landbridge.tables import read_case

pytestmark = pytest.mark.slow  # plans of several cases are made first

CASES = Path(__file__).parents[3] / "src/landbridge/cases"


@pytest.fixture(scope="module")
def starter() -> Case:
    return read_case(CASES / "starter")


@pytest.fixture(scope="module")
def far_east() -> Case:
    return read_case(CASES / "far-east")


@pytest.fixture(scope="module")
def far_east_run(far_east: Case) -> Run:
    return Run(case=far_east, plan=plan(far_east, limits=PlanLimits(time_s=60.0, gap=0.3, threads=1)))


def by_region(case: Case, host: str = "host") -> Holdings:
    return Holdings(host=host, by_party={row.party: row.region for row in case.parties})


def by_country(case: Case, host: str = "host") -> Holdings:
    country = {row.region: row.country for row in case.regions}
    return Holdings(host=host, by_party={row.party: country[row.region] for row in case.parties})


# The attribute table


def test_money_of_owned_rows_is_for_their_owner() -> None:
    """A new column of money or of capacity has to say who sees it."""
    for table in (*OWNER_COLUMN, "events", "timetable"):
        for item in ATTRIBUTES[table]:
            if item.unit.startswith("money"):
                assert item.audience is Audience.OWNER, (table, item.name)
            if item.name.startswith(("cap_", "max_", "store_cap", "count", "must_run")) and item.name != "cap_frac":
                assert item.audience is Audience.CAPACITY, (table, item.name)


# Planted figures


SIGNS = "planted"


def plant(case: Case, holdings: Holdings) -> tuple[Case, dict[str, set[float]]]:
    """Put a number of its own into every private or capacity cell of every owned row; by organisation."""
    owners, numbers = Owners(case, holdings), (float(f"7{n:05d}.25") for n in count(11))
    planted: dict[str, set[float]] = {}
    tables: dict[str, Any] = {}
    for table, attributes in ATTRIBUTES.items():
        rows = []
        for row in getattr(case, table):
            whose = owners.of(table, row)
            changes: dict[str, Any] = {}
            for item in attributes if whose and table != "scenarios" else ():
                is_qty = table == "orders" and item.name == "qty"
                if is_qty or (item.audience is Audience.OWNER and item.kind in (Kind.NUMBER, Kind.LEGS)):
                    number = next(numbers)
                    changes[item.field] = (number,) if item.kind is Kind.LEGS else number
                    for name in whose:
                        planted.setdefault(name, set()).add(number)
            rows.append(replace(row, **changes))
        tables[table] = tuple(rows)
    return replace(case, **tables), planted


def numbers_in(text: str, wanted: set[float]) -> set[float]:
    """Which of some numbers stand in a text, as whole or to two decimals."""
    return {number for number in wanted if f"{number:g}" in text or f"{number:.2f}" in text or f"{int(number)}" in text}


def with_everything(case: Case) -> Case:
    """A case with a row in every table that has an owner."""
    first, order = case.services[0], case.orders[0]
    return replace(
        case,
        timetable=(*case.timetable, TimetableRow(service=first.service, depart="08:00", max_runs=3)),
        pins=(Pin(table="orders", key=order.order, min=1.0), Pin(table="services", key=first.service, max=5.0)),
        events=(Event(event="E1", resource=first.service, extra_cost_per_t=1.0),),
        projects=(Project(project="P1", resource=first.service, added_capacity=9.0, owner=first.owner),),
        scenarios=(
            Patch(scenario="S", table="orders", key=order.order, column_name="price_per_unit", value="711111.25"),
            Patch(scenario="S", table="services", key=first.service, column_name="run_cost", value="711112.25"),
            Patch(scenario="S", table="services", key=first.service, column_name="travel_h", value="4>4"),
        ),
    )


@pytest.mark.parametrize("split", [by_region, by_country])
@pytest.mark.parametrize("name", ["starter", "far-east"])
def test_no_planted_figure_of_a_partner_is_in_the_case_that_an_organisation_sees(name: str, split: Any) -> None:
    case = with_everything(read_case(CASES / name))
    holdings = split(case)
    case, planted = plant(case, holdings)
    viewers = {*planted, "host"}
    for viewer in viewers:
        text = repr(visible_case(case, holdings, viewer))
        own = planted.get(viewer, set())
        foreign = set().union(*(numbers for who, numbers in planted.items() if who != viewer)) - own
        assert not numbers_in(text, foreign), viewer
        assert numbers_in(text, own) == own, viewer
    owner = Owners(case, holdings).of("services", case.services[0])
    for viewer in viewers:
        seen = [row.column_name for row in visible_case(case, holdings, viewer).scenarios]
        wanted = ["run_cost", "travel_h"] if viewer in owner else ["travel_h"]
        assert [column for column in seen if column != "price_per_unit"] == wanted


@given(data=st.data())
@settings(max_examples=25)
def test_whoever_holds_whatever_sees_its_own_and_nothing_private_of_others(data: st.DataObject) -> None:
    """Any division of the parties among organisations, owners together and in shares."""
    case = with_everything(read_case(CASES / "starter"))
    parties = [row.party for row in case.parties]
    cells = [
        *parties,
        *(f"{a}+{b}" for a in parties for b in parties if a < b),
        f"{parties[0]}:0.5 {parties[1]}:0.5",
        "",
    ]
    case = replace(
        case,
        services=tuple(replace(row, owner=data.draw(st.sampled_from(cells))) for row in case.services),
        hubs=tuple(replace(row, owner=data.draw(st.sampled_from(cells))) for row in case.hubs),
    )
    names = ["x", "y", "z", "host"]
    holdings = Holdings(host="host", by_party={party: data.draw(st.sampled_from(names)) for party in parties})
    case, planted = plant(case, holdings)
    viewer = data.draw(st.sampled_from(names))
    text = repr(visible_case(case, holdings, viewer))
    own = planted.get(viewer, set())
    foreign = set().union(*planted.values()) - own
    assert not numbers_in(text, foreign)
    assert numbers_in(text, own) == own


# Capacities and papers


def test_capacities_are_seen_by_whom_the_owner_says() -> None:
    owners = frozenset({"a"})
    capacities = {"cap_<dim>", "max_runs"}

    def hidden(viewer: str, disclosure: Disclosure) -> frozenset[str]:
        found = hidden_columns("services", owners, viewer, disclosure)
        assert found is not None
        return found & capacities

    assert hidden("b", Disclosure()) == set()
    assert hidden("b", Disclosure(openness="private")) == capacities
    assert hidden("b", Disclosure(openness="partners", partners=frozenset({"c"}))) == capacities
    assert hidden("c", Disclosure(openness="partners", partners=frozenset({"c"}))) == set()
    assert hidden("a", Disclosure(openness="private")) == set()
    assert hidden_columns("services", frozenset(), "b", Disclosure(openness="private")) == set()


def test_the_timetable_is_as_open_as_its_service(starter: Case) -> None:
    case = with_everything(starter)
    said = {("services", case.services[0].service): Disclosure(openness="private")}
    seen = visible_case(case, by_region(case), "B", said)
    assert seen.services[0].capacity == {}
    assert seen.timetable[-1].max_runs is None
    assert visible_case(case, by_region(case), "A", said).timetable[-1].max_runs == 3


def test_agreements_are_for_their_signers_and_by_name_for_all_once_in_force(far_east: Case) -> None:
    holdings = by_region(far_east)
    seen = visible_case(far_east, holdings, "CN-LN")
    names = {row.agreement for row in seen.agreements}
    assert {"ln-pri", "ln-sak", "hl-pri", "trade-2026"} <= names
    assert "baikal" not in names
    assert "hl-zab" not in names
    assert {row.agreement for row in seen.grants} >= {"ln-pri", "trade-2026"}
    assert "hl-pri" not in {row.agreement for row in seen.grants}


# Totals


def tally(*amounts: tuple[float, str, str]) -> Tally:
    found = Tally()
    for amount, freight, carrier in amounts:
        found.add(amount, frozenset(freight), frozenset(carrier))
    return found


@pytest.mark.parametrize(
    ("amounts", "is_public"),
    [
        ([(1.0, "a", "a"), (1.0, "b", "b")], False),
        ([(1.0, "a", "a"), (1.0, "b", "b"), (1.0, "c", "c")], True),
        ([(1.0, "a", "a"), (1.0, "b", "a"), (1.0, "c", "a")], False),  # one carrier: its load
        ([(1.0, "a", "a"), (1.0, "b", "b"), (1.0, "c", "b")], False),  # a is left with b's load
        ([(1.0, "ab", "a"), (1.0, "c", "c"), (1.0, "d", "d")], True),
        ([(1.0, "a", "ab"), (1.0, "c", "c")], False),  # a and b run together: c is left
        ([(1.0, "", "a"), (1.0, "", "b"), (1.0, "", "c")], True),  # the market's freight is nobody's figure
        ([(1.0, "", "a"), (1.0, "b", "b"), (1.0, "", "c")], False),  # whose else could it be than b's
        ([(0.0, "a", "a"), (1.0, "b", "b"), (1.0, "c", "c")], False),
        ([], False),
    ],
)
def test_a_total_needs_three_that_nobody_can_tell_apart(amounts: Any, is_public: bool) -> None:
    assert tally(*amounts).is_public() is is_public


ORGANISATIONS = "abcde"

CONTRIBUTIONS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(ORGANISATIONS), st.sampled_from(ORGANISATIONS), st.integers(1, 99)),
    max_size=25,
)


@given(CONTRIBUTIONS)
def test_no_sum_or_difference_of_published_totals_is_the_figure_of_one_organisation(rows: Any) -> None:
    """
    Linear algebra says what can be computed: whoever looks knows its own contributions and what is published.

    For every viewer, cells that are published (and the pool) are equations over the contributions it does not know.
    One that only contains the freight (or the loads) of one other organisation would give that one's figure away.
    """
    cells: dict[int, Tally] = {}
    for cell, freight, carrier, amount in rows:
        cells.setdefault(cell, Tally()).add(float(amount), frozenset(freight), frozenset(carrier))
    found = publish(cells)
    equations = [{cell} for cell in found.cells]
    if found.rest is not None:
        equations.append({cell for cell in cells if cell not in found.cells})
        assert found.total == pytest.approx(sum(row[3] for row in rows))
    for viewer in (*ORGANISATIONS, "-"):
        unknown = [row for row in rows if viewer not in row[1:3]]
        matrix = np.array([[float(row[0] in cells_of) for row in unknown] for cells_of in equations])
        for part in (1, 2):
            for other in set(ORGANISATIONS) - {viewer}:
                others = np.array([row[part] != other for row in unknown], dtype=bool)
                if matrix.size and others.size and not others.all():
                    rank = np.linalg.matrix_rank(matrix)
                    assert np.linalg.matrix_rank(matrix[:, others]) == rank, (viewer, other)


# Runs


@pytest.mark.parametrize("split", [by_region, by_country])
def test_parts_of_the_value_add_up_and_each_is_the_value_of_the_part(far_east_run: Run, split: Any) -> None:
    holdings = split(far_east_run.case)
    money = money_by_organisation(far_east_run.case, far_east_run.plan, holdings)
    assert sum(terms.value for terms in money.values()) == pytest.approx(far_east_run.plan.summary.value)
    for name in dataclasses.fields(Money):
        total = sum(getattr(terms, name.name) for terms in money.values())
        assert total == pytest.approx(getattr(far_east_run.plan.summary.money, name.name), abs=1e-6)
    for viewer, terms in money.items():
        seen = visible_run(far_east_run, holdings, viewer).run.plan.summary
        assert seen.value == terms.value
        assert (seen.bound, seen.gap, seen.input_sha256, seen.trace) == (None, None, "", ())


@pytest.mark.parametrize("split", [by_region, by_country])
def test_an_organisation_sees_its_own_rows_and_its_own_only(far_east_run: Run, split: Any) -> None:
    case, holdings = far_east_run.case, split(far_east_run.case)
    owners = Owners(case, holdings)
    party = {row.order: row.party for row in case.orders}
    for viewer in sorted(holdings.participants(case)):
        seen = visible_run(far_east_run, holdings, viewer).run.plan
        mine = {row.order for row in case.orders if row.party and holdings.of_party(row.party) == viewer}
        assert {row.order for row in seen.orders if party[row.order]} == mine
        assert {row.order for row in seen.flows if party[row.order]} <= mine
        for row in seen.departures:
            whose = owners.of_id("services", row.service) or holdings.of_cell(row.owner)  # public: who charters it
            if viewer not in whose:
                assert (row.load, row.fill_frac, row.run_cost, row.runs) == ({}, 0.0, 0.0, 0)
        own_services = {row.service for row in case.services if viewer in owners.of("services", row)}
        all_own = [row for row in far_east_run.plan.departures if row.service in own_services]
        assert [row for row in seen.departures if row.service in own_services] == all_own
        sides = [{row.seller, row.buyer} for row in seen.trades]
        assert all(any(name and holdings.of_party(name) == viewer for name in side) for side in sides)
        for price in seen.prices:
            assert price.resource in mine or viewer in owners.of_resource(price.resource)
            assert price.price == float(f"{price.price:.2g}")


def worth(agreement: str, *gains: tuple[str, float]) -> list[AgreementRow]:
    return [
        AgreementRow(
            agreement=agreement, status="proposed", signers="A B C", player=player, delta_low=gain,
            delta_high=gain + 0.5, fixed_cost=90.0 if player == "*" else 0.0,
        )
        for player, gain in gains
    ]  # fmt: skip


def test_the_worth_of_an_agreement_to_all_is_told_where_three_organisations_gain(starter: Case) -> None:
    """Own rows of agreements that one signs; all together only where no subtraction leaves one partner's gain."""
    grants = [
        Grant(agreement=name, giver=giver, taker=taker, kind="service")
        for name, pairs in {"wide": ("AB", "BC"), "two": ("AB",), "far": ("BC",)}.items()
        for giver, taker in pairs
    ]
    papers = [Agreement(agreement=name, name=name, status="proposed") for name in ("wide", "two", "far")]
    case = replace(starter, agreements=tuple(papers), grants=tuple(grants))
    tables = AgreementTables(
        agreements=(
            *worth("wide", ("*", 30.0), ("A", 11.0), ("B", 12.0), ("C", 7.0)),
            *worth("two", ("*", 20.0), ("A", 10.0), ("B", 10.0), ("C", 0.0)),
            *worth("far", ("*", 33.0), ("A", 5.0), ("B", 14.0), ("C", 14.0)),
        ),
        sets=(SetRow(agreements="far wide", value_low=1.0, value_high=2.0),),
        choices=(ChoiceRow(budget=9.0, signed="far", cost=9.0, net_low=1.0, net_high=2.0, best_high=3.0),),
    )

    def seen(holdings: Holdings, viewer: str) -> set[tuple[str, str]]:
        found = visible_values(tables, case, "regions", holdings, viewer)
        assert (found.sets, found.choices) == ((), ())
        assert {row.fixed_cost for row in found.agreements} <= {0.0}
        return {(row.agreement, row.player) for row in found.agreements}

    assert seen(by_region(case), "A") == {("wide", "A"), ("wide", "*"), ("two", "A")}
    assert seen(by_region(case), "C") == {("wide", "C"), ("wide", "*"), ("far", "C"), ("far", "*")}
    two = Holdings(host="host", by_party={row.party: "x" if row.region == "A" else "y" for row in case.parties})
    assert seen(two, "x") == {("wide", "A"), ("two", "A")}, "the total of two less one's own is the other's"


def everything_shown(run: Run, folder: Path) -> str:
    """All that is made of a run: payload, page, and the texts and numbers of the workbook."""
    write_workbook(run, folder / "run.xlsx")
    with zipfile.ZipFile(io.BytesIO((folder / "run.xlsx").read_bytes())) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if name.endswith(".xml")]
    (folder / "run.xlsx").unlink()
    return "\n".join([json.dumps(build_payload(run)), render_page(run), *sheets])


NUMBERS = {
    "A": {"run_cost": 137.3117, "price": 47.5717, "qty": 6.1317, "penalty": 13.7117},
    "B": {"run_cost": 149.3717, "price": 43.7317, "qty": 4.1917, "penalty": 13.7917},
    "C": {"run_cost": 131.3917, "price": 41.8717, "qty": 5.2317, "penalty": 13.8317},
}
"""Figures of each region of starter that nothing else can be by chance."""


@pytest.fixture(scope="module")
def planted_run(starter: Case) -> Run:
    case = replace(
        starter,
        services=tuple(
            replace(row, run_cost=NUMBERS[row.owner]["run_cost"]) if row.owner in NUMBERS else row
            for row in starter.services
        ),
        orders=tuple(
            replace(
                row,
                price_per_unit=NUMBERS[row.party]["price"],
                qty=NUMBERS[row.party]["qty"],
                unserved_cost_per_unit=NUMBERS[row.party]["penalty"],
            )
            for row in starter.orders
        ),
    )
    found = share(case, ShareWishes(plan_limits=PlanLimits(time_s=60.0, threads=1)))
    return Run(case=case, plan=found.plan, shares=found.tables)


@pytest.mark.parametrize("viewer", ["A", "B", "C", "host"])
def test_nothing_made_of_a_run_has_a_figure_of_a_partner(planted_run: Run, viewer: str, tmp_path: Path) -> None:
    shown = everything_shown(visible_run(planted_run, by_region(planted_run.case), viewer).run, tmp_path)
    for name, figures in NUMBERS.items():
        for what, number in figures.items():
            if name == viewer:
                assert what != "qty" or str(number) in shown
            else:
                assert str(number) not in shown, (name, what)


@pytest.mark.parametrize("viewer", ["A", "B", "C", "host"])
def test_words_of_events_tell_a_surcharge_only_to_whose_it_is(planted_run: Run, viewer: str, tmp_path: Path) -> None:
    """A run says in words what happens in it; what makes a partner's vehicle dearer is the partner's figure."""
    events = [
        Event(event="E1", resource="lane2-B", cap_frac=0.5, extra_cost_per_t=17.3719, starts="06:00", ends="18:00"),
        Event(event="E2", resource="feeder-AB", cap_frac=1.0, extra_h=2.0, extra_cost_per_t=1.23457e-05),
        Event(event="E3", resource="A-town", cap_frac=1.0, extra_cost_per_t=11.9731),
        Event(event="E4", resource="lane2", cap_frac=1.0, extra_cost_per_t=23.1719),  # no such row: nobody's to see
    ]
    told = replace(planted_run.plan, summary=replace(planted_run.plan.summary, events=describe(events)))
    seen = visible_run(replace(planted_run, plan=told), by_region(planted_run.case), viewer).run
    lane = "lane2-B at 0.5 17.3719 a tonne dearer" if viewer == "B" else "lane2-B at 0.5"
    feeder = "feeder-AB 2 h slower 1.23457e-05 a tonne dearer" if viewer in "AB" else "feeder-AB 2 h slower"
    wanted = [f"{lane} from 06:00 to 18:00", feeder, "A-town 11.9731 a tonne dearer", "lane2"]
    assert seen.plan.summary.events == "; ".join(wanted)
    shown = everything_shown(seen, tmp_path)
    assert ("17.3719" in shown, "23.1719" in shown) == (viewer == "B", False)


def test_two_countries_see_no_total_and_three_regions_the_value(planted_run: Run) -> None:
    case = planted_run.case
    two = visible_run(planted_run, by_country(case), "XN").corridor
    assert two is not None
    content = corridor_to_json(two, case)
    assert {content[name] for name in ("organisations", "value", "bound", "spend", "tonnes", "runs")} == {None}
    assert content["gap"] == planted_run.plan.summary.gap
    three = visible_run(planted_run, by_region(case), "A").corridor
    assert three is not None
    assert three.value == planted_run.plan.summary.value
    assert three.num_organisations == 3


def test_crossings_are_listed_whether_they_are_used_or_not(far_east_run: Run) -> None:
    case = far_east_run.case
    seen = visible_run(far_east_run, by_region(case), "RU-KHA").corridor
    assert seen is not None
    empty = replace(far_east_run.plan, flows=(), departures=())
    other = visible_run(replace(far_east_run, plan=empty), by_region(case), "RU-KHA").corridor
    assert other is not None

    def places(corridor: Any) -> list[tuple[str, str, str]]:
        return [(row["from_hub"], row["to_hub"], row["mode"]) for row in corridor_to_json(corridor, case)["crossings"]]

    assert places(seen) == places(other)
    assert seen.tonnes.cells, "some crossing of far-east is used by three"
    assert seen.tonnes.num_withheld


def test_who_holds_everything_sees_the_whole_run(planted_run: Run) -> None:
    seen = visible_run(planted_run, Holdings(host="one"), "one")
    assert seen.run is planted_run
    assert seen.corridor is None


def test_shares_are_an_organisations_own_row_and_the_verdict(planted_run: Run) -> None:
    assert planted_run.shares is not None
    seen = visible_run(planted_run, by_region(planted_run.case), "A").run.shares
    assert seen is not None
    assert {row.player for row in seen.shares} == {"A"}
    assert {row.members for row in seen.coalitions} == {"A"}
    assert seen.summary.verdict == planted_run.shares.summary.verdict
    for table in (seen.price_lists, seen.room_prices, seen.tolls, seen.demands, seen.weights):
        assert not table
    country = visible_run(planted_run, by_country(planted_run.case), "XN").run.shares
    assert country is not None
    assert {row.player for row in country.shares} == {"A", "B"}


def test_a_region_held_by_two_is_nobodys_own_row(starter: Case, planted_run: Run) -> None:
    case = replace(starter, parties=(*starter.parties, replace(starter.parties[0], party="A2")))
    holdings = Holdings(host="host", by_party={"A": "x", "A2": "y", "B": "b", "C": "c"})
    seen = visible_run(replace(planted_run, case=case), holdings, "x").run.shares
    assert seen is not None
    assert not seen.shares


def trade_case(starter: Case) -> Case:
    """A sells to B over A's own truck; B bids more than A asks."""
    hubs = {row.hub: row for row in starter.hubs}
    assert {"A-town", "C-town"} <= set(hubs)
    orders = (
        Order(order="secret-offer", party="A", good="cargo", qty=5.0, from_hub="A-town", price_per_unit=10.37),
        Order(order="secret-bid", party="C", good="cargo", qty=7.77, to_hub="C-town", price_per_unit=90.73),
    )
    grants = tuple(replace(row, kind="trade") for row in starter.grants)
    return replace(starter, orders=orders, grants=(*starter.grants, *grants))


def test_a_trade_tells_each_side_what_the_trade_is_and_no_more(starter: Case, tmp_path: Path) -> None:
    """The price of a trade is known to both: here the price is between the two, so neither limit is in it."""
    case = trade_case(starter)
    found = plan(case, limits=PlanLimits(time_s=30.0, threads=1))
    assert found.trades
    run = Run(case=case, plan=replace(found, trades=tuple(replace(row, price_per_unit=50.0) for row in found.trades)))
    for viewer, own, other in (("A", "secret-offer", "secret-bid"), ("C", "secret-bid", "secret-offer")):
        seen = visible_run(run, by_region(case), viewer).run
        shown = everything_shown(seen, tmp_path)
        assert own in shown
        assert other not in shown
        assert ("90.73" in shown, "10.37" in shown) == (viewer == "C", viewer == "A")
        assert "7.77" not in shown or viewer == "C"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("price: even in full vehicles the cheapest way (S1) costs 24.3 CNY a unit; serving it brings 20", False),
        ("capacity: on the way in time S1@Mon 08:00 has 2 runs, full", False),
        ("price: the best bid still open, 'x-17', is at 18.5 a unit; this offer is at 20", False),
        ("deadline: the earliest possible arrival is 2026-01-06T10:00, it is due 2026-01-05T10:00", True),
        ("no path: no services lead from A-town to C-town", True),
        ("something no catalog knows: 13.37", False),
    ],
)
def test_reasons_that_quote_what_others_own_are_said_without_it(text: str, seen: bool) -> None:
    found = visible_reason(text)
    assert (found == text) is seen
    assert found
    if not seen:
        assert not any(sign.isdigit() for sign in found)


def all_texts(value: Any) -> Iterator[str]:
    """Every string in nested data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from all_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from all_texts(item)


def test_no_id_of_a_partners_order_is_in_the_page_of_an_organisation(far_east_run: Run) -> None:
    case, holdings = far_east_run.case, by_country(far_east_run.case)
    for viewer in ("CN", "RU"):
        texts = set(all_texts(build_payload(visible_run(far_east_run, holdings, viewer).run)))
        foreign = {row.order for row in case.orders if row.party and holdings.of_party(row.party) != viewer}
        assert not texts & foreign


def test_an_explanation_tells_nothing_of_what_others_own(planted_run: Run) -> None:
    """Costs and worths are sums that partners' figures are part of; a price that would do is made of their costs."""
    case, holdings = planted_run.case, by_region(planted_run.case)
    order = case.orders[0]
    change = Change(
        kind="capacity", what="lane1-A may run twice", table="services", key="lane1-A", column="max_runs", value="2",
        owner="A", worth=131.3917, value_before=719.2546, value_after=850.6463, filled=6.1317, arrives="",
        is_verified=True, free_value=900.1,
    )  # fmt: skip
    foreign = replace(change, what="lane2-B may run twice", key="lane2-B", owner="B")
    price = replace(
        change, kind="price", what="A:A>C pays 149.3717 a unit", table="orders", key=order.order, value="149.3717"
    )
    found = Explanation(
        order=order.order, repeat=0, party="A", good="cargo", qty=6.1317, filled=0.0, arrives="", late_h=0.0,
        state="unserved",
        why="price: even in full vehicles the cheapest way (S) costs 149.3717 CNY a unit; serving it brings 47.57",
        brings=47.5717, costs=149.3717, way=("S",), changes=(change, foreign, price),
    )  # fmt: skip
    told = visible_explanation(found, case, holdings, "A")
    text = json.dumps(told)
    for number in ("149.3717", "131.3917", "719.2546", "850.6463", "900.1", "lane2-B"):
        assert number not in text
    assert [row["kind"] for row in told["changes"]] == ["capacity", "capacity", "price"]
    assert told["changes"][0]["what"] == "lane1-A may run twice"
    with pytest.raises(ValueError, match="not an order of the viewer"):
        visible_explanation(found, case, holdings, "B")


def test_bottlenecks_are_those_of_ones_own_and_rounded(planted_run: Run) -> None:
    row = Bottleneck(
        kind="services", resource="lane1-A", owner="A", unit="run", busiest="", price=149.3717, step=1.0,
        relaxed=149.3717, basis="prices", found=149.3717, is_verified=True, low=149.3717, high=149.3717,
        verdict="worth",
    )  # fmt: skip
    rows = [row, replace(row, resource="lane2-B"), replace(row, resource="A-town")]
    seen = visible_bottlenecks(rows, planted_run.case, by_region(planted_run.case), "A")
    assert [item["resource"] for item in seen] == ["lane1-A"]
    assert seen[0]["price"] == 150.0
    assert "149.3717" not in json.dumps(seen)


def test_a_bottleneck_that_was_not_bounded_in_time_is_told_so(planted_run: Run) -> None:
    """On a busy machine the limit ends the search before there is a bound: the row has none, the job does not fail."""
    row = Bottleneck(
        kind="services", resource="lane1-A", owner="A", unit="run", busiest="", price=149.3717, step=1.0,
        relaxed=149.3717, basis="prices", found=149.3717, is_verified=True, low=0.0, high=None, verdict="open",
    )  # fmt: skip
    (seen,) = visible_bottlenecks([row], planted_run.case, by_region(planted_run.case), "A")
    assert (seen["high"], seen["low"], seen["found"]) == (None, 0.0, 150.0)
