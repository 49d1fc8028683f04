"""Small networks with modules in the GINS format, and their optimum by a MIP that shares nothing with the engine."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import highspy
import numpy as np

KINDS = ("directed", "bidirected", "undirected")


@dataclass(frozen=True, kw_only=True)
class Modular:
    """A network with modules; ``links`` are (i, j, cost of a unit of load), all with the same most copies."""

    kind: str
    num_nodes: int
    modules: tuple[tuple[int, int], ...]
    links: tuple[tuple[int, int, int], ...]
    copies: tuple[int, ...]
    demands: tuple[tuple[int, int, int], ...]

    def text(self) -> str:
        sizes = f"{self.num_nodes} {len(self.links)} {len(self.modules)} {len(self.demands)}"
        rows = [f"GINS small {self.kind}", sizes, *(f"{u} {f}" for u, f in self.modules)]
        rows += [" ".join(map(str, (*link, *self.copies))) for link in self.links]
        rows += [f"{o} {d} {q}" for o, d, q in self.demands]
        return "\n".join(rows) + "\n"


def random_modular(seed: int, kind: str) -> Modular:
    """Five nodes on a ring with chords, two modules, four demands: it can always be served."""
    rng = np.random.default_rng(seed)
    ring = [(n, (n + 1) % 5) for n in range(5)]
    chords = [(0, 2), (3, 1), (4, 2)]
    ends = ring + chords + ([(j, i) for i, j in ring] if kind == "directed" else [])
    return Modular(
        kind=kind,
        num_nodes=5,
        modules=((int(rng.integers(8, 14)), int(rng.integers(30, 60))), (4, int(rng.integers(12, 30)))),
        links=tuple((i, j, int(rng.integers(0, 6))) for i, j in ends),
        copies=(3, 2),
        demands=tuple(
            (int(o), int(d), int(rng.integers(2, 9))) for o, d in (rng.choice(5, 2, replace=False) for _ in range(4))
        ),
    )


def optimum(instance: Modular) -> float:
    """Optimal cost: one flow variable an arc and commodity, one integer a link and module, one load a link."""
    model = highspy.Highs()
    model.silent()
    both = instance.kind != "directed"
    ways = [(i, j) for i, j, _ in instance.links]
    copies = {
        (e, m): model.addIntegral(lb=0, ub=instance.copies[m], obj=instance.modules[m][1])
        for e, m in product(range(len(ways)), range(len(instance.modules)))
    }
    load = [model.addVariable(lb=0, obj=cost) for _, _, cost in instance.links]
    forth: list[list[highspy.highs.highs_var]] = [[] for _ in ways]
    back: list[list[highspy.highs.highs_var]] = [[] for _ in ways]
    for origin, destination, quantity in instance.demands:
        out = [model.addVariable(lb=0) for _ in ways]
        home = [model.addVariable(lb=0, ub=highspy.kHighsInf if both else 0) for _ in ways]
        for e in range(len(ways)):
            forth[e].append(out[e])
            back[e].append(home[e])
        for n in range(instance.num_nodes):
            net = sum((out[e] - home[e]) * ((i == n) - (j == n)) for e, (i, j) in enumerate(ways) if n in (i, j))
            model.addConstr(net == quantity * ((n == origin) - (n == destination)))
    for e in range(len(ways)):
        if instance.kind == "undirected":
            model.addConstr(sum(forth[e]) + sum(back[e]) <= load[e])
        else:
            model.addConstr(sum(forth[e]) <= load[e])
            model.addConstr(sum(back[e]) <= load[e])
        model.addConstr(load[e] <= sum(copies[e, m] * instance.modules[m][0] for m in range(len(instance.modules))))
    model.setOptionValue("mip_rel_gap", 0.0)
    model.run()
    assert model.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return float(model.getObjectiveValue())
