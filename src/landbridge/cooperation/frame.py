"""Everybody's relaxation, priced at what a part of everybody has: each list of prices bounds all coalitions."""

from __future__ import annotations

import numpy as np

from landbridge.cooperation.coalitions import everyone
from landbridge.cooperation.players import owners_in, shares_in
from landbridge.cooperation.price_bound import PriceBound, QuotaReader, read_price_bound
from landbridge.cooperation.restrict import Endowment
from landbridge.engine import Limits, PriceFrame
from landbridge.engine.problem import FloatArray
from landbridge.network import build_network


class Frame:
    """
    One relaxation for all coalitions, also for parts of players.

    Agreements are those of everybody: of one that needs more signers than its
    giver and taker the bound may be above what a coalition without them can do.
    """

    def __init__(self, endowment: Endowment, agreements: str) -> None:
        self.full = everyone(len(endowment.players.names))
        self.endowment = endowment
        self.network = build_network(endowment.restrict(self.full), agreements)
        self.engine = PriceFrame(self.network.problem)
        reader = QuotaReader(endowment, self.full, self.network)
        num = len(endowment.players.names)
        problem = self.network.problem
        self._block_share = np.zeros((len(problem.block_qty), num))
        for block, instance in enumerate(self.network.block_instance.tolist()):
            order = self.network.case.orders[self.network.instances[instance].order]
            if order.party:
                self._block_share[block, endowment.players.player_by_party[order.party]] = 1.0
            else:
                shares = reader.shares(order.quota)
                self._block_share[block] = shares / max(float(shares.sum()), 1e-12)
        self._cap_share = np.zeros((len(problem.limit_cap), num))
        self._cap_owners: list[tuple[int, list[int]]] = []
        for index, note in enumerate(self.network.limit_notes):
            owner, kind = reader.owner_of(note)
            if owner and not shares_in(owner):
                self._cap_owners.append(
                    (index, sorted({endowment.players.player_by_party[party] for party in owners_in(owner)}))
                )
            else:
                share = reader.drawn(note, owner, kind) if owner else reader.public()
                self._cap_share[index] = share / max(float(share.sum()), 1e-12)

    def price(self, z: FloatArray, limits: Limits) -> PriceBound:
        """
        Prices where each player has a part of what it owns.

        Parameters
        ----------
        z
            Shape ``(P,)``, 0..1.
        """
        problem = self.network.problem
        part = np.minimum(self._cap_share @ z, 1.0)
        for index, owners in self._cap_owners:
            part[index] = z[owners].min()
        cap = np.where(np.isfinite(problem.limit_cap), problem.limit_cap * part, np.where(part > 0, np.inf, 0.0))
        qty = problem.block_qty * np.minimum(self._block_share @ z, 1.0)
        return read_price_bound(self.endowment, self.full, self.network, self.engine.price(qty, cap, limits))
