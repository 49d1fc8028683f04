"""When parcels arrive: leg-wise estimates, their back-test, and a simulator to try both on."""

from landbridge.operations.arrival.backtest import BacktestPlan, Score, backtest
from landbridge.operations.arrival.estimate import Estimates, estimate, on_the_way, predict
from landbridge.operations.arrival.spells import on_lanes

__all__ = ["BacktestPlan", "Estimates", "Score", "backtest", "estimate", "on_lanes", "on_the_way", "predict"]
