# SPDX-License-Identifier: Apache-2.0
"""How is a table put into a page, so that a phone shows a row as a list of named values?"""

from cardwise_report.html_svg import esc, tag


def text_row(names: tuple[str, ...], cells: list[str]) -> str:
    """A row of texts, escaped here."""
    return markup_row(names, [esc(cell) for cell in cells])


def markup_row(names: tuple[str, ...], cells: list[str]) -> str:
    """A row of markup; each cell knows its column's name, which a phone shows before it."""
    told = (tag("td", cell, data_l=name) for name, cell in zip(names, cells))
    return tag("tr", "".join(told))


def table(names: tuple[str, ...], rows: str) -> str:
    """The rows below their columns' names; a wide one scrolls by itself."""
    head = "".join(f"<th>{esc(name)}</th>" for name in names)
    return (
        f'<div class="wide"><table class="stack"><tr class="head">{head}</tr>{rows}</table></div>'
    )
