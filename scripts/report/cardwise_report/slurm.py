# SPDX-License-Identifier: Apache-2.0
"""How is a node taken out by hand? Lines for a shell, made of nothing a shell would act on."""

import re

from cardwise_report.card_names import emulated
from cardwise_report.judgement import Judgement, Verdict
from cardwise_report.terminal import cut, percent

REASON_MAX = 200  # Slurm's accounting keeps 255 bytes of a reason
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")
_OUTSIDE = re.compile(r"[^A-Za-z0-9 .,:/%()+_-]")


def safe(text: str, most: int = REASON_MAX) -> str:
    """Text that fits a reason: printable ASCII, no quote, no letter that a shell reads."""
    text = _OUTSIDE.sub("_", text)
    return text if len(text) <= most else text[: most - 2] + ".."


def card_word(ranks: dict, r: int) -> str:
    """What tells a card on its node: the serial number, else the address, else the place."""
    serial, address = ranks["device_serial"][r], ranks["pci_bus_id"][r]
    if serial:
        return safe(f"serial {serial}", 40)
    return safe(address or ranks["device_uuid"][r] or f"card {ranks['local_rank'][r]}", 48)


def reason(ranks: dict, verdict: Verdict) -> str:
    """One card in a few words."""
    card = ("emulated " if emulated(ranks)[verdict.rank] else "") + card_word(ranks, verdict.rank)
    if verdict.corrupting:
        return f"{card} computes wrong results"
    causes = f" ({safe(verdict.causes[0].text, 50)})" if verdict.causes else ""
    worst = verdict.worst
    return f"{card} slow {percent(worst.deficit)} in {safe(worst.test.label, 40)}{causes}"


def drain_commands(found: Judgement) -> str:
    """One `scontrol` line a node with a slow or corrupting card; nothing is run.

    A card that was not slow when measured again empties no node, unless a cause was recorded.
    """
    nodes: dict[str, list[Verdict]] = {}
    slow = [v for v in found.slow if not v.corrupting and not v.passing]
    for verdict in found.corrupting + slow:
        nodes.setdefault(found.ranks["host"][verdict.rank], []).append(verdict)
    lines = []
    for host, verdicts in nodes.items():
        if not _HOST.fullmatch(host):
            lines.append(f"# no line for a node whose name no shell should see: {cut(host)}")
            continue
        texts = [reason(found.ranks, v) for v in verdicts]
        more = f" and {len(texts) - 1} more cards" if len(texts) > 1 else ""
        text = safe(f"cardwise: {texts[0]}{more}")
        node = host.partition(".")[0]  # Slurm names nodes without their domain
        lines.append(f'scontrol update NodeName={node} State=DRAIN Reason="{text}"')
    return "".join(line + "\n" for line in lines)
