#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does any damaged input end a command of cardwise-report in a traceback, a hang or a wrong code?

    fuzz.py [--count 100000] [--seconds S] [--progress FILE] [--keep DIR]

Input number N is always the same one. With --progress the numbers done are appended to FILE, and the
next call goes on behind them. Exit code 1: an input was not survived; it lies in DIR.
"""

import argparse
import faulthandler
import gc
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
if __name__ == "__main__":
    sys.path[:0] = [str(HERE), str(ROOT / "scripts" / "report")]

import h5py  # noqa: E402
from make_run import Spec, make_run  # noqa: E402
from mutating import mutate_bytes, mutate_objects, mutate_text  # noqa: E402

from cardwise_report import cli, guard  # noqa: E402

COUNT, BATCH = 100_000, 100
LIMIT_S = 60  # wall time of one command: finds hangs, not slowness
CPU_S = 2  # what the guard grants a command: these files are small

# {bad}: the damaged input; {good}: a whole run; {runs}: a folder that holds both; {out}: a new file.
COMMANDS = (
    "check {bad}",
    "show {bad}",
    "show {bad} --format json",
    "show {bad} --format csv",
    "cards {bad}",
    "cards {bad} --format json --strict",
    "cards {bad} --slurm",
    "cards {good} --alike {bad}",
    "health {bad}",
    "health {bad} --format json",
    "html {bad} -o {out}",
    "compare {good} {bad} --html {out}",
    "compare {bad} {good} --html {out}",
    "compare {bad} {good} {good} {good}",
    "compare {good} {bad} --cross-system --format junit",
    "compare {good} {bad} --format markdown --accept-changed-kernels",
    "compare --baseline {runs} {good} --format json",
    "export {bad} --anonymise",
    "export {bad} --format csv",
    "reference {bad} -o {out} --force",
    "history {runs} --format json",
    "history {runs} -o {out}",
    "ack {runs} 00000000 --reason x",
)
# Texts that a person or another program wrote: the run itself is whole.
TEXTS = {
    "policy": "compare {good} {good} --policy {bad}",
    "annotations": "history {runs}",
    "reference": "show {good}",
    "reference of cards": "cards {good}",
    "reference of health": "health {good}",
}
CODES = (0, 1, 2, 3, 4, 5)


@dataclass
class Base:
    """What is damaged, and where."""

    folder: pathlib.Path
    files: list[pathlib.Path]
    texts: dict[str, str]
    names: dict[str, str] = field(default_factory=dict)


@dataclass
class Outcome:
    """One input: its number, the command, what is wrong with how it ended ("" if nothing)."""

    number: int
    command: list[str]
    code: int | None
    wrong: str = ""


def prepare(folder: pathlib.Path) -> Base:
    """Whole files below `folder`: two made up, and real runs of this repository."""
    cases = [
        Spec("mem/triad", {"backend": b, "dtype": "f32", "n": "64", "wv": "1"}, 1e-3, work=3e9)
        for b in ("cuda", "opencl")
    ]
    made = [folder / "small.h5", folder / "one.h5"]
    make_run(made[0], cases=cases, rounds=6, block=4, ranks=8)
    make_run(made[1], cases=cases, rounds=6, block=4, ranks=1)
    real = sorted((ROOT / "results" / "reference").glob("*/quick*.h5"))
    (folder / "runs").mkdir()
    (folder / "references").mkdir()
    policy = '{"compare": {"mem": {"delta_pct": 3, "sigma_pct": 0.3}, "api": {"delta_pct": 9.5}}}'
    remark = '{"system": "testsystem", "first_utc": "2026-05-04T03:00:00Z", "reason": "driver"}'
    texts = {"policy": policy, "annotations": f'{{"breaks": [{remark}]}}', "reference": _values()}
    names = {"good": folder / "small.h5", "runs": folder / "runs", "out": folder / "out"}
    return Base(folder, made * 60 + real, texts, {k: str(v) for k, v in names.items()})


def _values() -> str:
    """References of the made-up cards, as the command `reference` writes them."""
    keys = (f"mem/triad?backend={b}&dtype=f32&n=64&wv=1" for b in ("cuda", "opencl"))
    rest = '"unit": "B/s", "peak": 3.35e12, "source": "x", "date": "2026-05-02", "cards": ["a"]'
    values = ", ".join(f'{{"case_key": "{key}", "value": 3e12, {rest}}}' for key in keys)
    head = '"schema": "cardwise.reference", "version": 1, "model": "NVIDIA H100 80GB HBM3"'
    return f'{{{head}, "values": [{values}]}}'


def damage(base: Base, number: int) -> list[str]:
    """Writes input `number`; gives the command that is to survive it."""
    dice = random.Random(f"cardwise {number}")
    for old in ("references/nvidia-h100-80gb-hbm3.json", "runs/annotations.json", "out"):
        (base.folder / old).unlink(missing_ok=True)
    if number % 12 == 11:
        return _damage_text(base, dice)
    bad, source = base.folder / "runs" / "bad.h5", dice.choice(base.files)
    if dice.random() < 0.5:
        bad.write_bytes(mutate_bytes(source.read_bytes(), dice))
    else:
        shutil.copyfile(source, bad)
        with h5py.File(bad, "r+") as file:
            mutate_objects(file, dice)
    command = COMMANDS[number % len(COMMANDS)]
    return command.format(bad=bad, **base.names | {"good": str(source)}).split()


def _damage_text(base: Base, dice: random.Random) -> list[str]:
    kind = dice.choice(list(TEXTS))
    places = {
        "policy": "policy.json",
        "annotations": "runs/annotations.json",
        "reference": "references/nvidia-h100-80gb-hbm3.json",
    }
    name = kind.partition(" ")[0]
    bad = base.folder / places[name]
    bad.write_text(mutate_text(base.texts[name], dice), encoding="utf-8", errors="surrogatepass")
    return TEXTS[kind].format(bad=bad, **base.names).split()


def survive(base: Base, number: int) -> Outcome:
    """Damages, runs the command's entry point in a forked child, judges how it ended."""
    command = damage(base, number)
    out, err = base.folder / "stdout", base.folder / "stderr"
    child = os.fork()
    if child == 0:
        _child(base, command, out, err)
    code = _wait(child)
    if code is None:
        return Outcome(number, command, code, f"no end within {LIMIT_S} s")
    said, complaint = (path.read_text(errors="replace") for path in (out, err))
    wrong = ""
    if "Traceback" in complaint or "internal error" in complaint:
        wrong = complaint[-2000:]
    elif code not in CODES:
        wrong = f"exit code {code}: {complaint[-500:]}"
    elif code in (2, 3) and not complaint:
        wrong = f"exit code {code} without a reason"
    elif code not in (2, 3) and not said and command[0] != "ack" and "--slurm" not in command:
        wrong = f"exit code {code} and nothing said"
    return Outcome(number, command, code, wrong)


def _child(base: Base, command: list[str], out: pathlib.Path, err: pathlib.Path) -> None:
    """Never comes back."""
    code = 99
    try:
        os.setsid()  # its own guard's child ends with it
        faulthandler.disable()  # pytest's: a child that dies of a file should do so quietly
        for path, number in ((out, 1), (err, 2)):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(handle, number)
        os.environ["CARDWISE_REFERENCE"] = str(base.folder / "references")
        os.environ["XDG_CACHE_HOME"] = str(base.folder / "cache")
        guard._CPU_BASE_S = CPU_S
        sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)
        code = cli.main(command)
        sys.stdout.flush()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _wait(child: int) -> int | None:
    """Exit code; None where it had to be killed."""
    end, pause = time.monotonic() + LIMIT_S, 0.002
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(pause)
        pause = min(0.01, 1.3 * pause)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def warm_up() -> None:
    """Imports what the commands import, so that no child needs to; forks are then cheap."""
    from cardwise_report import (  # noqa: F401
        ack,
        cards,
        check,
        compare,
        export,
        health,
        history,
        html,
        reference,
        show,
    )

    gc.freeze()  # else each child's collection copies the pages of all of them


def fuzz(first: int, count: int, folder: pathlib.Path, seconds: float = 1e9):
    """Inputs first … first + count - 1, until `seconds` are over; yields every Outcome."""
    warm_up()
    end = time.monotonic() + seconds
    base = prepare(folder)
    for number in range(first, first + count):
        if time.monotonic() > end:
            return
        yield survive(base, number)


def done_before(progress: str | None) -> int:
    """How many inputs the last line of the progress file counts."""
    if not progress or not os.path.exists(progress):
        return 0
    lines = pathlib.Path(progress).read_text(encoding="utf-8").split("\n")
    counts = [int(line.split()[0]) for line in lines if line[:1].isdigit()]
    return max(counts, default=0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=COUNT, help="inputs in all, with those before")
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after so long")
    parser.add_argument("--progress", metavar="FILE")
    parser.add_argument("--keep", metavar="DIR", default="fuzz-failures")
    given = parser.parse_args()
    first, failures, codes = done_before(given.progress), 0, {}
    with tempfile.TemporaryDirectory(prefix="cardwise-fuzz-") as name:
        folder, last = pathlib.Path(name), first
        for found in fuzz(first, given.count - first, folder, given.seconds):
            last = found.number + 1
            codes[found.code] = codes.get(found.code, 0) + 1
            if found.wrong:
                failures += 1
                keep = pathlib.Path(given.keep) / str(found.number)
                shutil.copytree(folder / "runs", keep, dirs_exist_ok=True)
                print(f"input {found.number}: {' '.join(found.command)}\n{found.wrong}", flush=True)
            if last % BATCH == 0 or last == given.count:
                _note(given.progress, last, failures)
    shares = ", ".join(f"{codes[code]} x {code}" for code in sorted(codes, key=str))
    print(f"inputs {first} to {last}: {failures} not survived; exit codes {shares}")
    return 1 if failures else 0


def _note(progress: str | None, done: int, failures: int) -> None:
    if progress:
        with open(progress, "a", encoding="utf-8") as file:
            file.write(f"{done} inputs, {failures} not survived in this call\n")


if __name__ == "__main__":
    sys.exit(main())
