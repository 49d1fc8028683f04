"""What is signed, and how: canonical JSON, keys, signatures, states, the printed view."""

from __future__ import annotations

import base64
import datetime
import json
import struct
from dataclasses import replace
from typing import Any

import pypdfium2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from joserfc.util import urlsafe_b64decode

from landbridge.server.agreements import (
    Paper,
    Signer,
    State,
    canonical_json,
    document_of,
    new_key,
    next_state,
    open_key,
    sha256_of,
    sign,
    verify,
    write_pdf,
)
from landbridge.server.agreements.document import BadAgreement
from landbridge.server.agreements.keys import public_key
from landbridge.server.agreements.states import Step, on_day

PASSPHRASE = "a passphrase of some length"
TODAY = datetime.date(2026, 10, 5)


def paper(**changed: Any) -> Paper:
    grant = {"giver": "A", "taker": "B", "kind": "service", "resource": "*"}
    grant |= {"share_frac": 1.0, "fee_per_t": 0.0, "both_ways": True}
    given: dict[str, Any] = {
        "case": "case-1",
        "case_name": "Starter",
        "currency": "CNY",
        "agreement": "AB",
        "name": "Общие поезда · 共用列车 · shared trains",
        "version": 1,
        "signers": (
            Signer(party="A", party_name="Торговый дом", organisation="o1", organisation_name="Приморский край"),
            Signer(party="B", party_name="货运公司", organisation="o2", organisation_name="黑龙江省"),
        ),
        "grants": [grant],
    }
    return Paper(**(given | changed))


@pytest.fixture(scope="module")
def key() -> tuple[dict[str, Any], dict[str, Any]]:
    return new_key(PASSPHRASE)


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555555", "333333333.3333333"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_numbers_are_written_as_in_the_appendix_of_the_scheme(bits: str, text: str) -> None:
    """RFC 8785, appendix B."""
    number = struct.unpack(">d", bytes.fromhex(bits))[0]
    assert canonical_json(number) == text.encode()


def test_the_example_of_the_scheme_has_its_bytes() -> None:
    """RFC 8785, sections 3.2.2 to 3.2.4; the order of names in section 3.2.3."""
    document = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\u002f",
        "literals": [None, True, False],
    }
    expected = (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert canonical_json(document) == expected.encode()
    names = ["€", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "ö"]
    found = list(json.loads(canonical_json(dict.fromkeys(names, 0))))
    assert found == ["\r", "1", "\u0080", "ö", "€", "\U0001f600", "\ufb33"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=20,
)


@given(JSON)
def test_a_canonical_text_reads_back_the_same_and_has_one_form(document: Any) -> None:
    """Numbers are doubles, as the scheme has it."""
    text = canonical_json(document)
    found = json.loads(text, parse_int=float)
    assert found == document
    assert canonical_json(found) == text


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 2**53 + 1, "\ud800", {1: 2}, {"a": {1, 2}}, b"x"])
def test_what_has_no_canonical_form_is_refused(bad: Any) -> None:
    with pytest.raises(ValueError, match=r"expected|surrogates|finite|no form"):
        canonical_json(bad)


def test_a_signature_holds_for_its_document_and_no_other(key: Any) -> None:
    public, private = key
    document = document_of(paper())
    found = sign(document, open_key(public, private, PASSPHRASE), now=1_790_000_000)
    assert verify(document, found, public)["iat"] == 1_790_000_000
    for name, value in (("fixed_cost", 1.0), ("version", 2), ("starts", "2026-01-01"), ("grants", [])):
        with pytest.raises(BadAgreement, match="not one of this version"):
            verify(document | {name: value}, found, public)


def test_a_signature_is_checked_by_another_library_too(key: Any) -> None:
    """The bytes that are signed are header.payload of RFC 7515, whatever wrote them."""
    public, private = key
    document = document_of(paper())
    header, _, signature = sign(document, open_key(public, private, PASSPHRASE)).split(".")
    payload = base64.urlsafe_b64encode(canonical_json(document)).rstrip(b"=").decode()
    raw = Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(public["x"].encode()))
    raw.verify(urlsafe_b64decode(signature.encode()), f"{header}.{payload}".encode())


def test_a_signature_by_another_key_or_by_none_is_refused(key: Any) -> None:
    public, private = key
    document = document_of(paper())
    good = sign(document, open_key(public, private, PASSPHRASE))
    header, _, signature = good.split(".")
    none = "eyJhbGciOiJub25lIn0"  # {"alg":"none"}
    other, _ = new_key(PASSPHRASE)
    with pytest.raises(BadAgreement, match="not one of this version"):
        verify(document, good, other)
    for bad in (f"{none}..", f"{none}..{signature}", f"{header}..{signature[:-4]}AAAA", "", "a.b.c", good + "x" * 5000):
        with pytest.raises(BadAgreement, match=r"detached JWS|not one of this version"):
            verify(document, bad, public)


def test_the_private_half_opens_with_its_passphrase_alone(key: Any) -> None:
    public, private = key
    assert open_key(public, private, PASSPHRASE).thumbprint() == public["kid"]
    with pytest.raises(BadAgreement, match="does not open"):
        open_key(public, private, PASSPHRASE + " ")
    assert "d" not in public
    secret = open_key(public, private, PASSPHRASE).as_dict(private=True)["d"]
    assert str(secret) not in json.dumps([public, private])
    with pytest.raises(BadAgreement, match="12 or more"):
        new_key("short")


def test_a_key_made_elsewhere_must_be_public_and_of_the_kind(key: Any) -> None:
    """RFC 8037, appendix A.3: the thumbprint of its key."""
    x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    known = {"kty": "OKP", "crv": "Ed25519", "x": x}
    assert public_key(known)["kid"] == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    with pytest.raises(BadAgreement, match="never send it"):
        public_key(known | {"d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"})
    for bad in ({"kty": "RSA"}, known | {"crv": "X25519"}, known | {"x": "abc"}, known | {"x": 5}):
        with pytest.raises(BadAgreement, match=r"expected a JSON Web Key|base64url"):
            public_key(bad)


def test_a_document_has_two_organisations_or_more_and_grants_something() -> None:
    first, second = paper().signers
    for signers in ((first, second, replace(first, party="C")), (first, replace(first, party="B"))):
        with pytest.raises(BadAgreement, match="held by one organisation"):
            document_of(paper(signers=signers))
    with pytest.raises(BadAgreement, match="two or more"):
        document_of(paper(signers=(first,)))
    three = document_of(paper(signers=(first, second, replace(first, party="C", organisation="o3"))))
    assert [row["organisation"] for row in three["signers"]] == ["o1", "o2", "o3"]
    with pytest.raises(BadAgreement, match="grants nothing"):
        document_of(paper(grants=[]))
    assert sha256_of(document_of(paper())) != sha256_of(document_of(paper(version=2)))


def test_an_agreement_goes_from_draft_to_its_end() -> None:
    state = next_state(State.DRAFT, Step.WRITE)
    state = next_state(state, Step.PROPOSE)
    state = next_state(state, Step.SIGN, unsigned=1)
    assert state is State.PROPOSED
    assert next_state(state, Step.SIGN, unsigned=0, starts="2026-10-06", today=TODAY) is State.SIGNED
    state = next_state(state, Step.SIGN, unsigned=0, starts="2026-10-05", today=TODAY)
    assert state is State.IN_FORCE
    assert next_state(state, Step.END) is State.ENDED


def test_steps_out_of_order_are_refused_and_say_which_are_open() -> None:
    for state, step in (
        (State.DRAFT, Step.SIGN),
        (State.SIGNED, Step.WRITE),
        (State.IN_FORCE, Step.WRITE),
        (State.IN_FORCE, Step.SIGN),
        (State.ENDED, Step.PROPOSE),
        (State.ENDED, Step.END),
    ):
        with pytest.raises(BadAgreement, match="expected one of"):
            next_state(state, step)


def test_what_is_signed_comes_into_force_on_its_day_and_ends_after_its_last() -> None:
    assert on_day(State.SIGNED, "2026-10-06", "", TODAY) is State.SIGNED
    assert on_day(State.SIGNED, "2026-10-05", "", TODAY) is State.IN_FORCE
    assert on_day(State.IN_FORCE, "", "2026-10-05", TODAY) is State.IN_FORCE
    assert on_day(State.IN_FORCE, "", "2026-10-04", TODAY) is State.ENDED
    assert on_day(State.PROPOSED, "", "2026-10-04", TODAY) is State.PROPOSED


@pytest.mark.parametrize("lang", ["en", "ru", "zh"])
def test_the_printed_view_has_the_names_in_their_own_scripts_and_the_checksum(lang: str, key: Any) -> None:
    document = document_of(paper(starts="2026-10-05", fixed_cost=1234.5, previous_sha256="0" * 64))
    signed = [{"organisation": "o1", "kid": key[0]["kid"], "signed_at": 1_790_000_000.0}]
    pages = pypdfium2.PdfDocument(write_pdf(document, signed, "proposed", lang))
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    for wanted in ("Общие поезда", "共用列车", "Приморский край", "黑龙江省", "2026-10-05", "1,234.50 CNY"):
        assert wanted in text, wanted
    flat = text.replace("\r", "").replace("\n", "")
    assert sha256_of(document) in flat
    assert key[0]["kid"] in flat
    assert {"en": "not signed", "ru": "не подписано", "zh": "未签署"}[lang] in text
