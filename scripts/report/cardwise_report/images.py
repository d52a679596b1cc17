# SPDX-License-Identifier: Apache-2.0
"""Which images of prebuilt kernels did a run load? Their manifests, which are data from outside."""

import json
import math
import re
import statistics
from dataclasses import dataclass, field

from cardwise_report.cases import Case
from cardwise_report.run_file import InputError, RunFile
from cardwise_report.variants import PORTABLE, SAME_CODE, variant_of

SCHEMA, VERSION = "cardwise.image", 1
MAX_IMAGES = 16
_MAX_TEXT = 4 << 20  # characters of a manifest; those of cardwise have 20 000
_MAX_KERNELS = 4096
_MAX_BANKS = 256
_COMPILED = ("", PORTABLE, SAME_CODE)  # variants whose text is a kernel's, compiled in the run
_DEFINE = re.compile(r"-D([A-Z_]{1,40})=([1-9][0-9]{0,5})", re.ASCII)


@dataclass(frozen=True)
class Entry:
    """One kernel of an image; `task`: a single work-item, else a range of them."""

    name: str
    dtype: str
    width: int  # elements that a work-item of a range moves at once
    task: bool
    banks: frozenset[str] = frozenset()  # that its buffers lie in; "": anywhere


@dataclass
class Image:
    """One image as its manifest tells it; `problem` says why there is none that can be read."""

    variant: str
    file: str
    problem: str = ""
    format: str = ""
    board: str = ""
    architecture: str = ""
    language: str = ""
    compiler: str = ""  # name and version
    created: str = ""
    sha256: str = ""
    clock_hz: float = math.nan  # NaN where it is unknown or means nothing
    defines: dict[str, int] = field(default_factory=dict)  # numbers among the compiler's -D
    entries: list[Entry] = field(default_factory=list)
    memory_rate: float = math.nan  # bytes/s of the board's memory by its data sheet
    bank_rates: dict[str, float] = field(default_factory=dict)  # and of the banks in use
    load_s: dict[str, list[float]] = field(default_factory=dict)  # API -> by rank

    @property
    def target(self) -> str:
        """What it was built for: a board, or an architecture."""
        return self.board or self.architecture


def read_images(file: RunFile, cases: list[Case]) -> tuple[list[Image], str]:
    """The images of a run with the times that loading took; and what is wrong with /kernels."""
    if not file.has("/kernels"):
        return [], ""
    try:
        table = file.table("kernels", ("variant", "file", "text"))
    except InputError as error:
        return [], str(error)
    found: dict[tuple[str, str, str], Image] = {}
    for variant, name, text in zip(table["variant"], table["file"], table["text"]):
        if variant not in _COMPILED and (variant, name, text) not in found:
            found[variant, name, text] = image_of(variant, name, text)
            if len(found) > MAX_IMAGES:
                return list(found.values())[:MAX_IMAGES], f"names more than {MAX_IMAGES} images"
    out = list(found.values())
    for case in cases:
        if is_load(case) and case.status in ("ok", "partial") and case.measured:
            mine = [image for image in out if image.variant == variant_of(case)]
            if len(mine) == 1:  # of two with one name nobody can tell which it was
                times = [float(median) for median in case.medians]
                mine[0].load_s[case.key.get("backend", "")] = times
    return out, ""


def loaded_images(image_sha256: str) -> set[str]:
    """Hashes of all images that a rank loaded, out of /ranks/image_sha256."""
    return set(image_sha256.split(",")) - {""}


def is_load(case: Case) -> bool:
    """Whether a case is the loading of an image: once a rank, so all its later samples are void."""
    return case.row["family"] == "latency" and case.row["benchmark"] == "load_image"


def image_of(variant: str, file: str, text: str) -> Image:
    """The image that a manifest tells of; never fails, `problem` says what is wrong with it."""
    out = Image(variant, file)
    try:
        _fill(out, _parsed(text))
        return out
    except InputError as error:
        return Image(variant, file, str(error))


def _parsed(text: str) -> dict:
    if len(text) > _MAX_TEXT:
        raise InputError(f"has {len(text)} characters, more than any manifest")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"is no JSON: {str(error):.100}") from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise InputError(f"is JSON, but no manifest (no schema {SCHEMA})")
    if data.get("version") != VERSION or isinstance(data["version"], bool):
        raise InputError(f"has version {str(data.get('version')):.20}, not {VERSION}")
    return data


def _fill(out: Image, data: dict) -> None:
    image, compiler = _object(data, "image"), _object(data, "compiler")
    out.format, out.sha256 = _text(image, "format"), _text(image, "sha256")
    for name in ("board", "architecture", "language", "created"):
        setattr(out, name, _text(data, name))
    out.compiler = f"{_text(compiler, 'name')} {_text(compiler, 'version')}".strip()
    out.defines = _defines(compiler.get("flags", []))
    clock = _number(data.get("clock_hz", 0), "clock_hz", 1e12)
    out.clock_hz = clock if clock > 0 else math.nan
    kernels = data.get("kernels", [])
    if not isinstance(kernels, list) or len(kernels) > _MAX_KERNELS:
        raise InputError("kernels: is no list, or an absurdly long one")
    out.entries = [_entry(kernel, f"kernels[{i}]") for i, kernel in enumerate(kernels)]
    _fill_memory(out, data.get("memory"))


def _fill_memory(out: Image, memory: object) -> None:
    """Rates of the board's memory. cardwise does not read them: what is odd is unknown."""
    if not isinstance(memory, dict):
        return
    out.memory_rate = _rate(memory.get("bytes_per_s"))
    banks = memory.get("banks")
    if isinstance(banks, dict):
        out.bank_rates = {name: _rate(value) for name, value in list(banks.items())[:_MAX_BANKS]}


def _rate(value: object) -> float:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if known and 0 < value <= 1e15 else math.nan


def _entry(kernel: object, where: str) -> Entry:
    if not isinstance(kernel, dict):
        raise InputError(f"{where}: is no object")
    width = int(_number(kernel.get("width", 1), f"{where}: width", 1e6))
    task = _text(kernel, "launch") == "task"
    return Entry(_text(kernel, "name"), _text(kernel, "dtype"), width, task, _banks(kernel))


def _banks(kernel: dict) -> frozenset[str]:
    """Where its buffers lie; what is no buffer, or says it oddly, lies nowhere."""
    arguments = kernel.get("arguments")
    found = [a for a in arguments if isinstance(a, dict)] if isinstance(arguments, list) else []
    names = [a.get("bank", "") for a in found[:_MAX_BANKS] if a.get("type") == "buffer"]
    return frozenset(name for name in names if isinstance(name, str))


def _defines(flags: object) -> dict[str, int]:
    """The numbers among '-DVECTOR=8' and the like: what an FPGA's pipelines were made with."""
    if not isinstance(flags, list):
        raise InputError("compiler: flags: is no list")
    found = (_DEFINE.fullmatch(flag) for flag in flags if isinstance(flag, str))
    return {match[1]: int(match[2]) for match in found if match}


def _object(data: dict, name: str) -> dict:
    value = data.get(name, {})
    if not isinstance(value, dict):
        raise InputError(f"{name}: is no object")
    return value


def _text(data: dict, name: str) -> str:
    value = data.get(name, "")
    if not isinstance(value, str):
        raise InputError(f"{name}: is no text")
    return value[:300]


def _number(value: object, name: str, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise InputError(f"{name}: is no number from 0 to {most:g}")
    return float(value)


def load_span(image: Image, api: str) -> tuple[float, float, float]:
    """Least, median and longest time over ranks, in s."""
    times = image.load_s[api]
    return min(times), statistics.median(times), max(times)


def as_data(images: list[Image]) -> list[dict]:
    """What --format json has: all but the entries of the kernels and what peaks are made of."""
    left_out = ("entries", "memory_rate", "bank_rates")
    return [
        {k: v for k, v in vars(image).items() if k not in left_out}
        | {"kernels": sorted({entry.name for entry in image.entries})}
        for image in images
    ]
