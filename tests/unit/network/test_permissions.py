"""Who may charter, ride, change and trade: truth tables (semantics §4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.network.small_cases import grants, service, shipment, small_case

from landbridge.errors import UnknownName
from landbridge.model.case import Agreement, Case, Grant, Party
from landbridge.network.owners import parse_owner
from landbridge.network.permissions import Permissions, Ride, Use, read_permissions
from landbridge.network.places import look_up

ALIKE = (Party(party="a", region="A"), Party(party="a2", region="A"), Party(party="b", region="B"))


def _rights(counted: str = "in_force", /, **changes: Any) -> Permissions:
    return read_permissions(look_up(small_case(**changes)), counted)


def _charterers(rights: Permissions, owner: str) -> tuple[str, ...]:
    return rights.charterers(service("s", owner=owner), parse_owner(owner))


def test_a_public_service_is_chartered_by_who_has_an_order() -> None:
    assert _charterers(_rights(orders=(shipment(party="b"), shipment("p", party=""))), "") == ("b",)
    assert _charterers(_rights(), "") == ("a", "b", "c")


@pytest.mark.parametrize(
    ("owner", "expected"),
    [("a", ("a",)), ("b", ("b", "c")), ("a:0.5 b:0.5", ("a", "b", "c")), ("a+b", ("a+b",)), ("c", ("c",))],
)
def test_an_owned_service_is_chartered_by_owners_and_whom_they_let(owner: str, expected: tuple[str, ...]) -> None:
    rights = _rights(**grants(("b", "c", "charter")))
    assert _charterers(rights, owner) == expected


def test_parties_of_one_region_grant_each_other_everything() -> None:
    rights = _rights(parties=ALIKE)
    assert _charterers(rights, "a") == ("a", "a2")
    assert rights.ride("a2", ["a"], service()) == Ride()
    assert rights.may_change(["a2"], parse_owner("a"), ("A",))
    assert rights.may_trade("a", "a2", "cargo")
    assert not rights.may_trade("a", "b", "cargo")


@pytest.mark.parametrize(
    ("charterer", "riders", "may"),
    [
        ("a", ("a",), True),
        ("a", ("b",), True),
        ("b", ("a",), False),
        ("a", ("c",), False),
        ("a", ("b", "c"), True),
        ("a+b", ("b",), True),
        ("a+b", ("a",), False),
        ("a+c", ("b",), False),
        ("c", (), True),
    ],
)
def test_freight_rides_its_own_and_granted_runs(charterer: str, riders: tuple[str, ...], may: bool) -> None:
    """Only a grants b; joint runs need the leave of each owner; a trade rides what either side may; outside all."""
    rights = _rights(**grants(("a", "b", "service")))
    assert (rights.ride(charterer, riders, service()) is not None) is may


def test_a_grant_of_a_mode_opens_the_services_of_that_mode_only() -> None:
    rights = _rights(**grants(("a", "b", "mode"), resource="rail"))
    assert rights.ride("a", ["b"], service(mode="rail")) is not None
    assert rights.ride("a", ["b"], service(mode="road")) is None


def test_the_best_grant_is_the_largest_share_then_the_first_agreement() -> None:
    agreements = tuple(Agreement(agreement=name, status="in_force") for name in "XYZ")
    rows = tuple(
        Grant(agreement=name, giver=giver, taker="b", kind="service", share_frac=share)
        for name, giver, share in (("X", "a", 0.3), ("Z", "A", 0.5), ("Y", "*", 0.5))
    )
    rights = _rights(agreements=agreements, grants=rows)
    assert rights.ride("a", ["b"], service()) == Ride((Use("a", "Y", 0.5),))


def test_a_trade_prefers_the_side_that_needs_no_grant() -> None:
    rights = _rights(**grants(("a", "b", "service"), share_frac=0.5))
    assert rights.ride("a", ["a", "b"], service()) == Ride()


@pytest.mark.parametrize(
    ("status", "starts", "ends", "in_force", "every"),
    [
        ("in_force", "", "", True, True),
        ("in_force", "2026-01-05", "2026-01-05", True, True),
        ("in_force", "2026-01-06", "", False, False),
        ("in_force", "", "2026-01-04", False, False),
        ("proposed", "", "", False, True),
        ("signed", "", "", False, True),
        ("ended", "", "", False, False),
    ],
)
def test_agreements_count_by_status_and_day(status: str, starts: str, ends: str, in_force: bool, every: bool) -> None:
    changes = grants(("a", "b", "trade"))
    changes["agreements"] = (Agreement(agreement="G", status=status, starts=starts, ends=ends),)
    assert _rights("in_force", **changes).may_trade("a", "b", "cargo") is in_force
    assert _rights("all", **changes).may_trade("a", "b", "cargo") is every
    assert not _rights("none", **changes).may_trade("a", "b", "cargo")


def test_a_grant_holds_one_way_unless_it_says_both() -> None:
    one = _rights(**grants(("a", "b", "trade")))
    both = _rights(**grants(("a", "b", "trade"), both_ways=True))
    assert not one.may_trade("b", "a", "cargo")
    assert both.may_trade("b", "a", "cargo")


def test_an_unknown_set_of_agreements_is_named() -> None:
    with pytest.raises(UnknownName, match="'some' is no set of agreements"):
        _rights("some")


@pytest.mark.parametrize(
    ("owner", "riders", "may"),
    [
        ("", ("c",), True),
        ("a", ("a",), True),
        ("a", ("b",), True),
        ("b", ("a",), False),
        ("a:0.5 c:0.5", ("b",), True),
        ("a+c", ("b",), False),
        ("c", ("b", "c"), True),
        ("a", (), True),
    ],
)
def test_changing_at_an_owned_hub_takes_leave_of_one_owner_or_of_all_joint_ones(
    owner: str, riders: tuple[str, ...], may: bool
) -> None:
    rights = _rights(**grants(("a", "b", "hub"), resource="A"))
    assert rights.may_change(riders, parse_owner(owner), ("A",)) is may


def test_the_outside_trades_with_everyone_but_itself() -> None:
    rights = _rights()
    assert rights.may_trade("", "a", "cargo")
    assert rights.may_trade("a", "", "cargo")
    assert not rights.may_trade("", "", "cargo")


def test_draws_are_whole_for_kin_and_partial_by_grant() -> None:
    rights = _rights(**grants(("b", "a", "hub"), share_frac=0.4))
    owner = parse_owner("a:0.5 b:0.5")
    assert rights.draws("hub", owner, ["a"], "A") == (1.0, 0.4)
    assert rights.draws("hub", owner, ["c"], "A") == (0.0, 0.0)
    assert rights.draws("hub", owner, ["a", "b"], "A") == (1.0, 1.0)
    assert rights.draws("hub", owner, [], "A") == (1.0, 1.0)


def test_a_case_without_parties_has_one_a_region() -> None:
    case: Case = replace(small_case(), parties=())
    assert [party.party for party in look_up(case).parties] == ["A", "B", "C"]
