"""Results that are whole or absent: built beside their place, then moved there."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from landbridge.errors import OutputError

_REMEDY = {
    errno.EACCES: "the folder may not be written to; choose another place or change its permissions",
    errno.EPERM: "the folder may not be written to; choose another place or change its permissions",
    errno.EROFS: "the disk is read-only; choose another place",
    errno.ENOSPC: "the disk is full; free some space or choose another place",
    errno.EDQUOT: "your quota on this disk is used up; free some space or choose another place",
    errno.EFBIG: "the disk does not take files that large; choose another place",
    errno.ENOTDIR: "a part of the path is a file, not a folder; choose another place",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
}


def refuse_existing(path: Path) -> None:
    """Raise when something is at ``path`` already, were it a broken link."""
    if os.path.lexists(path):
        raise OutputError(
            f"{path}: exists already and is never overwritten. Choose a new name, or remove it first.",
            code="output-exists",
        )


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """
    Give an empty folder to fill, which becomes ``path`` when the block ends well.

    The folder is a hidden sibling of ``path``, so that the move is one rename
    on one disk. When the block raises, it is removed and ``path`` stays absent.

    Raises
    ------
    OutputError
        When ``path`` exists or cannot be written; the message tells the remedy.
    """
    with _sibling(path) as temporary:
        temporary.mkdir()
        yield temporary
        refuse_existing(path)
        temporary.rename(path)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give the name of a file to write, which becomes ``path`` when the block ends well."""
    with _sibling(path) as temporary:
        yield temporary
        try:
            os.link(temporary, path)  # unlike a rename it refuses to overwrite
        except FileExistsError:
            refuse_existing(path)
        except OSError:  # a disk without links
            refuse_existing(path)
            temporary.rename(path)


@contextmanager
def _sibling(path: Path) -> Iterator[Path]:
    box: Path | None = None
    try:
        refuse_existing(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        box = Path(tempfile.mkdtemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent))
        yield box / path.name
    except OutputError:
        raise
    except OSError as error:
        remedy = _REMEDY.get(error.errno or 0, "choose another place")
        reason = error.strerror or str(error)
        raise OutputError(f"{path}: could not be written ({reason}): {remedy}. Nothing was left behind.") from error
    finally:
        if box is not None:
            shutil.rmtree(box, ignore_errors=True)
