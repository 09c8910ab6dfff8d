"""What the released yes/no script prints: precision, recall and F1 of its own reading.

Where it would divide by zero it stops, e.g. for a model that always says no; here that number is
null with the reason and the others stay.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from medtrust.core.records import Estimate, Kind
from medtrust.metrics.intervals import Interval
from medtrust.metrics.score_table import floats
from medtrust.metrics.two_by_two import two_by_two
from medtrust.suites.cares.marks import OFFICIAL
from medtrust.suites.cares.rates import parts


def released_table(scores: pl.DataFrame) -> Iterator[Estimate]:
    """``precision``, ``recall`` and ``f1`` of yes/no questions, as released, under every arm."""
    for part, _ in parts(scores):
        yes_no = part.frame.filter(pl.col("kind").cast(pl.String) == Kind.YES_NO.value)
        if part.reading != OFFICIAL or not yes_no.height:
            continue
        scored = yes_no.filter(pl.col("predicted").is_not_null())
        table = two_by_two(
            floats(scored, "gold").astype(np.int64), floats(scored, "predicted").astype(np.int64)
        )
        clusters = scored.get_column("cluster").n_unique()
        shares = {"precision": table.precision, "recall": table.recall, "f1": table.f1}
        for name, found in shares.items():
            reason = f"the released script stops: {found.reason}" if found.reason else ""
            interval = Interval(
                found.value, None, None, 0.95, "as released", scored.height, clusters, reason
            )
            yield part.estimate(name, interval, measure="predicted", direction="higher")
