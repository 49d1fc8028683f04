"""Checks the solution of a published instance against the file of the instance, and nothing else."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from landbridge.errors import Finding, InvalidRun
from landbridge.units import MONEY_TOL, QTY_TOL, exceeds, is_close
from landbridge.verify.benchmark_files import Instance, read_instance
from landbridge.verify.report import order_findings

SCHEMA = "landbridge.solution/1"
WITH_PLAN = ("optimal", "gap_reached", "feasible", "time_limit", "work_limit", "cancelled")
STATUSES = (*WITH_PLAN, "infeasible")
KEYS = (
    "schema",
    "instance",
    "format",
    "status",
    "upper",
    "lower",
    "gap",
    "seconds",
    "seed",
    "threads",
    "version",
    "runs",
    "flows",
)
RUN_KEYS = ("link", "module", "runs")
LARGEST = 1e300
"""Numbers of this size and above, infinity and what is no number are refused."""

FLOW_KEYS = ("commodity", "link", "from", "to", "quantity")


def read_solution(path: Path) -> dict[str, Any]:
    """
    Read a solution file as the document it is.

    Raises
    ------
    InvalidRun
        When there is none, or it is no JSON object.
    """
    fault = "cannot be read"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        fault = f"{fault}: {error.strerror}"
    except ValueError as error:
        fault = f"{fault} as JSON: {error}"
    else:
        if isinstance(document, dict):
            return document
        fault = "is no JSON object"
    raise InvalidRun([Finding(code="bad-solution-file", where=str(path), message=f"The file {fault}.")])


def check_solution(document: Mapping[str, Any], instance_path: Path) -> tuple[Finding, ...]:
    """
    Recompute a solution from the file of its instance.

    Runs are whole and no more than the link takes; flow is conserved and all that must be carried
    is; loads fit; the cost is the upper bound; bound, gap and status agree.

    Returns
    -------
    tuple
        Broken rules by place; empty when the solution is accepted.
    """
    check = _Check(document)
    if check.is_readable():
        instance = read_instance(instance_path, document["format"])
        if document["instance"] != instance.name:
            check.note("wrong-instance", "instance", f"is {document['instance']!r}; the file is {instance.name!r}")
        check.bounds()
        check.plan(instance)
    return order_findings(check.findings)


class _Check:
    """The findings on one document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.findings: list[Finding] = []

    def note(self, code: str, where: str, message: str) -> None:
        """Add a finding about a key of the document."""
        self.findings.append(Finding(code=code, where=where, message=message))

    def is_readable(self) -> bool:
        """Whether every key is there and of its kind, and no other key is."""
        document = self.document
        for key in KEYS:
            if key not in document:
                self.note("bad-solution-file", key, "is missing")
        for key in document:
            if key not in KEYS:
                self.note("bad-solution-file", str(key), f"is no key of a solution; expected {', '.join(KEYS)}")
        if self.findings:
            return False
        self._kind("schema", lambda found: found == SCHEMA, repr(SCHEMA))
        self._kind("format", lambda found: found in ("canad", "gins"), "canad or gins")
        self._kind("status", lambda found: found in STATUSES, " or ".join(STATUSES))
        for key in ("instance", "version"):
            self._kind(key, lambda found: isinstance(found, str) and bool(found), "words")
        for key in ("upper", "lower", "gap"):
            self._kind(key, lambda found: found is None or _is_number(found), "a finite number or null")
        self._kind("seconds", lambda found: _is_number(found) and found >= 0, "a number of 0 or more")
        for key in ("seed", "threads"):
            self._kind(key, lambda found: _is_count(found), "a whole number of 0 or more")
        self._rows("runs", RUN_KEYS)
        self._rows("flows", FLOW_KEYS)
        return not self.findings

    def _kind(self, key: str, fits: Callable[[Any], bool], expected: str) -> None:
        found = self.document[key]
        if not fits(found):
            self.note("bad-solution-file", key, f"is {found!r}; expected {expected}")

    def _rows(self, key: str, keys: tuple[str, ...]) -> None:
        rows = self.document[key]
        if not isinstance(rows, list):
            self.note("bad-solution-file", key, "is no list")
            return
        for n, row in enumerate(rows):
            if not isinstance(row, dict) or set(row) != set(keys):
                self.note("bad-solution-file", f"{key}[{n}]", f"is {row!r}; expected {', '.join(keys)}")
                continue
            for name, found in row.items():
                fits = _is_number(found) if name == "quantity" else _is_count(found)
                if not fits or found < 0:
                    self.note(
                        "bad-solution-file", f"{key}[{n}]", f"{name} is {found!r}; expected 0 or more, counts whole"
                    )

    def bounds(self) -> None:
        """The arithmetic of upper, lower, gap and status."""
        status, upper, lower, gap = (self.document[key] for key in ("status", "upper", "lower", "gap"))
        if upper is None and (self.document["runs"] or self.document["flows"]):
            self.note("wrong-bounds", "upper", "is null, yet there is a plan")
        if (status == "infeasible" and upper is not None) or (status in WITH_PLAN[:3] and upper is None):
            self.note("wrong-bounds", "status", f"is {status} with upper {upper}")
        if upper is None or lower is None:
            if gap is not None:
                self.note("wrong-bounds", "gap", f"is {gap}; expected null without both bounds")
            return
        if exceeds(lower, upper, MONEY_TOL):
            self.note("wrong-bounds", "lower", f"is {lower:.10g}; expected no more than upper, {upper:.10g}")
        expected = None if upper == 0 else max(0.0, upper - lower) / abs(upper)
        if (gap is None) != (expected is None) or (gap is not None and not is_close(gap, expected or 0.0)):
            self.note("wrong-bounds", "gap", f"is {gap}; expected (upper - lower) / |upper| = {expected}")
        if status == "optimal" and not is_close(upper, lower):
            self.note("wrong-bounds", "status", f"is optimal with bounds {upper:.10g} and {lower:.10g}")

    def plan(self, instance: Instance) -> None:
        """Runs, flows, loads and cost."""
        upper = self.document["upper"]
        if upper is None:
            return
        room, cost = self._runs(instance)
        load = self._flows(instance)
        for e, (forth, back) in enumerate(load):
            total = forth + back if instance.kind == "undirected" else max(forth, back)
            cost += instance.links[e].unit_cost * total
            if exceeds(total, room[e], QTY_TOL):
                self.note("over-capacity", f"link {e}", f"carries {total:.10g}; its runs have room for {room[e]:.10g}")
        if not is_close(cost, upper):
            self.note("wrong-cost", "upper", f"is {upper:.10g}; runs and loads cost {cost:.10g}")

    def _runs(self, instance: Instance) -> tuple[list[float], float]:
        """Room of each link and cost of all runs."""
        room, cost = [0.0] * len(instance.links), 0.0
        seen: set[tuple[int, int]] = set()
        for n, row in enumerate(self.document["runs"]):
            where, e, m, runs = f"runs[{n}]", row["link"], row["module"], row["runs"]
            if e >= len(instance.links) or m >= len(instance.links[e].modules):
                self.note("unknown-link", where, f"names link {e}, module {m}, which the instance does not have")
                continue
            if (e, m) in seen:
                self.note("double-row", where, f"is a second row of link {e}, module {m}")
            seen.add((e, m))
            module = instance.links[e].modules[m]
            if runs > module.copies:
                self.note("too-many-runs", where, f"has {runs} of link {e}, module {m}; it takes {module.copies}")
            room[e] += runs * module.capacity
            cost += runs * module.cost
        return room, cost

    def _flows(self, instance: Instance) -> list[list[float]]:
        """Flow of each link from its first node to its second, and back; conservation on the way."""
        load = [[0.0, 0.0] for _ in instance.links]
        left: list[dict[int, float]] = [defaultdict(float) for _ in instance.demands]
        seen: set[tuple[int, int, int]] = set()
        for n, row in enumerate(self.document["flows"]):
            where, k, e, quantity = f"flows[{n}]", row["commodity"], row["link"], row["quantity"]
            if k >= len(instance.demands) or e >= len(instance.links):
                self.note("unknown-link", where, f"names commodity {k}, link {e}, which the instance does not have")
                continue
            link = instance.links[e]
            ends = (row["from"], row["to"])
            back = ends != (link.tail, link.head)
            if back and (instance.kind == "directed" or ends != (link.head, link.tail)):
                self.note("wrong-way", where, f"goes {ends[0]} > {ends[1]}; link {e} is {link.tail} > {link.head}")
                continue
            if (k, e, back) in seen:
                self.note("double-row", where, f"is a second row of commodity {k} on link {e} that way")
            seen.add((k, e, back))
            load[e][back] += quantity
            left[k][ends[0]] -= quantity
            left[k][ends[1]] += quantity
        for k, demand in enumerate(instance.demands):
            left[k][demand.origin] += demand.quantity
            left[k][demand.destination] -= demand.quantity
            scale = QTY_TOL * max(1.0, demand.quantity)
            for node, amount in sorted(left[k].items()):
                if abs(amount) > scale:
                    self.note("not-conserved", f"commodity {k}", f"leaves {amount:.10g} units over at node {node}")
        return load


def _is_number(found: object) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < LARGEST


def _is_count(found: object) -> bool:
    return isinstance(found, int) and not isinstance(found, bool) and found >= 0
