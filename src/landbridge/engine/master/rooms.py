"""Rooms: legs of one vehicle that share its capacity, and vehicles that pay for the largest load they have."""

from __future__ import annotations

import numpy as np

from landbridge.engine.problem import BoolArray, DesignProblem, FloatArray, IntArray
from landbridge.engine.space.expansion import Expansion


def leg_rooms(problem: DesignProblem) -> IntArray:
    """First leg of the room of each leg; a leg that shares no room is its own. Shape ``(L,)``."""
    p = problem
    rooms = np.arange(len(p.leg_tail))
    if not len(p.leg_room):
        return rooms
    shared = np.where(p.leg_room >= 0)[0]
    keys = np.stack([p.leg_vehicle[shared], p.leg_room[shared]], axis=1)
    _, first, which = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    rooms[shared] = shared[first[which.ravel()]]
    return rooms


def slot_rooms(problem: DesignProblem, net: Expansion) -> IntArray:
    """First slot of the room of each slot: the loads of a room are added up there. Shape ``(Z,)``."""
    rooms: IntArray = np.arange(len(net.slot_leg)) - (net.slot_leg - leg_rooms(problem)[net.slot_leg])
    return rooms


def access_of_rooms(problem: DesignProblem) -> BoolArray:
    """Which classes may use some leg of the room of each leg. Shape ``(C, L)``."""
    if not len(problem.leg_room):
        return problem.leg_access
    rooms = leg_rooms(problem)
    access = np.zeros_like(problem.leg_access.T)
    np.logical_or.at(access, rooms, problem.leg_access.T)
    found: BoolArray = access[rooms].T
    return found


def load_costs(problem: DesignProblem) -> FloatArray:
    """Cost of a unit of the largest load among each vehicle's rooms. Shape ``(V,)``."""
    return problem.vehicle_load_cost if len(problem.vehicle_load_cost) else np.zeros(len(problem.vehicle_service))


def largest_loads(problem: DesignProblem, net: Expansion, load: FloatArray) -> FloatArray:
    """
    Largest load of each run among its rooms.

    Parameters
    ----------
    load
        In the first dimension, by slot, not yet added up. Shape ``(Z,)``.
    """
    of_room = np.bincount(slot_rooms(problem, net), weights=load, minlength=len(load))
    largest = np.zeros(len(net.run_vehicle))
    np.maximum.at(largest, net.slot_run, of_room)
    return largest
