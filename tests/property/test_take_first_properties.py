"""Limits are nested and never tear clusters or pairs apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from medtrust.core.records import Kind, Sample
from medtrust.data.limit import take_first

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["", "a", "b"]),
        st.sampled_from(["", *"uvwxyz"]),
        st.sampled_from(["", "", "p", "q"]),
    ),
    max_size=40,
)


def samples_of(rows: list[tuple[str, str, str]]) -> list[Sample]:
    return [
        Sample(
            id=f"s:{number}",
            question="?",
            kind=Kind.OPEN,
            strata={"dataset": dataset} if dataset else {},
            cluster=cluster,
            pair=pair,
        )
        for number, (dataset, cluster, pair) in enumerate(rows)
    ]


@given(ROWS, st.integers(1, 20), st.integers(1, 20))
def test_a_smaller_limit_is_part_of_a_larger(
    rows: list[tuple[str, str, str]], one: int, two: int
) -> None:
    samples = samples_of(rows)
    small, large = (
        {sample.id for sample in take_first(samples, limit)} for limit in sorted((one, two))
    )
    assert small <= large


@given(ROWS, st.integers(1, 20))
def test_clusters_and_pairs_come_whole(rows: list[tuple[str, str, str]], limit: int) -> None:
    samples = samples_of(rows)
    taken = {sample.id for sample in take_first(samples, limit)}
    clusters = {sample.cluster for sample in samples if sample.id in taken} - {""}
    pairs = {sample.pair for sample in samples if sample.id in taken} - {""}
    for sample in samples:
        if sample.cluster in clusters or sample.pair in pairs:
            assert sample.id in taken


@given(ROWS, st.integers(1, 20))
def test_the_order_is_kept_and_a_large_limit_takes_all(
    rows: list[tuple[str, str, str]], limit: int
) -> None:
    samples = samples_of(rows)
    taken = take_first(samples, limit)
    numbers = [int(sample.id.removeprefix("s:")) for sample in taken]
    assert numbers == sorted(numbers)
    assert take_first(samples, len(samples) + 1) == samples
