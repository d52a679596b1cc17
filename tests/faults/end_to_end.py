#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does the real program, on two PoCL cards, end as promised when something goes wrong?

Each scenario plants one fault (CARDWISE_FAULT, or a signal), runs two ranks under mpirun, prints
what it saw and checks exit code, messages, result file, and that no process is left behind.
"""

import argparse
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

import disks  # noqa: F401 (its scenarios)
import limits  # noqa: F401
import slow_cards  # noqa: F401
from one_run import Checks, Contents, Run
from requirements import skip, skipped
from scenarios import SCENARIOS, Missing, crashed, scenario


def one_case_failed(check, run, expected_code, status, *words, rank=1):
    """saxpy ended with `status` on all ranks, vector_add went on."""
    check.ended(run, run.finish(), expected_code)
    file = Contents(run.file)
    host = os.uname().nodename
    check(f"saxpy is {status}", file.status["saxpy"] == status)
    check("saxpy has no samples in the file", file.samples["saxpy"].size == 0)
    check("vector_add is ok", file.status["vector_add"] == "ok")
    check("vector_add has both ranks' samples", file.samples["vector_add"].shape[0] == 2
          and file.samples["vector_add"].shape[1] > 0)
    check.names("status_text", file.text["saxpy"], f"rank {rank}", host, *words)
    check.names("the console", run.output, f"{status}: mem/saxpy", f"rank {rank}")
    check("the run went to its end", file.exit_reason == "done")
    check("the file is not complete", file.complete == 0)
    check("the events hold it", any("saxpy" in e for e in file.events))
    return file


@scenario
def error_in_setup(check, start):
    run = start("rank=1,kind=error,call=launch,entry=cw_saxpy")
    one_case_failed(check, run, 1, "failed", "planted fault: error in launch")


@scenario
def error_in_measure(check, start):
    run = start("rank=1,kind=error,call=launch,entry=cw_saxpy,nth=300")
    one_case_failed(check, run, 1, "failed", "planted fault: error in launch")


@scenario
def build_failure(check, start):
    run = start("rank=1,kind=error,call=load,entry=cw_saxpy")
    one_case_failed(check, run, 1, "failed", "build log:", "cw_saxpy:1:1: error")


@scenario
def out_of_memory(check, start):
    run = start("rank=1,kind=oom,nth=1,count=1", filter_="mem/saxpy")
    check.ended(run, run.finish(), 1)
    file = Contents(run.file)
    check("saxpy is failed", file.status["saxpy"] == "failed")
    check.names("status_text", file.text["saxpy"], "rank 1", "out of memory")


@scenario
def wrong_data(check, start):
    run = start("rank=1,kind=bit,entry=cw_saxpy")
    file = one_case_failed(check, run, 1, "wrong", "index", "expected", "found")
    wrong = file.wrong["saxpy"]
    check("wrong_rank is 1", wrong.get("wrong_rank") == 1)
    check("wrong_count is 1", wrong.get("wrong_count") == 1)
    check("no figure is stored", not file.card_median["saxpy"] > 0)


@scenario
def wrong_data_everywhere(check, start):
    run = start("rank=all,kind=zero,entry=cw_saxpy")
    one_case_failed(check, run, 1, "wrong", rank=0)


@scenario
def skipped_launches(check, start):
    run = start("rank=1,kind=skip,entry=cw_saxpy")
    one_case_failed(check, run, 1, "wrong")


@scenario
def bad_timer(check, start):
    run = start("rank=all,kind=timer-reversed")
    check.ended(run, run.finish(), 1)
    file = Contents(run.file)
    check("saxpy is failed", file.status["saxpy"] == "failed")
    check.names("status_text", file.text["saxpy"], "clock")
    check("no figure is stored", not file.card_median["saxpy"] > 0)


@scenario
def bad_timer_of_one_card(check, start):
    """The other card's figures are no answer for both."""
    run = start("rank=1,kind=timer-zero,step=measure", filter_="mem/saxpy")
    check.ended(run, run.finish(), 1)
    file = Contents(run.file)
    check("saxpy is failed", file.status["saxpy"] == "failed")
    check.names("status_text", file.text["saxpy"], "rank 1 on ", os.uname().nodename, "clock")
    check.names("the console", run.output, "failed: mem/saxpy", "rank 1 on ")
    check("no figure is stored", not file.card_median["saxpy"] > 0)
    check("the samples are kept, with their flags", file.samples["saxpy"].shape[0] == 2)


@scenario
def slow_card(check, start):
    run = start("rank=1,kind=slow,factor=12,entry=cw_saxpy", filter_="mem/saxpy")
    check.ended(run, run.finish(), 0)
    file = Contents(run.file)
    times = file.samples["saxpy"]
    fast, slow = sorted(times[0])[times.shape[1] // 2], sorted(times[1])[times.shape[1] // 2]
    print(f"medians: {fast} ns and {slow} ns")
    check("saxpy is ok", file.status["saxpy"] == "ok")
    check("rank 1 is the slower card", slow > 2 * fast)


def hung(check, start, fault, step):
    # A cold compiler cache would be a hang of its own: three seconds are short for PoCL.
    check("without the fault the run ends well", start("", filter_="mem/saxpy").finish() == 0)
    run = start(fault, ["--timeout", "3"], filter_="mem/saxpy")
    code = run.finish()
    check.ended(run, code, 4)
    seconds = run.ended - run.file_at
    check(f"ended within --timeout 3 + 10 s (took {seconds:.1f} s)", seconds <= 13)
    speech = [line for line in run.lines if "watchdog" in line]
    first = speech[0] if speech else ""
    check.names("the watchdog's first line", first, "rank 1 ", os.uname().nodename, "mem/saxpy", step)
    check("the culprit does not wait for others", "waiting for" not in first)
    file = Contents(run.file)
    check("the file is not complete", file.complete == 0)


@scenario
def hang(check, start):
    hung(check, start, "rank=1,kind=hang,call=wait,nth=20", "step")


@scenario
def hang_in_setup(check, start):
    hung(check, start, "rank=1,kind=hang,call=load,entry=cw_saxpy", "set-up")


@scenario
def outvoted(check, start):
    # Every element is within the tolerance of a product; the other two cards know better.
    run = start("rank=1,kind=bit,entry=cw_gemm,step=measure", filter_="compute/gemm", ranks=3)
    check.ended(run, run.finish(), 1)
    file = Contents(run.file)
    check("gemm is wrong", file.status["gemm"] == "wrong")
    check("gemm has no samples in the file", file.samples["gemm"].size == 0)
    check("wrong_rank is 1", file.wrong["gemm"].get("wrong_rank") == 1)
    check.names("status_text", file.text["gemm"], "rank 1 on ", os.uname().nodename, "tolerance")
    check("nobody else is named", "rank 0" not in file.text["gemm"] and "rank 2" not in file.text["gemm"])
    check.names("the console", run.output, "wrong: compute/gemm", "rank 1 on ")


@scenario
def error_in_exchange(check, start):
    """Who fails still serves its partner, which would wait for it for ever."""
    run = start("rank=1,kind=error,call=write,nth=3", ["--timeout", "20"],
                filter_="exchange/pingpong|collective/allreduce|mem/vector_add")
    check.ended(run, run.finish(), 1)
    file = Contents(run.file)
    for name in ("pingpong", "allreduce"):
        check(f"{name} is failed", file.status[name] == "failed")
        check.names("status_text", file.text[name], "rank 1", "error in write")
    check("vector_add is ok", file.status["vector_add"] == "ok")


@scenario
def full_disk(check, start):
    run = start("", rounds=10, env={"CARDWISE_CHECKPOINT_S": "0.1"})
    check("a checkpoint came", run.wait_for_line("checkpoint", 100))
    run.keep_from_writing()
    held = Contents(run.file).checkpoint
    check.ended(run, run.finish(), 4)
    check.names("the console", run.output, "could not be written", "goes on in memory",
                "is NOT in", "exit code 4")
    file = Contents(run.file)
    check("the last whole file stands", file.checkpoint == held and file.complete == 0)


@scenario
def hang_on_full_disk(check, start):
    """The watchdog saves what could not be written before."""
    run = start("", ["--timeout", "3"], rounds=256, env={"CARDWISE_CHECKPOINT_S": "0.3"})
    check("a checkpoint came", run.wait_for_line("checkpoint", 100))
    end_of_trouble = run.keep_from_writing()
    held = Contents(run.file).checkpoint
    check("it is said", run.wait_for_line("could not be written", 30))
    check("rank 1 is stopped", run.kill_rank(signal.SIGSTOP, {1}) == 1)
    time.sleep(1)  # rank 0 comes to wait for it
    end_of_trouble()
    check.ended(run, run.finish(), 4)
    check.names("the console", run.output, "watchdog: rank 0", "waiting for the other ranks")
    file = Contents(run.file)
    print(f"checkpoint {held} before, {file.checkpoint} after")
    check("the last image is in the file", file.checkpoint > held)
    check("the file is not complete", file.complete == 0)


@scenario
def lost(check, start):
    run = start("rank=1,kind=lost,call=launch,entry=cw_saxpy,nth=10", rounds=6)
    check.ended(run, run.finish(), 3)
    file = Contents(run.file)
    check("saxpy is failed", file.status["saxpy"] == "failed")
    check.names("status_text", file.text["saxpy"], "rank 1", "device lost")
    check("exit_reason is card_lost", file.exit_reason == "card_lost")
    check("the file is not complete", file.complete == 0)


def names_its_place(check, run, signal_name):
    said = [line for line in run.lines if "cardwise: crash" in line]
    check.names("the crash", said[0] if said else "", signal_name, "rank 1 on ", os.uname().nodename,
                "mem/saxpy", "step ")


@scenario
def abort(check, start):
    run = start("rank=1,kind=abort,entry=cw_saxpy,nth=10")
    crashed(check, run)
    names_its_place(check, run, "SIGABRT")


@scenario
def segv(check, start):
    run = start("rank=1,kind=segv,entry=cw_saxpy,nth=10")
    crashed(check, run)
    names_its_place(check, run, "SIGSEGV")


@scenario
def malformed_variable(check, start):
    run = start("rank=1,kind=nonsense")
    code = run.finish(60)
    check.ended(run, code, 2)
    check.names("the console", run.output, "CARDWISE_FAULT", "kind=nonsense")
    check("it is said once", run.output.count("kind=nonsense is unknown") == 1)


def killed(check, start, rank):
    run = start("", rounds=256, env={"CARDWISE_CHECKPOINT_S": "0.5"})
    check("a checkpoint came", run.wait_for_line("checkpoint", 100))
    time.sleep(0.7)
    check("the rank was killed", run.kill_rank(signal.SIGKILL, {rank}) == 1)
    file = crashed(check, run)
    check("samples up to the checkpoint are stored", any(v.size > 0 for v in file.samples.values()))


@scenario
def kill_other_rank(check, start):
    killed(check, start, 1)


@scenario
def kill_rank_0(check, start):
    killed(check, start, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cardwise", required=True)
    parser.add_argument("--mpirun", default=shutil.which("mpirun"))
    parser.add_argument("--bad-disk", help="the library of tests/doubles/disk")
    parser.add_argument("--layer", help="the library of tests/faults/layer")
    report = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "report"
    parser.add_argument("--report", default=str(report), help="folder of the package cardwise_report")
    parser.add_argument("scenarios", nargs="*", choices=[*SCENARIOS, []], help="default: all")
    tools = parser.parse_args()
    if reason := skipped(tools):
        return reason

    failed, missing = [], []
    for name in tools.scenarios or SCENARIOS:
        print(f"\n== {name}")
        check, runs = Checks(), []
        with tempfile.TemporaryDirectory(prefix="cardwise-faults-") as folder:
            def start(*args, **kwargs):
                runs.append(Run(tools, pathlib.Path(folder) / str(len(runs)), *args, **kwargs))
                return runs[-1]

            start.tools, start.folder = tools, pathlib.Path(folder)
            try:
                SCENARIOS[name](check, start)
            except Missing as reason:
                missing.append(skip(str(reason), reason.needs))
            except (OSError, KeyError) as error:  # no file, or not what it should hold
                check(f"reading the file: {error!r}", False)
            finally:
                for run in runs:
                    run.stop()
                    run.clean_up()
        failed += [f"{name}: {what}" for what in check.failed]
    print("\n" + ("\n".join(["FAILED:", *failed]) if failed else "all as promised"))
    return 1 if failed else max(missing, default=0)


if __name__ == "__main__":
    sys.exit(main())
