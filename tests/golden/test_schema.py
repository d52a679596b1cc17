# SPDX-License-Identifier: Apache-2.0
"""Is a written file what results/README.md says, in both directions?"""

import os
import re
import subprocess

import h5py
import numpy as np
import pytest

CASES = ["cases/00000", "cases/00001", "cases/00002"]
DOCUMENTED = "/cases/<nnnnn>"


def type_name(dtype) -> str:
    return "str" if h5py.check_string_dtype(dtype) else dtype.str.lstrip("<|")


def attribute_types(thing) -> dict[str, str]:
    """Type of each attribute, but those that HDF5's dimension scales and `units` use."""
    own = {"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "units"}
    types = {}
    for name in set(thing.attrs) - own:
        kind = thing.attrs.get_id(name).dtype
        types[name] = "str" if h5py.check_string_dtype(kind) else kind.str.lstrip("<|")
    return types


def documented(table) -> dict[str, str]:
    return {name: row["type"] for name, row in table.items()}


def described(dataset) -> dict[str, str]:
    if "CLASS" in dataset.attrs:  # a scale is its own axis
        axes = dataset.name.rsplit("/", 1)[1]
    else:
        axes = " ".join(dimension[0].name.rsplit("/", 1)[1] for dimension in dataset.dims)
    return {
        "axes": axes,
        "type": type_name(dataset.dtype),
        "unit": dataset.attrs.get("units", ""),
    }


def check_datasets(group, table, optional=()):
    present = {name: described(group[name]) for name in group}
    expected = {
        name: {key: row[key] for key in ("axes", "type", "unit")}
        for name, row in table.items()
        if name in present or name not in optional
    }
    assert present == expected


@pytest.fixture
def file(golden):
    with h5py.File(golden) as opened:
        yield opened


def test_readme_has_the_tables_that_the_writer_prints(readme):
    printed = subprocess.check_output([os.environ["CARDWISE_PRINT_SCHEMA"]], text=True)

    assert printed in readme, "build the target results_readme"


def test_groups_of_the_file_are_the_documented_ones(file, tables):
    expected = {title.split("/", 1)[1] for title in tables if title.startswith("Datasets of")}

    assert set(file) - {"cases"} == expected - {DOCUMENTED[1:]}
    assert [f"cases/{name}" for name in file["cases"]] == CASES


@pytest.mark.parametrize(
    "group", ["provenance", "nodes", "ranks", "kernels", "index", "events", "telemetry"]
)
def test_datasets_have_the_documented_axes_types_and_units(file, tables, group):
    check_datasets(file[group], tables[f"Datasets of /{group}"])


@pytest.mark.parametrize("group", CASES)
def test_arrays_of_a_case_have_the_documented_axes_types_and_units(file, tables, group):
    host_clock = file[group]["time_ns"].attrs["clock"] == "host"

    check_datasets(file[group], tables[f"Datasets of {DOCUMENTED}"], ["host_ns"])
    assert ("host_ns" in file[group]) != host_clock


def test_root_attributes_are_the_documented_ones(file, tables):
    assert attribute_types(file) == documented(tables["Attributes of /"])


@pytest.mark.parametrize("group", CASES)
def test_attributes_of_a_case_are_the_documented_ones_and_its_key(file, tables, group):
    expected = documented(tables[f"Attributes of {DOCUMENTED}"])
    if file[group].attrs["status"] == "wrong":
        expected |= documented(tables[f"Attributes of {DOCUMENTED}, wrong only"])
    for pair in file[group].attrs["case_key"].split("?")[1].split("&"):
        name, value = pair.split("=")
        expected[name] = "i8" if value.isdigit() else "str"
        assert str(file[group].attrs[name]) == value

    assert attribute_types(file[group]) == expected
    for array in ("time_ns", "flags"):
        title = f"Attributes of {DOCUMENTED}/{array}"
        assert attribute_types(file[group][array]) == documented(tables[title])


def test_no_other_object_has_attributes_of_its_own(file):
    allowed = {*CASES, *(f"{case}/{name}" for case in CASES for name in ("time_ns", "flags"))}
    found = []
    file.visititems(lambda name, thing: found.append(name) if attribute_types(thing) else None)

    assert set(found) <= allowed


def test_units_are_the_allowed_symbols(file):
    allowed = {"ns", "s", "B", "B/s", "FLOP/s", "W", "MHz", "Cel", "1"}
    units = set()
    file.visititems(lambda name, thing: units.add(thing.attrs.get("units", "1")))

    assert units <= allowed


def test_scales_are_i4_in_the_group_of_their_arrays(file):
    def check(name, thing):
        if isinstance(thing, h5py.Dataset):
            for dimension in thing.dims if "CLASS" not in thing.attrs else []:
                assert len(dimension) == 1, name
                assert dimension[0].name.rsplit("/", 1)[0] == thing.parent.name
                assert dimension[0].dtype == np.int32

    file.visititems(check)


def test_arrays_by_rank_are_chunked_and_filtered(file):
    for name in ("time_ns", "flags"):
        array = file["cases/00000"][name]
        assert array.chunks == (2, 4) and array.maxshape == (2, None)
    assert file["cases/00000/median_ns"].chunks == (2, 12)
    assert file["telemetry/sm_mhz"].chunks == (2, 64)
    for name in ("cases/00000/time_ns", "cases/00000/median_ns", "telemetry/temp_c"):
        array = file[name]
        assert (array.shuffle, array.compression, array.compression_opts) == (True, "gzip", 1)
        assert array.fletcher32


def test_flags_are_the_documented_bits(file, readme):
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", readme, re.MULTILINE)
    flags = file["cases/00000/flags"].attrs

    assert [name for _, name in rows] == flags["flag_meanings"].split(" ")
    assert [1 << int(bit) for bit, _ in rows] == list(flags["flag_masks"])
