# SPDX-License-Identifier: Apache-2.0
"""Which cases changed between runs? Matches them, asks judge.py, says why it cannot tell."""

import math
from dataclasses import dataclass, field

import numpy as np

from cardwise_report import disturbed, judge
from cardwise_report.matching import COMPARED, Match, NotComparable, Variants, matches, stated
from cardwise_report.policy import Policy
from cardwise_report.summary import METRICS, Entry, Measured, Summary

LEARN_FROM = 5  # runs that tell a site's own spread
_SHOW_CARDS = 8  # paired cards from which on the number beyond the threshold is told


@dataclass
class Row:
    """One metric of one case; of a case that was not judged, without numbers."""

    case_key: str
    label: str
    family: str
    metric: str = ""
    verdict: str = judge.UNRESOLVED
    reason: str = ""
    note: str = ""
    ref: float = math.nan  # s a launch
    new: float = math.nan
    change: float = math.nan  # share of time
    low: float = math.nan  # 95 % prediction of the change; baseline only
    high: float = math.nan
    rounds_low: float = math.nan  # change between the intervals of the rounds; two runs only
    rounds_high: float = math.nan
    threshold: float = math.nan  # share; two runs only
    delta: float = math.nan  # least change that matters, share
    sigma: float = math.nan
    sigma_from: str = ""
    again: float = math.nan  # change in the re-run
    kind: str = "s"
    work: float = math.nan
    cards: dict = field(default_factory=dict)


@dataclass
class Comparison:
    """All rows, and the numbers that judged them, for a re-run."""

    refs: list[Summary]
    news: list[Summary]
    rows: list[Row] = field(default_factory=list)
    judged: list[Row] = field(default_factory=list)  # those of rows that have numbers, in order
    pair: judge.Pair | None = None
    base: judge.Baseline | None = None
    reference: np.ndarray = field(default_factory=lambda: np.empty(0))  # ln of what d is against
    mean: np.ndarray = field(default_factory=lambda: np.empty(0))

    def of_case(self) -> dict[str, str]:
        """The gravest verdict of each case, by its key."""
        out: dict[str, str] = {}
        for row in sorted(self.rows, key=lambda r: -judge.GRAVITY.index(r.verdict)):
            out[row.case_key] = row.verdict
        return out

    def counts(self) -> dict[str, int]:
        """How many cases have each verdict."""
        found = list(self.of_case().values())
        return {verdict: found.count(verdict) for verdict in judge.GRAVITY}


def compare(
    refs: list[Summary],
    news: list[Summary],
    policy: Policy,
    siblings: list[Summary] = (),
    metric: str | None = None,
    accept_changed: bool = False,
) -> Comparison:
    """Verdicts of runs against runs; `siblings`: older runs that tell how runs differ."""
    out = Comparison(refs, news)
    found, variants = [], Variants(refs, news)
    for match in matches(refs, news):
        row = Row(match.any.row["case_key"], match.any.label, match.any.row["family"])
        row.kind, row.work = match.any.kind, match.any.work
        verdict, reason = stated(match, accept_changed)
        if verdict:
            if verdict in (judge.ADDED, judge.REMOVED):
                reason += variants.of(match)
            row.verdict, row.reason = verdict, reason
            out.rows.append(row)
        else:
            row.note = reason
            found += _metrics(match, row, metric, out.rows)
    if not found and all(row.verdict in (judge.ADDED, judge.REMOVED) for row in out.rows):
        raise NotComparable(f"no case is in both runs{variants.told}")
    out.judged = [row for row, _ in found]
    if found:
        limits = [policy.of(row.family, match.any.row["nodes"]) for row, match in found]
        delta, assumed = (np.array(column) for column in zip(*limits))
        if len(refs) >= judge.BASELINE_RUNS:
            _against_baseline(out, found, delta)
        else:
            _two_runs(out, found, delta, assumed, siblings)
        _others_at_work(found)
    out.rows += out.judged
    return out


def _metrics(match: Match, row: Row, wanted: str | None, rows: list[Row]) -> list:
    """Rows to be judged; what cannot be goes to `rows` with its reason."""
    old, new = Match.usable(match.old), Match.usable(match.new)
    ranks = {entry.row["ranks"] for entry in (*old, *new)}
    if wanted:
        names = [wanted]
    elif row.family in ("collective", "distributed"):
        names = ["time_sync"]
    elif row.family in ("mem", "compute") and ranks != {1}:
        names = list(METRICS)  # of one card both are the same
    else:
        names = ["card_median"]
    if len(ranks) > 1 and "time_sync" in names:
        names.remove("time_sync")
        if not names:
            row.reason = "time until the slowest card is done: the numbers of ranks differ"
            row.metric = "time_sync"
            rows.append(row)
    out = []
    for name in names:
        one = Row(**{**vars(row), "metric": name, "cards": {}})
        out.append((one, match))
    return out


def _logs(side: list[list[Entry | None]], metric: list[str]) -> np.ndarray:
    """values[run, row]: log of time; NaN where a run lacks it."""
    out = np.full((len(side[0]), len(side)), np.nan)
    for j, (entries, name) in enumerate(zip(side, metric)):
        for i, entry in enumerate(entries):
            if entry is not None and entry.status in COMPARED:
                out[i, j] = math.log(entry.by_metric.get(name, Measured()).value)
    return out


def _values(out: Comparison, found: list) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    metric = [row.metric for row, _ in found]
    old = _logs([match.old for _, match in found], metric)
    new = _logs([match.new for _, match in found], metric)
    groups = np.array([f"{row.family} {row.metric}" for row, _ in found])
    return old, new, groups


def _set(out: Comparison, verdicts: np.ndarray, d: np.ndarray, sigma: np.ndarray) -> None:
    for row, verdict, reference, value, s in zip(out.judged, verdicts, out.reference, d, sigma):
        row.verdict, row.change, row.sigma = verdict, math.expm1(value), float(s)
        row.ref, row.new = math.exp(reference), math.exp(reference + value)


def _others_at_work(found: list) -> None:
    """The side that took longer must have been let alone; else nobody can tell."""
    for row, match in found:
        if row.verdict not in (judge.SLOWER, judge.SUSPECT, judge.FASTER):
            continue
        longer = match.old if row.verdict == judge.FASTER else match.new
        for entry in Match.usable(longer):
            if reason := disturbed.why(entry.preempted):
                row.verdict, row.reason = judge.UNRESOLVED, reason


def _against_baseline(out: Comparison, found: list, delta: np.ndarray) -> None:
    old, new, groups = _values(out, found)
    base = out.base = judge.baseline_of(old, new, groups, delta)
    out.reference = judge.column(np.median, old)
    out.mean = judge.column(np.mean, old)
    _set(out, judge.judge_baseline(base), base.d, base.sigma)
    for j, (row, match) in enumerate(found):
        row.sigma_from, row.delta = f"{base.runs[j]} runs", float(delta[j])
        centre = base.mean[j] if math.isfinite(base.half_width[j]) else math.nan
        row.low = math.expm1(centre - base.half_width[j])
        row.high = math.expm1(centre + base.half_width[j])
        if row.verdict == judge.UNRESOLVED:
            row.reason = _why_not_baseline(base, j)
        _of_cards(row, match, max(delta[j], math.expm1(base.half_width[j])))


def _why_not_baseline(base: judge.Baseline, j: int) -> str:
    if not math.isfinite(base.d[j]):
        return "no valid time"
    if base.runs[j] < judge.BASELINE_RUNS:
        return f"only {base.runs[j]} of the reference runs have it"
    if base.half_width[j] >= base.delta[j]:
        return f"runs differ too much to see {100 * base.delta[j]:.3g} %"
    return "change not significant among all cases"


def _two_runs(out: Comparison, found: list, delta, assumed, siblings: list[Summary]) -> None:
    old, new, groups = _values(out, found)
    d = judge.column(np.mean, new) - judge.column(np.mean, old)
    out.reference = judge.column(np.mean, old)
    sigma, df, source = _spread(out, found, assumed, siblings, groups)
    learned = np.isfinite(df)
    factor = math.sqrt(1 / len(old) + 1 / len(new))
    seen, seen_df = judge.scatter(d, groups)
    wider = (source == "assumed") & (seen / factor > sigma)
    sigma, df = np.where(wider, seen / factor, sigma), np.where(wider, seen_df, df)
    source = np.where(wider, "its cases' scatter", source)
    apart, half, spans = _intervals(found)
    pair = judge.Pair(d, apart, half, delta, sigma, df, learned, len(old), len(new))
    out.pair = pair
    _set(out, judge.judge_pair(pair), d, sigma)
    for j, (row, match) in enumerate(found):
        row.sigma_from, row.delta = str(source[j]), float(delta[j])
        row.rounds_low, row.rounds_high = spans[j].tolist()
        if math.isfinite(sigma[j]):
            row.threshold = float(pair.tau[j])
        if row.verdict == judge.UNRESOLVED:
            row.reason = _why_not_pair(pair, j)
        _of_cards(row, match, pair.tau[j])


def _spread(out: Comparison, found: list, assumed, siblings, groups):
    """Run-to-run sigma, its degrees of freedom, and whence it is."""
    sigma = np.array(assumed, dtype=float)
    df = np.full(len(sigma), np.inf)
    source = np.full(len(sigma), "assumed", dtype=object)
    if out.news[-1].kinds & {"cpu", "emulated"}:
        sigma[:], source[:] = np.nan, ""  # on a shared machine it was 4 to 12 %
    if len(siblings) >= LEARN_FROM:
        entries = [[run.entries.get(row.case_key) for run in siblings] for row, _ in found]
        values = _logs(entries, [row.metric for row, _ in found])
        learned, own_df = judge.moderated_sigma(values, groups)
        count = np.isfinite(values).sum(axis=0)
        use = count >= LEARN_FROM
        sigma, df = np.where(use, learned, sigma), np.where(use, own_df, df)
        source[use] = [f"{n} runs" for n in count[use]]
    return sigma, df, source


def _intervals(found: list) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether the intervals of both sides are known and apart, the wider half width, and the
    changes [row, 2] from one interval to the other: they leave 0 out where the two are apart."""
    apart, half = np.zeros(len(found), bool), np.full(len(found), np.nan)
    spans = np.full((len(found), 2), np.nan)
    for j, (row, match) in enumerate(found):
        sides = []
        for side in (match.old, match.new):
            known = [e.by_metric.get(row.metric, Measured()) for e in Match.usable(side)]
            sides.append((min(m.low for m in known), max(m.high for m in known)))
            halves = [(m.high - m.low) / 2 / m.value for m in known]
            half[j] = np.fmax(half[j], max(halves)) if all(map(math.isfinite, halves)) else np.inf
        (a, b), (c, e) = sides
        if all(map(math.isfinite, (a, b, c, e))):
            apart[j] = e < a or c > b
            if a > 0 and b > 0:
                spans[j] = c / b - 1, e / a - 1
    return apart, np.where(np.isfinite(half), half, np.nan), spans


def _why_not_pair(pair: judge.Pair, j: int) -> str:
    if not math.isfinite(pair.d[j]):
        return "no valid time"
    if not math.isfinite(pair.half_width[j]):
        return "fewer than 6 rounds: no interval"
    if abs(pair.d[j]) <= math.log1p(pair.delta[j]):
        return f"interval of ±{100 * pair.half_width[j]:.2g} % is too wide"
    if not math.isfinite(pair.sigma[j]):
        return f"spread of a CPU's runs unknown: {LEARN_FROM} earlier runs are needed"
    if abs(pair.d[j]) <= math.log1p(pair.tau[j]):
        return f"runs may differ by {100 * pair.tau[j]:.2g} % without a cause"
    return "the intervals of the rounds overlap"


def _of_cards(row: Row, match: Match, threshold: float) -> None:
    """What single cards say: how many of the paired ones changed, and the slowest among its peers."""
    old, new = Match.usable(match.old)[-1], Match.usable(match.new)[-1]
    common = sorted(old.by_card.keys() & new.by_card.keys())
    if len(common) >= _SHOW_CARDS:
        change = [new.by_card[name] / old.by_card[name] - 1 for name in common]
        row.cards["paired"] = len(common)
        row.cards["beyond"] = sum(c > threshold for c in change)
        worst = int(np.argmax(change))
        row.cards["worst"], row.cards["worst_change"] = common[worst], change[worst]
    if len(new.by_card) >= 6 and row.metric == "time_sync":
        names = list(new.by_card)
        x = np.log([new.by_card[name] for name in names])
        middle = np.median(x)
        z = (x - middle) / max(1.4826 * np.median(np.abs(x - middle)), 0.001)
        if z.max() > 8:  # beyond what one of six cards reaches by chance
            row.cards["slow"], row.cards["z"] = names[int(z.argmax())], float(z.max())


def rerun(out: Comparison, again: Summary, tested_cases: set[str]) -> None:
    """What a re-run of the flagged cases says: CONFIRMED, or SUSPECT where it does not agree."""
    values = _logs(
        [[again.entries.get(row.case_key)] for row in out.judged],
        [row.metric for row in out.judged],
    )[0]
    d = values - out.reference
    if out.base is not None:
        agreed = judge.confirm_baseline(out.base, d, values - out.mean)
    else:
        agreed = judge.confirm_pair(out.pair, d, len(out.judged))
    for j, row in enumerate(out.judged):
        if row.case_key not in tested_cases or row.verdict not in (judge.SLOWER, judge.SUSPECT):
            continue
        row.again = math.expm1(d[j])
        entry = again.entries.get(row.case_key)
        busy = disturbed.why(entry.preempted) if entry is not None else ""
        row.verdict = judge.CONFIRMED if agreed[j] and not busy else judge.SUSPECT
        if busy:
            row.reason = f"re-run: {100 * row.again:+.1f} %, but {busy}"
        elif not agreed[j]:
            seen = math.isfinite(d[j])
            row.reason = f"re-run: {100 * row.again:+.1f} %" if seen else "re-run: no valid time"
