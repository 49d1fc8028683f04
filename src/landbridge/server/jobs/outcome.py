"""How the work of a job ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from landbridge.errors import LandbridgeError
from landbridge.server.jobs.values import Values

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from landbridge.model.case import Case
    from landbridge.model.plan import Summary


class JobFailed(LandbridgeError):
    """A job that cannot be done; the message may be read by the organisation that asked for it."""

    code = "job-failed"


class JobStopped(Exception):
    """Work that was broken off, because it was cancelled or the worker shall stop; nothing is written."""


class _Done(Protocol):
    def __call__(self, *, is_written: bool) -> None: ...


@dataclass(slots=True, kw_only=True)
class Outcome:
    """
    What a job leaves: the summary of a run whose folder is written, and a result for the organisation.

    Parameters
    ----------
    kind, case, is_shared, case_version
        Of a run that is not of the job's own kind, or not made of the case as it is now.
    values
        What an agreement is worth, by organisation: each reads its own.
    write
        Writes what else there is, in the transaction that ends the job; it may be called again where that fails.
    done
        Called once the end is written, or will never be.
    """

    summary: Summary | None = None
    name: str = ""
    result: dict[str, Any] | None = None
    kind: str = ""
    case: Case | None = None
    is_shared: bool = False
    case_version: int = 0
    values: Values | None = None
    write: Callable[[Connection], None] | None = None
    done: _Done | None = None
