"""All measures of calibration at once, each with an interval or with what chance alone shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medtrust.metrics.arrays import (
    FloatArray,
    IntArray,
    as_codes,
    require_level,
    require_same_length,
)
from medtrust.metrics.brier_skill import brier_skill
from medtrust.metrics.calibration import LOG_LOSS_CLIP, brier_parts, log_losses
from medtrust.metrics.calibration_null import calibrated_gaps
from medtrust.metrics.clusters import dense_codes
from medtrust.metrics.confidence_bins import BinSums, confidence_and_outcome, rule_name
from medtrust.metrics.debiased_calibration import root_mean_square_interval
from medtrust.metrics.intervals import NO_SAMPLES, Interval, mean

BIASED_UPWARD = "biased upward: no interval"


def calibration_intervals(
    confidence: npt.ArrayLike,
    correct: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    clusters: IntArray | None = None,
    level: float = 0.95,
    draws: int = 2_000,
    n_bins: int = 10,
) -> dict[str, Interval]:
    """Calibration errors, Brier score, log loss and overconfidence.

    Keys (here for ten bins):
        ``ece_10_equal_width_right``, ``ece_10_equal_mass``, ``mce_10_equal_width_right``: plain
        errors, biased upward, so without ends; beside each, ``<key>_noise_floor`` is its mean for
        a perfectly calibrated model on these samples and ``<key>_p_value`` the chance of an error
        this large under such a model, in (0, 1].
        ``ece_debiased_10_equal_width_right``, ``ece_debiased_10_equal_mass``: root mean square
        errors without the part that is scatter, with intervals.
        ``brier``, ``negative_log_likelihood`` (nats), ``overconfidence`` (mean confidence minus
        accuracy): means, with cluster-robust intervals.
        ``brier_skill``: 1 - Brier score / that of a constant confidence equal to the accuracy.
        ``brier_reliability_10_equal_width_right``, ``brier_resolution_10_equal_width_right``:
        parts of the Brier score, biased upward, so without ends.

    Args:
        confidence: Confidence in the given answer, each in [0, 1], shape (n,).
        correct: Whether that answer was right, shape (n,).
        rng: Source of the draws.
        clusters: Cluster codes, shape (n,); None when all samples are independent.
        level: Nominal coverage, in (0, 1).
        draws: Number of draws of the null model and of the bootstrap.
        n_bins: Number of bins.

    Returns:
        All keys, always; values None when n = 0.

    Raises:
        ShapeError: If lengths differ, or a confidence is missing or lies outside [0, 1].

    Source: see `medtrust.metrics.calibration_null`, `medtrust.metrics.debiased_calibration` and
        `medtrust.metrics.intervals.mean`.
    """
    require_level(level)
    sure, right = confidence_and_outcome(confidence, correct)
    codes = None if clusters is None else as_codes(clusters, "clusters")
    n = require_same_length(confidence=sure, clusters=codes)
    width, mass = rule_name(n_bins, "width", "right"), rule_name(n_bins, "mass", "right")
    if n == 0:
        nothing = Interval(None, None, None, level, "none", 0, 0, NO_SAMPLES)
        return dict.fromkeys(_keys(width, mass), nothing)
    names = np.arange(n) if codes is None else dense_codes(codes)[0]
    found: dict[str, Interval] = {}
    binned = {
        width: BinSums.build(sure, right, n_bins=n_bins, bins="width", edge="right"),
        mass: BinSums.build(sure, right, n_bins=n_bins, bins="mass", edge="right"),
    }
    fair = _FairErrors.draw(sure, right, binned, codes=codes, rng=rng, draws=draws)
    k = int(names.max()) + 1
    for rule, sums in binned.items():
        errors = {"ece": float(sums.shares @ np.abs(sums.gaps))}
        if rule == width:
            errors["mce"] = float(np.abs(sums.gaps).max())
        for short, value in errors.items():
            found |= fair.beside(f"{short}_{rule}", value, fair.errors[short, rule], level, n, k)
        found[f"ece_debiased_{rule}"] = root_mean_square_interval(
            sure - right, sums, names, level=level
        )
    found |= _means(sure, right, codes, level)
    found["brier_skill"] = brier_skill(
        sure, right, clusters=names, rng=rng, level=level, draws=draws
    )
    parts = brier_parts(sure, right, n_bins=n_bins)
    if parts is not None:
        for short, value in (
            ("reliability", parts.reliability),
            ("resolution", parts.resolution),
        ):
            key = f"brier_{short}_{width}"
            found[key] = Interval(value, None, None, level, "plug-in", n, k, BIASED_UPWARD)
    return {key: found[key] for key in _keys(width, mass)}


def _keys(width: str, mass: str) -> list[str]:
    """All keys in the order of reports."""
    plain = [f"ece_{width}", f"ece_{mass}", f"mce_{width}"]
    beside = [key + end for key in plain for end in ("", "_noise_floor", "_p_value")]
    scores = ["brier", "brier_skill", f"brier_reliability_{width}", f"brier_resolution_{width}"]
    debiased = [f"ece_debiased_{width}", f"ece_debiased_{mass}"]
    return [*beside, *debiased, *scores, "negative_log_likelihood", "overconfidence"]


def _means(
    sure: FloatArray, right: FloatArray, clusters: IntArray | None, level: float
) -> dict[str, Interval]:
    losses = log_losses(sure, right)
    # The same logarithm may differ in its last bit between a vector and a number.
    most = max(float(losses.max()), float(-np.log(LOG_LOSS_CLIP)))
    values = {
        "brier": (np.square(sure - right), (0.0, 1.0)),
        "negative_log_likelihood": (losses, (0.0, most)),
        "overconfidence": (sure - right, (-1.0, 1.0)),
    }
    return {
        key: mean(each, clusters=clusters, bounds=bounds, level=level)
        for key, (each, bounds) in values.items()
    }


@dataclass(frozen=True, slots=True)
class _FairErrors:
    """Errors of a perfectly calibrated model, by kind of error and rule of bins.

    Attributes:
        errors: Each of shape (draws,).
        null_model: How they were drawn.
    """

    errors: dict[tuple[str, str], FloatArray]
    null_model: str

    @classmethod
    def draw(
        cls,
        sure: FloatArray,
        right: FloatArray,
        binned: dict[str, BinSums],
        *,
        codes: IntArray | None,
        rng: np.random.Generator,
        draws: int,
    ) -> _FairErrors:
        """One set of draws for all rules: bins are first cut as finely as any rule cuts them."""
        together = np.stack([sums.codes for sums in binned.values()], axis=1)
        fine, cell = np.unique(together, axis=0, return_inverse=True)
        cell = cell.ravel().astype(np.int64)
        sizes = np.bincount(cell)
        gaps, null_model = calibrated_gaps(sure, right, cell, rng=rng, clusters=codes, draws=draws)
        errors = {}
        for place, (rule, sums) in enumerate(binned.items()):
            members = np.zeros((fine.shape[0], sums.n.size))
            members[np.arange(fine.shape[0]), fine[:, place]] = sizes
            each = np.abs(gaps @ members / sums.n)
            errors["ece", rule] = each @ sums.shares
            errors["mce", rule] = each.max(axis=1)
        return cls(errors, null_model)

    def beside(
        self, key: str, value: float, fair: FloatArray, level: float, n: int, k: int
    ) -> dict[str, Interval]:
        """An error, what a calibrated model would show, and the chance of an error this large."""
        p_value = (1 + int(np.sum(fair >= value - 1e-12))) / (1 + fair.size)
        floor = float(fair.mean())
        said = f"{BIASED_UPWARD}; a calibrated model would show {floor:.3g} (p = {p_value:.2g})"

        def one(number: float, method: str, note: str) -> Interval:
            return Interval(number, None, None, level, method, n, k, note)

        return {
            key: one(value, "plug-in", said),
            f"{key}_noise_floor": one(floor, self.null_model, "mean of a calibrated model"),
            f"{key}_p_value": one(p_value, self.null_model, "under a calibrated model"),
        }
