# SPDX-License-Identifier: Apache-2.0
"""scripts/nightly.sh and scripts/slurm/prolog.sh: nights in a row on PoCL and of made-up cards, what the exit codes say."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import program
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NIGHTLY = ROOT / "scripts/nightly.sh"
LIMIT_S = 300  # finds hangs, not slowness
SMALL = ["--profile", "quick", "--type", "cpu", "--arg=--filter", "--arg=mem/saxpy|gemm|h2d", "--arg=--max-bytes=1MiB"]
STEPS = "check", "html", "health", "compare", "history"


def script(path, text):
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def report(tmp_path):
    """cardwise-report of this tree, without installing it."""
    package = ROOT / "scripts/report"
    return script(
        tmp_path / "report", f'#!/bin/sh\nPYTHONPATH={package} exec {sys.executable} -m cardwise_report "$@"\n'
    )


def environment(**more):
    cards = {"POCL_DEVICES": "basic basic", "CARDWISE_REFERENCE": "/none"}
    return program.environment({**cards, **more})


@pytest.fixture
def night(tmp_path, report):
    """One night of the system `s`; `launcher` stands behind --. Prints all for pytest to show."""

    def run(*options, launcher=(), env=None):
        words = [NIGHTLY, "--results", tmp_path / "runs", "--system", "s", "--report", report]
        words += [] if "--cardwise" in options else ["--cardwise", program.CARDWISE]
        words += [*options, *(["--", *launcher] if launcher else [])]
        done = subprocess.run(
            words,
            env=environment(**(env or {})),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        print(done.returncode, done.stdout, done.stderr)
        return done

    return run


def filed(tmp_path, suffix=".h5", system="s"):
    return sorted((tmp_path / "runs" / system).glob("2*/*" + suffix))


#: Runs the program with a fault and takes the mark off the file, so that the report holds it for a measurement.
UNMARKED = """#!{python}
import os, subprocess, sys
import h5py
words = sys.argv[1:]
code = subprocess.call([{cardwise!r}, *words], env=os.environ | {{"CARDWISE_FAULT": "kind=bit,entry=cw_saxpy"}})
with h5py.File(words[words.index("--output") + 1], "r+") as file:
    file["provenance/planted_faults"][()] = ""
sys.exit(code)
"""


def test_two_nights_on_pocl_and_a_third_with_wrong_results(night, tmp_path):
    first = night(*SMALL)
    kept = {path: path.read_bytes() for path in (tmp_path / "runs").rglob("*") if path.is_file()}
    second = night(*SMALL)
    wrong = script(tmp_path / "wrong", UNMARKED.format(python=sys.executable, cardwise=program.CARDWISE))
    third = night("--cardwise", wrong, *SMALL, launcher=["env"])

    # "Nobody knows" is a CPU's health; that there is nothing to compare with is none of it.
    assert first.returncode == second.returncode == 4
    assert first.stderr == second.stderr == ""
    assert len(first.stdout.splitlines()) == 1 and " CW40" in first.stdout
    assert all(path.read_bytes() == content for path, content in kept.items())
    assert third.returncode == 5 and "CW102 isolate" in third.stdout
    assert "compare" not in third.stderr  # two earlier runs are too few
    for suffix in (".h5", ".html", ".log"):
        assert len(filed(tmp_path, suffix)) == 3
    assert "nothing compared: 1 earlier runs" in filed(tmp_path, ".log")[1].read_text()


def test_planted_faults_are_no_measurement_and_no_good_night(night, tmp_path):
    done = night(*SMALL, "--ranks", "1", env={"CARDWISE_FAULT": "kind=bit,entry=cw_saxpy"})

    assert done.returncode == 1 and "faults were planted" in done.stdout


MADE_UP = """#!{python}
import os, sys
sys.path[:0] = [{report!r}, {tests!r}]
from runs import few_cases, run_file
from test_health import healthy
number = int(os.environ["NIGHT"])
steps = [1.0, 1.004, 0.997, 1.002, 0.999]
factors = {{c.name: steps[(number + j) % 5] for j, c in enumerate(few_cases())}}
factors["mem/triad"] *= float(os.environ.get("SLOWER", 1))
cases = [*few_cases(factors), *few_cases(factors)[:1]]
cases[-1].name = "copy/h2d"
path = sys.argv[sys.argv.index("--output") + 1]
run_file("/", number, cases=cases, ranks=8, name=path, root={{"system": "s"}}, edit=healthy)
"""


def test_a_regression_is_told_from_the_fourth_night_on(night, tmp_path):
    folders = {"report": str(ROOT / "scripts/report"), "tests": str(ROOT / "tests/report")}
    stub = script(tmp_path / "cards", MADE_UP.format(python=sys.executable, **folders))

    def made_up(number, slower="1"):
        return night("--cardwise", stub, launcher=["env", f"NIGHT={number}", f"SLOWER={slower}"])

    good = [made_up(number) for number in range(1, 5)]
    slow = made_up(5, "1.2")

    assert [done.returncode for done in good] == [0, 0, 0, 0]
    assert [done.stderr for done in good] == [""] * 4
    assert [len(done.stdout.splitlines()) for done in good] == [2] * 4  # 8 cards in two nodes
    assert slow.returncode == 1 and "compare ended with 1" in slow.stderr
    assert "mem/triad" in slow.stderr and "SLOWER" in slow.stderr and "mem/copy" not in slow.stderr


@pytest.fixture
def codes(night, tmp_path):
    """A night whose steps end with given codes: exit code of the night, commands that were called."""
    calls = tmp_path / "calls"
    run = script(tmp_path / "run", '#!/bin/sh\nwhile [ "$1" != --output ]; do shift; done; : >"$2"; exit $RUN\n')
    report = script(tmp_path / "step", f'#!/bin/sh\necho "$1" >>{calls}\neval "exit \\${{$1:-0}}"\n')

    def go(run_code=0, **steps):
        env = {"RUN": str(run_code), **{name: str(code) for name, code in steps.items()}}
        return night("--cardwise", run, "--report", report, launcher=["env"], env=env).returncode, calls

    return go


@pytest.mark.parametrize(
    "steps, code",
    [
        ({}, 0),
        ({"history": 1}, 1),
        ({"compare": 1, "health": 4}, 1),
        ({"compare": 3}, 4),
        ({"run_code": 3, "health": 1}, 3),
        ({"run_code": 3, "health": 5}, 5),
        ({"run_code": 1, "compare": 5}, 5),
        ({"run_code": 143, "check": 4}, 4),
        ({"html": 2, "health": 4}, 2),
        ({"html": 2, "health": 1}, 1),
        ({"history": 137}, 2),
    ],
)
def test_the_gravest_step_is_the_exit_code(codes, steps, code):
    found, calls = codes(**steps)

    assert found == code
    assert tuple(calls.read_text().split()) == STEPS  # a bad step ends no other


def test_a_run_without_a_file_is_no_good_night(night, tmp_path):
    assert night("--cardwise", "/bin/true", launcher=["env"]).returncode == 2
    assert night("--cardwise", "/bin/sh", launcher=["env", "sh", "-c", "exit 3"]).returncode == 3


WAITING = ["sh", "-c", ': >"$0/started"; until [ -e "$0/go" ]; do sleep 0.05; done; exec "$@"']


def begun(words, path, env):
    process = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for _ in range(LIMIT_S * 10):
        if path():
            return process
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.1)
    raise AssertionError("did not begin")


def test_of_two_at_once_the_second_measures_nothing(night, tmp_path, report):
    own = ["--results", tmp_path / "runs", "--system", "s", "--report", report, "--cardwise", program.CARDWISE]
    words = [NIGHTLY, *own, *SMALL, "--", *WAITING, str(tmp_path)]
    process = begun(words, (tmp_path / "started").exists, environment())

    second = night(*SMALL, launcher=["env"])
    (tmp_path / "go").touch()
    said, _ = process.communicate(timeout=LIMIT_S)

    assert second.returncode == 4 and "another night of s is running" in second.stderr
    assert process.returncode == 4 and "CW40" in said and len(filed(tmp_path)) == 1


def in_round_2(tmp_path):  # no kernel is compiled any more: a signal would end PoCL's linker
    return any("\nround 2 of" in log.read_text(errors="replace") for log in filed(tmp_path, ".log"))


def test_a_job_that_is_ended_keeps_and_judges_what_was_measured(tmp_path, report):
    own = ["--results", tmp_path / "runs", "--system", "s", "--report", report, "--cardwise", program.CARDWISE]
    words = [NIGHTLY, *own, *SMALL, "--arg=--rounds=256", "--", "env"]
    process = begun(words, lambda: in_round_2(tmp_path), environment())

    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=LIMIT_S)

    assert process.returncode == 4 and "cardwise run ended with 4" in said, said
    assert "CW4" in said and len(filed(tmp_path, ".html")) == 1


def test_dry_run_does_nothing(night, tmp_path):
    done = night("--dry-run", *SMALL)

    assert done.returncode == 0 and not (tmp_path / "runs").exists()
    for word in ("mpirun", *STEPS):
        assert word in done.stdout


def test_no_word_reaches_a_shell(night, tmp_path):
    evil = "$(touch here);`touch here`'\" x"
    done = night("--system", evil, "--arg=--tag", f"--arg={evil}", *SMALL, launcher=["env", f"X={evil}"])

    assert done.returncode == 4 and not (tmp_path / "here").exists()
    names = [path.name for path in (tmp_path / "runs").iterdir()]
    assert len(names) == 1 and set(names[0]) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-.")
    assert len(filed(tmp_path, system=names[0])) == 1


@pytest.mark.parametrize(
    "options, said",
    [
        (["--profil", "quick"], "unknown option '--profil'"),
        (["quick"], "unknown argument 'quick'"),
        (["--ranks", "0"], "a number from 1 on, not '0'"),
        (["--report", "/none"], "no cardwise-report at /none"),
        (["--results", "/dev/null/x"], "cannot be made"),
        (["--system", "../x"], "cannot be the name of a folder"),
    ],
)
def test_usage(night, tmp_path, options, said):
    done = night(*options, launcher=["env"])

    assert done.returncode == 2 and said in done.stderr and not (tmp_path / "runs").exists()


@pytest.fixture
def prolog(tmp_path, report):
    """scripts/slurm/prolog.sh with another scontrol: exit code, what was printed, what scontrol was told."""
    (tmp_path / "bin").mkdir()
    script(tmp_path / "bin/scontrol", f'#!/bin/sh\nprintf "%s\\n" "$@" >>{tmp_path}/told\n')

    def run(cardwise=program.CARDWISE, **more):
        path = f"{tmp_path}/bin:{os.environ['PATH']}"
        env = {"CARDWISE": str(cardwise), "CARDWISE_REPORT": str(report), "CARDWISE_TYPE": "cpu", "PATH": path}
        env = {**environment(**{**env, **more}), "SLURMD_NODENAME": "nid7", "SLURM_JOB_ID": "1"}
        words = [ROOT / "scripts/slurm/prolog.sh"]
        done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=LIMIT_S)
        print(done.returncode, done.stdout, done.stderr)
        told = tmp_path / "told"
        return done.returncode, done.stdout, told.read_text().splitlines() if told.exists() else []

    return run


def test_prolog_lets_a_node_be_that_nobody_knows_ill_of(prolog):
    code, said, told = prolog()

    assert code == 0 and " CW4" in said and told == []


def test_prolog_drains_a_node_whose_card_computes_wrong_results(prolog, tmp_path):
    text = UNMARKED.replace(
        "words = sys.argv[1:]", "words = sys.argv[1:]\nif words[0] == 'devices': os.execv(CARDWISE)"
    )
    text = text.replace("os.execv(CARDWISE)", "os.execv({cardwise!r}, [{cardwise!r}, *words])")
    text = text.format(python=sys.executable, cardwise=program.CARDWISE).replace("cw_saxpy", "cw_triad")
    code, said, told = prolog(script(tmp_path / "wrong", text), POCL_DEVICES="basic")

    assert code == 1 and told[:3] == ["update", "NodeName=nid7", "State=DRAIN"]
    assert told[3].startswith("Reason=cardwise: CW102 isolate: ")


def test_prolog_drains_a_node_without_its_cards(prolog):
    code, _, told = prolog(CARDWISE_TYPE="gpu")

    assert code == 1 and told[3] == "Reason=cardwise: no card found"
