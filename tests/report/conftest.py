# SPDX-License-Identifier: Apache-2.0
"""What the tests of cardwise-report share: made-up files, and the program run in this process."""

import faulthandler
import pathlib
import shutil
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
for folder in (HERE, HERE.parents[1] / "scripts" / "report"):
    sys.path.insert(0, str(folder))


@pytest.fixture(autouse=True)
def no_references(tmp_path, monkeypatch):
    """Those beneath the place where the tests are started are of real cards."""
    monkeypatch.setenv("CARDWISE_REFERENCE", str(tmp_path / "none"))


@pytest.fixture(autouse=True)
def no_width(monkeypatch):
    """Who starts the tests may have a narrow terminal, or workers that say so."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def report(capfd, monkeypatch):
    """Runs cardwise-report with arguments; gives exit code, stdout, stderr."""
    from cardwise_report import (
        cards,
        check,
        compare,
        show,
        show_text,
        warn,
    )  # noqa: F401  children need not
    from cardwise_report.cli import main

    monkeypatch.setattr("cardwise_report.guard._CPU_BASE_S", 8)  # the files are small
    faulthandler.disable()  # pytest's own; a child that dies on purpose should do so quietly

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in err and "internal error" not in err
        return code, out, err

    return run


@pytest.fixture
def made(tmp_path):
    """Makes a file; gives its path."""
    from make_run import make_run

    def make(**options):
        path = tmp_path / options.pop("name", "run.h5")
        make_run(path, **options)
        return path

    return make


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    """A whole file of one rank and five cases; copied, never changed."""
    from make_run import make_run, standard_cases

    path = tmp_path_factory.mktemp("base") / "base.h5"
    make_run(path, cases=standard_cases()[:5])
    return path


@pytest.fixture
def edited(base, tmp_path):
    """Gives the path of a copy of that file, changed by edit(file)."""
    import h5py

    def make(edit):
        path = tmp_path / "run.h5"
        shutil.copyfile(base, path)
        with h5py.File(path, "r+") as file:
            edit(file)
        return path

    return make
