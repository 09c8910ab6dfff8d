"""Damaged and missing images of pairs: one unanswerable request each, and the rest is measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

from medtrust.run import Run, evaluate
from parts.mediconfusion_files import write_mediconfusion

TASK = "mediconfusion/multiple_choice"


def damage(images: Path) -> None:
    """The first image of four pairs is spoiled, each in its own way."""
    (images / "20000.jpg").unlink()
    (images / "20002.jpg").write_text("a page that says not found", encoding="utf-8")
    (images / "20004.jpg").write_bytes(b"")
    Image.effect_noise((300, 300), 50).save(images / "20006.jpg")
    whole = (images / "20006.jpg").read_bytes()
    (images / "20006.jpg").write_bytes(whole[: len(whole) // 2])


def ask(root: Path, out: Path, **settings: Any) -> Run:
    return evaluate(tasks=TASK, data={"mediconfusion": root}, out=out, **settings)


def statuses(run: Run) -> dict[str, str]:
    """Status of the corrected reading by sample."""
    rows = run.scores.filter(measure="correct", reading="corrected").select("sample", "status")
    return {sample.removeprefix("mediconfusion/"): status for sample, status in rows.iter_rows()}


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Five pairs, the embedded model, four images spoiled."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("spoiled")
    root = write_mediconfusion(folder / "set", 5, images=True, share=False)
    damage(root / "data" / "images")
    options = {"device": "cpu", "threads": "1"}
    return ask(root, folder / "run", model="phantom", model_options=options, conditions="clean")


def test_each_spoiled_image_is_one_unanswerable_request_with_its_reason(spoiled: Run) -> None:
    found = statuses(spoiled)
    assert {name: status for name, status in found.items() if status != "ok"} == {
        "10001/im_1": "missing:image-missing",
        "10002/im_1": "missing:image-unreadable",
        "10003/im_1": "missing:image-empty",
        "10004/im_1": "missing:image-truncated",
    }
    assert len(found) == 10
    assert spoiled.left is None


def test_nothing_else_is_lost_and_the_reasons_are_counted(spoiled: Run) -> None:
    counts = spoiled.manifest["counts"]
    assert counts["answers"] == 6
    assert counts["failed"] == {
        "image-missing": 1, "image-unreadable": 1, "image-empty": 1, "image-truncated": 1,
    }  # fmt: skip


def test_pairs_are_measured_on_those_that_are_whole(spoiled: Run) -> None:
    rows = spoiled.estimates.filter(
        pl.col("metric") == "set_accuracy", group="", reading="corrected", condition=""
    )
    assert rows.height == 1
    assert rows.item(0, "n") == 1


def test_a_responder_that_needs_no_pixels_answers_without_any_image(tmp_path: Path) -> None:
    root = write_mediconfusion(tmp_path / "set", 5, share=False)
    run = ask(root, tmp_path / "run", model="simulated/planted", conditions="clean")
    assert set(statuses(run).values()) <= {"ok", "refused", "unparsed"}
    assert run.manifest["counts"]["answers"] == 10


def test_the_same_command_goes_on_when_the_images_have_come(tmp_path: Path) -> None:
    """Images change what is asked, so the plan says so and the store keeps the other answers."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    root = write_mediconfusion(tmp_path / "set", 2, images=True, share=False)
    kept = (root / "data" / "images" / "20000.jpg").read_bytes()
    (root / "data" / "images" / "20000.jpg").unlink()
    options = {"device": "cpu", "threads": "1"}
    common: dict[str, Any] = {
        "model": "phantom", "model_options": options, "conditions": "clean",
        "store": tmp_path / "answers.sqlite",
    }  # fmt: skip
    first = ask(root, tmp_path / "first", **common)
    assert statuses(first)["10001/im_1"] == "missing:image-missing"
    (root / "data" / "images" / "20000.jpg").write_bytes(kept)
    second = ask(root, tmp_path / "second", **common)
    assert set(statuses(second).values()) <= {"ok", "unparsed", "refused"}
    assert second.manifest["counts"]["answers"] == 1
    assert second.manifest["counts"]["answers_from_store"] == 3
