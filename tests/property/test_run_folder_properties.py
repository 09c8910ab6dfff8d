"""Samples and estimates come back from a run folder as they went in."""

from __future__ import annotations

from dataclasses import replace

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from medtrust.core.records import Access, Alteration, Estimate, ImageRef, Kind, Sample
from medtrust.engine.run_folder import (
    ESTIMATES,
    SAMPLES,
    estimate_frame,
    estimate_row,
    sample_frame,
    samples_from,
)

texts = st.text(st.characters(codec="utf-8"), max_size=12)
mappings = st.dictionaries(texts, texts, max_size=3)
alterations = st.builds(
    Alteration,
    texts,
    st.lists(st.tuples(texts, st.one_of(st.integers(-9, 9), texts)), max_size=2).map(tuple),
    st.one_of(st.none(), st.integers(0, 99)),
)
images = st.builds(
    ImageRef, texts, st.lists(alterations, max_size=2).map(tuple), st.one_of(st.none(), texts)
)
samples = st.builds(
    Sample,
    id=texts,
    question=texts,
    kind=st.sampled_from(Kind),
    images=st.lists(images, max_size=2).map(tuple),
    options=st.lists(texts, max_size=3).map(tuple),
    answer=st.one_of(st.none(), st.booleans(), st.integers(0, 9), texts),
    groups=mappings,
    strata=mappings,
    cluster=texts,
    pair=texts,
    licence=texts,
    access=st.sampled_from(Access),
    source=mappings,
    gold_defect=texts,
)
numbers = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))
estimates = st.builds(
    Estimate,
    task=texts,
    version=st.integers(1, 99),
    metric=texts,
    value=numbers,
    low=numbers,
    high=numbers,
    n=st.integers(0, 2**40),
    counts=st.dictionaries(texts, st.integers(0, 99), max_size=3),
    note=texts,
)


@settings(deadline=None)
@given(st.lists(samples, max_size=4))
def test_samples_come_back_as_they_were(found: list[Sample]) -> None:
    frame = sample_frame(found)
    assert dict(frame.schema) == SAMPLES
    back = samples_from(frame)
    assert back == found
    assert [type(one.answer) for one in back] == [type(one.answer) for one in found]
    assert [[image.path for image in one.images] for one in back] == [
        [image.path for image in one.images] for one in found
    ]


@settings(deadline=None)
@given(st.lists(estimates, max_size=4))
def test_estimates_come_back_as_they_were(found: list[Estimate]) -> None:
    frame = estimate_frame([estimate_row(one) for one in found])
    assert dict(frame.schema) == ESTIMATES
    back = [
        Estimate(**{**row, "counts": orjson.loads(row["counts"])})
        for row in frame.iter_rows(named=True)
    ]
    assert back == [replace(one, counts=dict(one.counts)) for one in found]
