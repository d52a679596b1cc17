# SPDX-License-Identifier: Apache-2.0
"""A disk that is full, over quota, gone, read-only or hangs: the run goes on in memory, tries again
and says so; its exit code says whether the end of it is in the file."""

import ctypes
import os
import re
import resource
import shutil
import signal
import time

from one_run import Contents
from scenarios import Missing, scenario

OFTEN = {"CARDWISE_CHECKPOINT_S": "0.1"}
BAD = "could not be written"


def rounds_begun(run):
    return max([int(n) for n in re.findall(r"^round (\d+) of", run.output, re.MULTILINE)] or [0])


def never_heals(check, run, spoil, *words, last_stands=True):
    """Goes wrong after the first checkpoint, for good."""
    check("a checkpoint came", run.wait_for_line("checkpoint", 100))
    spoil(run)
    held = Contents(run.file).checkpoint if last_stands else None
    check.ended(run, run.finish(), 4)
    check.names("the console", run.output, BAD, "goes on in memory", "is NOT in", "exit code 4", *words)
    check("the run went to its last round", rounds_begun(run) == run.rounds)
    check("no watchdog speaks", "watchdog" not in run.output)
    check("no temporary is left", not run.file.with_name("run.h5.tmp").is_file())
    if last_stands:
        file = Contents(run.file)
        announced = int(re.findall(r"(\d+) visits saved", run.output)[-1])
        check(f"it holds the {announced} visits announced", sum(file.rounds.values()) >= announced)
        check("a whole file stands", file.checkpoint >= held and file.exit_reason == "killed")
        check("the file is not complete", file.complete == 0)


def heals(check, run, spoil, heal, *words):
    """Goes wrong after the first checkpoint, and is well again later."""
    check("a checkpoint came", run.wait_for_line("checkpoint", 100))
    spoil(run)
    check("it is said", run.wait_for_line(BAD, 60))
    check.names("the console", run.output, "goes on in memory and tries again", *words)
    begun = rounds_begun(run)
    check("the run goes on", run.wait_for(lambda: rounds_begun(run) >= begun + 2))
    heal(run)
    check("it is written again, and that is said", run.wait_for_line("the file is written again", 60))
    check("both ranks got the signal", run.kill_rank(signal.SIGTERM, {0, 1}) == 2)
    check.ended(run, run.finish(), 4)
    check("the end is in the file", "is NOT in" not in run.output)
    file = Contents(run.file)
    check("that says why the run ended", file.exit_reason == "signal")
    check("the events hold it", any(BAD in e for e in file.events))
    check("rounds from before and after are stored", file.rounds["saxpy"] > begun)


def mount(source, target, flags, options):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source, os.fsencode(target), b"tmpfs", flags, options.encode()) != 0:
        raise OSError(ctypes.get_errno(), f"mount {target}: {os.strerror(ctypes.get_errno())}")


READ_ONLY, REMOUNT, RECURSIVE, PRIVATE, NEW_NAMESPACE, DETACH = 1, 32, 0x4000, 1 << 18, 0x20000, 2


def small_disk(options):
    """A run on a file system of its own that nobody outside of this process sees."""
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0 or libc.unshare(NEW_NAMESPACE) != 0:
        raise Missing("only root can mount the small disk that this scenario needs")
    mount(None, "/", RECURSIVE | PRIVATE, "")

    def prepare(folder):
        mount(b"cardwise-test", folder, 0, options)
        return lambda: libc.umount2(os.fsencode(folder), DETACH)

    return prepare


def remount(run, flags, options):
    end = time.monotonic() + 60
    while True:
        try:
            return mount(None, run.file.parent, REMOUNT | flags, options)
        except OSError:  # an image is being written
            if time.monotonic() > end:
                raise
            time.sleep(0.001)


# Two images do not fit beside each other; one does.
SMALL, LARGE = "size=280k", "size=16m"


@scenario
def disk_full(check, start):
    run = start("", rounds=10, env=OFTEN, prepare=small_disk(LARGE))
    never_heals(check, run, shrink, "No space left on device")


@scenario
def disk_full_heals(check, start):
    run = start("", rounds=256, env=OFTEN, prepare=small_disk(LARGE))
    heals(check, run, shrink, grow, "No space left on device")


def shrink(run):
    remount(run, 0, SMALL)


def grow(run):
    remount(run, 0, LARGE)


def read_only(run):
    remount(run, READ_ONLY, LARGE)


@scenario
def disk_read_only(check, start):
    run = start("", rounds=10, env=OFTEN, prepare=small_disk(LARGE))
    never_heals(check, run, read_only, "Read-only file system")


@scenario
def disk_read_only_heals(check, start):
    run = start("", rounds=256, env=OFTEN, prepare=small_disk(LARGE))
    heals(check, run, read_only, grow, "Read-only file system")


@scenario
def folder_deleted(check, start):
    run = start("", rounds=10, env=OFTEN)
    never_heals(check, run, delete_folder, "No such file or directory", last_stands=False)
    check("the folder is not made again", not run.file.parent.exists())


@scenario
def folder_deleted_heals(check, start):
    run = start("", rounds=256, env=OFTEN)
    heals(check, run, delete_folder, lambda r: r.file.parent.mkdir(), "No such file or directory")


def delete_folder(run):
    while run.file.parent.exists():
        shutil.rmtree(run.file.parent, ignore_errors=True)  # an image may come in between


def limit_size(run, most):
    for pid, (rank, _) in run.processes().items():
        if rank is not None:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


@scenario
def file_size_limit(check, start):
    """As by `ulimit -f`, whose signal must not kill the run."""
    run = start("", rounds=10, env=OFTEN)
    check("the compiler, which writes too, is done", run.wait_for_line("round 2 of", 100))
    never_heals(check, run, lambda r: limit_size(r, 100_000), "File too large")


def bad_disk(start, order=None, **more):
    """A run on the stand-in of tests/doubles/disk; `order` holds from its start."""
    library = start.tools.bad_disk
    if not library or not os.path.exists(library):
        raise Missing("no stand-in for a bad disk (--bad-disk)")
    control = start.folder / "order"
    if order:
        control.write_text(order)
    environment = {
        **OFTEN,
        "LD_PRELOAD": library,
        "CARDWISE_BAD_DISK": str(control),
        "ASAN_OPTIONS": "verify_asan_link_order=0",
    }
    return control, start("", env=environment, **more)


@scenario
def over_quota(check, start):
    control, run = bad_disk(start, rounds=10)
    never_heals(check, run, lambda _: control.write_text("write EDQUOT"), "Disk quota exceeded")


@scenario
def over_quota_at_first(check, start):
    """Even the first image fails, but the last one does not: exit code 0."""
    _, run = bad_disk(start, order="write EDQUOT 2", rounds=10)
    check.ended(run, run.finish(), 0)
    check.names("the console", run.output, BAD, "Disk quota exceeded", "the file is written again")
    file = Contents(run.file)
    check("the file is complete", file.complete == 1)
    check("every planned visit is stored", set(file.rounds.values()) == {10})
    check("the events hold it once", sum(BAD in e for e in file.events) == 1)


@scenario
def fsync_fails(check, start):
    control, run = bad_disk(start, rounds=10)
    never_heals(check, run, lambda _: control.write_text("fsync EIO"), "Input/output error")


SHORT = ["--timeout", "6"]  # rank 0 waits 2 s for the disk


@scenario
def disk_hangs(check, start):
    """The write waits in the kernel, in the open of a pipe that nobody reads."""
    control, run = bad_disk(start, options=SHORT, rounds=40)
    never_heals(check, run, lambda _: control.write_text("open pipe"), "no answer of the file system")


@scenario
def disk_hangs_and_heals(check, start):
    control, run = bad_disk(start, options=SHORT, rounds=256)
    heals(
        check,
        run,
        lambda _: control.write_text("fsync hang"),
        lambda _: control.unlink(),
        "no answer of the file system",
    )


@scenario
def disk_hangs_no_card(check, start):
    """No watchdog takes the disk for a card, and a signal still ends the run."""
    control, run = bad_disk(start, options=SHORT, rounds=256)
    check("a checkpoint came", run.wait_for_line("checkpoint", 100))
    control.write_text("write hang")
    check("it is said", run.wait_for_line("no answer of the file system", 60))
    time.sleep(9)  # longer than --timeout
    check("no watchdog speaks", "watchdog" not in run.output)
    check("it is said once", run.output.count("no answer of the file system") == 1)
    begun = rounds_begun(run)
    check("the run goes on", run.wait_for(lambda: rounds_begun(run) >= begun + 2))
    check("both ranks got the signal", run.kill_rank(signal.SIGINT, {0, 1}) == 2)
    check.ended(run, run.finish(), 4)
    check.names("the console", run.output, "is NOT in", "ended early by a signal", "exit code 4")
    check("no watchdog speaks at the end", "watchdog" not in run.output)
