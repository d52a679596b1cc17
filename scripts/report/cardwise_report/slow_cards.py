# SPDX-License-Identifier: Apache-2.0
"""Which cards of a run are slow, which corrupt results, and where can nobody tell?"""

import math

import numpy as np

from cardwise_report import population, standing
from cardwise_report.card_names import RANK_COLUMNS, RANK_REQUIRED, identity
from cardwise_report.card_samples import (
    CASE_COLUMNS,
    CASE_REQUIRED,
    CardSamples,
    flagged,
    read_checksums,
    read_samples,
)
from cardwise_report.cases import Case, set_labels
from cardwise_report.causes import Cause, of_card, of_samples
from cardwise_report.corrupting import Odd, compare_checksums
from cardwise_report.judgement import Finding, Judgement, Test, Untold, Verdict
from cardwise_report.measurement import must_be_a_measurement
from cardwise_report.recheck import graver, rechecked
from cardwise_report.run_file import InputError, RunFile
from cardwise_report.schema import parse_key

# The least deficit that is named, whatever the statistics can see: nobody takes out a card for less.
FLOORS = {"mem": 0.01, "compute": 0.01, "copy": 0.01, "latency": 0.05}
VIEWS = ("middle", "tail")


def models_of(ranks: dict) -> dict[str, np.ndarray]:
    """Ranks by what makes their cards alike: the model, and whether it is a slice of one."""
    out: dict[str, list[int]] = {}
    for r, name in enumerate(ranks["device_name"]):
        if name and identity(ranks, r):
            out.setdefault(name + (" (MIG)" if ranks["mig_mode"][r] == 1 else ""), []).append(r)
    return {name: np.array(members) for name, members in out.items()}


def read_ranks(run: RunFile) -> dict:
    """The columns of /ranks that tell cards apart and explain them."""
    ranks = run.table("ranks", (*RANK_COLUMNS, "clock_app_mhz", "ecc_mode"), RANK_REQUIRED)
    if not np.array_equal(ranks["rank"], np.arange(len(ranks["rank"]))):
        raise InputError("/ranks/rank: does not count 0, 1, 2 …")
    return ranks


def read_rows(run: RunFile) -> list[Case]:
    """All rows of /index, with labels, without numbers."""
    index = run.table("index", CASE_COLUMNS, CASE_REQUIRED)
    cases = []
    for i in range(len(index["case"])):
        row = {k: v[i].item() if hasattr(v[i], "item") else v[i] for k, v in index.items()}
        cases.append(Case(row, parse_key(row["case_key"])[2]))
    set_labels(cases)
    return cases


class Peers:
    """Values of alike cards from other runs, by case and model."""

    def __init__(self, runs: list[RunFile]) -> None:
        self.values: dict[tuple[str, str], list[np.ndarray]] = {}  # each [view, card]
        self.count: dict[str, int] = {}
        for run in runs:
            must_be_a_measurement(run)
            ranks = read_ranks(run)
            models = models_of(ranks)
            for name, members in models.items():
                self.count[name] = self.count.get(name, 0) + len(members)
            for case in read_rows(run):
                if case.row["family"] in FLOORS:
                    self._add(run, case, ranks, models)

    def _add(self, run: RunFile, case: Case, ranks: dict, models: dict) -> None:
        samples = read_samples(run, case.row, len(ranks["rank"]))
        for name, members in models.items() if samples else ():
            chosen = np.isin(samples.ranks, members)
            pair = [getattr(samples.views, view)[chosen] for view in VIEWS]
            self.values.setdefault((case.row["case_key"], name), []).append(np.array(pair))

    def of(self, case: Case, model: str, view: str) -> np.ndarray:
        """Values of one view, finite ones only."""
        known = self.values.get((case.row["case_key"], model), [])
        values = [pair[VIEWS.index(view)] for pair in known] or [np.empty(0)]
        joined = np.concatenate(values)
        return joined[np.isfinite(joined)]


def judge_run(run: RunFile, others: list[RunFile] = ()) -> Judgement:
    """Every card of a run against its peers, in it and in other runs of alike cards."""
    must_be_a_measurement(run)
    out = Judgement(read_ranks(run))
    models = models_of(out.ranks)
    out.standings, out.refused = standing.find(models, out.ranks)
    peers = Peers(list(others))
    cases = out.rows = read_rows(run)
    judged = [
        c for c in cases if c.row["family"] in FLOORS and c.row["status"] in ("ok", "partial")
    ]
    enough = {
        name: members
        for name, members in models.items()
        if len(members) + peers.count.get(name, 0) >= population.FEWEST
    }
    tests = len(VIEWS) * len(judged) * len(enough)
    odd = Odd()
    world = len(out.ranks["rank"])
    for case in cases:
        compare_checksums(case.label, read_checksums(run, case.row, world), out.ranks, odd)
        samples = read_samples(run, case.row, world) if case in judged else None
        if samples is None:
            continue
        out.cases += 1
        _note(out, case, samples)
        _stand(out, case, samples)
        for name, members in enough.items():
            _judge_case(out, run, case, samples, name, members, peers, tests)
    out.undecided = odd.undecided
    for r, labels in odd.cards.items():
        out.verdict(r).odd_bits += labels
    for r in np.flatnonzero(out.ranks["verify_failures"] > 0).tolist():
        out.verdict(r).failures = int(out.ranks["verify_failures"][r])
    for verdict in out.verdicts.values():
        _explain(out.ranks, verdict, models)
    _cannot(out, models, peers, judged)
    return out


def _note(out: Judgement, case: Case, samples: CardSamples) -> None:
    """What `health` wants to know of every card, slow or not."""
    share = np.maximum(flagged(samples, "hw_throttle"), flagged(samples, "sw_thermal"))
    for row in np.flatnonzero(share > 0).tolist():
        r = int(samples.ranks[row])
        out.throttled[r] = max(out.throttled.get(r, 0.0), float(share[row]))
    for row in np.flatnonzero(~np.isfinite(samples.views.middle)).tolist():
        out.silent.setdefault(int(samples.ranks[row]), []).append(case.label)


def _stand(out: Judgement, case: Case, samples: CardSamples) -> None:
    """The case against the references of its cards' models; one that cannot be true is dropped."""
    for model in list(out.standings):
        try:
            standing.add_case(
                out.standings[model], case, samples.ranks, samples.views.rounds, out.ranks
            )
        except InputError as error:
            out.refused.append(str(error))
            del out.standings[model]


def judge_views(views: dict[str, np.ndarray], tests: int, floor: float) -> dict:
    """Population by population: what `judge_run`, and the validation, do with values of cards."""
    return {name: population.judge(values, tests, floor) for name, values in views.items()}


def _judge_case(out, run, case, samples: CardSamples, model, members, peers, tests) -> None:
    rows = np.flatnonzero(np.isin(samples.ranks, members) & np.isfinite(samples.views.middle))
    if not len(rows):
        return
    family, views = case.row["family"], {}
    for view in VIEWS:
        own = getattr(samples.views, view)[rows]
        views[view] = np.concatenate([own, peers.of(case, model, view)])
    if len(views["middle"]) < population.FEWEST:
        return
    for view, found in judge_views(views, tests, FLOORS[family]).items():
        slow = found.slow[: len(rows)] & (found.smallest <= population.BLIND)
        ref = found.reference
        test = Test(
            *(case.label, family, view, model, len(views[view]), ref.cards, ref.parted),
            *(ref.scale, found.critical, found.smallest, int(slow.sum())),
        )
        out.tests.append(test)
        if view == "middle":
            by_rank = np.full(len(out.ranks["rank"]), np.nan)
            by_rank[samples.ranks[rows]] = found.deficit[: len(rows)]
            out.deficits.setdefault(family, []).append(by_rank)
            middle = ref.centre
        for i in np.flatnonzero(slow).tolist():
            verdict = out.verdict(int(samples.ranks[rows[i]]))
            finding = _finding(test, found, i, samples, rows, middle)
            verdict.findings.append(finding)
            verdict.causes += of_samples(samples, int(rows[i]), rows)
            limit = math.exp(middle) / (1 - found.smallest)
            again = rechecked(run, case.row, verdict.rank, limit)
            verdict.rechecked = graver(verdict.rechecked, again)


def _finding(test, found, i: int, samples: CardSamples, rows, middle: float) -> Finding:
    views = samples.views
    with np.errstate(invalid="ignore"):
        usual = np.nanmedian(views.rounds[rows][~found.slow[: len(rows)]], axis=0)
        off = -np.expm1(usual - views.rounds[rows[i]])
        times = samples.times[rows[i]]
        late = times > math.exp(middle) / (1 - test.smallest)
    known = np.isfinite(off)
    return Finding(
        test,
        float(found.deficit[i]),
        float(found.distance[i]),
        int((off[known] > test.smallest / 2).sum()),
        int(known.sum()),
        float(late.sum() / max(1, np.isfinite(times).sum())),
    )


def _explain(ranks: dict, verdict: Verdict, models: dict) -> None:
    """Joins what /ranks and the samples recorded; each cause once, in the order of causes.py."""
    peers = next((m for m in models.values() if verdict.rank in m), np.arange(len(ranks["rank"])))
    seen: dict[str, Cause] = {}
    for cause in of_card(ranks, verdict.rank, peers) + verdict.causes:
        seen.setdefault(cause.word, cause)
    verdict.causes = list(seen.values())


def _cannot(out: Judgement, models: dict, peers: Peers, judged: list[Case]) -> None:
    more = "files of other runs with such cards (--alike), or a reference of the model (reference)"
    for name, members in models.items():
        alike = len(members) + peers.count.get(name, 0)
        own = [test for test in out.tests if test.model == name]
        if alike < population.FEWEST:
            cards = f"{alike} card{'s' * (alike != 1)} alike ({name:.80})"
            out.untold.append(
                Untold(name, f"{cards}, {population.FEWEST} are needed; {more} would tell")
            )
        elif not judged or not own:
            what = "none of mem, compute, copy, latency was measured"
            out.untold.append(
                Untold(name, f"{name:.80}: {what}; a run of the profile quick would tell")
            )
        elif blind := [test for test in own if test.smallest > population.BLIND]:
            what = f"{len(blind)} of {len(own)} tests would miss a deficit of 30 %"
            how = f"too few cards ({alike}), or they differ too much"
            out.untold.append(Untold(name, f"{name:.80}: {what}: {how}; {more} would tell"))
