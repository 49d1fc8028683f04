"""What shares and certificates are: the tables of a cooperation run, each row frozen and typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """What is certain about a division."""

    STABLE = "CERTIFIED_STABLE"
    EPSILON = "CERTIFIED_EPSILON"
    EMPTY = "CERTIFIED_EMPTY"
    UNDECIDED = "UNDECIDED"


class Judgement(StrEnum):
    """What is certain about one coalition: it cannot gain by leaving, it can, or neither is proved."""

    CERTIFIED = "certified"
    REFUTED = "refuted"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoalitionValue:
    """
    What a coalition is worth: a value reached and a proved bound, money.

    ``members`` are blank-separated names of players. ``basis_low`` and
    ``basis_high`` say what the ends rest on: ``plan`` (solved), ``joined`` (two
    coalitions side by side, or one of them doing nothing), ``relaxation`` (its own
    LP's dual), ``prices`` (those of a larger coalition, or differences of bounds),
    ``branching`` (a MIP's bound, its own or a larger coalition's); ``proved``: the
    prices in the run prove it, without the engine. ``value_proved`` is what they prove
    of each coalition, whatever ``value_high`` rests on; None where there are no prices.
    """

    members: str
    value_low: float
    value_high: float
    basis_low: str
    basis_high: str
    seconds: float
    value_proved: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRow:
    """
    What a player gets by one method, money.

    ``alone`` is its stand-alone value reached, ``gain`` = share - alone,
    ``cash`` its own cash flow in the plan, ``payment`` what it receives (less
    than 0: pays).
    """

    method: str
    player: str
    alone: float
    share: float
    gain: float
    cash: float
    payment: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodRow:
    """What is certain about the division of one method, and the coalition that is closest to leaving it."""

    method: str
    verdict: str
    epsilon_low: float
    epsilon_high: float
    closest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRow:
    """Least and most a coalition would gain by leaving the division, money, and what that proves."""

    coalition: str
    excess_low: float
    excess_high: float
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightRow:
    """Weight of a coalition in a balanced collection, as a fraction ``1/2``."""

    coalition: str
    weight: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsidisedRow:
    """What a player gets where ``subsidy_high`` is added to an empty core: a division that no coalition would leave."""

    player: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceListRow:
    """
    Worth of what a player owns at one list of prices, money.

    A list bounds every coalition whose members are all on it: none can do better than the sum of their worths.
    """

    list: int
    player: str
    worth: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPriceRow:
    """Price of room behind a list of prices: money a unit of load, of a dimension on a leg (from 1) of a service."""

    list: int
    service: str
    leg: int
    dimension: str
    per_unit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TollRow:
    """What a unit of the goods of a demand pays on a leg (from 1) of a service besides its room, money."""

    list: int
    demand: int
    service: str
    leg: int
    per_unit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandRow:
    """Orders that pay the same tolls are one demand."""

    list: int
    demand: int
    order: str


class ProvedBy(StrEnum):
    """What a price behind a coalition's bound is paid for."""

    ROOM = "room"
    SHARE = "share"
    TOLL = "toll"
    HUB_CALLS = "hub_calls"
    HANDLING_CALLS = "handling_calls"
    TONNES = "tonnes"
    OFFER = "offer"
    VEHICLE = "vehicle"
    FLEET = "fleet"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofListRow:
    """A coalition whose relaxation was solved; its prices bound its own value and that of each part of it."""

    list: int
    members: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPriceRow:
    """
    A price behind the bounds of coalitions: so much money for so many ``units``, mostly 1 (thirds are no decimals).

    ``kind`` says what it is paid for. ``room``: a unit of load of the dimension ``item`` on a leg (from 1) of the
    service ``resource``, on runs of any of the charterers ``user`` that leave ``at`` (blank: whenever). ``share``: the
    same besides, by freight that rides by ``grant`` (giver, agreement, open part). ``toll``: a unit of the goods of the
    order ``item``. ``hub_calls``, ``handling_calls``: a call on the local day ``at`` (0 = the first), by any of
    ``user`` (blank: anybody). ``tonnes``: a tonne handled that day. ``offer``: what a unit of the order ``resource`` is
    sold for at its hub. ``vehicle``: a vehicle of the fleet ``resource`` that is at the hub ``user`` from ``at`` on.
    ``fleet``: a vehicle of it in use.
    """

    list: int
    kind: str
    resource: str
    user: str
    at: str
    leg: int
    item: str
    repeat: int
    grant: str
    price: float
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitivityRow:
    """
    What a player has when inputs were wrong and the payments stay, beside what it would have alone, money.

    ``result`` = cash in the plan of the scenario + payment. ``verdict``: ``gains``
    (no less than alone, proved), ``loses`` or ``open``.
    """

    scenario: str
    player: str
    cash: float
    payment: float
    result: float
    alone_low: float
    alone_high: float
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledRow:
    """
    Shapley value of a player, estimated from so many ``samples``: orders of arrival drawn at random, money.

    It lies within ``half_width`` of ``share`` with the probability ``confidence``. A figure to compare with; no
    certificate rests on it.
    """

    player: str
    share: float
    half_width: float
    confidence: float
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRow:
    """One payment of the settlement, money."""

    payer: str
    payee: str
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRow:
    """
    What an agreement adds, money a plan: for all (player ``*``) and, among few players, for each.

    In force: what is lost without it. Proposed or signed: what is gained with
    it. ``fixed_cost`` stands in the row of all.
    """

    agreement: str
    status: str
    signers: str
    player: str
    delta_low: float
    delta_high: float
    fixed_cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRow:
    """What all together reach under a set of agreements (blank-separated): a value found and a proved bound, money."""

    agreements: str
    value_low: float
    value_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceRow:
    """
    The best set to sign within a budget, on top of what is in force.

    ``net_low`` and ``net_high`` are its value less its fixed costs; ``best_high``: no other set that is affordable is
    worth more.
    """

    budget: float
    signed: str
    cost: float
    net_low: float
    net_high: float
    best_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementTables:
    """What is said of the agreements of a case."""

    agreements: tuple[AgreementRow, ...]
    sets: tuple[SetRow, ...]
    choices: tuple[ChoiceRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareSummary:
    """
    The content of ``share.json``.

    Parameters
    ----------
    players, kind
        Names of the players in the order of their bits; regions, groups, parties or countries.
    method
        Method of the division that is settled and certified.
    agreements, quotas, quota
        Set of agreements that count; rule by which limited public resources are split (blank: there are none), and
        the part of each player.
    verdict, epsilon_low, epsilon_high
        See ``landbridge.cooperation.certify``.
    tolerance
        Largest epsilon that is called certified.
    value, bound
        Value of the plan in hand, which is divided, and the bound on it.
    subsidy_low, subsidy_high
        Money that is missing for a stable division; 0 unless the core is certainly empty.
    epsilon_proved
        No coalition gains more by leaving, by what prices in the run prove alone; None where these do not cover all.
    is_complete
        The certificate has a row for every proper coalition; if not, epsilon_high rests on the lists of prices.
    """

    players: tuple[str, ...]
    kind: str
    method: str
    agreements: str
    quotas: str
    quota: Mapping[str, float]
    verdict: str
    epsilon_low: float
    epsilon_high: float
    tolerance: float
    value: float
    bound: float
    subsidy_low: float
    subsidy_high: float
    currency: str
    is_complete: bool
    notes: Mapping[str, str] = field(default_factory=dict)
    epsilon_proved: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareTables:
    """Everything a cooperation run says."""

    summary: ShareSummary
    coalitions: tuple[CoalitionValue, ...]
    methods: tuple[MethodRow, ...]
    shares: tuple[ShareRow, ...]
    certificate: tuple[CertificateRow, ...]
    weights: tuple[WeightRow, ...]
    settlement: tuple[PaymentRow, ...]
    price_lists: tuple[PriceListRow, ...] = ()
    room_prices: tuple[RoomPriceRow, ...] = ()
    tolls: tuple[TollRow, ...] = ()
    demands: tuple[DemandRow, ...] = ()
    proof_lists: tuple[ProofListRow, ...] = ()
    proof_prices: tuple[ProofPriceRow, ...] = ()
    sensitivity: tuple[SensitivityRow, ...] = ()
    sampled: tuple[SampledRow, ...] = ()
    subsidised: tuple[SubsidisedRow, ...] = ()


SHARE_TABLES: dict[str, type] = {
    "coalitions": CoalitionValue,
    "methods": MethodRow,
    "shares": ShareRow,
    "certificate": CertificateRow,
    "weights": WeightRow,
    "settlement": PaymentRow,
    "price_lists": PriceListRow,
    "room_prices": RoomPriceRow,
    "tolls": TollRow,
    "demands": DemandRow,
    "proof_lists": ProofListRow,
    "proof_prices": ProofPriceRow,
    "sensitivity": SensitivityRow,
    "sampled": SampledRow,
    "subsidised": SubsidisedRow,
}
"""Row type of each table of a division."""

AGREEMENT_TABLES: dict[str, type] = {"agreements": AgreementRow, "sets": SetRow, "choices": ChoiceRow}
"""Row type of each table about agreements."""
