# SPDX-License-Identifier: Apache-2.0
"""How are the flagged cases measured once more? The user's launcher, never through a shell."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile

from cardwise_report import guard
from cardwise_report.run_file import InputError
from cardwise_report.summary import Entry, Summary, read_summary
from cardwise_report.variants import PORTABLE, SAME_CODE, variant_of

ROUNDS = 6


def filter_of(entries: list[Entry]) -> str:
    """A regular expression for --filter that selects these cases."""
    return "|".join(entry.key_id for entry in entries)


def options(entries: list[Entry], output: str) -> list[str]:
    """What is added to the launcher's line."""
    return ["--filter", filter_of(entries), "--rounds", str(ROUNDS), "--output", output]


def command_to_type(entries: list[Entry], run: Summary) -> str:
    """The line for somebody who has no --rerun; of the file it takes a known word only."""
    profile = run.about["profile"]
    words = ["cardwise", "run"]
    if re.fullmatch(r"quick|standard|full", profile):
        words += ["--profile", profile]
    variants = {variant_of(entry) for entry in entries} - {PORTABLE}
    words += ["--type", "emulated"] if "emulated" in run.kinds else []
    words += ["--same-code"] if SAME_CODE in variants else []
    words += ["--image", "IMAGE"] if variants - {SAME_CODE} else []  # IMAGE: its user knows where
    return shlex.join(words + options(entries, "again.h5"))


def parse(line: str) -> list[str]:
    """Words of --rerun; InputError where it is no command."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise InputError(f"--rerun: {error}") from None
    if not words:
        raise InputError("--rerun: is empty")
    try:
        found = shutil.which(words[0])
    except ValueError:
        found = None
    if not found:
        raise InputError(f"--rerun: {words[0]:.200}: no such command")
    return words


def measure_again(words: list[str], entries: list[Entry]) -> Summary:
    """Runs the command and reads its file; InputError where there is none to read.

    Its own output goes to stderr: stdout is the report's. Interrupted, it takes the command along.
    """
    with tempfile.TemporaryDirectory(prefix="cardwise-rerun-") as folder:
        path = os.path.join(folder, "again.h5")
        try:
            process = subprocess.Popen(
                words + options(entries, path),
                stdin=subprocess.DEVNULL,
                stdout=2,
                env=guard.environment(),
                preexec_fn=guard.lift_limits,
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            raise InputError(f"--rerun: cannot be started: {error}") from None
        try:
            code = process.wait()
        except BaseException:
            process.send_signal(signal.SIGTERM)
            process.wait()
            raise
        if not os.path.exists(path):
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            raise InputError(f"--rerun: ended with {how} and wrote no file")
        try:
            return read_summary(path)
        except InputError as error:
            raise InputError(f"--rerun: its file {error}") from None
