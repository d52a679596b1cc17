# SPDX-License-Identifier: Apache-2.0
"""Which numbers does a series of samples give? Medians by round, intervals by order statistics."""

import math
import warnings

import numpy as np


def interval_rank(n: int) -> int | None:
    """k of the 95 % interval [x_k, x_(n+1-k)] of a median of n independent values; None below 6."""
    if n < 6:
        return None
    tail, k = 0, 0
    while 2 * (tail + math.comb(n, k)) * 20 <= 2**n:  # 2 P(Bin(n, 1/2) <= k) <= 0.05
        tail += math.comb(n, k)
        k += 1
    return k or None


def interval(values: np.ndarray) -> tuple[float, float]:
    """95 % interval of the median from independent values; NaN where there are too few."""
    finite = np.sort(values[np.isfinite(values)])
    k = interval_rank(len(finite))
    return (math.nan, math.nan) if k is None else (float(finite[k - 1]), float(finite[-k]))


def median(values: np.ndarray) -> float:
    """Median of the finite values; NaN if there are none."""
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else math.nan


def row_medians(values: np.ndarray) -> np.ndarray:
    """Median of each row without its NaNs; NaN for rows that have nothing else."""
    if values.shape[-1] == 0:
        return np.full(values.shape[:-1], np.nan)
    if not np.isnan(values).any():
        return np.median(values, axis=-1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # all-NaN rows
        return np.nanmedian(values, axis=-1)


def round_medians(times: np.ndarray, sample_round: np.ndarray, rounds: int) -> np.ndarray:
    """m[..., k]: median of the samples of round k; NaN where a round has none."""
    out = np.full(times.shape[:-1] + (rounds,), np.nan)
    for k in range(rounds):
        chosen = sample_round == k
        if chosen.any():
            out[..., k] = row_medians(times[..., chosen])
    return out


def autocorrelation(times: np.ndarray, sample_round: np.ndarray) -> float:
    """Lag-1 autocorrelation within blocks, median over rows; NaN if constant or too short."""
    product = np.zeros(times.shape[0])
    square = np.zeros(times.shape[0])
    starts = np.flatnonzero(
        np.diff(sample_round.astype(int), prepend=-1)
    )  # samples lie round after round
    sizes = np.diff(starts, append=len(sample_round))
    for size in np.unique(sizes[sizes >= 3]):  # blocks of one length at once
        blocks = times[:, starts[sizes == size][:, None] + np.arange(size)]
        known = ~np.isnan(blocks)
        filled = np.where(known, blocks, 0.0)
        mean = filled.sum(axis=2, keepdims=True) / np.maximum(known.sum(axis=2, keepdims=True), 1)
        off = np.where(known, filled - mean, 0.0)
        product += (off[:, :, 1:] * off[:, :, :-1]).sum(axis=(1, 2))
        square += (off * off).sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return median(product / square)


def describe(times: np.ndarray, rho: float) -> dict[str, float]:
    """n, extremes, mean, spread, quantiles (type 7), effective n, distinct values."""
    values = times[np.isfinite(times)]
    n = len(values)
    if n == 0:
        return {"n": 0}
    middle = float(np.median(values))
    mean = float(values.mean())
    sd = float(values.std(ddof=1)) if n > 1 else math.nan
    out = {
        "n": n,
        "min": float(values.min()),
        "max": float(values.max()),
        "mean": mean,
        "sd": sd,
        "cv": sd / mean,
        "robust_cv": 1.4826 * float(np.median(np.abs(values - middle))) / middle,
        "rho1": rho,
        "n_eff": n * (1 - rho) / (1 + rho) if -1 < rho else math.nan,
        "distinct": int(len(np.unique(values))),
    }
    percents = (1, 5, 25, 50, 75, 95, 99)
    for q, value in zip(percents, np.quantile(values, [q / 100 for q in percents])):
        out[f"q{q:02d}"] = float(value) if n >= 100 or q not in (1, 99) else math.nan
    return out
