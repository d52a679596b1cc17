# SPDX-License-Identifier: Apache-2.0
"""Is a comparison's page whole: the verdict first, every text a text, drawings that do not lie?"""

import json
import math
import re

import pytest
from runs import few_cases, run_file
from test_compare_again import launcher  # noqa: F401
from test_html import EVIL, Page
from test_html_browser import browse
from test_html_browser import pytestmark as needs_browser

from cardwise_report import judge
from cardwise_report.comparing import Row
from cardwise_report.html_interval import interval


def other_environment(file):
    file["ranks/driver_version"][...] = "560.1"


@pytest.fixture
def page(report, tmp_path):
    """Compares with --html; gives exit code, text of the page, the parsed page."""

    def run(*arguments):
        target = tmp_path / "page.html"
        code, out, err = report("compare", *arguments, "--html", target)
        assert out, err
        text = target.read_text(encoding="utf-8")
        parsed = Page(text)
        assert parsed.stack == []
        return code, text, parsed

    return run


def test_the_verdict_stands_first_then_the_environment_then_the_cases(page, tmp_path):
    new = run_file(tmp_path, 2, {"mem/triad": 1.1}, edit=other_environment)
    code, text, parsed = page(run_file(tmp_path, 1), new)
    words = " ".join(parsed.words)

    order = ["Slower: 1 of 5 cases", "To confirm", "What differs around the cases"]
    order += [
        "550.54.15 → 560.1",
        "Changed, or cannot",
        "▲\xa0SLOWER",
        "Without a change",
        "=\xa0same",
    ]
    places = [words.index(word) for word in order]
    assert code == 1 and places == sorted(places) and 'class="banner bad"' in text


VERDICTS = {
    "Nothing is slower": ({}, {}),
    "Broken: 1 of 5 cases": ({}, {"mem/copy": "wrong"}),
    "1 of 5 cases faster": ({"mem/triad": 0.9}, {}),
    "1 of 5 cases cannot be told": ({}, {"mem/copy": "skipped"}),
}


@pytest.mark.parametrize("words", VERDICTS)
def test_the_banner_says_the_gravest_verdict(page, tmp_path, words):
    factors, status = VERDICTS[words]
    new = run_file(tmp_path, 2, factors, status=status)

    assert words in page(run_file(tmp_path, 1), new)[1]


def test_cases_of_the_new_run_alone_count_for_nothing_and_are_named(page, tmp_path):
    old = run_file(tmp_path, 1, cases=few_cases()[:3])
    _, text, _ = page(old, run_file(tmp_path, 2))

    assert "Nothing is slower" in text and "Only in the new run (2 cases)" in text


def test_a_page_fetches_and_runs_nothing(page, tmp_path):
    _, text, parsed = page(run_file(tmp_path, 1), run_file(tmp_path, 2, {"mem/triad": 1.1}))
    urls = [v for _, a in parsed.tags for k, v in a.items() if k in ("src", "href", "srcset")]

    assert urls == ["data:,"] and parsed.count("script") == 0 and "default-src 'none'" in text


def evil(file):
    file["ranks/host"][...] = EVIL
    file["ranks/device_uuid"][...] = EVIL
    file["nodes/host"][...] = EVIL
    file["ranks/driver_version"][...] = EVIL
    file["provenance/compiler"][()] = EVIL
    file["index/status_text"][...] = EVIL
    file.attrs["profile"] = file.attrs["tag"] = EVIL
    file["index/case_key"][...] = [key + "&x=" + EVIL for key in file["index/case_key"].asstr()[:]]


def good_keys(file):
    evil(file)
    file["ranks/driver_version"][...] = "1"


def test_every_text_of_a_file_stays_text(page, tmp_path):
    status = {"status": {"mem/copy": "skipped"}}
    old = run_file(tmp_path, 1, edit=good_keys)
    _, text, parsed = page(old, run_file(tmp_path, 2, {"mem/triad": 1.1}, edit=evil, **status))

    assert parsed.count("script") == parsed.count("img") == 0
    assert not any(k.startswith("on") for _, a in parsed.tags for k in a)
    assert "<script>alert" not in text and "&lt;script&gt;alert" in text


def test_what_a_rerun_said_is_told(page, tmp_path, launcher):  # noqa: F811
    files = run_file(tmp_path, 1), run_file(tmp_path, 2, {"mem/triad": 1.1, "mem/copy": 1.1})
    line, _ = launcher(run_file(tmp_path, 3, {"mem/triad": 1.11}))
    code, text, _ = page(*files, "--rerun", line)

    assert code == 1 and "Slower: 1 of 5 cases, 1 confirmed" in text
    assert "1 of 2 flagged numbers slower again" in text and "re-run +11.0 %" in text
    assert "▲▲&nbsp;SLOWER&nbsp;confirmed" in text and "△&nbsp;SUSPECT" in text


def test_nothing_to_measure_again_is_told(page, tmp_path, launcher):  # noqa: F811
    files = run_file(tmp_path, 1), run_file(tmp_path, 2)

    assert "nothing was measured again" in page(*files, "--rerun", launcher(None)[0])[1]


def test_the_interval_of_the_rounds_leaves_no_change_out_where_a_case_is_slower(report, tmp_path):
    files = run_file(tmp_path, 1), run_file(tmp_path, 2, {"mem/triad": 1.1})
    rows = json.loads(report("compare", *files, "--format", "json")[1])["rows"]
    by = {row["case_key"].partition("?")[0]: row for row in rows}

    slow, same = by["mem/triad"], by["mem/saxpy"]
    assert 0.09 < slow["rounds_low"] < slow["change"] < slow["rounds_high"] < 0.11
    assert same["rounds_low"] < 0 < same["rounds_high"] and slow["delta"] == 0.03


def drawn(**more):
    return interval(Row("k", "l", "mem", "card_median", judge.SLOWER, delta=0.03, **more))


def places(svg, pattern):
    return [float(x) for x in re.findall(pattern, svg)]


def test_the_dot_lies_beyond_the_band_where_the_change_does():
    for change in (0.02, 0.031, -0.02, -0.05):
        svg = drawn(change=change)
        left, width = places(svg, r'rect x="([\d.]+)"')[0], places(svg, r'width="([\d.]+)"')[0]
        dot = places(svg, r'circle cx="([\d.]+)"')[0]
        assert (left <= dot <= left + width) == (abs(change) <= 0.03)
        assert (dot > left + width / 2) == (change > 0)


def test_what_lies_beyond_the_drawing_is_an_arrow_and_nothing_is_no_drawing():
    far = drawn(change=9.0, rounds_low=8.0, rounds_high=math.inf, again=12.0)

    assert "<circle" not in far and "<path" in far and "re-run +1200.0 %" in far
    assert drawn() == "" and interval(Row("k", "l", "mem", change=0.1)) == ""


def test_a_baseline_is_drawn_with_its_prediction(page, tmp_path):
    for i in range(5):
        run_file(tmp_path / "runs", i, {"mem/triad": 1 + 0.002 * i})
    _, text, _ = page("--baseline", tmp_path / "runs", run_file(tmp_path, 20))

    assert "baseline   5 runs" in text and text.count('class="interval"') == 5
    assert "threshold 3 %" in text and "no interval" not in text


def test_a_page_that_cannot_be_written_loses_no_verdict(report, tmp_path):
    old, new = run_file(tmp_path, 1), run_file(tmp_path, 2, {"mem/triad": 1.1})
    for target in (tmp_path / "no" / "such" / "folder.html", old):
        code, out, err = report("compare", old, new, "--html", target)
        assert code == 2 and "1 slower" in out and "cannot be written" in err
    assert report("compare", old, new)[0] == 1  # neither run was replaced


@needs_browser
@pytest.mark.parametrize("width", [390, 1200])
def test_page_in_a_browser(page, tmp_path, width):
    page(
        run_file(tmp_path, 1, edit=good_keys),
        run_file(tmp_path, 2, {"mem/triad": 1.1}, edit=evil, ranks=1),
    )
    shot, size = tmp_path / "shot.png", f"--window-size={width},1500"

    dom, console = browse(tmp_path, tmp_path / "page.html", "--dump-dom")
    _, again = browse(tmp_path, tmp_path / "page.html", size, f"--screenshot={shot}")

    assert console == [] and again == []
    assert "<script" not in dom and "<img" not in dom and "&lt;script&gt;alert" in dom
    assert shot.stat().st_size > 20_000
