#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks kernels/fpga: the boards' files, the images made of them, and that argument lists are the portable kernels'.

check_boards.py ROOT                0: all rules hold, 1: one is broken (each is named)
check_boards.py ROOT --self-test    plants every kind of violation and sees each one found
"""

from __future__ import annotations

import copy
import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# A name that each board's card has, and the identity in it (None: by place).
EXAMPLES = {
    "520n-mx": (
        "p520_hpc_m210h_g3x16 : BittWare Stratix 10 MX OpenCL platform (aclbitt_s10mx_pcie0)",
        "aclbitt_s10mx_pcie0",
    ),
    "520n": ("p520_hpc_sg280l : BittWare Stratix 10 OpenCL platform (aclbitt_s10_pcie1)", "aclbitt_s10_pcie1"),
    "u280": ("xilinx_u280_xdma_201920_3", None),
    "emulator": ("Intel(R) FPGA Emulation Device", None),
}
KEYS = {
    "schema": str,
    "version": int,
    "licence": str,
    "board": str,
    "title": str,
    "vendor": str,
    "platform": str,
    "device_pattern": str,
    "identity": dict,
    "image_format": str,
    "images_per_process": int,
    "memory": dict,
    "alignment": dict,
    "compile": dict,
    "defines": dict,
    "defines_by_dtype": dict,
    "images": dict,
    "sources": list,
}
FORMATS = {"intel": {"aocx", "opencl-binary"}, "xilinx": {"xclbin"}}
NO_FPGA_KERNEL = {"fma_peak"}  # an FPGA's peak is a matter of the design, not of a kernel
PORTABLE = re.compile(r"\bvoid cw_(\w+)\(([^{]*)\)\s*\{")


def load_program(root: Path):
    sys.dont_write_bytecode = True
    spec = importlib.util.spec_from_file_location("program", root / "kernels/fpga/program.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["program"] = module
    spec.loader.exec_module(module)
    return module


def power_of_two(value: object) -> bool:
    return isinstance(value, int) and value > 0 and value & (value - 1) == 0


def board_errors(board: dict, stem: str) -> list[str]:
    """What is wrong with one board's file by itself."""
    errors = [
        f"{key} is missing or no {kind.__name__}" for key, kind in KEYS.items() if not isinstance(board.get(key), kind)
    ]
    errors += [f"{key} is no key of a board" for key in board if key not in KEYS]
    if errors:
        return errors
    if board["schema"] != "cardwise.fpga-board" or board["version"] != 1:
        errors.append("schema is not cardwise.fpga-board version 1")
    if board["board"] != stem:
        errors.append(f"board '{board['board']}' lies in {stem}.json")
    if board["image_format"] not in FORMATS.get(board["vendor"], ()):
        errors.append(f"vendor {board['vendor']} makes no {board['image_format']}")
    errors += memory_errors(board["memory"])
    for key in ("host_bytes", "sub_buffer_bytes"):
        if not power_of_two(board["alignment"].get(key)):
            errors.append(f"alignment.{key} is no power of two")
    errors += name_errors(board, stem)
    command = board["compile"]["command"] + board["compile"].get("link", [])
    for place in ["{text}", "{image}"] + ["{connectivity}"] * board["compile"]["needs_connectivity"]:
        if command and place not in command:
            errors.append(f"compile.command has no {place}")
    for i, source in enumerate(board["sources"]):
        if not source.get("fact") or not source.get("from"):
            errors.append(f"sources[{i}] wants fact and from")
    if not board["sources"]:
        errors.append("no fact has a source")
    return errors


def memory_errors(memory: dict) -> list[str]:
    banks, errors = memory["banks"], []
    names = [bank.get("name", "") for bank in banks]
    if len(set(names)) != len(names) or "" in names:
        errors.append("names of banks are missing or not unique")
    if sum(bank["bytes"] for bank in banks) != memory["bytes"]:
        errors.append("the banks' bytes do not add up to memory.bytes")
    if abs(sum(bank["bytes_per_s"] for bank in banks) - memory["bytes_per_s"]) > 1e-6 * memory["bytes_per_s"]:
        errors.append("the banks' bytes_per_s do not add up to memory.bytes_per_s")
    for k, bank in enumerate(banks):
        if not isinstance(bank["flags"], int) or bank["flags"] & 0xFFFF:
            errors.append(f"{bank['name']}: flags are OpenCL's own, not a vendor's")
        if "buffer_location" in memory and bank["name"] != f"{memory['buffer_location']}{k}":
            errors.append(f"bank {k} is {bank['name']}, not what BANK({k}) says")
    return errors


def name_errors(board: dict, stem: str) -> list[str]:
    if stem not in EXAMPLES:
        return ["check_boards.py has no example of a device's name for it"]
    device, identity = EXAMPLES[stem]
    if not re.search(board["device_pattern"], device):
        return [f"device_pattern does not match '{device}'"]
    others = [name for other, (name, _) in EXAMPLES.items() if other != stem]
    errors = [f"device_pattern also matches '{name}'" for name in others if re.search(board["device_pattern"], name)]
    rule, pattern = board["identity"]["rule"], board["identity"]["pattern"]
    if rule not in ("suffix", "index"):
        errors.append(f"identity.rule {rule} is neither suffix nor index")
    if rule == "suffix":
        found = re.search(pattern, device)
        if not found or found[1] != identity:
            errors.append(f"identity.pattern does not find '{identity}'")
    return errors


def portable_arguments(root: Path) -> dict[str, list[tuple[str, str]]]:
    """Entry without cw_ -> (name, kind) of its arguments, as kernels/*.cl have them; the last variant of a file."""
    found = {}
    for path in sorted((root / "kernels").glob("*.cl")):
        for match in PORTABLE.finditer(path.read_text(encoding="utf-8")):
            arguments = []
            for text in match[2].split(","):
                words = text.replace("*", " * ").split()
                access = "read" if "const" in words and "GLOBAL" in words else "write"
                value = {"index_t": "u64", "u64": "u64", "REAL": "REAL"}
                kind = access if "GLOBAL" in words else value[words[1]]
                arguments.append((words[-1], kind))
            found[match[1]] = arguments
    return found


def image_errors(program, board: dict, image: str, portable: dict) -> list[str]:
    try:
        made = program.Program(board, image)
        kernels, text = made.kernels(), made.text()
    except SystemExit as stop:
        return [f"image {image}: {stop}"]
    errors = []
    entries = [kernel["entry"] for kernel in kernels]
    if len(set(entries)) != len(entries):
        errors.append(f"image {image}: an entry is there twice")
    banks = {bank["name"] for bank in board["memory"]["banks"]} | {""}
    for kernel in kernels:
        found = re.fullmatch(r"cw_(\w+)_([fu](?:32|64))(_r\d+)?", kernel["entry"])
        if not found or found[2] != kernel["dtype"] or bool(found[3]) != (kernel["replications"] > 1):
            errors.append(f"image {image}: {kernel['entry']} is no entry's name")
            continue
        given = []
        for argument in kernel["arguments"]:
            if argument["type"] != "buffer":
                given.append((argument["name"], "REAL" if argument["type"] in ("f32", "f64") else argument["type"]))
                continue
            given.append((argument["name"], "read" if argument["access"] == "read" else "write"))
            if argument["bank"] not in banks:
                errors.append(f"image {image}: {kernel['entry']}: no bank {argument['bank']}")
        if given != portable.get(found[1]):
            errors.append(f"image {image}: {kernel['entry']} takes {given}, cw_{found[1]} {portable.get(found[1])}")
    if board["images"][image]["kernels"] == "all":
        missing = set(portable) - {re.sub(r"_[fu]\d+(_r\d+)?$", "", e)[3:] for e in entries} - NO_FPGA_KERNEL
        errors += [f"image {image}: no kernel {name}" for name in sorted(missing)]
    if text.count("#define ENTRY(") != text.count("#undef ENTRY\n"):
        errors.append(f"image {image}: defines of one kernel reach into the next")
    return errors


def manifest_errors(program, board: dict) -> list[str]:
    """The manifest beside a finished image: its keys, and the image's size and hash."""
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / f"kernels.{board['image_format']}"
        image.write_bytes(b"an image")
        made = program.Program(board).manifest(image, "20.4", 3e8, ["-g0"])
    keys = ["schema", "version", "image", "board", "architecture", "language", "compiler", "clock_hz", "created"]
    errors = [] if list(made) == keys + ["sources", "memory", "kernels"] else [f"manifest has the keys {list(made)}"]
    wanted = hashlib.sha256(b"an image").hexdigest()
    if (made["image"]["file"], made["image"]["bytes"], made["image"]["sha256"]) != (image.name, 8, wanted):
        errors.append(f"manifest is not of the image: {made['image']}")
    if "-g0" not in made["compiler"]["flags"] or made["clock_hz"] != 3e8:
        errors.append(f"manifest does not say how the image was made: {made['compiler']}")
    used = {a["bank"] for kernel in made["kernels"] for a in kernel["arguments"] if a.get("bank")}
    rates = {bank["name"]: bank["bytes_per_s"] for bank in board["memory"]["banks"] if bank["name"] in used}
    if made["memory"] != {"bytes_per_s": board["memory"]["bytes_per_s"], "banks": rates}:
        errors.append(f"manifest has not the rates of the banks that it names: {made['memory']}")
    if any("/" in source["file"] for source in made["sources"]):
        errors.append("manifest: a path is no plain file name")
    return errors


def source_errors(name: str, text: str) -> list[str]:
    """The dialect: one work-item, restrict and a bank for every pointer, no board by name."""
    errors = []
    code = re.sub(r"//[^\n]*", "", text)
    for word in ("get_global_id", "get_local_id", "barrier", "__global", "__kernel", "buffer_location"):
        if re.search(rf"\b{word}\b", code):
            errors.append(f"{name}: {word} (tasks and macros of fpga.h only)")
    if not text.startswith("// SPDX-License-Identifier: Apache-2.0\n"):
        errors.append(f"{name}: no licence")
    if "TASK void ENTRY(" not in code:
        errors.append(f"{name}: no TASK void ENTRY(...)")
    defined, undefined = set(re.findall(r"#define (\w+)", code)), set(re.findall(r"#undef (\w+)", code))
    errors += [f"{name}: {macro} is not undefined at its end" for macro in sorted(defined - undefined)]
    return errors


def all_errors(program, root: Path, boards: dict[str, dict], sources: dict[str, str], portable: dict) -> list[str]:
    errors = []
    for stem, board in boards.items():
        own = board_errors(board, stem)
        if not own:
            own = [e for image in board["images"] for e in image_errors(program, board, image, portable)]
        if not own:
            own = manifest_errors(program, board)
        errors += [f"boards/{stem}.json: {error}" for error in own]
    known = {file for file, _, _ in program.KERNELS}
    for name, text in sources.items():
        errors += source_errors(f"intel/{name}.cl", text)
        if name not in known:
            errors.append(f"intel/{name}.cl: program.py does not know it")
    errors += [f"intel/{name}.cl is not there" for name in sorted(known - set(sources))]
    return errors


def self_test(program, root: Path, boards: dict, sources: dict, portable: dict) -> int:
    def plant(board: str, path: str, value: object) -> dict:
        planted = copy.deepcopy(boards)
        *way, last = path.split(".")
        place = planted[board]
        for key in way:
            place = place[int(key) if key.isdigit() else key]
        if value is None:
            del place[last]
        else:
            place[last] = value
        return planted

    cases = [
        (plant("520n-mx", "platform", None), "platform is missing"),
        (plant("520n-mx", "colour", "red"), "colour is no key"),
        (plant("520n-mx", "board", "520n"), "lies in 520n-mx.json"),
        (plant("u280", "image_format", "aocx"), "makes no aocx"),
        (plant("520n-mx", "memory.banks.3.name", "HBM4"), "not unique"),
        (plant("520n-mx", "memory.banks.3.name", "HBM33"), "not what BANK(3) says"),
        (plant("520n-mx", "memory.banks.3.bytes", 1), "do not add up to memory.bytes"),
        (plant("520n", "memory.bytes_per_s", 1e9), "bytes_per_s do not add up"),
        (plant("520n", "memory.banks.0.flags", 1), "OpenCL's own"),
        (plant("u280", "alignment.host_bytes", 1000), "no power of two"),
        (plant("520n-mx", "device_pattern", "^p520_max"), "does not match"),
        (plant("520n-mx", "device_pattern", "^p520"), "also matches"),
        (plant("520n-mx", "identity.pattern", r"^(\w+)"), "does not find"),
        (plant("u280", "compile.link", ["v++", "{object}", "{image}"]), "no {connectivity}"),
        (plant("520n", "sources.0.from", ""), "wants fact and from"),
        (
            plant("emulator", "images.all.replications", 9),
            "",
        ),
        (plant("520n-mx", "images.all.replications", 33), "but 32 banks"),
        (plant("520n-mx", "images.all.kernels", ["saxpy", "saxpy"]), ""),
        (plant("520n-mx", "defines.CHUNK", 8191), "VECTOR must divide CHUNK"),
        (plant("520n-mx", "defines.NX_MAX", None), "no value for NX_MAX"),
        (plant("520n-mx", "defines.CHUNK", 0), "CHUNK must be 1 at least"),
    ]
    failed = []
    for planted, wanted in cases:
        found = all_errors(program, root, planted, sources, portable)
        good = any(wanted in e for e in found) if wanted else not found
        print("found " if good and wanted else "quiet " if good else "MISSED", wanted or "a harmless change")
        failed += [] if good else [f"{wanted}: {found}"]
    saxpy = sources["saxpy"]
    for text, wanted in [
        (saxpy.replace("TASK void", "__kernel void"), "__kernel"),
        (saxpy.replace("IN_OUT(REAL) y", "__global REAL* y"), "__global"),
        (saxpy + "#define LEFT 1\n", "LEFT is not undefined"),
        (saxpy[10:], "no licence"),
    ]:
        good = any(wanted in e for e in source_errors("saxpy", text))
        print("found " if good else "MISSED", wanted)
        failed += [] if good else [wanted]
    other = dict(portable, saxpy=portable["saxpy"][::-1], fresh=[("n", "u64")])
    found = all_errors(program, root, boards, sources, other)
    for wanted in ("cw_saxpy_f32 takes", "no kernel fresh"):
        good = any(wanted in e for e in found)
        print("found " if good else "MISSED", wanted)
        failed += [] if good else [wanted]
    for text in failed:
        print("self-test failed:", text, file=sys.stderr)
    return 1 if failed else 0


def syntax(program, boards: dict) -> int:
    """The texts that no runtime here builds as they are: with the cards' own sizes."""
    clang = shutil.which("clang")
    if clang is None:
        print("SKIPPED: no clang")
        return 77
    flags = ["-x", "cl", "-cl-std=CL1.2", "-Xclang", "-finclude-default-header", "-fsyntax-only", "-Wall", "-Wextra"]
    flags += ["-Wno-unknown-attributes", "-Wno-unknown-pragmas", "-Werror", "-"]  # Intel's attributes, ivdep
    failed = 0
    for stem, board in boards.items():
        for image in board["images"]:
            text = program.Program(board, image).text()
            for what, given in (("", text), (" with a fault", text.replace("const u64 n", "const u64 m", 1))):
                done = subprocess.run([clang, *flags], input=given, text=True, capture_output=True, timeout=120)
                good = (done.returncode == 0) == (what == "")
                failed += not good
                print("right" if good else "WRONG", f"{stem} {image}{what}")
                if not good:
                    print(done.stderr[:3000])
    return 1 if failed else 0


def main(arguments: list[str]) -> int:
    root = Path(arguments[0]).resolve()
    program = load_program(root)
    boards = {
        p.stem: json.loads(p.read_text(encoding="utf-8")) for p in sorted((root / "kernels/fpga/boards").glob("*.json"))
    }
    sources = {p.stem: p.read_text(encoding="utf-8") for p in sorted((root / "kernels/fpga/intel").glob("*.cl"))}
    portable = portable_arguments(root)
    if "--self-test" in arguments:
        return self_test(program, root, boards, sources, portable)
    if "--syntax" in arguments:
        return syntax(program, boards)
    errors = all_errors(program, root, boards, sources, portable)
    for stem, board in boards.items():
        images = {image: program.Program(board, image) for image in board["images"]} if not errors else {}
        print(stem, ", ".join(f"{name}: {len(made.kernels())} kernels" for name, made in images.items()))
    for error in errors:
        print(error, file=sys.stderr)
    return 1 if errors or set(boards) != set(EXAMPLES) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
