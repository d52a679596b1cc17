# SPDX-License-Identifier: Apache-2.0
"""A part of docs/reliability.md that a script writes: what stands between its two marks."""

import pathlib

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "reliability.md"


def put(name: str, text: str, page: pathlib.Path = PAGE) -> None:
    """Puts `text` between `<!-- NAME:begin -->` and `<!-- NAME:end -->`; ValueError where they are not there."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    head, found, rest = page.read_text(encoding="utf-8").partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{page} has no {begin} … {end}")
    page.write_text(f"{head}{begin}\n{text.strip(chr(10))}\n{end}{tail}", encoding="utf-8")
