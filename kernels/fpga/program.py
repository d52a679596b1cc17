#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the program text of an FPGA board's image, compiles it, and writes the image's manifest.

    program.py BOARD --text kernels.cl            one text with all kernels of the image, for aoc, v++ or any OpenCL C
    program.py BOARD --command kernels.cl         the compiler's command line for it, from boards/BOARD.json
    program.py BOARD --compile kernels.cl         runs it
    program.py BOARD --connectivity kernels.cfg   v++ only: which argument lies in which bank
    program.py BOARD --manifest kernels.aocx      writes kernels.aocx.json beside a finished image

BOARD is a name in boards/, --image one of the images listed there ("all" unless said). --define NAME=VALUE and
--replications N make another image than the listed one. Needs nothing but Python's standard library.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
REALS = ("f32", "f64")
C_TYPES = {"f32": "float", "f64": "double", "u32": "uint", "u64": "ulong"}
BYTES = {"f32": 4, "f64": 8, "u32": 4, "u64": 8}
# File, kernels/<name>.cl with the same meaning, and the types that it is made for where they are not REALS.
KERNELS = [
    ("fill", "fill", REALS),
    ("copy", "copy", REALS),
    ("vector_add", "vector_add", REALS),
    ("saxpy", "saxpy", REALS),
    ("triad", "triad", REALS),
    ("dot", "dot", REALS),
    ("stencil2d", "stencil2d", REALS),
    ("stencil3d", "stencil3d", REALS),
    ("conv2d", "conv2d", REALS),
    ("gemm", "gemm", REALS),
    ("data", "data", REALS),
    ("data_pattern", "data", ("u64",)),
    ("checksum", "checksum", ("u32", "u64")),
    ("counter", "counter", ("u64",)),
]
DEFINES = ["VECTOR", "CHUNK", "UNROLL", "SUMS", "FUSED", "NX_MAX", "NX_MAX_3D", "NY_MAX_3D", "GEMM_BLOCK", "GEMM_TILE"]
ENTRY = re.compile(r"\bENTRY\((\w+)\)\(([^{]*)\)\s*\{")
ARGUMENT = re.compile(r"(?:const (u64|REAL)|(INPUT|OUTPUT|IN_OUT)\((\w+)\)) (\w+)$")
ACCESS = {"INPUT": "read", "OUTPUT": "write", "IN_OUT": "read_write"}


def board_path(name: str) -> Path:
    return Path(name) if name.endswith(".json") else HERE / "boards" / f"{name}.json"


def read_board(name: str) -> dict:
    path = board_path(name)
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in (HERE / "boards").glob("*.json")))
        raise SystemExit(f"program.py: no board '{name}'; there are {known}")
    return json.loads(path.read_text(encoding="utf-8"))


@dataclass
class Instance:
    """One file, compiled for one type and one replication."""

    file: str
    name: str
    dtype: str
    suffix: str
    replica: int
    defines: dict[str, int]

    @property
    def lanes(self) -> int:
        return max(1, 4 * self.defines["VECTOR"] // BYTES[self.dtype])

    @property
    def source(self) -> str:
        return (HERE / "intel" / f"{self.file}.cl").read_text(encoding="utf-8")

    def text(self, per_type: list[str]) -> str:
        """The file between the defines that are its own."""
        own = {
            "ENTRY(name)": f"cw_##name##_{self.dtype}{self.suffix}",
            "REPLICA": self.replica,
            "LANES": self.lanes,
        }
        if self.dtype in REALS:
            own |= {"REAL": C_TYPES[self.dtype], "REAL_IS_DOUBLE": int(self.dtype == "f64")}
            own |= {"PACK": f"cw_pack_{self.dtype}"}
        else:
            own |= {"WORD": C_TYPES[self.dtype]}
        own |= {name: self.defines[name] for name in per_type}
        before = "".join(f"#define {name} {value}\n" for name, value in own.items())
        after = "".join(f"#undef {name.split('(')[0]}\n" for name in own)
        return f'{before}#line 1 "{self.file}.cl"\n{self.source}{after}'

    def entries(self, bank: str) -> list[dict]:
        """What the manifest says of each kernel of the file."""
        return [self.entry(match, bank) for match in ENTRY.finditer(self.source)]

    def entry(self, match: re.Match[str], bank: str) -> dict:
        arguments = []
        for text in match[2].split(","):
            parts = ARGUMENT.match(" ".join(text.split()))
            if parts is None:
                raise SystemExit(f"program.py: {self.file}.cl: not an argument of the dialect: {text}")
            value, kind, _, name = parts.groups()
            if kind:
                arguments.append({"name": name, "type": "buffer", "access": ACCESS[kind], "bank": bank})
            else:
                arguments.append({"name": name, "type": "u64" if value == "u64" else self.dtype})
        return {
            "name": match[1],
            "entry": f"cw_{match[1]}_{self.dtype}{self.suffix}",
            "dtype": self.dtype,
            "width": 1,
            "launch": "task",
            "defines": {"WORD": self.dtype} if self.file == "checksum" else {},
            "tail": True,
            "arguments": arguments,
        }


class Program:
    """All kernels of one image of a board."""

    def __init__(self, board: dict, image: str = "all", defines: dict[str, int] | None = None, replications: int = 0):
        if image not in board["images"]:
            raise SystemExit(f"program.py: {board['board']} has no image '{image}', but {', '.join(board['images'])}")
        self.board = board
        self.image = board["images"][image]
        self.replications = replications or self.image["replications"]
        given = self.image.get("defines", {}) | (defines or {})
        self.defines = board["defines"] | given
        # What an image or the user says holds for all types.
        self.by_type = {
            dtype: {name: value for name, value in values.items() if name not in given}
            for dtype, values in board["defines_by_dtype"].items()
        }
        self.check()

    def check(self) -> None:
        if missing := [name for name in DEFINES if name not in self.defines]:
            raise SystemExit(f"program.py: {self.board['board']}: no value for {', '.join(missing)}")
        if least := [name for name in DEFINES if name != "FUSED" and self.defines[name] < 1]:
            raise SystemExit(f"program.py: {', '.join(least)} must be 1 at least")
        if self.defines["CHUNK"] % self.defines["VECTOR"]:
            raise SystemExit("program.py: VECTOR must divide CHUNK")
        banks = self.board["memory"]["banks"]
        if self.replications > len(banks) and not self.interleaved:
            raise SystemExit(f"program.py: {self.replications} replications, but {len(banks)} banks")

    @property
    def interleaved(self) -> bool:
        return self.image.get("interleaved", self.board["memory"]["interleaved"])

    @property
    def per_type(self) -> list[str]:
        """Defines whose values differ between types."""
        return sorted({name for values in self.by_type.values() for name in values})

    def bank(self, replica: int) -> str:
        return "" if self.interleaved else self.board["memory"]["banks"][replica]["name"]

    def instances(self) -> list[Instance]:
        found = []
        wanted = self.image["kernels"]
        for replica in range(self.replications):
            suffix = f"_r{replica}" if self.replications > 1 else ""
            for file, name, types in KERNELS:
                if wanted != "all" and name not in wanted:
                    continue
                for dtype in types:
                    if dtype in REALS and dtype not in self.image["dtypes"]:
                        continue
                    if file == "checksum" and ("f32" if dtype == "u32" else "f64") not in self.image["dtypes"]:
                        continue  # the words of a type that the image does not have
                    values = self.defines | self.by_type.get(dtype, {})
                    found.append(Instance(file, name, dtype, suffix, replica, values))
        return found

    def text(self) -> str:
        head = ["// Made by kernels/fpga/program.py; do not edit.\n"]
        vendor = {"intel": "CW_VENDOR_INTEL", "xilinx": "CW_VENDOR_XILINX"}.get(self.board["vendor"])
        if vendor:
            head.append(f"#define {vendor} 1\n")
        prefix = self.board["memory"].get("buffer_location")
        if prefix and not self.interleaved:
            head.append(f"#define CW_BANK_PREFIX {prefix}\n")
        head += [f"#define {name} {self.defines[name]}\n" for name in DEFINES if name not in self.per_type]
        if "f64" in self.image["dtypes"]:
            head.append("#pragma OPENCL EXTENSION cl_khr_fp64 : enable\n")
        head.append('#line 1 "fpga.h"\n' + (HERE / "intel" / "fpga.h").read_text(encoding="utf-8"))
        head.append("\n")
        for dtype in self.image["dtypes"]:
            lanes = Instance("", "", dtype, "", 0, self.defines | self.by_type.get(dtype, {})).lanes
            head.append(f"typedef PACK_OF({C_TYPES[dtype]}, {lanes}) cw_pack_{dtype};\n")
        return "".join(head) + "\n" + "\n".join(one.text(self.per_type) for one in self.instances())

    def kernels(self) -> list[dict]:
        return [
            entry | {"replications": self.replications}
            for one in self.instances()
            for entry in one.entries(self.bank(one.replica))
        ]

    def sources(self) -> list[dict]:
        files = ["fpga.h"] + [f"{file}.cl" for file in dict.fromkeys(one.file for one in self.instances())]
        return [{"file": f, "sha256": sha256((HERE / "intel" / f).read_bytes())} for f in files]

    def connectivity(self) -> str:
        lines = ["[connectivity]\n"]
        for kernel in self.kernels():
            for argument in kernel["arguments"]:
                if argument["type"] == "buffer" and argument["bank"]:
                    lines.append(f"sp={kernel['entry']}_1.{argument['name']}:{argument['bank']}\n")
        return "".join(lines)

    def commands(self, text: str, jobs: int, more: list[str]) -> list[list[str]]:
        """What makes the image of the text: one command, or two where a linker follows."""
        path = Path(text)
        values = {
            "text": text,
            "image": str(path.with_suffix("." + self.board["image_format"])),
            "object": str(path.with_suffix(".xo")),
            "connectivity": str(path.with_suffix(".cfg")),
            "jobs": str(jobs),
        }
        made = [self.board["compile"]["command"] + self.image.get("flags", []) + more]
        made += [self.board["compile"]["link"]] if "link" in self.board["compile"] else []
        return [[word.format(**values) for word in words] for words in made if words]

    def begun(self, more: list[str]) -> dict:
        """The manifest but for what is known when the image is there."""
        return {
            "schema": "cardwise.image",
            "version": 1,
            "image": {"format": self.board["image_format"]},
            "board": self.board["board"],
            "architecture": "",
            "language": "opencl-c",
            "compiler": {"name": self.board["compile"]["name"], "version": "", "flags": self.flags(more)},
            "clock_hz": 0,
            "created": "",
            "sources": self.sources(),
            "memory": self.memory(),
            "kernels": self.kernels(),
        }

    def memory(self) -> dict:
        """What the board's memory can give, and the banks that the image uses: a result file has no other copy."""
        used = {self.bank(replica) for replica in range(self.replications)}
        banks = self.board["memory"]["banks"]
        rates = {bank["name"]: bank["bytes_per_s"] for bank in banks if bank["name"] in used}
        return {"bytes_per_s": self.board["memory"]["bytes_per_s"], "banks": rates}

    def manifest(self, image: Path, version: str, clock_hz: float, more: list[str]) -> dict:
        data, made = image.read_bytes(), self.begun(more)
        known = {"file": image.name, "bytes": len(data), "sha256": sha256(data)}
        made["image"] = known | made["image"]
        made["compiler"]["version"] = version
        made["clock_hz"] = clock_hz
        made["created"] = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
        return made

    def flags(self, more: list[str]) -> list[str]:
        """What made the image: the compiler's own flags, then the defines of the text."""
        given = self.board["compile"]["command"][1:] + self.image.get("flags", []) + more
        words = [w for w in given if "{" not in w and w != "-o"]
        return words + [f"-D{name}={value}" for name, value in self.defines.items()]


def compile_image(commands: list[list[str]]) -> int:
    """Runs what makes the image, one command after the other, until one fails."""
    for words in commands:
        if shutil.which(words[0]) is None:
            print(f"no compiler '{words[0]}' here: are its modules loaded, is this a compute node?", file=sys.stderr)
            return 2
        print(shlex.join(words), flush=True)
        if code := subprocess.run(words, check=False).returncode:
            return code
    return 0


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("board")
    parser.add_argument("--image", default="all")
    parser.add_argument("--define", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--replications", type=int, default=0, metavar="N")
    parser.add_argument("--flag", action="append", default=[], metavar="FLAG", help="one more for the compiler")
    parser.add_argument("--jobs", type=int, default=1, help="for --command")
    parser.add_argument("--compiler-version", default="", help="for --manifest")
    parser.add_argument("--clock-hz", type=float, default=0, help="for --manifest: the fMax that was reached")
    parser.add_argument("--text", metavar="FILE")
    parser.add_argument("--connectivity", metavar="FILE")
    parser.add_argument("--command", metavar="TEXT")
    parser.add_argument("--compile", metavar="TEXT")
    parser.add_argument("--manifest", metavar="IMAGE")
    options = parser.parse_args(arguments)
    defines = {}
    for word in options.define:
        name, _, value = word.partition("=")
        if name not in DEFINES or not value.isdigit():
            parser.error(f"--define {word}: one of {', '.join(DEFINES)} with a number")
        defines[name] = int(value)
    program = Program(read_board(options.board), options.image, defines, options.replications)
    if options.text:
        Path(options.text).write_text(program.text(), encoding="utf-8")
    if options.connectivity:
        Path(options.connectivity).write_text(program.connectivity(), encoding="utf-8")
    if options.command:
        commands = program.commands(options.command, options.jobs, options.flag)
        print(" && ".join(shlex.join(words) for words in commands))
    if options.compile and (code := compile_image(program.commands(options.compile, options.jobs, options.flag))):
        return code
    if options.manifest:
        image = Path(options.manifest)
        made = program.manifest(image, options.compiler_version, options.clock_hz, options.flag)
        Path(f"{image}.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
