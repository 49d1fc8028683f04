"""Roles of members, scopes of keys, and what each may do (docs/design/server.md §1)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Permission(StrEnum):
    """One thing that a caller may do; the scopes of API keys are these words."""

    READ = "read"
    EDIT = "edit"
    PLAN = "plan"
    AGREE = "agree"
    AUDIT = "audit"
    ADMINISTER = "administer"


class Role(StrEnum):
    """What a member is."""

    VIEWER = "viewer"
    PLANNER = "planner"
    NEGOTIATOR = "negotiator"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.READ}),
    Role.PLANNER: frozenset({Permission.READ, Permission.EDIT, Permission.PLAN}),
    Role.NEGOTIATOR: frozenset({Permission.READ, Permission.AGREE}),
    Role.ADMINISTRATOR: frozenset({Permission.ADMINISTER, Permission.AUDIT}),
    Role.AUDITOR: frozenset({Permission.AUDIT}),
}
"""What each role may do. Reading cases is for viewers, planners and negotiators: who manages members sees no books."""

SCOPES = tuple(item for item in Permission if item is not Permission.ADMINISTER)
"""What a key may be given; members and keys are managed by people."""


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """Everything that some roles together may do."""
    return frozenset().union(*(PERMISSIONS[Role(role)] for role in roles))
