# SPDX-License-Identifier: Apache-2.0
"""What should a card of this model reach? Reference values: read, checked, held against a run."""

import datetime
import math
import os
import re
from dataclasses import dataclass, field

import numpy as np

from cardwise_report import schema
from cardwise_report.card_names import emulated
from cardwise_report.cases import Case, limits
from cardwise_report.policy import read_json
from cardwise_report.run_file import InputError
from cardwise_report.stats import median

SCHEMA, VERSION = "cardwise.reference", 1
UNITS = ("B/s", "FLOP/s", "s")
LOWEST, HIGHEST = 0.3, 1.05  # of the computed peak: what lies outside is a mistake, not a card
FOLDER = os.path.join("results", "reference")
VARIABLE = "CARDWISE_REFERENCE"
_LEAST_COPY = 16 << 20  # smaller ones are held up by their launch, not by the link
_MAX_VALUES, _MAX_CARDS, _MAX_TEXT = 100_000, 100_000, 20_000


@dataclass(frozen=True)
class Value:
    """What one case reached on a good run: a rate of one card, or a time."""

    case_key: str
    value: float
    unit: str
    peak: float | None  # computed for that card, in the same unit; None where nothing is
    source: str
    date: str
    cards: tuple[str, ...]


@dataclass
class Reference:
    """All values of one card model."""

    path: str
    model: str
    values: dict[str, Value] = field(default_factory=dict)

    @property
    def date(self) -> str:
        return max(value.date for value in self.values.values())


@dataclass
class Standing:
    """How a run does: per cent of the reference by case key (100: as good; more is better)."""

    path: str
    date: str
    per_cent: dict[str, float]

    @property
    def middle(self) -> float:
        return median(np.array(list(self.per_cent.values())))

    @property
    def words(self) -> str:
        """'93 % of the reference of 2026-11-20'."""
        return f"{self.middle:.0f} % of the reference of {self.date}"


def file_name(model: str) -> str:
    """'nvidia-h100-80gb-hbm3.json'."""
    slug = re.sub(r"[^a-z0-9]+", "-", model.lower()).strip("-")[:100]
    return f"{slug or 'unnamed'}.json"


def load(path: str) -> Reference:
    """Reads and checks a file of references; InputError says what is wrong and with which value."""
    data = read_json(path)
    if data.get("schema") != SCHEMA:
        raise InputError(f"is JSON, but no file of references (no schema {SCHEMA})")
    if data.get("version") != VERSION:
        raise InputError(f"has version {str(data.get('version')):.20}, not {VERSION}")
    out = Reference(path, _text(data, "model", "this file"))
    values = data.get("values")
    if not isinstance(values, list) or not 0 < len(values) <= _MAX_VALUES:
        raise InputError("values: is no list with something in it")
    units: dict[str, str] = {}
    for i, entry in enumerate(values):
        value = _value(entry, f"values[{i}]")
        if value.case_key in out.values:
            raise InputError(f"values[{i}]: names the case {value.case_key:.80} twice")
        name = value.case_key.partition("?")[0]
        if units.setdefault(name, value.unit) != value.unit:
            raise InputError(f"values[{i}]: mixes units: {name:.60} in {units[name]}, {value.unit}")
        out.values[value.case_key] = value
    return out


def _text(entry: dict, name: str, where: str) -> str:
    text = entry.get(name)
    if not isinstance(text, str) or not text or len(text) > _MAX_TEXT:
        raise InputError(f"{where}: {name}: is no text")
    return text


def _value(entry: object, where: str) -> Value:
    if not isinstance(entry, dict):
        raise InputError(f"{where}: is no object")
    key, unit = _text(entry, "case_key", where), _text(entry, "unit", where)
    where = f"{where} ({key:.60})"
    if unit not in UNITS:
        raise InputError(f"{where}: unit {unit:.20} is none of {' '.join(UNITS)}")
    number, peak = _positive(entry, "value", where), None
    if entry.get("peak") is not None:
        peak = _positive(entry, "peak", where)
        must_be_plausible(number, peak, where)
    date = _text(entry, "date", where)
    try:
        datetime.date.fromisoformat(date)
    except ValueError:
        raise InputError(f"{where}: date {date:.20} is no YYYY-MM-DD") from None
    cards = entry.get("cards")
    good = isinstance(cards, list) and 0 < len(cards) <= _MAX_CARDS
    if not good or not all(isinstance(c, str) and c for c in cards):
        raise InputError(f"{where}: cards: is no list of identities")
    if len(set(cards)) < len(cards):
        twice = next(c for c in cards if cards.count(c) > 1)
        raise InputError(f"{where}: names the card {twice:.60} twice")
    return Value(key, number, unit, peak, _text(entry, "source", where), date, tuple(cards))


def _positive(entry: dict, name: str, where: str) -> float:
    value = entry.get(name)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 < value < 1e30:  # NaN is not
        raise InputError(f"{where}: {name}: is no number above 0")
    return float(value)


def must_be_plausible(value: float, peak: float, where: str) -> None:
    """InputError where a value cannot be that of a sound card with this peak."""
    if not LOWEST <= value / peak <= HIGHEST:
        text = f"{value:.4g} lies outside {LOWEST:g} to {HIGHEST:g} of the computed peak {peak:.4g}"
        raise InputError(f"{where}: {text}")


def reached(case: Case, card_median: float) -> float:
    """What the median card reached: a rate, or the time itself."""
    return case.work / card_median if case.kind in ("B/s", "FLOP/s") else card_median


def peak_of(case: Case, ranks: dict) -> float:
    """The computed peak that a case should come near to; NaN where there is none."""
    bound_by_link = case.row["family"] != "copy" or (
        case.key.get("mem", "pinned") == "pinned" and case.row["n_bytes"] >= _LEAST_COPY
    )
    if not bound_by_link or not len(case.ranks):
        return math.nan
    with np.errstate(all="ignore"):
        peak = median(np.asarray(limits(case, ranks)[0], dtype=float))
    return peak if peak > 0 else math.nan


def find(model: str) -> Reference | None:
    """The references of a model: in $CARDWISE_REFERENCE, else results/reference beneath here."""
    path = os.path.join(os.environ.get(VARIABLE) or FOLDER, file_name(model))
    if not os.path.isfile(path):
        return None
    try:
        out = load(path)
        if out.model != model:
            raise InputError(f"is of the model {out.model:.80}, not {model:.80}")
    except InputError as error:
        raise InputError(f"{path}: reference refused: {error}") from None
    return out


def share_of(reference: Reference, case: Case, ranks: dict, seconds) -> float | np.ndarray | None:
    """What `seconds` a launch are of the reference (1: as good; more is better); None: it has none.

    InputError where its value cannot be true of this run's cards.
    """
    value = reference.values.get(case.row["case_key"])
    if value is None:
        return None
    where = f"{reference.path}: reference refused: {value.case_key:.60}"
    if value.unit != case.kind:
        raise InputError(f"{where}: mixes units: {value.unit}, measured in {case.kind:.10}")
    peak = peak_of(case, ranks)
    if math.isfinite(peak):
        must_be_plausible(value.value, peak, where)
    with np.errstate(all="ignore"):
        share = reached(case, seconds) / value.value
        return 1 / share if case.kind == "s" else share


def standing(reference: Reference, cases: list[Case], ranks: dict) -> Standing | None:
    """A run against the references of its model; None where they have no case in common.

    `cases` as show reads them. InputError where a value cannot be true of this run's cards.
    """
    per_cent = {}
    for case in cases:
        now = case.numbers.get("card_median", math.nan)
        if case.status not in ("ok", "partial") or not now > 0:
            continue
        share = share_of(reference, case, ranks, now)
        if share is not None and math.isfinite(share):
            per_cent[case.row["case_key"]] = 100 * share
    return Standing(reference.path, reference.date, per_cent) if per_cent else None


def standing_of(cases: list[Case], ranks: dict) -> Standing | None:
    """The standing of a run whose cards are all of one model that has references."""
    models = set(ranks["device_name"]) - {""}
    sliced = ranks["mig_mode"] == 1
    if len(models) != 1 or emulated(ranks).any() or sliced.any():
        return None
    reference = find(str(models.pop()))
    return standing(reference, cases, ranks) if reference else None


assert set(UNITS) <= set(schema.UNITS)
