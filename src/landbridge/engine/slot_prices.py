"""The dual point behind a list of prices, told by run, leg, terminal and fleet: what whoever doubts the list needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.master.master import Master
from landbridge.engine.problem import FloatArray

LEAST_PRICE = 1e-9
"""Prices below this are solver noise."""

ANY_MINUTE = -1
"""Minute of a price that holds for every run of a vehicle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotPoint:
    """
    Prices at which the terms of a ``PriceList`` are what they are; 0 where none is told.

    Parameters
    ----------
    room
        Vehicle, minute (``ANY_MINUTE``: each), leg, dimension, money a unit of load.
    share
        Vehicle, minute, leg, dimension, index of the share, money a unit of load.
    toll
        Terminal, vehicle, minute, leg, money a unit that rides.
    call
        Run limit, period, worth of one more run.
    tonnage
        Flow limit, period, worth of one more tonne.
    terminal
        Shape ``(T,)``. Dual of the balance of each terminal: what a unit that starts or ends there costs at least.
    stand
        Fleet, hub, minute, worth of a vehicle that is there then.
    use
        Shape ``(F,)``. Worth of one more vehicle of each fleet, its fixed cost included.
    """

    room: tuple[tuple[int, int, int, int, float], ...]
    share: tuple[tuple[int, int, int, int, int, float], ...]
    toll: tuple[tuple[int, int, int, int, float], ...]
    call: tuple[tuple[int, int, float], ...]
    tonnage: tuple[tuple[int, int, float], ...]
    terminal: FloatArray
    stand: tuple[tuple[int, int, int, float], ...]
    use: FloatArray


def read_slot_point(master: Master, dual: FloatArray) -> SlotPoint:
    """Sort the duals of a master's rows by what they price; of a coarse one they hold for every minute."""
    p, net = master.problem, master.net
    opened = np.where((master.run_col >= 0) & (master.run_most > 0))[0].tolist()  # others do not run
    minute = {r: ANY_MINUTE if master.coarse else int(net.run_min[r]) for r in opened}
    room: dict[tuple[int, int, int, int], float] = {}
    share: dict[tuple[int, int, int, int, int], float] = {}
    for r in opened:
        v = int(net.run_vehicle[r])
        for z in range(int(net.run_slot_ptr[r]), int(net.run_slot_ptr[r + 1])):
            leg = int(net.slot_leg[z])
            for d in np.where(master.capacity_row[z] >= 0)[0].tolist():
                price = -float(dual[master.capacity_row[z, d]])
                if price > LEAST_PRICE:
                    room[v, minute[r], leg, d] = price
                for i in master.shares_of_vehicle.get(v, ()):
                    price = -float(dual[master.share_row[i, z, d]])
                    if price > LEAST_PRICE:
                        share[v, minute[r], leg, d, i] = price
    toll: dict[tuple[int, int, int, int], float] = {}
    for (t, z), row in master.strong_row.items():
        r, price = int(net.slot_run[z]), -float(dual[row])
        if r in minute and price > LEAST_PRICE:
            toll[t, int(net.run_vehicle[r]), minute[r], int(net.slot_leg[z])] = price
    caps, rows = -dual[master.cap_rows : master.cap_rows + len(master.run_rows.cap)], master.run_rows
    tonnes = -dual[master.tonnage_rows : master.tonnage_rows + len(net.row_cap_t)]
    return SlotPoint(
        room=tuple((*key, price) for key, price in room.items()),
        share=tuple((*key, price) for key, price in share.items()),
        toll=tuple((*key, price) for key, price in toll.items()),
        call=tuple(
            (int(rows.limit[x]), int(rows.period[x]), float(caps[x])) for x in np.where(caps > LEAST_PRICE)[0].tolist()
        ),
        tonnage=tuple(
            (int(net.row_limit[x]), int(net.row_period[x]), float(tonnes[x]))
            for x in np.where(tonnes > LEAST_PRICE)[0].tolist()
        ),
        terminal=dual[master.terminal_row : master.terminal_row + len(p.terminal_single)].copy(),
        stand=tuple((f, hub, at, float(dual[row])) for f, hub, at, row in master.fleet.events),
        use=np.array([-float(dual[row]) for row in master.fleet.count_row]),
    )
