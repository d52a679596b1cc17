# SPDX-License-Identifier: Apache-2.0
"""Does every unusable input get a clear message and exit code 2? Is nothing followed?"""

import os
import pathlib
import re
import signal
import subprocess
import sys

import h5py
import numpy as np
import pytest
from make_run import TEXT

from cardwise_report import cli, guard
from cardwise_report.terminal import escape

COMMANDS = ("show", "check", "cards", "health", "html")
READ_ALL = ("show", "check", "html")  # the others read only what they need of a file


def both(report, path, *words, commands=COMMANDS):
    """All commands refuse the file, in one language."""
    for command in commands:
        code, out, err = report(command, path)
        assert code == 2 and out == ""
        for word in words:
            assert word in err


def test_missing_file(report, tmp_path):
    both(report, tmp_path / "none.h5", "none.h5: does not exist")


def test_directory(report, tmp_path):
    both(report, tmp_path, "is a directory")


def test_empty_file(report, tmp_path):
    path = tmp_path / "a.h5"
    path.touch()

    both(report, path, "is an empty file")


def test_named_pipe_is_not_waited_for(report, tmp_path):
    os.mkfifo(tmp_path / "pipe.h5")

    both(report, tmp_path / "pipe.h5", "is no regular file")


def test_text_file(report, tmp_path):
    path = tmp_path / "a.h5"
    path.write_text("case,time\n" * 100)

    both(report, path, "is not an HDF5 file")


@pytest.mark.parametrize("share", [0.01, 0.3, 0.99])
def test_truncated_file(report, made, share):
    path = made()
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])

    both(report, path, "run.h5: ")


def test_other_hdf5_file(report, tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = [1, 2]

    both(report, tmp_path / "a.h5", "not a result of cardwise")


def test_other_schema_name(report, edited):
    def edit(file):
        file.attrs["schema_name"] = "other\x1b[31m"

    both(report, edited(edit), "not a result of cardwise (schema_name = other\\x1b[31m)")


@pytest.mark.parametrize("version", ["2.0.0", "10.1"])
def test_newer_schema(report, edited, version):
    edit = lambda file: file.attrs.create("schema_version", version, dtype=TEXT)

    both(report, edited(edit), f"has schema {version}, newer than")


@pytest.mark.parametrize("version", ["", "x.1", "0.9", "1" * 10_000, "²"])
def test_senseless_schema_version(report, edited, version):
    edit = lambda file: file.attrs.create("schema_version", version, dtype=TEXT)

    both(report, edited(edit), "schema_version")


def link(path, target):
    def edit(file):
        del file[path]
        file[path] = target

    return edit


LINKS = {
    "external": (h5py.ExternalLink("other.h5", "/ranks"), "is an external link"),
    "soft": (h5py.SoftLink("/nodes"), "is a soft link"),
    "dangling": (h5py.SoftLink("/nowhere"), "is a soft link"),
}


@pytest.mark.parametrize("kind", LINKS)
@pytest.mark.parametrize("path", ["ranks", "index/status", "cases/00002", "cases/00002/flags"])
def test_links_are_not_followed(report, made, kind, path, edited):
    made(name="other.h5")
    target, words = LINKS[kind]

    both(report, edited(link(path, target)), f"/{path}: {words}", commands=READ_ALL)


def test_external_storage_is_not_opened(report, edited, tmp_path):
    secret = tmp_path / "secret.bin"
    secret.write_bytes(b"\x07" * 192 * 8)

    def edit(file):
        del file["cases/00000/time_ns"]
        file.create_dataset(
            "cases/00000/time_ns", (1, 192), "i8", external=[(str(secret), 0, 192 * 8)]
        )

    both(report, edited(edit), "/cases/00000/time_ns: has external storage", commands=READ_ALL)


def test_virtual_dataset_is_not_opened(report, made, edited):
    made(name="other.h5")

    def edit(file):
        layout = h5py.VirtualLayout((1,), "i4")
        layout[:] = h5py.VirtualSource("other.h5", "ranks/node", (1,))
        del file["ranks/node"]
        file.create_virtual_dataset("ranks/node", layout)

    both(report, edited(edit), "/ranks/node: is a virtual dataset")


def test_foreign_filter_is_not_loaded(report, edited):
    def edit(file):
        del file["ranks/node"]
        file.create_dataset("ranks/node", data=np.zeros(1, "i4"), chunks=(1,), compression="lzf")

    both(report, edited(edit), "/ranks/node: uses HDF5 filter 32000")


def test_claimed_size_is_not_allocated(report, edited):
    def edit(file):
        del file["cases/00000/time_ns"]
        file.create_dataset("cases/00000/time_ns", (1 << 20, 1 << 20), "i8", chunks=(64, 64))

    both(
        report,
        edited(edit),
        f"/cases/00000/time_ns: claims {8 << 40} bytes in a file of ",
        commands=READ_ALL,
    )


EDITS = {
    "group instead of dataset": lambda f: (
        f.__delitem__("ranks/host"),
        f.create_group("ranks/host"),
    ),
    "dataset instead of group": lambda f: (
        f.__delitem__("ranks"),
        f.create_dataset("ranks", data=1),
    ),
    "number instead of text": lambda f: (
        f.__delitem__("ranks/host"),
        f.create_dataset("ranks/host", data=[1]),
    ),
    "compound": lambda f: (
        f.__delitem__("cases/00000/time_ns"),
        f.create_dataset("cases/00000/time_ns", (1, 192), np.dtype([("a", "i4"), ("b", "f8")])),
    ),
    "null dataspace": lambda f: (
        f.__delitem__("ranks/rank"),
        f.create_dataset("ranks/rank", data=h5py.Empty("i4")),
    ),
    "other length": lambda f: (
        f.__delitem__("index/family"),
        f.create_dataset("index/family", data=["mem"], dtype=TEXT),
    ),
    "zero time": lambda f: f["cases/00000/time_ns"].__setitem__((0, 0), 0),
    "attribute of another type": lambda f: f.attrs.create("wall_s", "long", dtype=TEXT),
    "array attribute": lambda f: f.attrs.create("wall_s", np.zeros(3)),
    "no launches": lambda f: f["index/launches_per_sample"].__setitem__(slice(None), 0),
    "missing group": lambda f: f.__delitem__("nodes"),
    "file in a file": lambda f: f.__delitem__("cases/00000/sample_round"),
}


@pytest.mark.parametrize("name", EDITS)
def test_wrong_objects_have_a_message_with_their_path(report, edited, name):
    both(report, edited(EDITS[name]), "run.h5: ", "/", commands=READ_ALL)


def test_nan_is_unknown_and_no_error(report, made):
    def edit(file):
        for name in ("wall_s", "timed_s"):
            file.attrs[name] = np.float64("nan")
        for name in ("peak_mem", "ceiling_mem", "launch_call_ns"):
            file[f"ranks/{name}"][:] = np.nan
        for name in ("bytes_per_launch", "traffic_per_launch", "flops_per_launch"):
            file[f"index/{name}"][:] = np.inf

    path = made(edit=edit)

    for form in ("text", "csv", "json"):
        code, out, _ = report("show", path, "--format", form)
        assert code == 0 and not re.search(r"\b(nan|inf|infinity)\b", out, re.I)


def test_text_that_is_no_utf8_is_shown_escaped(report, edited):
    def edit(file):
        file["ranks/host"][0] = b"h\xff\xfe"

    code, out, _ = report("show", edited(edit))

    assert code == 0 and "h\\xff\\xfe" in out


@pytest.mark.parametrize("arguments", [[], ["dance"], ["show"], ["check"], ["show", "a", "b"]])
def test_usage_errors_are_exit_code_2(report, arguments):
    code, out, err = report(*arguments)

    assert code == 2 and "usage: cardwise-report" in err


def test_an_unknown_option_is_named_alone(report):
    code, _, err = report("health", "--frm", "json", "run.h5")

    assert code == 2 and "health: unknown option '--frm'" in err and "run.h5" not in err
    assert "argument too many: 'b'" in report("show", "a", "b")[2]


def test_help_and_version_need_no_file(report):
    assert report("--help")[0] == 0
    assert "cardwise-report 0." in report("--version")[1]


def test_help_says_what_every_option_is_for_and_the_common_exit_code():
    (commands,) = (a.choices for a in cli._parser()._actions if a.dest == "command")

    for name, command in commands.items():
        mute = [a.dest for a in command._actions if not a.help and a.metavar != "RUN.h5"]
        assert set(mute) <= {"format"}, name
        assert "Exit code 2" in command.format_help(), name


def test_crash_of_the_library_becomes_a_message():
    said = []

    code = guard.guarded(lambda: os.kill(os.getpid(), signal.SIGSEGV), [], said.append)

    assert code == 2 and "SIGSEGV" in said[0]


def test_memory_of_the_child_is_limited(monkeypatch):
    monkeypatch.setattr(guard, "_MEMORY_BASE", 1 << 26)

    def take():
        try:
            bytearray(1 << 28)
        except MemoryError:
            return 7
        return 0

    assert guard.guarded(take, [], print) == 7


def test_endless_loop_in_the_library_is_ended(monkeypatch):
    monkeypatch.setattr(guard, "_CPU_BASE_S", 1)
    said = []

    def spin():
        while True:
            pass

    assert guard.guarded(spin, [], said.append) == 2
    assert "did not end within 1 s of CPU time" in said[0]


def test_closed_pipe_is_no_error(made):
    command = [sys.executable, "-m", "cardwise_report", "show", str(made(ranks=32))]

    # This tree's program, not one that may be installed.
    here = {**os.environ, "PYTHONPATH": str(pathlib.Path(cli.__file__).parents[1])}
    reader = subprocess.Popen(["true"], stdin=subprocess.PIPE)
    reader.wait()
    done = subprocess.run(
        command, stdout=reader.stdin, stderr=subprocess.PIPE, timeout=60, env=here
    )
    reader.stdin.close()

    assert done.returncode == 0 and done.stderr == b""


def test_escape_leaves_only_printable_text():
    assert escape("a\x1b\n\u202e\ud800é…") == "a\\x1b\\n\\u202e\\ud800é…"
