# SPDX-License-Identifier: Apache-2.0
"""Which command was asked for? Arguments, the guard around it, output and exit codes."""

import argparse
import importlib
import os
import sys
from dataclasses import dataclass

from cardwise_report import __version__
from cardwise_report.guard import guarded
from cardwise_report.terminal import escape

# One module a command, with run(arguments) -> Outcome. A module is imported when asked for: --help
# and usage errors need neither numpy nor h5py.
COMMANDS = {
    "show": "tables of one run: cards, cases, OpenCL against CUDA, warnings, environment",
    "check": "is the file whole, does it obey the schema, which cases are partial",
    "cards": "slow and corrupting cards by host and serial number, with the causes recorded",
    "health": "one line a node: a stable code, what to do, why",
    "html": "one self-contained page",
    "reference": "reference values of a card model, made of a good run",
    "history": "since when is a system slower: incidents over all runs of a folder",
    "ack": "an incident is known: the history begins anew there",
    "export": "a run as JSON of Google Benchmark or as CSV, with made-up names if asked for",
    "compare": "what changed between runs: the environment, then a verdict per case",
}


@dataclass
class Outcome:
    """What a command says (stdout), complains about (stderr, one line each) and ends with."""

    code: int = 0
    text: str = ""
    complaints: tuple[str, ...] = ()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cardwise-report", description="Reads result files of cardwise."
    )
    parser.add_argument("--version", action="version", version=f"cardwise-report {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    show = commands.add_parser("show", help=COMMANDS["show"], description=COMMANDS["show"])
    show.add_argument("files", nargs=1, metavar="RUN.h5")
    show.add_argument("--format", choices=("text", "csv", "json"), default="text")
    check = commands.add_parser(
        "check",
        help=COMMANDS["check"],
        description=COMMANDS["check"] + " (exit code 0 whole, 4 incomplete, 2 invalid)",
    )
    check.add_argument("files", nargs="+", metavar="RUN.h5")
    _add_cards(commands)
    _add_compare(commands)
    reference = commands.add_parser(
        "reference", help=COMMANDS["reference"], description=COMMANDS["reference"]
    )
    reference.add_argument("files", nargs=1, metavar="RUN.h5")
    reference.add_argument("-o", "--output", metavar="FILE", help="default: in results/reference")
    reference.add_argument("--force", action="store_true", help="replace the file")
    _add_history(commands)
    export = commands.add_parser("export", help=COMMANDS["export"], description=COMMANDS["export"])
    export.add_argument("files", nargs=1, metavar="RUN.h5")
    export.add_argument("--format", choices=("json", "csv"), default="json")
    export.add_argument(
        "--anonymise", action="store_true", help="hosts, serial numbers, identities become names"
    )
    export.add_argument("--salt", metavar="TEXT", help="a secret: other runs get the same names")
    for command in commands.choices.values():
        command.epilog = "Exit code 2: a mistake of usage, or a file that cannot be used."
    return parser


def _add_history(commands) -> None:
    history = commands.add_parser(
        "history",
        help=COMMANDS["history"],
        description=COMMANDS["history"]
        + " (exit code 1 open slowdown; 4 too few runs, with --strict)",
    )
    engine = {"choices": ("scan", "otava"), "default": "scan"}
    engine["help"] = "what looks for steps: our own scan, or Apache Otava where it is installed"
    history.add_argument("files", nargs=1, metavar="DIR", help="all runs in it and below")
    history.add_argument("--since", metavar="DATE", help="runs from YYYY-MM-DD on")
    history.add_argument("--engine", **engine)
    history.add_argument("--format", choices=("text", "json"), default="text")
    history.add_argument("-o", "--output", metavar="FILE", help="a page with plots, too")
    history.add_argument("--strict", action="store_true", help="too few runs are exit code 4")
    ack = commands.add_parser("ack", help=COMMANDS["ack"], description=COMMANDS["ack"])
    ack.add_argument("files", nargs=1, metavar="DIR", help="the folder of its runs")
    ack.add_argument("incident", metavar="INCIDENT", help="its name, as history prints it")
    ack.add_argument("--reason", required=True, metavar="TEXT", help="kept beside the runs")
    ack.add_argument("--engine", **engine)


def _add_compare(commands) -> None:
    text = COMMANDS["compare"]
    command = commands.add_parser(
        "compare",
        help=text,
        description=text
        + " (exit code 0 no regression, 1 regression, 3 not comparable, 4 cannot tell, with --strict;"
        " 5 wrong results)",
    )
    command.add_argument(
        "files", nargs="+", metavar="RUN.h5", help="references, then the new run; or new runs only"
    )
    command.add_argument("--baseline", metavar="DIR", help="its newest runs are the references")
    command.add_argument(
        "--least",
        type=int,
        default=1,
        metavar="N",
        help="fewer earlier runs in the baseline: nothing is compared, exit code 0",
    )
    command.add_argument(
        "--metric",
        choices=("card_median", "time_sync"),
        help="only this number (default: what docs/verdicts.md says of each family)",
    )
    command.add_argument(
        "--fail-on",
        choices=("suspect", "slower", "confirmed", "never"),
        default="slower",
        help="the least verdict that is exit code 1 (default: slower)",
    )
    command.add_argument("--strict", action="store_true", help="'cannot tell' is exit code 4")
    command.add_argument("--cross-system", action="store_true", help="other card models, too")
    command.add_argument(
        "--accept-changed-kernels",
        action="store_true",
        help="compare cases whose kernel or version changed, too",
    )
    command.add_argument(
        "--rerun", metavar="CMD", help="as 'srun -n 4 cardwise run': runs the flagged cases again"
    )
    command.add_argument("--policy", metavar="FILE", help="JSON: which change matters, by family")
    command.add_argument("--format", choices=("text", "json", "markdown", "junit"), default="text")
    command.add_argument("--html", metavar="FILE", help="a page for people, too")


def _add_cards(commands) -> None:
    codes = " (exit code 0 nothing found, 1 slow, 4 cannot tell, 5 corrupting)"
    for name in ("cards", "health"):
        text = COMMANDS[name] + (codes if name == "health" else codes.replace("4", "4 if --strict"))
        command = commands.add_parser(name, help=COMMANDS[name], description=text)
        command.add_argument("files", nargs=1, metavar="RUN.h5")
        command.add_argument(
            "--alike",
            action="append",
            default=[],
            metavar="OTHER.h5",
            help="a run of more such cards, to compare with; may be repeated",
        )
        command.add_argument("--format", choices=("text", "json"), default="text")
        if name == "cards":
            command.add_argument(
                "--strict", action="store_true", help="'cannot tell' is exit code 4"
            )
            command.add_argument(
                "--slurm", action="store_true", help="a drain command a node; runs none"
            )
    page = commands.add_parser("html", help=COMMANDS["html"], description=COMMANDS["html"])
    page.add_argument("files", nargs="+", metavar="RUN.h5", help="several: on one page")
    page.add_argument("-o", "--output", metavar="FILE", help="default: beside the first run")


def _complain(text: str) -> None:
    print(f"cardwise-report: {escape(text)}", file=sys.stderr, flush=True)


def _print(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has seen enough; the exit code stays what the file deserves
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: argparse.Namespace) -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        module = importlib.import_module(f"cardwise_report.{arguments.command}")
        outcome = module.run(arguments)
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        _complain(f"internal error, please report it: {type(error).__name__}: {error}")
        return 2
    _print(outcome.text)
    for line in outcome.complaints:
        _complain(line)
    return outcome.code


def main(argv: list[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    try:
        arguments, more = _parser().parse_known_args(argv)
    except SystemExit as end:  # argparse exits by itself: 0 for --help, 2 for usage
        return end.code if isinstance(end.code, int) else 2
    if more:
        # argparse names the words behind an unknown option as well, and another command's usage
        option = next((word for word in more if word.startswith("-")), None)
        what = f"unknown option '{option}'" if option else f"one argument too many: '{more[0]}'"
        see = f"usage: cardwise-report {arguments.command} --help"
        _complain(f"{arguments.command}: {what} ({see})")
        return 2
    files = arguments.files + getattr(arguments, "alike", [])
    return guarded(lambda: _run(arguments), files, _complain)
