"""The one tree of errors, and the findings that readers and checkers collect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """
    One thing that is wrong with an input or a run.

    Parameters
    ----------
    code
        Kebab-case name of the rule that was broken, never reused.
    where
        Place, as ``file:line`` (CSV, Parquet), ``sheet!F79`` (workbook) or a run's table and row.
    column
        Column the finding is about; empty when it concerns a whole row or table.
    message
        What is wrong, what was found, what is expected, what to do.
    """

    where: str
    column: str = ""
    message: str
    code: str

    def __str__(self) -> str:
        """Render as ``file:line: column: message [code]``."""
        place = f"{self.where}: {self.column}" if self.column else self.where
        return f"{place}: {self.message} [{self.code}]"


class LandbridgeError(Exception):
    """Root of everything Landbridge raises on purpose; ``code`` names the rule."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class InvalidCase(LandbridgeError, ValueError):
    """A case that cannot be used; carries every finding, sorted by place."""

    code = "invalid-case"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class InvalidRun(LandbridgeError, ValueError):
    """A run that ``verify`` refuses; carries every finding."""

    code = "invalid-run"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class InvalidInstance(LandbridgeError, ValueError):
    """A benchmark file or a design problem that is malformed."""

    code = "invalid-instance"


class UnknownName(LandbridgeError, LookupError):
    """A built-in case, format or table that does not exist."""

    code = "unknown-name"


class OutputError(LandbridgeError, OSError):
    """A result that could not be written; nothing half-written is left behind."""

    code = "output"


class SolverError(LandbridgeError, RuntimeError):
    """The LP or MIP solver returned a status it should not have; a defect, not an input error."""

    code = "solver"


class InvalidGame(LandbridgeError, ValueError):
    """A cooperative game, or a division of it, that makes no sense; the code says which rule is broken."""

    code = "invalid-game"


class NoShare(LandbridgeError, ValueError):
    """A method of division that the game at hand has no answer for."""

    code = "no-share"


class MissingPackage(LandbridgeError, ImportError):
    """An optional package that a wish needs and that is not installed."""

    code = "missing-package"
