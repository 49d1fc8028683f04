"""
Signing keys of organisations: Ed25519, the private half encrypted with a passphrase that is not kept.

The key of the encryption is made of the passphrase by argon2id with the parameters
of [1]_, section 4, second choice. Without the passphrase a stolen database signs nothing; a lost
passphrase is a lost key.

References
----------
.. [1] Biryukov, A., D. Dinu, D. Khovratovich, and S. Josefsson (2021). Argon2 Memory-Hard Function.
       RFC 9106. https://doi.org/10.17487/RFC9106.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from typing import Any

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from landbridge.server.agreements.document import BadAgreement

SHORTEST_PASSPHRASE = 12
"""Characters; the passphrase guards a signature, and is typed seldom."""

_TIME, _MEMORY_KIB, _LANES = 3, 65536, 4
_ABOUT = b"landbridge signing key 1"


def new_key(passphrase: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """
    Make a key pair.

    Returns
    -------
    tuple
        The public half as a JSON Web Key with its thumbprint as ``kid``, and the private half, encrypted.
    """
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise BadAgreement(
            f"the passphrase has {len(passphrase)} characters; expected {SHORTEST_PASSPHRASE} or more",
            code="short-passphrase",
        )
    key = OKPKey.generate_key("Ed25519")
    public = public_key(key.as_dict(private=False))
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    secret = base64.urlsafe_b64decode(str(key.as_dict(private=True)["d"]) + "=")
    sealed = AESGCM(_derive(passphrase, salt, _TIME, _MEMORY_KIB, _LANES)).encrypt(nonce, secret, _ABOUT)
    return public, {
        "kdf": "argon2id",
        "time": _TIME,
        "memory_kib": _MEMORY_KIB,
        "lanes": _LANES,
        "salt": _text(salt),
        "nonce": _text(nonce),
        "sealed": _text(sealed),
    }


def open_key(public: Mapping[str, Any], private: Mapping[str, Any], passphrase: str) -> OKPKey:
    """
    Open a private half.

    Raises
    ------
    BadAgreement
        ``wrong-passphrase``.
    """
    salt, nonce, sealed = (base64.b64decode(private[name]) for name in ("salt", "nonce", "sealed"))
    key = _derive(passphrase, salt, private["time"], private["memory_kib"], private["lanes"])
    try:
        secret = AESGCM(key).decrypt(nonce, sealed, _ABOUT)
    except InvalidTag as error:
        raise BadAgreement("the passphrase does not open the signing key", code="wrong-passphrase") from error
    found = {name: public[name] for name in ("kty", "crv", "x")}
    return OKPKey.import_key({**found, "d": base64.urlsafe_b64encode(secret).rstrip(b"=").decode()})


def public_key(key: Mapping[str, Any]) -> dict[str, Any]:
    """
    Check a public key that was made elsewhere and name it.

    Raises
    ------
    BadAgreement
        ``bad-key``: not a public Ed25519 key; ``private-key``: the private half is in it.
    """
    if "d" in key:
        raise BadAgreement("this is a private key; never send it. Send the public half, without d", code="private-key")
    if key.get("kty") != "OKP" or key.get("crv") != "Ed25519":
        raise BadAgreement("expected a JSON Web Key with kty OKP and crv Ed25519", code="bad-key")
    try:
        found = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": key["x"]})
        return {"kty": "OKP", "crv": "Ed25519", "x": key["x"], "kid": found.thumbprint()}
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise BadAgreement("x is not a public Ed25519 key in base64url", code="bad-key") from error


def thumbprint_of(key: Mapping[str, Any]) -> str:
    """Name of a key: its JWK thumbprint (RFC 7638)."""
    return str(public_key({name: key[name] for name in ("kty", "crv", "x")})["kid"])


def _derive(passphrase: str, salt: bytes, time: int, memory_kib: int, lanes: int) -> bytes:
    return hash_secret_raw(passphrase.encode(), salt, time, memory_kib, lanes, 32, Type.ID)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
