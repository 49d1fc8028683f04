"""Rows of departures: who charters each run, what it carries, how full it is (semantics §5.1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from landbridge.engine import DesignSolution
from landbridge.model.plan import Departure
from landbridge.network import Network
from landbridge.network.access import Riders, riders_of
from landbridge.planning.pieces import Piece

RunKey = tuple[int, int]
"""Vehicle and wrapped minute of leaving."""


@dataclass(slots=True)
class Boarding:
    """Who rides a departure and what each leg carries."""

    load_by_leg: dict[int, dict[str, float]] = field(default_factory=dict)
    weight_by_riders: dict[Riders, float] = field(default_factory=lambda: defaultdict(float))


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartureTable:
    """Rows with the maps that flows need: id and charterer of each run."""

    rows: tuple[Departure, ...]
    id_by_run: Mapping[RunKey, str]
    owner_by_run: Mapping[RunKey, str]


def leg_offsets(network: Network) -> tuple[int, ...]:
    """Minutes from leaving the first hub until each leg begins."""
    offsets = []
    vehicle, offset = -1, 0
    for leg, owner in enumerate(network.problem.leg_vehicle.tolist()):
        if owner != vehicle:
            vehicle, offset = owner, 0
        offsets.append(offset)
        offset += int(network.problem.leg_travel_min[leg])
    return tuple(offsets)


def run_of_leg(network: Network, offsets: Sequence[int], leg: int, start_min: int) -> RunKey:
    """Run that a leg started at a minute belongs to."""
    minute = start_min - offsets[leg]
    if network.problem.cyclic:
        minute %= network.problem.horizon_min
    return int(network.problem.leg_vehicle[leg]), minute


def riders_of_piece(network: Network, piece: Piece) -> Riders:
    """Parties that ride for a piece of flow."""
    orders = network.case.orders
    members = [piece.first] if piece.bid < 0 else [piece.first, piece.bid]
    return riders_of([orders[network.instances[member].order].party for member in members])


def board_pieces(
    network: Network, solution: DesignSolution, pieces: Sequence[Piece], offsets: Sequence[int]
) -> dict[RunKey, Boarding]:
    """Add up what rides each departure."""
    found: dict[RunKey, Boarding] = defaultdict(Boarding)
    for piece in pieces:
        order = network.case.orders[network.instances[piece.first].order]
        good = network.places.good_by_id[order.good]
        riders = riders_of_piece(network, piece)
        for step in range(solution.path_ptr[piece.path], solution.path_ptr[piece.path + 1]):
            if solution.step_is_link[step]:
                continue
            leg = int(solution.step_index[step])
            boarding = found[run_of_leg(network, offsets, leg, int(solution.step_start_min[step]))]
            boarding.weight_by_riders[riders] += good.per_unit.get("t", 0.0) * piece.qty or piece.qty
            load = boarding.load_by_leg.setdefault(leg, dict.fromkeys(network.places.dimensions, 0.0))
            for dim, amount in good.per_unit.items():
                load[dim] += amount * piece.qty
    return found


def list_departures(network: Network, solution: DesignSolution, boardings: Mapping[RunKey, Boarding]) -> DepartureTable:
    """One row for each departure that runs, by time."""
    clock = network.places.clock
    counts: dict[RunKey, tuple[int, int]] = {}
    runs = zip(solution.run_vehicle, solution.run_min, solution.run_count, solution.run_empty, strict=True)
    for vehicle, minute, loaded, empty in runs:
        key = (int(vehicle), int(minute) % clock.horizon_min if clock.cyclic else int(minute))
        old = counts.get(key, (0, 0))
        counts[key] = (old[0] + int(loaded), old[1] + int(empty))
    for key, boarding in boardings.items():
        if boarding.load_by_leg:
            counts.setdefault(key, (0, 0))
    plan_of = network.vehicles.plan_by_vehicle
    keys = sorted(
        (key for key, (loaded, empty) in counts.items() if loaded + empty > 0),
        key=lambda key: (key[1], network.vehicles.plans[plan_of[key[0]]].index, key[0]),
    )
    rows, ids, owners = [], {}, {}
    for number, key in enumerate(keys, start=1):
        boarding = boardings.get(key, Boarding())
        ids[key] = f"D{number}"
        owners[key] = _charterer(network, key[0], boarding)
        rows.append(_row(network, key, counts[key], boarding, ids[key], owners[key]))
    return DepartureTable(rows=tuple(rows), id_by_run=ids, owner_by_run=owners)


def _row(
    network: Network, key: RunKey, counts: tuple[int, int], boarding: Boarding, departure: str, owner: str
) -> Departure:
    plan = network.vehicles.plans[network.vehicles.plan_by_vehicle[key[0]]]
    service, minute = plan.service, key[1]
    clock, zones = network.places.clock, network.places.zone_by_hub
    loads = boarding.load_by_leg.values()
    peak = {dim: max((load[dim] for load in loads), default=0.0) for dim in network.places.dimensions}
    held = {dim: capacity * counts[0] for dim, capacity in service.capacity.items()}
    return Departure(
        departure=departure,
        service=service.service,
        owner=owner,
        leaves=clock.text(minute, zones[service.route[0]]),
        arrives=clock.text(minute + plan.calls[-1].offset_min, zones[service.route[-1]]),
        runs=counts[0],
        empty_runs=counts[1],
        load=peak,
        fill_frac=max((peak[dim] / most for dim, most in held.items() if most > 0), default=0.0),
        run_cost=service.run_cost * counts[0],
    )


def _charterer(network: Network, vehicle: int, boarding: Boarding) -> str:
    """
    Name who runs a departure.

    Charterers that another could replace were left out of the problem; where one
    of them could run just what is on board without a grant that bounds it, the one
    with most of the freight gets the run.
    """
    charter = network.vehicles.charter_by_vehicle[vehicle]
    if not charter.alternatives or not boarding.weight_by_riders:
        return charter.name
    service = network.vehicles.plans[network.vehicles.plan_by_vehicle[vehicle]].service

    def own_weight(name: str) -> float:
        return sum(weight for riders, weight in boarding.weight_by_riders.items() if name in riders)

    best, most = charter.name, own_weight(charter.name)
    for name in charter.alternatives:
        weight = own_weight(name)
        if weight <= most:
            continue
        rides = (network.permissions.ride(name, riders, service) for riders in boarding.weight_by_riders)
        if all(ride is not None and ride.share >= 1.0 for ride in rides):
            best, most = name, weight
    return best
