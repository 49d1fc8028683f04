"""Ids and secrets: what cannot be guessed."""

from __future__ import annotations

import hashlib
import secrets

_ALPHABET = "abcdefghjkmnpqrstvwxyz23456789"


def new_id() -> str:
    """Id of a row that is named in addresses: 16 letters and digits, 78 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(16))


def new_secret() -> str:
    """Secret of a session, a link or a key: 256 bits."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """
    What is kept of a secret.

    A plain hash is enough: the secret has 256 random bits, so nobody finds it by trying (unlike a password).
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
