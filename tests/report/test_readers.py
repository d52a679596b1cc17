# SPDX-License-Identifier: Apache-2.0
"""Do files of this schema open in the tools people have: pandas, xarray, h5dump, ncdump?"""

import shutil
import subprocess

import numpy as np
import pytest
from make_run import standard_cases

from cardwise_report import schema
from cardwise_report.run_file import RunFile


@pytest.fixture
def path(made):
    cases = standard_cases()
    cases[1].status, cases[1].text = "wrong", "element 7"
    cases[2].status, cases[2].text = "skipped", "no f64"
    return made(ranks=3, cases=cases)


@pytest.mark.parametrize("engine", ["h5netcdf", "netcdf4"])
def test_xarray_opens_every_group(path, engine):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip({"netcdf4": "netCDF4"}.get(engine, engine))

    groups = [
        *(name for name, t in schema.TABLES.items() if t.required),
        "cases/00000",
        "cases/00001",
    ]
    for group in groups:
        with xarray.open_dataset(path, group=group, engine=engine) as data:
            data.load()
            if group == "cases/00000":
                assert data.time_ns.dims == ("rank", "sample")
                assert data.time_ns.dtype == np.int64
                assert "sample_round" in data.coords


def test_medians_by_xarray_are_those_of_show(path, report):
    xarray = pytest.importorskip("xarray")
    import json

    with xarray.open_dataset(path, group="cases/00000", engine="h5netcdf") as data:
        by_round = data.time_ns.groupby("sample_round").median("sample")
        medians = by_round.median("sample_round") / data.time_ns.launches_per_sample

    shown = json.loads(report("show", path, "--format", "json")[1])["cases"][0]["card_medians"]
    assert np.allclose(medians.values * 1e-9, [shown[str(r)] for r in range(3)])


def test_tables_become_pandas_frames(path):
    with RunFile(str(path)) as run:
        ranks, index = run.frame("ranks"), run.frame("index")

    assert list(ranks.host) == ["nid0000"] * 3
    assert index.status.value_counts()["wrong"] == 1


@pytest.mark.parametrize("tool", [["h5dump", "-H"], ["h5dump"], ["ncdump", "-h"], ["ncdump"]])
def test_dump_tools_read_it(path, tool):
    if not shutil.which(tool[0]):
        pytest.skip(f"{tool[0]} is not installed: nothing was tested")

    done = subprocess.run([*tool, str(path)], capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stderr[-500:]
    assert "time_ns" in done.stdout and "sample_round" in done.stdout
