# SPDX-License-Identifier: Apache-2.0
"""One card of eight that is 10 % longer: does the report say of the very file that the program has
written who it is, and whether it is slow alone, only together, or was for a time?

Eight ranks on two cores are too noisy to tell: the lying layer makes their clocks quiet."""

import json
import os
import subprocess
import sys

import lying_layer
from scenarios import Missing, scenario

RANKS, SLOW = 8, 5
QUIET = "kind=steady,ns=5e6,jitter=0.3,seed="
LONGER = f"rank={SLOW},kind=longer,percent=10"
VISITS = range(1, 13)  # of two cases in six rounds; those that measure again come after


def measured(check, start, lies, options=("--recheck",), rounds=6, seed=1):
    """A run of quiet cards that has ended well."""
    library = start.tools.layer
    if not library or not os.path.exists(library):
        raise Missing("no lying layer of OpenCL (--layer)", "opencl")
    if not lying_layer.loaded(start.tools.cardwise, library):
        raise Missing("the OpenCL loader does not load OPENCL_LAYERS", "layer")
    shared = start.folder / f"shared{seed}"
    environment = {
        "OPENCL_LAYERS": library,
        "CARDWISE_LYING_OPENCL": ";".join([f"{QUIET}{seed}", *lies]),
        "CARDWISE_LYING_OPENCL_SHARED": str(shared),
    }
    run = start("", options, rounds=rounds, env=environment, ranks=RANKS, max_bytes="64KiB", seed=seed)
    check.ended(run, run.finish(), 0)
    return run


def report(start, *arguments):
    """Exit code and text of cardwise-report."""
    command = [sys.executable, "-m", "cardwise_report", *map(str, arguments)]
    print(f"$ {' '.join(command)}")
    environment = os.environ | {"PYTHONPATH": start.tools.report}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)
    print(done.stdout + done.stderr, flush=True)
    return done.returncode, done.stdout


def named(check, start, run, verdict, rechecked, health_code):
    """Exactly the slow card is named, in every view of the file; `rechecked`: outcomes that fit."""
    code, text = report(start, "cards", run.file)
    check("cards ends with 1", code == 1)
    check.names("cards", text, f"(rank {SLOW})", verdict.upper())
    cards = json.loads(report(start, "cards", run.file, "--format", "json")[1])["cards"]
    check(f"rank {SLOW} is named and no other", [c["rank"] for c in cards] == [SLOW])
    check(f"it is {verdict!r}", [c["verdict"] for c in cards] == [verdict])
    check(f"measured again, it is of {rechecked}", {c["rechecked"] for c in cards} <= set(rechecked))
    # The node's line is that of kinds of cases that a run of mem alone lacks, where that is graver.
    found = json.loads(report(start, "health", run.file, "--format", "json")[1])[0]["findings"]
    about = [f"{f['code']} {f['severity']}" for f in found if f["card"] == f"card {SLOW}"]
    check(f"health says {health_code} of it", health_code in about)
    return text


@scenario
def slow_alone(check, start):
    run = measured(check, start, [LONGER])
    text = named(check, start, run, "slow", ["alone"], "CW207 triage")
    check.names("cards", text, "measured again: slow alone too", "swap the card")
    page = run.file.with_suffix(".html")
    check("html ends with 0", report(start, "html", run.file, "-o", page)[0] == 0)
    words = ("Not well: 1 card slow", f"(rank {SLOW})", "measured again: slow alone too")
    check.names("the page", page.read_text(encoding="utf-8"), *words)


@scenario
def slow_together(check, start):
    run = measured(check, start, [f"{LONGER},while=others-work"])
    text = named(check, start, run, "slow", ["pair"], "CW208 triage")
    check.names("cards", text, "measured again: slow only together", "what the cards of the node share")


@scenario
def slow_until_measured_again(check, start):
    run = measured(check, start, [f"{LONGER},visit={visit}" for visit in VISITS])
    text = named(check, start, run, "slow", ["neither"], "CW508 watch")
    check.names("cards", text, "measured again: not reproduced", "next: run again")


@scenario
def slow_once(check, start):
    """One visit of twelve: good medians, and a tail. Whether it is among the three cards of the case
    that are measured again, by their medians and within the time for it, is chance."""
    run = measured(check, start, [f"{LONGER},visit=3"])
    named(check, start, run, "slow at times", ["neither", ""], "CW210 triage")


@scenario
def slow_nobody(check, start):
    run = measured(check, start, [])
    code, text = report(start, "cards", run.file)
    check("cards ends with 0", code == 0)
    check.names("cards", text, "8 cards: 0 slow, 0 corrupting, the others alike", "named from")
    check("html is made", report(start, "html", run.file, "-o", run.file.with_suffix(".html"))[0] == 0)


@scenario
def slow_all(check, start):
    """No card stands out: only runs from before can tell."""
    short = dict(options=("--no-recheck",), rounds=3)
    files = [measured(check, start, [], seed=seed, **short).file for seed in range(1, 6)]
    same = measured(check, start, [], seed=6, **short).file
    slower = measured(check, start, ["kind=longer,percent=10"], seed=7, **short).file
    check("cards sees nothing", report(start, "cards", slower)[0] == 0)
    code, text = report(start, "compare", *files, same)
    check("compare ends with 0 where nothing has changed", code == 0)
    check.names("compare", text, "2 same, 0 faster", "0 slower")
    code, text = report(start, "compare", *files, slower)
    check("compare ends with 1 where all are slower", code == 1)
    check.names("compare", text, "SLOWER", "8 of 8 cards slower", "2 slower, 0 broken")
