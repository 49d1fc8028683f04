"""Agreements in the database: written, proposed, talked about, valued, signed, ended; versions are never edited."""

from landbridge.server.store.agreements.checks import document, faults
from landbridge.server.store.agreements.comments import comment, comments, hide_comment
from landbridge.server.store.agreements.drafts import Wish
from landbridge.server.store.agreements.reading import get, listed, seen_by, signatures, version_of, versions
from landbridge.server.store.agreements.steps import create, end, propose, sign, write_version
from landbridge.server.store.agreements.values import keep_values, value

__all__ = [
    "Wish",
    "comment",
    "comments",
    "create",
    "document",
    "end",
    "faults",
    "get",
    "hide_comment",
    "keep_values",
    "listed",
    "propose",
    "seen_by",
    "sign",
    "signatures",
    "value",
    "version_of",
    "versions",
    "write_version",
]
