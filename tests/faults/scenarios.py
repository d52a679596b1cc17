# SPDX-License-Identifier: Apache-2.0
"""The scenarios of end_to_end.py by name, and what several of them check."""

from one_run import Contents

SCENARIOS = {}


def scenario(function):
    SCENARIOS[function.__name__] = function
    return function


class Missing(Exception):
    """This machine cannot play the scenario; `needs` is what CARDWISE_REQUIRE calls the reason."""

    def __init__(self, reason, needs="root"):
        super().__init__(reason)
        self.needs = needs


def crashed(check, run):
    code = run.finish()
    check("exit code is not 0", code not in (0, None))
    check("no process is left behind", not run.orphans)
    file = Contents(run.file)
    check("the file is not complete", file.complete == 0)
    check("exit_reason is killed", file.exit_reason == "killed")
    return file
