"""``landbridge compile``: the kernels are compiled now, not in the first search."""

from __future__ import annotations

import time

import typer

from landbridge.cli import options
from landbridge.cli.outcome import ending, write_json


def compile_now(as_json: options.Json = False, debug: options.Debug = False) -> None:
    """Compile the kernels of the engine, once after an install; else the first search does, in its own time."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.engine.compiling import compile_kernels

        begun = time.monotonic()
        was_cold = compile_kernels()
        seconds = round(time.monotonic() - begun, 1)
        if as_json:
            write_json({"ok": True, "compiled": was_cold, "seconds": seconds})
        else:
            typer.echo(
                f"The kernels were compiled in {seconds:g} s." if was_cold else "The kernels are compiled already."
            )
