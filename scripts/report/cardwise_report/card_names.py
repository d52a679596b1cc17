# SPDX-License-Identifier: Apache-2.0
"""Which cards did a run have, and what is each of them called?"""

import numpy as np

RANK_COLUMNS = (
    "host node local_rank cpu_mask cpu_numa device_numa numa_match backends "
    "device_name device_class identity "
    "device_uuid device_serial pci_bus_id driver_version opencl_platform opencl_version "
    "binding_rule status_text emulated shared mig_mode mps "
    "pcie_gen_load pcie_gen_max pcie_width_load "
    "pcie_width_max verify_failures rows_remapped ecc_corrected_start ecc_corrected_end "
    "ecc_uncorrected_start ecc_uncorrected_end pcie_replays_start pcie_replays_end "
    "host_tick_ns host_mark_ns launch_call_ns image_sha256 peak_mem peak_f32 peak_f64 ceiling_mem ceiling_h2d "
    "ceiling_d2h ceiling_f32 ceiling_f64 peak_source power_limit_w power_limit_default_w"
).split()
RANK_REQUIRED = ("host", "device_name", "device_class")

_NAMED = 3  # cards named in one line


def identity(ranks: dict, r: int) -> str:
    """What tells card r from all others: the file's own word, else put together as the writer does.

    UUID, else host + PCI address, else host + platform + place; "" for a rank without a card.
    """
    if told := ranks["identity"][r] or ranks["device_uuid"][r]:
        return told
    host, platform = ranks["host"][r], ranks["opencl_platform"][r] or ranks["device_name"][r]
    if ranks["pci_bus_id"][r]:
        return f"{host}/{ranks['pci_bus_id'][r]}"
    return f"{host}/{platform}/{ranks['local_rank'][r]}" if platform else ""


def place(ranks: dict, r: int) -> str:
    """The identity where the host is told beside it."""
    return identity(ranks, r).removeprefix(f"{ranks['host'][r]}/")


def emulated(ranks: dict) -> np.ndarray:
    """Which ranks had an emulator for a card: their times say nothing about a card."""
    return (ranks["device_class"] == "emulated") | (ranks["emulated"] == 1)


def emulated_mark(ranks: dict) -> str:
    """' [emulated]' for what is told of a whole run, ' [emulated in part]', or ''."""
    hit = emulated(ranks)
    return "" if not hit.any() else " [emulated]" if hit.all() else " [emulated in part]"


def marks(ranks: dict, r: int) -> str:
    """' [cpu]', ' [emulated]', ' [shared]' as on the console; a real card has none."""
    out = " [cpu]" if ranks["device_class"][r] == "cpu" else ""
    out = " [emulated]" if emulated(ranks)[r] else out
    return out + (" [shared]" if ranks["shared"][r] == 1 else "")


def card_name(ranks: dict, r: int) -> str:
    """'nid004 GPU-3f… (rank 11)': how a card is called in a sentence."""
    return f"{ranks['host'][r]:.60} {place(ranks, r) or 'without a card':.60} (rank {r})"


def card_names(ranks: dict, chosen) -> str:
    """The first few of the chosen ranks, and how many more."""
    chosen = [int(r) for r in chosen]
    names = ", ".join(card_name(ranks, r) for r in chosen[:_NAMED])
    return names + (f" and {len(chosen) - _NAMED} more" if len(chosen) > _NAMED else "")
