"""``python -m landbridge.tables FILE`` writes the reference page of the tables."""

from __future__ import annotations

import sys
from pathlib import Path

from landbridge.tables.reference import reference_page

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m landbridge.tables docs/reference/tables.md")
    Path(sys.argv[1]).write_text(reference_page(), encoding="utf-8")
