# SPDX-License-Identifier: Apache-2.0
"""What if a damaged file crashes or hangs the HDF5 library? Only a child process dies."""

import os
import signal
from collections.abc import Callable

_CPU_BASE_S = 20  # of a second's work; libhdf5 was seen to loop for ever on a damaged file
_CPU_S_PER_BYTE = 1e-6
_MEMORY_BASE = (
    3 << 29
)  # 1.5 GiB beyond what the process has: one wrong byte made libhdf5 take 4 GiB
_MEMORY_PER_BYTE = 40


def guarded(work: Callable[[], int], paths: list[str], say: Callable[[str], None]) -> int:
    """Exit code of `work`, run in a forked child whose limits grow with the files.

    libhdf5 is C and meets bytes here that nobody vouches for: a segmentation fault or an endless
    loop in it becomes a message and exit code 2. Where there is no fork the work runs directly.
    """
    if not hasattr(os, "fork"):
        return work()
    file_bytes = sum(_size(path) for path in paths)
    limit = _CPU_BASE_S + int(_CPU_S_PER_BYTE * file_bytes)
    child = os.fork()
    if child == 0:
        code = 2
        try:
            _limit(limit, _MEMORY_BASE + _MEMORY_PER_BYTE * file_bytes)
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


def _limit(cpu_s: int, memory: int) -> None:
    import resource

    def lower(what: int, value: int) -> None:
        hard = resource.getrlimit(what)[1]
        if hard == resource.RLIM_INFINITY or value < hard:
            resource.setrlimit(what, (value, hard))

    # no linear algebra here, and its threads would reserve memory by the number of cores
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    lower(resource.RLIMIT_CPU, cpu_s)
    lower(resource.RLIMIT_CORE, 0)
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            mapped = int(statm.read().split()[0]) * resource.getpagesize()
    except OSError:  # no Linux: no limit of memory
        return
    lower(resource.RLIMIT_AS, mapped + memory)
