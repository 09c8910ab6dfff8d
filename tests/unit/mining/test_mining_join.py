"""A run of the miner: what it refuses, what it keeps, how it goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from medtrust.core.errors import DataError, PlanMismatchError, WorkLeft
from medtrust.mining.embeddings import Embeddings, from_array, open_embeddings
from medtrust.mining.join import Mined, Step, mine
from medtrust.mining.output import said_by, write_pairs
from medtrust.mining.strip import PAIR, STRIP_ROWS, comparisons, strips
from parts.embedding_rows import clustered

ROWS = 3 * STRIP_ROWS
FIRST = from_array(clustered(ROWS, 16, 1), name="first")
SECOND = from_array(clustered(ROWS, 12, 2, near=0.75), name="second")


def run(out: Path, first: Embeddings = FIRST, second: Embeddings | None = SECOND,
        **options: Any) -> Mined:  # fmt: skip
    return mine(first, second, **{"above": 0.9, "below": 0.75, "out": out, **options})


def stop_after(count: int) -> Any:
    """A progress that presses Ctrl-C when a number of strips is done."""
    steps: list[Step] = []

    def press(step: Step) -> None:
        steps.append(step)
        if len(steps) == count:
            raise KeyboardInterrupt

    return press


def test_strips_cover_every_pair_of_a_new_row_once() -> None:
    for n_old, n in ((0, 2), (0, 1536), (5, 6), (768, 1000), (1000, 3000)):
        total = sum(comparisons(strip, n) for strip in strips(n_old, n))
        assert total == n * (n - 1) // 2 - n_old * (n_old - 1) // 2


def test_the_file_has_four_columns_in_the_order_of_rows(tmp_path: Path) -> None:
    found = run(tmp_path / "pairs.parquet")
    frame = pl.read_parquet(tmp_path / "pairs.parquet")
    assert frame.schema == {
        "i": pl.Int64, "j": pl.Int64, "similarity_a": pl.Float64, "similarity_b": pl.Float64,
    }  # fmt: skip
    assert frame.equals(frame.sort("i", "j"))
    assert (frame["i"] < frame["j"]).all()
    assert found.pairs == len(frame) > 100
    assert found.compared == ROWS * (ROWS - 1) // 2
    assert [path.name for path in tmp_path.iterdir()] == ["pairs.parquet"]


def test_ids_stand_in_the_place_of_row_numbers(tmp_path: Path) -> None:
    run(tmp_path / "plain.parquet")
    named = from_array(FIRST.values, ids=[f"image-{row}" for row in range(ROWS)])
    run(tmp_path / "named.parquet", named)
    plain, names = (pl.read_parquet(tmp_path / f"{x}.parquet") for x in ("plain", "named"))
    assert names["i"].to_list() == [f"image-{row}" for row in plain["i"]]
    assert names["j"].to_list() == [f"image-{row}" for row in plain["j"]]
    assert names["similarity_a"].equals(plain["similarity_a"])


def test_one_matrix_alone_leaves_the_other_similarity_empty(tmp_path: Path) -> None:
    run(tmp_path / "pairs.parquet", second=None)
    frame = pl.read_parquet(tmp_path / "pairs.parquet")
    assert frame["similarity_b"].null_count() == len(frame) > 100
    assert (frame["similarity_a"] > 0.9).all()


def test_no_pair_at_all_is_an_empty_file(tmp_path: Path) -> None:
    apart = from_array(np.eye(5))
    assert run(tmp_path / "pairs.parquet", apart, apart).pairs == 0
    assert pl.read_parquet(tmp_path / "pairs.parquet").columns[:2] == ["i", "j"]


def test_rows_left_out_are_in_no_pair_whatever_the_thresholds(tmp_path: Path) -> None:
    values = clustered(30, 6, 3)
    values[4], values[9] = np.nan, np.inf
    first = from_array(values, drop_bad=True)
    other = clustered(30, 6, 4)
    other[20] = 0.0
    second = from_array(other, drop_bad=True)
    found = run(tmp_path / "pairs.parquet", first, second, above=-1.0, below=1.0)
    frame = pl.read_parquet(tmp_path / "pairs.parquet")
    assert not {4, 9, 20} & {*frame["i"], *frame["j"]}
    assert {*frame["i"], *frame["j"]} == set(range(30)) - {4, 9, 20}
    assert len(found.notes) == 2


@pytest.mark.parametrize("in_children", [False, True])
def test_an_interrupted_run_goes_on_to_the_same_bytes(tmp_path: Path, in_children: bool) -> None:
    run(tmp_path / "whole.parquet")
    out = tmp_path / "pairs.parquet"
    with pytest.raises(WorkLeft, match="the same command goes on"):
        run(out, progress=stop_after(1), workers=1, in_children=in_children)
    assert not out.exists()
    steps: list[Step] = []
    found = run(out, progress=steps.append, in_children=in_children, block=100, workers=2)
    assert found.resumed > 0
    assert found.resumed + found.compared == ROWS * (ROWS - 1) // 2
    assert steps[-1].done == steps[-1].total
    assert steps[0].before == found.resumed
    assert out.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert not (tmp_path / "pairs.parquet.unfinished").exists()


def test_an_unfinished_run_of_other_settings_or_inputs_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "pairs.parquet"
    with pytest.raises(WorkLeft):
        run(out, progress=stop_after(1), workers=1)
    other = from_array(np.roll(SECOND.values, 1, axis=0))
    changes: list[dict[str, Any]] = [{"above": 0.91}, {"below": 0.7}, {"top": 3}, {"second": other}]
    for change in changes:
        with pytest.raises(
            PlanMismatchError, match="unfinished run of other embeddings or settings"
        ):
            run(out, **change)
    assert run(out).resumed > 0


def test_a_damaged_strip_is_mined_again(tmp_path: Path) -> None:
    run(tmp_path / "whole.parquet")
    out = tmp_path / "pairs.parquet"
    with pytest.raises(WorkLeft):
        run(out, progress=stop_after(3), workers=1)
    strip = tmp_path / "pairs.parquet.unfinished" / "00001.npz"
    strip.write_bytes(strip.read_bytes()[:100])
    assert run(out).compared == comparisons(strips(0, ROWS)[1], ROWS)
    assert out.read_bytes() == (tmp_path / "whole.parquet").read_bytes()


def test_a_finished_file_is_left_as_it_is_or_defended(tmp_path: Path) -> None:
    out = tmp_path / "pairs.parquet"
    first = run(out)
    written = out.stat().st_mtime_ns
    again = run(out)
    assert (again.pairs, again.compared) == (first.pairs, 0)
    assert "already: nothing was done" in again.notes[-1]
    assert out.stat().st_mtime_ns == written
    with pytest.raises(PlanMismatchError, match="other embeddings or settings"):
        run(out, below=0.5)
    for content in (b"", b"no parquet"):
        out.write_bytes(content)
        with pytest.raises(DataError, match="was not written by this command"):
            run(out)
    pl.DataFrame({"i": [1]}).write_parquet(out)
    with pytest.raises(DataError, match="was not written by this command"):
        run(out)


def test_two_commands_at_once_do_not_write_into_one_folder(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    out = tmp_path / "pairs.parquet"

    def another(step: Step) -> None:
        with pytest.raises(DataError, match="Another process works on"):
            run(out)

    assert run(out, progress=another).pairs > 0


SMALL = from_array(np.eye(4), name="small")
NAMED = from_array(np.eye(4), name="named", ids="abcd")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"second": from_array(np.eye(3), name="b")}, "small holds 4 rows and b 3"),
        ({"first": from_array(np.ones((1, 2))), "second": None}, "holds 1 rows: a pair needs two"),
        ({"first": from_array(np.ones((0, 2))), "second": None}, "holds 0 rows: a pair needs two"),
        ({"above": 1.5}, "--above is a similarity, from -1 to 1, not 1.5"),
        ({"above": float("nan")}, "--above is a similarity"),
        ({"below": -2.0}, "--below is a similarity"),
        ({"near_duplicates": 0.8}, "--near must lie between --above"),
        ({"top": 0}, "--top must be at least 1"),
        ({"cap": -1}, "--cap must be at least 1"),
        ({"block": 0}, "--block must be at least 1"),
        ({"workers": 0}, "--workers must be at least 1"),
        ({"apart": np.zeros(3, dtype=np.int64)}, "3 articles for 4 rows"),
        ({"against": (SMALL, SMALL), "top": 1}, "--top, --cap and --near cannot be decided"),
        ({"against": (SMALL, None)}, "Give a second matrix of old and of new images"),
        ({"against": (from_array(np.eye(3), name="old"), SMALL)}, "old holds 3 rows and small 4"),
        ({"against": (from_array(np.ones((4, 2)), name="old"), SMALL)}, "dimension 4 and old 2"),
        ({"against": (NAMED, SMALL)}, "must both hold ids, or neither"),
        ({"first": NAMED, "against": (NAMED, SMALL)}, "'a' is among old embeddings and new ones"),
        ({"first": NAMED, "second": from_array(np.eye(4), ids="abdc")}, "Row 2 is 'c'.* and 'd'"),
    ],
)
def test_what_does_not_fit_is_one_sentence(
    tmp_path: Path, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        run(tmp_path / "pairs.parquet", **{"first": SMALL, "second": SMALL, **options})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is no folder"):
        run(tmp_path / "nowhere" / "pairs.parquet", SMALL, SMALL)


def test_a_dead_worker_leaves_work_and_not_a_hang(tmp_path: Path) -> None:
    np.save(tmp_path / "first.npy", FIRST.values)
    first = open_embeddings(tmp_path / "first.npy")
    vanished = replace(first, file=tmp_path / "vanished.npy")
    with pytest.raises(WorkLeft, match="worker process died"):
        run(tmp_path / "pairs.parquet", vanished, None, in_children=True, workers=2)


def test_many_pairs_are_written_in_groups_and_come_back_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medtrust.mining.output.GROUP", 100)
    pairs = np.zeros(1234, dtype=PAIR)
    pairs["i"] = np.arange(1234)
    parts = np.split(pairs, [5, 5, 300, 301, 900])
    total = write_pairs(parts, tmp_path / "p.parquet", tmp_path, ids=None, said={"digest": "x"})
    assert total == 1234
    assert pl.read_parquet(tmp_path / "p.parquet")["i"].to_list() == list(range(1234))
    assert said_by(tmp_path / "p.parquet") == {"digest": "x", "pairs": 1234}
