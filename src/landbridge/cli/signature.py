"""``landbridge signature make|check``: signatures of agreements, away from any server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from landbridge.cli import options
from landbridge.cli.outcome import Ended, ExitCode, ending, write_json

app = typer.Typer(no_args_is_help=True, help="Signatures of agreements, away from any server.", rich_markup_mode=None)

DocumentPath = Annotated[Path, typer.Argument(metavar="DOCUMENT", help="The text that is signed: document.json.")]


@app.callback()
def signature() -> None:
    """Signatures of agreements: Ed25519, detached JWS over the bytes of ``document.json``."""


@app.command("make", short_help="Sign the text of an agreement with a key of your own.")
def make(
    document: DocumentPath,
    key: Annotated[
        Path, typer.Option("--key", metavar="FILE", help="Private Ed25519 key: PEM (PKCS #8) or a JSON Web Key.")
    ],
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """
    Sign the text of an agreement with a private key that no server has.

    Prints the signature, to paste into the page or to send as ``jws``. A key that is locked asks for its passphrase.
    """
    with ending(as_json=as_json, debug=debug):
        from landbridge.server.agreements import files
        from landbridge.server.agreements.signatures import sign

        text = files.read_document(document)
        private = files.read_private_key(
            key, lambda: str(typer.prompt("Passphrase of the key", hide_input=True, err=True))
        )
        made = sign(text, private)
        if as_json:
            write_json({"ok": True, "jws": made, "kid": private.thumbprint(), "sha256": files.sha256_of(text)})
            return
        typer.echo(made)


@app.command("check", short_help="Check signatures of an agreement.")
def check(
    document: DocumentPath,
    signatures: Annotated[
        Path,
        typer.Argument(
            metavar="SIGNATURES", help="signatures.json of the server, or a file with one signature (with --key)."
        ),
    ],
    key: Annotated[
        Path | None,
        typer.Option(
            "--key",
            metavar="FILE",
            help="Public key, PEM or JSON Web Key, that has to have signed.",
            show_default=False,
        ),
    ] = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """
    Check signatures against the text of an agreement, without the server that it comes from.

    Who is to have signed stands in the text; whose a key is, only its owner can tell: compare the key's name (kid) with
    what they gave you.
    """
    with ending(as_json=as_json, debug=debug):
        from landbridge.server.agreements import files

        text = files.read_document(document)
        found = files.check_signatures(text, files.read_signatures(signatures, key))
        missing = files.unsigned(text, found)
        is_whole = bool(found) and all(row["is_valid"] for row in found) and not missing
        if as_json:
            told = {"ok": is_whole, "sha256": files.sha256_of(text), "signatures": found, "missing": missing}
            write_json(told)
            raise typer.Exit(ExitCode.OK if is_whole else ExitCode.REFUSED)
        _print(text, found, missing)
        if not is_whole:
            raise Ended(ExitCode.REFUSED, "not every side has a signature that fits this text")


def _print(text: Mapping[str, Any], found: list[dict[str, Any]], missing: list[str]) -> None:
    from landbridge.server.agreements import files

    typer.echo(f"{text['agreement']}, version {text['version']}: {json.dumps(text['name'], ensure_ascii=False)}")
    typer.echo(f"SHA-256 {files.sha256_of(text)}")
    for row in found:
        state = "fits" if row["is_valid"] else "DOES NOT FIT"
        typer.echo(f"{row['who']}: {state}, key {row['kid']}")
    for name in missing:
        typer.echo(f"{name}: no signature")
