"""From scores to estimates: join scores with their samples and hand each task its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from medtrust.core.records import Estimate, Sample
from medtrust.core.task import MeasureOptions, Metric, Task
from medtrust.engine.shared_values import distinct_objects, shared_column
from medtrust.metrics.score_table import GROUP, STRATUM


def measure(
    tasks: Sequence[Task],
    scores: pl.DataFrame,
    requests: pl.DataFrame,
    samples: Sequence[Sample],
    options: MeasureOptions | None = None,
) -> Iterator[Estimate]:
    """Every metric of every task.

    Args:
        tasks: With their metrics.
        scores: Long table of `engine.tables.SCORES`.
        requests: Request index of `engine.tables.REQUESTS`.
        samples: All samples of the run.
        options: For metrics that heed them; None leaves every metric as it is.
    """
    about = describe(samples)
    for task in tasks:
        wide = widen(_own(task, scores, requests), about)
        for metric in task.metrics:
            yield from _adjusted(metric, options)(wide)


def _adjusted(metric: Metric, options: MeasureOptions | None) -> Metric:
    """A metric under the options, where it heeds any."""
    with_options: Callable[[MeasureOptions], Metric] | None
    with_options = getattr(metric, "with_options", None)
    return metric if with_options is None or options is None else with_options(options)


def _own(task: Task, scores: pl.DataFrame, requests: pl.DataFrame) -> pl.DataFrame:
    """The scores of one task; released scripts count every row, however many share an answer."""
    own = scores.filter(pl.col("task") == task.name)
    if task.unit != "request":
        return own
    released = pl.col("reading").cast(pl.String) == "official"
    rest = one_per_request(own.filter(~released), requests)
    return pl.concat([rest, own.filter(released).cast(rest.schema)])


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

    A sample without a cluster is a cluster of its own. Where there are pairs, the column ``pair``
    names them.
    """
    numbers: dict[str, int] = {}
    clusters = np.empty(len(samples), dtype=np.int32)
    for row, sample in enumerate(samples):
        clusters[row] = numbers.setdefault(sample.cluster or sample.id, len(numbers))
    options = [sample.options for sample in samples]
    return pl.DataFrame(
        [
            pl.Series("sample", [sample.id for sample in samples], pl.String()),
            pl.Series("cluster", clusters),
            pl.Series("kind", [sample.kind.value for sample in samples], pl.Categorical()),
            shared_column("options", options, list, pl.List(pl.String())),
            *_pairs(samples),
            *_attributes(GROUP, [sample.groups for sample in samples]),
            *_attributes(STRATUM, [sample.strata for sample in samples]),
        ]
    )


def _pairs(samples: Sequence[Sample]) -> Iterator[pl.Series]:
    if any(sample.pair for sample in samples):
        yield pl.Series("pair", [sample.pair or None for sample in samples], pl.String())


def _attributes(prefix: str, mappings: Sequence[Mapping[str, str]]) -> Iterator[pl.Series]:
    """A column per name that occurs; null where a sample has no such name."""
    distinct, rows = distinct_objects(mappings)
    for name in sorted({name for mapping in distinct for name in mapping}):
        values = [mapping.get(name) for mapping in distinct]
        yield pl.Series(prefix + name, values, pl.Categorical()).gather(rows)


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
