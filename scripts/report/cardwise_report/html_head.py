# SPDX-License-Identifier: Apache-2.0
"""Is all well, and which card is not? What a person in charge looks at first."""

from cardwise_report.card_names import emulated_mark, identity, marks
from cardwise_report.cards import kind, next_step, told
from cardwise_report.health import Line
from cardwise_report.health_codes import SEVERITIES
from cardwise_report.html_svg import esc, tag
from cardwise_report.html_table import table, text_row
from cardwise_report.judgement import Judgement, Verdict
from cardwise_report.recheck import WORDS
from cardwise_report.terminal import many, percent

_SHOWN = 100  # rows of a table
_NOTES = 8  # that are not folded away
_CARD = ("node", "card", "verdict", "found", "cause", "next")
_NODE = ("code", "nodes", "which", "what", "to do")


def headline(found: Judgement, lines: list[Line]) -> tuple[str, str, str]:
    """Class of the banner, its sign and its words."""
    corrupting = len(found.corrupting)
    passing = sum(verdict.passing for verdict in found.slow)
    slow = len(found.slow) - passing
    words = []
    if corrupting:
        words.append(f"{many(corrupting, 'card')} corrupting")
    if slow:
        words.append(f"{many(slow, 'card')} slow")
    severities = {line.code.severity for line in lines}
    if words or severities & {"isolate", "triage"}:
        return "bad", "✖", "Not well: " + (" and ".join(words) or "see the nodes below")
    if passing:
        was = f"{many(passing, 'card')} slow in the run, but not when measured again"
        return "warn", "▲", f"Nothing that lasts: {was}"
    if "configure" in severities:
        return "warn", "▲", "No slow card, but nodes are not configured as they should be"
    if "incomplete" in severities:
        return "warn", "?", "Nothing bad was found, but not every test was made"
    if "watch" in severities:
        return "good", "✔", "All is well; some counters are worth watching"
    return "good", "✔", "All is well"


def banner(report: dict, found: Judgement, lines: list[Line]) -> str:
    """The verdict, and on what: cards, nodes, when."""
    style, letter, words = headline(found, lines)
    run, ranks = report["run"], report["ranks"]
    cards = sum(1 for r in range(len(ranks["rank"])) if identity(ranks, r))
    models = sorted({f"{m:.60}" for m in ranks["device_name"] if m})[:4]
    about = f"{many(cards, 'card')} ({', '.join(models)}) on {many(len(lines), 'node')}"
    when = f"{run['system']:.60}, {run['created_utc']:.30}, profile {run['profile']:.20}"
    state = "complete" if run["complete"] == 1 else f"incomplete ({run['exit_reason']:.40})"
    inside = tag("p", f"<b>{letter}</b> {esc(words)}", class_="verdict")
    if emu := emulated_mark(ranks):
        text = f"{emu.strip(' []').capitalize()}: no figure below says anything about a card."
        inside += tag("p", f"<b>{text}</b>")
    inside += tag("p", esc(f"{about}; {when}; {state}"))
    return tag("div", inside, class_=f"banner {style}")


def cards(found: Judgement) -> str:
    """The cards that are not well, a row each."""
    chosen = found.corrupting + [v for v in found.slow if not v.corrupting]
    if not chosen:
        return ""
    rows = "".join(_row(found, verdict) for verdict in chosen[:_SHOWN])
    more = f"<p>… and {len(chosen) - _SHOWN} more.</p>" if len(chosen) > _SHOWN else ""
    return tag("h2", "Cards that are not well") + table(_CARD, rows) + more


def _row(found: Judgement, verdict: Verdict) -> str:
    ranks, r = found.ranks, verdict.rank
    card = f"card {ranks['local_rank'][r]}{marks(ranks, r)}"
    if ranks["device_serial"][r]:
        card += f", serial {ranks['device_serial'][r]:.40}"
    card += f", {ranks['pci_bus_id'][r]:.20}" if ranks["pci_bus_id"][r] else ""
    what = []
    if verdict.odd_bits:
        what.append(f"other result bits in {verdict.odd_bits[0]:.60}")
    if verdict.failures:
        what.append(f"{many(verdict.failures, 'block')} failed verification")
    if verdict.findings:
        smallest = percent(verdict.worst.test.smallest)
        what.append(f"{told(verdict.worst)}; named from {smallest} on")
    if verdict.rechecked:
        what.append(f"measured again: {WORDS[verdict.rechecked]}")
    cells = [
        f"{ranks['host'][r]:.60}",
        f"{card} (rank {r})",
        "CORRUPTING" if verdict.corrupting else kind(verdict).upper(),
        "; ".join(what),
        "; ".join(cause.text for cause in verdict.causes) or "none recorded",
        next_step(verdict, ranks),
    ]
    return text_row(_CARD, cells)


def nodes(lines: list[Line]) -> str:
    """What is to be done with which nodes, a row a code; the healthy ones are counted."""
    order = {severity: i for i, severity in enumerate(SEVERITIES)}
    same: dict[str, list[Line]] = {}
    for line in sorted(lines, key=lambda line: (order[line.code.severity], line.code.name)):
        same.setdefault(line.code.name, []).append(line)
    rows = ""
    for name, members in same.items():
        code = members[0].code
        hosts = ", ".join(f"{line.host:.40}" for line in members[:6])
        hosts += f" and {len(members) - 6} more" if len(members) > 6 else ""
        first = members[0].reason.partition(": ")[2] if len(members) == 1 else code.meaning
        cells = [f"{name} {code.severity}", str(len(members)), hosts, first, code.action]
        rows += text_row(_NODE, cells)
    return tag("h2", "Nodes") + table(_NODE, rows)


def notes(report: dict, found: Judgement) -> str:
    """What could not be told, and the warnings that `show` gives."""
    items = [("cannot tell", text) for text in found.cannot]
    items += [("error", f"result bits differ, with no majority: {x}") for x in found.undecided]
    items += [(w["level"], w["text"]) for w in report["warnings"]]
    if not items:
        return ""
    rows = [tag("li", f"<b>{esc(level)}</b>: {esc(text, 400)}") for level, text in items[:_SHOWN]]
    out = tag("h2", "To be known before the figures are believed")
    out += tag("ul", "".join(rows[:_NOTES]))
    if len(items) > _NOTES:
        summary = tag("summary", f"and {len(items) - _NOTES} more")
        out += tag("details", summary + tag("ul", "".join(rows[_NOTES:])))
    return out


def environment(report: dict) -> str:
    """How the run was made: software, drivers, options."""
    ranks, run = report["ranks"], report["run"]
    about = {name: run[name] for name in run}
    for name in ("driver_version", "opencl_platform", "opencl_version", "backends", "peak_source"):
        values = sorted({f"{v:.80}" for v in ranks[name] if v})
        about[name] = "; ".join(values[:5]) + (
            f" and {len(values) - 5} more" if len(values) > 5 else ""
        )
    about |= {k: v for k, v in report["environment"].items() if v}
    node = report["nodes"]
    for name in ("cpu_model", "kernel_release", "bios_version"):
        about[name] = "; ".join(sorted({f"{v:.80}" for v in node[name] if v})[:5])
    rows = "".join(
        tag("tr", tag("th", esc(name)) + tag("td", _lines(value)))
        for name, value in about.items()
        if value not in ("", -1)
    )
    return tag("h2", "Environment") + f'<div class="wide"><table class="env">{rows}</table></div>'


def _lines(value: object) -> str:
    return "<br>".join(esc(part, 300) for part in str(value).splitlines()[:60])
