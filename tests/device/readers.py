# SPDX-License-Identifier: Apache-2.0
"""A real run's file and its JSON, through the readers that people have."""

import importlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

import h5py
import numpy as np
import program
import pytest

STRICT = "python" in os.environ.get("CARDWISE_REQUIRE", "").split(",")
TABLES = ["provenance", "nodes", "ranks", "kernels", "index", "events", "telemetry"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Two rounds of a few cases on two ranks: (result file, JSON file)."""
    folder = tmp_path_factory.mktemp("run")
    done = program.cardwise("run", "--type", "cpu", "--profile", "quick", "--rounds", "2",
                            "--max-bytes", "64KiB", "--filter",
                            "mem/(saxpy|dot)|exchange|latency|copy/h2d", "--progress", "none",
                            "--json", folder / "run.json", "--output", folder / "run.h5",
                            ranks=2, env={"POCL_DEVICES": "basic basic"})
    assert done.code == 0, done.all
    return folder / "run.h5", folder / "run.json"


def module(name):
    return importlib.import_module(name) if STRICT else pytest.importorskip(name)


def tool(name: str) -> str:
    path = shutil.which(name) or shutil.which(name, path=str(pathlib.Path(sys.executable).parent))
    if path is None:
        (pytest.fail if STRICT else pytest.skip)(f"no {name} (scripts/setup.sh --tests)")
    return path


def output_of(*command) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False,
                          timeout=120)
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def groups(path) -> list[str]:
    with h5py.File(path) as file:
        return ["/", *(n for n in TABLES if n in file), *(f"cases/{n}" for n in file["cases"])]


def test_json_is_google_benchmarks(run):
    path, json_path = run

    found = json.loads(json_path.read_text(encoding="utf-8"))

    assert {"date", "num_cpus", "library_build_type"} <= set(found["context"])
    rows = [b for b in found["benchmarks"] if b.get("run_type", "iteration") == "iteration"]
    keys = {c.key for c in program.read_cases(path)}
    assert len(rows) >= len(keys)
    for row in rows:
        assert row["time_unit"] in ("ns", "us", "ms", "s") and row["iterations"] > 0
        assert row["real_time"] > 0 and not row.get("error_occurred", False), row
    for key in keys:  # each case under its own name
        assert any(key in row["name"] for row in rows), (key, [row["name"] for row in rows])


def test_h5py(run):
    path, _ = run
    for case in program.read_cases(path):
        assert case.status == "ok"
        assert set(case.arrays["sample_round"]) == {0, 1}
        assert case.arrays["median_ns"].shape == (2, 2)


@pytest.mark.parametrize("engine", ["h5netcdf", "netcdf4"])
def test_xarray_opens_every_group(run, engine):
    xarray = module("xarray")
    module({"h5netcdf": "h5netcdf", "netcdf4": "netCDF4"}[engine])
    path, _ = run
    for group in groups(path):
        with xarray.open_dataset(path, group=group, engine=engine) as dataset:
            dataset.load()
            if group.startswith("cases/"):
                assert dataset["time_ns"].dims == ("rank", "sample")
                assert dataset["time_ns"].dtype == np.int64


def test_pandas_reads_the_tables(run):
    pandas = module("pandas")
    path, _ = run
    with h5py.File(path) as file:
        for name in ("nodes", "ranks", "kernels", "index", "events"):
            columns = {k: v.asstr()[:] if v.dtype.kind == "O" else v[:]
                       for k, v in file[name].items() if v.ndim == 1}
            frame = pandas.DataFrame(columns)
            if name == "ranks":
                assert frame["local_rank"].tolist() == [0, 1]
            if name == "index":
                assert frame["status"].unique().tolist() == ["ok"]


def test_h5dump_and_ncdump(run):
    path, _ = run
    assert "case_key" in output_of(tool("h5dump"), "-H", path)
    assert "group: cases" in output_of(tool("ncdump"), "-h", path)


def test_cardwise_report_checks_and_shows_it(run):
    path, _ = run
    report = tool("cardwise-report")

    output_of(report, "check", path)
    shown = output_of(report, "show", path)

    for name in ("mem/saxpy", "mem/dot", "exchange/pingpong", "latency/roundtrip"):
        assert name in shown, shown
    assert json.loads(output_of(report, "show", path, "--format", "json"))
