# SPDX-License-Identifier: Apache-2.0
"""What does one page say about runs? The command `html`: a file that needs no network."""

import argparse
import os

from cardwise_report import html_charts, html_head, html_map, html_samples, html_variants
from cardwise_report.card_names import emulated_mark
from cardwise_report.cli import Outcome
from cardwise_report.health import node_lines, root_of, wrong_ranks
from cardwise_report.html_document import document
from cardwise_report.html_style import SCRIPT, STYLE
from cardwise_report.html_svg import esc, tag
from cardwise_report.run_file import InputError, RunFile
from cardwise_report.run_report import collect
from cardwise_report.slow_cards import judge_run
from cardwise_report.whole_file import write_whole


def run(arguments: argparse.Namespace) -> Outcome:
    """Writes the page; says where it is."""
    files = arguments.files
    target = arguments.output or os.path.splitext(files[0])[0] + ".html"
    parts = []
    for name in files:
        try:
            if os.path.exists(target) and os.path.samefile(target, name):
                raise InputError("is the run itself, the page needs another name")
            with RunFile(name) as file:
                parts.append(section(file))
        except InputError as error:
            return Outcome(2, "", (f"{name}: {error}",))
        except OSError as error:
            return Outcome(2, "", (f"{target}: {error.strerror}",))
    try:
        write_whole(target, page(parts, files))
    except OSError as error:
        return Outcome(2, "", (f"{target}: cannot be written: {error.strerror}",))
    return Outcome(0, f"{target}\n")


def section(file: RunFile) -> str:
    """All there is to say about one run, the most urgent first."""
    found = judge_run(file)
    report = collect(file)
    cases = [case for case in report["cases"] if case.status in ("ok", "partial")]
    lines = node_lines(found, root_of(file), wrong_ranks(file, found))
    parts = [
        tag("h1", f"cardwise: {esc(report['run']['system'], 60)}{emulated_mark(report['ranks'])}"),
        html_head.banner(report, found, lines),
        html_head.cards(found),
        html_map.section(found, cases),
        html_head.nodes(lines),
        html_head.notes(report, found),
        html_charts.distributions(found, cases),
        html_charts.roofline(report["ranks"], cases),
        html_charts.apis(report["apis"]),
        html_variants.page(report),
        html_charts.copies(cases),
        html_samples.section(file, found),
        html_variants.images(report),
        html_variants.launches(report),
        html_variants.memory_banks(report),
        html_head.environment(report),
        tag(
            "p",
            esc(f"From {os.path.basename(file.path)}, run {report['run']['run_id']}."),
            class_="small",
        ),
    ]
    return tag("main", "".join(parts))


def page(parts: list[str], files: list[str]) -> str:
    """The whole document."""
    return document(f"cardwise: {os.path.basename(files[0])}", STYLE, "".join(parts), SCRIPT)
