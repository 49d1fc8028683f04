"""Who a request comes from."""

from __future__ import annotations

from dataclasses import dataclass

from landbridge.server.errors import Refused, forbidden
from landbridge.server.roles import Permission
from landbridge.server.store.database import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """
    A user in a session, or a machine with a key, in one organisation.

    Parameters
    ----------
    user, organisation
        Ids; organisation blank while a session has none.
    permissions
        What the roles in that organisation, or the scopes of the key, allow.
    secret
        Hash of the session's or the key's secret.
    csrf
        Token that a browser must send with what changes something; blank of keys.
    """

    user: str
    organisation: str
    permissions: frozenset[Permission]
    secret: str
    csrf: str = ""

    @property
    def viewer(self) -> Viewer:
        """Who asks the database."""
        return Viewer(organisation=self.organisation, user=self.user, secret=self.secret)

    @property
    def is_machine(self) -> bool:
        """Whether it shows a key instead of a session."""
        return not self.csrf

    def require(self, permission: Permission) -> None:
        """Refuse with 403 what the caller's roles do not allow."""
        if not self.organisation:
            raise Refused(409, "no-organisation", "choose an organisation first", entity="organisation")
        if permission not in self.permissions:
            raise forbidden(f"your roles or the key's scopes do not allow this; it takes {permission.value!r}")
