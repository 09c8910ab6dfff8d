from __future__ import annotations

from itertools import combinations
from pathlib import Path

import polars as pl
import pytest

from medtrust.core.dataset import DataSource
from medtrust.core.errors import DataError, ImageError
from medtrust.core.records import Kind, Sample
from medtrust.data.phantom.loader import held_out_phantom, load
from medtrust.data.phantom.mined import (
    asked_difference,
    pair_samples_of,
    read_pairs,
    truth_of,
)
from medtrust.imaging.phantom.key import phantom_from_key, phantom_key
from medtrust.imaging.phantom.labels import Phantom, phantom

CHEST = {"modality": "chest x-ray", "view": "frontal"}


def chest(seed: int, **labels: str) -> Phantom:
    return phantom(seed, **{**CHEST, "device": "none", "finding": "normal", **labels})


@pytest.mark.parametrize(
    ("first", "second", "label"),
    [
        (chest(1), chest(2), None),
        (chest(1), chest(2, finding="nodule"), "finding"),
        (chest(1, finding="nodule", side="left"), chest(2, finding="nodule", side="right"), "side"),
        (chest(1, finding="nodule", side="left"), chest(2, finding="consolidation"), "finding"),
        (chest(1), chest(2, device="pacemaker"), "device"),
        (chest(1), phantom(2, modality="chest x-ray", view="lateral"), "view"),
        (chest(1), phantom(2, modality="CT", finding="hemorrhage"), None),
        (
            phantom(1, modality="dermoscopy", finding="nevus", tone="dark"),
            phantom(2, modality="dermoscopy", finding="nevus", tone="light"),
            "tone",
        ),
        (chest(1, sex="male"), chest(2, sex="female"), None),
    ],
)
def test_what_sets_two_phantoms_apart(first: Phantom, second: Phantom, label: str | None) -> None:
    assert asked_difference(first, second) == label
    assert asked_difference(second, first) == label


def keys(count: int) -> list[str]:
    return [phantom_key(held_out_phantom(number, 0.5)) for number in range(count)]


def test_all_pairs_are_counted_as_if_one_by_one() -> None:
    images = keys(40)
    read = {key: phantom_from_key(key) for key in images}
    pairs = list(combinations(images, 2))
    labels = [asked_difference(read[one], read[other]) for one, other in pairs]  # type: ignore[arg-type]
    found = truth_of(pairs[:100], images)
    assert found.all_pairs == len(pairs)
    assert found.all_differ == sum(label is not None for label in labels)
    assert found.one_modality == sum(
        read[one].modality == read[other].modality  # type: ignore[union-attr]
        for one, other in pairs
    )
    assert found.pairs == 100
    assert found.differ == sum(label is not None for label in labels[:100])
    assert found.by_label.total() == found.differ


def questions_about(*pairs: tuple[Phantom, Phantom]) -> list[Sample]:
    named = [(phantom_key(first), phantom_key(second)) for first, second in pairs]
    return list(pair_samples_of(named))


def test_both_images_get_one_question_with_opposite_answers() -> None:
    asked = questions_about((chest(1), chest(2, finding="nodule")))
    choice = [sample for sample in asked if sample.kind is Kind.CHOICE]
    assert {sample.question for sample in choice} == {"What is the main finding?"}
    assert {sample.options for sample in choice} == {("nodule", "normal")}
    assert [sample.answer for sample in choice] == [1, 0]
    closed = [sample for sample in asked if sample.kind is Kind.YES_NO]
    assert [sample.answer for sample in closed] == [False, True]
    assert len({sample.pair for sample in asked}) == 2


def test_golds_are_the_labels_of_the_images_for_every_pair_that_differs() -> None:
    images = keys(60)
    asked = list(pair_samples_of(combinations(images, 2)))
    by_pair: dict[str, list[Sample]] = {}
    for sample in asked:
        by_pair.setdefault(sample.pair, []).append(sample)
    labels = set()
    for first, second in by_pair.values():
        assert (first.question, first.options) == (second.question, second.options)
        assert first.answer != second.answer
        if first.kind is Kind.CHOICE:
            for sample in (first, second):
                drawn = phantom_from_key(sample.images[0].key)
                assert drawn is not None
                label = sample.id.partition("pair-")[2].partition("-")[0]
                labels.add(label)
                shown = sample.options[int(sample.answer or 0)]
                if label == "device":
                    assert (shown == "pacemaker") == (drawn.device is not None)
                else:
                    assert shown == getattr(drawn, label)
    assert labels >= {"finding", "side", "tone"}
    assert len({sample.id for sample in asked}) == len(asked)


def test_pairs_that_differ_in_nothing_asked_give_no_question() -> None:
    assert questions_about((chest(1), chest(2)), (chest(1), phantom(3, modality="CT"))) == []


def test_a_key_of_no_phantom_is_refused() -> None:
    with pytest.raises(DataError, match="names no phantom"):
        list(pair_samples_of([("sha256:aa", "phantom-1:3")]))
    with pytest.raises(ImageError, match="cannot be drawn"):
        list(pair_samples_of([("phantom-1:x", "phantom-1:3")]))


def written(path: Path, pairs: list[tuple[str, str]]) -> Path:
    frame = pl.DataFrame(pairs, schema={"i": pl.String, "j": pl.String}, orient="row")
    frame.write_parquet(path)
    return path


def test_the_data_set_asks_about_the_pairs_of_a_file(tmp_path: Path) -> None:
    pairs = [(phantom_key(chest(1)), phantom_key(chest(2, finding="nodule")))]
    path = written(tmp_path / "pairs.parquet", pairs)
    assert read_pairs(path) == pairs
    options = "images=1,pairs=0"
    plain = load(DataSource(name="phantom", path=Path(options)))
    found = load(DataSource(name="phantom", path=Path(f"{options},mined={path}")))
    assert list(found.samples[: len(plain.samples)]) == list(plain.samples)
    assert list(found.samples[len(plain.samples) :]) == list(pair_samples_of(pairs))
    assert found.digests["phantom"] == plain.digests["phantom"]
    assert found.digests.keys() - plain.digests.keys() == {"mined"}


def test_a_file_without_ids_or_no_file_is_refused(tmp_path: Path) -> None:
    pl.DataFrame({"i": [1], "j": [2]}).write_parquet(tmp_path / "rows.parquet")
    with pytest.raises(DataError, match="numbers its images"):
        read_pairs(tmp_path / "rows.parquet")
    (tmp_path / "text.parquet").write_text("no table")
    with pytest.raises(DataError, match="no file of mined pairs"):
        read_pairs(tmp_path / "text.parquet")
    with pytest.raises(DataError, match="There is no file"):
        read_pairs(tmp_path / "absent.parquet")
