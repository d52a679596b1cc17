# SPDX-License-Identifier: Apache-2.0
"""scripts/run.sh, without its set-up and build: which launcher, tables and page, and what it says of them."""

import os
import pathlib
import shutil
import subprocess
import sys

import h5py
import program
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SMALL = ["--filter", "mem/saxpy", "--max-bytes", "1MiB", "--progress", "none"]
LIMIT_S = 300  # finds hangs, not slowness


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def tree(tmp_path):
    """A tree that is set up and built: the real run.sh, lib.sh and program; cmake and setup.sh have nothing to do."""
    for name in ("run.sh", "lib.sh"):
        (tmp_path / "scripts").mkdir(exist_ok=True)
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts")
    for name in ("scripts/setup.sh", "bin/cmake"):
        script(tmp_path / name, "#!/bin/sh\n")
    (tmp_path / "build/release").mkdir(parents=True)
    (tmp_path / "build/release/cardwise").symlink_to(program.CARDWISE)
    command = f'PYTHONPATH={ROOT}/scripts/report exec {sys.executable} -m cardwise_report "$@"\n'
    script(tmp_path / "build/venv/bin/cardwise-report", "#!/bin/sh\n" + command)
    return tmp_path


def run(tree, *options, **more):
    env = program.environment({"PATH": f"{tree}/bin:{os.environ['PATH']}", "POCL_DEVICES": "basic basic", **more})
    words = [tree / "scripts/run.sh", *SMALL, *options]
    done = subprocess.run(words, env=env, cwd=tree, capture_output=True, text=True, timeout=LIMIT_S)
    print(done.returncode, done.stdout, done.stderr)
    return done


def test_without_a_card_the_cpu_is_measured_and_the_page_is_named(tree):
    done = run(tree)
    (page,) = tree.glob("results/*/*/*.html")

    assert done.returncode == 0 and "No GPU or FPGA card found" in done.stdout
    assert f"The page of it is   {page.relative_to(tree)} " in done.stdout.splitlines()[-1] + " "
    assert page.read_text().startswith("<!DOCTYPE html>") and page.with_suffix(".h5").exists()


def test_two_ranks_and_a_named_file(tree):
    done = run(tree, "--type", "cpu", "--ranks", "2", "--output", "here.h5")

    assert done.returncode == 0
    with h5py.File(tree / "here.h5") as file:
        assert file.attrs["ranks"] == 2
    assert "The result is in here.h5" in done.stdout and "The page of it is   here.html" in done.stdout


def test_ranks_without_a_number_is_a_mistake_of_usage_not_a_failed_case(tree):
    done = run(tree, "--ranks")

    assert done.returncode == 2 and "error: --ranks needs a number" in done.stderr
    assert not list(tree.glob("results/*"))


def test_without_the_report_it_says_what_is_missing(tree):
    (tree / "build/venv/bin/cardwise-report").unlink()
    done = run(tree)

    assert done.returncode == 0 and "cardwise-report is not installed" in done.stdout
    assert "The page" not in done.stdout and not list(tree.rglob("*.html"))


def test_no_page_is_named_where_none_could_be_made(tree):
    done = run(tree, CARDWISE_FAULT="kind=bit,entry=cw_saxpy")

    assert done.returncode == 1 and "The result is in" in done.stdout
    assert "The page" not in done.stdout and "faults were planted" in done.stderr


def test_a_card_that_is_not_there_is_no_cpu(tree):
    done = run(tree, "--type", "gpu")

    assert done.returncode == 3 and not list(tree.rglob("*.h5"))
