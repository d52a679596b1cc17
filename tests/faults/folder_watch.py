# SPDX-License-Identifier: Apache-2.0
"""What happens to the files of one folder, told by the kernel (inotify) without polling."""

import ctypes
import os
import select
import struct
import time

MODIFY, MOVED_TO, CREATE = 0x2, 0x80, 0x100
_EVENT = struct.Struct("iIII")


class FolderWatch:
    def __init__(self, folder):
        libc = ctypes.CDLL(None, use_errno=True)
        self._id = libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        if self._id < 0 or libc.inotify_add_watch(self._id, os.fsencode(folder), MODIFY | MOVED_TO | CREATE) < 0:
            raise OSError(ctypes.get_errno(), f"inotify: {os.strerror(ctypes.get_errno())}")

    def close(self):
        os.close(self._id)

    def next(self, until):
        """(kind, name) of all that happened, at least one, or [] at the monotonic time `until`."""
        left = until - time.monotonic()
        if left <= 0 or not select.select([self._id], [], [], left)[0]:
            return []
        data, at, found = os.read(self._id, 65536), 0, []
        while at < len(data):
            _, mask, _, length = _EVENT.unpack_from(data, at)
            at += _EVENT.size
            found.append((mask, data[at : at + length].rstrip(b"\0").decode()))
            at += length
        return found
