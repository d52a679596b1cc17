#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""embed.py OUT: a C++ table of every board, the text of each of its images, and what its manifest will say."""

import json
import sys
from pathlib import Path

from program import HERE, Program, read_board


def literal(text: str) -> str:
    """A C++ literal; in pieces, for a compiler need not take one longer than 64 KiB."""
    pieces = [text[i : i + 8000] for i in range(0, len(text), 8000)]
    return "\n".join(f'R"cardwise({piece})cardwise"' for piece in pieces) or '""'


def main(out: str) -> None:
    rows = []
    for path in sorted((HERE / "boards").glob("*.json")):
        board = read_board(path.stem)
        for image in board["images"]:
            program = Program(board, image)
            own = dict(board, compile=dict(board["compile"]))
            own["compile"]["command"] = board["compile"]["command"] + program.image.get("flags", [])
            words = [json.dumps(own), program.text(), json.dumps(program.begun([])), program.connectivity()]
            rows.append(f'    {{"{path.stem}", "{image}",\n' + ",\n".join(literal(word) for word in words) + "},\n")
    Path(out).write_text(
        "// Made from kernels/fpga/ by kernels/fpga/embed.py; do not edit.\n"
        '#include "device/fpga_program.hpp"\n\nnamespace cardwise {\n'
        "const FpgaProgram fpga_program_table[] = {\n"
        + "".join(rows)
        + "};\nconst unsigned fpga_program_count = sizeof fpga_program_table / sizeof *fpga_program_table;\n"
        "}  // namespace cardwise\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main(sys.argv[1])
