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
        own = scores.filter(pl.col("task") == task.name)
        if task.unit == "request":
            own = one_per_request(own, requests)
        wide = widen(own, about)
        for metric in task.metrics:
            yield from metric(wide)


def widen(scores: pl.DataFrame, about: pl.DataFrame) -> pl.DataFrame:
    """One row per sample, condition and reading.

    Args:
        scores: Long scores of one task.
        about: From `describe`.

    Returns:
        Columns ``task``, ``version``, ``condition``, ``reading``, those of ``about``, and
        ``<measure>`` and ``<measure>:status`` for each measure.
    """
    keys = ["task", "version", "condition", "reading", "sample"]
    wide = scores.select(keys).unique(maintain_order=True)
    for measure_name in scores.get_column("measure").unique().sort().cast(pl.String):
        rows = scores.filter(pl.col("measure") == measure_name).select(
            *keys,
            pl.col("value").alias(measure_name),
            pl.col("status").alias(f"{measure_name}:status"),
        )
        wide = wide.join(rows, on=keys, how="left", maintain_order="left")
    return wide.join(about, on="sample", how="left", maintain_order="left")


def describe(samples: Sequence[Sample]) -> pl.DataFrame:
    """One row per sample: cluster number, kind, options, and a column per group and stratum.

    A sample without a cluster is a cluster of its own.
    """
    numbers: dict[str, int] = {}
    clusters = [numbers.setdefault(sample.cluster or sample.id, len(numbers)) for sample in samples]
    columns = [
        pl.Series("sample", [sample.id for sample in samples], pl.String()),
        pl.Series("cluster", clusters, pl.Int32()),
        pl.Series("kind", [sample.kind.value for sample in samples], pl.Categorical()),
        pl.Series("options", [list(sample.options) for sample in samples], pl.List(pl.String())),
    ]
    for name in _names(sample.groups for sample in samples):
        values = [sample.groups.get(name) for sample in samples]
        columns.append(pl.Series(GROUP + name, values, pl.Categorical()))
    for name in _names(sample.strata for sample in samples):
        values = [sample.strata.get(name) for sample in samples]
        columns.append(pl.Series(STRATUM + name, values, pl.Categorical()))
    return pl.DataFrame(columns)


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
