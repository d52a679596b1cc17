# SPDX-License-Identifier: Apache-2.0
"""Does `check` tell whole, incomplete and invalid apart, and name violations by path?"""

import h5py
import numpy as np
import pytest
from helpers import pingpong
from make_run import TEXT, scale, standard_cases

from cardwise_report import schema


def test_whole_file_is_exit_code_0(report, made):
    code, out, err = report("check", made(ranks=3))

    assert code == 0 and err == "" and "whole (schema 1.0.0, 3 ranks" in out


def test_incomplete_file_names_its_partial_cases(report, made):
    cases = standard_cases()
    cases[0].status, cases[1].status, cases[2].status = "partial", "planned", "skipped"
    cases[2].text = "no f64"

    code, out, _ = report("check", made(cases=cases, complete=0, exit_reason="killed"))

    assert code == 4 and "incomplete: killed, checkpoint 3" in out
    assert f"partial, 3 rounds: {cases[0].key}" in out and f"planned: {cases[1].key}" in out
    assert cases[2].key not in out


@pytest.mark.parametrize("status", schema.STATUSES)
def test_every_status_can_be_stored(report, made, status):
    cases = standard_cases()
    cases[0].status, cases[0].text = status, "a reason"
    unfinished = status in ("planned", "partial")

    code, out, err = report("check", made(cases=cases, complete=int(not unfinished)))

    assert code == (4 if unfinished else 0), err


def test_first_checkpoint_without_any_case_is_incomplete(report, made):
    assert report("check", made(cases=[], complete=0, exit_reason="killed"))[0] == 4


def test_worst_of_several_files_counts(report, made):
    whole = made(name="a.h5")
    partial = made(name="b.h5", complete=0, exit_reason="signal")
    broken = made(name="c.h5", edit=lambda file: file.__delitem__("ranks/host"))

    assert report("check", whole, partial)[0] == 4
    code, out, err = report("check", broken, partial, whole)
    assert code == 2
    assert "a.h5: whole" in out and "b.h5: incomplete" in out and "c.h5: invalid" in err


def replace(path, **new):
    """edit() that puts another dataset at a path; scales are attached again where they fit."""

    def edit(file):
        old = file[path]
        shape, axes = old.shape, [list(old.dims[i].values()) for i in range(old.ndim)]
        attributes = dict(old.attrs.items())
        del file[path]
        made = file.create_dataset(path, **({"shape": shape} | new))
        if "units" in attributes:
            made.attrs["units"] = attributes["units"]
        for i, scales in enumerate(axes):
            for one in scales if i < made.ndim else []:
                made.dims[i].attach_scale(one)

    return edit


def set_attribute(path, name, value, dtype=None):
    def edit(file):
        file[path].attrs.create(name, value, dtype=dtype)

    return edit


def delete_attribute(path, name):
    return lambda file: file[path].attrs.__delitem__(name)


def set_value(path, index, value):
    def edit(file):
        file[path][index] = value

    return edit


def detach(file):
    dataset = file["cases/00000/flags"]
    dataset.dims[1].detach_scale(file["cases/00000/sample"])


def foreign_scale(file):
    dataset = file["cases/00000/median_ns"]
    dataset.dims[0].detach_scale(file["cases/00000/rank"])
    dataset.dims[0].attach_scale(file["ranks/rank"])


def wrong_with_times(file):
    file["index/status"][0] = "wrong"
    file["index/status_text"][0] = "element 7"
    file["cases/00000"].attrs.create("status", "wrong", dtype=TEXT)


def unlisted_case(file):
    scale(file.create_group("cases/00099"), "rank", 1)


VIOLATIONS = [
    (lambda f: f.__delitem__("cases"), "/cases/00000: is missing"),
    (lambda f: f.__delitem__("events"), "/events: is missing"),
    (lambda f: f.__delitem__("provenance/compiler"), "/provenance/compiler: is missing"),
    (lambda f: f.__delitem__("index/ci_halfwidth"), "/index/ci_halfwidth: is missing"),
    (lambda f: f.__delitem__("cases/00003/flags"), "/cases/00003/flags: is missing"),
    (lambda f: f.__delitem__("cases/00003/sample"), "/cases/00003/sample: is missing"),
    (replace("ranks/pid", dtype="i8"), "/ranks/pid: has dtype i8, not i4"),
    (replace("cases/00001/time_ns", dtype="f8"), "/cases/00001/time_ns: has dtype f8, not i8"),
    (replace("ranks/host", dtype="S8"), "/ranks/host: has dtype fixed, not str"),
    (replace("ranks/host", shape=(3,), dtype=TEXT), "/ranks/host: has shape [3], not [1]"),
    (
        replace("cases/00001/flags", shape=(1, 7), dtype="u2"),
        "/cases/00001/flags: has shape [1, 7], not [1, 192]",
    ),
    (detach, "/cases/00000/flags: axis 1 has no dimension scale"),
    (foreign_scale, "/cases/00000/median_ns: axis 0 has its dimension scale in another group"),
    (delete_attribute("cases/00000/time_ns", "units"), "/cases/00000/time_ns@units: attribute is"),
    (set_attribute("cases/00000/warmup_s", "units", "seconds"), "@units: seconds is not one of"),
    (set_attribute("ranks/peak_mem", "units", "B"), "/ranks/peak_mem@units: is B, should be B/s"),
    (delete_attribute("/", "seed"), "/@seed: attribute is missing"),
    (set_attribute("/", "complete", 1, "i4"), "/@complete: has type i4, not a single u1"),
    (set_attribute("/", "exit_reason", "bored", TEXT), "/@exit_reason: bored is not one of"),
    (set_attribute("/", "exit_reason", "killed", TEXT), "/@exit_reason: is killed, though"),
    (set_attribute("/", "run_id", "42", TEXT), "/@run_id: 42 is no UUIDv7"),
    (set_attribute("/", "created_utc", "yesterday", TEXT), "/@created_utc: yesterday is no"),
    (set_attribute("/", "ranks", 7, "i8"), "/@ranks: is 7, but /ranks has 1 rows"),
    (set_value("ranks/device_class", 0, "toaster"), "/ranks/device_class: toaster is not one"),
    (set_value("index/status", 0, "fine"), "/index/status: fine is not one of"),
    (set_value("index/status", 0, "partial"), "/@complete: is 1, but case 0 is partial"),
    (set_value("index/case_id", 0, "0" * 16), "/index[0]/case_id: is not the hash"),
    (set_value("index/samples", 0, 5), "/cases/00000/sample: has 192 rows, /index says 5"),
    (set_value("index/card_median", 0, np.nan), "/index[0]/card_median: is nan, though"),
    (set_value("ranks/node", 0, 9), "/ranks/node: names a row that /nodes does not have"),
    (set_value("cases/00000/rank", 0, 4), "/cases/00000/rank: names a rank that /ranks"),
    (set_value("cases/00000/time_ns", (0, 3), 0), "/cases/00000/time_ns: [0, 3] is 0 ns, and no"),
    (set_value("cases/00000/time_ns", (0, 3), -5), "/cases/00000/time_ns: [0, 3] is -5 ns"),
    (set_value("cases/00000/flags", (0, 3), 1 << 14), "/cases/00000/flags: has bits without"),
    (set_value("cases/00000/sample_round", 0, 200), "/cases/00000/sample_round: does not grow"),
    (set_attribute("cases/00000", "wv", 2, "i8"), "/cases/00000@wv: is 2, but case_key says 1"),
    (delete_attribute("cases/00000", "wv"), "/cases/00000@wv: attribute is missing"),
    (set_attribute("cases/00000", "status", "wrong", TEXT), "/cases/00000@status: wrong is not"),
    (wrong_with_times, "/cases/00000/time_ns: holds samples, though the result was wrong"),
    (wrong_with_times, "/index[0]/time_sync_median: is "),
    (lambda f: f.__delitem__("cases/00004/host_ns"), "/cases/00004/host_ns: is missing, though"),
    (unlisted_case, "/cases/00099: is not in /index"),
    (delete_attribute("cases/00000/flags", "flag_masks"), "/flags@flag_masks: attribute is"),
    (
        set_attribute("cases/00000/flags", "flag_meanings", "a b", TEXT),
        "/cases/00000/flags@flag_meanings: does not name",
    ),
]


@pytest.mark.parametrize(("edit", "words"), VIOLATIONS, ids=[words for _, words in VIOLATIONS])
def test_violation_is_named_by_its_path(report, edited, edit, words):
    code, out, err = report("check", edited(edit))

    assert code == 2 and "invalid" in err
    assert words in err


LIES = {
    "time_sync_median": 1e-9,
    "time_sync_lo": 1e-9,
    "time_sync_hi": 1.0,
    "card_min": 1e-9,
    "card_q25": 1e-9,
    "card_median": 1e-9,
    "card_q75": 1.0,
    "card_max": 1.0,
    "rate_sync": 1e9,
    "rate_sum": 1e9,
    "imbalance": 0.1,
    "jitter": 2.0,
    "pct_theoretical": 99.0,
    "pct_ceiling": 99.0,
    "ci_halfwidth": 0.5,
    "flagged_frac": 0.5,
    "throttled_frac": 0.5,
}


@pytest.mark.parametrize("name", LIES)
def test_figure_that_the_samples_contradict_is_invalid(report, edited, name):
    code, out, err = report("check", edited(set_value(f"index/{name}", 4, LIES[name])))

    assert code == 2 and f"/index[4]/{name}: is {LIES[name]:.6g}, but the samples give" in err


def test_figure_that_no_sample_gives_is_invalid(report, made):
    """A latency has no rate; a run of three rounds has no interval."""
    latency = [case for case in standard_cases() if case.name == "latency/roundtrip"]

    rate = made(cases=latency, edit=set_value("index/rate_sync", 0, 1e9))
    assert "/index[0]/rate_sync: is 1e+09, but the samples give no" in report("check", rate)[2]
    few = made(name="b.h5", rounds=3, edit=set_value("index/time_sync_lo", 0, 1e-3))
    assert "/index[0]/time_sync_lo: is 0.001, but the samples give no" in report("check", few)[2]


def test_changed_sample_contradicts_the_medians_of_its_round(report, edited):
    path = edited(set_value("cases/00002/time_ns", (0, slice(0, 32)), 10**9))

    code, _, err = report("check", path)

    assert (
        code == 2
        and "/cases/00002/median_ns: [0, 0] is " in err
        and "the samples give 1e+09" in err
    )


def test_figures_of_a_partial_case_are_checked_too(report, made):
    cases = standard_cases()[:2]
    cases[0].status = "partial"
    options = {"cases": cases, "complete": 0, "exit_reason": "signal"}

    assert report("check", made(**options))[0] == 4
    lie = made(name="b.h5", edit=set_value("index/card_max", 0, 1.0), **options)
    assert report("check", lie)[0] == 2


@pytest.mark.parametrize("share", [0.25, 0.375, np.nan])
def test_share_of_flagged_samples_is_of_the_valid_ones_or_as_first_files_have_it(
    report, made, share
):
    options = pingpong()
    plant = options["edit"]

    def edit(file):
        plant(file)
        file["index/flagged_frac"][0] = share

    path = made(**options | {"edit": edit})

    code, _, err = report("check", path)
    assert code == 0, err
    assert "flagged_frac" not in report("show", path)[1]


def test_share_of_flagged_samples_that_nobody_counts_so_is_invalid(report, made):
    options = pingpong()
    plant = options["edit"]

    def edit(file):
        plant(file)
        file["index/flagged_frac"][0] = 0.5

    assert "/index[0]/flagged_frac: is 0.5" in report("check", made(**options | {"edit": edit}))[2]


def test_file_of_a_writer_that_knew_no_planted_faults_is_whole(report, edited):
    assert report("check", edited(lambda f: f.__delitem__("provenance/planted_faults")))[0] == 0


def test_planted_faults_are_told(report, edited):
    code, out, _ = report("check", edited(set_value("provenance/planted_faults", (), "wrong")))

    assert code == 0 and "NO measurement, faults were planted: wrong" in out


def test_unknown_objects_of_a_later_minor_version_are_ignored(report, made):
    def edit(file):
        file.attrs.create("schema_version", "1.7.0", dtype=TEXT)
        file["ranks"].create_dataset("colour", data=[1.0])
        file.create_group("weather")
        file["cases/00000"].create_dataset("mood", data=[1, 2])

    path = made(edit=edit)

    assert report("check", path)[0] == 0
    assert report("show", path)[0] == 0


def test_flipped_byte_in_the_samples_is_found(report, made):
    path = made()
    with h5py.File(path) as file:
        chunk = file["cases/00002/time_ns"].id.get_chunk_info(0)
    data = bytearray(path.read_bytes())
    data[chunk.byte_offset + chunk.size // 2] ^= 0x10
    path.write_bytes(data)

    code, _, err = report("check", path)

    assert code == 2 and "/cases/00002/time_ns: cannot be read" in err
