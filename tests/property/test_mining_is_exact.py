"""The miner finds exactly the pairs that brute force in float64 finds, to the last bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medtrust.mining.embeddings import from_array
from medtrust.mining.join import mine
from parts.embedding_rows import brute_force, clustered, reference_products

ABOVE, BELOW = 0.9, 0.75


def mined(folder: Path, first: Any, second: Any, **options: Any) -> list[tuple[Any, ...]]:
    """Rows of the file that a fresh run writes."""
    out = folder / "pairs.parquet"
    out.unlink(missing_ok=True)
    options = {"above": ABOVE, "below": BELOW, **options}
    one, other = from_array(first), None if second is None else from_array(second)
    found = mine(one, other, out=out, **options)
    rows = pl.read_parquet(out).rows()
    assert found.pairs == len(rows)
    assert found.candidates >= len(rows)
    return rows


@settings(max_examples=40, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(
    rows=st.integers(2, 60), dimensions=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    seed=st.integers(0, 10_000), block=st.sampled_from([1, 7, 64, None]),
    workers=st.integers(1, 3), dtype=st.sampled_from(["float32", "float64"]),
    thresholds=st.sampled_from([(0.9, 0.75), (0.5, 0.95), (-1.0, 1.0), (0.9, -0.2), (0.0, 0.0)]),
)  # fmt: skip
def test_small_matrices_of_every_shape_equal_brute_force(
    tmp_path: Path, rows: int, dimensions: tuple[int, int], seed: int, block: int | None,
    workers: int, dtype: str, thresholds: tuple[float, float],
) -> None:  # fmt: skip
    above, below = thresholds
    first = clustered(rows, dimensions[0], seed, near=above, dtype=dtype)
    second = clustered(rows, dimensions[1], seed + 1, near=below, dtype=dtype)
    found = mined(tmp_path, first, second, above=above, below=below, block=block, workers=workers)
    assert found == brute_force(first, second, above, below)


@pytest.mark.parametrize(("rows", "dimension", "seed"), [(3000, 48, 1), (1700, 96, 2)])
def test_thousands_of_rows_equal_brute_force_whatever_the_block_and_the_workers(
    tmp_path: Path, rows: int, dimension: int, seed: int
) -> None:
    first = clustered(rows, dimension, seed, near=ABOVE)
    second = clustered(rows, 32, seed + 1, near=BELOW)
    expected = brute_force(first, second, ABOVE, BELOW)
    products = reference_products(first)[np.triu_indices(rows, 1)]
    assert (np.abs(products - ABOVE) < 2e-7).sum() > 100
    assert len(expected) > 300
    contents = set()
    for block, workers in ((64, 3), (rows, 1), (None, 2), (1000, 2)):
        assert mined(tmp_path, first, second, block=block, workers=workers) == expected
        contents.add((tmp_path / "pairs.parquet").read_bytes())
    assert len(contents) == 1


@pytest.mark.parametrize("block", [1, 7, 64, 400])
def test_permuted_rows_permute_the_pairs_and_move_no_bit(tmp_path: Path, block: int) -> None:
    first = clustered(400, 33, 5, near=ABOVE)
    second = clustered(400, 20, 6, near=BELOW)
    order = np.random.default_rng(block).permutation(400)
    straight = mined(tmp_path, first, second)
    moved = mined(tmp_path, first[order], second[order], block=block)
    back = {
        (min(order[i], order[j]), max(order[i], order[j]), a, b) for i, j, a, b in moved
    }  # fmt: skip
    assert back == set(straight)
    assert len(straight) > 20


def test_a_value_exactly_at_a_threshold_is_no_pair(tmp_path: Path) -> None:
    first = np.array([[1.0, 0.0], [0.6, 0.8], [0.8, 0.6]])
    assert [row[:2] for row in mined(tmp_path, first, None, above=0.6)] == [(0, 2), (1, 2)]
    just_under = float(np.nextafter(0.6, 0.0))
    assert len(mined(tmp_path, first, None, above=just_under)) == 3
    assert mined(tmp_path, first, first, above=-1.0, below=0.6) == []
    just_over = float(np.nextafter(0.6, 1.0))
    assert len(mined(tmp_path, first, first, above=-1.0, below=just_over)) == 1


def test_processes_of_their_own_find_the_same_bytes_as_threads(tmp_path: Path) -> None:
    first = clustered(1600, 24, 3, near=ABOVE, dtype="float64") * 3.0
    second = clustered(1600, 16, 4, near=BELOW, dtype="float16")
    contents = set()
    for workers, in_children in ((1, False), (2, True), (3, True)):
        rows = mined(tmp_path, first, second, workers=workers, in_children=in_children)
        assert len(rows) > 100
        contents.add((tmp_path / "pairs.parquet").read_bytes())
    assert len(contents) == 1


@settings(max_examples=25, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(old=st.integers(1, 50), new=st.integers(1, 50), seed=st.integers(0, 1000),
       block=st.sampled_from([1, 7, 64]))  # fmt: skip
def test_new_images_against_old_ones_complete_the_old_run(
    tmp_path: Path, old: int, new: int, seed: int, block: int
) -> None:
    first = clustered(old + new, 12, seed, near=ABOVE)
    second = clustered(old + new, 9, seed + 1, near=BELOW)
    whole = mined(tmp_path, first, second)
    before = mined(tmp_path, first[:old], second[:old]) if old > 1 else []
    against = (from_array(first[:old]), from_array(second[:old]))
    added = mined(tmp_path, first[old:], second[old:], against=against, block=block)
    assert set(before).isdisjoint(added)
    assert sorted(before + added) == whole
