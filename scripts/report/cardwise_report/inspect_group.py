# SPDX-License-Identifier: Apache-2.0
"""Does one group obey the schema? Datasets, dtypes, shapes, scales, units, enumerations."""

import h5py
import numpy as np

from cardwise_report import schema
from cardwise_report.run_file import (
    InputError,
    RunFile,
    attribute_value,
    named,
    type_code,
)


class Findings:
    """Violations in the order found, each `path: what`."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, path: str, text: str) -> None:
        self.lines.append(f"{path}: {text}")

    def add_error(self, error: InputError) -> None:
        """An error that already names its path; the same one is not said twice."""
        if str(error) not in self.lines:
            self.lines.append(str(error))


def check_attributes(
    node, path: str, wanted: dict[str, schema.Column], found: Findings
) -> dict[str, str | int | float]:
    """Attributes that the object at `path` must have; returns those that are as they should be."""
    values = {}
    for name, column in wanted.items():
        where = f"{path}@{name}"
        try:
            with named(where):
                if name not in node.attrs:
                    found.add(where, "attribute is missing")
                    continue
                code, value = attribute_value(node, name, where)
        except InputError as error:
            found.add_error(error)
            continue
        if code not in column.dtypes or isinstance(value, np.ndarray):
            found.add(where, f"has type {code}, not a single {column.dtype}")
        elif column.values and value not in column.values:
            found.add(where, f"{value:.60} is not one of: {' '.join(column.values)}")
        else:
            values[name] = value
    return values


def check_group(
    file: RunFile, path: str, group: schema.Group, found: Findings, optional: bool = False
) -> dict[str, np.ndarray]:
    """Checks one group against its description; returns the dimension scales that could be read.

    With `optional` no dataset has to be there, but what is there must be right.
    """
    try:
        names = set(file.names(path))
        for name in sorted(names):
            problem = file.link_problem(f"{path}/{name}")
            if problem:
                found.add(f"{path}/{name}", problem)
                names.discard(name)
    except InputError as error:
        found.add_error(error)
        return {}
    used = {
        part
        for name, column in group.columns.items()
        if name in names or (column.required and not optional)
        for axis in schema.table_axes(group, column)
        for part in axis.split("|")
        if "|" not in axis or part in names
    }
    scales = {}
    for name in group.scales:
        if name in names or name in used:
            values = _check_scale(file, f"{path}/{name}", found)
            if values is not None:
                scales[name] = values
    for name, column in group.columns.items():
        if name in names:
            axes = tuple(_pick(axis, scales) for axis in schema.table_axes(group, column))
            _check_dataset(file, f"{path}/{name}", column, axes, scales, found)
        elif column.required and not optional:
            found.add(f"{path}/{name}", "is missing")
    return scales


def _pick(axis: str, scales: dict) -> str:
    """The axis of 'rank|pair' that this group has."""
    first, _, other = axis.partition("|")
    return other if other in scales else first


def _check_scale(file: RunFile, path: str, found: Findings) -> np.ndarray | None:
    try:
        dataset = file.dataset(path)
        values = file.read_dataset(dataset, path, "i4", (None,))
        with named(path):
            if not h5py.h5ds.is_scale(dataset.id):
                found.add(path, "is no dimension scale")
        return values
    except InputError as error:
        found.add_error(error)
        return None


def _check_dataset(
    file: RunFile, path: str, column: schema.Column, axes: tuple, scales: dict, found: Findings
) -> None:
    shape = tuple(len(scales[axis]) if axis in scales else None for axis in axes)
    try:
        dataset = file.dataset(path)
        with named(path):
            code = type_code(dataset.dtype)
            if code not in column.dtypes:
                found.add(path, f"has dtype {code}, not {column.dtype}")
                return
            values = file.read_dataset(dataset, path, column.dtype, shape)
            for i, axis in enumerate(axes):
                problem = _scale_problem(file, dataset, path.rpartition("/")[0], i, axis)
                if problem:
                    found.add(path, problem)
    except InputError as error:
        found.add_error(error)
        return
    _check_units(dataset, path, column, found)
    if column.values:
        odd = sorted({str(v) for v in values.ravel()} - set(column.values))
        for word in odd[:3]:
            found.add(path, f"{word:.60} is not one of: {' '.join(filter(None, column.values))}")


def _scale_problem(
    file: RunFile, dataset: h5py.Dataset, here: str, i: int, axis: str
) -> str | None:
    """Why axis i has not exactly the dimension scale `axis` of its own group `here`, or None."""
    scales = dataset.dims[i].values()
    if len(scales) != 1:
        return f"axis {i} has {len(scales) or 'no'} dimension scale" + "s" * (len(scales) > 1)
    # objects are compared, since HDF5 finds the name of a referenced one by searching the file
    if file.has(f"{here}/{axis}") and scales[0] == file.dataset(f"{here}/{axis}"):
        return None
    parent, _, name = (scales[0].name or "").rpartition("/")
    if parent != here:
        return f"axis {i} has its dimension scale in another group ({parent or '/'})"
    return f"axis {i} has the dimension scale {name:.60}, not {axis}"


def _check_units(dataset, path: str, column: schema.Column, found: Findings) -> None:
    try:
        with named(f"{path}@units"):
            units = None
            if "units" in dataset.attrs:
                units = attribute_value(dataset, "units", f"{path}@units")[1]
    except InputError as error:
        found.add_error(error)
        return
    if units is None:
        if column.units:
            found.add(f"{path}@units", f"attribute is missing, should be {column.units}")
    elif not isinstance(units, str) or units not in schema.UNITS:
        text = units if isinstance(units, str) else "no string"
        found.add(f"{path}@units", f"{text:.60} is not one of: {' '.join(schema.UNITS)}")
    elif column.units and units != column.units:
        found.add(f"{path}@units", f"is {units}, should be {column.units}")
