"""Checks that a case can be shared, and says what belongs to each player."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from landbridge.cooperation.game import MOST_PLAYERS, check_players
from landbridge.cooperation.players import PlayerKind, Players, find_players, owners_in, shares_in
from landbridge.cooperation.restrict import Endowment, fleet_owners
from landbridge.errors import Finding, InvalidCase, NoShare
from landbridge.model.case import Case, Order

MOST_FINDINGS = 5
"""Limits without a quota that are listed; one option answers all of them."""


class QuotaRule(StrEnum):
    """How limited public resources are split among players."""

    POPULATION = "population"
    VOLUME = "volume"
    EQUAL = "equal"


def endow(
    case: Case,
    kind: PlayerKind = PlayerKind.REGIONS,
    quotas: QuotaRule | None = None,
    most_players: int = MOST_PLAYERS,
) -> Endowment:
    """
    Say what belongs to whom.

    Parameters
    ----------
    case
        A case without findings.
    quotas
        How what is limited and has no owner is split; None: it may not exist.

    Raises
    ------
    InvalidCase
        ``public-limit-without-quota``, ``must-run-without-owner``, ``pins-in-share``.
    InvalidGame
        ``one-player``, ``too-many-players``.
    NoShare
        ``no-base``, when the rule has nothing to go by.
    """
    players = find_players(case, kind)
    check_players(players.names, most_players)
    findings = [*_pins(case), *_must_run(case, players), *(_public_limits(case) if quotas is None else ())]
    if findings:
        raise InvalidCase(sorted(findings))
    needs = bool(_public_limits(case))
    return Endowment(case=case, players=players, quota=quota_shares(case, players, quotas) if quotas and needs else ())


def quota_shares(case: Case, players: Players, rule: QuotaRule) -> tuple[float, ...]:
    """Part of each player in what is public and limited; they add up to 1."""
    base = measure(case, players, rule.value)
    if sum(base) <= 0:
        remedy = "Choose --quotas equal, or fill in regions.population."
        raise NoShare(f"no player has any {rule.value}; quotas cannot be split by it. {remedy}", code="no-base")
    total = sum(base)
    return tuple(value / total for value in base)


def check_sizes(case: Case, players: Players, method: str, what: str) -> None:
    """
    Refuse a method that divides by sizes of players that are not known.

    Raises
    ------
    NoShare
        ``no-base``, when no player has a size, or one has none where the method needs each.
    """
    without = [name for name, size in zip(players.names, measure(case, players, what), strict=True) if size <= 0]
    if without and (method == "equal_profit" or (method == "proportional" and len(without) == len(players.names))):
        fill = ", fill in regions.population" if what == "population" else ""
        raise NoShare(
            f"method {method!r} divides by {what}, and {', '.join(without)} have no {what}. Choose another --base "
            f"(turnover, volume, population, equal){fill}, or the nucleolus.",
            code="no-base",
        )


def measure(case: Case, players: Players, what: str) -> tuple[float, ...]:
    """Size of each player: its regions' population, tonnes of its orders, their turnover, or 1."""
    size = [0.0] * len(players.names)
    if what == "equal":
        return tuple(1.0 for _ in size)
    if what == "population":
        for region, owners in _players_by_region(case, players).items():
            for player in owners:
                size[player] += (region_population(case, region)) / len(owners)
        return tuple(size)
    goods = {good.good: good.per_unit.get("t", 0.0) for good in case.goods}
    for order in case.orders:
        if order.party:
            each = goods[order.good] if what == "volume" else abs(order.price_per_unit)
            size[players.player_by_party[order.party]] += each * order.qty * _repeats(case, order)
    return tuple(size)


def region_population(case: Case, region: str) -> float:
    """Inhabitants of a region, 0 where they are not known."""
    return next((row.population or 0.0 for row in case.regions if row.region == region), 0.0)


def base_values(endowment: Endowment) -> tuple[float, ...]:
    """
    What each player is worth when nothing is served, money, 0 or less (design page, section 4).

    The penalties of its orders and the runs that must leave; of outside orders the part that is its quota.
    """
    case, players = endowment.case, endowment.players
    base = [0.0] * len(players.names)
    for order in case.orders:
        penalty = order.unserved_cost_per_unit * order.qty * _repeats(case, order)
        if order.party:
            base[players.player_by_party[order.party]] -= penalty
        elif penalty:
            shares = shares_in(order.quota)
            for party, share in shares.items():
                base[players.player_by_party[party]] -= share * penalty
            for player, share in enumerate(endowment.quota if not shares else ()):
                base[player] -= share * penalty
    for service, count in _must_run_counts(case).items():
        row = next(item for item in case.services if item.service == service)
        base[players.player_by_party[owners_in(row.owner)[0]]] -= row.run_cost * count
    return tuple(base)


def _players_by_region(case: Case, players: Players) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for party in case.parties:
        player = players.player_by_party[party.party]
        if player not in found.setdefault(party.region, []):
            found[party.region].append(player)
    return found


def _repeats(case: Case, order: Order) -> int:
    """Instances of an order."""
    if not order.days:
        return 1
    from landbridge.network.instances import list_instances
    from landbridge.network.places import look_up

    return len(list_instances(look_up(replace(case, orders=(order,)))))


def _must_run_counts(case: Case) -> dict[str, int]:
    if not any(row.must_run for row in case.timetable):
        return {}
    from landbridge.network import build_network

    found: dict[str, int] = {}
    for (index, _), count in build_network(case).must_run.items():
        name = case.services[index].service
        found[name] = found.get(name, 0) + count
    return found


def _pins(case: Case) -> list[Finding]:
    if not case.pins:
        return []
    message = f"{len(case.pins)} rows; what all together locked does not bind a coalition. Take the table out to share."
    return [Finding(where="pins", message=message, code="pins-in-share")]


def _must_run(case: Case, players: Players) -> list[Finding]:
    """Runs that must leave need one player that pays for them."""
    owner = {row.service: row.owner for row in case.services}
    findings = []
    for service in dict.fromkeys(row.service for row in case.timetable if row.must_run):
        who = {players.player_by_party[party] for party in owners_in(owner[service])}
        if len(who) != 1:
            message = (
                f"service {service!r} has runs that must leave and the owner {owner[service]!r}; expected owners of "
                "one player, who pays for them. Give it one owner, or take must_run out."
            )
            findings.append(
                Finding(where="timetable", column="must_run", message=message, code="must-run-without-owner")
            )
    return findings


def _public_limits(case: Case) -> list[Finding]:
    """Whatever is limited and has no owner: what others take of it would change what a coalition is worth."""
    found: list[tuple[str, str, str]] = []
    public = {row.service for row in case.services if not row.owner}
    capped = {row.service for row in case.timetable if row.max_runs is not None}
    found += [
        ("services", row.service, "max_runs")
        for row in case.services
        if not row.owner and (row.max_runs is not None or row.service in capped & public)
    ]
    owners = fleet_owners(case)
    found += [("fleets", row.fleet, "count") for row in case.fleets if row.count is not None and not owners[row.fleet]]
    for hub in case.hubs:
        for column in ("cap_runs_per_day", "store_cap_t"):
            if not hub.owner and getattr(hub, column) is not None:
                found.append(("hubs", hub.hub, column))
    for row in case.handling:
        for column in ("cap_runs_per_day", "cap_t_per_day"):
            if not row.owner and getattr(row, column) is not None:
                found.append(("handling", row.handling, column))
    found += [("orders", row.order, "quota") for row in case.orders if not row.party and not row.quota and row.qty > 0]
    return [
        Finding(
            where=f"{table} {name}",
            column=column,
            message=f"{_more(len(found))}is limited and public: a coalition's worth would depend on what others take "
            "of it. Give it owners with shares (a:0.5 b:0.5), or split all such limits with --quotas population, "
            "volume or equal",
            code="public-limit-without-quota",
        )
        for table, name, column in found[:MOST_FINDINGS]
    ]


def _more(count: int) -> str:
    return f"(one of {count}) " if count > 1 else ""
