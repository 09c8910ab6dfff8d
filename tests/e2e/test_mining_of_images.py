"""From images to confusable pairs to questions, in commands, without any download."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from medtrust.data.phantom.mined import Truth, read_pairs, truth_of
from medtrust.embedding import images_of
from medtrust.mining.embeddings import open_embeddings
from medtrust.run import load_run

pytest.importorskip("torch")
pytest.importorskip("transformers")

SOURCE = "phantom=images=200,pairs=0"
THRESHOLDS = ("--above", "0.9", "--below", "0.75")


def command(*typed: str) -> list[str]:
    return [sys.executable, "-m", "medtrust.cli.main", *typed]


def medtrust(folder: Path, *typed: str) -> str:
    done = subprocess.run(command(*typed), cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def mined_with(folder: Path, first: str, second: str) -> tuple[Path, str]:
    out = folder / f"{first}.parquet"
    said = medtrust(
        folder, "mine", "--images", SOURCE, "--encoder-a", first, "--encoder-b", second,
        *THRESHOLDS, "--out", str(out),
    )  # fmt: skip
    return out, said


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, str]]:
    """Files of pairs and what was said, by the encoder that confuses."""
    folder = tmp_path_factory.mktemp("mined")
    return {
        "phantom": mined_with(folder, "phantom", "pixels"),
        "pixels": mined_with(folder, "pixels", "phantom"),
    }


def truth(found: tuple[Path, str]) -> Truth:
    return truth_of(read_pairs(found[0]), [one.id for one in images_of(SOURCE).pictures])


def test_the_pairs_are_those_of_the_stored_embeddings(mined: dict[str, tuple[Path, str]]) -> None:
    folder = mined["phantom"][0].parent
    for name in ("phantom", "pixels"):
        said = medtrust(folder, "embed", SOURCE, "--encoder", name, "--out", f"{name}.npz")
        assert "0 images encoded, 200 from the store" in said
    first, second = (open_embeddings(folder / f"{name}.npz") for name in ("phantom", "pixels"))
    assert first.ids == second.ids
    assert first.ids is not None
    one, other = (np.asarray(each.values, dtype=np.float64) for each in (first, second))
    i, j = np.nonzero(np.triu(one @ one.T > 0.9, 1) & (other @ other.T < 0.75))
    expected = {(first.ids[a], first.ids[b]) for a, b in zip(i, j, strict=True)}
    assert set(read_pairs(mined["phantom"][0])) == expected
    assert len(expected) > 50


def test_a_tower_that_learned_the_labels_confuses_images_that_share_them(
    mined: dict[str, tuple[Path, str]],
) -> None:
    """Found so, not wished so: its pairs differ less often than pairs by chance."""
    found = truth(mined["phantom"])
    assert found.pairs > 50
    by_chance = found.all_differ / found.one_modality
    assert 0 < found.differ / found.pairs < by_chance / 3
    assert f"{found.differ} of {found.pairs} pairs" in mined["phantom"][1]


def test_images_of_one_layout_that_the_tower_tells_apart_do_differ(
    mined: dict[str, tuple[Path, str]],
) -> None:
    found = truth(mined["pixels"])
    assert found.pairs > 50
    assert found.differ / found.pairs > 0.9 > found.all_differ / found.one_modality


def test_machines_get_pairs_problems_and_truth(mined: dict[str, tuple[Path, str]]) -> None:
    path, said = mined["phantom"]
    again = medtrust(
        path.parent, "mine", "--images", SOURCE, "--encoder-a", "phantom", "--encoder-b", "pixels",
        *THRESHOLDS, "--out", str(path), "--json",
    )  # fmt: skip
    read = json.loads(again)
    assert read["mined"]["pairs"] == read["truth"]["pairs"] == len(read_pairs(path))
    assert (read["first"]["pooling"], read["first"]["problems"]) == ("mean", [])
    assert read["second"]["width"] == 768
    assert f"{read['mined']['pairs']} pairs of 200 images" in said


def set_accuracy(folder: Path, pairs: Path) -> float:
    out = folder / f"run-{pairs.stem}"
    medtrust(
        folder, "run", "phantom/pairs", "--model", "phantom", "--out", str(out),
        "--data", f"phantom=images=1,pairs=0,mined={pairs}",
    )  # fmt: skip
    found = load_run(out).estimates.filter(
        metric="set_accuracy", condition="", group="", reading="corrected"
    )
    return float(found.item(0, "value"))


@pytest.mark.slow
def test_the_model_fails_on_the_pairs_that_its_own_tower_confuses(
    mined: dict[str, tuple[Path, str]], tmp_path: Path
) -> None:
    confused = set_accuracy(tmp_path, mined["phantom"][0])
    told_apart = set_accuracy(tmp_path, mined["pixels"][0])
    assert confused < 0.5
    assert told_apart > 0.9


def kept(store: Path) -> int:
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as s:
        return int(s.execute("SELECT count(*) FROM vectors").fetchone()[0])
    return 0


@pytest.mark.slow
def test_a_killed_pass_goes_on_where_it_was(tmp_path: Path) -> None:
    typed = command(
        "embed", "phantom=images=300,pairs=0", "--encoder", "phantom", "-M", "batch=4",
        "--out", "e.npz", "--json",
    )  # fmt: skip
    store = tmp_path / "embeddings.sqlite"
    with subprocess.Popen(typed, cwd=tmp_path, stdout=subprocess.PIPE) as child:
        while kept(store) < 8:
            assert child.poll() is None
            time.sleep(0.005)
        child.send_signal(signal.SIGKILL)
    before = kept(store)
    assert 8 <= before < 300
    assert not (tmp_path / "e.npz").exists()
    said = medtrust(tmp_path, *typed[3:-1])
    assert f"{300 - before} images encoded, {before} from the store" in said
    assert len(open_embeddings(tmp_path / "e.npz")) == 300


def header(folder: Path, *typed: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(medtrust(folder, "embed", *typed, "--json"))
    return read


def test_real_chest_images_go_to_pairs(shared: Path, tmp_path: Path) -> None:
    questions = shared / "data" / "images" / "questions.jsonl"
    if not questions.is_file():
        pytest.skip("the real chest images are not here")
    typed = (f"folder={questions}", "--cluster", "patient_hash")
    written = header(tmp_path, *typed, "--encoder", "pixels", "--out", "b.npz")
    assert (written["rows"], written["problems"]) == (503, [])
    medtrust(
        tmp_path, "mine", "--images", *typed, "--encoder-a", "phantom", "--encoder-b", "pixels",
        *THRESHOLDS, "--out", "pairs.parquet",
    )  # fmt: skip
    pairs = pl.read_parquet(tmp_path / "pairs.parquet")
    assert pairs.height > 1000
    assert float(pairs["similarity_a"].min() or 0) > 0.9  # type: ignore[arg-type]
    assert float(pairs["similarity_b"].max() or 1) < 0.75  # type: ignore[arg-type]
    with np.load(tmp_path / "b.npz") as archive:
        patients = dict(zip(archive["ids"].tolist(), archive["articles"].tolist(), strict=True))
    assert all(patients[i] != patients[j] for i, j in pairs.select("i", "j").rows())


def test_what_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    for typed, said in (
        (("embed", "nowhere", "--encoder", "pixels"), "no folder, no list"),
        (("embed", SOURCE), "Say which encoder"),
        (("embed", "--encoder", "pixels"), "Say which images"),
        (("embed", SOURCE, "--encoder", "pixels", "--out", "e.csv"), "name it e.npz"),
        (("embed", SOURCE, "--encoder", "hf/./none"), "There is no folder"),
        (("mine",), "Say what to mine"),
        (("mine", "--images", SOURCE), "Say which encoders"),
        (("mine", "a.npz", "--encoder-a", "pixels"), "go with --images"),
    ):
        done = subprocess.run(
            command(*typed), cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert said in done.stderr
        assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
