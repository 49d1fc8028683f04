"""A run as reports see it: the plan, the case it was made from, and the division of its value where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from landbridge.model.case import Case
from landbridge.model.plan import Plan
from landbridge.model.shares import ShareTables
from landbridge.tables import has_shares, read_run, read_shares


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Run:
    """
    What a run folder holds.

    Parameters
    ----------
    plan, case
        The plan, and the case it was made from.
    shares
        How its value is divided; None where ``landbridge share`` did not make the run.
    """

    plan: Plan
    case: Case
    shares: ShareTables | None = None

    def __repr__(self) -> str:
        """Name, value and bound; the tables are long."""
        summary = self.plan.summary
        return f"Run({self.case.settings.name!r}, value={summary.value}, bound={summary.bound})"

    def _repr_html_(self) -> str:
        """Summary of the plan, for notebooks."""
        from landbridge.report.card import summary_card

        return summary_card(self)

    @classmethod
    def read(cls, path: Path | str) -> Run:
        """
        Read a run folder.

        Raises
        ------
        InvalidRun
            With every finding when a file is missing or malformed.
        """
        path = Path(path)
        plan, case = read_run(path)
        return cls(plan=plan, case=case, shares=read_shares(path) if has_shares(path) else None)
