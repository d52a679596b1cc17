# SPDX-License-Identifier: Apache-2.0
"""The golden file, and results/README.md's tables as Python values."""

import importlib
import os
import pathlib
import re
import shutil
import subprocess

import pytest

README = pathlib.Path(__file__).parents[2] / "results" / "README.md"
REQUIRED = "python" in os.environ.get("CARDWISE_REQUIRE", "").split(",")


def need_module(name: str):
    """The module, or a loud skip; a failure where CARDWISE_REQUIRE names python."""
    return importlib.import_module(name) if REQUIRED else pytest.importorskip(name)


def need_tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        (pytest.fail if REQUIRED else pytest.skip)(f"{name} is not installed")
    return path


def parse_tables(text: str) -> dict[str, dict[str, dict[str, str]]]:
    """{"Datasets of /index": {"case_key": {"axes": ..., "type": ..., "unit": ...}}}."""
    tables, title, head = {}, None, None
    for line in text.splitlines():
        if match := re.fullmatch(r"### ((?:Datasets|Attributes) of) `(.*)`", line):
            title, head = f"{match[1]} {match[2]}", None
            assert title not in tables, f"two tables of {title}"
            tables[title] = {}
        elif line.startswith("#"):
            title = None
        elif title and line.startswith("|") and not line.startswith("|---"):
            cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
            if head is None:
                head = cells
            else:
                assert len(cells) == len(head), line
                tables[title][cells[0]] = dict(zip(head[1:], cells[1:]))
    return tables


@pytest.fixture(scope="session")
def readme() -> str:
    return README.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def tables(readme):
    return parse_tables(readme)


@pytest.fixture(scope="session")
def golden(tmp_path_factory) -> pathlib.Path:
    path = tmp_path_factory.mktemp("golden") / "run.h5"
    subprocess.run([os.environ["CARDWISE_WRITE_GOLDEN"], path], check=True, timeout=60)
    return path
