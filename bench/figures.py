"""What the report says in numbers: medians of seeds, values at a moment, primal integrals, who is ahead."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from bench.store import Point, Row

LEVEL_PART = 0.0005
"""Values that differ by at most this part are level."""

AHEAD_PART = 0.01
"""A value better by this part is ahead by a percent."""

WIDE_GAP = 0.08
"""Where the bar's proved gap is wider, ours should be ahead by a percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """
    One side on one instance: the median of its seeds.

    Parameters
    ----------
    integral
        Primal integral: the mean over the time limit of (value - best) / value, 1 while there is no value.
    """

    upper: float
    lower: float
    gap: float
    integral: float
    best_upper: float
    worst_upper: float
    rows: tuple[Row, ...]

    @property
    def is_proved(self) -> bool:
        """Whether all runs behind the median were proved."""
        return all(row.is_proved for row in self.rows)


Table = dict[str, dict[str, Result]]
"""Result by instance and method."""


def latest(rows: Iterable[Row]) -> list[Row]:
    """Of runs of the same side with the same terms and seed the last; a failed one only where there is no other."""
    found: dict[tuple[object, ...], Row] = {}
    for row in rows:
        key = (row.instance, row.method, row.seed, row.time_s, row.threads)
        if key not in found or row.status not in ("failed", "stopped") or found[key].status == row.status:
            found[key] = row
    return list(found.values())


def make_table(rows: Sequence[Row], traces: Mapping[tuple[str, ...], list[Point]]) -> Table:
    """Results of runs of one time limit."""
    best: dict[str, float] = {}
    by_side: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        best[row.instance] = min(best.get(row.instance, math.inf), row.upper)
        by_side.setdefault((row.instance, row.method), []).append(row)
    table: Table = {}
    for (instance, method), runs in by_side.items():
        uppers = [row.upper for row in runs]
        table.setdefault(instance, {})[method] = Result(
            upper=median(uppers),
            lower=median(row.lower for row in runs),
            gap=median(row.gap for row in runs),
            integral=median(primal_integral(traces.get(row.key, []), row.time_s, best[instance]) for row in runs),
            best_upper=min(uppers),
            worst_upper=max(uppers),
            rows=tuple(runs),
        )
    return dict(sorted(table.items()))


def value_at(trace: Sequence[Point], seconds: float) -> tuple[float, float]:
    """Value and bound known after some seconds; inf and -inf where there was none."""
    upper, lower = math.inf, -math.inf
    for moment, new_upper, new_lower in trace:
        if moment > seconds:
            break
        upper, lower = new_upper, new_lower
    return upper, lower


def primal_integral(trace: Sequence[Point], time_s: float, best: float) -> float:
    """
    Mean over the time limit of how far the value is from the best known [1]_.

    References
    ----------
    .. [1] Berthold, T. (2013). Measuring the impact of primal heuristics. *Operations Research Letters* 41(6): 611-614.
    """
    if not math.isfinite(best):
        return 1.0
    total, since, height = 0.0, 0.0, 1.0
    for moment, upper, _ in trace:
        now = min(moment, time_s)
        total += height * (now - since)
        since = now
        height = primal_gap(upper, best)
    return (total + height * (time_s - since)) / time_s


def primal_gap(upper: float, best: float) -> float:
    """(value - best) / value, 1 without a value."""
    if not math.isfinite(upper):
        return 1.0
    return min(1.0, max(0.0, upper - best) / max(abs(upper), abs(best), 1e-9))


def difference(ours: float, theirs: float) -> float:
    """(ours - theirs) / theirs: below 0 ours is better; -inf, inf or 0 where one or both have no value."""
    if math.isfinite(ours) and math.isfinite(theirs):
        return (ours - theirs) / abs(theirs)
    return 0.0 if ours == theirs else math.copysign(math.inf, 1.0 if ours > theirs else -1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """
    Ours against one peer over the instances both ran.

    ``losses`` and ``behind_in_proof`` are (instance, how much), the worst first. Means are over the instances that
    neither proves (gaps) and over all (integrals); nan = no such instance.
    """

    instances: int
    not_worse: int
    ahead: int
    wide: int
    ahead_of_wide: int
    losses: tuple[tuple[str, float], ...]
    behind_in_proof: tuple[tuple[str, float], ...]
    open: int
    mean_gap: float
    mean_gap_theirs: float
    mean_integral: float
    mean_integral_theirs: float


def compare(table: Table, ours: str, theirs: str) -> Duel:
    """Count who is ahead."""
    pairs = {name: (sides[ours], sides[theirs]) for name, sides in table.items() if ours in sides and theirs in sides}
    by = {name: difference(our.upper, their.upper) for name, (our, their) in pairs.items()}
    losses = {name: part for name, part in by.items() if part > LEVEL_PART}
    proof = {name: our.gap - their.gap for name, (our, their) in pairs.items() if our.gap - their.gap > LEVEL_PART}
    wide = [name for name, (_, their) in pairs.items() if their.gap > WIDE_GAP]
    ahead = {name for name, part in by.items() if part <= -AHEAD_PART}
    neither = [pair for pair in pairs.values() if not pair[0].is_proved and not pair[1].is_proved]
    return Duel(
        instances=len(pairs),
        not_worse=sum(part <= LEVEL_PART for part in by.values()),
        ahead=len(ahead),
        wide=len(wide),
        ahead_of_wide=sum(name in ahead for name in wide),
        losses=_worst_first(losses),
        behind_in_proof=_worst_first(proof),
        open=len(neither),
        mean_gap=mean(our.gap for our, _ in neither),
        mean_gap_theirs=mean(their.gap for _, their in neither),
        mean_integral=mean(our.integral for our, _ in pairs.values()),
        mean_integral_theirs=mean(their.integral for _, their in pairs.values()),
    )


def _worst_first(found: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def mean(numbers: Iterable[float]) -> float:
    """Mean; nan of nothing."""
    listed = list(numbers)
    return fmean(listed) if listed else math.nan


def median_at(
    rows: Iterable[Row], traces: Mapping[tuple[str, ...], list[Point]], seconds: float
) -> tuple[float, float] | None:
    """
    Median value and bound after some seconds, over the seeds of the shortest limit that reaches so far.

    A run that proved its value reaches any moment. None = no such run.
    """
    reaching = [row for row in rows if row.time_s >= seconds or row.is_proved]
    if not reaching:
        return None
    shortest = min(row.time_s for row in reaching)
    points = [value_at(traces.get(row.key, []), seconds + END_S) for row in reaching if row.time_s == shortest]
    return median(upper for upper, _ in points), median(lower for _, lower in points)


END_S = 0.5
"""A last point that a solver writes so much after its limit still counts."""
