# SPDX-License-Identifier: Apache-2.0
"""Does the page stand alone, say first what matters, and keep every text a text?"""

import math
import os
import re
from html.parser import HTMLParser

import pytest
from helpers import OK, one_case, recheck
from make_run import standard_cases

from cardwise_report import html_charts
from cardwise_report.html_svg import Axis
from cardwise_report.terminal import cut_middle

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;"


class Page(HTMLParser):
    """Elements, their attributes, the text, and whether everything is closed."""

    VOID = {"meta", "link", "br"}

    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self.stack = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def count(self, tag):
        return sum(name == tag for name, _ in self.tags)


def page_of(report, path, *more):
    code, out, err = report("html", path, *more)
    assert code == 0 and err == "", err
    text = open(out.strip(), encoding="utf-8").read()
    page = Page(text)
    assert page.stack == []
    return text, page


def slow_cases(**slow):
    cases = standard_cases()
    for case in cases:
        case.slow = {int(r.removeprefix("r")): f for r, f in slow.items()}
    return cases


def serials(file):
    file["ranks/device_serial"][:] = [str(1000 + r) for r in range(len(file["ranks/rank"]))]
    for i, key in enumerate(file["index/case_key"].asstr()[:]):
        if "gemm" in key:
            file["index/traffic_per_launch"][i] = 2e8


@pytest.mark.parametrize("ranks", [1, 4, 16])
def test_page_stands_alone(report, made, ranks):
    text, page = page_of(report, made(ranks=ranks, cases=standard_cases(sizes=2), edit=serials))

    urls = [v for _, a in page.tags for k, v in a.items() if k in ("src", "href", "srcset", "data")]
    assert urls == ["data:,"] and "url(" not in text and "@import" not in text
    assert "default-src 'none'" in text
    assert page.count("script") == 1 and not any(
        k.startswith("on") for _, a in page.tags for k in a
    )


def test_what_matters_stands_first(report, made):
    path = made(ranks=16, cases=slow_cases(r6=1.1), edit=serials)
    _, page = page_of(report, path)
    words = " ".join(page.words)

    order = ["Not well: 1 card slow", "Cards that are not well", "Card map", "Nodes"]
    order += ["Distributions over cards", "Roofline", "OpenCL against CUDA", "Copies by size"]
    order += ["Samples over time", "Environment"]
    places = [words.index(word) for word in order]
    assert places == sorted(places)
    assert "serial 1006" in words and "nid0001" in words


def test_what_was_not_reproduced_is_told(report, made):
    path = made(ranks=16, cases=slow_cases(r6=1.1), edit=recheck([OK] * 3, [OK] * 3))
    text, page = page_of(report, path)

    assert "Not well" not in text and "Nothing that lasts: 1 card slow in the run" in text
    assert " ".join(page.words).count("measured again: not reproduced") >= 1
    assert any("measured again: not reproduced" in word for word in page.words)


def test_all_is_well_only_if_every_test_was_made(report, made):
    from test_health import healthy

    cases = standard_cases(backends=("cuda",))
    assert "All is well" in page_of(report, made(ranks=16, cases=cases, edit=healthy))[0]
    text, _ = page_of(report, made(ranks=4, cases=cases, edit=healthy, name="b.h5"))
    assert "All is well" not in text and "not every test was made" in text


def test_hovering_shows_host_serial_value_and_cause(report, made):
    def edit(file):
        serials(file)
        file["ranks/pcie_gen_load"][6] = 3

    text, _ = page_of(report, made(ranks=16, cases=slow_cases(r6=1 / 0.9), edit=edit))

    told = next(t for t in re.findall(r"<title>(.*?)</title>", text, re.S) if "serial 1006" in t)
    for word in ("nid0001", "copy 10 % below", "PCIe generation 3 under load", "SLOW"):
        assert word in told
    assert len(re.findall(r"<g><title>nid", text)) == 16


def test_colour_is_not_the_only_sign(report, made):
    def edit(file):
        for group in file["cases"].values():
            row = group["time_ns"][9, :]
            row[::5] = row[::5] * 1.2
            group["time_ns"][9, :] = row
        triad = next(i for i, k in enumerate(file["index/case_key"].asstr()[:]) if "triad" in k)
        file[f"cases/{triad:05d}/result_checksum"][3, :] = 5

    text, _ = page_of(report, made(ranks=16, cases=slow_cases(r6=1.1), edit=edit))

    signs = re.findall(r'class="sign"[^>]*>(.)<', text.partition("<details>")[0])
    assert sorted(signs) == sorted("!×~")


def test_every_text_of_the_file_stays_text(report, made):
    def edit(file):
        def spoil(name, node):
            if getattr(node, "dtype", None) is not None and node.dtype.kind == "O" and node.size:
                keep = ("device_class", "group_path", "family", "status", "severity", "units")
                keep += ("binding_rule", "case_key", "clock", "better", "planted_faults")
                if name.rpartition("/")[2] not in keep:
                    node[...] = EVIL
                elif name == "index/case_key":
                    node[...] = [key + "&x=" + EVIL for key in node.asstr()[:]]

        file.visititems(spoil)
        for name in ("system", "tag", "profile", "run_id", "created_utc"):
            file.attrs[name] = EVIL
        file["ranks/driver_version"][3] = EVIL + "2"
        file["ranks/status_text"][:] = ""
        file["ranks/identity"][:] = [f"{EVIL}{r}" for r in range(16)]

    cases = slow_cases(r6=1.2)
    text, page = page_of(report, made(ranks=16, cases=cases, edit=edit))

    assert page.count("script") == 1 and page.count("img") == 0
    assert not any(k.startswith("on") for _, a in page.tags for k in a)
    assert "<script>alert" not in text and "&lt;script&gt;alert" in text


def test_several_runs_are_one_page(report, made, tmp_path):
    a, b = made(ranks=2, name="a.h5"), made(ranks=2, name="b.h5")

    _, page = page_of(report, a, b, "-o", tmp_path / "both.html")

    assert page.count("main") == 2 and page.count("html") == 1


def test_the_run_itself_is_never_overwritten(report, made):
    path = made(cases=one_case())
    before = path.read_bytes()

    code, _, err = report("html", path, "-o", path)

    assert code == 2 and "needs another name" in err and path.read_bytes() == before


@pytest.mark.parametrize("where", ["no/such/folder/x.html", "."])
def test_a_page_that_cannot_be_written(report, made, tmp_path, where):
    code, out, err = report("html", made(cases=one_case()), "-o", tmp_path / where)

    assert code == 2 and out == "" and "cannot be written" in err
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".tmp")]


def test_planted_faults_get_no_page(report, made):
    def edit(file):
        file["provenance/planted_faults"][()] = "slow=0"

    path = made(cases=one_case(), edit=edit)
    code, _, err = report("html", path)

    assert code == 2 and "planted on purpose" in err and not path.with_suffix(".html").exists()


def test_a_file_without_any_number_has_a_page(report, made):
    cases = standard_cases()
    for case in cases:
        case.status = "planned"
    text, _ = page_of(report, made(cases=cases, complete=0, exit_reason="killed"))
    assert "incomplete (killed)" in text
    text, _ = page_of(report, made(cases=[], name="b.h5"))
    assert "not every test was made" in text


def test_size_and_cells_at_512_cards(report, made):
    cases = standard_cases(sizes=2)
    text, _ = page_of(report, made(ranks=512, cases=cases, rounds=6, block=4))

    assert len(text.encode()) < 5e6
    assert len(re.findall(r"<g><title>nid", text)) == 512


@pytest.mark.parametrize("log", [False, True])
def test_an_axis_ends_somewhere(log):
    """A damaged file whose ceilings are infinite ended the page (found by fuzz.py)."""
    axis = Axis(1.0, math.inf, 0, 100, log=log)

    assert all(math.isfinite(tick) for tick in axis.ticks())
    assert axis(math.inf) == 100 and 0 <= axis(2.0) <= 100


def _apis(*ratios):
    """The rows of `OpenCL against CUDA` with these ratios, known exactly."""
    return [
        {"case": f"mem/case{i} dram n=268435456 nx=16384 rust", "ratio": r, "ratio_lo": r, "ratio_hi": r, "verdict": ""}
        for i, r in enumerate(ratios)
    ]


def test_one_far_ratio_does_not_press_the_others_together():
    alone, beside = html_charts.apis(_apis(0.98)), html_charts.apis(_apis(0.98, 6.3))
    places = [re.search(r'<circle cx="([\d.]+)"', page).group(1) for page in (alone, beside)]

    assert places[0] == places[1]
    assert "An arrow" in beside and ">6.3<" in beside and beside.count("<circle") == 1
    assert "An arrow" not in alone


def test_the_last_word_of_a_long_name_stays():
    """It is the variant: without it three rows had one name."""
    assert "nx=16384 rust" in html_charts.apis(_apis(1.0))
    assert cut_middle("a" * 30 + "b" * 12, 40) == "a" * 26 + "…" + "a" + "b" * 12
    assert cut_middle("short", 40) == "short" and len(cut_middle("\x00" * 50, 40)) == 40
