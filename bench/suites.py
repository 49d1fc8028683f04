"""Which published instances there are, which are the core, and what runs on each."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

CANAD_CORE = (
    *("c40", "c48", "c52", "c56", "c60", "c64", "c100_400_30_F_T_10", "r14.9", "r18.9"),
    *("r06.6", "r09.6", "r10.5", "r11.5", "r13.5", "r14.2", "r14.5", "r15.2", "r15.5"),
    *("r16.5", "r17.2", "r17.5", "r17.9", "r18.2", "r18.5"),
)
"""Open or hard: the nine that the project names, and fifteen whose fixed costs are high beside the rest."""

CANAD_ALL_PEERS = ("c40", "c64", "r14.9")
"""Of the core, where the peers beside ``highs-aggregated`` run too: all of it in two hours at 60 s a run."""

GINS_CORE = tuple(
    f"{kind}/ndp_50_{name}"
    for kind in ("directed", "undirected", "bidirected")
    for name in ("1_0_0_0", "2_1_1_0", "3_2_2_0")
)

OURS, BAR = "landbridge", "highs-aggregated"
OTHERS = ("highs-aggregated-lean", "highs-strong", "scip", "cpsat")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One run that is asked for."""

    instance: str
    path: Path
    method: str
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A family of files: where they are, and its core."""

    name: str
    suffix: str
    core: tuple[str, ...]
    peers: tuple[str, ...]
    all_peers_on: tuple[str, ...] = ()

    def paths(self, data: Path) -> dict[str, Path]:
        """File of each instance, by its name."""
        folder = data / self.name
        files = sorted(folder.rglob(f"*{self.suffix}"))
        return {file.relative_to(folder).as_posix().removesuffix(self.suffix): file for file in files}

    def pick(self, names: list[str], data: Path) -> dict[str, Path]:
        """The instances a ``--set`` means; LookupError names those that are not there."""
        paths = self.paths(data)
        wanted: dict[str, None] = {}
        for name in names:
            wanted.update(dict.fromkeys({"core": self.core, "all": tuple(paths)}.get(name, (name,))))
        missing = [name for name in wanted if name not in paths]
        if missing or not wanted:
            raise LookupError(f"{data / self.name} has no {' '.join(missing) or 'instances'}")
        return {name: paths[name] for name in wanted}


SUITES = {
    "canad": Suite(name="canad", suffix=".dow", core=CANAD_CORE, peers=(BAR,), all_peers_on=CANAD_ALL_PEERS),
    "gins": Suite(name="gins", suffix=".txt", core=GINS_CORE, peers=()),
}


def plan_runs(
    suite: Suite, sets: list[str], data: Path, methods: list[str] | None, seeds: list[int] | None
) -> list[Wanted]:
    """
    What to run, instance by instance, so that the sides meet the machine in the same state.

    ``all`` takes ours with one seed and the bar; any other set ours with three seeds, the bar with one, and the
    other peers with one on the few instances of ``all_peers_on`` or on all that are named. Ours alone has a use for
    more seeds: peers do with the first.
    """
    seeds = seeds or ([0] if sets == ["all"] else [0, 1, 2])
    found = []
    for name, path in suite.pick(sets, data).items():
        if methods is not None:
            chosen = methods
        else:
            everything = sets != ["all"] and (name in suite.all_peers_on or name in sets)
            chosen = [OURS, *(suite.peers + OTHERS if everything and suite.peers else suite.peers)]
        for method in chosen:
            used = seeds if method == OURS else seeds[:1]
            found += [Wanted(instance=name, path=path, method=method, seed=seed) for seed in used]
    return found


def read_published(data: Path) -> dict[str, tuple[float, float]]:
    """gins: CPLEX's value after five hours and the paper's heuristic at 50 s, by instance."""
    file = data / "gins" / "best_known.csv"
    if not file.exists():
        return {}
    with file.open(encoding="utf-8", newline="") as lines:
        return {
            words["instance"]: tuple(
                float(words[column]) if words[column] else math.nan
                for column in ("cplex20.1_1thread_18000s_upper", "heur_paper_50s")
            )
            for words in csv.DictReader(lines)
        }
