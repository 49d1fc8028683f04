"""The citation file names the version and licence of the package."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_citation_is_of_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    keys = dict(re.findall(r"^([a-z-]+): (.+)$", citation, re.MULTILINE))
    assert keys["cff-version"] == "1.2.0"
    assert keys["title"] == "Landbridge"
    assert keys["version"] == project["version"]
    assert keys["license"] == project["license"]
    assert "  - name: Landbridge founders\n" in citation
