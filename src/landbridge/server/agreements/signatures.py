"""
Detached signatures over canonical documents: JWS without its payload [1]_, Ed25519 [2]_.

References
----------
.. [1] Jones, M., J. Bradley, and N. Sakimura (2015). JSON Web Signature. RFC 7515, appendix F.
       https://doi.org/10.17487/RFC7515.
.. [2] Jones, M. and O. Steele (2025). Fully-Specified Algorithms for JOSE and COSE. RFC 9864.
       https://doi.org/10.17487/RFC9864.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OKPKey

from landbridge.server.agreements.canonical import canonical_json
from landbridge.server.agreements.document import BadAgreement

TYPE = "landbridge-agreement+jws"

_ALGORITHMS = ["Ed25519", "EdDSA"]  # the second is the older name of the same, which other tools still write
_LONGEST = 4000


def sign(document: Mapping[str, Any], key: OKPKey, now: float | None = None) -> str:
    """Sign a document; the result is ``header..signature``, with the key's name and the time in the header."""
    header = {
        "alg": "Ed25519",
        "kid": key.thumbprint(),
        "typ": TYPE,
        "iat": int(time.time() if now is None else now),
    }
    registry = jws.JWSRegistry(algorithms=["Ed25519"], strict_check_header=False)
    whole = jws.serialize_compact(header, canonical_json(dict(document)), key, registry=registry)
    return jws.detach_content(whole)


def verify(document: Mapping[str, Any], signature: str, public: Mapping[str, Any]) -> dict[str, Any]:
    """
    Check a detached signature.

    Parameters
    ----------
    document
        What is said to be signed.
    signature
        ``header..signature``.
    public
        Public key of who is said to have signed, with its ``kid``.

    Returns
    -------
    dict
        The protected header.

    Raises
    ------
    BadAgreement
        ``bad-signature``: malformed, made with another key, or of another document.
    """
    if len(signature) > _LONGEST or ".." not in signature or signature.count(".") != 2:
        raise BadAgreement("expected a detached JWS, header..signature", code="bad-signature")
    key = OKPKey.import_key({name: public[name] for name in ("kty", "crv", "x")})
    registry = jws.JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)
            payload = canonical_json(dict(document))
            found = jws.deserialize_compact(signature, key, payload=payload, registry=registry)
    except (JoseError, ValueError) as error:
        raise BadAgreement(
            f"the signature is not one of this version by the key {public['kid']}; sign the canonical JSON as it is",
            code="bad-signature",
        ) from error
    header = dict(found.headers())
    if header.get("kid", public["kid"]) != public["kid"]:
        raise BadAgreement(
            f"the header names the key {header['kid']!r:.80}; expected {public['kid']}", code="bad-signature"
        )
    return header
