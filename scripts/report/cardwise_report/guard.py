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
    sizes = [_size(path) for path in paths]
    file_bytes = sum(largest for _, largest in sizes)
    limit = _CPU_BASE_S + int(_CPU_S_PER_BYTE * sum(total for total, _ in sizes))
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


def _size(path: str) -> tuple[int, int]:
    """Bytes of a file, twice; of a folder of all its result files, and of the largest: they are
    read one after the other."""
    try:
        if not os.path.isdir(path):
            size = os.stat(path).st_size
            return size, size
        total = largest = 0
        for here, _, names in os.walk(path):
            for name in names:
                if name.endswith(".h5"):
                    size = os.lstat(os.path.join(here, name)).st_size
                    total, largest = total + size, max(largest, size)
        return total, largest
    except (OSError, ValueError):
        return 0, 0


_changed: dict[str, str | None] = {}  # what the environment held before it was limited


def environment() -> dict[str, str]:
    """The environment for a command of the user's: as it was before the limits."""
    out = dict(os.environ)
    for name, value in _changed.items():
        if value is None:
            out.pop(name, None)
        else:
            out[name] = value
    return out


def lift_limits() -> None:
    """Between fork and exec of a command of the user's, which must not inherit the limits."""
    import resource

    for what in (resource.RLIMIT_CPU, resource.RLIMIT_CORE, resource.RLIMIT_AS):
        if what in _before:
            resource.setrlimit(what, _before[what])


_before: dict[int, tuple[int, int]] = {}


def _limit(cpu_s: int, memory: int) -> None:
    import resource

    def lower(what: int, value: int) -> None:
        _before[what] = resource.getrlimit(what)
        hard = _before[what][1]
        if hard == resource.RLIM_INFINITY or value < hard:
            resource.setrlimit(what, (value, hard))

    # no linear algebra here, and its threads would reserve memory by the number of cores
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        _changed[name] = os.environ.get(name)
        os.environ[name] = "1"
    lower(resource.RLIMIT_CPU, cpu_s)
    lower(resource.RLIMIT_CORE, 0)
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            mapped = int(statm.read().split()[0]) * resource.getpagesize()
    except OSError:  # no Linux: no limit of memory
        return
    lower(resource.RLIMIT_AS, mapped + memory)
