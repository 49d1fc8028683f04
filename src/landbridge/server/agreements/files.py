"""Texts, keys and signatures of agreements as people keep them in files."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from landbridge.server.agreements.canonical import canonical_json
from landbridge.server.agreements.document import FORMAT, BadAgreement, sha256_of
from landbridge.server.agreements.keys import public_key
from landbridge.server.agreements.signatures import verify

__all__ = ["check_signatures", "read_document", "read_private_key", "read_public_key", "read_signatures", "sha256_of",
           "unsigned"]  # fmt: skip

LARGEST = 4_000_000


def read_document(path: Path) -> dict[str, Any]:
    """
    Read the text that is signed, and see that it is in its canonical form.

    Raises
    ------
    BadAgreement
        ``unreadable``, ``not-a-document``; ``not-canonical``: it was written anew, and no signature fits its bytes.
    """
    content = _read(path)
    try:
        found = json.loads(content)
        is_ours = isinstance(found, dict) and found.get("format") == FORMAT and isinstance(found["signers"], list)
        canonical = canonical_json(found)
    except (ValueError, KeyError, RecursionError) as error:
        raise BadAgreement(f"{path}: not JSON that can be signed", code="not-a-document") from error
    if not is_ours:
        raise BadAgreement(f"{path}: expected document.json of an agreement ({FORMAT})", code="not-a-document")
    if canonical != content:
        message = f"{path}: these are not the bytes that are signed (another tool wrote them anew); download it again"
        raise BadAgreement(message, code="not-canonical")
    return dict(found)


def read_private_key(path: Path, ask: Callable[[], str]) -> OKPKey:
    """
    Read a private key; ``ask`` gives the passphrase of one that is locked.

    Raises
    ------
    BadAgreement
        ``bad-key``, ``wrong-passphrase``.
    """
    content = _read(path)
    if not content.lstrip().startswith(b"-----"):
        found = _jwk(path, content)
        if "d" not in found:
            raise BadAgreement(f"{path}: this is a public key; signing takes the private half", code="bad-key")
        return _import(path, found)
    try:
        key = load_pem_private_key(content, password=None)
    except TypeError:
        try:
            key = load_pem_private_key(content, password=ask().encode())
        except ValueError as error:
            raise BadAgreement(f"{path}: the passphrase does not open the key", code="wrong-passphrase") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadAgreement(f"{path}: not a private key in PEM (PKCS #8)", code="bad-key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadAgreement(f"{path}: a key of another kind; expected Ed25519", code="bad-key")
    return OKPKey.import_key(key)


def read_public_key(path: Path) -> dict[str, Any]:
    """
    Read a public key, with its name.

    Raises
    ------
    BadAgreement
        ``bad-key``, ``private-key``.
    """
    content = _read(path)
    if not content.lstrip().startswith(b"-----"):
        return public_key(_jwk(path, content))
    if b"PRIVATE" in content:
        raise BadAgreement(f"{path}: this is a private key; never send it", code="private-key")
    try:
        key = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadAgreement(f"{path}: not a public key in PEM", code="bad-key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise BadAgreement(f"{path}: a key of another kind; expected Ed25519", code="bad-key")
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return public_key({"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(raw).rstrip(b"=").decode()})


def read_signatures(path: Path, key: Path | None) -> list[dict[str, Any]]:
    """
    Read signatures: the server's ``signatures`` with their public keys, or a single one that a key is given for.

    Raises
    ------
    BadAgreement
        ``not-signatures``; ``key-missing``: one signature, and nothing to check it with.
    """
    content = _read(path)
    wanted = None if key is None else read_public_key(key)
    if not content.lstrip().startswith(b"{"):
        if wanted is None:
            raise BadAgreement(f"{path}: one signature; give the public key with --key", code="key-missing")
        return [{"organisation": "", "jws": "".join(content.decode(errors="replace").split()), "public": wanted}]
    try:
        rows = json.loads(content)["items"]
        found = [
            {"organisation": str(row["organisation"]), "jws": str(row["jws"]), "public": public_key(row["public"]),
             "version": row.get("version")}
            for row in rows
        ]  # fmt: skip
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadAgreement(f"{path}: expected the signatures of an agreement, as the server gives them",
                           code="not-signatures") from error  # fmt: skip
    return [row for row in found if wanted is None or row["public"]["kid"] == wanted["kid"]]


def check_signatures(document: Mapping[str, Any], signatures: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Say of each signature of this version who is said to have signed, with which key, and whether it fits."""
    names = {row["organisation"]: row["organisation_name"] for row in document["signers"]}
    found = []
    for row in signatures:
        if row.get("version") not in (None, document["version"]):
            continue
        try:
            verify(document, row["jws"], row["public"])
            is_valid = True
        except BadAgreement:
            is_valid = False
        who = names.get(row["organisation"], row["organisation"]) or "the key given"
        found.append({"organisation": row["organisation"], "who": who, "kid": row["public"]["kid"],
                      "is_valid": is_valid})  # fmt: skip
    return found


def unsigned(document: Mapping[str, Any], found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of sides that no signature is of; of a single signature nothing is said of the others."""
    if any(not row["organisation"] for row in found):
        return []
    signed = {row["organisation"] for row in found}
    return [row["organisation_name"] for row in document["signers"] if row["organisation"] not in signed]


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadAgreement(f"{path}: cannot be read ({error.strerror})", code="unreadable") from error
    if len(content) > LARGEST:
        raise BadAgreement(f"{path}: larger than any agreement", code="unreadable")
    return content


def _jwk(path: Path, content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadAgreement(f"{path}: neither PEM nor a JSON Web Key", code="bad-key") from error
    if not isinstance(found, dict):
        raise BadAgreement(f"{path}: neither PEM nor a JSON Web Key", code="bad-key")
    return found


def _import(path: Path, key: Mapping[str, Any]) -> OKPKey:
    try:
        found = OKPKey.import_key({name: key[name] for name in ("kty", "crv", "x", "d")})
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise BadAgreement(f"{path}: not an Ed25519 key", code="bad-key") from error
    if found.curve_name != "Ed25519":
        raise BadAgreement(f"{path}: a key of another kind; expected Ed25519", code="bad-key")
    return found
