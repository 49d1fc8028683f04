"""The prices behind a list, told so that whoever doubts the list can work it out from the case."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.cooperation.coalitions import everyone
from landbridge.cooperation.players import shares_in
from landbridge.cooperation.restrict import Endowment
from landbridge.engine import FlatPoint, PriceList
from landbridge.model.shares import DemandRow, RoomPriceRow, TollRow
from landbridge.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceProof:
    """
    Prices of room, tolls, and the orders that pay the same tolls.

    Parameters
    ----------
    room
        Service, leg (from 1), dimension, money a unit of load.
    toll
        Demand, service, leg (from 1), money a unit of goods.
    demand
        Demand and order.
    """

    room: tuple[tuple[str, int, str, float], ...]
    toll: tuple[tuple[int, str, int, float], ...]
    demand: tuple[tuple[int, str], ...]

    def rows(self, number: int) -> tuple[list[RoomPriceRow], list[TollRow], list[DemandRow]]:
        """Rows of the tables of a run, of the list with this number."""
        return (
            [
                RoomPriceRow(list=number, service=s, leg=leg, dimension=d, per_unit=price)
                for s, leg, d, price in self.room
            ],
            [TollRow(list=number, demand=k, service=s, leg=leg, per_unit=toll) for k, s, leg, toll in self.toll],
            [DemandRow(list=number, demand=k, order=order) for k, order in self.demand],
        )


def read_proof(endowment: Endowment, mask: int, network: Network, prices: PriceList) -> PriceProof | None:
    """
    Tell the prices of everybody's list, where ``verify`` can do without knowing how the engine lays a case out.

    That is where the list is from the flat bound, all orders are somebody's, nobody shares a service out, and each
    service is one vehicle, whoever charters it.
    """
    point, vehicles = prices.point, network.vehicles
    if (
        not isinstance(point, FlatPoint)
        or mask != everyone(len(endowment.players.names))
        or network.case is not endowment.case
    ):
        return None
    if any(not order.party for order in network.case.orders) or any(shares_in(s.owner) for s in network.case.services):
        return None
    if any(len(members) > 1 for members in vehicles.vehicles_by_plan):
        return None
    service = [vehicles.plans[vehicles.plan_by_vehicle[v]].service.service for v in vehicles.leg_vehicle.tolist()]
    leg = (vehicles.leg_stop + 1).tolist()
    capacity = vehicles.vehicle_capacity[vehicles.leg_vehicle]
    rides, dims = np.nonzero(point.room)
    names = network.places.dimensions
    order = [network.case.orders[network.instances[i].order].order for i in network.block_instance.tolist()]
    return PriceProof(
        room=tuple(
            (service[i], leg[i], names[d], float(point.room[i, d] / capacity[i, d]))
            for i, d in zip(rides.tolist(), dims.tolist(), strict=True)
        ),
        toll=tuple(
            (k, service[i], leg[i], toll)
            for k, i, toll in zip(point.toll_demand.tolist(), point.toll_leg.tolist(), point.toll.tolist(), strict=True)
        ),
        demand=tuple(dict.fromkeys(zip(point.demand_of_block.tolist(), order, strict=True))),
    )
