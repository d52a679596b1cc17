# SPDX-License-Identifier: Apache-2.0
"""What other users of a node can do to a run, what a run tells of its user, and what user text can start."""

import contextlib
import os
import pathlib
import re
import stat
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

import program  # noqa: E402
import pytest  # noqa: E402

CASE = ["run", "--type", "cpu", "--filter", "mem/saxpy", "--profile", "quick", "--rounds", "1", "--max-bytes", "64KiB",
        "--progress", "none"]  # fmt: skip


def measured(path, *args, **more):
    done = program.cardwise(*CASE, "--output", path, *args, **more)
    assert done.code == 0, done.all
    return done


def strings_of(path) -> str:
    """Everything readable in the file, whatever dataset it is in."""
    return path.read_bytes().decode("latin-1")


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_files_have_the_users_umask(mask, tmp_path):
    before = os.umask(mask)
    try:
        measured(tmp_path / "new" / "run.h5", "--json", tmp_path / "run.json")
    finally:
        os.umask(before)

    for name in ("new/run.h5", "run.json"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o666 & ~mask, name
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o777 & ~mask


@pytest.mark.parametrize("name", ["run.h5.tmp", "run.json.tmp"])
def test_links_in_a_shared_folder_are_not_followed(name, tmp_path):
    """Another user who knows the name plants a link to a file of ours."""
    victim = tmp_path / "precious"
    victim.write_text("precious")
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / name).symlink_to(victim)

    program.cardwise(*CASE, "--output", shared / "run.h5", "--json", shared / "run.json")

    assert victim.read_text() == "precious"


def test_links_planted_during_the_run_are_not_followed(tmp_path):
    """The name was free when the run looked, and is a link whenever it writes."""
    victim = tmp_path / "precious"
    victim.write_text("precious")
    shared = tmp_path / "shared"
    shared.mkdir()
    ended = threading.Event()

    def plant():
        while not ended.is_set():
            if (shared / "run.h5").exists():  # else the run would end before it begins
                with contextlib.suppress(OSError):
                    (shared / "run.h5.tmp").symlink_to(victim)

    planter = threading.Thread(target=plant)
    planter.start()
    try:
        done = program.cardwise(*CASE, "--output", shared / "run.h5")
    finally:
        ended.set()
        planter.join()

    assert victim.read_text(errors="replace") == "precious", done.all
    assert not (shared / "run.h5").is_symlink()
    assert done.code in (0, 4), done.all  # 4: the link was there again before the file


def test_nothing_of_ours_in_a_shared_temporary_folder(tmp_path):
    """Open MPI's session folder is its own and private; cardwise leaves and opens nothing there."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    seen = set()
    env = {"TMPDIR": str(temporary), "POCL_CACHE_DIR": str(tmp_path / "cache")}
    watcher = subprocess.Popen(["bash", "-c", 'while :; do find "$1" -mindepth 1 -maxdepth 1 -printf "%m %f\\n"; done',
                                "watcher", temporary], stdout=subprocess.PIPE, text=True)  # fmt: skip
    try:
        measured(tmp_path / "run.h5", ranks=2, env={**env, "POCL_DEVICES": "basic basic"})
    finally:
        watcher.kill()
        seen = set(watcher.communicate()[0].splitlines())

    # Open MPI 5's prterun makes its folder for all to read.
    ours = [line for line in seen if not re.fullmatch(r"(700 (ompi|prte|pmix)|600 pmix|7[05][05] prterun)[\w.-]*", line)]
    assert not [line for line in ours if "cardwise" in line or not line.startswith("700 ")], ours
    assert not [p for p in temporary.rglob("*") if p.is_file() and "cardwise" in p.name]


def test_compilers_caches_are_private_to_the_user(tmp_path):
    """cardwise keeps no binaries of its own; the runtime's go below the user's home."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    kept = dict(os.environ)
    os.environ.pop("POCL_CACHE_DIR", None)
    os.environ.pop("XDG_CACHE_HOME", None)
    try:
        measured(tmp_path / "run.h5", env={"HOME": str(home)})
    finally:
        os.environ.clear()
        os.environ.update(kept)

    kept_there = {p.relative_to(home).parts[0] for p in home.iterdir()}
    assert kept_there - {".nv"} == {".cache"}  # .nv: of NVIDIA's driver, where it is


def test_no_secret_of_the_environment_is_in_the_file(tmp_path):
    secrets = {name: f"s3cret-{i}-of-{name.lower()}" for i, name in enumerate([
        "AWS_SECRET_ACCESS_KEY", "SLURM_JWT", "GITHUB_TOKEN", "HOME_PASSWORD", "OMPI_MCA_orte_precondition_transports",
        "UCX_TLS_SECRET", "CARDWISE_TOKEN", "SLURM_JOB_COMMENT", "SSH_AUTH_SOCK", "POCL_API_KEY"])}  # fmt: skip
    measured(tmp_path / "run.h5", env={**secrets, "OMP_NUM_THREADS": "seen-in-the-file"})

    text = strings_of(tmp_path / "run.h5")
    assert "seen-in-the-file" in text  # else this looks at the wrong place
    assert [name for name, value in secrets.items() if value in text] == []


@pytest.mark.parametrize("name, value", [
    ("LD_PRELOAD", "libm.so.6"), ("OPENCL_LAYERS", "/nonexistent/layer.so"),
    ("CUDA_INJECTION64_PATH", "/nonexistent/injection.so"), ("CARDWISE_CUDA_LIBRARY", "/nonexistent/libcuda.so")])
def test_what_stands_between_us_and_a_driver_is_recorded_and_said(name, value, tmp_path):  # fmt: skip
    done = measured(tmp_path / "run.h5", env={name: value})

    assert f"{name}={value}" in strings_of(tmp_path / "run.h5")
    assert any("stands between" in line and name in line for line in done.out.splitlines()), done.all


def test_user_text_starts_nothing(tmp_path):
    mark = pathlib.Path.cwd() / "pwned"
    evil = "$(touch pwned);`touch pwned`|touch pwned&\n'\"<x>"
    done = measured(tmp_path / f"run {evil}.h5", "--tag", evil, "--system", evil.replace("\n", ""))

    assert not mark.exists(), done.all


def test_no_shell_in_the_program():
    """exec of ourselves is all there is; scripts pass arguments on as an array."""
    for path in [*(ROOT / "src").rglob("*.?pp"), *(ROOT / "bench").rglob("*.?pp")]:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            assert not re.search(r"\b(std::system|system|popen|execl\w*|execvp\w*|wordexp)\s*\(", line.split("//")[0]), (
                f"{path}:{number}: {line}")  # fmt: skip
    for path in (ROOT / "scripts" / "report" / "cardwise_report").rglob("*.py"):
        assert not re.search(r"shell=True|\bos\.system|\beval\(|\bexec\(|\bpickle\b", path.read_text()), path
    for path in (ROOT / "scripts").rglob("*"):
        if path.suffix in (".sh", ".sbatch"):
            assert not re.search(r"(^|[;&|]\s*)eval\b", path.read_text(), re.M), path


def test_libraries_are_opened_by_fixed_names():
    """No path of the working folder or of a shared one: dlopen searches the loader's own."""
    names = set()
    for path in (ROOT / "src").rglob("*.cpp"):
        names |= set(re.findall(r'"([^"\s]*\.so[.\w]*)"', path.read_text()))
    assert names and not [n for n in names if n.startswith((".", "/tmp", "/var/tmp"))], names
