"""``python -m scripts.readme_picture RUN``: the picture of the README, from a real run."""

from __future__ import annotations

import argparse
import io
import re
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from landbridge.cli.summary import print_summary
from landbridge.tables import read_run

TARGET = Path(__file__).parents[1] / "docs" / "assets" / "far-east.svg"
WIDTH = 126

# Fonts are the reader's own: nothing is fetched when the picture is looked at.
FONTS = re.compile(r"@font-face \{\{.*?\}\}\s*", re.DOTALL)
FORMAT = FONTS.sub("", CONSOLE_SVG_FORMAT).replace("Fira Code, monospace", "monospace")


def draw(run: Path, target: Path) -> None:
    plan, case = read_run(run)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, highlight=False, markup=False)
    print_summary(console, case, plan)
    target.parent.mkdir(parents=True, exist_ok=True)
    console.save_svg(str(target), title="landbridge plan far-east", code_format=FORMAT, unique_id="landbridge")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.readme_picture", description=__doc__)
    parser.add_argument("run", type=Path, help="folder of a run")
    parser.add_argument("--out", type=Path, default=TARGET)
    options = parser.parse_args()
    draw(options.run, options.out)


if __name__ == "__main__":
    main()
