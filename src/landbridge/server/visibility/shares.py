"""The division of a plan's value as one organisation may see it (docs/design/server.md §2.4)."""

from __future__ import annotations

from dataclasses import replace

from landbridge.cooperation.agreements import EVERYBODY
from landbridge.cooperation.players import PlayerKind, find_players
from landbridge.model.case import Case
from landbridge.model.shares import AgreementRow, AgreementTables, ShareTables
from landbridge.server.visibility.holdings import Holdings, Owners
from landbridge.server.visibility.totals import LEAST_CONTRIBUTORS


def own_players(case: Case, kind: str, holdings: Holdings, viewer: str) -> frozenset[str]:
    """Players of which the viewer holds every party; the row of one that is held by several is a total of few."""
    players = find_players(case, PlayerKind(kind))
    held: dict[int, set[str]] = {}
    for party, player in players.player_by_party.items():
        held.setdefault(player, set()).add(holdings.of_party(party))
    return frozenset(players.names[player] for player, names in held.items() if names == {viewer})


def visible_shares(shares: ShareTables, case: Case, holdings: Holdings, viewer: str) -> ShareTables:
    """
    Keep the rows of own players, and what is certain of the division as a whole.

    The verdict is for everybody: that no group would do better by itself is what the certificate is for. What a
    coalition is worth, prices behind the proof, and who is closest to leaving are withheld.
    """
    own = own_players(case, shares.summary.kind, holdings, viewer)
    summary = shares.summary
    rows = tuple(row for row in shares.shares if row.player in own)
    settled = sum(row.share for row in rows if row.method == summary.method)
    return ShareTables(
        summary=replace(
            summary,
            players=tuple(name for name in summary.players if name in own),
            quota={name: part for name, part in summary.quota.items() if name in own},
            value=settled,
            bound=settled,
            epsilon_low=0.0,
            epsilon_high=0.0,
            subsidy_low=0.0,
            subsidy_high=0.0,
            is_complete=False,
            notes={},
        ),
        coalitions=tuple(row for row in shares.coalitions if row.members in own),
        methods=tuple(replace(row, epsilon_low=0.0, epsilon_high=0.0, closest="") for row in shares.methods),
        shares=rows,
        certificate=tuple(row for row in shares.certificate if row.coalition in own),
        weights=(),
        settlement=tuple(row for row in shares.settlement if {row.payer, row.payee} & own),
        sensitivity=tuple(row for row in shares.sensitivity if row.player in own),
        sampled=tuple(row for row in shares.sampled if row.player in own),
    )


def visible_values(tables: AgreementTables, case: Case, kind: str, holdings: Holdings, viewer: str) -> AgreementTables:
    """
    Keep what agreements are worth to own players, of agreements whose signer the viewer is.

    What all together gain less what one of two gains is what the other gains: the row of all is told where at least
    three organisations certainly gain, each by players that it holds whole. Sets and choices name agreements
    of others, and are withheld.
    """
    owners = Owners(case, holdings)
    own = {name: own_players(case, kind, holdings, name) for name in holdings.participants(case)}
    gainers = {
        agreement: sum(
            any(row.delta_low > 0 for row in tables.agreements if row.agreement == agreement and row.player in players)
            for players in own.values()
        )
        for agreement in {row.agreement for row in tables.agreements}
    }

    def is_seen(row: AgreementRow) -> bool:
        if viewer not in owners.signers(row.agreement):
            return False
        return (
            gainers[row.agreement] >= LEAST_CONTRIBUTORS
            if row.player == EVERYBODY
            else row.player in own.get(viewer, ())
        )

    return AgreementTables(
        agreements=tuple(replace(row, fixed_cost=0.0) for row in tables.agreements if is_seen(row)),
        sets=(),
        choices=(),
    )
