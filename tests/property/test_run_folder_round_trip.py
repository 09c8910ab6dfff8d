"""What a run folder keeps comes back as it was: samples, estimates, manifest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medtrust.core.errors import DataError
from medtrust.core.records import Access, Alteration, Estimate, ImageRef, Kind, Sample
from medtrust.engine.run_folder import (
    ESTIMATES,
    SAMPLES,
    SCHEMA_VERSION,
    RunFolder,
    estimate_frame,
    estimate_row,
    sample_frame,
    samples_from,
)

texts = st.text(st.characters(codec="utf-8"), max_size=12)
mappings = st.dictionaries(texts, texts, max_size=3)
steps = st.builds(
    Alteration,
    texts,
    st.lists(
        st.tuples(texts, st.one_of(st.integers(-99, 99), st.floats(-9, 9), texts)), max_size=2
    ).map(tuple),
    st.one_of(st.none(), st.integers(0, 2**63 - 1)),
)
images = st.builds(
    ImageRef, texts, st.lists(steps, max_size=2).map(tuple), st.one_of(st.none(), texts)
)
samples = st.builds(
    Sample,
    id=texts,
    question=texts,
    kind=st.sampled_from(Kind),
    images=st.lists(images, max_size=2).map(tuple),
    options=st.lists(texts, max_size=4).map(tuple),
    answer=st.one_of(st.none(), st.booleans(), st.integers(0, 25), texts),
    groups=mappings,
    strata=mappings,
    cluster=texts,
    pair=texts,
    licence=texts,
    access=st.sampled_from(Access),
    source=mappings,
    gold_defect=texts,
)
numbers = st.one_of(st.none(), st.floats(-1, 1))
estimates = st.builds(
    Estimate,
    task=texts,
    version=st.integers(1, 99),
    metric=texts,
    value=numbers,
    model=texts,
    condition=texts,
    group=texts,
    reading=st.sampled_from(["corrected", "official"]),
    prompts=texts,
    low=numbers,
    high=numbers,
    level=st.sampled_from([0.95, 0.999]),
    method=texts,
    p_value=st.none() | st.floats(0, 1),
    n=st.integers(0, 10**9),
    n_clusters=st.integers(0, 10**9),
    counts=st.dictionaries(texts, st.integers(0, 10**6), max_size=3),
    unit=texts,
    direction=st.sampled_from(["higher", "lower", "none"]),
    comparable=texts,
    note=texts,
)


def exact(sample: Sample) -> list[object]:
    """All fields, with the type of the answer and the places of the images."""
    kept: list[object] = [getattr(sample, field.name) for field in fields(sample)]
    return [*kept, type(sample.answer), [image.path for image in sample.images]]


@settings(max_examples=60, deadline=None)
@given(st.lists(samples, max_size=5))
def test_samples_come_back_from_the_file_as_they_were(made: list[Sample]) -> None:
    with TemporaryDirectory() as name:
        folder = RunFolder(Path(name))
        folder.write_samples(made)
        assert [exact(sample) for sample in folder.read_samples()] == [
            exact(sample) for sample in made
        ]


@settings(max_examples=60, deadline=None)
@given(st.lists(estimates, max_size=5))
def test_estimates_are_the_same_in_the_table_and_in_the_list(made: list[Estimate]) -> None:
    def record(row: dict[str, Any], read: Callable[[Any], Any]) -> Estimate:
        return Estimate(**{**row, "counts": read(row["counts"])})

    with TemporaryDirectory() as name:
        folder = RunFolder(Path(name))
        folder.write_estimates(made)
        table = folder.read_table("estimates").iter_rows(named=True)
        listed = orjson.loads((folder.path / "estimates.json").read_bytes())
    assert [record(row, orjson.loads) for row in table] == made
    assert [record(row, dict) for row in listed] == made


def test_tables_have_the_published_columns_also_when_they_are_empty() -> None:
    assert sample_frame([]).schema == pl.Schema(SAMPLES)
    assert estimate_frame([]).schema == pl.Schema(ESTIMATES)


def test_every_field_of_the_records_has_a_column() -> None:
    assert [field.name for field in fields(Sample)] == list(SAMPLES)
    assert {field.name for field in fields(Estimate)} == set(ESTIMATES)
    row = estimate_row(Estimate(task="a", version=1, metric="b", value=None))
    assert list(row) == list(ESTIMATES)


def test_many_samples_keep_their_order() -> None:
    made = [Sample(f"mine:{i}", "?", Kind.OPEN) for i in range(20_002)]
    assert [sample.id for sample in samples_from(sample_frame(made))] == [
        sample.id for sample in made
    ]


def test_a_manifest_of_a_newer_version_is_refused_with_the_way_out(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.write_manifest({"schema_version": SCHEMA_VERSION + 1})
    with pytest.raises(DataError, match="upgrade medtrust"):
        folder.read_manifest()


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b'"text"'])
def test_a_broken_manifest_is_said_to_be_broken(tmp_path: Path, body: bytes) -> None:
    folder = RunFolder(tmp_path)
    folder.manifest_path.write_bytes(body)
    with pytest.raises(DataError, match=r"manifest\.json"):
        folder.read_manifest()


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"scores\.parquet is not there"):
        RunFolder(tmp_path).read_table("scores")


def test_a_broken_table_is_said_to_be_broken(tmp_path: Path) -> None:
    (tmp_path / "scores.parquet").write_bytes(b"PAR1 no such thing")
    with pytest.raises(DataError, match=r"scores\.parquet cannot be read"):
        RunFolder(tmp_path).read_table("scores")
