# SPDX-License-Identifier: Apache-2.0
"""Bad input gets one clear message on stderr and the right exit code, and nothing is lost."""

import hashlib
import pathlib
import socket
import subprocess

import program
import pytest

USAGE, BINDING = 2, 3
TWO = {"POCL_DEVICES": "basic basic"}
CASE = ["run", "--type", "cpu", "--filter", "mem/saxpy", "--profile", "quick", "--rounds", "1",
        "--max-bytes", "64KiB", "--progress", "none"]


def refused(done, code, *parts, files=None):
    """One message, on stderr, from one rank; nothing measured."""
    assert done.code == code, done.all
    said = done.messages()
    assert len(said) == 1, done.all
    assert not done.out.replace("\n", "").strip("-") or "mpirun" in done.out, done.out
    for part in parts:
        assert part in said[0], said
    if files is not None:
        assert not list(pathlib.Path(files).rglob("*.h5")), "a result file was written"


#: What is typed, the exit code, and what the message must say.
TYPED = {
    "command": (["frobnicate"], USAGE, ["unknown command 'frobnicate'", "devices, list, run"]),
    "misspelt command": (["rnu"], USAGE, ["did you mean 'run'?"]),
    "option": (["run", "--bogus"], USAGE, ["unknown option '--bogus'"]),
    "misspelt option": (["run", "--proflie", "quick"], USAGE, ["did you mean '--profile'?"]),
    "google benchmark's option": (["run", "--benchmark_filter=x"], USAGE, ["--filter"]),
    "backend": (["run", "--backend", "vulcan"], USAGE, ["unknown backend 'vulcan'",
                                                        "cuda, opencl"]),
    "profile": (["run", "--profile", "quik"], USAGE, ["did you mean 'quick'?"]),
    "type": (["run", "--type", "cup"], USAGE, ["'cup'", "'cpu'"]),
    "size": (["run", "--max-bytes", "many"], USAGE, ["--max-bytes", "'many'"]),
    "rounds": (["run", "--rounds", "0"], USAGE, ["--rounds"]),
    "too many rounds": (["run", "--rounds", "300"], USAGE, ["--rounds", "1 to 256"]),
    "two filters that exclude each other": (
        ["run", "--type", "cpu", "--filter", "saxpy", "--filter", "triad"], USAGE, ["join", "'|'"]),
    "bad expression": (["run", "--filter", "mem/("], USAGE, ["mem/(", "regular expression"]),
    "filter that selects nothing": (["run", "--type", "cpu", "--filter", "nosuchthing"], USAGE,
                                    ["nosuchthing", "mem/saxpy", "cardwise list"]),
    "filter that the profile does not know": (
        ["run", "--type", "cpu", "--profile", "smoke", "--filter", "saxpy"], USAGE,
        ["no case of profile smoke", "its benchmarks: compute/gemm, copy/d2h, copy/h2d, mem/triad ("]),
    "kernel that there is not": (["list", "--type", "cpu", "--filter", "mem/saxpi"], USAGE,
                                 ["mem/saxpi", "mem/saxpy"]),
    "platform": (["run", "--type", "cpu", "--platform", "Nope"], BINDING,
                 ["'Nope'", "Portable Computing Language"]),
    "image that is not there": (["run", "--type", "cpu", "--image", "/nowhere/x.ptx"], USAGE,
                                ["/nowhere/x.ptx"]),
    "an output that is no .h5": (["run", "--output=x.hdf5"], USAGE, ["x.hdf5", ".h5"]),
    "no card of the type": (["run", "--type", "fpga", *CASE[3:]], BINDING,  # small, if taken
                            ["no card of type fpga", "--type cpu"]),
    "index out of range": ([*CASE, "--card", "7"], BINDING, ["--card 7", "highest index is 0"]),
    "unknown identity": ([*CASE, "--card", "GPU-00000000-0000-0000-0000-000000000000"], BINDING,
                         ["GPU-00000000"]),
}


@pytest.mark.parametrize("name", TYPED)
def test_what_is_typed(name, tmp_path):
    words, code, parts = TYPED[name]
    more = ["--output", tmp_path] if words[0] == "run" and "x.hdf5" not in words[-1] else []

    refused(program.cardwise(*words, *more, timeout_s=60), code, *parts, files=tmp_path)


@pytest.mark.parametrize("name", ["option", "profile", "filter that selects nothing",
                                  "no card of the type"])
def test_the_same_under_mpirun_is_said_once(name, tmp_path):
    words, code, parts = TYPED[name]

    done = program.cardwise(*words, "--output", tmp_path, ranks=2, env=TWO, timeout_s=60)

    refused(done, code, *parts, files=tmp_path)


def test_contradicting_options(tmp_path):
    done = program.cardwise(*CASE, "--allow-sharing", "--card", "0,0", "--output", tmp_path,
                            ranks=2, env=TWO, timeout_s=60)
    # Sharing on purpose is no contradiction; without the word it is two ranks on one card.
    assert done.code == 0, done.all

    done = program.cardwise(*CASE, "--card", "0,0", "--output", tmp_path / "other", ranks=2,
                            env=TWO, timeout_s=60)

    refused(done, BINDING, "--allow-sharing", files=tmp_path / "other")


def test_more_ranks_than_cards(tmp_path):
    done = program.cardwise(*CASE, "--output", tmp_path, ranks=3, env=TWO, timeout_s=60)

    refused(done, BINDING, "3 ranks", "2 cards", "--allow-sharing", files=tmp_path)


@pytest.mark.skipif("not program.loader_hears()", reason="the OpenCL loader does not hear of OCL_ICD_VENDORS")
def test_a_rank_without_a_card_is_a_member(tmp_path):
    """With --allow-missing the others measure; file and exit code say who did not."""
    blind = '[ "$OMPI_COMM_WORLD_RANK" = 0 ] || export OCL_ICD_VENDORS=/nonexistent; exec "$0" "$@"'
    start = [program.MPIRUN, "--oversubscribe", "-n", "2", "bash", "-c", blind, program.CARDWISE]

    def run(*options):
        command = [*start, *CASE, "--output", tmp_path / "run.h5", *options]
        ended = subprocess.run(command, env=program.environment(TWO), capture_output=True,
                               text=True, timeout=60, check=False)
        return program.Done(ended.returncode, ended.stdout, ended.stderr)

    refused(run(), BINDING, "no OpenCL platform", files=tmp_path)

    done = run("--allow-missing")

    assert done.code == 3, done.all
    assert "rank 1" in done.out and "measures nothing: no card of type cpu" in done.out, done.all
    rows = program.read_ranks(tmp_path / "run.h5")
    assert rows["identity"][0] and not rows["identity"][1]
    assert not rows["status_text"][0] and "no OpenCL platform" in rows["status_text"][1]
    (case,) = program.read_cases(tmp_path / "run.h5")
    assert case.status == "ok", case.text
    invalid = case.arrays["flags"] & 1
    assert not invalid[0].all() and invalid[1].all()


@pytest.mark.skipif("not program.loader_hears()", reason="the OpenCL loader does not hear of OCL_ICD_VENDORS")
def test_no_opencl_platform_at_all(tmp_path):
    env = {"OCL_ICD_VENDORS": "/nonexistent"}

    run = program.cardwise(*CASE, "--output", tmp_path, env=env, timeout_s=60)
    devices = program.cardwise("devices", env=env, timeout_s=60)

    refused(run, BINDING, "no OpenCL platform", "OCL_ICD_VENDORS", files=tmp_path)
    assert devices.code == BINDING and "no OpenCL platform" in devices.out


def test_pocl_that_cannot_make_its_cache_is_named_with_the_remedy(tmp_path):
    env = {"POCL_CACHE_DIR": "/dev/null/cache"}

    run = program.cardwise(*CASE, "--output", tmp_path, env=env, timeout_s=60)
    devices = program.cardwise("devices", env=env, timeout_s=60)

    refused(run, BINDING, "no device of OpenCL platform Portable", "POCL_CACHE_DIR", files=tmp_path)
    assert devices.code == BINDING and "POCL_CACHE_DIR" in devices.out


def test_a_file_in_place_of_the_output_folder(tmp_path):
    (tmp_path / "file").write_text("mine")

    for ranks in (0, 2):
        done = program.cardwise(*CASE, "--output", tmp_path / "file" / "x", ranks=ranks, env=TWO,
                                timeout_s=60)
        refused(done, USAGE, str(tmp_path / "file"), "--output")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_read_only_output_folder(tmp_path):
    """Mounted read-only, since root may write whatever the permissions say."""
    folder = tmp_path / "fixed"
    folder.mkdir()
    script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    if subprocess.run(["unshare", "--mount", "bash", "-c", script, folder, "true"], check=False,
                      capture_output=True).returncode:
        pytest.skip("this machine allows no mounts")
    command = ["unshare", "--mount", "bash", "-c", script, str(folder), program.CARDWISE, *CASE,
               "--output", str(folder)]

    ended = subprocess.run(command, env=program.environment(TWO), capture_output=True, text=True,
                           timeout=60, check=False)

    refused(program.Done(ended.returncode, ended.stdout, ended.stderr), USAGE, str(folder),
            "Read-only", "--output", files=folder)


def test_a_result_file_that_exists_is_left_alone(tmp_path):
    path = tmp_path / "run.h5"
    path.write_bytes(b"years of work")
    before = hashlib.sha256(path.read_bytes()).hexdigest()

    for ranks in (0, 2):
        done = program.cardwise(*CASE, "--output", path, ranks=ranks, env=TWO, timeout_s=60)
        refused(done, USAGE, str(path), "exists already")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def test_list_without_a_card_names_the_host(tmp_path):
    done = program.cardwise("list", "--type", "fpga", timeout_s=60)

    refused(done, BINDING, f"no card of type fpga on node {socket.gethostname()}", "--type cpu")


def test_selftest_without_a_card_is_no_silent_alarm(tmp_path):
    done = program.cardwise("selftest", "--type", "fpga", "--output", tmp_path, timeout_s=60)

    assert done.code == BINDING, done.all
    assert "no card of type fpga" in done.out and "NOT ring" not in done.out


def test_json_that_cannot_be_written(tmp_path):
    done = program.cardwise(*CASE, "--json", tmp_path / "nowhere" / "x.json", "--output",
                            tmp_path / "out", timeout_s=60)

    refused(done, USAGE, "--json", "nowhere/x.json", files=tmp_path / "out")


def test_tiny_arrays_work_or_say_what_fits(tmp_path):
    done = program.cardwise("run", "--type", "cpu", "--profile", "quick", "--rounds", "1",
                            "--filter", "mem/|gemm|copy/", "--max-bytes", "4KiB", "--output",
                            tmp_path / "run.h5", "--progress", "none", timeout_s=180)

    assert done.code == 0, done.all
    for case in program.read_cases(tmp_path / "run.h5"):
        assert case.status == "ok" or case.text, case.key


def test_arrays_that_would_not_be_capped_are_refused(tmp_path):
    done = program.cardwise(*CASE[:-4], "--max-bytes", "3", "--output", tmp_path, timeout_s=60)

    refused(done, USAGE, "--max-bytes", "4 KiB", files=tmp_path)


def test_without_a_launcher_it_is_one_rank(tmp_path):
    done = program.cardwise(*CASE, "--output", tmp_path / "run.h5", timeout_s=60,
                            env={"PATH": "/nonexistent"})

    assert done.code == 0, done.all
    assert program.read_attrs(tmp_path / "run.h5")["ranks"] == 1


def test_a_broken_fault_plan_is_refused(tmp_path):
    done = program.cardwise(*CASE, "--output", tmp_path, env={"CARDWISE_FAULT": "what?"},
                            timeout_s=60)

    refused(done, USAGE, "CARDWISE_FAULT", files=tmp_path)


def test_help_and_version_answer_before_mpi():
    for word in ("--help", "--version"):
        done = program.cardwise(word, timeout_s=20)
        assert done.code == 0 and done.out and not done.err
    assert "Exit codes" in program.cardwise("run", "--help").out
