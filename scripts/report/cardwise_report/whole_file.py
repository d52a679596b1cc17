# SPDX-License-Identifier: Apache-2.0
"""How is a file written so that nobody ever sees half of it?"""

import errno
import os
import tempfile
from collections.abc import Callable


def write_whole(path: str, text: str, check: Callable[[str], object] | None = None) -> None:
    """Beside its name, synced, then renamed, with the user's umask; OSError if that cannot be done.

    `check` is given the path of what was written, before it gets its name: what it raises leaves
    the old file as it was. A link of that name is replaced, not followed; a result file never.
    """
    if _is_hdf5(path):
        raise OSError(errno.EEXIST, "it is an HDF5 file, which is never replaced")
    folder = os.path.dirname(os.path.abspath(path))
    handle, temporary = tempfile.mkstemp(prefix=".cardwise-", suffix=".tmp", dir=folder)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            mask = os.umask(0)
            os.umask(mask)
            os.fchmod(file.fileno(), 0o666 & ~mask)
        if check:
            check(temporary)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _is_hdf5(path: str) -> bool:
    """By its first bytes: a result must not go because a name was typed in the wrong place."""
    try:
        with open(path, "rb") as file:
            return file.read(8) == b"\x89HDF\r\n\x1a\n"
    except OSError:
        return False
