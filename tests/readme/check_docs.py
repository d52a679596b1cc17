#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what can be checked of the documents: links and sections lead somewhere, versions agree, the Python lines run.

    check_docs.py [ROOT]        0 all well, 1 something is wrong (named with its file), 77 without a Python package
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from pathlib import Path

LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)")
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
PICTURE_BYTES = 300_000  # more, and the page of the project loads slowly
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.S | re.M)


def documents(root: Path) -> list[Path]:
    found = [root / "README.md", root / "CHANGELOG.md", root / "CONTRIBUTING.md"]
    for folder in ("docs", "kernels", "results", "scripts"):
        found += sorted((root / folder).rglob("*.md"))
    return found


def anchors(text: str) -> set[str]:
    """As GitHub makes them: lower case, spaces to hyphens, other signs dropped."""
    headings = re.findall(r"^#+ +(.+?) *$", re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def broken_links(root: Path) -> list[str]:
    faults = []
    for document in documents(root):
        text = document.read_text(encoding="utf-8")
        for target in LINK.findall(text):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            file = (document.parent / path).resolve() if path else document
            if not file.exists():
                faults.append(f"{document.relative_to(root)}: no such file: {target}")
            elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text(encoding="utf-8")):
                faults.append(f"{document.relative_to(root)}: no such heading: {target}")
    return faults


def bad_pictures(root: Path) -> list[str]:
    """Pictures are there, are PNG, small, and said in words for who cannot see them."""
    faults = []
    for document in documents(root):
        for words, target in PICTURE.findall(document.read_text(encoding="utf-8")):
            file, name = document.parent / target, f"{document.relative_to(root)}: picture {target}"
            if not file.is_file():
                faults.append(f"{name}: no such file")
            elif file.stat().st_size > PICTURE_BYTES or not file.read_bytes().startswith(b"\x89PNG"):
                faults.append(f"{name}: no PNG of at most {PICTURE_BYTES} bytes")
            elif not words.strip():
                faults.append(f"{name}: not said in words")
    return faults


def dangling_sections(root: Path) -> list[str]:
    """Comments that name a section ("methodology §2.5") name one that is there."""
    text = (root / "docs/methodology.md").read_text(encoding="utf-8")
    known = set(re.findall(r"^#+ (\d+(?:\.\d+)?) ", text, re.M))
    faults = []
    for folder in ("src", "bench", "kernels"):
        for file in sorted((root / folder).rglob("*.*")):
            named = re.findall(r"methodology(?:\.md)?((?:,? §\d+(?:\.\d+)?)+)", file.read_text(encoding="utf-8"))
            for number in re.findall(r"§(\d+(?:\.\d+)?)", " ".join(named)):
                if number not in known:
                    faults.append(f"{file.relative_to(root)}: docs/methodology.md has no section {number}")
    return faults


def versions(root: Path) -> list[str]:
    """One version in CMakeLists.txt, CITATION.cff, pyproject.toml and, as the newest, CHANGELOG.md."""
    places = {
        "CMakeLists.txt": r"project\(\s*cardwise\s+VERSION\s+([\d.]+)",
        "CITATION.cff": r"^version: *([\d.]+)",
        "scripts/report/pyproject.toml": r'^version = "([\d.]+)"',
        "CHANGELOG.md": r"^## \[([\d.]+)\]",
    }
    found = {}
    for name, pattern in places.items():
        match = re.search(pattern, (root / name).read_text(encoding="utf-8"), re.M)
        found[name] = match[1] if match else "none"
    return [] if len(set(found.values())) == 1 else [f"versions differ: {found}"]


def python_faults(root: Path) -> list[str]:
    """The lines in README.md run as they stand, in a folder where run.h5 is the reference run that it shows."""
    import tempfile

    text = (root / "README.md").read_text(encoding="utf-8")
    blocks = PYTHON.findall(text)
    shown = re.search(r"(results/reference/\S+\.h5)", text)
    if not blocks or not shown:
        return ["README.md: no python block, or no run under results/reference/"]
    faults, here = [], Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "run.h5").symlink_to(root / shown[1])
        os.chdir(folder)
        try:
            for block in blocks:
                with contextlib.redirect_stdout(io.StringIO()):
                    try:
                        exec(compile(block, "README.md", "exec"), {})
                    except Exception as error:
                        faults.append(f"README.md: {type(error).__name__}: {error} in\n{block}")
        finally:
            os.chdir(here)
    return faults


def main(root: Path) -> int:
    faults = broken_links(root) + bad_pictures(root) + dangling_sections(root) + versions(root)
    missing = ""
    try:
        import h5netcdf, xarray  # noqa: F401, E401
    except ImportError as error:
        missing = str(error)
    else:
        faults += python_faults(root)
    for fault in faults:
        print(fault, file=sys.stderr)
    if missing and not faults:
        print(f"SKIPPED: the Python lines of README.md: {missing}", file=sys.stderr)
        return 77
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]))
