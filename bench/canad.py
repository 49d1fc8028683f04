"""
``python -m bench.canad [NAME ...]``: published fixed-charge design instances, Landbridge against plain HiGHS.

Each instance is given to three solvers one after the other in the same run, with the same time limit, threads and
seed: the engine of ``landbridge solve``; HiGHS on the textbook strong model (x_ka <= d_k y_a for each commodity and
arc); and HiGHS on the model aggregated by origin, which merges commodities of one origin, exact here and much
smaller. The third is the honest bar.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import highspy
import numpy as np
from bench.report import Row, environment, print_rows

from landbridge.engine import DesignProblem, Limits, solve
from landbridge.network.benchmarks import read_canad

NAMES = ("c33", "c36", "c44", "c40", "c48", "c52", "c56", "c60", "c64")


def run_landbridge(problem: DesignProblem, time_s: float, threads: int, seed: int) -> tuple[float, float, float]:
    """Upper bound, lower bound and seconds."""
    highspy.Highs.resetGlobalScheduler(True)  # each solver here asks for its own number of threads
    found = solve(problem, Limits(time_s=time_s, threads=threads, seed=seed))
    return found.upper, found.lower, found.seconds


def run_highs(
    problem: DesignProblem, time_s: float, threads: int, seed: int, *, by_origin: bool
) -> tuple[float, float, float]:
    """Upper bound, lower bound and seconds; a layer of flow for each commodity, or for each origin."""
    highspy.Highs.resetGlobalScheduler(True)
    highs = highspy.Highs()
    for name, value in (("output_flag", False), ("time_limit", time_s), ("threads", threads), ("random_seed", seed)):
        highs.setOptionValue(name, value)
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.passModel(strong_model(problem, by_origin=by_origin))
    if highs.run() == highspy.HighsStatus.kError:
        raise RuntimeError("HiGHS failed on the model it was given")
    info = highs.getInfo()
    upper = info.objective_function_value if info.primal_solution_status == 2 else np.inf
    return upper, info.mip_dual_bound, highs.getRunTime()


def strong_model(problem: DesignProblem, *, by_origin: bool) -> highspy.HighsLp:
    """
    Write the arc-flow model with strong rows, by commodity or by origin.

    Columns: y_a, then x_ka by layer. Rows: capacity of each arc, flow conservation of each layer and
    node, and x_ka <= min(quantity of the layer, capacity) y_a of each layer and arc.
    """
    p = problem
    num_arcs, num_nodes = len(p.leg_tail), len(p.node_rank)
    quantity = np.zeros(len(p.terminal_single))
    np.add.at(quantity, p.block_terminal, p.block_low)
    demand = quantity[p.commodity_supply]
    target = np.zeros(len(demand), dtype=np.int64)
    target[p.sink_commodity] = p.sink_node
    layer = np.unique(p.commodity_origin, return_inverse=True)[1] if by_origin else np.arange(len(demand))
    num_layers = int(layer.max()) + 1
    balance = np.zeros((num_layers, num_nodes))
    np.add.at(balance, (layer, p.commodity_origin), demand)
    np.add.at(balance, (layer, target), -demand)
    amount = np.bincount(layer, weights=demand)
    arcs, flows = np.arange(num_arcs), num_arcs + np.arange(num_layers * num_arcs)
    of_layer, of_arc = np.repeat(np.arange(num_layers), num_arcs), np.tile(arcs, num_layers)
    capacity = p.vehicle_capacity[p.leg_vehicle, 0]
    first_strong = num_arcs + num_layers * num_nodes
    strong = first_strong + np.arange(len(flows))
    most = np.minimum(amount[of_layer], capacity[of_arc])
    node_row = num_arcs + of_layer * num_nodes
    one = np.ones(len(flows))
    entries = (
        (arcs, arcs, -capacity),
        (of_arc, flows, one),
        (node_row + p.leg_tail[of_arc], flows, one),
        (node_row + p.leg_head[of_arc], flows, -one),
        (strong, flows, one),
        (strong, of_arc, -most),
    )
    row, col, value = (np.concatenate([part[i] for part in entries]) for i in range(3))
    order = np.lexsort((row, col))
    num_cols, num_rows = num_arcs + len(flows), first_strong + len(flows)
    low = np.full(num_rows, -highspy.kHighsInf)
    high = np.zeros(num_rows)
    low[num_arcs:first_strong] = high[num_arcs:first_strong] = balance.ravel()
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = num_cols, num_rows
    unit_cost = p.leg_cost_per_t * p.commodity_weight_t[0]
    lp.col_cost_ = np.concatenate([p.vehicle_run_cost[p.leg_vehicle], unit_cost[of_arc]])
    lp.col_lower_ = np.zeros(num_cols)
    lp.col_upper_ = np.concatenate([np.ones(num_arcs), np.full(len(flows), highspy.kHighsInf)])
    lp.row_lower_, lp.row_upper_ = low, high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.searchsorted(col[order], np.arange(num_cols + 1))
    lp.a_matrix_.index_, lp.a_matrix_.value_ = row[order], value[order]
    lp.integrality_ = [highspy.HighsVarType.kInteger] * num_arcs + [highspy.HighsVarType.kContinuous] * len(flows)
    return lp


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.canad", description="Landbridge against plain HiGHS.")
    parser.add_argument("names", nargs="*", default=list(NAMES), help="instances, such as c33; default: %(default)s")
    parser.add_argument("--time-limit", type=float, default=60.0, metavar="S")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    folder = os.environ.get("LANDBRIDGE_DATA")
    if not folder:
        parser.error("LANDBRIDGE_DATA is not set; expected the folder that holds canad/*.dow")
    limits = (options.time_limit, options.threads, options.seed)
    print(environment(*limits))
    canad = Path(folder) / "canad"
    solve(read_canad(canad / f"{options.names[0]}.dow"), Limits(time_s=1.0))  # compiles the kernels, once a machine
    for name in options.names:
        problem = read_canad(canad / f"{name}.dow")
        rows = [
            Row(name, "landbridge", *run_landbridge(problem, *limits)),
            Row(name, "highs, by origin", *run_highs(problem, *limits, by_origin=True)),
            Row(name, "highs, textbook", *run_highs(problem, *limits, by_origin=False)),
        ]
        print_rows(rows, header=name == options.names[0])


if __name__ == "__main__":
    main()
