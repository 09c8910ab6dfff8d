"""``medtrust mine`` as people type it: results, refusals, Ctrl-C, kill -9."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from parts.embedding_rows import brute_force, clustered

MEDTRUST = [sys.executable, "-m", "medtrust.cli.main"]
ROWS = 24_000
"""Enough for strips to take a while in processes of their own."""


def medtrust(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [*MEDTRUST, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder with a.npy, b.npz and c.parquet of 200 rows."""
    first, second = clustered(200, 24, 1), clustered(200, 16, 2, near=0.75)
    np.save(tmp_path / "a.npy", first)
    np.savez(tmp_path / "b.npz", embeddings=second)
    names = [f"img{row:03}" for row in range(200)]
    vectors = pl.Series(second.tolist(), dtype=pl.List(pl.Float32))
    pl.DataFrame({"id": names, "vector": vectors}).write_parquet(tmp_path / "c.parquet")
    (tmp_path / "articles.txt").write_text("\n".join(f"PMC{row // 30}" for row in range(200)))
    return tmp_path


def test_the_command_of_the_readme_finds_what_brute_force_finds(small: Path) -> None:
    done = medtrust("mine", "a.npy", "b.npz", "--above", 0.9, "--below", 0.75,
                    "--out", "pairs.parquet", folder=small)  # fmt: skip
    assert done.returncode == 0, done.stderr
    expected = brute_force(np.load(small / "a.npy"), clustered(200, 16, 2, near=0.75), 0.9, 0.75)
    assert pl.read_parquet(small / "pairs.parquet").rows() == expected
    assert f"{len(expected)} pairs of 200 images in pairs.parquet." in done.stdout
    again = medtrust("mine", "a.npy", "b.npz", folder=small)
    assert again.returncode == 0
    assert "already: nothing was done" in again.stdout


def test_options_reach_the_miner(small: Path) -> None:
    done = medtrust(
        "mine", "a.npy", "c.parquet", "--above", 0.7, "--top", 2, "--cap", 3, "--near", 0.99,
        "--articles", "articles.txt", "--workers", 2, "--block", 50, "--json", folder=small,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    frame = pl.read_parquet(small / "pairs.parquet")
    assert said["pairs"] == len(frame) > 0
    assert said["repeated"] > 0
    assert frame["i"][0].startswith("img")
    ends = [*frame["i"], *frame["j"]]
    assert max(ends.count(one) for one in ends) <= 3
    rows = frame.select(pl.col("i", "j").str.slice(3).cast(int) // 30)
    assert (rows["i"] != rows["j"]).all()


def test_new_images_complete_an_old_run(small: Path) -> None:
    first, second = clustered(300, 24, 5), clustered(300, 16, 6, near=0.75)
    for name, rows in (("old", slice(0, 180)), ("new", slice(180, 300)), ("all", slice(0, 300))):
        np.save(small / f"{name}-a.npy", first[rows])
        np.save(small / f"{name}-b.npy", second[rows])
    commands = (
        ("mine", "old-a.npy", "old-b.npy", "--out", "old.parquet"),
        ("mine", "new-a.npy", "new-b.npy", "--old-first", "old-a.npy", "--old-second", "old-b.npy",
         "--out", "new.parquet"),
        ("mine", "all-a.npy", "all-b.npy", "--out", "all.parquet"),
    )  # fmt: skip
    for command in commands:
        done = medtrust(*command, folder=small)
        assert done.returncode == 0, done.stderr
    old, new, whole = (pl.read_parquet(small / f"{x}.parquet") for x in ("old", "new", "all"))
    assert len(old) > 0
    assert len(new) > 0
    assert pl.concat([old, new]).sort("i", "j").equals(whole)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing.npy"], "nothing.npy is not there."),
        (["a.csv"], "a.csv is none of .npy, .npz, .parquet"),
        (["broken.npy"], "broken.npy is damaged or no .npy file: write it again."),
        (["a.npy", "short.npy"], "a.npy holds 200 rows and short.npy 150"),
        (["one.npy"], "one.npy holds 1 rows: a pair needs two."),
        (["flat.npy"], "flat.npy holds vectors of dimension 0"),
        (["zero.npy"], "zero.npy: 1 of 150 rows are zero"),
        (["a.npy", "--above", "2"], "--above is a similarity, from -1 to 1, not 2.0."),
        (["a.npy", "--old-second", "a.npy"], "--old-second says nothing without --old-first."),
        (["a.npy", "--articles", "few.txt"], "few.txt names 1 articles for 200 rows."),
        (["a.npy", "--out", "a.npy"], "was not written by this command"),
    ],
)
def test_what_a_user_can_mend_is_one_sentence_and_exit_2(
    small: Path, arguments: list[str], sentence: str
) -> None:
    rows = np.load(small / "a.npy")
    zero = rows[:150].copy()
    zero[3] = 0.0
    np.save(small / "short.npy", rows[:150])
    np.save(small / "one.npy", rows[:1])
    np.save(small / "flat.npy", rows[:, :0])
    np.save(small / "zero.npy", zero)
    (small / "broken.npy").write_bytes((small / "a.npy").read_bytes()[:500])
    (small / "few.txt").write_text("PMC1\n")
    done = medtrust("mine", *arguments, folder=small)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (small / "pairs.parquet").exists()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a large matrix and what an undisturbed run makes of it."""
    folder = tmp_path_factory.mktemp("large")
    np.save(folder / "a.npy", clustered(ROWS, 256, 3))
    done = medtrust("mine", "a.npy", "--out", "whole.parquet", "--workers", 2, folder=folder)
    assert done.returncode == 0, done.stderr
    return folder


IN_CHILDREN = """
from pathlib import Path
from medtrust.mining.embeddings import open_embeddings
from medtrust.mining.join import mine
mine(open_embeddings("a.npy"), None, above=0.9, below=0.75, out=Path({out!r}), workers=2,
     in_children=True)
"""


def started(folder: Path, out: str, *, in_children: bool = False) -> subprocess.Popen[str]:
    command = [*MEDTRUST, "mine", "a.npy", "--out", out, "--workers", "2"]
    if in_children:
        command = [sys.executable, "-c", IN_CHILDREN.format(out=out)]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, start_new_session=True)  # fmt: skip


def finished_strips(folder: Path, out: str) -> int:
    return len(list((folder / f"{out}.unfinished").glob("*.npz")))


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    while not condition():
        assert process.poll() is None, "it ended before it could be disturbed"
        time.sleep(0.005)


@pytest.mark.parametrize("in_children", [False, True])
def test_a_killed_run_goes_on_to_identical_bytes(large: Path, in_children: bool) -> None:
    out, kept = f"killed-{in_children}.parquet", 0
    for least in (1, 6):
        process = started(large, out, in_children=in_children)
        with process:
            wait_for(lambda least=least: finished_strips(large, out) >= least, process)  # type: ignore[misc]
            process.kill()
        assert not (large / out).exists()
        kept = finished_strips(large, out)
        assert kept >= least
    done = medtrust("mine", "a.npy", "--out", out, "--block", 500, folder=large)
    assert done.returncode == 0, done.stderr
    assert "of the work was found finished" in done.stdout
    assert (large / out).read_bytes() == (large / "whole.parquet").read_bytes()
    assert not (large / f"{out}.unfinished").exists()


def test_ctrl_c_exits_3_and_the_same_command_goes_on(large: Path) -> None:
    out = "interrupted.parquet"
    process = started(large, out)
    wait_for(lambda: finished_strips(large, out) >= 2, process)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 3, said
    assert "the same command goes on" in said
    refused = medtrust("mine", "a.npy", "--out", out, "--above", 0.95, folder=large)
    assert refused.returncode == 2
    assert "unfinished run of other embeddings or settings" in refused.stderr
    done = medtrust("mine", "a.npy", "--out", out, folder=large)
    assert done.returncode == 0, done.stderr
    assert (large / out).read_bytes() == (large / "whole.parquet").read_bytes()
