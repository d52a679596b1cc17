# SPDX-License-Identifier: Apache-2.0
"""Files that commands write: whole or not at all, with the user's umask, never over a result."""

import os
import stat

import pytest
from cardwise_report.whole_file import write_whole


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_a_file_has_the_users_umask(mask, tmp_path):
    before = os.umask(mask)
    try:
        write_whole(str(tmp_path / "page.html"), "text")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "page.html").stat().st_mode) == 0o666 & ~mask


def test_what_the_check_refuses_leaves_the_old_file(tmp_path):
    path = tmp_path / "reference.json"
    path.write_text("old")

    def refuse(temporary):
        assert open(temporary, encoding="utf-8").read() == "new"
        raise ValueError("no")

    with pytest.raises(ValueError):
        write_whole(str(path), "new", check=refuse)

    assert path.read_text() == "old" and os.listdir(tmp_path) == ["reference.json"]


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "page.html").symlink_to(tmp_path / "precious")

    write_whole(str(tmp_path / "page.html"), "text")

    assert (tmp_path / "precious").read_text() == "precious"
    assert not (tmp_path / "page.html").is_symlink()


@pytest.mark.parametrize("command", ["html", "history"])
def test_a_page_is_never_written_over_a_result(command, report, made, tmp_path):
    run, other = made(name="run.h5"), made(name="other.h5")
    before = other.read_bytes()

    code, _, err = report(command, tmp_path if command == "history" else run, "-o", other)

    assert code == 2 and "never replaced" in err
    assert other.read_bytes() == before and run.exists()
