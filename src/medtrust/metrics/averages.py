"""One number over several data sets, as leaderboards print it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from medtrust.core.errors import ShapeError
from medtrust.metrics.intervals import NO_SAMPLES, Interval

METHOD = "mean-of-intervals"


def unweighted_mean(parts: Sequence[Interval]) -> Interval:
    """Mean of independent estimates, each counted once however many samples are behind it.

    Each part's distance from its value to its end tells how unsure it is on that side; the
    distances add up as standard errors do, so a part with a lopsided interval makes the mean's
    lopsided too. It answers how the model does on these very data sets, not on others like them.

    Args:
        parts: Estimates from samples that share no cluster, all at one level.

    Returns:
        Value None without parts, or when any part has none: leaving a data set out would be
        another average. Ends None when any part has none. ``n`` and ``n_clusters`` are sums.

    Raises:
        ShapeError: If the parts differ in their level.

    Source: Zou and Donner 2008, Statistics in Medicine 27, pages 1693-1702 (variance estimates
        recovered from the ends); a sum of weighted estimates as in Zou, Huang and Zhang 2009,
        Computational Statistics and Data Analysis 53(4), pages 1080-1085.
    """
    if not parts:
        return Interval(None, None, None, 0.95, METHOD, 0, 0, NO_SAMPLES)
    level = parts[0].level
    if any(part.level != level for part in parts):
        levels = ", ".join(str(part.level) for part in parts)
        raise ShapeError(f"Only intervals of one level can be averaged, not {levels}.")
    n, n_clusters = sum(part.n for part in parts), sum(part.n_clusters for part in parts)
    count = len(parts)
    values = [part.value for part in parts if part.value is not None]
    if len(values) < count:
        note = f"{count - len(values)} of {count} parts have no value: no mean"
        return Interval(None, None, None, level, METHOD, n, n_clusters, note)
    value = math.fsum(values) / count
    halves = [_halves(part) for part in parts]
    known = [half for half in halves if half is not None]
    if len(known) < count:
        note = f"{count - len(known)} of {count} parts have no interval: no interval"
        return Interval(value, None, None, level, METHOD, n, n_clusters, note)
    below = math.hypot(*(half[0] for half in known)) / count
    above = math.hypot(*(half[1] for half in known)) / count
    return Interval(value, value - below, value + above, level, METHOD, n, n_clusters)


def _halves(part: Interval) -> tuple[float, float] | None:
    """Distances from the value down to the lower and up to the upper end."""
    if part.value is None or part.low is None or part.high is None:
        return None
    return part.value - part.low, part.high - part.value
