"""Passwords: argon2id hashes, and which passwords are refused."""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from landbridge.server.errors import Refused

SHORTEST, LONGEST = 12, 1024

_FREQUENT = frozenset(
    [
        "123456789012",
        "1234567890123",
        "password1234",
        "passwordpassword",
        "qwertyuiop123",
        "qwertyuiop12",
        "111111111111",
        "iloveyou1234",
        "administrator",
        "adminadminadmin",
        "welcome12345",
        "letmein12345",
        "landbridge123",
        "changeme1234",
        "abcdefghijkl",
        "password12345",
        "qwerty123456",
        "123456123456",
        "aaaaaaaaaaaa",
        "000000000000",
    ]
)

_HASHER = PasswordHasher()
_AT_ONCE = threading.Semaphore(2)  # each hash takes 64 MiB: a flood of sign-ins waits here


def check_new(password: str, *words: str) -> None:
    """Refuse a new password that is short, frequent, or one of the given words (a name, an address)."""
    lowered = password.casefold()
    problem = ""
    if not SHORTEST <= len(password) <= LONGEST:
        problem = f"it has {len(password)} characters, expected {SHORTEST} to {LONGEST}; a sentence is a good one"
    elif lowered in _FREQUENT or len(set(lowered)) < 4:
        problem = "it is one that is tried first; choose another"
    elif any(word and lowered == word.casefold() for word in words):
        problem = "it is your name or address; choose another"
    if problem:
        raise Refused(422, "weak-password", f"the password cannot be taken: {problem}", entity="password")


def hash_password(password: str) -> str:
    """Hash a password."""
    with _AT_ONCE:
        return _HASHER.hash(password.encode("utf-8", "surrogatepass"))


def is_right(password: str, hashed: str | None) -> bool:
    """Compare a password with a hash; without one it takes as long, so that nobody learns which accounts exist."""
    with _AT_ONCE:
        try:
            _HASHER.verify(hashed or _nobody(), password.encode("utf-8", "surrogatepass")[:4096])
        except (VerificationError, InvalidHashError):
            return False
    return hashed is not None


@cache
def _nobody() -> str:
    return _HASHER.hash(b"nobody has this password")
