# SPDX-License-Identifier: Apache-2.0
"""Signals and time limits: the run ends at the next block, with a whole file that says why."""

import signal
import time

from one_run import Contents
from scenarios import crashed, scenario


def ended_early(check, file, reason):
    check(f"exit_reason is {reason}", file.exit_reason == reason)
    check("the file is not complete", file.complete == 0)
    check("cases are partial", "partial" in file.status.values())
    check("samples are stored", any(v.size > 0 for v in file.samples.values()))


def signalled(check, start, number):
    run = start("", rounds=256, env={"CARDWISE_CHECKPOINT_S": "0.5"})
    check("a checkpoint came", run.wait_for_line("checkpoint", 100))
    sent = time.monotonic()
    check("both ranks got the signal", run.kill_rank(number, {0, 1}) == 2)
    check.ended(run, run.finish(), 4)
    check(f"ended within 10 s (took {run.ended - sent:.1f} s)", run.ended - sent <= 10)
    ended_early(check, Contents(run.file), "signal")


@scenario
def sigterm(check, start):
    signalled(check, start, signal.SIGTERM)


@scenario
def sigint(check, start):
    signalled(check, start, signal.SIGINT)


@scenario
def sigusr1(check, start):
    signalled(check, start, signal.SIGUSR1)


@scenario
def sighup(check, start):
    """As from a terminal that is closed."""
    signalled(check, start, signal.SIGHUP)


@scenario
def nohup(check, start):
    """A run that was told to outlive its terminal does."""
    run = start("", rounds=6, env={"CARDWISE_CHECKPOINT_S": "0.1"}, wrapper=["env", "--ignore-signal=HUP"])
    check("a checkpoint came", run.wait_for_line("checkpoint", 100))
    check("both ranks got the signal", run.kill_rank(signal.SIGHUP, {0, 1}) == 2)
    check.ended(run, run.finish(), 0)
    file = Contents(run.file)
    check("the file is complete", file.complete == 1 and file.exit_reason == "done")


def stuck(check, start, number):
    """A run that cannot reach its next block, and has got the signal."""
    run = start("rank=1,kind=hang,call=load,entry=cw_saxpy", ["--timeout", "100"], filter_="mem/saxpy")
    check("the file stands", run.wait_for(run.file.exists))
    time.sleep(1)
    check("both ranks got the first", run.kill_rank(number, {0, 1}) == 2)
    check("it says so", run.wait_for_line("stopping after this block", 10))
    return run, lambda: run.process.poll() is not None


def ends_at_once(check, run, over, number):
    check("rank 1 got another one", run.kill_rank(number, {1}) == 1)
    check("that ends the run at once", run.wait_for(over, 10))
    if not over():
        run.stop()
    crashed(check, run)


@scenario
def second_signal(check, start):
    """One that comes with the first is an echo: Slurm's at a time limit."""
    run, over = stuck(check, start, signal.SIGTERM)
    check("both ranks got an echo", run.kill_rank(signal.SIGTERM, {0, 1}) == 2)
    check("it only asks for an end", not run.wait_for(over, 4))
    ends_at_once(check, run, over, signal.SIGTERM)


@scenario
def second_sigint(check, start):
    run, over = stuck(check, start, signal.SIGINT)
    check("it only asks for an end", not run.wait_for(over, 2))
    ends_at_once(check, run, over, signal.SIGINT)


@scenario
def time_budget(check, start):
    run = start("", ["--time-budget", "1"], rounds=256)
    check.ended(run, run.finish(), 0)
    file = Contents(run.file)
    ended_early(check, file, "time_budget")
    check("whole rounds, and three at least", len(set(file.rounds.values())) == 1 and 3 <= file.rounds["saxpy"] < 256)


@scenario
def complete(check, start):
    """1 says that every planned visit is stored, and nothing else does."""
    run = start("", rounds=3)
    check.ended(run, run.finish(), 0)
    file = Contents(run.file)
    check("the file is complete", file.complete == 1 and file.exit_reason == "done")
    check("every planned visit is stored", file.rounds == {"saxpy": 3, "vector_add": 3})
