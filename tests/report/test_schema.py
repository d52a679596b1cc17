# SPDX-License-Identifier: Apache-2.0
"""Does the checker's schema say what results/README.md says, as the writer does?"""

import pathlib
import re

import pytest

from cardwise_report import schema

README = pathlib.Path(__file__).resolve().parents[2] / "results" / "README.md"


def documented() -> dict[str, dict[str, tuple[str, str, str]]]:
    """section -> name -> (axes, type, unit) of the tables in results/README.md."""
    text = README.read_text(encoding="utf-8")
    text = text.partition("<!-- schema: begin -->")[2].partition("<!-- schema: end -->")[0]
    out = {}
    for section in text.split("\n### ")[1:]:
        title, _, body = section.partition("\n")
        rows = [[c.strip(" `") for c in line.split("|")[1:-1]] for line in body.splitlines()]
        rows = [row for row in rows if row and not set(row[0]) <= set("-")]
        out[title.replace("`", "")] = {
            row[0]: (
                (row[1], row[2], row[3]) if title.startswith("Datasets") else ("", row[1], row[2])
            )
            for row in rows
            if row[0] not in ("dataset", "attribute")
        }
    return out


@pytest.fixture(scope="module")
def sections():
    if not README.exists():
        pytest.skip("results/README.md is not there: nothing was compared")
    found = documented()
    assert len(found) > 8
    return found


def same(columns: dict[str, schema.Column], rows: dict, axes_of=lambda column: ()) -> None:
    for name, column in columns.items():
        if name not in rows:
            assert not column.required, f"{name} is not documented"
            continue
        axes, dtype, unit = rows[name]
        assert dtype in column.dtypes, name
        assert not column.units or unit == column.units, name
        for documented_axis, axis in zip(axes.split(), axes_of(column)):
            assert documented_axis in axis.split("|"), name


def test_tables_are_the_documented_ones(sections):
    for name, group in schema.TABLES.items():
        rows = sections.get(f"Datasets of /{name}")
        if rows is None:
            assert not group.required, name
            continue
        same(group.columns, rows, lambda column: schema.table_axes(group, column))
        assert set(group.scales[:1]) <= set(rows)


def test_case_arrays_are_the_documented_ones(sections):
    same(schema.CASE.columns, sections["Datasets of /cases/<nnnnn>"], lambda column: column.axes)


def test_every_documented_dataset_is_known(sections):
    for title, rows in sections.items():
        match = re.fullmatch(r"Datasets of /(\w+)(/<nnnnn>)?", title)
        if not match or match[1] == "provenance":
            continue
        group = schema.CASE if match[2] else schema.TABLES[match[1]]
        unknown = set(rows) - set(group.columns) - set(group.scales)
        assert not unknown, title


def test_attributes_are_the_documented_ones(sections):
    same(schema.ROOT_ATTRIBUTES, sections["Attributes of /"])
    same(schema.CASE_ATTRIBUTES, sections["Attributes of /cases/<nnnnn>"])
    same(schema.WRONG_ATTRIBUTES, sections["Attributes of /cases/<nnnnn>, wrong only"])
    same(schema.TIME_ATTRIBUTES, sections["Attributes of /cases/<nnnnn>/time_ns"])


def test_provenance_is_the_documented_one(sections):
    assert set(schema.PROVENANCE) == set(sections["Datasets of /provenance"])
