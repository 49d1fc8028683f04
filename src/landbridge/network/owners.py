"""Reads owner cells: nobody, one party, several with shares, several jointly."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """
    Who owns something.

    Parameters
    ----------
    parties
        The owners in the order they are written; empty = public.
    shares
        Part of each owner; empty unless the cell gives shares (``a:0.5 b:0.5``).
    is_joint
        True for ``a+b``: all of them must agree.
    """

    parties: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    is_joint: bool = False

    @property
    def is_public(self) -> bool:
        """Tell whether nobody owns it."""
        return not self.parties

    @property
    def is_split(self) -> bool:
        """Tell whether limits are split into quotas by owner (semantics §4.7)."""
        return any(share != 1.0 for share in self.shares)


def parse_owner(text: str) -> Ownership:
    """Read an owner cell: blank, ``a``, ``a:0.5 b:0.5`` or ``a+b``."""
    if not text:
        return Ownership()
    if ":" in text:
        pairs = [word.rpartition(":") for word in text.split()]
        return Ownership(
            parties=tuple(name for name, _, _ in pairs), shares=tuple(float(share) for _, _, share in pairs)
        )
    names = tuple(text.split("+"))
    return Ownership(parties=names, is_joint=len(names) > 1)
