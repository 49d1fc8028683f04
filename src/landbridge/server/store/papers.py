"""Tables of agreements: versions that are never edited, what was signed, what was said, and keys."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from landbridge.server.store.schema import Base, Document, Number, _of


class AgreementHead(Base):
    """
    An agreement between organisations. ``author_id`` wrote it; its sides see it from the state proposed on.

    ``key`` is its id in the tables of the case; ``version`` the version at hand. ``other_id`` is the first of the
    others that sign; who sees it is told by ``AgreementSide``.
    """

    __tablename__ = "agreement"
    __table_args__ = (Index("ix_agreement_case", "case_id", "created"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = _of("case_head.id")
    key: Mapped[str]
    name: Mapped[str]
    author_id: Mapped[str] = _of("organisation.id")
    other_id: Mapped[str] = _of("organisation.id", index=True)
    state: Mapped[str]
    version: Mapped[int]
    created: Mapped[float]
    changed: Mapped[float]
    proposed: Mapped[float | None]


class AgreementSide(Base):
    """An organisation that signs an agreement; written when it is proposed, and from then on it sees it."""

    __tablename__ = "agreement_side"
    agreement_id: Mapped[str] = _of("agreement.id", primary_key=True)
    organisation_id: Mapped[str] = _of("organisation.id", primary_key=True, index=True)


class AgreementVersion(Base):
    """A version: the canonical JSON that is signed, as text, and its SHA-256. Never edited."""

    __tablename__ = "agreement_version"
    agreement_id: Mapped[str] = _of("agreement.id", primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[str]
    sha256: Mapped[str]
    organisation_id: Mapped[str]
    user_id: Mapped[str]
    created: Mapped[float]


class AgreementSignature(Base):
    """A signature of a version by an organisation, with the public key it was checked with. Never edited."""

    __tablename__ = "agreement_signature"
    agreement_id: Mapped[str] = _of("agreement.id", primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str]
    party: Mapped[str]
    kid: Mapped[str]
    public: Mapped[dict[str, Any]]
    jws: Mapped[str]
    signed: Mapped[float]


class AgreementComment(Base):
    """What a member says about an agreement; ``hidden_by`` is the organisation that hid it."""

    __tablename__ = "agreement_comment"
    id: Mapped[str] = mapped_column(primary_key=True)
    agreement_id: Mapped[str] = _of("agreement.id", index=True)
    version: Mapped[int]
    organisation_id: Mapped[str]
    user_id: Mapped[str]
    author: Mapped[str]
    text: Mapped[str]
    at: Mapped[float]
    hidden_by: Mapped[str | None]


class AgreementValue(Base):
    """What a version is worth to one of its organisations, who alone sees it."""

    __tablename__ = "agreement_value"
    agreement_id: Mapped[str] = _of("agreement.id", primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = mapped_column(primary_key=True)
    low: Mapped[float]
    high: Mapped[float]
    basis: Mapped[str]
    case_version: Mapped[int] = mapped_column(Number)
    at: Mapped[float]


class SigningKey(Base):
    """A public key of an organisation; ``id`` is its JWK thumbprint. Every member of the server may read it."""

    __tablename__ = "signing_key"
    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = _of("organisation.id", index=True)
    name: Mapped[str]
    public: Mapped[dict[str, Any]]
    created: Mapped[float]
    revoked: Mapped[float | None]


class SigningSecret(Base):
    """The private half of a key, encrypted with a passphrase that is not kept; its organisation alone reads it."""

    __tablename__ = "signing_secret"
    key_id: Mapped[str] = _of("signing_key.id", primary_key=True)
    organisation_id: Mapped[str] = _of("organisation.id")
    sealed: Mapped[dict[str, Any]] = mapped_column(Document)


class AuditHead(Base):
    """The head of an organisation's audit chain as another one keeps it, so that it cannot be rewritten unseen."""

    __tablename__ = "audit_head"
    organisation_id: Mapped[str] = mapped_column(primary_key=True)
    holder_id: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(Number, primary_key=True)
    hash: Mapped[str]
    at: Mapped[float]
