# SPDX-License-Identifier: Apache-2.0
"""How are kernels of one meaning told side by side? Sections of `show`."""

from collections.abc import Iterator

from cardwise_report import variants
from cardwise_report.card_names import emulated_mark
from cardwise_report.terminal import Style, cut, duration, table

BESIDE = "Kernels side by side"
PARTS = "OpenCL against CUDA: the API's part and the compiler's"


def kernels(report: dict, style: Style) -> Iterator[str]:
    """A row a kernel, size and type: its times by variant and API, each held against C."""
    if not report["variants"]:
        return
    mark = emulated_mark(report["ranks"])
    yield style.bold(BESIDE) + "  (ratio of times through the same API, by rounds)" + mark
    names, rows, right = beside(report["variants"])
    yield from table(names, rows, style, right)


def parts(report: dict, style: Style) -> Iterator[str]:
    """A row a kernel: OpenCL's time over CUDA's = the API's part x the compiler's."""
    names, rows, right = split(report["variants"])
    if rows:
        mark = emulated_mark(report["ranks"])
        yield style.bold(PARTS) + "  (ratio of times, by rounds)" + mark
        yield from table(names, rows, style, right)


def beside(found: list[variants.Kernel]) -> tuple[list[str], list[list[str]], set[int]]:
    """Names of the columns, rows, columns that stand to the right."""
    which = variants.columns(found)
    held = [w for w in which if any(w in kernel.ratios for kernel in found)]
    names = ["kernel", *(cut(variants.named(w), 30) for w in which)]
    right = set(range(1, len(names)))
    for variant, api in held:
        right.add(len(names))
        base = variants.named((variants.PORTABLE, api))
        names += [f"{cut(variants.word(variant), 20)} / {base}", "95 % interval", ""]
    rows = []
    for kernel in found:
        row = [cut(kernel.label, 90)]
        row += [duration(kernel.cases[w].sync) if w in kernel.cases else "" for w in which]
        for w in held:
            ratio = kernel.ratios.get(w)
            row += [ratio.told, ratio.interval, cut(ratio.words)] if ratio else ["", "", ""]
        rows.append(row)
    return names, rows, right


def split(found: list[variants.Kernel]) -> tuple[list[str], list[list[str]], set[int]]:
    names = ["kernel", "OpenCL/CUDA", "95 % interval", "API's part", "95 % interval"]
    names += ["compiler's part", "95 % interval", ""]
    rows = []
    for part in variants.parts(found):
        row = [cut(part.label, 90)]
        for ratio in (part.whole, part.api, part.compiler):
            row += [ratio.told, ratio.interval]
        rows.append([*row, variants.told(part)])
    return names, rows, {1, 3, 5}
