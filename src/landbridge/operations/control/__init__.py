"""Control: what is behind the plan, what will be late, and the plan redone."""

from landbridge.operations.control.expect import estimates_of, expected, planned_hours
from landbridge.operations.control.follow import Followed, as_followed, follow, followed_by, read_followed
from landbridge.operations.control.progress import missed_departures, progress
from landbridge.operations.control.redo import Proposal, accept, propose

__all__ = [
    "Followed",
    "Proposal",
    "accept",
    "as_followed",
    "estimates_of",
    "expected",
    "follow",
    "followed_by",
    "missed_departures",
    "planned_hours",
    "progress",
    "propose",
    "read_followed",
]
