# SPDX-License-Identifier: Apache-2.0
"""What if a damaged file crashes or hangs the HDF5 library? The work runs in a child that may die."""

import os
import signal
from collections.abc import Callable

_CPU_BASE_S = 120
_CPU_S_PER_BYTE = 1e-6


def guarded(work: Callable[[], int], paths: list[str], say: Callable[[str], None]) -> int:
    """Exit code of `work`, run in a forked child with a limit of CPU time that grows with the files.

    libhdf5 is C and meets bytes here that nobody vouches for: a segmentation fault or an endless loop
    in it becomes a message and exit code 2. Where there is no fork the work runs directly.
    """
    if not hasattr(os, "fork"):
        return work()
    limit = _CPU_BASE_S + int(_CPU_S_PER_BYTE * sum(_size(path) for path in paths))
    child = os.fork()
    if child == 0:
        code = 2
        try:
            _limit_cpu(limit)
            code = work()
        except KeyboardInterrupt:
            code = 130
        finally:
            os._exit(code)
    while True:
        try:
            _, status = os.waitpid(child, 0)
            break
        except KeyboardInterrupt:  # the terminal sent it to the child as well, which ends by itself
            continue
    if not os.WIFSIGNALED(status):
        return os.WEXITSTATUS(status)
    number = os.WTERMSIG(status)
    if number == signal.SIGXCPU:
        say(f"reading did not end within {limit} s of CPU time: the file is damaged")
    elif number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        return 128 + number
    else:
        name = signal.Signals(number).name
        say(f"the HDF5 library was ended by {name}: the file is damaged, or memory ran out")
    return 2


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except (OSError, ValueError):
        return 0


def _limit_cpu(seconds: int) -> None:
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard == resource.RLIM_INFINITY or seconds < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
