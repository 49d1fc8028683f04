"""The label of what was measured."""

from __future__ import annotations

import subprocess
from pathlib import Path

from bench.machine import commit_of


def _repository(folder: Path) -> Path:
    (folder / "old.py").write_text("1")
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


def test_the_label_is_of_contents_of_new_files_too(tmp_path: Path) -> None:
    root = _repository(tmp_path)
    labels = [commit_of((".",), root)]
    for name, text in (("new.py", "1"), ("new.py", "2"), ("old.py", "2"), ("old.py", "3"), ("new.py", "1")):
        (root / name).write_text(text)
        labels.append(commit_of((".",), root))
    assert "+" not in labels[0]
    assert len(set(labels)) == len(labels)
    assert all(label.startswith(f"{labels[0]}+") for label in labels[1:])
    (root / "old.py").write_text("1")
    assert commit_of((".",), root) == labels[1]


def test_outside_of_git_the_commit_is_unknown(tmp_path: Path) -> None:
    assert commit_of((".",), tmp_path) == "unknown"
