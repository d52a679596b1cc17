# SPDX-License-Identifier: Apache-2.0
"""Do the usual readers open every group as it is, and find the same numbers?"""

import re
import subprocess

import h5py
import numpy as np
import pytest
from conftest import need_module, need_tool

TABLES = ["provenance", "nodes", "ranks", "kernels", "index", "events", "telemetry"]
CASES = ["cases/00000", "cases/00001", "cases/00002"]


def test_h5py_finds_the_samples(golden):
    with h5py.File(golden) as file:
        case = file["cases/00000"]

        assert case["time_ns"][:, 3].tolist() == [3, 103]
        assert case["time_ns"][:, 5].tolist() == [10001, 10101]
        assert case["sample_round"][:].tolist() == [0] * 4 + [1] * 4
        assert case["flags"][1, :3].tolist() == [0x81, 8, 0]
        assert case["median_ns"][:].tolist() == [[1.5, 10001.5], [102, 10102]]
        assert case["result_checksum"][1, 0] == 0xFEDCBA9876543211


def test_wrong_withholds_times_and_says_where(golden):
    with h5py.File(golden) as file:
        case = file["cases/00001"]

        assert case["time_ns"].shape == (2, 0) and case["sample"].shape == (0,)
        assert np.isnan(case["median_ns"][:]).all() and (case["host_ns"][:] == -1).all()
        assert case["sm_mhz"][:].tolist() == [[1980], [1979]]
        assert case.attrs["wrong_index"] == 17 and case.attrs["wrong_host"] == "node0"
        assert file["index/status"].asstr()[1] == "wrong"
        assert file["index/samples"][:].tolist() == [8, 0, 0]
        assert file["index/rounds"][:].tolist() == [2, 1, 0]


@pytest.mark.parametrize("engine", ["h5netcdf", "netcdf4"])
@pytest.mark.parametrize("group", ["/", *TABLES, *CASES])
def test_xarray_opens_every_group(golden, group, engine):
    xarray = need_module("xarray")
    need_module({"h5netcdf": "h5netcdf", "netcdf4": "netCDF4"}[engine])
    with h5py.File(golden) as file, xarray.open_dataset(
        golden, group=group, engine=engine
    ) as dataset:
        dataset.load()

        arrays = {n for n, thing in file[group].items() if isinstance(thing, h5py.Dataset)}
        assert set(dataset.variables) == arrays
        for name in arrays:
            assert dataset[name].shape == file[group][name].shape
            if file[group][name].dtype.kind in "iuf":
                assert dataset[name].dtype == file[group][name].dtype
                np.testing.assert_array_equal(dataset[name].values, file[group][name][()])


def test_netcdf4_reads_unmasked_samples(golden):
    with need_module("netCDF4").Dataset(golden) as file:
        case = file["cases"]["00000"]

        assert case["time_ns"].dimensions == ("rank", "sample")
        assert case["time_ns"][:].tolist()[1] == [100, 101, 102, 103, 10100, 10101, 10102, 10103]
        assert case.dimensions["sample"].isunlimited()
        assert file["index"]["status_text"][2] == "no f64 on Karte №1"


def test_pandas_reads_the_tables(golden):
    pandas = need_module("pandas")
    with h5py.File(golden) as file:
        for name in ("nodes", "ranks", "kernels", "index", "events"):
            columns = file[name].items()
            frame = pandas.DataFrame(
                {k: v.asstr()[:] if v.dtype.kind == "O" else v[:] for k, v in columns}
            )
            assert len(frame) == {"nodes": 1, "ranks": 2, "kernels": 1, "index": 3, "events": 2}[name]


def test_lines_of_python_in_the_readme_run(golden, readme, monkeypatch):
    need_module("xarray"), need_module("h5netcdf"), need_module("pandas")
    monkeypatch.chdir(golden.parent)
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    seen = {}
    for block in blocks:
        exec(block, seen)

    assert len(blocks) == 3
    assert seen["per_card_ns"].values.tolist() == [500.15, 510.15]
    assert seen["index"]["status"].tolist() == ["ok", "wrong", "skipped"]


def test_h5dump_reads_everything(golden):
    dump = subprocess.run([need_tool("h5dump"), golden], capture_output=True, text=True, timeout=60)

    assert dump.returncode == 0 and dump.stderr == ""
    assert 'GROUP "00002"' in dump.stdout and "10103" in dump.stdout


def test_ncdump_reads_everything(golden):
    dump = subprocess.run([need_tool("ncdump"), golden], capture_output=True, text=True, timeout=60)

    assert dump.returncode == 0 and dump.stderr == ""
    assert "int64 time_ns(rank, sample)" in dump.stdout and "no f64 on Karte №1" in dump.stdout
