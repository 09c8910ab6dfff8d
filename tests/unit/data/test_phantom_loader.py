"""The phantom data set: ids, prevalence, pairs, options, and seeds apart from the training's."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from medtrust.core.dataset import Dataset, DataSource
from medtrust.core.errors import DataError, UnknownNameError
from medtrust.core.records import Access, Kind, Sample
from medtrust.core.registry import find, load
from medtrust.data.phantom.pairs import LABELS, pair
from medtrust.data.phantom.settings import HELD_OUT, PhantomSettings, parse_settings
from medtrust.imaging.phantom.draw import draw
from medtrust.imaging.phantom.key import VERSION, phantom_from_key
from medtrust.imaging.phantom.labels import Phantom
from medtrust.imaging.phantom.region import region
from medtrust.training.phantom.recipe import FIRST_SEED, Recipe


def loaded(options: str = "") -> Dataset:
    found = load("data", "phantom")(DataSource(name="phantom", path=Path(options)))
    assert isinstance(found, Dataset)
    return found


@pytest.fixture(scope="module")
def made() -> Dataset:
    return loaded()


def phantom_of(sample: Sample) -> Phantom:
    (image,) = sample.images
    found = phantom_from_key(image.key)
    assert found is not None
    return found


def test_the_defaults_give_six_hundred_samples_of_all_topics(made: Dataset) -> None:
    assert len(made.samples) >= 600
    assert {sample.strata["topic"] for sample in made.samples} == {
        "finding", "normal", "side", "sex", "age", "device", "modality", "organ", "view", "tone",
        "privacy", "unanswerable", "pair",
    }  # fmt: skip
    assert {sample.kind for sample in made.samples} == {Kind.YES_NO, Kind.CHOICE, Kind.OPEN}
    assert len({sample.strata["modality"] for sample in made.samples}) == 7
    assert find("data", "phantom").needs == ""


def test_ids_are_unique_and_name_seed_and_question(made: Dataset) -> None:
    assert len({sample.id for sample in made.samples}) == len(made.samples)
    for sample in made.samples:
        data, _, rest = sample.id.partition("/")
        seed, _, name = rest.partition(":")
        assert data == "phantom"
        assert int(seed) == phantom_of(sample).seed
        assert name


def test_samples_carry_what_is_known_of_the_image(made: Dataset) -> None:
    for sample in made.samples:
        one = phantom_of(sample)
        assert sample.access is Access.PUBLIC
        assert sample.images[0].path is None
        assert sample.cluster == f"phantom-{VERSION}:{one.seed}"
        assert sample.strata["modality"] == one.modality
        assert sample.strata["region"] == one.organ
        known = {"sex": one.sex, "age_group": one.age_group, "tone": one.tone}
        assert sample.groups == {name: value for name, value in known.items() if value}
        box = region(one)
        shown = sample.source.get("region")
        assert (shown is None) == (box is None)
        if box is not None and shown is not None:
            assert tuple(int(edge) for edge in shown.split(",")) == box


@pytest.mark.parametrize("prevalence", [0.0, 0.2, 0.5, 1.0])
def test_the_prevalence_is_the_share_of_images_with_a_finding(prevalence: float) -> None:
    samples = loaded(f"images=100,pairs=0,prevalence={prevalence}").samples
    found = {sample.images[0].key: phantom_of(sample).finding != "normal" for sample in samples}
    assert len(found) == 100
    assert sum(found.values()) == round(100 * prevalence)


def test_all_seeds_lie_beyond_those_of_the_training(made: Dataset) -> None:
    last = FIRST_SEED + Recipe().images
    assert last <= HELD_OUT
    assert min(phantom_of(sample).seed for sample in made.samples) >= HELD_OUT


def test_the_training_refuses_to_reach_into_the_held_out_images() -> None:
    with pytest.raises(ValueError, match="held-out"):
        Recipe(images=HELD_OUT)


def test_pairs_ask_the_same_and_have_opposite_answers(made: Dataset) -> None:
    pairs: dict[str, list[Sample]] = defaultdict(list)
    for sample in made.samples:
        if sample.pair:
            pairs[sample.pair].append(sample)
    assert len(pairs) > 30
    for first, second in pairs.values():
        assert first.question == second.question
        assert first.options == second.options
        assert first.answer != second.answer
        assert first.cluster == second.cluster
        assert first.images != second.images


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("seed", [3, 11, 40])
def test_the_two_of_a_pair_differ_in_one_label_and_in_pixels(seed: int, label: str) -> None:
    made = pair(seed, label)
    values = {getattr(one, label) for one in (made.first, made.second)}
    assert len(values) == 2
    kept = ["modality", "organ", "tone"]
    if label != "view":  # a lateral view has no sex, no age and no device
        kept += ["view", "sex", "age_group", "device"]
    if label != "finding":
        kept += ["finding"]
    for name in set(kept) - {label}:
        assert getattr(made.first, name) == getattr(made.second, name), name
    assert not np.array_equal(draw(made.first), draw(made.second))


def test_more_images_begin_with_the_same_ones() -> None:
    few = loaded("images=5,pairs=2").samples
    many = loaded("images=9,pairs=2").samples
    singles = [sample for sample in few if not sample.pair]
    assert list(many[: len(singles)]) == singles
    assert loaded("images=5,pairs=2").samples == few


def test_a_later_first_image_gives_other_images() -> None:
    early = {sample.cluster for sample in loaded("images=10,pairs=4").samples}
    late = {sample.cluster for sample in loaded("images=10,pairs=4,first=10").samples}
    assert early
    assert not early & late


def test_the_digest_follows_the_options() -> None:
    assert loaded("images=5").digests == loaded("images=5").digests
    assert loaded("images=5").digests != loaded("images=6").digests


def test_options_are_read_from_the_path() -> None:
    assert parse_settings(Path()) == PhantomSettings()
    assert parse_settings(Path("images=7, prevalence=0.25")) == PhantomSettings(
        images=7, prevalence=0.25
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("images", "images=..."),
        ("images=many", "whole number"),
        ("prevalence=half", "a number"),
        ("prevalence=1.5", "between 0 and 1"),
        ("prevalence=nan", "between 0 and 1"),
        ("images=0", "between 1 and"),
        ("images=8,images=9", "images of the phantom data is given twice"),
        ("images=8, pairs=2, images=8", "images of the phantom data is given twice"),
    ],
)
def test_a_wrong_value_is_one_sentence(options: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        loaded(options)


def test_an_unknown_option_suggests_a_near_one() -> None:
    with pytest.raises(UnknownNameError, match="did you mean prevalence"):
        loaded("prevalance=0.5")
