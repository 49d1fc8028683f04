"""A plan changed on the way: dated weeks, what has begun, what is planned anew."""

from landbridge.planning.replan.replan import Replan, replan
from landbridge.planning.replan.told import tell
from landbridge.planning.replan.unroll import Dated, unroll

__all__ = ["Dated", "Replan", "replan", "tell", "unroll"]
