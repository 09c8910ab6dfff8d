"""How often intervals hold the truth, over fixed seeds."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from medtrust.metrics.intervals import Interval

SEEDS = 2_000
Regime: TypeAlias = Callable[[np.random.Generator], tuple[Interval, float]]

logger = logging.getLogger(__name__)


def measured_coverage(name: str, regime: Regime) -> float:
    """Share of seeds whose interval holds the true value; logged for the documents."""
    covered = 0
    for seed in range(SEEDS):
        interval, truth = regime(np.random.default_rng(seed))
        assert interval.low is not None
        assert interval.high is not None
        covered += interval.low <= truth <= interval.high
    logger.info("| %s | %.1f %% |", name, 100.0 * covered / SEEDS)
    return covered / SEEDS
