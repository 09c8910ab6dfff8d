"""From scores to estimates: join scores with their samples and hand each task its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from medtrust.core.records import Estimate, Sample
from medtrust.core.task import Task
from medtrust.metrics.score_table import GROUP, STRATUM


def measure(
    tasks: Sequence[Task], scores: pl.DataFrame, requests: pl.DataFrame, samples: Sequence[Sample]
) -> Iterator[Estimate]:
    """Every metric of every task.

    Args:
        tasks: With their metrics.
        scores: Long table of `engine.tables.SCORES`.
        requests: Request index of `engine.tables.REQUESTS`.
        samples: All samples of the run.
    """
    about = describe(samples)
    for task in tasks:
        own = scores.filter(pl.col("task").cast(pl.String) == task.name)
        if task.unit == "request":
            own = one_per_request(own, requests)
        joined = own.join(about, on="sample", how="left", maintain_order="left")
        for metric in task.metrics:
            yield from metric(joined)


def describe(samples: Sequence[Sample]) -> pl.DataFrame:
    """One row per sample: cluster, kind, options, and a column per group and stratum.

    A sample without a cluster is a cluster of its own.
    """
    columns: dict[str, list[object]] = {
        "sample": [sample.id for sample in samples],
        "cluster": [sample.cluster or sample.id for sample in samples],
        "kind": [sample.kind.value for sample in samples],
        "options": [list(sample.options) for sample in samples],
    }
    for name in _names(sample.groups for sample in samples):
        columns[GROUP + name] = [sample.groups.get(name) for sample in samples]
    for name in _names(sample.strata for sample in samples):
        columns[STRATUM + name] = [sample.strata.get(name) for sample in samples]
    schema = {name: pl.List(pl.String()) if name == "options" else pl.String() for name in columns}
    return pl.DataFrame(columns, schema=schema)


def _names(mappings: Iterable[Iterable[str]]) -> list[str]:
    return sorted({name for mapping in mappings for name in mapping})


def one_per_request(scores: pl.DataFrame, requests: pl.DataFrame) -> pl.DataFrame:
    """Keep one sample's scores per request, where one answer serves several samples."""
    keys = ["task", "sample", "condition"]
    first = (
        requests.with_columns(pl.col(name).cast(pl.String) for name in keys)
        .filter((pl.col("draw") == 0) & (pl.col("respondent").cast(pl.String) == "model"))
        .unique(keys, keep="first", maintain_order=True)
        .unique(["task", "condition", "request_id"], keep="first", maintain_order=True)
        .select(keys)
    )
    plain = scores.with_columns(pl.col(name).cast(pl.String) for name in keys)
    return plain.join(first, on=keys, how="semi", maintain_order="left")
