"""Signatures that are made away from the server, as docs/agreements.md tells it, and checked away from it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import skip_or_fail
from tests.integration.server.conftest import World
from tests.integration.server.test_agreements import PASSPHRASE, give_keys, offices, proposed
from typer.testing import CliRunner

from landbridge.cli.main import app
from landbridge.server.agreements import canonical_json
from landbridge.server.agreements.files import read_public_key

DOCS = (Path(__file__).parents[3] / "docs" / "agreements.md").read_text(encoding="utf-8")
OUTSIDE = DOCS.partition("## Signing outside")[2].partition("\n## ")[0]


def blocks(language: str) -> list[str]:
    """Code of a language in the section of the documentation."""
    return re.findall(rf"```{language}\n(.*?)```", OUTSIDE, re.DOTALL)


def landbridge(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def shell(folder: Path, text: str) -> None:
    if shutil.which("openssl") is None:
        skip_or_fail("openssl is not installed; the documented way to sign uses it")
    subprocess.run(["sh", "-eu", "-c", text], cwd=folder, check=True, capture_output=True, timeout=60)


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A folder with a key pair, made as the documentation says."""
    shell(tmp_path, blocks("sh")[0])
    return tmp_path


def test_what_the_documentation_says_signs_an_agreement(world: World, private: Path) -> None:
    """By OpenSSL, by Python's cryptography and by our command: each is taken, and each fits when checked outside."""
    north, south, case = offices(world)
    public = read_public_key(private / "public.pem")
    given = {name: public[name] for name in ("kty", "crv", "x")}
    keys = f"/organisations/{south.organisation}/signing-keys"
    assert south.post(keys, {"name": "card", "public": given}, 201)["kid"] == public["kid"]
    give_keys(north)
    text, made = private / "document.json", private / "signature.jws"
    for number, way in enumerate(("openssl", "python", "command")):
        path = f"/agreements/{proposed(north, case, agreement=f'by-{way}', grants=[GRANTS[number]])}"
        text.write_bytes(south.request("GET", f"{path}/document.json").content)
        if way == "openssl":
            shell(private, blocks("sh")[1])
        elif way == "python":
            subprocess.run([sys.executable, "-c", blocks("python")[0]], cwd=private, check=True, timeout=60)
        else:
            result = landbridge("signature", "make", str(text), "--key", str(private / "private.pem"))
            assert result.exit_code == 0, result.output
            made.write_text(result.stdout)
        checked = landbridge("signature", "check", str(text), str(made), "--key", str(private / "public.pem"))
        assert checked.exit_code == 0, checked.output
        assert "fits" in checked.stdout
        jws = made.read_text().strip()
        south.post(f"{path}/sign", {"version": 1, "jws": jws})
        signed = north.post(f"{path}/sign", {"version": 1, "passphrase": PASSPHRASE})
        assert signed["state"] == "in_force"
        kept = private / "signatures.json"
        kept.write_text(json.dumps(south.get(f"{path}/signatures")))
        both = json.loads(landbridge("signature", "check", str(text), str(kept), "--json").stdout)
        assert both["ok"]
        assert [row["is_valid"] for row in both["signatures"]] == [True, True]
        assert both["sha256"] == signed["sha256"]


GRANTS = [{"giver": "C", "taker": "A", "kind": kind, "both_ways": True} for kind in ("service", "hub", "charter")]


def test_what_does_not_fit_is_told(world: World, private: Path) -> None:
    """Another text, one written anew by a tool, a missing side, keys that are none: code 5, or 3 with words."""
    north, south, case = offices(world)
    path = f"/agreements/{proposed(north, case)}"
    give_keys(north)
    north.post(f"{path}/sign", {"version": 1, "passphrase": PASSPHRASE})
    text, kept = private / "document.json", private / "signatures.json"
    text.write_bytes(south.request("GET", f"{path}/document.json").content)
    kept.write_text(json.dumps(south.get(f"{path}/signatures")))
    result = landbridge("signature", "check", str(text), str(kept))
    assert result.exit_code == 5
    assert "South office: no signature" in result.output
    other = private / "other.json"
    other.write_bytes(canonical_json(json.loads(text.read_text()) | {"fixed_cost": 1.0}))
    told = json.loads(landbridge("signature", "check", str(other), str(kept), "--json").stdout)
    assert [row["is_valid"] for row in told["signatures"]] == [False]
    pretty = private / "pretty.json"
    pretty.write_text(json.dumps(json.loads(text.read_text()), indent=2))
    key, public = str(private / "private.pem"), str(private / "public.pem")
    for words, said in (
        (("make", str(pretty), "--key", key), "these are not the bytes that are signed"),
        (("make", str(kept), "--key", key), "expected document.json"),
        (("make", str(text), "--key", public), "not a private key"),
        (("make", str(text), "--key", str(kept)), "public key"),
        (("check", str(text), str(text), "--key", key), "this is a private key"),
        (("check", str(text), str(private / "nothing")), "cannot be read"),
        (("check", str(text), public), "give the public key"),
    ):
        result = landbridge("signature", *words)
        assert result.exit_code == 3, (words, result.output)
        assert said in result.output, words


def test_a_locked_key_asks_for_its_passphrase(private: Path) -> None:
    shell(private, "openssl pkcs8 -topk8 -in private.pem -out locked.pem -passout pass:long-enough-words")
    text = private / "document.json"
    text.write_bytes(
        canonical_json({"format": "landbridge-agreement/1", "signers": [], "agreement": "x", "version": 1})
    )
    words = ["signature", "make", str(text), "--key", str(private / "locked.pem")]
    plain = landbridge(*words[:-1], str(private / "private.pem"))
    unlocked = CliRunner().invoke(app, words, input="long-enough-words\n")
    assert unlocked.exit_code == 0, unlocked.output
    assert unlocked.stdout.strip().splitlines()[-1].count(".") == plain.stdout.count(".")
    assert CliRunner().invoke(app, words, input="wrong\n").exit_code == 3
