"""``python -m scripts.build_cases [--out FOLDER] [CASE ...]``: write the built-in cases."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from scripts.build_cases.china_russia import build_china_russia
from scripts.build_cases.far_east import build_far_east
from scripts.build_cases.starter import build_starter
from scripts.build_cases.tables import Draft, write_draft

CASES = Path(__file__).parents[2] / "src" / "landbridge" / "cases"

BUILDERS: dict[str, Callable[[], Draft]] = {
    "starter": build_starter,
    "far-east": build_far_east,
    "china-russia": build_china_russia,
}


def main() -> None:
    """Write the named cases, or all, to their folders."""
    parser = argparse.ArgumentParser(prog="python -m scripts.build_cases", description="Write the built-in cases.")
    parser.add_argument("--out", type=Path, default=CASES, help="folder that gets a folder for each case")
    parser.add_argument("case", nargs="*", help=f"any of {', '.join(BUILDERS)}; none = all")
    options = parser.parse_args()
    for name in options.case or BUILDERS:
        write_draft(BUILDERS[name](), options.out / name)


if __name__ == "__main__":
    main()
