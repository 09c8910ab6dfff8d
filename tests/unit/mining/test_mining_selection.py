"""Which pairs are kept: repeats, the best of each image, no image too often, articles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from medtrust.core.errors import DataError
from medtrust.mining.articles import article_codes
from medtrust.mining.embeddings import from_array
from medtrust.mining.join import mine
from medtrust.mining.selection import best_of_each, capped
from medtrust.mining.strip import PAIR, Pairs
from parts.embedding_rows import clustered

FIRST = clustered(150, 12, 7)
SECOND = clustered(150, 10, 8, near=0.75)


def mined(folder: Path, first: Any = FIRST, second: Any = SECOND, **options: Any) -> set[Any]:
    out = folder / "pairs.parquet"
    out.unlink(missing_ok=True)
    options = {"above": 0.6, "below": 0.75, **options}
    mine(from_array(first), None if second is None else from_array(second), out=out, **options)
    return set(pl.read_parquet(out).rows())


def made_pairs(seed: int, n: int = 12) -> Pairs:
    """Every pair of n images with one of few similarities, so that many are equal."""
    i, j = np.triu_indices(n, 1)
    pairs = np.empty(len(i), dtype=PAIR)
    pairs["i"], pairs["j"], pairs["b"] = i, j, 0.1
    pairs["a"] = np.random.default_rng(seed).choice([0.91, 0.93, 0.95], len(i))
    return pairs


def best_first(pairs: Pairs) -> list[tuple[float, int, int]]:
    return sorted((-float(one["a"]), int(one["i"]), int(one["j"])) for one in pairs)


@pytest.mark.parametrize("top", [1, 2, 5, 100])
@pytest.mark.parametrize("seed", range(5))
def test_the_best_of_each_image_are_those_a_plain_count_finds(seed: int, top: int) -> None:
    pairs = made_pairs(seed)
    expected = set()
    for image in range(12):
        own = [one for one in best_first(pairs) if image in one[1:]]
        expected |= {one[1:] for one in own[:top]}
    kept = best_of_each(pairs, top)
    assert [tuple(one) for one in kept[["i", "j"]].tolist()] == sorted(expected)


@pytest.mark.parametrize("seed", range(5))
def test_the_best_of_parts_hold_the_best_of_the_whole(seed: int) -> None:
    pairs = made_pairs(seed)
    parts = [best_of_each(part, 2) for part in np.array_split(pairs, 4)]
    again = best_of_each(np.concatenate(parts), 2)
    assert np.array_equal(again, best_of_each(pairs, 2))


@pytest.mark.parametrize("cap", [1, 3])
@pytest.mark.parametrize("seed", range(5))
def test_a_cap_takes_the_best_first_and_no_image_too_often(seed: int, cap: int) -> None:
    pairs = made_pairs(seed)
    kept = capped(pairs, cap, 12)
    used = np.bincount(np.concatenate([kept["i"], kept["j"]]), minlength=12)
    assert used.max() == cap
    taken = {(int(i), int(j)) for i, j in kept[["i", "j"]].tolist()}
    count = dict.fromkeys(range(12), 0)
    for _, i, j in best_first(pairs):
        fits = count[i] < cap and count[j] < cap
        assert fits == ((i, j) in taken)
        count[i] += fits
        count[j] += fits


def test_top_and_cap_are_applied_by_the_command_in_that_order(tmp_path: Path) -> None:
    everything = mined(tmp_path)
    array = np.array(sorted(everything), dtype=PAIR)
    top = best_of_each(array, 2)
    assert mined(tmp_path, top=2, block=16) == {tuple(one) for one in top.tolist()}
    expected = {tuple(one) for one in capped(top, 3, 150).tolist()}
    assert mined(tmp_path, top=2, cap=3, workers=3) == expected
    assert len(expected) < len(top) < len(array)


def test_pairs_within_an_article_are_dropped_and_unknown_ones_kept(tmp_path: Path) -> None:
    articles = np.arange(150) // 40
    articles[::5] = -1
    kept = mined(tmp_path, apart=articles)
    everything = mined(tmp_path)
    within = {one for one in everything if articles[one[0]] == articles[one[1]] >= 0}
    assert kept == everything - within
    assert 0 < len(within) < len(everything)


def test_images_that_repeat_an_earlier_one_in_both_matrices_are_dropped(tmp_path: Path) -> None:
    first, second = FIRST.copy(), SECOND.copy()
    first[70], second[70] = first[3], second[3]
    first[90], second[90] = first[70], second[70]
    first[100] = first[4]
    everything = mined(tmp_path, first, second)
    products = [
        values.astype(np.float64) @ values.T.astype(np.float64) for values in (first, second)
    ]
    alike = np.triu((products[0] > 0.98) & (products[1] > 0.98), 1)
    repeats = set(np.flatnonzero(alike.any(axis=0)).tolist())
    assert {70, 90} <= repeats
    assert 100 not in repeats
    kept = mined(tmp_path, first, second, near_duplicates=0.98)
    assert kept == {one for one in everything if not repeats & {one[0], one[1]}}
    assert kept < everything
    articles = np.zeros(150, dtype=np.int64)
    assert mined(tmp_path, first, second, near_duplicates=0.98, apart=articles) == set()


def test_near_duplicates_of_one_matrix_alone(tmp_path: Path) -> None:
    first = FIRST.copy()
    first[70] = first[3]
    images = {
        one for row in mined(tmp_path, first, None, near_duplicates=0.9999) for one in row[:2]
    }
    assert 70 not in images
    assert 3 in images


def test_articles_come_by_order_or_by_id(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("PMC1\n\nPMC2\nPMC1\n")
    assert article_codes(tmp_path / "a.txt", None, 4).tolist() == [0, -1, 1, 0]
    (tmp_path / "a.csv").write_text("id,article\nd,PMC1\nc,PMC2\nb,\na,PMC1\n")
    assert article_codes(tmp_path / "a.csv", ["a", "b", "c", "d"], 4).tolist() == [0, -1, 1, 0]
    pl.DataFrame({"article": ["x", "y"]}).write_parquet(tmp_path / "a.parquet")
    assert article_codes(tmp_path / "a.parquet", ["p", "q"], 2).tolist() == [0, 1]
    np.savez(tmp_path / "a.npz", articles=np.array(["x", "", "x"]))
    assert article_codes(tmp_path / "a.npz", None, 3).tolist() == [0, -1, 0]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt", "one\n", "names 1 articles for 2 rows"),
        ("a.csv", "id,article\np,x\n", "no article of 'q'"),
        ("a.csv", "id,article\np,x\np,y\n", "an id more than once"),
        ("a.csv", "id,paper\np,x\nq,y\n", "but no 'article'"),
        ("a.npz", "nothing", "damaged"),
        ("a.parquet", "nothing", "damaged"),
        ("a.json", "[]", "articles come as one of them"),
    ],
)
def test_articles_that_do_not_fit_are_one_sentence(
    tmp_path: Path, name: str, content: str, sentence: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=sentence):
        article_codes(tmp_path / name, ["p", "q"], 2)
