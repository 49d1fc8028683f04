"""``./run bench``: measures Landbridge against peers, and writes docs/benchmarks.md from what was measured."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from bench.machine import ROOT

RESULTS = ROOT / "bench" / "results"


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    for name in ("canad", "gins"):
        task = tasks.add_parser(name, help=f"published instances of {name}, ours and peers in turn")
        task.add_argument("--data", type=Path, metavar="DIR", help="folder that holds them; default: LANDBRIDGE_DATA")
        task.add_argument("--time", type=float, default=60.0 if name == "canad" else 50.0, metavar="S")
        task.add_argument("--set", nargs="+", default=["core" if name == "canad" else "all"], metavar="NAME")
        task.add_argument("--methods", nargs="+", metavar="METHOD")
        task.add_argument("--seeds", type=_seeds, metavar="0,1,2")
        task.add_argument("--threads", type=int, default=2)
        task.add_argument("--again", action="store_true", help="measure all anew, known or not")
        task.add_argument("--results", type=Path, default=RESULTS, metavar="DIR")
    task = tasks.add_parser("cases", help="the large built-in cases")
    task.add_argument("names", nargs="*", default=["far-east", "china-russia"])
    _add_limits(task)
    task.add_argument("--results", type=Path, default=RESULTS, metavar="DIR")
    task = tasks.add_parser("sizes", help="made-up cases of growing size: seconds and memory")
    task.add_argument("--orders", type=_seeds, default=[1000, 2000, 5000, 10000, 20000], metavar="1000,2000")
    _add_limits(task)
    task.add_argument("--again", action="store_true")
    task.add_argument("--results", type=Path, default=RESULTS, metavar="DIR")
    task = tasks.add_parser("operations", help="parcels allocated and events folded, by size: seconds and memory")
    task.add_argument("--run", type=Path, metavar="RUN", help="run that parcels are allocated to; none: events only")
    task.add_argument("--parcels", type=_seeds, default=[125_000, 250_000, 500_000, 1_000_000], metavar="N,N")
    task.add_argument("--events", type=_seeds, default=[1_250_000, 2_500_000, 5_000_000, 10_000_000], metavar="N,N")
    task.add_argument("--cluster", type=_seeds, default=[2_500_000], metavar="N,N", help="events folded on Dask too")
    task.add_argument("--results", type=Path, default=RESULTS, metavar="DIR")
    task = tasks.add_parser("arrival", help="estimates of arrival on the simulator: coverage and loss over seeds")
    task.add_argument("--seeds", type=int, default=10, metavar="N")
    task.add_argument("--results", type=Path, default=RESULTS, metavar="DIR")
    task = tasks.add_parser("report", help="write docs/benchmarks.md and its plots from the results")
    task.add_argument("--results", type=Path, default=RESULTS, metavar="DIR")
    task.add_argument("--docs", type=Path, default=ROOT / "docs", metavar="DIR")
    options = parser.parse_args()
    try:
        sys.exit(_run(parser, options))
    except KeyboardInterrupt:
        print("Stopped; finished runs are kept, the same command goes on from here.", file=sys.stderr)
        sys.exit(130)


def _run(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    if options.task in ("canad", "gins"):
        return _run_suite(parser, options)
    if options.task == "cases":
        from bench.cases import run_cases

        run_cases(options.names, options.time, options.threads, options.seed, options.results)
    elif options.task == "sizes":
        from bench.sizes import run_sizes

        run_sizes(options.orders, options.time, options.threads, options.seed, options.results, again=options.again)
    elif options.task == "arrival":
        from bench.arrival import run_arrival

        run_arrival(options.seeds, options.results)
    elif options.task == "operations":
        from bench.operations import run_operations

        run_operations(options.run, options.parcels, options.events, options.cluster, options.results)
    else:
        from bench.report import write_report

        for file in write_report(options.results, options.docs):
            print(file)
    return 0


def _run_suite(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    from bench.harness import new_terms, run_all
    from bench.methods import METHODS, problem_reader
    from bench.suites import OURS, SUITES, plan_runs, read_published

    data = options.data or Path(os.environ.get("LANDBRIDGE_DATA", ""))
    if not (data / options.task).is_dir():
        parser.error(f"{str(data)!r} is not a folder that holds {options.task}/; give --data or LANDBRIDGE_DATA")
    unknown = [name for name in options.methods or () if name not in METHODS]
    if unknown:
        parser.error(f"no method {' '.join(unknown)}; expected some of {' '.join(METHODS)}")
    try:
        runs = plan_runs(SUITES[options.task], options.set, data, options.methods, options.seeds)
        if any(wanted.method == OURS for wanted in runs):
            problem_reader(runs[0].path)
    except LookupError as error:
        parser.error(str(error))
    terms = new_terms(options.time, options.threads)
    published = read_published(data) if options.task == "gins" else {}
    print(f"{terms.machine}; commit {terms.commit}; {options.time:g} s, {options.threads} threads", flush=True)
    run_all(
        runs,
        terms,
        options.results / f"{options.task}.csv",
        published,
        again=options.again,
        say=lambda line: print(line, flush=True),
    )
    return 0


def _add_limits(task: argparse.ArgumentParser) -> None:
    task.add_argument("--time", type=float, default=60.0, metavar="S")
    task.add_argument("--threads", type=int, default=2)
    task.add_argument("--seed", type=int, default=0)


def _seeds(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


if __name__ == "__main__":
    main()
