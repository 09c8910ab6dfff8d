"""Numbers of several models pooled, and how a pooled number is told in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.intervals import Interval, t_quantile
from medtrust.metrics.random_effects import MIN_MODELS, RandomEffects, random_effects
from medtrust.metrics.ranking_intervals import auroc_covariance
from medtrust.report.study.effects import Effect
from medtrust.report.wording import p_value, points


@dataclass(frozen=True, slots=True)
class Pooled:
    """Several models' numbers as one.

    Attributes:
        effects: Mean, slope and scatter of the true values; None without any number.
        n_models: How many models have the number.
        least: Smallest of them, and ``largest`` the largest; None without any.
        bounds: Smallest and largest value there can be; None where there are no such.
    """

    effects: RandomEffects | None
    n_models: int
    least: float | None = None
    largest: float | None = None
    bounds: tuple[float, float] | None = None

    @property
    def mean(self) -> Interval:
        """The mean of the true values, with an interval within the bounds."""
        if self.effects is None:
            return Interval(
                None, None, None, 0.95, "random-effects-t", 0, 0, "no model has this number"
            )
        return within(self.effects.mean, self.bounds)

    def p_against(self, value: float) -> float | None:
        """Two-sided p of the mean against a value; None where there is no interval.

        On the scale on which the interval is made, so that both say the same.
        """
        found = self.mean
        if found.value is None or found.low is None or found.high is None:
            return None
        from scipy.special import stdtr

        degrees = float(found.n - 1) if found.n >= MIN_MODELS else 1e9
        middle, low, high, other = (
            scaled(end, self.bounds) for end in (found.value, found.low, found.high, value)
        )
        error = (high - low) / (2.0 * t_quantile(0.5 + found.level / 2.0, degrees))
        if error <= 0.0:
            return 1.0 if middle == other else 0.0
        return float(2.0 * stdtr(degrees, -abs(middle - other) / error))


def within(interval: Interval, bounds: tuple[float, float] | None) -> Interval:
    """A symmetric interval made on the logit scale of its bounds, which it then cannot leave.

    Args:
        interval: Value plus and minus so much.
        bounds: Smallest and largest value there can be; None leaves the interval as it is.

    Returns:
        Ends None where the value is a bound itself: there the scale ends, and no interval follows.

    Source: the delta method for the logit, as for a single AUROC (Pepe 2003, The Statistical
        Evaluation of Medical Tests, section 5.2).
    """
    value, low, high = interval.value, interval.low, interval.high
    if bounds is None or value is None or low is None or high is None:
        return interval
    least, largest = bounds
    room = (value - least) * (largest - value) / (largest - least)
    if room <= 1e-12:
        return replace(interval, low=None, high=None, note="no interval at the edge")
    half, middle = (high - low) / (2.0 * room), scaled(value, bounds)
    ends = (least + (largest - least) * _logistic(middle + step) for step in (-half, half))
    low, high = ends
    return replace(interval, low=low, high=high, method=f"logit-{interval.method}")


def scaled(value: float, bounds: tuple[float, float] | None) -> float:
    """A value on the logit scale of its bounds; itself without bounds."""
    if bounds is None:
        return value
    least, largest = bounds
    return math.log(max(value - least, 1e-300) / max(largest - value, 1e-300))


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x > -700.0 else 0.0


def pool(
    effects: Sequence[Effect], clusters: IntArray, covariate: Sequence[float | None] | None = None
) -> Pooled:
    """Pool one number per model, errors shared through the questions.

    Args:
        effects: One per model; those without a number are left out.
        clusters: Codes of the questions' clusters, shape (n,).
        covariate: One per model; models without one are left out.
    """
    beside = list(covariate) if covariate is not None else [0.0] * len(effects)
    rows = [
        (effect, other)
        for effect, other in zip(effects, beside, strict=True)
        if effect.value is not None and other is not None
    ]
    if not rows:
        return Pooled(None, 0)
    values = np.array([effect.value for effect, _ in rows], dtype=np.float64)
    covariance = auroc_covariance(np.array([effect.influence for effect, _ in rows]), clusters)
    over = np.array([other for _, other in rows], dtype=np.float64)
    usable = covariate is not None and float(np.ptp(over)) > 1e-9
    found = random_effects(values, covariance, covariate=over if usable else None)
    return Pooled(found, len(rows), float(values.min()), float(values.max()), rows[0][0].bounds)


def leaving_models_out(
    statistic: Callable[[FloatArray, FloatArray], float],
    x: FloatArray,
    y: FloatArray,
    models: IntArray,
    *,
    level: float = 0.95,
    bounded: bool = False,
) -> Interval:
    """A statistic of points of several models, with the jackknife over whole models.

    Points of one model share what is particular to it, so models are the units.

    Args:
        statistic: Of x and y; NaN where undefined.
        x: Shape (m,).
        y: Shape (m,).
        models: Code of each point's model, shape (m,).
        level: Nominal coverage, in (0, 1).
        bounded: Whether the statistic is a correlation; the interval is then made on Fisher's
            scale.

    Returns:
        Ends None with fewer than five models.

    Raises:
        ShapeError: If the shapes differ.

    Source: Tukey 1958, Annals of Mathematical Statistics 29, page 614; Fisher 1915 for the scale.
    """
    if not x.shape == y.shape == models.shape:
        raise ShapeError("x, y and models must have one shape.")
    names = np.unique(models)
    n, k = int(x.size), int(names.size)
    value = statistic(x, y) if n else math.nan
    if math.isnan(value):
        return Interval(None, None, None, level, "jackknife", n, k, "undefined on these points")
    if k < MIN_MODELS:
        note = f"the points are of {k} models, fewer than {MIN_MODELS}"
        return Interval(value, None, None, level, "jackknife", n, k, note)
    without = np.array([statistic(x[models != name], y[models != name]) for name in names])
    scaled, centre = (_fisher(without), float(_fisher(np.array(value)))) if bounded else (
        without, value,
    )  # fmt: skip
    if not np.isfinite(scaled).all() or not math.isfinite(centre):
        return Interval(value, None, None, level, "jackknife", n, k, "it is as large as can be")
    error = math.sqrt((k - 1) / k * float(np.sum(np.square(scaled - scaled.mean()))))
    half = t_quantile(0.5 + level / 2.0, k - 1) * error
    ends = (centre - half, centre + half)
    low, high = (math.tanh(end) for end in ends) if bounded else ends
    return Interval(value, low, high, level, "jackknife", n, k)


def _fisher(values: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore"):
        scaled: FloatArray = np.arctanh(np.clip(values, -1.0, 1.0))
    return scaled


def pearson(x: FloatArray, y: FloatArray) -> float:
    """Correlation; NaN with fewer than three points or without scatter."""
    if x.size < 3 or np.ptp(x) <= 1e-12 or np.ptp(y) <= 1e-12:
        return math.nan
    return float(np.corrcoef(x, y)[0, 1])


def spearman(x: FloatArray, y: FloatArray) -> float:
    """Correlation of ranks, ties ranked by their mean."""
    from scipy.stats import rankdata

    return pearson(rankdata(x), rankdata(y))


def slope(x: FloatArray, y: FloatArray) -> float:
    """Least-squares slope; NaN with fewer than three points or without scatter."""
    if x.size < 3 or np.ptp(x) <= 1e-12:
        return math.nan
    return float(np.polyfit(x, y, 1)[0])


def in_points(interval: Interval, *, signed: bool = False) -> str:
    """A fraction with its interval in percentage points."""
    return f"{points(interval.value, signed=signed)}{_between(interval, 100.0)}"


def in_units(interval: Interval) -> str:
    """A number with its interval, two decimals."""
    if interval.value is None:
        return "-"
    return f"{_two(interval.value)}{_between(interval, 1.0)}"


def _between(interval: Interval, factor: float) -> str:
    if interval.low is None or interval.high is None:
        return ""
    if factor == 1.0:
        return f" [{_two(interval.low)}, {_two(interval.high)}]"
    low, high = (f"{factor * end:.1f}" for end in (interval.low, interval.high))
    return f" [{'0.0' if low == '-0.0' else low}, {'0.0' if high == '-0.0' else high}]"


def _two(value: float) -> str:
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text


def chance(p: float | None) -> str:
    """A p-value in words; ``-`` where there is none."""
    return "-" if p is None else p_value(p)
