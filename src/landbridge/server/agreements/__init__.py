"""Agreements between organisations: what is signed, by whom, and where it stands (docs/agreements.md)."""

from landbridge.server.agreements.canonical import canonical_json
from landbridge.server.agreements.document import Paper, Signer, document_of, sha256_of
from landbridge.server.agreements.keys import new_key, open_key, thumbprint_of
from landbridge.server.agreements.pdf import write_pdf
from landbridge.server.agreements.signatures import sign, verify
from landbridge.server.agreements.states import State, next_state

__all__ = [
    "Paper",
    "Signer",
    "State",
    "canonical_json",
    "document_of",
    "new_key",
    "next_state",
    "open_key",
    "sha256_of",
    "sign",
    "thumbprint_of",
    "verify",
    "write_pdf",
]
