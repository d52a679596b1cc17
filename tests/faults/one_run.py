# SPDX-License-Identifier: Apache-2.0
"""One run of the real program under mpirun, what its file holds, and what is checked of both."""

import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import threading
import time
import uuid

TWO_CASES = "mem/(saxpy|vector_add)"


class Run:
    """One mpirun of cardwise: its output, its processes, its file."""

    def __init__(self, tools, folder, fault="", options=(), filter_=TWO_CASES, rounds=2, env=None,
                 ranks=2, backend="opencl", profile="quick", max_bytes="1MiB", seed=1, quiet=False,
                 type_="", wrapper=(), prepare=None):
        folder.mkdir(exist_ok=True)
        self.clean_up = prepare(folder) if prepare else lambda: None
        self.quiet, self.rounds = quiet, rounds
        self.file = folder / "run.h5"
        self.mark = f"CARDWISE_TEST_ID={uuid.uuid4().hex}"
        command = [tools.mpirun, "-n", str(ranks), "--oversubscribe", *wrapper, tools.cardwise, "run"]
        command += ["--type", type_ or ("cpu" if backend == "opencl" else "emulated")]
        command += ["--filter", filter_, "--profile", profile, "--max-bytes", max_bytes]
        command += ["--backend", backend, "--rounds", str(rounds), "--progress", "plain"]
        command += ["--seed", str(seed), "--output", str(self.file), *options]
        environment = {**os.environ, "POCL_DEVICES": " ".join(["basic"] * ranks)}
        environment.update(OMPI_MCA_mpi_yield_when_idle="1")
        environment.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
        environment.update(dict([self.mark.split("=")]), **(env or {}))
        environment.pop("CARDWISE_FAULT", None)
        if fault:
            environment["CARDWISE_FAULT"] = fault
        self.say(f"$ CARDWISE_FAULT='{fault}' {shlex.join(command)}")
        self.began, self.lines, self.times, self.file_at = time.monotonic(), [], [], None
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, errors="replace",
                                        start_new_session=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)
            self.times.append(time.monotonic())
            self.say(f"  {time.monotonic() - self.began:6.2f} s | {line}", end="")

    def say(self, text, end="\n"):
        if not self.quiet:
            print(text, end=end, flush=True)

    @property
    def output(self):
        return "".join(self.lines)

    def processes(self):
        """Living processes of this run but mpirun: {pid: (rank or None, command)}."""
        found = {}
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == self.process.pid:
                continue
            try:
                values = (entry / "environ").read_bytes().decode(errors="replace").split("\0")
                name = (entry / "comm").read_text().strip()
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
            except OSError:
                continue
            if self.mark not in values or state == "Z":
                continue
            rank = [v.split("=")[1] for v in values if v.startswith("OMPI_COMM_WORLD_RANK=")]
            found[int(entry.name)] = (int(rank[0]) if rank else None, name)
        return found

    def wait_for(self, condition, limit=60):
        """Until condition() is true, the run ends, or time is up; whether it came true."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if condition():
                return True
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        return condition()

    def wait_for_line(self, text, limit=60):
        return self.wait_for(lambda: text in self.output, limit)

    def kill_rank(self, number, which):
        pids = [p for p, (rank, _) in self.processes().items() if rank in which]
        self.say(f"  {time.monotonic() - self.began:6.2f} s | sending {number!r} to {pids}")
        for pid in pids:
            os.kill(pid, number)
        return len(pids)

    def keep_from_writing(self):
        """From now on no checkpoint can be written, as on a full disk; gives what ends that."""
        temporary = self.file.with_name(self.file.name + ".tmp")
        while not (temporary / "in the way").exists():
            try:
                (temporary / "in the way").mkdir(parents=True)
            except OSError:  # an image is being written there
                time.sleep(0.01)
        return lambda: shutil.rmtree(temporary)

    def temporary_left(self):
        return self.file.with_name(self.file.name + ".tmp").exists()

    def finish(self, limit=120):
        """Exit code; None where it had to be killed."""
        if self.file_at is None:
            self.wait_for(self.file.exists, limit)
            self.file_at = time.monotonic()
        try:
            code = self.process.wait(limit)
        except subprocess.TimeoutExpired:
            code = None
        self.ended = time.monotonic()
        self.wait_for(lambda: not self.processes(), 3)
        time.sleep(0.2)
        self.orphans = self.processes()
        self.stop()
        self.reader.join(5)
        self.say(f"exit code {code} after {self.ended - self.began:.1f} s; left behind: {self.orphans}")
        return code

    def stop(self):
        """Ends what is left of this run, by pid."""
        for pid in [*self.processes(), *([self.process.pid] if self.process.poll() is None else [])]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


class Contents:
    """What the tests need of a result file, read by h5py."""

    def __init__(self, path):
        import h5py

        with h5py.File(path, "r") as file:
            self.complete = int(file.attrs["complete"])
            self.checkpoint = int(file.attrs["checkpoint_no"])
            self.exit_reason = self._text(file.attrs["exit_reason"])
            index = file["index"]
            self.status, self.text, self.samples, self.wrong, self.flags = {}, {}, {}, {}, {}
            self.card_median, self.rounds = {}, {}
            for i, name in enumerate(index["benchmark"].asstr()[:]):
                group = file[index["group_path"].asstr()[i]]
                self.status[name] = index["status"].asstr()[i]
                self.text[name] = index["status_text"].asstr()[i]
                self.samples[name] = group["time_ns"][:]
                self.flags[name] = group["flags"][:]
                self.rounds[name] = int(index["rounds"][i])
                self.card_median[name] = index["card_median"][i]
                self.wrong[name] = {k: group.attrs[k] for k in group.attrs if k.startswith("wrong_")}
            self.events = list(file["events/text"].asstr()[:])
        for name in self.status:
            print(f"file: {name}: {self.status[name]}, {self.samples[name].shape} samples: "
                  f"{self.text[name]!r}")
        print(f"file: complete={self.complete} exit_reason={self.exit_reason}")

    @staticmethod
    def _text(value):
        return value.decode() if isinstance(value, bytes) else str(value)


class Checks:
    def __init__(self):
        self.failed = []

    def __call__(self, what, holds):
        print(f"{'ok    ' if holds else 'FAILED'} {what}")
        if not holds:
            self.failed.append(what)

    def ended(self, run, code, expected):
        self(f"exit code is {expected}", code == expected)
        self("no process is left behind", not run.orphans)

    def names(self, where, text, *words):
        for word in words:
            self(f"{where} names {word!r}", word in text)
