# SPDX-License-Identifier: Apache-2.0
"""Does a real browser show the page without a complaint, with and without its script?"""

import os
import re
import shutil
import subprocess

import pytest
from make_run import standard_cases
from test_html import EVIL, serials, slow_cases

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
LIMIT_S = 300  # finds hangs, not slowness

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium (apt-get install chromium)")


def browse(tmp_path, page, *options):
    """Output and console messages of one visit, without network."""
    command = [BROWSER, "--headless=new", "--disable-gpu", "--no-first-run", "--hide-scrollbars"]
    command += ["--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path}/profile"]
    command += ["--no-sandbox"] if os.geteuid() == 0 else []
    command += ["--enable-logging=stderr", "--v=0", *options, page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stderr
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def edit(file):
    serials(file)
    file["ranks/host"][:4] = EVIL
    file["ranks/pcie_gen_load"][6:7] = 3


@pytest.mark.parametrize("ranks", [1, 4, 512])
@pytest.mark.parametrize("width", [390, 1200])
def test_page_in_a_browser(report, made, tmp_path, ranks, width):
    cases = slow_cases(r6=1.1) if ranks > 6 else standard_cases()
    path = made(ranks=ranks, cases=cases, block=4, edit=edit)
    assert report("html", path)[0] == 0
    shot = tmp_path / "shot.png"
    size = f"--window-size={width},2000"

    dom, console = browse(tmp_path, path.with_suffix(".html"), "--dump-dom")
    _, again = browse(tmp_path, path.with_suffix(".html"), size, f"--screenshot={shot}")

    assert console == [] and again == []
    assert dom.count("<script") == 1 and "&lt;script&gt;alert" in dom and "<img" not in dom
    assert len(re.findall("<g><title>", dom)) >= ranks
    assert shot.stat().st_size > 20_000  # a blank page of this size is about 5 kB


def test_a_complaint_of_the_browser_is_seen(tmp_path):
    """The fault that the test above looks for."""
    page = tmp_path / "bad.html"
    page.write_text("<!DOCTYPE html><title>x</title><script>console.error('planted')</script>")

    assert any("planted" in line for line in browse(tmp_path, page, "--dump-dom")[1])


HOVER = """
var cell=document.querySelector('.map g rect'),box=cell.getBoundingClientRect();
cell.dispatchEvent(new PointerEvent('pointerover',{bubbles:true,clientX:box.x+5,clientY:box.y+5}));
document.title=document.getElementById('tip').textContent;
"""


def test_script_shows_what_hovering_tells(report, made, tmp_path):
    path = made(ranks=16, cases=slow_cases(r6=1.1), block=4, edit=serials)
    assert report("html", path)[0] == 0
    page = path.with_suffix(".html")
    text = re.sub(r"<meta http-equiv[^>]*>", "", page.read_text())
    page.write_text(text.replace("</body>", f"<script>{HOVER}</script></body>"))

    dom, console = browse(tmp_path, page, "--dump-dom")

    assert console == []
    told = re.search(r"<title>(.*?)</title>", dom, re.S)[1]
    assert "nid0000 card 0" in told and "serial 1000" in told and "mem" in told


def test_foreign_script_is_refused_by_the_page(report, made, tmp_path):
    path = made(ranks=2, cases=standard_cases()[:3], block=4)
    assert report("html", path)[0] == 0
    page = path.with_suffix(".html")
    page.write_text(
        page.read_text().replace("</body>", "<script>document.title='x'</script></body>")
    )

    dom, console = browse(tmp_path, page, "--dump-dom")

    assert "<title>x</title>" not in dom and console
