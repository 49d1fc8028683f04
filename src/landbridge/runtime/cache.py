"""Results kept on disk, found again by the hash of what they were made from."""

from __future__ import annotations

import hashlib
import os
import pickle
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Cache:
    """
    A folder of results; ``None``: nothing is kept.

    A file that cannot be read counts as absent. The folder is one's own: it holds
    pickles, which nobody else may write.
    """

    folder: Path | None = None

    def key(self, *parts: str) -> str:
        """Hash of everything a result depends on."""
        digest = hashlib.sha256()
        for part in parts:
            digest.update(f"{len(part)}\n{part}".encode())
        return digest.hexdigest()

    def get(self, key: str) -> Any:
        """What was kept under a key, None when there is nothing."""
        if self.folder is None:
            return None
        try:
            return pickle.loads((self.folder / f"{key}.pickle").read_bytes())
        except (OSError, pickle.UnpicklingError, EOFError, AttributeError, ImportError, ValueError):
            return None

    def put(self, key: str, result: Any) -> None:
        """Keep a result, whole or not at all; a folder that takes no file is no error."""
        if self.folder is None:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self.folder)
            with os.fdopen(handle, "wb") as file:
                pickle.dump(result, file)
            Path(name).replace(self.folder / f"{key}.pickle")
        except OSError:
            return


def user_cache() -> Path:
    """Folder for results of this user."""
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or str(Path.home() / ".cache")
    return Path(base) / "landbridge"
