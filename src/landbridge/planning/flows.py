"""Rows of flows and trades, and what each order got."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from landbridge.engine import DesignSolution
from landbridge.model.plan import Flow, Trade
from landbridge.network import Network
from landbridge.planning.costs import PathCosts
from landbridge.planning.departures import DepartureTable, riders_of_piece, run_of_leg
from landbridge.planning.pieces import Piece


@dataclass(slots=True)
class Received:
    """What an instance of an order got: units, and when and where the last of it arrives."""

    filled: float = 0.0
    arrives_min: int = -1
    end_hub: str = ""
    late_min: int = 0

    def add(self, qty: float, arrives_min: int, end_hub: str, late_min: int) -> None:
        """Add what one path brings."""
        self.filled += qty
        self.late_min = max(self.late_min, late_min)
        if arrives_min > self.arrives_min:
            self.arrives_min, self.end_hub = arrives_min, end_hub


@dataclass(slots=True)
class FlowTable:
    """Rows of flows and trades, and what each instance received, by index."""

    rows: list[Flow] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    received: dict[int, Received] = field(default_factory=lambda: defaultdict(Received))


def list_flows(
    network: Network,
    solution: DesignSolution,
    pieces: Sequence[Piece],
    costs: PathCosts,
    departures: DepartureTable,
    offsets: Sequence[int],
) -> FlowTable:
    """Write each piece of each path as rows, in the order of the case's orders."""
    table = FlowTable()
    problem = network.problem
    trades = _number_trades(network, solution, pieces)
    table.trades.extend(trades.values())
    num_paths: dict[int, int] = defaultdict(int)
    for piece in sorted(pieces, key=lambda piece: (piece.first, piece.bid, piece.path)):
        num_paths[piece.first] += 1
        trade = trades[(piece.first, piece.bid)].trade if piece.bid >= 0 else ""
        table.rows.extend(_piece_rows(network, solution, piece, num_paths[piece.first], trade, departures, offsets))
        arrives = int(costs.arrives_min[piece.path])
        late = max(0, arrives - int(problem.sink_due_min[solution.path_sink[piece.path]]))
        last = network.instances[piece.first if piece.bid < 0 else piece.bid]
        end_hub = network.case.orders[last.order].to_hub
        for instance in (piece.first, piece.bid):
            if instance >= 0:
                table.received[instance].add(piece.qty, arrives, end_hub, late)
    return table


def _piece_rows(
    network: Network,
    solution: DesignSolution,
    piece: Piece,
    path: int,
    trade: str,
    departures: DepartureTable,
    offsets: Sequence[int],
) -> list[Flow]:
    case, places = network.case, network.places
    instance = network.instances[piece.first]
    riders = riders_of_piece(network, piece)
    rows: list[Flow] = []
    for step in range(solution.path_ptr[piece.path], solution.path_ptr[piece.path + 1]):
        start, end = int(solution.step_start_min[step]), int(solution.step_end_min[step])
        index = int(solution.step_index[step])
        departure = service = handling = grant = ""
        leg = 0
        if solution.step_is_link[step]:
            link = network.nodes.links[index]
            if link.row is None:
                continue
            handling = link.row.handling
            from_hub = to_hub = link.row.hub
        else:
            key = run_of_leg(network, offsets, index, start)
            found = network.vehicles.plans[network.vehicles.plan_by_vehicle[key[0]]].service
            stop = int(network.vehicles.leg_stop[index])
            ride = network.permissions.ride(departures.owner_by_run[key], riders, found)
            departure, service, leg = departures.id_by_run[key], found.service, stop + 1
            from_hub, to_hub = found.route[stop], found.route[stop + 1]
            grant = "" if ride is None else ride.agreements
        rows.append(
            Flow(
                order=case.orders[instance.order].order,
                repeat=instance.repeat,
                path=path,
                trade=trade,
                seq=len(rows) + 1,
                kind="handling" if handling else "leg",
                departure=departure,
                service=service,
                leg=leg,
                handling=handling,
                from_hub=from_hub,
                to_hub=to_hub,
                leaves=places.clock.text(start, places.zone_by_hub[from_hub]),
                arrives=places.clock.text(end, places.zone_by_hub[to_hub]),
                qty=piece.qty,
                grant=grant,
            )
        )
    return rows


def _number_trades(
    network: Network, solution: DesignSolution, pieces: Sequence[Piece]
) -> Mapping[tuple[int, int], Trade]:
    """One trade for each offer and bid that meet; its price is the dual at the bid, clipped between the two."""
    qty: dict[tuple[int, int], float] = defaultdict(float)
    dual: dict[tuple[int, int], float] = {}
    for piece in pieces:
        if piece.bid >= 0:
            pair = (piece.first, piece.bid)
            qty[pair] += piece.qty
            dual[pair] = float(solution.terminal_dual[network.problem.sink_terminal[solution.path_sink[piece.path]]])
    found = {}
    for number, pair in enumerate(sorted(qty), start=1):
        offer, bid = (network.instances[instance] for instance in pair)
        seller, buyer = network.case.orders[offer.order], network.case.orders[bid.order]
        low, high = sorted((seller.price_per_unit, buyer.price_per_unit))
        found[pair] = Trade(
            trade=f"T{number}",
            offer=seller.order,
            offer_repeat=offer.repeat,
            bid=buyer.order,
            bid_repeat=bid.repeat,
            seller=seller.party,
            buyer=buyer.party,
            good=seller.good,
            qty=qty[pair],
            price_per_unit=min(high, max(low, dual[pair])),
        )
    return found
