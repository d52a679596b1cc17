# SPDX-License-Identifier: Apache-2.0
"""How do kernels of one meaning compare that came about in different ways?

A case's parameter `variant` says which kernel ran: `portable` (the C text that both APIs compile),
`rust` (a prebuilt image), `same-code` (one PTX of the portable text through both APIs), or an FPGA
board's name. Each is held against the portable kernel through the same API.
"""

import math
from dataclasses import dataclass, field

from cardwise_report.cases import Case
from cardwise_report.ratios import Ratio, by_rounds, ratio_of

PORTABLE, SAME_CODE = "portable", "same-code"
MAX_VARIANTS = 6  # besides the portable one; a file that claims more is none of cardwise
_WORDS = {PORTABLE: "C", "rust": "Rust", SAME_CODE: "same code"}
_APIS = {"opencl": "OpenCL", "cuda": "CUDA"}


@dataclass
class Kernel:
    """One kernel, size and type: its cases by (variant, API), ratios to the portable kernel."""

    label: str
    family: str
    cases: dict[tuple[str, str], Case]
    ratios: dict[tuple[str, str], Ratio] = field(default_factory=dict)


@dataclass
class Parts:
    """OpenCL's time over CUDA's for the portable text, and what of it is whose.

    whole = api x compiler, round by round: `api` is the ratio of one and the same code through
    both APIs, `compiler` is what is left, the code that the two compilers made of one text.
    """

    label: str
    whole: Ratio
    api: Ratio
    compiler: Ratio


def variant_of(case: Case) -> str:
    return case.key.get("variant") or PORTABLE


def word(variant: str) -> str:
    """'C', 'Rust', 'same code', or the variant's own name."""
    return _WORDS.get(variant, variant)


def named(which: tuple[str, str]) -> str:
    """'Rust by CUDA'."""
    return f"{word(which[0])} by {_APIS.get(which[1], which[1])}"


def side_by_side(cases: list[Case]) -> list[Kernel]:
    """Kernels that ran in more than one variant, with their ratios to the portable one."""
    found: dict[str, Kernel] = {}
    for case in cases:
        if not case.measured or case.status not in ("ok", "partial"):
            continue
        rest = "&".join(
            f"{k}={v}" for k, v in case.key.items() if k not in ("backend", "variant", "wv")
        )
        name = case.row["case_key"].partition("?")[0] + "?" + rest
        kernel = found.setdefault(name, Kernel(_label(case), case.row["family"], {}))
        kernel.cases[variant_of(case), case.key.get("backend", "")] = case
    out = [k for k in found.values() if len({variant for variant, _ in k.cases}) > 1]
    for kernel in out:
        for (variant, api), case in kernel.cases.items():
            base = kernel.cases.get((PORTABLE, api))
            if variant != PORTABLE and base is not None:
                ratios = by_rounds(case, base)
                kernel.ratios[variant, api] = ratio_of(ratios, word(variant), word(PORTABLE))
    return out


def _label(case: Case) -> str:
    """The case's label without its API and its variant; whole where the label is the whole key."""
    label = case.label
    if label == case.row["case_key"]:
        return label
    label = label.removesuffix(f" {case.key.get('backend', '')}")
    return label if variant_of(case) == PORTABLE else label.removesuffix(f" {variant_of(case)}")


def columns(kernels: list[Kernel]) -> list[tuple[str, str]]:
    """(variant, API) that the file has: the portable kernel by both APIs, then the others'."""
    seen = {which for kernel in kernels for which in kernel.cases}
    names = sorted({variant for variant, _ in seen} - {PORTABLE})[:MAX_VARIANTS]
    order = [(PORTABLE, "opencl"), (PORTABLE, "cuda")]
    order += [(name, api) for name in names for api in ("cuda", "opencl")]
    return [which for which in order if which in seen]


def parts(kernels: list[Kernel]) -> list[Parts]:
    """The API's part and the compiler's, of kernels that both APIs ran in both variants."""
    out = []
    for kernel in kernels:
        keys = [(v, api) for v in (PORTABLE, SAME_CODE) for api in ("opencl", "cuda")]
        if not all(key in kernel.cases for key in keys):
            continue
        opencl, cuda, same_opencl, same_cuda = (kernel.cases[key] for key in keys)
        whole, api = by_rounds(opencl, cuda), by_rounds(same_opencl, same_cuda)
        rounds = min(len(whole), len(api))
        compiler = whole[:rounds] / api[:rounds]
        found = (ratio_of(ratios, "OpenCL", "CUDA") for ratios in (whole, api, compiler))
        out.append(Parts(kernel.label, *found))
    return out


def told(part: Parts) -> str:
    """'OpenCL faster by 5.4 %: API +0.2 %, compiler -5.6 %', in per cent of OpenCL's time.

    Each is what that part makes longer (+) or shorter (-), counted as the verdict counts: by how
    much longer the slower side takes.
    """
    if not part.whole.words:
        return ""
    return f"{part.whole.words}: API {_signed(part.api)}, compiler {_signed(part.compiler)}"


def _signed(ratio: Ratio) -> str:
    if not (math.isfinite(ratio.value) and ratio.value > 0):
        return "unknown"
    share = ratio.value - 1 if ratio.value >= 1 else 1 - 1 / ratio.value
    return f"{round(100 * share, 1) + 0.0:+.1f} %"  # + 0.0: no -0.0


def as_data(kernels: list[Kernel]) -> dict:
    """What --format json has."""
    return {
        "kernels": [
            {
                "case": kernel.label,
                "family": kernel.family,
                "variants": [
                    {
                        "variant": variant,
                        "backend": api,
                        "case_key": case.row["case_key"],
                        "time_s": case.sync,
                    }
                    | (
                        {"to_portable": r.data()}
                        if (r := kernel.ratios.get((variant, api)))
                        else {}
                    )
                    for (variant, api), case in kernel.cases.items()
                ],
            }
            for kernel in kernels
        ],
        "api_and_compiler": [
            {
                "case": part.label,
                "opencl_to_cuda": part.whole.data(),
                "api": part.api.data(),
                "compiler": part.compiler.data(),
                "told": told(part),
            }
            for part in parts(kernels)
        ],
    }
