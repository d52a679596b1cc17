#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the rules of the source tree: layers, third-party libraries, sizes; prints what it measured.

    check_structure.py [ROOT]          0: all rules hold, 1: one is broken (each is named with its file and line)
    check_structure.py --self-test     plants every kind of violation in a copy of the tree and sees each one found

The rules are those of docs/design.md ("The house"): an include points down, one third-party library is visible in
one place, files stay short, nothing in src/ calls exit() or new.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

# An arrow may point from a layer to itself and to those named here, never up or sideways.
LAYERS = {
    "core": [],
    "device": ["core"],
    "ranks": ["core", "device"],
    "results": ["core", "device", "ranks"],
    "run": ["core", "device", "ranks"],
    "app": ["core", "device", "ranks", "results", "run"],
    "main": ["core", "device", "ranks", "results", "run", "app"],
}

# Third-party headers: pattern, the places where they may be seen (prefixes below src/), whether a header there may
# include them (in the folder that a library has for itself), else .cpp only.
LIBRARIES = [
    ("MPI", r"mpi\.h", ["ranks/comm"], True),
    ("HDF5", r"hdf5(_hl)?\.h|H5.*\.h", ["results/"], True),
    ("Google Benchmark", r"benchmark/.*", ["run/run_loop"], True),
    ("OpenCL", r"CL/.*", ["device/opencl/"], True),
    ("NVML", r"nvml\.h", ["device/telemetry/"], True),
    ("CUDA", r"cuda\w*\.h|nvrtc\.h", ["device/cuda/"], True),
    ("hwloc", r"hwloc.*\.h", ["ranks/cpu_binding"], True),
    ("CLI11", r"CLI/.*", ["core/options"], False),
    ("nlohmann-json", r"nlohmann/.*", ["core/board", "core/json", "core/manifest"], True),
    ("fmt", r"fmt/.*", [""], False),
]

MAX_LINES = 400
MAX_DEPTH = 7  # #include steps from a file to the last of our own headers; there are six layers

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.M)
FORBIDDEN = [
    (re.compile(r"(?<![\w.:>])(?:std::|::)?_?exit\s*\("), "exit() in src: return the code from main (docs/design.md)"),
    (re.compile(r"(?<![\w.:>#])new\s+[A-Za-z_:(]"), "new in src: use std::make_unique or a container"),
]


def without_comments(text: str) -> str:
    """The same number of lines, without comments and the contents of strings (kernel texts, messages)."""
    pattern = re.compile(
        r'R"(?P<d>[^(\s]*)\(.*?\)(?P=d)"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S
    )

    def blank(match: re.Match[str]) -> str:
        kept = '""' if match[0][0] in 'R"' else " "
        return kept + "\n" * match[0].count("\n")

    return pattern.sub(blank, text)


@dataclass
class Source:
    """One file of src/ or bench/."""

    path: Path
    name: str  # below src/, or "bench/x.cpp"
    text: str
    includes: list[tuple[int, bool, str]] = field(default_factory=list)  # line, is it ours, name

    @property
    def layer(self) -> str:
        return self.name.split("/")[0] if "/" in self.name else "main"

    @property
    def is_header(self) -> bool:
        return self.path.suffix in (".hpp", ".h")

    @cached_property
    def code(self) -> str:
        return without_comments(self.text)


class Tree:
    """All sources below a root, and what the rules say about them."""

    def __init__(self, root: Path):
        self.root = root
        self.errors: list[str] = []
        self.files: dict[str, Source] = {}
        for top, prefix in ((root / "src", ""), (root / "bench", "bench/")):
            for path in sorted(top.rglob("*")):
                if path.suffix in (".cpp", ".hpp", ".h", ".c"):
                    name = prefix + path.relative_to(top).as_posix()
                    self.files[name] = self.read(path, name)

    @staticmethod
    def read(path: Path, name: str) -> Source:
        source = Source(path, name, path.read_text(encoding="utf-8"))
        for match in INCLUDE.finditer(source.text):
            line = source.text.count("\n", 0, match.start(2)) + 1
            source.includes.append((line, match[1] == '"', match[2]))
        return source

    def error(self, source: Source, line: int, text: str) -> None:
        self.errors.append(f"{source.path.relative_to(self.root)}:{line}: {text}")

    def check(self) -> None:
        for source in self.files.values():
            self.check_size(source)
            if source.name.startswith("bench/"):
                self.check_bench(source)
                continue
            for line, _, name in source.includes:
                self.check_arrow(source, line, name)
                self.check_library(source, line, name)
            for pattern, text in FORBIDDEN:
                for match in pattern.finditer(source.code):
                    self.error(source, source.code.count("\n", 0, match.start()) + 1, text)
        for name in self.files:
            if (depth := len(chain := self.depth(name)) - 1) > MAX_DEPTH:
                self.error(self.files[name], 1, f"include depth {depth} > {MAX_DEPTH}: {' > '.join(chain)}")

    def check_size(self, source: Source) -> None:
        lines = source.text.count("\n")
        if lines > MAX_LINES:
            self.error(source, lines, f"{lines} lines > {MAX_LINES}: split it by reasons to exist")
        if not source.text.startswith("// SPDX-License-Identifier: Apache-2.0\n"):
            self.error(source, 1, "must open with // SPDX-License-Identifier: Apache-2.0")

    def check_bench(self, source: Source) -> None:
        for line, ours, name in source.includes:
            if (ours and name != "run/benchmark.hpp") or (not ours and re.search(r"[./]", name)):
                self.error(source, line, f"includes {name}: bench/ sees run/benchmark.hpp and the standard library only")

    def check_arrow(self, source: Source, line: int, name: str) -> None:
        target = name.split("/")[0] if "/" in name else None
        if name not in self.files or target is None:
            return
        if source.layer not in LAYERS:
            self.error(source, line, f"src/{source.layer} is no layer that this test knows")
        elif target != source.layer and target not in LAYERS[source.layer]:
            self.error(source, line, f"includes {name}: {source.layer} must not see {target} (arrows point down)")

    def check_library(self, source: Source, line: int, name: str) -> None:
        for library, pattern, places, in_header in LIBRARIES:
            if not re.fullmatch(pattern, name):
                continue
            if not any(source.name.startswith(place) for place in places):
                self.error(source, line, f"includes {name}: {library} is visible in {', '.join(places)} only")
            elif source.is_header and not in_header:
                self.error(source, line, f"includes {name} in a header: {library} belongs into .cpp files")
            return

    def depth(self, name: str, above: tuple[str, ...] = ()) -> list[str]:
        """The longest chain of our own headers that starts at a file; a cycle is an error of its own."""
        if name in above:
            self.error(self.files[name], 1, f"include cycle: {' > '.join(above[above.index(name):] + (name,))}")
            return []
        if name not in self._depths:
            chains = [self.depth(n, above + (name,)) for _, ours, n in self.files[name].includes if n in self.files]
            self._depths[name] = [name] + max(chains, key=len, default=[])
        return self._depths[name]

    @cached_property
    def _depths(self) -> dict[str, list[str]]:
        return {}

    def report(self) -> str:
        """What one looks at: depth, sizes, how much is left to the preprocessor."""
        deepest = max((self.depth(n) for n in self.files), key=len, default=[])
        sizes = sorted(((s.text.count("\n"), n) for n, s in self.files.items()), reverse=True)
        total = sum(lines for lines, _ in sizes)
        ifs = {n: len(re.findall(r"^\s*#\s*(?:if|ifdef|ifndef|elif)\b", s.code, re.M)) for n, s in self.files.items()}
        density = 1000 * sum(ifs.values()) / max(total, 1)
        lines = [
            f"files          {len(sizes)}, {total} lines, median {sizes[len(sizes) // 2][0] if sizes else 0}",
            "longest        " + ", ".join(f"{n} {lines}" for lines, n in sizes[:5]),
            f"include depth  {max(len(deepest) - 1, 0)} (at most {MAX_DEPTH}): {' > '.join(deepest)}",
            f"#if            {sum(ifs.values())}, {density:.1f} in 1000 lines"
            + "".join(f", {n} {count}" for n, count in ifs.items() if count),
        ]
        return "\n".join(lines)


# What the self-test plants: a name, the file (an existing one is appended to), the text, what must be found.
PLANTED = [
    ("arrow up", "src/core/planted.cpp", '#include "run/planted.hpp"\n', "core must not see run"),
    ("arrow sideways", "src/run/planted.cpp", '#include "results/planted.hpp"\n', "run must not see results"),
    ("MPI elsewhere", "src/results/planted.cpp", "#include <mpi.h>\n", "MPI is visible in"),
    ("HDF5 elsewhere", "src/run/planted.cpp", "#include <hdf5.h>\n", "HDF5 is visible in"),
    ("OpenCL elsewhere", "src/run/planted.cpp", "#include <CL/opencl.hpp>\n", "OpenCL is visible in"),
    ("CUDA elsewhere", "src/device/opencl/planted.cpp", "#include <cuda.h>\n", "CUDA is visible in"),
    ("benchmark elsewhere", "src/run/planted.cpp", "#include <benchmark/benchmark.h>\n", "Google Benchmark is visible"),
    ("CLI11 in a header", "src/core/options_planted.hpp", "#include <CLI/CLI.hpp>\n", "CLI11 belongs into .cpp"),
    ("fmt in a header", "src/core/planted.hpp", "#include <fmt/format.h>\n", "fmt belongs into .cpp"),
    ("bench sees core", "bench/planted.cpp", '#include "core/error.hpp"\n', "bench/ sees run/benchmark.hpp"),
    ("bench sees MPI", "bench/planted.cpp", "#include <mpi.h>\n", "bench/ sees run/benchmark.hpp"),
    ("long file", "src/core/planted.cpp", "int x;\n" * (MAX_LINES + 1), f"> {MAX_LINES}"),
    ("exit", "src/core/planted.cpp", "void f() { std::exit(1); }\n", "exit() in src"),
    ("new", "src/core/planted.cpp", "int* f() { return new int(1); }\n", "new in src"),
    ("no licence", "src/core/planted.cpp", None, "must open with"),
    ("depth", "src/core/planted0.hpp", "chain", "include depth"),
    ("cycle", "src/core/planted.hpp", '#include "core/planted.hpp"\n', "include cycle"),
]
# Looks like a violation, and is none: in a comment, in a string, as part of a word.
HARMLESS = (
    "// exit(1) and new int\n/* mpi: new Thing */\n"
    'const char* text = "exit(1); new int";\nint renew = 0;\nvoid on_exit_(int);\nvoid g() { on_exit_(renew); }\n'
)


def self_test(root: Path) -> int:
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in ("src", "bench"):
            shutil.copytree(root / part, copy / part, dirs_exist_ok=True)
        clean = set(errors_of(copy))

        def expect(name: str, files: dict[str, str], wanted: str | None) -> None:
            for file, text in files.items():
                (copy / file).parent.mkdir(parents=True, exist_ok=True)
                (copy / file).write_text(text, encoding="utf-8")
            found = [e for e in errors_of(copy) if e not in clean]
            for file in files:
                (copy / file).unlink()
            good = not found if wanted is None else any(wanted in e for e in found)
            print(f"{'found' if good else 'MISSED'}  {name}" if wanted else f"{'quiet' if good else 'NOISY'}  {name}")
            if not good:
                failed.append(name + "".join(f"\n    {e}" for e in found))

        head = "// SPDX-License-Identifier: Apache-2.0\n"
        for name, file, text, wanted in PLANTED:
            files = {file: head + (text or "")}
            if text is None:
                files = {file: "int x;\n"}
            elif text == "chain":
                files = {
                    f"src/core/planted{i}.hpp": head + f'#include "core/planted{i + 1}.hpp"\n'
                    for i in range(MAX_DEPTH + 2)
                }
            if "planted.hpp" in (text or ""):  # an arrow needs a target
                target = "src/" + INCLUDE.search(text)[2]
                files = {target: head, **files}
            expect(name, files, wanted)
        expect("comments and strings", {"src/core/planted.cpp": head + HARMLESS}, None)
    for text in failed:
        print("self-test failed:", text, file=sys.stderr)
    return 1 if failed else 0


def errors_of(root: Path) -> list[str]:
    tree = Tree(root)
    tree.check()
    return sorted(set(tree.errors))


def main(arguments: list[str]) -> int:
    here = Path(__file__).resolve().parents[2]
    if arguments[:1] == ["--self-test"]:
        return self_test(Path(arguments[1]) if len(arguments) > 1 else here)
    tree = Tree(Path(arguments[0]) if arguments else here)
    tree.check()
    print(tree.report())
    for error in sorted(set(tree.errors)):
        print(error, file=sys.stderr)
    if not tree.files:
        print(f"no sources below {tree.root}", file=sys.stderr)
    return 1 if tree.errors or not tree.files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
