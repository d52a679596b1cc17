# SPDX-License-Identifier: Apache-2.0
"""A cubin as ptxas 13.0 writes it, but for its machine code, which is any bytes."""

import struct

INFO, PROGBITS, SYMTAB, STRTAB = 0x70000000, 1, 2, 3
HEADER, ENTRY = 64, 0x10


def info_of(sizes):
    """.nv.info.KERNEL: of each parameter its place, its offset and its size, the last one first."""
    info = b"\x04\x37\x04\0\x82\0\0\0"
    for i, size in reversed(list(enumerate(sizes))):
        info += struct.pack("<BBHIHHI", 4, 0x17, 12, 0, i, 8 * i, size << 18 | 0x1F000)
    return info + b"\x03\x19\x20\0"


def cubin_of(code, kernels, capability=90):
    """`kernels`: sizes of the parameters by entry, all of which are that code, the first bytes behind the header."""
    names, symbols, content = b"\0", bytes(24), b""
    sections = [bytes(64)]

    def named(name):
        nonlocal names
        names += name.encode() + b"\0"
        return len(names) - len(name) - 1

    def section(kind, name, data, link=0):
        nonlocal content
        sections.append(struct.pack("<IIQQQQIIQQ", name, kind, 0, 0, HEADER + len(content), len(data), link, 0, 1, 0))
        content += data

    for entry, sizes in kernels.items():
        symbols += struct.pack("<IBBHQQ", named(entry), 0x12, ENTRY, len(sections), 0, len(code))
        section(PROGBITS, named(".text." + entry), code)
        section(INFO, named(".nv.info." + entry), info_of(sizes))
    section(SYMTAB, named(".symtab"), symbols, link=len(sections) + 1)
    last = named(".strtab")
    section(STRTAB, last, names)
    ident = b"\x7fELF\x02\x01\x01\x41\x08".ljust(16, b"\0")
    head = struct.pack("<HHIQQQIHHHHHH", 2, 190, 1, 0, 0, HEADER + len(content), 0x6000004 | capability << 8, HEADER,
                       56, 0, 64, len(sections), len(sections) - 1)
    return ident + head + content + b"".join(sections)
