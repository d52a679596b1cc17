# SPDX-License-Identifier: Apache-2.0
"""What does one page say about runs? The command `html`: a file that needs no network."""

import argparse
import base64
import hashlib
import os
import tempfile

from cardwise_report import html_charts, html_head, html_map, html_samples
from cardwise_report.cli import Outcome
from cardwise_report.health import node_lines, root_of, wrong_ranks
from cardwise_report.html_style import SCRIPT, STYLE
from cardwise_report.html_svg import esc, tag
from cardwise_report.run_file import InputError, RunFile
from cardwise_report.run_report import collect
from cardwise_report.slow_cards import judge_run


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
        _write(target, page(parts, files))
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
        tag("h1", f"cardwise: {esc(report['run']['system'], 60)}"),
        html_head.banner(report, found, lines),
        html_head.cards(found),
        html_map.section(found, cases),
        html_head.nodes(lines),
        html_head.notes(report, found),
        html_charts.distributions(found, cases),
        html_charts.roofline(report["ranks"], cases),
        html_charts.apis(report["apis"]),
        html_charts.copies(cases),
        html_samples.section(file, found),
        html_head.environment(report),
        tag(
            "p",
            esc(f"From {os.path.basename(file.path)}, run {report['run']['run_id']}."),
            class_="small",
        ),
    ]
    return tag("main", "".join(parts))


def page(parts: list[str], files: list[str]) -> str:
    """The whole document; only the script below may run in it, and nothing is fetched."""
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    head = [
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<link rel="icon" href="data:,">',
        tag("title", f"cardwise: {esc(os.path.basename(files[0]), 80)}"),
        f"<style>{STYLE}</style>",
    ]
    body = "".join(parts) + f"<script>{SCRIPT}</script>"
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head>{"".join(head)}</head><body>{body}</body></html>\n'
    )


def _write(target: str, text: str) -> None:
    """Whole or not at all: a reader never sees half a page."""
    folder = os.path.dirname(os.path.abspath(target))
    handle, name = tempfile.mkstemp(dir=folder, prefix=".cardwise-", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as out:
            out.write(text)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise
