"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Language(StrEnum):
    """Languages of reports and findings."""

    EN = "en"
    RU = "ru"
    ZH = "zh"


CasePath = Annotated[Path, typer.Argument(metavar="CASE", help="A case: a folder of tables, or a workbook (.xlsx).")]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else there.")]
Debug = Annotated[bool, typer.Option("--debug", help="Print the traceback of an error.")]
TimeLimit = Annotated[float, typer.Option("--time-limit", min=0.0, metavar="S", help="Seconds of search.")]
Gap = Annotated[
    float, typer.Option("--gap", min=0.0, metavar="FRAC", help="Stop when this gap is proved; 0.01 is one per cent.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of all random choices.")]
Threads = Annotated[int, typer.Option("--threads", min=0, help="Threads of the search; 0 = as many as cores.")]
Work = Annotated[
    float | None,
    typer.Option(
        "--work",
        min=0.0,
        metavar="N",
        help="Stop after N units of counted work. With one thread and the same seed the plan is the same each time.",
    ),
]
