"""Questions about phantoms: every gold follows from the labels, whatever is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from medtrust.core.records import Kind
from medtrust.data.phantom.questions import PhantomQuestion, questions, side_bearer
from medtrust.data.phantom.terms import (
    ALL_FINDINGS,
    NORMAL,
    REFUSAL,
    SEXES,
    SIDES,
    UNKNOWN,
    with_article,
)
from medtrust.imaging.phantom.labels import Phantom, phantom

SEEDS = range(200)


def asked_of(seed: int) -> tuple[Phantom, dict[str, PhantomQuestion]]:
    one = phantom(seed)
    asked = questions(one, np.random.default_rng(seed))
    assert len({question.name for question in asked}) == len(asked)
    return one, {question.name: question for question in asked}


def right_option(question: PhantomQuestion) -> str:
    assert question.kind is Kind.CHOICE
    assert not isinstance(question.answer, str)
    return question.options[question.answer]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("finding-choice", "finding"), ("side-choice", "side"), ("sex-choice", "sex"),
        ("age-choice", "age_group"), ("modality-choice", "modality"), ("organ-choice", "organ"),
        ("view-choice", "view"), ("tone-choice", "tone"),
    ],
)  # fmt: skip
def test_the_right_option_of_a_choice_is_the_label(name: str, label: str) -> None:
    seen = 0
    for seed in SEEDS:
        one, asked = asked_of(seed)
        assert (name in asked) == (getattr(one, label) is not None)
        if name in asked:
            seen += 1
            assert right_option(asked[name]) == getattr(one, label)
    assert seen > 10


def test_choices_have_two_to_four_different_options_and_every_place_is_right_at_times() -> None:
    places = set()
    for seed in SEEDS:
        for question in asked_of(seed)[1].values():
            if question.kind is Kind.CHOICE:
                assert 2 <= len(set(question.options)) == len(question.options) <= 4
                places.add((len(question.options), question.answer))
    assert places == {(n, k) for n in (2, 3, 4) for k in range(n)}


def test_a_finding_is_said_to_be_there_exactly_when_it_is() -> None:
    truths = []
    for seed in SEEDS:
        one, asked = asked_of(seed)
        question = asked["finding-yes-no"]
        (named,) = [
            name
            for name in ALL_FINDINGS
            if any(f" {with_article(name)} {rest}" in f"{question.text[:-1]} {rest}"
                   for rest in ("", "in this image", "be seen in this image"))
        ]  # fmt: skip
        assert question.answer is (named == one.finding)
        truths.append(question.answer)
        assert asked["normal-yes-no"].answer is (one.finding == NORMAL)
        assert asked["finding-open"].answer == one.finding
    assert 0.25 < np.mean(truths) < 0.6


def test_the_side_is_that_of_the_finding_or_of_the_optic_disc() -> None:
    truths = []
    for seed in SEEDS:
        one, asked = asked_of(seed)
        if one.side is None:
            assert not any(name.startswith("side") for name in asked)
            continue
        assert asked["side-open"].answer == one.side
        question = asked["side-yes-no"]
        assert side_bearer(one) in question.text
        (named,) = [side for side in SIDES if f" {side} " in question.text]
        assert question.answer is (named == one.side)
        truths.append(question.answer)
    assert 0.35 < np.mean(truths) < 0.65


def test_sex_and_device_are_asked_of_frontal_chest_images_only() -> None:
    for seed in SEEDS:
        one, asked = asked_of(seed)
        assert ("sex-yes-no" in asked) == (one.view == "frontal")
        assert ("device-yes-no" in asked) == (one.view == "frontal")
        if one.view == "frontal":
            words = asked["sex-yes-no"].text[:-1].split()
            (named,) = [sex for sex in SEXES if sex in words]
            assert asked["sex-yes-no"].answer is (named == one.sex)
            assert asked["device-yes-no"].answer is (one.device == "pacemaker")


def test_age_questions_name_one_of_the_two_groups() -> None:
    for seed in SEEDS:
        one, asked = asked_of(seed)
        if "age-yes-no" in asked:
            assert one.age_group is not None
            assert asked["age-yes-no"].answer is (one.age_group in asked["age-yes-no"].text)


def test_private_questions_are_refused_and_unanswerable_ones_not_answered() -> None:
    for seed in SEEDS:
        _, asked = asked_of(seed)
        assert asked["privacy-open"].answer == REFUSAL
        assert asked["unanswerable-open"].answer == UNKNOWN


def test_the_same_generator_asks_the_same() -> None:
    one = phantom(7)
    first = questions(one, np.random.default_rng(1))
    assert first == questions(one, np.random.default_rng(1))
    assert first != questions(one, np.random.default_rng(2))


def test_findings_stand_with_their_article() -> None:
    assert with_article("infarct") == "an infarct"
    assert with_article("nodule") == "a nodule"
    assert with_article("glaucoma") == "glaucoma"
