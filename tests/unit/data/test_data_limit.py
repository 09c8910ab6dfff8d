"""The first samples of each data set, whole clusters and pairs."""

from __future__ import annotations

import pytest

from medtrust.core.errors import DataError
from medtrust.core.records import Kind, Sample
from medtrust.data.limit import take_first


def sample(number: int, *, dataset: str = "a", cluster: str = "", pair: str = "") -> Sample:
    return Sample(
        id=f"s:{number}",
        question="?",
        kind=Kind.OPEN,
        strata={"dataset": dataset} if dataset else {},
        cluster=cluster,
        pair=pair,
    )


def ids(samples: list[Sample]) -> list[int]:
    return [int(one.id.removeprefix("s:")) for one in samples]


def test_samples_are_taken_per_data_set() -> None:
    samples = [sample(n, dataset="ab"[n % 2]) for n in range(10)]
    assert ids(take_first(samples, 2)) == [0, 1, 2, 3]


def test_a_cluster_comes_whole_though_it_is_scattered() -> None:
    samples = [sample(n, cluster=name) for n, name in enumerate("xyxzy")]
    assert ids(take_first(samples, 1)) == [0, 2]
    assert ids(take_first(samples, 3)) == [0, 1, 2, 4]


def test_a_pair_brings_the_clusters_of_both_ends() -> None:
    samples = [
        sample(0, cluster="x", pair="p"),
        sample(1, cluster="y"),
        sample(2, cluster="z", pair="p"),
        sample(3, cluster="z"),
    ]
    assert ids(take_first(samples, 1)) == [0, 2, 3]


def test_without_the_stratum_all_samples_are_one_data_set() -> None:
    assert ids(take_first([sample(n, dataset="") for n in range(5)], 3)) == [0, 1, 2]


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(DataError, match="--limit 0"):
        take_first([sample(0)], 0)
