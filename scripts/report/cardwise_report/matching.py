# SPDX-License-Identifier: Apache-2.0
"""Which case of one run is which of another, and which need no numbers to be judged?"""

from dataclasses import dataclass

from cardwise_report import judge, schema
from cardwise_report.summary import Entry, Summary
from cardwise_report.variants import variant_of

COMPARED = ("ok", "partial")


class NotComparable(Exception):
    """Why these runs have nothing to do with each other: exit code 3."""


def must_be_comparable(refs: list[Summary], new: Summary, cross_system: bool) -> None:
    """NotComparable where kinds or models of cards differ."""
    for ref in refs:
        if ref.kinds != new.kinds:
            kinds = (" and ".join(sorted(side.kinds)) or "none" for side in (ref, new))
            raise NotComparable("the kinds of cards differ: {} before, {} now".format(*kinds))
        if ref.models != new.models and not cross_system:
            names = (", ".join(side.models) or "none" for side in (ref, new))
            text = "the card models differ: {:.200} before, {:.200} now".format(*names)
            raise NotComparable(f"{text} (--cross-system compares all the same)")


@dataclass
class Match:
    """One case on both sides."""

    old: list[Entry | None]
    new: list[Entry | None]

    @property
    def any(self) -> Entry:
        return next(entry for entry in (*self.new, *self.old[::-1]) if entry is not None)

    @staticmethod
    def usable(side: list[Entry | None]) -> list[Entry]:
        return [entry for entry in side if entry is not None and entry.status in COMPARED]


def without_version(case_key: str) -> str:
    """The key but for wv, the version of the workload."""
    name, mark, query = case_key.partition("?")
    return name + mark + "&".join(p for p in query.split("&") if not p.startswith("wv="))


def matches(refs: list[Summary], news: list[Summary]) -> list[Match]:
    """Cases by key, whatever the version of their work."""
    by_name: dict[str, Match] = {}
    for side, runs in (("old", refs), ("new", news)):
        for i, run in enumerate(runs):
            for key, entry in run.entries.items():
                name = without_version(key)
                if name not in by_name:
                    by_name[name] = Match([None] * len(refs), [None] * len(news))
                getattr(by_name[name], side)[i] = entry
    return list(by_name.values())


class Variants:
    """Which variants each kernel has on either side: they are other kernels, and never compared."""

    NOT_COMPARED = "variants are not compared"

    def __init__(self, refs: list[Summary], news: list[Summary]) -> None:
        self._old, self._new = _by_kernel(refs), _by_kernel(news)

    def of(self, match: Match) -> str:
        """'; there it is portable, …' for a case that one side has in other variants alone."""
        there = self._old if any(match.new) else self._new
        name, variant = _kernel(match.any)
        if not (others := there.get(name, set()) - {variant}):
            return ""
        return f"; there it is {_some(others)}: {self.NOT_COMPARED}"

    @property
    def told(self) -> str:
        """'; portable before, rust now: …' where the two sides have no variant in common."""
        old, new = (set().union(*side.values()) for side in (self._old, self._new))
        if not old or not new or old & new:
            return ""
        return f": {_some(old)} before, {_some(new)} now, and {self.NOT_COMPARED}"


def _by_kernel(runs: list[Summary]) -> dict[str, set[str]]:
    out: dict[str, set[str]] = {}
    for run in runs:
        for entry in run.entries.values():
            name, variant = _kernel(entry)
            out.setdefault(name, set()).add(variant)
    return out


def _kernel(entry: Entry) -> tuple[str, str]:
    """The key without variant and version, and the variant."""
    rest = sorted((k, v) for k, v in entry.key.items() if k not in ("variant", "wv"))
    name = entry.row["case_key"].partition("?")[0]
    return f"{name}?" + "&".join(f"{k}={v}" for k, v in rest), variant_of(entry)


def _some(names: set[str]) -> str:
    told = sorted(f"{name:.40}" for name in names)
    return ", ".join(told[:3]) + (", …" if len(told) > 3 else "")


def stated(match: Match, accept_changed: bool) -> tuple[str, str]:
    """Verdict and reason of a case that needs no numbers or has none.

    No verdict: its numbers are to be judged; then the reason tells what changed in its work.
    """
    old, new = ([e for e in side if e is not None] for side in (match.old, match.new))
    if not new:
        return judge.REMOVED, "not in the new run"
    if not old:
        return judge.ADDED, "not in the reference"
    usable_old, usable_new = Match.usable(match.old), Match.usable(match.new)
    bad = [entry for entry in new if entry.status in schema.WITHHELD]
    if bad:
        text = bad[-1].row["status_text"]
        text = f"{bad[-1].status}: {text:.300}" if text else bad[-1].status
        return (judge.BROKEN, text) if usable_old else (judge.UNRESOLVED, f"before and now {text}")
    for side, usable, when in ((old, usable_old, "before"), (new, usable_new, "now")):
        if not usable:
            text = side[-1].row["status_text"]
            text = f": {text:.300}" if text else ""
            return judge.UNRESOLVED, f"{side[-1].status} {when}{text}"
    changed = _changed_work(usable_old[-1], usable_new[-1])
    if changed and not accept_changed:
        return judge.CHANGED_WORK, changed
    return "", changed


def _changed_work(old: Entry, new: Entry) -> str:
    if old.key.get("wv") != new.key.get("wv"):
        return (
            f"version of the workload {old.key.get('wv', '?'):.20} → {new.key.get('wv', '?'):.20}"
        )
    a, b = old.row["kernel_sha256"], new.row["kernel_sha256"]
    return f"kernel {a:.8} → {b:.8}" if a != b else ""
