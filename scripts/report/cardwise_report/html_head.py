# SPDX-License-Identifier: Apache-2.0
"""Is all well, and which card is not? What a person in charge looks at first."""

from cardwise_report.cards import identity, marks
from cardwise_report.cards_command import kind, next_step, told
from cardwise_report.health import Line
from cardwise_report.html_svg import esc, tag
from cardwise_report.slow_cards import Judgement, Verdict
from cardwise_report.terminal import many, percent

_SHOWN = 100


def headline(found: Judgement, lines: list[Line]) -> tuple[str, str, str]:
    """Class of the banner, its sign and its words."""
    corrupting, slow = len(found.corrupting), len(found.slow)
    words = []
    if corrupting:
        words.append(f"{many(corrupting, 'card')} corrupting")
    if slow:
        words.append(f"{many(slow, 'card')} slow")
    severities = {line.code.severity for line in lines}
    if words or severities & {"isolate", "triage"}:
        return "bad", "✖", "Not well: " + (" and ".join(words) or "see the nodes below")
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
    inside += tag("p", esc(f"{about}; {when}; {state}"))
    return tag("div", inside, class_=f"banner {style}")


def cards(found: Judgement) -> str:
    """The cards that are not well, a row each."""
    chosen = found.corrupting + [v for v in found.slow if not v.corrupting]
    if not chosen:
        return ""
    head = "".join(f"<th>{word}</th>" for word in "node,card,verdict,found,cause,next".split(","))
    rows = "".join(_row(found, verdict) for verdict in chosen[:_SHOWN])
    more = f"<p>… and {len(chosen) - _SHOWN} more.</p>" if len(chosen) > _SHOWN else ""
    table = f'<div class="wide"><table><tr>{head}</tr>{rows}</table></div>'
    return tag("h2", "Cards that are not well") + table + more


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
    cells = [
        f"{ranks['host'][r]:.60}",
        f"{card} (rank {r})",
        "CORRUPTING" if verdict.corrupting else kind(verdict).upper(),
        "; ".join(what),
        "; ".join(cause.text for cause in verdict.causes) or "none recorded",
        next_step(verdict, ranks),
    ]
    return tag("tr", "".join(tag("td", esc(cell)) for cell in cells))


def nodes(lines: list[Line]) -> str:
    """Nodes that are not ok, by what is to be done; the healthy ones are counted."""
    odd = [line for line in lines if line.code.name != "CW000"]
    fine = len(lines) - len(odd)
    out = [tag("h2", "Nodes")]
    if fine:
        out.append(tag("p", esc(f"{many(fine, 'node')} ok.")))
    same: dict[str, list[str]] = {}
    for line in odd:
        same.setdefault(line.reason, []).append(line.host)
    rows = ""
    for reason, hosts in list(same.items())[:_SHOWN]:
        names = ", ".join(f"{host:.40}" for host in hosts[:4])
        names += f" and {len(hosts) - 4} more" if len(hosts) > 4 else ""
        rows += tag("tr", tag("td", esc(names)) + tag("td", esc(reason)))
    if rows:
        out.append(
            f'<div class="wide"><table><tr><th>node</th><th>what to do</th></tr>{rows}</table></div>'
        )
    return "".join(out)


def notes(report: dict, found: Judgement) -> str:
    """What could not be told, and the warnings that `show` gives."""
    items = [("cannot tell", text) for text in found.cannot]
    items += [("error", f"result bits differ, with no majority: {x}") for x in found.undecided]
    items += [(w["level"], w["text"]) for w in report["warnings"]]
    if not items:
        return ""
    rows = "".join(
        tag("li", f"<b>{esc(level)}</b>: {esc(text, 400)}", class_=level.split()[0])
        for level, text in items[:_SHOWN]
    )
    return tag("h2", "To be known before the figures are believed") + tag("ul", rows)


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
