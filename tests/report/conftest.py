# SPDX-License-Identifier: Apache-2.0
"""What the tests of cardwise-report share: made-up files, and the program run in this process."""

import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
for folder in (HERE, HERE.parents[1] / "scripts" / "report"):
    sys.path.insert(0, str(folder))


@pytest.fixture
def report(capfd):
    """Runs cardwise-report with arguments; gives exit code, stdout, stderr."""
    from cardwise_report.cli import main

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
