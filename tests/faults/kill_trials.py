#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is the result file whole, and does it hold what was announced, after SIGKILL at any moment?

Each trial starts two ranks on PoCL under mpirun with checkpoints many times a second
(CARDWISE_CHECKPOINT_S), kills rank 0, rank 1, mpirun or all of them (a node without power), and
reads the file. All trials use one folder and one file name, so that each starts over what the one
before left there. One JSON line a trial is appended to --record; what is there is not done again.
"""

import argparse
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from folder_watch import CREATE, MODIFY, MOVED_TO, FolderWatch
from kill_table import failed, summary, write_table
from one_run import Run
from requirements import skipped

CHECKPOINT_S = "0.05"
# mpirun gives the ranks that remain a second or two, in which they only turn in circles.
NO_PATIENCE = {"OMPI_MCA_odls_base_sigkill_timeout": "0"}
TARGETS = ("rank 0", "rank 1", "mpirun", "all")
# Of ten trials: anywhere in the run, after two announced checkpoints, in the middle of a write.
AIMS = ("any", "any", "any", "later", "later", "later", "later", "write", "write", "write")
PATIENCE_S = 120  # for what must come; a loaded machine is no fault
ANNOUNCED = re.compile(r"checkpoint: round \d+ of \d+, (\d+) visits saved")


def text(attribute):
    return attribute.decode() if isinstance(attribute, bytes) else str(attribute)


class Trial:
    def __init__(self, tools, folder, number, seed, typical_s):
        self.random = random.Random(f"{seed}/{number}")
        self.aim = AIMS[number % len(AIMS)]
        self.target = self.random.choice(TARGETS)
        self.file = folder / "run.h5"
        self.temporary = folder / "run.h5.tmp"
        self.file.unlink(missing_ok=True)  # a run never overwrites; its temporary stays
        self.stale = self.inode()
        self.problems, self.events = [], []
        self.watch = FolderWatch(folder)
        self.run = Run(
            tools,
            folder,
            rounds=256,
            max_bytes="16KiB",
            quiet=True,
            env={"CARDWISE_CHECKPOINT_S": CHECKPOINT_S, **NO_PATIENCE},
        )
        self.typical_s = typical_s
        self.first_file_s, self.revision = None, ""

    def inode(self):
        try:
            return self.temporary.stat().st_ino
        except OSError:
            return None

    def announced(self):
        """(checkpoints, visits) that the console has told of."""
        visits = [int(v) for v in ANNOUNCED.findall(self.run.output)]
        return len(visits), visits[-1] if visits else 0

    def look(self, until):
        now = self.watch.next(until)
        for kind, name in now:
            if kind & MOVED_TO and name == self.file.name and self.first_file_s is None:
                self.first_file_s = time.monotonic() - self.run.began
        return now

    def two_checkpoints(self):
        end = time.monotonic() + PATIENCE_S
        while self.announced()[0] < 2:
            if time.monotonic() > end or self.run.process.poll() is not None:
                raise TimeoutError(f"no second checkpoint in {PATIENCE_S} s: {self.run.output}")
            self.look(time.monotonic() + 0.05)

    def wait_for_the_moment(self):
        if self.aim == "any":
            until = self.run.began + self.random.uniform(0, 1.5 * self.typical_s)
            while time.monotonic() < until:
                self.look(until)
            return
        self.two_checkpoints()
        if self.aim == "later":
            until = time.monotonic() + self.random.uniform(0, 0.5)
            while time.monotonic() < until:
                self.look(until)
            return
        for _ in range(self.random.randint(1, 3)):
            while self.look(time.monotonic() + 0.002):
                pass  # what has happened already
            end = time.monotonic() + PATIENCE_S
            while not any(k & (CREATE | MODIFY) for k, _ in self.look(end)):
                if time.monotonic() >= end or self.run.process.poll() is not None:
                    raise TimeoutError("no write came")
        time.sleep(self.random.choice((0, 0, 0, 0.0005, 0.001, 0.002)))

    def victims(self):
        ranks = {rank: pid for pid, (rank, _) in self.run.processes().items() if rank is not None}
        mpirun = self.run.process.pid
        return {
            "rank 0": [ranks.get(0)],
            "rank 1": [ranks.get(1)],
            "mpirun": [mpirun],
            "all": [mpirun, ranks.get(0), ranks.get(1)],
        }[self.target]

    def kill(self):
        """False where the victim was not there: not yet born, or gone."""
        # Who to kill is looked up before the moment: it takes longer than a write.
        early = self.aim == "any"
        if not early:
            self.two_checkpoints()
            pids = self.victims()
        self.wait_for_the_moment()
        while early:  # at its birth at the earliest
            pids = self.victims()
            early = None in pids and self.run.process.poll() is None
        pids = [p for p in pids if p is not None]
        before = self.inode()
        alive = self.run.process.poll() is None
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                alive = False
        after = self.inode()
        self.during_write = before is not None and before == after and before != self.stale
        self.at_kill = self.announced()
        return alive and bool(pids)

    def wait_for_the_end(self):
        end = time.monotonic() + PATIENCE_S
        killed = time.monotonic()
        try:
            self.code = self.run.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.code = None
            self.problems.append(f"mpirun still lives after {PATIENCE_S} s")
        while self.run.processes() and time.monotonic() < end:
            time.sleep(0.05)
        self.end_s = time.monotonic() - killed
        left = self.run.processes()
        if left:
            self.problems.append(f"left behind: {left}")
        self.run.stop()
        self.run.reader.join(5)

    def read(self):
        """Checkpoint number and visits of the file, all of which is read."""
        import h5py

        with h5py.File(self.file, "r") as file:
            for name in file["index"]:
                file["index"][name][()]
            visits = []
            for case, (path, rounds) in enumerate(zip(file["index/group_path"].asstr()[:], file["index/rounds"][:])):
                group = file[path]
                numbers = list(group["round"][:]) if "round" in group else []
                times, flags = group["time_ns"][:], group["flags"][:]
                if numbers != list(range(len(numbers))) or len(numbers) != rounds:
                    self.problems.append(f"case {case}: rounds {numbers}, index says {rounds}")
                block = times.shape[1] // max(1, len(numbers))
                if times.size and (
                    times.shape[0] != 2
                    or times.shape != flags.shape
                    or times.shape[1] != block * len(numbers)
                    or (times <= 0).any()
                ):
                    self.problems.append(f"case {case}: {times.shape} times of {len(numbers)} visits")
                visits.append(len(numbers))
            # The rounds are shuffled, but none begins before the last one is over.
            if max(visits) - min(visits) > 1:
                self.problems.append(f"a visit in the middle is missing: {visits}")
            everything = []
            file.visititems(lambda _, o: everything.append(o[()] if hasattr(o, "shape") else 0))
            reason, self.revision = (text(file.attrs[n]) for n in ("exit_reason", "git_revision"))
            if file.attrs["git_dirty"]:
                self.revision += "+"
            return int(file.attrs["checkpoint_no"]), sum(visits), int(file.attrs["complete"]), reason

    def check(self):
        checkpoints, told = self.announced()
        number, visits, complete, reason = 0, 0, 0, "no file"
        if self.file.exists():
            try:
                number, visits, complete, reason = self.read()
            except Exception as error:  # whatever h5py throws at a damaged file
                self.problems.append(f"damaged: {error!r}")
            else:
                if visits < told:
                    self.problems.append(f"{told} visits were announced, {visits} are in the file")
                if number < checkpoints:
                    self.problems.append(f"{checkpoints} checkpoints announced, the file's is {number}")
                if (complete, reason) != (0, "killed"):
                    self.problems.append(f"complete {complete}, exit_reason {reason}")
        elif checkpoints:
            self.problems.append("announced, but there is no file")
        results = [p.name for p in self.file.parent.iterdir() if p.suffix == ".h5"]
        if results not in ([], [self.file.name]):
            self.problems.append(f"results: {results}")
        if self.first_file_s is not None and self.stale is not None and self.inode() == self.stale:
            self.problems.append("the temporary of the run before is still there")
        return {"checkpoint_no": number, "visits_announced": told, "visits_read": visits}

    def go(self):
        try:
            hit = self.kill()
        except TimeoutError as reason:
            hit, self.during_write, self.at_kill = False, False, self.announced()
            self.problems.append(str(reason))
        if not hit:
            self.run.stop()
        self.wait_for_the_end()
        while self.look(time.monotonic() + 0.01):
            pass
        if self.target in ("rank 0", "all"):  # the writer: what it wrote must stand still
            self.during_write = self.during_write and self.inode() is not None
        found = self.check()
        return {
            "aim": self.aim,
            "target": self.target,
            "hit": hit,
            "after_second": self.at_kill[0] >= 2,
            "during_write": self.during_write,
            "over_stale": self.stale is not None and self.first_file_s is not None,
            "left_temporary": self.inode() is not None,
            **found,
            "code": self.code,
            "revision": self.revision,
            "end_s": round(self.end_s, 2),
            "first_file_s": self.first_file_s,
            "problems": self.problems,
        }


def whole_run(tools, folder):
    """A run that nobody kills ends well: before the kills, and with what they have left behind."""
    import h5py

    (folder / "run.h5").unlink(missing_ok=True)
    run = Run(tools, folder, max_bytes="16KiB", quiet=True)
    code = run.finish()
    with h5py.File(run.file, "r") as file:
        whole = code == 0 and file.attrs["complete"] == 1
    print(f"a run that nobody kills: exit code {code}, {'whole' if whole else 'NOT whole'}")
    return whole and not run.temporary_left()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cardwise")
    parser.add_argument("--mpirun", default=shutil.which("mpirun"))
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--seed", type=int, default=20261128)
    parser.add_argument("--record", type=pathlib.Path, nargs="+", help="JSON lines (default: none kept)")
    parser.add_argument(
        "--least",
        type=int,
        nargs=2,
        metavar=("LATER", "WRITE"),
        default=(0, 0),
        help="fails where fewer fell after the second checkpoint, during a write",
    )
    parser.add_argument("--table", action="store_true", help="only write docs/reliability.md")
    tools = parser.parse_args()
    records = tools.record or []
    done = [json.loads(line) for r in records if r.exists() for line in r.read_text().splitlines()]
    if tools.table:
        return write_table(done)
    if reason := skipped(tools):
        return reason

    print(f"seed {tools.seed}; {len(done)} of {tools.trials} trials are done already")
    typical_s = 2.0
    with tempfile.TemporaryDirectory(prefix="cardwise-kills-") as name:
        # PoCL's cache is the trials' own: who is killed while he compiles may leave anything there.
        os.environ["POCL_CACHE_DIR"] = f"{name}/pocl-cache"
        folder = pathlib.Path(name) / "results"
        folder.mkdir()
        if not whole_run(tools, folder):
            return 1
        for number in range(len(done), tools.trials):
            trial = Trial(tools, folder, number, tools.seed, typical_s)
            try:
                result = {"trial": number, "seed": tools.seed, **trial.go()}
            finally:
                trial.run.stop()
                trial.watch.close()
            if result["first_file_s"]:
                typical_s += 0.2 * (result["first_file_s"] - typical_s)
            done.append(result)
            if records:
                with records[0].open("a") as file:
                    file.write(json.dumps(result) + "\n")
            print(f"{number}: {json.dumps(result)}", flush=True)
        whole = whole_run(tools, folder)
    counts = summary(done)
    print(json.dumps(counts))
    bad = [r for r in done if failed(r)]
    for result in bad:
        print(f"FAILED {result}")
    enough = counts["later"] >= tools.least[0] and counts["write"] >= tools.least[1]
    if not enough:
        print(f"FAILED: fewer than {tools.least} fell after the second checkpoint, during a write")
    return 0 if whole and enough and not bad else 1


if __name__ == "__main__":
    sys.exit(main())
