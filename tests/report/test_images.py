# SPDX-License-Identifier: Apache-2.0
"""Images of prebuilt kernels in show and html: what their manifests tell, and what is wrong with them."""

import json

import pytest
from helpers import as_json, one_case, texts
from image_runs import SHA, load_case, manifest, with_image

from cardwise_report import images


def cases(**more):
    return one_case() + [load_case(**more)]


def shown(out):
    block = next(b for b in out.split("\n\n") if b.startswith("Image  ("))
    return block.splitlines()[1:]


def test_manifest_and_load_time_are_told(report, made):
    path = made(cases=cases(), ranks=2, edit=with_image(manifest()))
    code, out, err = report("show", path)
    assert (code, err) == (0, "")
    names, row = shown(out)
    for word in ("520n-mx", "images/kernels.aocx", "aocx", "opencl-c", "aoc 21.4", "250.0 MHz", SHA[:16] + "…"):
        assert f"{word}" in row
    assert "  opencl 110." in row and " ms .. 110." in row and names.split()[-2:] == ["load", "sha256"]
    (image,) = as_json(report, path)["images"]
    assert image["sha256"] == SHA and image["kernels"] == ["triad"] and len(image["load_s"]["opencl"]) == 2
    assert image["load_s"]["opencl"][0] == pytest.approx(0.11, rel=0.01)


def test_one_load_a_rank_is_no_fault_and_no_missing_sample(report, made):
    path = made(cases=cases(), ranks=2, edit=with_image(manifest()))
    code, out, _ = report("show", path)
    assert code == 0 and "not measured" not in out and "fewer than 6 rounds" not in out
    assert "latency/load_image" not in out  # it is among the images
    assert not any("load_image" in text for text in texts(as_json(report, path)))
    assert report("check", path)[0] == 0


def test_a_rank_that_never_loaded_is_still_told(report, made):
    def never(file):
        file["cases/00001/flags"][1, :] = 1
        file["cases/00001/time_ns"][1, :] = 0

    path = made(cases=cases(), ranks=2, edit=with_image(manifest(), then=never))
    found = texts(as_json(report, path))
    assert any("192 samples not measured (invalid): latency/load_image" in text for text in found)


def test_a_failed_load_is_told_once(report, made):
    spec = load_case(status="failed")
    spec.text = "late"

    def none(file):
        file["cases/00001/flags"][:] = 1

    path = made(cases=one_case() + [spec], edit=with_image(manifest(), then=none))
    found = texts(as_json(report, path))
    assert sum("load_image" in text for text in found) == 1
    assert "load" not in shown(report("show", path)[1])[0]


BAD = {
    "cut off": (json.dumps(manifest())[:100], "is no JSON"),
    "empty": ("", "is no JSON"),
    "deep": ("[" * 100_000, "is no JSON"),
    "a list": ("[]", "no schema"),
    "another schema": ('{"schema": "x"}', "no schema"),
    "another version": (manifest(version=2), "has version 2"),
    "true as version": (manifest(version=True), "has version True"),
    "no object": (manifest(image=[]), "image: is no object"),
    "no text": (manifest(board=5), "board: is no text"),
    "endless clock": (json.dumps(manifest(clock_hz=1)).replace('"clock_hz": 1', '"clock_hz": 1e999'), "clock_hz"),
    "clock of no number": (json.dumps(manifest(clock_hz=1)).replace('"clock_hz": 1', '"clock_hz": NaN'), "clock_hz"),
    "huge clock": (json.dumps(manifest(clock_hz=1)).replace('"clock_hz": 1', '"clock_hz": 1' + "0" * 400), "clock_hz"),
    "negative clock": (manifest(clock_hz=-1), "clock_hz"),
    "kernels of no list": (manifest(kernels={}), "kernels: is no list"),
    "a kernel of no object": (manifest(kernels=[1]), "kernels[0]: is no object"),
    "flags of no list": (manifest(compiler={"flags": 1}), "flags: is no list"),
    "a width of no number": (manifest(kernels=[{"width": "8"}]), "kernels[0]: width"),
    "a launch of no text": (manifest(kernels=[{"launch": {}}]), "launch: is no text"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_manifest_is_said_and_stops_nothing(report, made, tmp_path, what):
    text, words = BAD[what]
    path = made(cases=cases(), edit=with_image(text))
    code, out, err = report("show", path)
    assert (code, err) == (0, "")
    assert "520n-mx  images/kernels.aocx  unknown" in shown(out)[1]
    data = as_json(report, path)
    assert any("the manifest of image images/kernels.aocx " in t and words in t for t in texts(data))
    assert words in data["images"][0]["problem"] and data["images"][0]["sha256"] == ""
    assert report("html", path, "-o", tmp_path / "page.html")[0] == 0


def test_strange_texts_of_a_manifest_steer_no_terminal(report, made, tmp_path):
    odd = manifest(language="\x1b[31m<b>\ud800", board="<i>")
    path = made(cases=cases(variant="<i>"), edit=with_image(odd, variant="<i>"))
    code, out, err = report("show", path)
    assert (code, err) == (0, "") and "\x1b" not in out and "\\x1b[31m<b>\\ud800" in out
    assert report("html", path, "-o", tmp_path / "page.html")[0] == 0
    assert "&lt;i&gt;" in (page := (tmp_path / "page.html").read_text()) and "<i>" not in page
    as_json(report, path)


def test_image_of_a_card_that_its_manifest_does_not_name(report, made):
    path = made(cases=cases(), ranks=2, edit=with_image(manifest(), then=lambda f: _set(f, "0" * 64)))
    (text,) = [t for t in texts(as_json(report, path)) if "another image" in t]
    assert "(rank 1)" in text and "(rank 0)" not in text
    path = made(cases=cases(), ranks=2, edit=with_image(manifest()))
    assert not any("another image" in t for t in texts(as_json(report, path)))


def _set(file, sha):
    file["ranks/image_sha256"][1] = sha


SECOND = "7" * 64


def with_two(text, loaded):
    """A run with two images, of which both ranks loaded `loaded`."""

    def second(file):
        if text:
            file["kernels/text"][1] = json.dumps(text)
            file["kernels/variant"][1], file["kernels/file"][1] = "rust", "kernels.ptx"
        file["ranks/image_sha256"][:] = [loaded] * 2

    return with_image(manifest(), then=second)


@pytest.mark.parametrize(
    ("has_manifest", "loaded", "wrong"),
    [
        (True, f"{SHA},{SECOND}", None),
        (True, f"{SECOND},{SHA}", None),
        (False, f"{SHA},{SECOND}", None),  # none of its kernels was in the run
        (True, SHA, None),  # a file that names the first image alone
        (True, f"{SHA},{'0' * 64}", ("0" * 16, "7" * 16)),
        (True, f"{'0' * 64},{SECOND}", ("0" * 16, SHA[:16])),
        (False, f"{'0' * 64},{SECOND}", ("0" * 16, SHA[:16])),
    ],
)
def test_of_several_images_each_is_the_one_that_its_manifest_says(report, made, has_manifest, loaded, wrong):
    other = manifest() | {"image": manifest()["image"] | {"sha256": SECOND}} if has_manifest else None
    path = made(cases=cases(), ranks=2, edit=with_two(other, loaded))

    found = [t for t in texts(as_json(report, path)) if "another image" in t]

    assert bool(found) == bool(wrong)
    if wrong:
        assert f"(sha256 {wrong[0]}, not {wrong[1]})" in found[0]


@pytest.mark.parametrize("variant", ["portable", "same-code", ""])
def test_texts_that_were_compiled_in_the_run_are_no_images(report, made, variant):
    path = made(edit=with_image("-DREAL=float\n__kernel", variant=variant, sha=""))
    assert as_json(report, path)["images"] == [] and "Image  (" not in report("show", path)[1]


def test_a_damaged_table_of_kernels_stops_nothing(report, made):
    def damage(file):
        del file["kernels/text"]
        file["kernels/text"] = [1, 2]

    path = made(edit=damage)
    assert report("show", path)[0] == 0
    assert any("the images cannot be told" in t for t in texts(as_json(report, path)))


def test_more_images_than_any_run_has(report, made):
    from make_run import _fill

    def many(file):
        del file["kernels"]
        _fill(file, "kernels", 40, {"variant": [f"v{i}" for i in range(40)], "text": "{}"})

    data = as_json(report, made(edit=many))
    assert len(data["images"]) == images.MAX_IMAGES
    assert any("more than 16 images" in t for t in texts(data))


def test_of_two_images_with_one_name_nobody_knows_which_was_loaded(report, made):
    def second(file):
        file["kernels/text"][1] = json.dumps(manifest(clock_hz=1))
        file["kernels/variant"][1] = "520n-mx"

    data = as_json(report, made(cases=cases(), edit=with_image(manifest(), then=second)))
    assert [image["load_s"] for image in data["images"]] == [{}, {}]
