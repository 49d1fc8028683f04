"""A mixed-integer programme as lists, and its optimum by HiGHS."""

from __future__ import annotations

from collections.abc import Mapping

import highspy
import numpy as np

INF = float("inf")


class Programme:
    """Maximise a linear function of bounded, partly integer variables under linear rows."""

    def __init__(self) -> None:
        self._gain: list[float] = []
        self._low: list[float] = []
        self._high: list[float] = []
        self._integer: list[bool] = []
        self._rows: list[tuple[dict[int, float], float, float]] = []
        self.constant = 0.0

    def add_variable(self, gain: float = 0.0, *, high: float = INF, integer: bool = False) -> int:
        """Add a variable >= 0; its number."""
        self._gain.append(gain)
        self._low.append(0.0)
        self._high.append(high)
        self._integer.append(integer)
        return len(self._gain) - 1

    def add_gain(self, variable: int, gain: float) -> None:
        """Add to the objective coefficient of a variable."""
        self._gain[variable] += gain

    def add_row(self, terms: Mapping[int, float], *, low: float = -INF, high: float = INF) -> None:
        """Add low <= sum of terms <= high."""
        self._rows.append((dict(terms), low, high))

    def maximise(self) -> tuple[float, list[float]] | None:
        """Optimum and one optimal point, or None when there is no point."""
        solver = self._solver()
        solver.run()
        status = solver.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty):
            raise RuntimeError(f"oracle: HiGHS ended with {solver.modelStatusToString(status)}")
        point = [float(number) for number in solver.getSolution().col_value]
        value = sum(gain * number for gain, number in zip(self._gain, point, strict=True))
        return self.constant + value, point

    def _solver(self) -> highspy.Highs:
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self._gain), len(self._rows)
        lp.col_cost_ = -np.array(self._gain, dtype=float)
        lp.col_lower_ = np.array(self._low, dtype=float)
        lp.col_upper_ = np.array(self._high, dtype=float)
        lp.row_lower_ = np.array([low for _, low, _ in self._rows], dtype=float)
        lp.row_upper_ = np.array([high for _, _, high in self._rows], dtype=float)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.cumsum([0, *(len(terms) for terms, _, _ in self._rows)]).astype(np.int32)
        lp.a_matrix_.index_ = np.array([number for terms, _, _ in self._rows for number in terms], dtype=np.int32)
        lp.a_matrix_.value_ = np.array([value for terms, _, _ in self._rows for value in terms.values()], dtype=float)
        kinds = {True: highspy.HighsVarType.kInteger, False: highspy.HighsVarType.kContinuous}
        lp.integrality_ = [kinds[integer] for integer in self._integer]
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.setOptionValue("output_flag", False)
        for option, value in {
            "threads": 1,
            "mip_rel_gap": 0.0,
            "mip_abs_gap": 1e-9,
            "mip_feasibility_tolerance": 1e-9,
            "primal_feasibility_tolerance": 1e-9,
            "dual_feasibility_tolerance": 1e-9,
        }.items():
            if solver.setOptionValue(option, value) != highspy.HighsStatus.kOk:
                raise RuntimeError(f"oracle: HiGHS refused option {option}")
        if solver.passModel(lp) == highspy.HighsStatus.kError:
            raise RuntimeError("oracle: HiGHS refused the model")
        return solver


def subset_sums(draws: Mapping[tuple[float, ...], Mapping[int, float]]) -> list[tuple[dict[int, float], float]]:
    """
    Left side and right side (as part of the limit) of every row of §4.7.

    ``draws`` has the terms of all users that may draw the same parts of the
    owners' shares. Sets of users that leave one of these out give weaker rows.
    """
    vectors = list(draws)
    found = []
    for chosen in range(1, 1 << len(vectors)):
        members = [vector for bit, vector in enumerate(vectors) if chosen >> bit & 1]
        terms: dict[int, float] = {}
        for vector in members:
            for number, value in draws[vector].items():
                terms[number] = terms.get(number, 0.0) + value
        found.append((terms, sum(max(parts) for parts in zip(*members, strict=True))))
    return found


def covers(since: int, until: int, moment: int, horizon: int | None) -> int:
    """How many cycles of [since, until) hold a moment; ``horizon`` None = there is one cycle."""
    if horizon is None:
        return int(since <= moment < until)
    return (until - 1 - moment) // horizon - (since - 1 - moment) // horizon
